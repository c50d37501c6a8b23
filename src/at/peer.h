/* SPDX-License-Identifier: MIT */
/* Verbs of the cases that need a network: peers that the rig runs on the tester's address, data
 *that goes through the module in both directions, passthrough. As with all verbs, what does not
 *come as the case says ends it with a verdict. Times of 0 ms: the bench's answer time.
 *
 *	online();
 *	int echo = peer_open("tcp-echo", NULL);
 *	at(fmt("AT+CIPSTART=\"TCP\",\"%s\",%d", peer_address(echo), peer_port(echo)),
 *		"CONNECT", "OK");
 *	send_data("AT+CIPSEND=5", "hello", 5);
 *	ipd(LINK_SINGLE, "hello", 5, 0);
 */
#ifndef AT_PEER_H
#define AT_PEER_H

#include "at/at.h"
#include "at/ipd.h"

/* In place of a connection's number: the latest (send, expect, wait) or all (set, close). */
enum { PEER_LATEST = -1, PEER_ALL = -1 };

/* ---- the station ---- */

/* Joined to the bench's access point, with an address; joins only when it is not. The mode is kept
 * when it has a station. What the bench declares and does not give is inconclusive. */
#define online() at_online(__FILE__, __LINE__, false)
/* Leaves the access point and joins anew. */
#define online_again() at_online(__FILE__, __LINE__, true)
void at_online(const char *file, int line, bool anew);

/* ---- peers: opened by the case, closed when it ends ---- */

/* Kinds: tcp tcp-echo tcp-sink tcp-source tcp-slow udp udp-echo udp-sink udp-source tls tls-echo
 * dns sntp update update-tls. Options are JSON, or NULL; see atconform-suite(7). Returns the peer's
 * number. */
#define peer_open(kind, options)          at_peer_open(__FILE__, __LINE__, kind, 0, options)
#define peer_open_at(kind, port, options) at_peer_open(__FILE__, __LINE__, kind, port, options)
int at_peer_open(const char *file, int line, const char *kind, int port, const char *options);
/* Where it listens, as the module has to write it. Valid until the case ends. */
const char *peer_address(int peer) __attribute__((returns_nonnull));
int peer_port(int peer);
/* A name or address of the module's network, and a port there, lead to this peer. Needs "air". */
#define peer_as(peer, to, port) at_peer_as(__FILE__, __LINE__, peer, to, port)
void at_peer_as(const char *file, int line, int peer, const char *to, int port);
#define peer_forget_routes() control("{\"air\":{\"route\":{\"clear\":true}}}")
/* A client of the module's server ("tcp", "tls", "udp"): its connection 0. `port` as the module was
 * asked for it. */
#define peer_connect(kind, port, options) at_peer_connect(__FILE__, __LINE__, kind, port, options)
int at_peer_connect(const char *file, int line, const char *kind, int port, const char *options);
/* Whether it could connect; *peer is its number then. */
#define peer_connect_tried(kind, port, options, peer)                                              \
	at_peer_connect_tried(__FILE__, __LINE__, kind, port, options, peer)
bool at_peer_connect_tried(
	const char *file, int line, const char *kind, int port, const char *options, int *peer);
/* Changes how it behaves, from now on. */
#define peer_set(peer, connection, options)                                                        \
	at_peer_set(__FILE__, __LINE__, peer, connection, options)
void at_peer_set(const char *file, int line, int peer, int connection, const char *options);

#define peer_send(peer, bytes, len) at_peer_send(__FILE__, __LINE__, peer, -1, bytes, len)
#define peer_send_on(peer, connection, bytes, len)                                                 \
	at_peer_send(__FILE__, __LINE__, peer, connection, bytes, len)
void at_peer_send(
	const char *file, int line, int peer, int connection, const void *bytes, size_t len);
/* Bytes of the pattern (base/pattern.h), which needs not carry them. */
#define peer_send_pattern(peer, connection, seed, offset, count)                                   \
	at_peer_send_pattern(__FILE__, __LINE__, peer, connection, seed, offset, count)
void at_peer_send_pattern(const char *file, int line, int peer, int connection, uint64_t seed,
	uint64_t offset, uint64_t count);
/* The next bytes that it received are exactly these, and come within timeout_ms. */
#define peer_expect(peer, bytes, len, timeout_ms)                                                  \
	at_peer_expect(__FILE__, __LINE__, peer, -1, bytes, len, timeout_ms)
#define peer_expect_on(peer, connection, bytes, len, timeout_ms)                                   \
	at_peer_expect(__FILE__, __LINE__, peer, connection, bytes, len, timeout_ms)
void at_peer_expect(const char *file, int line, int peer, int connection, const void *bytes,
	size_t len, int timeout_ms);
/* Nothing is there that was not taken, and nothing comes for that long. */
#define peer_expect_nothing(peer, ms) at_peer_expect_nothing(__FILE__, __LINE__, peer, ms)
void at_peer_expect_nothing(const char *file, int line, int peer, int ms);
/* At least that many bytes came on it in all, and all are the pattern that "expect_pattern" named.
 */
#define peer_expect_pattern(peer, connection, seed, count, timeout_ms)                             \
	at_peer_expect_pattern(__FILE__, __LINE__, peer, connection, seed, count, timeout_ms)
void at_peer_expect_pattern(const char *file, int line, int peer, int connection, uint64_t seed,
	uint64_t count, int timeout_ms);
/* What it received and was not taken before, up to *len bytes: at once; UDP: one datagram, its
 * sender in peer_told("from"). Valid until the next verb about peers. */
#define peer_take(peer, connection, len) at_peer_take(__FILE__, __LINE__, peer, connection, len)
const void *at_peer_take(const char *file, int line, int peer, int connection, size_t *len);

/* At least `count` connections so far (UDP: senders). */
#define peer_wait_connect(peer, count, timeout_ms)                                                 \
	at_peer_wait(__FILE__, __LINE__, peer, -1, "connect", count, timeout_ms)
#define peer_connected(peer, count, timeout_ms)                                                    \
	at_peer_waited(__FILE__, __LINE__, peer, -1, "connect", count, timeout_ms)
/* At least `count` bytes in all; DNS, SNTP or HTTP requests; all that it has to send is out. */
#define peer_wait_bytes(peer, connection, count, timeout_ms)                                       \
	at_peer_wait(__FILE__, __LINE__, peer, connection, "bytes", count, timeout_ms)
#define peer_wait_request(peer, count, timeout_ms)                                                 \
	at_peer_wait(__FILE__, __LINE__, peer, -1, "request", count, timeout_ms)
#define peer_wait_sent(peer, connection, timeout_ms)                                               \
	at_peer_wait(__FILE__, __LINE__, peer, connection, "sent", 0, timeout_ms)
#define peer_requested(peer, count, timeout_ms)                                                    \
	at_peer_waited(__FILE__, __LINE__, peer, -1, "request", count, timeout_ms)
void at_peer_wait(const char *file, int line, int peer, int connection, const char *what,
	int64_t count, int timeout_ms);
bool at_peer_waited(const char *file, int line, int peer, int connection, const char *what,
	int64_t count, int timeout_ms);
/* The other side closed it: how is "fin", "rst", or NULL for either. */
#define peer_wait_close(peer, connection, how, timeout_ms)                                         \
	at_peer_wait_close(__FILE__, __LINE__, peer, connection, how, timeout_ms)
#define peer_closed(peer, connection, how, timeout_ms)                                             \
	at_peer_closed(__FILE__, __LINE__, peer, connection, how, timeout_ms)
void at_peer_wait_close(
	const char *file, int line, int peer, int connection, const char *how, int timeout_ms);
bool at_peer_closed(
	const char *file, int line, int peer, int connection, const char *how, int timeout_ms);
/* Bytes received in all. */
#define peer_received(peer, connection) at_peer_received(__FILE__, __LINE__, peer, connection)
int64_t at_peer_received(const char *file, int line, int peer, int connection);
#define peer_requests(peer) at_peer_requests(__FILE__, __LINE__, peer)
int at_peer_requests(const char *file, int line, int peer);
/* A fact of its state by path: "connections.0.from", "requests.0.name". "": there is none. */
#define peer_state(peer, path) at_peer_state(__FILE__, __LINE__, peer, path)
const char *at_peer_state(const char *file, int line, int peer, const char *path)
	__attribute__((returns_nonnull));
/* The same of the last answer about any peer. */
const char *peer_told(const char *path) __attribute__((returns_nonnull));
/* how: "fin", "rst", "half". */
#define peer_close(peer, connection, how) at_peer_close(__FILE__, __LINE__, peer, connection, how)
void at_peer_close(const char *file, int line, int peer, int connection, const char *how);
#define peer_stop_listening(peer) at_peer_close(__FILE__, __LINE__, peer, -2, NULL)

/* ---- data out ---- */

/* The command gets OK and '>'. raw() sends data then, response() judges what it gets. */
#define data_prompt(command) at_data_prompt(__FILE__, __LINE__, command)
void at_data_prompt(const char *file, int line, const char *command);
/* data_prompt, the bytes, SEND OK. */
#define send_data(command, bytes, len) at_send_data(__FILE__, __LINE__, command, bytes, len)
void at_send_data(const char *file, int line, const char *command, const void *bytes, size_t len);
/* ERROR, and no prompt. */
#define send_refused(command) at_send_refused(__FILE__, __LINE__, command)
void at_send_refused(const char *file, int line, const char *command);
/* Bytes go out on a line that is not waited for: data that +IPD meets, a command in two halves. */
#define raw_text(text) raw(text, strlen(text))
/* As response(), with any lines and any final result; said() looks for one. */
#define any_response() at_any_response(__FILE__, __LINE__)
void at_any_response(const char *file, int line);

/* ---- data in: +IPD is taken in whenever it comes, in the order of each link ---- */

/* The next len bytes of +IPD data of that link are these, in however many +IPD. */
#define ipd(link, bytes, len, timeout_ms) at_ipd(__FILE__, __LINE__, link, bytes, len, timeout_ms)
void at_ipd(const char *file, int line, int link, const void *bytes, size_t len, int timeout_ms);
/* The next +IPD of that link, complete; a notice of passive mode too. */
#define next_ipd(link, timeout_ms) at_next_ipd(__FILE__, __LINE__, link, timeout_ms)
const struct ipd_header *at_next_ipd(const char *file, int line, int link, int timeout_ms)
	__attribute__((returns_nonnull));
/* No +IPD of that link is there that was not taken, and none comes for that long. */
#define no_ipd(link, ms) at_no_ipd(__FILE__, __LINE__, link, ms)
void at_no_ipd(const char *file, int line, int link, int ms);
/* From now on the link's data is compared with the pattern while it comes, and not kept. */
#define ipd_follow(link, seed, offset) at_ipd_follow(__FILE__, __LINE__, link, seed, offset)
void at_ipd_follow(const char *file, int line, int link, uint64_t seed, uint64_t offset);
/* Waits until `count` bytes of a followed link came. */
#define ipd_until(link, count, timeout_ms) at_ipd_until(__FILE__, __LINE__, link, count, timeout_ms)
void at_ipd_until(const char *file, int line, int link, uint64_t count, int timeout_ms);
/* Bytes of a followed link so far; of another: that came and were not taken. Takes in what is
 * there.
 */
#define ipd_count(link) at_ipd_count(__FILE__, __LINE__, link)
uint64_t at_ipd_count(const char *file, int line, int link);
/* AT+CIPRECVDATA…: +CIPRECVDATA with exactly these bytes, then OK. */
#define recvdata(command, bytes, len) at_recvdata(__FILE__, __LINE__, command, bytes, len)
void at_recvdata(const char *file, int line, const char *command, const void *bytes, size_t len);
/* The same with whatever is there; link is LINK_SINGLE, has_remote as printed. */
#define recvdata_any(command) at_recvdata_any(__FILE__, __LINE__, command)
const struct ipd_header *at_recvdata_any(const char *file, int line, const char *command)
	__attribute__((returns_nonnull));

/* ---- passthrough ---- */

/* AT+CIPSEND gets OK and '>'. */
#define passthrough_begin() at_passthrough_begin(__FILE__, __LINE__)
void at_passthrough_begin(const char *file, int line);
/* The module has started into the passthrough of a saved link: no more lines, only data. */
#define passthrough_started() at_passthrough_started(__FILE__, __LINE__)
void at_passthrough_started(const char *file, int line);
#define passthrough_send(bytes, len) at_passthrough_send(__FILE__, __LINE__, bytes, len)
void at_passthrough_send(const char *file, int line, const void *bytes, size_t len);
/* The next bytes are these. Its stream is a link as any: LINK_PASS for no_ipd, ipd_follow,
 * ipd_until.
 */
#define passthrough_expect(bytes, len, timeout_ms)                                                 \
	at_ipd(__FILE__, __LINE__, LINK_PASS, bytes, len, timeout_ms)
/* Silence, +++, silence, and the time after it that the document asks for. */
#define passthrough_end() at_passthrough_end(__FILE__, __LINE__)
void at_passthrough_end(const char *file, int line);

#endif
