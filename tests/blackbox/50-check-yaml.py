#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""50-check-yaml.py HALE SEED COUNT: random files through `hale config --json`
and through PyYAML. What one takes the other takes, with the same meaning."""
import json
import random
import subprocess
import sys

import yaml

hale, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rand = random.Random(seed)
ALPHABET = ("abc XYZ 019 .,:;#-?!&*|>%@`'\"\\/{}[]~=_+^()<\t\n"
            "\u00e4\u20ac\U0001f600")
WORDS = ["yes", "no", "null", "~", "0x1f", "1e3", "0o17", ".inf", "2026-01-01",
         "true", "", " ", "-", "--- x", "a: b", "a #b", "#", "- x", "? x", "%x",
         "0777", "1_000", "12:30:45", "<<", "=", "*a", "&a", "!x", "a'b", 'a"b']
failures = 0


def text():
    if rand.random() < 0.4:
        return rand.choice(WORDS)
    return "".join(rand.choice(ALPHABET) for _ in range(rand.randint(0, 40)))


def document():
    services = {}
    for i in range(rand.randint(1, 4)):
        service = {"command": [text() or "x" for _ in range(rand.randint(1, 5))]}
        service["command"][0] = "prog%d" % i
        if rand.random() < 0.7:
            service["environment"] = {
                "K%d" % k: text() for k in range(rand.randint(1, 5))}
        services["s%d" % i] = service
    return {"services": services}


def dump(data):
    return yaml.safe_dump(
        data, default_flow_style=rand.choice([None, True, False]),
        default_style=rand.choice([None, None, "'", '"', "|", ">"]),
        allow_unicode=rand.random() < 0.7, indent=rand.choice([2, 4, 7]),
        width=rand.choice([20, 80, 1000]), sort_keys=False,
        explicit_start=rand.random() < 0.3, explicit_end=rand.random() < 0.3,
        line_break=rand.choice(["\n", "\n", "\r\n"]))


def mutate(source):
    data = bytearray(source, "utf-8")
    for _ in range(rand.randint(1, 2)):
        at = rand.randrange(len(data))
        how = rand.randrange(4)
        if how == 0:
            del data[at:at + rand.randint(1, 4)]
        elif how == 1:
            data[at:at] = rand.choice(
                [b" ", b"\n", b":", b"- ", b"'", b'"', b"#", b"\t", b"[", b"}",
                 b"&a ", b"*a", b"!!str ", b"|", b"\xff", b"\0", b"? ", b","])
        elif how == 2:
            data[at] = rand.randrange(256)
        else:
            end = at + rand.randint(1, 30)
            data[at:at] = data[at:end]
        if not data:
            return b"\n"
    return bytes(data)


def by_hale(data):
    done = subprocess.run([hale, "config", "--json", "-c", "-"], input=data,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr.decode(errors="replace")


def meaning(services):
    """What the comparison is about, with every scalar as its text."""
    return {name: (service.get("command"), service.get("environment") or {})
            for name, service in services.items()
            if isinstance(service, dict)}


def differ(what, data, *seen):
    global failures
    failures += 1
    if failures <= 3:
        print("#", what, repr(data)[:1500], *(repr(s)[:600] for s in seen))


def texts(environment):
    """Without a value is empty for BaseLoader."""
    return {name: value or "" for name, value in environment.items()}


def unlike(got, want):
    return [(name, got.get(name), want[name]) for name in want
            if got.get(name) != want[name]]


taken = refused = 0
for number in range(count):
    source = dump(document())
    # Not what was dumped: PyYAML's folding of "\\ " adds a blank.
    wanted = yaml.load(source, Loader=yaml.BaseLoader)
    # A $ would be a variable; there is none in ALPHABET.
    code, out, err = by_hale(source.encode())
    if code != 0:
        differ("refused", source, err)
    elif meaning(json.loads(out)["services"]) != meaning(wanted["services"]):
        differ("another meaning", source, unlike(
            meaning(json.loads(out)["services"]), meaning(wanted["services"])))
    data = mutate(source)
    code, out, err = by_hale(data)
    if code not in (0, 1):
        differ("neither taken nor refused: %d" % code, data, err)
    elif code == 0:
        taken += 1
        if b"$" in data:
            continue
        try:
            # libyaml's own: the one in Python takes other tabs and question
            # marks.
            loaded = yaml.load(data, Loader=yaml.CBaseLoader)
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            differ("taken, not by PyYAML", data, error)
            continue
        got = meaning(json.loads(out)["services"])
        want = meaning(loaded["services"])
        for name, (command, environment) in want.items():
            if isinstance(command, list) and got[name][0] != command:
                differ("another command", data, got[name][0], command)
            if isinstance(environment, dict) and all(
                    isinstance(value, str) for value in environment.values()
                    ) and texts(got[name][1]) != environment:
                differ("another environment", data, got[name][1], environment)
    else:
        refused += 1
        if ":" not in err:
            differ("refused without a place", data, err)
print("same" if failures == 0 else "%d differ" % failures)
print("# %d mutants taken, %d refused" % (taken, refused))
