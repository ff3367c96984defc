/* SPDX-License-Identifier: MIT */
/* tree_file.c - a file, a directory of them or stdin, to one tree. */
#include "supervisor/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Makes room for one more file; its number, or -1. */
static int
new_file(struct tree *tree, const char *name)
{
	size_t count = tree->file_count;
	struct tree_file *files =
	    reallocarray(tree->files, count + 1, sizeof(*files));

	if (files == NULL)
		return -1;
	tree->files = files;
	memset(&files[count], 0, sizeof(*files));
	files[count].name = strdup(name);
	if (files[count].name == NULL)
		return -1;
	tree->file_count = count + 1;
	return (int)count;
}

static void
fail(struct tree *tree, int number, const char *text)
{
	tree_error(
	    tree, (struct tree_mark){ .file = (uint16_t)number }, NULL, text);
}

/* Reads fd to its end; at most one byte more than is allowed. */
static int
read_all(struct tree_file *file, int fd)
{
	size_t room = 0;

	for (;;) {
		ssize_t n;

		if (file->size + 1 >= room) {
			char *grown;

			room = room == 0 ? 16 * 1024 : 2 * room;
			grown = reallocarray(file->bytes, room, 1);
			if (grown == NULL)
				return -1;
			file->bytes = grown;
		}
		n = read(fd, file->bytes + file->size, room - file->size - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		file->size += (size_t)n;
		file->bytes[file->size] = '\0';
		if (n == 0 || file->size > TREE_BYTES_MAX)
			return 0;
	}
}

static void
compose_file(struct tree *tree, int number)
{
	struct tree_node *root;

	if (tree->files[number].size > TREE_BYTES_MAX) {
		fail(tree, number, "larger than 4 MiB");
		return;
	}
	root = tree_compose(tree, (uint16_t)number);
	if (root == NULL || (root->kind == TREE_SCALAR && root->is_null))
		return;
	root = tree_overlay(tree, tree->root, root);
	if (root == NULL)
		fail(tree, number, "too much for one config");
	else
		tree->root = root;
}

static void
read_fd(struct tree *tree, const char *name, int fd)
{
	int number = new_file(tree, name);

	if (number < 0)
		return;
	if (read_all(&tree->files[number], fd) < 0)
		fail(tree, number, strerror(errno));
	else
		compose_file(tree, number);
}

void
tree_read_bytes(
    struct tree *tree, const char *name, const char *bytes, size_t size)
{
	int number = new_file(tree, name);
	struct tree_file *file;

	if (number < 0)
		return;
	file = &tree->files[number];
	file->bytes = malloc(size + 1);
	if (file->bytes == NULL) {
		fail(tree, number, "out of memory");
		return;
	}
	memcpy(file->bytes, bytes, size);
	file->bytes[size] = '\0';
	file->size = size;
	compose_file(tree, number);
}

static void
read_path(struct tree *tree, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int number;

	if (fd >= 0) {
		read_fd(tree, path, fd);
		close(fd);
	} else if ((number = new_file(tree, path)) >= 0) {
		fail(tree, number, strerror(errno));
	}
}

static int
is_config(const struct dirent *entry)
{
	static const char *const ends[] = { ".yaml", ".yml", ".json" };
	size_t size = strlen(entry->d_name);

	if (entry->d_name[0] == '.')
		return 0;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t n = strlen(ends[i]);

		if (size > n && strcmp(entry->d_name + size - n, ends[i]) == 0)
			return 1;
	}
	return 0;
}

static int
by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void
read_directory(struct tree *tree, const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, is_config, by_bytes);
	int number;

	if (count <= 0 || count > TREE_FILES_MAX) {
		if ((number = new_file(tree, path)) >= 0)
			fail(tree, number,
			    count < 0    ? strerror(errno)
			    : count == 0 ? "no *.yaml, *.yml or *.json in it"
			                 : "more than 256 files");
	}
	for (int i = 0; i < count; i++) {
		char *name =
		    malloc(strlen(path) + strlen(entries[i]->d_name) + 2);

		if (name != NULL && count <= TREE_FILES_MAX) {
			strcpy(name, path);
			strcat(name, "/");
			strcat(name, entries[i]->d_name);
			read_path(tree, name);
		}
		free(name);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

void
tree_read(struct tree *tree, const char *path)
{
	struct stat status;

	if (strcmp(path, "-") == 0)
		read_fd(tree, "<stdin>", STDIN_FILENO);
	else if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		read_directory(tree, path);
	else
		read_path(tree, path);
}
