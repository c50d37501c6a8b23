/* SPDX-License-Identifier: MIT */
/* Verbs of the cases that need an MQTT broker: the broker that the rig runs for the line, its log,
 * observers (clients of it that the rig runs), and messages that the module hands out. Times of 0
 * ms: the bench's answer time. As with all verbs, what does not come as the case says ends it.
 *
 *	int o = observer(NULL);
 *	observe(o, topic("a"), 1);
 *	at(fmt("AT+MQTTPUB=0,\"%s\",\"hello\",1,0", topic("a")), "OK");
 *	expect_message(o, topic("a"), "hello", 5, 1, false, 0);
 *	publish_text(o, topic("b"), "there");
 *	subrecv(topic("b"), "there", 5, 0);
 */
#ifndef AT_BROKER_H
#define AT_BROKER_H

#include "at/at.h"
#include "at/mqtt.h"
#include "at/peer.h"

/* ---- the broker ---- */

/* A fact: "host", "path", "username", "password", "other_username", "other_password". */
#define broker(fact) at_broker(__FILE__, __LINE__, fact)
const char *at_broker(const char *file, int line, const char *fact)
	__attribute__((returns_nonnull));
/* The port for "tcp", "tls", "tls_client", "ws", "wss", "wss_client"; with a certificate that is
 * not to be trusted: "tls_other", "tls_expired", "wss_other", "wss_expired". */
#define broker_port(kind) at_broker_port(__FILE__, __LINE__, kind)
int at_broker_port(const char *file, int line, const char *kind);
/* Ends and begins anew (its sessions and retained messages are gone then). Need "broker_control";
 * it runs again, whatever happens, before the next case. stop: it closes connections; kill: it
 * does not. */
#define broker_stop()    at_broker_do(__FILE__, __LINE__, "stop")
#define broker_kill()    at_broker_do(__FILE__, __LINE__, "kill")
#define broker_start()   at_broker_do(__FILE__, __LINE__, "start")
#define broker_restart() at_broker_do(__FILE__, __LINE__, "restart")
void at_broker_do(const char *file, int line, const char *action);
/* A line of its log since the case began, or since broker_forget(): a glob over the text ("*New
 * client connected*as abc*"), or RE(). Any number of times, in any order. Need "broker_log". */
#define broker_log(pattern, timeout_ms) at_broker_log(__FILE__, __LINE__, pattern, timeout_ms)
const char *at_broker_log(const char *file, int line, const char *pattern, int timeout_ms)
	__attribute__((returns_nonnull)); /* the line; valid as fmt()'s */
#define broker_logged(pattern, timeout_ms) at_broker_logged(__FILE__, __LINE__, pattern, timeout_ms)
bool at_broker_logged(const char *file, int line, const char *pattern, int timeout_ms);
/* It is not there, and does not come for that long. */
#define no_broker_log(pattern, ms) at_no_broker_log(__FILE__, __LINE__, pattern, ms)
void at_no_broker_log(const char *file, int line, const char *pattern, int ms);
#define broker_forget() at_broker_forget(__FILE__, __LINE__)
void at_broker_forget(const char *file, int line);

/* Of this case alone: "ac/<case>/name", and a client id. Valid as fmt()'s. */
const char *topic(const char *name) __attribute__((returns_nonnull));
const char *client_id(void) __attribute__((returns_nonnull));

/* ---- observers: clients of the broker, by name and password of the bench ---- */

/* Connects one. Options: JSON or NULL: "client_id", "username" ("": none), "password", "clean",
 * "keepalive", "will": {"topic","payload","qos","retain"}. Returns its number, which is a peer's.
 */
#define observer(options) at_observer(__FILE__, __LINE__, options)
int at_observer(const char *file, int line, const char *options);
/* Whether the broker takes it; *number is its number then. */
#define observer_tried(options, number) at_observer_tried(__FILE__, __LINE__, options, number)
bool at_observer_tried(const char *file, int line, const char *options, int *number);
/* how: "mqtt" (says so first), "fin", "rst". */
#define observer_leave(number, how) at_observer_leave(__FILE__, __LINE__, number, how)
void at_observer_leave(const char *file, int line, int number, const char *how);
/* Subscribes, and waits until the broker has granted it. */
#define observe(number, filter, qos) at_observe(__FILE__, __LINE__, number, filter, qos)
void at_observe(const char *file, int line, int number, const char *filter, int qos);
#define publish(number, topic_, payload, len, qos, retain)                                         \
	at_publish(__FILE__, __LINE__, number, topic_, payload, len, qos, retain)
#define publish_text(number, topic_, text) publish(number, topic_, text, strlen(text), 1, false)
void at_publish(const char *file, int line, int number, const char *topic_, const void *payload,
	size_t len, int qos, bool retain);
/* Many: message i has the `len` bytes of the pattern from i * len on (base/pattern.h). */
#define publish_pattern(number, topic_, seed, len, messages, qos)                                  \
	at_publish_pattern(__FILE__, __LINE__, number, topic_, seed, len, messages, qos)
void at_publish_pattern(const char *file, int line, int number, const char *topic_, uint64_t seed,
	size_t len, size_t messages, int qos);
/* The next message it received; NULL: none came. Valid until the next verb. */
#define message(number, timeout_ms) at_message(__FILE__, __LINE__, number, timeout_ms)
const struct message *at_message(const char *file, int line, int number, int timeout_ms);
/* The next message is this one. qos and retain as they were delivered. */
#define expect_message(number, topic_, payload, len, qos, retain, timeout_ms)                      \
	at_expect_message(__FILE__, __LINE__, number, topic_, payload, len, qos, retain, timeout_ms)
void at_expect_message(const char *file, int line, int number, const char *topic_,
	const void *payload, size_t len, int qos, bool retain, int timeout_ms);
#define expect_text(number, topic_, text)                                                          \
	expect_message(number, topic_, text, strlen(text), 1, false, 0)
/* None is there that was not taken, and none comes for that long. */
#define no_message(number, ms) at_no_message(__FILE__, __LINE__, number, ms)
void at_no_message(const char *file, int line, int number, int ms);

/* ---- the module ---- */

/* The next +MQTTSUBRECV, taken in whenever it came, is this. */
#define subrecv(topic_, payload, len, timeout_ms)                                                  \
	at_subrecv(__FILE__, __LINE__, topic_, payload, len, timeout_ms)
void at_subrecv(const char *file, int line, const char *topic_, const void *payload, size_t len,
	int timeout_ms);
#define subrecv_text(topic_, text) subrecv(topic_, text, strlen(text), 0)
/* The next messages are those of publish_pattern(), in order, none lost, none doubled. */
#define subrecv_pattern(topic_, seed, len, messages, timeout_ms)                                   \
	at_subrecv_pattern(__FILE__, __LINE__, topic_, seed, len, messages, timeout_ms)
void at_subrecv_pattern(const char *file, int line, const char *topic_, uint64_t seed, size_t len,
	size_t messages, int timeout_ms); /* the time: for each */
/* The next one, complete, whatever it is. Valid until the next verb. */
#define next_subrecv(timeout_ms) at_next_subrecv(__FILE__, __LINE__, timeout_ms)
const struct message *at_next_subrecv(const char *file, int line, int timeout_ms)
	__attribute__((returns_nonnull));
/* None is there that was not taken, and none comes for that long. */
#define no_subrecv(ms) at_no_subrecv(__FILE__, __LINE__, ms)
void at_no_subrecv(const char *file, int line, int ms);
/* How many came and were not taken; takes in what is there. */
#define subrecv_count() at_subrecv_count(__FILE__, __LINE__)
size_t at_subrecv_count(const char *file, int line);
/* AT+MQTTPUBRAW…: OK, '>', the bytes, +MQTTPUB:OK. data_prompt(), raw() and
 * response("+MQTTPUB:FAIL") for other ends. */
#define publish_raw(command, bytes, len) at_publish_raw(__FILE__, __LINE__, command, bytes, len)
void at_publish_raw(const char *file, int line, const char *command, const void *bytes, size_t len);
/* The last command was refused, and told this code: the low 16 bits of an ERR CODE line before
 * ERROR. Needs given("AT+SYSLOG=1") before. */
#define error_code(code) at_error_code(__FILE__, __LINE__, code)
void at_error_code(const char *file, int line, unsigned code);
/* Sends a command that is refused so. */
#define refused(command, code) at_refused(__FILE__, __LINE__, command, code)
void at_refused(const char *file, int line, const char *command, unsigned code);

#endif
