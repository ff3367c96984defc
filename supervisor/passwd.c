/* SPDX-License-Identifier: MIT */
#include "passwd.h"

#include <string.h>

/* The fields of both files; passwd: name:x:uid:gid:gecos:home:shell,
 * group: name:x:gid:member,member */
enum { FIELD_NAME, FIELD_PASSWORD, FIELD_NUMBER, FIELD_FOURTH, FIELD_HOME = 5 };

static bool
of_passwd(const struct passwd_scan *scan)
{
	return scan->kind == PASSWD_USER_NAME ||
	       scan->kind == PASSWD_USER_NUMBER;
}

/* The token as text, or NULL: too long, or a NUL in it. */
static const char *
token_text(struct passwd_scan *scan, size_t room)
{
	if (scan->length >= room || scan->length >= sizeof(scan->token) ||
	    memchr(scan->token, '\0', scan->length) != NULL)
		return NULL;
	scan->token[scan->length] = '\0';
	return scan->token;
}

static void
take_number(struct passwd_scan *scan, uint32_t *number)
{
	const char *text = token_text(scan, sizeof(scan->token));

	if (text == NULL || identity_number(text, number) < 0)
		scan->bad_numbers = true;
}

static void
take_member(struct passwd_scan *scan)
{
	const char *text = token_text(scan, IDENTITY_NAME_MAX);

	if (scan->kind == PASSWD_MEMBERSHIPS && text != NULL &&
	    strcmp(text, scan->name) == 0)
		scan->member = true;
}

/* One field, or one member of the list in a group's last field, is over. */
static void
end_token(struct passwd_scan *scan)
{
	const char *text;

	switch (scan->field) {
	case FIELD_NAME:
		text = token_text(scan, IDENTITY_NAME_MAX);
		memset(scan->entry_name, 0, sizeof(scan->entry_name));
		if (text != NULL)
			memcpy(scan->entry_name, text, scan->length);
		break;
	case FIELD_NUMBER:
		take_number(scan, of_passwd(scan) ? &scan->uid : &scan->gid);
		break;
	case FIELD_FOURTH:
		if (of_passwd(scan))
			take_number(scan, &scan->gid);
		else
			take_member(scan);
		break;
	case FIELD_HOME:
		text = token_text(scan, sizeof(scan->home));
		memset(scan->home, 0, sizeof(scan->home));
		if (text != NULL && text[0] == '/')
			memcpy(scan->home, text, scan->length);
		else
			scan->home[0] = '/';
		break;
	}
	scan->length = 0;
}

static void
start_line(struct passwd_scan *scan)
{
	scan->line++;
	scan->field = FIELD_NAME;
	scan->length = 0;
	scan->bad_numbers = scan->member = false;
	memset(scan->home, 0, sizeof(scan->home));
	scan->home[0] = '/';
}

static void
add_membership(struct passwd_scan *scan)
{
	if (scan->gid_count == IDENTITY_GROUPS_MAX)
		scan->too_many = true;
	else
		scan->gids[scan->gid_count++] = scan->gid;
}

/* Is the line that just ended the one?  Sets found and done. */
static void
judge_line(struct passwd_scan *scan)
{
	bool fits = false;
	bool complete = scan->field >= FIELD_FOURTH && !scan->bad_numbers;

	switch (scan->kind) {
	case PASSWD_USER_NAME:
	case PASSWD_GROUP_NAME:
		fits = strcmp(scan->entry_name, scan->name) == 0;
		break;
	case PASSWD_USER_NUMBER:
		fits = complete && scan->uid == scan->number;
		break;
	case PASSWD_GROUP_NUMBER:
		fits = complete && scan->gid == scan->number;
		break;
	case PASSWD_MEMBERSHIPS:
		if (complete && scan->member)
			add_membership(scan);
		break;
	}
	if (fits) {
		scan->found = scan->done = true;
		scan->malformed = !complete;
	}
}

static void
end_line(struct passwd_scan *scan)
{
	end_token(scan);
	judge_line(scan);
	if (!scan->done)
		start_line(scan);
}

static void
feed_byte(struct passwd_scan *scan, char c)
{
	if (c == '\n') {
		end_line(scan);
	} else if (c == ':') {
		end_token(scan);
		scan->field++;
	} else if (c == ',' && scan->field == FIELD_FOURTH &&
	           !of_passwd(scan)) {
		end_token(scan);
	} else if (scan->length < sizeof(scan->token)) {
		scan->token[scan->length++] = c;
	}
}

void
passwd_feed(struct passwd_scan *scan, const char *bytes, size_t size)
{
	if (scan->line == 0)
		start_line(scan);
	for (size_t i = 0; i < size && !scan->done; i++)
		feed_byte(scan, bytes[i]);
}

void
passwd_end(struct passwd_scan *scan)
{
	bool is_empty = scan->field == FIELD_NAME && scan->length == 0;

	if (scan->line > 0 && !scan->done && !is_empty)
		end_line(scan);
	scan->done = true;
}
