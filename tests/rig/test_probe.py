#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Probes and addresses: what can't be tested is said in one line that names it and the way out."""
import fcntl
import os
import pty
import socket
import threading

import rigtest

SHORT = "200,400,30,2000,2000,25"
ANSWERED = "800,1600,30,2000,2000,25"  # the module has something to say, and has to start first


class Probes(rigtest.RigTest):
    def unusable(self, iut, *words, probe=None, timeouts=SHORT, **options):
        run = self.run_rig("pass", iut=iut, timeouts=timeouts, **options)
        self.assertEqual(run.end, "unusable", run.text)
        self.assertNotIn("\n", run.text)
        for word in words:
            self.assertIn(word, run.text)
        self.assertEqual(run.verdicts(), {})
        self.assertEqual(run.of("end")[0]["reason"], "iut-unusable")
        failed = [x["name"] for x in run.of("probe", ok=False)]
        self.assertEqual(failed, [probe] if probe else [])
        return run

    def test_nobody_answers(self):
        self.unusable(rigtest.fake("silent"), "nobody answers", "115200", "powered", probe="answer")

    def test_a_loop_back(self):
        self.unusable(rigtest.fake("loop"), "looped back", probe="loopback", timeouts=ANSWERED)

    def test_ok_to_everything(self):
        self.unusable(rigtest.fake("yes"), "says OK", "no command", probe="nonsense", timeouts=ANSWERED)

    def test_another_rate_is_named(self):
        self.unusable(rigtest.fake("slow"), "115200", "9600", "UART_DEF", probe="answer",
                      timeouts=ANSWERED)

    def test_a_program_that_leaves_at_once(self):
        self.unusable(rigtest.fake("gone"), "lost", probe="answer")

    def test_no_such_program(self):
        self.unusable("exec:/nonexistent/program", "/nonexistent/program", "no such program")

    def test_open_quote(self):
        self.unusable("exec:firmware 'a b", "quote")

    def test_unknown_address(self):
        self.unusable("usb:3", "usb:3", "serial:", "tcp:HOST:PORT")

    def test_unknown_virtual_option(self):
        self.unusable("virtual:?colour=red", "colour", "dialect")

    def test_no_module_program(self):
        self.unusable("virtual:", "/nonexistent/atmodule", module="/nonexistent/atmodule")

    def test_nobody_listens(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        self.unusable(f"tcp:127.0.0.1:{port}", str(port), "bridge")

    def test_bad_tcp_address(self):
        self.unusable("tcp:127.0.0.1", "tcp:HOST:PORT")

    def test_no_such_port(self):
        self.unusable("serial:/dev/ttyNONE9", "/dev/ttyNONE9", "--iut")
        self.out = self.dir / "again"
        self.out.mkdir()
        self.unusable("pty:/dev/pts/99999", "/dev/pts/99999", "--iut")

    def test_serial_wants_a_serial_port(self):
        regular = self.dir / "file"
        regular.write_text("", encoding="utf-8")
        self.unusable(f"serial:{regular}", str(regular), "not a serial port")
        master, slave = pty.openpty()
        self.out = self.dir / "again"
        self.out.mkdir()
        self.unusable(f"serial:{os.ttyname(slave)}", "pty:" + os.ttyname(slave))
        os.close(master)
        os.close(slave)

    def test_bad_baud(self):
        self.unusable("serial:/dev/ttyUSB0?baud=fast", "fast", "baud")

    def test_pty_wants_a_terminal(self):
        regular = self.dir / "file"
        regular.write_text("", encoding="utf-8")
        self.unusable(f"pty:{regular}", "not a terminal")

    def test_a_busy_port_names_its_owner(self):
        master, slave = pty.openpty()
        fcntl.flock(slave, fcntl.LOCK_EX)
        self.unusable(f"pty:{os.ttyname(slave)}", os.ttyname(slave), "in use", str(os.getpid()))
        os.close(master)
        os.close(slave)


def serve(read, write):
    """A module in a thread: echo, OK to AT, ERROR to everything else."""
    line = b""
    while True:
        try:
            got = read()
        except OSError:
            return
        if not got:
            return
        line += got
        while b"\n" in line:
            command, line = line.split(b"\n", 1)
            write(command + b"\n")
            command = command.strip()
            write(b"\r\nOK\r\n" if command in (b"AT", b"ATE1") else b"\r\nERROR\r\n")


class Links(rigtest.RigTest):
    def test_tcp(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            def bridge():
                peer, _ = server.accept()
                serve(lambda: peer.recv(4096), peer.sendall)
                peer.close()
            thread = threading.Thread(target=bridge)
            thread.start()
            run = self.run_rig("pass", iut=f"tcp:127.0.0.1:{server.getsockname()[1]}")
            thread.join(30)
        self.assertEqual(run.verdicts(), {"pass": "pass"}, run.text)

    def test_pty(self):
        master, slave = pty.openpty()
        thread = threading.Thread(target=serve, args=(
            lambda: os.read(master, 4096), lambda b: os.write(master, b)), daemon=True)
        thread.start()
        run = self.run_rig("pass", iut=f"pty:{os.ttyname(slave)}")
        self.assertEqual(run.verdicts(), {"pass": "pass"}, run.text)
        os.close(slave)
        thread.join(30)
        os.close(master)


rigtest.main()
