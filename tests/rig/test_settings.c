/* SPDX-License-Identifier: MIT */
/* What a module says of its line goes into the host's port: only what a line can have. */
#include "rig/settings.h"

#include <criterion/criterion.h>
#include <string.h>

Test(settings, a_line_as_modules_tell_it)
{
	struct rig_uart u = { 0 };
	cr_assert(settings_line("115273,8,1,0,0", &u));
	cr_assert_eq(u.baud, 115273);
	cr_assert_eq(u.databits, 8);
	cr_assert_eq(u.stopbits_x2, 2);
	cr_assert_eq(u.parity, 'n');
	cr_assert_eq(u.flow, 0);
	cr_assert(settings_line("9600,5,3,2,3", &u));
	cr_assert_eq(u.stopbits_x2, 4);
	cr_assert_eq(u.parity, 'e');
	cr_assert_eq(u.flow, 3);
	cr_assert(settings_line("20000000,7,2,1,1", &u));
	cr_assert_eq(u.parity, 'o');
}

Test(settings, no_line_can_have_these)
{
	static const char *const wrong[] = { "", ",,,,", "115200", "115200,8,1,0", "115200,8,1,0,",
		"115200,8,1,0,0,", "115200,8,1,0,0,0", "115200,8,1,0,x", "115200,8 ,1,0,0",
		"0,8,1,0,0", "-9600,8,1,0,0", "20000001,8,1,0,0", "115200,4,1,0,0",
		"115200,9,1,0,0", "115200,8,0,0,0", "115200,8,4,0,0", "115200,8,1,3,0",
		"115200,8,1,-1,0", "115200,8,1,0,4", "115200,8,1,0,-1",
		"9223372036854775807,8,1,0,0", "-9223372036854775808,8,1,0,0",
		"99999999999999999999,8,1,0,0", "115200,4294967304,1,0,0",
		"000000000000000000000000000115200,8,1,0,0" };
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct rig_uart u = { .baud = 1 };
		cr_expect_not(settings_line(wrong[i], &u), "%s", wrong[i]);
		cr_expect_eq(u.baud, 1, "%s", wrong[i]);
	}
}
