/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <stdio.h>
#include <string.h>

/* clang-format off */
const struct option options[] = {
#define OPTION(name, letter, scope, repeats, argument, help)                   \
	{ name, letter, scope, repeats, argument },
#include "options.def"
#undef OPTION
};
/* clang-format on */

const size_t option_count = sizeof(options) / sizeof(options[0]);

const char *
options_key(const struct option *option, char out[24])
{
	size_t length = strlen(option->name);

	for (size_t i = 0; i <= length; i++)
		out[i] = option->name[i] == '-' ? '_' : option->name[i];
	return out;
}

static bool
takes_argument(const struct option *option)
{
	return option->argument != NULL && option->argument[0] != '[';
}

static const struct option *
by_letter(char letter)
{
	for (size_t i = 0; i < option_count; i++)
		if (options[i].letter == letter)
			return &options[i];
	return NULL;
}

static const struct option *
by_name(const char *name, size_t length)
{
	for (size_t i = 0; i < option_count; i++)
		if (strncmp(options[i].name, name, length) == 0 &&
		    options[i].name[length] == '\0')
			return &options[i];
	return NULL;
}

static int
unknown(const char *word, struct conf_error *err)
{
	const char *names[sizeof(options) / sizeof(options[0])];
	char name[32];
	const char *nearest;
	size_t length = strcspn(word, "=");

	for (size_t i = 0; i < option_count; i++)
		names[i] = options[i].name;
	snprintf(
	    name, sizeof(name), "%.*s", (int)(length > 31 ? 31 : length), word);
	nearest = conf_nearest(name, names, option_count);
	return nearest != NULL
	           ? conf_refuse(err,
	                 "unknown option --%s (did you mean --%s?)", name,
	                 nearest)
	           : conf_refuse(
	                 err, "unknown option --%s (see hale --help)", name);
}

static int
add(struct option_values *values, const struct option *option, const char *text,
    bool in_run, struct conf_error *err)
{
	if (option->scope == OPTION_RUN && !in_run)
		return conf_refuse(
		    err, "--%s goes with `hale run`", option->name);
	if (values->count == OPTION_VALUES_MAX)
		return conf_refuse(
		    err, "more than %d options", OPTION_VALUES_MAX);
	values->items[values->count].option = option;
	values->items[values->count].from_environment = false;
	values->items[values->count++].text = text;
	return 0;
}

static int
parse_long(char ***argv, bool in_run, struct option_values *values,
    struct conf_error *err)
{
	const char *word = **argv + 2, *text = strchr(word, '=');
	const struct option *option = by_name(word, strcspn(word, "="));

	if (option == NULL)
		return unknown(word, err);
	if (text != NULL && option->argument == NULL)
		return conf_refuse(err, "--%s takes no argument", option->name);
	if (text != NULL) {
		text++;
	} else if (takes_argument(option)) {
		text = *++*argv;
		if (text == NULL)
			return conf_refuse(err, "--%s needs an argument: %s",
			    option->name, option->argument);
	} else {
		text = option->argument != NULL ? "true" : "";
	}
	return add(values, option, text, in_run, err);
}

/* A cluster of letters: -gv, -e143, -e 143. */
static int
parse_short(char ***argv, bool in_run, struct option_values *values,
    struct conf_error *err)
{
	for (const char *c = **argv + 1; *c != '\0'; c++) {
		const struct option *option = by_letter(*c);
		const char *text = "";

		if (option == NULL)
			return conf_refuse(
			    err, "unknown option -%c (see hale --help)", *c);
		if (takes_argument(option)) {
			text = c[1] != '\0' ? c + 1 : *++*argv;
			if (text == NULL)
				return conf_refuse(err,
				    "-%c needs an argument: %s", *c,
				    option->argument);
		}
		if (add(values, option, text, in_run, err) < 0)
			return -1;
		if (takes_argument(option))
			break;
	}
	return 0;
}

/* "stop-signal" is HALE_STOP_SIGNAL. */
static const char *
from_environment(const struct option *option, char *const *envp)
{
	for (; *envp != NULL; envp++) {
		const char *at = *envp, *name = option->name;

		if (strncmp(at, "HALE_", 5) != 0)
			continue;
		for (at += 5; *name != '\0'; at++, name++)
			if (*at !=
			    (*name == '-' ? '_' : (char)(*name - 'a' + 'A')))
				break;
		if (*name == '\0' && *at == '=')
			return at + 1;
	}
	return NULL;
}

/* A flag's variable says yes by not being empty, unless it says no. */
static bool
says_no(const char *text)
{
	return strcmp(text, "0") == 0 || strcmp(text, "false") == 0 ||
	       strcmp(text, "no") == 0;
}

/* Words of an option that repeats: split at spaces; at commas, too, where a
 * word can't have one. */
static int
add_words(struct option_values *values, const struct option *option,
    const char *words, bool in_run, struct conf_error *err)
{
	const char *between = option->scope == OPTION_WAIT ? " \t\n" : ", \t\n";
	char *text;

	words += strspn(words, between);
	if (*words == '\0')
		return 0;
	text = strdup(words);
	if (text == NULL)
		return conf_refuse(err, "no memory for %s", words);
	for (;;) {
		text += strspn(text, between);
		if (*text == '\0')
			return 0;
		if (add(values, option, text, in_run, err) < 0)
			return -1;
		text += strcspn(text, between);
		if (*text != '\0')
			*text++ = '\0';
	}
}

/* A flag's variable; of one that repeats it may be a number of times. */
static int
add_flag(struct option_values *values, const struct option *option,
    const char *text, bool in_run, struct conf_error *err)
{
	int times =
	    option->repeats && *text > '0' && *text <= '9' ? *text - '0' : 1;

	if (*text == '\0' || (option->argument == NULL && says_no(text)))
		return 0;
	if (option->argument != NULL) /* "[=false]" has words of its own */
		text = strcmp(text, "0") == 0   ? "false"
		       : strcmp(text, "1") == 0 ? "true"
		                                : text;
	while (times-- > 0)
		if (add(values, option, text, in_run, err) < 0)
			return -1;
	return 0;
}

/* Rarely anything is said there, and to look for each option takes long. */
static bool
is_silent(char *const *envp)
{
	for (; *envp != NULL; envp++)
		if (strncmp(*envp, "HALE_", 5) == 0)
			return false;
	return true;
}

static int
parse_environment(char *const *envp, bool in_run, size_t given,
    struct option_values *values, struct conf_error *err)
{
	if (is_silent(envp))
		return 0;
	for (size_t i = 0; i < option_count; i++) {
		const struct option *option = &options[i];
		const char *text = from_environment(option, envp);
		bool on_command_line = false;
		int result;

		if (text == NULL || option->scope == OPTION_TELL ||
		    (*text == '\0' && option->scope == OPTION_HALE) ||
		    (option->scope == OPTION_RUN && !in_run))
			continue;
		for (size_t j = 0; j < given; j++)
			if (values->items[j].option == option)
				on_command_line = true;
		if (on_command_line)
			continue;
		if (!takes_argument(option))
			result = add_flag(values, option, text, in_run, err);
		else if (option->repeats)
			result = add_words(values, option, text, in_run, err);
		else
			result = add(values, option, text, in_run, err);
		if (result < 0)
			return -1;
	}
	return 0;
}

int
options_parse(char **argv, char *const *envp, bool in_run,
    struct option_values *values, struct conf_error *err)
{
	size_t given;

	values->count = 0;
	for (; *argv != NULL && (*argv)[0] == '-' && (*argv)[1] != '\0';
	     argv++) {
		if (strcmp(*argv, "--") == 0) {
			argv++;
			break;
		}
		if (((*argv)[1] == '-'
		            ? parse_long(&argv, in_run, values, err)
		            : parse_short(&argv, in_run, values, err)) < 0)
			return -1;
	}
	values->rest = argv;
	given = values->count;
	if (parse_environment(envp, in_run, given, values, err) < 0)
		return -1;
	for (size_t i = given; i < values->count; i++)
		values->items[i].from_environment = true;
	return 0;
}

int
options_refuse(const struct option_value *value, struct conf_error *err)
{
	char was[sizeof(err->text)], name[32];
	size_t i;

	memcpy(was, err->text, sizeof(was));
	if (!value->from_environment)
		return conf_refuse(err, "--%s: %s", value->option->name, was);
	for (i = 0; value->option->name[i] != '\0'; i++)
		name[i] = value->option->name[i] == '-'
		              ? '_'
		              : (char)(value->option->name[i] - 'a' + 'A');
	name[i] = '\0';
	return conf_refuse(err, "HALE_%s: %s", name, was);
}

const struct option_value *
options_value(const struct option_values *values, const char *name)
{
	for (size_t i = values->count; i-- > 0;)
		if (strcmp(values->items[i].option->name, name) == 0)
			return &values->items[i];
	return NULL;
}

const char *
options_text(const struct option_values *values, const char *name)
{
	const struct option_value *value = options_value(values, name);

	return value != NULL ? value->text : NULL;
}

bool
options_any(const struct option_values *values, enum option_scope scope)
{
	for (size_t i = 0; i < values->count; i++)
		if (values->items[i].option->scope == (char)scope)
			return true;
	return false;
}

void
options_clean_environment(char **envp)
{
	char **kept = envp;

	for (; *envp != NULL; envp++)
		if (strncmp(*envp, "HALE_", 5) != 0 ||
		    strncmp(*envp, "HALE_SOCKET=", 12) == 0)
			*kept++ = *envp;
	*kept = NULL;
}
