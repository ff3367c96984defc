#!/bin/bash
# SPDX-License-Identifier: MIT
# Whoever has a service's user stops it between its change of identity and its
# execution (attack 25): hale must not wait for it for ever.
. "${BASH_SOURCE[0]%/*}/../blackbox/lib.sh"

[ "$real_root" = yes ] || { skip "the stopper" "needs root"; done_testing; }
S=$T/stopper
"${CC:-cc}" -O1 -static -o "$S" "$TOP/tests/security/stopper.c" || exit 1
chmod 755 "$S"
cp "$HALE" "$T/hale"
chmod 755 "$T/hale"
as1000=(setpriv --reuid 1000 --regid 1000 --clear-groups)

# Not PID 1, so that the stopper sees what it starts.
hung=0
for ((i = 0; i < 12; i++)); do
	"${as1000[@]}" "$S" 2 & stopper=$!
	wait_for 5 state_is $stopper R
	plain_start --user 1000 -- sleep 100
	wait $stopper
	kill -TERM "$pid1"
	pid1_wait 5
	[ "$rc" = 143 ] || hung=$((hung + 1))
	# shellcheck disable=SC2046 # a list of words
	[ "$rc" != 124 ] || kill -KILL $(children_of "$pid1") 2>/dev/null
done
is "$hung" 0 "--user: a child that is stopped on its way does not hold up hale"

cat >"$T/hale.yaml" <<EOF
services:
  evil: {command: ["$S", "3"], essential: false, restart: "no"}
  often: {command: ["true"], restart: always, restart_policy: {delay: 0s, window: 0s}}
hale: {socket: none, stop_grace_period: 1s}
EOF
PID1_WRAP=("${as1000[@]}")
PID1_EXE=$T/hale
pid1_start run -c "$T/hale.yaml"
sleep 1.5
pid1_signal TERM
pid1_wait 8
isnt "$rc" 124 "hale run: nor does it where a service is PID 1's own user"
done_testing
