/* SPDX-License-Identifier: MIT */
/* The loader: what it reads, and every way of being wrong with its line and column. */
#include "spec-files.h"
#include "spec/strict.h"

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

TestSuite(spec_load, .init = make, .fini = remove_files);

Test(spec_load, a_good_model_is_read)
{
	files_write(&files, "fam/test.json", files_model);
	struct spec spec;
	files_load(&files, &spec);
	const struct command *c = spec_command(&spec, "AT+TEST");
	cr_assert_not_null(c);
	cr_expect_eq(c, spec_command(&spec, "test"));
	cr_expect_str_eq(c->family, "fam");
	cr_expect_str_eq(c->tags[0], "quick");
	cr_expect_null(c->needs[0]);
	cr_expect_eq(c->parameter_count, 3);
	const struct parameter *p = spec_parameter(c, "name");
	cr_expect_eq(p->max, 4);
	cr_expect_eq(p->type, PARAM_STRING);
	const struct requirement *r = spec_requirement(&spec, "TEST-8");
	cr_expect_eq(r->grade, GRADE_INFERRED);
	cr_expect_eq(r->file_line, 26);
	cr_expect_eq(r->file_column, 5);
	cr_expect_str_eq(r->section, "9.1");
	cr_expect_eq(spec_requirement(&spec, "SESSION-1")->judge, JUDGE_MONITOR);
	cr_expect_str_eq(spec_deviation(&spec, "TEST-D1")->matches[0].command, "AT+TEST?");
	cr_expect_eq(spec.final_count, 2);
	cr_expect_neq(spec.hash, 0);
	spec_finish(&spec);
}

Test(spec_load, a_worker_gets_one_command_and_the_rules)
{
	files_write(&files, "fam/test.json", files_model);
	files_write(&files, "fam/broken.json", "{");
	struct spec spec;
	struct error error = { 0 };
	const char *const dirs[] = { files.dir, NULL };
	cr_assert_eq(spec_load_command(&spec, dirs, "test", &error), 0, "%s", error_text(&error));
	cr_expect_eq(spec.command_count, 1);
	cr_expect_eq(spec.urc_count, 1);
	spec_finish(&spec);
	cr_assert_eq(spec_load_command(&spec, dirs, NULL, &error), 0);
	cr_expect_eq(spec.command_count, 0);
	spec_finish(&spec);
}

/* The model of spec-files.c with one thing changed. */
static const struct {
	const char *find, *with, *error;
} mistakes[] = {
	{ "\"title\": \"A test\",", "\"title\": \"A test\" x", "1:73: '}' expected near 'x'" },
	{ "\"title\": \"A test\",", "\"title\": \"A\", \"title\": \"B\",",
		"1:75: duplicate object key near '\"title\"'" },
	{ "\"title\": \"A test\",", "", "1:1: key \"title\" is missing" },
	{ "\"title\": \"A test\",", "\"title\": 5,", "1:55: must be a string" },
	{ "\"title\": \"A test\",", "\"title\": \"\",", "1:55: must not be empty" },
	{ "\"title\": \"A test\",", "\"title\": \"a\\u0000b\",", "1:55: must not contain a NUL" },
	{ "\"title\"", "\"tilte\"", "1:55: unknown key \"tilte\"" },
	{ "\"line\": 10", "\"line\": 0", "1:43: must be within 1 and 100000" },
	{ "\"line\": 10", "\"line\": 100001", "1:43: must be within 1 and 100000" },
	{ "\"line\": 10", "\"line\": \"10\"", "1:43: must be an integer" },
	{ "\"AT+TEST\"", "\"AT+TSET\"", "1:3: the file of \"AT+TSET\" must be called tset.json" },
	{ "\"AT+TEST\"", "\"TEST\"", "1:3: \"TEST\" is not a name such as AT+CWMODE" },
	{ "[\"quick\"]", "\"quick\"", "2:3: must be an array of strings" },
	{ "[\"quick\"]", "[7]", "2:12: must be a string" },
	{ "\"query\":", "\"test\":", "4:5: unknown key \"test\"" },
	{ "\"AT+TEST?\", \"requirement\"", "\"AT+TEST\", \"requirement\"",
		"4:28: must be the name and '?'" },
	{ "\"AT+TEST=<level>[", "\"AT+TSET=<level>[",
		"6:26: must be the name, '=' and parameters" },
	{ "\"AT+TEST=<level>[", "\"AT+TEST=<Level>[",
		"6:26: template: '<' without a parameter name of a-z, 0-9 and _ (at most 31) and "
		"'>'" },
	{ "<port>]\"", "<port>\"", "6:26: template: '[' without ']'" },
	{ "<port>]\"", "<port>]]\"", "6:26: template: ']' without '['" },
	{ "=<level>[", "=<height>[", "6:26: template names <height>, which is no parameter" },
	{ "\"+TEST:<level>,<name>,<port>\"", "\"+TEST:<height>\"",
		"5:20: template names <height>, which is no parameter" },
	{ "\"+TEST:<level>,<name>,<port>\"", "{\"line\": \"+TEST:<level>\", \"rpeat\": true}",
		"5:46: unknown key \"rpeat\"" },
	{ "\"+TEST:<level>,<name>,<port>\"", "\"re:(x\"",
		"5:20: pattern: missing closing parenthesis at character 3" },
	{ "\"+TEST:<level>,<name>,<port>\"", "\"\"", "5:20: template is empty" },
	{ "\"response\": [\"+TEST:<level>,<name>,<port>\"], ", "",
		"4:5: key \"response\" is missing" },
	{ "\"response\": [\"+TEST:<level>,<name>,<port>\"]", "\"responses\": []",
		"5:7: must be an array of at least one response" },
	{ "\"response\": [\"+TEST:<level>,<name>,<port>\"]",
		"\"responses\": [[\"+TEST:<level>\"],[\"<nmae>\"]]",
		"5:40: template names <nmae>, which is no parameter" },
	{ "\"missing\": \"TEST-3\"", "\"missing\": \"TEST-33\"",
		"8:7: there is no requirement \"TEST-33\"" },
	{ "\"reads_back\": \"TEST-4\",", "\"volatile\": \"TEST-4\",",
		"9:7: \"persists\" is given too" },
	{ "\"surplus\": \"TEST-3\",", "\"effect\": \"hum\",", "8:28: must be \"uart\"" },
	{ "\"surplus\": \"TEST-3\",", "\"unscored\": {\"missing\": \"why\"},",
		"8:41: is a requirement of this form too" },
	{ "\"surplus\": \"TEST-3\",", "\"unscored\": {\"surplus\": 1},",
		"8:41: must be the reason, as a string" },
	{ "\"surplus\": \"TEST-3\",", "\"timeout\": \"long\",",
		"8:28: must be restart, join, scan, lease, connect, sntp, update or mqtt" },
	{ "\"surplus\": \"TEST-3\",", "\"setup\": [\"AT\", \"MODE=1\"],",
		"8:44: must be a command line such as AT+CWMODE=1" },
	{ "\"tags\": [\"quick\"]", "\"teardown\": [\"AT\\r\\n\"]",
		"2:16: must be a command line such as AT+CWMODE=1" },
	{ "\"other\": \"7\"", "\"value_needs\": [\"7\"]", "12:83: must be an object" },
	{ "\"other\": \"7\"", "\"value_needs\": {\"10\": [\"radio\"]}",
		"12:99: is not a value of the parameter: 10 is above 9" },
	{ "\"other\": \"7\"", "\"value_needs\": {\"9\": []}",
		"12:99: must be a list of facilities" },
	{ "\"send\": \"AT+TEST=1\",", "", "10:17: key \"send\" is missing" },
	{ "\"final\": \"OK\", \"requirement\": \"TEST-2\" } ],",
		"\"final\": \"OK\", \"requirement\": \"TEST-0\" } ],",
		"10:83: there is no requirement \"TEST-0\"" },
	{ "\"min\": 1, \"max\": 9", "\"min\": 9, \"max\": 1",
		"12:47: \"min\" is larger than \"max\"" },
	{ "\"typical\": \"5\"", "\"typical\": \"10\"",
		"12:67: \"10\" is not a value of the parameter: 10 is above 9" },
	{ "\"typical\": \"5\"", "\"typical\": \"x\"",
		"12:67: \"x\" is not a value of the parameter: is not an integer" },
	{ "\"other\": \"7\"", "\"other\": \"5\"", "12:83: is the same as \"typical\"" },
	{ "\"typical\": \"5\", \"other\": \"7\",", "",
		"6:26: <level> needs a \"typical\" value and a type other than text" },
	{ "[\"-1\"]", "[\"9\"]", "13:90: \"9\" is a value of the parameter" },
	{ "\"wrong_type\": \"TEST-8\", \"also_refuses\"",
		"\"wrong_type\": \"TEST-9\", \"also_refuses\"",
		"13:49: there is no requirement \"TEST-9\"" },
	{ "\"min_bytes\": 1", "\"min\": 1", "14:45: has no meaning for the type \"string\"" },
	{ "\"type\": \"string\"", "\"type\": \"words\"",
		"14:27: must be integer, string, mac, ip, hex or text" },
	{ "{\"1\": \"one\", \"3\": \"three\"}", "{}",
		"16:46: must be an object of at least one value" },
	{ "{\"1\": \"one\", \"3\": \"three\"}", "{\"a\": \"one\"}", "16:57: is not an integer" },
	{ "\"port\": {", "\"spare\": { \"type\": \"text\" }, \"port\": {",
		"16:5: no template names the parameter <spare>" },
	{ "[,<name>,<port>]\"", "[,<name>]\"", "17:7: no command line has the parameter <port>" },
	{ "\"id\": \"TEST-2\"", "\"id\": \"TSET-2\"",
		"20:7: \"TSET-2\" is not of the form TEST-n" },
	{ "\"id\": \"TEST-2\"", "\"id\": \"TEST-02\"",
		"20:7: \"TEST-02\" is not of the form TEST-n" },
	{ "\"id\": \"TEST-2\"", "\"id\": \"TEST-1\"",
		"20:7: \"TEST-1\" is there already (line 19)" },
	{ "\"grade\": \"inferred\", \"text\": \"Three", "\"grade\": \"guessed\", \"text\": \"Three",
		"21:35: must be \"stated\" or \"inferred\"" },
	{ "\"text\": \"Four.\"", "\"text\": \"Four.\", \"judge\": \"nobody\"",
		"22:71: must be \"case\" or \"monitor\"" },
	{ "\"line\": 14, \"grade\"", "\"grade\"", "23:5: key \"line\" is missing" },
	{ "\"id\": \"TEST-D1\"", "\"id\": \"TEST-1\"",
		"27:21: \"TEST-1\" is not of the form TEST-Dn" },
	{ "\"requirement\": \"TEST-1\", \"text\": \"Shorter.\"",
		"\"requirement\": \"TEST-9\", \"text\": \"Shorter.\"",
		"27:38: there is no requirement \"TEST-9\"" },
	{ "[\"+TEST:<level>\"]", "[\"+TEST:<level\"]",
		"28:56: template: '<' without a parameter name of a-z, 0-9 and _ (at most 31) and "
		"'>'" },
	{ "\"match\": [ { \"command\": \"AT+TEST?\", \"response\": [\"+TEST:<level>\"], \"final\": "
	  "\"OK\" } ]",
		"\"match\": []", "28:7: must hold at least one exchange" },
};

Test(spec_load, each_mistake_has_its_place)
{
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		files_write_changed(&files, mistakes[i].find, mistakes[i].with);
		char expected[256];
		snprintf(expected, sizeof(expected), "fam/test.json:%s", mistakes[i].error);
		cr_expect_str_eq(files_failure(&files), expected, "%s\n\t%s\n\t%s",
			mistakes[i].with, files_failure(&files), expected);
	}
}

Test(spec_load, a_command_is_described_once)
{
	files_write(&files, "fam/test.json", files_model);
	files_write(&files, "other/test.json", files_model);
	const char *error = files_failure(&files);
	cr_expect_not_null(
		strstr(error, "other/test.json:1:3: \"AT+TEST\" is described in "), "%s", error);
}

Test(spec_load, without_general_rules_nothing_is_loaded)
{
	files_remove(&files);
	files_make(&files);
	files_write(&files, "general/general.json", "{}");
	cr_expect_str_eq(
		files_failure(&files), "general/general.json:1:1: key \"title\" is missing");
	struct spec spec;
	struct error error = { 0 };
	const char *const nowhere[] = { "/nonexistent", NULL };
	cr_expect_eq(spec_load(&spec, nowhere, &error), -1);
	cr_expect_str_eq(
		error_text(&error), "/nonexistent: can't be read: No such file or directory");
}

Test(spec_load, every_requirement_needs_a_case)
{
	files_write(&files, "fam/test.json", files_model);
	struct spec spec;
	files_load(&files, &spec);
	const char *const most[] = { "TEST-1", "TEST-2", "TEST-3", "TEST-4", "TEST-5", "TEST-6",
		"TEST-8", NULL };
	const char *const last[] = { "TEST-7", NULL }, *const wrong[] = { "TEST-77", NULL };
	struct spec_case cases[] = { { "a", most, "a.c", 1 }, { "b", last, "b.c", 2 },
		{ "c", wrong, "c.c", 3 } };
	struct error none = { 0 }, missing = { 0 }, unknown = { 0 };
	cr_expect_eq(spec_check_coverage(&spec, cases, 2, &none), 0);
	cr_expect_eq(spec_check_coverage(&spec, cases, 1, &missing), -1);
	cr_expect_not_null(strstr(
		error_text(&missing), "fam/test.json:25:5: no case judges the requirement TEST-7"));
	cr_expect_eq(spec_check_coverage(&spec, cases, 3, &unknown), -1);
	cr_expect_str_eq(
		error_text(&unknown), "c.c:3:1: case c names \"TEST-77\", which is no requirement");
	spec_finish(&spec);
}

Test(spec_load, positions_are_those_of_the_text)
{
	files_write(&files, "fam/x.json",
		"\n  {\"a\\\"b\": [1, {\"c\": \"]\"},\n null], \"d\": {}, \"e\":{\"f\":-1}}");
	char path[128];
	snprintf(path, sizeof(path), "%s/fam/x.json", files.dir);
	struct strict s;
	struct error error = { 0 };
	cr_assert_eq(strict_open(&s, path, &error), 0, "%s", error_text(&error));
	const struct {
		const char *path;
		int line, column;
	} places[] = { { "", 2, 3 }, { "a\\\"b[1].c", 2, 17 }, { "a\\\"b[2]", 3, 2 }, { "d", 3, 9 },
		{ "e.f", 3, 23 }, { "e.g", 3, 18 }, { "e.f.g[7]", 3, 23 } };
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		int column;
		cr_expect_eq(strict_line(&s, places[i].path, &column), places[i].line, "%s",
			places[i].path);
		cr_expect_eq(column, places[i].column, "%s: %d", places[i].path, column);
	}
	strict_close(&s);
}
