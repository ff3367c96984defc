/* SPDX-License-Identifier: MIT */
#include "landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "sys.h"

/* Linux's, of which older headers have fewer, or none. */
enum {
	NR_CREATE_RULESET = 444,
	CREATE_VERSION = 1,

	FS_EXECUTE = 1 << 0,
	FS_WRITE_FILE = 1 << 1,
	FS_READ_FILE = 1 << 2,
	FS_READ_DIR = 1 << 3,
	FS_ABI_1 = (1 << 13) - 1,
	FS_REFER = 1 << 13,
	FS_TRUNCATE = 1 << 14,
	FS_IOCTL_DEV = 1 << 15,
	FS_READ = FS_EXECUTE | FS_READ_FILE | FS_READ_DIR,
	FS_DEVICE = FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE | FS_IOCTL_DEV,
	FS_ALL = FS_ABI_1 | FS_REFER | FS_TRUNCATE | FS_IOCTL_DEV,

	NET_BIND = 1,
	NET_CONNECT = 2,
	SCOPE_ABSTRACT = 1,
	SCOPE_SIGNAL = 2,
};

/* The least ABI of each part, in the order of enum landlock_part. */
static const struct {
	char name[20];
	int abi;
} parts[] = {
	{ "files", 1 },
	{ "renames", 2 },
	{ "truncation", 3 },
	{ "ports", 4 },
	{ "device ioctls", 5 },
	{ "abstract sockets", 6 },
	{ "signals", 6 },
};

enum { PARTS = sizeof(parts) / sizeof(parts[0]) };

/* What every program may expect to find, whatever is listed. */
static const struct landlock_path always[] = {
	{ "/dev/null", FS_DEVICE, true },
	{ "/dev/zero", FS_DEVICE, true },
	{ "/dev/full", FS_DEVICE, true },
	{ "/dev/random", FS_DEVICE, true },
	{ "/dev/urandom", FS_DEVICE, true },
	{ "/dev/tty", FS_DEVICE, true },
	{ "/dev/pts", FS_DEVICE | FS_READ_DIR, true },
	{ "/proc", FS_READ, true },
};

static const struct landlock_path scratch[] = {
	{ "/tmp", FS_ALL, true },
	{ "/var/tmp", FS_ALL, true },
	{ "/dev/shm", FS_ALL, true },
};

static const struct landlock_path all[] = {
	{ "/", FS_READ, false },
};

int
landlock_abi(void)
{
	long abi = sys3(NR_CREATE_RULESET, 0, 0, CREATE_VERSION);

	return abi < 0 ? 0 : (int)abi;
}

static uint32_t
wanted_parts(const struct landlock_wants *wants)
{
	uint32_t mask = 0;

	if (wants->files)
		mask |= LANDLOCK_FILES | LANDLOCK_REFER | LANDLOCK_TRUNCATE |
		        LANDLOCK_IOCTL;
	if (wants->bind->count > 0 || wants->connect->count > 0)
		mask |= LANDLOCK_PORTS;
	if (wants->abstract)
		mask |= LANDLOCK_ABSTRACT;
	if (wants->signals)
		mask |= LANDLOCK_SIGNALS;
	return mask;
}

static uint32_t
lacking(uint32_t mask, int abi)
{
	uint32_t missing = 0;

	for (unsigned i = 0; i < PARTS; i++)
		if ((mask & 1u << i) != 0 && abi < parts[i].abi)
			missing |= 1u << i;
	return missing;
}

static void
restrict_parts(struct landlock_plan *plan, const struct landlock_wants *wants,
    uint32_t mask)
{
	if (mask & LANDLOCK_FILES)
		plan->files = FS_ABI_1;
	if (mask & LANDLOCK_REFER)
		plan->files |= FS_REFER;
	if (mask & LANDLOCK_TRUNCATE)
		plan->files |= FS_TRUNCATE;
	if (mask & LANDLOCK_IOCTL)
		plan->files |= FS_IOCTL_DEV;
	if ((mask & LANDLOCK_PORTS) && wants->bind->count > 0)
		plan->ports |= NET_BIND;
	if ((mask & LANDLOCK_PORTS) && wants->connect->count > 0)
		plan->ports |= NET_CONNECT;
	if (mask & LANDLOCK_ABSTRACT)
		plan->scopes |= SCOPE_ABSTRACT;
	if (mask & LANDLOCK_SIGNALS)
		plan->scopes |= SCOPE_SIGNAL;
}

static void
add_fixed(
    struct landlock_plan *plan, const struct landlock_path *from, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		plan->path[plan->path_count] = from[i];
		plan->path[plan->path_count++].access &= plan->files;
	}
}

static int
add_listed(struct landlock_plan *plan, const struct conf_list *list,
    uint64_t access, struct conf_error *err)
{
	for (size_t i = 0; i < list->count; i++) {
		bool optional = list->items[i][0] == '-';
		const char *path = list->items[i] + optional;

		if (path[0] != '/')
			return conf_refuse(
			    err, "\"%s\" is not an absolute path", path);
		plan->path[plan->path_count++] = (struct landlock_path){
			.path = path,
			.access = access & plan->files,
			.optional = optional,
		};
	}
	return 0;
}

static int
add_paths(struct landlock_plan *plan, const struct landlock_wants *wants,
    struct conf_error *err)
{
	size_t room = sizeof(always) / sizeof(always[0]) +
	              sizeof(scratch) / sizeof(scratch[0]) + 2 +
	              wants->read_only->count + wants->read_write->count;

	plan->path = conf_alloc(room * sizeof(plan->path[0]));
	if (plan->path == NULL)
		return conf_refuse(err, "no memory");
	if (wants->read_only->count == 0)
		add_fixed(plan, all, 1);
	add_fixed(plan, always, sizeof(always) / sizeof(always[0]));
	/* What is started there lies there, as a rule. */
	if (wants->directory != NULL && strcmp(wants->directory, "/") != 0)
		plan->path[plan->path_count++] = (struct landlock_path){
			.path = wants->directory,
			.access = FS_READ & plan->files,
			.optional = true,
		};
	if (wants->scratch)
		add_fixed(plan, scratch, sizeof(scratch) / sizeof(scratch[0]));
	if (add_listed(plan, wants->read_only, FS_READ, err) < 0 ||
	    add_listed(plan, wants->read_write, FS_ALL, err) < 0)
		return -1;
	return 0;
}

int
landlock_port(const char *text, uint64_t *port, struct conf_error *err)
{
	const char *digits = text + (strncmp(text, "tcp:", 4) == 0 ? 4 : 0);
	int64_t number;

	if (conf_number(&number, digits) < 0 || number < 0 || number > 65535)
		return conf_refuse(err, "\"%.40s\" is not a TCP port", text);
	*port = (uint64_t)number;
	return 0;
}

static int
add_ports(struct landlock_plan *plan, const struct conf_list *list,
    uint64_t access, struct conf_error *err)
{
	for (size_t i = 0; i < list->count; i++) {
		struct landlock_port *port = &plan->port[plan->port_count];

		if (landlock_port(list->items[i], &port->port, err) < 0)
			return -1;
		port->access = access;
		plan->port_count++;
	}
	return 0;
}

static int
fill(struct landlock_plan *plan, const struct landlock_wants *wants,
    struct conf_error *err)
{
	size_t ports = wants->bind->count + wants->connect->count;

	if (plan->files != 0 && add_paths(plan, wants, err) < 0)
		return -1;
	if (plan->ports == 0)
		return 0;
	plan->port = conf_alloc(ports * sizeof(plan->port[0]));
	if (plan->port == NULL)
		return conf_refuse(err, "no memory");
	if (add_ports(plan, wants->bind, NET_BIND, err) < 0 ||
	    add_ports(plan, wants->connect, NET_CONNECT, err) < 0)
		return -1;
	return 0;
}

uint32_t
landlock_lacks(int abi)
{
	return lacking((1u << PARTS) - 1, abi);
}

int
landlock_compile(const struct landlock_wants *wants, int abi,
    const struct landlock_plan **plan, uint32_t *missing,
    struct conf_error *err)
{
	struct landlock_plan *made = conf_alloc(sizeof(*made));
	uint32_t mask = wanted_parts(wants);
	uint32_t lacks = lacking(mask, abi);

	if (made == NULL)
		return conf_refuse(err, "no memory");
	restrict_parts(made, wants, mask & ~lacks);
	if (fill(made, wants, err) < 0)
		return -1;
	*missing = lacks;
	*plan = (mask & ~lacks) != 0 ? made : NULL;
	return 0;
}

const char *
landlock_text(uint32_t mask, char *out, size_t out_size)
{
	size_t length = 0;

	out[0] = '\0';
	for (unsigned i = 0; i < PARTS; i++)
		if ((mask & 1u << i) != 0 && length < out_size)
			length +=
			    (size_t)snprintf(out + length, out_size - length,
			        "%s%s", length > 0 ? ", " : "", parts[i].name);
	return out;
}
