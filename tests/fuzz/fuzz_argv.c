/* SPDX-License-Identifier: MIT */
/* hale's own command line: words, each ended by a NUL; after an empty one, the
 * environment. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "supervisor/options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WORDS_MAX = 200 };

static void
check(char **argv, char **envp, size_t argc, bool in_run)
{
	static struct option_values values;
	struct conf_error err = { 0 };

	memset(&values, 0, sizeof(values));
	if (options_parse(argv, envp, in_run, &values, &err) < 0) {
		if (err.text[0] == '\0')
			abort();
		return;
	}
	if (values.rest < argv || values.rest > argv + argc ||
	    values.count > OPTION_VALUES_MAX)
		abort();
	for (size_t i = 0; i < values.count; i++)
		if (values.items[i].option == NULL ||
		    values.items[i].text == NULL)
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *words[WORDS_MAX + 2] = { NULL }, *text = malloc(size + 1);
	size_t count = 0, argc;

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	for (size_t at = 0; at < size && count < WORDS_MAX;
	     at += strlen(text + at) + 1)
		words[count++] = text + at;
	for (argc = 0; argc < count && *words[argc] != '\0';)
		argc++;
	words[argc] = NULL;
	/* Behind the NULL: what was left, or nothing. */
	check(words, words + argc + (argc < count), argc, false);
	check(words, words + argc + (argc < count), argc, true);
	free(text);
	return 0;
}
