/* SPDX-License-Identifier: MIT */
#include "monitor.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe.h"
#include "supervisor/config.h"
#include "supervisor/launch.h"
#include "supervisor/log.h"
#include "supervisor/loop.h"
#include "supervisor/options.h"
#include "supervisor/secret.h"
#include "supervisor/shed.h"
#include "supervisor/supervisor.h"

enum { NOBODY = 65534, HEADERS_MAX = 16384 };

/* The command of on_unhealthy: exec, run as a probe that nobody counts. */
struct reaction {
	struct probe probe;
	struct check check;
};

/* The checks of one service or dependency, in this form and in health.h's. */
struct asked {
	struct check *checks[ROLE_COUNT];       /* NULL: no such probe */
	struct reaction *reactions[ROLE_COUNT]; /* on_unhealthy: exec */
	struct health_asks asks;
};

/* One service or dependency: its checks, and what health.h wants to know. */
struct watched {
	struct asked *asked; /* NULL: nothing is asked */
	uint32_t index;
	uint32_t generation; /* of the instance that is probed; 0: none */
	uint16_t *needs;
};

static struct {
	const struct config *config;
	uint32_t services, count;
	struct watched *all;
	struct health_node *nodes;
	struct health_opinion *opinions;
	struct launch_report *reports; /* one for each check */
} monitor;

const uint8_t monitor_extensions[ROLE_COUNT] = {
	[ROLE_HEALTH] = 0,
	[ROLE_LIVE] = 1,
	[ROLE_READY] = 2,
	[ROLE_STARTUP] = 3,
};

/* NULL: no such probe */
static struct check *
check_of(const struct watched *w, int role)
{
	return w->asked != NULL ? w->asked->checks[role] : NULL;
}

/* NULL: it has none */
static struct reaction *
reaction_of(const struct watched *w, int role)
{
	return w->asked != NULL ? w->asked->reactions[role] : NULL;
}

static struct watched *
watched_of(const struct check *check)
{
	return check->owner;
}

/* ---- in PID 1, for the prober */

/* A command runs as its service does: the same user, sandbox, environment. */
static int
spawn(void *owner, const char *const *argv, int out_fd, pid_t *pid, int *pidfd)
{
	const struct watched *w = owner;
	const struct launch_fd fds[] = { { -1, 0 }, { out_fd, 1 },
		{ out_fd, 2 } };
	bool is_service = w->index < monitor.services;
	struct launched made;
	struct launch what = {
		.argv = (char *const *)(uintptr_t)argv,
		.envp = is_service ? supervisor_environment(w->index) : environ,
		.plan = is_service ? supervisor_plan(w->index) : NULL,
		.fds = fds,
		.fd_count = 3,
		.cgroup_fd = -1,
		.reset = UINT64_C(1) << (SIGPIPE - 1),
		.report = &monitor.reports[w->index],
	};

	if (launch(&what, &made) < 0)
		return -1;
	if (made.pipe >= 0)
		close(made.pipe);
	*pid = made.pid;
	*pidfd = (int)syscall(SYS_pidfd_open, made.pid, 0);
	if (*pidfd >= 0)
		return 0;
	shed_kill(made.pid, SIGKILL); /* its end is reaped as an orphan's */
	return -1;
}

/*
 * The child knows no secret but those in the headers of its own service's
 * probes: these it takes with it.
 */
static void
forget_secrets(const struct watched *w)
{
	static char kept[HEADERS_MAX];
	size_t used = 0;

	for (int role = 0; role < ROLE_COUNT; role++) {
		struct conf_map map = { 0 };

		if (check_of(w, role) != NULL)
			map = check_of(w, role)->probe->headers;
		for (size_t i = 0; i < map.count; i++) {
			size_t size;

			if (!map.pairs[i].secret)
				continue;
			size = strlen(map.pairs[i].value) + 1;
			if (size > sizeof(kept) - used)
				size = 0; /* monitor_loaded() saw to it */
			memcpy(kept + used, map.pairs[i].value, size);
			map.pairs[i].value = kept + used;
			used += size;
		}
	}
	secret_forget();
}

/* In the child of any other probe: who it is; its powers go later. */
static int
become(void *owner)
{
	const struct watched *w = owner;
	const struct confinement *plan =
	    w->index < monitor.services ? supervisor_plan(w->index) : NULL;
	const uint32_t *groups = NULL;
	size_t group_count = 0;
	gid_t group = NOBODY;
	uid_t user = NOBODY;

	forget_secrets(w);
	/* Where it is gone, only a relative ca_file is missed. */
	if (confine_directory != NULL)
		syscall(SYS_chdir, confine_directory);
	if (geteuid() != 0)
		return 0;
	if (w->index < monitor.services) {
		if (plan == NULL || !plan->has_user)
			return 0;
		user = plan->id->uid;
		group = plan->id->gid;
		groups = plan->id->groups;
		group_count = plan->id->group_count;
	} else if (check_of(w, ROLE_HEALTH)->probe->client_key != NULL) {
		return 0; /* nobody else may read that */
	}
	if (syscall(SYS_setgroups, group_count, groups) < 0 ||
	    syscall(SYS_setresgid, group, group, group) < 0 ||
	    syscall(SYS_setresuid, user, user, user) < 0)
		return w->index < monitor.services ? -1 : 0;
	return 0;
}

/* ---- what the probes say, to the supervisor */

static bool
passes(const struct watched *w, enum health_role role)
{
	const struct check *check = check_of(w, role);

	return check == NULL || check->tally.verdict == VERDICT_HEALTHY;
}

static void
tell_facts(const struct watched *w)
{
	bool healthy =
	    passes(w, ROLE_HEALTH) && passes(w, ROLE_STARTUP) &&
	    (check_of(w, ROLE_LIVE) == NULL ||
	        check_of(w, ROLE_LIVE)->tally.verdict != VERDICT_UNHEALTHY);

	supervisor_facts(w->index, healthy && passes(w, ROLE_READY), healthy);
}

static const char *
name_of(uint32_t index)
{
	if (index < monitor.services)
		return monitor.config->services[index].name;
	return monitor.config->dependencies[index - monitor.services].name;
}

static void
act(const struct watched *w, const struct check *check)
{
	if (check->tally.verdict != VERDICT_UNHEALTHY)
		return;
	if (reaction_of(w, check->role) != NULL)
		prober_begin(&reaction_of(w, check->role)->check,
		    check->generation, check->service_pid);
	if (w->index >= monitor.services)
		return;
	switch ((enum probe_action)check->probe->on_unhealthy) {
	case ACTION_NONE:
	case ACTION_EXEC:
		break;
	case ACTION_RESTART:
		supervisor_unhealthy(w->index, check->generation - 1);
		break;
	case ACTION_SHUTDOWN:
		supervisor_shutdown(w->index);
		break;
	}
}

static void
on_changed(struct check *check, enum verdict before)
{
	const struct watched *w = watched_of(check);
	enum log_level level =
	    check->tally.verdict == VERDICT_UNHEALTHY ? LOG_WARN : LOG_INFO;

	(void)before;
	if (check->role == ROLE_COUNT)
		return;
	log_line(level, name_of(w->index), "%s: %s: %s",
	    verdict_name(check->tally.verdict), check->probe->label,
	    check->tally.last.text);
	tell_facts(w);
	act(w, check);
}

static void (*listener)(void);

void
monitor_tell(void (*answered)(void))
{
	listener = answered;
}

static void
on_answered(struct check *check)
{
	if (check->role == ROLE_COUNT) {
		prober_hold(check); /* once for each time */
		log_line(check->tally.last.outcome == OUTCOME_PASS ? LOG_INFO
		                                                   : LOG_WARN,
		    check->service, "on_unhealthy: %s: %s", check->probe->label,
		    check->tally.last.text);
		return;
	}
	if (listener != NULL)
		listener();
}

static const struct prober_hooks prober_hooks = {
	.attempt = { .spawn = spawn, .become = become, .reaps = true },
	.answered = on_answered,
	.changed = on_changed,
};

/* ---- making the checks */

static int
add_reaction(struct watched *w, const struct check *check)
{
	struct reaction *reaction = calloc(1, sizeof(*reaction));

	if (reaction == NULL)
		return -1;
	w->asked->reactions[check->role] = reaction;
	probe_init(&reaction->probe);
	reaction->probe.kind = PROBE_EXEC;
	reaction->probe.argv = check->probe->on_unhealthy_exec.items;
	reaction->probe.label = reaction->probe.argv[0];
	reaction->check.probe = &reaction->probe;
	reaction->check.service = check->service;
	reaction->check.role = ROLE_COUNT;
	reaction->check.owner = w;
	prober_add(&reaction->check);
	return 0;
}

static int
add_check(struct watched *w, enum health_role role, void *const *extensions)
{
	const struct probe *probe =
	    extensions == NULL ? NULL : extensions[monitor_extensions[role]];
	struct check *check;

	if (probe == NULL || probe->kind == PROBE_NONE)
		return 0;
	check = calloc(1, sizeof(*check));
	if (w->asked == NULL)
		w->asked = calloc(1, sizeof(*w->asked));
	if (check == NULL || w->asked == NULL)
		return -1;
	w->asked->checks[role] = check;
	w->asked->asks.probe[role] = probe;
	w->asked->asks.tally[role] = &check->tally;
	check->probe = probe;
	check->service = name_of(w->index);
	check->role = role;
	check->owner = w;
	attempt_prepare(probe);
	prober_add(check);
	return probe->on_unhealthy == ACTION_EXEC ? add_reaction(w, check) : 0;
}

/* Everything else waits for the startup probe. */
static void
set_gates(struct watched *w)
{
	for (int role = 0; role < ROLE_STARTUP; role++)
		if (check_of(w, role) != NULL)
			check_of(w, role)->gate = check_of(w, ROLE_STARTUP);
}

static int
add_needs(struct watched *w, const struct service_config *service)
{
	const struct config_need *needs = service->depends_on.items;
	size_t count = service->depends_on.count;

	if (count == 0)
		return 0;
	w->needs = calloc(count, sizeof(*w->needs));
	if (w->needs == NULL)
		return -1;
	monitor.nodes[w->index].needs = w->needs;
	for (size_t i = 0; i < count; i++) {
		/* A job that has to be done before is no part of health. */
		if (needs[i].target == TARGET_NONE || needs[i].required == 0 ||
		    needs[i].condition == CONDITION_COMPLETED)
			continue;
		w->needs[monitor.nodes[w->index].need_count++] =
		    (uint16_t)(needs[i].index +
		               (needs[i].target == TARGET_DEPENDENCY
		                       ? monitor.services
		                       : 0));
	}
	return 0;
}

/* {secret: NAME} in the headers of a probe, until then the name alone. */
static int
add_secrets(const struct watched *w, struct conf_error *err)
{
	size_t total = 0;

	for (int role = 0; role < ROLE_COUNT; role++) {
		struct conf_map map = { 0 };

		if (check_of(w, role) != NULL)
			map = check_of(w, role)->probe->headers;
		for (size_t i = 0; i < map.count; i++) {
			struct conf_pair *pair = &map.pairs[i];

			if (!pair->secret)
				continue;
			pair->value = secret_value(
			    monitor.config, pair->value, environ, err);
			if (pair->value == NULL)
				return -1;
			if (strchr(pair->value, '\r') != NULL)
				return conf_refuse(err,
				    "headers: %.40s: its secret has a line end",
				    pair->name);
			total += strlen(pair->value) + 1;
		}
	}
	return total <= HEADERS_MAX
	           ? 0
	           : conf_refuse(err, "the secrets in the headers of a probe "
	                              "are too long");
}

static int
add(uint32_t index)
{
	struct watched *w = &monitor.all[index];
	struct health_node *node = &monitor.nodes[index];
	const struct config *config = monitor.config;
	void *const *extensions =
	    index < monitor.services
	        ? config->services[index].extensions
	        : config->dependencies[index - monitor.services].extensions;

	w->index = index;
	node->name = name_of(index);
	node->external = index >= monitor.services;
	for (int role = 0; role < ROLE_COUNT; role++) {
		if (node->external && role != ROLE_HEALTH)
			continue;
		if (add_check(w, (enum health_role)role, extensions) < 0)
			return -1;
	}
	if (w->asked != NULL) {
		set_gates(w);
		node->asks = &w->asked->asks;
	}
	return node->external ? 0 : add_needs(w, &config->services[index]);
}

/* --health takes the place of what the file asks. */
static int
ask_instead(struct probe *probe, const char *text, struct conf_error *err)
{
	memset(probe->ask, 0, sizeof(probe->ask));
	probe->test = probe->exec = (struct conf_list){ 0 };
	probe->argv = NULL;
	probe->host = probe->path = probe->target = NULL;
	probe->disable = 0;
	return probe_parse(probe, text, err);
}

int
monitor_options(struct config *config, const struct config_source *source,
    const struct option_values *values, struct conf_error *err)
{
	struct service_config *main = config_service(config, "main");
	const char *health = options_text(values, "health");
	struct probe *probe;

	if (!options_any(values, OPTION_PROBE))
		return 0;
	if (main == NULL)
		return conf_refuse(
		    err, "--health: there is no service main to have it");
	probe = config_extend(
	    &main->extensions, source, monitor_extensions[ROLE_HEALTH]);
	if (probe == NULL)
		return conf_refuse(err, "no memory for the probes");
	for (size_t i = 0; i < values->count; i++) {
		const struct option_value *v = &values->items[i];
		char key[24];

		if (v->option->scope != OPTION_PROBE ||
		    strcmp(v->option->name, "health") == 0)
			continue;
		if (conf_set(probe, &probe_table, options_key(v->option, key),
		        v->text, err) < 0)
			return options_refuse(v, err);
	}
	if (health != NULL && ask_instead(probe, health, err) < 0)
		return options_refuse(options_value(values, "health"), err);
	return probe->label != NULL
	           ? 0
	           : conf_refuse(err, "--interval and the like need --health");
}

int
monitor_loaded(const struct config *config, struct conf_error *err)
{
	monitor.config = config;
	monitor.services = (uint32_t)config->service_count;
	monitor.count = monitor.services + (uint32_t)config->dependency_count;
	monitor.all = calloc(monitor.count, sizeof(*monitor.all));
	monitor.nodes = calloc(monitor.count, sizeof(*monitor.nodes));
	monitor.opinions = calloc(monitor.count, sizeof(*monitor.opinions));
	monitor.reports = launch_reports(monitor.count);
	if (monitor.all == NULL || monitor.nodes == NULL ||
	    monitor.opinions == NULL || monitor.reports == NULL)
		return conf_refuse(err, "no memory for the probes");
	prober_init(&prober_hooks, (unsigned)config->hale.probes_at_once);
	for (uint32_t i = 0; i < monitor.count; i++)
		if (add(i) < 0)
			return conf_refuse(err, "no memory for the probes");
	for (uint32_t i = 0; i < monitor.count; i++)
		if (add_secrets(&monitor.all[i], err) < 0)
			return -1;
	return 0;
}

/* ---- following the services */

static void
begin(struct watched *w, uint32_t generation, pid_t pid)
{
	w->generation = generation;
	/* The gate first: it is what the others look at. */
	for (int role = ROLE_COUNT - 1; role >= 0; role--)
		if (check_of(w, role) != NULL)
			prober_begin(check_of(w, role), generation, pid);
}

static void
hold(struct watched *w)
{
	w->generation = 0;
	for (int role = 0; role < ROLE_COUNT; role++)
		if (check_of(w, role) != NULL)
			prober_hold(check_of(w, role));
}

void
monitor_opened(void)
{
	for (uint32_t i = monitor.services; i < monitor.count; i++)
		begin(&monitor.all[i], 1, 0);
}

void
monitor_changed(uint32_t index)
{
	struct watched *w;
	struct supervisor_view view;
	bool runs;

	if (index >= monitor.services)
		return;
	w = &monitor.all[index];
	supervisor_look(index, &view);
	runs = view.pid > 0 &&
	       (view.state == SERVICE_STARTING || view.state == SERVICE_UP);
	if (!runs)
		hold(w);
	else if (w->generation != view.generation + 1)
		/* one more, so that no instance is 0: none */
		begin(w, view.generation + 1, view.pid);
}

size_t
monitor_timers(void)
{
	size_t n = 0;

	for (uint32_t i = 0; i < monitor.count; i++)
		for (int role = 0; role < ROLE_COUNT; role++)
			n += (check_of(&monitor.all[i], role) ? 2U : 0) +
			     (reaction_of(&monitor.all[i], role) ? 2U : 0);
	return n;
}

bool
monitor_child(pid_t pid, int wait_status)
{
	return prober_child(pid, wait_status);
}

void
monitor_closing(void)
{
	for (uint32_t i = 0; i < monitor.count; i++) {
		hold(&monitor.all[i]);
		for (int role = 0; role < ROLE_COUNT; role++)
			if (reaction_of(&monitor.all[i], role) != NULL)
				prober_hold(
				    &reaction_of(&monitor.all[i], role)->check);
	}
}

/* ---- what is known */

bool
monitor_has_ready(uint32_t index)
{
	return check_of(&monitor.all[index], ROLE_READY) != NULL ||
	       monitor_has_health(index);
}

bool
monitor_has_health(uint32_t index)
{
	const struct watched *w = &monitor.all[index];

	return check_of(w, ROLE_HEALTH) != NULL ||
	       check_of(w, ROLE_STARTUP) != NULL;
}

const struct check *
monitor_check(uint32_t index, enum health_role role)
{
	return check_of(&monitor.all[index], role);
}

static enum health_up
up_of(const struct supervisor_view *view)
{
	switch (view->state) {
	case SERVICE_STARTING:
	case SERVICE_UP:
		return UP_RUNNING;
	case SERVICE_WAITING:
		return UP_STARTING;
	case SERVICE_BACKOFF:
		return view->rests ? UP_DONE : UP_STARTING;
	case SERVICE_DRAINING:
	case SERVICE_LEAVING:
	case SERVICE_STOPPING:
	case SERVICE_KILLING:
		return UP_STOPPING;
	case SERVICE_DONE:
		return UP_DONE;
	case SERVICE_DOWN:
		return view->wanted ? UP_DOWN : UP_DONE;
	case SERVICE_FAILED:
	case SERVICE_STATE_END:
		break;
	}
	return UP_DOWN;
}

void
monitor_judge(void)
{
	for (uint32_t i = 0; i < monitor.services; i++) {
		struct health_node *node = &monitor.nodes[i];
		struct supervisor_view view;

		supervisor_look(i, &view);
		node->up = up_of(&view);
		node->since_ms = view.since_ms;
		/* STARTING with nothing to probe: its own word is awaited. */
		node->waits_notify = view.state == SERVICE_STARTING;
	}
	health_judge(monitor.nodes, monitor.count, monitor.opinions);
}

struct health_opinion
monitor_opinion(uint32_t index)
{
	return monitor.opinions[index];
}

struct health_opinion
monitor_whole(void)
{
	return health_whole(monitor.nodes, monitor.opinions, monitor.count);
}

size_t
monitor_line(uint32_t index, char *out, size_t out_size)
{
	return health_line(out, out_size, monitor.nodes, monitor.opinions,
	    index, loop_now_ms());
}

/* Its own probes first: while it is stopped for them, they are the cause. */
static const struct check *
failing_check(uint32_t index)
{
	const struct asked *asked = monitor.all[index].asked;
	struct check *const *checks;

	if (asked == NULL)
		return NULL;
	checks = asked->checks;
	for (int role = ROLE_COUNT - 1; role >= 0; role--)
		if (checks[role] != NULL &&
		    checks[role]->tally.verdict == VERDICT_UNHEALTHY)
			return checks[role];
	for (int role = ROLE_COUNT - 1; role >= 0; role--)
		if (checks[role] != NULL && checks[role]->tally.ran &&
		    checks[role]->tally.last.outcome != OUTCOME_PASS)
			return checks[role];
	return NULL;
}

const char *
monitor_cause(uint32_t index)
{
	static char text[320];
	const struct check *check = failing_check(index);
	uint32_t cause = index;

	if (check == NULL) {
		monitor_judge();
		cause = monitor_opinion(index).cause;
		check = failing_check(cause);
	}
	if (check == NULL)
		return "";
	snprintf(text, sizeof(text), "%s%s%s: %s",
	    cause == index ? "" : name_of(cause), cause == index ? "" : ": ",
	    check->probe->label, check->tally.last.text);
	return text;
}
