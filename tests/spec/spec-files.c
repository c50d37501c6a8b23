/* SPDX-License-Identifier: MIT */
#include "spec-files.h"

#include "base/buf.h"
#include "base/cleanup.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char general[] =
	"{\"title\": \"Rules\", \"section\": \"1\", \"line\": 1,\n"
	" \"requirements\": [\n"
	"  {\"id\": \"SESSION-1\", \"line\": 2, \"grade\": \"stated\", \"text\": \"One.\", "
	"\"judge\": \"monitor\"}],\n"
	" \"urcs\": [{\"line\": \"ready\"}],\n"
	" \"finals\": [{\"line\": \"OK\", \"ok\": true}, {\"line\": \"ERROR\", \"ok\": false}]}\n";

void files_make(struct files *f)
{
	snprintf(f->dir, sizeof(f->dir), "/tmp/spec-test-XXXXXX");
	cr_assert_not_null(mkdtemp(f->dir));
	files_write(f, "general/general.json", general);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

void files_remove(struct files *f)
{
	nftw(f->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void files_write(const struct files *f, const char *name, const char *text)
{
	char path[256];
	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	char *slash = strrchr(path, '/');
	*slash = '\0';
	cr_assert(mkdir(path, 0700) == 0 || errno == EEXIST);
	*slash = '/';
	FILE *file = fopen(path, "we");
	cr_assert_not_null(file);
	cr_assert_geq(fputs(text, file), 0);
	cr_assert_eq(fclose(file), 0);
}

void files_load(const struct files *f, struct spec *spec)
{
	struct error error = { 0 };
	const char *const dirs[] = { f->dir, NULL };
	cr_assert_eq(spec_load(spec, dirs, &error), 0, "%s", error_text(&error));
}

const char *files_failure(const struct files *f)
{
	struct spec spec;
	struct error error = { 0 };
	const char *const dirs[] = { f->dir, NULL };
	cr_assert_eq(spec_load(&spec, dirs, &error), -1);
	const char *text = error_text(&error);
	size_t len = strlen(f->dir);
	return strncmp(text, f->dir, len) == 0 ? text + len + 1 : text;
}

/* clang-format off */
const char files_model[] =
	"{ \"command\": \"AT+TEST\", \"section\": \"9.1\", \"line\": 10, \"title\": \"A test\",\n"
	"  \"tags\": [\"quick\"],\n"
	"  \"forms\": {\n"
	"    \"query\": { \"line\": 11, \"syntax\": \"AT+TEST?\", \"requirement\": \"TEST-1\",\n"
	"      \"response\": [\"+TEST:<level>,<name>,<port>\"], \"final\": \"OK\" },\n"
	"    \"set\": { \"line\": 12, \"syntax\": \"AT+TEST=<level>[,<name>,<port>]\", \"requirement\": \"TEST-2\",\n"
	"      \"response\": [], \"final\": \"OK\",\n"
	"      \"missing\": \"TEST-3\", \"surplus\": \"TEST-3\", \"empty\": \"TEST-3\",\n"
	"      \"reads_back\": \"TEST-4\", \"persists\": \"TEST-5\", \"restored\": \"TEST-6\" } },\n"
	"  \"examples\": [ { \"line\": 20, \"send\": \"AT+TEST=1\", \"response\": [], \"final\": \"OK\", \"requirement\": \"TEST-2\" } ],\n"
	"  \"parameters\": {\n"
	"    \"level\": { \"line\": 13, \"type\": \"integer\", \"min\": 1, \"max\": 9, \"typical\": \"5\", \"other\": \"7\",\n"
	"      \"accepts\": \"TEST-7\", \"refuses\": \"TEST-8\", \"wrong_type\": \"TEST-8\", \"also_refuses\": [\"-1\"] },\n"
	"    \"name\": { \"line\": 14, \"type\": \"string\", \"min_bytes\": 1, \"max_bytes\": 4, \"typical\": \"ab\", \"other\": \"a,b\",\n"
	"      \"accepts\": \"TEST-7\", \"refuses\": \"TEST-8\", \"wrong_type\": \"TEST-8\" },\n"
	"    \"port\": { \"line\": 15, \"type\": \"integer\", \"values\": {\"1\": \"one\", \"3\": \"three\"}, \"typical\": \"1\", \"other\": \"3\",\n"
	"      \"accepts\": \"TEST-7\", \"refuses\": \"TEST-8\" } },\n"
	"  \"requirements\": [\n"
	"    { \"id\": \"TEST-1\", \"line\": 11, \"grade\": \"stated\", \"text\": \"One.\" },\n"
	"    { \"id\": \"TEST-2\", \"line\": 12, \"grade\": \"stated\", \"text\": \"Two.\" },\n"
	"    { \"id\": \"TEST-3\", \"line\": 12, \"grade\": \"inferred\", \"text\": \"Three.\" },\n"
	"    { \"id\": \"TEST-4\", \"line\": 13, \"grade\": \"stated\", \"text\": \"Four.\" },\n"
	"    { \"id\": \"TEST-5\", \"line\": 14, \"grade\": \"stated\", \"text\": \"Five.\" },\n"
	"    { \"id\": \"TEST-6\", \"line\": 15, \"grade\": \"stated\", \"text\": \"Six.\" },\n"
	"    { \"id\": \"TEST-7\", \"line\": 16, \"grade\": \"stated\", \"text\": \"Seven.\" },\n"
	"    { \"id\": \"TEST-8\", \"line\": 17, \"grade\": \"inferred\", \"text\": \"Eight.\" } ],\n"
	"  \"deviations\": [ { \"id\": \"TEST-D1\", \"requirement\": \"TEST-1\", \"text\": \"Shorter.\", \"source\": \"a thread\",\n"
	"      \"match\": [ { \"command\": \"AT+TEST?\", \"response\": [\"+TEST:<level>\"], \"final\": \"OK\" } ] } ] }\n";
/* clang-format on */

void files_write_changed(const struct files *f, const char *find, const char *with)
{
	struct buf text AUTO_BUF = { 0 };
	const char *at = strstr(files_model, find);
	cr_assert_not_null(at, "%s", find);
	buf_append(&text, files_model, (size_t)(at - files_model));
	buf_puts(&text, with);
	buf_puts(&text, at + strlen(find));
	files_write(f, "fam/test.json", buf_text(&text));
}
