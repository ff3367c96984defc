/* SPDX-License-Identifier: MIT */
/* config_verbs.c - hale check, config, graph and schema. */
#include "supervisor/config_show.h"

#include "supervisor/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct request {
	struct config_source source;
	struct config config;
	struct text out;
	bool json;
};

static void
say(const char *first, const char *second, const char *third)
{
	struct text line = { 0 };

	text_add(&line, first);
	text_add(&line, second);
	text_add(&line, third);
	text_char(&line, '\n');
	text_write(&line, STDERR_FILENO);
	text_finish(&line);
}

/* [-c FILE | FILE] [--json]; the default is where hale run looks. */
static int
parse(struct request *request, int argc, char **argv)
{
	struct config_source *source = &request->source;

	for (int i = 1; i < argc; i++) {
		const char *word = argv[i];

		if (strcmp(word, "--json") == 0 &&
		    strcmp(argv[0], "config") == 0) {
			request->json = true;
			continue;
		}
		if (strcmp(word, "-c") == 0 || strcmp(word, "--config") == 0)
			word = ++i < argc ? argv[i] : NULL;
		else if (word[0] == '-' && word[1] != '\0')
			word = NULL;
		if (word == NULL || source->path != NULL) {
			say("hale: ", argv[0],
			    ": takes one file (see hale help)");
			return -1;
		}
		source->path = word;
	}
	if (source->path == NULL)
		source->path = getenv("HALE_CONFIG");
	if (source->path == NULL)
		source->path = CONFIG_PATH;
	source->environ = environ;
	source->check_only = true;
	return 0;
}

static int
load(struct request *request, int argc, char **argv)
{
	int result;

	request->source.extensions = config_extensions;
	request->source.extension_count = config_extension_count;
	if (parse(request, argc, argv) < 0)
		return -1;
	result = config_load(&request->config, &request->source);
	config_tell(&request->config.errors);
	config_tell(&request->config.warnings);
	config_tell(&request->config.notes);
	return result;
}

static int
print(struct request *request)
{
	int result = 0;

	if (request->out.failed)
		errno = ENOMEM;
	if (request->out.failed ||
	    text_write(&request->out, STDOUT_FILENO) < 0) {
		log_error(NULL, "%s", strerror(errno));
		result = 1;
	}
	text_finish(&request->out);
	return result;
}

static void
add_count(struct text *out, size_t count, const char *one, const char *many)
{
	text_format(out, " %zu %s", count, count == 1 ? one : many);
}

int
verb_check(int argc, char **argv)
{
	struct request request = { 0 };
	const struct config *config = &request.config;

	if (load(&request, argc, argv) < 0)
		return 1;
	text_add(&request.out, strcmp(request.source.path, "-") == 0
	                           ? "<stdin>"
	                           : request.source.path);
	text_add(&request.out, ": ok:");
	add_count(&request.out, config->service_count, "service", "services");
	text_char(&request.out, ',');
	add_count(&request.out, config->dependency_count, "dependency",
	    "dependencies");
	text_char(&request.out, ',');
	add_count(&request.out, config->secret_count, "secret", "secrets");
	text_char(&request.out, '\n');
	return print(&request);
}

int
verb_config(int argc, char **argv)
{
	struct request request = { 0 };

	if (load(&request, argc, argv) < 0)
		return 1;
	config_dump(
	    &request.out, &request.config, &request.source, request.json);
	return print(&request);
}

int
verb_graph(int argc, char **argv)
{
	struct request request = { 0 };

	if (load(&request, argc, argv) < 0)
		return 1;
	config_graph(&request.out, &request.config);
	return print(&request);
}

int
verb_schema(int argc, char **argv)
{
	struct request request = { 0 };

	if (argc > 1) {
		say("hale: ", argv[0], ": takes no arguments");
		return 1;
	}
	config_schema(&request.out, config_extensions, config_extension_count);
	return print(&request);
}
