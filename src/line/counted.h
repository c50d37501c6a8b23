/* SPDX-License-Identifier: MIT */
/* Headers that announce how many bytes of data follow. They have no line end, so each can be
 * recognised only by its syntax, and may be cut anywhere. */
#ifndef LINE_COUNTED_H
#define LINE_COUNTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More than any module of the family can hold; a larger number is damage, not data. */
enum { COUNTED_MAX = 65536 };

enum counted { COUNTED_NO, COUNTED_MORE, COUNTED_YES };

struct counted_header {
	size_t len;     /* of the header */
	size_t payload; /* bytes announced */
	int link;       /* or -1 */
	bool passive;   /* only a notice: a line without data */
};

/* +IPD,[id,]<len>[,ip,port]:<data>, and the notice +IPD,[id,]<len> CR LF. */
enum counted counted_ipd(const uint8_t *p, size_t n, struct counted_header *out);
/* +CIPRECVDATA:<len>,[ip,port,]<data> (address: with AT+CIPDINFO=1), and of earlier firmware
 * +CIPRECVDATA,[id,]<len>:<data>. */
enum counted counted_recvdata(const uint8_t *p, size_t n, bool address, struct counted_header *out);
/* +MQTTSUBRECV:<id>,"topic",<len>,<data>. */
enum counted counted_subrecv(const uint8_t *p, size_t n, struct counted_header *out);

#endif
