# SPDX-License-Identifier: MIT
"""The suite program by itself: its plan, and what it refuses to run."""
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

PROGRAM, SUITES = sys.argv[1:3]


def run(*arguments, **environment):
    clean = {k: v for k, v in os.environ.items() if not k.startswith('ATCONFORM_')}
    return subprocess.run([PROGRAM, *arguments], env=dict(clean, **environment), timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def load_models():
    models = {}
    for path in glob.glob(os.path.join(SUITES, '*', '*.json')):
        with open(path) as f:
            models[path] = json.load(f)
    return models


def check_plan(plan, models):
    requirements = {r['id']: r for m in models.values() for r in m['requirements']}
    commands = {m.get('command', m.get('message', '')) for m in models.values()}
    names = [case['case'] for case in plan]
    assert len(names) == len(set(names)), 'two cases have one name'
    short = [name.split('/', 1)[1] for name in names]
    assert len(short) == len(set(short)), 'two families share a case name'
    judged = set()
    for case in plan:
        assert set(case) == {'case', 'command', 'kind', 'requirements', 'tags', 'needs', 'file', 'line'}
        assert re.fullmatch(r'[a-z0-9_]+/[a-z0-9_]+/[a-z0-9_]+', case['case']), case['case']
        assert case['command'] in commands, case
        assert case['kind'] in ('derived', 'scenario'), case
        assert case['requirements'], f'{case["case"]} names no requirement'
        assert os.path.exists(os.path.join(SUITES, '..', case['file'])) or os.path.exists(case['file']), case
        assert case['line'] > 0, case
        assert not any(tag.startswith('needs:') for tag in case['tags']), case
        for requirement in case['requirements']:
            assert requirement in requirements, f'{case["case"]} names {requirement}'
            judge = requirements[requirement].get('judge', 'case')
            assert judge == 'case', f'{case["case"]} names {requirement}, which the {judge} judges'
            judged.add(requirement)
    for name, requirement in requirements.items():
        if requirement.get('judge', 'case') == 'case' and 'untestable' not in requirement:
            assert name in judged, f'{name} has no case'


def check_derived_and_scenarios(plan):
    kinds = [case['kind'] for case in plan]
    assert kinds.count('derived') > 100 and kinds.count('scenario') > 50, kinds
    power = next(c for c in plan if c['case'] == 'basic/sysmsg/outlives_the_power')
    assert power['needs'] == ['power'] and power['tags'] == ['nvs'], power
    general = next(c for c in plan if c['case'].startswith('general/general/'))
    assert general['command'] == '' and general['file'] == 'suites/general/general.c', general


def refused(status, part, *arguments, **environment):
    done = run(*arguments, **environment)
    assert done.returncode == status, f'{arguments} {environment}: exit {done.returncode}'
    assert part in done.stderr, done.stderr
    assert done.stderr.count('\n') <= 2 and not done.stdout, done.stderr


def check_refusals(folder):
    refused(2, 'usage', '--nonsense')
    refused(2, 'no folder with models', '--plan')
    refused(4, '/nowhere', '--plan', '--spec', '/nowhere')
    refused(2, 'atconform run')
    cases = os.path.join(folder, 'cases')
    with open(cases, 'w') as f:
        f.write('basic/at/there_is_no_such_case\n')
    refused(2, 'there is no case basic/at/there_is_no_such_case', ATCONFORM_RIG='/nowhere/rig',
            ATCONFORM_SPEC=SUITES, ATCONFORM_CASES=cases)
    with open(cases, 'w') as f:
        f.write('basic/rst/answers_again_by_itself\n')
    refused(4, '/nowhere/rig', ATCONFORM_RIG='/nowhere/rig', ATCONFORM_SPEC=SUITES, ATCONFORM_CASES=cases)


def check_sources():
    """A failing cr_assert(eq(str, ...)) would crash Criterion's parent: see src/at/libgit2.c."""
    for path in glob.glob(os.path.join(SUITES, '**', '*.c'), recursive=True):
        with open(path) as f:
            text = f.read()
        assert not re.search(r'\b(eq|ne|lt|gt|le|ge)\s*\(\s*str\s*,', text), f'{path}: use check()'
        assert not re.search(r'\bsleep\s*\(', text), f'{path}: wait with silence()'


done = run('--plan', '--spec', SUITES)
assert done.returncode == 0, done.stderr
plan = json.loads(done.stdout)
check_plan(plan, load_models())
check_derived_and_scenarios(plan)
with tempfile.TemporaryDirectory() as folder:
    check_refusals(folder)
check_sources()
print(f'{len(plan)} cases')
