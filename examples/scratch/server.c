/* SPDX-License-Identifier: MIT */
/*
 * server.c - a web service for an image FROM scratch: one page on port 8080,
 * and a clean end on SIGTERM.  It knows nothing of hale.
 */
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static int listener;

/* accept() fails from then on, also where it was not yet called. */
static void
on_term(int signal)
{
	(void)signal;
	close(listener);
}

static void
answer(int client)
{
	char ask[4096];

	if (read(client, ask, sizeof(ask)) > 0) {
		dprintf(client,
		    "HTTP/1.0 200 OK\r\n\r\n"
		    "hello from user %u, process %d\n",
		    (unsigned)getuid(), (int)getpid());
		shutdown(client, SHUT_WR);
	}
	close(client);
}

int
main(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons(8080) };
	int one = 1, client;

	listener = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    listen(listener, 9) < 0) {
		perror("server: port 8080");
		return 1;
	}
	sigaction(SIGTERM, &(struct sigaction){ .sa_handler = on_term }, NULL);
	printf("serving as user %u\n", (unsigned)getuid());
	fflush(stdout);
	while ((client = accept(listener, NULL, NULL)) >= 0)
		answer(client);
	puts("bye");
	return 0;
}
