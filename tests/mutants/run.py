#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""run.py [--sample N] [--seed S] [FILE...]: is the pure core tested?

Makes mutants of what decides (core, life, service, graph, backoff, grace,
verdict): a condition negated, one half of it left out, a comparison or a number
shifted by one, a statement dropped, a cell of the state table sent elsewhere.
Each is built and has to fail a unit test or the simulation. Who survives is
listed, but for those that tests/mutants/equivalent names: they change nothing
that can be seen, and the file says why. --sample takes N of the others, by
seed.
"""
import argparse
import hashlib
import os
import random
import re
import shutil
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
DIR = os.path.join(TOP, 'build/mutants', str(os.getpid()))
SIM = ['core', 'life', 'service', 'graph', 'backoff', 'grace']
FILES = ['supervisor/%s.c' % name for name in SIM] + ['healthcheck/verdict.c']
# A unit test, and what is linked to it.
TESTS = {
    'core': FILES[:len(SIM)],
    'service': ['supervisor/service.c'],
    'graph': ['supervisor/graph.c'],
    'backoff': ['supervisor/backoff.c'],
    'grace': ['supervisor/grace.c', 'supervisor/graph.c'],
    'verdict': ['healthcheck/verdict.c', 'healthcheck/answer.c'],
}
CC = [os.environ.get('HOSTCC', 'gcc'), '-std=c11', '-D_GNU_SOURCE', '-I.',
      '-w', '-O1']
SAN = '-fsanitize=address'
STEPS, SECONDS = '120000', 20

SWAPS = [('<=', '<'), ('>=', '>'), ('==', '!='), ('!=', '=='), ('&&', '||'),
         ('||', '&&'), (' < ', ' <= '), (' > ', ' >= '), (' + 1', ' + 2'),
         (' - 1', ' - 2'), (' + ', ' - '), (' - ', ' + '), (' * ', ' + '),
         (' true', ' false'), (' false', ' true'), ('++', '--'), ('--', '++')]


def halves(text, start, end):
    """A condition's operands at its outermost && or ||, as (from, to)."""
    depth, cuts = 0, []
    for i in range(start, end):
        depth += text[i] in '([' or -(text[i] in ')]')
        if depth == 0 and text[i:i + 2] in ('&&', '||'):
            cuts.append(i)
    edges = [start - 2] + cuts + [end]
    return [(a + 2, b) for a, b in zip(edges, edges[1:])] if cuts else []


def closing(text, at):
    depth = 0
    for i in range(at, len(text)):
        depth += text[i] == '('
        depth -= text[i] == ')'
        if depth == 0:
            return i
    return len(text)


def body(text):
    """Where code is: not comments, strings, directives, declarations."""
    hidden = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\])*"|^#[^\n]*', re.S | re.M)
    return hidden.sub(lambda m: re.sub(r'[^\n]', ' ', m.group()), text)


def mutants_of(text):
    """(from, to, replacement, what was done), in the order of the file."""
    code = body(text)
    for match in re.finditer(r'\b(if|while) \(', code):
        a, b = match.end(), closing(code, match.end() - 1)
        yield a, b, '!(' + text[a:b] + ')', 'negated'
        for x, y in halves(code, a, b):
            yield x, y, ' 1 ' if '&&' in code[a:b] else ' 0 ', 'half left out'
    for match in re.finditer(r'\breturn ([^;]*(?:&&|\|\|)[^;]*);', code):
        a, b = match.span(1)
        yield a, b, '!(' + text[a:b] + ')', 'negated'
        for x, y in halves(code, a, b):
            yield x, y, ' 1 ' if '&&' in code[a:b] else ' 0 ', 'half left out'
    for old, new in SWAPS:
        for match in re.finditer(re.escape(old), code):
            a = match.start()
            if old in ('++', '--') and 'for (' in code[
                    code.rfind('\n', 0, a):a]:
                continue
            yield a, match.end(), new, '%s for %s' % (new.strip(),
                                                      old.strip())
    for match in re.finditer(
            r'^\t+((?!return|break|continue|goto|case|default|else|static|'
            r'const|struct|enum|int|bool|u?int\d+_t|size_t|uint|char)'
            r'[A-Za-z_*(][^;{}:?]*);\n', code, re.M):
        a, b = match.span(1)
        if re.match(r'[\w*>.\[\]() -]+(\(|[-+|&]?=|\+\+|--)', code[a:b + 1]):
            yield a, b, '', 'dropped'
    for match in re.finditer(r'STEP\((\w+), (\w+)\),', code):
        if match.group(1) != 'state':
            a, b = match.span(2)
            yield a, b, 'NONE' if text[a:b] != 'NONE' else 'TERM', 'action'
            a, b = match.span(1)
            yield a, b, 'FAILED' if text[a:b] != 'FAILED' else 'UP', 'state'


def name_of(path, text, mutant):
    """The same as long as its line is: FILE: LINE'S TEXT: what."""
    a, b, new, what = mutant
    begin = text.rfind('\n', 0, a) + 1
    line = text[begin:text.find('\n', b)]
    key = hashlib.sha256(('%s|%s|%s|%d|%s' % (
        path, line, what, a - begin, text[max(0, begin - 200):begin]
    )).encode()).hexdigest()[:10]
    return '%s %s:%d: %s: %s' % (key, path, text.count('\n', 0, a) + 1, what,
                                 ' '.join(line.split()))


def run(words, seconds=SECONDS):
    try:
        return subprocess.run(words, cwd=TOP, timeout=seconds,
                              stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode
    except subprocess.TimeoutExpired:
        return -1


def obj(path):
    return os.path.join(DIR, path.replace('/', '-') + '.o')


def compiled(file, out, *more):
    return run(CC + list(more) + ['-c', file, '-o', out]) == 0


def prepare():
    os.makedirs(DIR, exist_ok=True)
    parts = {part for parts in TESTS.values() for part in parts}
    paths = sorted(parts | set(FILES)) + [
        'tests/unit/test_%s.c' % name for name in TESTS] + [
        'tests/sim/' + name for name in sorted(os.listdir(TOP + '/tests/sim'))
        if name.endswith('.c')]
    for path in paths:
        if not (compiled(path, obj(path)) and
                compiled(path, obj(path) + '.san', SAN)):
            sys.exit('mutants: %s does not build' % path)


def programs(path):
    """The tests that path is in, the fast ones first."""
    for name, parts in TESTS.items():
        if path in parts:
            yield ['tests/unit/test_%s.c' % name] + parts, [
                '-lcmocka', SAN], []
    if path in FILES[:len(SIM)]:
        yield ['tests/sim/' + name for name in os.listdir(TOP + '/tests/sim')
               if name.endswith('.c')] + FILES[:len(SIM)], [
                   '-Wl,--wrap=service_step'], [STEPS]


def survives(path, source=None):
    """Do all tests pass with source in place of path?"""
    mine = os.path.join(DIR, 'mutant.o')
    program = os.path.join(DIR, 'mutant')
    if source is not None:
        file = os.path.join(DIR, 'mutant.c')
        with open(file, 'w') as out:
            out.write(source)
    for parts, libraries, arguments in programs(path):
        san = [SAN] if SAN in libraries else []
        if source is not None and not compiled(
                file, mine + '.san' * len(san), '-I' + os.path.dirname(path),
                *san):
            return None
        objects = [mine if part == path and source is not None else obj(part)
                   for part in parts]
        objects = [part + '.san' * len(san) for part in objects]
        if run(CC[:1] + ['-o', program] + objects + libraries) != 0:
            sys.exit('mutants: the tests of %s do not link' % path)
        if run([program] + arguments,
               SECONDS if source is not None else 6 * SECONDS) != 0:
            return False
    return True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--sample', type=int)
    parser.add_argument('--seed', default='1')
    parser.add_argument('files', nargs='*')
    options = parser.parse_args()
    prepare()
    known = {}
    with open(os.path.join(TOP, 'tests/mutants/equivalent')) as lines:
        for line in lines:
            if line.strip() and line[0] != '#':
                known[line.split()[0]] = line
    made = []
    for path in options.files or FILES:
        with open(os.path.join(TOP, path)) as file:
            text = file.read()
        if not survives(path):
            sys.exit('mutants: the tests of %s fail as it is' % path)
        made += [(path, text, mutant) for mutant in mutants_of(text)]
    count = {'passed': 0, 'failed': 0}
    told = len(made)
    made = [each for each in made if name_of(*each).split()[0] not in known]
    print('# %d of %d change nothing that can be seen' % (
        told - len(made), told))
    if options.sample is not None:
        random.Random(options.seed).shuffle(made)
        del made[options.sample:]
    for path, text, mutant in made:
        a, b, new, _ = mutant
        name = name_of(path, text, mutant)
        result = survives(path, text[:a] + new + text[b:])
        if result is True:
            count['failed'] += 1
            print('not ok - survives: ' + name, flush=True)
        elif result is False:
            count['passed'] += 1
    print('%d passed, %d failed' % (count['passed'], count['failed']))
    return count['failed'] != 0


try:
    sys.exit(main())
finally:
    shutil.rmtree(DIR, ignore_errors=True)
