/* SPDX-License-Identifier: MIT */
/* extensions.h - keys such as a probe's, for tests of the loader alone. */
#ifndef HALE_TESTS_FUZZ_EXTENSIONS_H
#define HALE_TESTS_FUZZ_EXTENSIONS_H

#include "supervisor/config.h"

#include <stdio.h>

struct test_probe {
	struct conf_list test;
	struct conf_map headers;
	const char *tcp;
	int64_t interval_ms;
	int32_t retries;
	int32_t on_unhealthy;
};

static const char *const test_actions[] = { "none", "restart", NULL };

/* clang-format off */
static const struct conf_key test_keys[] = {
	{ "test", CONF_STRINGS, CONF_AT(struct test_probe, test) },
	{ "headers", CONF_MAP, CONF_AT(struct test_probe, headers) },
	{ "tcp", CONF_STRING, CONF_AT(struct test_probe, tcp) },
	{ "interval", CONF_DURATION, CONF_AT(struct test_probe, interval_ms),
	  10, 86400000, "30s" },
	{ "retries", CONF_INT, CONF_AT(struct test_probe, retries),
	  1, 1000, "3" },
	{ "on_unhealthy", CONF_CHOICE,
	  CONF_AT(struct test_probe, on_unhealthy), .fallback = "none",
	  .choices = test_actions },
};
/* clang-format on */

static const struct conf_table test_table = { .name = "healthcheck",
	.keys = test_keys,
	.count = sizeof(test_keys) / sizeof(test_keys[0]),
	.size = sizeof(struct test_probe) };

#define TEST_EXTENSIONS 2

static const struct config_extension test_extensions[TEST_EXTENSIONS] = {
	{ "healthcheck", &test_table,
	    CONFIG_IN_SERVICE | CONFIG_IN_DEPENDENCY },
	{ "liveness", &test_table, CONFIG_IN_SERVICE },
};

#endif
