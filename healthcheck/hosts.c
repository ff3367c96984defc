/* SPDX-License-Identifier: MIT */
#include "hosts.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static const char blanks[] = " \t\r";

/* A file as text, cut at what fits. */
static void
read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t used = 0;

	while (fd >= 0 && used < size - 1) {
		ssize_t n = read(fd, text + used, size - 1 - used);

		if (n <= 0)
			break;
		used += (size_t)n;
	}
	text[used] = '\0';
	if (fd >= 0)
		close(fd);
}

/* The next line at *text without its comment, cut in place, or NULL. */
static char *
next_line(char **text, const char *comment)
{
	char *line = *text;
	size_t n = strcspn(line, "\n");

	if (*line == '\0')
		return NULL;
	*text = line + n + (line[n] == '\n');
	line[n] = '\0';
	line[strcspn(line, comment)] = '\0';
	return line;
}

size_t
hosts_find_in(
    char *text, const char *name, struct dns_address *list, size_t max)
{
	size_t count = 0;
	char *line, *save = NULL;

	while (count < max && (line = next_line(&text, "#")) != NULL) {
		char *address = strtok_r(line, blanks, &save), *word;
		struct dns_address *a = &list[count];

		if (address == NULL)
			continue;
		while ((word = strtok_r(NULL, blanks, &save)) != NULL)
			if (strcasecmp(word, name) == 0)
				break;
		if (word == NULL)
			continue;
		if (inet_pton(AF_INET, address, a->bytes) == 1)
			a->size = 4;
		else if (inet_pton(AF_INET6, address, a->bytes) == 1)
			a->size = 16;
		else
			continue;
		count++;
	}
	return count;
}

size_t
hosts_find(const char *name, struct dns_address *list, size_t max)
{
	static char text[65536];

	read_text("/etc/hosts", text, sizeof(text));
	return hosts_find_in(text, name, list, max);
}

static int
bounded(const char *text, int least, int most)
{
	long value = strtol(text, NULL, 10);

	return value < least ? least : value > most ? most : (int)value;
}

static void
set_option(struct hosts_resolver *conf, const char *word)
{
	if (strncmp(word, "ndots:", 6) == 0)
		conf->ndots = bounded(word + 6, 0, 15);
	else if (strncmp(word, "attempts:", 9) == 0)
		conf->attempts = bounded(word + 9, 1, 5);
	else if (strncmp(word, "timeout:", 8) == 0)
		conf->timeout_ms = bounded(word + 8, 1, 30) * 1000;
}

static void
keep_word(char *slots, size_t slot_size, size_t slot_count, size_t *count,
    const char *word)
{
	if (*count >= slot_count || strlen(word) >= slot_size)
		return;
	strcpy(slots + *count * slot_size, word);
	++*count;
}

void
hosts_resolver_in(char *text, struct hosts_resolver *conf)
{
	char *line, *save = NULL;

	memset(conf, 0, sizeof(*conf));
	conf->ndots = 1;
	conf->attempts = 2;
	conf->timeout_ms = 5000;
	while ((line = next_line(&text, "#;")) != NULL) {
		char *key = strtok_r(line, blanks, &save), *word;

		if (key == NULL)
			continue;
		if (strcmp(key, "search") == 0 || strcmp(key, "domain") == 0)
			conf->search_count = 0;
		while ((word = strtok_r(NULL, blanks, &save)) != NULL) {
			if (strcmp(key, "nameserver") == 0)
				keep_word(conf->servers[0], 64, 3,
				    &conf->server_count, word);
			else if (strcmp(key, "search") == 0 ||
			         strcmp(key, "domain") == 0)
				keep_word(conf->search[0], 256, 6,
				    &conf->search_count, word);
			else if (strcmp(key, "options") == 0)
				set_option(conf, word);
		}
	}
	conf->assumed = conf->server_count == 0;
	if (conf->assumed)
		keep_word(
		    conf->servers[0], 64, 3, &conf->server_count, "127.0.0.1");
}

void
hosts_resolver(struct hosts_resolver *conf)
{
	static char text[8192];

	read_text("/etc/resolv.conf", text, sizeof(text));
	hosts_resolver_in(text, conf);
}
