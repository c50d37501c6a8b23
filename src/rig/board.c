/* SPDX-License-Identifier: MIT */
#include "rig/board.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "rig/adapter.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define NEW_BENCH "for this one `atconform doctor` writes a new file"

int board_check_adapter(const char *address, const char *wanted, struct error *error)
{
	struct adapter want, have;
	char id[160];
	if (!wanted || adapter_of_address(address, &have) < 0)
		return 0;
	if (adapter_parse(wanted, &want) && adapter_is(&want, &have))
		return 0;
	adapter_id(&have, id, sizeof(id));
	struct buf name AUTO_BUF = { 0 };
	text_visible(&name, id, strlen(id));
	return error_set(error, NULL, 0, 0,
		"%s has the adapter %s, but the bench file is for %s: plug that one in, "
		"or " NEW_BENCH,
		address, *id ? name.data : "of no USB device", wanted);
}

/* Six pairs of hex digits. */
static bool take_mac(const char *text, char mac[BOARD_MAC_SIZE])
{
	for (int i = 0; i < BOARD_MAC_SIZE - 1; i++) {
		char c = (char)tolower((unsigned char)text[i]);
		if (i % 3 == 2 ? c != ':' : !isxdigit((unsigned char)c))
			return false;
		mac[i] = c;
	}
	mac[BOARD_MAC_SIZE - 1] = '\0';
	return true;
}

bool board_ask_mac(struct talk *t, char mac[BOARD_MAC_SIZE])
{
	static const char mark[] = "+CIPSTAMAC:";
	*mac = '\0';
	if (talk_ask(t, "AT+CIPSTAMAC?", t->bench->timeouts_ms.answer) != TALK_OK)
		return false;
	const char *at = t->got.data ? strstr(t->got.data, mark) : NULL;
	if (!at)
		return false;
	at += strlen(mark);
	return take_mac(at + (*at == '"'), mac);
}

int board_check_mac(struct talk *t, const char *wanted, struct error *error)
{
	char mac[BOARD_MAC_SIZE];
	if (!wanted || !board_ask_mac(t, mac) || strcasecmp(mac, wanted) == 0)
		return 0;
	return error_set(error, NULL, 0, 0,
		"the module on %s has the MAC address %s, but the bench file is for %s: connect "
		"that one, or " NEW_BENCH,
		link_address(t->link), mac, wanted);
}
