/* SPDX-License-Identifier: MIT */
/*
 * replay.c - a stand-in for libFuzzer where there is no clang: gives a fuzzer
 * each file of the directories named, and then, for -max_total_time seconds,
 * the same files cut short and with bytes changed.  Always the same ones.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define INPUT_MAX 8192
#define FILES_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	uint8_t *bytes;
	size_t size;
} files[FILES_MAX];
static size_t count;
static uint64_t seed = 88172645463325252U;
static unsigned long done;

static uint64_t
any(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* A copy that ends where it ends, so that reading on is seen. */
static void
give(const uint8_t *bytes, size_t size)
{
	uint8_t *copy = malloc(size == 0 ? 1 : size);

	if (copy == NULL)
		exit(1);
	memcpy(copy, bytes, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
	done++;
}

static void
read_file(const char *path)
{
	uint8_t bytes[INPUT_MAX];
	FILE *file = fopen(path, "rb");

	if (file == NULL || count == FILES_MAX)
		exit(1);
	files[count].size = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	files[count].bytes = malloc(sizeof(bytes));
	if (files[count].bytes == NULL)
		exit(1);
	memcpy(files[count].bytes, bytes, files[count].size);
	count++;
}

static void
read_directory(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	char name[1024];

	if (directory == NULL)
		exit(1);
	while ((entry = readdir(directory)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		read_file(name);
	}
	closedir(directory);
}

static void
change(size_t which)
{
	uint8_t bytes[INPUT_MAX];
	size_t size = files[which].size;

	memcpy(bytes, files[which].bytes, size);
	if (size > 0 && any() % 4 == 0)
		size = any() % size;
	for (uint64_t n = any() % 5; size > 0 && n > 0; n--)
		bytes[any() % size] = (uint8_t)any();
	give(bytes, size);
}

int
main(int argc, char **argv)
{
	long seconds = 0;
	time_t end;

	for (int i = 1; i < argc; i++)
		if (strncmp(argv[i], "-max_total_time=", 16) == 0)
			seconds = strtol(argv[i] + 16, NULL, 10);
		else if (argv[i][0] != '-')
			read_directory(argv[i]);
	for (size_t i = 0; i < count; i++)
		give(files[i].bytes, files[i].size);
	end = time(NULL) + seconds;
	while (count > 0 && time(NULL) < end)
		for (int i = 0; i < 1000; i++)
			change(any() % count);
	printf("Done %lu inputs from %zu files\n", done, count);
	return count > 0 ? 0 : 1;
}
