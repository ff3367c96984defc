/* SPDX-License-Identifier: MIT */
/*
 * config_words.h - within the loader: values that need more than a row.
 *
 * Parsers of single words, and checks of rules that span keys; all are called
 * through the tables.  Each returns 0, or -1 with err->text set.
 */
#ifndef HALE_SUPERVISOR_CONFIG_WORDS_H
#define HALE_SUPERVISOR_CONFIG_WORDS_H

#include "supervisor/config.h"

/* The file as a struct: the keys at its top. */
struct config_root {
	struct conf_array services, dependencies, secrets;
	struct config_hale hale;
};

extern const struct conf_table config_table;

conf_parser config_parse_restart; /* "on-failure:5" */
conf_parser config_parse_notify;  /* "true", "fd:3" */

/* "tcp://0.0.0.0:80#http", "tcp://[::]:80", "unix:///run/x.sock" */
int config_parse_listen(
    struct config_listen *out, const char *text, struct conf_error *err);

/* "127.0.0.1:80", "[::]:80" or ":80", which is any address; 0, or -1. */
int config_parse_address(
    struct config_listen *listen, const char *text, size_t size);

int config_check_hale(void *owner, struct conf_error *err);
int config_check_reload(void *owner, struct conf_error *err);
int config_check_backoff(void *owner, struct conf_error *err);
int config_check_output(void *owner, struct conf_error *err);
int config_check_secret(void *owner, struct conf_error *err);
int config_check_service(void *owner, struct conf_error *err);

#endif
