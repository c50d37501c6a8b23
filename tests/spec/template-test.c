/* SPDX-License-Identifier: MIT */
/* Line templates: types, quotes, options, patterns, and lines that nobody should have sent. */
#include "base/buf.h"
#include "spec-files.h"
#include "spec/template.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const char *none[] = { NULL };
static const char *modes[] = { "0", "1", "3" };
static struct parameter parameters[] = {
	{ .name = "rate", .type = PARAM_INTEGER, .bounded = true, .min = 80, .max = 5000000 },
	{ .name = "near",
		.type = PARAM_INTEGER,
		.bounded = true,
		.min = 80,
		.max = 1000,
		.tolerance_percent = 3 },
	{ .name = "mode", .type = PARAM_INTEGER, .values = modes, .value_count = 3 },
	{ .name = "any", .type = PARAM_INTEGER },
	{ .name = "ssid", .type = PARAM_STRING, .bounded = true, .min = 1, .max = 8 },
	{ .name = "mac", .type = PARAM_MAC },
	{ .name = "ip", .type = PARAM_IP },
	{ .name = "code", .type = PARAM_HEX },
	{ .name = "text", .type = PARAM_TEXT },
};
static const struct command command = {
	.name = "AT+X",
	.parameters = parameters,
	.parameter_count = sizeof(parameters) / sizeof(parameters[0]),
	.tags = none,
	.needs = none,
};

static bool fits(const char *template, const char *line, const char **why)
{
	struct error error = { 0 };
	struct template *t = template_create(template, &command, &error);
	cr_assert_not_null(t, "%s", error_text(&error));
	bool fit = template_match(t, line, strlen(line), why);
	template_destroy(t);
	return fit;
}

Test(spec_template, lines_fit_their_templates)
{
	static const struct {
		const char *template, *line;
		bool fits;
	} cases[] = {
		{ "OK", "OK", true },
		{ "OK", "OK ", false },
		{ "OK", "O", false },
		{ "+X:<rate>", "+X:115200", true },
		{ "+X:<rate>", "+X:80", true },
		{ "+X:<rate>", "+X:79", false },
		{ "+X:<rate>", "+X:5000001", false },
		{ "+X:<rate>", "+X:", false },
		{ "+X:<rate>", "+X: 115200", false },
		{ "+X:<rate>", "+X:115200\r", false },
		{ "+X:<rate>", "+X:\"115200\"", false },
		{ "+X:<rate>", "+X:99999999999999999999", false },
		{ "+X:<near>", "+X:1030", true },
		{ "+X:<near>", "+X:1031", false },
		{ "+X:<near>", "+X:78", true },
		{ "+X:<near>", "+X:77", false },
		{ "+X:<mode>,<any>", "+X:3,-5", true },
		{ "+X:<mode>,<any>", "+X:2,-5", false },
		{ "+X:<mode>,<any>", "+X:3", false },
		{ "+X:<mode>[,<any>]", "+X:3", true },
		{ "+X:<mode>[,<any>]", "+X:3,7", true },
		{ "+X:<mode>[,<any>]", "+X:3,7,8", false },
		{ "+X:[<any>,]<mode>", "+X:7,1", true },
		{ "+X:[<any>,]<mode>", "+X:1", true },
		{ "+X:<mode>[,<any>[,<any>]]", "+X:1,2,3", true },
		{ "+X:<ssid>", "+X:\"a,b\"", true },
		{ "+X:<ssid>", "+X:abc", true },
		{ "+X:<ssid>", "+X:a,b", false },
		{ "+X:<ssid>", "+X:\"\"", false },
		{ "+X:<ssid>", "+X:\"a\\\"b\"", true },
		{ "+X:<ssid>", "+X:\"123456789\"", false },
		{ "+X:\"<ssid>\"", "+X:\"abc\"", true },
		{ "+X:\"<ssid>\"", "+X:abc", false },
		{ "+X:<mac>", "+X:\"aA:00:11:22:33:44\"", true },
		{ "+X:<mac>", "+X:aA:00:11:22:33:44", true },
		{ "+X:<mac>", "+X:aA:00:11:22:33", false },
		{ "+X:<mac>", "+X:aA:00:11:22:33:44:55", false },
		{ "+X:<ip>", "+X:192.168.4.1", true },
		{ "+X:<ip>", "+X:\"192.168.4.1\"", true },
		{ "+X:<ip>", "+X:\"192.168.4.1", false },
		{ "+X:<ip>", "+X:192.168.4.256", false },
		{ "+X:<ip>", "+X:192.168.4", false },
		{ "ERR CODE:0x<code>", "ERR CODE:0x01090000", true },
		{ "ERR CODE:0x<code>", "ERR CODE:0x", false },
		{ "AT version:<text>", "AT version:2.0 (a, b)", true },
		{ "<text> <text> <text>", "a b c", true },
		{ "<text> <text> <text>", "a b", false },
		{ "+X.*:<any>(", "+X.*:1(", true },
		{ "+X.*:<any>(", "+Xaa:1(", false },
		{ "\\<any\\>\\[<any>\\]", "<any>[1]", true },
		{ "re:\\+X:(?<n>\\d+)", "+X:12", true },
		{ "re:\\+X:(?<n>\\d+)", "+X:12 ", false },
		{ "re:A|AB", "AB", true },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_expect_eq(fits(cases[i].template, cases[i].line, NULL), cases[i].fits,
			"\"%s\" %s \"%s\"", cases[i].line, cases[i].fits ? "does not fit" : "fits",
			cases[i].template);
}

Test(spec_template, fields_come_without_quotes)
{
	struct error error = { 0 };
	struct template *t = template_create("+X:<ssid>,<mode>[,<any>]", &command, &error);
	cr_assert_not_null(t);
	cr_expect_null(template_field(t, "ssid"));
	cr_assert(template_match(t, "+X:\"a,b\",1,-7", 13, NULL));
	cr_expect_str_eq(template_field(t, "ssid"), "a,b");
	cr_expect_str_eq(template_field(t, "any"), "-7");
	cr_expect_null(template_field(t, "rate"));
	cr_assert(template_match(t, "+X:q,0", 6, NULL));
	cr_expect_str_eq(template_field(t, "ssid"), "q");
	cr_expect_null(template_field(t, "any"));
	cr_expect_not(template_match(t, "+X:q,2", 6, NULL));
	cr_expect_null(template_field(t, "ssid"));
	cr_expect_str_eq(template_field_name(t, 0), "ssid");
	cr_expect_str_eq(template_field_name(t, 2), "any");
	cr_expect_null(template_field_name(t, 3));
	template_destroy(t);
}

Test(spec_template, a_difference_is_named)
{
	const char *why = "";
	cr_expect_not(fits("+X:<mode>,<rate>", "+X:1,79", &why));
	cr_expect_str_eq(why, "<rate> \"79\" 79 is below 80");
	cr_expect_not(fits("+X:<mode>", "+X:2", &why));
	cr_expect_str_eq(why, "<mode> \"2\" is not one of the 3 listed values");
	cr_expect_not(fits("OK", "no", &why));
	cr_expect_str_eq(why, "does not fit the template");
}

Test(spec_template, without_a_command_fields_are_free_text)
{
	struct error error = { 0 };
	struct template *t = template_create("<link_id>,CONNECT", NULL, &error);
	cr_assert(template_match(t, "0,CONNECT", 9, NULL));
	cr_expect_str_eq(template_field(t, "link_id"), "0");
	cr_expect_not(template_match(t, "0,CONNECTED", 11, NULL));
	template_destroy(t);
}

Test(spec_template, broken_ones_are_refused)
{
	static const char *const broken[] = { "<", "<a", "<A>", "<>", "a]", "[a", "[]", "re:(",
		"re:[", "re:\\C", "[[[[[[[[[[[[[[[[[[a]]]]]]]]]]]]]]]]]]",
		"<a23456789b123456789c123456789d12>" };
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		struct error error = { 0 };
		cr_expect_null(template_create(broken[i], &command, &error), "%s", broken[i]);
		cr_expect_neq(error.text[0], '\0', "%s", broken[i]);
	}
}

/* Firmware may send anything: the matcher has to come to an end, soon. */
Test(spec_template, hostile_lines_end_soon, .timeout = 20)
{
	static const char *const templates[] = { "<text>,<text>,<text>,<text>;",
		"+X:<ssid>,<ssid>,", "[<text>,][<text>,][<text>,]<text>;", "re:(a+)+$b",
		"re:(.*)*x", "\"<ssid>\",\"<ssid>\"" };
	static const char fillings[] = { ',', 'a', '"', '\\', '\0', '\xff' };
	enum { LEN = 8192 };
	char *line = malloc(LEN);
	for (size_t i = 0; i < sizeof(templates) / sizeof(templates[0]); i++) {
		struct error error = { 0 };
		struct template *t = template_create(templates[i], &command, &error);
		cr_assert_not_null(t, "%s", error_text(&error));
		for (size_t j = 0; j < sizeof(fillings); j++) {
			memset(line, fillings[j], LEN);
			cr_expect_not(template_match(t, line, LEN, NULL), "%s", templates[i]);
		}
		template_destroy(t);
	}
	free(line);
}

Test(spec_template, bytes_count_not_characters)
{
	struct error error = { 0 };
	struct template *t = template_create("+X:<text>", &command, &error);
	cr_expect(template_match(t, "+X:a\0b\xff", 7, NULL));
	template_destroy(t);
	t = template_create("OK", &command, &error);
	cr_expect_not(template_match(t, "OK\0", 3, NULL));
	template_destroy(t);
}
