/* SPDX-License-Identifier: MIT */
/* conf_words.c - a command line to words, as a shell splits them; none runs. */
#include "supervisor/conf.h"

#include <string.h>

/* One word from *in to out, quotes removed; -1 when a quote stays open. */
static int
one_word(char **out, const char **in, struct conf_error *err)
{
	char quote = '\0';
	const char *p = *in;

	for (; *p != '\0' && (quote != '\0' || strchr(" \t\r\n", *p) == NULL);
	     p++) {
		if (*p == quote && quote != '\0') {
			quote = '\0';
			continue;
		}
		if (quote == '\0' && (*p == '\'' || *p == '"')) {
			quote = *p;
			continue;
		}
		/* Inside "", a backslash only quotes what is special there. */
		if (*p == '\\' && quote != '\'' &&
		    (quote == '\0' || (p[1] && strchr("\"\\$`\n", p[1])))) {
			if (*++p == '\0')
				return conf_refuse(
				    err, "ends in the middle of an escape: \\");
			if (*p == '\n')
				continue;
		}
		*(*out)++ = *p;
	}
	if (quote != '\0')
		return conf_refuse(err, "a %c is never closed", quote);
	*(*out)++ = '\0';
	*in = p;
	return 0;
}

int
conf_words(struct conf_list *words, const char *text, struct conf_error *err)
{
	struct conf_list found = { 0 };
	char *out = conf_alloc(strlen(text) + 1);

	if (out == NULL)
		return conf_refuse(err, "out of memory");
	for (;;) {
		char *word = out;

		text += strspn(text, " \t\r\n");
		if (*text == '\0')
			break;
		if (one_word(&out, &text, err) < 0)
			return -1;
		if (conf_list_add(&found, word) < 0)
			return conf_refuse(err, "out of memory");
	}
	*words = found;
	return 0;
}
