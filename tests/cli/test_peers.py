# SPDX-License-Identifier: MIT
"""Peers: nothing leaves the machine, also when it has no other network than the loopback; what is
wrong on the host or at the other side ends in a verdict or a clear message; nothing is left."""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

import jsonschema

from harness import ATCONFORM, ATMODULE, BUILD, SOURCE, CliTest, events_of
from test_network import CALLS, foreign

PEERS_SUITE = os.path.join(BUILD, "tests/cli/peers-suite")
HERE = os.path.dirname(os.path.abspath(__file__))
NETWORK = "127.77.7."
IUT = f"virtual:?address={NETWORK}1"
HOST = NETWORK + "2"

# All of both families in a long test; else the commands that between them use every kind of socket.
WATCHED = ["tcpip/*", "mqtt/*"] if os.environ.get("ATCONFORM_TEST_LONG") else [
    f"{command}/*" for command in ("cipstart", "cipstartex", "cipdomain", "cipdns", "cipsntptime", "ciupdate",
                                   "cipsslcconf", "cipserver", "ping", "cifsr", "cipdinfo", "mqttconn")]

# Run in a new network namespace: the loopback is switched on, IPv6 off; then the program.
ONLY_LOOPBACK = """
import fcntl, os, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    fcntl.ioctl(s, 0x8914, struct.pack("16sH14x", b"lo", 1))
try:
    with open("/proc/sys/net/ipv6/conf/all/disable_ipv6", "w") as f:
        f.write("1")
except OSError:
    pass
os.execv(sys.argv[1], sys.argv[1:])
"""


def works(*argv):
    """Whether a tool that needs a right has it here."""
    return shutil.which(argv[0]) is not None and subprocess.run(
        argv, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def sockets_of(network):
    """What listens, or waits for datagrams, at an address that begins like this."""
    found = []
    for kind, waiting in (("tcp", "0A"), ("udp", "07")):
        with open(f"/proc/net/{kind}", encoding="ascii") as f:
            for line in f.read().splitlines()[1:]:
                fields = line.split()
                address, port = fields[1].split(":")
                text = socket.inet_ntoa(bytes.fromhex(address)[::-1])
                if fields[3] == waiting and text.startswith(network):
                    found.append(f"{kind} {text}:{int(port, 16)}")
    return found


class PeersTest(CliTest):
    """Runs of the suite program tests/cli/suites, which has cases for this."""

    def setUp(self):
        super().setUp()
        self.programs = os.path.join(self.home, "bin")
        os.makedirs(self.programs)
        shutil.copy(ATCONFORM, self.programs)
        os.symlink(PEERS_SUITE, os.path.join(self.programs, "atconform-suite"))
        self.data = os.path.join(self.home, "data")
        shutil.copytree(os.path.join(SOURCE, "fixtures"), os.path.join(self.data, "fixtures"),
                        ignore=lambda folder, names: [n for n in names if folder.endswith("module")])
        self.copy_models()

    def copy_models(self):
        """Cases are of AT alone; of the other models only what a verb looks up is needed."""
        shutil.copytree(os.path.join(HERE, "suites/peers"), os.path.join(self.data, "suites/peers"),
                        ignore=shutil.ignore_patterns("*.c"))
        for name in ("general/general.json", "wifi/cwjap.json", "wifi/cwmode.json"):
            with open(os.path.join(SOURCE, "suites", name), encoding="utf-8") as f:
                model = json.load(f)
            for requirement in model["requirements"]:
                if requirement.get("judge") != "monitor":
                    requirement["untestable"] = "not of this suite"
            self.file(f"data/suites/{name}", json.dumps(model))

    def start_case(self, case, iut=IUT, env=None, bench="virtual", **popen):
        out = os.path.join(self.home, f"run{len(os.listdir(self.home))}")
        return self.start("run", "--out", out, "--bench", bench, "--iut", iut, f"peers/at/{case}",
                          program=os.path.join(self.programs, "atconform"),
                          env={"ATCONFORM_DATA": self.data, "ATCONFORM_MODULE": ATMODULE,
                               **(env or {})}, **popen)

    def end_of(self, running, timeout=60):
        result = self.finish(running, timeout)
        self.assertEqual(sockets_of(NETWORK), [], "sockets are left")
        return result

    def run_case(self, case, **options):
        result = self.end_of(self.start_case(case, **options))
        return result, result.verdicts()[f"peers/at/{case}"]

    def passes(self, case, **options):
        result, verdict = self.run_case(case, **options)
        self.assertEqual(verdict["verdict"], "pass", verdict)
        return result


class NetworkRule(CliTest):
    """A run of the family, watched, with a network of its own that has nothing but lo."""

    def test_only_the_loopback_is_used_and_needed(self):
        unshare = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]
        apart = works(*unshare, "true")
        traced = works("strace", "-o", "/dev/null", "true")
        if not apart and not traced:
            self.skipTest("neither unshare nor strace may be used here")
        log, out = os.path.join(self.home, "trace"), os.path.join(self.home, "run")
        argv = [*unshare, sys.executable, "-c", ONLY_LOOPBACK] if apart else []
        if traced:
            argv += [shutil.which("strace"), "-f", "--seccomp-bpf", "-qq", "-e", f"trace={CALLS}",
                     "-e", "signal=none", "-o", log]
        argv += [ATCONFORM, "run", "--out", out, "--jobs", "2", *WATCHED]
        result = self.call(*argv[1:], program=shutil.which(argv[0]), timeout=300)
        verdicts = {name: (v["verdict"], v.get("message")) for name, v in result.verdicts().items()
                    if v["verdict"] != "pass"}
        self.assertEqual(verdicts, {}, "without any other network, and without IPv6")
        self.assertGreater(len(result.verdicts()), 300)
        if traced:
            with open(log, encoding="utf-8", errors="replace") as f:
                lines = f.read().splitlines()
            self.assertGreater(sum("bind(" in line for line in lines), 100, "the trace saw the run")
            # The kernel of this machine is asked for its interfaces (by libraries of the broker).
            self.assertEqual([f"{why}: {line}" for line in lines
                              if (why := foreign(line)) and "AF_NETLINK" not in line][:5], [])


class OwnAddresses(CliTest):
    def test_runs_at_once_have_different_networks(self):
        """Where nearly all parts of the loopback network have their run, one of the others is
        taken; runs beside this test have some of these."""
        held = set()
        for block in range(1, 251):
            if block in range(60, 90):
                continue
            claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self.addCleanup(claim.close)
            try:
                claim.bind(f"\0atconform-127.{block}")
                held.add(block)
            except OSError:  # a run that goes on beside this test
                pass
        result = self.run_iut("virtual:", "tcpip/cipstart/connects_over_tcp")
        opened = [e["address"] for e in self.check_journal(result)
                  if e["e"] == "peer" and e["what"] == "open"]
        self.assertEqual(len(opened), 1, result.err)
        self.assertGreater(len(held), 200)
        self.assertNotIn(int(opened[0].split(".")[1]), held)


class BadInput(PeersTest):
    """Each ends in a verdict or a clear message."""

    def occupied(self, kind):
        s = socket.socket(socket.AF_INET, kind)
        self.addCleanup(s.close)
        s.bind((HOST, 0))
        if kind == socket.SOCK_STREAM:
            s.listen()
        return s

    def test_port_in_use(self):
        for case, kind in (("takes_a_tcp_port", socket.SOCK_STREAM),
                           ("takes_a_udp_port", socket.SOCK_DGRAM)):
            with self.subTest(case):
                taken = self.occupied(kind)
                port = taken.getsockname()[1]
                running = self.start_case(case, env={"ATCONFORM_TEST_PORT": str(port)})
                result = self.finish(running)
                verdict = result.verdicts()[f"peers/at/{case}"]
                self.assertEqual((result.code, verdict["verdict"]), (1, "error"), verdict)
                for text in (HOST, str(port), "in use"):
                    self.assertIn(text, verdict["message"])
                taken.close()
                self.passes(case, env={"ATCONFORM_TEST_PORT": str(port)})

    def test_address_of_another_host(self):
        text = json.dumps({"bench": "desk", "facilities": [], "network": {"host_address": "192.0.2.1"}})
        bench = self.file("desk.json", text)
        running = self.start_case("takes_a_tcp_port", iut=f"exec:{ATMODULE} --stdio", bench=bench)
        result = self.end_of(running)
        self.check_said(result, 3, "desk.json", "host_address", r"192\.0\.2\.1")

    def test_no_right_to_a_low_port(self):
        with open("/proc/sys/net/ipv4/ip_unprivileged_port_start", encoding="ascii") as f:
            if int(f.read()) <= 80:
                self.skipTest("low ports are for everybody here")
        if os.geteuid() == 0:
            if not works("setpriv", "--bounding-set=-net_bind_service", "--inh-caps=-all", "true"):
                self.skipTest("the right can't be given away here")
            drop = ["setpriv", "--bounding-set=-net_bind_service", "--inh-caps=-all"]
        else:
            drop = []
        result, verdict = self.run_without_right(drop, "takes_a_tcp_port")
        self.assertEqual((result.code, verdict["verdict"]), (1, "error"), verdict)
        for text in (HOST, "80", "no right"):
            self.assertIn(text, verdict["message"])

    def run_without_right(self, drop, case):
        """The module's own server at port 80 is elsewhere then; the case about it still passes."""
        program = os.path.join(self.programs, "atconform")
        if drop:
            script = f"#!/bin/sh\nexec {' '.join(drop)} {program} \"$@\"\n"
            program = self.file("bin/dropped", script)
            os.chmod(program, 0o755)
        out = os.path.join(self.home, "low")
        running = self.start("run", "--out", out, "--iut", IUT, f"peers/at/{case}", program=program,
                             env={"ATCONFORM_DATA": self.data, "ATCONFORM_MODULE": ATMODULE,
                                  "ATCONFORM_TEST_PORT": "80"})
        result = self.end_of(running)
        return result, result.verdicts()[f"peers/at/{case}"]

    def test_tls_peer_that_speaks_none(self):
        result = self.passes("meets_no_tls")
        told = [e for e in events_of(result.journal(), "peer") if e["what"] in ("error", "close")]
        self.assertTrue(told, "the journal tells what went wrong")

    def test_name_server_that_lies(self):
        for mode in ("lie", "wrong-id", "garbage", "silent", "refuse"):
            with self.subTest(mode):
                self.passes("asks_a_liar", env={"ATCONFORM_TEST_MODE": mode})

    def test_flood_from_the_network(self):
        running = self.start_case("is_flooded")
        opened = {}
        running.wait_for(lambda e: e["e"] == "peer" and e["what"] == "open" and
                         opened.setdefault(e["kind"], (e["address"], e["port"])) and len(opened) == 4)
        flood(opened, time.monotonic() + 1.5)
        result = self.end_of(running)
        self.assertEqual(result.verdicts()["peers/at/is_flooded"]["verdict"], "pass", result.err)
        events = events_of(result.journal(), "peer")
        self.assertLess(len(events), 20000)
        self.assertLess(os.path.getsize(result.path("journal.jsonl")), 8 << 20)
        self.assertTrue(any(e["what"] == "error" for e in events), "what was refused is told")
        self.check_reports(result)

    def test_flood_through_the_module(self):
        result = self.passes("is_flooded_through_the_module")
        self.assertLess(os.path.getsize(result.path("journal.jsonl")), 8 << 20)


def flood(opened, end):
    """More connections than a peer takes, bytes without end, datagrams that say nothing."""
    def connections(where):
        held = []
        while time.monotonic() < end and len(held) < 200:
            s = socket.socket()
            s.settimeout(0.2)
            try:
                s.connect(where)
                s.sendall(b"x" * 1000)
                held.append(s)
            except OSError:
                s.close()
        for s in held:
            s.close()

    def bytes_without_end(where):
        with socket.socket() as s:
            s.settimeout(0.2)
            try:
                s.connect(where)
                while time.monotonic() < end:
                    s.sendall(bytes(range(256)) * 256)
            except OSError:
                pass

    def datagrams(where):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind((NETWORK + "1", 0))
            s.setblocking(False)
            while time.monotonic() < end:
                try:
                    s.sendto(b"\x00\xff<script>" * 100, where)
                except OSError:
                    time.sleep(0.001)
    work = [(bytes_without_end, "tcp-sink"), (connections, "tcp-echo"), (datagrams, "udp-echo"),
            (datagrams, "dns")]
    threads = [threading.Thread(target=f, args=(opened[kind],)) for f, kind in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class NothingLeft(PeersTest):
    def test_case_that_leaves_everything_open(self):
        result = self.passes("leaves_everything_open")
        events = result.journal()
        opened = {e["p"] for e in events_of(events, "peer") if e["what"] == "open"}
        self.assertEqual(len(opened), 7)
        release = next(i for i, e in enumerate(events) if e["e"] == "release")
        late = [e for e in events[release:] if e["e"] == "peer" and e["c"] >= 0]
        self.assertEqual(late, [], "peers outlive the lease")
        with open(os.path.join(SOURCE, "reports/journal.schema.json"), encoding="utf-8") as f:
            validator = jsonschema.Draft7Validator(json.load(f))
        for event in events_of(events, "peer"):
            self.assertEqual([e.message for e in validator.iter_errors(event)], [], event)

    def test_case_that_dies(self):
        _, verdict = self.run_case("dies_with_everything_open")
        self.assertEqual(verdict["verdict"], "error", verdict)

    def while_it_waits(self):
        """A run whose case has everything open and waits."""
        running = self.start_case("waits_with_everything_open")
        running.wait_for(lambda e: e["e"] == "rx" and "+IPD,0,5:hello" in e.get("bytes", ""))
        self.assertGreater(len(sockets_of(NETWORK)), 6, "peers and the module's server are there")
        return running

    def children(self, running, name):
        found = []
        for entry in os.listdir("/proc"):
            try:
                with open(f"/proc/{entry}/comm", encoding="ascii", errors="replace") as f:
                    comm = f.read().strip()
                with open(f"/proc/{entry}/environ", "rb") as f:
                    ours = running.mark.encode() in f.read()
            except (OSError, ValueError):
                continue
            if ours and name in comm:
                found.append(int(entry))
        return found

    def kill_piece(self, pid):
        running = self.while_it_waits()
        running.signal(0)
        os.kill(pid(running), signal.SIGKILL)
        return self.end_of(running)

    def test_killed_module(self):
        result = self.kill_piece(lambda running: self.children(running, "atmodule")[0])
        verdict = result.verdicts()["peers/at/waits_with_everything_open"]["verdict"]
        self.assertNotIn(verdict, ("pass", "missing"))

    def test_killed_worker(self):
        result = self.kill_piece(lambda running: max(running.workers() - running.seen or
                                                     running.workers()))
        verdict = result.verdicts()["peers/at/waits_with_everything_open"]["verdict"]
        self.assertNotIn(verdict, ("pass", "missing"))

    def test_killed_runner(self):
        result = self.kill_piece(lambda running: min(self.children(running, "atconform-suit") or
                                                     self.children(running, "peers-suite")))
        self.assertEqual(result.code, 4, result.err)

    def test_killed_supervisor(self):
        running = self.while_it_waits()
        running.process.kill()
        running.wait(20)
        shutil.rmtree(running.tmp)  # nobody was left to do it
        os.makedirs(running.tmp)
        self.check_nothing_left(running)
        self.assertEqual(sockets_of(NETWORK), [])

    def test_interrupted(self):
        running = self.while_it_waits()
        running.signal(signal.SIGINT)
        result = self.end_of(running)
        self.assertEqual(result.code, 130, result.err)


if __name__ == "__main__":
    unittest.main()
