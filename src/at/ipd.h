/* SPDX-License-Identifier: MIT */
/* What a +IPD or +CIPRECVDATA says of the data behind it. */
#ifndef AT_IPD_H
#define AT_IPD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In place of a link id: AT+CIPMUX=0; the stream of a passthrough. */
enum { LINK_SINGLE = -1, LINK_PASS = -2 };

struct ipd_header {
	int link;     /* LINK_SINGLE: none was printed */
	size_t len;   /* announced */
	bool passive; /* a notice: data NULL */
	bool has_remote;
	char remote_ip[48];
	int remote_port;
	const uint8_t *data; /* len bytes; valid until the next verb */
	int64_t t_ns;        /* of its last byte, in the run's time */
};

#endif
