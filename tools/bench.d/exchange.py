# SPDX-License-Identifier: MIT
"""One exchange of AT and OK with what test authors use today, on the same responder as the rig:
pyserial's read_until and pexpect, without their optional delays. Prints microseconds per exchange."""
import json
import os
import re
import subprocess
import sys
import time

import pexpect.fdpexpect
import serial

EXCHANGES = 400


def median_block(exchange):
    exchange()
    begun = time.perf_counter()
    for _ in range(EXCHANGES):
        exchange()
    return (time.perf_counter() - begun) / EXCHANGES * 1e6


def with_pyserial(port):
    with serial.Serial(port, 115200, timeout=2) as line:
        def exchange():
            line.write(b"AT\r\n")
            if not line.read_until(b"OK\r\n").endswith(b"OK\r\n"):
                raise SystemExit("pyserial: no answer")
        return median_block(exchange)


def with_pexpect(port):
    fd = os.open(port, os.O_RDWR | os.O_NOCTTY)
    line = pexpect.fdpexpect.fdspawn(fd, timeout=2)
    line.delaybeforesend = line.delayafterread = None
    wanted = line.compile_pattern_list([re.compile(rb"OK\r\n")])

    def exchange():
        line.send(b"AT\r\n")
        line.expect_list(wanted)
    took = median_block(exchange)
    line.close()
    return took


def main():
    responder = subprocess.Popen([sys.argv[1], "--pty"], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, text=True)
    try:
        port = responder.stdout.readline().strip()
        print(json.dumps({"pyserial": with_pyserial(port), "pexpect": with_pexpect(port)}))
    finally:
        responder.kill()
        responder.wait()


main()
