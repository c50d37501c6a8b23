/* SPDX-License-Identifier: MIT */
/* A byte stream to one IUT: serial port, PTY, program, virtual module, TCP bridge, serial port on
 * the network, or the recording of an earlier run. What a kind of
 * link can't do it says in `can`. Errors that a person must act on fill *error with one line. */
#ifndef RIG_LINK_H
#define RIG_LINK_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "rig/rig.h"

#include <sys/types.h>

enum link_can {
	LINK_CAN_UART = 1,        /* a rate can be set */
	LINK_CAN_UART_FORMAT = 2, /* data bits, stop bits and parity travel too */
	LINK_CAN_MODEM = 4,       /* DTR, RTS and CTS exist */
	LINK_CAN_POWER = 8,       /* link_power works by itself */
	LINK_CAN_CONTROL = 16,    /* link_control works */
};

/* Where a link lives; strings belong to the caller and outlive it. */
struct link_place {
	const char *module_program; /* for virtual: */
	const char *dir;            /* the run's private folder */
	const char *run_dir;        /* what programs say on standard error goes there: iut-N.log */
	int index;
	const char *pki;      /* for virtual: folder with certificates, or NULL */
	const char *air;      /* for virtual:, unless its address has one; NULL: none */
	struct rig_uart uart; /* set when opened */
	int connect_ms;
	int cancel_fd; /* readable: give up; -1: none */
};

struct link;

/* What a line's own network is. */
struct link_network {
	bool own;        /* the line has one: addresses of the loopback network for itself */
	char module[46]; /* "" when not known */
	char host[46];   /* the tester's; "": none */
	char other[46];  /* a second one of the tester's; "": none */
	int more;        /* further addresses of the tester, counted on from it */
	const char *pki; /* folder with certificates, or NULL */
};
/* That of a virtual module, which its address and the line's number make up; false for others. */
bool link_network(const char *address, int index, struct link_network *out);

/* Parses the address and opens it. NULL with *error filled. */
struct link *link_open(const char *address, const struct link_place *place, struct error *error);
/* Opens it again after it was lost: programs are started anew. 0, or -1 with *error filled. */
int link_reopen(struct link *link, struct error *error);
void link_close(struct link *link);   /* NULL is fine */
int link_fd(const struct link *link); /* to wait on; -1 while lost */
unsigned link_can(const struct link *link);
const char *link_address(const struct link *link);
/* The path of the port that is open or was so last; "" when the link has none. */
const char *link_port(const struct link *link);
const struct rig_uart *link_uart(const struct link *link);
/* Bytes moved, 0 when it would block, -EPIPE when the other side is gone. */
ssize_t link_read(struct link *link, void *bytes, size_t size);
ssize_t link_write(struct link *link, const void *bytes, size_t len);
/* Waits for what was written to leave, then sets the host's side. 0 or -errno; a link without a
 * rate takes it as set. */
int link_set_uart(struct link *link, const struct rig_uart *uart);
/* DTR and RTS: 1 asserted, 0 not, -1 left as it is. 0 or -errno: -ENOTSUP when this link has none.
 */
int link_modem(struct link *link, int dtr, int rts);
/* Holds the line in the break state, or ends that. 0 or -errno, as above. */
int link_break(struct link *link, bool on);
/* Why one of the three above failed, for a person: the server's word, or what errno says. */
const char *link_why(const struct link *link, int failure);
/* Cuts the power and gives it back, through the link's own means. 0, or -1 with *error. */
int link_power(struct link *link, struct error *error);
/* One JSON object to the virtual module's control port, one back. 0, or -1 with *error. */
int link_control(struct link *link, const char *json, struct buf *answer, struct error *error);
/* How a recorded case began. */
struct recorded_start {
	bool known;
	bool fresh;        /* the module might have been about to start */
	const char *facts; /* of the network, as the case was given them: JSON that lives as long as
			      the link, or NULL */
};
/* For a link that plays a recording; others take no notice. */
struct recorded_start link_begin_case(struct link *link, const char *case_id);
void link_end_case(struct link *link);   /* what belongs to the case can be read now */
void link_leave_case(struct link *link); /* what follows belongs to none */
/* Whether the case has departed from its recording. */
bool link_departed(struct link *link, char *why, size_t size);
/* Checks an address without opening anything. 0, or -1 with *error. */
int link_check(const char *address, struct error *error);
/* What a link to this address can at best, before it is opened. */
unsigned link_could(const char *address);

#endif
