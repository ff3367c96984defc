/* SPDX-License-Identifier: MIT */
/* explain.c - why a program could not be executed, for whoever wrote its name. */
#include "exec.h"
#include "words.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct file {
	char path[PATH_MAX];
	struct stat stat;
	char head[4096];
	size_t size; /* of head */
};

/* Finds what exec_search() would have tried first, if anything is there. */
static bool
locate(struct file *file, const char *program, const char *path)
{
	if (strchr(program, '/') != NULL) {
		snprintf(file->path, sizeof(file->path), "%s", program);
		return stat(file->path, &file->stat) == 0;
	}
	for (;; path++) {
		int length = (int)strcspn(path, ":");

		snprintf(file->path, sizeof(file->path), "%.*s%s%s", length,
		    path, length > 0 ? "/" : "", program);
		if (stat(file->path, &file->stat) == 0)
			return true;
		path += length;
		if (*path == '\0')
			return false;
	}
}

static void
read_head(struct file *file)
{
	/* A FIFO in its place shall not keep us waiting. */
	int fd =
	    S_ISREG(file->stat.st_mode)
	        ? open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
	        : -1;
	ssize_t got;

	file->size = 0;
	if (fd < 0)
		return;
	got = read(fd, file->head, sizeof(file->head) - 1);
	close(fd);
	file->size = got > 0 ? (size_t)got : 0;
	file->head[file->size] = '\0';
}

/* The interpreter that the file names in its #! line or its ELF header. */
static bool
interpreter(const struct file *file, char *out, size_t size)
{
	Elf64_Ehdr elf;
	Elf64_Phdr segment;

	if (file->size > 2 && memcmp(file->head, "#!", 2) == 0) {
		const char *name =
		    file->head + 2 + strspn(file->head + 2, " \t");

		snprintf(
		    out, size, "%.*s", (int)strcspn(name, " \t\r\n"), name);
		return true;
	}
	if (file->size < sizeof(elf) ||
	    memcmp(file->head, ELFMAG, SELFMAG) != 0 ||
	    file->head[EI_CLASS] != ELFCLASS64)
		return false;
	memcpy(&elf, file->head, sizeof(elf));
	for (size_t i = 0; i < elf.e_phnum; i++) {
		uint64_t at = elf.e_phoff + i * sizeof(segment);

		if (at > file->size - sizeof(segment))
			return false;
		memcpy(&segment, file->head + at, sizeof(segment));
		if (segment.p_type != PT_INTERP ||
		    segment.p_offset >= file->size)
			continue;
		snprintf(out, size, "%s", file->head + segment.p_offset);
		return true;
	}
	return false;
}

static const char *
machine_name(unsigned machine)
{
	static const struct {
		unsigned machine;
		const char *name;
	} names[] = { { EM_X86_64, "x86_64" }, { EM_386, "i386" },
		{ EM_AARCH64, "aarch64" }, { EM_ARM, "arm" },
		{ EM_RISCV, "riscv64" }, { EM_S390, "s390x" },
		{ EM_PPC64, "ppc64" }, { EM_MIPS, "mips" } };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].machine == machine)
			return names[i].name;
	return "another machine";
}

static const char *
own_machine(void)
{
#if defined(__x86_64__)
	return "x86_64";
#elif defined(__aarch64__)
	return "aarch64";
#elif defined(__arm__)
	return "arm";
#else
	return "riscv64";
#endif
}

static void
explain_format(char *text, size_t size, const struct file *file)
{
	Elf64_Ehdr elf;

	if (file->size >= 20 && memcmp(file->head, ELFMAG, SELFMAG) == 0) {
		memcpy(&elf, file->head, 20);
		if (strcmp(machine_name(elf.e_machine), own_machine()) != 0) {
			snprintf(text, size,
			    "cannot execute %s: exec format error: it is "
			    "built for %s, this machine is %s",
			    file->path, machine_name(elf.e_machine),
			    own_machine());
			return;
		}
	}
	snprintf(text, size,
	    "cannot execute %s: exec format error: neither a program for this "
	    "machine nor a script that begins with #!",
	    file->path);
}

static void
explain_access(char *text, size_t size, const struct file *file)
{
	unsigned mode = file->stat.st_mode & 07777;

	if (S_ISDIR(file->stat.st_mode))
		snprintf(text, size, "cannot execute %s: it is a directory",
		    file->path);
	else if (!S_ISREG(file->stat.st_mode))
		snprintf(text, size,
		    "cannot execute %s: it is not a regular file", file->path);
	else if ((mode & 0111) == 0)
		snprintf(text, size,
		    "cannot execute %s: permission denied: it is not "
		    "executable (mode %04o; chmod +x helps)",
		    file->path, mode);
	else
		snprintf(text, size,
		    "cannot execute %s: permission denied (mode %04o, owner "
		    "%u:%u, we are %u:%u; or its file system is mounted "
		    "noexec)",
		    file->path, mode, file->stat.st_uid, file->stat.st_gid,
		    geteuid(), getegid());
}

void
packed_exec_explain(
    char *text, size_t size, const char *program, char *const *envp, int error)
{
	const char *path = exec_getenv(envp, "PATH");
	char name[PATH_MAX];
	struct file file;
	bool exists;

	if (path == NULL)
		path = EXEC_DEFAULT_PATH;
	exists = locate(&file, program, path);
	if (exists)
		read_head(&file);

	if (exists && error == ENOENT && interpreter(&file, name, sizeof(name)))
		snprintf(text, size,
		    "cannot execute %s: its interpreter %s is not there",
		    file.path, name);
	else if (error == ENOENT && strchr(program, '/') == NULL)
		snprintf(text, size,
		    "cannot execute %s: not found in PATH (%s)", program, path);
	else if (exists && error == EACCES)
		explain_access(text, size, &file);
	else if (exists && error == ENOEXEC)
		explain_format(text, size, &file);
	else
		snprintf(text, size, "cannot execute %s: %s", program,
		    strerror(error));
}
