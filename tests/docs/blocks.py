# SPDX-License-Identifier: MIT
"""Every command and config that the documents show, one Block each.

A block of a Markdown page is what stands between ``` and ```, or a command
line of it where it is a console's, or lines that are indented by four; one of
a manual page is a line of .Dl or what stands between .Bd -literal and .Ed.
"""
import collections
import os
import re

Block = collections.namedtuple("Block", "page line kind entry text")
TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
# What draws, and what a console said, is neither command nor config.
PICTURES = ("mermaid",)


def unroff(text):
    """The text of one line of a manual page."""
    for roff, plain in (("\\(dq", '"'), ("\\e", "\\"), ("\\-", "-"),
                        ("\\&", "")):
        text = text.replace(roff, plain)
    return text


def markdown(page, lines):
    fence, indented = None, []
    for number, line in enumerate(lines + [""], 1):
        if fence:
            if line != "```":
                fence[1].append(line)
                continue
            kind, body = fence
            first = number - len(body)
            if kind == "console":
                for i, said in enumerate(body):
                    if said.startswith("$ "):
                        yield Block(page, first + i, "console", "", said[2:])
            elif kind not in PICTURES:
                yield Block(page, first, kind, "", "\n".join(body) + "\n")
            fence = None
        elif line.startswith("```"):
            fence = (line[3:], [])
        elif re.match(r" {4,}\S", line) and (indented or before == ""):
            indented.append(line.strip())
        elif indented and line == "":
            pass
        elif indented:
            for i, said in enumerate(indented):
                yield Block(page, number - len(indented) - 1 + i, "indented",
                            "", said)
            indented = []
        before = line


def manual(page, lines):
    entry, literal = "", None
    for number, line in enumerate(lines, 1):
        if line.startswith((".It Cm ", ".It Fl ")):
            entry = line.split()[2]
        if line.startswith(".Bd -literal"):
            literal = []
        elif line == ".Ed":
            yield Block(page, number - len(literal), "literal", entry,
                        "\n".join(literal) + "\n")
            literal = None
        elif literal is not None:
            literal.append(unroff(line))
        elif line.startswith(".Dl "):
            yield Block(page, number, "line", entry, unroff(line[4:]))


def blocks(paths):
    for path in paths:
        lines = open(path).read().split("\n")
        read = markdown if path.endswith(".md") else manual
        yield from read(os.path.relpath(path, TOP), lines)
