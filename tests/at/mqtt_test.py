# SPDX-License-Identifier: MIT
"""Plays rig, module, broker and observers for tests/at/sample-mqtt.c."""
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
    'takes_messages': ('pass', ''),
    'takes_another_message': ('fail', 'expected +MQTTSUBRECV of topic "t", 3 bytes "two", came topic "t", 3 bytes "one"'),
    'takes_none': ('fail', 'expected +MQTTSUBRECV of topic "t", 3 bytes "two", which did not come within 20 ms'),
    'takes_half_of_one': ('fail', 'expected +MQTTSUBRECV, of which only 2 of 5 bytes came within 20 ms'),
    'wants_no_message': ('fail', 'expected no +MQTTSUBRECV, came topic "t", 3 bytes "one"'),
    'takes_a_pattern': ('fail', 'which did not come within 1000 ms; message 2 of 2'),
    'publishes': ('pass', ''),
    'publishes_in_vain': ('fail', 'expected "+MQTTPUB:OK", came "+MQTTPUB:FAIL"'),
    'is_refused': ('pass', ''),
    'is_refused_with_another_code': ('fail', 'after "AT+BAD" expected the error code 0x6045, came "ERR CODE:0x01080002'),
    'is_not_refused': ('fail', 'after "AT+CWMODE?" expected the error code 0x6044, came "+CWMODE:1'),
    'asks_the_broker': ('pass', ''),
    'has_no_such_line': ('fail', 'the broker\'s log has no line like "*Socket error*", and none came within 20 ms'),
    'has_a_line_too_many': ('fail', 'the broker\'s log has "1: New client connected", which was not to come'),
    'observes': ('pass', ''),
    'observes_another': ('fail', 'was to receive topic "t", 5 bytes "hello", QoS 1, and received topic "t", 5 bytes '
                                 '"hello", QoS 1, retained'),
    'observes_nothing': ('fail', 'the observer was to receive topic "t", 1 byte "x", QoS 1, and received nothing'),
    'observes_too_much': ('fail', 'the observer was to receive nothing, and received topic "t", 5 bytes "hello"'),
    'is_refused_an_observer': ('error', 'the observer can\'t connect to the broker: not authorised'),
}
DERIVED = {'set_answers_as_documented': ('pass', '')}
EXPECTED.update(DERIVED)
MESSAGES = (b'+MQTTSUBRECV:0,"t",3,one\r\n\r\nOK\r\n+MQTTSUBRECV:0,"t",0,\r\n+MQTTSUBRECV:0,"a",b",2,hi'
            b'+MQTTSUBRECV:0,"t",4,last\r\n+MQTTDISCONNECTED:0\r\n')
SAYS = {
    'AT+GO': MESSAGES, 'AT+HALF': b'\r\nOK\r\n+MQTTSUBRECV:0,"t",5,ha',
    'AT+MQTTPUBRAW=0,"t",5,0,0': b'\r\nOK\r\n\r\n+MQTTSUBRECV:0,"t",7,between\r\n>', 'hello': b'\r\n+MQTTPUB:OK\r\n',
    'AT+MQTTPUBRAW=0,"t",2,0,0': b'\r\nOK\r\n\r\n>', 'no': b'\r\n+MQTTPUB:FAIL\r\n',
    'AT+BAD': b'ERR CODE:0x01080002\r\nERR CODE: 0x010a6044\r\n\r\nERROR\r\n',
    'AT+CWMODE?': b'+CWMODE:1\r\n\r\nOK\r\n', 'AT+CWJAP?': b'+CWJAP:"a","02:00:5e:00:00:01",6\r\n\r\nOK\r\n',
    'AT+CIPSTA?': b'+CIPSTA:ip:"192.168.0.2"\r\n\r\nOK\r\n', 'abcdefg': b'\r\n+MQTTPUB:OK\r\n',
}
results, sent, peers = {}, {}, {}
BROKER = {'host': '127.0.0.2', 'port': 1883, 'wss_client_port': 8085, 'username': 'name', 'password': 'a,b'}


def grant(case):
    return json.dumps({
        'case': case, 'attempt': 1, 'line': 0, 't': 0,
        'requirements': [{'id': 'MQTTPUB-1', 'section': '9.2', 'line': 24, 'grade': 'stated', 'text': 't'}],
        'deviations': [], 'facilities': ['broker', 'broker_*'], 'echo': True, 'deadline_ms': 10000,
        'uart': {'baud': 115200, 'databits': 8, 'stopbits': 1, 'parity': 'none', 'flow': 'none'}, 'spec': [SPEC],
        'network': {'broker': BROKER, 'access_point': {'ssid': 'a', 'password': 'p'}}, 'guard_ms': 5,
        'timeouts_ms': {'answer': 2000, 'restart': 1000, 'silence': 20, 'join': 500, 'mqtt': 700}}).encode()


class Broker:
    """One observer, number 3, that receives one message, and a log of one line."""
    def __init__(self):
        self.kept = [b'hello']

    def log(self, ask):
        found = ask['since'] == 0 and ('New client' in ask.get('match', '') or 'New' in ask.get('pattern', ''))
        return {'ok': True, 'found': found, 'next': 1, **({'text': '1: New client connected'} if found else {})}, None

    def answer(self, ask):
        what = ask['do']
        if what == 'broker':
            return self.log(ask) if ask['action'] == 'log' else ({'ok': True, 'running': False}, None)
        if what == 'connect':
            if ask['options']['username'] == 'x':
                return {'ok': False, 'text': 'not authorised'}, None
            return {'ok': True, 'peer': 3}, None
        if what == 'message':
            if not self.kept:
                return {'ok': True, 'none': True}, None
            return {'ok': True, 'topic': 't', 'qos': 1, 'retain': True, 'duplicate': False}, self.kept.pop()
        return {'ok': True}, None


def module(state, text):
    if text == 'AT+PATTERN':
        return state['pattern']
    if text.startswith('AT+MQTTPUBRAW="ac'):
        return b'\r\nOK\r\n\r\n>'
    return SAYS.get(text, b'\r\nOK\r\n')


def serve(connection, state):
    name, mine = None, Broker()
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
            results[name], sent[name], peers[name] = None, [], []
            connection.send(b'G' + grant(body.decode()))
        elif kind == b'T':
            text = body.decode('latin-1').removesuffix('\r\n')
            sent[name].append(text)
            echo = body if text.startswith('AT') else b''
            answer = echo + module(state, text)
            cut = 1 if name == 'takes_messages' else len(answer)
            try:
                for at in range(0, len(answer), cut):
                    connection.send(b'X' + bytes(8) + answer[at:at + cut])
            except (BrokenPipeError, ConnectionResetError):
                pass  # it has seen enough: what it said is still to be read
        elif kind == b'P':
            head, _, data = body.partition(b'\0')
            peers[name].append((json.loads(head), data))
            answer, data = mine.answer(json.loads(head))
            connection.send(b'P' + json.dumps(answer).encode() + (b'' if data is None else b'\0' + data))
        elif kind == b'V':
            results[name] = json.loads(body)
    connection.close()


def listen(listener, state):
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=serve, args=(connection, state), name='case', daemon=True).start()


def check_observer(asked):
    connected, subscribed, published, many = asked[0][0], asked[2][0], asked[3], asked[4][0]
    options = connected['options']
    assert connected['kind'] == 'mqtt' and options['keepalive'] == 60 and options['password'] == 'a,b', options
    assert options['client_id'].endswith('-o1') and asked[1][0]['options'].get('password') is None, asked[1]
    assert subscribed == {'do': 'subscribe', 'peer': 3, 'topic': '#', 'qos': 2}, subscribed
    assert published == ({'do': 'publish', 'peer': 3, 'topic': 't', 'qos': 2, 'retain': True}, b'a\0b'), published
    assert many['pattern'] == {'seed': 7, 'bytes': 1024, 'messages': 1024}, many
    assert asked[-1][0] == {'do': 'disconnect', 'peer': 3, 'how': 'rst'}, asked[-1]


def check_all():
    for name, (verdict, part) in EXPECTED.items():
        got = results.get(name)
        assert got and got['verdict'] == verdict, f'{name}: {got}'
        assert part in got['message'], f'{name}: {got["message"]}'
    check_observer(peers['observes'])
    assert ({'do': 'broker', 'action': 'stop'}, b'') in peers['asks_the_broker'], peers['asks_the_broker']
    derived = sent['set_answers_as_documented']
    connect = [line for line in derived if line.startswith('AT+CONN="ac-')]
    assert connect and connect[0].endswith('","127.0.0.2",1883,"a\\,b"'), derived
    assert derived[-1] == 'abcdefg' and derived[-2].startswith('AT+MQTTPUBRAW="ac/'), derived


def main():
    # The parts of a pattern come from the program itself: one truth is enough.
    parts = [subprocess.run([PROGRAM, '--pattern', str(at), '4'], stdout=subprocess.PIPE, check=True).stdout
             for at in (0, 4, 8, 0)]
    state = {'pattern': b'\r\nOK\r\n' + b''.join(b'+MQTTSUBRECV:0,"t",4,' + part + b'\r\n' for part in parts)}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'rig')
        server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        server.bind(path)
        server.listen(16)
        threading.Thread(target=listen, args=(server, state), daemon=True).start()
        cases = os.path.join(folder, 'cases')
        with open(cases, 'w') as f:
            f.writelines(f'toys/{"mqttpubraw" if name in DERIVED else "mqttpub"}/{name}\n' for name in EXPECTED)
        subprocess.run([PROGRAM, *DERIVED], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False,
                       env=dict(os.environ, TMPDIR=folder, ATCONFORM_RIG=path, ATCONFORM_CASES=cases))
        for thread in threading.enumerate():
            if thread.name == 'case':
                thread.join(30)
        check_all()
    print(f'{len(EXPECTED)} cases')


main()
