#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""report.py - which lines of supervisor/ and healthcheck/ ran.

    report.py [--unreached LIST] --profiles DIR BINARY COUNTERS [PROGRAM]...

COUNTERS are those of BINARY, as tests/coverage/map.c left them; in DIR is what the
unit tests PROGRAM left.  Prints the share by file, the lowest first; the lines
that did not run go to the file "missed" beside COUNTERS.  With --unreached it
fails when one of them is not named in LIST, or when less than 95 % ran.
"""
import argparse
import collections
import glob
import os
import re
import struct
import subprocess
import sys

RECORD = 48  # bytes of one function's record in __llvm_prf_data


def sections(binary):
    """The bytes of each section, and where it is in memory."""
    with open(binary, "rb") as f:
        image = f.read()
    start, = struct.unpack_from("<Q", image, 40)
    size, count, names = struct.unpack_from("<HHH", image, 58)
    heads = [struct.unpack_from("<IIQQQQ", image, start + i * size)
             for i in range(count)]
    text = heads[names][4]
    found = {}
    for name, _, _, address, at, length in heads:
        word = image[text + name:image.index(b"\0", text + name)].decode()
        found[word] = (address, image[at:at + length])
    return found


def raw_profile(binary, counters, to):
    """What clang's own runtime would have written: raw format, version 8."""
    part = sections(binary)
    at_data, data = part["__llvm_prf_data"]
    at_counts, _ = part["__llvm_prf_cnts"]
    at_names, names = part["__llvm_prf_names"]
    with open(counters, "rb") as f:
        counts = f.read()
    names += bytes(-len(names) % 8)
    with open(to, "wb") as f:
        f.write(struct.pack(
            "<11Q", 0xff6c70726f667281, 8, 0, len(data) // RECORD, 0,
            len(counts) // 8, 0, len(part["__llvm_prf_names"][1]),
            (at_counts - at_data) % (1 << 64), at_names, 1))
        f.write(data + counts + names)


def lines_of(objects, profile):
    """{file: {line: times}} for our own sources."""
    more = [word for one in objects[1:] for word in ("-object", one)]
    out = subprocess.run(
        ["llvm-cov", "export", "-format=lcov", "-instr-profile", profile,
         objects[0]] + more, check=True, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True).stdout
    top = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
    ran, file = collections.defaultdict(dict), None
    for line in out.splitlines():
        if line.startswith("SF:"):
            file = os.path.relpath(os.path.realpath(line[3:]), top)
        elif line.startswith("DA:") and re.match(
                r"(supervisor|healthcheck)/\w+\.c$", file):
            number, times = map(int, line[3:].split(",")[:2])
            ran[file][number] = max(times, ran[file].get(number, 0))
    return ran


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--unreached")
    options.add_argument("--profiles")
    options.add_argument("binary")
    options.add_argument("counters")
    options.add_argument("programs", nargs="*")
    options = options.parse_args()
    work = os.path.dirname(options.counters)
    raw = os.path.join(work, "hale.profraw")
    raw_profile(options.binary, options.counters, raw)
    more = glob.glob(options.profiles + "/*.profraw")
    merged = os.path.join(work, "all.profdata")
    subprocess.run(["llvm-profdata", "merge", "-sparse", "-o", merged, raw] +
                   more, check=True)
    ran = lines_of([options.binary] + options.programs, merged)
    # The lines of the binary: what only other builds have is not of it.
    own = lines_of([options.binary], merged)
    ran = {file: {number: ran[file][number] for number in lines}
           for file, lines in own.items()}
    total = sum(map(len, ran.values()))
    missed = {file: [n for n in sorted(lines) if lines[n] == 0]
              for file, lines in ran.items()}
    for file in sorted(ran, key=lambda f: -len(missed[f]) / len(ran[f])):
        print("%6.2f %5d %5d %s" %
              (100 - 100 * len(missed[file]) / len(ran[file]),
               len(ran[file]), len(missed[file]), file))
    out = sum(map(len, missed.values()))
    print("%6.2f %5d %5d all" % (100 - 100 * out / total, total, out))
    with open(os.path.join(work, "missed"), "w", encoding="ascii") as f:
        for file in sorted(missed):
            with open(file, encoding="utf-8") as source:
                text = source.read().splitlines()
            for number in missed[file]:
                f.write("%s:%d:%s\n" % (file, number, text[number - 1]))
    if not options.unreached:
        return 0
    with open(options.unreached, encoding="utf-8") as f:
        named = {line.rstrip("\n") for line in f}
    strange = 0
    with open(os.path.join(work, "missed"), encoding="ascii") as f:
        for line in f:
            file, number, text = line.rstrip("\n").split(":", 2)
            if text.strip() in ("", "{", "}") or \
                    "%s: %s" % (file, text.strip()) in named:
                continue
            strange += 1
            print("not run, and not named: %s:%s: %s" %
                  (file, number, text.strip()))
    return strange > 0 or out > total * 5 // 100


if __name__ == "__main__":
    sys.exit(main())
