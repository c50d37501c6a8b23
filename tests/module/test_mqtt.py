#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The module's MQTT client against a real mosquitto: connection, messages both ways, topics, states,
reconnection, codes of errors."""
import hashlib
import os
import threading
import time
import unittest

from atmodule import PATIENCE, fastest
from link_peers import HOST, MODULE, listener, port
from mqtt_broker import PASSWORD, USER, Case, quoted
from service_peers import Dns
from wifi_air import AIR

ALL = bytes(range(256)) * 4
SCHEMES = ((1, "tcp", ""), (2, "tls", ""), (3, "tls", ""), (4, "client", ""), (5, "client", ""), (6, "ws", "mqtt"),
           (7, "wss", "/wss"), (8, "wss", ""), (9, "wss_client", ""), (10, "wss_client", "a/b"))


class Base(Case):
    def sub(self, topic, qos=1):
        self.ok(f'AT+MQTTSUB=0,"{topic}",{qos}')

    def pub(self, topic, data, qos=0, retain=0):
        self.ok(f'AT+MQTTPUB=0,"{topic}",{quoted(data)},{qos},{retain}')

    def raw(self, topic, data, qos=0, retain=0):
        self.prompt(f'AT+MQTTPUBRAW=0,"{topic}",{len(data)},{qos},{retain}')
        self.m.send(data)
        self.assertEqual(self.m.until(b"+MQTTPUB:OK\r\n"), b"\r\n+MQTTPUB:OK\r\n")

    def soon_an_error(self, command):
        """The limit is a second; the rest is for a busy machine."""
        self.assertLess(fastest(lambda: self.error(command), 2), 2, command)

    def clean(self):
        self.ok("AT+MQTTCLEAN=0", "+MQTTDISCONNECTED:0")

    def up(self, **more):
        self.config()
        self.connected(**more)


class Schemes(Base):
    def test_all_ten(self):
        o = self.observer()
        o.subscribe("from/#")
        for scheme, kind, path in SCHEMES:
            self.config(scheme, path=path)
            self.connected(scheme, kind, path)
            self.sub("to/module", 2)
            self.raw("from/module", ALL, 2)
            self.assertEqual(o.message(), ("from/module", ALL, 2, 0))
            for n in (0, 1, 125, 126, 127, 1024, 9000):
                o.publish("to/module", ALL[:n] if n < 1025 else ALL * 9, 2)
                self.subrecv("to/module", ALL[:n] if n < 1025 else ALL * 9)
            self.clean()

    def test_servers_and_certificates(self):
        b = self.broker
        wrong = os.path.join(b.dir, "wrong")
        os.mkdir(wrong)
        for name in ("client.pem", "client.key"):
            os.symlink(os.path.join(b.pki, "other-" + name), os.path.join(wrong, name))
        os.symlink(os.path.join(b.pki, "other-ca.pem"), os.path.join(wrong, "ca.pem"))
        before, type(self).m = self.m, type(self.m)("--boot-ms", "1", "--air", AIR, "--address", MODULE, "--host", HOST,
                                                    "--pki", wrong, link="pty", control=True)
        try:
            self.m.ask("ATE0")
            self.join()
            self.ok("AT+SYSLOG=1")
            for scheme, kind, path in SCHEMES[1:]:
                self.config(scheme, path=path)
                # Schemes without verification take the server; the broker does not take a foreign client.
                if scheme in (2, 7):
                    self.connected(scheme, kind, path)
                    self.clean()
                else:
                    if kind != "ws":
                        self.refused(f'AT+MQTTCONN=0,"{HOST}",{b.ports[kind]},0', 0x600B)
                        self.state(3)
                        self.ok("AT+MQTTCLEAN=0")
                    else:
                        self.connected(scheme, kind, path)
                        self.clean()
            for name, code in (("ca.pem", 0x6022), ("client.pem", 0x6024), ("client.key", 0x6026)):
                path = os.path.join(wrong, name)
                link = os.readlink(path)
                os.unlink(path)
                self.config(5)
                self.refused(f'AT+MQTTCONN=0,"{HOST}",{b.ports["client"]},0', code)
                open(path, "w").close()
                self.refused(f'AT+MQTTCONN=0,"{HOST}",{b.ports["client"]},0', code - 1)
                with open(path, "w", encoding="utf-8") as f:
                    f.write("nonsense\n")
                self.refused(f'AT+MQTTCONN=0,"{HOST}",{b.ports["client"]},0', 0x6009)
                os.unlink(path)
                os.symlink(link, path)
        finally:
            self.m.stop()
            type(self).m = before

    def test_certificate_is_wanted(self):
        for scheme, kind in ((2, "client"), (3, "client"), (7, "wss_client")):
            self.config(scheme)
            self.error(f'AT+MQTTCONN=0,"{HOST}",{self.broker.ports[kind]},0')
        # What is no TLS, and TLS where there is none.
        for scheme, kind in ((1, "tls"), (2, "tcp"), (6, "tcp"), (1, "ws"), (7, "ws")):
            self.config(scheme)
            self.soon_an_error(f'AT+MQTTCONN=0,"{HOST}",{self.broker.ports[kind]},0')


class Connection(Base):
    def test_who_it_is(self):
        b = self.broker
        self.config(name="the-module")
        self.ok("AT+MQTTCONNCFG=0,600,0,\"\",\"\",0,0")
        self.connected()
        b.wait_log(f"New client connected from {MODULE}:")
        b.wait_log(f"as the-module (p2, c1, k600, u'{USER}').")
        self.clean()
        b.wait_log("Client the-module disconnected.")
        self.config(name="short", user="nobody", password="none")
        self.error(f'AT+MQTTCONN=0,"{HOST}",{b.ports["tcp"]},0')
        self.ok('AT+MQTTCLIENTID=0,"%s"' % ("i" * 220))
        self.ok(f"AT+MQTTUSERNAME=0,{quoted(USER)}")
        self.ok(f"AT+MQTTPASSWORD=0,{quoted(PASSWORD)}")
        self.connected()
        b.wait_log("as %s (p2, c1, k120, u'%s')." % ("i" * 220, USER))
        self.clean()
        self.config(name="kept")
        self.ok('AT+MQTTCONNCFG=0,0,1,"","",0,0')
        self.connected()
        b.wait_log("as kept (p2, c0, k120,")
        self.clean()

    def test_will(self):
        o = self.observer()
        o.subscribe("lwt")
        for end, comes in (("AT+MQTTCLEAN=0", False), ("AT+CWQAP", True), ("AT+RST", True), ("power-cycle", True)):
            self.config()
            self.ok('AT+MQTTCONNCFG=0,0,0,"lwt","gone \\"now\\"",1,0')
            self.connected()
            if end == "power-cycle":
                self.m.control({"do": end})
            else:
                self.m.send(end + "\r\n")
            if comes:
                self.assertEqual(o.message(), ("lwt", b'gone "now"', 1, 0), end)
            else:
                self.assertTrue(o.nothing(), end)
            if end in ("AT+RST", "power-cycle"):
                self.m.until(b"\r\nready\r\n")
                self.m.until(b"WIFI GOT IP\r\n")
                self.ok("ATE0")
            else:
                self.m.until(b"\r\nOK\r\n")
            if end == "AT+CWQAP":
                self.ok("AT+MQTTCLEAN=0")
                self.join()
        self.config()
        self.ok('AT+MQTTCONNCFG=0,60,0,"lwt","kept",2,1')
        self.connected()
        self.ok("AT+CWQAP", "WIFI DISCONNECT", "+MQTTDISCONNECTED:0")
        self.assertEqual(o.message(), ("lwt", b"kept", 2, 0))
        late = self.observer("late")
        late.subscribe("lwt")
        self.assertEqual(late.message(), ("lwt", b"kept", 2, 1))
        late.publish("lwt", "", 1, True)
        self.state(3)

    def test_states(self):
        there = f'"{HOST}",{self.broker.ports["tcp"]}'
        self.ok("AT+MQTTCONN?", '+MQTTCONN:0,0,0,"",0,"",0')
        self.ok("AT+MQTTSUB?")
        self.config()
        self.ok("AT+MQTTCONN?", '+MQTTCONN:0,1,1,"",0,"",0')
        self.ok('AT+MQTTCONNCFG=0,60,0,"","",0,0')
        self.state(2)
        self.connected()
        self.ok("AT+MQTTCONN?", f'+MQTTCONN:0,4,1,{there},"",0')
        self.sub("one", 2)
        self.sub("two/+/#", 0)
        self.state(6)
        self.ok("AT+MQTTSUB?", '+MQTTSUB:0,6,"one",2', '+MQTTSUB:0,6,"two/+/#",0')
        self.ok('AT+MQTTSUB=0,"one",1', "ALREADY SUBSCRIBE")
        self.ok('AT+MQTTUNSUB=0,"three"', "NO UNSUBSCRIBE")
        self.ok('AT+MQTTUNSUB=0,"one"')
        self.ok("AT+MQTTSUB?", '+MQTTSUB:0,6,"two/+/#",0')
        self.ok('AT+MQTTUNSUB=0,"two/+/#"')
        self.state(5)
        self.broker.stop()
        self.m.until(b"+MQTTDISCONNECTED:0\r\n")
        self.state(3)
        self.ok("AT+MQTTCLEAN=0")
        self.state(0)
        self.broker.start()

    def test_broker_refuses_or_is_mute(self):
        quiet = self.keep(listener())
        self.config()
        for where in (f'"{HOST}",{port(quiet)}', f'"{HOST}",1', '"10.1.2.3",1883', '"no.such.name",1883'):
            self.soon_an_error(f"AT+MQTTCONN=0,{where},1")
            self.state(3)
        self.silence(0.4)

    def test_restart_ends_it(self):
        self.up()
        self.sub("a")
        self.m.send("AT+RST\r\n")
        self.m.until(b"\r\nready\r\n")
        self.m.until(b"WIFI GOT IP\r\n")
        self.ok("ATE0")
        self.ok("AT+MQTTCONN?", '+MQTTCONN:0,0,0,"",0,"",0')
        self.broker.wait_log("Client module closed its connection")
        self.silence(0.3)

    def test_restart_in_the_middle(self):
        quiet = self.keep(listener())
        for command in (f'AT+MQTTCONN=0,"{HOST}",{port(quiet)},1', f'AT+MQTTCONN=0,"{HOST}",{self.broker.ports["wss"]},1'):
            self.config(7)
            self.m.send(command + "\r\n")
            time.sleep(0.05)
            self.start()
            self.m.until(b"WIFI GOT IP\r\n")
            self.ok("ATE0")
            self.state(0)

    def test_names(self):
        dns = self.keep(Dns({"broker.example": HOST}))
        gateway = "192.168.101.1"
        self.m.control({"air": {"route": {"to": gateway, "port": 53, "protocol": "udp", "at": dns.at}}})
        self.config()
        tcp = self.broker.ports["tcp"]
        self.ok(f'AT+MQTTCONN=0,"broker.example",{tcp},0', f'+MQTTCONNECTED:0,1,"broker.example",{tcp},"",0')
        self.clean()
        self.m.control({"air": {"route": {"to": "192.168.31.113", "port": 1883, "protocol": "tcp", "at": f"{HOST}:{tcp}"}}})
        self.config()
        self.ok('AT+MQTTCONN=0,"192.168.31.113",1883,0', '+MQTTCONNECTED:0,1,"192.168.31.113",1883,"",0')
        self.clean()
        self.m.control({"air": {"route": {"clear": True}}})


class Messages(Base):
    def test_publish(self):
        o = self.observer()
        o.subscribe("out/#")
        self.up()
        for qos in (0, 1, 2):
            self.pub("out/text", "a,b\\c\"d", qos)
            self.assertEqual(o.message(), ("out/text", b'a,b\\c"d', qos, 0))
            for data in (b"x", b"\0\r\n\x1b+++>OK\r\n\xff", ALL):
                self.raw("out/raw", data, qos)
                self.assertEqual(o.message(), ("out/raw", data, qos, 0))
        self.pub("out/kept", "old", 1, 1)
        self.assertEqual(o.message(), ("out/kept", b"old", 1, 0))
        late = self.observer("late")
        late.subscribe("out/kept")
        self.assertEqual(late.message(), ("out/kept", b"old", 1, 1))
        self.pub("out/kept", "", 1, 1)
        self.assertEqual(late.message(), ("out/kept", b"", 1, 0))
        self.assertEqual(o.message(), ("out/kept", b"", 1, 0))
        self.assertTrue(o.nothing())

    def test_data_phase(self):
        o = self.observer()
        o.subscribe("out")
        self.up()
        self.sub("in")
        self.prompt('AT+MQTTPUBRAW=0,"out",10,1,0')
        self.m.send("01234")
        o.publish("in", "meanwhile", 1)
        self.subrecv("in", "meanwhile")
        self.m.send("56789AT\r\n")
        self.assertEqual(self.m.until(b"+MQTTPUB:OK\r\n"),
                         b"\r\nbusy p...\r\n\r\n+MQTTPUB:OK\r\n")
        self.assertEqual(o.message(), ("out", b"0123456789", 1, 0))
        self.m.send("AT+MQ")
        o.publish("in", "typing", 0)
        self.subrecv("in", "typing")
        self.m.send("TTSUB?\r\n")
        self.m.until(b"\r\nOK\r\n")
        self.prompt('AT+MQTTPUBRAW=0,"out",4,1,0')
        self.broker.stop(kill=True)
        self.m.until(b"+MQTTDISCONNECTED:0\r\n")
        self.m.send("lost")
        self.assertEqual(self.m.until(b"FAIL\r\n"), b"\r\n+MQTTPUB:FAIL\r\n")
        self.error('AT+MQTTPUBRAW=0,"out",4,1,0')
        self.broker.start()

    def test_binary_and_retained(self):
        o = self.observer()
        o.publish("kept", b"before\0\r\nOK\r\n", 1, True)
        self.up()
        self.m.send('AT+MQTTSUB=0,"kept",1\r\n')
        self.assertEqual(self.m.until(b"\r\nOK\r\n"), b"\r\nOK\r\n")
        self.subrecv("kept", b"before\0\r\nOK\r\n")
        o.publish("kept", b"", 1, True)
        self.subrecv("kept", b"")

    def test_many_topics(self):
        o = self.observer()
        self.up()
        for i in range(60):
            self.sub(f"many/{i}", i % 3)
        self.assertEqual(len(self.m.ask("AT+MQTTSUB?")), 61)
        for i in range(60):
            o.publish(f"many/{i}", str(i), 1)
            self.subrecv(f"many/{i}", str(i))

    def pace(self, marks):
        """The seconds that a mebibyte takes, after the best eighth of it: what else the machine does only adds."""
        seconds = 8 * min(after - before for before, after in zip(marks, marks[1:]))
        self.assertLess(seconds, 15)
        return seconds

    def bulk_out(self, qos):
        o = self.observer()
        o.subscribe("bulk")
        got = []
        reader = threading.Thread(target=lambda: got.extend(o.message() for _ in range(1024)))
        reader.start()
        marks = [time.monotonic()]
        for i in range(1024):
            self.raw("bulk", i.to_bytes(2, "big") + ALL[2:], qos)
            if i % 128 == 127:
                marks.append(time.monotonic())
        reader.join()
        self.assertEqual([m[1] for m in got], [i.to_bytes(2, "big") + ALL[2:] for i in range(1024)])
        self.assertTrue(o.nothing())
        o.close()
        return self.pace(marks)

    def bulk_in(self, qos, size=1024):
        o = self.observer("bulk-%d" % qos)
        count = (1 << 20) // size
        data = [i.to_bytes(2, "big") + (ALL * 4)[2:size] for i in range(count)]

        def send():
            under_way = []
            for part in data:
                under_way.append(o.publish("bulk", part, qos, wait=False))
                if len(under_way) == 16:
                    o.wait(under_way.pop(0))
            for n in under_way:
                o.wait(n)
        sender = threading.Thread(target=send)
        marks = [time.monotonic()]
        sender.start()
        wanted = b"".join(b'+MQTTSUBRECV:0,"bulk",%d,' % size + part + b"\r\n" for part in data)
        got = b"".join(self.timed(marks, len(wanted) // 8) for _ in range(8)) + self.m.take(len(wanted) % 8)
        sender.join()
        self.assertEqual(hashlib.sha256(got).digest(), hashlib.sha256(wanted).digest())
        self.silence()
        o.close()
        return self.pace(marks)

    def timed(self, marks, count):
        got = self.m.take(count)
        marks.append(time.monotonic())
        return got

    def test_a_mebibyte_each_way(self):
        for scheme, kind in ((1, "tcp"), (5, "client"), (6, "ws"), (10, "wss_client")):
            self.config(scheme)
            self.connected(scheme, kind)
            times = []
            for qos in (1, 2):
                if scheme in (1, 10):
                    times.append(self.bulk_out(qos))
                self.sub("bulk", qos)
                times.append(self.bulk_in(qos))
                self.ok('AT+MQTTUNSUB=0,"bulk"')
            if os.environ.get("VERBOSE"):
                print(scheme, *("%.2f" % t for t in times))
            self.clean()

    def test_nobody_reads(self):
        """Messages wait in the broker while the line stands still, and none is lost."""
        o = self.observer()
        self.up()
        self.sub("flood", 1)
        count, part = 3000, ALL
        done = threading.Thread(target=lambda: [o.publish("flood", i.to_bytes(4, "big") + part, 1) for i in range(count)])
        done.start()
        time.sleep(0.6)
        with open(f"/proc/{self.m.process.pid}/status", encoding="ascii") as f:
            rss = next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))
        limit = 400000 if "Sanitizer" in os.environ.get("ASAN_OPTIONS", "") else 64000
        self.assertLess(rss, limit)
        for i in range(count):
            self.subrecv("flood", i.to_bytes(4, "big") + part)
        done.join()
        self.silence()


class Again(Base):
    def test_reconnects_and_subscribes_again(self):
        tcp = self.broker.ports["tcp"]
        self.up(reconnect=1)
        self.sub("one", 1)
        self.sub("two", 2)
        for kill in (False, True):
            self.broker.stop(kill)
            self.assertEqual(self.m.until(b"+MQTTDISCONNECTED:0\r\n"), b"+MQTTDISCONNECTED:0\r\n")
            self.state(3)
            self.error('AT+MQTTPUB=0,"a","b",1,0')
            self.silence(0.3)
            self.broker.start()
            self.m.until(f'+MQTTCONNECTED:0,1,"{HOST}",{tcp},"",1\r\n'.encode())
            self.state(6)
            self.ok("AT+MQTTSUB?", '+MQTTSUB:0,6,"one",1', '+MQTTSUB:0,6,"two",2')
            o = self.observer()
            o.publish("two", "again", 2)
            self.subrecv("two", "again")
            self.pub("x", "y", 2)
        self.clean()
        self.silence(0.3)

    def test_does_not_reconnect(self):
        self.up()
        self.broker.stop()
        self.m.until(b"+MQTTDISCONNECTED:0\r\n")
        self.broker.start()
        self.silence(0.4)
        self.state(3)
        self.connected()
        self.clean()

    def test_network_comes_back(self):
        tcp = self.broker.ports["tcp"]
        self.up(reconnect=1)
        self.ok("AT+CWQAP", "WIFI DISCONNECT", "+MQTTDISCONNECTED:0")
        self.silence(0.3)
        self.m.send('AT+CWJAP="atconform","correct horse"\r\n')
        self.m.until(f'+MQTTCONNECTED:0,1,"{HOST}",{tcp},"",1\r\n'.encode())
        self.m.read(0.1)
        self.state(4)

    def test_kept_session(self):
        self.config(name="session")
        self.ok('AT+MQTTCONNCFG=0,60,1,"","",0,0')
        self.connected(reconnect=1)
        self.sub("kept", 2)
        o = self.observer()
        self.ok("AT+CWQAP", "WIFI DISCONNECT", "+MQTTDISCONNECTED:0")
        for i in range(50):
            o.publish("kept", f"number {i}", 1 + i % 2)
        self.m.send('AT+CWJAP="atconform","correct horse"\r\n')
        self.m.until(b"+MQTTCONNECTED:")
        self.m.until(b"\r\n")
        # In order within a QoS; exactly-once delivery takes longer.
        got = [self.m.until(b"\r\n") for _ in range(50)]
        for odd in (0, 1):
            lines = [b'+MQTTSUBRECV:0,"kept",%d,number %d\r\n' % (8 + (i > 9), i) for i in range(odd, 50, 2)]
            self.assertEqual([line for line in got if line in lines], lines)
        self.clean()

    def test_same_client_id(self):
        self.up()
        o = self.observer("module")
        self.m.until(b"+MQTTDISCONNECTED:0\r\n")
        self.state(3)
        o.close()

    def test_mute_broker(self):
        """What the broker does not answer is an error within a second or so."""
        server = self.keep(listener())
        self.config()
        self.m.send(f'AT+MQTTCONN=0,"{HOST}",{port(server)},0\r\n')
        s, _ = server.accept()
        s.settimeout(PATIENCE)
        self.keep(s)
        s.recv(1000)
        s.sendall(b"\x20\2\0\0")
        self.m.until(b"\r\nOK\r\n")
        self.pub("a", "b", 0)
        for command in ('AT+MQTTPUB=0,"a","b",1,0', 'AT+MQTTSUB=0,"a",0'):
            self.soon_an_error(command)
        s.sendall(b"\xff\xff\xff\xff\xff\xff garbage")
        self.m.until(b"+MQTTDISCONNECTED:0\r\n")
        self.ok("AT+MQTTCLEAN=0")


class Codes(Base):
    def setUp(self):
        super().setUp()
        self.ok("AT+SYSLOG=1")

    def test_parameters(self):
        user = ['0', '1', '"i"', '"u"', '"p"', '0', '0', '"w"']
        cfg = ['0', '60', '0', '"t"', '"m"', '0', '0']
        conn = ['0', f'"{HOST}"', '1', '0']
        pub = ['0', '"t"', '"d"', '0', '0']
        raw = ['0', '"t"', '5', '0', '0']
        long = {n: '"' + "x" * n + '"' for n in (33, 65, 129)}
        checks = (
            ("USERCFG", user, 0, ("x", 0x6010), ('""', 0x6010), ("", 0x6010), ("1", 0x6011), ("-1", 0x6011)),
            ("USERCFG", user, 1, ('"1"', 0x6012), ("", 0x6012), ("0", 0x6013), ("11", 0x6013)),
            ("USERCFG", user, 2, ("i", 0x6014), ("", 0x6015), ('""', 0x6015)),
            ("USERCFG", user, 3, ("1", 0x6017), ("", 0x6018), (long[65], 0x6019)),
            ("USERCFG", user, 4, ("1", 0x601A), ("", 0x601B), (long[65], 0x601C)),
            ("USERCFG", user, 5, ("x", 0x601D), ("1", 0x601E)),
            ("USERCFG", user, 6, ("x", 0x601F), ("1", 0x6020)),
            ("USERCFG", user, 7, ("x", 0x6027), ("", 0x6028), (long[33], 0x6029)),
            ("CONNCFG", cfg, 1, ("x", 0x602B), ("", 0x602C), ("59", 0x602D), ("7201", 0x602D), ("1", 0x602D)),
            ("CONNCFG", cfg, 2, ("x", 0x602E), ("2", 0x602F)),
            ("CONNCFG", cfg, 3, ("x", 0x6030), ("", 0x6031), (long[65], 0x6032)),
            ("CONNCFG", cfg, 4, ("x", 0x6033), ("", 0x6034), (long[65], 0x6035)),
            ("CONNCFG", cfg, 5, ("x", 0x6036), ("3", 0x6037)),
            ("CONNCFG", cfg, 6, ("x", 0x6038), ("2", 0x6039)),
            ("CONN", conn, 1, ("x", 0x603A), ("", 0x603B), ('""', 0x603B), (long[129], 0x603C)),
            ("CONN", conn, 2, ('"1"', 0x603D), ("0", 0x603E), ("65536", 0x603E)),
            ("CONN", conn, 3, ("x", 0x603F), ("2", 0x6040)),
            ("PUB", pub, 1, ("t", 0x6041), ("", 0x6042), ('""', 0x6042), (long[65], 0x6043)),
            ("PUB", pub, 2, ("1", 0x6044), ("", 0x6045)),
            ("PUB", pub, 3, ("x", 0x6047), ("3", 0x6048)),
            ("PUB", pub, 4, ("x", 0x6049), ("2", 0x604A)),
            ("PUBRAW", raw, 2, ("x", 0x604B), ("0", 0x604C), ("1025", 0x604C)),
        )
        for name, words, at, *wrong in checks:
            for word, code in wrong:
                self.refused(f"AT+MQTT{name}=" + ",".join([*words[:at], word, *words[at + 1:]]), code)
            self.refused(f"AT+MQTT{name}=" + ",".join(words[:-1]), 0x6008)
            self.refused(f"AT+MQTT{name}=" + ",".join([*words, "0"]), 0x6008)
        self.refused("AT+MQTTCLEAN=", 0x6008)

    def test_order(self):
        there = f'"{HOST}",{self.broker.ports["tcp"]}'
        for command, code in (('CLIENTID=0,"a"', 0x6001), ('USERNAME=0,"a"', 0x6001), ('PASSWORD=0,"a"', 0x6001),
                              ('CONNCFG=0,0,0,"","",0,0', 0x6001), (f"CONN=0,{there},0", 0x6001), ("CLEAN=0", 0x6003),
                              ('PUB=0,"a","b",0,0', 0x6006), ('PUBRAW=0,"a",1,0,0', 0x6006), ('SUB=0,"a",0', 0x6006),
                              ('UNSUB=0,"a"', 0x6006)):
            self.refused("AT+MQTT" + command, code)
        self.config()
        for command, code in (('PUB=0,"a","b",0,0', 0x600C), ('PUBRAW=0,"a",1,0,0', 0x600C), ('SUB=0,"a",0', 0x600D),
                              ('UNSUB=0,"a"', 0x600E), (f'CONN=0,"{HOST}",1,0', 0x600B)):
            self.refused("AT+MQTT" + command, code)
        self.connected()
        for command, code in (('CLIENTID=0,"a"', 0x6002), ('USERNAME=0,"a"', 0x6002), ('PASSWORD=0,"a"', 0x6002),
                              ('CONNCFG=0,0,0,"","",0,0', 0x6002), (f"CONN=0,{there},0", 0x6004),
                              ('USERCFG=0,1,"a","b","c",0,0,""', 0x6002), ('PUB=0,"a/#","b",0,0', 0x600C),
                              ('SUB=0,"a/#/b",0', 0x600D), ('SUB=0,"a+",0', 0x600D)):
            self.refused("AT+MQTT" + command, code)
        self.state(4)
        self.clean()
        self.refused("AT+MQTTCLEAN=0", 0x6003)


class Field(Base):
    options = ("--dialect", "field")

    def prompt(self, command):
        self.m.send(command + "\r\n")
        self.assertEqual(self.m.until(b">"), b"\r\nOK\r\n\r\n>")

    def test_what_is_different(self):
        tcp = self.broker.ports["tcp"]
        self.config()
        self.ok(f'AT+MQTTCONN=0,"{HOST}",{tcp},0', f'+MQTTCONNECTED:0,1,"{HOST}","{tcp}","",0')
        self.ok("AT+MQTTCONN?", f'+MQTTCONN:0,4,1,"{HOST}","{tcp}","",0')
        self.sub("a")
        self.ok('AT+MQTTSUB=0,"a",1')
        self.ok('AT+MQTTUNSUB=0,"b"')
        self.prompt('AT+MQTTPUBRAW=0,"b",3,1,0')
        self.m.send("abc")
        self.assertEqual(self.m.until(b"+MQTTPUB:OK\r\n"), b"\r\nRecv 3 bytes\r\n\r\n+MQTTPUB:OK\r\n")
        self.ok("AT+SYSLOG=1")
        self.says('AT+MQTTPUB=0,"a",b,0,0', "ERR CODE:0x01080002", "ERR CODE:0x010a6044", "ERROR")


if __name__ == "__main__":
    unittest.main()
