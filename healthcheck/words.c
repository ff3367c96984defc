/* SPDX-License-Identifier: MIT */
/* words.c - the command of an exec probe: its words and its label. */
#include "target.h"

#include <stdlib.h>
#include <string.h>

/* Cuts the next word at *line in place; returns it, or NULL at the end. */
static char *
next_word(char **line, bool *open)
{
	char *p = *line + strspn(*line, " \t"), *word = p, *out = p;
	char quote = '\0';

	if (*p == '\0')
		return NULL;
	for (; *p != '\0'; p++) {
		if (quote == '\0' && (*p == ' ' || *p == '\t'))
			break;
		if (*p == quote && quote != '\0')
			quote = '\0';
		else if (quote == '\0' && (*p == '\'' || *p == '"'))
			quote = *p;
		else if (*p == '\\' && quote != '\'' && p[1] != '\0')
			*out++ = *++p;
		else
			*out++ = *p;
	}
	*line = *p == '\0' ? p : p + 1;
	*out = '\0';
	*open = quote != '\0';
	return word;
}

int
target_label_command(struct probe *probe)
{
	const char *const *argv = probe_argv(probe);
	const char *name = argv[0];
	char *label;

	if (probe->kind != PROBE_EXEC)
		return 0;
	if (argv == probe->shell_argv)
		name = argv[2];
	label = malloc(5 + strnlen(name, 60) + 1);
	if (label == NULL)
		return -1;
	strcpy(label, "exec ");
	strncat(label, name, 60);
	probe->text = label;
	probe->label = label;
	return 0;
}

int
target_words(struct probe *probe, const char *line, struct conf_error *err)
{
	size_t size = strlen(line) + 1, most = size / 2 + 2, n = 0;
	char *block = malloc(most * sizeof(char *) + 2 * size + 8);
	char *text, *label, *word;
	const char **argv = (const char **)(void *)block;
	bool open = false;

	if (block == NULL)
		return conf_refuse(err, "no memory");
	text = block + most * sizeof(char *);
	label = text + size;
	memcpy(text, line, size);
	strcpy(label, "exec ");
	while (!open && (word = next_word(&text, &open)) != NULL)
		argv[n++] = word;
	argv[n] = NULL;
	if (n == 0 || open) {
		free(block);
		return conf_refuse(
		    err, n == 0 ? "exec: no command" : "exec: a quote is open");
	}
	strcat(label, argv[0]);
	probe->kind = PROBE_EXEC;
	probe->argv = argv;
	probe->text = block;
	probe->label = label;
	return 0;
}
