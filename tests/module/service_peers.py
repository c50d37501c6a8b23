# SPDX-License-Identifier: MIT
"""The other side of the module's services: name, time and update servers on loopback addresses, and
certificates made for the run."""
import hashlib
import os
import socket
import ssl
import struct
import subprocess
import threading
import time

from atmodule import PATIENCE

PID = os.getpid()
NET = f"127.{1 + PID % 250}.{1 + PID // 250 % 250}"
MODULE, HOST = f"{NET}.1", f"{NET}.2"
EPOCH = 2208988800


class Server:
    """A socket and a thread that serves it until close(). As a context, too."""
    kind = socket.SOCK_DGRAM

    def __init__(self, address=HOST):
        self.socket = socket.socket(socket.AF_INET, self.kind)
        self.socket.bind((address, 0))
        if self.kind == socket.SOCK_STREAM:
            self.socket.listen(8)
        self.socket.settimeout(0.05)
        self.at = "%s:%d" % self.socket.getsockname()
        self.port = self.socket.getsockname()[1]
        self.requests, self.senders = [], []
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.stopped.is_set():
            try:
                if self.kind == socket.SOCK_DGRAM:
                    data, sender = self.socket.recvfrom(4096)
                    self.senders.append(sender)
                    self.serve(data, sender)
                else:
                    client, sender = self.socket.accept()
                    self.senders.append(sender)
                    client.settimeout(10)
                    with client:
                        self.talk(client)
            except (TimeoutError, OSError):
                continue

    def wait(self, more):
        """Until there have been so many more requests."""
        more, end = len(self.requests) + more, time.monotonic() + PATIENCE
        while len(self.requests) < more:
            assert time.monotonic() < end, self.requests
            time.sleep(0.01)

    def close(self):
        self.stopped.set()
        self.thread.join()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def label(name):
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"


def read_name(data, at):
    parts = []
    while data[at]:
        parts.append(data[at + 1:at + 1 + data[at]].decode())
        at += 1 + data[at]
    return ".".join(parts), at + 1


class Dns(Server):
    def __init__(self, zone=None, mode="answer", address=HOST):
        self.zone, self.mode = zone or {}, mode
        super().__init__(address)

    def record(self, name, address):
        return label(name) + struct.pack(">HHIH", 1, 1, 60, 4) + socket.inet_aton(address)

    def reply(self, data, rcode=0, answers=(), number=None, question=True):
        name, end = read_name(data, 12)
        head = struct.pack(">HHHHHH", number if number is not None else struct.unpack(">H", data[:2])[0],
                           0x8180 | rcode, 1 if question else 0, len(answers), 0, 0)
        return head + (data[12:end + 4] if question else b"") + b"".join(answers)

    def serve(self, data, sender):
        name, end = read_name(data, 12)
        kind = struct.unpack(">HH", data[end:end + 4])
        assert kind == (1, 1), kind
        self.requests.append(name)
        number = struct.unpack(">H", data[:2])[0]
        address = self.zone.get(name)
        good = self.reply(data, 0 if address else 3, [self.record(name, address)] if address else [])
        send = lambda reply: self.socket.sendto(reply, sender)
        modes = {
            "answer": [good],
            "silent": [],
            "refuse": [self.reply(data, 5)],
            "refuse-bare": [self.reply(data, 5, question=False)],
            "empty": [self.reply(data)],
            "lie": [self.reply(data, 0, [self.record("other.example", "192.168.101.66")])],
            "lie-then-answer": [self.reply(data, 0, [self.record("other.example", "192.168.101.66")]), good],
            "wrong-id": [self.reply(data, 0, [self.record(name, "192.168.101.66")], number=number ^ 1)],
            "garbage": [os.urandom(40), b"", b"\xff" * 12, data[:2] + b"\x81\x80" + b"\0\1\0\1" + b"\xc0\x0c" * 20,
                        data[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + b"\x3f"],
            "alias": [self.reply(data, 0, [
                self.record("b.example", "192.168.101.77"),
                label("a.example") + struct.pack(">HHIH", 5, 1, 60, len(label("b.example"))) + label("b.example"),
                label(name) + struct.pack(">HHIH", 5, 1, 60, len(label("a.example"))) + label("a.example")])],
            "alias-loop": [self.reply(data, 0, [
                label(name) + struct.pack(">HHIH", 5, 1, 60, len(label("a.example"))) + label("a.example"),
                label("a.example") + struct.pack(">HHIH", 5, 1, 60, len(label(name))) + label(name)])],
        }
        if self.mode == "elsewhere":
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                other.bind((HOST, 0))
                other.sendto(good, sender)
            return
        for reply in modes[self.mode]:
            send(reply)


class Sntp(Server):
    def __init__(self, unix, mode="answer", address=HOST):
        self.unix, self.mode = unix, mode
        super().__init__(address)

    def serve(self, data, sender):
        self.requests.append(data)
        first, stratum = {"kiss": (0x24, 0), "unsynchronised": (0xE4, 3)}.get(self.mode, (0x24, 2))
        stamp = struct.pack(">II", (self.unix + EPOCH) & 0xFFFFFFFF, 0)
        origin = data[40:48] if self.mode != "foreign" else b"12345678"
        packet = struct.pack(">BBbb", first, stratum, 4, -20) + b"\0" * 20 + origin + stamp + stamp
        if self.mode != "silent":
            self.socket.sendto(packet, sender)


class Update(Server):
    """The update server of atmodule(1)."""
    kind = socket.SOCK_STREAM

    def __init__(self, version="v2.1.0.0", image=b"image" * 3000, mode="answer", context=None, address=HOST):
        self.version, self.image, self.mode, self.context = version, image, mode, context
        super().__init__(address)

    def talk(self, client):
        if self.context:
            client = self.context.wrap_socket(client, server_side=True)
        try:
            while self.answer(client):
                pass
        finally:
            if self.context:
                client.close()

    def answer(self, client):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            part = client.recv(4096)
            if not part:
                return False
            head += part
        path = head.split()[1].decode()
        self.requests.append(path)
        if self.mode == "stall":
            self.stopped.wait(60)
            return False
        if self.mode == "close":
            return False
        if self.mode == "garbage":
            client.sendall(os.urandom(9000))
            return False
        one = "Connection: close\r\n" if self.mode == "one-by-one" else ""
        if path == "/atconform/version":
            body = b"<html>\n" if self.mode == "no-version" else self.version.encode() + b"\n"
            client.sendall(b"HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n" % (one.encode(), len(body)) + body)
            return not one and self.mode != "hangs-up"
        if path.split("=")[-1] not in (self.version, "v1.2.0.0"):
            client.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone")
            return True
        told = hashlib.sha256(self.image).hexdigest()
        sent = self.image[:-7] if self.mode == "short" else self.image
        if self.mode == "wrong-hash":
            told = "0" * 64
        length = "" if self.mode == "until-end" else f"Content-Length: {len(self.image)}\r\n"
        client.sendall(f"HTTP/1.1 200 OK\r\n{length}X-Sha256: {told.upper()}\r\n\r\n".encode())
        for i in range(0, len(sent), 1000):
            client.sendall(sent[i:i + 1000])
        return False


class Tls(Server):
    """Answers one line with the name of the client's certificate, or "nobody"."""
    kind = socket.SOCK_STREAM

    def __init__(self, context, address=HOST):
        self.context, self.clients, self.names = context, [], []
        super().__init__(address)

    def talk(self, client):
        try:
            client = self.context.wrap_socket(client, server_side=True)
            subject = client.getpeercert() or {}
            who = dict(pair[0] for pair in subject.get("subject", ())).get("commonName", "nobody")
            client.sendall(f"<{who}>".encode())
            self.clients.append(client)
        except (OSError, ssl.SSLError):
            client.close()

    def close(self):
        super().close()
        for client in self.clients:
            client.close()


def pki(folder):
    """ca, server, client of the module; other-ca with a client of its own."""
    def openssl(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=folder)

    for ca, members in (("ca", ("server", "client")), ("other-ca", ("other-server", "other-client"))):
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                f"/CN={ca}", "-keyout", f"{ca}.key", "-out", f"{ca}.pem")
        for name in members:
            openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}", "-keyout",
                    f"{name}.key", "-out", f"{name}.csr")
            openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{ca}.pem", "-CAkey", f"{ca}.key", "-CAcreateserial", "-days",
                    "2", "-out", f"{name}.pem")


def tls_server(folder, name="server", clients=None, ask=False):
    """clients: the CA whose clients it knows; with `ask` others get in, too."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(folder, f"{name}.pem"), os.path.join(folder, f"{name}.key"))
    if clients:
        context.verify_mode = ssl.CERT_OPTIONAL if ask else ssl.CERT_REQUIRED
        context.load_verify_locations(os.path.join(folder, f"{clients}.pem"))
    return context
