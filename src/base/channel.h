/* SPDX-License-Identifier: MIT */
/* Messages between the rig and the processes of the suite program, over a Unix SOCK_SEQPACKET
 * socket. One packet is one message: its type in the first byte, then the payload. */
#ifndef BASE_CHANNEL_H
#define BASE_CHANNEL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CHANNEL_ENV  "ATCONFORM_RIG" /* environment variable: the socket's path */
#define CHANNEL_SIZE 65536           /* largest message, type byte included */

enum channel_type {
	/* suite program's parent -> rig */
	CHANNEL_RUNNER = 'C', /* hello of the Criterion parent; no payload */
	CHANNEL_RESULT =
		'R', /* JSON {"case","result":pass|fail|crash|timeout|skip,"message","file","at"} */
	/* worker -> rig */
	CHANNEL_HELLO = 'H', /* case name, family/command/case */
	CHANNEL_TX = 'T',    /* bytes for the line */
	CHANNEL_UART =
		'B', /* JSON {"baud","databits","stopbits","parity","flow"}; answered by ACK */
	CHANNEL_RESET = 'Z',    /* JSON {"how":"reset"|"power"}; answered by ACK when done */
	CHANNEL_CONTROL = 'K',  /* JSON for the virtual module's control port; answered by ACK */
	CHANNEL_TOLERATE = 'Q', /* JSON {"on":true|false,"why"}: the monitor looks away meanwhile */
	CHANNEL_DEVIATION = 'D', /* JSON, copied into the journal's "deviation" line */
	CHANNEL_PEER = 'P', /* JSON, then perhaps NUL and bytes: fixtures/peers/peers.h; answered by
			       one CHANNEL_PEER, in time */
	CHANNEL_NOTE = 'N', /* JSON {"text"}: a line of the journal for the reader */
	CHANNEL_WAIT = 'W', /* JSON {"why","from","to"}, ns since the run's start: time that the
			       document demands; "to" may be to come */
	CHANNEL_VERDICT = 'V', /* JSON {"verdict","message","file","at","expected","actual"} */
	/* rig -> worker */
	CHANNEL_GRANT = 'G', /* JSON: the lease, see docs/rig-protocol.md */
	CHANNEL_RX = 'X',    /* 8 bytes little-endian: ns since the run's start; then bytes */
	CHANNEL_ACK = 'A',   /* JSON {"ok":bool,"text"} */
	CHANNEL_ABORT = 'E', /* JSON {"verdict","why"}: the case is over, leave now */
};

/* Connects to the rig's socket. Returns the descriptor or -errno. */
int channel_connect(const char *path);
/* Sends one message, waiting for room. 0 or -errno. */
int channel_send(int fd, enum channel_type type, const void *payload, size_t len);
/* Receives one message into buffer (CHANNEL_SIZE), waiting at most timeout_ms (-1: for ever).
 * Returns the payload's length (payload at buffer + 1, NUL-terminated), -ETIMEDOUT, -EPIPE at the
 * end, or another -errno. The buffer must hold CHANNEL_SIZE + 1 bytes. */
ssize_t channel_receive(int fd, char *buffer, int timeout_ms);

#endif
