/* SPDX-License-Identifier: MIT */
/*
 * metrics.c - one snapshot in Prometheus' text exposition format 0.0.4.
 *
 * One row of a table is one metric: its name, type, help, whose figure it is
 * and how to read it.  Names and units follow Prometheus' conventions.
 */
#include "report.h"
#include "verdict.h"

#include <string.h>

/* A label's value: backslash, quote and newline are escaped. */
static void
write_label(struct writer *writer, const char *key, const char *value)
{
	write_text(writer, key);
	write_bytes(writer, "=\"", 2);
	for (; *value != '\0'; value++) {
		if (*value == '\\' || *value == '"')
			write_bytes(writer, "\\", 1);
		if (*value == '\n')
			write_bytes(writer, "\\n", 2);
		else
			write_bytes(writer, value, 1);
	}
	write_bytes(writer, "\"", 1);
}

struct metric {
	const char *name, *type, *help;
	int decimals; /* the figure is in 10^-decimals of the unit */
};

static void
write_head(struct writer *writer, const struct metric *metric)
{
	write_text(writer, "# HELP ");
	write_text(writer, metric->name);
	write_bytes(writer, " ", 1);
	write_text(writer, metric->help);
	write_text(writer, "\n# TYPE ");
	write_text(writer, metric->name);
	write_bytes(writer, " ", 1);
	write_text(writer, metric->type);
	write_bytes(writer, "\n", 1);
}

static void
write_value(struct writer *writer, const struct metric *metric, int64_t value)
{
	write_bytes(writer, " ", 1);
	write_fixed(writer, value, metric->decimals);
	write_bytes(writer, "\n", 1);
}

/* ---- of a service ---------------------------------------------------------- */

typedef int64_t service_figure(
    const struct snapshot *snapshot, const struct snapshot_service *service);

#define FIGURE(name, expression)                                               \
	static int64_t name(const struct snapshot *snapshot,                   \
	    const struct snapshot_service *service)                            \
	{                                                                      \
		(void)snapshot;                                                \
		return (expression);                                           \
	}

FIGURE(is_up, service->pid > 0)
FIGURE(is_healthy, strcmp(service->health, "healthy") == 0)
FIGURE(is_ready, service->ready)
FIGURE(is_live, service->live)
FIGURE(restarts, service->restarts)
FIGURE(exit_code, service->exit_code)
FIGURE(state_age, snapshot->wall_ms - service->since_wall_ms)
FIGURE(cpu, service->resources.cpu_ms)
FIGURE(rss, service->resources.rss_bytes)
FIGURE(fds, service->resources.fds)
FIGURE(threads, service->resources.threads)
FIGURE(dropped, (int64_t)service->lines_dropped)

static const struct {
	struct metric metric;
	service_figure *figure; /* negative: unknown, not shown */
} of_services[] = {
	{ { "hale_service_up", "gauge", "Whether a process of it runs.", 0 },
	    is_up },
	{ { "hale_service_healthy", "gauge", "Whether it is healthy.", 0 },
	    is_healthy },
	{ { "hale_service_ready", "gauge", "Whether it is ready.", 0 },
	    is_ready },
	{ { "hale_service_live", "gauge", "Whether it is live.", 0 }, is_live },
	{ { "hale_service_restarts_total", "counter",
	      "Restarts by policy since hale started.", 0 },
	    restarts },
	{ { "hale_service_last_exit_code", "gauge",
	      "Status of its last end, 128+N for signal N.", 0 },
	    exit_code },
	{ { "hale_service_state_seconds", "gauge",
	      "Time that it has been in its state.", 3 },
	    state_age },
	{ { "hale_service_cpu_seconds_total", "counter",
	      "CPU time of its processes that live.", 3 },
	    cpu },
	{ { "hale_service_resident_memory_bytes", "gauge",
	      "Resident memory of its processes.", 0 },
	    rss },
	{ { "hale_service_open_fds", "gauge",
	      "Open descriptors of its processes.", 0 },
	    fds },
	{ { "hale_service_threads", "gauge", "Threads of its processes.", 0 },
	    threads },
	{ { "hale_service_log_lines_dropped_total", "counter",
	      "Lines of output that nobody took in time.", 0 },
	    dropped },
};

static void
write_of_services(struct writer *writer, const struct snapshot *snapshot)
{
	for (size_t m = 0; m < sizeof(of_services) / sizeof(*of_services);
	     m++) {
		const struct metric *metric = &of_services[m].metric;

		write_head(writer, metric);
		for (size_t i = 0; i < snapshot->service_count; i++) {
			const struct snapshot_service *service =
			    &snapshot->services[i];
			int64_t value =
			    of_services[m].figure(snapshot, service);

			if (value < 0)
				continue;
			write_text(writer, metric->name);
			write_bytes(writer, "{", 1);
			write_label(writer, "service", service->name);
			write_bytes(writer, "}", 1);
			write_value(writer, metric, value);
		}
	}
}

/* ---- of a probe -------------------------------------------------------------- */

enum probe_figure { PROBE_SUCCESS, PROBE_DURATION, PROBE_TOTAL, PROBE_FIGURES };

static const struct metric of_probes[PROBE_FIGURES] = {
	[PROBE_SUCCESS] = { "hale_probe_success", "gauge",
	    "Whether the last answer was a pass.", 0 },
	[PROBE_DURATION] = { "hale_probe_duration_seconds", "gauge",
	    "Time that the last answer took.", 6 },
	[PROBE_TOTAL] = { "hale_probe_results_total", "counter",
	    "Answers, by outcome.", 0 },
};

static void
write_probe_labels(struct writer *writer, const char *metric,
    const char *service, const struct snapshot_probe *probe)
{
	write_text(writer, metric);
	write_bytes(writer, "{", 1);
	write_label(writer, "service", service);
	write_bytes(writer, ",", 1);
	write_label(writer, "probe", probe->name);
	write_bytes(writer, ",", 1);
	write_label(writer, "type", probe->type);
}

static void
write_probe_figure(struct writer *writer, enum probe_figure figure,
    const char *service, const struct snapshot_probe *probe)
{
	const struct metric *metric = &of_probes[figure];
	const struct tally *tally = probe->tally;

	if (figure == PROBE_TOTAL) {
		for (int o = 0; o < OUTCOME_END; o++) {
			write_probe_labels(
			    writer, metric->name, service, probe);
			write_bytes(writer, ",", 1);
			write_label(
			    writer, "outcome", outcome_name((enum outcome)o));
			write_bytes(writer, "}", 1);
			write_value(writer, metric, (int64_t)tally->total[o]);
		}
		return;
	}
	if (!tally->ran)
		return;
	write_probe_labels(writer, metric->name, service, probe);
	write_bytes(writer, "}", 1);
	write_value(writer, metric,
	    figure == PROBE_SUCCESS ? tally->last.outcome == OUTCOME_PASS
	                            : tally->last.duration_us);
}

static void
write_of_probes(struct writer *writer, const struct snapshot *snapshot)
{
	size_t count = snapshot->service_count + snapshot->dependency_count;

	for (int figure = 0; figure < PROBE_FIGURES; figure++) {
		if (snapshot->probe_count > 0)
			write_head(writer, &of_probes[figure]);
		for (size_t i = 0; i < count; i++)
			for (size_t p = 0;
			     p < snapshot->services[i].probe_count; p++)
				write_probe_figure(writer,
				    (enum probe_figure)figure,
				    snapshot->services[i].name,
				    &snapshot->probes[snapshot->services[i]
				                          .probe_first +
				                      p]);
	}
}

/* ---- of the whole --------------------------------------------------------------- */

static void
write_one(struct writer *writer, const struct metric *metric, int64_t value)
{
	if (value < 0)
		return;
	write_head(writer, metric);
	write_text(writer, metric->name);
	write_value(writer, metric, value);
}

/* By resource, where the kernel tells. */
static void
write_of_pressure(struct writer *writer, const struct snapshot *snapshot)
{
	static const struct metric metrics[] = {
		{ "hale_container_pressure_waiting_seconds_total", "counter",
		    "Time that some process waited for it, by PSI.", 6 },
		{ "hale_container_pressure_stalled_seconds_total", "counter",
		    "Time that all processes waited for it, by PSI.", 6 },
	};

	for (int full = 0; full < 2; full++) {
		const struct metric *metric = &metrics[full];
		bool begun = false;

		for (int i = 0; i < PRESSURES; i++) {
			int64_t usec = full ? snapshot->pressure[i].full_usec
			                    : snapshot->pressure[i].some_usec;

			if (usec < 0)
				continue;
			if (!begun)
				write_head(writer, metric);
			begun = true;
			write_text(writer, metric->name);
			write_bytes(writer, "{", 1);
			write_label(
			    writer, "resource", snapshot_resource_name(i));
			write_bytes(writer, "}", 1);
			write_value(writer, metric, usec);
		}
	}
}

static void
write_of_whole(struct writer *writer, const struct snapshot *snapshot)
{
	static const struct metric healthy = { "hale_healthy", "gauge",
		"Whether the whole is healthy.", 0 };
	static const struct metric uptime = { "hale_uptime_seconds", "gauge",
		"Time since hale started.", 3 };
	static const struct metric memory = { "hale_container_memory_bytes",
		"gauge", "Memory charged to the cgroup.", 0 };
	static const struct metric limit = {
		"hale_container_memory_limit_bytes", "gauge",
		"The cgroup's memory limit.", 0
	};
	static const struct metric cpu_total = {
		"hale_container_cpu_seconds_total", "counter",
		"CPU time charged to the cgroup.", 6
	};
	static const struct metric pids = { "hale_container_pids", "gauge",
		"Processes and threads in the cgroup.", 0 };
	static const struct metric disk = { "hale_container_disk_bytes",
		"gauge", "Size of the root file system.", 0 };
	static const struct metric disk_free = {
		"hale_container_disk_free_bytes", "gauge",
		"Room left on the root file system, for others than root.", 0
	};
	static const struct metric own_rss = { "process_resident_memory_bytes",
		"gauge", "Resident memory of PID 1.", 0 };
	static const struct metric own_cpu = { "process_cpu_seconds_total",
		"counter", "CPU time of PID 1.", 3 };
	static const struct metric own_fds = { "process_open_fds", "gauge",
		"Open descriptors of PID 1.", 0 };

	write_one(writer, &healthy, strcmp(snapshot->health, "healthy") == 0);
	write_one(writer, &uptime, snapshot->uptime_ms);
	write_one(writer, &memory, snapshot->memory_bytes);
	write_one(writer, &limit, snapshot->memory_limit_bytes);
	write_one(writer, &cpu_total, snapshot->cpu_usec);
	write_one(writer, &pids, snapshot->pids);
	write_one(writer, &disk, snapshot->disk_bytes);
	write_one(writer, &disk_free, snapshot->disk_free_bytes);
	write_of_pressure(writer, snapshot);
	write_one(writer, &own_rss, snapshot->own.rss_bytes);
	write_one(writer, &own_cpu, snapshot->own.cpu_ms);
	write_one(writer, &own_fds, snapshot->own.fds);
}

void
report_metrics(struct writer *writer, const struct snapshot *snapshot)
{
	static const struct metric info = { "hale_info", "gauge",
		"The version of hale.", 0 };

	write_head(writer, &info);
	write_text(writer, "hale_info{");
	write_label(writer, "version", snapshot->version);
	write_text(writer, "} 1\n");
	write_of_whole(writer, snapshot);
	write_of_services(writer, snapshot);
	write_of_probes(writer, snapshot);
}
