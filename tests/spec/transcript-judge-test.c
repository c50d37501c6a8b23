/* SPDX-License-Identifier: MIT */
/* The models against real firmware: every exchange of a basic, Wi-Fi or TCP/IP command in the
 * recorded transcript is judged; what does not fit must be one of the deviations that the profile
 * lists. */
#include "base/buf.h"
#include "report/judge-log.h"

#include <criterion/criterion.h>
#include <string.h>

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
	int conforms, unscored, breaks, deviates;
	struct buf deviations, faults;
	const char *family;
};

static bool is_of_family(const char *command, const char *family)
{
	size_t len = strncmp(command, "ATE", 3) == 0 ? 3 : strcspn(command, "=?");
	for (size_t i = 0; i < spec.command_count; i++)
		if (strcmp(spec.commands[i].family, family) == 0 &&
			strlen(spec.commands[i].name) == len &&
			strncmp(command, spec.commands[i].name, len) == 0)
			return true;
	return false;
}

static void on_finding(void *user, const struct finding *f, const char *case_id)
{
	struct tally *t = user;
	cr_expect_str_empty(case_id);
	if (f->session)
		buf_printf(&t->faults, "line %d (%s): %s\n", f->line, f->id, f->why);
	if (f->session || !is_of_family(f->command, t->family))
		return;
	t->conforms += f->kind == FINDING_CONFORMS;
	t->unscored += f->kind == FINDING_UNSCORED;
	t->breaks += f->kind == FINDING_BREAKS;
	t->deviates += f->kind == FINDING_DEVIATES;
	if (f->kind == FINDING_DEVIATES)
		buf_printf(&t->deviations, "%s %s\n", f->command, f->id);
	if (f->kind == FINDING_BREAKS)
		buf_printf(&t->faults, "%s (%s): %s\n", f->command, f->id, f->why);
}

static void judge_transcript(struct tally *t, const char *path)
{
	struct judge_log *log;
	struct error error = { 0 };
	cr_assert_eq(judge_log_open(&log, path, &error), 0, "%s", error_text(&error));
	cr_assert_eq(judge_log_run(log, &spec, &profile, on_finding, t, &error), 0, "%s",
		error_text(&error));
	judge_log_close(log);
	cr_expect_str_empty(buf_text(&t->faults));
}

Test(spec_transcript_judge, basic_commands_conform_or_deviate_as_listed, .init = load_models,
	.fini = unload_models)
{
	struct tally t = { .family = "basic" };
	judge_transcript(&t, FIXTURES "/transcripts/esp-at-2.0.0.jsonl");
	cr_expect_eq(t.breaks, 0, "%s", buf_text(&t.faults));
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
	struct tally t = { .family = "wifi" };
	judge_transcript(&t, FIXTURES "/transcripts/esp-at-2.0.0.jsonl");
	cr_expect_eq(t.breaks, 0, "%s", buf_text(&t.faults));
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
	struct tally t = { .family = "tcpip" };
	judge_transcript(&t, FIXTURES "/transcripts/esp-at-2.0.0.jsonl");
	cr_expect_eq(t.breaks, 0, "%s", buf_text(&t.faults));
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
