/* SPDX-License-Identifier: MIT */
/* config.c - a config from a file, or from nothing but a command. */
#include "supervisor/config.h"

#include "supervisor/config_check.h"
#include "supervisor/config_words.h"
#include "supervisor/interpolate.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct service_config *
config_service(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->service_count; i++)
		if (strcmp(config->services[i].name, name) == 0)
			return &config->services[i];
	return NULL;
}

struct config_dependency *
config_dependency(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->dependency_count; i++)
		if (strcmp(config->dependencies[i].name, name) == 0)
			return &config->dependencies[i];
	return NULL;
}

void
config_tell(const struct conf_list *messages)
{
	struct text all = { 0 };

	for (size_t i = 0; i < messages->count; i++) {
		text_add(&all, messages->items[i]);
		text_char(&all, '\n');
	}
	/* In one go, where there is memory for it. */
	if (all.failed)
		for (size_t i = 0; i < messages->count; i++)
			fprintf(stderr, "%s\n", messages->items[i]);
	else
		text_write(&all, STDERR_FILENO);
	text_finish(&all);
}

void *
config_extend(
    void ***extensions, const struct config_source *source, size_t index)
{
	const struct conf_table *table = source->extensions[index].table;
	void **all = *extensions;

	if (all == NULL)
		*extensions = all =
		    conf_alloc(source->extension_count * sizeof(*all));
	if (all == NULL || all[index] != NULL)
		return all == NULL ? NULL : all[index];
	all[index] = conf_alloc(table->size);
	if (all[index] == NULL || conf_defaults(all[index], table) < 0)
		return NULL;
	return all[index];
}

/* The item of a mapping by its key, of a list by its text. */
static const struct tree_item *
find_part(const struct tree_node *node, const char *part)
{
	const struct tree_item *item = node->items;

	if (node->kind == TREE_MAPPING)
		return tree_get(node, part);
	while (item != NULL && (item->value->kind != TREE_SCALAR ||
	                           strcmp(item->value->text, part) != 0))
		item = item->next;
	return item;
}

void
check_place(const struct check *check, struct check_place *place,
    const char *section, const char *name, const char *key, const char *entry)
{
	const char *const parts[] = { section, name, key, entry };

	memset(place, 0, sizeof(*place));
	place->value = check->fill->tree->root;
	for (size_t i = 0; i < 4 && parts[i] != NULL; i++) {
		const struct tree_item *item = NULL;

		place->path[i].name = parts[i];
		place->path[i].up = i == 0 ? NULL : &place->path[i - 1];
		place->last = &place->path[i];
		if (place->value != NULL)
			item = find_part(place->value, parts[i]);
		place->value = item == NULL ? NULL : item->value;
		if (item != NULL)
			place->mark =
			    item->key ? item->key->mark : item->value->mark;
	}
}

void
check_refuse(const struct check *check, const struct check_place *place,
    const char *text)
{
	tree_error(check->fill->tree, place->mark, place->last, text);
}

/* main, which runs the command that was given after --. */
static int
set_command(struct config *config, const struct config_source *source)
{
	struct service_config *main_service = config_service(config, "main");
	size_t count = config->service_count;

	if (main_service == NULL) {
		struct service_config *grown =
		    conf_alloc((count + 1) * sizeof(*grown));

		if (grown == NULL ||
		    conf_defaults(&grown[count], &service_table) < 0)
			return -1;
		if (count > 0)
			memcpy(grown, config->services, count * sizeof(*grown));
		main_service = &grown[count];
		main_service->name = "main";
		config->services = grown;
		config->service_count = count + 1;
	}
	main_service->command = (struct conf_list){ 0 };
	for (char *const *word = source->command; *word != NULL; word++)
		if (conf_list_add(&main_service->command, *word) < 0)
			return -1;
	return 0;
}

/* entrypoint, then command */
static int
make_argv(struct service_config *service)
{
	if (service->vars->entrypoint.count == 0) {
		service->argv = service->command;
		return 0;
	}
	for (size_t i = 0; i < service->vars->entrypoint.count; i++)
		if (conf_list_add(
		        &service->argv, service->vars->entrypoint.items[i]) < 0)
			return -1;
	for (size_t i = 0; i < service->command.count; i++)
		if (conf_list_add(&service->argv, service->command.items[i]) <
		    0)
			return -1;
	return 0;
}

/* No words, or an empty first: anything else has been refused before. */
static bool
is_empty(const struct tree_node *node)
{
	if (node->kind == TREE_SEQUENCE && node->count > 0)
		node = node->items->value;
	if (node->kind == TREE_SCALAR)
		return node->text[strspn(node->text, " \t\r\n")] == '\0' ||
		       node->is_null || strcmp(node->text, "''") == 0 ||
		       strcmp(node->text, "\"\"") == 0;
	return node->count == 0;
}

static int
check_commands(const struct check *check)
{
	struct config *config = check->config;

	for (size_t i = 0; i < config->service_count; i++) {
		struct service_config *service = &config->services[i];
		struct check_place place;

		if (make_argv(service) < 0)
			return -1;
		if (service->argv.count > 0 &&
		    service->argv.items[0][0] != '\0')
			continue;
		check_place(
		    check, &place, "services", service->name, "command", NULL);
		if (place.value == NULL) {
			place.last = place.last->up;
			check_refuse(check, &place, "has no command");
		} else if (is_empty(place.value)) {
			check_refuse(check, &place, "is empty");
		}
	}
	return 0;
}

/* Not said: a stop cuts it short in any case. */
static void
finish_hooks(const struct conf_array *array)
{
	struct config_hook *hooks = array->items;

	for (size_t i = 0; i < array->count; i++)
		if (hooks[i].timeout_ms < 0)
			hooks[i].timeout_ms = 10000;
}

static int
finish_services(struct config *config)
{
	for (size_t i = 0; i < config->service_count; i++) {
		struct service_config *service = &config->services[i];
		struct config_policy *policy = service->policy;

		if (policy->stop_grace_period_ms < 0) {
			policy = conf_own(&service->policy, &policy_table);
			if (policy == NULL)
				return -1;
			policy->stop_grace_period_ms =
			    config->hale.stop_grace_period_ms;
		}
		finish_hooks(&service->extras->post_start);
		finish_hooks(&service->extras->pre_stop);
	}
	return 0;
}

static void
complain(struct tree *tree, const char *name, const char *text)
{
	struct tree_path path = { .name = name };

	tree_error(
	    tree, (struct tree_mark){ 0 }, name == NULL ? NULL : &path, text);
}

static void
set_overrides(
    struct tree *tree, struct config *config, const char *const *pairs)
{
	for (; pairs != NULL && pairs[0] != NULL; pairs += 2) {
		struct conf_error err;

		if (conf_set(&config->hale, &hale_table, pairs[0], pairs[1],
		        &err) < 0)
			complain(tree, pairs[0], err.text);
	}
}

static void
add_note(struct config *config, const struct tree *tree, const char *what,
    const char *names)
{
	struct text note = { 0 };
	const char *copy;

	text_add(&note, tree->files == NULL ? "hale" : tree->files[0].name);
	text_add(&note, ": ");
	text_add(&note, what);
	text_add(&note, names == NULL ? "" : names);
	copy = note.data == NULL ? NULL : conf_copy(note.data, note.size);
	if (copy != NULL)
		conf_list_add(&config->notes, copy);
	text_finish(&note);
}

/* ---- profiles: services that are there only where they are asked for */

static bool
is_in_list(const char *list, const char *name)
{
	size_t size = strlen(name);

	while (list != NULL && *list != '\0') {
		size_t length = strcspn(list, ",");

		if ((length == size && strncmp(list, name, size) == 0) ||
		    (length == 1 && *list == '*'))
			return true;
		list += length + (list[length] == ',');
	}
	return false;
}

static bool
is_chosen(const struct config *config, const struct service_config *service,
    const char *variable)
{
	const struct conf_list *given = &config->hale.profiles;
	const struct conf_list *own = &service->extras->profiles;

	for (size_t i = 0; i < own->count; i++) {
		if (is_in_list(variable, own->items[i]))
			return true;
		for (size_t k = 0; k < given->count; k++)
			if (is_in_list(given->items[k], own->items[i]))
				return true;
	}
	return own->count == 0;
}

/* Not one of its profiles is chosen: as in Compose, as if it were not there. */
static void
leave_out(struct config *config, char *const *environ, struct tree *tree)
{
	static const char name[] = "HALE_PROFILES";
	const char *variable =
	    interpolate_environ(environ, name, sizeof(name) - 1);
	struct conf_list *out = &config->left_out;
	struct text names = { 0 };
	size_t kept = 0;

	for (size_t i = 0; i < config->service_count; i++) {
		struct service_config *service = &config->services[i];

		if (is_chosen(config, service, variable)) {
			config->services[kept++] = *service;
			continue;
		}
		if (conf_settle(service, &service_table) < 0 ||
		    conf_list_add(out, service->name) < 0)
			complain(tree, NULL, "out of memory");
		text_add(&names, names.size == 0 ? "" : ", ");
		text_add(&names, service->name);
	}
	config->service_count = kept;
	if (names.size > 0)
		add_note(config, tree,
		    "note: left out, none of their profiles is chosen: ",
		    names.data);
	text_finish(&names);
}

/* From the structs that the file alone fills to a config that can run. */
static void
finish(struct check *check)
{
	struct config *config = check->config;
	const struct config_source *source = check->fill->source;
	struct tree *tree = check->fill->tree;

	set_overrides(tree, config, source->overrides);
	leave_out(config, source->environ, tree);
	if (source->command != NULL && source->command[0] != NULL &&
	    set_command(config, source) < 0)
		complain(tree, NULL, "out of memory");
	if (config->service_count == 0 && tree->error_count == 0)
		complain(tree, NULL, "has no services");
	if (check_commands(check) < 0)
		complain(tree, NULL, "out of memory");
	check_needs(check);
	check_environments(check);
	if (tree->error_count == 0)
		check_stops(check);
	if (finish_services(config) < 0)
		complain(tree, NULL, "out of memory");
}

static void
count_the_rest(struct config *config, const struct tree *tree)
{
	char more[64] = "... and ";
	const char *copy;
	size_t size;

	if (tree->error_count <= TREE_ERRORS_MAX)
		return;
	size = strlen(more);
	size += conf_show_number(
	    more + size, (int64_t)(tree->error_count - TREE_ERRORS_MAX));
	strcpy(more + size, " more errors");
	copy = conf_copy(more, strlen(more));
	if (copy != NULL)
		conf_list_add(&config->errors, copy);
}

static void
read_root(struct fill *fill, struct config *config)
{
	const struct config_source *source = fill->source;
	struct config_root root;

	if (conf_defaults(&root, &config_table) < 0) {
		complain(fill->tree, NULL, "out of memory");
		return;
	}
	if (source->text != NULL)
		tree_read_bytes(fill->tree,
		    source->path == NULL ? "-" : source->path, source->text,
		    source->text_size);
	else if (source->path != NULL)
		tree_read(fill->tree, source->path);
	if (fill->tree->root != NULL)
		fill_table(fill, &root, &config_table, fill->tree->root, NULL);
	config->services = root.services.items;
	config->service_count = root.services.count;
	config->dependencies = root.dependencies.items;
	config->dependency_count = root.dependencies.count;
	config->secrets = root.secrets.items;
	config->secret_count = root.secrets.count;
	config->hale = root.hale;
}

/* Services that say the same have it once. */
static void
settle(struct config *config, struct tree *tree)
{
	for (size_t i = 0; i < config->service_count; i++)
		if (conf_settle(&config->services[i], &service_table) < 0)
			complain(tree, NULL, "out of memory");
	conf_draft(false);
}

int
config_load(struct config *config, const struct config_source *source)
{
	struct tree tree = { .environ = source->environ,
		.errors = &config->errors,
		.warnings = &config->warnings };
	struct fill fill = { .tree = &tree, .source = source };
	struct check check = { .fill = &fill, .config = config };
	size_t refused;

	memset(config, 0, sizeof(*config));
	conf_draft(true);
	read_root(&fill, config);
	/* Where the text could not be read, what is missing is no news. */
	if (tree.root != NULL || tree.error_count == 0)
		finish(&check);
	if (fill.ignored.size > 0)
		add_note(config, &tree,
		    "note: no meaning inside a container, ignored: ",
		    fill.ignored.data);
	count_the_rest(config, &tree);
	settle(config, &tree);
	refused = tree.error_count;
	if (refused > 0 && config->errors.count == 0) {
		/* Not even for the words. */
		static const char *no_memory[] = { "hale: out of memory",
			NULL };

		config->errors = (struct conf_list){ no_memory, 1 };
	}
	text_finish(&fill.ignored);
	tree_finish(&tree);
	return refused == 0 ? 0 : -1;
}
