/* SPDX-License-Identifier: MIT */
/*
 * format.c - arguments to text.
 */
#include "format.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* What stands between % and the conversion. */
struct spec {
	bool left, zero, wide;
	int width;
	int precision; /* -1: none */
};

static void
put(struct format_sink *sink, const char *text, size_t length)
{
	size_t room;

	sink->total += length;
	while (length > 0) {
		if (sink->used == sink->size && sink->file != NULL) {
			fwrite(sink->data, 1, sink->used, sink->file);
			sink->used = 0;
		}
		room = sink->size - sink->used;
		if (room == 0)
			return;
		if (room > length)
			room = length;
		memcpy(sink->data + sink->used, text, room);
		sink->used += room;
		text += room;
		length -= room;
	}
}

static void
repeat(struct format_sink *sink, char c, int count)
{
	while (count-- > 0)
		put(sink, &c, 1);
}

/* Pads what is zeros, then text, to the width. */
static void
field(struct format_sink *sink, const struct spec *spec, bool negative,
    int zeros, const char *text, int length)
{
	int blanks = spec->width - negative - zeros - length;

	if (!spec->left)
		repeat(sink, ' ', blanks);
	put(sink, "-", negative);
	repeat(sink, '0', zeros);
	put(sink, text, (size_t)length);
	if (spec->left)
		repeat(sink, ' ', blanks);
}

static void
put_number(struct format_sink *sink, const struct spec *spec, bool negative,
    uintmax_t value, unsigned base)
{
	char digits[3 * sizeof(value)];
	char *first = digits + sizeof(digits);
	int length, zeros;

	do
		*--first = "0123456789abcdef"[value % base];
	while ((value /= base) > 0);
	length = (int)(digits + sizeof(digits) - first);
	zeros = spec->precision - length;
	if (spec->precision < 0 && spec->zero && !spec->left)
		zeros = spec->width - negative - length;
	field(sink, spec, negative, zeros > 0 ? zeros : 0, first, length);
}

static void
put_string(struct format_sink *sink, const struct spec *spec, const char *text)
{
	size_t length;

	if (text == NULL)
		text = "(null)";
	length = spec->precision < 0 ? strlen(text)
	                             : strnlen(text, (size_t)spec->precision);
	field(sink, spec, false, 0, text, (int)length);
}

/* Reads digits or a star, and returns what follows. */
static const char *
read_number(const char *format, int *number, va_list *args)
{
	if (*format == '*') {
		*number = va_arg(*args, int);
		return format + 1;
	}
	for (*number = 0; *format >= '0' && *format <= '9'; format++)
		*number = *number * 10 + (*format - '0');
	return format;
}

/* Reads all that may stand before the conversion. */
static const char *
read_spec(const char *format, struct spec *spec, va_list *args)
{
	size_t size = sizeof(int);

	for (; *format == '-' || *format == '0'; format++)
		*(*format == '-' ? &spec->left : &spec->zero) = true;
	format = read_number(format, &spec->width, args);
	if (spec->width < 0) {
		spec->left = true;
		spec->width = -spec->width;
	}
	spec->precision = -1;
	if (*format == '.')
		format = read_number(format + 1, &spec->precision, args);
	for (; *format == 'l' || *format == 'z' || *format == 'j'; format++)
		size = *format == 'j' || format[-1] == 'l' ? sizeof(intmax_t)
		                                           : sizeof(long);
	spec->wide = size > sizeof(int);
	return format;
}

static void
convert(struct format_sink *sink, const struct spec *spec, char conversion,
    va_list *args)
{
	intmax_t number = 0;
	uintmax_t value;
	char c;

	if (conversion == '%') {
		put(sink, "%", 1);
		return;
	}
	if (conversion == 's') {
		put_string(sink, spec, va_arg(*args, const char *));
		return;
	}
	number = spec->wide ? va_arg(*args, intmax_t) : va_arg(*args, int);
	value = spec->wide ? (uintmax_t)number : (unsigned)number;
	switch (conversion) {
	case 'c':
		c = (char)number;
		field(sink, spec, false, 0, &c, 1);
		break;
	case 'd':
	case 'i':
		put_number(sink, spec, number < 0,
		    number < 0 ? -(uintmax_t)number : (uintmax_t)number, 10);
		break;
	case 'u':
		put_number(sink, spec, false, value, 10);
		break;
	case 'o':
		put_number(sink, spec, false, value, 8);
		break;
	case 'x':
		put_number(sink, spec, false, value, 16);
		break;
	default:
		__builtin_trap();
	}
}

void
format_text(struct format_sink *sink, const char *format, va_list list)
{
	va_list args;

	va_copy(args, list);
	while (*format != '\0') {
		const char *end = strchrnul(format, '%');
		struct spec spec = { 0 };

		put(sink, format, (size_t)(end - format));
		if (*end == '\0')
			break;
		format = read_spec(end + 1, &spec, &args);
		convert(sink, &spec, *format++, &args);
	}
	va_end(args);
}
