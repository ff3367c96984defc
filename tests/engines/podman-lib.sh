# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# podman-lib.sh: P is a podman with storage of its own in T; sourced after
# lib.sh. NETAVARK=1: pods find each other by name.

need podman jq
have crun || have runc || skip_all "neither crun nor runc is installed"

# crun refuses hybrid cgroups; and podman asks for more than a root without
# CAP_SYS_RESOURCE may give, so the limits are those that are there
umount /sys/fs/cgroup/unified 2>/dev/null
mount --make-rshared /
mount -t tmpfs -o mode=1777 shm /dev/shm # for podman's locks
if [ -n "${NETAVARK-}" ]; then # and for the names of its pods
	mkdir -p /run/containers && mount -t tmpfs names /run/containers
fi
pids=$(cat /proc/sys/kernel/pid_max)
files=$(ulimit -Hn)
[ "$files" != unlimited ] || files=1048576
[ "$pids" -le 32768 ] || pids=32768
cat >"$T/containers.conf" <<CONF
[containers]
default_ulimits = ["nofile=$files:$files", "nproc=$pids:$pids"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
CONF
[ -z "${NETAVARK-}" ] || printf '%s\n' '[network]' 'network_backend = "netavark"' >>"$T/containers.conf"
export CONTAINERS_CONF=$T/containers.conf
P() { podman --root "$T/root" --runroot "$T/run" --tmpdir "$T/tmp" "$@" 2>>"$T/podman.log"; }
