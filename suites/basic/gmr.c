/* SPDX-License-Identifier: MIT */
/* AT+GMR: what the three items hold. */
#include "at/at.h"

#include <string.h>

Test(gmr, tells_the_at_version, REQ("GMR-2"))
{
	ask("AT+GMR");
	check(field("at_version")[0] != '\0', "the item is empty");
}

Test(gmr, tells_the_sdk_version, REQ("GMR-3"))
{
	ask("AT+GMR");
	check(field("sdk_version")[0] != '\0', "the item is empty");
}

Test(gmr, tells_when_it_was_built, REQ("GMR-4"))
{
	ask("AT+GMR");
	check(field("compile_time")[0] != '\0', "the item is empty");
}

Test(gmr, tells_the_same_again, REQ("GMR-5"))
{
	ask("AT+GMR");
	const char *first =
		fmt("%s|%s|%s", field("at_version"), field("sdk_version"), field("compile_time"));
	ask("AT+GMR");
	const char *second =
		fmt("%s|%s|%s", field("at_version"), field("sdk_version"), field("compile_time"));
	check(strcmp(first, second) == 0, "first %s, then %s", first, second);
}
