/* SPDX-License-Identifier: MIT */
#include "script.h"

enum { PACKET_MAX = 1200, CONNECT_TYPE = 1 };

struct packet {
	int type;
	size_t len, at; /* of what stands behind the fixed header, and where reading is */
	uint8_t bytes[PACKET_MAX];
};

/* One byte of the stream, which has to come. What was received is asked for first: when nothing is
 * to be taken then, all of it was taken before. */
static uint8_t next_byte(int peer)
{
	for (;;) {
		int64_t received_before = peer_received(peer, PEER_LATEST);
		size_t len = 1;
		const uint8_t *byte = peer_take(peer, PEER_LATEST, &len);
		if (len == 1)
			return *byte;
		peer_wait_bytes(peer, PEER_LATEST, received_before + 1, bench_ms("mqtt"));
	}
}

static struct packet read_packet(int peer)
{
	struct packet p = { .type = next_byte(peer) >> 4 };
	unsigned shift = 0;
	uint8_t byte;
	do {
		byte = next_byte(peer);
		p.len |= (size_t)(byte & 0x7f) << shift;
		shift += 7;
	} while ((byte & 0x80) && shift < 28);
	check(p.len <= PACKET_MAX, "a packet of MQTT has %zu bytes", p.len);
	for (size_t i = 0; i < p.len; i++)
		p.bytes[i] = next_byte(peer);
	return p;
}

static unsigned take_number(struct packet *p, size_t bytes)
{
	unsigned number = 0;
	check(p->at + bytes <= p->len, "CONNECT ends in the middle");
	while (bytes-- > 0)
		number = number << 8 | p->bytes[p->at++];
	return number;
}

static void take_text(struct packet *p, char *out, size_t size)
{
	size_t len = take_number(p, 2);
	check(p->at + len <= p->len && len < size, "a text of CONNECT has %zu bytes", len);
	memcpy(out, p->bytes + p->at, len);
	out[len] = '\0';
	p->at += len;
}

static struct connect parse(struct packet *p)
{
	struct connect c = { 0 };
	char protocol[16];
	take_text(p, protocol, sizeof(protocol));
	c.level = (int)take_number(p, 1);
	unsigned flags = take_number(p, 1);
	c.keepalive = (int)take_number(p, 2);
	c.clean = flags & 0x02;
	c.has_will = flags & 0x04;
	c.will_qos = flags >> 3 & 3;
	c.will_retain = flags & 0x20;
	c.has_password = flags & 0x40;
	c.has_user = flags & 0x80;
	take_text(p, c.id, sizeof(c.id));
	if (c.has_will) {
		take_text(p, c.will_topic, sizeof(c.will_topic));
		take_text(p, c.will_message, sizeof(c.will_message));
	}
	if (c.has_user)
		take_text(p, c.user, sizeof(c.user));
	if (c.has_password)
		take_text(p, c.password, sizeof(c.password));
	check(p->at == p->len, "CONNECT has %zu bytes too many", p->len - p->at);
	return c;
}

void script_dial(int peer, int reconnect)
{
	const char *line = fmt("%s\r\n", conn_line(peer_address(peer), peer_port(peer), reconnect));
	raw(line, strlen(line));
}

struct connect script_connect(int peer)
{
	peer_wait_connect(peer, 1, bench_ms("mqtt"));
	struct packet p = read_packet(peer);
	check(p.type == CONNECT_TYPE, "the first packet is of type %d, not CONNECT", p.type);
	return parse(&p);
}

void script_answer(int peer, int code)
{
	const uint8_t connack[] = { 0x20, 2, 0, (uint8_t)code };
	peer_send(peer, connack, sizeof(connack));
}

struct connect script_accept(int peer, int reconnect)
{
	script_dial(peer, reconnect);
	struct connect c = script_connect(peer);
	script_answer(peer, CONNACK_ACCEPTED);
	response("OK");
	return c;
}

void script_packet(int peer, int type)
{
	struct packet p = read_packet(peer);
	check(p.type == type, "a packet of type %d comes, not of type %d", p.type, type);
}
