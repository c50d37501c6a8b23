/* SPDX-License-Identifier: MIT */
/* Which link a command line is about. Links are numbers, -1 is the one of single connection mode.
 */
#ifndef MONITOR_LINK_COMMAND_H
#define MONITOR_LINK_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

enum {
	LINK_PLACES = 6, /* 0 to 4, and the one of single connection mode */
	LINK_NONE = -2,
};

/* Its place in a table; -1: out of range. */
int link_place(int link);

/* AT+CIPSTART and AT+CIPSTARTEX. */
struct link_start {
	int link;
	bool any_link;          /* the module chooses */
	bool ssl, udp, changes; /* changes: the partner of UDP may become another one */
	uint16_t port;
};
bool link_is_start(const char *command);
bool link_start_read(const char *command, struct link_start *out);
/* AT+CIPCLOSE: the link, 5 for all, LINK_NONE: it is no such command. */
int link_of_close(const char *command);
/* AT+CIPSEND, AT+CIPSENDEX: the link; LINK_NONE. */
int link_of_data(const char *command);
bool link_data_escapes(const char *command);   /* a backslash has a meaning in its data */
bool link_data_elsewhere(const char *command); /* an address is given: a datagram for another */
/* AT+CIPRECVDATA. */
int link_of_read(const char *command);

#endif
