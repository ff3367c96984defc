/* SPDX-License-Identifier: MIT */
#include "secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf.h"
#include "config.h"
#include "shed.h"

/* Address space; memory is taken as it is filled. */
enum { ARENA_BYTES = 16 << 20 };

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
	if (arena.begin != NULL)
		munmap(arena.begin, ARENA_BYTES);
	arena.begin = NULL;
}

static int
read_all(int fd, char *out, size_t *size)
{
	ssize_t got = 0;

	*size = 0;
	while (*size <= SECRET_MAX &&
	       (got = read(fd, out + *size, SECRET_MAX + 1 - *size)) > 0)
		*size += (size_t)got;
	return got < 0 ? -1 : 0;
}

static int
read_file(const struct config_secret *secret, char *out, size_t *size,
    struct conf_error *err)
{
	int fd = open_as_owner(secret->file);
	struct stat st;
	bool plain, ok;

	if (fd < 0)
		return conf_refuse(err, "secret \"%s\": %s: %s", secret->name,
		    secret->file, strerror(errno));
	plain = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	ok = plain && read_all(fd, out, size) == 0;
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
    char *out, size_t *size, struct conf_error *err)
{
	const char *value = variable(environ, secret->environment);

	if (value == NULL)
		return conf_refuse(err, "secret \"%s\": $%s is not set",
		    secret->name, secret->environment);
	*size = strlen(value);
	if (*size <= SECRET_MAX)
		memcpy(out, value, *size);
	return 0;
}

/* What a variable can hold. */
static int
check_value(const struct config_secret *secret, const char *value, size_t *size,
    struct conf_error *err)
{
	if (*size > SECRET_MAX)
		return conf_refuse(err, "secret \"%s\": larger than %d bytes",
		    secret->name, SECRET_MAX);
	if (*size > 0 && value[*size - 1] == '\n')
		--*size;
	if (memchr(value, '\0', *size) != NULL ||
	    memchr(value, '\n', *size) != NULL)
		return conf_refuse(err,
		    "secret \"%s\": a NUL or a newline inside can't be in a "
		    "variable; name the variable ..._FILE to pass the path",
		    secret->name);
	return 0;
}

static bool
wants_path(const struct config_secret *secret, const char *name)
{
	size_t length = strlen(name);

	return secret->file != NULL && length > 5 &&
	       strcmp(name + length - 5, "_FILE") == 0;
}

/* Reads a value to where there is room for SECRET_MAX + 2 bytes. */
static int
read_value(const struct config_secret *secret, char *const *environ, char *out,
    struct conf_error *err)
{
	size_t size = 0;

	if ((secret->file != NULL
	            ? read_file(secret, out, &size, err)
	            : read_variable(secret, environ, out, &size, err)) < 0 ||
	    check_value(secret, out, &size, err) < 0)
		return -1;
	memset(out + size, 0, SECRET_MAX + 2 - size);
	arena.next = out + size + 1;
	return 0;
}

static int
give(struct service_config *service, const struct conf_pair *pair,
    const struct config_secret *secret, char *const *environ,
    struct conf_error *err)
{
	size_t head = strlen(pair->name) + 1;
	char *line = room_for(head + SECRET_MAX + 2);

	if (line == NULL)
		return conf_refuse(err, "no memory for a secret");
	memcpy(line, pair->name, head - 1);
	line[head - 1] = '=';
	if (wants_path(secret, pair->name) &&
	    strlen(secret->file) < SECRET_MAX) {
		strcpy(line + head, secret->file);
		arena.next += head + strlen(secret->file) + 1;
		return conf_list_add(&service->env, line);
	}
	return read_value(secret, environ, line + head, err) < 0
	           ? -1
	           : conf_list_add(&service->env, line);
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
	for (size_t i = 0; i < service->secrets.count; i++) {
		const struct conf_pair *pair = &service->secrets.pairs[i];
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
