#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The list of faults: complete, true to the specification model, and each of them starts. That each
one is seen by the suite is the kill matrix's business; a sample is looked at here."""
import glob
import json
import os
import re
import subprocess
import sys
import time
import unittest

SUITES = sys.argv.pop()
from atmodule import Module, faults, run  # noqa: E402  (takes the program off the command line)

KEYS = {"name", "operator", "point", "family", "issue", "command", "form", "parameter", "breaks", "text"}
POINTS = {"parameter", "state", "store", "restore", "response", "final", "urc", "prompt", "data", "timing",
          "links", "error-code", "survival"}
FAMILIES = {"basic", "wifi", "tcpip", "mqtt"}
# Where a family has nothing of the kind: no prompt, no data and no connections of its own, error
# codes that the document does not tell apart, and settings that are not kept.
NONE = {("prompt", "basic"), ("prompt", "wifi"), ("data", "basic"), ("links", "basic"),
        ("error-code", "wifi"), ("error-code", "tcpip"), ("store", "mqtt"), ("restore", "mqtt")}
# Those that have to be there; fixtures/module/README.md says why others are not.
MET = {
    "espressif/esp-at": (13, 36, 140, 154, 238, 239, 270, 283, 287, 294, 302, 312, 314, 315, 322, 328, 338, 345, 377,
                         388, 429, 444, 446, 450, 452, 455, 465, 473, 478, 479, 493, 521, 531, 535, 539, 589, 609,
                         686, 731, 856, 933, 967, 1027),
    "espressif/ESP8266_AT": (8,), "espressif/ESP8266_NONOS_SDK": (35, 50, 124, 184, 213), "jorgegv/jnext": (249,),
    "MaJerle/lwesp": (46, 51, 54), "kaluma-project/kaluma": (389,),
}
ISSUE = re.compile(r"(espressif/(esp-at|ESP8266_AT|ESP8266_NONOS_SDK)|jorgegv/jnext|MaJerle/lwesp"
                   r"|kaluma-project/kaluma)#[1-9][0-9]*")


def requirements():
    out = {}
    for path in glob.glob(os.path.join(SUITES, "*", "*.json")):
        with open(path, encoding="utf-8") as f:
            model = json.load(f)
        for r in model["requirements"]:
            out[r["id"]] = (model.get("command", ""), r)
    return out


class List(unittest.TestCase):
    def test_shape(self):
        known = faults()
        self.assertGreater(len(known), 150)
        self.assertEqual(len({f["name"] for f in known}), len(known))
        for f in known:
            self.assertEqual(set(f), KEYS)
            self.assertTrue(f["text"] and f["operator"], f)
            self.assertTrue(f["name"].startswith(f["operator"]), f)
        lines = run("--list-faults").stdout.decode().splitlines()
        self.assertEqual([line.split()[:2] for line in lines], [[f["name"], f["point"]] for f in known])

    def test_every_choke_point_in_every_family(self):
        known = faults()
        self.assertEqual({f["point"] for f in known}, POINTS)
        self.assertEqual({f["family"] for f in known}, FAMILIES | {"general"})
        self.assertEqual({(f["point"], f["family"]) for f in known if f["family"] != "general"},
                         {(p, f) for p in POINTS for f in FAMILIES} - NONE)

    def test_family_is_that_of_the_command(self):
        where = {}
        for path in glob.glob(os.path.join(SUITES, "*", "*.json")):
            with open(path, encoding="utf-8") as f:
                where[json.load(f).get("command", "")] = os.path.basename(os.path.dirname(path))
        for f in faults():
            if f["command"]:
                self.assertEqual(f["family"], where[f["command"]], f["name"])

    def test_defects_of_real_firmware_are_named_after_their_issue(self):
        for f in faults():
            number = re.match(r"(esp-at|nonos|nonos-sdk|jnext|lwesp|kaluma)-([0-9]+)(:|$)", f["name"])
            if number:
                self.assertRegex(f["issue"], ISSUE, f["name"])
                self.assertEqual(f["issue"].partition("#")[2], number[2], f["name"])
            else:
                self.assertEqual(f["issue"], "", f["name"])
        met = {f"{where}#{number}" for where, numbers in MET.items() for number in numbers}
        self.assertEqual({f["issue"] for f in faults()} - {""}, met)

    def test_breaks_requirements_that_exist_and_can_be_tested(self):
        known = requirements()
        for f in faults():
            self.assertTrue(f["breaks"], f["name"])
            for name in f["breaks"]:
                self.assertIn(name, known, f["name"])
                self.assertNotIn("untestable", known[name][1], f["name"])
            if f["command"]:
                self.assertIn(f["command"], {known[name][0] for name in f["breaks"]}, f["name"])

    def test_every_command_has_faults(self):
        commands = {command for command, _ in requirements().values() if command}
        self.assertGreaterEqual(len(commands), 17)
        self.assertEqual(commands - {f["command"] for f in faults()}, set())

    def test_each_starts(self):
        names = [f["name"] for f in faults()]
        for name in names:
            done = run("--fault", name, stdin=subprocess.DEVNULL)
            self.assertEqual((done.returncode, done.stderr), (0, b""), name)
        many = [word for name in names[:64] for word in ("--fault", name)]
        self.assertEqual(run("--version", *many).returncode, 0)
        self.assertEqual(run("--version", *many, "--fault", names[64]).returncode, 2)


class Sample(unittest.TestCase):
    def raw(self, fault, *commands, least=0, more=()):
        """What the last of the commands gets, which is this much at least."""
        with Module("--boot-ms", "1", "--fault", fault, *more, control=True) as m:
            for command in commands[:-1]:
                m.send(command + "\r\n")
                m.settled()
            m.send(commands[-1] + "\r\n")
            m.heard()
            return m.read(0.3, least)

    def check(self, fault, commands, expected):
        self.assertEqual(self.raw(fault, "ATE0", *commands, least=len(expected)), expected.encode(), fault)

    def test_parameters(self):
        for fault, command in (("accept-below:uart_cur.baudrate", "AT+UART_CUR=79,8,1,0,0"),
                               ("accept-above:sysmsg.state", "AT+SYSMSG=4"),
                               ("accept-above:ate.echo", "ATE2"),
                               ("accept-wrong-type:sleep.sleep_mode", 'AT+SLEEP="1"'),
                               ("accept-wrong-type:sleep.sleep_mode", "AT+SLEEP=x"),
                               ("accept-empty:uart_def.parity", "AT+UART_DEF=9600,8,1,,0"),
                               ("accept-missing:uart_cur", "AT+UART_CUR=9600"),
                               ("accept-missing:rfpower", "AT+RFPOWER=60,1"),
                               ("accept-surplus:gslp", "AT+GSLP=1,1"),
                               ("unknown-ok", "AT+FAKE"), ("no-at-ok", "XX"),
                               ("accept-without-image:sysrollback", "AT+SYSROLLBACK")):
            out = self.raw(fault, "ATE0", command, least=len("OK\r\n"), more=("--images", "1"))
            self.assertIn(b"OK", out, fault)
        for fault, command in (("refuse-min:uart_cur.baudrate", "AT+UART_CUR=80,8,1,0,0"),
                               ("refuse-max:systimestamp.unix_timestamp",
                                "AT+SYSTIMESTAMP=2147483647"),
                               ("refuse-value:sleep.sleep_mode.1", "AT+SLEEP=1"),
                               ("refuse-short:rfpower", "AT+RFPOWER=60"),
                               ("final-error:sleep.set", "AT+SLEEP=0"), ("unknown:syslsp", "AT+SYSLSP")):
            self.check(fault, [command], "\r\nERROR\r\n")

    def test_state(self):
        self.check("forget:sysmsg.state", ["AT+SYSMSG=1", "AT+SYSMSG?"], "+SYSMSG:0\r\n\r\nOK\r\n")
        self.check("change-on-refusal:sysmsg", ["AT+SYSMSG=7", "AT+SYSMSG?"],
                   "+SYSMSG:7\r\n\r\nOK\r\n")
        self.check("not-stored:sysmsg", ["AT+SYSMSG=1", "AT+RST", "ATE0", "AT+SYSMSG?"],
                   "+SYSMSG:0\r\n\r\nOK\r\n")
        self.check("stored:uart_cur", ["AT+UART_CUR=9600,8,1,0,0", "AT+RST", "ATE0", "AT+UART_CUR?"],
                   "+UART_CUR:9600,8,1,0,0\r\n\r\nOK\r\n")
        self.check("ignore-restore:sysmsg", ["AT+SYSMSG=1", "AT+RESTORE", "ATE0", "AT+SYSMSG?"],
                   "+SYSMSG:1\r\n\r\nOK\r\n")
        self.check("soft-restart:rst", ["AT+SYSLOG=1", "AT+RST", "AT+SYSLOG?"],
                   "+SYSLOG:1\r\n\r\nOK\r\n")
        self.check("spills:uart_cur", ["AT+UART_CUR=9600,8,1,0,0", "AT+UART_DEF?"],
                   "+UART_DEF:9600,8,1,0,0\r\n\r\nOK\r\n")
        self.assertEqual(self.raw("forget-value:ate.echo.0", "ATE0", "AT", least=10), b"AT\r\n\r\nOK\r\n")

    def test_line(self):
        change, show = "AT+UART_CUR=115200,8,1,2,3", "AT+UART_CUR?"
        self.check("esp-at-473:uart_cur", [change, show], "+UART_CUR:115200,8,1,2,0\r\n\r\nOK\r\n")
        self.check("esp-at-338:uart_cur", [change, show], "+UART_CUR:115200,8,1,0,3\r\n\r\nOK\r\n")
        zeros = "nonos-sdk-213:uart_def"
        self.check(zeros, ["AT+UART_DEF?"], "+UART_DEF:0,0,0,0,0\r\n\r\nOK\r\n")
        self.check(zeros, ["AT+UART_DEF=115200,8,1,0,0", "AT+UART_DEF?"], "+UART_DEF:115200,8,1,0,0\r\n\r\nOK\r\n")
        garbage = bytes(b ^ 0xA5 for b in b"\r\nOK\r\n")
        self.assertEqual(self.raw("esp-at-429:sleep", "ATE0", "AT+SLEEP=1", "AT", least=6), garbage)
        self.check("esp-at-429:sleep", ["AT+SLEEP=1", "AT+SLEEP=0"], "\r\nOK\r\n")
        self.assertEqual(self.raw("esp-at-493:gslp", "AT+GSLP=20", "ATE0", "AT", least=6), garbage)

    def test_answers(self):
        show = ["AT+SYSLOG?"]
        self.check("wrong-value:syslog.status", show, "+SYSLOG:5\r\n\r\nOK\r\n")
        self.check("drop-field:syslog.query", show, "+SYSLOG:\r\n\r\nOK\r\n")
        self.check("extra-field:syslog.query", show, "+SYSLOG:0,0\r\n\r\nOK\r\n")
        self.check("quoted-field:syslog.query", show, '+SYSLOG:"0"\r\n\r\nOK\r\n')
        self.check("wrong-prefix:syslog.query", show, "+SYSLO:0\r\n\r\nOK\r\n")
        self.check("glued:syslog.query", show, "+SYSLOG:0OK\r\n")
        self.check("no-info:syslog.query", show, "\r\nOK\r\n")
        self.check("final-before-info:syslog.query", show, "\r\nOK\r\n+SYSLOG:0\r\n")
        self.check("no-final:sleep.set", ["AT+SLEEP=0"], "")
        self.check("extra-line:at.execute", ["AT"], "+INFO:1\r\n\r\nOK\r\n")
        self.check("double-final:at.execute", ["AT"], "\r\nOK\r\n\r\nOK\r\n")
        self.check("no-crlf:sleep.set", ["AT+SLEEP=0"], "\r\nOK")
        self.check("lf-only", ["AT"], "\nOK\n")
        self.check("stray-line", ["AT"], "\r\nOK\r\n+STRAY:1\r\n")
        self.check("swap-fields:uart_def.query", ["AT+UART_DEF?"],
                   "+UART_DEF:8,115200,1,0,0\r\n\r\nOK\r\n")
        self.check("err-code-always", ["AT+FAKE"], "ERR CODE:0x01090000\r\n\r\nERROR\r\n")
        self.check("err-code-short", ["AT+SYSLOG=1", "AT+FAKE"], "ERR CODE:0x1090000\r\n\r\nERROR\r\n")
        self.check("err-code-after", ["AT+SYSLOG=1", "AT+FAKE"], "\r\nERROR\r\nERR CODE:0x01090000\r\n")
        self.check("unknown-silent", ["AT+FAKE"], "")
        self.assertEqual(self.raw("echo-twice", "AT", least=14), b"AT\r\nAT\r\n\r\nOK\r\n")
        self.assertEqual(self.raw("echo-late", "AT", least=10), b"\r\nOK\r\nAT\r\n")
        self.assertEqual(self.raw("echo-corrupt", "AT", least=10), b"CT\r\n\r\nOK\r\n")

    def test_restarts(self):
        self.check("restart-missing:rst", ["AT+RST"], "\r\nOK\r\n")
        self.check("restart-before-ok:rst", ["AT+RST"], "\r\nready\r\n\r\nOK\r\n")
        self.check("no-return:rst", ["AT+RST"], "\r\nOK\r\n")
        self.check("no-return:rst", ["AT+RST", "AT"], "")
        self.check("reboot:gmr", ["AT+GMR"], "\r\nready\r\n")
        self.check("hang:gmr", ["AT+GMR", "AT"], "")
        self.check("binary-hang", ["\0", "AT"], "")
        self.check("sleep-talks:gslp", ["AT+GSLP=60000"], "60000\r\n\r\nOK\r\nsleeping\r\n")
        with Module("--boot-ms", "1", "--fault", "crash:gmr", control=True) as m:
            m.send("AT+GMR\r\n")
            self.assertRegex(m.settled(), rb"^AT\+GMR\r\n\r\nFatal exception [^\0]*\r\n\r\nready\r\n$")
        with Module("--boot-ms", "1", "--fault", "late:gmr") as m:
            start = time.monotonic()
            self.assertEqual(m.ask("AT+GMR")[-1], "OK")
            self.assertGreater(time.monotonic() - start, 2.9)

    def test_prompts_and_data_modes_that_nobody_asked_for(self):
        with Module("--boot-ms", "1", "--fault", "stuck-prompt:sysram") as m:
            m.ask("ATE0")
            m.send("AT+SYSRAM?\r\n")
            m.until(b"\r\n>")
            m.send("+++")
            m.send("x" * 696)
            self.assertEqual(m.read(0.2), b"")
            m.send("yAT\r\n")
            m.until(b"SEND OK\r\n\r\nOK\r\n")
        with Module("--boot-ms", "1", "--fault", "stuck-passthrough:sysram", control=True) as m:
            m.send("AT+SYSRAM?\r\n")
            self.assertEqual(m.until(b"?\r\n"), b"AT+SYSRAM?\r\n")
            # The escape stands by itself when the module has read what was before it, and it before the rest.
            for sent in ("AT\r\nxx+++", "+++"):
                m.send(sent)
                m.heard()
                self.assertEqual(m.read(0.2), b"")
            self.assertEqual(m.ask("AT"), ["OK"])

    def test_a_command_without_end(self):
        with Module("--boot-ms", "1", "--fault", "stays-busy:sysram", control=True) as m:
            m.send("AT+SYSRAM?\r\n")
            m.heard()
            for _ in range(2):
                m.send("AT\r\n")
                m.until(b"busy p...\r\n")
            m.send("AT+RST\r\n")
            m.until(b"Will force to restart!!!\r\n\r\nready\r\n")
            self.assertEqual(m.ask("AT"), ["OK"])

    def test_boot_loops_end_with_the_power(self):
        with Module("--boot-ms", "1", "--fault", "boot-loop:sysram", link="pty", control=True) as m:
            m.set_rate(74880)
            m.control({"do": "power-cycle"})
            m.settled()
            m.set_rate(115200)
            m.send("AT+SYSRAM?\r\n")
            m.until(b"AT+SYSRAM?\r\n")
            m.set_rate(74880)
            for _ in range(3):
                m.until(b"rst cause:2, boot mode:(3,7)")
            m.set_rate(115200)
            m.control({"do": "power-cycle"})
            m.until(b"ready\r\n")
            self.assertEqual(m.ask("AT"), ["OK"])

    def test_the_boot_loader_takes_any_rate(self):
        hello = b"\xc0\x00\x08\x24\x00" + bytes(4) + b"\x07\x07\x12\x20" + b"U" * 32 + b"\xc0"
        with Module("--boot-ms", "1", "--fault", "boot-loader:sysram", link="pty", control=True) as m:
            m.set_rate(115200)
            m.send("AT+SYSRAM?\r\n")
            m.until(b"AT+SYSRAM?\r\n")
            m.heard()
            m.read(0.2)
            for baud in (115200, 57600):
                m.set_rate(baud)
                os.write(m.fd_out, b"AT\r\n")
                self.assertEqual(m.read(0.1), b"")
                os.write(m.fd_out, hello)
                # It says it eight times.
                self.assertEqual(m.take(96)[:4], b"\xc0\x01\x08\x02")
            m.set_rate(115200)
            m.control({"do": "power-cycle"})
            m.until(b"ready\r\n")
            self.assertEqual(m.ask("AT"), ["OK"])

    def test_line_rate(self):
        with Module("--boot-ms", "1", "--fault", "lost-rate:sysram", link="pty") as m:
            m.set_rate(115200)
            m.send("AT+SYSRAM?\r\n")
            self.assertEqual(m.read(0.2, 12), b"AT+SYSRAM?\r\n")
            m.set_rate(9600)
            m.send("\r\n")
            m.until(b"\r\nERROR\r\n")
            self.assertEqual(m.ask("AT"), ["OK"])
        for fault, seen in (("baud-before-ok:uart_cur", False), ("baud-not-applied:uart_cur", True)):
            with Module("--boot-ms", "1", "--fault", fault, link="pty", control=True) as m:
                m.set_rate(115200)
                m.ask("ATE0")
                for command in ("AT+UART_CUR=9600,8,1,0,0\r\n", "AT\r\n"):
                    m.send(command)
                    m.heard()
                    self.assertEqual(b"OK" in m.read(0.2, 6 if seen else 0), seen, fault)


if __name__ == "__main__":
    unittest.main()
