# SPDX-License-Identifier: MIT
"""Ports that can't be had, on real drivers: one clear line, exit 3, nothing left locked."""
import guesttest
from guesttest import LONG, UART, USB, GuestTest, long_form


class Ports(GuestTest):
    def hold(self, port, how):
        """Another program that has the port until it is let go."""
        guesttest.guest.run(f"({how}) </dev/null >/tmp/holder 2>&1 & "
                            "n=0; while ! grep -q open /tmp/holder && [ $n -lt 1000 ]; do usleep 20000; n=$((n+1)); done; cat /tmp/holder")
        self.addCleanup(guesttest.guest.run, f"touch /tmp/go; usleep 200000; rm -f /tmp/go /tmp/holder; ls {port}")

    def let_go(self):
        guesttest.guest.run("touch /tmp/go; n=0; while pidof guest-drive && [ $n -lt 500 ]; do usleep 20000; n=$((n+1)); done; usleep 100000")

    @long_form
    def test_port_of_another_program_that_has_locked_it(self):
        """For root, whom TIOCEXCL does not stop, and for others."""
        self.on_uart(self.module())
        self.hold(UART, f"guest-drive 'serial:{UART}?baud=115200' hold=/tmp/go")
        self.refused(self.run_cases(UART, "basic/at/*"), r"/dev/ttyS1 is in use by process \d+ \(guest-drive\)")
        if LONG:
            self.refused(self.run_cases(UART, "basic/at/*", user="member"), r"/dev/ttyS1 is in use")
        self.let_go()
        self.all_pass(self.run_cases(UART, "basic/at/*"))

    @long_form
    def test_port_that_another_program_has_only_open(self):
        self.on_uart(self.module())
        self.hold(UART, f"exec 5<>{UART}; echo open; while [ ! -e /tmp/go ]; do usleep 20000; done")
        self.refused(self.run_cases(UART, "basic/at/*"), r"/dev/ttyS1 is in use by process \d+ \(")

    def test_user_without_rights(self):
        """The group to join is named, and joining it helps."""
        port = self.on_usb(self.module())
        self.refused(self.run_cases(port, "basic/at/*", user="guest"), r"no right to open /dev/ttyUSB0: join its group dialout \(")
        if LONG:
            self.all_pass(self.run_cases(port, "basic/at/*", user="member"))

    @long_form
    def test_printer(self):
        self.refused(self.run_cases("/dev/lp0", "basic/at/*"), r"/dev/lp0 is .*printer")

    @long_form
    def test_port_that_is_not_there(self):
        self.refused(self.run_cases(USB, "basic/at/*"), r"there is no /dev/ttyUSB0.*--iut")

    @long_form
    def test_port_without_a_uart(self):
        """The driver has nodes for UARTs that the machine does not have."""
        self.refused(self.run_cases("/dev/ttyS3", "basic/at/*"), r"/dev/ttyS3 has no UART behind it")

    @long_form
    def test_module_that_is_not_wired(self):
        self.refused(self.run_cases(UART, "basic/at/*", timeouts_ms={"answer": 1500, "silence": 100, "recover": 5000}), r"/dev/ttyS1")

    @long_form
    def test_other_names_of_a_port(self):
        """A link as udev makes it, and a node as docker makes it."""
        self.on_usb(self.module())
        guesttest.guest.run("mkdir -p /dev/serial/by-id; ln -sf ../../ttyUSB0 /dev/serial/by-id/usb-QEMU-if00; mknod /dev/module c 188 0")
        self.addCleanup(guesttest.guest.run, "rm -r /dev/serial /dev/module")
        for name in ("/dev/serial/by-id/usb-QEMU-if00", "/dev/module"):
            self.all_pass(self.run_cases(name, "basic/at/*"))
