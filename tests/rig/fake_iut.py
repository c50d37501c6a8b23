#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A small module on standard input and output (a PTY), with the defects that its arguments name."""
import os
import select
import signal
import sys
import termios

RATES = {termios.B115200: 115200, termios.B9600: 9600}


class Module:
    def __init__(self, modes):
        self.modes = modes
        self.echo = True
        self.rate = 9600 if "slow" in modes else 115200
        self.data = self.deaf = False
        self.wanted = 0  # bytes behind a prompt, whatever they are
        self.line = b""
        signal.signal(signal.SIGUSR1, self.wake if "wakes" in modes else self.reset)
        for mode in modes:
            if mode.startswith("pid="):
                with open(mode[4:], "w", encoding="ascii") as f:
                    f.write(str(os.getpid()))

    def reset(self, *_):
        self.echo, self.data, self.deaf, self.rate, self.line = True, False, False, 115200, b""
        self.say(b"\r\nready\r\n")

    def wake(self, *_):
        """Answers again, but has not started."""
        self.deaf = False
        self.say(b"\r\n+WOKEN:1\r\n")

    def restart(self):
        path = next((mode[9:] for mode in self.modes if mode.startswith("rst-dies=")), None)
        if path == "always":
            os._exit(0)
        if path and not os.path.exists(path):
            with open(path, "w", encoding="ascii"):
                os._exit(0)
        if "no-rst" in self.modes:
            self.answer(b"\r\nERROR\r\n")
            return
        self.ok()
        self.reset()

    def heard(self):
        return RATES.get(termios.tcgetattr(0)[4], 0) if os.isatty(0) else self.rate

    def say(self, text):
        while text:
            try:
                text = text[os.write(1, text):]
            except BlockingIOError:
                select.select([], [1], [])

    def answer(self, text):
        self.say(text if self.heard() == self.rate else bytes(b ^ 0xA5 | 0x80 for b in text))

    def ok(self):
        self.answer(b"\r\nOK\r\n")

    def uart(self, command):
        rate = int(command.split(b"=")[1].split(b",")[0])
        self.ok()
        self.rate = rate

    def flood(self):
        for _ in range(1600):
            self.say(b"x" * 65536)

    def die(self):
        self.say(b"\r\n+HALF:1,")
        os._exit(0)

    def command(self, command):
        if command == b"AT+DIE":
            self.die()
        elif command == b"AT+FLOOD":
            self.flood()
        elif command == b"AT+DOUBLE":
            self.answer(b"\r\nOK\r\n\r\nOK\r\n")
        elif command in (b"AT+DATA", b"AT+DEAF"):
            self.ok()
            self.data, self.deaf = command == b"AT+DATA", command == b"AT+DEAF"
        elif command == b"AT+PROMPT":
            self.answer(b"\r\nOK\r\n>")
            self.wanted = 1500
        elif command in (b"ATE0", b"ATE1"):
            self.ok()
            self.echo = command == b"ATE1"
        elif command.startswith((b"AT+UART_CUR=", b"AT+UART_DEF=")):
            self.uart(command)
        elif command in (b"AT+RST", b"AT+RESTORE"):
            self.restart()
        elif command == b"AT" or "yes" in self.modes:
            self.ok()
        elif command:
            self.answer(b"\r\nERROR\r\n")

    def take(self, got):
        if "silent" in self.modes or self.deaf:
            if self.deaf and "clog" in self.modes:
                signal.pause()
            return
        if "loop" in self.modes:
            self.say(got)
            return
        if self.data:
            self.data = got != b"+++"
            return
        behind = min(self.wanted, len(got))
        self.wanted, got = self.wanted - behind, got[behind:]
        if self.heard() != self.rate:
            got = bytes(b ^ 0xA5 | 0x80 for b in got)
        for byte in got:
            self.line += bytes([byte])
            if byte == 10:
                line, self.line = self.line, b""
                if self.echo:
                    self.answer(line)
                self.command(line.strip().lstrip(bytes(range(128, 256))))

    def run(self):
        if "gone" in self.modes:
            return
        while True:
            try:
                got = os.read(0, 4096)
            except OSError:
                return
            if not got:
                return
            self.take(got)


Module(sys.argv[1:]).run()
