#!/bin/sh
# Starts a service, in the way that suits the cores it may use: docs/deployment.md, "Capacity".
#
#   start.sh [option of node …] program
set -eu

# What a limit of CPU allows, rounded up; empty without one. cgroup v2, then v1.
limited_to() {
  if [ -r /sys/fs/cgroup/cpu.max ]; then
    read -r quota period </sys/fs/cgroup/cpu.max
  elif [ -r /sys/fs/cgroup/cpu/cpu.cfs_quota_us ]; then
    read -r quota </sys/fs/cgroup/cpu/cpu.cfs_quota_us
    read -r period </sys/fs/cgroup/cpu/cpu.cfs_period_us
  else
    return 0
  fi
  case "$quota" in
    max | -*) ;;
    *) echo $(((quota + period - 1) / period)) ;;
  esac
}

cores=$(nproc)
limit=$(limited_to)
if [ "$cores" -eq 1 ] || [ "${limit:-2}" -le 1 ]; then
  # V8 reads it at its start only, and not from NODE_OPTIONS.
  set -- --single-threaded-gc "$@"
fi
exec node "$@"
