/* SPDX-License-Identifier: MIT */
/*
 * pack.c - `pack IN OUT`: packs the sections .packed.* of a linked and stripped
 * hale; runs on the machine that builds, and needs xz.
 *
 * IN has them in segments of their own, behind .bss. In OUT their place in
 * memory is the end of .bss, and one segment, read only, has a table (struct
 * packed_part) and the packed bytes of each. Its physical address, which nobody
 * else looks at, is 0: by that supervisor/packed.c knows it. Section headers,
 * which only a debugger reads, are left out: build/ARCH/hale.debug has them.
 */
#include "supervisor/packed.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 4096, PARTS_MAX = 8 };

static const char *in_name, *out_name;
static uint8_t in[16 << 20], packed[1 << 20];
static size_t in_size;

static _Noreturn void
fail(const char *what)
{
	fprintf(stderr, "pack: %s: %s\n", in_name, what);
	exit(1);
}

/* The other way round: unfilter() of supervisor/packed.c, which see. */
static void
filter(uint8_t *code, const struct packed_part *part)
{
	const int32_t end = 1 << 24;
	int32_t value, here;

	for (uint32_t i = 0; i + 6 <= part->size; i++) {
		if (code[i] == 0x0f && (code[i + 1] & 0xf0) == 0x80)
			i++;
		else if ((code[i] & ~1) != 0xe8)
			continue;
		here = (int32_t)(part->place + i + 5);
		memcpy(&value, code + i + 1, sizeof(value));
		if (value >= -here && value < end - here)
			value += here;
		else if (value >= end - here && value < end)
			value -= end;
		memcpy(code + i + 1, &value, sizeof(value));
		i += 4;
	}
}

/* What xz makes of size bytes, appended to out. */
static void
append(FILE *out, const uint8_t *bytes, size_t size)
{
	char temporary[4096], command[4200];
	size_t got;
	FILE *stream;

	snprintf(temporary, sizeof(temporary), "%s.part", out_name);
	snprintf(command, sizeof(command),
	    "xz --format=raw --lzma1=preset=9e,nice=273,lc=3,lp=0,pb=0 "
	    "--stdout '%s'",
	    temporary);
	stream = fopen(temporary, "wb");
	if (stream == NULL || fwrite(bytes, 1, size, stream) != size ||
	    fclose(stream) != 0)
		fail("can't write a part");
	stream = popen(command, "r");
	if (stream == NULL)
		fail("no xz");
	got = fread(packed, 1, sizeof(packed), stream);
	if (pclose(stream) != 0 || got < 5 || got == sizeof(packed))
		fail("xz failed");
	if (fwrite(packed, 1, got, out) != got)
		fail("can't write");
	remove(temporary);
}

/*
 * The sections in the order of their addresses, as supervisor/packed.h is, and
 * the one that fills a page.
 */
static uint32_t
find_parts(Elf64_Shdr **parts, const Elf64_Shdr **filler)
{
	Elf64_Ehdr *file = (void *)in;
	Elf64_Shdr *sections = (void *)(in + file->e_shoff);
	const char *names =
	    (const char *)in + sections[file->e_shstrndx].sh_offset;
	uint32_t count = 0;

	for (uint32_t i = 0; i < file->e_shnum; i++)
		if (strncmp(names + sections[i].sh_name, ".packed.", 8) == 0) {
			if (count == PARTS_MAX)
				fail("more parts than expected");
			parts[count++] = &sections[i];
		} else if (strcmp(names + sections[i].sh_name, ".pad") == 0) {
			*filler = &sections[i];
		}
	return count;
}

/*
 * The first packed section's segment becomes the packed one, others nothing;
 * the writable segment before them reaches over all of them. What fills that
 * one's last page (mk/early.ld) may as well be the start of the packed one.
 */
static Elf64_Phdr *
change_segments(
    const Elf64_Shdr *first, const Elf64_Shdr *last, const Elf64_Shdr *filler)
{
	Elf64_Ehdr *file = (void *)in;
	Elf64_Phdr *entry = (void *)(in + file->e_phoff), *before = NULL;
	Elf64_Phdr *target = NULL;
	uint64_t end = (last->sh_addr + last->sh_size + PAGE - 1) / PAGE * PAGE;

	for (uint32_t i = 0; i < file->e_phnum; i++, entry++) {
		if (entry->p_type != PT_LOAD)
			continue;
		if (entry->p_vaddr < first->sh_addr)
			before = entry;
		else if (target == NULL)
			target = entry;
		else
			memset(entry, 0, sizeof(*entry));
	}
	if (before == NULL || target == NULL || !(before->p_flags & PF_W) ||
	    target->p_vaddr != first->sh_addr || target->p_offset % PAGE != 0)
		fail("segments are not as expected");
	before->p_memsz = end - before->p_vaddr;
	if (filler != NULL &&
	    filler->sh_offset + filler->sh_size == target->p_offset)
		target->p_offset = (filler->sh_offset + 7) & ~UINT64_C(7);
	target->p_vaddr = end + target->p_offset % PAGE;
	target->p_paddr = 0;
	target->p_flags = PF_R;
	return target;
}

static void
pack(FILE *out)
{
	Elf64_Ehdr *file = (void *)in;
	Elf64_Shdr *sections[PARTS_MAX];
	struct packed_part table[PARTS_MAX] = { 0 };
	const Elf64_Shdr *filler = NULL;
	uint32_t count = find_parts(sections, &filler);
	Elf64_Phdr *segment;
	uint64_t start;

	if (count == 0) {
		fwrite(in, 1, in_size, out);
		return;
	}
	segment = change_segments(sections[0], sections[count - 1], filler);
	start = segment->p_offset;
	fseek(out, (long)(start + count * sizeof(*table)), SEEK_SET);
	for (uint32_t i = 0; i < count; i++) {
		table[i].place = (uint32_t)sections[i]->sh_addr;
		table[i].size = (uint32_t)sections[i]->sh_size;
		table[i].is_code = (sections[i]->sh_flags & SHF_EXECINSTR) != 0;
		table[i].from = (uint32_t)((uint64_t)ftell(out) - start);
		if (table[i].is_code && file->e_machine == EM_X86_64)
			filter(in + sections[i]->sh_offset, &table[i]);
		append(out, in + sections[i]->sh_offset, table[i].size);
	}
	segment->p_filesz = segment->p_memsz = (uint64_t)ftell(out) - start;
	file->e_shoff = 0;
	file->e_shnum = file->e_shstrndx = 0;
	rewind(out);
	fwrite(in, 1, start, out);
	fwrite(table, sizeof(*table), count, out);
}

int
main(int argc, char **argv)
{
	const Elf64_Ehdr *file;
	FILE *stream;

	if (argc != 3)
		return 2;
	in_name = argv[1];
	out_name = argv[2];
	stream = fopen(in_name, "rb");
	if (stream == NULL)
		fail("can't open");
	in_size = fread(in, 1, sizeof(in), stream);
	fclose(stream);
	file = (const void *)in;
	if (in_size < sizeof(*file) || in_size == sizeof(in) ||
	    memcmp(in, ELFMAG, SELFMAG) != 0 ||
	    file->e_ident[EI_CLASS] != ELFCLASS64)
		fail("is no ELF file of 64 bits, or too large");
	stream = fopen(out_name, "wb");
	if (stream == NULL)
		fail("can't write");
	pack(stream);
	if (ferror(stream) || fclose(stream) != 0)
		fail("can't write");
	return 0;
}
