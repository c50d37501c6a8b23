/* SPDX-License-Identifier: MIT */
/* The journal's lines, byte for byte. */
#include "rig/journal.h"

#include "base/cleanup.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char path[64];
static struct journal *journal;
static struct journal_flow *flow;

static void set_up(void)
{
	struct error error = { 0 };
	char dir[] = "/tmp/journal-XXXXXX";
	cr_assert_not_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/j", dir);
	journal = journal_create(path, &error);
	cr_assert_not_null(journal);
	flow = journal_flow_create();
}

static void tear_down(void)
{
	journal_flow_destroy(flow);
	journal_destroy(journal);
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
}

/* The whole file; the caller frees it. */
static char *written(void)
{
	FILE *f AUTO_FILE = fopen(path, "re");
	struct buf all = { 0 };
	char part[4096];
	size_t n;
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		buf_append(&all, part, n);
	return buf_take(&all);
}

TestSuite(journal, .init = set_up, .fini = tear_down);

Test(journal, bytes_are_code_points)
{
	journal_bytes(journal, "rx", 1, 2, "A\r\n\0\xff\"", 6, 42, flow);
	char *text AUTO_FREE = written();
	cr_assert_str_eq(text, "{\"n\":0,\"t\":42,\"e\":\"rx\",\"l\":1,\"c\":2,\"bytes\":"
			       "\"A\\r\\n\\u0000\xc3\xbf\\\"\"}\n");
}

Test(journal, members_in_order)
{
	const char *const list[] = { "a", "b\n", NULL };
	struct buf *line = journal_begin(journal, "note", 7);
	journal_int(line, "i", -12);
	journal_text(line, "t", NULL);
	journal_bool(line, "b", true);
	journal_list(line, "l", list);
	journal_end(journal);
	journal_begin(journal, "note", 8);
	journal_end(journal);
	char *text AUTO_FREE = written();
	cr_assert_str_eq(text, "{\"n\":0,\"t\":7,\"e\":\"note\",\"i\":-12,\"t\":\"\",\"b\":true,"
			       "\"l\":[\"a\",\"b\\n\"]}\n"
			       "{\"n\":1,\"t\":8,\"e\":\"note\"}\n");
}

Test(journal, an_existing_file_is_refused)
{
	struct error error = { 0 };
	cr_assert_null(journal_create(path, &error));
	cr_assert_not_null(strstr(error.text, path));
}

Test(journal, small_flows_have_no_bulk_line)
{
	journal_bytes(journal, "tx", 0, 0, "AT\r\n", 4, 1, flow);
	journal_flow_end(journal, "tx", 0, 0, flow);
	char *text AUTO_FREE = written();
	cr_assert_null(strstr(text, "bulk"));
}

Test(journal, beyond_64_kib_only_lengths_tail_and_hash)
{
	static char bytes[JOURNAL_WHOLE + 1000];
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)('a' + i % 26);
	journal_bytes(journal, "rx", 0, 3, bytes, JOURNAL_WHOLE, 1, flow);
	journal_bytes(journal, "rx", 0, 3, bytes + JOURNAL_WHOLE, 1000, 2, flow);
	journal_flow_end(journal, "rx", 0, 3, flow);
	char *text AUTO_FREE = written();
	cr_assert_not_null(strstr(text, "\"rx\",\"l\":0,\"c\":3,\"len\":1000}\n"));
	const char *bulk = strstr(text, "\"e\":\"bulk\"");
	cr_assert_not_null(bulk);
	cr_assert_not_null(strstr(bulk, "\"dir\":\"rx\",\"total\":66536,\"sha256\":\""));
	char *last = strstr(bulk, "\"last\":\"");
	cr_assert_not_null(last);
	last += strlen("\"last\":\"");
	cr_assert_eq(memcmp(last, bytes + sizeof(bytes) - JOURNAL_TAIL, JOURNAL_TAIL), 0);
	cr_assert_eq(last[JOURNAL_TAIL], '"');
}
