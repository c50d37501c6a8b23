# SPDX-License-Identifier: MIT
"""Plays the rig for tests/at/sample.c: a case passes only when its body returned, every other way
out gives its own verdict or none, and the channel is always closed."""
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time

PROGRAM, SPEC = sys.argv[1:3]

# name: (verdict sent to the rig or None, result of Criterion, part of the message)
EXPECTED = {
    'passes': ('pass', 'pass', ''),
    'returns_early': ('pass', 'pass', ''),
    'fails': ('fail', 'fail', 'sample.c:24: TOY-1 (section 9.1, line 11): after "AT" expected "ERROR", came "OK"'),
    'fails_bare': (None, 'fail', ''),
    'fails_softly': ('pass', 'fail', ''),
    'checks': ('fail', 'fail', 'expected echoed() && !echoed(): seen 1'),
    'skips_bare': (None, 'skip', ''),
    'needs_more': ('unequipped', 'skip', 'this bench has no "a moon"'),
    'does_not_know': ('inconclusive', 'skip', 'no idea'),
    'misses_a_field': ('error', 'skip', 'no field <size>'),
    'exits': (None, 'pass', ''),
    'crashes': (None, 'crash', ''),
    'is_ended_by_the_rig': (None, 'skip', ''),
    'is_decided_before': ('n/a', 'skip', ''),
    'sees_lines_in_order': ('pass', 'pass', ''),
    'sees_lines_out_of_order': ('fail', 'fail', 'expected "WIFI CONNECTED" after "0,CLOSED"'),
    'sees_a_line_that_nobody_wants': ('fail', 'fail', '"0,CLOSED" came, which nothing asked for'),
    'takes_for_granted': ('inconclusive', 'skip', '"AT+TOY=99,9" was answered with "ERROR"'),
    'knows_the_network': ('pass', 'pass', ''),
    'misses_a_fact': ('unequipped', 'skip', 'this bench\'s network has no "twin.ssid"'),
    'reads_lines_one_by_one': ('pass', 'pass', ''),
    'is_told_things': ('pass', 'pass', ''),
    'is_told_off': ('error', 'skip', 'does not take {"get":"nothing"}'),
    'waits_longer_for_a_slow_command': ('pass', 'pass', ''),
}

# Derived cases of spec/toys/toy.json, against a module that wrongly takes the size 10, and then shows it.
DERIVED = {
    'query_answers_as_documented': ('pass', 'pass', ''),
    'set_answers_as_documented': ('pass', 'pass', ''),
    'set_reads_back': ('pass', 'pass', ''),
    'set_size_refuses_0': ('pass', 'pass', ''),
    'set_size_refuses_10': ('fail', 'fail', 'after "AT+TOY=10,0" expected "ERROR", came "OK"; claim: '),
    'there_is_no_such_case': ('error', 'skip', 'the model of toy gives no case there_is_no_such_case'),
}
EXPECTED.update(DERIVED)

verdicts = {}


def grant(case):
    decided = {'verdict': 'n/a'} if case.endswith('/is_decided_before') else {}
    return json.dumps({
        **decided,
        'case': case, 'attempt': 1, 'line': 0, 't': 0,
        'requirements': [{'id': 'TOY-1', 'section': '9.1', 'line': 11, 'grade': 'stated', 'text': 't'}],
        'deviations': [], 'facilities': ['control'], 'echo': True, 'deadline_ms': 10000, 'spec': [SPEC],
        'uart': {'baud': 115200, 'databits': 8, 'stopbits': 1, 'parity': 'none', 'flow': 'none'},
        'slow': {'AT+SLOW=': 3000},
        'network': {'access_point': {'ssid': 'a,b', 'channel': 6}, 'list': ['a', 'b']},
        'timeouts_ms': {'answer': 1000, 'restart': 1000, 'silence': 30, 'join': 700}}).encode()


def toy(command, state):
    """What the module answers; `state` is [size, color]."""
    if command == 'AT+TOY?':
        return f'+TOY:{state[0]},{state[1]}\r\n\r\nOK\r\n'
    if command == 'AT+NEWS=1':
        return 'WIFI CONNECTED\r\n0,CLOSED\r\nOK\r\n'
    if command == 'AT+LIST':
        return '+LIST:1,"a"\r\nready\r\n+LIST:2,"b"\r\nOK\r\n'
    if command == 'AT+SLOW=1':
        time.sleep(1.3)
    if command.startswith('AT+TOY='):
        size, color = map(int, command[7:].split(','))
        if size not in range(1, 11) or color not in (0, 1):
            return 'ERROR\r\n'
        state[:] = size, color
    return '\r\nOK\r\n'


def serve(connection):
    name, state = None, [3, 1]
    while True:
        try:
            message = connection.recv(65536)
        except ConnectionResetError:
            continue  # told once; what it said before is still to be read
        if not message:
            break
        kind, text = message[:1], message[1:]
        if kind == b'H':
            name = text.decode().rsplit('/', 1)[1]
            verdicts[name] = []
            connection.send(b'G' + grant(text.decode()))
        elif kind == b'T' and b'HANG' in text:
            connection.send(b'E' + json.dumps({'verdict': 'fail', 'why': 'enough'}).encode())
        elif kind == b'T':
            answer = toy(text.decode().strip(), state)
            connection.send(b'X' + bytes(8) + text + answer.encode())
        elif kind == b'K':
            answer = '{"ok":true,"value":{"list":[{},{"mac":"m"}],"on":true}}' if b'all' in text else '{"ok":false}'
            connection.send(b'A' + json.dumps({'ok': True, 'text': answer}).encode())
        elif kind == b'V':
            verdicts[name].append(json.loads(text))
    assert name not in DERIVED or name == 'set_size_refuses_10' or state == [3, 1], f'{name} left {state}'
    verdicts[name].append('closed')
    connection.close()


def listen(listener):
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=serve, args=(connection,), name='case', daemon=True).start()


def run(environment):
    done = subprocess.run([PROGRAM, *DERIVED], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=60)
    return dict(line.split() for line in done.stdout.decode().splitlines())


def check_one(name, expected, results):
    verdict, result, part = expected
    sent = verdicts[name]
    assert results[name] == result, f'{name}: Criterion said {results[name]}, not {result}'
    assert sent[-1] == 'closed', f'{name}: the channel stayed open'
    got = sent[0]['verdict'] if sent[0] != 'closed' else None
    assert got == verdict, f'{name}: verdict {got}, not {verdict}'
    assert len(sent) <= 2, f'{name}: more than one verdict'
    if verdict:
        assert part in sent[0]['message'], f'{name}: {sent[0]["message"]}'


with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, 'rig')
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(path)
    listener.listen(16)
    threading.Thread(target=listen, args=(listener,), daemon=True).start()
    environment = dict(os.environ, TMPDIR=folder)
    environment.pop('ATCONFORM_RIG', None)
    cases = os.path.join(folder, 'cases')
    with open(cases, 'w') as f:
        f.writelines(f'toys/toy/{name}\n' for name in EXPECTED)
    alone = run(environment)
    assert alone and set(alone.values()) == {'fail'}, f'without a rig every case must fail: {alone}'
    results = run(dict(environment, ATCONFORM_RIG=path, ATCONFORM_CASES=cases))
    for thread in threading.enumerate():
        if thread.name == 'case':
            thread.join(30)
    for name, expected in EXPECTED.items():
        check_one(name, expected, results)
print(f'{len(EXPECTED)} ways out')
