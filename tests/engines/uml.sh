#!/bin/bash
# SPDX-License-Identifier: MIT
#
# uml.sh: hale on another kernel, User-Mode-Linux: one that has cgroup v2 with
# every controller and no Landlock, whatever this machine's has. The guest's
# root is this machine's, read-only; what runs in it is uml-guest.sh.

. "$(dirname "$0")/lib.sh"
need linux.uml runc jq busybox

build_guest "$T/guest" || { not_ok "test program" && done_testing && exit 1; }
timeout -k 5 200 env HOME="$T" TMPDIR=/dev/shm linux.uml mem=512M root=/dev/root \
	rootfstype=hostfs rootflags=/ ro init="$HERE/uml-guest.sh" hale_init="$INIT" \
	hale_guest="$T/guest" con=null con0=fd:0,fd:1 quiet </dev/null 2>&1 |
	tr -d '\r' >"$T/uml.log"
grep -E '^(ok|not ok|#) ' "$T/uml.log"
passed=$(grep -c '^ok ' "$T/uml.log")
failed=$(grep -c '^not ok ' "$T/uml.log")
# the number of checks is fixed: a guest that dies half-way is a failure
is "the guest came to its end" "$(sed -n 's/^guest end //p' "$T/uml.log")" "$((passed + failed))"
done_testing
