# SPDX-License-Identifier: MIT
"""Plays rig, module and peers for tests/at/sample-data.c: data in both directions, passthrough, peers, and the derived
cases of a model with peers."""
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading

PROGRAM, SPEC = sys.argv[1:3]

# name: (verdict, part of the message)
EXPECTED = {
    'sends': ('pass', ''),
    'meets_a_deviation': ('pass', ''),
    'sends_in_vain': ('fail', 'after "AT+CIPSEND=5" expected "SEND OK", came "SEND FAIL"'),
    'gets_no_prompt': ('fail', 'expected the prompt ">"'),
    'is_refused': ('pass', ''),
    'takes_data': ('pass', ''),
    'takes_other_data': ('fail', '+IPD of link 0: expected 6 bytes, from byte 2 on "Xdef", came "c"'),
    'takes_too_little': ('fail', '+IPD of link 0: expected 9 bytes, from byte 6 on "ghi", came "" and no more within 50'),
    'wants_no_data': ('fail', 'expected no +IPD of link 1, came "xy"'),
    'follows_a_pattern': ('fail', 'link 0: byte 0 is 0x61, the pattern that was sent has'),
    'reads_data': ('fail', '+CIPRECVDATA: expected 5 bytes, from byte 0 on "other", came "hello"'),
    'passes_through': ('pass', ''),
    'starts_into_passthrough': ('pass', ''),
    'asks_peers': ('pass', ''),
    'is_refused_a_peer': ('error', "the tester's peers can't do"),
    'hears_another_word': ('fail', 'peer 3 (tcp-echo): from byte 3 on expected "p", received "l"'),
    'hears_too_much': ('fail', 'peer 3 was to receive nothing, and received "hello"'),
    'waits_in_vain': ('fail', 'peer 3 (tcp-echo) waited 20 ms for connect (9) in vain'),
    'is_closed_in_another_way': ('fail', 'the connection of peer 3 was to be closed by rst, it ended by fin'),
    'goes_online': ('pass', ''),
}
DERIVED = {
    'set_single_answers_as_documented': ('pass', ''),
    'set_single_length_accepts_2048': ('pass', ''),
    'set_single_length_refuses_2049': ('pass', ''),
    'set_multiple_answers_as_documented': ('pass', ''),
}
EXPECTED.update(DERIVED)
DATA = (b'+IPD,0,2:ab\r\n+IPD,1,2,"10.0.0.1",80:xy\r\n+IPD,0,1:c\r\n+IPD,0,3:def\r\n+IPD,2,100\r\n+IPD,1,1:z0,CLOSED\r\n'
        b'\r\nOK\r\n')
# What the module says to what it is sent, for the cases that need other words.
SAYS = {
    'sends': {'AT+CIPSEND=5': b'\r\nOK\r\n0,CLOSED\r\n>', 'hello': b'\r\n+IPD,5:early\r\nSEND OK\r\n'},
    'meets_a_deviation': {'llo': b'\r\nRecv 5 bytes\r\n\r\nSEND OK\r\n'},
    'sends_in_vain': {'hello': b'\r\nSEND FAIL\r\n'},
    'gets_no_prompt': {'AT+CIPSEND=5': b'\r\nOK\r\n'},
    'is_refused': {'AT+CIPSEND=0': b'\r\nERROR\r\n', 'hello': b'\r\nSEND FAIL\r\n'},
    'starts_into_passthrough': {'AT+RST': b'\r\nOK\r\n', 'hello': b'HELLO'},
    'passes_through': {'AT+CIPSEND': b'\r\nOK\r\n\r\n>', 'hello': b'HELLO', '+++': b'\r\n+QUITT\r\n'},
}
COMMON = {
    'AT+GO': DATA, 'he': b'',
    'AT+CIPRECVDATA=0,5': b'+CIPRECVDATA:5,hello\r\nOK\r\n', 'AT+CIPRECVDATA=0,9': b'+CIPRECVDATA:3,bye\r\nOK\r\n',
    'AT+CIPSEND=5': b'\r\nOK\r\n>', 'hello': b'\r\nSEND OK\r\n', 'AT+CIPSEND=4': b'\r\nOK\r\n>', 'abcd': b'\r\nSEND OK\r\n',
    'AT+CIPSEND=0,7': b'\r\nOK\r\n>', 'abcdefg': b'\r\nRecv 7 bytes\r\n\r\nSEND OK\r\n',
    'AT+CIPSEND=2048': b'\r\nOK\r\n>', 'AT+CIPSEND=2049': b'\r\nERROR\r\n',
    'AT+CWMODE?': b'+CWMODE:1\r\n\r\nOK\r\n', 'AT+CWQAP': b'WIFI DISCONNECT\r\n\r\nOK\r\n',
    'AT+CWJAP="a\\,b","p"': b'WIFI CONNECTED\r\nWIFI GOT IP\r\n\r\nOK\r\n',
    'AT+CIPSTART="TCP","127.0.0.2",4711': b'CONNECT\r\n\r\nOK\r\n', 'AT+CIPCLOSE': b'CLOSED\r\n\r\nOK\r\n',
}
results, sent, peers, controls = {}, {}, {}, {}


def grant(case):
    deviation = {'id': 'CIPSEND-D1', 'requirement': 'CIPSEND-3', 'text': 't', 'source': 's',
                 'match': [{'command': 'AT+CIPSEND=*', 'response': ['Recv <n> bytes'], 'final': 'SEND OK'}]}
    return json.dumps({
        'case': case, 'attempt': 1, 'line': 0, 't': 0,
        'requirements': [{'id': 'CIPSEND-3', 'section': '9.2', 'line': 24, 'grade': 'stated', 'text': 't'}],
        'deviations': [deviation], 'facilities': ['control', 'air', 'peers'], 'echo': True, 'deadline_ms': 10000,
        'uart': {'baud': 115200, 'databits': 8, 'stopbits': 1, 'parity': 'none', 'flow': 'none'}, 'spec': [SPEC],
        'network': {'access_point': {'ssid': 'a,b', 'password': 'p'}, 'module_address': '127.0.0.1'}, 'guard_ms': 5,
        'timeouts_ms': {'answer': 2000, 'restart': 1000, 'silence': 20, 'join': 500, 'lease': 500, 'escape': 30}}).encode()


class Peers:
    """One peer, number 3, with one connection that received "hello" and was closed."""
    def __init__(self):
        self.kept = b'hello'

    def state(self, **more):
        one = {'k': 0, 'from': '127.0.0.1:9', 'received': 5, 'closed': 'fin'}
        return {'ok': True, 'latest': 0, 'connections': [one], 'requests': [], 'request_count': 0, **more}

    def answer(self, ask):
        what = ask['do']
        if what == 'open':
            if ask['port'] == 1:
                return {'ok': False, 'text': 'no right to that port'}, None
            return {'ok': True, 'peer': 3, 'address': '127.0.0.2', 'port': 4711}, None
        if what == 'connect':
            return {'ok': False, 'text': 'refused'}, None
        if what == 'state':
            return self.state(), None
        if what == 'wait':
            return self.state(reached=ask['count'] < 9), None
        if what == 'take':
            part, self.kept = self.kept[:ask['max']], self.kept[ask['max']:]
            return {'ok': True, 'left': len(self.kept)}, part
        return {'ok': True}, None


def joined(state, text):
    """AT+CWJAP?, AT+CIPSTA?: joined once it was told to, with an address at the second question."""
    if text == 'AT+CWJAP?':
        return b'+CWJAP:"a\\,b","02:00:5e:00:00:01",6\r\n\r\nOK\r\n' if state['joined'] else b'\r\nOK\r\n'
    state['asked'] += 1
    return b'+CIPSTA:ip:"192.168.0.2"\r\n\r\nOK\r\n' if state['asked'] > 1 else b'+CIPSTA:ip:"0.0.0.0"\r\n\r\nOK\r\n'


def module(name, state, text):
    if text in ('AT+CWJAP?', 'AT+CIPSTA?'):
        return joined(state, text)
    if text.startswith(('AT+CWJAP=', 'AT+CWQAP')):
        state['joined'] = text.startswith('AT+CWJAP=')
    if len(text) == 2048:
        return b'\r\nSEND OK\r\n'
    return SAYS.get(name, {}).get(text, COMMON.get(text, b'\r\nOK\r\n'))


def serve(connection):
    name, state, mine = None, {'joined': False, 'asked': 0}, Peers()
    while True:
        try:
            message = connection.recv(70000)
        except ConnectionResetError:
            continue  # told once; what it said before is still to be read
        if not message:
            break
        kind, body = message[:1], message[1:]
        if kind == b'H':
            name = body.decode().rsplit('/', 1)[1]
            results[name], sent[name], peers[name], controls[name] = None, [], [], []
            connection.send(b'G' + grant(body.decode()))
        elif kind == b'T':
            text = body.decode('latin-1').removesuffix('\r\n')
            sent[name].append(text)
            echo = body if text.startswith('AT') else b''
            if name == 'starts_into_passthrough' and text == 'AT+RST':
                connection.send(b'X' + bytes(8) + echo + b'\r\nOK\r\nrubbish\r\n')
                connection.send(b'X' + bytes(8) + b'\r\nready\r\nWIFI CONNECTED\r\nWIFI GOT IP\r\n')
                continue
            for byte in echo + module(name, state, text) if name == 'takes_data' else ():
                connection.send(b'X' + bytes(8) + bytes([byte]))
            if name != 'takes_data':
                connection.send(b'X' + bytes(8) + echo + module(name, state, text))
        elif kind == b'P':
            head, _, data = body.partition(b'\0')
            peers[name].append((json.loads(head), data))
            answer, data = mine.answer(json.loads(head))
            connection.send(b'P' + json.dumps(answer).encode() + (b'' if data is None else b'\0' + data))
        elif kind == b'K':
            controls[name].append(json.loads(body))
            connection.send(b'A' + json.dumps({'ok': True, 'text': '{"ok":true}'}).encode())
        elif kind == b'V':
            results[name] = json.loads(body)
    connection.close()


def listen(listener):
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=serve, args=(connection,), name='case', daemon=True).start()


def check_all():
    for name, (verdict, part) in EXPECTED.items():
        got = results[name]
        assert got and got['verdict'] == verdict, f'{name}: {got}'
        assert part in got['message'], f'{name}: {got["message"]}'
    assert ({'do': 'send', 'peer': 3, 'connection': -1}, b'a\0b') in peers['asks_peers'], peers['asks_peers']
    route = {'to': 'name.test', 'port': 80, 'protocol': 'tcp', 'at': '127.0.0.2:4711'}
    assert {'air': {'route': route}} in controls['asks_peers'], controls['asks_peers']
    assert controls['asks_peers'][-1] == {'air': {'route': {'clear': True}}}, controls['asks_peers']
    assert sent['goes_online'].count('AT+CWJAP="a\\,b","p"') == 2, sent['goes_online']
    single = sent['set_single_answers_as_documented']
    assert 'AT+CIPSTART="TCP","127.0.0.2",4711' in single and single[-1] == 'AT+CIPCLOSE', single
    kinds = [ask['kind'] for ask, _ in peers['set_multiple_answers_as_documented']]
    assert kinds == ['dns'], kinds
    assert peers['set_single_answers_as_documented'][0][0]['options'] == {'stall': True}
    dns = controls['set_single_answers_as_documented'][0]['air']['route']
    assert dns == {'to': '10.53.0.1', 'port': 53, 'protocol': 'udp', 'at': '127.0.0.2:4711'}, dns


with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, 'rig')
    server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    server.bind(path)
    server.listen(16)
    threading.Thread(target=listen, args=(server,), daemon=True).start()
    cases = os.path.join(folder, 'cases')
    with open(cases, 'w') as f:
        f.writelines(f'toys/cipsend/{name}\n' for name in EXPECTED)
    subprocess.run([PROGRAM, *DERIVED], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False,
                   env=dict(os.environ, TMPDIR=folder, ATCONFORM_RIG=path, ATCONFORM_CASES=cases))
    for thread in threading.enumerate():
        if thread.name == 'case':
            thread.join(30)
    check_all()
print(f'{len(EXPECTED)} cases')
