#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""promises.py [FILE.md]...: is each test there that the documents name?

In a table whose head is "promise | test" a row names at least one test:
`blackbox/26-end`, `security/40-steps`, `unit/test_x`, `make target` ...; a name
without its directory, after another, is in the same one. What follows a test in
quotes is the name of one of its checks, as it stands in its source. Prints what is
not there.
"""
import glob
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FILES = ["docs/promises.md", "docs/proof.md", "docs/SECURITY.md"]


def source(name, before):
    """The paths of the test called name; before: the last one's directory."""
    if "/" not in name:
        name = os.path.join(before, name)
    name = name.rstrip("/")
    for place in ("tests/" + name, name):
        found = [path for path in glob.glob(os.path.join(TOP, place) + "*")
                 if path.startswith(os.path.join(TOP, place + ".")) or
                 path == os.path.join(TOP, place)]
        if found:
            return sorted(found)
    return []


def targets():
    with open(os.path.join(TOP, "Makefile"), encoding="utf-8") as f:
        return set(re.findall(r"^([\w-]+):", f.read(), re.M))


def wrong_in(row, known):
    """What is wrong with a row's tests; nothing, if all is well."""
    named, before, paths = 0, "blackbox", []
    for test, check in re.findall(r'`([^`]+)`|"([^"]+)"', row):
        if check:
            text = "".join(open(path, encoding="utf-8").read()
                           for path in paths if os.path.isfile(path))
            if check not in text:
                yield 'no check "%s" in %s' % (check, paths)
            continue
        if test.startswith("make "):
            named += 1
            if test.split()[1] not in known:
                yield "no target: %s" % test
            continue
        if not re.fullmatch(r"[\w./-]+", test) or not (
                "/" in test or re.match(r"\d\d-", test)):
            continue  # a word of the promise, a call
        named += 1
        paths = source(test, before)
        if "/" in test:
            before = os.path.dirname(test)
        if not paths:
            yield "no test: %s" % test
    if named == 0:
        yield "no test is named"


def main():
    known, rows, wrong = targets(), 0, 0
    for name in sys.argv[1:] or FILES:
        inside = False
        with open(os.path.join(TOP, name), encoding="utf-8") as f:
            for number, line in enumerate(f, 1):
                cells = [cell.strip() for cell in line.strip().split(" | ")]
                if not line.startswith("|"):
                    inside = False
                elif line.replace(" ", "").strip() == "|promise|test|":
                    inside = True
                elif inside and not line.startswith("| ---"):
                    rows += 1
                    for what in wrong_in(cells[-1], known):
                        wrong += 1
                        print("%s:%d: %s" % (name, number, what))
    if rows == 0:
        print("no promise in %s" % " ".join(sys.argv[1:] or FILES))
    return rows == 0 or wrong > 0


if __name__ == "__main__":
    sys.exit(main())
