/* SPDX-License-Identifier: MIT */
/*
 * stopper - stops every process that it may, again and again: whoever is about
 * to become our user is stopped before it executes its command.
 *
 *     stopper SECONDS
 */
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { REACH = 400 }; /* pids above the newest one that we know of */

int
main(int argc, char **argv)
{
	time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 1);
	int highest = getpid();

	while (time(NULL) < end)
		for (int pid = highest > REACH ? highest - REACH : 2;
		     pid < highest + REACH; pid++) {
			if (pid == getpid() || kill(pid, SIGSTOP) != 0)
				continue;
			if (pid > highest)
				highest = pid;
		}
	return 0;
}
