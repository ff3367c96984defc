#!/bin/bash
# SPDX-License-Identifier: MIT
#
# oci.sh: hale as the first process of plain OCI bundles under runc and crun:
# no engine that helps, and what each refuses or takes away.

# shellcheck disable=SC2016 # jq and the bundle's shell expand these

. "$(dirname "$0")/lib.sh"
need jq busybox
have runc || have crun || skip_all "neither runc nor crun is installed"

# crun 1.8 refuses hybrid cgroups; this mount namespace is the test's own
umount /sys/fs/cgroup/unified 2>/dev/null
make_root "$T/rootfs" || { not_ok "root file system" && done_testing && exit 1; }
spec=runc
have runc || spec=crun
(cd "$T" && $spec spec) || { not_ok "$spec spec" && done_testing && exit 1; }

base='.root = {path: $root, readonly: true} | .process.terminal = false
	| .process.env = ["PATH=/bin:/sbin"]
	| .process.rlimits = [{type: "RLIMIT_NOFILE", hard: 1024, soft: 1024}]
	| .process.args = ["/sbin/hale", "--"] + $args'
userns='| .linux.namespaces += [{type: "user"}]
	| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: $ids}]
	| .linux.gidMappings = [{containerID: 0, hostID: 100000, size: $ids}]'
user='| .process.user = {uid: 1001, gid: 1001} | .process.capabilities = {}
	| .process.noNewPrivileges = true'
enosys='| .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{
	names: $calls, action: "SCMP_ACT_ERRNO", errnoRet: $errno}]}'
calls='["signalfd4", "pidfd_open", "pidfd_send_signal", "clone3", "close_range",
	"epoll_pwait2", "landlock_create_ruleset", "memfd_create", "openat2", "seccomp"]'

# bundle NAME JQ COMMAND…
bundle() {
	local _name=$1 _edit=$2 _args
	shift 2
	_args=$(printf '%s\n' "$@" | jq -R . | jq -cs .)
	mkdir -p "$T/$_name"
	jq --arg root "$T/rootfs" --argjson args "$_args" --argjson calls "$calls" \
		--argjson ids 65536 --argjson errno 38 "$base $_edit" \
		"$T/config.json" >"$T/$_name/config.json"
}

bundle exit "" guest exit 42
bundle signal "" guest die 15
bundle missing "" /missing
bundle orphans "" guest orphans 50
bundle userns "$userns" sh -c 'read a b c </proc/self/uid_map; echo "$a $b $c $(id -u)"'
bundle oneid "${userns//\$ids/1} | .mounts |= map(.options = (.options // []) - [\"gid=5\"])" sh -c 'echo "$(id -u) $(cat /proc/1/comm)"'
bundle user "$user" guest report
bundle readonly "" sh -c 'touch /x 2>/dev/null || echo read-only'
bundle enosys "$enosys" guest exit 5
bundle eperm "${enosys//\$errno/1}" guest exit 5
bundle nocaps '| .process.capabilities = {}' guest report
bundle drop '| .process.capabilities = {} | .process.args = ["/sbin/hale", "--user", "1001", "--", "guest", "exit", "0"]'
bundle noproc '| .mounts |= map(select(.destination != "/proc"))
	| .linux.maskedPaths = [] | .linux.readonlyPaths = []' guest exit 6
bundle nodev '| .mounts |= map(select(.destination | startswith("/dev") | not))' guest exit 6
bundle term '| .process.terminal = true' sh -c 'tty; exit 6'
bundle long "" guest until 15 7
bundle deaf "" guest until 0 0

count=0
for rt in runc crun; do
	have $rt || { skip "$rt is not installed" && continue; }
	oci() { $rt --root "$T/state-$rt" "$@"; }
	go() { # BUNDLE: to its end
		count=$((count + 1))
		timeout -k 1 60 $rt --root "$T/state-$rt" run -b "$T/$1" "hale-$$-$count" </dev/null 2>&1
	}
	go exit
	is "$rt: exit status" $? 42
	go signal
	is "$rt: ended by SIGTERM is 143" $? 143
	out=$(go missing)
	is "$rt: not found is 127" $? 127
	like "$rt: …and named" "$out" /missing
	like "$rt: orphans" "$(go orphans)" "adopter hale"
	is "$rt: user namespace" "$(go userns)" "0 100000 65536 0"
	is "$rt: user namespace of one id" "$(go oneid)" "0 hale"
	out=$(go user)
	like "$rt: uid 1001" "$out" "ids 1001:1001"
	like "$rt: …no capability" "$out" "CapEff 0000000000000000"
	like "$rt: …no_new_privs" "$out" "NoNewPrivs 1"
	is "$rt: read-only root" "$(go readonly)" read-only
	go enosys
	is "$rt: an old kernel's ENOSYS for newer calls" $? 5
	go eperm
	is "$rt: an old profile's EPERM for newer calls" $? 5
	like "$rt: root without capabilities" "$(go nocaps)" "ids 0:0"
	if is_hale; then
		out=$(go drop)
		is "$rt: --user without CAP_SETUID fails closed" $? 125
		like "$rt: …and says which" "$out" CAP_SET
	else
		skip "$rt: --user: $(basename "$INIT") is not hale"
	fi
	if [ $rt = crun ]; then # runc itself needs it
		go noproc
		is "$rt: no /proc" $? 6
	fi
	go nodev
	is "$rt: no /dev" $? 6
	out=$(script -qec "$rt --root $T/state-$rt run -b $T/term hale-$$-t" /dev/null </dev/null)
	like "$rt: terminal" "$out" /dev/pts/0

	status_is() { [ "$(oci state "$1" | jq -r .status)" = "$2" ]; }
	for b in long deaf; do
		mkfifo "$T/up-$b-$rt"
		exec 8<>"$T/up-$b-$rt"
		oci run -d -b "$T/$b" "hale-$$-$b" </dev/null >"$T/up-$b-$rt" 2>"$T/$b-$rt.log"
		is "$rt: detached" $? 0
		read -r -t 30 up <&8
		is "$rt: is up" "$up" up
		exec 8>&-
		oci kill "hale-$$-$b" TERM
		if [ $b = long ]; then
			eventually "$rt: kill TERM stops it" 30 status_is "hale-$$-$b" stopped
		else
			sleep 0.3
			is "$rt: deaf to TERM" "$(status_is "hale-$$-$b" running && echo runs)" runs
			oci kill "hale-$$-$b" KILL
			eventually "$rt: kill KILL stops it" 30 status_is "hale-$$-$b" stopped
		fi
		oci delete -f "hale-$$-$b"
		is "$rt: delete" $? 0
	done
done
done_testing
