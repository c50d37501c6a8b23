/* SPDX-License-Identifier: MIT */
/* Recorded exchanges against the model in spec-files.c. */
#include "spec-files.h"
#include "spec/judge.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct files files;
static struct spec spec;
static const char *deviations[] = { "TEST-D1", NULL };
static const char *none[] = { NULL };
static const char *noise[] = { "I (*", NULL };
static struct profile plain = { .deviations = none, .absent = none, .noise = none };
static struct profile known = { .deviations = deviations, .absent = none, .noise = noise };

static void make(void)
{
	files_make(&files);
	files_write(&files, "fam/test.json", files_model);
	files_load(&files, &spec);
}

static void remove_files(void)
{
	spec_finish(&spec);
	files_remove(&files);
}

TestSuite(spec_judge, .init = make, .fini = remove_files);

static const char *const words[] = { "conforms", "deviates", "breaks", "unscored", "unknown" };

/* `response`: lines with '|' between them, the final result last. */
static void expect(const struct profile *profile, const char *command, const char *response,
	enum judgement judgement, const char *id)
{
	const char *lines[16];
	size_t count = 0;
	char *copy = strdup(response), *rest = copy;
	for (char *line; count < 16 && (line = strsep(&rest, "|"));)
		lines[count++] = line;
	struct judged judged;
	judge_exchange(&judged, &spec, profile,
		&(struct exchange){ command, lines, count - 1, lines[count - 1] });
	cr_expect(judged.judgement == judgement && strcmp(judged.id, id) == 0,
		"%s -> %s: %s %s (%s), expected %s %s", command, response, words[judged.judgement],
		judged.id, judged.why, words[judgement], id);
	free(copy);
}

Test(spec_judge, good_commands_are_answered_as_documented)
{
	expect(&plain, "AT+TEST?", "+TEST:3,\"x\",1|OK", JUDGED_CONFORMS, "TEST-1");
	expect(&plain, "AT+TEST?", "+TEST:3,\"x\",2|OK", JUDGED_BREAKS, "TEST-1");
	expect(&plain, "AT+TEST?", "OK", JUDGED_BREAKS, "TEST-1");
	expect(&plain, "AT+TEST?", "ERROR", JUDGED_BREAKS, "TEST-1");
	expect(&plain, "AT+TEST=5", "OK", JUDGED_CONFORMS, "TEST-2");
	expect(&plain, "AT+TEST=5", "surprise|OK", JUDGED_BREAKS, "TEST-2");
	expect(&plain, "AT+TEST=5", "ERROR", JUDGED_BREAKS, "TEST-2");
	expect(&plain, "AT+TEST=5", "", JUDGED_BREAKS, "TEST-2");
	expect(&plain, "AT+TEST=5,\"a\\,b\",3", "OK", JUDGED_CONFORMS, "TEST-2");
	expect(&plain, "AT+TEST=5,\"a\\\"\\\\\",3", "OK", JUDGED_CONFORMS, "TEST-2");
}

Test(spec_judge, bad_parameters_are_refused)
{
	expect(&plain, "AT+TEST=0", "ERROR", JUDGED_CONFORMS, "TEST-8");
	expect(&plain, "AT+TEST=0", "OK", JUDGED_BREAKS, "TEST-8");
	expect(&plain, "AT+TEST=10", "OK", JUDGED_BREAKS, "TEST-8");
	expect(&plain, "AT+TEST=\"5\"", "OK", JUDGED_BREAKS, "TEST-8");
	expect(&plain, "AT+TEST=x", "ERR CODE:0x01050000|ERROR", JUDGED_CONFORMS, "TEST-8");
	expect(&plain, "AT+TEST=x", "sorry|ERROR", JUDGED_BREAKS, "TEST-8");
	expect(&plain, "AT+TEST=", "OK", JUDGED_BREAKS, "TEST-3");
	expect(&plain, "AT+TEST=5,\"ab\"", "OK", JUDGED_BREAKS, "TEST-3");
	expect(&plain, "AT+TEST=5,\"ab\",1,1", "OK", JUDGED_BREAKS, "TEST-3");
	expect(&plain, "AT+TEST=,\"ab\",1", "OK", JUDGED_BREAKS, "TEST-3");
	expect(&plain, "AT+TEST=5,\"abcde\",1", "OK", JUDGED_BREAKS, "TEST-8");
	expect(&plain, "AT+TEST=5,ab,1", "OK", JUDGED_BREAKS, "TEST-8");
	expect(&plain, "AT+TEST=5,\"ab\",2", "OK", JUDGED_BREAKS, "TEST-8");
}

Test(spec_judge, what_the_document_does_not_say_is_not_scored)
{
	expect(&plain, "AT+TEST", "OK", JUDGED_UNSCORED, "");
	expect(&plain, "AT+TEST=?", "+TEST:(1-9)|OK", JUDGED_UNSCORED, "");
	expect(&plain, "at+test?", "ERROR", JUDGED_UNSCORED, "");
	expect(&plain, "AT+TEST=5,,1", "ERROR", JUDGED_UNSCORED, "");
	expect(&plain, "AT+TEST=5,\"ab\",\"1\"", "OK", JUDGED_UNSCORED, "");
	expect(&plain, "AT+TEST=5,\"a,b\",1", "ERROR", JUDGED_UNSCORED, "");
	expect(&plain, "AT+TEST=5,\"ab", "ERROR", JUDGED_CONFORMS, "TEST-3");
	expect(&plain, "AT+FAKE", "ERROR", JUDGED_UNKNOWN, "");
	expect(&plain, "AT +TEST?", "ERROR", JUDGED_UNKNOWN, "");
	expect(&plain, "", "ERROR", JUDGED_UNKNOWN, "");
	const char *absent[] = { "AT+TEST", NULL };
	struct profile without = { .deviations = none, .absent = absent, .noise = none };
	expect(&without, "AT+TEST?", "ERROR", JUDGED_UNSCORED, "");
}

Test(spec_judge, known_deviations_are_named_only_by_profiles_that_list_them)
{
	expect(&plain, "AT+TEST?", "+TEST:3|OK", JUDGED_BREAKS, "TEST-1");
	expect(&known, "AT+TEST?", "+TEST:3|OK", JUDGED_DEVIATES, "TEST-D1");
	expect(&known, "AT+TEST?", "+TEST:30|OK", JUDGED_BREAKS, "TEST-1");
	expect(&known, "AT+TEST?", "+TEST:3,\"x\",1|OK", JUDGED_CONFORMS, "TEST-1");
	expect(&known, "AT+TEST?", "I (42) wifi|+TEST:3,\"x\",1|OK", JUDGED_CONFORMS, "TEST-1");
	expect(&plain, "AT+TEST?", "I (42) wifi|+TEST:3,\"x\",1|OK", JUDGED_BREAKS, "TEST-1");
	expect(NULL, "AT+TEST?", "+TEST:3|OK", JUDGED_BREAKS, "TEST-1");
}

static const char open_model[] =
	"{\"command\":\"AT+OPEN\",\"section\":\"1\",\"line\":1,\"title\":\"Open\",\n"
	"\"forms\":{\"set\":{\"line\":2,\"syntax\":\"AT+OPEN=[<link>,]<type>,<port>[,<keep>][,<ip>]"
	"\",\n"
	"\"requirement\":\"OPEN-1\",\"missing\":\"OPEN-2\",\"surplus\":\"OPEN-2\",\"empty\":\"OPEN-"
	"2\",\n"
	"\"responses\":[[\"CONNECT\"],[{\"line\":\"<link>,CONNECT\",\"optional\":true}]],\n"
	"\"final\":\"OK\",\"may_refuse\":true}},\n"
	"\"parameters\":{\n"
	"\"link\":{\"type\":\"integer\",\"min\":0,\"max\":4,\"typical\":\"0\",\"refuses\":\"OPEN-"
	"2\"},\n"
	"\"type\":{\"type\":\"string\",\"values\":{\"TCP\":\"t\",\"UDP\":\"u\"},\"typical\":"
	"\"TCP\",\n"
	"\"refuses\":\"OPEN-2\",\"wrong_type\":\"OPEN-2\"},\n"
	"\"port\":{\"type\":\"integer\",\"min\":1,\"max\":65535,\"typical\":\"80\",\"refuses\":"
	"\"OPEN-2\"},\n"
	"\"keep\":{\"type\":\"integer\",\"typical\":\"0\",\"also_refuses\":[\"-1\"],\"refuses\":"
	"\"OPEN-2\"},\n"
	"\"ip\":{\"type\":\"ip\",\"typical\":\"10.0.0.1\",\"wrong_type\":\"OPEN-2\",\"refuses\":"
	"\"OPEN-2\"}},\n"
	"\"requirements\":[{\"id\":\"OPEN-1\",\"line\":1,\"grade\":\"stated\",\"text\":\"A.\"},\n"
	"{\"id\":\"OPEN-2\",\"line\":1,\"grade\":\"inferred\",\"text\":\"B.\"}]}\n";

Test(spec_judge, optional_parameters_may_stand_on_both_sides)
{
	files_write(&files, "fam/open.json", open_model);
	spec_finish(&spec);
	files_load(&files, &spec);
	expect(&plain, "AT+OPEN=\"TCP\",80", "CONNECT|OK", JUDGED_CONFORMS, "OPEN-1");
	expect(&plain, "AT+OPEN=1,\"TCP\",80", "1,CONNECT|OK", JUDGED_CONFORMS, "OPEN-1");
	expect(&plain, "AT+OPEN=\"TCP\",80,0", "OK", JUDGED_CONFORMS, "OPEN-1");
	expect(&plain, "AT+OPEN=\"TCP\",80,,\"10.0.0.1\"", "OK", JUDGED_CONFORMS, "OPEN-1");
	expect(&plain, "AT+OPEN=1,\"UDP\",80,0,\"10.0.0.1\"", "OK", JUDGED_CONFORMS, "OPEN-1");
	expect(&plain, "AT+OPEN=1,\"UDP\",80,0,\"10.0.0.1\"", "ERROR", JUDGED_UNSCORED, "");
	expect(&plain, "AT+OPEN=\"TCP\",80,77", "ERROR", JUDGED_UNSCORED, "");
	expect(&plain, "AT+OPEN=\"TCP\",80,-1", "OK", JUDGED_BREAKS, "OPEN-2");
	expect(&plain, "AT+OPEN=5,\"TCP\",80", "OK", JUDGED_BREAKS, "OPEN-2");
	expect(&plain, "AT+OPEN=\"SSL\",80", "OK", JUDGED_BREAKS, "OPEN-2");
	expect(&plain, "AT+OPEN=\"TCP\"", "OK", JUDGED_BREAKS, "OPEN-2");
	expect(&plain, "AT+OPEN=\"TCP\",0", "OK", JUDGED_BREAKS, "OPEN-2");
	expect(&plain, "AT+OPEN=1,\"TCP\",80,0,\"10.0.0.256\"", "OK", JUDGED_BREAKS, "OPEN-2");
	expect(&plain, "AT+OPEN=1,\"TCP\",80,0,10.0.0.1", "OK", JUDGED_BREAKS, "OPEN-2");
	expect(&plain, "AT+OPEN=1,\"TCP\",80,0,\"10.0.0.1\",1", "OK", JUDGED_BREAKS, "OPEN-2");
}

Test(spec_judge, what_needs_a_setup_may_be_refused_without_it)
{
	spec_finish(&spec);
	files_write_changed(&files, "\"surplus\": \"TEST-3\",",
		"\"surplus\": \"TEST-3\", \"setup\": [\"AT+MODE=1\"],");
	files_load(&files, &spec);
	expect(&plain, "AT+TEST=5", "ERROR", JUDGED_UNSCORED, "");
	expect(&plain, "AT+TEST=5", "OK", JUDGED_CONFORMS, "TEST-2");
	expect(&plain, "AT+TEST=0", "OK", JUDGED_BREAKS, "TEST-8");
	expect(&plain, "AT+TEST?", "ERROR", JUDGED_BREAKS, "TEST-1");
}
