/* SPDX-License-Identifier: MIT */
/*
 * monitor.h - the probes of one config: makes the checks, follows the
 * services, and tells the supervisor what came of it.
 *
 * init.c hands these functions to run_verb() as its wiring; gather.c reads the
 * rest.  Services are numbered as in the config, dependencies follow them.
 */
#ifndef HALE_HEALTHCHECK_MONITOR_H
#define HALE_HEALTHCHECK_MONITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "health.h"
#include "prober.h"

struct config;
struct config_source;
struct option_values;

/* Where each role's key stands in config_extensions[]. */
extern const uint8_t monitor_extensions[ROLE_COUNT];

/*
 * --health, --interval ... of the command line: the healthcheck of main.  To
 * be called before monitor_loaded().  Returns 0, or -1 with err->text set.
 */
int monitor_options(struct config *config, const struct config_source *source,
    const struct option_values *values, struct conf_error *err);

/* Allocates one check for each probe; config must stay.  0, or -1 with err. */
int monitor_loaded(const struct config *config, struct conf_error *err);

/* For struct supervisor_hooks. */
bool monitor_has_ready(uint32_t index);
bool monitor_has_health(uint32_t index);
const char *monitor_cause(uint32_t index);
void monitor_opened(void);
void monitor_changed(uint32_t index);
bool monitor_child(pid_t pid, int wait_status);
void monitor_closing(void);

/* Called after each answer that was counted; one listener, or NULL. */
void monitor_tell(void (*answered)(void));

/* Timers of the loop that the checks may arm; once they are loaded. */
size_t monitor_timers(void);

/* What is known: a check, or NULL where there is no probe of that role. */
const struct check *monitor_check(uint32_t index, enum health_role role);

/* Judges all anew, now; then: the opinion of one, of all that are services. */
void monitor_judge(void);
struct health_opinion monitor_opinion(uint32_t index);
struct health_opinion monitor_whole(void);

/* "api: unhealthy (db: tcp db:5432: connection refused, for 12 s)" */
size_t monitor_line(uint32_t index, char *out, size_t out_size);

#endif
