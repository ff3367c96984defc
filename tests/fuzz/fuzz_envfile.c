/* SPDX-License-Identifier: MIT */
/* fuzz_envfile.c - any bytes as an env_file. */
#include "supervisor/envfile.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char a[] = "A=a", e[] = "E=";
	static char *const variables[] = { a, e, NULL };
	char *copy = malloc(size == 0 ? 1 : size); /* ends where it ends */
	struct conf_map map = { 0 };
	struct conf_error err = { 0 };
	size_t line = 0;

	if (copy == NULL)
		return 0;
	if (size > 0)
		memcpy(copy, data, size);
	if (envfile_parse(&map, copy, size, variables, &line, &err) < 0 &&
	    (err.text[0] == '\0' || line == 0 || map.count != 0))
		abort();
	for (size_t i = 0; i < map.count; i++)
		if (map.pairs[i].name[0] == '\0' || map.pairs[i].value == NULL)
			abort();
	free(copy);
	conf_release();
	return 0;
}
