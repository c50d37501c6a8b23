#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The air: its file, what the control socket does to it, and what the module then says by itself."""
import json
import os
import random
import socket
import struct
import tempfile
import time
import unittest

from atmodule import PATIENCE, Module, run
from wifi_air import ADDRESS, AIR, HOME, JOIN, Case

POINT = '{"ssid": "a", "bssid": "02:00:00:00:00:01", "channel": 1, "rssi": -1, "encryption": 0}'


class File(unittest.TestCase):
    def refused(self, text, *wanted):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
            f.write(text)
            f.flush()
            done = run("--air", f.name, stdin=-3)
            self.assertEqual((done.returncode, done.stdout), (2, b""), text)
            error = done.stderr.decode()
            self.assertEqual(error.count("\n"), 1, error)
            for part in (f.name, *wanted):
                self.assertIn(part, error)

    def test_default(self):
        self.assertEqual(run("--air", AIR, stdin=-3).returncode, 0)

    def test_missing(self):
        done = run("--air", "/nonexistent/air.json", stdin=-3)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"/nonexistent/air.json", done.stderr)

    def test_places(self):
        self.refused("{", ":1:")
        self.refused("[]", ":1:1:")
        self.refused('{"access_points": [],\n  "foo": 1}', ":2:3:", "foo")
        self.refused('{"access_points": [], "access_points": []}', "duplicate")
        self.refused("{}", "access_points")
        whole = '{"access_points": [' + POINT + "]}"
        for old, new in (('"channel": 1', '"channel": 0'), ('"channel": 1', '"channel": 15'),
                         ('"rssi": -1', '"rssi": 1'), ('"encryption": 0', '"encryption": 6'),
                         ('"ssid": "a"', '"ssid": ""'), ('"ssid": "a"', f'"ssid": "{"s" * 33}"'),
                         ('"ssid": "a"', '"ssid": "a\\r\\nOK"'), ('"ssid": "a"', '"ssid": 1'),
                         ('"bssid": "02:00:00:00:00:01"', '"bssid": "02:00:00:00:00"')):
            column = whole.index(old) + old.index(": ") + 3
            self.refused(whole.replace(old, new), f":1:{column}:")
        column = whole.index('"channel"') + 1
        self.refused(whole.replace('"channel"', '"Channel"'), f":1:{column}:", "Channel")

    def test_rules(self):
        def one(extra):
            return '{"access_points": [' + POINT[:-1] + ", " + extra + "}]}"
        self.refused('{"access_points": [\n' + POINT + ",\n" + POINT + "]}", ":3:24:", "BSSID")
        self.refused(one('"password": "x"'), "password")
        self.refused(one('"enterprise": {"methods": [0], "identity": "x"}'), "enterprise")
        self.refused(one('"answer": "maybe"'), "accept, timeout or refuse")
        self.refused(one('"hidden": 1'), "true or false")
        self.refused(one('"color": 1'), "color")
        for subnet in ('"1.2.3.4/24"', '"1.2.3.0"', '"1.2.3.0/33"', '"x/24"', "1", '"192.168.101.0/"'):
            self.refused(one(f'"subnet": {subnet}'), "subnet")
        wpa = POINT.replace('"encryption": 0', '"encryption": 5, "enterprise": {"methods": [3], "identity": "i"}')
        self.refused('{"access_points": [' + wpa + "]}", "method")
        self.refused('{"access_points": [], "stations": [{"mac": "02:00:00:00:00:01"}, {"mac": "02:00:00:00:00:01"}]}',
                     ":1:74:", "station")
        self.refused('{"access_points": [], "phone": {"ssid": "a", "password": "", "types": ["x"]}}', "esptouch")
        self.refused('{"access_points": [], "wps": {}}', "ssid")
        self.refused('{"access_points": [], "hosts": []}', "object")

    def test_damaged(self):
        """Whatever becomes of the file, the program says what is wrong or takes it."""
        with open(AIR, encoding="utf-8") as f:
            good = f.read()
        chance = random.Random(3)
        with tempfile.NamedTemporaryFile("w") as f:
            for _ in range(60):
                at, count = chance.randrange(len(good)), chance.randrange(1, 12)
                put = "".join(chance.choice('{}[]",:\\01a \n') for _ in range(chance.randrange(8)))
                f.seek(0)
                f.truncate()
                f.write(good[:at] + put + good[at + count:])
                f.flush()
                done = run("--air", f.name, stdin=-3)
                self.assertIn(done.returncode, (0, 2), done.stderr)
                self.assertLessEqual(done.stderr.count(b"\n"), 1)

    def test_address(self):
        for address in ("10.0.0.1", "0.0.0.0", "128.0.0.1", "::1", "x", ""):
            self.assertEqual(run("--address", address, stdin=-3).returncode, 2, address)

    def test_nothing_in_the_air(self):
        with Module("--boot-ms", "5") as m:
            self.assertEqual(m.ask("AT+CWLAP"), ["OK"])
            self.assertEqual(m.ask(JOIN), ["+CWJAP:3", "ERROR"])


class Control(Case):
    def test_bad_requests(self):
        for bad in ({}, {"ap": HOME}, {"ap": HOME, "set": {}}, {"ap": "x", "set": {"rssi": -1}},
                    {"ap": HOME, "set": {"rssi": 1}}, {"ap": HOME, "set": {"color": 1}}, {"ap": HOME, "set": []},
                    {"ap": HOME, "set": {"beacons": 1}}, {"ap": HOME, "set": {"answer": "x"}}, {"phone": "x"},
                    {"station": "02:00:5e:00:10:01"}, {"station": "02:00:5e:00:10:01", "do": "dance"},
                    {"station": "02:00:5e:00:10:ff", "do": "join"}, {"station": 1, "do": "join"}, {"wps": "x"},
                    {"station": "02:00:5e:00:10:01", "do": "join", "password": 1}, {"phone": "send", "type": "x"},
                    {"phone": "send", "wps": "press"}):
            answer = self.m.control({"air": bad})
            self.assertFalse(answer["ok"], bad)
            self.assertTrue(answer["text"], bad)
        self.assertEqual(self.m.control({"get": "address"})["value"], ADDRESS)

    def test_nothing_is_half_set(self):
        self.assertFalse(self.m.control({"air": {"ap": HOME, "set": {"rssi": -50, "answer": "x"}}})["ok"])
        self.ok('AT+CWLAP="atconform"', f'+CWLAP:3,"atconform",-41,"{HOME}",6')

    def test_beacon_loss(self):
        self.join(JOIN + ",,,1")
        self.air({"ap": HOME, "set": {"beacons": False}})
        self.comes("WIFI DISCONNECT")
        self.ok("AT+CWJAP?")
        self.air({"ap": HOME, "set": {"beacons": True}})
        self.comes("WIFI CONNECTED", "WIFI GOT IP")
        self.assertEqual(self.wifi()["reconnects"], 1)
        self.ok("AT+CWQAP", "WIFI DISCONNECT")
        self.join(JOIN + ",,,0,7")
        self.assertEqual(self.wifi()["listen_interval"], 7)
        self.air({"ap": HOME, "set": {"visible": False}})
        self.comes("WIFI DISCONNECT")
        self.air({"ap": HOME, "set": {"visible": True}})
        self.assertEqual(self.lines(0.3), [])

    def test_short_silence_is_no_loss(self):
        for _ in range(20):
            self.join()
            begin = time.monotonic()
            self.air({"ap": HOME, "set": {"beacons": False}})
            self.air({"ap": HOME, "set": {"beacons": True}})
            if time.monotonic() - begin < 0.05:
                break
            self.setUp()  # it was a long one
        self.assertEqual(self.lines(0.2), [])
        self.assertEqual(self.wifi()["joined"], HOME)

    def test_comes_late_on_power_up(self):
        self.join()
        self.air({"ap": HOME, "set": {"visible": False}})
        self.comes("WIFI DISCONNECT")
        self.restart()
        self.assertEqual(self.lines(0.2), [])
        self.air({"ap": HOME, "set": {"visible": True}})
        self.comes("WIFI CONNECTED", "WIFI GOT IP")

    def test_smart(self):
        self.assertFalse(self.air({"phone": "send"})["value"])
        self.join()
        told = ["Smart get Wi-Fi info", "WIFI CONNECTED", "WIFI GOT IP", "Smartconfig connected Wi-Fi"]
        self.ok("AT+CWSTARTSMART", "WIFI DISCONNECT")
        self.error("AT+CWSTARTSMART")
        self.air({"phone": "send"})
        self.comes(*told)
        self.ok("AT+CWSTOPSMART")
        self.assertEqual(self.wifi()["joined"], HOME)
        self.m.ask("AT+CWQAP")
        for n, heard in ((1, "esptouch"), (2, "airkiss")):
            other = {"esptouch": "airkiss", "airkiss": "esptouch"}[heard]
            self.ok(f"AT+CWSTARTSMART={n}")
            self.assertFalse(self.air({"phone": "send", "type": other})["value"])
            self.assertTrue(self.air({"phone": "send", "type": heard})["value"])
            self.comes(*told)
            self.ok("AT+CWSTOPSMART")
            self.assertFalse(self.air({"phone": "send"})["value"])
            self.m.ask("AT+CWQAP")
        self.error("AT+CWSTARTSMART=0", "AT+CWSTARTSMART=4", "AT+CWSTARTSMART=", 'AT+CWSTARTSMART="1"',
                   "AT+CWSTARTSMART=1,1", "AT+CWSTOPSMART=1")
        for mode in (0, 2):
            self.ok(f"AT+CWMODE={mode}")
            self.error("AT+CWSTARTSMART", "AT+CWSTARTSMART=1")
            self.ok("AT+CWSTOPSMART")

    def test_smart_fails(self):
        self.air({"ap": HOME, "set": {"answer": "refuse"}})
        self.ok("AT+CWSTARTSMART")
        self.air({"phone": "send"})
        self.comes("Smart get Wi-Fi info")
        self.assertEqual(self.lines(0.4), [])

    def test_wps(self):
        self.assertFalse(self.air({"wps": "press"})["value"])
        self.ok("AT+WPS=1")
        self.ok("AT+WPS=0")
        self.assertFalse(self.air({"wps": "press"})["value"])
        self.ok("AT+WPS=1")
        self.assertTrue(self.air({"wps": "press"})["value"])
        self.comes("WIFI CONNECTED", "WIFI GOT IP")
        self.error("AT+WPS=2", "AT+WPS=-1", "AT+WPS=", "AT+WPS=x", "AT+WPS=1,1", "AT+WPS", "AT+WPS?")
        self.m.ask("AT+CWMODE=2")
        self.error("AT+WPS=1", "AT+WPS=0")

    def test_restart_in_mid_join(self):
        for _ in range(20):
            self.m.send(JOIN + "\r\n")
            self.m.control({"do": "power-cycle"})
            if b"WIFI CONNECTED" not in self.m.until(b"ready\r\n"):
                break
            self.setUp()  # it had joined already
        self.ok("AT")
        self.assertEqual(self.lines(0.2), [])

    def test_busy_while_joining(self):
        # In one piece: on a busy machine it may have joined before a second one comes.
        self.m.send(JOIN + "\r\nAT\r\n")
        self.assertIn("busy p...", self.m.until(b"\r\nOK\r\n").decode())


def name(*labels):
    return b"".join(bytes([len(x)]) + x.encode() for x in labels) + b"\0"


def question(labels, kind, number=7):
    return struct.pack(">6H", number, 0, 1, 0, 0, 0) + name(*labels) + struct.pack(">2H", kind, 1)


class Mdns(Case):
    def setUp(self):
        super().setUp()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(PATIENCE)
        self.socket.connect((ADDRESS, 5353))

    def tearDown(self):
        self.socket.close()

    def asked(self, labels, kind):
        self.socket.send(question(labels, kind))
        return self.socket.recv(2000)

    def silent(self):
        self.socket.settimeout(0.15)
        try:
            self.socket.send(question(("_iot", "_tcp", "local"), 12))
            self.socket.recv(2000)
        except OSError:
            return True
        finally:
            self.socket.settimeout(PATIENCE)
        return False

    def test_service(self):
        self.assertTrue(self.silent())
        self.ok('AT+MDNS=1,"espressif","_iot",8080')
        answer = self.asked(("_iot", "_tcp", "local"), 12)
        number, flags, asked, answers = struct.unpack(">4H", answer[:8])
        self.assertEqual((number, flags, asked), (7, 0x8400, 1))
        self.assertEqual(answers, 4)
        instance, host = name("espressif", "_iot", "_tcp", "local"), name("espressif", "local")
        self.assertIn(struct.pack(">H", len(instance)) + instance, answer)
        self.assertIn(struct.pack(">4H", len(host) + 6, 0, 0, 8080) + host, answer)
        self.assertIn(host + struct.pack(">2HI", 1, 1, 10) + b"\0\4" + socket.inet_aton(ADDRESS), answer)
        self.assertIn(b"\x1f\x90", self.asked(("ESPRESSIF", "_IOT", "_tcp", "Local"), 33))
        self.assertIn(socket.inet_aton(ADDRESS), self.asked(("espressif", "local"), 1))
        self.assertIn(b"_iot", self.asked(("_services", "_dns-sd", "_udp", "local"), 12))
        self.ok('AT+MDNS=1,"other","_iot._udp",9')
        self.assertIn(name("other", "_iot", "_udp", "local"), self.asked(("_iot", "_udp", "local"), 12))
        self.ok("AT+MDNS=0")
        self.assertTrue(self.silent())
        self.ok('AT+MDNS=1,"espressif","_iot",8080')
        self.restart()
        self.assertTrue(self.silent())

    def test_refused(self):
        self.error("AT+MDNS=1", 'AT+MDNS=1,"a"', 'AT+MDNS=1,"a","b"', 'AT+MDNS=1,"","b",1', 'AT+MDNS=1,"a","",1',
                   'AT+MDNS=1,"a","b",', 'AT+MDNS=1,"a","b",0', 'AT+MDNS=1,"a","b",65536', 'AT+MDNS=1,"a","b","1"',
                   'AT+MDNS=1,"a","b",1,1', "AT+MDNS=2", "AT+MDNS=", "AT+MDNS", f'AT+MDNS=1,"{"a" * 64}","b",1')
        self.ok('AT+MDNS=0,"a","b",1')

    def test_rubbish(self):
        self.ok('AT+MDNS=1,"espressif","_iot",8080')
        chance = random.Random(11)
        good = question(("_iot", "_tcp", "local"), 12)
        for _ in range(400):
            at = chance.randrange(len(good))
            bad = good[:at] + bytes(chance.randrange(256) for _ in range(chance.randrange(30)))
            self.socket.send(bad + good[at + chance.randrange(4):])
        self.socket.send(b"")
        self.socket.setblocking(False)
        self.m.heard()
        try:
            while self.socket.recv(2000):
                pass
        except BlockingIOError:
            pass
        self.socket.settimeout(PATIENCE)
        self.assertIn(b"espressif", self.asked(("_iot", "_tcp", "local"), 12))


class Flash(unittest.TestCase):
    def test_outlives_the_process(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "nvs")
            with Module("--nvs", path, "--air", AIR) as m:
                for command in (JOIN, "AT+CWMODE=3", 'AT+CWSAP="s\\"\\\\","1234567890",5,3', "AT+CWLAPOPT=1,3"):
                    self.assertEqual(m.ask(command)[-1], "OK", command)
            with open(path, encoding="utf-8") as f:
                self.assertEqual(json.load(f)["cwjap.ssid"], "atconform")
            with Module("--nvs", path, "--air", AIR) as m:
                m.until(b"WIFI CONNECTED\r\nWIFI GOT IP\r\n")
                self.assertEqual(m.ask("AT+CWSAP?"), ['+CWSAP:"s"\\","1234567890",5,3,4,0', "OK"])
                self.assertEqual(len(m.ask('AT+CWLAP="atconform"')[0].split(",")), 5)

    def test_nonsense_in_the_file(self):
        with tempfile.NamedTemporaryFile("w") as f:
            json.dump({"cwmode.mode": 77, "cwdhcp.state": -5, "cipap.ip": "x", "cipap.netmask": "0.0.0.0",
                       "cwdhcps.enable": 1, "cwdhcps.start_ip": "", "cwdhcps.end_ip": "255.255.255.255",
                       "cwjap.joins": 2, "cwjeap.method": 99, "cwjeap.ssid": "atconform-enterprise",
                       "cwlapopt.mask": 999, "cipsta.ip": "x", "cipstamac.mac": ""}, f)
            f.flush()
            with Module("--nvs", f.name, "--air", AIR, "--boot-ms", "1") as m:
                for command in ("AT+CWMODE?", "AT+CWDHCP?", "AT+CIPAP?", "AT+CWDHCPS?", "AT+CWJAP?", "AT+CWJEAP?",
                                "AT+CIPSTA?", "AT+CIPSTAMAC?", "AT+CWLAP"):
                    self.assertEqual(m.ask(command)[-1], "OK", command)


if __name__ == "__main__":
    unittest.main()
