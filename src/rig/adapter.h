/* SPDX-License-Identifier: MIT */
/* Which adapter a serial port belongs to, from libserialport and sysfs, without opening the port.
 * Texts come from the device itself: they are to be escaped where they are shown. */
#ifndef RIG_ADAPTER_H
#define RIG_ADAPTER_H

#include <stdbool.h>
#include <stddef.h>

enum adapter_kind {
	ADAPTER_UART,
	ADAPTER_PRINTER, /* one of the device's USB interfaces is of the printer class */
	ADAPTER_MODEM,   /* its driver is one for mobile broadband modems only */
};

struct adapter {
	char path[256];    /* of the port, such as /dev/ttyUSB0 */
	int vid, pid;      /* -1: not on USB */
	int interface;     /* of the USB device, from 0; -1: not known */
	char serial[128];  /* "": has none */
	char product[128]; /* "" when it does not say */
	char maker[128];
	char driver[64];   /* "" when sysfs shows none */
	char location[64]; /* of the USB interface, such as 1-2:1.0; "": not on USB */
	enum adapter_kind kind;
};

/* Looks up a port by its path, links followed. 0, or -ENOENT when sysfs does not know it (a PTY,
 * for one). The folder is /sys, or for tests ATCONFORM_SYSFS in the environment. */
int adapter_of(const char *path, struct adapter *out);
/* The same for the address of a line, serial: or pty:; of others -ENOENT. */
int adapter_of_address(const char *address, struct adapter *out);
/* All ports with hardware behind them, by path. How many were written to `list`. */
size_t adapter_list(struct adapter *list, size_t max);
/* The port that the adapter has now: same ids and serial number, and without a serial number the
 * same place on USB. Of several (some makers give all their adapters one number) the one in the
 * same place. 0 with *path, -ENOENT: none; -ENOTUNIQ: several, none of them in that place. */
int adapter_find(const struct adapter *like, char *path, size_t size);
/* Whether both are one adapter, as far as ids and serial number tell; what `wanted` does not say
 * fits all. */
bool adapter_is(const struct adapter *wanted, const struct adapter *found);
/* "10c4:ea60:0001", without the serial number "10c4:ea60"; "" when not on USB. */
void adapter_id(const struct adapter *adapter, char *out, size_t size);
/* Reads what adapter_id writes; everything else of *out is unknown. False: it is no such text. */
bool adapter_parse(const char *text, struct adapter *out);

#endif
