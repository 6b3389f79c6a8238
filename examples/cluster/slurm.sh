#!/usr/bin/env bash
#SBATCH --job-name=vicinfo
#SBATCH --cpus-per-task=2
#SBATCH --requeue
#
# One shard of all experiments a task:
#
#     export SHARDS=8
#     sbatch --array=0-7 examples/cluster/slurm.sh --scale full --out /shared/vicinfo
#
# and when all are done, once, anywhere, the same without --shard:
#
#     vicinfo reproduce --scale full --out /shared/vicinfo
#
# SHARDS stands for the number of parts and not Slurm's own count, which is another one when lost tasks alone are submitted
# again (--array=3,5).
set -euo pipefail
: "${SHARDS:?export SHARDS, the number of parts, before sbatch}"
exec "${VICINFO:-vicinfo}" reproduce --shard "$SLURM_ARRAY_TASK_ID/$SHARDS" --threads "${SLURM_CPUS_PER_TASK:-1}" "$@"
