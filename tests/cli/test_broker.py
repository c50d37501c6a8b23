# SPDX-License-Identifier: MIT
"""The line's MQTT broker: what the rig starts, what it starts it with, and what becomes of a run when
there is none, when its port is taken, when it dies, when certificates or the clock are wrong; and the
team's own broker, whose password no record shows."""
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import unittest

import jsonschema

from harness import ATCONFORM, ATMODULE, BUILD, SOURCE, CliTest, events_of, marked_processes

SUITE = os.path.join(BUILD, "tests/cli/broker-suite")
CLOCK = os.path.join(BUILD, "tests/cli/libtest-clock.so")
HERE = os.path.dirname(os.path.abspath(__file__))
NETWORK = f"127.{78 + os.getpid() % 20}.{1 + os.getpid() // 20 % 250}."  # this run's own
IUT = f"virtual:?address={NETWORK}1"
HOST = NETWORK + "2"
USER, SECRET = "team", 'p,ss"w\u00f6rd1'
IN_URL = "p,ss%22w%C3%B6rd1"
SBIN = os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin"
MOSQUITTO = shutil.which("mosquitto", path=SBIN)


def listening(network=NETWORK):
    """What listens at an address that begins like this."""
    found = []
    with open("/proc/net/tcp", encoding="ascii") as f:
        for line in f.read().splitlines()[1:]:
            fields = line.split()
            address, port = fields[1].split(":")
            text = socket.inet_ntoa(bytes.fromhex(address)[::-1])
            if fields[3] == "0A" and text.startswith(network):
                found.append((text, int(port, 16)))
    return sorted(found)


class BrokerTest(CliTest):
    """Runs of the suite program tests/cli/suites/broker, which has cases for this."""

    def setUp(self):
        super().setUp()
        self.programs = os.path.join(self.home, "bin")
        os.makedirs(self.programs)
        shutil.copy(ATCONFORM, self.programs)
        os.symlink(SUITE, os.path.join(self.programs, "atconform-suite"))
        self.data = os.path.join(self.home, "data")
        shutil.copytree(os.path.join(SOURCE, "fixtures"), os.path.join(self.data, "fixtures"),
                        ignore=lambda folder, names: [n for n in names if folder.endswith("module")])
        shutil.copytree(os.path.join(HERE, "suites/broker"), os.path.join(self.data, "suites/broker"),
                        ignore=shutil.ignore_patterns("*.c"))
        for name in ("general/general.json", "wifi/cwjap.json", "wifi/cwmode.json"):
            with open(os.path.join(SOURCE, "suites", name), encoding="utf-8") as f:
                model = json.load(f)
            for requirement in model["requirements"]:
                if requirement.get("judge") != "monitor":
                    requirement["untestable"] = "not of this suite"
            self.file(f"data/suites/{name}", json.dumps(model))

    def begin(self, *cases, options=(), iut=IUT, env=None, bench="virtual", **popen):
        out = os.path.join(self.home, f"run{len(os.listdir(self.home))}")
        return self.start("run", "--out", out, "--bench", bench, "--iut", iut, *options,
                          *[f"broker/at/{case}" for case in cases],
                          program=os.path.join(self.programs, "atconform"),
                          env={"PATH": SBIN, "ATCONFORM_DATA": self.data,
                               "ATCONFORM_MODULE": ATMODULE, **(env or {})}, **popen)

    def end(self, running, timeout=60):
        result = self.finish(running, timeout)
        self.assertEqual(listening(), [], "somebody still listens")
        return result

    def run_cases(self, *cases, **options):
        return self.end(self.begin(*cases, **options))

    def verdicts(self, result):
        return {name.split("/")[2]: v["verdict"] for name, v in result.verdicts().items()}

    def passes(self, *cases, **options):
        result = self.run_cases(*cases, **options)
        self.assertEqual(set(self.verdicts(result).values()), {"pass"}, result.err)
        return result

    def message(self, result, case):
        return result.verdicts()[f"broker/at/{case}"]["message"]

    def said(self, result, what):
        return [e["text"] for e in events_of(result.journal(), "broker") if e["what"] == what]

    def mosquittos(self, mark):
        return [pid for pid, argv in marked_processes(mark) if "mosquitto" in argv.split(" ")[0]]


@unittest.skipUnless(MOSQUITTO, "there is no mosquitto here")
class OwnBroker(BrokerTest):
    def test_everything_it_can_do(self):
        result = self.passes("publishes*", "hands_out*", "lets_*", "denies*", "stops*", "tells*",
                             "needs*", "carries*")
        self.assertEqual(len(self.said(result, "ready")), 5, "one at first, four after an end")
        events = result.journal()
        with open(os.path.join(SOURCE, "reports/journal.schema.json"), encoding="utf-8") as f:
            validator = jsonschema.Draft7Validator(json.load(f))
        for event in events_of(events, "peer") + events_of(events, "broker"):
            self.assertEqual([e.message for e in validator.iter_errors(event)], [], event)
        self.assertLess(len(events), 30000)
        self.check_reports(result)

    def test_nothing_is_started_that_no_case_wants(self):
        result = self.passes("needs_no_broker")
        self.assertEqual(events_of(result.journal(), "broker"), [])

    def test_two_lines_have_two(self):
        result = self.passes("publishes*", "hands_out*", "denies*", "carries*", "stops_and_starts",
                             iut="virtual:", options=("--jobs", "2"))
        ready = {e["l"]: e["text"].split(" at ")[1] for e in events_of(result.journal(), "broker")
                 if e["what"] == "ready"}
        self.assertEqual(len(ready), 2)
        self.assertEqual(len(set(ready.values())), 2, ready)

    def test_where_it_is_and_whose(self):
        running = self.begin("waits_with_an_observer")
        running.wait_for(lambda e: e["e"] == "peer" and e["what"] == "subscribe")
        self.assertEqual([p for _, p in listening(HOST)],
                         [1883, *range(8083, 8088), *range(8883, 8887)])
        own = os.path.join(running.tmp, os.listdir(running.tmp)[0])
        folder = os.path.join(own, "broker0")
        self.assertEqual(stat.S_IMODE(os.stat(own).st_mode), 0o700)
        self.assertEqual(stat.S_IMODE(os.stat(folder).st_mode), 0o700)
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600, name)
        with open(os.path.join(folder, "passwords"), encoding="utf-8") as f:
            self.assertNotIn("1234567890", f.read(), "passwords are hashed")
        result = self.end(running)
        self.assertEqual(self.verdicts(result)["waits_with_an_observer"], "pass")

    def test_case_that_dies(self):
        result = self.run_cases("dies_with_an_observer", "publishes_and_receives")
        self.assertEqual(self.verdicts(result), {"dies_with_an_observer": "error",
                                                 "publishes_and_receives": "pass"})

    def test_broker_left_stopped(self):
        result = self.passes("stops_and_ends", "tells_its_facts")
        self.assertEqual(len(self.said(result, "ready")), 2)

    def test_broker_that_dies_in_mid_case(self):
        running = self.begin("publishes_and_receives", "waits_with_an_observer", "tells_its_facts")
        running.wait_for(lambda e: e["e"] == "peer" and e["what"] == "subscribe" and e["c"] == 2)
        pid, = self.mosquittos(running.mark)
        os.kill(pid, signal.SIGKILL)
        result = self.end(running)
        self.assertEqual(self.verdicts(result), {"publishes_and_receives": "pass",
                                                 "waits_with_an_observer": "inconclusive",
                                                 "tells_its_facts": "pass"})
        text = self.message(result, "waits_with_an_observer")
        self.assertIn("the broker died in mid-case (signal 9 (Killed))", text)
        self.assertEqual(self.said(result, "died"), ["signal 9 (Killed)"])
        self.assertEqual(result.code, 1)

    def test_case_that_blames_the_module_for_the_broker(self):
        """It learned of the broker's end before the rig did, which was held up just then and may
        read either of the two first."""
        go = {"ATCONFORM_TEST_GO": os.path.join(self.home, "go")}
        running = self.begin("waits_and_fails", "tells_its_facts", env=go)
        running.wait_for(lambda e: e["e"] == "peer" and e["what"] == "subscribe")
        pid, = self.mosquittos(running.mark)
        running.signal(signal.SIGSTOP)
        os.kill(pid, signal.SIGKILL)
        self.file("go", "")
        time.sleep(2)
        running.signal(signal.SIGCONT)
        result = self.end(running)
        self.assertEqual(self.verdicts(result), {"waits_and_fails": "inconclusive",
                                                 "tells_its_facts": "pass"})
        self.assertIn("the broker died in mid-case (signal 9", self.message(result, "waits_and_fails"))
        self.assertEqual(self.verdicts(self.run_cases("waits_and_fails", env=go)), {"waits_and_fails": "fail"})

    def test_broker_that_does_not_start_again(self):
        once = os.path.join(self.home, "once")
        env = self.program(f'#!/bin/sh\nmkdir {once} && exec {MOSQUITTO} "$@"\n'
                           f"echo out of order >&2; rmdir {once}; exit 3\n")
        result = self.run_cases("stops_and_starts", "tells_its_facts", env=env)
        self.assertEqual(self.verdicts(result), {"stops_and_starts": "inconclusive",
                                                 "tells_its_facts": "pass"})
        self.assertRegex(self.message(result, "stops_and_starts"),
                         r"the broker could not be started: .*exit 3\): out of order")

    def test_ports_that_are_taken(self):
        taken = []
        for port in (1883, 8084):
            s = socket.create_server((HOST, port))
            self.addCleanup(s.close)
            taken.append(s)
        running = self.begin("publishes_and_receives", "tells_its_facts")
        result = self.finish(running)
        self.assertEqual(set(self.verdicts(result).values()), {"pass"}, result.err)
        told = self.said(result, "port")
        self.assertEqual(len(told), 2, told)
        self.assertRegex(told[0], rf"tcp port 1883 at {HOST}: .*in use \(another broker\?\); it gets")

    def test_killed_rig(self):
        for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
            with self.subTest(number):
                running = self.begin("waits_with_an_observer")
                running.wait_for(lambda e: e["e"] == "peer" and e["what"] == "subscribe")
                self.assertEqual(len(self.mosquittos(running.mark)), 1)
                running.signal(number)
                running.wait(60)
                end = time.monotonic() + 30
                # One that ends has no name any more before its sockets are closed.
                while (self.mosquittos(running.mark) or listening()) and time.monotonic() < end:
                    time.sleep(0.02)
                self.assertEqual(self.mosquittos(running.mark), [])
                self.assertEqual(listening(), [])
                if number != signal.SIGKILL:
                    self.check_nothing_left(running)

    def program(self, text):
        path = self.file("broker-program", text)
        os.chmod(path, 0o755)
        return {"ATCONFORM_MOSQUITTO": path}

    def test_broker_that_does_not_start(self):
        for script, why in (("/bin/sh\necho out of order >&2; exit 3", r"exit 3\): out of order"),
                            ("/nonexistent", "could not be started: No such file"),
                            ("/bin/sh\nexec sleep 60", "did not answer a CONNECT")):
            with self.subTest(script):
                env = self.program(f"#!{script}\n")
                result = self.run_cases("denies*", "publishes*", "needs*", "tells*", env=env)
                verdicts = self.verdicts(result)
                self.assertEqual(verdicts.pop("needs_no_broker"), "pass")
                self.assertEqual(set(verdicts.values()), {"inconclusive"}, verdicts)
                self.assertRegex(self.message(result, "tells_its_facts"), why)
                self.assertEqual(result.code, 1)

    def test_certificates_out_of_date(self):
        pki = os.path.join(self.home, "pki")
        self.make_pki(pki, "20200101000000Z", "20200201000000Z")
        result = self.run_cases("publishes_and_receives", iut=f"exec:{ATMODULE} --stdio",
                                bench=self.bench(pki))
        self.check_said(result, 3, "desk.json", "network.pki", "server.pem was valid until 2020-02-01")

    def test_certificates_of_a_bench(self):
        pki = os.path.join(self.home, "pki")
        self.make_pki(pki, "20200101000000Z", "20990101000000Z")
        result = self.run_cases("publishes_and_receives", "needs_no_broker", "tells_its_facts",
                                iut=f"exec:{ATMODULE} --stdio", bench=self.bench(pki))
        self.assertEqual(self.verdicts(result), {
            "publishes_and_receives": "pass", "needs_no_broker": "pass",
            "tells_its_facts": "unequipped"}, result.err)
        self.assertRegex(self.said(result, "ready")[0], rf"at {HOST}: .*tls_client \d+ ws \d+ wss ")

    def bench(self, pki):
        return self.file("desk.json", json.dumps({
            "bench": "desk", "facilities": [], "network": {"host_address": HOST, "pki": pki},
            "timeouts_ms": {"answer": 1500, "restart": 3000, "silence": 60, "guard": 25}}))

    def make_pki(self, folder, begin, end):
        """A CA that lasts, and a server's certificate for that time."""
        def openssl(*words):
            subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=folder)
        os.makedirs(folder)
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=ca", "-days", "30")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=server")
        for name in ("index.txt", "index.txt.attr"):
            open(os.path.join(folder, name), "w", encoding="ascii").close()
        with open(os.path.join(folder, "ca.cnf"), "w", encoding="ascii") as f:
            f.write("[ca]\ndefault_ca=c\n[c]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\n"
                    "default_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n")
        openssl("ca", "-config", "ca.cnf", "-batch", "-rand_serial", "-cert", "ca.pem", "-keyfile",
                "ca.key", "-in", "server.csr", "-out", "server.pem", "-notext", "-startdate", begin,
                "-enddate", end)
        shutil.copy(os.path.join(folder, "ca.pem"), os.path.join(folder, "client-ca.pem"))

    def test_clock_that_is_wrong(self):
        """The tester's: before the program was made."""
        with open(ATCONFORM, "rb") as f:
            if b"__asan_init" in f.read():
                self.skipTest("a sanitizer wants to be loaded first")
        for seconds, day in ((946_684_800, "2000-01-01"), (1_000, "1970-01-01")):
            with self.subTest(day):
                result = self.passes("publishes_and_receives", "tells_its_facts",
                                     env={"LD_PRELOAD": CLOCK, "ATCONFORM_TEST_CLOCK": str(seconds)})
                notes = [e["text"] for e in events_of(result.journal(), "note")]
                self.assertTrue(any(f"clock says {day}" in text for text in notes), notes)


class NoBroker(BrokerTest):
    def without(self, *options, **env):
        return self.run_cases("publishes_and_receives", "needs_no_broker", "tells_its_facts",
                              options=options, env=env)

    def check_missing(self, result, code, text):
        self.assertEqual(self.verdicts(result), {"publishes_and_receives": "unequipped",
                                                 "needs_no_broker": "pass",
                                                 "tells_its_facts": "unequipped"})
        self.assertEqual(result.code, code)
        self.assertRegex(self.message(result, "publishes_and_receives"), text)
        notes = [e["text"] for e in events_of(result.journal(), "note")]
        self.assertEqual(len([n for n in notes if "no broker" in n]), 1, notes)
        self.assertRegex(result.err, text)

    def test_no_mosquitto_on_the_path(self):
        empty = os.path.join(self.home, "empty")
        os.makedirs(empty)
        text = "no broker: there is no mosquitto on the PATH"
        self.check_missing(self.without(PATH=empty), 0, text)
        self.check_missing(self.without("--require-all", PATH=empty), 1, text)

    def test_program_that_is_none(self):
        self.check_missing(self.without(ATCONFORM_MOSQUITTO="/nonexistent/mosquitto"), 0,
                           "ATCONFORM_MOSQUITTO names /nonexistent/mosquitto")

    def test_bench_that_the_module_can_not_reach(self):
        bench = self.file("far.json", json.dumps({"bench": "far", "facilities": []}))
        result = self.run_cases("publishes_and_receives", "needs_no_broker", bench=bench,
                                iut=f"exec:{ATMODULE} --stdio")
        self.assertEqual(self.verdicts(result), {"publishes_and_receives": "unequipped",
                                                 "needs_no_broker": "pass"})

    def test_words_that_are_wrong(self):
        for url, text in (("http://h", "a broker is mqtt://"), ("mqtt://", "the host is"),
                          ("mqtt://u:p%zz@h", "written as %XX"), ("mqtt://h:0", "from 1 to 65535"),
                          ("mqtt://h:70000", "from 1 to 65535"), ("mqtt://h/x", "have a path"),
                          ("mqtt://u:abc@127.0.0.1", "fewer than 4 bytes"),
                          ("ws://127.0.0.1/x", "the tester's own client has no WebSocket"),
                          ("mqtt://10.255.255.1", "reaches only this machine")):
            with self.subTest(url):
                result = self.run_cases("needs_no_broker", options=("--broker", url))
                self.assertEqual(result.code, 2, result.err)
                self.assertIn(text, result.err)
        result = self.run_cases("needs_no_broker", options=(
            "--broker", "mqtt://127.0.0.1", "--broker", "mqtts://127.0.0.2"))
        self.assertIn("one broker, with one host", result.err)
        for change, text in (({"port": 0}, "must be a port"), ({"hots": "x"}, "hots"),
                             ({"host": ""}, 'needs "host"'), ({"username": "u" * 65}, "not longer")):
            facts = {"host": "127.0.0.1", "port": 1883, **change}
            bench = self.file("wrong.json", json.dumps({"bench": "w", "network": {"broker": facts}}))
            result = self.run_cases("needs_no_broker", bench=bench)
            self.assertEqual(result.code, 2, result.err)
            self.assertIn("wrong.json:1:", result.err)
            self.assertIn(text, result.err)


@unittest.skipUnless(MOSQUITTO, "there is no mosquitto here")
class TeamBroker(BrokerTest):
    def setUp(self):
        super().setUp()
        self.where = os.path.join(self.home, "team")
        os.makedirs(self.where)
        self.file("team/passwords", "")
        subprocess.run(["mosquitto_passwd", "-b", os.path.join(self.where, "passwords"), USER, SECRET],
                       check=True, capture_output=True)
        with socket.create_server((NETWORK + "9", 0)) as s:
            self.host, self.port = s.getsockname()
        user = subprocess.run(["id", "-un"], check=True, capture_output=True, text=True).stdout
        conf = self.file("team/conf", f"user {user}log_dest none\nallow_anonymous false\n"
                         f"password_file {self.where}/passwords\nlistener {self.port} {self.host}\n")
        self.process = subprocess.Popen([MOSQUITTO, "-c", conf], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        self.addCleanup(self.stop)
        end = time.monotonic() + 30
        while (self.host, self.port) not in listening() and time.monotonic() < end:
            time.sleep(0.01)

    def stop(self):
        self.process.kill()
        self.process.wait()

    def url(self, password=IN_URL):
        return f"mqtt://{USER}:{password}@{self.host}:{self.port}"

    def end(self, running, timeout=60):
        return self.finish(running, timeout)

    def check_secret(self, result):
        """In whatever form, it is in no file and in nothing that was printed."""
        forms = [SECRET.encode(), json.dumps(SECRET)[1:-1].encode(), IN_URL.encode(),
                 json.dumps(SECRET, ensure_ascii=False)[1:-1].encode(), "w\u00f6rd1".encode(),
                 json.dumps(SECRET.encode().decode("latin-1"), ensure_ascii=False)[1:-1].encode()]
        texts = {"stdout": result.out.encode(), "stderr": result.err.encode()}
        for name in os.listdir(result.dir):
            with open(result.path(name), "rb") as f:
                texts[name] = f.read()
        for name, text in texts.items():
            for form in forms:
                self.assertNotIn(form, text, name)

    def test_is_used(self):
        result = self.run_cases("publishes_and_receives", "stops_and_starts", "publishes_the_will",
                                "tells_its_facts", options=("--broker", self.url()))
        self.assertEqual(self.verdicts(result), {
            "publishes_and_receives": "pass", "stops_and_starts": "unequipped",
            "publishes_the_will": "unequipped", "tells_its_facts": "unequipped"}, result.err)
        self.assertEqual(events_of(result.journal(), "broker"), [], "it is left alone")
        self.check_secret(result)

    def test_password_is_shown_nowhere(self):
        running = self.begin("sends_the_password", "waits_with_an_observer",
                             options=("--broker", self.url()))
        running.wait_for(lambda e: e["e"] == "lease")
        seen = " ".join(argv for _, argv in marked_processes(running.mark))
        self.assertNotIn(IN_URL, seen)
        self.assertIn(f"mqtt://{USER}:***@", seen)
        result = self.end(running)
        self.assertEqual(self.verdicts(result)["sends_the_password"], "fail")
        self.assertIn("it is ***", json.dumps(result.verdicts()))
        argv = result.journal()[0]["argv"]
        self.assertIn(f"mqtt://{USER}:***@{self.host}:{self.port}", argv)
        sent = "".join(e.get("bytes", "") for e in events_of(result.journal(), "tx"))
        got = "".join(e.get("bytes", "") for e in events_of(result.journal(), "rx"))
        stars = "*" * len(SECRET.encode())
        self.assertIn(f"AT+{stars}\r\n", sent)
        self.assertIn(f"AT+{stars}\r\n", got, "the echo")
        self.check_secret(result)
        self.check_reports(result)

    def test_in_the_environment(self):
        result = self.run_cases("publishes_and_receives", "sends_the_password",
                                env={"ATCONFORM_BROKER": f" {self.url()} ws://{self.host}/mqtt "})
        self.assertEqual(self.verdicts(result)["publishes_and_receives"], "pass", result.err)
        self.assertNotIn("mqtt://", json.dumps(result.journal()[0]["argv"]))
        self.check_secret(result)

    def test_in_one_word(self):
        running = self.begin("waits_with_an_observer", options=("--broker=" + self.url(),))
        running.wait_for(lambda e: e["e"] == "lease")
        seen = " ".join(argv for _, argv in marked_processes(running.mark))
        self.assertIn(f"--broker=mqtt://{USER}:***@{self.host}", seen)
        result = self.end(running)
        self.assertEqual(self.verdicts(result)["waits_with_an_observer"], "pass", result.err)
        self.check_secret(result)

    def test_in_a_bench_file(self):
        with open(os.path.join(SOURCE, "fixtures/benches/virtual.json"), encoding="utf-8") as f:
            bench = json.load(f)
        bench["network"]["broker"] = {"host": self.host, "port": self.port, "username": USER,
                                      "password": SECRET}
        path = self.file("ours.json", json.dumps(bench))
        result = self.run_cases("publishes_and_receives", "sends_the_password", bench=path)
        self.assertEqual(self.verdicts(result)["publishes_and_receives"], "pass", result.err)
        self.check_secret(result)

    def test_that_does_not_answer(self):
        wrong = self.run_cases("publishes_and_receives", options=("--broker", self.url("another")))
        self.check_said(wrong, 3, f"{self.host}:{self.port}", "refuses the observer")
        self.stop()
        gone = self.run_cases("publishes_and_receives", options=("--broker", self.url()))
        self.check_said(gone, 3, f"{self.host}:{self.port}", "refused")
        self.check_secret(gone)
        fine = self.run_cases("needs_no_broker", options=("--broker", self.url()))
        self.assertEqual(fine.code, 0)

    def test_that_dies_in_mid_case(self):
        running = self.begin("waits_with_an_observer", options=("--broker", self.url()))
        running.wait_for(lambda e: e["e"] == "peer" and e["what"] == "subscribe")
        self.stop()
        result = self.end(running)
        closed = [e for e in events_of(result.journal(), "peer") if e["what"] == "close"]
        self.assertEqual(closed[0]["text"], "by the broker")


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
