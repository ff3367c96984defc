/* SPDX-License-Identifier: MIT */
#include "personas.h"

#include "early.h"
#include "persona.h"
#include "persona_drop.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct single
persona_blank(char **argv)
{
	return (struct single){ .argv = argv,
		.envp = environ,
		.inherited_mask = early_inherited_mask };
}

char **
persona_command(char **argv)
{
	if (argv[0] != NULL && argv[1] != NULL && strcmp(argv[1], "--") == 0 &&
	    strcmp(argv[-1], "--") != 0 && getenv("POSIXLY_CORRECT") == NULL) {
		argv[1] = argv[0];
		argv++;
	}
	return argv;
}

int
persona_start(const struct single *single)
{
	volatile struct single_report report = { 0 };

	single_run(single, &report);
	return -report.error;
}

void
persona_tell(const char *text, size_t size)
{
	struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };

	if (poll(&out, 1, 0) == 1 && (out.revents & POLLOUT) != 0)
		(void)!write(STDERR_FILENO, text, size);
}

persona_main *
persona_find(const char *argv0)
{
	static const struct {
		const char *name;
		persona_main *run;
	} personas[] = {
		{ "tini", persona_tini },
		{ "tini-static", persona_tini },
		{ "docker-init", persona_tini },
		{ "catatonit", persona_catatonit },
		{ "dumb-init", persona_dumb_init },
		{ "gosu", persona_gosu },
		{ "su-exec", persona_su_exec },
	};
	const char *slash = strrchr(argv0, '/');
	const char *name = slash != NULL ? slash + 1 : argv0;

	for (size_t i = 0; i < sizeof(personas) / sizeof(personas[0]); i++)
		if (strcmp(personas[i].name, name) == 0)
			return personas[i].run;
	return NULL;
}
