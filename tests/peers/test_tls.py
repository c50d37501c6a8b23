#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""TLS peers and the certificates of a run, seen with somebody else's TLS."""
import os
import socket
import ssl
import stat

import peerstest
from peerstest import read, read_all

NAMES = ["ca", "client", "expired", "other-ca", "other-client", "other-server", "server",
         "wrong-host"]


class Tls(peerstest.PeersTest):
    tls = True

    def context(self, ca="ca", client=None):
        context = ssl.create_default_context(cafile=str(self.pki / f"{ca}.pem"))
        if client:
            context.load_cert_chain(self.pki / f"{client}.pem", self.pki / f"{client}.key")
        return context

    def shake(self, at, context, name=None):
        one = context.wrap_socket(self.connect(at), server_hostname=name or at[0])
        self.sockets.append(one)
        return one

    def test_files_are_private(self):
        self.peers.open("tls")
        names = sorted(path.name for path in self.pki.iterdir())
        self.assertEqual(names, sorted(f"{n}.{e}" for n in NAMES for e in ("key", "pem")))
        for path in self.pki.iterdir():
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)

    def test_echo(self):
        peer, at = self.peers.open("tls-echo")
        one = self.shake(at, self.context())
        data = os.urandom(50000)
        one.sendall(data)
        self.assertEqual(read(one, len(data)), data)
        state = self.peers.wait(peer, "bytes", len(data))["connections"][0]
        self.assertEqual(state["tls"], {"established": True, "client_certificate": ""})
        self.assertEqual(state["sent"], len(data))
        one.unwrap()
        self.assertEqual(self.peers.wait(peer, "close")["connections"][0]["closed"], "fin")

    def test_names(self):
        _, at = self.peers.open("tls")
        for name in (at[0], "localhost", "iot.espressif.cn"):
            self.shake(at, self.context(), name).close()
        with self.assertRaisesRegex(ssl.SSLCertVerificationError, "match"):
            self.shake(at, self.context(), "other-host.example")

    def test_wrong_certificates(self):
        for certificate, text in (("expired", "expired"), ("wrong-host", "match"),
                                  ("other-ca", "issuer")):
            peer, at = self.peers.open("tls", certificate=certificate)
            with self.assertRaisesRegex(ssl.SSLCertVerificationError, text):
                self.shake(at, self.context())
            state = self.peers.wait(peer, "close")["connections"][0]
            self.assertEqual((state["closed"], state["tls"]["established"]), ("error", False))
        _, at = self.peers.open("tls", certificate="wrong-host")
        self.shake(at, self.context(), "other-host.example")
        _, at = self.peers.open("tls", certificate="other-ca")
        self.shake(at, self.context("other-ca"))

    def test_client_certificates(self):
        peer, at = self.peers.open("tls", client_certificate="require")
        with self.assertRaises((ssl.SSLError, ConnectionResetError)):
            self.shake(at, self.context())
        with self.assertRaises((ssl.SSLError, ConnectionResetError)):
            self.shake(at, self.context(client="other-client"))
        self.shake(at, self.context(client="client"))
        state = self.peers.wait(peer, "connect")
        self.assertEqual([c["tls"]["established"] for c in state["connections"]],
                         [False, False, True])
        self.assertIn("CN=atconform client", state["connections"][2]["tls"]["client_certificate"])
        peer, at = self.peers.open("tls", client_certificate="ask")
        self.shake(at, self.context())
        self.assertTrue(self.peers.wait(peer, "connect")["reached"])

    def test_greeting_and_close(self):
        _, at = self.peers.open("tls", greeting="hello", close_after=0)
        self.assertEqual(read_all(self.shake(at, self.context())), b"hello")

    def test_reset(self):
        peer, at = self.peers.open("tls")
        plain = socket.create_connection(at, peerstest.PATIENCE)
        below = plain.dup()
        self.sockets += [below, self.context().wrap_socket(plain, server_hostname=at[0])]
        self.peers.wait(peer, "connect")
        self.peers.ask("close", peer=peer, connection=0, how="rst")
        with self.assertRaises(ConnectionResetError):
            below.recv(1)

    def test_trickle(self):
        _, at = self.peers.open("tls-echo", trickle_ms=5)
        one = self.shake(at, self.context())
        one.sendall(b"abc")
        self.assertEqual(read(one, 3), b"abc")

    def test_speaks_no_tls(self):
        peer, at = self.peers.open("tls-echo", plain=True)
        with self.assertRaises(ssl.SSLError):
            self.shake(at, self.context())
        self.assertFalse(self.peers.wait(peer, "close")["connections"][0]["tls"]["client_certificate"])

    def test_somebody_who_speaks_no_tls(self):
        peer, at = self.peers.open("tls-echo")
        one = self.connect(at)
        one.sendall(b"AT\r\nGET / HTTP/1.0\r\n\r\n")
        state = self.peers.wait(peer, "close")["connections"][0]
        self.assertEqual(state["closed"], "error")
        self.assertTrue(self.peers.of("close")[0]["text"])

    def test_client_of_a_tls_server(self):
        server = self.listen()
        address, port = server.getsockname()
        self.peers.send({"do": "connect", "kind": "tls-echo", "address": address, "port": port})
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        plain, _ = server.accept()
        context.load_cert_chain(self.pki / "server.pem", self.pki / "server.key")
        plain.settimeout(peerstest.PATIENCE)
        one = context.wrap_socket(plain, server_side=True)
        self.sockets.append(one)
        self.assertTrue(self.peers.answer()["ok"])
        one.sendall(b"hi")
        self.assertEqual(read(one, 2), b"hi")


class Plain(peerstest.PeersTest):
    def test_without_certificates(self):
        self.refused("no certificates", "open", kind="tls-echo")


peerstest.main()
