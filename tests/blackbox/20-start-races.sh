#!/bin/bash
# SPDX-License-Identifier: MIT
# A signal in the windows between hale's exec and the command's.
# alone
. "${BASH_SOURCE[0]%/*}/lib.sh"

# So many instructions after PID 1 became hale. A time would say less: on a busy
# machine it may not have had a first one by then, which nobody can mend.
lost=''
waits() { pid1=$(child_of "$pid1_job") && [ "/proc/$pid1/exe" -ef "$PUPPET" ]; }
for count in 100 200 500 1000 2000 4000; do
	rm -f "$T/go"
	PID1_WRAP=("$PUPPET" await="$T/go" exec)
	pid1_start_any -- sleep 60
	wait_for 10 waits
	"$PUPPET" early="$pid1:TERM:$count:$T/go" 2>>"$T/why"
	pid1_wait 10
	[ "$rc" = 143 ] || lost+="$count→$rc "
done
pid1_defaults
is "$lost$(cat "$T/why")" '' "row 38: SIGTERM 100 to 4,000 instructions after exec of hale: none is lost"

if ! command -v strace >/dev/null; then
	skip "row 38 to 40: windows held open" "no strace"
	done_testing
fi

# traced SYSCALL ARG...: PID 1 with each such call of it and its child's held
# up for 0.4 s before it is made; sets pid1.
traced()
{
	local call=$1
	shift
	: >"$T/out"
	: >"$T/err"
	(exec env --default-signal strace -f -qq -o "$T/strace" \
	    -e trace="$call" -e inject="$call:delay_enter=400000" \
	    unshare --pid --fork --kill-child --mount-proc -- "$HALE" "$@") \
	    </dev/null >"$T/out" 2>"$T/err" &
	pid1_job=$!
	wait_for 50 traced_runs
}

traced_runs()
{
	local outer
	outer=$(child_of "$pid1_job") && pid1=$(child_of "$outer") &&
	    [ "/proc/$pid1/exe" -ef "$HALE" ]
}

# SIGTERM is blocked there: what comes before that call, a tracer gets to see,
# and PID 1 never. While it waits for signals the kernel shows none as blocked;
# then it has a child.
blocks_term()
{
	local blocked
	blocked=$(sed -n 's/^SigBlk:[^0-9a-f]*//p' "/proc/$pid1/status")
	((0x${blocked:-0} & 1 << 14)) || child_of "$pid1" >/dev/null
}

# The command's process exists and has not become the command.
half_born()
{
	main=$(child_of "$pid1") && [ "/proc/$main/exe" -ef "$HALE" ]
}

strace -f -qq -o "$T/first" "$HALE" -- true </dev/null
like "$(sed -n '1,6s/^[0-9]* *\([a-z0-9_]*\)(.*/\1/p' "$T/first" | xargs)" \
    'rt_sigprocmask' "row 38: signals are blocked within the first system calls"

for mode in '' -g; do
	traced setpgid $mode -- sleep 60
	wait_for 10 half_born
	pid1_signal TERM
	pid1_wait 50
	is "$rc" 143 "row 39: TERM before the child has its group${mode:+, $mode}"

	traced execve $mode -- sleep 60
	wait_for 10 half_born
	pid1_signal TERM
	pid1_wait 50
	is "$rc" 143 "row 40: TERM between unblocking and exec${mode:+, $mode}"

	traced execve $mode -- "$PUPPET" listen
	wait_for 10 half_born
	pid1_signal WINCH
	wait_for 10 has "$T/out" ready
	pid1_signal TERM
	pid1_wait 50
	is "$rc" 0 "row 40: a harmless signal there harms nobody${mode:+, $mode}"
done

# Every kind of system call that is made on the way, one after the other.
calls=$(sed -n 's/^[0-9]* *\([a-z0-9_]*\)(.*/\1/p' "$T/first" |
    grep -Ev 'exit|execve|^wait|arch_prctl|set_tid' | sort -u)
wrong=''
for call in $calls; do
	traced "$call" -- sleep 60
	wait_for 50 blocks_term
	pid1_signal TERM
	pid1_wait 50
	[ "$rc" = 143 ] || wrong+="$call→$rc "
done
is "$wrong" '' "TERM while any call of the start is held up ($(wc -w <<<"$calls")): none lost"

done_testing
