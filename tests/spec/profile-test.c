/* SPDX-License-Identifier: MIT */
/* Profiles: inheritance, and what must exist in the specification. */
#include "spec-files.h"
#include "spec/profile.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct files files;
static struct spec spec;
static char folder[96];

static void make(void)
{
	files_make(&files);
	files_write(&files, "fam/test.json", files_model);
	files_load(&files, &spec);
	snprintf(folder, sizeof(folder), "%s/profiles", files.dir);
}

static void remove_files(void)
{
	spec_finish(&spec);
	files_remove(&files);
}

TestSuite(spec_profile, .init = make, .fini = remove_files);

static const char *failure(const char *text)
{
	static struct error error;
	error = (struct error){ 0 };
	struct profile profile;
	files_write(&files, "profiles/p.json", text);
	cr_assert_eq(profile_load(&profile, folder, "p", &spec, &error), -1);
	const char *slash = strrchr(error_text(&error), '/');
	return slash ? slash + 1 : error_text(&error);
}

Test(spec_profile, inherits_and_adds)
{
	files_write(&files, "profiles/base.json",
		"{\"profile\":\"base\",\"title\":\"Base\",\"deviations\":[\"TEST-D1\"],"
		"\"noise\":[{\"line\":\"I (*)*\",\"source\":\"log\"}]}");
	files_write(&files, "profiles/next.json",
		"{\"profile\":\"next\",\"title\":\"Next\",\"inherits\":\"base\","
		"\"deviations\":[\"TEST-D1\"],"
		"\"absent\":[{\"command\":\"AT+TEST\",\"source\":\"a thread\"}]}");
	struct profile p;
	struct error error = { 0 };
	cr_assert_eq(profile_load(&p, folder, "next", &spec, &error), 0, "%s", error_text(&error));
	cr_expect_str_eq(p.name, "next");
	cr_expect_str_eq(p.title, "Next");
	cr_expect(profile_has_deviation(&p, "TEST-D1"));
	cr_expect_not(profile_has_deviation(&p, "TEST-D2"));
	cr_expect_null(p.deviations[1]);
	cr_expect_str_eq(p.noise[0], "I (*)*");
	cr_expect(profile_absent(&p, "AT+TEST"));
	profile_finish(&p);
	char path[160];
	snprintf(path, sizeof(path), "%s/base.json", folder);
	cr_assert_eq(profile_load(&p, "/elsewhere", path, &spec, &error), 0);
	cr_expect_not(profile_absent(&p, "AT+TEST"));
	cr_expect_null(p.absent[0]);
	profile_finish(&p);
}

Test(spec_profile, each_mistake_has_its_place)
{
	cr_expect_str_eq(failure("{\"profile\":\"q\",\"title\":\"T\"}"),
		"p.json:1:2: the file of \"q\" must be called q.json");
	cr_expect_str_eq(failure("{\"profile\":\"p\",\n\"title\":\"T\",\"deviation\":[]}"),
		"p.json:2:13: unknown key \"deviation\"");
	cr_expect_str_eq(failure("{\"profile\":\"p\",\"title\":\"T\",\n\"deviations\":[\"TEST-D1\","
				 "\"X-D1\"]}"),
		"p.json:2:25: there is no known deviation \"X-D1\"");
	cr_expect_str_eq(failure("{\"profile\":\"p\",\"title\":\"T\",\n\"absent\":[{\"command\":"
				 "\"AT+NO\",\"source\":\"s\"}]}"),
		"p.json:2:12: there is no command \"AT+NO\"");
	cr_expect_str_eq(
		failure("{\"profile\":\"p\",\"title\":\"T\",\n\"noise\":[{\"line\":\"x\"}]}"),
		"p.json:2:10: key \"source\" is missing");
	cr_expect_str_eq(failure("{\"profile\":\"p\",\"title\":\"T\",\n\"inherits\":\"p\"}"),
		"p.json:2:1: the profile inherits from itself");
	files_write(&files, "profiles/q.json",
		"{\"profile\":\"q\",\"title\":\"T\",\n\n\"inherits\":\"p\"}");
	cr_expect_str_eq(failure("{\"profile\":\"p\",\"title\":\"T\",\n\"inherits\":\"q\"}"),
		"q.json:3:1: the profile inherits from itself");
	cr_expect(strstr(failure("{\"profile\":\"p\",\"title\":\"T\",\n\"inherits\":\"none\"}"),
		"none.json"));
	cr_expect_str_eq(failure("{\"profile\":\"p\",\"title\":\"T\",\n\"inherits\":\"../p\"}"),
		"p.json:2:1: must be the name of a profile beside this one");
}

Test(spec_profile, one_that_is_not_there_is_named)
{
	struct profile p;
	struct error error = { 0 };
	cr_expect_eq(profile_load(&p, "/nonexistent", "what", &spec, &error), -1);
	cr_expect_str_eq(
		error_text(&error), "there is no profile \"what\" (/nonexistent/what.json)");
}

Test(spec_profile, the_projects_own_are_good)
{
	static const char *const names[] = { "esp8266-at", "esp8266-at-field",
		"esp-at-2.0.0-esp32" };
	struct spec own;
	struct error error = { 0 };
	const char *const dirs[] = { SUITES, NULL };
	cr_assert_eq(spec_load(&own, dirs, &error), 0, "%s", error_text(&error));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct profile p;
		cr_expect_eq(profile_load(&p, FIXTURES "/profiles", names[i], &own, &error), 0,
			"%s", error_text(&error));
		profile_finish(&p);
	}
	spec_finish(&own);
}
