/* SPDX-License-Identifier: MIT */
/*
 * libyaml_outline.h - libyaml looks at characters, tokens and events with
 * macros, each some hundred bytes of code wherever it is used, and that is in
 * hundreds of places. Here they are functions, which do the same.
 *
 * mk/deps/libyaml.sh puts this into scanner.c and parser.c, behind their macros.
 */
#define OUTLINE(type) static __attribute__((noinline)) type

/* Marks are wide, and passed by value otherwise. */
OUTLINE(void)
init_token(yaml_token_t *token, yaml_token_type_t type,
    const yaml_mark_t *start, const yaml_mark_t *end)
{
	TOKEN_INIT(*token, type, *start, *end);
}

OUTLINE(void)
init_event(yaml_event_t *event, yaml_event_type_t type,
    const yaml_mark_t *start, const yaml_mark_t *end)
{
	EVENT_INIT(*event, type, *start, *end);
}

#undef TOKEN_INIT
#undef EVENT_INIT
#define TOKEN_INIT(token, type, start, end)                                    \
	init_token(&(token), type, &(start), &(end))
#define EVENT_INIT(event, type, start, end)                                    \
	init_event(&(event), type, &(start), &(end))

#ifdef CACHE
OUTLINE(int)
is_break(const yaml_char_t *p)
{
	const struct {
		const yaml_char_t *pointer;
	} at = { p };

	return IS_BREAK(at);
}

OUTLINE(int)
is_breakz(const yaml_char_t *p)
{
	return *p == '\0' || is_break(p);
}

OUTLINE(int)
is_blankz(const yaml_char_t *p)
{
	return *p == ' ' || *p == '\t' || is_breakz(p);
}

OUTLINE(int)
is_alpha(const yaml_char_t *p)
{
	const struct {
		const yaml_char_t *pointer;
	} at = { p };

	return IS_ALPHA(at);
}

OUTLINE(int)
cache(yaml_parser_t *parser, size_t length)
{
	return CACHE(parser, length);
}

OUTLINE(void)
skip(yaml_parser_t *parser)
{
	SKIP(parser);
}

OUTLINE(void)
skip_line(yaml_parser_t *parser)
{
	SKIP_LINE(parser);
}

OUTLINE(int)
read_char(yaml_parser_t *parser, yaml_string_t *to)
{
	return READ(parser, (*to));
}

OUTLINE(int)
read_line(yaml_parser_t *parser, yaml_string_t *to)
{
	return READ_LINE(parser, (*to));
}

OUTLINE(int)
init_string(yaml_parser_t *parser, yaml_string_t *string, size_t size)
{
	return STRING_INIT(parser, *string, size);
}

OUTLINE(int)
join(yaml_parser_t *parser, yaml_string_t *a, yaml_string_t *b)
{
	return JOIN(parser, *a, *b);
}

OUTLINE(void)
clear(yaml_string_t *string)
{
	CLEAR(parser, *string);
}

OUTLINE(int)
enqueue(yaml_parser_t *parser, const yaml_token_t *token)
{
	return ENQUEUE(parser, parser->tokens, *token);
}

#undef IS_BREAK_AT
#undef IS_BREAKZ_AT
#undef IS_BLANKZ_AT
#undef IS_ALPHA
#undef CACHE
#undef SKIP
#undef SKIP_LINE
#undef READ
#undef READ_LINE
#undef STRING_INIT
#undef JOIN
#undef CLEAR
#undef ENQUEUE
#define IS_BREAK_AT(string, offset)       is_break((string).pointer + (offset))
#define IS_BREAKZ_AT(string, offset)      is_breakz((string).pointer + (offset))
#define IS_BLANKZ_AT(string, offset)      is_blankz((string).pointer + (offset))
#define IS_ALPHA(string)                  is_alpha((string).pointer)
#define CACHE(parser, length)             cache(parser, length)
#define SKIP(parser)                      skip(parser)
#define SKIP_LINE(parser)                 skip_line(parser)
#define READ(parser, string)              read_char(parser, &(string))
#define READ_LINE(parser, string)         read_line(parser, &(string))
#define STRING_INIT(parser, string, size) init_string(parser, &(string), size)
#define JOIN(parser, a, b)                join(parser, &(a), &(b))
#define CLEAR(parser, string)             clear(&(string))
#define ENQUEUE(parser, queue, token)     enqueue(parser, &(token))
#endif

#ifdef PEEK_TOKEN
OUTLINE(yaml_token_t *)
peek_token(yaml_parser_t *parser)
{
	return PEEK_TOKEN(parser);
}

OUTLINE(void)
skip_token(yaml_parser_t *parser)
{
	SKIP_TOKEN(parser);
}

#undef PEEK_TOKEN
#undef SKIP_TOKEN
#define PEEK_TOKEN(parser) peek_token(parser)
#define SKIP_TOKEN(parser) skip_token(parser)
#endif
