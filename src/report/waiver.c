/* SPDX-License-Identifier: MIT */
/* Loads waivers, strictly: a waiver that does not say what it means would hide something. */
#define PCRE2_CODE_UNIT_WIDTH 8

#include "report/waiver.h"

#include "base/text.h"
#include "report/keep.h"
#include "spec/strict.h"

#include <ctype.h>
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MATCH_LIMIT = 100000 }; /* steps: messages are untrusted, and a pattern may be unlucky */

bool waiver_is_day(const char *text)
{
	struct tm tm = { 0 };
	static const char shape[] = "dddd-dd-dd";
	for (size_t i = 0; i < sizeof(shape); i++)
		if (shape[i] == 'd' ? !isdigit((unsigned char)text[i]) : text[i] != shape[i])
			return false;
	tm.tm_year = atoi(text) - 1900;
	tm.tm_mon = atoi(text + 5) - 1;
	tm.tm_mday = atoi(text + 8);
	struct tm same = tm;
	return timegm(&same) != (time_t)-1 && same.tm_mon == tm.tm_mon &&
	       same.tm_mday == tm.tm_mday;
}

bool waiver_expired(const struct waiver *w, const char *time)
{
	return strncmp(w->expires, time, sizeof("YYYY-MM-DD") - 1) < 0;
}

/* ---- profiles ---- */

/* "esp8266-at-2.1": how much of it is in front of the release. */
static size_t stem(const char *profile, size_t len)
{
	for (size_t i = len; i > 0; i--)
		if (profile[i - 1] == '-')
			return isdigit((unsigned char)profile[i]) ? i : len;
	return len;
}

static bool in_range(const char *range, const char *dots, const char *profile)
{
	const char *from = range, *to = dots + 2;
	size_t from_len = (size_t)(dots - from);
	const char *named = from_len ? from : to;
	size_t of = stem(named, from_len ? from_len : strlen(to));
	if (stem(profile, strlen(profile)) != of || strncmp(profile, named, of) != 0)
		return false;
	char *first = strndup(from, from_len);
	bool fits = first && (!from_len || strverscmp(profile, first) >= 0) &&
		    (!*to || strverscmp(profile, to) <= 0);
	free(first);
	return fits;
}

bool waiver_of_profile(const struct waiver *w, const char *profile)
{
	const char *dots = strstr(w->profile, "..");
	if (!*w->profile)
		return true;
	return dots ? in_range(w->profile, dots, profile) : text_glob(w->profile, profile);
}

/* ---- messages ---- */

static pcre2_code *compile(const char *pattern, int *code, size_t *at)
{
	return pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
		PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C, code, at, NULL);
}

int waiver_check_pattern(const char *pattern, char why[], size_t size)
{
	int code;
	size_t at;
	pcre2_code *compiled = compile(pattern, &code, &at);
	pcre2_code_free(compiled);
	if (compiled)
		return 0;
	if (pcre2_get_error_message(code, (PCRE2_UCHAR *)why, size) < 0)
		snprintf(why, size, "error %d", code);
	return (int)at + 1;
}

static bool found(const char *pattern, const char *message)
{
	int code;
	size_t at;
	pcre2_code *compiled = compile(pattern, &code, &at);
	pcre2_match_data *data = compiled ? pcre2_match_data_create(1, NULL) : NULL;
	pcre2_match_context *limits = pcre2_match_context_create(NULL);
	bool result = false;
	if (data && limits) {
		pcre2_set_match_limit(limits, MATCH_LIMIT);
		result = pcre2_match(compiled, (PCRE2_SPTR)message, strlen(message), 0, 0, data,
				 limits) >= 0;
	}
	pcre2_match_context_free(limits);
	pcre2_match_data_free(data);
	pcre2_code_free(compiled);
	return result;
}

bool waiver_expects(const struct waiver *w, const char *message)
{
	if (*w->pattern)
		return found(w->pattern, message);
	return *w->message && text_glob(w->message, message);
}

/* ---- the file ---- */

struct loading {
	struct strict strict;
	struct waivers *out;
	struct keep *memory;
	struct error *error;
	size_t index;
};

static int complain(struct loading *l, const char *key, const char *text)
{
	char path[64];
	snprintf(path, sizeof(path), "waivers[%zu]%s%s", l->index, *key ? "." : "", key);
	return strict_error(&l->strict, l->error, path, "%s", text);
}

static int read_text(struct loading *l, const json_t *entry, const char *key, const char **out)
{
	const json_t *value = json_object_get(entry, key);
	const char *text = json_string_value(value);
	char why[80];
	*out = "";
	if (!value)
		return 0;
	snprintf(why, sizeof(why), "\"%s\" must be a text that is not empty", key);
	if (!text || !*text || strlen(text) != json_string_length(value))
		return complain(l, key, why);
	*out = keep_bytes(&l->memory, text, strlen(text));
	return 0;
}

static int check_subject(struct loading *l, const struct waiver *w)
{
	const char *slash = strchr(w->cases, '/');
	if (!*w->cases == !*w->requirement)
		return complain(l, *w->cases ? "requirement" : "",
			"either \"case\" or \"requirement\" is needed");
	if (*w->cases && !strchr(w->cases, '*') && (!slash || !strchr(slash + 1, '/')))
		return complain(l, "case", "a case is family/command/case, or a glob over that");
	return 0;
}

static int check_message(struct loading *l, const struct waiver *w)
{
	char why[160];
	char text[240];
	if (*w->message && *w->pattern)
		return complain(
			l, "message_pattern", "\"message\" or \"message_pattern\", not both");
	int at = *w->pattern ? waiver_check_pattern(w->pattern, why, sizeof(why)) : 0;
	if (!at)
		return 0;
	snprintf(text, sizeof(text), "at character %d of the pattern: %s", at, why);
	return complain(l, "message_pattern", text);
}

static int check_profile(struct loading *l, const struct waiver *w)
{
	const char *dots = strstr(w->profile, "..");
	if (!dots)
		return 0;
	size_t from = (size_t)(dots - w->profile), to = strlen(dots + 2);
	if ((!from && !to) || strstr(dots + 2, "..") || strpbrk(w->profile, "*?"))
		return complain(l, "profile",
			"a range is FROM..TO, where one of them may be left out, without * and ?");
	if (from && to &&
		(stem(w->profile, from) != stem(dots + 2, to) ||
			strncmp(w->profile, dots + 2, stem(dots + 2, to)) != 0))
		return complain(l, "profile", "a range is of releases of one profile");
	return 0;
}

static int check_complete(struct loading *l, const struct waiver *w)
{
	const struct {
		const char *key, *value;
	} needed[] = { { "reason", w->reason }, { "issue", w->issue }, { "owner", w->owner },
		{ "expires", w->expires } };
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		char text[40];
		snprintf(text, sizeof(text), "\"%s\" is missing", needed[i].key);
		if (!*needed[i].value)
			return complain(l, "", text);
	}
	if (!waiver_is_day(w->expires))
		return complain(l, "expires", "a day is needed, as YYYY-MM-DD");
	return 0;
}

static int check_twins(struct loading *l, const struct waiver *w)
{
	for (size_t i = 0; i < l->out->count; i++) {
		const struct waiver *v = &l->out->items[i];
		char text[80];
		snprintf(text, sizeof(text), "the same as the entry of line %d", v->line);
		if (strcmp(v->cases, w->cases) == 0 &&
			strcmp(v->requirement, w->requirement) == 0 &&
			strcmp(v->profile, w->profile) == 0 &&
			strcmp(v->message, w->message) == 0 && strcmp(v->pattern, w->pattern) == 0)
			return complain(l, "", text);
	}
	return 0;
}

static int read_entry(struct loading *l, const json_t *entry)
{
	static const char *const keys[] = { "case", "requirement", "profile", "message",
		"message_pattern", "reason", "issue", "owner", "expires", NULL };
	struct waiver w = { 0 };
	const char **const values[] = { &w.cases, &w.requirement, &w.profile, &w.message,
		&w.pattern, &w.reason, &w.issue, &w.owner, &w.expires };
	char path[64];
	snprintf(path, sizeof(path), "waivers[%zu]", l->index);
	if (strict_keys(&l->strict, path, entry, keys, l->error))
		return -1;
	for (size_t i = 0; keys[i]; i++)
		if (read_text(l, entry, keys[i], values[i]))
			return -1;
	if (check_subject(l, &w) || check_message(l, &w) || check_profile(l, &w) ||
		check_complete(l, &w) || check_twins(l, &w))
		return -1;
	w.file = keep_bytes(&l->memory, l->strict.file, strlen(l->strict.file));
	w.line = strict_line(&l->strict, path, NULL);
	KEEP_ADD(l->out->items, l->out->count) = w;
	return 0;
}

static int read_file(struct loading *l)
{
	static const char *const keys[] = { "waivers", NULL };
	const json_t *root = l->strict.root;
	if (strict_keys(&l->strict, "", root, keys, l->error))
		return -1;
	const json_t *list = json_object_get(root, "waivers");
	if (!json_is_array(list))
		return strict_error(&l->strict, l->error, list ? "waivers" : "",
			"\"waivers\" must be a list of entries");
	int result = 0;
	for (; l->index < json_array_size(list) && !result; l->index++)
		result = read_entry(l, json_array_get(list, l->index));
	return result;
}

int waivers_load(struct waivers *out, const char *path, struct error *error)
{
	struct loading l = { .out = out, .error = error };
	*out = (struct waivers){ 0 };
	if (strict_open(&l.strict, path, error))
		return -1;
	int result = read_file(&l);
	strict_close(&l.strict);
	out->memory = l.memory;
	if (result)
		waivers_finish(out);
	return result;
}

void waivers_finish(struct waivers *waivers)
{
	free(waivers->items);
	keep_destroy(waivers->memory);
	*waivers = (struct waivers){ 0 };
}
