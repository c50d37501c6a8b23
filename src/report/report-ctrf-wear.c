/* SPDX-License-Identifier: MIT */
#include "report/json-out.h"
#include "report/wear.h"

static void left_out(struct json_out *j, const struct run *run)
{
	out_open(j, "left_out", '[');
	for (size_t i = 0; i < run->left_out_count; i++) {
		out_open(j, NULL, '{');
		out_text(j, "verdict", verdict_name(run->left_out[i].verdict));
		out_text(j, "why", run->left_out[i].why);
		out_number(j, "cases", (int64_t)run->left_out[i].count);
		out_close(j, '}');
	}
	out_close(j, ']');
}

static void flash(struct json_out *j, const struct run *run)
{
	out_open(j, "nvs_writes", '[');
	for (size_t i = 0; i < run->nvs_count; i++) {
		out_open(j, NULL, '{');
		out_number(j, "line", run->nvs[i].line);
		out_text(j, "command", run->nvs[i].command);
		out_number(j, "by_cases", run->nvs[i].by_cases);
		out_number(j, "by_tester", run->nvs[i].by_rig);
		out_close(j, '}');
	}
	out_close(j, ']');
	out_open(j, "put_back", '[');
	for (size_t i = 0; i < run->put_back_count; i++) {
		const struct run_put_back *p = &run->put_backs[i];
		out_open(j, NULL, '{');
		out_number(j, "line", p->line);
		out_text(j, "setting", p->setting);
		out_flag(j, "ok", p->ok);
		out_number(j, "ms", p->ms);
		out_text(j, "text", p->text);
		out_close(j, '}');
	}
	out_close(j, ']');
}

void wear_put(struct json_out *j, const struct run *run)
{
	left_out(j, run);
	flash(j, run);
}
