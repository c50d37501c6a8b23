/* SPDX-License-Identifier: MIT */
/* Derived cases of the model in spec-files.c, all of them, step by step; and the helpers that carry
 * the steps out. */
#include "base/buf.h"
#include "spec-files.h"
#include "spec/derive.h"

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

TestSuite(spec_derive, .init = make, .fini = remove_files);

static void list_step(struct buf *out, const struct step *s)
{
	static const char *const kinds[] = { "", "RESTART", "RESTORE" };
	buf_printf(out, "  %s", s->kind == STEP_SEND ? s->send : kinds[s->kind]);
	for (size_t i = 0; i < s->response_count; i++)
		for (size_t j = 0; j < s->responses[i].count; j++)
			buf_printf(out, " | %s", s->responses[i].lines[j].text);
	buf_printf(out, "%s%s", s->final ? " | " : "", s->final ? s->final : "");
	for (size_t i = 0; i < s->check_count; i++)
		buf_printf(out, " %s%s%s", s->checks[i].field, s->checks[i].value ? "=" : ">",
			s->checks[i].value ? s->checks[i].value : s->checks[i].remember);
	buf_printf(out, "%s%s%s%s%s\n", s->setup ? " setup" : "", s->cleanup ? " cleanup" : "",
		s->if_deviated ? " if-deviated" : "", s->uart ? " uart" : "",
		s->restarts ? " restarts" : "");
}

static void list_case(struct buf *out, const struct derived_case *c)
{
	buf_printf(out, "%s %s", c->name, c->requirement);
	for (const char **tag = c->tags; *tag; tag++)
		buf_printf(out, " #%s", *tag);
	for (const char **need = c->needs; *need; need++)
		buf_printf(out, " needs:%s", *need);
	buf_printf(out, " :%d\n", c->line);
	for (size_t i = 0; i < c->step_count; i++)
		list_step(out, &c->steps[i]);
}

/* All cases of the model, or only those whose name begins with `prefix`. */
static void list_cases(struct buf *out, const char *prefix)
{
	struct spec spec;
	files_load(&files, &spec);
	struct derived derived;
	struct error error = { 0 };
	cr_assert_eq(derive_command(&derived, &spec, &spec.commands[0], &error), 0, "%s",
		error_text(&error));
	for (size_t i = 0; i < derived.count; i++)
		if (strncmp(derived.cases[i].name, prefix, strlen(prefix)) == 0)
			list_case(out, &derived.cases[i]);
	derived_finish(&derived);
	spec_finish(&spec);
}

static void expect_text(const char *actual, const char *expected)
{
	size_t same = 0;
	while (actual[same] && actual[same] == expected[same])
		same++;
	cr_expect_str_eq(actual, expected, "differs from here:\n%s", actual + same);
}

#define ASK    "  AT+TEST? | +TEST:<level>,<name>,<port> | OK"
#define BEFORE ASK " level>before.level name>before.name port>before.port\n"
#define SAME   ASK " level={before.level} name={before.name} port={before.port}\n"
#define BACK   "  AT+TEST={before.level},\"{before.name}\",{before.port} | OK cleanup"

#define TAKEN(name, requirement, line, command)                                                    \
	name " " requirement " #quick :" line "\n" BEFORE "  " command " | OK\n" BACK "\n"
#define REFUSED(name, requirement, line, command)                                                  \
	name " " requirement " #quick :" line "\n" BEFORE "  " command " | ERROR\n" SAME BACK      \
	     " if-deviated\n"

static const char *const expected_cases[] = {
	"query_answers_as_documented TEST-1 #quick :4\n" ASK "\n",
	TAKEN("set_answers_as_documented", "TEST-2", "6", "AT+TEST=5,\"ab\",1"),
	TAKEN("set_with_1_parameter_answers_as_documented", "TEST-2", "6", "AT+TEST=5"),
	REFUSED("set_without_parameters_is_refused", "TEST-3", "6", "AT+TEST="),
	REFUSED("set_with_2_parameters_is_refused", "TEST-3", "6", "AT+TEST=5,\"ab\""),
	REFUSED("set_with_surplus_parameter_is_refused", "TEST-3", "6", "AT+TEST=5,\"ab\",1,1"),
	REFUSED("set_level_empty_is_refused", "TEST-3", "6", "AT+TEST=,\"ab\",1"),
	TAKEN("set_level_accepts_1", "TEST-7", "12", "AT+TEST=1,\"ab\",1"),
	TAKEN("set_level_accepts_9", "TEST-7", "12", "AT+TEST=9,\"ab\",1"),
	TAKEN("set_level_accepts_5", "TEST-7", "12", "AT+TEST=5,\"ab\",1"),
	TAKEN("set_level_accepts_7", "TEST-7", "12", "AT+TEST=7,\"ab\",1"),
	REFUSED("set_level_refuses_0", "TEST-8", "12", "AT+TEST=0,\"ab\",1"),
	REFUSED("set_level_refuses_10", "TEST-8", "12", "AT+TEST=10,\"ab\",1"),
	REFUSED("set_level_refuses_minus_1", "TEST-8", "12", "AT+TEST=-1,\"ab\",1"),
	REFUSED("set_level_refuses_quoted", "TEST-8", "12", "AT+TEST=\"5\",\"ab\",1"),
	REFUSED("set_level_refuses_a_word", "TEST-8", "12", "AT+TEST=word,\"ab\",1"),
	TAKEN("set_name_accepts_1_byte", "TEST-7", "14", "AT+TEST=5,\"a\",1"),
	TAKEN("set_name_accepts_4_bytes", "TEST-7", "14", "AT+TEST=5,\"abaa\",1"),
	TAKEN("set_name_accepts_ab", "TEST-7", "14", "AT+TEST=5,\"ab\",1"),
	TAKEN("set_name_accepts_a_b", "TEST-7", "14", "AT+TEST=5,\"a\\,b\",1"),
	REFUSED("set_name_refuses_0_bytes", "TEST-8", "14", "AT+TEST=5,\"\",1"),
	REFUSED("set_name_refuses_5_bytes", "TEST-8", "14", "AT+TEST=5,\"abaaa\",1"),
	REFUSED("set_name_refuses_unquoted", "TEST-8", "14", "AT+TEST=5,ab,1"),
	TAKEN("set_port_accepts_1", "TEST-7", "16", "AT+TEST=5,\"ab\",1"),
	TAKEN("set_port_accepts_3", "TEST-7", "16", "AT+TEST=5,\"ab\",3"),
	REFUSED("set_port_refuses_0", "TEST-8", "16", "AT+TEST=5,\"ab\",0"),
	REFUSED("set_port_refuses_2", "TEST-8", "16", "AT+TEST=5,\"ab\",2"),
	REFUSED("set_port_refuses_4", "TEST-8", "16", "AT+TEST=5,\"ab\",4"),
	"set_reads_back TEST-4 #quick :6\n" BEFORE "  AT+TEST=7,\"a\\,b\",3 | OK\n" ASK
	" level=7 name=a,b port=3\n" BACK "\n",
	"set_port_reads_back_1 TEST-4 #quick :6\n" BEFORE "  AT+TEST=5,\"ab\",1 | OK\n" ASK
	" level=5 name=ab port=1\n" BACK "\n",
	"set_survives_restart TEST-5 #quick :6\n" BEFORE
	"  AT+TEST=7,\"a\\,b\",3 | OK\n  RESTART\n" ASK " level=7 name=a,b port=3\n" BACK "\n",
	"restore_brings_factory_value_back TEST-6 #quick #nvs #destructive :6\n  RESTORE\n" BEFORE
	"  AT+TEST=7,\"a\\,b\",3 | OK\n  RESTORE\n" SAME,
	TAKEN("example_line_20_is_accepted", "TEST-2", "10", "AT+TEST=1"),
};

Test(spec_derive, a_model_gives_exactly_these_cases)
{
	files_write(&files, "fam/test.json", files_model);
	struct buf list = { 0 }, expected = { 0 };
	list_cases(&list, "");
	for (size_t i = 0; i < sizeof(expected_cases) / sizeof(expected_cases[0]); i++)
		buf_puts(&expected, expected_cases[i]);
	expect_text(buf_text(&list), buf_text(&expected));
	buf_finish(&list);
	buf_finish(&expected);
}

Test(spec_derive, deriving_twice_gives_the_same)
{
	files_write(&files, "fam/test.json", files_model);
	struct buf first = { 0 }, second = { 0 };
	list_cases(&first, "");
	list_cases(&second, "");
	cr_expect_str_eq(buf_text(&first), buf_text(&second));
	buf_finish(&first);
	buf_finish(&second);
}

static const char line_model[] =
	"{\"command\":\"AT+UART\",\"section\":\"1\",\"line\":1,\"title\":\"Line\",\"tags\":["
	"\"uart\"],\n"
	"\"forms\":{\"query\":{\"line\":2,\"syntax\":\"AT+UART?\",\"requirement\":\"UART-1\",\n"
	"\"response\":[\"+UART:<baudrate>,<parity>\"],\"final\":\"OK\"},\n"
	"\"set\":{\"line\":3,\"syntax\":\"AT+UART=<baudrate>,<parity>\",\"requirement\":\"UART-1\","
	"\n"
	"\"response\":[],\"final\":\"OK\",\"effect\":\"uart\",\"volatile\":\"UART-1\"}},\n"
	"\"parameters\":{\"baudrate\":{\"type\":\"integer\",\"typical\":\"115200\",\"other\":"
	"\"9600\",\n"
	"\"tolerance_percent\":3,\"accepts\":\"UART-1\"},\n"
	"\"parity\":{\"type\":\"integer\",\"values\":{\"0\":\"no\",\"2\":\"even\"},\"typical\":"
	"\"0\"}},\n"
	"\"requirements\":[{\"id\":\"UART-1\",\"line\":1,\"grade\":\"stated\",\"text\":\"All.\"}]}"
	"\n";

Test(spec_derive, a_line_format_is_followed_and_needs_a_bench_for_it)
{
	files_write(&files, "fam/uart.json", line_model);
	struct buf list = { 0 };
	list_cases(&list, "set_baudrate_accepts_9600");
	list_cases(&list, "set_is_lost");
	expect_text(buf_text(&list),
		"set_baudrate_accepts_9600 UART-1 #uart needs:baudrate:9600 :6\n"
		"  AT+UART? | +UART:<baudrate>,<parity> | OK baudrate>before.baudrate "
		"parity>before.parity\n"
		"  AT+UART=9600,0 | OK uart\n"
		"  AT+UART={before.baudrate},{before.parity} | OK cleanup uart\n"
		"set_is_lost_at_restart UART-1 #uart needs:baudrate:9600 :4\n"
		"  AT+UART? | +UART:<baudrate>,<parity> | OK baudrate>before.baudrate "
		"parity>before.parity\n"
		"  AT+UART=9600,0 | OK uart\n"
		"  RESTART uart\n"
		"  AT+UART? | +UART:<baudrate>,<parity> | OK baudrate={before.baudrate} "
		"parity={before.parity}\n"
		"  AT+UART={before.baudrate},{before.parity} | OK cleanup if-deviated uart\n");
	buf_finish(&list);
}

static const char stored_model[] =
	"{\"command\":\"AT+KEEP\",\"section\":\"1\",\"line\":1,\"title\":\"Keep\",\n"
	"\"forms\":{\"query\":{\"line\":2,\"syntax\":\"AT+KEEP?\",\"requirement\":\"KEEP-1\",\n"
	"\"response\":[\"+KEEP:<level>\"],\"final\":\"OK\"},\n"
	"\"set\":{\"line\":3,\"syntax\":\"AT+KEEP=<level>\",\"requirement\":\"KEEP-1\",\"final\":"
	"\"OK\",\n"
	"\"stored\":\"nvs\",\"destructive\":true,\"response\":[]}},\n"
	"\"parameters\":{\"level\":{\"type\":\"integer\",\"min\":0,\"max\":9,\"typical\":\"1\",\n"
	"\"refuses\":\"KEEP-1\"}},\n"
	"\"requirements\":[{\"id\":\"KEEP-1\",\"line\":1,\"grade\":\"stated\",\"text\":\"All.\"}]}"
	"\n";

/* Refused ones too: a module may take them. */
Test(spec_derive, what_a_case_sends_makes_its_tags)
{
	files_write(&files, "fam/keep.json", stored_model);
	struct buf list = { 0 };
	list_cases(&list, "query");
	list_cases(&list, "set_level_refuses_10");
	expect_text(buf_text(&list), "query_answers_as_documented KEEP-1 :2\n"
				     "  AT+KEEP? | +KEEP:<level> | OK\n"
				     "set_level_refuses_10 KEEP-1 #nvs #destructive :6\n"
				     "  AT+KEEP? | +KEEP:<level> | OK level>before.level\n"
				     "  AT+KEEP=10 | ERROR\n"
				     "  AT+KEEP? | +KEEP:<level> | OK level={before.level}\n"
				     "  AT+KEEP={before.level} | OK cleanup if-deviated\n");
	buf_finish(&list);
}

static const char plain_model[] =
	"{\"command\":\"ATZ\",\"section\":\"1\",\"line\":1,\"title\":\"Z\",\"needs\":[\"radio\"],\n"
	"\"forms\":{\"execute\":{\"line\":2,\"syntax\":\"ATZ<mode>\",\"requirement\":\"ATZ-1\",\n"
	"\"response\":[\"<mode>\"],\"final\":\"OK\"}},\n"
	"\"parameters\":{\"mode\":{\"type\":\"integer\",\"values\":{\"0\":\"a\",\"1\":\"b\"},\n"
	"\"typical\":\"1\",\"accepts\":\"ATZ-1\",\"refuses\":\"ATZ-1\"}},\n"
	"\"requirements\":[{\"id\":\"ATZ-1\",\"line\":1,\"grade\":\"stated\",\"text\":\"All.\"}]}"
	"\n";

Test(spec_derive, without_a_query_the_typical_value_is_left_behind)
{
	files_write(&files, "fam/atz.json", plain_model);
	struct buf list = { 0 };
	list_cases(&list, "");
	expect_text(buf_text(&list), "execute_answers_as_documented ATZ-1 needs:radio :2\n"
				     "  ATZ1 | <mode> | OK\n"
				     "execute_mode_accepts_0 ATZ-1 needs:radio :4\n"
				     "  ATZ0 | <mode> | OK\n"
				     "  ATZ1 | <mode> | OK cleanup\n"
				     "execute_mode_accepts_1 ATZ-1 needs:radio :4\n"
				     "  ATZ1 | <mode> | OK\n"
				     "execute_mode_refuses_minus_1 ATZ-1 needs:radio :4\n"
				     "  ATZ-1 | ERROR\n"
				     "  ATZ1 | <mode> | OK cleanup if-deviated\n"
				     "execute_mode_refuses_2 ATZ-1 needs:radio :4\n"
				     "  ATZ2 | ERROR\n"
				     "  ATZ1 | <mode> | OK cleanup if-deviated\n");
	buf_finish(&list);
}

static const char undo_model[] =
	"{\"command\":\"AT+BACK\",\"section\":\"1\",\"line\":1,\"title\":\"Back\",\"restarts\":"
	"true,\n"
	"\"forms\":{\"execute\":{\"line\":2,\"syntax\":\"AT+BACK\",\"requirement\":\"BACK-1\",\n"
	"\"response\":[],\"final\":\"OK\",\"undo\":\"AT+BACK\"},\n"
	"\"query\":{\"line\":2,\"syntax\":\"AT+BACK?\",\"requirement\":\"BACK-1\",\n"
	"\"response\":[\"<now>,<shown>\"],\"final\":\"OK\"},\n"
	"\"set\":{\"line\":2,\"syntax\":\"AT+BACK=[<a>,]<b>\",\"requirement\":\"BACK-1\",\n"
	"\"response\":[],\"final\":\"OK\",\"omitted\":\"BACK-2\",\"surplus\":\"BACK-1\"}},\n"
	"\"parameters\":{\"a\":{\"type\":\"mac\",\"typical\":\"1a:00:00:00:00:01\",\"put_back\":"
	"\"shown\"},\n"
	"\"b\":{\"type\":\"hex\",\"typical\":\"0f\",\"put_back\":\"shown\"},\n"
	"\"now\":{\"type\":\"integer\",\"moving\":true},\"shown\":{\"type\":\"text\"}},\n"
	"\"requirements\":[{\"id\":\"BACK-1\",\"line\":1,\"grade\":\"stated\",\"text\":\"A.\"},\n"
	"{\"id\":\"BACK-2\",\"line\":1,\"grade\":\"stated\",\"text\":\"B.\"}]}\n";

Test(spec_derive, what_can_be_undone_is_undone)
{
	files_write(&files, "fam/back.json", undo_model);
	struct buf list = { 0 };
	list_cases(&list, "execute");
	list_cases(&list, "set");
	expect_text(buf_text(&list),
		"execute_answers_as_documented BACK-1 :2\n"
		"  AT+BACK | OK restarts\n"
		"  AT+BACK | OK cleanup restarts\n"
		"set_answers_as_documented BACK-1 :6\n"
		"  AT+BACK? | <now>,<shown> | OK shown>before.shown\n"
		"  AT+BACK=\"1a:00:00:00:00:01\",0f | OK restarts\n"
		"  AT+BACK=\"{before.shown}\",{before.shown} | OK cleanup restarts\n"
		"set_with_1_parameter_answers_as_documented BACK-2 :6\n"
		"  AT+BACK? | <now>,<shown> | OK shown>before.shown\n"
		"  AT+BACK=0f | OK restarts\n"
		"  AT+BACK=\"{before.shown}\",{before.shown} | OK cleanup restarts\n"
		"set_with_surplus_parameter_is_refused BACK-1 :6\n"
		"  AT+BACK? | <now>,<shown> | OK shown>before.shown\n"
		"  AT+BACK=\"1a:00:00:00:00:01\",0f,1 | ERROR\n"
		"  AT+BACK? | <now>,<shown> | OK shown={before.shown}\n"
		"  AT+BACK=\"{before.shown}\",{before.shown} | OK cleanup if-deviated restarts\n");
	buf_finish(&list);
}

/* Every name of the project's own cases is a Criterion test name, and comes once. */
Test(spec_derive, names_of_all_cases_are_words_and_unique)
{
	struct spec spec;
	struct error error = { 0 };
	const char *const dirs[] = { SUITES, NULL };
	cr_assert_eq(spec_load(&spec, dirs, &error), 0, "%s", error_text(&error));
	for (size_t i = 0; i < spec.command_count; i++) {
		struct derived d;
		cr_assert_eq(derive_command(&d, &spec, &spec.commands[i], &error), 0);
		for (size_t j = 0; j < d.count; j++) {
			const char *name = d.cases[j].name;
			cr_expect_eq(name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_"
						       "ABCDEFGHIJKLMNOPQRSTUVWXYZ")],
				'\0', "%s", name);
			cr_expect_gt(d.cases[j].step_count, 0);
			for (size_t k = 0; k < j; k++)
				cr_expect_str_neq(d.cases[k].name, name);
		}
		derived_finish(&d);
	}
	spec_finish(&spec);
}

static const char *look_up(void *user, const char *name)
{
	(void)user;
	return strcmp(name, "before.name") == 0 ? "a,\"b\\" : strcmp(name, "n") == 0 ? "7" : NULL;
}

Test(spec_derive, remembered_values_are_put_in)
{
	struct buf out = { 0 };
	cr_expect_eq(derive_expand(&out, "AT+X={n},\"{before.name}\",{n}", look_up, NULL), 0);
	cr_expect_str_eq(buf_text(&out), "AT+X=7,\"a\\,\\\"b\\\\\",7");
	buf_clear(&out);
	cr_expect_eq(derive_expand(&out, "{} { {", look_up, NULL), 0);
	cr_expect_str_eq(buf_text(&out), "{} { {");
	cr_expect_eq(derive_expand(&out, "{other}", look_up, NULL), -1);
	buf_finish(&out);
}

Test(spec_derive, values_are_the_same_within_the_tolerance)
{
	cr_expect(derive_same("115201", "115200", 3));
	cr_expect(derive_same("111744", "115200", 3));
	cr_expect_not(derive_same("111743", "115200", 3));
	cr_expect_not(derive_same("115201", "115200", 0));
	cr_expect(derive_same("abc", "abc", 0));
	cr_expect_not(derive_same("abc", "abd", 50));
	cr_expect(derive_same("-97", "-100", 3));
}

static const char setup_model[] =
	"{\"command\":\"AT+NET\",\"section\":\"1\",\"line\":1,\"title\":\"Net\",\n"
	"\"setup\":[\"AT+MODE=1\"],\"teardown\":[\"AT+MODE=0\"],\n"
	"\"forms\":{\"query\":{\"line\":2,\"syntax\":\"AT+NET?\",\"requirement\":\"NET-1\",\n"
	"\"response\":[\"+NET:<name>\"],\"final\":\"OK\",\"unscored\":{\"answers\":\"no\"}},\n"
	"\"set\":{\"line\":3,\"syntax\":\"AT+NET=<name>\",\"requirement\":\"NET-1\",\n"
	"\"response\":[],\"final\":\"OK\",\"restored\":\"NET-1\",\"timeout\":\"join\",\n"
	"\"setup\":[\"AT+SEE=\\\"{network.twin.ssid}\\\"\"],\"teardown\":[\"AT+UNSEE\"]}},\n"
	"\"parameters\":{\"name\":{\"type\":\"string\",\"min_bytes\":1,\"max_bytes\":2,\n"
	"\"typical\":\"{network.wrong_password}\",\"other\":\"b\",\"accepts\":\"NET-1\",\n"
	"\"value_needs\":{\"b\":[\"radio\"]}}},\n"
	"\"requirements\":[{\"id\":\"NET-1\",\"line\":1,\"grade\":\"stated\",\"text\":\"All.\"}]}"
	"\n";

#define NET_NEEDS  " needs:access_point"
#define NET_SETUP  "  AT+MODE=1 | OK setup\n  AT+SEE=\"{network.twin.ssid}\" | OK setup\n"
#define NET_BEFORE "  AT+NET? | +NET:<name> | OK name>before.name\n"
#define NET_BACK   "  AT+NET=\"{before.name}\" | OK cleanup\n"
#define NET_END    "  AT+UNSEE | OK setup cleanup\n  AT+MODE=0 | OK setup cleanup\n"

Test(spec_derive, setup_and_teardown_stand_round_each_case)
{
	files_write(&files, "fam/net.json", setup_model);
	struct buf list = { 0 };
	list_cases(&list, "query_answers");
	list_cases(&list, "set_answers");
	list_cases(&list, "set_name_accepts_2_bytes");
	list_cases(&list, "set_name_accepts_b");
	list_cases(&list, "restore");
	expect_text(buf_text(&list),
		"set_answers_as_documented NET-1 needs:twin" NET_NEEDS " :5\n" NET_SETUP NET_BEFORE
		"  AT+NET=\"{network.wrong_password}\" | OK\n" NET_BACK NET_END
		"set_name_accepts_2_bytes NET-1 needs:twin :8\n" NET_SETUP NET_BEFORE
		"  AT+NET=\"aa\" | OK\n" NET_BACK NET_END
		"set_name_accepts_b NET-1 needs:radio needs:twin :8\n" NET_SETUP NET_BEFORE
		"  AT+NET=\"b\" | OK\n" NET_BACK NET_END
		"restore_brings_factory_value_back NET-1 #nvs #destructive needs:radio needs:twin "
		":5\n  RESTORE\n" NET_SETUP NET_BEFORE "  AT+NET=\"b\" | OK\n  RESTORE\n" NET_SETUP
		"  AT+NET? | +NET:<name> | OK name={before.name}\n" NET_END);
	buf_finish(&list);
}

Test(spec_derive, addresses_are_the_same_in_either_case)
{
	cr_expect(derive_same("02:00:5E:00:00:0a", "02:00:5e:00:00:0A", 0));
	cr_expect(!derive_same("02:00:5E:00:00:0a", "02:00:5e:00:00:0b", 0));
	cr_expect(!derive_same("abc", "ABC", 0));
}
