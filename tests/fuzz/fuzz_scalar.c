/* SPDX-License-Identifier: MIT */
/* Durations, sizes, numbers, signals and words, as files and options say them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "supervisor/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is shown is read again as the same. */
static void
check_duration(const char *text)
{
	int64_t ms = -7, again = -7;
	char shown[CONF_SHOWN];

	if (conf_duration(&ms, text) < 0) {
		if (ms != -7)
			abort();
		return;
	}
	if (ms < 0)
		abort();
	conf_show_duration(shown, ms);
	if (conf_duration(&again, shown) < 0 || again != ms)
		abort();
}

static void
check_numbers(const char *text)
{
	int64_t number = -7, again = -7;
	char shown[CONF_SHOWN];
	int flag = -7;

	if (conf_size(&number, text) == 0 ? number < 0 : number != -7)
		abort();
	number = -7;
	if (conf_octal(&number, text) < 0 && number != -7)
		abort();
	number = -7;
	if (conf_decimal(&number, text) < 0 && number != -7)
		abort();
	if (conf_bool(&flag, text) == 0 ? flag != 0 && flag != 1 : flag != -7)
		abort();
	number = -7;
	if (conf_number(&number, text) < 0) {
		if (number != -7)
			abort();
		return;
	}
	shown[conf_show_number(shown, number)] = '\0';
	if (conf_number(&again, shown) < 0 || again != number)
		abort();
}

static void
check_signal(const char *text)
{
	int sig = conf_signal(text);
	char room[CONF_SHOWN];
	const char *name;

	if (sig > 64)
		abort();
	name = sig > 0 ? conf_signal_name(sig, room) : NULL;
	if (name != NULL && conf_signal(name) != sig)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf_list words = { 0 };
	struct conf_error err = { 0 };
	char *text = malloc(size + 1);

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	check_duration(text);
	check_numbers(text);
	check_signal(text);
	if (conf_words(&words, text, &err) < 0) {
		if (err.text[0] == '\0')
			abort();
	} else if (words.count > 0 && words.items[words.count] != NULL) {
		abort();
	}
	conf_release();
	free(text);
	return 0;
}
