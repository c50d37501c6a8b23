/* SPDX-License-Identifier: MIT */
/* Models of commands that use the network: several set forms, data behind a prompt, peers, a
 * station that is online; and models of messages. */
#include "base/buf.h"
#include "base/cleanup.h"
#include "spec-files.h"
#include "spec/derive.h"
#include "spec/judge.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct files files;

static void make(void)
{
	files_make(&files);
}

static void remove_files(void)
{
	files_remove(&files);
}

TestSuite(spec_sets, .init = make, .fini = remove_files);

/* clang-format off */
static const char model[] =
	"{ \"command\": \"AT+SEND\", \"section\": \"9.2\", \"line\": 10, \"title\": \"Sends\", \"online\": true,\n"
	"  \"peers\": { \"server\": \"tcp-echo\", \"safe\": { \"kind\": \"tls\", \"port\": 443, \"options\": { \"plain\": true } },\n"
	"    \"names\": { \"kind\": \"dns\", \"as\": \"10.0.0.1:53\" } },\n"
	"  \"forms\": {\n"
	"    \"set\": [\n"
	"      { \"name\": \"single\", \"line\": 11, \"syntax\": \"AT+SEND=<length>[,<ip>,<port>]\", \"requirement\": \"SEND-1\", \"response\": [],\n"
	"        \"final\": \"OK\", \"data\": \"length\", \"missing\": \"SEND-4\", \"timeout\": \"connect\",\n"
	"        \"setup\": [\"AT+OPEN=\\\"{peer.safe.address}\\\",{peer.safe.port}\"] },\n"
	"      { \"name\": \"multiple\", \"line\": 12, \"syntax\": \"AT+SEND=<link>,<length>\", \"requirement\": \"SEND-2\", \"response\": [],\n"
	"        \"final\": \"OK\", \"needs\": [\"air\"], \"undo\": \"\",\n"
	"        \"parameters\": { \"length\": { \"type\": \"integer\", \"min\": 1, \"max\": 9, \"typical\": \"7\", \"refuses\": \"SEND-3\" } } } ] },\n"
	"  \"examples\": [ { \"line\": 20, \"send\": \"AT+SEND=0,3\", \"response\": [], \"final\": \"OK\", \"requirement\": \"SEND-2\" } ],\n"
	"  \"parameters\": {\n"
	"    \"link\": { \"line\": 13, \"type\": \"integer\", \"min\": 0, \"max\": 4, \"typical\": \"0\" },\n"
	"    \"length\": { \"line\": 14, \"type\": \"integer\", \"min\": 1, \"max\": 2048, \"typical\": \"4\", \"accepts\": \"SEND-3\" },\n"
	"    \"ip\": { \"line\": 15, \"type\": \"ip\", \"typical\": \"{peer.server.address}\" },\n"
	"    \"port\": { \"line\": 16, \"type\": \"integer\", \"min\": 1, \"max\": 65535, \"typical\": \"{peer.server.port}\" } },\n"
	"  \"requirements\": [\n"
	"    { \"id\": \"SEND-1\", \"line\": 11, \"grade\": \"stated\", \"text\": \"One.\" },\n"
	"    { \"id\": \"SEND-2\", \"line\": 12, \"grade\": \"stated\", \"text\": \"Two.\" },\n"
	"    { \"id\": \"SEND-3\", \"line\": 14, \"grade\": \"inferred\", \"text\": \"Three.\" },\n"
	"    { \"id\": \"SEND-4\", \"line\": 14, \"grade\": \"inferred\", \"text\": \"Four.\" } ] }\n";
/* clang-format on */

static void list_step(struct buf *out, const struct step *s)
{
	static const char *const kinds[] = { "", "RESTART", "RESTORE", "ONLINE" };
	buf_printf(out, "  %s%s%s", s->kind == STEP_SEND ? s->send : kinds[s->kind],
		s->final ? " | " : "", s->final ? s->final : "");
	if (s->data)
		buf_printf(out, " data=%s", s->data);
	buf_printf(out, "%s%s\n", s->setup ? " setup" : "", s->cleanup ? " cleanup" : "");
}

static void expect_cases_of(const char *name, const char *text, const char *expected)
{
	struct buf out AUTO_BUF = { 0 };
	struct spec spec;
	struct derived derived;
	struct error error = { 0 };
	files_write(&files, name, text);
	files_load(&files, &spec);
	cr_assert_eq(derive_command(&derived, &spec, &spec.commands[0], &error), 0, "%s",
		error_text(&error));
	for (size_t i = 0; i < derived.count; i++) {
		const struct derived_case *c = &derived.cases[i];
		buf_printf(&out, "%s %s", c->name, c->requirement);
		for (const char **need = c->needs; *need; need++)
			buf_printf(&out, " %s", *need);
		buf_putc(&out, '\n');
		for (size_t k = 0; k < c->step_count; k++)
			list_step(&out, &c->steps[k]);
	}
	cr_expect_str_eq(buf_text(&out), expected, "%s", buf_text(&out));
	derived_finish(&derived);
	spec_finish(&spec);
}

#define OPENS "  ONLINE\n  AT+OPEN=\"{peer.safe.address}\",{peer.safe.port} | OK setup\n"
#define FULL  ",\"{peer.server.address}\",{peer.server.port}"
#define NEEDS " access_point peers tls air\n"

Test(spec_sets, each_form_has_its_cases)
{
	expect_cases_of("fam/send.json", model,
		"set_single_answers_as_documented SEND-1 access_point peers tls air\n" OPENS
		"  AT+SEND=4" FULL " | OK data=4\n"
		"set_single_with_1_parameter_answers_as_documented SEND-1" NEEDS OPENS
		"  AT+SEND=4 | OK data=4\n"
		"set_single_without_parameters_is_refused SEND-4" NEEDS OPENS "  AT+SEND= | ERROR\n"
		"set_single_with_2_parameters_is_refused SEND-4" NEEDS OPENS
		"  AT+SEND=4,\"{peer.server.address}\" | ERROR\n"
		"set_single_length_accepts_1 SEND-3" NEEDS OPENS "  AT+SEND=1" FULL " | OK data=1\n"
		"set_single_length_accepts_2048 SEND-3" NEEDS OPENS "  AT+SEND=2048" FULL
		" | OK data=2048\n"
		"set_single_length_accepts_4 SEND-3" NEEDS OPENS "  AT+SEND=4" FULL " | OK data=4\n"
		"set_multiple_answers_as_documented SEND-2 air access_point peers\n"
		"  ONLINE\n  AT+SEND=0,7 | OK\n"
		"set_multiple_length_refuses_0 SEND-3 air access_point peers\n"
		"  ONLINE\n  AT+SEND=0,0 | ERROR\n"
		"set_multiple_length_refuses_10 SEND-3 air access_point peers\n"
		"  ONLINE\n  AT+SEND=0,10 | ERROR\n"
		"example_line_20_is_accepted SEND-2 air access_point peers\n"
		"  ONLINE\n  AT+SEND=0,3 | OK\n");
}

/* clang-format off */
static const char broker_model[] =
	"{ \"command\": \"AT+BROKE\", \"section\": \"9.2\", \"line\": 10, \"title\": \"Publishes\", \"broker\": true,\n"
	"  \"setup\": [\"AT+CONN=\\\"{case.client_id}\\\",\\\"{network.broker.host}\\\",{network.broker.wss_client_port}\"],\n"
	"  \"forms\": { \"set\": { \"line\": 11, \"syntax\": \"AT+BROKE=<topic>\", \"requirement\": \"BROKE-1\", \"response\": [], \"final\": \"OK\",\n"
	"    \"undo\": \"\", \"timeout\": \"mqtt\", \"unscored\": { \"missing\": \"x\", \"surplus\": \"x\" } } },\n"
	"  \"parameters\": { \"topic\": { \"line\": 12, \"type\": \"string\", \"min_bytes\": 1, \"max_bytes\": 3, \"typical\": \"{case.topic}\",\n"
	"    \"accepts\": \"BROKE-1\" } },\n"
	"  \"requirements\": [ { \"id\": \"BROKE-1\", \"line\": 11, \"grade\": \"stated\", \"text\": \"One.\" } ] }\n";
/* clang-format on */

Test(spec_sets, a_broker_is_online_and_has_what_is_asked_of_it)
{
#define BROKER                                                                                     \
	" BROKE-1 access_point broker broker_wss_client\n  ONLINE\n  "                             \
	"AT+CONN=\"{case.client_id}\",\"{network.broker.host}\",{network.broker.wss_client_port} " \
	"| OK setup\n"
	expect_cases_of("fam/broke.json", broker_model,
		"set_answers_as_documented" BROKER "  AT+BROKE=\"{case.topic}\" | OK\n"
		"set_topic_accepts_1_byte" BROKER "  AT+BROKE=\"a\" | OK\n"
		"set_topic_accepts_3_bytes" BROKER "  AT+BROKE=\"aaa\" | OK\n"
		"set_topic_accepts__case_topic" BROKER "  AT+BROKE=\"{case.topic}\" | OK\n");
}

Test(spec_sets, the_form_of_a_line_is_the_one_that_fits)
{
	struct spec spec;
	files_write(&files, "fam/send.json", model);
	files_load(&files, &spec);
	const struct command *c = &spec.commands[0];
	cr_expect_str_eq(spec_form_of(c, "AT+SEND=5")->name, "single");
	cr_expect_str_eq(spec_form_of(c, "AT+SEND=0,5")->name, "multiple");
	cr_expect_str_eq(spec_form_of(c, "AT+SEND=9,\"1.2.3.4\",80")->name, "single");
	cr_expect_null(spec_form_of(c, "AT+SEND?"));
	cr_expect_null(spec_form_of(c, "AT+OTHER=1"));
	cr_expect_eq(spec_form(c, FORM_SET + 1), &c->more_sets[0]);
	cr_expect_null(spec_form(c, FORM_SET + 2));
	cr_expect_eq(spec_form_parameter(c, &c->more_sets[0], "length")->max, 9);
	cr_expect_eq(spec_form_parameter(c, &c->forms[FORM_SET], "length")->max, 2048);
	cr_expect_eq(c->peer_count, 3);
	cr_expect_str_eq(c->peers[1].options, "{\"plain\":true}");
	cr_expect_eq(c->peers[1].port, 443);
	spec_finish(&spec);
}

Test(spec_sets, a_recorded_line_needs_to_fit_one_of_them)
{
	static const struct {
		const char *command, *final, *id;
		enum judgement judgement;
	} lines[] = {
		{ "AT+SEND=5", "OK", "SEND-1", JUDGED_CONFORMS },
		{ "AT+SEND=0,5", "OK", "SEND-2", JUDGED_CONFORMS },
		{ "AT+SEND=0,5", "ERROR", "", JUDGED_UNSCORED },
		{ "AT+SEND=0,10", "OK", "SEND-4", JUDGED_BREAKS },
	};
	static const char *none[] = { NULL };
	static struct profile plain = { .deviations = none, .absent = none, .noise = none };
	struct spec spec;
	files_write(&files, "fam/send.json", model);
	files_load(&files, &spec);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct judged judged;
		judge_exchange(&judged, &spec, &plain,
			&(struct exchange){ lines[i].command, none, 0, lines[i].final });
		cr_expect(judged.judgement == lines[i].judgement &&
				  strcmp(judged.id, lines[i].id) == 0,
			"%s %s: %d %s (%s)", lines[i].command, lines[i].final,
			(int)judged.judgement, judged.id, judged.why);
	}
	spec_finish(&spec);
}

static const struct {
	const char *find, *with, *error;
} mistakes[] = {
	{ "\"name\": \"single\", ", "",
		"6:7: key \"name\" is missing: there are several set forms" },
	{ "\"name\": \"single\"", "\"name\": \"Single\"",
		"6:9: a set form's name is of a-z, 0-9 and _" },
	{ "\"name\": \"multiple\"", "\"name\": \"single\"", "9:9: \"single\" is there already" },
	{ "\"data\": \"length\"", "\"data\": \"width\"",
		"7:24: must be a whole number among the parameters of the syntax" },
	{ "\"data\": \"length\"", "\"data\": \"ip\"",
		"7:24: must be a whole number among the parameters of the syntax" },
	{ "\"timeout\": \"connect\"", "\"timeout\": \"long\"",
		"7:63: must be restart, join, scan, lease, connect, sntp, update or mqtt" },
	{ "\"refuses\": \"SEND-3\"", "\"refuses\": \"SEND-9\"",
		"11:92: there is no requirement \"SEND-9\"" },
	{ "{ \"length\": { \"type\"", "{ \"width\": { \"type\"",
		"11:25: no template of this form names <width>" },
	{ "\"tcp-echo\"", "\"tcp-ehco\"", "2:14: there is no kind of peer \"tcp-ehco\"" },
	{ "\"port\": 443", "\"port\": 65536", "2:61: must be within 0 and 65535" },
	{ "{ \"plain\": true }", "true", "2:74: must be an object" },
	{ "\"10.0.0.1:53\"", "\"10.0.0.1\"", "3:31: must be a name or address, ':' and a port" },
	{ "\"10.0.0.1:53\"", "\"10.0.0.1:0\"", "3:31: must be a name or address, ':' and a port" },
	{ "\"online\": true", "\"online\": 1", "1:73: must be true or false" },
};

Test(spec_sets, each_mistake_has_its_place)
{
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		struct buf text AUTO_BUF = { 0 };
		const char *at = strstr(model, mistakes[i].find);
		cr_assert_not_null(at, "%s", mistakes[i].find);
		buf_append(&text, model, (size_t)(at - model));
		buf_puts(&text, mistakes[i].with);
		buf_puts(&text, at + strlen(mistakes[i].find));
		files_write(&files, "fam/send.json", buf_text(&text));
		char expected[256];
		snprintf(expected, sizeof(expected), "fam/send.json:%s", mistakes[i].error);
		cr_expect_str_eq(files_failure(&files), expected, "%s\n\t%s\n\t%s",
			mistakes[i].with, files_failure(&files), expected);
	}
}

Test(spec_sets, a_name_is_for_several_only)
{
	files_write_changed(&files, "\"set\": { ", "\"set\": { \"name\": \"one\", ");
	cr_expect_str_eq(files_failure(&files), "fam/test.json:6:14: there is only one set form");
	files_write_changed(&files, "\"query\": { \"line\": 11,",
		"\"query\": { \"line\": 11, \"data\": \"port\",");
	cr_expect_str_eq(files_failure(&files), "fam/test.json:4:28: unknown key \"data\"");
}

Test(spec_sets, a_message_has_requirements_only)
{
	struct spec spec;
	struct derived derived;
	struct error error = { 0 };
	files_write(&files, "fam/ipd.json",
		"{ \"message\": \"+IPD\", \"section\": \"9\", \"line\": 1, \"title\": \"Data\",\n"
		"  \"requirements\": [ { \"id\": \"IPD-1\", \"line\": 1, \"grade\": \"stated\", "
		"\"text\": \"One.\" } ] }\n");
	files_load(&files, &spec);
	const struct command *c = spec_command(&spec, "ipd");
	cr_assert(c && c->message);
	cr_expect_str_eq(c->name, "+IPD");
	cr_expect_str_eq(spec_requirement(&spec, "IPD-1")->command, "+IPD");
	cr_assert_eq(derive_command(&derived, &spec, c, &error), 0);
	cr_expect_eq(derived.count, 0);
	derived_finish(&derived);
	spec_finish(&spec);
	files_write(&files, "fam/ipd.json",
		"{ \"message\": \"+ipd\", \"section\": \"9\", \"line\": 1, \"title\": \"Data\", "
		"\"requirements\": [] }\n");
	cr_expect_str_eq(
		files_failure(&files), "fam/ipd.json:1:3: \"+ipd\" is not a name such as +IPD");
	files_write(&files, "fam/ipd.json",
		"{ \"message\": \"ERR CODE\", \"section\": \"9\", \"line\": 1, \"title\": "
		"\"Data\", "
		"\"requirements\": [] }\n");
	cr_expect_str_eq(files_failure(&files),
		"fam/ipd.json:1:3: the file of \"ERR CODE\" must be called err_code.json");
	files_write(&files, "fam/ipd.json",
		"{ \"message\": \"+IPD\", \"section\": \"9\", \"line\": 1, \"title\": \"Data\", "
		"\"requirements\": [], \"forms\": {} }\n");
	cr_expect_str_eq(files_failure(&files), "fam/ipd.json:1:86: unknown key \"forms\"");
}
