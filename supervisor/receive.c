/* SPDX-License-Identifier: MIT */
/* receive.c - what each signal to PID 1 means to the services. */
#include "supervisor/descend.h"
#include "supervisor/kernel.h"
#include "supervisor/log.h"
#include "supervisor/unit.h"

#include <errno.h>

#define SIGNAL_STOP_SYSTEMD (34 + 3) /* SIGRTMIN+3, as systemd counts */

static void
reload_all(void)
{
	for (uint32_t i = 0; i < supervisor.graph.services; i++)
		if (supervisor.core.services[i].state == SERVICE_UP)
			supervisor_ask(SUPERVISOR_RELOAD, i, NULL, NULL);
}

static void
pass_to(uint32_t index, int sig, const siginfo_t *info)
{
	if (supervisor_pass(index, sig, info) < 0 && errno == EPERM)
		log_warn(supervisor.units[index].config->name,
		    "cannot send it signal %d: operation not permitted: it "
		    "runs as another user, and the container lacks CAP_KILL",
		    sig);
}

static void
pass_on(int sig, const siginfo_t *info)
{
	uint32_t main = supervisor.core.main;

	if (main != CORE_ALL) {
		pass_to(main, sig, info);
		return;
	}
	for (uint32_t i = 0; i < supervisor.graph.services; i++)
		pass_to(i, sig, info);
}

/* The command alone has ended, and what it left is being stopped. */
static bool
is_ending(void)
{
	uint32_t main = supervisor.core.main;

	return supervisor.init->argv != NULL && main != CORE_ALL &&
	       supervisor.core.services[main].state == SERVICE_STOPPING &&
	       supervisor.core.services[main].first_gone;
}

/* sig stands for meant: main gets that, or what its settings say. */
static void
stop_asked(int sig, int meant, const siginfo_t *info)
{
	const struct single *init = supervisor.init;
	bool hurries = meant == SIGTERM || meant == SIGINT;

	if ((supervisor.asked || is_ending()) && hurries) {
		log_warn(NULL, "asked again to stop: killing all");
		supervisor.killing = true;
		descend_signal(supervisor.self, SIGKILL);
		supervisor_post(&(struct core_event){ .input = CORE_KILL });
	} else if (supervisor.asked) {
		pass_on(meant, info);
	} else {
		supervisor.asked = true;
		/* A command alone gets what came, as without a supervisor. */
		if (init->stop_signal == 0 &&
		    (meant != sig || init->argv != NULL))
			supervisor.stop_with = meant;
		supervisor_post(&(struct core_event){
		    .input = CORE_SHUTDOWN, .index = CORE_ALL });
	}
}

/* Our own write to a log that nobody reads, or what others get by themselves
 * from the terminal's driver. */
static bool
is_not_for_us(int sig, const siginfo_t *info)
{
	if (sig == SIGPIPE || sig == SIGXFSZ)
		return info->si_pid == supervisor.self;
	if (info->si_code != SI_KERNEL)
		return false;
	if (sig == SIGTTIN || sig == SIGTTOU || sig == SIGTSTP)
		return true;
	return supervisor.init->group == SINGLE_SAME_GROUP &&
	       (sig == SIGINT || sig == SIGQUIT || sig == SIGWINCH);
}

static bool
is_stop_signal(int sig)
{
	return sig == SIGTERM || sig == SIGINT || sig == SIGQUIT ||
	       sig == SIGNAL_STOP_SYSTEMD;
}

void
receive_signal(const siginfo_t *info)
{
	const struct single *init = supervisor.init;
	int sig = info->si_signo, meant = sig;

	if (sig == SIGCHLD) {
		children_changed(info);
		return;
	}
	if (is_not_for_us(sig, info))
		return;
	if (init->rewrite != NULL && init->rewrite[sig] != 0)
		meant = init->rewrite[sig];
	if (meant == SIGNAL_DROPPED)
		return;
	if (is_stop_signal(meant))
		stop_asked(sig, meant, info);
	else if (meant == SIGHUP)
		reload_all();
	else
		pass_on(meant, info);
}
