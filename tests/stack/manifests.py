# SPDX-License-Identifier: MIT
#
# manifests.py MANIFESTS KNOWN: the fields of the workloads and Services in
# MANIFESTS that are not in KNOWN, the same objects as kubectl read and wrote
# them: a field of a wrong name, or in a wrong place, is lost on that way.

import json
import sys

import yaml


def stream(text):
    """The JSON documents of TEXT, one after the other."""
    decoder, at = json.JSONDecoder(), 0
    while at < len(text.rstrip()):
        value, end = decoder.raw_decode(text, at)
        yield value
        at = end + len(text[end:]) - len(text[end:].lstrip())


def lost(mine, known, path):
    """Paths below MINE that KNOWN has not; values may be written otherwise."""
    if isinstance(mine, dict):
        for key, value in mine.items():
            if not isinstance(known, dict) or key not in known:
                yield f"{path}.{key}"
            else:
                yield from lost(value, known[key], f"{path}.{key}")
    elif isinstance(mine, list):
        for i, value in enumerate(mine):
            if not isinstance(known, list) or i >= len(known):
                yield f"{path}[{i}]"
            else:
                yield from lost(value, known[i], f"{path}[{i}]")


with open(sys.argv[2], encoding="utf-8") as file:
    known = {(k["kind"], k["metadata"]["name"]): k for k in stream(file.read())}
with open(sys.argv[1], encoding="utf-8") as file:
    for document in yaml.safe_load_all(file):
        key = document["kind"], document["metadata"]["name"]
        if key in known:
            for path in lost(document, known[key], ".".join(key)):
                print(path)
        elif key[0] not in ("NetworkPolicy", "ConfigMap"):
            print("/".join(key))
