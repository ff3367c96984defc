/* SPDX-License-Identifier: MIT */
/*
 * log.h - one event, one line, on stderr.
 *
 * Text: "hale: api: started, pid 12".  JSON: one object a line.  A log that
 * can't be written at once is dropped and counted, never waited for: PID 1 has
 * more important things to do.  errno is kept.
 */
#ifndef HALE_SUPERVISOR_LOG_H
#define HALE_SUPERVISOR_LOG_H

#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

enum log_format { LOG_TEXT, LOG_JSON };

/* What is shown (LOG_WARN until told otherwise), and how. */
void log_setup(enum log_level level, enum log_format format);

/*
 * Logs one line about service (NULL: about hale itself).  Control characters
 * in the text are shown as \xNN, so that nobody can forge a line.
 */
void log_line(enum log_level level, const char *service, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#define log_error(service, ...) log_line(LOG_ERROR, service, __VA_ARGS__)
#define log_warn(service, ...)  log_line(LOG_WARN, service, __VA_ARGS__)
#define log_info(service, ...)  log_line(LOG_INFO, service, __VA_ARGS__)
#define log_debug(service, ...) log_line(LOG_DEBUG, service, __VA_ARGS__)

/*
 * Writes size bytes of text as the inside of a JSON string, NUL-terminated,
 * into out; what does not fit is cut at a whole character.  Bytes that are not
 * UTF-8 become U+FFFD.  Returns the length.
 */
size_t log_json_text(char *out, size_t out_size, const char *text, size_t size);

#endif
