# SPDX-License-Identifier: MIT
"""Takes the examples out of the documents, for 95-docs.sh.

examples.py files DIR SOURCE...     each YAML example as a file of DIR
examples.py keys SCHEMA PAGE        keys that have no example in the page
examples.py unshown PAGE             options and verbs without an example
examples.py commands SOURCE...      words after each `hale`, by tabs
examples.py messages HALE PAGE      messages that the binary does not have
examples.py explained PAGE C-FILE...  messages of theirs that it does not have
examples.py entrypoint SOURCE       ENTRYPOINT and CMD of its first Dockerfile
examples.py healthcheck SOURCE      the command of its HEALTHCHECK
"""
import json
import os
import re
import shlex
import sys

# What no user's file or command line can bring about.
INTERNAL = ("a table refuses", "is too wide for its table", "no memory",
            "can't be said in one word", "seccomp: can't unpack",
            "can't unpack",
            "reaped orphan", "an event was lost")
TOPS = ("services", "dependencies", "secrets", "hale")


def unroff(text):
    """The text of one line of a man page."""
    for roff, plain in (("\\(dq", '"'), ("\\e", "\\"), ("\\-", "-"),
                        ("\\&", "")):
        text = text.replace(roff, plain)
    return text


def whole_file(example):
    """Makes a hale.yaml of one line of hale.yaml.5."""
    key = example.split(":")[0]
    if key in TOPS:
        text = example + "\n"
        if key != "services":
            text += 'services: {a: {command: "true"}}\n'
    else:
        if example.startswith("{"):
            example = example[1:-1]
        command = "" if key in ("command",) else 'command: "true", '
        text = ('services: {other: {command: "true"}, x: {%s%s}}\n'
                % (command, example))
    if "db:" in text and key != "dependencies":
        text += 'dependencies: {db: {tcp: "db:5432"}}\n'
    if "secret: token" in text:
        text += "secrets: {token: {environment: HOME}}\n"
    return text


def page_lines(path):
    """(entry, example) of each example line of a man page."""
    entry = ""
    for line in open(path):
        if line.startswith(".It Cm "):
            entry = line[7:].split()[0]
        if line.startswith(".Dl "):
            yield entry, unroff(line[4:].rstrip("\n"))


def blocks(path):
    """(kind, text) of each fenced block, or literal display, of a document."""
    text = open(path).read()
    if path.endswith(".yaml"):
        yield "yaml", text
    elif path.endswith(".md"):
        for kind, body in re.findall(r"^```(\w*[^\n]*)\n(.*?)^```$", text,
                                     re.M | re.S):
            yield kind, body
    else:
        for body in re.findall(r"^\.Bd -literal[^\n]*\n(.*?)^\.Ed$", text,
                               re.M | re.S):
            yield "yaml", unroff(body)


def probes_only(text):
    """A list of probes by name, as in the recipes of hale.yaml.5?"""
    return not re.search(r"^(services|dependencies|secrets|hale):", text, re.M)


def files(out, paths):
    number = 0
    for path in paths:
        examples = [body for kind, body in blocks(path) if kind == "yaml"]
        examples = [("dependencies:\n" + re.sub("(?m)^", "  ", body)
                     + '\nservices: {a: {command: "true"}}\n'
                     if probes_only(body) else body) for body in examples]
        if not path.endswith((".md", ".yaml")):
            examples += [whole_file(text) for _, text in page_lines(path)]
        for body in examples:
            number += 1
            name = "%s-%03d.yaml" % (os.path.basename(path), number)
            with open(os.path.join(out, name), "w") as file:
                file.write(body)


def unshown(page):
    """Prints the options and verbs of a page that have no example."""
    text = re.search(r"^\.Ss Options$(.*?)^\.Ss PID 1$", open(page).read(),
                     re.M | re.S).group(1)
    for entry in re.split(r"^\.It ", text, flags=re.M)[1:]:
        if not re.search(r"^\.Dl hale ", entry, re.M):
            print("no example:", entry.split("\n")[0])


def keys(schema, page):
    shown = {entry for entry, _ in page_lines(page)}

    def walk(node):
        if isinstance(node, list):
            for one in node:
                walk(one)
        if not isinstance(node, dict):
            return
        for name, key in node.get("properties", {}).items():
            if isinstance(key, dict) and name != "secret" and \
                    not key.get("description", "").startswith("no meaning") \
                    and name not in shown:
                shown.add(name)
                print("no example:", name)
        for value in node.values():
            walk(value)

    walk(json.load(open(schema)))


def instruction(name, body):
    """The JSON array of an instruction of a Dockerfile, or nothing."""
    found = re.search(r"^%s[^[\n]*(\[.*\])$" % name, body, re.M)
    return json.loads(found.group(1)) if found else []


def hale_words(words):
    """The words after hale, up to a command's own; nothing: not hale."""
    for i, word in enumerate(words):
        if os.path.basename(word) == "hale" and words[0] != "cp":
            words = words[i + 1:]
            return words[:words.index("--")] if "--" in words else words
    return []


def commands(paths):
    for path in paths:
        lines = []
        if path.endswith(".md"):
            for kind, body in blocks(path):
                if kind == "dockerfile":
                    lines.append(instruction("ENTRYPOINT", body)
                                 + instruction("CMD", body))
                    lines.append(instruction("HEALTHCHECK", body))
                if kind == "console":
                    lines += [shlex.split(line[2:], comments=True)
                              for line in body.split("\n")
                              if line.startswith("$ ")]
        else:
            lines += [shlex.split(text) for _, text in page_lines(path)
                      if text.startswith("hale ")]
        for words in filter(None, map(hale_words, lines)):
            print("\t".join(words))


def messages(binary, page):
    said = open(binary, "rb").read().decode("latin-1").replace("`", "")
    # Made of words of a table, or words of the C library.
    said += ("is not healthy connection refused not started: post_start "
             "pre_stop ended by SIGKILL exit status must be a list, not a "
             "mapping not in /etc/passwd the user name is empty unknown group "
             "of system calls ")
    holes = r"…|%|\b(?:N|M|X|Y|Z|Ns|Ms|FILE|LINE|COLUMN|PATH)\b"
    for row in re.findall(r"^\| (`.*?) \| ", open(page).read(), re.M):
        for message in re.findall(r"`([^`]+)`", row):
            for part in re.split(holes, message):
                part = part.strip(" :,()\"-")
                if len(part) >= 4 and part not in said:
                    print("not in the binary:", part)


def refusals(source):
    """What a file of C refuses with, or warns of: the texts of each call."""
    text = open(source).read()
    for call in re.finditer(r"\b(?:conf_refuse|tree_refuse|fail|log_error|"
                            r"log_warn)\(", text):
        end, depth = call.end(), 1
        while depth:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        yield re.findall(r'"((?:[^"\\]|\\.)*)"', text[call.end():end])


def explained(page, sources):
    """Prints each message of the sources that the page does not have."""
    page = open(page).read().replace("`", "")
    for source in sources:
        for texts in refusals(source):
            parts = [part.strip(" :,.}()\"-$\\") for text in texts for part in
                     re.split(r"%[-.0-9*]*[a-z]+", text.replace("`", "").replace('\\"', '"'))]
            parts = [part for part in parts if len(part) > 5]
            if parts and not any(part in page for part in parts) and \
                    not parts[0].startswith(INTERNAL):
                print("%s: not explained: %s" % (source, parts))


def first_dockerfile(path):
    return [body for kind, body in blocks(path) if kind == "dockerfile"][0]


def main():
    what, rest = sys.argv[1], sys.argv[2:]
    if what == "files":
        files(rest[0], rest[1:])
    elif what == "keys":
        keys(rest[0], rest[1])
    elif what == "unshown":
        unshown(rest[0])
    elif what == "commands":
        commands(rest)
    elif what == "messages":
        messages(rest[0], rest[1])
    elif what == "explained":
        explained(rest[0], rest[1:])
    elif what == "entrypoint":
        body = first_dockerfile(rest[0])
        print("\n".join(instruction("ENTRYPOINT", body)
                        + instruction("CMD", body)))
    elif what == "healthcheck":
        print("\n".join(instruction("HEALTHCHECK", first_dockerfile(rest[0]))))


if __name__ == "__main__":
    main()
