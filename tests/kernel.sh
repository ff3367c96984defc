#!/bin/bash
# SPDX-License-Identifier: MIT
# kernel.sh KERNEL: build/aarch64/hale as PID 1 of a real arm64 kernel, emulated
# by qemu-system-aarch64; KERNEL is an image of it (Debian's linux-image-*-arm64
# has one in /boot; `make kernel-test` fetches it). What qemu-user can't show:
# probes, `hale run`, seccomp and Landlock of another machine.
BLACKBOX_TIMEOUT=${BLACKBOX_TIMEOUT:-300}
case ${1-} in /*) ;; *) set -- "$PWD/${1:?kernel.sh KERNEL}" ;; esac
. "${BASH_SOURCE[0]%/*}/blackbox/lib.sh"
kernel=$1
binary=$TOP/build/aarch64/hale

for tool in qemu-system-aarch64 cpio aarch64-linux-gnu-gcc; do
	command -v $tool >/dev/null || { nok "no $tool"; done_testing; }
done

# What a container engine would have done: file systems, loopback, then hale.
cat >guest.c <<'C'
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
int
main(int argc, char **argv)
{
	const char *types[] = { "proc", "sysfs", "devtmpfs" };
	const char *places[] = { "/proc", "/sys", "/dev" };

	for (int i = 0; i < 3; i++) {
		mkdir(places[i], 0755);
		mount(types[i], places[i], types[i], 0, 0);
	}
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };

	ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCSIFFLAGS, &lo);
	argv[argc > 0 ? 0 : 1] = "hale";
	execv("/hale", argv);
	return 1;
}
C

# Who is there?
cat >names.c <<'C'
#include <stdio.h>
int
main(void)
{
	for (int pid = 1; pid < 1000; pid++) {
		char path[32], name[32];
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%d/comm", pid);
		if ((file = fopen(path, "r")) == NULL)
			continue;
		if (fgets(name, sizeof(name), file) != NULL)
			printf("there is %s", name);
		fclose(file);
	}
	return 0;
}
C

# boot ARG...: `hale ARG...` is its PID 1; sets out; a panic ends the machine.
# The kernel would take a second -- as the end of init's arguments.
boot()
{
	(cd root && find . | cpio -o -H newc 2>/dev/null | gzip -1) >initrd
	out=$(timeout 120 qemu-system-aarch64 -M virt -cpu max -m 512 \
		-nographic -nodefaults -serial stdio -no-reboot \
		-kernel "$kernel" -initrd initrd \
		-append "console=ttyAMA0 panic=-1 quiet -- $*" </dev/null 2>&1 |
		tr -d '\r')
}

mkdir -p root/dev
"$TOP/build/aarch64/tc/cc" -Os -static -o root/init guest.c ||
	nok "the guest's init builds"
"$TOP/build/aarch64/tc/cc" -Os -static -o root/names names.c ||
	nok "the program that lists processes builds"
mknod root/dev/console c 5 1 || nok "a console, as root"
cp "$binary" root/hale
cat >root/hale.yaml <<'Y'
services:
  probe: {command: [/hale, probe, "file:///hale"], restart: "no"}
  names:
    command: [/names]
    restart: "no"
    depends_on: {itself: {condition: service_healthy}}
  main:
    command: [/hale, inspect]
    user: "1000"
    sandbox: strict
    depends_on:
      probe: {condition: service_completed_successfully}
      names: {condition: service_completed_successfully}
dependencies:
  itself: {http: "http://127.0.0.1:9110/livez", interval: 200ms}
hale: {socket: none, listen: "127.0.0.1:9110"}
Y
boot run -c /hale.yaml
like "$out" 'file /hale: exists' "a probe passes"
like "$out" 'itself: healthy' "one of the network passes"
like "$out" 'there is hale-probes' "  by a child of the fork server"
like "$out" 'probe: done: exited with status 0' "a service ends"
like "$out" 'main: done: exited with status 0' \
	"one in the strict sandbox, which refuses to run without seccomp"
like "$out" 'exitcode=0x00000000' "hale ends with main's status"
[ -z "${VERBOSE:-}" ] || echo "$out"

boot /hale probe file:///nowhere
like "$out" 'exitcode=0x00000100' "command mode: the status is passed on"
boot --sandbox default -u 1000 /hale version
like "$out" "$("$TOP/build/hale" version)" "a sandboxed command runs"
like "$out" 'exitcode=0x00000000' "and ends well"
done_testing
