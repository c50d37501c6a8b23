/* SPDX-License-Identifier: MIT */
#include "pieces.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const struct line_urc urcs[] = {
	{ "ready", NULL },
	{ "WIFI CONNECTED", NULL },
	{ "WIFI GOT IP", NULL },
	{ "WIFI DISCONNECT", NULL },
	{ "CONNECT", NULL },
	{ "CLOSED", NULL },
	{ "<link_id>,CONNECT", NULL },
	{ "<link_id>,CLOSED", NULL },
	{ "<link_id>,CONNECT FAIL", NULL },
	{ "+LINK_CONN:<fields>", NULL },
	{ "+STA_CONNECTED:<mac>", NULL },
	{ "+DIST_STA_IP:<mac>,<ip>", NULL },
	{ "Have <n> Connections", NULL },
	{ "busy p...", NULL },
	{ "+QUITT", NULL },
	{ "Will force to restart!!!", NULL },
	{ "+IPD,<link_id>,<len>:<data>", "ipd" },
	{ "+CIPRECVDATA:<len>,<data>", "recvdata" },
	{ "+MQTTCONNECTED:<fields>", NULL },
	{ "+MQTTDISCONNECTED:<fields>", NULL },
	{ "+MQTTSUBRECV:<id>,<topic>,<len>,<data>", "subrecv" },
};

static const struct line_final finals[] = {
	{ "OK", true },
	{ "ERROR", false },
	{ "SEND OK", true },
	{ "SEND FAIL", false },
	{ "+MQTTPUB:OK", true },
	{ "+MQTTPUB:FAIL", false },
};

const struct line_grammar pieces_grammar = {
	.urcs = urcs,
	.urc_count = sizeof(urcs) / sizeof(urcs[0]),
	.finals = finals,
	.final_count = sizeof(finals) / sizeof(finals[0]),
};

static const char *const names[PIECES_KINDS] = {
	[LINE_ECHO] = "ECHO",
	[LINE_BLANK] = ".",
	[LINE_INFO] = "INFO",
	[LINE_FINAL] = "FINAL",
	[LINE_PROMPT] = "PROMPT",
	[LINE_URC] = "URC",
	[LINE_PAYLOAD] = "DATA",
	[LINE_NOISE] = "NOISE",
};

static void separate(struct pieces *p)
{
	if (p->text.len)
		buf_puts(&p->text, " | ");
}

static void show_data(struct pieces *p)
{
	if (!p->data.len)
		return;
	separate(p);
	if (p->at.total)
		buf_printf(&p->text, "DATA[%d]%zu/%zu ", p->at.link, p->data.len, p->at.total);
	else
		buf_puts(&p->text, "DATA ");
	text_visible(&p->text, p->data.data, p->data.len);
	buf_clear(&p->data);
}

void pieces_add(struct pieces *p, const struct line_piece *piece)
{
	p->counts[piece->kind]++;
	buf_append(&p->bytes, piece->bytes, piece->len);
	if (piece->kind == LINE_PAYLOAD) {
		if (piece->offset == 0)
			show_data(p);
		else
			p->counts[LINE_PAYLOAD]--;
		buf_append(&p->data, piece->bytes, piece->len);
		p->at = *piece;
		return;
	}
	show_data(p);
	separate(p);
	buf_puts(&p->text, names[piece->kind]);
	if (piece->kind == LINE_FINAL)
		buf_printf(&p->text, "%s%s", piece->ok ? "+" : "-", piece->pending ? "" : "!");
	if (piece->kind == LINE_BLANK || piece->kind == LINE_PROMPT)
		return;
	buf_putc(&p->text, ' ');
	text_visible(&p->text, piece->text, piece->text_len);
}

const char *pieces_text(struct pieces *p)
{
	show_data(p);
	return buf_text(&p->text);
}

void pieces_finish(struct pieces *p)
{
	buf_finish(&p->text);
	buf_finish(&p->bytes);
	buf_finish(&p->data);
}

/* Code points up to 255 back to bytes. */
static void decode(struct buf *out, const char *utf8)
{
	for (const uint8_t *c = (const uint8_t *)utf8; *c; c++) {
		if (*c < 0x80) {
			buf_putc(out, (char)*c);
		} else {
			buf_putc(out, (char)((*c & 3) << 6 | (c[1] & 0x3f)));
			c++;
		}
	}
}

static void decode_value(struct buf *out, const json_t *value)
{
	/* A NUL inside would end the text: take it in parts. */
	const char *text = json_string_value(value);
	const char *end = text + json_string_length(value);
	while (text < end) {
		decode(out, text);
		text += strlen(text);
		if (text++ < end)
			buf_putc(out, '\0');
	}
}

bool recording_play(const char *path, recording_fn *fn, void *user)
{
	FILE *file AUTO_FILE = fopen(path, "r");
	char *line AUTO_FREE = NULL;
	size_t room = 0;
	if (!file)
		return false;
	while (getline(&line, &room, file) > 0) {
		json_t *object = json_loads(line, JSON_ALLOW_NUL, NULL);
		if (!object)
			return false;
		const char *direction = json_string_value(json_object_get(object, "dir"));
		if (direction) {
			struct buf bytes AUTO_BUF = { 0 };
			decode_value(&bytes, json_object_get(object, "bytes"));
			fn(user, *direction, bytes.data, bytes.len,
				json_number_value(json_object_get(object, "t")));
		}
		json_decref(object);
	}
	return true;
}
