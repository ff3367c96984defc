# SPDX-License-Identifier: MIT
"""Runs what the documents show.  run.py ROOT TABLE TOP: each command and config
of them is run here, in ROOT as root.sh made it, or by the test that TABLE names;
one that has neither fails.
"""
import glob
import json
import os
import re
import shlex
import sys
import time

TOP = sys.argv[3]
sys.path[:0] = [TOP + "/tests/docs", TOP + "/tests/blackbox"]
from blocks import blocks
from examples import instruction, probes_only, whole_file
from machine import Machine

ROOT = sys.argv[1]
PAGES = ["README.md", "packaging/README.md", "examples/stack/README.md",
         "examples/stack/MIGRATION.md", "man/hale.1", "man/hale.yaml.5",
         "man/hale-api.7"] + sorted(
             os.path.relpath(p, TOP) for p in glob.glob(TOP + "/docs/*.md"))
PROBES = ("healthcheck", "liveness", "readiness", "startup")
counts = {True: 0, False: 0}


def told(truth, name, *why):
    if os.environ.get("TIMES"):
        name = "%.2f %s" % (time.monotonic() - told.last, name)
        told.last = time.monotonic()
    counts[bool(truth)] += 1
    print("%s - %s" % ("ok" if truth else "not ok", name), flush=True)
    if not truth:
        for text in why:
            print(re.sub("(?m)^", "#   ", str(text).rstrip()[-1500:]))


told.last = time.monotonic()


def put(text):
    with open(ROOT + "/srv/example.yaml", "w") as file:
        file.write(text)
    return ["hale", "run", "-c", "/srv/example.yaml"]


def lives(words, asked, test=None):
    """Runs until all that is asked is well, then stops as an engine does."""
    with Machine(ROOT, words) as hale:
        if hale.pid1 is None:
            return False, "ended at once: %d\n%s" % (hale.end(), hale.said())
        for ask in asked:
            status, out = hale.inside(ask)
            if status != 0:
                return False, "%s: %d: %s\n%s" % (
                    " ".join(ask), status, out, hale.said())
        if test:
            bad = test(hale)
            if bad:
                return False, bad + hale.said()
        status = hale.stop()
        # main's own where there is one: the stand-ins end by their signal
        return status in (0, 130, 131, 143), "stop: %d\n%s" % (
            status, hale.said())


def ends(words, want=0, **environment):
    with Machine(ROOT, words, quick=True, **environment) as hale:
        status = hale.end()
        # some machines don't let even root raise a limit; hale says so
        if "container lacks CAP_SYS_RESOURCE" in hale.said():
            want = 125
        return status == want, "%d, not %d\n%s" % (status, want, hale.said())


HEALTHY = ["hale", "health", "--wait=20s"]


def pages_of_kubelet(text):
    """[curl …] for each probe of a manifest."""
    return [["curl", "-sf", "http://127.0.0.1:%s%s" % (port, path)]
            for path, port in re.findall(r"path: (\S+?), port: (\d+)", text)]


def run_config(block):
    text = block.text
    if block.kind == "literal" and "httpGet" in text or block.kind == "yml":
        return lives(["hale", "run", "-c", "/srv/hale.yaml"],
                     [HEALTHY] + pages_of_kubelet(text))
    if probes_only(text):
        text = ("services: {main: {command: ./server}}\ndependencies:\n"
                + re.sub("(?m)^", "  ", text.rstrip()))
    return lives(put(text), [HEALTHY])


def run_dockerfile(block):
    text = block.text.replace("/sbin/", "/srv/bin/")
    words = instruction("ENTRYPOINT", text)
    health = instruction("HEALTHCHECK", text)
    link = re.search("(?m)^RUN (.*)$", text)
    if link:
        return lives(["/hale", "--socket", "/run/hale.sock", "--", "sleep", "99"],
                     [["sh", "-c", link.group(1).replace("/usr/", "/srv/")
                       .replace("/srv/local/", "/srv/")
                       .replace("ln -s ", "ln -sf ")
                       + " && /srv/bin/tini --version | grep -q ^tini"
                       + " && /srv/bin/gosu 1001 id -u | grep -qx 1001"]])
    if words:
        words += instruction("CMD", text) or ["/server"]
        if "--health" not in words:
            return ends(words)
    else:
        words = ["/hale", "--health", "tcp://127.0.0.1:8080", "/server"]
    return lives(words, [HEALTHY] + ([health] if health else []))


def run_key(block):
    """One key of hale.yaml(5): with a probe until it passes, else to its end."""
    text = whole_file(block.text)
    if block.text.startswith(PROBES):
        text = text.replace('x: {command: "true"', "x: {command: ./server")
        return lives(put(text), [HEALTHY[:2] + ["x"] + HEALTHY[2:]])
    return ends(put(text))


# What a command of hale(1) ends with, where that is not 0.
ENDLESS = {"hale events --follow": 124}


def run_command(block):
    words = shlex.split(block.text)
    if words[0] == "hale" and (words[1].startswith("-") or words[1] == "run" and
                               "-c" not in words):
        return ends(words)
    if words[:2] == ["hale", "run"]:
        return lives(words, [HEALTHY])
    want = ENDLESS.get(block.text, 0)
    with Machine(ROOT, ["hale", "run", "-c", "/srv/hale.yaml"]) as hale:
        hale.inside(HEALTHY)
        status, out = hale.inside(words, 2 if want == 124 else 60)
        return status == want and (out or "--" in words), "%d, not %d\n%s" % (status, want, out)


def runner(block):
    if block.page == "man/hale.yaml.5" and block.kind == "line":
        return run_key(block)
    if block.text.startswith(("ENTRYPOINT", "HEALTHCHECK")) or \
            block.kind == "dockerfile":
        return run_dockerfile(block)
    if block.text.startswith(("hale ", "curl ")):
        return run_command(block)
    if block.kind in ("yaml", "yml", "literal"):
        return run_config(block)
    return None


def read_table():
    """{(page, first line): (test, word)}; a first line of * is all that isn't run
    here, ** is all of the page"""
    rows = {}
    for line in open(sys.argv[2]):
        if line.strip() and not line.startswith("#"):
            page, text, test, word = line.rstrip("\n").split("\t")
            rows[page, text] = (test, word)
    return rows


def elsewhere(row):
    """What is wrong with "test TEST runs it, look for WORD there"; or nothing"""
    test, word = row
    if test == "-":
        return ""
    try:
        return "" if word in open(os.path.join(TOP, test)).read() else \
            "%s does not have %s" % (test, word)
    except OSError as error:
        return str(error)


def main():
    rows, used = read_table(), set()
    os.chdir(TOP)
    for block in blocks(PAGES):
        first = block.text.split("\n")[0]
        name = "%s:%d: %s" % (block.page, block.line, first[:60])
        whole = block.page, "**"
        result, key = None, whole if whole in rows else (block.page, first)
        if key not in rows:
            result = runner(block)
        if result is None and key not in rows:
            key = block.page, "*"
        if key in rows:
            used.add(key)
            told(not elsewhere(rows[key]), "%s: by %s: %s" % (
                (name,) + rows[key]), elsewhere(rows[key]))
            continue
        told(*((False, name, "no test runs it: tests/docs/table.tsv")
               if result is None else (result[0], name, result[1])))
    told(set(rows) == used, "the table has nothing that no page has",
         json.dumps(sorted(set(rows) - used)))
    told(sum(counts.values()) > 200, "there were many")
    print("%d passed, %d failed" % (counts[True], counts[False]))


main()
