/* SPDX-License-Identifier: MIT */
/* Prometheus' text format (0.0.4), and what the kernel says of pressure. */
#include "unit.h"

#include "healthcheck/figures.h"
#include "healthcheck/report.h"
#include "healthcheck/verdict.h"

#include <stdlib.h>
#include <string.h>

static char text[32768];
static struct tally tally;
static struct snapshot_probe probe = { .name = "liveness",
	.kind = "live",
	.type = "tcp",
	.target = "tcp://x:1",
	.tally = &tally };
static struct snapshot_service services[2];
static struct snapshot snapshot;

static int
set_up(void **state)
{
	(void)state;
	memset(&tally, 0, sizeof(tally));
	services[0] = (struct snapshot_service){ .name = "we\"b\\",
		.state = "up",
		.health = "healthy",
		.says = "",
		.live = true,
		.ready = true,
		.pid = 7,
		.restarts = 3,
		.exit_code = -1,
		.since_wall_ms = 64500,
		.probe_count = 1,
		.resources = { 1500, 4096, -1, 2 } };
	services[1] = (struct snapshot_service){ .name = "db",
		.state = "failed",
		.health = "unhealthy",
		.says = "",
		.exit_code = 3,
		.resources = { -1, -1, -1, -1 } };
	snapshot = (struct snapshot){ .version = "1.2.3",
		.state = "running",
		.health = "unhealthy",
		.wall_ms = 65000,
		.services = services,
		.service_count = 2,
		.probes = &probe,
		.probe_count = 1,
		.memory_bytes = 1,
		.memory_limit_bytes = -1,
		.cpu_usec = 7,
		.pids = -1,
		.pressure = { { 1500000, -1, 0, -1 }, { 2, 3, 0, 0 },
		    { -1, -1, -1, -1 } },
		.disk_bytes = 5,
		.disk_free_bytes = 4,
		.own = { 0, 1, 2, 3 } };
	return 0;
}

static const char *
metrics(void)
{
	struct writer writer = { .text = text, .size = sizeof(text) - 1 };

	report_metrics(&writer, &snapshot);
	assert_false(writer.full);
	text[writer.used] = '\0';
	return text;
}

static void
assert_line(const char *line)
{
	const char *at = strstr(metrics(), line);

	if (at == NULL || (at != text && at[-1] != '\n') ||
	    at[strlen(line)] != '\n')
		fail_msg("no line: %s", line);
}

static void
test_figures(void **state)
{
	(void)state;
	assert_line("hale_info{version=\"1.2.3\"} 1");
	assert_line("hale_healthy 0");
	assert_line("hale_service_up{service=\"we\\\"b\\\\\"} 1");
	assert_line("hale_service_up{service=\"db\"} 0");
	assert_line("hale_service_restarts_total{service=\"we\\\"b\\\\\"} 3");
	assert_line("hale_service_last_exit_code{service=\"db\"} 3");
	assert_line(
	    "hale_service_cpu_seconds_total{service=\"we\\\"b\\\\\"} 1.500");
	assert_line("hale_container_cpu_seconds_total 0.000007");
	assert_line("hale_container_disk_bytes 5");
	assert_line("hale_container_disk_free_bytes 4");
	assert_line("hale_container_pressure_waiting_seconds_total{resource="
	            "\"cpu\"} 1.500000");
	assert_line("hale_container_pressure_stalled_seconds_total{resource="
	            "\"memory\"} 0.000003");
}

/* What is not known is left out, not made up. */
static void
test_unknown(void **state)
{
	(void)state;
	metrics();
	assert_null(strstr(text, "hale_service_open_fds{"));
	assert_null(strstr(text, "hale_service_threads{service=\"db\"}"));
	assert_null(strstr(text, "hale_container_memory_limit_bytes"));
	assert_null(strstr(text, "hale_container_pids"));
	assert_null(strstr(text, "{resource=\"io\"}"));
	assert_null(strstr(text, "stalled_seconds_total{resource=\"cpu\"}"));
	assert_null(strstr(text, "hale_probe_success{"));
}

static void
test_probes(void **state)
{
	(void)state;
	tally.ran = true;
	tally.last.outcome = OUTCOME_PASS;
	tally.last.duration_us = 1234;
	tally.total[OUTCOME_PASS] = 5;
	assert_line(
	    "hale_probe_success{service=\"we\\\"b\\\\\",probe=\"liveness"
	    "\",type=\"tcp\"} 1");
	assert_line("hale_probe_duration_seconds{service=\"we\\\"b\\\\\",probe="
	            "\"liveness\",type=\"tcp\"} 0.001234");
	assert_line("hale_probe_results_total{service=\"we\\\"b\\\\\",probe="
	            "\"liveness\",type=\"tcp\",outcome=\"pass\"} 5");
}

/* Each metric has its HELP and TYPE once, before its samples, all together. */
static void
test_form(void **state)
{
	char name[100] = "", seen[64][100];
	size_t names = 0;
	char *line = (char *)(uintptr_t)metrics(), *end;

	(void)state;
	assert_int_equal(text[strlen(text) - 1], '\n');
	for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		size_t length;

		*end = '\0';
		if (strncmp(line, "# HELP ", 7) == 0) {
			length = strcspn(line + 7, " ");
			memcpy(name, line + 7, length);
			name[length] = '\0';
			for (size_t i = 0; i < names; i++)
				assert_string_not_equal(seen[i], name);
			strcpy(seen[names++], name);
		} else if (strncmp(line, "# TYPE ", 7) == 0) {
			length = strlen(name);
			assert_memory_equal(line + 7, name, length);
			assert_int_equal(line[7 + length], ' ');
		} else {
			assert_int_equal(strcspn(line, "{ "), strlen(name));
			assert_memory_equal(line, name, strlen(name));
		}
	}
	assert_true(names > 20);
}

static void
test_pressure(void **state)
{
	static const char file[] =
	    "some avg10=12.05 avg60=3.00 avg300=0.40 total=8083566795\n"
	    "full avg10=0.00 avg60=0.00 avg300=0.00 total=12\n";
	int64_t avg10 = -1, usec = -1;

	(void)state;
	assert_true(figures_pressure_line(file, "some", &avg10, &usec));
	assert_int_equal(avg10, 1205);
	assert_int_equal(usec, 8083566795);
	assert_true(figures_pressure_line(file, "full", &avg10, &usec));
	assert_int_equal(avg10, 0);
	assert_int_equal(usec, 12);
	avg10 = -1;
	assert_false(figures_pressure_line("", "some", &avg10, &usec));
	assert_false(figures_pressure_line("some\n", "some", &avg10, &usec));
	assert_false(
	    figures_pressure_line("some avg10=1.00\n", "some", &avg10, &usec));
	assert_false(figures_pressure_line(
	    "some avg10=x total=1\n", "some", &avg10, &usec));
	assert_false(figures_pressure_line(file, "none", &avg10, &usec));
	assert_int_equal(avg10, -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_figures, set_up),
		cmocka_unit_test_setup(test_unknown, set_up),
		cmocka_unit_test_setup(test_probes, set_up),
		cmocka_unit_test_setup(test_form, set_up),
		cmocka_unit_test(test_pressure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
