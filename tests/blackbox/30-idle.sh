#!/bin/bash
# SPDX-License-Identifier: MIT
# While nothing happens hale does nothing and takes next to no memory.
# alone
. "${BASH_SOURCE[0]%/*}/lib.sh"

sum_of() # FIELD: of /proc/PID/smaps, in kB
{
	awk -v f="$1:" '$1 == f { n += $2 } END { print n + 0 }' \
	    "/proc/$pid1/smaps"
}

pid1_start -- sleep 60
pid1_main >/dev/null
settled() { local a; a=$(wakeups "$pid1"); sleep 0.3; [ "$(wakeups "$pid1")" = "$a" ]; }
wait_for 10 settled
before=$(wakeups "$pid1")
sleep 5.2
is $(($(wakeups "$pid1") - before)) 0 "row 33: no wake-up in 5.2 s"
is "$(cpu_ticks "$pid1")" 0 "row 33: no measurable CPU time"

rss=$(sum_of Rss)
dirty=$(sum_of Private_Dirty)
check "row 34: resident memory at most 300 kB ($rss kB)" test "$rss" -gt 0 -a "$rss" -le 300
check "row 34: private dirty at most 40 kB ($dirty kB)" test "$dirty" -le 40
pid1_signal TERM
pid1_wait
is "$rc" 143 "and it hears SIGTERM after that"

pid1_start --stop-grace-period 60s -v -- sleep 60
pid1_main >/dev/null
wait_for 10 settled
before=$(wakeups "$pid1")
sleep 2
is $(($(wakeups "$pid1") - before)) 0 "row 33: nor with options"
pid1_signal TERM
pid1_wait

plain_start -- sleep 60
wait_child "$pid1" >/dev/null
wait_for 10 settled
before=$(wakeups "$pid1")
sleep 2
is $(($(wakeups "$pid1") - before)) 0 "row 33: nor when not PID 1"
pid1_signal TERM
pid1_wait

done_testing
