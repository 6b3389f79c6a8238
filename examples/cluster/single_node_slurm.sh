#!/usr/bin/env bash
# A Slurm of one node on the loopback, to try slurm.sh: needs Debian's slurm-wlm and munge, and root.
#
#     VICINFO=$PWD/target/release/vicinfo examples/cluster/single_node_slurm.sh
#
# It runs all experiments at the scale smoke as four shards, kills one of them in the middle and submits it again, runs another twice at the
# same time, assembles, and compares every file with those of a single run.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export VICINFO=${VICINFO:-vicinfo}
folder=$(mktemp -d)
host=$(hostname -s)
export SLURM_CONF=$folder/slurm.conf
daemons=()
finish() {
  kill "${daemons[@]}" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$folder"
}
trap finish EXIT

# The key, the socket and the daemon of munge.
mkdir -p "$folder/munge" "$folder/state" "$folder/spool" "$folder/out"
chmod 755 "$folder"
chmod 700 "$folder/munge"
dd if=/dev/urandom of="$folder/munge/key" bs=32 count=1 status=none
chmod 600 "$folder/munge/key"
chmod 711 "$folder/munge"
munged --foreground --force --key-file "$folder/munge/key" --socket "$folder/munge/socket" --pid-file "$folder/munge/pid" \
  --seed-file "$folder/munge/seed" --log-file "$folder/munge/log" 2> /dev/null &
daemons+=($!)

cat > "$SLURM_CONF" <<END
ClusterName=vicinfo
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge/socket
CredType=cred/munge
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldPort=16817
SlurmdPort=16818
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MpiDefault=none
ReturnToService=2
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
echo "CgroupPlugin=cgroup/v1" > "$folder/cgroup.conf"
sleep 1
slurmctld -D > "$folder/slurmctld.log" 2>&1 &
daemons+=($!)
slurmd -D > "$folder/slurmd.log" 2>&1 &
daemons+=($!)
for _ in $(seq 60); do
  sinfo -h -o %T 2>/dev/null | grep -q idle && break
  sleep 1
done
sinfo -h -o %T | grep -q idle || { tail -n 20 "$folder"/slurm*.log; exit 1; }

# Until no job is left, or for ten minutes.
settle() {
  for _ in $(seq 600); do
    [[ -z $(squeue -h) ]] && return
    sleep 1
  done
  squeue
  exit 1
}
export SHARDS=4
shared=(--scale smoke --out "$folder/out/shared")
submit() { sbatch --parsable --chdir "$folder" --output "$folder/task-%a.log" "$@" "$here/slurm.sh" "${shared[@]}"; }

job=$(submit --array=0-3 --cpus-per-task=1)
for _ in $(seq 100); do
  [[ $(squeue -h -t R -o %i) == *"${job}_1"* ]] && break
  sleep 0.1
done
sleep 1
echo "killed in the middle: shard 1, with $(find "$folder/out/shared" -path '*cells/*.json' | wc -l) cells done"
scancel "${job}_1"
settle
# The lost shard again, and one that is done a second time, both at once on two nodes' worth of processors.
submit --array=1,2 --cpus-per-task=1 > /dev/null
submit --array=1 --cpus-per-task=1 > /dev/null
settle
"$VICINFO" reproduce "${shared[@]}" > /dev/null
"$VICINFO" reproduce --scale smoke --out "$folder/out/single" > /dev/null
diff -r "$folder/out/shared" "$folder/out/single"
echo "$(find "$folder/out/single" -type f | wc -l) files: those of the shards and of a single run are the same, byte by byte"
