#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes journals for the tests of the reports: plausible ones with every verdict, hostile ones,
large ones, ones with peers on the network. `journal_gen.py FILE [--cases N] [--hostile]
[--wire BYTES] [--peers]`."""
import argparse
import json
import random

VERDICTS = ["pass", "fail", "deviation", "inconclusive", "unequipped", "error", "n/a", "skipped",
            "missing"]
COMMANDS = [("AT", "at", "1.1"), ("AT+RST", "rst", "2.1"), ("AT+GMR", "gmr", "2.2"),
            ("AT+GSLP", "gslp", "2.3"), ("ATE", "ate", "2.4"), ("AT+RESTORE", "restore", "2.5"),
            ("AT+UART_CUR", "uart_cur", "2.7"), ("AT+UART_DEF", "uart_def", "2.8"),
            ("AT+SLEEP", "sleep", "2.9"), ("AT+SYSRAM", "sysram", "2.11"),
            ("AT+SYSMSG", "sysmsg", "2.12"), ("AT+RFPOWER", "rfpower", "2.13")]

HOSTILE = ("<script>document.title='OWNED';document.documentElement.dataset.owned=1</script>"
           "</script><img src=x onerror=\"document.title='OWNED'\">]]>&amp;&#0;<!--\"'`"
           "\x1b[31mred\x1b[0m\x1b]0;title\x07\x00\x08\x7f\x80\x9b\xff\xe9 \u202eevil\u2066\u200f"
           "\ufeff\ufffe\uffff\u2028\r\nsecond line\ttab %n%s${7*7}")


class Journal:
    """Writes journal lines with their numbers and times."""

    def __init__(self, seed=1):
        self.lines = []
        self.t = 0
        self.random = random.Random(seed)
        self.planned = []

    def add(self, event, **keys):
        self.t += self.random.randrange(1000, 400000)
        self.lines.append({"n": len(self.lines), "t": self.t, "e": event, **keys})

    def header(self, **changes):
        keys = {"format": 1, "run": "6f1c2d9e-5b7a-4c5e-9d0b-2a7f3e8c1b45",
                "time": "2026-11-22T07:30:00Z", "host": "bench-7", "program": "atconform 0.1.0",
                "argv": ["atconform", "run", "--profile", "esp8266-at", "basic/*"],
                "iut": "virtual:", "bench": "virtual", "profile": "esp8266-at",
                "profile_why": "default", "spec": "0123456789abcdef", "jobs": 1,
                "gates": {"inferred": True, "strict": False, "require_all": False}}
        keys.update(changes)
        self.add("run", **keys)

    def requirement(self, id, command="AT", section="1.1", grade="stated", judge="case", text=None):
        self.add("requirement", id=id, command=command, section=section,
                 line=100 + len(self.lines), grade=grade,
                 text=text or "The command answers as the document prints it.", judge=judge)

    def plan(self, case, command, requirements, kind="derived", tags=(), needs=(), file=None):
        self.add("plan", c=len(self.planned), case=case, command=command, kind=kind,
                 requirements=list(requirements), tags=list(tags), needs=list(needs),
                 file=file or "suites/basic/%s.json" % case.split("/")[1], line=12)
        self.planned.append((case, command, list(requirements)))

    @staticmethod
    def octets(text):
        """Each character stands for one byte; others go as the bytes of their UTF-8."""
        return "".join(c if ord(c) < 256 else c.encode("utf-8").decode("latin-1") for c in text)

    def tx(self, c, text, line=0):
        self.add("tx", l=line, c=c, bytes=self.octets(text))

    def rx(self, c, text, line=0):
        self.add("rx", l=line, c=c, bytes=self.octets(text))

    def peer(self, c, p, what, k=-1, line=0, **keys):
        """What a peer on the network did; text in "bytes" goes byte by byte."""
        if "bytes" in keys:
            keys["bytes"] = self.octets(keys["bytes"])
        self.add("peer", l=line, c=c, p=p, k=k, what=what, **keys)

    def broker(self, c, what, text, line=0):
        self.add("broker", l=line, c=c, what=what, text=text)

    def wait(self, ms):
        self.t += ms * 1000000

    def exchange(self, c, command, *answer, line=0):
        self.tx(c, command + "\r\n", line)
        self.rx(c, command + "\r\r\n", line)
        self.t += self.random.randrange(200000, 9000000)
        self.rx(c, "".join(a + "\r\n" for a in answer[:-1]) + "\r\n" + answer[-1] + "\r\n", line)

    def lease(self, c, attempt=1, line=0, **why):
        self.add("lease", l=line, c=c, attempt=attempt, pid=4000 + c, **why)

    def verdict(self, c, verdict, attempt=1, requirement=None, grade="stated", message="",
                expected="", actual="", ms=12, file="", at=0):
        named = requirement if requirement is not None else (self.planned[c][2] or [""])[0]
        self.add("verdict", c=c, attempt=attempt, verdict=verdict, requirement=named, grade=grade,
                 message=message, file=file, at=at, expected=expected, actual=actual, ms=ms)

    def release(self, c, line=0):
        self.add("release", l=line, c=c)

    def end(self, reason="complete", text="", signal=0):
        self.add("end", reason=reason, text=text, signal=signal)

    def text(self):
        return "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n"
                       for line in self.lines)

    def write(self, path):
        with open(path, "w", encoding="utf-8", newline="\n") as out:
            out.write(self.text())


def requirements(journal):
    for command, suite, section in COMMANDS:
        for n in range(1, 15):
            grade = "inferred" if n % 3 == 0 else "stated"
            judge = "untestable" if n == 14 else "case"
            journal.requirement("%s-%d" % (suite.upper(), n), command, section, grade, judge,
                                "Claim %d about %s, told in one plain sentence." % (n, command))
    for n in range(1, 4):
        journal.requirement("SESSION-%d" % n, "", "0", "stated", "monitor",
                            "Each command gets exactly one final result.")


def deviation(journal, c, command, hostile):
    journal.add("deviation", c=c, id="GSLP-D1", requirement="GSLP-2",
                source=HOSTILE if hostile else "espressif/esp-at issue 141", command=command,
                expected="+GSLP:<time>", actual="OK")


def one_case(journal, c, verdict, hostile, wire):
    case, command, named = journal.planned[c]
    what = HOSTILE if hostile else ""
    grade = "inferred" if int(named[0].split("-")[1]) % 3 == 0 else "stated"
    if verdict == "missing":
        return
    if verdict in ("n/a", "skipped", "unequipped"):
        return  # told right after the plan
    if c % 7 == 0:
        journal.add("recover", l=0, step="drain", ok=True, ms=3, text=what or "nothing pending")
    journal.lease(c)
    if c % 50 == 0:
        journal.add("line", l=0, what="uart", text="115200 8N1")
    journal.exchange(c, "AT+GMR" if c == 0 else command + "?",
                     "AT version:1.3.0.0" + what, "SDK version:2.0.0", "OK")
    if hostile:
        journal.rx(c, "".join(chr(b) for b in range(256)) + "\r\n")
        journal.rx(c, "\\x00]]></script><script>alert(1)</script>\r\n")
    for k in range(wire // 400):
        journal.exchange(c, command, "+DATA:%d,%s" % (k, "x" * 300), "OK")
    if verdict == "deviation":
        deviation(journal, c, command, hostile)
    if c % 11 == 0:
        journal.add("note", c=c, text="The station had an address already. " + what)
    if verdict == "fail" and c % 54 == 4:
        journal.add("breach", l=0, c=c, id="SESSION-2", text="a second final result " + what,
                    bytes="\r\nOK\r\n")
    journal.release(c)
    texts = {"pass": {}, "deviation": {"message": "a known deviation"},
             "fail": {"message": "the refused value was accepted " + what, "expected": "ERROR" + what,
                      "actual": "+UART_CUR:79,8,1,0,0\\r\\nOK" + what, "at": 41,
                      "file": "suites/basic/uart.c"},
             "inconclusive": {"message": "the preamble got no answer"},
             "error": {"message": "the worker died of signal 11" + what}}[verdict]
    journal.verdict(c, verdict, grade=grade, ms=4 + c % 30, **texts)


HOST, MODULE = "127.41.100.2", "127.41.100.1"
EVERY_BYTE = "".join(chr(b) for b in range(256))


def echo_case(journal, c, what=""):
    """One link, an echo of every byte value, a wait, an orderly end."""
    journal.peer(c, 0, "open", kind="tcp-echo" + what, address=HOST, port=40123)
    journal.tx(c, 'AT+CIPSTART="TCP","%s",40123\r\n' % HOST)
    journal.peer(c, 0, "accept", k=0, **{"from": MODULE + ":52011" + what, "to": HOST + ":40123"})
    journal.rx(c, "CONNECT\r\n\r\nOK\r\n")
    journal.exchange(c, "AT+CIPSEND=4", "OK")
    journal.rx(c, ">")
    journal.tx(c, "ping")
    journal.peer(c, 0, "rx", k=0, bytes="ping" + what)
    journal.peer(c, 0, "tx", k=0, bytes="ping" + what)
    journal.rx(c, "Recv 4 bytes\r\n\r\nSEND OK\r\n")
    journal.rx(c, "\r\n+IPD,4:ping")
    journal.wait(1402)
    journal.exchange(c, "AT+CIPSEND=2048", "OK")
    journal.rx(c, ">")
    journal.tx(c, EVERY_BYTE * 8)
    journal.peer(c, 0, "rx", k=0, bytes=EVERY_BYTE * 5)
    journal.peer(c, 0, "rx", k=0, bytes=EVERY_BYTE * 3)
    journal.peer(c, 0, "tx", k=0, bytes=EVERY_BYTE * 8)
    journal.rx(c, "\r\nSEND OK\r\n\r\n+IPD,1460:" + (EVERY_BYTE * 8)[:1460])
    journal.rx(c, "\r\n+IPD,588:" + (EVERY_BYTE * 8)[1460:])
    journal.add("note", c=c, text="every byte value went there and came back " + what)
    journal.tx(c, "AT+CIPCLOSE\r\n")
    journal.peer(c, 0, "close", k=0, how="fin", text="by the module" + what)
    journal.rx(c, "AT+CIPCLOSE\r\r\nCLOSED\r\n\r\nOK\r\n")
    journal.peer(c, 0, "close", how="local", text="the case is over")


def services_case(journal, c, what=""):
    """Names, time, UDP, a client of the module's server, an error."""
    journal.peer(c, 0, "open", kind="dns", address=HOST, port=41053)
    journal.peer(c, 1, "open", kind="udp-echo", address=HOST, port=40200)
    journal.peer(c, 2, "open", kind="sntp", address=HOST, port=41123)
    journal.tx(c, 'AT+CIPDOMAIN="iot.espressif.cn"\r\n')
    journal.peer(c, 0, "request", text="A iot.espressif.cn" + what)
    journal.peer(c, 0, "answer", text="192.0.2.7" + what)
    journal.rx(c, "+CIPDOMAIN:192.0.2.7\r\n\r\nOK\r\n")
    journal.peer(c, 0, "set", text='{"mode":"silent"}')
    journal.tx(c, 'AT+CIPDOMAIN="example.com"\r\n')
    journal.peer(c, 0, "request", text="A example.com")
    journal.wait(4700)
    journal.rx(c, "\r\nERROR\r\n")
    for k in range(2):
        journal.peer(c, 1, "rx", k=k, bytes="datagram %d" % k + what)
    journal.peer(c, 2, "request", text="SNTP version 4 from " + MODULE)
    journal.peer(c, 3, "connect", k=0, kind="tcp", **{"from": HOST + ":55000", "to": MODULE + ":333"})
    journal.rx(c, "0,CONNECT\r\n")
    journal.peer(c, 3, "tx", k=0, bytes="GET / HTTP/1.1\r\n\r\n")
    journal.rx(c, "\r\n+IPD,0,18:GET / HTTP/1.1\r\n\r\n")
    journal.peer(c, 3, "error", k=0, text="Connection reset by peer" + what)
    journal.peer(c, 3, "close", k=0, how="rst", text="by the module")
    journal.peer(c, 3, "gone")
    journal.peer(c, 3, "weather", text="an event of a later version" + what)
    journal.wait(1250)


def load_case(journal, c, what=""):
    """Eight links at full speed: what is only counted, then the sums."""
    for p in range(8):
        journal.peer(c, p, "open", kind="tcp-echo", address=HOST, port=40300 + p)
        journal.peer(c, p, "accept", k=0, **{"from": "%s:%d" % (MODULE, 51000 + p), "to": HOST})
    for i in range(160):
        p = i % 8
        journal.add("tx", l=0, c=c, len=2048)
        journal.peer(c, p, "rx", k=0, len=2048)
        journal.peer(c, p, "tx", k=0, len=2048)
        journal.add("rx", l=0, c=c, len=2061)
    for direction in ("rx", "tx"):
        journal.peer(c, 0, "bulk", k=0, dir=direction, total=40960, sha256="0" * 64,
                     last="...<end>\x00\xff" + Journal.octets(what))
        journal.add("bulk", l=0, c=c, dir=direction, total=327680, sha256="0" * 64, last="...<end>")


def mqtt_case(journal, c, what=""):
    """An observer of the line's broker, messages both ways, a broker that is stopped."""
    journal.broker(c, "log", "1: New connection from %s:40000 on port 1883." % HOST + what)
    journal.peer(c, 0, "connect", k=0, kind="mqtt", **{"from": HOST + ":40000", "to": HOST + ":1883"})
    journal.peer(c, 0, "subscribe", k=0, topic="ac/#" + what, qos=1)
    journal.exchange(c, 'AT+MQTTPUB=0,"ac/a","hello",1,1', "OK")
    journal.broker(c, "log", "1: Received PUBLISH from ESP (d0, q1, r1, m1, 'ac/a', ... (5 bytes))")
    journal.peer(c, 0, "message", k=0, topic="ac/a" + what, qos=1, retain=True, duplicate=False, bytes="hello" + what)
    journal.peer(c, 0, "publish", k=0, topic="ac/b", qos=2, retain=False, bytes="there" + what)
    journal.rx(c, '+MQTTSUBRECV:0,"ac/b",5,there\r\n')
    for _ in range(3):
        journal.peer(c, 0, "publish", k=0, topic="ac/b", qos=0, retain=False, len=1024)
    journal.broker(c, "stop", "")
    journal.wait(1100)
    journal.broker(c, "log", "mosquitto version 2.0.11 terminating")
    journal.broker(c, "start", "mosquitto" + what)
    journal.peer(c, 0, "bulk", k=0, dir="tx", total=3077, sha256="0" * 64, last="...<end>" + Journal.octets(what))


NETWORK_CASES = [("sends_every_byte_value", echo_case, "fail"), ("echoes", echo_case, "pass"),
                 ("asks_the_services", services_case, "fail"),
                 ("keeps_every_byte_under_load", load_case, "fail"), ("publishes_by_a_broker", mqtt_case, "fail")]


def plan_network(journal):
    for name, _, _ in NETWORK_CASES:
        journal.plan("tcpip/cipsend/" + name, "AT+CIPSEND", ["CIPSEND-1"], kind="scenario",
                     file="suites/tcpip/cipsend.c")


def run_network(journal, first, what=""):
    texts = {"pass": {}, "fail": {"message": "the peer got 2047 of 2048 bytes", "actual": "2047",
                                  "expected": "2048 bytes at the peer", "at": 71,
                                  "file": "suites/tcpip/cipsend.c"}}
    for c, (_, body, verdict) in enumerate(NETWORK_CASES, first):
        journal.lease(c)
        body(journal, c, what)
        journal.release(c)
        journal.verdict(c, verdict, ms=1990, **texts[verdict])


def network(hostile=False):
    """Cases with peers: judged by both sides of the network."""
    journal = Journal()
    journal.header(argv=["atconform", "run", "tcpip/*"])
    journal.requirement("CIPSEND-1", "AT+CIPSEND", "4.5")
    plan_network(journal)
    run_network(journal, 0, HOSTILE if hostile else "")
    journal.end()
    return journal


def timed():
    """Where the time went: lines that tell their rate, and a wait that a case demanded."""
    journal = Journal()
    journal.header()
    journal.requirement("X-1")
    journal.plan("basic/x/case", "AT+X", ["X-1"])
    journal.add("line", l=0, what="open", text="serial:/dev/ttyUSB0", uart="115200,8,1,none,none")
    journal.lease(0)
    journal.exchange(0, "AT+X", "+X:" + "x" * 200, "OK")
    journal.wait(40)
    journal.add("wait", l=0, c=0, why="the module sleeps", **{"from": -30000000, "to": 0})
    journal.exchange(0, "AT+X", "OK")
    journal.release(0)
    journal.verdict(0, "pass")
    journal.end()
    return journal


def boards():
    """Two boards of different firmware; the second goes out in the middle of the run."""
    journal = Journal()
    journal.header(mixed_firmware=True)
    journal.requirement("X-1")
    for line in range(2):
        journal.plan("basic/x/case_%d" % line, "AT+X", ["X-1"])
    for line in range(2):
        journal.add("board", l=line, address="serial:/dev/ttyUSB%d" % line,
                    firmware="AT version:1.%d.0.0\nSDK version:2.0.0" % line if line else "")
    for line in range(2):
        journal.lease(line, line=line)
        journal.exchange(line, "AT+X", "OK", line=line)
        journal.release(line, line=line)
        journal.verdict(line, "pass")
    journal.add("line", l=1, what="out", text="it does not answer any more")
    journal.end()
    return journal


def sample(cases=200, hostile=False, wire=0, peers=False, **header):
    """A run with every verdict; most cases pass. With some that have peers, when asked for."""
    journal = Journal()
    journal.header(**header)
    requirements(journal)
    journal.add("deviation-known", id="GSLP-D1", requirement="GSLP-2",
                text="The answer lacks the time." + (HOSTILE if hostile else ""),
                source="espressif/esp-at issue 141")
    verdicts = []
    for c in range(cases):
        command, suite, _ = COMMANDS[c * len(COMMANDS) // cases]
        verdict = VERDICTS[c // 3 % 9] if c % 3 == 1 else "pass"
        verdicts.append(verdict)
        journal.plan("basic/%s/claim_%d_holds" % (suite, c), command,
                     ["%s-%d" % (suite.upper(), 1 + c % 13)],
                     kind="derived" if c % 4 else "scenario", tags=["uart"] if c % 5 == 0 else [],
                     needs=["power"] if verdict == "unequipped" else [])
    if peers:
        journal.requirement("CIPSEND-1", "AT+CIPSEND", "4.5")
        plan_network(journal)
    why = {"n/a": "the profile does not claim this command", "skipped": "destructive, not allowed",
           "unequipped": "the bench has no power"}
    for c, verdict in enumerate(verdicts):
        if verdict in why:
            journal.verdict(c, verdict, message=why[verdict], ms=0)
    for name in ("answer", "loopback", "nonsense"):
        journal.add("probe", name=name, ok=True, text="as it should be")
    for c, verdict in enumerate(verdicts):
        one_case(journal, c, verdict, hostile, wire)
    if peers:
        run_network(journal, cases, HOSTILE if hostile else "")
    journal.end()
    return journal


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("file")
    options.add_argument("--cases", type=int, default=200)
    options.add_argument("--hostile", action="store_true")
    options.add_argument("--wire", type=int, default=0, help="bytes of wire log a case")
    options.add_argument("--peers", action="store_true", help="some cases with peers, too")
    args = options.parse_args()
    sample(args.cases, args.hostile, args.wire, args.peers).write(args.file)


if __name__ == "__main__":
    main()
