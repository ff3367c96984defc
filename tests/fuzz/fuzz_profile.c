/* SPDX-License-Identifier: MIT */
/* Docker's seccomp profiles: whatever comes out is a program that ends. */
#include "supervisor/bpf.h"
#include "supervisor/conf.h"
#include "supervisor/profile.h"

#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct sock_filter *code, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		const struct sock_filter *at = &code[i];

		if (at->code == (BPF_JMP | BPF_JA)) {
			if (at->k >= length - i - 1)
				abort();
		} else if (BPF_CLASS(at->code) == BPF_JMP) {
			if (i + 1 + at->jt >= length ||
			    i + 1 + at->jf >= length)
				abort();
		}
	}
	if (length > 0 && BPF_CLASS(code[length - 1].code) != BPF_RET)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sock_filter code[4096];
	struct conf_error err = { 0 };
	int fd = (int)syscall(SYS_memfd_create, "fuzz", 0u);

	if (profile_translate((const char *)data, size, 0xff, fd, &err) == 0) {
		ssize_t got = pread(fd, code, sizeof(code), 0);

		check(code, (size_t)got / sizeof(code[0]));
	}
	close(fd);
	return 0;
}
