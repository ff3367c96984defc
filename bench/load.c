/* SPDX-License-Identifier: MIT */
/*
 * load.c - a supervisor whose status socket is asked 20,000 times a second, from
 * another CPU: what a restart takes meanwhile and without, in turns, how many
 * answers a second there can be, and what PID 1 has dirtied after BENCH_ANSWERS
 * of them. BENCH_SERVICES and BENCH_NOTES are those of sup.c, BENCH_SOCKET is
 * the supervisor's.
 */
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "proc.h"
#include "stats.h"

enum {
	ASKERS = 8, /* connections that are kept */
	KILLS = 20, /* a turn */
	UP_MS = 20000,
	STEP_US = 100,
	REST_US = 2000,
	ANSWERS_MS = 300000,
	PACE_NS = 50000,     /* 20,000 a second */
	BEHIND_NS = 2000000, /* that may be made up for */
};

/* What askers and harness share. */
struct shared {
	volatile uint64_t answers;
	volatile int mixed; /* all kinds of pages, or /v1/status alone */
	volatile int paced; /* or as fast as there are answers */
};

struct asker {
	int fd;
	unsigned asked;
	size_t left; /* of the body that is being read */
};

static const char *const pages[] = { "/v1/status", "/readyz",
	"/healthz?verbose", "/v1/services/s1", "/nonsense", "/metrics",
	"/v1/events", "/v1/status?format=tsv" };

static int
connect_to(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

static void
ask(struct asker *a, const struct shared *shared)
{
	char text[128];
	const char *page = shared->mixed ? pages[a->asked++ % 8] : pages[0];
	int size = snprintf(
	    text, sizeof(text), "GET %s HTTP/1.1\r\nHost: bench\r\n\r\n", page);

	(void)!write(a->fd, text, (size_t)size);
}

/* Reads what is there; true when an answer is whole. Heads come in one piece. */
static bool
hear(struct asker *a)
{
	static char text[1 << 18];
	ssize_t got = read(a->fd, text, sizeof(text) - 1);
	const char *head, *length;

	if (got <= 0)
		_exit(3);
	text[got] = '\0';
	if (a->left == 0) {
		head = strstr(text, "\r\n\r\n");
		length = strstr(text, "Content-Length: ");
		if (head == NULL || length == NULL)
			_exit(4);
		a->left = strtoul(length + 16, NULL, 10);
		got -= head + 4 - text;
	}
	a->left -= (size_t)got;
	return a->left == 0;
}

/* Until the next one is due. */
static void
keep_pace(uint64_t *due_ns)
{
	uint64_t now_ns = lab_now_ns();

	*due_ns += PACE_NS;
	if (*due_ns + BEHIND_NS < now_ns)
		*due_ns = now_ns;
	if (*due_ns > now_ns) {
		struct timespec left = { .tv_nsec = (long)(*due_ns - now_ns) };

		(void)nanosleep(&left, NULL);
	}
}

/* Away from the CPU that is measured. */
static void
use_first_cpu(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	(void)sched_setaffinity(0, sizeof(set), &set);
}

/* Asks until it is killed; stopped and continued by the harness. */
_Noreturn static void
ask_forever(const char *path, struct shared *shared)
{
	struct asker askers[ASKERS] = { 0 };
	struct pollfd fds[ASKERS];
	uint64_t due_ns = 0;
	int i;

	use_first_cpu();
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (i = 0; i < ASKERS; i++) {
		askers[i].fd = connect_to(path);
		fds[i] =
		    (struct pollfd){ .fd = askers[i].fd, .events = POLLIN };
		ask(&askers[i], shared);
	}
	for (;;) {
		if (poll(fds, ASKERS, -1) < 1)
			continue;
		for (i = 0; i < ASKERS; i++)
			if (fds[i].revents != 0 && hear(&askers[i])) {
				shared->answers++;
				if (shared->paced)
					keep_pace(&due_ns);
				ask(&askers[i], shared);
			}
	}
}

static int
noted(int notes)
{
	struct stat st;

	return fstat(notes, &st) != 0
	           ? 0
	           : (int)(st.st_size / (off_t)sizeof(struct record));
}

static int
await(int notes, int starts)
{
	uint64_t since_ns = lab_now_ns();

	while (noted(notes) < starts) {
		if (lab_now_ns() - since_ns > UP_MS * 1000000ULL)
			return -1;
		(void)usleep(STEP_US);
	}
	return 0;
}

/* One of PID 1's children, another one each time; 0 if it has none. */
static pid_t
some_child(pid_t pid, int which)
{
	char path[64];
	int child = 0, last = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid,
	    (int)pid);
	f = fopen(path, "re");
	for (; f != NULL && which >= 0 && fscanf(f, "%d", &child) == 1; which--)
		last = child;
	if (f != NULL)
		(void)fclose(f);
	return last;
}

/* us from kill -9 to the first instruction of the successor. */
static double
restart_us(int notes, pid_t supervisor, int which)
{
	int before = noted(notes);
	pid_t child = some_child(supervisor, which);
	uint64_t killed_ns = lab_now_ns();
	struct record r;

	if (child <= 0 || kill(child, SIGKILL) != 0 ||
	    await(notes, before + 1) != 0 ||
	    pread(notes, &r, sizeof(r), (off_t)before * (off_t)sizeof(r)) !=
	        sizeof(r))
		return NAN;
	return (double)(r.at_ns - killed_ns) / 1000;
}

static void
kill_some(struct table *t, int turn, int notes, pid_t supervisor, int services)
{
	for (int k = 0; k < KILLS; k++) {
		(void)usleep(REST_US);
		*table_at(t, turn * KILLS + k, 0) = restart_us(
		    notes, supervisor, (turn * KILLS + k) % services);
	}
}

static void
put_table(struct lab *lab, struct table *t, int i, const char *name)
{
	char key[64];

	(void)snprintf(key, sizeof(key), "%s_p50", name);
	lab_put(lab, i, key, table_percentile(t, 0, 50));
	(void)snprintf(key, sizeof(key), "%s_p99", name);
	lab_put(lab, i, key, table_percentile(t, 0, 99));
	(void)snprintf(key, sizeof(key), "%s_n", name);
	lab_put(lab, i, key, table_size(t, 0));
}

/* In turns without load and with it, so that both see the same machine. */
static void
measure_restarts(struct lab *lab, int i, pid_t supervisor, pid_t asker,
    int notes, int n, const struct shared *shared)
{
	struct lab one = *lab;
	struct table quiet, loaded;
	uint64_t ns = 0, answers = 0;

	one.count = 1;
	one.rounds = lab->rounds * KILLS;
	quiet = table_make(&one);
	loaded = table_make(&one);
	for (int turn = 0; turn < lab->rounds; turn++) {
		uint64_t at_ns, had;

		(void)kill(asker, SIGSTOP);
		(void)usleep(REST_US);
		kill_some(&quiet, turn, notes, supervisor, n);
		at_ns = lab_now_ns();
		had = shared->answers;
		(void)kill(asker, SIGCONT);
		kill_some(&loaded, turn, notes, supervisor, n);
		ns += lab_now_ns() - at_ns;
		answers += shared->answers - had;
	}
	lab_put(lab, i, "answers_per_s", (double)answers * 1e9 / (double)ns);
	put_table(lab, &quiet, i, "quiet_us");
	put_table(lab, &loaded, i, "loaded_us");
	lab_put(lab, i, "loaded_us_p99_x",
	    table_percentile(&loaded, 0, 99) / table_percentile(&quiet, 0, 99));
	table_free(&quiet);
	table_free(&loaded);
}

static uint64_t
wait_answers(const struct shared *shared, uint64_t many)
{
	uint64_t from = shared->answers, since_ns = lab_now_ns();

	while (shared->answers - from < many &&
	       lab_now_ns() - since_ns < ANSWERS_MS * 1000000ULL)
		(void)usleep(10000);
	return shared->answers - from;
}

static void
measure_memory(struct lab *lab, int i, pid_t supervisor, struct shared *shared)
{
	const char *many = getenv("BENCH_ANSWERS");
	long long before, after;
	uint64_t answers, since_ns;

	shared->paced = 0;
	since_ns = lab_now_ns();
	answers = wait_answers(shared, 30000);
	lab_put(lab, i, "most_per_s",
	    (double)answers * 1e9 / (double)(lab_now_ns() - since_ns));
	shared->mixed = 1;
	(void)wait_answers(shared, 5000);
	before = proc_of(supervisor, "smaps_rollup", "Private_Dirty:");
	answers = wait_answers(
	    shared, many != NULL ? strtoull(many, NULL, 10) : 100000);
	after = proc_of(supervisor, "smaps_rollup", "Private_Dirty:");
	lab_put(lab, i, "answers", (double)answers);
	lab_put(lab, i, "dirty_kb", (double)before);
	lab_put(lab, i, "dirtied_kb", (double)(after - before));
}

static int
live(struct lab *lab, int i, int notes, int n, const char *path,
    struct shared *shared)
{
	static const char *const nothing[] = { NULL };
	struct run run;
	pid_t asker;

	if (ftruncate(notes, 0) != 0 || lab_start(lab, i, nothing, &run) != 0)
		return -1;
	if (await(notes, n) != 0) {
		lab_end(&run, true);
		return -1;
	}
	shared->paced = 1;
	shared->mixed = 0;
	asker = fork();
	if (asker == 0)
		ask_forever(path, shared);
	(void)wait_answers(shared, 1000);
	measure_restarts(lab, i, run.pid, asker, notes, n, shared);
	measure_memory(lab, i, run.pid, shared);
	(void)kill(asker, SIGKILL);
	(void)waitpid(asker, NULL, 0);
	(void)kill(run.pid, SIGTERM);
	(void)lab_wait(&run, UP_MS);
	lab_end(&run, false);
	return 0;
}

int
bench_load(struct lab *lab)
{
	const char *services = getenv("BENCH_SERVICES");
	const char *path = getenv("BENCH_NOTES"), *at = getenv("BENCH_SOCKET");
	struct shared *shared = mmap(NULL, sizeof(*shared),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int notes;

	if (services == NULL || path == NULL || at == NULL ||
	    shared == MAP_FAILED)
		return -1;
	lab->bare = true;
	notes = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	for (int i = 0; i < lab->count; i++)
		(void)live(lab, i, notes, atoi(services), at, shared);
	(void)close(notes);
	return 0;
}
