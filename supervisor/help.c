/* SPDX-License-Identifier: MIT */
/* help.c - `hale help [VERB]`: the texts of options.def and verbs.def. */
#include "supervisor/config.h"
#include "supervisor/log.h"
#include "supervisor/options.h"
#include "supervisor/verbs.h"

#include <stdio.h>
#include <string.h>

#define PASTE_(a, b) a##b
#define PASTE(a, b)  PASTE_(a, b)

/* One behind the other, each with its NUL: no string is longer than C11 knows. */
/* clang-format off */
static const struct {
#define OPTION(name, letter, scope, repeats, argument, help)                   \
	char PASTE(help_, __LINE__)[sizeof(help)];
#include "supervisor/options.def"
#undef OPTION
} option_texts = {
#define OPTION(name, letter, scope, repeats, argument, help) help,
#include "supervisor/options.def"
#undef OPTION
};

static const struct {
#define VERB(name, where, run, arguments, help, options)                       \
	char PASTE(arguments_, __LINE__)[sizeof(arguments)];                   \
	char PASTE(help_, __LINE__)[sizeof(help)];                             \
	char PASTE(options_, __LINE__)[sizeof(options)];
#include "supervisor/verbs.def"
#undef VERB
} verb_texts = {
#define VERB(name, where, run, arguments, help, options)                       \
	arguments, help, options,
#include "supervisor/verbs.def"
#undef VERB
};
/* clang-format on */

static const char *
next(const char **at)
{
	const char *text = *at;

	*at += strlen(text) + 1;
	return text;
}

static void
print_options(void)
{
	const char *at = (const char *)&option_texts;

	for (size_t i = 0; i < option_count; i++) {
		const struct option *option = &options[i];
		char words[64];
		int used = 0;

		used += snprintf(words, sizeof(words), "  %c%c%s--%s",
		    option->letter != 0 ? '-' : ' ',
		    option->letter != 0 ? option->letter : ' ',
		    option->letter != 0 ? ", " : "  ", option->name);
		if (option->argument != NULL)
			snprintf(words + used, sizeof(words) - (size_t)used,
			    "%s%s", option->argument[0] == '[' ? "" : " ",
			    option->argument);
		if (strlen(words) > 29)
			printf("%s\n%31s%s\n", words, "", next(&at));
		else
			printf("%-31s%s\n", words, next(&at));
	}
}

/* The one verb in full, or, where it is NULL, each in a line. */
static void
print_verbs(const struct verb *only)
{
	const char *at = (const char *)&verb_texts;

	for (size_t i = 0; i < verb_count; i++) {
		const char *name = verbs[i].name, *arguments = next(&at);
		const char *help = next(&at), *lines = next(&at);

		if (only == &verbs[i])
			printf("hale %s%s%s\n  %s\n%s", name,
			    arguments[0] != '\0' ? " " : "", arguments, help,
			    lines);
		else if (only != NULL)
			continue;
		else if (strlen(arguments) > 17)
			printf(
			    "  %-10s %s\n%31s%s\n", name, arguments, "", help);
		else
			printf("  %-10s %-17s %s\n", name, arguments, help);
	}
}

int
verb_help(int argc, char **argv)
{
	const struct verb *verb = argc > 1 ? verb_find(argv[1]) : NULL;

	if (argc > 1 && verb == NULL) {
		log_error(
		    NULL, "help: no verb \"%s\" (see hale help)", argv[1]);
		return 1;
	}
	if (verb != NULL) {
		print_verbs(verb);
		return 0;
	}
	puts("hale - PID 1, privilege drop, supervisor and health probes\n\n"
	     "Usage:\n"
	     "  hale [OPTION]... [--] COMMAND [ARG]...   run COMMAND\n"
	     "  hale run [-c FILE] [OPTION]... [-- COMMAND [ARG]...]\n"
	     "                                           supervise services\n"
	     "  hale VERB ...\n\nOptions:");
	print_options();
	puts("\nVerbs:");
	print_verbs(NULL);
	puts("\nEach long option has a variable: --stop-signal is "
	     "HALE_STOP_SIGNAL.");
	return 0;
}
