/* SPDX-License-Identifier: MIT */
#include "report/json-out.h"

#include "report/text.h"

static void begin(struct json_out *j, const char *key)
{
	if (j->filled[j->depth])
		fputc(',', j->out);
	j->filled[j->depth] = true;
	if (j->depth)
		fprintf(j->out, "\n%*s", j->depth, "");
	if (key)
		fprintf(j->out, "\"%s\": ", key);
}

void out_open(struct json_out *j, const char *key, char bracket)
{
	begin(j, key);
	fputc(bracket, j->out);
	j->filled[++j->depth] = false;
}

void out_close(struct json_out *j, char bracket)
{
	j->depth--;
	fputc(bracket, j->out);
	if (!j->depth)
		fputc('\n', j->out);
}

void out_text(struct json_out *j, const char *key, const char *text)
{
	struct buf clean = { 0 };
	begin(j, key);
	buf_clear(&j->text);
	text_clean_lines(&clean, text);
	buf_json_text(&j->text, buf_text(&clean));
	buf_finish(&clean);
	fputs(buf_text(&j->text), j->out);
}

void out_text_if(struct json_out *j, const char *key, const char *text)
{
	if (*text)
		out_text(j, key, text);
}

void out_number(struct json_out *j, const char *key, int64_t value)
{
	begin(j, key);
	fprintf(j->out, "%lld", (long long)value);
}

void out_flag(struct json_out *j, const char *key, bool value)
{
	begin(j, key);
	fputs(value ? "true" : "false", j->out);
}

void out_list(struct json_out *j, const char *key, const char *const *texts)
{
	if (!*texts)
		return;
	out_open(j, key, '[');
	for (; *texts; texts++)
		out_text(j, NULL, *texts);
	out_close(j, ']');
}
