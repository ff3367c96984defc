// SPDX-License-Identifier: MIT
//
// guest: the program that the engine tests run beside hale in images FROM
// scratch, where there is no shell. Each word on its command line is one way
// for a service to behave; it prints what it sees, one fact a line.

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t caught;

static void catch (int sig)
{
	caught = sig;
}

static void
handle(int sig, void (*handler)(int))
{
	struct sigaction sa = { .sa_handler = handler };

	sigaction(sig, &sa, NULL);
}

static void
say(const char *line)
{
	printf("%s\n", line);
	fflush(stdout);
}

// The rest of a line of /proc/PID/status that starts with key, or "".
static const char *
status(int pid, const char *key)
{
	static char line[256];
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "r");
	line[0] = '\0';
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, key, strlen(key)) == 0)
			break;
		else
			line[0] = '\0';
	if (f != NULL)
		fclose(f);
	if (line[0] == '\0')
		return line;
	line[strcspn(line, "\n")] = '\0';
	return line + strlen(key) + strspn(line + strlen(key), ": \t");
}

// pid, parent, ids and what the kernel has on the caller's privileges.
static int
report(void)
{
	static const char *const keys[] = { "CapEff", "CapPrm", "CapBnd",
		"CapAmb", "NoNewPrivs", "Seccomp", "SigBlk", "SigIgn",
		"Groups" };

	printf("pid %d\nppid %d\nparent %s\n", (int)getpid(), (int)getppid(),
	    status(getppid(), "Name"));
	printf("ids %d:%d\n", (int)getuid(), (int)getgid());
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		printf("%s %s\n", keys[i], status(getpid(), keys[i]));
	printf(
	    "USER %s\n", getenv("USER") != NULL ? getenv("USER") : "(unset)");
	fflush(stdout);
	return 0;
}

// Waits for signals for up to two minutes; each is printed; TERM ends it.
static int
signals(int status_at_term)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	say("up");
	for (;;) {
		struct timespec limit = { .tv_sec = 120 };
		int sig = sigtimedwait(&all, NULL, &limit);

		if (sig < 0)
			return 99;
		printf("signal %d\n", sig);
		fflush(stdout);
		if (sig == SIGTERM)
			return status_at_term;
	}
}

// Ends with code when sig comes; sig 0: whatever comes is ignored.
static int
until(int sig, int code)
{
	if (sig == 0)
		handle(SIGTERM, SIG_IGN);
	else
		handle(sig, catch);
	say("up");
	for (int i = 0; i < 1200 && !caught; i++)
		usleep(100 * 1000);
	return caught ? code : 99;
}

// Leaves count orphans behind that die at once; prints how many zombies PID 1
// (or who adopts here) still has once it had its time.
static int
orphans(int count)
{
	int link[2];
	pid_t adopter = 0;

	if (pipe(link) != 0)
		return 99;
	for (int i = 0; i < count; i++) {
		pid_t pid = fork();

		if (pid == 0 && fork() == 0) {
			pid_t parent = getpid();

			for (int n = 0; n < 50; n++) {
				usleep(20 * 1000);
				parent = getppid();
				if (strcmp(status(parent, "Name"), "guest") !=
				    0)
					break;
			}
			_exit(write(link[1], &parent, sizeof(parent)) < 0);
		}
		if (pid == 0)
			_exit(0);
		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			return 98;
	}
	for (int i = 0; i < count; i++)
		if (read(link[0], &adopter, sizeof(adopter)) < 0)
			return 97;
	printf("adopter %s\n", status(adopter, "Name"));
	fflush(stdout);
	return 0;
}

// Counts zombies; waits up to 10 s for there to be none.
static int
zombies(void)
{
	int count = 0;

	for (int turn = 0; turn < 100; turn++) {
		count = 0;
		for (int pid = 1; pid < 32768; pid++)
			count += status(pid, "State")[0] == 'Z';
		if (count == 0)
			break;
		usleep(100 * 1000);
	}
	printf("zombies %d\n", count);
	return count != 0;
}

// One variable of the environment, as a service sees it.
static int
environment(const char *name)
{
	const char *value = getenv(name);

	printf("%s=%s\n", name, value != NULL ? value : "(unset)");
	return fflush(stdout);
}

// Touches that many MiB of memory, and is killed or says so.
static int
hog(int mebibytes)
{
	static char *last;

	for (int i = 0; i < mebibytes; i++) {
		char *block = malloc(1 << 20);

		if (block == NULL)
			return 1;
		memset(block, 1 + i, 1 << 20);
		*(char **)block = last; /* all are kept */
		last = block;
	}
	say("had it all");
	return 0;
}

// Forks until the kernel refuses; prints the refusal.
static int
crowd(void)
{
	int count = 0, err = 0;

	for (; count < 500 && err == 0; count++) {
		pid_t pid = fork();

		if (pid == 0) {
			pause();
			_exit(0);
		}
		if (pid < 0)
			err = errno;
	}
	handle(SIGTERM, SIG_IGN);
	kill(0, SIGTERM);
	while (wait(NULL) > 0)
		continue;
	printf("refused %s\n", err == EAGAIN ? "EAGAIN" : strerror(err));
	return 0;
}

// A service whose tracer is PID 1. Without a handler for how it is used, an
// init takes the trace stop for an end, or leaves it stopped for good.
static int
traced(int code)
{
	handle(SIGTERM, catch);
	handle(SIGUSR1, catch);
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
		say("not allowed");
	say("up");
	raise(SIGUSR1);
	if (caught == SIGUSR1)
		say("went on");
	caught = 0;
	for (int i = 0; i < 1200 && caught != SIGTERM; i++)
		usleep(100 * 1000);
	return caught == SIGTERM ? code : 99;
}

// The same of an orphan, whose tracer is PID 1 from its adoption on. SIGURG
// does nothing but for the trace stop.
static int
traced_orphan(int code)
{
	pid_t child = fork(), parent = getpid();

	if (child == 0 && fork() == 0) {
		while (strcmp(status(getppid(), "Name"), "guest") == 0)
			usleep(20 * 1000);
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0)
			raise(SIGURG);
		say("orphan went on");
		_exit(getppid() == parent);
	}
	if (child == 0)
		_exit(0);
	if (child < 0 || waitpid(child, NULL, 0) != child)
		return 98;
	return until(SIGTERM, code);
}

// Traced by PID 1 across an exec, which stops it with SIGTRAP.
static int
traced_exec(char *self)
{
	char *const argv[] = { self, (char[]){ "exit" }, (char[]){ "0" },
		NULL };

	say("up");
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
		return 98;
	execv(self, argv);
	return 97;
}

// Main ends with code at SIGTERM; a grandchild in a session of its own gets
// the time to end well, and says so.
static int
family(int code)
{
	int link[2];
	char byte;

	if (pipe(link) != 0)
		return 98;
	if (fork() == 0) {
		if (fork() == 0) {
			setsid();
			handle(SIGTERM, catch);
			if (write(link[1], "x", 1) != 1)
				_exit(1);
			for (int i = 0; i < 1200 && !caught; i++)
				usleep(100 * 1000);
			usleep(300 * 1000);
			say("grandchild ended well");
		}
		_exit(0);
	}
	if (read(link[0], &byte, 1) != 1)
		return 97;
	return until(SIGTERM, code);
}

// Answers every request on port with 200, or, from SIGUSR1 to SIGUSR2, with
// 503. Ends with code at SIGTERM.
static int
web(int port, int code)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons((unsigned short)port),
		.sin_addr = { htonl(INADDR_ANY) } };
	int on = 1, bad = 0, server = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(server, (struct sockaddr *)&at, sizeof(at)) != 0 ||
	    listen(server, 16) != 0) {
		printf("bind: %s\n", strerror(errno));
		return 96;
	}
	handle(SIGTERM, catch);
	handle(SIGUSR1, catch);
	handle(SIGUSR2, catch);
	handle(SIGPIPE, SIG_IGN);
	say("up");
	for (;;) {
		char ask[1024];
		const char *answer;
		int client = accept(server, NULL, NULL);

		if (caught == SIGTERM)
			return code;
		if (caught != 0)
			bad = caught == SIGUSR1;
		caught = 0;
		if (client < 0)
			continue;
		answer = bad ? "HTTP/1.1 503 Out\r\nContent-Length: 8\r\n"
		               "Connection: close\r\n\r\nno disk\n"
		             : "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n"
		               "Connection: close\r\n\r\nok\n";
		if (read(client, ask, sizeof(ask)) > 0 &&
		    write(client, answer, strlen(answer)) < 0)
			say("client left");
		close(client);
	}
}

int
main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "report";
	int a = argc > 2 ? atoi(argv[2]) : 0, b = argc > 3 ? atoi(argv[3]) : 0;

	if (strcmp(how, "report") == 0)
		return report();
	if (strcmp(how, "exit") == 0)
		return a;
	if (strcmp(how, "die") == 0)
		return raise(a) + 99;
	if (strcmp(how, "until") == 0)
		return until(a, b);
	if (strcmp(how, "signals") == 0)
		return signals(a);
	if (strcmp(how, "orphans") == 0)
		return orphans(a);
	if (strcmp(how, "zombies") == 0)
		return zombies();
	if (strcmp(how, "env") == 0)
		return environment(argc > 2 ? argv[2] : "PATH");
	if (strcmp(how, "hog") == 0)
		return hog(a);
	if (strcmp(how, "crowd") == 0)
		return crowd();
	if (strcmp(how, "traced") == 0)
		return traced(a);
	if (strcmp(how, "tracedorphan") == 0)
		return traced_orphan(a);
	if (strcmp(how, "tracedexec") == 0)
		return traced_exec(argv[0]);
	if (strcmp(how, "family") == 0)
		return family(a);
	if (strcmp(how, "web") == 0)
		return web(a, b);
	fprintf(stderr, "guest: unknown word %s\n", how);
	return 2;
}
