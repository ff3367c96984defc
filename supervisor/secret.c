/* SPDX-License-Identifier: MIT */
#include "secret.h"

#include <errno.h>
#include <linux/magic.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "conf.h"
#include "config.h"
#include "confine.h"
#include "identity.h"
#include "shed.h"

/* Address space; memory is taken as it is filled. */
enum { ARENA_BYTES = 16 << 20 };

enum {
	NOEXEC_SEAL = 8, /* MFD_NOEXEC_SEAL, younger than some headers */
	FIRST_FD = 230,
};

/* Compose mounts a host's 0600 file as it is: without CAP_DAC_OVERRIDE only
 * its owner can open it, and that is whom root may become. */
static int
open_as_owner(const char *path)
{
	const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	uid_t ours = geteuid();
	int fd = open(path, flags);
	struct stat st;
	int error = errno;

	if (fd >= 0 || error != EACCES)
		return fd;
	if (stat(path, &st) == 0 && seteuid(st.st_uid) == 0) {
		fd = open(path, flags);
		error = errno;
		if (seteuid(ours) < 0)
			_exit(125); /* neither one nor the other */
		/* Changing it made us traceable, if the host likes that. */
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	}
	errno = error;
	return fd;
}

/* All secrets lie together, so that who needs none can forget them at once. */
static struct {
	char *begin, *next;
} arena;

/* Room for one value: never in a core file, never swapped if we may. */
static char *
room_for(size_t size)
{
	if (arena.begin == NULL) {
		void *room = mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (room == MAP_FAILED)
			return NULL;
		arena.begin = arena.next = room;
		madvise(room, ARENA_BYTES, MADV_DONTDUMP);
		mlock2(room, ARENA_BYTES, MLOCK_ONFAULT);
	}
	return ARENA_BYTES - (size_t)(arena.next - arena.begin) < size
	           ? NULL
	           : arena.next;
}

void
secret_forget(void)
{
	if (arena.begin == NULL)
		return;
	munmap(arena.begin, ARENA_BYTES);
	arena.begin = NULL;
}

static int
read_all(int fd, char *out, size_t max, size_t *size)
{
	ssize_t got = 0;

	*size = 0;
	while (
	    *size <= max && (got = read(fd, out + *size, max + 1 - *size)) > 0)
		*size += (size_t)got;
	return got < 0 ? -1 : 0;
}

/* What a link into /proc leads to is about hale itself, and no secret. */
static bool
is_proc(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

static int
read_file(const struct config_secret *secret, char *out, size_t max,
    size_t *size, struct conf_error *err)
{
	int fd = open_as_owner(secret->file);
	struct stat st;
	bool plain, ok;

	if (fd < 0)
		return conf_refuse(err, "secret \"%s\": %s: %s", secret->name,
		    secret->file, strerror(errno));
	plain = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && !is_proc(fd);
	ok = plain && read_all(fd, out, max, size) == 0;
	close(fd);
	if (!plain)
		return conf_refuse(err, "secret \"%s\": %s: not a regular file",
		    secret->name, secret->file);
	if (!ok)
		return conf_refuse(
		    err, "secret \"%s\": %s", secret->name, strerror(errno));
	return 0;
}

static const char *
variable(char *const *environ, const char *name)
{
	size_t length = strlen(name);

	for (; *environ != NULL; environ++)
		if (strncmp(*environ, name, length) == 0 &&
		    (*environ)[length] == '=')
			return *environ + length + 1;
	return NULL;
}

static int
read_variable(const struct config_secret *secret, char *const *environ,
    char *out, size_t max, size_t *size, struct conf_error *err)
{
	const char *value = variable(environ, secret->environment);

	if (value == NULL)
		return conf_refuse(err, "secret \"%s\": $%s is not set",
		    secret->name, secret->environment);
	*size = strlen(value);
	if (*size <= max)
		memcpy(out, value, *size);
	return 0;
}

/* Into out, which has room for max bytes and one that is too many. */
static int
read_bytes(const struct config_secret *secret, char *const *environ, char *out,
    size_t max, size_t *size, struct conf_error *err)
{
	int result = secret->file != NULL
	                 ? read_file(secret, out, max, size, err)
	                 : read_variable(secret, environ, out, max, size, err);

	if (result == 0 && *size > max)
		return conf_refuse(err, "secret \"%s\": larger than %u bytes",
		    secret->name, (unsigned)max);
	return result;
}

/* What a variable can hold. */
static int
check_value(const struct config_secret *secret, const char *value, size_t *size,
    struct conf_error *err)
{
	if (*size > 0 && value[*size - 1] == '\n')
		--*size;
	if (memchr(value, '\0', *size) != NULL ||
	    memchr(value, '\n', *size) != NULL)
		return conf_refuse(err,
		    "secret \"%s\": a NUL or a newline inside can't be in a "
		    "variable; name the variable ..._FILE to pass a file",
		    secret->name);
	return 0;
}

static bool
wants_path(const char *name)
{
	size_t length = strlen(name);

	return length > 5 && strcmp(name + length - 5, "_FILE") == 0;
}

/* Reads a value to where there is room for SECRET_MAX + 2 bytes. */
static int
read_value(const struct config_secret *secret, char *const *environ, char *out,
    struct conf_error *err)
{
	size_t size = 0;

	if (read_bytes(secret, environ, out, SECRET_MAX, &size, err) < 0 ||
	    check_value(secret, out, &size, err) < 0)
		return -1;
	memset(out + size, 0, SECRET_MAX + 2 - size);
	arena.next = out + size + 1;
	return 0;
}

/* Whose file it shall be: who does not resolve is refused later. */
static uid_t
owner_of(const struct service_config *service)
{
	const char *user = service->confine->user;
	struct conf_error ignored;
	struct identity id;

	return user != NULL && identity_resolve(user, NULL, &id, &ignored) == 0
	           ? id.uid
	           : geteuid();
}

/*
 * Memory that looks like a file of user uid, and of nobody else: made as that
 * user, for which CAP_CHOWN is not needed.  Returns a descriptor far above all
 * numbers that a service may ask for, close-on-exec, or -1 with errno.
 */
static int
make_file(uid_t uid)
{
	uid_t ours = geteuid();
	int fd, high, error;

	if (uid != ours && seteuid(uid) < 0)
		return -1;
	fd = memfd_create(
	    "secret", MFD_CLOEXEC | MFD_ALLOW_SEALING | NOEXEC_SEAL);
	if (fd < 0) /* before Linux 6.3 */
		fd = memfd_create("secret", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd >= 0)
		fchmod(fd, 0400);
	error = errno;
	if (uid != ours && seteuid(ours) < 0)
		_exit(125); /* neither one nor the other */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (fd < 0) {
		errno = error;
		return -1;
	}
	high = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FD);
	if (high < 0) /* the limit is lower */
		return fd;
	close(fd);
	return high;
}

/* Writes it, and never again. */
static int
fill_file(int fd, const char *bytes, size_t size)
{
	if (write(fd, bytes, size) != (ssize_t)size)
		return -1;
	return fcntl(fd, F_ADD_SEALS,
	    F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
}

/* Its variables may be shared with services that say the same. */
static int
add_variable(struct service_config *service, const char *line)
{
	struct config_vars *vars = conf_own(&service->vars, &vars_table);

	return vars == NULL ? -1 : conf_list_add(&vars->env, line);
}

/* NAME_FILE: the path of a sealed copy that the service alone has open. */
static int
give_file(struct service_config *service, const struct conf_pair *pair,
    const struct config_secret *secret, char *const *environ,
    struct conf_error *err)
{
	struct confine_wants *wants =
	    conf_own(&service->confine, &confine_table);
	size_t room = strlen(pair->name) + 32, size = 0;
	char *bytes, *line;
	int fd;

	if (wants == NULL)
		return conf_refuse(err, "no memory for a secret");
	if (wants->secret_count == CONFINE_SECRETS_MAX)
		return conf_refuse(err,
		    "secret \"%s\": a service gets at most %d as files",
		    secret->name, CONFINE_SECRETS_MAX);
	if (access("/proc/self/fd", X_OK) < 0)
		return conf_refuse(
		    err, "secret \"%s\": a file needs /proc", secret->name);
	bytes = room_for(SECRET_FILE_MAX + 1);
	line = conf_alloc(room);
	if (bytes == NULL || line == NULL)
		return conf_refuse(err, "no memory for a secret");
	if (read_bytes(secret, environ, bytes, SECRET_FILE_MAX, &size, err) < 0)
		return -1;
	fd = make_file(owner_of(service));
	if (fd < 0 || fill_file(fd, bytes, size) < 0)
		return conf_refuse(err, "secret \"%s\": a file in memory: %s",
		    secret->name, strerror(errno));
	explicit_bzero(bytes, size);
	wants->secrets[wants->secret_count++] = fd;
	snprintf(line, room, "%s=/proc/self/fd/%d", pair->name, fd);
	return add_variable(service, line);
}

static int
give(struct service_config *service, const struct conf_pair *pair,
    const struct config_secret *secret, char *const *environ,
    struct conf_error *err)
{
	size_t head = strlen(pair->name) + 1;
	char *line;

	if (wants_path(pair->name))
		return give_file(service, pair, secret, environ, err);
	line = room_for(head + SECRET_MAX + 2);
	if (line == NULL)
		return conf_refuse(err, "no memory for a secret");
	memcpy(line, pair->name, head - 1);
	line[head - 1] = '=';
	return read_value(secret, environ, line + head, err) < 0
	           ? -1
	           : add_variable(service, line);
}

static const struct config_secret *
find(const struct config *config, const char *name, struct conf_error *err)
{
	for (size_t i = 0; name != NULL && i < config->secret_count; i++)
		if (strcmp(config->secrets[i].name, name) == 0)
			return &config->secrets[i];
	conf_refuse(err, "unknown secret \"%s\"", name == NULL ? "" : name);
	return NULL;
}

const char *
secret_value(const struct config *config, const char *name,
    char *const *environ, struct conf_error *err)
{
	const struct config_secret *secret = find(config, name, err);
	char *room = room_for(SECRET_MAX + 2);

	if (secret == NULL)
		return NULL;
	if (room == NULL) {
		conf_refuse(err, "no memory for a secret");
		return NULL;
	}
	return read_value(secret, environ, room, err) < 0 ? NULL : room;
}

static int
load_service(const struct config *config, struct service_config *service,
    char *const *environ, struct conf_error *err)
{
	for (size_t i = 0; i < service->vars->secrets.count; i++) {
		const struct conf_pair *pair = &service->vars->secrets.pairs[i];
		const struct config_secret *secret =
		    find(config, pair->value, err);

		if (secret == NULL ||
		    give(service, pair, secret, environ, err) < 0)
			return -1;
	}
	return 0;
}

int
secret_load(struct config *config, char *const *environ, struct conf_error *err)
{
	for (size_t i = 0; i < config->service_count; i++)
		if (load_service(config, &config->services[i], environ, err) <
		    0)
			return -1;
	return 0;
}

void
secret_shed(const struct config *config, char **environ)
{
	for (size_t i = 0; i < config->secret_count; i++)
		if (config->secrets[i].environment != NULL)
			shed_variable(environ, config->secrets[i].environment);
}
