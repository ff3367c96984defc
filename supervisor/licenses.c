/* SPDX-License-Identifier: MIT */
/*
 * licenses.c - the notices of all that is linked into the binary.
 *
 * A binary in an image FROM scratch has no /usr/share/doc beside it, so it
 * carries them itself.
 */
#include "licenses.h"

#include <stdio.h>

static const char text[] =
    "hale      MIT         Copyright (c) 2026 The hale authors\n"
    "musl      MIT         Copyright (c) 2005-2020 Rich Felker, et al.\n"
    "libyaml   MIT         Copyright (c) 2017-2020 Ingy dot Net\n"
    "                      Copyright (c) 2006-2016 Kirill Simonov\n"
#ifdef HALE_TLS
    "mbedTLS   Apache-2.0  Copyright The Mbed TLS Contributors\n"
#endif
    "libgcc    GPL-3.0-or-later WITH GCC-exception-3.1\n"
    "\n"
    "MIT\n"
    "\n"
    "Permission is hereby granted, free of charge, to any person obtaining a\n"
    "copy of this software and associated documentation files (the\n"
    "\"Software\"), to deal in the Software without restriction, including\n"
    "without limitation the rights to use, copy, modify, merge, publish,\n"
    "distribute, sublicense, and/or sell copies of the Software, and to\n"
    "permit persons to whom the Software is furnished to do so, subject to\n"
    "the following conditions:\n"
    "\n"
    "The above copyright notice and this permission notice shall be included\n"
    "in all copies or substantial portions of the Software.\n"
    "\n"
    "THE SOFTWARE IS PROVIDED \"AS IS\", WITHOUT WARRANTY OF ANY KIND, "
    "EXPRESS\n"
    "OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF\n"
    "MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT.\n"
    "IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY\n"
    "CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT,\n"
    "TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE\n"
    "SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.\n"
#ifdef HALE_TLS
    "\n"
    "Apache-2.0\n"
    "\n"
    "Licensed under the Apache License, Version 2.0: you may not use this\n"
    "software except in compliance with it. You may obtain a copy of it at\n"
    "https://www.apache.org/licenses/LICENSE-2.0. Unless required by\n"
    "applicable law or agreed to in writing, software distributed under it\n"
    "is distributed on an \"AS IS\" BASIS, WITHOUT WARRANTIES OR CONDITIONS "
    "OF\n"
    "ANY KIND, either express or implied. Packages and images of hale carry\n"
    "its text as copyright.\n"
#endif
    ;

int
verb_licenses(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return fputs(text, stdout) < 0;
}
