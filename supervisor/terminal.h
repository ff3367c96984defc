/* SPDX-License-Identifier: MIT */
/*
 * terminal.h - which service gets the terminal, and how PID 1 gives it up.
 *
 * An engine makes its terminal the controlling one of PID 1's session. A
 * service has a session of its own, and to take the terminal from another
 * needs CAP_SYS_ADMIN, which no engine gives: so PID 1 has to let go of it.
 */
#ifndef HALE_SUPERVISOR_TERMINAL_H
#define HALE_SUPERVISOR_TERMINAL_H

#include "supervisor/config.h"

#include <stdbool.h>

/* Said so, or main: but not one that ^C would only restart. */
bool terminal_is_for(const struct service_config *config);

/*
 * Before the loop, signals blocked, some service is to have the terminal:
 * gives up the one on standard input, if this process leads its session, and
 * swallows the SIGHUP and SIGCONT that the kernel sends for it.
 */
void terminal_let_go(void);

#endif
