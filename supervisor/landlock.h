/* SPDX-License-Identifier: MIT */
/*
 * landlock.h - which files, ports and processes a service may reach.
 *
 * The plan is made before the loop, for the ABI that the kernel has (the
 * constants are our own, up to ABI 7), and entered in the child.
 */
#ifndef HALE_SUPERVISOR_LANDLOCK_H
#define HALE_SUPERVISOR_LANDLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conf_error;
struct conf_list;

enum landlock_part {
	LANDLOCK_FILES = 1 << 0,    /* ABI 1: Linux 5.13 */
	LANDLOCK_REFER = 1 << 1,    /* ABI 2: renames across directories */
	LANDLOCK_TRUNCATE = 1 << 2, /* ABI 3 */
	LANDLOCK_PORTS = 1 << 3,    /* ABI 4 */
	LANDLOCK_IOCTL = 1 << 4,    /* ABI 5: of devices */
	LANDLOCK_ABSTRACT = 1 << 5, /* ABI 6: abstract unix sockets */
	LANDLOCK_SIGNALS = 1 << 6,  /* ABI 6: signals, to those outside */
};

struct landlock_wants {
	bool files;   /* restrict them, even if both lists are empty */
	bool scratch; /* /tmp, /var/tmp and /dev/shm may be written */
	bool abstract, signals;
	const char *directory; /* the working directory: may be read; or NULL */
	const struct conf_list *read_only;      /* empty: all may be read */
	const struct conf_list *read_write;     /* "-/path": if it exists */
	const struct conf_list *bind, *connect; /* TCP ports; empty: any */
};

struct landlock_path {
	const char *path;
	uint64_t access;
	bool optional;
};

struct landlock_port {
	uint64_t port, access;
};

struct landlock_plan {
	uint64_t files, ports, scopes; /* what is restricted */
	struct landlock_path *path;
	size_t path_count;
	struct landlock_port *port;
	size_t port_count;
};

enum landlock_step {
	LANDLOCK_STEP_RULESET,
	LANDLOCK_STEP_PATH,
	LANDLOCK_STEP_PORT,
	LANDLOCK_STEP_ENTER,
};

/* The ABI of this kernel; 0 when it has none, or it is turned off. */
int landlock_abi(void);

/* The parts (enum landlock_part) that a kernel of this ABI does not have. */
uint32_t landlock_lacks(int abi);

/* "8080" or "tcp:8080".  0, or -1 with err->text. */
int landlock_port(const char *text, uint64_t *port, struct conf_error *err);

/*
 * Makes a plan for a kernel of the given ABI.  *missing: the parts (enum
 * landlock_part) that were wanted and that it lacks.  Allocates by
 * conf_alloc().  *plan is NULL when nothing is left to do.
 *
 * Returns 0, or -1 with err->text set.
 */
int landlock_compile(const struct landlock_wants *wants, int abi,
    const struct landlock_plan **plan, uint32_t *missing,
    struct conf_error *err);

/*
 * Enters it: raw calls, for the child.  no_new_privs must be set, or
 * CAP_SYS_ADMIN held.  Returns 0, or -errno with *step (enum landlock_step)
 * and *index, of the path or port, set.
 */
long landlock_enter(const struct landlock_plan *plan, int *step, size_t *index);

/* "files, signals" for a mask of parts; NUL-terminated.  Returns out. */
const char *landlock_text(uint32_t mask, char *out, size_t out_size);

#endif
