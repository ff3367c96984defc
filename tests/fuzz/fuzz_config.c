/* SPDX-License-Identifier: MIT */
/*
 * fuzz_config.c - any bytes as hale.yaml: read, checked, shown, read again.
 *
 * What loads must survive its own dump: the text that `hale config` prints is
 * a config that loads, and prints the same.
 */
#include "supervisor/config_show.h"

#include "tests/fuzz/extensions.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
fail(const char *why, const struct text *first, const struct text *second)
{
	text_write(first, 2);
	if (second != NULL)
		text_write(second, 2);
	fprintf(stderr, "\n%s\n", why);
	abort();
}

static void
read_again(struct config_source *source, const struct text *dump, bool json)
{
	struct text again = { 0 };
	struct config config;

	source->text = dump->data;
	source->text_size = dump->size;
	if (config_load(&config, source) < 0) {
		fprintf(stderr, "%s\n", config.errors.items[0]);
		fail("its own dump is refused", dump, NULL);
	}
	config_dump(&again, &config, source, json);
	if (again.size != dump->size ||
	    memcmp(again.data, dump->data, again.size) != 0)
		fail("the dump of its dump differs", dump, &again);
	text_finish(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char a[] = "A=a", e[] = "E=", x[] = "X=$x ${y";
	static char *const variables[] = { a, e, x, NULL };
	struct config_source source = { .text = (const char *)data,
		.text_size = size,
		.path = "fuzz",
		.environ = variables,
		.extensions = test_extensions,
		.extension_count = TEST_EXTENSIONS,
		.check_only = true };
	struct config config;

	if (config_load(&config, &source) == 0) {
		struct text dump = { 0 }, graph = { 0 };

		config_graph(&graph, &config);
		config_dump(&dump, &config, &source, size % 2);
		read_again(&source, &dump, size % 2);
		text_finish(&dump);
		text_finish(&graph);
	} else if (config.errors.count == 0) {
		abort();
	}
	conf_release();
	return 0;
}
