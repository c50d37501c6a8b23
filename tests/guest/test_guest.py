#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The tester on the drivers of a real kernel, in a QEMU guest. Skipped, with the reason, where there
is no QEMU, no static busybox, or no kernel to boot."""
import signal
import sys
import unittest

import guesttest
import kernel

SKIPPED = 77


def main():
    # Whoever ends the test ends the guest.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        guest = guesttest.start()
    except kernel.Missing as missing:
        print(f"SKIPPED: {missing}", file=sys.stderr)
        return SKIPPED
    print(f"boot: {guest.boot_seconds:.1f} s, of which {guest.guest_seconds:.1f} s are the guest's; {guest.release}", file=sys.stderr)
    try:
        suite = unittest.defaultTestLoader.loadTestsFromNames(sys.argv[1:] or ["uart_cases", "port_cases", "cable_cases", "reset_cases", "family_cases"])
        result = unittest.TextTestRunner(verbosity=2, failfast=False).run(suite)
        if not result.wasSuccessful():
            print("the guest's kernel said:\n" + guest.run("dmesg | tail -n 60").out, file=sys.stderr)
        return 0 if result.wasSuccessful() and result.testsRun else 1
    finally:
        guest.stop()


if __name__ == "__main__":
    sys.exit(main())
