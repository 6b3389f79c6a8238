#!/usr/bin/env bash
# All shards on machines that ssh reaches, or on this one, by GNU parallel:
#
#     SHARDS=8 examples/cluster/parallel.sh --scale full --out /shared/vicinfo            # this machine
#     SHARDS=8 HOSTS=a,b,c examples/cluster/parallel.sh --scale full --out /shared/vicinfo
#
# A shard that fails or whose machine is lost is tried again, up to three times, and goes on from its finished cells. The last line assembles.
set -euo pipefail
: "${SHARDS:?set SHARDS, the number of parts}"
vicinfo=${VICINFO:-vicinfo}
where=()
if [[ -n ${HOSTS:-} ]]; then where=(--sshlogin "$HOSTS" --workdir .); fi
parallel --jobs "${JOBS:-1}" --retries 3 --line-buffer --tag "${where[@]}" \
  "$vicinfo" reproduce --shard "{}/$SHARDS" "$(printf '%q ' "$@")" ::: $(seq 0 $((SHARDS - 1)))
exec "$vicinfo" reproduce "$@"
