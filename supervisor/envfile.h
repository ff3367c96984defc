/* SPDX-License-Identifier: MIT */
/*
 * envfile.h - files of NAME=value lines, in the grammar of Compose.
 *
 *     # comment            export is allowed before a name
 *     A=plain value # a comment needs a blank before it
 *     B="${A}, escapes \n \r \t \\ \" \$, several lines"
 *     C='nothing is special but \''
 *     D                    hale's own value, or nothing
 *
 * Variables are filled in outside of '', from environ first, then from the
 * lines above.
 */
#ifndef HALE_SUPERVISOR_ENVFILE_H
#define HALE_SUPERVISOR_ENVFILE_H

#include "supervisor/conf.h"
#include "packed.h"

enum { ENVFILE_BYTES_MAX = 1024 * 1024 };

/*
 * Adds the pairs of size bytes to *map; they are copied.  Returns 0, or -1
 * with err->text set, *line the line that is wrong, and *map as it was.
 */
int envfile_parse(struct conf_map *map, const char *bytes, size_t size,
    char *const *environ, size_t *line, struct conf_error *err);

/*
 * The same for the file at path.  Returns 0, or -1 with err->text beginning
 * with the path, and errno: ENOENT and the like, or EINVAL for its contents.
 */
PACKED_ENTRY int envfile_read(struct conf_map *map, const char *path,
    char *const *environ, struct conf_error *err);

#endif
