/* SPDX-License-Identifier: MIT */
/* The models against real firmware: every exchange of a basic, Wi-Fi or TCP/IP command in the
 * recorded transcript is judged; what does not fit must be one of the deviations that the profile
 * lists. */
#include "base/buf.h"
#include "spec/judge.h"
#include "spec/template.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_MAX = 256 };

static struct spec spec;
static struct profile profile;

static void load_models(void)
{
	struct error error = { 0 };
	const char *const dirs[] = { SUITES, NULL };
	cr_assert_eq(spec_load(&spec, dirs, &error), 0, "%s", error_text(&error));
	cr_assert_eq(
		profile_load(&profile, FIXTURES "/profiles", "esp-at-2.0.0-esp32", &spec, &error),
		0, "%s", error_text(&error));
}

static void unload_models(void)
{
	profile_finish(&profile);
	spec_finish(&spec);
}

/* What the test collects: one line an exchange that is not conforming. */
struct tally {
	int conforms, unscored, unknown, breaks, deviates;
	struct buf deviations, faults;
	bool (*judges)(const char *command); /* whether it is one of those that are looked at */
	char sending[64]; /* the command whose prompt is answered next; "": none */
};

static bool is_basic(const char *command)
{
	static const char *const names[] = { "AT", "AT+RST", "AT+GMR", "AT+GSLP", "ATE",
		"AT+RESTORE", "AT+UART_CUR", "AT+UART_DEF", "AT+SLEEP", "AT+SYSRAM", "AT+SYSMSG",
		"AT+RFPOWER", "AT+SYSROLLBACK", "AT+SYSTIMESTAMP", "AT+SYSLOG", "AT+SYSLSPCFG",
		"AT+SYSLSP" };
	size_t len = strcspn(command, "=?\r\n");
	if (strncmp(command, "ATE", 3) == 0)
		len = 3;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == len && strncmp(command, names[i], len) == 0)
			return true;
	return false;
}

static bool is_of_family(const char *command, const char *family)
{
	size_t len = strcspn(command, "=?\r\n");
	for (size_t i = 0; i < spec.command_count; i++)
		if (strcmp(spec.commands[i].family, family) == 0 &&
			strlen(spec.commands[i].name) == len &&
			strncmp(command, spec.commands[i].name, len) == 0)
			return true;
	return false;
}

static bool is_wifi(const char *command)
{
	return is_of_family(command, "wifi");
}

static bool is_tcpip(const char *command)
{
	return is_of_family(command, "tcpip");
}

/* WIFI CONNECTED and the like come whenever they come. */
static bool is_urc(const char *line)
{
	bool known = false;
	for (size_t i = 0; i < spec.urc_count && !known; i++) {
		struct template *t = spec.urcs[i].payload
					     ? NULL
					     : template_create(spec.urcs[i].text, NULL, NULL);
		known = t && template_match(t, line, strlen(line), NULL);
		template_destroy(t);
	}
	return known;
}

static void judge_one(
	struct tally *t, const char *command, const char **lines, size_t count, const char *final)
{
	struct judged judged;
	judge_exchange(
		&judged, &spec, &profile, &(struct exchange){ command, lines, count, final });
	switch (judged.judgement) {
	case JUDGED_CONFORMS:
		t->conforms++;
		return;
	case JUDGED_UNSCORED:
		t->unscored++;
		return;
	case JUDGED_DEVIATES:
		t->deviates++;
		buf_printf(&t->deviations, "%s %s\n", command, judged.id);
		return;
	case JUDGED_UNKNOWN:
		t->unknown++;
		break;
	case JUDGED_BREAKS:
		t->breaks++;
		break;
	}
	buf_printf(&t->faults, "%s (%s): %s\n", command, judged.id, judged.why);
}

static bool is_final(const char *line)
{
	return strcmp(line, "OK") == 0 || strcmp(line, "ERROR") == 0 ||
	       strcmp(line, "SEND OK") == 0 || strcmp(line, "SEND FAIL") == 0;
}

/* Lines up to the final result. Echo and blank lines are left out; what comes behind the final
 * result is another matter. */
static void judge_response(struct tally *t, const char *command, char *text)
{
	const char *lines[LINES_MAX];
	size_t count = 0;
	char *rest = text, *line;
	while ((line = strtok_r(rest, "\r\n", &rest))) {
		if (is_final(line)) {
			judge_one(t, command, lines, count, line);
			return;
		}
		if (strcmp(line, command) != 0 && !is_urc(line) && count < LINES_MAX)
			lines[count++] = line;
	}
	judge_one(t, command, lines, count, "");
}

static void put_bytes(struct buf *out, const char *utf8)
{
	for (const unsigned char *p = (const unsigned char *)utf8; *p; p++) {
		unsigned char byte = *p;
		if (byte >= 0xc2 && byte <= 0xc3)
			byte = (unsigned char)((byte & 3) << 6 | (*++p & 0x3f));
		buf_putc(out, (char)byte);
	}
}

/* What answers the data is judged as an answer of the command that asked for them. */
static void finish_data(struct tally *t, const struct buf *response)
{
	char *text = strdup(buf_text(response));
	if (strncmp(text, "\r\nSEND OK\r\n", 11) == 0)
		t->conforms++;
	else
		judge_response(t, t->sending, text);
	free(text);
	t->sending[0] = '\0';
}

static void finish_command(struct tally *t, const char *command, const struct buf *response)
{
	char *text = strdup(buf_text(response));
	judge_response(t, command, text);
	free(text);
	bool prompts = response->len && response->data[response->len - 1] == '>';
	if (prompts && strchr(command, '='))
		snprintf(t->sending, sizeof(t->sending), "%s", command);
}

static void finish_exchange(struct tally *t, struct buf *command, struct buf *response)
{
	size_t len = command->len;
	if (t->sending[0]) {
		finish_data(t, response);
	} else if (len > 2 && strcmp(command->data + len - 2, "\r\n") == 0 &&
		   t->judges(command->data)) {
		command->data[len - 2] = '\0';
		finish_command(t, command->data, response);
	}
	buf_clear(command);
	buf_clear(response);
}

static void judge_transcript(struct tally *t, const char *path)
{
	FILE *f = fopen(path, "re");
	cr_assert_not_null(f, "%s", path);
	char *line = NULL;
	size_t size = 0;
	struct buf command = { 0 }, response = { 0 };
	while (getline(&line, &size, f) > 0) {
		json_t *record = json_loads(line, JSON_ALLOW_NUL, NULL);
		cr_assert_not_null(record);
		const char *dir = json_string_value(json_object_get(record, "dir"));
		const char *bytes = json_string_value(json_object_get(record, "bytes"));
		if (dir && dir[0] == '>') {
			finish_exchange(t, &command, &response);
			put_bytes(&command, bytes);
		} else if (dir) {
			put_bytes(&response, bytes);
		}
		json_decref(record);
	}
	finish_exchange(t, &command, &response);
	buf_finish(&command);
	buf_finish(&response);
	free(line);
	fclose(f);
}

Test(spec_transcript_judge, basic_commands_conform_or_deviate_as_listed, .init = load_models,
	.fini = unload_models)
{
	struct tally t = { .judges = is_basic };
	judge_transcript(&t, FIXTURES "/transcripts/esp-at-2.0.0.jsonl");
	cr_expect_eq(t.breaks, 0, "%s", buf_text(&t.faults));
	cr_expect_eq(t.unknown, 0, "%s", buf_text(&t.faults));
	cr_expect_str_eq(buf_text(&t.deviations), "AT+GMR GMR-D1\n"
						  "AT+SYSMSG=4 SYSMSG-D1\n"
						  "AT+SYSLOG=2 SYSLOG-D1\n"
						  "AT+SYSROLLBACK SYSROLLBACK-D1\n");
	/* AT+SLEEP?, AT+SYSRAM, bare ATE and AT+SYSLSPCFG are not described. */
	cr_expect_eq(t.unscored, 4);
	cr_expect_eq(t.conforms, 53);
	buf_finish(&t.deviations);
	buf_finish(&t.faults);
}

Test(spec_transcript_judge, wifi_commands_conform_or_deviate_as_listed, .init = load_models,
	.fini = unload_models)
{
	struct tally t = { .judges = is_wifi };
	judge_transcript(&t, FIXTURES "/transcripts/esp-at-2.0.0.jsonl");
	cr_expect_eq(t.breaks, 0, "%s", buf_text(&t.faults));
	cr_expect_eq(t.unknown, 0, "%s", buf_text(&t.faults));
	cr_expect_str_eq(buf_text(&t.deviations), "AT+CWLAP CWLAP-D1\n"
						  "AT+CWLAP CWLAP-D1\n"
						  "AT+CWLAP CWLAP-D2\n"
						  "AT+CWLAP CWLAP-D2\n"
						  "AT+CWLAP=\"Espressif\" CWLAP-D1\n"
						  "AT+CWJAP? CWJAP-D1\n"
						  "AT+CIPSTA? CIPSTA-D1\n"
						  "AT+CIPAP? CIPAP-D1\n"
						  "AT+CWDHCP? CWDHCP-D1\n"
						  "AT+CWDHCP? CWDHCP-D1\n"
						  "AT+CWDHCP? CWDHCP-D1\n"
						  "AT+CWDHCP=1,4 CWDHCP-D1\n"
						  "AT+CIPAP? CIPAP-D1\n"
						  "AT+CIPAP? CIPAP-D1\n");
	/* Bare AT+CWMODE, AT+CWMODE=?, AT+CWAUTOCONN? are not described; a join of nothing, one
	 * without a station, AT+CWLIF, AT+CWQIF and AT+CWSAP? depend on the mode. */
	cr_expect_eq(t.unscored, 8);
	cr_expect_eq(t.conforms, 73);
	buf_finish(&t.deviations);
	buf_finish(&t.faults);
}

Test(spec_transcript_judge, tcpip_commands_conform_or_deviate_as_listed, .init = load_models,
	.fini = unload_models)
{
	struct tally t = { .judges = is_tcpip };
	judge_transcript(&t, FIXTURES "/transcripts/esp-at-2.0.0.jsonl");
	cr_expect_eq(t.breaks, 0, "%s", buf_text(&t.faults));
	cr_expect_eq(t.unknown, 0, "%s", buf_text(&t.faults));
	cr_expect_str_eq(buf_text(&t.deviations), "AT+CIFSR CIFSR-D1\n"
						  "AT+CIFSR CIFSR-D1\n"
						  "AT+CIFSR CIFSR-D1\n"
						  "AT+CIPSSLCCONF? CIPSSLCCONF-D1\n"
						  "AT+CIPRECVLEN? CIPRECVLEN-D1\n"
						  "AT+CIPSEND=4 CIPSEND-D1\n"
						  "AT+CIPSEND=2048 CIPSEND-D1\n"
						  "AT+CIPSENDEX=10 CIPSENDEX-D1\n"
						  "AT+CIPSEND=2 CIPSEND-D1\n"
						  "AT+CIPSEND=6 CIPSEND-D1\n"
						  "AT+CIPRECVLEN? CIPRECVLEN-D1\n"
						  "AT+CIPSEND=0,3 CIPSEND-D1\n"
						  "AT+CIPSEND=1,4 CIPSEND-D1\n"
						  "AT+CIPSEND=2,3 CIPSEND-D1\n");
	/* AT+CIPDINFO?, AT+CIPSERVER? and AT+CIPRECONNINTV? are not described; one name server of
	 * three, AT+SAVETRANSLINK=0 and a UDP mode behind a link ID are accepted, and the models
	 * leave them to scenarios; the others are refused, which a model alone can't tell from
	 * what the state asks for (links open or not, several connections or one). */
	cr_expect_eq(t.unscored, 21);
	cr_expect_eq(t.conforms, 73);
	buf_finish(&t.deviations);
	buf_finish(&t.faults);
}
