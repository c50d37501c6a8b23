# SPDX-License-Identifier: MIT
"""What goes over the wires: rate, format, lines, breaks, and every byte value."""
import os

import guesttest
from guesttest import GuestTest, long_form, poll

FORMATS = [f"{bits},{stop},{parity}" for bits in (7, 8) for stop in (2, 4) for parity in "noe"]


def wired(step):
    """What a step uart=… must make of the wires, in the words of wire.c."""
    baud, bits, stop, parity, _ = step.split("=")[1].split(",")
    return f"format {baud} {bits} {parity} {2 if int(stop) > 2 else 1}"


class Settings(GuestTest):
    """Each setting of AT+UART_CUR that the driver knows reaches the far side."""

    def steps(self, port):
        rates = (9600, 115200) if port == guesttest.UART else (9600, 921600)
        bits = (5, 6, 7, 8) if port == guesttest.UART else (7, 8)
        chosen = [f"uart={rates[0]},{b},2,n,0" for b in bits] + [f"uart={rates[1]},8,4,n,0", f"uart={rates[0]},7,2,e,0",
                                                                 f"uart={rates[1]},8,2,o,0", f"uart={rates[0]},8,2,n,3"]
        if not guesttest.LONG:
            return chosen
        more = (300, 1200, 4800, 19200, 38400, 57600) if port == guesttest.UART else (1200, 19200, 57600, 115200, 460800, 1000000, 2000000)
        return chosen + [f"uart={rates[0]},{f},0" for f in FORMATS] + [f"uart={rate},8,2,n,0" for rate in more]

    def all_at_once(self, port, far):
        """In one opening: what the wire is given, in order."""
        steps = self.steps(port)
        said = self.drive(*steps, port=port)
        self.assertEqual(said.status, 0, said.out)
        for step in steps:
            self.assertIn(f"{step.replace('=', ' ', 1)}: set", said.out)
        noted = iter(guesttest.guest.noted(far.tty))
        for step in steps:
            self.assertIn(wired(step), noted, f"{step} did not reach the wire, or not in its turn")

    def test_16550(self):
        far = self.echo()
        self.all_at_once(self.on_uart(far), far)

    def test_usb(self):
        far = self.echo()
        self.all_at_once(self.on_usb(far), far)

    def test_what_the_16550_can_not_do_is_said(self):
        """Its driver takes a rate that it can't make for another one, without a word."""
        far = self.echo()
        said = self.drive("uart=9600,7,2,e,0", "uart=5000000,8,2,n,0", "uart=74880,8,2,n,0", "uart=921600,8,2,n,0", port=self.on_uart(far))
        self.assertEqual(said.out.count("it makes "), 3, said.out)
        self.assertIn("it makes 57600,8,1,none,none of it", said.out)
        self.assertEqual(guesttest.guest.noted(far.tty)[-1], "format 9600 7 e 1", "the line is as it was")

    def test_what_the_adapter_can_not_do_is_said(self):
        far = self.echo()
        said = self.drive("uart=9600,6,2,n,0", "uart=5000000,8,2,n,0", "uart=115200,8,2,n,0", port=self.on_usb(far))
        self.assertEqual(said.out.count("it makes "), 2, said.out)
        self.assertIn("uart 115200,8,2,n,0: set", said.out)

    @long_form
    def test_port_that_can_not_do_the_rate_of_the_address(self):
        far = self.module()
        self.on_uart(far)
        run = self.run_cases(f"serial:{guesttest.UART}?baud=921600", "basic/at/*")
        self.refused(run, r"/dev/ttyS1 can't be set to 921600,8,1,none,none, it makes .*?: name a rate")

    @long_form
    def test_rate_that_the_port_can_not_do_is_not_the_modules_fault(self):
        far = self.module()
        port = self.on_uart(far)
        run = self.run_cases(port, "basic/uart_cur/is_in_use_at_once", "basic/gmr/*", facilities=["power", "baudrate:*"], power=self.power(far),
                             timeouts_ms={"answer": 2000, "restart": 20000, "silence": 150, "case": 60000, "recover": 60000})
        verdicts = run.verdicts()
        self.assertEqual(verdicts.pop("basic/uart_cur/is_in_use_at_once"), "inconclusive", run.said[-2000:])
        self.assertEqual(set(verdicts.values()), {"pass"}, run.said[-2000:])
        self.assertIn("it makes 115200,8,1,none,none of it", run.said)


class Bytes(GuestTest):
    """Every byte value, both ways at once."""

    def count(self, short):
        return 2_000_000 if guesttest.LONG else short

    def clean(self, port, baud, count):
        said = self.drive(f"uart={baud},8,2,n,0", f"echo={count}", port=port)
        self.assertEqual(said.status, 0, said.out)
        self.assertIn(f"echo {count}: {count} back, 0 wrong", said.out)

    def test_16550(self):
        self.clean(self.on_uart(self.echo()), 115200, self.count(30_000))

    def test_usb(self):
        self.clean(self.on_usb(self.echo()), 921600, self.count(100_000))

    @long_form
    def test_usb_at_its_highest_rate(self):
        self.clean(self.on_usb(self.echo()), 3_000_000, 2_000_000)


class Lines(GuestTest):
    """DTR and RTS: real boards are reset by an edge. The runs of the family look at them, too."""

    def opened_twice(self, port, far):
        for _ in range(2):
            self.assertEqual(self.drive("ask=AT", "uart=9600,8,2,n,0", "uart=115200,8,2,n,0", "ask=AT", port=port).status, 0)
        self.one_edge_at_most(far)

    def test_16550(self):
        far = self.module()
        self.opened_twice(self.on_uart(far), far)
        self.assertLessEqual({"DTR", "RTS"}, self.facts()[0], "still up, though nobody has the port open")

    def test_usb(self):
        far = self.module()
        self.opened_twice(self.on_usb(far), far)

    def test_refused_open_moves_nothing(self):
        """Somebody else's port stays as it is, settings too."""
        far = self.module()
        port = self.on_uart(far)
        guesttest.guest.run(f"(exec 5<>{port}; stty -F {port} 4800 cs7 parenb hupcl; stty -F {port} -a >/share/before; "
                            "touch /tmp/held; while [ ! -e /tmp/over ]; do usleep 20000; done) </dev/null >/dev/null 2>&1 & "
                            "while [ ! -e /tmp/held ]; do usleep 20000; done")
        noted = guesttest.guest.noted(far.tty)
        run = self.run_cases(port, "basic/at/*")
        guesttest.guest.run(f"stty -F {port} -a >/share/after")
        now = guesttest.guest.noted(far.tty)
        guesttest.guest.run("touch /tmp/over; usleep 100000; rm -f /tmp/over /tmp/held")
        self.refused(run, "/dev/ttyS1 is in use by process [0-9]+ ")
        self.assertEqual(now, noted, "the wires were touched")
        states = []
        for name in ("before", "after"):
            with open(os.path.join(guesttest.guest.share, name), encoding="ascii") as f:
                states.append(f.read())
        self.assertEqual(*states)


class Break(GuestTest):
    """The module, or its boot loader, holds the line down."""

    def test_breaks_are_no_bytes(self):
        guest, far = guesttest.guest, self.module()
        port = self.on_uart(far)
        before = int(self.facts()[1].get("brk", 0))
        said = self.drive_along(port, "ask=AT", "hold=/share/broken", "ask=AT")
        poll(lambda: "ask" in said(), "the module's answer")
        for number in (1, 2, 3):
            # One by one: QEMU's FIFO keeps one mark for all the breaks in it.
            guest.command("chardev-send-break", id="uart")
            poll(lambda: int(self.facts()[1].get("brk", 0)) == before + number, "the driver has seen it")
        self.mark("broken")
        poll(lambda: "over" in said(), "the end")
        self.assertEqual(said().count("ask AT: 41 54 0d 0a 0d 0a 4f 4b 0d 0a\n"), 2, said())

    @long_form
    def test_break_goes_out(self):
        far = self.module()
        said = self.drive("break", port=self.on_uart(far))
        self.assertIn("break: sent", said.out)
        self.assertIn("break", guesttest.guest.noted(far.tty))


class Flow(GuestTest):
    """RTS/CTS on the 16550; the emulated adapter does not hold back what it sends."""

    def test_nothing_goes_out_while_the_module_is_not_ready(self):
        guest, far = guesttest.guest, self.echo()
        stop = guest.wire(far.tty) + ".cts-low"
        port = self.on_uart(far)
        said = self.drive_along(port, "uart=115200,8,2,n,3", "echo=2000", "hold=/share/stopped", "ask=AT", "hold=/share/again", "ask=X")
        poll(lambda: "echo" in said(), "the echo, while CTS is up")
        self.assertIn("echo 2000: 2000 back, 0 wrong", said())
        self.assertIn("CTS", self.facts()[0])
        with open(stop, "w", encoding="ascii"):
            poll(lambda: "CTS" not in self.facts()[0], "the driver sees CTS fall")
        self.mark("stopped")
        poll(lambda: "ask AT" in said(), "what came back")
        self.assertIn("ask AT:\n", said(), "nothing, because nothing went out")
        os.unlink(stop)
        poll(lambda: "CTS" in self.facts()[0], "the driver sees CTS rise")
        self.mark("again")
        poll(lambda: "over" in said(), "the end")
        self.assertIn("ask X: 41 54 0d 0a 58 0d 0a", said(), "and then nothing was lost")

    def test_closing_does_not_wait_for_a_module_that_is_not_ready(self):
        """The kernel would, for half a minute, or as here for ever."""
        guest, far = guesttest.guest, self.echo()
        stop = guest.wire(far.tty) + ".cts-low"
        port = self.on_uart(far)
        said = self.drive_along(port, "patient", "uart=115200,8,2,n,3", "hold=/share/closing", "ask=AT")
        with open(stop, "w", encoding="ascii"):
            poll(lambda: "CTS" not in self.facts()[0], "the driver sees CTS fall")
        self.addCleanup(os.unlink, stop)
        self.mark("closing")
        poll(lambda: "over" in said(), "the end")
        self.assertIn("patient: set", said())
        self.assertIn("ask AT:\n", said())

    @long_form
    def test_a_module_that_is_never_ready_stops_no_run(self):
        """Its line is as dead as one without a module."""
        guest, far = guesttest.guest, self.module()
        port = self.on_uart(far)
        with open(guest.wire(far.tty) + ".cts-low", "w", encoding="ascii"):
            pass
        run = self.run_cases(port, "basic/at/*", uart={"flow": "both"}, timeouts_ms={"answer": 1500, "silence": 100, "recover": 5000})
        self.refused(run, "/dev/ttyS1")
