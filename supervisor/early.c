/* SPDX-License-Identifier: MIT */
/*
 * early.c - `hale COMMAND` with nothing declared, before the C library.
 *
 * The kernel enters at hale_start.  If the command line is the plain one, the
 * whole life of PID 1 happens here: no relocation is applied, no thread
 * pointer is set, so that not a page is dirtied nor a system call made for
 * features that nobody asked for.  In every other case, and when the command
 * can't be started, we return and the C library starts as it always does.
 *
 * Nothing on this path may read a relocated pointer, errno, or the stack
 * protector's canary; the Makefile compiles these files accordingly.
 */
#include "early.h"

#include "early_user.h"
#include "kernel.h"
#include "single.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifndef DT_RELR
#define DT_RELRSZ 35
#define DT_RELR   36
#endif

/* The linker's: where the file begins, and its dynamic section. */
extern char __ehdr_start[] __attribute__((visibility("hidden")));
extern ElfW(Dyn) _DYNAMIC[] __attribute__((visibility("hidden")));

#if defined(__x86_64__)
__asm__(".text\n"
        ".global hale_start\n"
        ".type hale_start,@function\n"
        "hale_start:\n"
        "	xor %ebp, %ebp\n"
        "	mov %rsp, %rbx\n"
        "	mov %rdx, %r12\n"
        "	mov %rsp, %rdi\n"
        "	and $-16, %rsp\n"
        "	call hale_early\n"
        "	mov %rbx, %rsp\n"
        "	mov %r12, %rdx\n"
        "	jmp _start\n");
#elif defined(__aarch64__)
__asm__(".text\n"
        ".global hale_start\n"
        ".type hale_start,%function\n"
        "hale_start:\n"
        "	mov x29, #0\n"
        "	mov x30, #0\n"
        "	mov x19, x0\n"
        "	mov x0, sp\n"
        "	bl hale_early\n"
        "	mov x0, x19\n"
        "	b _start\n");
#elif defined(__riscv)
__asm__(".text\n"
        ".global hale_start\n"
        ".type hale_start,@function\n"
        "hale_start:\n"
        "	mv s1, a0\n"
        "	mv a0, sp\n"
        "	call hale_early\n"
        "	mv a0, s1\n"
        "	tail _start\n");
#elif defined(__arm__)
__asm__(".text\n"
        ".arm\n"
        ".global hale_start\n"
        ".type hale_start,%function\n"
        "hale_start:\n"
        "	mov r4, r0\n"
        "	mov r5, sp\n"
        "	mov r0, sp\n"
        "	bic sp, sp, #7\n"
        "	bl hale_early\n"
        "	mov sp, r5\n"
        "	mov r0, r4\n"
        "	b _start\n");
#endif

uint64_t early_inherited_mask;
bool early_held_up;

static bool
called_hale(const char *argv0)
{
	const char *slash = strrchr(argv0, '/');

	return strcmp(slash != NULL ? slash + 1 : argv0, "hale") == 0;
}

/* The environment says nothing to us: then nothing is declared there. */
static bool
silent(char *const *envp)
{
	for (; *envp != NULL; envp++)
		if (strncmp(*envp, "HALE_", 5) == 0 ||
		    strncmp(*envp, "TINI_", 5) == 0)
			return false;
	return true;
}

/* The kernel says that the file may give rights to whoever runs it. */
static bool
is_secure(char *const *envp)
{
	const ElfW(auxv_t) * entry;

	while (*envp != NULL)
		envp++;
	for (entry = (const void *)(envp + 1); entry->a_type != AT_NULL;
	     entry++)
		if (entry->a_type == AT_SECURE)
			return entry->a_un.a_val != 0;
	return false;
}

/* The words after `--user USER`, with *user set; or words. */
static char **
after_user(char **words, const char **user)
{
	if (strncmp(words[0], "--user=", 7) == 0) {
		*user = words[0] + 7;
		return words + 1;
	}
	if (words[1] != NULL &&
	    (strcmp(words[0], "--user") == 0 || strcmp(words[0], "-u") == 0)) {
		*user = words[1];
		return words + 2;
	}
	return words;
}

/* The command of a command line with at most a user, or NULL. */
static char **
plain_command(int argc, char **argv, const char **user)
{
	char **command;

	if (argc < 2 || !called_hale(argv[0]))
		return NULL;
	command = after_user(argv + 1, user);
	if (*command == NULL)
		return NULL;
	if (strcmp(*command, "--") == 0)
		command++;
	else if (**command == '-' ||
	         (command == argv + 1 && early_is_verb(*command)))
		return NULL;
	return *command != NULL && **command != '\0' ? command : NULL;
}

/* In a frame of its own: a command without a user needs no room for one. */
static __attribute__((noinline)) void
run_as(const char *user, struct single *single,
    volatile struct single_report *report)
{
	struct early_user made;

	if (early_user(user, &made, single))
		single_run(single, report);
}

/*
 * Adds the load address to what packed is a list of: an even word is the
 * place of one pointer, the bits of an odd one tell which of the words after
 * it are pointers, too.
 */
static void
relocate(const uintptr_t *packed, size_t count)
{
	const uintptr_t base = (uintptr_t)__ehdr_start;
	uintptr_t *place = (uintptr_t *)base, bits;
	size_t i, j;

	for (i = 0; i < count; i++) {
		if ((packed[i] & 1) == 0) {
			place = (uintptr_t *)(base + packed[i]);
			*place++ += base;
			continue;
		}
		for (j = 0, bits = packed[i] >> 1; bits != 0; j++, bits >>= 1)
			if (bits & 1)
				place[j] += base;
		place += 8 * sizeof(*packed) - 1;
	}
}

/*
 * Packed relocations are a thirtieth of the usual ones' size, but the C library
 * knows them only from musl 1.2.4 on. We apply them, and tell nobody that there
 * are any.
 */
static void
relocate_packed(void)
{
	const uintptr_t *packed = NULL;
	ElfW(Dyn) * entry, *size = NULL;

	for (entry = _DYNAMIC; entry->d_tag != DT_NULL; entry++) {
		if (entry->d_tag == DT_RELR)
			packed = (const uintptr_t *)((uintptr_t)__ehdr_start +
			                             entry->d_un.d_ptr);
		else if (entry->d_tag == DT_RELRSZ)
			size = entry;
	}
	if (packed == NULL || size == NULL)
		return;
	relocate(packed, size->d_un.d_val / sizeof(*packed));
	size->d_un.d_val = 0;
}

#ifdef HALE_COVERAGE
void coverage_map(void); /* tests/coverage/map.c: only in that build */
#else
static inline void
coverage_map(void)
{
}
#endif

/* stack: what the kernel put there, argc, argv, NULL, environment, NULL. */
void
hale_early(long *stack)
{
	int argc = (int)stack[0];
	char **argv = (char **)(void *)(stack + 1);
	volatile struct single_report report = { 0 };
	struct single single = { .envp = argv + argc + 1 };
	const char *user = NULL;

	/* Until we block it, a signal to PID 1 is lost: so before all else. */
	kernel_mask(KERNEL_ALL_SIGNALS, &single.inherited_mask);
	coverage_map();
	/* Asked here, for its code is on pages that PID 1 never touches. */
	if (argc > 1 && strcmp(argv[1], "health") == 0 && called_hale(argv[0]))
		early_verb(argc, argv, single.envp, single.inherited_mask);
	single.argv = plain_command(argc, argv, &user);
	if (single.argv != NULL && silent(single.envp) &&
	    !is_secure(single.envp)) {
		if (user != NULL)
			run_as(user, &single, &report);
		else
			single_run(&single, &report);
	}
	relocate_packed();
	early_inherited_mask = single.inherited_mask;
	early_held_up = report.error == -ETIMEDOUT;
}
