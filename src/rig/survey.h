/* SPDX-License-Identifier: MIT */
/* What a module and its line are like, asked before there is a run: who answers and how, what the
 * line carries, what the module reaches. The module is left as it was found, also when a signal
 * ends it. Texts from the module are as they came: to be escaped. */
#ifndef RIG_SURVEY_H
#define RIG_SURVEY_H

#include "rig/board.h"
#include "rig/identify.h"
#include "rig/rig.h"

struct survey_want {
	const struct rig_bench *bench; /* its switches are the line's */
	const char *address;
	const char *module_program;
	const char *ssid, *password; /* of the access point to join; NULL: none */
	const char *host; /* the tester's own address there; NULL: one of this machine that fits */
	bool try_reset;   /* the modem lines may be moved */
};

enum survey_line {
	SURVEY_CLOSED, /* it could not be opened, or was lost at once */
	SURVEY_ANSWERED,
	SURVEY_SILENT,
	SURVEY_LOOPED,
	SURVEY_STUCK, /* bytes come, but no answer */
	SURVEY_LOADER,
	SURVEY_BOOT_LOOP,
};

enum survey_step { SURVEY_UNTRIED, SURVEY_OK, SURVEY_FAILED };

/* What UART_CUR and UART_DEF say; baud 0: nothing. */
struct survey_uart {
	int64_t baud;
	int databits, stopbits, parity, flow; /* as the commands count them */
};

enum { SURVEY_CARRIED_MAX = 16, SURVEY_TEXT = 200, SURVEY_ADDRESS = 46, SURVEY_SSID = 33 };

struct survey_network {
	enum survey_step scan, join, reach, ping;
	char joined[SURVEY_SSID]; /* before, "": nothing */
	char why[SURVEY_TEXT];    /* join or scan failed, or was not tried: what the module said */
	int rssi;                 /* dBm, of the scan */
	char module[SURVEY_ADDRESS], host[SURVEY_ADDRESS]; /* "" when not known */
	bool restarted; /* so that it joins what it had joined before */
	bool left;      /* the access point, or the mode, is not as before: could not be put back */
};

struct survey {
	int signal; /* that ended it, or 0; everything else holds as far as it went */
	struct error error;
	enum survey_line line;
	bool can_rate, can_lines; /* the link can set a rate, has modem lines */
	int64_t baud;             /* it answered at, with can_rate */
	bool echo;
	bool escaped;            /* it answered when +++, or what it waited for, had come */
	bool boot_noise;         /* what a boot ROM prints was heard */
	bool talks;              /* it is never quiet, without being asked */
	bool obeys_anything;     /* OK to what is no command */
	char heard[SURVEY_TEXT]; /* what came instead of an answer, escaped */
	bool identified;
	struct identity identity;
	char mac[BOARD_MAC_SIZE];
	struct survey_uart now, stored;
	const char *carried[SURVEY_CARRIED_MAX + 1]; /* facilities of the line, as bench files name
							them; static */
	size_t carried_count;
	bool rate_lost; /* it was not seen to come back from one of the rates tried */
	enum survey_step reset;
	char reset_why[SURVEY_TEXT];
	struct survey_network network;
};

/* 0, or -1 with out->error filled: nobody could be asked anything. */
int survey(const struct survey_want *want, struct survey *out);
void survey_finish(struct survey *survey);

#endif
