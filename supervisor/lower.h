/* SPDX-License-Identifier: MIT */
/*
 * lower.h - what PID 1 of `hale run` gives up once all is open and read.
 *
 * Everything that no service will need again leaves every capability set, the
 * bounding one included.  No core; and where every service is to have
 * no_new_privs, or the default filter, so has PID 1, and they inherit it.
 */
#ifndef HALE_SUPERVISOR_LOWER_H
#define HALE_SUPERVISOR_LOWER_H

/* To be called once: after the last descriptor was opened, before the first
 * service starts. */
void lower_privileges(void);

#endif
