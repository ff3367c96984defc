/* SPDX-License-Identifier: MIT */
/*
 * floor-ask.c - the least program that asks a server whether it is well: one
 * connection, one HTTP request, exit 0 if the answer begins as a 200 does.
 *
 *   floor-ask u PATH     over a unix socket
 *   floor-ask h PORT     over TCP to 127.0.0.1
 */
#include "raw.h"

enum { UNIX = 1, INET = 2, STREAM = 1 };

static long
connect_unix(const char *path)
{
	struct {
		uint16_t family;
		char path[108];
	} to = { .family = UNIX };
	long fd = raw_call(__NR_socket, UNIX, STREAM, 0, 0);
	int i;

	for (i = 0; i < 107 && path[i] != '\0'; i++)
		to.path[i] = path[i];
	if (raw_call(__NR_connect, fd, (long)&to, sizeof(to), 0) < 0)
		raw_exit(1);
	return fd;
}

static long
connect_inet(const char *port)
{
	struct {
		uint16_t family;
		uint8_t port[2], host[4], zero[8];
	} to = { .family = INET, .host = { 127, 0, 0, 1 } };
	long fd = raw_call(__NR_socket, INET, STREAM, 0, 0), n = 0;

	while (*port >= '0' && *port <= '9')
		n = n * 10 + (*port++ - '0');
	to.port[0] = (uint8_t)(n >> 8);
	to.port[1] = (uint8_t)n;
	if (raw_call(__NR_connect, fd, (long)&to, sizeof(to), 0) < 0)
		raw_exit(1);
	return fd;
}

__attribute__((used, noreturn)) void
entry(long *stack)
{
	static const char ask[] = "GET /readyz HTTP/1.0\r\n\r\n";
	char **argv = (char **)(stack + 1);
	char answer[512] = { 0 };
	long fd =
	    argv[1][0] == 'u' ? connect_unix(argv[2]) : connect_inet(argv[2]);

	(void)raw_call(__NR_write, fd, (long)ask, sizeof(ask) - 1, 0);
	(void)raw_call(__NR_read, fd, (long)answer, sizeof(answer), 0);
	raw_exit(answer[9] != '2');
}

RAW_START;
