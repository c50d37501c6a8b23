# SPDX-License-Identifier: MIT
"""`atconform doctor`: what it finds on good and on bad benches, the file that it writes, and that it
leaves the module as it was. Adapters are a tree that looks like sysfs, ports are PTYs."""
import fcntl
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import termios
import threading
import time
import tty
import unittest

import jsonschema

from harness import ATMODULE, BUILD, SOURCE, CliTest, fake, marked_processes

sys.path.insert(0, os.path.join(SOURCE, "tests/rig"))
from ser2net import Ser2net  # noqa: E402

HOST = f"127.{178 + os.getpid() % 20}.{1 + os.getpid() // 20 % 250}.1"  # this run's own
LONG = os.environ.get("ATCONFORM_TEST_LONG")
ADAPTER = {"vid": "10c4", "pid": "ea60", "serial": "0001", "product": "CP2102 USB to UART"}

VENDOR = {"command": "AT+VENDOR", "section": "9.1", "line": 1, "title": "Made up",
          "forms": {"execute": {"line": 1, "syntax": "AT+VENDOR", "requirement": "VENDOR-1",
                                "response": [], "final": "OK"}},
          "requirements": [{"id": "VENDOR-1", "line": 1, "grade": "stated", "text": "It is there."}]}


def exchange(path, *commands, baud=termios.B115200, quiet=0.25):
    """What a module on a PTY says to these lines."""
    fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        tty.setraw(fd, termios.TCSANOW)
        mode = termios.tcgetattr(fd)
        mode[4] = mode[5] = baud
        termios.tcsetattr(fd, termios.TCSANOW, mode)
        said, last = b"", time.monotonic()
        for command in commands:
            os.write(fd, command.encode() + b"\r\n")
            begun = last = time.monotonic()
            while time.monotonic() - last < quiet and time.monotonic() - begun < 2:
                try:
                    part = os.read(fd, 4096)
                except BlockingIOError:
                    time.sleep(0.01)
                    continue
                said, last = said + part, time.monotonic()
        return said.decode("latin-1")
    finally:
        os.close(fd)


def read_report(text):
    report = json.loads(text)
    with open(os.path.join(SOURCE, "reports/doctor.schema.json"), encoding="utf-8") as f:
        jsonschema.validate(report, json.load(f))
    return report


class DoctorTest(CliTest):
    def module(self, *options, name="port"):
        """A virtual module on a PTY of its own: the path, and the address of the line."""
        path = os.path.join(self.home, name)
        process = subprocess.Popen([ATMODULE, "--pty", path, *options], text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.fakes.append(process)
        process.stdout.readline()
        while "OK" not in exchange(path, "AT", quiet=0.05):
            self.assertIsNone(process.poll(), "the module has ended")
        return path, f"pty:{path}"

    def doctor(self, *args, **options):
        result = self.call("doctor", *args, **options)
        for line in result.out.splitlines():
            if not line.startswith(("  atconform run ", "{")):
                self.assertLessEqual(len(line), 100, line)
            self.assertRegex(line, r"^[ -~]*$", "a byte that is not printable")
        return result

    def findings(self, result):
        """name -> (state, text); the last one of a name."""
        found = {}
        for line in result.out.splitlines():
            if re.match(r"(ok|untried|missing|wrong) ", line):
                name = line[9:25].strip()
                found[name] = (line[:9].strip(), line[25:])
            elif line.startswith(" " * 25) and found:
                state, text = found[name]
                found[name] = (state, f"{text} {line.strip()}")
        return found

    def check(self, result, code, name, state, *patterns):
        self.assertEqual(result.code, code, result.out + result.err)
        found = self.findings(result)
        self.assertIn(name, found, result.out)
        self.assertEqual(found[name][0], state, found[name])
        for pattern in patterns:
            self.assertRegex(found[name][1], pattern)

    def plug(self, port, kind="ff", driver="cp210x", place="1-2", **adapter):
        """A tree like sysfs in which this port is a USB adapter's; its folder for the environment."""
        root = os.path.join(self.home, "sysfs")
        usb = os.path.join(root, "devices/usb1", place)
        interface = os.path.join(usb, f"{place}:1.0")
        name = os.path.basename(port)
        device, tty_class = os.path.join(interface, name), os.path.join(root, "class/tty", name)
        os.makedirs(device)
        os.makedirs(tty_class)
        a = {**ADAPTER, **adapter}
        for folder, key, text in ((usb, "idVendor", a["vid"]), (usb, "idProduct", a["pid"]),
                                  (usb, "serial", a["serial"]), (usb, "product", a["product"]),
                                  (interface, "bInterfaceNumber", "00"),
                                  (interface, "bInterfaceClass", kind),
                                  (tty_class, "uevent", f"DEVNAME={port}")):
            with open(os.path.join(folder, key), "w", encoding="utf-8") as f:
                f.write(text + "\n")
        os.symlink(f"../../drivers/{driver}", os.path.join(device, "driver"))
        os.symlink(device, os.path.join(tty_class, "device"))
        return {"ATCONFORM_SYSFS": root}

    def loaded(self, name):
        with open(os.path.join(self.home, name), encoding="utf-8") as f:
            return json.load(f)

    def hasty_bench(self, **changes):
        """A bench that gives a module up soon."""
        timeouts = {"answer": 400, "restart": 400, "silence": 30, "escape": 100, "guard": 25}
        return self.quick_bench(**{"timeouts_ms": timeouts, "baud_rates": [115200], **changes})

    def passes(self, bench, always=False, **options):
        """A run with this bench file; but for a few of them only in the long form."""
        if not always and not LONG:
            return
        out = os.path.join(self.home, f"run{len(os.listdir(self.home))}")
        result = self.call("run", "--bench", bench, "--out", out, "basic/at/*", **options)
        self.assertEqual(result.code, 0, result.out + result.err)


class Fit(DoctorTest):
    def test_file_that_it_writes_makes_a_run_pass(self):
        path, address = self.module()
        result = self.doctor("--iut", address)
        self.check(result, 0, "bench file", "ok", r"bench\.json")
        self.assertRegex(result.out, r"fit to run:\n  atconform run --bench bench\.json\n$")
        bench = self.loaded("bench.json")
        self.assertEqual(bench["uart"]["baud"], 115200)
        self.assertEqual([i["address"] for i in bench["iuts"]], [address])
        mac = re.search(r'\+CIPSTAMAC:"(.*)"', exchange(path, "AT+CIPSTAMAC?"))[1]
        self.assertEqual(bench["iuts"][0]["mac"], mac)
        self.assertIn("baudrate:9600", bench["facilities"])
        self.passes("bench.json", always=True)

    def test_nothing_is_overwritten(self):
        _, address = self.module()
        path = self.file("bench.json", "mine")
        self.check(self.doctor("--iut", address), 0, "bench file", "untried", "exists", "--out")
        self.check_said(self.call("doctor", "--iut", address, "--out", path), 2, "bench.json",
                        "exists", "another")
        with open(path, encoding="utf-8") as f:
            self.assertEqual(f.read(), "mine")

    def test_with_a_bench_only_what_is_asked_for_is_written(self):
        _, address = self.module()
        bench = self.hasty_bench()
        result = self.doctor("--iut", address, "--bench", bench)
        self.assertEqual(result.code, 0, result.out)
        self.assertNotIn("bench file", self.findings(result))
        self.assertIn(f"atconform run --bench {bench} --iut '{address}'", result.out)
        self.assertRegex(result.out, r"(?m)^asking at 115200 \.\.\.$")
        self.assertEqual(self.doctor("--iut", address, "--bench", bench, "--out", "b.json").code, 0)
        written = self.loaded("b.json")
        self.assertEqual(written["timeouts_ms"]["restart"], 400, "what the bench says is kept")

    def test_module_is_left_as_it_was(self):
        path, address = self.module()
        queries = ("AT+UART_CUR?", "AT+UART_DEF?", "AT+CWMODE?", "AT+CWJAP?")
        exchange(path, "ATE0", "AT+CWMODE=2")
        before = exchange(path, *queries)
        result = self.doctor("--iut", address)
        self.check(result, 0, "echo", "ok", "off")
        self.assertEqual(exchange(path, *queries), before)

    def test_rate_is_found(self):
        path, address = self.module()
        exchange(path, "AT+UART_DEF=9600,8,1,0,0")
        result = self.doctor("--iut", address)
        self.check(result, 0, "baud rate", "ok", "9600", "115200")
        self.assertEqual(self.loaded("bench.json")["uart"]["baud"], 9600)
        self.passes("bench.json", always=True)
        bench = self.hasty_bench(baud_rates=[9600])
        self.check(self.doctor("--iut", address, "--bench", bench), 3, "baud rate",
                   "wrong", "9600", "115200")

    def test_rate_that_no_restart_keeps(self):
        path, address = self.module()
        exchange(path, "AT+UART_CUR=9600,8,1,0,0")
        self.check(self.doctor("--iut", address), 3, "baud rate", "wrong", "9600 now",
                   "115200 after a restart")

    def test_passthrough_is_left(self):
        path, address = self.module("--fault", "stuck-passthrough:sysram")
        exchange(path, "AT+SYSRAM?")
        self.check(self.doctor("--iut", address, "--bench", self.hasty_bench()), 0, "answer", "ok",
                   "passthrough")

    def test_bridge(self):
        process = subprocess.Popen([ATMODULE, "--listen", f"{HOST}:0"], text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.fakes.append(process)
        where = process.stdout.readline().split()[-1]
        result = self.doctor("--iut", f"tcp:{where}")
        self.check(result, 0, "baud rate", "ok", "bridge")
        self.check(result, 0, "line", "untried")
        self.assertEqual(self.loaded("bench.json")["iuts"][0]["address"], f"tcp:{where}")
        self.passes("bench.json")

    def test_board_in_another_room(self):
        path, _ = self.module()
        server = Ser2net(self.home, path, HOST)
        self.addCleanup(server.stop)
        result = self.doctor("--iut", server.url, "--bench", self.hasty_bench(), "--out", "b.json")
        self.check(result, 0, "line", "ok", "baudrate:9600, baudrate:57600")
        self.passes("b.json")

    def test_auto_reset_is_tried_when_asked_for(self):
        """The lines of a common board; none is moved without the option."""
        control, log = os.path.join(self.home, "control"), os.path.join(self.home, "lines")
        path, _ = self.module("--control", control, name="ttyUSB7")
        env = {**self.plug(path), "LD_PRELOAD": os.path.join(BUILD, "tests/cli/libtest-lines.so"),
               "ATCONFORM_TEST_LINES": log, "ATCONFORM_TEST_CONTROL": control}
        bench = self.hasty_bench(iuts=[f"serial:{path}"])
        self.check(self.doctor("--bench", bench, env=env), 0, "auto-reset", "untried", "--try-reset")
        self.assertFalse(os.path.exists(log), "a modem line was moved")
        result = self.doctor("--bench", bench, "--try-reset", "--out", "b.json", env=env)
        self.check(result, 0, "auto-reset", "ok", "restart the module")
        with open(log, encoding="ascii") as f:
            self.assertEqual(f.read().splitlines(),
                             ["dtr=0 rts=1", "dtr=0 rts=0", "start"])
        self.assertEqual(self.loaded("b.json")["iuts"][0]["reset"], {"lines": "esp"})
        self.assertIn("AT\r\n\r\nOK", exchange(path, "AT"), "echo is on again")
        env["ATCONFORM_TEST_CONTROL"] = "/nowhere"
        result = self.doctor("--bench", bench, "--try-reset", env=env)
        self.check(result, 0, "auto-reset", "missing", "no such circuit")
        self.assertIn("AT\r\n\r\nOK", exchange(path, "AT"), "echo is on again")

    def test_two_boards_in_one_file(self):
        (path, first), (_, second) = self.module(name="a"), self.module(name="b")
        if LONG:
            result = self.doctor("--iut", first, "--iut", second, "--out", "one.json")
            self.check(result, 1, "board", "wrong", "5c:cf:7f:5e:0c:1f")
            self.passes("one.json")
        exchange(path, 'AT+CIPSTAMAC="5c:cf:7f:5e:0c:20"')
        result = self.doctor("--iut", first, "--iut", second)
        self.assertEqual(result.code, 0, result.out)
        self.assertEqual([i["address"] for i in self.loaded("bench.json")["iuts"]],
                         [first, second])
        self.passes("bench.json")

    def test_program(self):
        self.check(self.doctor("--iut", fake("normal")), 0, "firmware", "ok", "AT version:1.0")
        self.assertEqual(self.loaded("bench.json")["iuts"], [fake("normal")])
        self.passes("bench.json")

    def test_profile_is_found(self):
        result = self.doctor("--iut", "virtual:?dialect=2.1", "--out", "v.json")
        self.check(result, 0, "profile", "ok", r"esp8266-at-2\.1")
        self.assertEqual(self.loaded("v.json")["profile"], "esp8266-at-2.1")

    def test_json(self):
        _, address = self.module()
        result = self.doctor("--iut", address, "--json")
        report = read_report(result.out)
        self.assertEqual((result.code, report["exit"]), (0, 0))
        board = report["boards"][0]
        self.assertEqual((board["iut"], board["answers"], board["baud"], board["echo"]),
                         (address, True, 115200, True))
        self.assertTrue(board["firmware"][0].startswith("AT version:"))
        self.assertEqual({f["state"] for f in report["findings"]} - {"ok", "untried", "missing"},
                         set())
        cases = report["cases"]
        self.assertEqual(cases["planned"], cases["run"] + cases["absent"] + cases["unequipped"] +
                         cases["destructive"] + cases["capped"])
        listed = json.loads(self.call("list", "--json").out)
        self.assertEqual(report["unequipped"]["access_point"],
                         sum("access_point" in c["needs"] for c in listed))
        self.assertEqual(report["bench_file"], "bench.json")
        self.assertEqual(report["command"], "atconform run --bench bench.json")


    def test_carried_is_what_all_lines_carry(self):
        """One board is behind a line that stops at some rate."""
        _, first = self.module(name="a")
        process = subprocess.Popen([ATMODULE, "--listen", f"{HOST}:0"], text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.fakes.append(process)
        bridge = "tcp:" + process.stdout.readline().split()[-1]
        for boards in ((first, bridge), (bridge, first)):
            name = f"b{boards.index(first)}.json"
            self.doctor(*(w for b in boards for w in ("--iut", b)), "--out", name)
            self.assertEqual([f for f in self.loaded(name)["facilities"] if f.startswith("baud")], [],
                             boards)

    def test_cases_that_may_not_write(self):
        cases = []
        for words in ({}, {"max_nvs_writes": 0}):
            result = self.doctor("--iut", fake("normal"), "--bench", self.hasty_bench(**words), "--json")
            cases.append(read_report(result.out)["cases"])
        self.assertEqual(cases[0]["capped"], 0)
        self.assertGreater(cases[1]["capped"], 0)
        self.assertEqual(cases[1]["run"] + cases[1]["capped"], cases[0]["run"])

    def test_command_is_one_for_a_shell(self):
        home = os.path.join(self.home, "it's $HOME & more")
        os.mkdir(home)
        bench, spec = os.path.join(home, "b.json"), os.path.join(home, "spec")
        os.rename(self.hasty_bench(), bench)
        os.makedirs(os.path.join(spec, "vendor"))
        with open(os.path.join(spec, "vendor/vendor.json"), "w", encoding="utf-8") as f:
            json.dump(VENDOR, f)
        program, mode = fake("normal").removeprefix("exec:").split()
        address = f"exec:'{program}' {mode}"
        report = read_report(self.doctor("--iut", address, "--bench", bench, "--spec", spec, "--json").out)
        self.assertEqual(shlex.split(report["command"]), ["atconform", "run", "--bench", bench, "--iut",
                                                          address, "--spec", spec])

    def test_reset_instead_of_power(self):
        _, address = self.module()
        bench = self.hasty_bench(reset={"command": ["/bin/press", "it"]})
        result = self.doctor("--iut", address, "--bench", bench)
        self.check(result, 0, "reset", "untried", "/bin/press")
        self.assertNotIn("power", self.findings(result))
        bench = self.hasty_bench(reset={"lines": "esp"})
        result = self.doctor("--iut", address, "--bench", bench)
        self.check(result, 1, "reset", "wrong", "has none")
        self.check(result, 1, "power", "missing")


class Unfit(DoctorTest):
    def refused(self, mode, name, *patterns):
        result = self.doctor("--iut", fake(mode), "--bench", self.hasty_bench(), "--out", "b.json")
        self.check(result, 3, name, "wrong", *patterns)
        self.assertRegex(result.out, r"not fit to run: see what is wrong above\n$")
        self.assertFalse(os.path.exists(os.path.join(self.home, "b.json")), "a file was written")

    def test_silent(self):
        self.refused("silent", "answer", "powered")

    def test_looped_back(self):
        self.refused("loopback", "loop-back", "RX and TX")
        result = self.doctor("--iut", fake("loopback"), "--json")
        report = read_report(result.out)
        self.assertEqual((result.code, report["exit"], report["command"]), (3, 3, None))

    def test_says_ok_to_everything(self):
        self.refused("yes", "nonsense", "does not exist")

    def test_never_quiet(self):
        result = self.doctor("--iut", fake("babble"), "--bench", self.hasty_bench())
        self.check(result, 1, "silence", "wrong", "never quiet")

    def test_text_of_the_module_is_escaped(self):
        address = fake("hostile", "--at", "AT+GMR")
        result = self.doctor("--iut", address)
        self.check(result, 0, "firmware", "ok", r"\\x1b\[2J")
        self.passes("bench.json")
        report = read_report(self.doctor("--iut", address, "--json", "--out", "b.json").out)
        self.assertIn("\x1b[2J", report["boards"][0]["firmware"][1])

    def stuck(self, fault, name, *patterns):
        path, address = self.module("--fault", f"{fault}:sysram")
        exchange(path, "AT+SYSRAM?")
        self.check(self.doctor("--iut", address, "--bench", self.hasty_bench()), 3, name, "wrong", *patterns)

    def test_boot_loop(self):
        self.stuck("boot-loop", "boot loop", "supply")

    def test_boot_loader(self):
        self.stuck("boot-loader", "boot loader", "GPIO0")

    def test_busy_for_ever(self):
        self.stuck("stays-busy", "answer", "busy p", "reset")

    def test_interrupted(self):
        """At once, and nothing is left."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            running = self.start("doctor", "--iut", fake("silent"))
            while len(marked_processes(running.mark)) < 2:
                self.assertIsNone(running.process.poll(), "it has ended")
            running.signal(number)
            result = self.finish(running)
            self.assertEqual(result.code, 128 + number, result.err)
            self.assertNotIn("answer", self.findings(result), "it went on to its end")

    def test_interrupted_while_the_module_is_at_another_rate(self):
        """It is at its own again, wherever the signal comes."""
        path, address = self.module()
        before = exchange(path, "AT+UART_CUR?")
        hook = os.path.join(BUILD, "tests/cli/libtest-interrupt.so")
        for times, waits in ((1, 0), (1, 1), (2, 0), (2, 1), (2, 2), (2, 4)):
            env = {"LD_PRELOAD": hook, "ATCONFORM_TEST_INTERRUPT": f"921600:{times}:{waits}"}
            result = self.doctor("--iut", address, "--bench", self.hasty_bench(), env=env)
            self.assertEqual(result.code, 128 + signal.SIGINT, (times, waits, result.out + result.err))
            self.assertEqual(exchange(path, "AT+UART_CUR?"), before, (times, waits))

    def test_clock(self):
        env = {"LD_PRELOAD": os.path.join(BUILD, "tests/cli/libtest-clock.so"),
               "ATCONFORM_TEST_CLOCK": "86400"}
        result = self.doctor("--iut", fake("normal"), env=env)
        self.check(result, 1, "clock", "wrong", "1970-01-02", "before this program was built")

    def test_two_firmwares(self):
        """As a run of both says it."""
        boards = "virtual:?dialect=2.1", "virtual:?dialect=2.2"
        words = [w for b in boards for w in ("--iut", b)]
        result = self.doctor(*words)
        self.check(result, 3, "firmware", "wrong", "the boards differ in firmware: to AT\\+GMR",
                   "--mixed-firmware")
        result = self.call("run", *words, "--profile", "esp8266-at", "--out",
                           os.path.join(self.home, "r"), "basic/at/*")
        self.check_said(result, 3, "the boards differ in firmware", "--mixed-firmware")

    def test_address_of_another_machine(self):
        _, address = self.module()
        for key, name in (("host_address", "host address"), ("other_address", "other address")):
            bench = self.hasty_bench(network={key: "192.0.2.77"})
            result = self.doctor("--iut", address, "--bench", bench)
            self.check(result, 3, name, "wrong", f"network.{key}", "192.0.2.77")
            result = self.call("run", "--bench", bench, "--iut", address, "--out",
                               os.path.join(self.home, key), "basic/at/*")
            self.check_said(result, 3, f"network.{key}", "192.0.2.77")

    def test_file_that_can_not_be_written(self):
        """Said before the module is asked anything."""
        out = os.path.join(self.home, "nowhere/b.json")
        result = self.call("doctor", "--iut", fake("silent"), "--out", out)
        self.check_said(result, 2, "nowhere/b.json", "written")
        self.assertEqual(result.out, "")

    def test_words_that_mean_nothing(self):
        self.check_said(self.call("doctor", "--bench", self.file("list.json", "[]")), 2, "one object")
        self.check_said(self.call("doctor", "--iut", "replay:x"), 2, "replay:x")
        self.check_said(self.call("doctor", "port"), 2, "port", "--iut")
        self.check_said(self.call("doctor", "--iut", "nowhere"), 2, "nowhere")
        self.check_said(self.call("doctor", "--bench", self.file("b.json", "{}")), 2, r"b\.json")
        self.check_said(self.call("doctor", "--colour"), 2, "--colour")
        self.assertIn("--try-reset", self.call("doctor", "--help").out)


class Network(DoctorTest):
    def bench(self, **network):
        usual = {"access_point": {"ssid": "atconform", "password": "correct horse"},
                 "host_address": "127.0.0.1", **network}
        return self.quick_bench(air="default", network=usual)

    def test_access_point_and_tester_are_reached(self):
        result = self.doctor("--iut", "virtual:", "--bench", self.bench())
        self.check(result, 0, "scan", "ok", "-41 dBm")
        self.check(result, 0, "access point", "ok", r"192\.168\.101\.")
        self.check(result, 0, "host address", "ok", "reached")

    def test_wrong_password(self):
        bench = self.bench(access_point={"ssid": "atconform", "password": "wrong horse"})
        result = self.doctor("--iut", "virtual:", "--bench", bench)
        self.check(result, 1, "scan", "ok")
        self.check(result, 1, "access point", "wrong", "password")

    def test_access_point_that_is_not_there(self):
        bench = self.bench(access_point={"ssid": "nowhere", "password": "correct horse"})
        result = self.doctor("--iut", "virtual:", "--bench", bench)
        self.check(result, 1, "scan", "wrong", "2.4 GHz")
        self.check(result, 1, "access point", "wrong", "find")

    def test_bench_without_one(self):
        self.check(self.doctor("--iut", fake("normal")), 0, "access point", "missing", "network")

    def test_joined_elsewhere_is_left_alone(self):
        air = os.path.join(os.environ["ATCONFORM_SOURCE"], "fixtures/air/default.json")
        path, address = self.module("--air", air)
        exchange(path, "AT+CWMODE=1", 'AT+CWJAP="atconform-open",""', quiet=0.6)
        bench = self.hasty_bench(network={"access_point": {"ssid": "atconform",
                                                           "password": "correct horse"}})
        result = self.doctor("--iut", address, "--bench", bench)
        self.check(result, 0, "access point", "untried", "another")
        self.assertIn("atconform-open", exchange(path, "AT+CWJAP?"))


    def bridge(self, where, words, seen):
        """A port that leads to a module's; `seen` is set when these words go through it."""
        listener = socket.create_server((HOST, 0))
        self.addCleanup(listener.close)

        def copy(source, to, watch):
            passed = b""
            try:
                while data := source.recv(4096):
                    to.sendall(data)
                    passed += data
                    if watch and words in passed:
                        seen.set()
                to.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

        def serve():
            with listener.accept()[0] as client, socket.create_connection(where) as module:
                back = threading.Thread(target=copy, args=(module, client, False), daemon=True)
                back.start()
                copy(client, module, True)
                back.join()
        threading.Thread(target=serve, daemon=True).start()
        return "tcp:%s:%d" % listener.getsockname()

    def greet(self, where):
        """A connection to a module that has started, and takes one client at a time."""
        end = time.monotonic() + 30
        while time.monotonic() < end:
            module = socket.create_connection(where, 20)
            module.settimeout(0.3)
            try:
                module.sendall(b"AT\r\n")
                said = b""
                while b"OK" not in said and (part := module.recv(4096)):
                    said += part
                if b"OK" in said:
                    module.settimeout(20)
                    return module
            except (TimeoutError, ConnectionError):
                pass
            module.close()
        return self.fail("the module does not answer")

    def said_to(self, where, *commands):
        said = b""
        with self.greet(where) as module:
            for command in commands:
                module.sendall(command.encode() + b"\r\n")
                answer = re.compile(re.escape(command.encode()) + rb"\r\n.*(OK|ERROR)\r\n", re.S)
                while not answer.search(said):
                    part = module.recv(4096)
                    self.assertTrue(part, "the module has left")
                    said += part
        return said[said.index(commands[0].encode()):].decode("latin-1")

    def test_interrupted_while_it_joins(self):
        """Mode and access point are as before."""
        air = os.path.join(SOURCE, "fixtures/air/default.json")
        process = subprocess.Popen([ATMODULE, "--listen", f"{HOST}:0", "--air", air], text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.fakes.append(process)
        host, port = process.stdout.readline().split()[-1].rsplit(":", 1)
        where, queries = (host, int(port)), ("AT+CWMODE?", "AT+CWJAP?", "AT+SYSSTORE?")
        self.said_to(where, "AT+CWMODE=2")
        before = self.said_to(where, *queries)
        self.assertIn("+CWMODE:2", before)
        for words in (b"AT+CWMODE=3", b"AT+CWLAP=", b"AT+CWJAP=", b"AT+CIPSTART="):
            seen = threading.Event()
            running = self.start("doctor", "--iut", self.bridge(where, words, seen), "--bench",
                                 self.quick_bench(network={"access_point": {
                                     "ssid": "atconform", "password": "correct horse"},
                                     "host_address": "127.0.0.1"}))
            self.assertTrue(seen.wait(30), words)
            running.signal(signal.SIGINT)
            result = self.finish(running)
            self.assertEqual(result.code, 128 + signal.SIGINT, result.out + result.err)
            self.assertEqual(self.said_to(where, *queries), before, words)


class Ports(DoctorTest):
    def refused(self, address, name, *patterns, env=None, bench=None):
        """By doctor, and by a run with one line."""
        result = self.doctor("--iut", address, env=env)
        self.check(result, 3, name, "wrong", *patterns)
        result = self.run_iut(address, "basic/at/*", env=env, bench=bench)
        self.check_said(result, 3, *patterns)

    def test_ports_are_listed(self):
        path, _ = self.module(name="ttyUSB7")
        env = self.plug(path)
        result = self.doctor(env=env)
        self.assertEqual(result.code, 0)
        self.assertRegex(result.out, r"ttyUSB7: 10c4:ea60:0001 CP2102 USB to UART, driver cp210x")
        ports = read_report(self.call("doctor", "--json", env=env).out)["ports"]
        self.assertEqual(ports, [{"iut": f"serial:{path}", "adapter": "10c4:ea60:0001",
                                  "product": "CP2102 USB to UART", "driver": "cp210x",
                                  "rights": True, "in_use": False}])
        self.check_said(self.call("doctor", env={"ATCONFORM_SYSFS": self.home}), 3, "no serial port")

    def test_port_that_is_not_there(self):
        env = self.plug(os.path.join(self.home, "ttyUSB7"))
        self.check(self.doctor("--iut", "serial:/dev/ttyNOWHERE", env=env), 3, "port", "wrong",
                   "ttyNOWHERE", "ttyUSB7")

    def test_what_is_no_port(self):
        for path in (self.home, "/etc/passwd", "/dev/null"):
            result = self.doctor("--iut", f"serial:{path}")
            text = "terminal device: for a program" if path == "/dev/null" else "no character device"
            self.check(result, 3, "port", "wrong", path, text)
            self.check_said(self.run_iut(f"serial:{path}", "basic/at/*"), 3, text)
        master, slave = os.openpty()
        self.addCleanup(os.close, master)
        self.addCleanup(os.close, slave)
        name = os.ttyname(slave)
        result = self.doctor("--iut", f"serial:{name}")
        self.check(result, 3, "port", "wrong", f"use pty:{name}")
        self.assertNotIn("end that program", result.out)

    def test_adapter_goes_into_the_file_and_another_is_refused(self):
        path, address = self.module(name="ttyUSB7")
        env = self.plug(path)
        result = self.doctor("--iut", f"serial:{path}", env=env)
        self.check(result, 0, "adapter", "ok", "10c4:ea60:0001", "CP2102", "cp210x", "1-2:1.0")
        self.assertEqual(self.loaded("bench.json")["iuts"][0]["adapter"], "10c4:ea60:0001")
        self.passes("bench.json", env=env)
        shutil.rmtree(env["ATCONFORM_SYSFS"])
        env = self.plug(path, serial="B\x1b[2J")
        bench = self.file("pty.json", json.dumps({**self.loaded("bench.json"), "iuts": [
            {"address": address, "adapter": "10c4:ea60:0001"}]}))
        result = self.doctor("--bench", bench, "--out", "new.json", env=env)
        self.check(result, 0, "board", "wrong", "10c4:ea60:0001", r"10c4:ea60:B\\x1b\[2J")
        self.assertRegex(result.out, r"pty\.json is for another board; the new file is fit:\n"
                                     r"  atconform run --bench new\.json\n$")
        self.check(self.doctor("--bench", bench, env=env), 3, "board", "wrong", "10c4:ea60:0001")
        result = self.call("run", "--bench", bench, "--out", os.path.join(self.home, "r"),
                           "basic/at/*", env=env)
        self.check_said(result, 3, "10c4:ea60:0001", "10c4:ea60:B", "doctor")
        self.passes("new.json", env=env)

    def test_bench_of_a_module_with_another_mac(self):
        _, address = self.module()
        bench = self.hasty_bench(iuts=[{"address": address, "mac": "02:00:5e:00:00:99"}])
        result = self.doctor("--bench", bench, "--out", "new.json")
        self.check(result, 0, "board", "wrong", "02:00:5e:00:00:99", "--out")
        result = self.call("run", "--bench", bench, "--out", os.path.join(self.home, "r"),
                           "basic/at/*")
        self.check_said(result, 3, "02:00:5e:00:00:99", "doctor")
        self.passes("new.json", always=True)

    def test_printer(self):
        path, address = self.module(name="ttyUSB7")
        env = self.plug(path, kind="07", product="Receipt printer")
        self.refused(address, "port", "printer", "Receipt", env=env)

    @unittest.skipUnless(os.geteuid() == 0, "needs root to make a device node")
    def test_printer_port(self):
        path = os.path.join(self.home, "lp0")
        try:
            os.mknod(path, 0o660 | 0o020000, os.makedev(6, 0))
        except PermissionError:
            self.skipTest("no device nodes here")
        self.refused(f"serial:{path}", "port", "printer")

    def test_mobile_modem(self):
        path, address = self.module(name="ttyUSB7")
        self.refused(address, "port", "modem", "option1", env=self.plug(path, driver="option1"))

    def hold(self, path, name):
        """Another program, of this name, that has the port open and takes no lock."""
        program = os.path.join(self.home, name)
        shutil.copy(shutil.which("sleep"), program)
        fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
        process = subprocess.Popen([program, "1000"], stdin=fd, stdout=subprocess.DEVNULL)
        os.close(fd)
        self.fakes.append(process)
        return process

    def test_port_of_another_program(self):
        path, address = self.module(name="ttyUSB7")
        process = self.hold(path, "terminal")
        self.refused(address, "in use", rf"process {process.pid} \(terminal\)", "end that program",
                     env=self.plug(path))

    def test_port_of_the_modem_manager(self):
        path, address = self.module(name="ttyUSB7")
        process = self.hold(path, "ModemManager")
        self.refused(address, "in use", rf"process {process.pid} \(ModemManager\)", "systemctl stop",
                     "ID_MM_PORT_IGNORE", env=self.plug(path))

    def test_lock_file(self):
        name = f"ttyAC{os.getpid()}"
        lock = f"/var/lock/LCK..{name}"
        path, address = self.module(name=name)
        env = self.plug(path)
        try:
            with open(lock, "w", encoding="ascii") as f:
                f.write(f"{self.fakes[0].pid:10}\n")
        except OSError:
            self.skipTest("no lock file can be made")
        self.addCleanup(os.unlink, lock)
        self.refused(address, "in use", str(self.fakes[0].pid), "lock file", env=env)
        ended = subprocess.Popen([sys.executable, "-c", ""])
        ended.wait()
        with open(lock, "w", encoding="ascii") as f:
            f.write(f"{ended.pid:10}\n")
        self.assertEqual(self.doctor("--iut", address, env=env).code, 0, "its process is gone")

    @unittest.skipUnless(os.geteuid() == 0, "needs root to become somebody else")
    def test_no_rights(self):
        nobody = 65534
        become = lambda: (os.setgroups([]), os.setgid(nobody), os.setuid(nobody))
        program, data = self.open_copy()
        path, _ = self.module()
        real = os.path.realpath(path)
        os.chown(real, 0, 20)
        os.chmod(real, 0o660)
        os.chmod(self.home, 0o777)
        running = self.start("doctor", "--iut", f"pty:{real}", preexec_fn=become, program=program,
                             env={"TMPDIR": self.home, "ATCONFORM_DATA": data})
        self.check(running.wait(60), 3, "rights", "wrong", "join its group dialout", "usermod")
        os.chmod(real, 0o666)
        holder = os.open(real, os.O_RDWR | os.O_NOCTTY)
        self.addCleanup(os.close, holder)
        fcntl.flock(holder, fcntl.LOCK_EX)
        running = self.start("doctor", "--iut", f"pty:{real}", preexec_fn=become, program=program,
                             env={"TMPDIR": self.home, "ATCONFORM_DATA": data})
        self.check(running.wait(60), 3, "answer", "wrong", "can't be seen", "sudo fuser -v")


if __name__ == "__main__":
    unittest.main()
