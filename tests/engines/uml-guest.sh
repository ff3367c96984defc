#!/bin/bash
# SPDX-License-Identifier: MIT
#
# uml-guest.sh: PID 1 of the User-Mode-Linux guest of uml.sh. Checks hale with
# cgroup v2 limits under runc and crun, and on a kernel without Landlock.

export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/run
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
mount -t cgroup2 none /sys/fs/cgroup
mkdir -p /dev/shm /dev/pts
mount -t tmpfs shm /dev/shm
mount -t devpts devpts /dev/pts
ip link set lo up
word() { sed -n "s/.*$1=\([^ ]*\).*/\1/p" /proc/cmdline; }
INIT=$(word hale_init) GUEST=$(word hale_guest) count=0 bad=''
is() {
	count=$((count + 1))
	if [ "$2" = "$3" ]; then echo "ok - uml: $1"; else bad=1 && echo "not ok - uml: $1 (got '$2', want '$3')"; fi
}
wait_for() {
	local _end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $_end ] || return 1
		sleep 0.1
	done
}

mkdir /sys/fs/cgroup/init
echo 1 >/sys/fs/cgroup/init/cgroup.procs
echo "+cpu +memory +pids" >/sys/fs/cgroup/cgroup.subtree_control
T=/run/t
mkdir -p $T/rootfs/{bin,sbin,proc,dev,sys,tmp}
cp /bin/busybox $T/rootfs/bin/
cp "$INIT" $T/rootfs/sbin/hale
cp "$GUEST" $T/rootfs/bin/guest
for tool in sh cat dd sleep; do ln -s busybox $T/rootfs/bin/$tool; done
cd $T && runc spec
bundle() { # NAME COMMAND…
	local _name=$1 _args
	shift
	_args=$(printf '%s\n' "$@" | jq -R . | jq -cs .)
	mkdir -p $T/"$_name"
	# shellcheck disable=SC2016 # jq's variables
	jq --argjson args "$_args" --arg root $T/rootfs --arg group "/hale/$_name" '
		.root = {path: $root, readonly: true} | .process.terminal = false
		| .process.env = ["PATH=/bin:/sbin"]
		| .linux.namespaces |= (. + [{type: "cgroup"}] | unique_by(.type))
		| .linux.resources = {memory: {limit: 33554432}, pids: {limit: 20}}
		| .linux.cgroupsPath = $group
		| .process.args = ["/sbin/hale", "--"] + $args' config.json >$T/"$_name"/config.json
}
bundle limits cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max
# shellcheck disable=SC2016 # the bundle's shell expands it
bundle oom sh -c 'dd if=/dev/zero of=/dev/null bs=60M count=1 2>/dev/null; echo rc=$?'
bundle crowd guest crowd
bundle orphans guest orphans 10
bundle kill sleep 100

is "the guest has cgroup v2" "$(stat -f -c %T /sys/fs/cgroup)" cgroup2fs
for rt in runc crun; do
	command -v $rt >/dev/null || continue
	go() { $rt --root /run/state-$rt run -b "$T/$1" "$1" 2>/dev/null; }
	is "$rt: limits are in force" "$(go limits | tr '\n' ' ')" "33554432 20 "
	is "$rt: out of memory kills the child only" "$(go oom)" rc=137
	is "$rt: pids limit" "$(go crowd)" "refused EAGAIN"
	is "$rt: orphans" "$(go orphans)" "adopter hale"
	$rt --root /run/state-$rt run -d -b $T/kill kill </dev/null >/dev/null 2>&1
	group=/sys/fs/cgroup/hale/kill
	echo 1 >$group/cgroup.kill
	gone() { grep -q 'populated 0' "$group/cgroup.events" || ! [ -e "$group" ]; }
	wait_for 20 gone
	is "$rt: cgroup.kill leaves nothing" $? 0
	$rt --root /run/state-$rt delete -f kill
done

# ---- hale run: limits of its file, in groups that hale makes
mkdir -p $T/rootfs/etc
for tool in cut ls; do ln -s busybox $T/rootfs/bin/$tool; done
cat >$T/rootfs/etc/limits.yaml <<'YAML'
services:
  small: {command: [guest, hog, "64"], mem_limit: 16m, essential: false}
  narrow: {command: [guest, crowd], pids_limit: 8, essential: false}
  slow:
    command: [sh, -c, "cat /sys/fs/cgroup/hale-*/cpu.max; cat /sys/fs/cgroup/hale-*/memory.max"]
    cpus: 0.5
    mem_limit: 24m
    essential: false
  free: {command: [guest, hog, "20"], essential: false}
  family: {command: [guest, family, "0"], pids_limit: 50, stop_grace_period: 10s}
hale: {stop_grace_period: 20s}
YAML
edit() { # NAME JQ: hale run of the file, and what differs
	mkdir -p $T/"$1"
	jq --arg group "/hale/$1" ".linux.cgroupsPath = \$group | .linux.resources = {memory: {limit: 134217728}}
		| .process.args = [\"/sbin/hale\", \"run\", \"-c\", \"/etc/limits.yaml\"] | $2" \
		$T/limits/config.json >$T/"$1"/config.json
}
# runc mounts a container's groups read-only; one that is to make its own says rw
edit own '.mounts |= map(if .type == "cgroup" then .options -= ["ro"] else . end)'
edit readonly .
for rt in runc crun; do
	command -v $rt >/dev/null || continue
	has() { grep -q -- "$1" /run/$rt.log; }
	for b in own readonly; do
		bad=''
		$rt --root /run/state-$rt run -d -b $T/$b $b </dev/null >/run/$rt.log 2>&1
		wait_for 30 has 'free: .*status 0'
		wait_for 30 has 'narrow: .*status 0'
		if [ $b = own ]; then
			wait_for 30 has 'small: .*SIGKILL'
			is "$rt: mem_limit: the service is killed" $? 0
			has 'refused EAGAIN'
			is "$rt: pids_limit" $? 0
			has '50000 100000'
			is "$rt: cpus" $? 0
			has '^25165824$'
			is "$rt: mem_limit is in force" $? 0
			has 'free: .*status 0'
			is "$rt: a service without limits is free" $? 0
			has 'no effect'
			is "$rt: nothing to warn of" $? 1
		else
			has 'small: .*no effect'
			is "$rt: groups read-only: said" $? 0
			has 'had it all'
			is "$rt: …and services run without" $? 0
		fi
		$rt --root /run/state-$rt kill $b TERM
		down() { [ "$($rt --root "/run/state-$rt" state "$b" | jq -r .status)" = stopped ]; }
		wait_for 30 down
		is "$rt: $b: stops" $? 0
		has 'grandchild ended well'
		is "$rt: $b: a grandchild in a group ends well" $? 0
		$rt --root /run/state-$rt delete -f $b
		[ -z "$bad" ] || sed "s/^/# $rt $b: /" /run/$rt.log
	done
done
own() { unshare --pid --fork --mount-proc --kill-child "$INIT" "$@"; }
kernel=$(uname -r)
own -- "$GUEST" exit 42
is "exit status on kernel $kernel" $? 42
is "orphans on kernel $kernel" "$(own -- "$GUEST" orphans 20)" "adopter $(basename "$INIT")"
echo "guest end $count"
sync
busybox poweroff -f
