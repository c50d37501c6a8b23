# SPDX-License-Identifier: MIT
"""Serial ports on the network for tests: ser2net itself, and a server of our own (the protocol by
pyserial) that says what it was told and can be told to misbehave."""
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import threading
import time

import serial.rfc2217

SER2NET = shutil.which("ser2net", path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin")
RFC2217, RAW = "telnet(rfc2217),tcp(nodelay)", "tcp(nodelay)"


def is_listening(host, port):
    """Asked of the kernel: a connection would be a client."""
    wanted = socket.inet_aton(host)[::-1].hex().upper() + f":{port:04X}"
    with open("/proc/net/tcp", encoding="ascii") as f:
        return any(x.split()[1] == wanted and x.split()[3] == "0A"
                   for x in f.read().splitlines()[1:])


class Ser2net:
    """One serial port served as RFC 2217 at .url and as bytes at .raw."""

    def __init__(self, folder, device, host, port=5501, options=()):
        self.host, self.port, self.device = host, port, os.path.realpath(device)
        self.url, self.raw = f"rfc2217:{host}:{port}", f"tcp:{host}:{port + 1}"
        self.file = pathlib.Path(folder, f"ser2net-{port}.yaml")
        connector = f"serialdev(nouucplock),{device},115200n81,local"
        text = "%YAML 1.1\n---\n"
        for name, accepter, number in (("a", RFC2217, port), ("b", RAW, port + 1)):
            text += (f"connection: &{name}\n  accepter: {accepter},{host},{number}\n"
                     f"  connector: {connector}\n")
            if options:
                text += "  options:\n" + "".join(f"    {x}\n" for x in options)
        self.file.write_text(text, encoding="utf-8")
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen([SER2NET, "-n", "-u", "-c", str(self.file)],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while not (is_listening(self.host, self.port) and is_listening(self.host, self.port + 1)):
            if self.process.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"ser2net does not serve {self.host}:{self.port}")
            time.sleep(0.01)

    def wait_free(self):
        """Until it has let go of the device: the next client may come."""
        fds = pathlib.Path(f"/proc/{self.process.pid}/fd")
        end = time.monotonic() + 20
        while self.device in [os.path.realpath(x) for x in fds.iterdir()]:
            if time.monotonic() > end:
                raise AssertionError("ser2net does not let go of its device")
            time.sleep(0.01)

    def stop(self):
        """Away at once: connections are reset or closed by the kernel."""
        self.process.kill()
        self.process.wait()


class FakePort:
    """What pyserial's server side does with a port, written down in .events."""

    def __init__(self):
        object.__setattr__(self, "events", [])
        self.__dict__.update(baudrate=115200, bytesize=8, parity="N", stopbits=1, xonxoff=False,
                             rtscts=False, dtr=False, rts=False, break_condition=False,
                             cts=False, dsr=False, ri=False, cd=False, only=None, coarse=None, slow=None,
                             gate=threading.Event())

    def __setattr__(self, name, value):
        if name == "baudrate" and self.only and value not in self.only:
            raise ValueError(value)
        if name == "baudrate" and self.coarse:
            value = min(self.coarse, key=lambda rate: abs(rate - value))
        if name == "baudrate" and value == self.slow:
            self.gate.wait(20)
        self.events.append((name, value))
        self.__dict__[name] = value

    def reset_input_buffer(self):
        self.events.append(("purge", "in"))

    def reset_output_buffer(self):
        self.events.append(("purge", "out"))


class Server:
    """An RFC 2217 server for one client after the other. `manner`: "echo" sends back what comes,
    "mute" acknowledges nothing, "deaf" does not even speak Telnet, "rude" hangs up at once, "stuck" reads no more after the word stop."""

    def __init__(self, host, manner="echo", said=b""):
        self.port, self.manner, self.said = FakePort(), manner, said
        self.listener = socket.create_server((host, 0))
        self.url = "rfc2217:%s:%d" % self.listener.getsockname()
        self.raw = "tcp:%s:%d" % self.listener.getsockname()
        self.client = None
        self.stuck = threading.Event()
        self.echoed = bytearray()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while True:
            try:
                self.client, _ = self.listener.accept()
            except OSError:
                return
            with self.client:
                try:
                    self.serve(self.client)
                except OSError:
                    pass

    def write(self, data):
        """An answer stands behind the bytes that came before the question."""
        self.client.sendall(bytes(self.echoed) + data)
        self.echoed.clear()

    def serve(self, client):
        if self.manner == "rude":
            client.sendall(self.said)
            return
        manager = serial.rfc2217.PortManager(self.port, self) if self.manner != "deaf" else None
        if self.manner == "mute":
            manager.rfc2217_send_subnegotiation = lambda *_: None
        while data := client.recv(65536):
            if self.manner == "stuck" and data.endswith(b"stop"):
                self.stuck.wait(60)
                return
            for byte in manager.filter(data) if manager else ():
                self.echoed += b"".join(manager.escape(byte))
            client.sendall(self.echoed)
            self.echoed.clear()

    def hang_up(self):
        """With a reset, as when the machine behind it is started anew."""
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.client.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.stuck.set()
        self.port.gate.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        if self.client:
            self.client.close()
        self.thread.join(5)
