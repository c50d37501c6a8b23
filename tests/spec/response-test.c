/* SPDX-License-Identifier: MIT */
/* Whole responses: order, repetition, options, alternatives. */
#include "spec-files.h"
#include "spec/response.h"

#include <criterion/criterion.h>

static struct response_line list_lines[] = {
	{ .text = "STATUS:<stat>" },
	{ .text = "+LINK:<id>,<type>", .repeat = true },
	{ .text = "end", .optional = true },
};
static struct response_line bare_lines[] = { { .text = "none" } };
static struct response alternatives[] = { { list_lines, 3 }, { bare_lines, 1 } };

static bool fits(
	const char **why, struct response_fields *fields, size_t count, const char *const *lines)
{
	return response_match(alternatives, 2, NULL, lines, count, fields, why);
}

#define LINES(...)                                                                                 \
	sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *), (const char *const[])       \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}

Test(spec_response, order_repetition_and_options)
{
	const char *why;
	cr_expect(fits(&why, NULL, LINES("STATUS:2")));
	cr_expect(fits(&why, NULL, LINES("STATUS:2", "+LINK:0,TCP")));
	cr_expect(fits(&why, NULL, LINES("STATUS:2", "+LINK:0,TCP", "+LINK:1,UDP", "end")));
	cr_expect(fits(&why, NULL, LINES("STATUS:2", "end")));
	cr_expect(fits(&why, NULL, LINES("none")));
	cr_expect_not(fits(&why, NULL, LINES("none", "none")));
	cr_expect_not(fits(&why, NULL, LINES("+LINK:0,TCP", "STATUS:2")));
	cr_expect_str_eq(
		why, "\"+LINK:0,TCP\" is not \"STATUS:<stat>\": does not fit the template");
	cr_expect_not(fits(&why, NULL, LINES("STATUS:2", "end", "+LINK:0,TCP")));
	cr_expect_str_eq(why, "the line \"+LINK:0,TCP\" is not expected");
	cr_expect_not(fits(&why, NULL, 0, NULL));
	cr_expect_str_eq(why, "the line \"STATUS:<stat>\" is missing");
}

Test(spec_response, fields_are_taken_from_the_lines_that_fitted)
{
	struct response_fields fields;
	cr_assert(fits(NULL, &fields, LINES("STATUS:2", "+LINK:0,TCP", "+LINK:1,UDP", "end")));
	cr_expect_str_eq(response_field(&fields, "stat"), "2");
	cr_expect_str_eq(response_field(&fields, "type"), "TCP");
	cr_expect_null(response_field(&fields, "other"));
	response_fields_finish(&fields);
	cr_assert_not(fits(NULL, &fields, LINES("some")));
	cr_expect_eq(fields.count, 0);
	response_fields_finish(&fields);
}

Test(spec_response, no_alternatives_means_no_lines)
{
	const char *why;
	cr_expect(response_match(NULL, 0, NULL, NULL, 0, NULL, &why));
	const char *const lines[] = { "surprise" };
	cr_expect_not(response_match(NULL, 0, NULL, lines, 1, NULL, &why));
	cr_expect_str_eq(why, "the line \"surprise\" is not expected");
}

/* Repeated and optional lines are a search: many equal lines must not make it endless. */
Test(spec_response, a_flood_of_lines_ends_soon, .timeout = 20)
{
	static struct response_line lines[12];
	for (size_t i = 0; i < 12; i++)
		lines[i] = (struct response_line){ .text = "x", .repeat = true };
	const struct response response = { lines, 12 };
	static const char *many[2000];
	for (size_t i = 0; i < 2000; i++)
		many[i] = i == 1999 ? "y" : "x";
	cr_expect_not(response_match(&response, 1, NULL, many, 2000, NULL, NULL));
}

Test(spec_response, error_codes_are_known)
{
	cr_expect(response_is_error_code("ERR CODE:0x01090000"));
	cr_expect(response_is_error_code("ERR CODE: 0x01090000"));
	cr_expect_not(response_is_error_code("ERR CODE:0x0109000"));
	cr_expect_not(response_is_error_code("ERR CODE:0x010900000"));
	cr_expect_not(response_is_error_code("ERR CODE:01090000"));
	cr_expect_not(response_is_error_code("ERR"));
}
