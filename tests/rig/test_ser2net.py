#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Serial ports on the network: what rfc2217: and tcp: carry, and what becomes of a run when the
server goes away."""
import concurrent.futures
import fcntl
import os
import pty
import signal
import socket
import struct
import subprocess
import sys
import termios
import threading
import time
import tty

MODULE, LINK = sys.argv.pop(3), sys.argv.pop(3)

import rigtest  # noqa: E402  (it reads the rest of the arguments)
from ser2net import Ser2net, Server  # noqa: E402

HOST = f"127.{118 + os.getpid() % 20}.{1 + os.getpid() // 20 % 250}.1"  # this run's own
TCGETS2 = 0x802C542A
LONG = os.environ.get("ATCONFORM_TEST_LONG")
TIMES = "500,3000,30,20000,20000,25"


class Port:
    """A pseudo-terminal whose other side is ours."""

    def __init__(self):
        self.master, slave = pty.openpty()
        tty.setraw(slave, termios.TCSANOW)
        self.path = os.ttyname(slave)
        self.slave = slave  # stays open: the master would see a hang-up between two clients

    def settings(self):
        """(rate, control flags) as the far side has set them."""
        data = fcntl.ioctl(self.master, TCGETS2, bytes(44))
        return struct.unpack("11I", data)[10], struct.unpack("11I", data)[2]

    def echo(self):
        def run():
            try:
                while data := os.read(self.master, 65536):
                    while data:
                        data = data[os.write(self.master, data):]
            except OSError:
                pass
        threading.Thread(target=run, daemon=True).start()

    def close(self):
        os.close(self.slave)
        os.close(self.master)


class Link:
    """The program that opens one link and does as it is told."""

    def __init__(self, address):
        self.process = subprocess.Popen([LINK, address], stdin=subprocess.PIPE, text=True,
                                        bufsize=1, stdout=subprocess.PIPE)
        self.opened = self.process.stdout.readline().strip()

    def __call__(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        return self.process.stdout.readline().strip()

    def kill(self):
        self.process.kill()
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()

    def close(self):
        self.process.stdin.close()
        last = self.process.stdout.read().strip()
        self.process.stdout.close()
        return last, self.process.wait(60)


class Remote(rigtest.RigTest):
    def link(self, address):
        link = Link(address)
        self.addCleanup(link.kill)
        self.assertEqual(link.opened, "ok")
        return link

    def end(self, link):
        self.assertEqual(link.close(), ("ok", 0))

    def server(self, *words, **options):
        server = Server(HOST, *words, **options)
        self.addCleanup(server.close)
        return server

    def ser2net(self, device=None, **options):
        if not device:
            port = Port()
            self.addCleanup(port.close)
            server = Ser2net(self.dir, port.path, HOST, **options)
            self.addCleanup(server.stop)
            return server, port
        server = Ser2net(self.dir, device, HOST, **options)
        self.addCleanup(server.stop)
        return server

    def module(self):
        """atmodule behind ser2net."""
        path = str(self.dir / "module")
        process = subprocess.Popen([MODULE, "--pty", path], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        end = time.monotonic() + 20
        while not os.path.exists(path) and time.monotonic() < end:
            time.sleep(0.01)
        return self.ser2net(path)

    def wait_lease(self):
        path = self.out / "journal.jsonl"
        end = time.monotonic() + 30
        while time.monotonic() < end:
            if path.exists() and '"e":"lease"' in path.read_text(encoding="utf-8"):
                return
            time.sleep(0.02)
        self.fail("no lease")


class Settings(Remote):
    def test_rates_travel(self):
        server, port = self.ser2net()
        link = self.link(server.url + "?baud=57600")
        self.assertEqual(port.settings()[0], 57600)
        for rate in (9600, 115200, 74880, 80, 921600, 5000000):
            self.assertEqual(link("set", rate, 8, 2, "n", 0), "ok")
            self.assertEqual(port.settings()[0], rate)
        self.end(link)

    def test_formats_travel(self):
        """As far as a pseudo-terminal shows them: it has no parity enable and always eight bits."""
        server, port = self.ser2net()
        link = self.link(server.url)
        shown = termios.CSTOPB | termios.PARODD | termios.CRTSCTS
        for words, flags in (((8, 4, "e", 0), termios.CSTOPB), ((8, 2, "o", 0), termios.PARODD),
                             ((8, 2, "e", 3), termios.CRTSCTS), ((8, 2, "e", 0), 0)):
            self.assertEqual(link("set", 115200, *words), "ok")
            self.assertEqual(port.settings()[1] & shown, flags, words)
        self.end(link)

    def test_all_of_it_as_another_server_sees_it(self):
        server = self.server()
        link = self.link(server.url)
        self.assertEqual(link("set", 9600, 7, 4, "e", 3), "ok")
        port = server.port
        self.assertEqual((port.baudrate, port.bytesize, port.stopbits, port.parity, port.rtscts),
                         (9600, 7, 2, "E", True))
        self.assertEqual(link("set", 300, 5, 3, "o", 0), "ok")
        self.assertEqual((port.baudrate, port.bytesize, port.stopbits, port.parity, port.rtscts),
                         (300, 5, 2, "O", False))
        self.end(link)

    def test_a_refused_rate_is_said(self):
        server = self.server()
        server.port.only = (115200, 9600)
        link = self.link(server.url)
        self.assertEqual(link("set", 74880, 8, 2, "n", 0),
                         "failed asked for 74880 baud the server answers with 115200 baud")
        self.assertEqual(link("set", 9600, 8, 2, "n", 0), "ok")
        self.end(link)

    def test_what_was_refused_is_not_kept(self):
        """A server that takes the nearest rate it has: the line is as it was."""
        server = self.server()
        server.port.coarse = (115200, 57600)
        link = self.link(server.url)
        self.assertEqual(link("set", 74880, 7, 4, "e", 3),
                         "failed asked for 74880 baud the server answers with 57600 baud")
        port = server.port
        self.assertEqual((port.baudrate, port.bytesize, port.stopbits, port.parity, port.rtscts),
                         (115200, 8, 1, "N", False))
        self.end(link)

    def test_a_refused_rate_at_the_start(self):
        server = self.server()
        server.port.only = (9600,)
        server.port.__dict__["baudrate"] = 9600
        link = Link(server.url)
        self.assertIn("can't be set to 115200,8,1,none,none: asked for 115200 baud", link.opened)
        self.assertEqual(link.close(), ("", 1))


class Lines(Remote):
    def test_modem_lines_and_break(self):
        server = self.server()
        link = self.link(server.url)
        events = server.port.events
        moved = ("dtr", "rts", "break_condition")
        self.assertEqual([x for x in events if x[0] in moved], [], "moved at open")
        for words in (("modem", 0, 1), ("modem", 1, 0), ("modem", -1, 1), ("modem", 0, -1),
                      ("break", 1), ("break", 0)):
            self.assertEqual(link(*words), "ok", words)
        wanted = [("dtr", False), ("rts", True), ("dtr", True), ("rts", False), ("rts", True),
                  ("dtr", False), ("break_condition", True), ("break_condition", False)]
        self.assertEqual([x for x in events if x[0] in moved], wanted)
        self.end(link)
        self.assertEqual([x for x in events if x[0] in moved], wanted, "moved at close")

    def test_nothing_to_move(self):
        link = self.link(self.server().url)
        self.assertEqual(link("modem", -1, -1), "ok")
        self.end(link)

    def test_lines_are_released_after_a_cancel(self):
        server = self.server()
        link = self.link(server.url)
        self.assertEqual(link("modem", 0, 1), "ok")
        self.assertEqual(link("cancel", 1), "ok")
        time.sleep(0.05)
        self.assertEqual(link("modem", 0, 0), "ok")
        self.assertFalse(server.port.rts)
        self.end(link)

    def given_up(self, seconds):
        """A line whose server still owes the answer to a question, for so long."""
        server = self.server()
        link = self.link(server.url)
        server.port.slow = 9600
        self.assertEqual(link("cancel", 100), "ok")
        self.assertEqual(link("set", 9600, 7, 4, "e", 3), "failed Operation canceled")
        threading.Timer(seconds, server.port.gate.set).start()
        return server, link

    def test_a_question_after_one_that_was_given_up(self):
        server, link = self.given_up(0.3)
        self.assertEqual(link("modem", 0, 1), "ok")
        self.assertTrue(server.port.rts)
        self.assertEqual(link("set", 57600, 8, 2, "n", 0), "ok")
        self.assertEqual((server.port.baudrate, server.port.bytesize), (57600, 8))
        self.end(link)

    def test_a_line_with_a_question_given_up_is_left(self):
        for seconds in (0, 0.3, 3):
            with self.subTest(seconds):
                link = self.given_up(seconds)[1]
                # Not its exit code: libgensio leaks the question (24 bytes), and a sanitizer says so.
                self.assertEqual(link.close()[0], "ok")

    def test_a_break_through_ser2net(self):
        server, _ = self.ser2net()
        link = self.link(server.url)
        self.assertEqual([link("break", on) for on in (1, 0, 1, 0)], ["ok"] * 4)
        self.end(link)

    def test_what_was_held_from_before_is_thrown_away_once(self):
        server = self.server()
        link = self.link(server.url)
        self.assertEqual(link("set", 9600, 8, 2, "n", 0), "ok")
        events = server.port.events
        self.assertEqual([x for x in events if x[0] == "purge"], [("purge", "in"), ("purge", "out")])
        self.assertLess(events.index(("purge", "out")), events.index(("baudrate", 9600)))
        self.end(link)

    def test_no_modem_lines_over_tcp(self):
        link = self.link(self.server("deaf").raw)
        self.assertEqual(link("modem", 1, 1), "failed Operation not supported")
        self.assertEqual(link("break", 1), "failed Operation not supported")
        self.end(link)


class Bytes(Remote):
    def test_every_byte_both_ways(self):
        server, port = self.ser2net()
        port.echo()
        for address in (server.url, server.raw):
            server.wait_free()
            link = self.link(address)
            self.assertEqual(link("write", bytes(range(256)).hex()), "ok")
            self.assertEqual(link("read", 256, 20000), "ok " + bytes(range(256)).hex())
            self.assertEqual(link("bulk", 300000, 60000), "ok")
            self.end(link)

    def test_every_byte_through_another_server(self):
        link = self.link(self.server().url)
        self.assertEqual(link("bulk", 300000, 60000), "ok")
        self.end(link)

    def test_a_setting_stands_behind_what_was_written(self):
        """And what was written before is all there when the setting has been acknowledged."""
        server = self.server()
        link = self.link(server.url)
        self.assertEqual(link("write", "41" * 2000), "ok")
        self.assertEqual(link("set", 9600, 8, 2, "n", 0), "ok")
        self.assertEqual(link("read", 2000, 0), "ok " + "41" * 2000)
        self.end(link)

    def test_a_server_that_takes_no_more_can_be_left(self):
        """With bytes on their way: neither a setting nor the close hangs."""
        server = self.server("stuck")
        link = self.link(server.url)
        self.assertEqual(link("write", b"stop".hex()), "ok")
        self.assertEqual(link("flood"), "ok")
        begun = time.monotonic()
        self.end(link)
        self.assertLess(time.monotonic() - begun, 20)

    def test_a_lost_connection_is_seen_and_can_be_opened_again(self):
        server = self.server()
        link = self.link(server.url)
        self.assertEqual(link("write", "4142"), "ok")
        self.assertEqual(link("read", 2, 20000), "ok 4142")
        server.hang_up()
        self.assertEqual(link("read", 1, 20000), "lost")
        self.assertIn("closed the connection", link("set", 9600, 8, 2, "n", 0))
        self.assertEqual(link("reopen"), "ok")
        self.assertEqual(link("write", "43"), "ok")
        self.assertEqual(link("read", 1, 20000), "ok 43")
        self.end(link)


class Refusals(Remote):
    """One clear line, and the rig ends."""

    def refused(self, address, *words):
        (self.out / "journal.jsonl").unlink(missing_ok=True)
        run = self.run_rig("pass", iut=address, timeouts=TIMES)
        self.assertEqual(run.end, "unusable", run.text)
        for word in words:
            self.assertIn(word, run.text)
        self.assertNotIn("\n", run.text)

    def test_nobody_listens(self):
        with socket.create_server((HOST, 0)) as s:
            port = s.getsockname()[1]
        self.refused(f"rfc2217:{HOST}:{port}", f"{HOST}:{port}", "refused", "server running")
        self.refused(f"tcp:{HOST}:{port}", f"{HOST}:{port}", "refused")

    def test_unknown_host(self):
        for scheme in ("rfc2217", "tcp"):
            self.refused(f"{scheme}:no.such.host.invalid:5000", "no.such.host.invalid",
                         "can't find the host")

    def test_no_name_server_answers(self):
        """The resolver would wait for minutes."""
        silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(silent.close)
        conf = self.dir / "resolv.conf"
        conf.write_text(f"nameserver {HOST}\noptions timeout:30 attempts:5\n", encoding="utf-8")
        inside = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/resolv.conf && exec "$@"',
                  str(conf)]
        try:
            silent.bind((HOST, 53))
            subprocess.run([*inside, "true"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            self.skipTest("needs a low port and a mount of its own")
        ended = subprocess.run([*inside, LINK, "rfc2217:board.example:5000", "300"], text=True, timeout=60,
                               stdout=subprocess.PIPE, check=False)
        self.assertEqual(ended.stdout, 'failed rfc2217:board.example:5000: can\'t find the host '
                                       '"board.example": no name server answers\n')

    def test_servers_that_take_a_connection_and_no_more(self):
        """Waited for together: the library gives each its time."""
        server, _ = self.ser2net()
        other = Port()
        self.addCleanup(other.close)
        free = Ser2net(self.dir, other.path, HOST, port=5511)
        self.addCleanup(free.stop)
        link = self.link(server.url)
        rude = self.server("rude", said=b"Go \x1b[31maway\r\n")
        expected = {
            self.server("mute").url: "can't be set to 115200,8,1,none,none: the server does not "
                                     "acknowledge a setting",
            free.raw.replace("tcp:", "rfc2217:"): "is no RFC 2217 server",
            server.url: "does another program use this port?",
            server.raw: 'says "Port\'s device already in use": does another program use',
            rude.raw: 'says "Go \\x1b[31maway": does another',
        }
        with concurrent.futures.ThreadPoolExecutor() as pool:
            opened = dict(zip(expected, pool.map(Link, expected)))
        for address, text in expected.items():
            with self.subTest(address):
                # On a busy machine the server may refuse later than the link looks out for it.
                for _ in range(8):
                    if opened[address].opened != "ok":
                        break
                    opened[address].close()
                    opened[address] = Link(address)
                said = opened[address].opened
                self.assertIn(f"failed {address} ", said)
                self.assertIn(text, said)
                self.assertEqual(opened[address].close(), ("", 1))
        # And the client that was there has noticed nothing.
        self.assertEqual(link("set", 9600, 8, 2, "n", 0), "ok")
        self.end(link)

    def test_a_server_that_says_nothing_is_given_up(self):
        """The time-out of the library, and an interruption before it."""
        for _ in range(5):  # the library's time is 5 s; what else the machine does only adds
            with socket.create_server((HOST, 0)) as s:
                address = "rfc2217:%s:%d" % s.getsockname()
                process = self.start("pass", iut=address, timeouts=TIMES)
                client, _ = s.accept()
                process.send_signal(signal.SIGINT)
                begun = time.monotonic()
                run = self.finish(process)
                took = time.monotonic() - begun
                client.close()
            self.assert_clean()
            self.assertEqual((run.end, run.signal), ("interrupted", str(signal.SIGINT.value)))
            if took < 3.5:
                break
            (self.out / "journal.jsonl").unlink()
        self.assertLess(took, 3.5, "it was waited for")


class Losses(Remote):
    def test_a_server_that_goes_away_and_comes_back(self):
        server = self.module()
        for address in (server.url, server.raw) if LONG else (server.url,):
            process = self.start("hang", "pass", iut=address, timeouts=TIMES)
            self.wait_lease()
            server.stop()
            # Not there for some attempts to open it again.
            time.sleep(0.5)
            server.start()
            run = self.finish(process)
            self.assert_clean()
            self.assertEqual(run.verdicts(), {"hang": "inconclusive", "pass": "pass"}, run.text)
            self.assertIn("was lost", run.verdict("hang")["message"])
            self.assertEqual([x["what"] for x in run.of("line") if x["what"] in ("lost", "back")],
                             ["lost", "back"])
            self.assertEqual([x["ok"] for x in run.of("recover", step="reopen")], [True])
            (self.out / "journal.jsonl").unlink()

    def test_the_client_before_has_just_left(self):
        """ser2net takes a moment to close the port, and refuses until it has."""
        server = self.module()
        for address in (server.url, server.raw) * (3 if LONG else 1):
            run = self.run_rig("pass", iut=address, timeouts=TIMES)
            self.assertEqual(run.verdicts(), {"pass": "pass"}, run.text)
            (self.out / "journal.jsonl").unlink()

    def test_a_server_that_stays_away(self):
        server = self.module()
        process = self.start("hang", "pass", iut=server.url, timeouts="500,1000,30,20000,1000,25")
        self.wait_lease()
        server.stop()
        run = self.finish(process)
        self.assert_clean()
        self.assertEqual(run.end, "unusable", run.text)
        self.assertIn("did not come back", run.text)
        self.assertEqual(run.verdicts(), {"hang": "inconclusive"})

    def test_a_case_changes_the_rate(self):
        run = self.run_rig("lost_rate", "pass", iut=self.module().url, timeouts=TIMES, restore=1)
        self.assertEqual(run.verdicts(), {"lost_rate": "fail", "pass": "pass"}, run.text)
        self.assertIn("baud", [x["step"] for x in run.of("recover", ok=True)])


rigtest.main()
