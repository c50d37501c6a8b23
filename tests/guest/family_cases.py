# SPDX-License-Identifier: MIT
"""The basic family over both drivers against a module outside of the guest: all of it in the long
form, a sample otherwise."""
from guesttest import LONG, GuestTest

SAMPLE = ("basic/at/*", "basic/ate/switches*", "basic/gmr/*", "basic/rst/*", "basic/uart_cur/is_*", "basic/uart_cur/set_parity_reads_back_*",
          "basic/uart_cur/set_databits_reads_back_*")
FORMAT = ["databits:7", "databits:8", "stopbits:*", "parity:*", "flow_control:*"]


class Family(GuestTest):
    def passes(self, port, module, rates, formats):
        run = self.run_cases(port, *(("basic/*",) if LONG else SAMPLE), facilities=["power", "wakeup", *formats, *(f"baudrate:{r}" for r in rates)],
                             power=self.power(module), seconds=3000)
        self.all_pass(run, 290 if LONG else 12)
        self.one_edge_at_most(module)

    def test_16550(self):
        module = self.module()
        self.passes(self.on_uart(module), module, (9600, 57600, 115200), FORMAT + ["databits:5", "databits:6"])

    def test_usb(self):
        module = self.module()
        self.passes(self.on_usb(module), module, (9600, 57600, 115200, 460800, 921600), FORMAT)
