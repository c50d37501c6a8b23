# SPDX-License-Identifier: MIT
"""One exchange of AT and OK with what test authors use today, on the same responder as the rig:
pyserial's read_until and pexpect, without their optional delays. Started by the case `exchange`:
for each line "pyserial" or "pexpect" on standard input it measures a block and prints microseconds
per exchange."""
import os
import re
import subprocess
import sys
import time

import pexpect.fdpexpect
import serial

EXCHANGES = 200


def pyserial_exchange(port):
    line = serial.Serial(port, 115200, timeout=2)

    def exchange():
        line.write(b"AT\r\n")
        if not line.read_until(b"OK\r\n").endswith(b"OK\r\n"):
            raise SystemExit("pyserial: no answer")
    return exchange


def pexpect_exchange(port):
    fd = os.open(port, os.O_RDWR | os.O_NOCTTY)
    line = pexpect.fdpexpect.fdspawn(fd, timeout=2)
    line.delaybeforesend = line.delayafterread = None
    wanted = line.compile_pattern_list([re.compile(rb"OK\r\n")])

    def exchange():
        line.send(b"AT\r\n")
        line.expect_list(wanted)
    return exchange


def start(responder):
    process = subprocess.Popen([responder, "--pty"], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, text=True)
    return process, process.stdout.readline().strip()


def main():
    makers = {"pyserial": pyserial_exchange, "pexpect": pexpect_exchange}
    started = {name: start(sys.argv[1]) for name in makers}
    try:
        exchanges = {name: makers[name](port) for name, (_, port) in started.items()}
        for line in sys.stdin:
            exchange = exchanges[line.strip()]
            begun = time.perf_counter()
            for _ in range(EXCHANGES):
                exchange()
            took = (time.perf_counter() - begun) / EXCHANGES * 1e6
            sys.stdout.write(f"{took:.3f}\n")
            sys.stdout.flush()
    finally:
        for process, _ in started.values():
            process.kill()
            process.wait()


main()
