#!/bin/bash
# SPDX-License-Identifier: MIT
# Each step between fork and exec is made to fail, or to say that it worked when
# it did not (attack 16): nothing runs, and one line names the step and errno.
. "${BASH_SOURCE[0]%/*}/../blackbox/lib.sh"
. "$TOP/tests/blackbox/runlib.sh"

I=$T/inject
"${CC:-cc}" -D_GNU_SOURCE -O1 -static -o "$I" "$TOP/tests/security/inject.c" ||
    exit 1
cp "$HALE" "$T/hale"
chmod 755 "$T/hale"
"$I" clone3=38 -- true 2>/dev/null ||
    { skip "steps that fail" "no filter can be loaded here: CAP_SYS_ADMIN?"; done_testing; }
EPERM=1 EAGAIN=11 EACCES=13 EINVAL=22 ENOSYS=38
NNP=38 CAPBSET_DROP=24 SECUREBITS=28 KEEPCAPS=8 AMBIENT=47 MDWE=65

# with SPEC... : the calls that the next one fails
with()
{
	PID1_WRAP=("$I" "$@" --) PID1_EXE=$T/hale
}
# refused NAME REGEX HALE-ARG...
refused()
{
	local name=$1 regex=$2
	shift 2
	pid1 "$@" -- sh -c 'echo ran'
	is "$rc,$out" "125," "$name: nothing runs"
	like "$err" "cannot start sh: $regex" "$name: named, with its errno"
	is "$(grep -c . <<<"$err")" 1 "$name: in one line"
}
# works NAME HALE-ARG...
works()
{
	local name=$1
	shift
	pid1 "$@" -- sh -c 'echo ran'
	is "$rc,$out,$err" "0,ran," "$name"
}
late=(--rewrite USR1:USR2)
for form in early late; do
	more=()
	[ $form = early ] || more=("${late[@]}")
	with setresuid=$EPERM
	refused "$form: user" 'setting user 1000: operation not permitted' \
	    --user 1000 "${more[@]}"
	with setresuid=$EAGAIN
	refused "$form: user, too many" \
	    'setting user 1000: resource temporarily unavailable' \
	    --user 1000 "${more[@]}"
	with setresgid=$EINVAL
	refused "$form: group, not mapped" \
	    'setting group 1000: invalid argument: not mapped in this user namespace' \
	    --user 1000 "${more[@]}"
	with prctl:$SECUREBITS=$EPERM
	refused "$form: securebits" 'setting securebits: operation not permitted' \
	    --user 1000 "${more[@]}"
	with capset=$EPERM
	refused "$form: capabilities" \
	    'setting capabilities: operation not permitted' --user 1000 "${more[@]}"
	with prctl:$NNP=$EINVAL
	refused "$form: no_new_privs" 'setting no_new_privs: invalid argument' \
	    --user 1000 "${more[@]}"
	with seccomp=$EACCES
	refused "$form: filter" 'loading the seccomp filter: permission denied' \
	    --user 1000 "${more[@]}"
	with seccomp=$ENOSYS
	refused "$form: no seccomp" \
	    'loading the seccomp filter: function not implemented: the kernel lacks it' \
	    --user 1000 "${more[@]}"
	with setresuid=0
	refused "$form: 16: a setresuid() that lies" \
	    'verifying the user: it is not what was set' --user 1000 "${more[@]}"
	with setresgid=0
	refused "$form: 16: a setresgid() that lies" \
	    'verifying the user: it is not what was set' --user 1000 "${more[@]}"
	with prctl:$SECUREBITS=0
	refused "$form: 16: securebits that lie" \
	    'verifying securebits: it is not what was set' --user 1000 "${more[@]}"
	with setresuid:0xffffffff=0
	refused "$form: 16: root can be regained" \
	    "verifying that root can't be regained: it is not what was set" \
	    --user 1000 "${more[@]}"
	with keyctl=$ENOSYS
	works "$form: no keyring: best effort" --user 1000 "${more[@]}"
	with prctl:$CAPBSET_DROP=$EPERM
	works "$form: a bounding set that stays is guarded by no_new_privs" \
	    --user 1000 "${more[@]}"
	with close_range=$ENOSYS
	works "$form: no close_range()" --user 1000 "${more[@]}"
	with clone3=$ENOSYS unshare=$EPERM
	works "$form: 72: under Docker's own filter" --user 1000 "${more[@]}"
done
bare=(--no-new-privileges=false --sandbox none)
with prctl:$CAPBSET_DROP=$EPERM
refused "bounding set without no_new_privs" \
    'verifying the bounding set CAP_[A-Z_]*: it is not what was set' \
    --user 1000 "${bare[@]}"
with prctl:$CAPBSET_DROP=0
refused "16: a bounding set that lies" \
    'verifying the bounding set CAP_[A-Z_]*: it is not what was set' \
    --user 1000 "${bare[@]}"
with capset=0
refused "16: a capset() that lies" \
    'verifying the capabilities: it is not what was set' --user 0
with setgroups=$EPERM
refused "groups" 'setting user 1000: operation not permitted' \
    --user 1000 --group-add 5
with setgroups=0
refused "16: a setgroups() that lies" \
    'verifying the groups: it is not what was set' --user 1000 --group-add 5
with prctl:$KEEPCAPS=$EPERM
refused "keeping capabilities" 'keeping capabilities: operation not permitted' \
    --user 1000 --cap-add NET_RAW
with prctl:$AMBIENT=$EINVAL
refused "ambient" 'raising ambient CAP_NET_RAW: invalid argument' \
    --user 1000 --cap-add NET_RAW
with prctl:$AMBIENT=0
refused "16: an ambient set that lies" \
    'verifying the ambient set CAP_NET_RAW: it is not what was set' \
    --user 1000 --cap-add NET_RAW
with prctl:$MDWE=$EINVAL
refused "W^X" 'denying writable and executable memory: invalid argument' \
    --user 1000 --sandbox strict
with landlock_add_rule=$EACCES
refused "Landlock's rules" \
    'adding to the Landlock ruleset /[^ ]*: permission denied' \
    --user 1000 --sandbox strict
with landlock_restrict_self=$EPERM
refused "Landlock's domain" \
    'entering the Landlock domain: operation not permitted' \
    --user 1000 --sandbox strict

# ---- steps that only a file asks for
# refused_by NAME REGEX KEY...: of a service of user 1000
refused_by()
{
	local name=$1 regex=$2
	shift 2
	conf <<EOF
services:
  main: {command: ["sh", "-c", "echo ran"], user: "1000", $*}
hale: {socket: none}
EOF
	run
	is "$rc,$out" "125," "$name: nothing runs"
	like "$err" "main: not started: $regex" "$name: named, with its errno"
}
with setpriority=$EACCES
refused_by "nice" 'setting nice 5: permission denied' 'nice: 5'
PID1_WRAP=(setpriv "--bounding-set=-all,+setuid,+setgid" sh -c
    'ulimit -n 512 && exec "$@"' -)
refused_by "ulimit" \
    'setting ulimit nofile: operation not permitted: the container lacks CAP_SYS_RESOURCE' \
    'ulimits: {nofile: 1024}'
with chdir=$EACCES
refused_by "working directory" \
    'entering working directory /tmp: permission denied' 'working_dir: /tmp'
PID1_WRAP=(sh -c 'mount -t tmpfs none /proc && exec "$@"' -)
refused_by "oom_score_adj without /proc" \
    'setting oom_score_adj 5: no such file or directory: /proc is not mounted' \
    'oom_score_adj: 5'
printf x >"$T/pw"
with memfd_create=$ENOSYS
conf <<EOF
services:
  main: {command: ["sh", "-c", "echo ran"], user: "1000", environment: {X_FILE: {secret: pw}}}
secrets: {pw: {file: "$T/pw"}}
hale: {socket: none}
EOF
run
is "$rc,$out" "125," "a secret's file: nothing runs"
like "$err" 'secret "pw": a file in memory: Function not implemented' \
    "a secret's file: named, with its errno"
with fcntl:230=9
run
is "$rc,$out" "125," "a secret handed over: nothing runs"
pid1_defaults
done_testing
