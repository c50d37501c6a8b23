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

Test(spec_profile, a_later_release_leaves_out_what_it_mended)
{
	files_write(&files, "profiles/base.json",
		"{\"profile\":\"base\",\"title\":\"Base\",\"deviations\":[\"TEST-D1\"],"
		"\"absent\":[{\"command\":\"AT+TEST\",\"source\":\"a thread\"}]}");
	files_write(&files, "profiles/next.json",
		"{\"profile\":\"next\",\"title\":\"Next\",\"inherits\":\"base\","
		"\"without\":[\"TEST-D1\",\"AT+TEST\"]}");
	struct profile p;
	struct error error = { 0 };
	cr_assert_eq(profile_load(&p, folder, "next", &spec, &error), 0, "%s", error_text(&error));
	cr_expect_null(p.deviations[0]);
	cr_expect_null(p.absent[0]);
	profile_finish(&p);
	cr_expect_str_eq(failure("{\"profile\":\"p\",\"title\":\"T\",\"inherits\":\"base\",\n"
				 "\"without\":[\"TEST-D2\"]}"),
		"p.json:2:12: \"TEST-D2\" is no deviation and no absent command that is inherited");
	cr_expect_str_eq(failure("{\"profile\":\"p\",\"title\":\"T\",\"inherits\":\"base\",\n"
				 "\"without\":[\"TEST-D1\",\"TEST-D1\"]}"),
		"p.json:2:22: \"TEST-D1\" is no deviation and no absent command that is inherited");
}

/* Patterns fit whole lines, in any order; all of an entry have to. */
Test(spec_profile, knows_its_firmware)
{
	files_write(&files, "profiles/a.json",
		"{\"profile\":\"a\",\"title\":\"A\",\"firmware\":[{\"lines\":[\"AT "
		"version:1\\\\..*\","
		"\"Bin .*8266\"],\"source\":\"s\"},{\"lines\":[\"special\"],\"source\":\"s\"}]}");
	files_write(&files, "profiles/b.json",
		"{\"profile\":\"b\",\"title\":\"B\",\"inherits\":\"a\"}");
	files_write(&files, "profiles/c.json",
		"{\"profile\":\"c\",\"title\":\"C\",\"inherits\":\"a\",\"firmware\":[{\"lines\":"
		"[\"AT version:1\\\\.2.*\"],\"source\":\"s\"}]}");
	static const struct {
		const char *lines[4];
		int count;
		const char *first, *second;
	} all[] = {
		{ { "AT version:1.1(x)", "SDK", "Bin 8266" }, 1, "a", "" },
		{ { "AT version:1.1(x)", "SDK", "Bin 32" }, 0, "", "" },
		{ { "AT version:1.2(x)", "Bin 32" }, 1, "c", "" },
		{ { "Bin 8266", "AT version:1.2" }, 2, "a", "c" },
		{ { "special" }, 1, "a", "" },
		{ { "rather special" }, 0, "", "" },
		{ { NULL }, 0, "", "" },
	};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		char names[PROFILE_NAMES][PROFILE_NAME_SIZE] = { 0 };
		struct error error = { 0 };
		cr_expect_eq(profile_detect(folder, all[i].lines, names, &error), all[i].count,
			"%zu: %s", i, error_text(&error));
		cr_expect_str_eq(names[0], all[i].first);
		cr_expect_str_eq(names[1], all[i].second);
	}
}

Test(spec_profile, mistakes_about_firmware_have_their_place)
{
	cr_expect_str_eq(failure("{\"profile\":\"p\",\"title\":\"T\",\n\"firmware\":[{\"lines\":"
				 "[],\"source\":\"s\"}]}"),
		"p.json:2:14: at least one pattern");
	cr_expect(strstr(failure("{\"profile\":\"p\",\"title\":\"T\",\n\"firmware\":[{\"lines\":"
				 "[\"a(\"],\"source\":\"s\"}]}"),
		"p.json:2:23: "));
	cr_expect_str_eq(failure("{\"profile\":\"p\",\"title\":\"T\",\n\"firmware\":[{\"lines\":"
				 "[\"a\"]}]}"),
		"p.json:2:13: key \"source\" is missing");
	char names[PROFILE_NAMES][PROFILE_NAME_SIZE];
	struct error error = { 0 };
	cr_expect_eq(profile_detect(folder, (const char *const[]){ "a", NULL }, names, &error), -1);
	cr_expect(strstr(error_text(&error), "p.json:2:13"));
	files_write(&files, "profiles/auto.json", "{\"profile\":\"auto\",\"title\":\"T\"}");
	struct profile p;
	error = (struct error){ 0 };
	cr_expect_eq(profile_load(&p, folder, "auto", &spec, &error), -1);
	cr_expect(strstr(error_text(&error), "auto.json:1:2: \"auto\" asks the module"), "%s",
		error_text(&error));
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
	static const char *const names[] = { "esp8266-at", "esp8266-at-field", "esp-at-2.0.0-esp32",
		"esp8266-at-2.0", "esp8266-at-2.1", "esp8266-at-2.2" };
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
