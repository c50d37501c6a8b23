/* SPDX-License-Identifier: MIT */
/* Text parameters, in the commands that have some. */
#include "at/at.h"

#include <stdio.h>
#include <string.h>

static char found[300];

/* The SoftAP takes a name and a password on any bench. */
static void enter_softap(void)
{
	given("AT+CWMODE=2");
	ask("AT+CWSAP?");
	snprintf(found, sizeof(found), "AT+CWSAP=\"%s\",\"%s\",%s,%s,%s,%s", escaped(field("ssid")),
		escaped(field("pwd")), field("channel"), field("ecn"), field("max_conn"),
		field("ssid_hidden"));
}

static const char *softap(void)
{
	any("AT+CWSAP?");
	return fmt("%s", line_text(0));
}

Test(general, text_without_quotes_is_refused, REQ("GENERAL-15"), TAGS("destructive nvs"))
{
	enter_softap();
	const char *before = softap();
	at("AT+CWSAP=ESP,\"1234567890\",5,3", "ERROR");
	at("AT+CWSAP=\"ESP\",1234567890,5,3", "ERROR");
	const char *after = softap();
	check(strcmp(before, after) == 0, "%s became %s", before, after);
	given("AT+CWMODE=1");
	at("AT+CWHOSTNAME=my_test", "ERROR");
	at("AT+CIPSTAMAC=1a:fe:35:98:d3:7b", "ERROR");
}

Test(general, text_without_its_last_quote_is_refused, REQ("GENERAL-15"), TAGS("nvs"))
{
	given("AT+CWMODE=1");
	at("AT+CWHOSTNAME=\"my_test", "ERROR");
}

Test(general, text_takes_escaped_characters, REQ("GENERAL-16"), TAGS("nvs"))
{
	static const char *const plain[] = { "a,b", "a\"b", "a\\b", "a,b\"c\\d" };
	enter_softap();
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		at(fmt("AT+CWSAP=\"%s\",\"1234567890\",5,3", escaped(plain[i])), "OK");
		const char *shown = softap();
		check(strstr(shown, fmt(":\"%s\",\"1234567890\"", plain[i])) ||
				strstr(shown, fmt(":\"%s\",\"1234567890\"", escaped(plain[i]))),
			"after \"%s\" it is %s", plain[i], shown);
	}
	given(found);
	given("AT+CWMODE=1");
}
