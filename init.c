/* SPDX-License-Identifier: MIT */
/* init.c - whose name was I called by, which verb; wires the parts. */

int
main(void)
{
	return 0;
}
