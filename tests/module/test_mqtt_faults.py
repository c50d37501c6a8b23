#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A sample of the MQTT client's faults: each does what it says, and no more than that."""
import unittest

from atmodule import Module
from link_peers import HOST, MODULE
from mqtt_broker import MOSQUITTO, PASSWORD, USER, Broker, Observer, quoted
from wifi_air import AIR, JOIN

HELLO = b'+MQTTSUBRECV:0,"in",5,hello\r\n'


class Faults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not MOSQUITTO:
            raise unittest.SkipTest("there is no mosquitto")
        cls.broker = Broker()
        cls.tcp = cls.broker.ports["tcp"]

    @classmethod
    def tearDownClass(cls):
        cls.broker.close()

    def module(self, fault, *commands, connect=True):
        if getattr(self, "m", None):
            self.m.stop()
        self.m = Module("--boot-ms", "1", "--air", AIR, "--address", MODULE, "--host", HOST, "--pki", self.broker.pki,
                        "--fault", fault, link="pty", control=True)
        self.m.ask("ATE0")
        self.m.ask(JOIN)
        for command in commands:
            self.m.ask(command)
        if connect:
            self.config()
            self.connect()

    def tearDown(self):
        if getattr(self, "m", None):
            status, err = self.m.stop()
            self.m = None
            self.assertEqual((status, err), (0, ""))

    def config(self, scheme=1):
        return self.m.ask(f'AT+MQTTUSERCFG=0,{scheme},"module",{quoted(USER)},{quoted(PASSWORD)},0,0,""')

    def connect(self, kind="tcp"):
        return self.m.ask(f'AT+MQTTCONN=0,"{HOST}",{self.broker.ports[kind]},0')

    def observer(self):
        o = Observer(self.broker.ports["tcp"])
        self.addCleanup(o.close)
        return o

    def test_connecting(self):
        line = f'+MQTTCONNECTED:0,1,"{HOST}",{self.tcp},"",0'
        for fault, answer in (("no-connected:mqttconn", ["OK"]), ("connected-twice:mqttconn", [line, line, "OK"]),
                              ("connected-wrong:mqttconn.scheme", [line.replace(":0,1,", ":0,2,"), "OK"]),
                              ("needs-conncfg:mqttconn", ["ERROR"]), ("refuse-value:mqttconn.reconnect.0", ["ERROR"]),
                              ("wrong-value:mqttconn.port", [line, "OK"])):
            self.module(fault, connect=False)
            self.config()
            self.assertEqual(self.connect(), answer, fault)
        self.assertNotIn(f",{self.tcp},", self.m.ask("AT+MQTTCONN?")[0])
        self.module("any-order:mqttconn", connect=False)
        self.module("fails-ok:mqttconn", connect=False)
        self.config()
        self.assertEqual(self.m.ask(f'AT+MQTTCONN=0,"{HOST}",1,0'), ["OK"])
        self.module("mqtt-code-6001", "AT+SYSLOG=1", connect=False)
        self.assertEqual(self.connect(), ["ERR CODE:0x010a6005", "ERROR"])
        self.module("no-certificate:mqttusercfg.scheme_4", connect=False)
        self.config(4)
        self.assertEqual(self.connect("client"), ["ERROR"])

    def test_states(self):
        self.module("wrong-state:mqttconn.4")
        self.assertTrue(self.m.ask("AT+MQTTCONN?")[0].startswith("+MQTTCONN:0,6,"))
        self.module("keeps:mqttclean")
        self.m.ask("AT+MQTTCLEAN=0")
        self.assertTrue(self.m.ask("AT+MQTTCONN?")[0].startswith("+MQTTCONN:0,1,"))
        self.module("mqttdisconnected-missing")
        o = Observer(self.tcp, "module")
        self.m.heard()
        self.assertEqual(self.m.read(0.3), b"")
        o.close()

    def test_messages(self):
        for fault, text in (("subrecv-long", HELLO.replace(b"5,", b"6,")), ("subrecv-lost-byte", b'+MQTTSUBRECV:0,"in",4,helo\r\n'),
                            ("subrecv-wrong-id", HELLO.replace(b":0", b":1")), ("subscribes-nothing:mqttsub", b""),
                            ("all:mqttsub", HELLO), ("subrecv-no-crlf", HELLO[:-2]), ("message-retained-lost", HELLO)):
            self.module(fault)
            self.m.ask('AT+MQTTSUB=0,"in",1')
            self.observer().publish("in", "hello", 1)
            self.assertEqual(self.m.read(0.3, len(text)), text, fault)
        self.module("esp-at-287")
        self.m.ask('AT+MQTTSUB=0,"in",1')
        self.observer().publish("in", "eleven byte", 1)
        self.m.until(b"\r\nready\r\n")

    def test_commas(self):
        self.module("esp-at-446:mqttpub")
        self.assertEqual(self.m.ask('AT+MQTTPUB=0,"out","a\\"b",1,0'), ["OK"])
        self.assertEqual(self.m.ask('AT+MQTTPUB=0,"out","a\\,b",1,0'), ["ERROR"])

    def test_publishing(self):
        for fault, qos, arrives in (("lost-byte:mqttpub", 1, (b"helo", 1)), ("qos-0:mqttpub", 2, (b"hello", 0)),
                                    ("doubled-byte:mqttpub", 0, (b"helloo", 0)), ("sends-nothing:mqttpub", 1, None)):
            self.module(fault)
            o = self.observer()
            o.subscribe("out")
            self.assertEqual(self.m.ask(f'AT+MQTTPUB=0,"out","hello",{qos},0'), ["OK"], fault)
            if arrives:
                message = o.message()
                self.assertEqual((message[1], message[2]), arrives, fault)
            else:
                self.assertTrue(o.nothing(), fault)
        for fault, head, tail in (("no-prompt:mqttpubraw", b"\r\nOK\r\n", b"\r\n+MQTTPUB:OK\r\n"),
                                  ("no-result:mqttpubraw", b"\r\nOK\r\n>", b""),
                                  ("ok-follows:mqttpubraw", b"\r\nOK\r\n>", b"\r\n+MQTTPUB:OK\r\n\r\nOK\r\n"),
                                  ("inverted:mqttpubraw", b"\r\nOK\r\n>", b"\r\n+MQTTPUB:FAIL\r\n")):
            self.module(fault)
            self.m.send('AT+MQTTPUBRAW=0,"out",5,1,0\r\n')
            self.assertEqual(self.m.read(0.2, len(head)), head, fault)
            self.m.send("hello")
            self.assertEqual(self.m.read(0.3, len(tail)), tail, fault)


if __name__ == "__main__":
    unittest.main()
