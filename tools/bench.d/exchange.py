# SPDX-License-Identifier: MIT
"""One exchange of AT and OK with what test authors use today, on the same responder as the rig:
pyserial's read_until; pexpect's expect without the 50 ms before it sends, and without its delay
after a read as well. Started by the case `exchange`: for each line on standard input, the name of
one, it measures a block and prints microseconds per exchange."""
import subprocess
import sys
import time

import pexpect
import serial

EXCHANGES = 200


def pyserial_exchange(port):
    line = serial.Serial(port, 115200, timeout=2)

    def exchange():
        line.write(b"AT\r\n")
        if not line.read_until(b"OK\r\n").endswith(b"OK\r\n"):
            raise SystemExit("pyserial: no answer")
    return exchange


def pexpect_exchange(responder, delay):
    line = pexpect.spawn(responder, timeout=2, echo=False)
    line.delaybeforesend = None
    line.delayafterread = delay

    def exchange():
        line.send(b"AT\r\n")
        line.expect(b"OK\r\n")
    return exchange


def main():
    responder = subprocess.Popen([sys.argv[1], "--pty"], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, text=True)
    try:
        exchanges = {
            "pyserial": pyserial_exchange(responder.stdout.readline().strip()),
            "pexpect": pexpect_exchange(sys.argv[1], 0.0001),  # its own default
            "pexpect-bare": pexpect_exchange(sys.argv[1], None),
        }
        for line in sys.stdin:
            exchange = exchanges[line.strip()]
            begun = time.perf_counter()
            for _ in range(EXCHANGES):
                exchange()
            took = (time.perf_counter() - begun) / EXCHANGES * 1e6
            sys.stdout.write(f"{took:.3f}\n")
            sys.stdout.flush()
    finally:
        responder.kill()
        responder.wait()


main()
