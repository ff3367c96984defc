/* SPDX-License-Identifier: MIT */
#include "supervisor/terminal.h"

#include "supervisor/kernel.h"

#include <string.h>
#include <unistd.h>

bool
terminal_is_for(const struct service_config *config)
{
	if (config->extras->tty >= 0)
		return config->extras->tty == 1;
	return config->policy->restart.policy == RESTART_NO &&
	       strcmp(config->name, "main") == 0;
}

/* A pending signal goes away when it is ignored, even a blocked one. */
static void
swallow(int sig)
{
	struct kernel_sigaction ignore = { .handler = (unsigned long)SIG_IGN };
	struct kernel_sigaction old = { 0 };

	sys4(SYS_rt_sigaction, sig, sys_ptr(&ignore), sys_ptr(&old),
	    sizeof(old.mask));
	sys4(SYS_rt_sigaction, sig, sys_ptr(&old), 0, sizeof(old.mask));
}

void
terminal_let_go(void)
{
	/* A shell's session, say, is not ours to take the terminal from. */
	if (getsid(0) != getpid() || sys3(SYS_ioctl, 0, TIOCNOTTY, 0) < 0)
		return;
	swallow(SIGHUP);
	swallow(SIGCONT);
}
