/* SPDX-License-Identifier: MIT */
/* config_env.c - environment and env_file of a service to NAME=value. */
#include "supervisor/config_check.h"

#include "supervisor/envfile.h"
#include "supervisor/interpolate.h"
#include "supervisor/packed.h"

#include <errno.h>
#include <string.h>

static void
read_env_file(const struct check *check, const struct service_config *service,
    const struct config_env_file *file, struct conf_map *map)
{
	const struct config_source *source = check->fill->source;
	struct check_place place;
	struct conf_error err;

	if (file->path == NULL)
		return;
	if (packed_load(PACKED_FILES) < 0)
		conf_refuse(
		    &err, "can't unpack its reader: %s", strerror(errno));
	else if (envfile_read(map, file->path, source->environ, &err) == 0)
		return;
	if (errno == ENOENT && file->required == 0)
		return;
	check_place(
	    check, &place, "services", service->name, "env_file", file->path);
	place.last = place.last->up; /* err.text names the file itself */
	/* A file is often checked where it will not run. */
	if (errno != EINVAL && source->check_only)
		tree_warning(
		    check->fill->tree, place.mark, place.last, err.text);
	else
		check_refuse(check, &place, err.text);
}

static bool
secret_exists(const struct config *config, const char *name, const char **near)
{
	for (size_t i = 0; i < config->secret_count; i++) {
		if (strcmp(config->secrets[i].name, name) == 0)
			return true;
		if (*near == NULL)
			*near = conf_nearest(name, &config->secrets[i].name, 1);
	}
	return false;
}

static void
check_secret(const struct check *check, const struct conf_pair *pair,
    const char *section, const char *name, const char *key, const char *entry)
{
	const char *near = NULL;
	struct check_place place;
	struct conf_error err;

	if (pair->value != NULL &&
	    secret_exists(check->config, pair->value, &near))
		return;
	check_place(check, &place, section, name, key, entry);
	conf_refuse(&err,
	    near == NULL ? "unknown secret \"%.64s\""
	                 : "unknown secret \"%.64s\" (did you mean "
	                   "\"%.64s\"?)",
	    pair->value == NULL ? "" : pair->value, near);
	check_refuse(check, &place, err.text);
}

static int
add_line(struct conf_list *env, const char *name, const char *value)
{
	size_t name_size = strlen(name), size = name_size + strlen(value) + 1;
	char *line = conf_copy(NULL, size);

	if (line == NULL)
		return -1;
	memcpy(line, name, name_size);
	line[name_size] = '=';
	strcpy(line + name_size + 1, value);
	return conf_list_add(env, line);
}

static void
check_environment(struct check *check, struct service_config *service)
{
	struct config_vars *vars = service->vars;
	const struct config_env_file *files = vars->env_file.items;
	struct conf_map all = { 0 };

	for (size_t i = 0; i < vars->env_file.count; i++)
		read_env_file(check, service, &files[i], &all);
	for (size_t i = 0; i < vars->environment.count; i++)
		if (conf_map_add(&all, vars->environment.pairs[i]) < 0)
			break;

	for (size_t i = 0; i < all.count; i++) {
		const struct conf_pair *pair = &all.pairs[i];
		const char *value = pair->value;

		if (pair->secret) {
			check_secret(check, pair, "services", service->name,
			    "environment", pair->name);
			conf_map_add(&vars->secrets, *pair);
			continue;
		}
		/* A name alone: hale's own value, or nothing. */
		if (value == NULL)
			value =
			    interpolate_environ(check->fill->source->environ,
			        pair->name, strlen(pair->name));
		if (value != NULL)
			add_line(&vars->env, pair->name, value);
	}
}

/* {secret: NAME} in what others fill in: the headers of a probe. */
static void
check_maps(const struct check *check, const char *section, const char *name,
    const char *where, const struct conf_table *table, const char *owner)
{
	for (size_t k = 0; k < table->count; k++) {
		const struct conf_key *key = &table->keys[k];
		const struct conf_map *map =
		    (const void *)(owner + key->offset);

		if (key->type == CONF_INLINE)
			check_maps(check, section, name, where, key->table,
			    owner + key->offset);
		if (key->type != CONF_MAP || (key->flags & CONF_SECRETS) == 0)
			continue;
		for (size_t i = 0; i < map->count; i++)
			if (map->pairs[i].secret)
				check_secret(check, &map->pairs[i], section,
				    name, where, key->name);
	}
}

static void
check_extensions(const struct check *check, const char *section,
    const char *name, void *const *extensions)
{
	const struct config_source *source = check->fill->source;

	for (size_t i = 0; extensions != NULL && i < source->extension_count;
	     i++)
		if (extensions[i] != NULL)
			check_maps(check, section, name,
			    source->extensions[i].name,
			    source->extensions[i].table, extensions[i]);
}

void
check_environments(struct check *check)
{
	const struct config *config = check->config;

	for (size_t i = 0; i < config->service_count; i++) {
		check_environment(check, &config->services[i]);
		check_extensions(check, "services", config->services[i].name,
		    config->services[i].extensions);
	}
	for (size_t i = 0; i < config->dependency_count; i++)
		check_extensions(check, "dependencies",
		    config->dependencies[i].name,
		    config->dependencies[i].extensions);
}
