/* SPDX-License-Identifier: MIT */
/* inspect_verb.c - hale inspect: reads /proc and prints. */
#include "inspect.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "landlock.h"
#include "log.h"

enum { PIDS_MAX = 256 };

int (*inspect_lookup)(const char *service);

static const char *const grades[] = { "ok", "fair", "bad", "?" };

static int
read_file(int pid, const char *name, char *out, size_t size)
{
	char path[64];
	long fd, got;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = kernel_open(path, O_RDONLY);
	if (fd < 0)
		return -1;
	got = kernel_read(fd, out, size - 1);
	kernel_close(fd);
	out[got > 0 ? got : 0] = '\0';
	return got > 0 ? 0 : -1;
}

static int64_t
count_descriptors(int pid)
{
	char path[64];
	DIR *dir;
	int64_t count = -2; /* . and .. */

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	if (dir == NULL)
		return -1;
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}

static int
gather(int pid, struct inspect_facts *facts)
{
	char text[4096];
	const char *limit;

	if (read_file(pid, "status", text, sizeof(text)) < 0)
		return -1;
	inspect_parse(text, facts);
	if (read_file(pid, "oom_score_adj", text, sizeof(text)) == 0)
		facts->oom_score_adj = atoi(text);
	if (read_file(pid, "limits", text, sizeof(text)) == 0 &&
	    (limit = strstr(text, "Max open files")) != NULL)
		facts->nofile = strtoll(limit + 14, NULL, 10);
	facts->descriptors = count_descriptors(pid);
	facts->landlock_abi = landlock_abi();
	return 0;
}

static void
print_table(int pid, const struct inspect_facts *facts,
    const struct inspect_row *rows, size_t count)
{
	printf("%s (pid %d)%s\n", facts->name, pid,
	    pid == 1 ? ": what PID 1 itself keeps" : "");
	for (size_t i = 0; i < count; i++) {
		printf("  %-4s  %-13s  %-22s", grades[rows[i].grade],
		    rows[i].item, rows[i].value);
		/* A long value leaves its verdict no room in 80 columns. */
		if (strlen(rows[i].value) > 22)
			printf("\n%45s", "");
		printf("  %s\n", rows[i].verdict);
	}
}

static void
print_json(int pid, const struct inspect_facts *facts,
    const struct inspect_row *rows, size_t count)
{
	char text[256];

	log_json_text(text, sizeof(text), facts->name, strlen(facts->name));
	printf("{\"pid\":%d,\"name\":\"%s\",\"items\":[", pid, text);
	for (size_t i = 0; i < count; i++) {
		log_json_text(
		    text, sizeof(text), rows[i].value, strlen(rows[i].value));
		printf("%s{\"item\":\"%s\",\"value\":\"%s\",\"grade\":\"%s\","
		       "\"verdict\":\"%s\"}",
		    i > 0 ? "," : "", rows[i].item, text, grades[rows[i].grade],
		    rows[i].verdict);
	}
	fputs("]}", stdout);
}

static int
print_one(int pid, bool json)
{
	struct inspect_facts facts;
	struct inspect_row rows[INSPECT_ROWS];
	size_t count;

	if (gather(pid, &facts) < 0)
		return -1;
	count = inspect_judge(&facts, rows);
	if (json)
		print_json(pid, &facts, rows, count);
	else
		print_table(pid, &facts, rows, count);
	return 0;
}

/* PID 1 and its children, which are the services and their orphans. */
static size_t
all_pids(int *pids)
{
	char text[2048];
	char *at = text, *end;
	size_t count = 1;

	pids[0] = 1;
	if (read_file(1, "task/1/children", text, sizeof(text)) < 0)
		return count;
	while (count < PIDS_MAX) {
		long pid = strtol(at, &end, 10);

		if (end == at)
			break;
		/* Us, when `docker exec` made PID 1 our parent's. */
		if (pid != kernel_getpid())
			pids[count++] = (int)pid;
		at = end;
	}
	return count;
}

static int
find(const char *word)
{
	char *end;
	long pid = strtol(word, &end, 10);

	if (*end == '\0' && end != word && pid > 0 && pid < INT32_MAX)
		return (int)pid;
	return inspect_lookup != NULL ? inspect_lookup(word) : 0;
}

int
verb_inspect(int argc, char **argv)
{
	const char *word = NULL;
	int pids[PIDS_MAX];
	size_t count, shown = 0;
	bool json = false;

	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--json") == 0)
			json = true;
		else
			word = argv[i];
	count = word == NULL ? all_pids(pids) : 1;
	if (word != NULL && (pids[0] = find(word)) == 0) {
		log_error(NULL, "inspect: no service \"%s\" runs here", word);
		return 1;
	}
	if (json)
		fputs("[", stdout);
	for (size_t i = 0; i < count; i++) {
		if (shown > 0)
			fputs(json ? "," : "\n", stdout);
		if (print_one(pids[i], json) == 0)
			shown++;
	}
	if (json)
		puts("]");
	if (shown == 0)
		log_error(NULL, "inspect: nothing can be read of /proc");
	return shown > 0 ? 0 : 1;
}
