/* SPDX-License-Identifier: MIT */
#include "rig/rom.h"

#include <errno.h>
#include <string.h>

enum {
	ROM_BAUD = 74880,
	QUIET_MS = 700,
	LISTEN_MS = 2000,
	SYNC_TRIES = 2,
	SYNC_MS = 150,
	END_QUIET_MS = 50,
};

/* Hello to the loader, which finds out the rate from it: a SLIP frame with the command 8. */
static const char sync_frame[] = "\xC0\x00\x08\x24\x00\x00\x00\x00\x00\x07\x07\x12\x20"
				 "UUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUU\xC0";
static const char sync_answer[] = "\xC0\x01\x08";

static bool holds(const char *bytes, size_t len, const char *text)
{
	return len > 0 && memmem(bytes, len, text, strlen(text));
}

enum rom_state rom_recognise(const char *bytes, size_t len)
{
	static const struct {
		const char *text;
		enum rom_state state;
	} signs[] = {
		{ "waiting for download", ROM_DOWNLOAD },
		{ "DOWNLOAD_BOOT", ROM_DOWNLOAD },
		{ "DOWNLOAD(", ROM_DOWNLOAD },
		{ "boot mode:(1,", ROM_DOWNLOAD },
		{ sync_answer, ROM_DOWNLOAD },
		{ "rst cause:", ROM_RESTARTS },
		{ "rst:0x", ROM_RESTARTS },
	};
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (holds(bytes, len, signs[i].text))
			return signs[i].state;
	return ROM_NONE;
}

static bool set_rate(struct talk *t, int64_t baud)
{
	struct rig_uart uart = *link_uart(t->link);
	uart.baud = baud;
	int failure = link_set_uart(t->link, &uart);
	if (failure == -EPIPE)
		talk_lost(t);
	return failure == 0;
}

/* Up to a silence, or until it is clear. */
static enum rom_state hear(struct talk *t)
{
	struct deadline limit = deadline_in_ms(LISTEN_MS);
	enum rom_state state = ROM_NONE;
	buf_clear(&t->got);
	while (talk_alive(t) && !deadline_passed(limit) && state != ROM_DOWNLOAD) {
		if (talk_read(t, QUIET_MS) == 0)
			break;
		state = rom_recognise(t->got.data, t->got.len);
	}
	return state;
}

static enum rom_state ask_loader(struct talk *t)
{
	enum rom_state state = ROM_NONE;
	for (int i = 0; i < SYNC_TRIES && state != ROM_DOWNLOAD && talk_alive(t); i++) {
		struct deadline limit = deadline_in_ms(SYNC_MS);
		buf_clear(&t->got);
		talk_write(t, sync_frame, sizeof(sync_frame) - 1);
		while (talk_alive(t) && !deadline_passed(limit) && state != ROM_DOWNLOAD) {
			talk_read(t, deadline_left_ms(limit));
			if (holds(t->got.data, t->got.len, sync_answer))
				state = ROM_DOWNLOAD;
		}
	}
	if (state == ROM_DOWNLOAD)
		return state;
	talk_send(t, "\r\n"); /* ends the line that it was to firmware */
	talk_drain(t, END_QUIET_MS, LISTEN_MS);
	return ROM_NONE;
}

enum rom_state rom_listen(struct talk *t, bool silent)
{
	int64_t before = link_uart(t->link)->baud;
	enum rom_state state = ROM_NONE;
	if (silent)
		return ask_loader(t);
	bool noise = true;
	if ((link_can(t->link) & LINK_CAN_UART) && set_rate(t, ROM_BAUD)) {
		state = hear(t);
		noise = t->got.len > 0;
		set_rate(t, before);
	}
	/* Later chips print at 115,200 baud. */
	if (state == ROM_NONE && noise)
		state = hear(t);
	return state == ROM_NONE ? ask_loader(t) : state;
}

const char *rom_text(enum rom_state state)
{
	switch (state) {
	case ROM_NONE:
		break;
	case ROM_RESTARTS:
		return "it restarts again and again (start-up text of its ROM was heard)";
	case ROM_DOWNLOAD:
		return "it is in its ROM boot loader, waiting for a download (GPIO0 was low at its "
		       "start)";
	}
	return "";
}
