/* SPDX-License-Identifier: MIT */
/* The arithmetic of a comparison, against values that others have worked out. */
#include "report/answer.h"
#include "report/compare.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void near(double is, double wanted)
{
	cr_assert(fabs(is - wanted) < 1e-4, "%.6f, not %.6f", is, wanted);
}

/* R: wilcox.test(1:5, 6:10, exact = FALSE) */
Test(compare, ranks_without_ties)
{
	static const uint32_t a[] = { 1, 2, 3, 4, 5 }, b[] = { 6, 7, 8, 9, 10 };
	double z;
	near(mann_whitney(a, 5, b, 5, &z), 0.01219);
	near(z, 2.50672);
	near(mann_whitney(b, 5, a, 5, &z), 0.01219);
	near(z, -2.50672);
}

/* By hand: ranks 1.5, 4.5 and 7.5; U = 14 of 16; the variance less 72/56 of its bracket. */
Test(compare, ranks_with_ties)
{
	static const uint32_t a[] = { 1, 1, 2, 2 }, b[] = { 2, 2, 3, 3 };
	double z;
	near(mann_whitney(a, 4, b, 4, &z), 0.08636);
	near(z, 1.71494);
}

Test(compare, ranks_of_nothing)
{
	static const uint32_t same[] = { 7, 7, 7, 7 };
	double z = 1;
	near(mann_whitney(same, 4, same, 4, &z), 1);
	near(z, 0);
	near(mann_whitney(same, 4, same, 0, &z), 1);
	near(mann_whitney(same, 0, same, 0, &z), 1);
}

/* R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm") */
Test(compare, holm_corrects)
{
	double p[] = { 0.01, 0.04, 0.03, 0.005, 1 };
	holm(p, 4);
	near(p[0], 0.03);
	near(p[1], 0.06);
	near(p[2], 0.06);
	near(p[3], 0.02);
	near(p[4], 1);
	holm(p, 0);
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

/* Of samples of one distribution, coarse so that most are tied, about one in a hundred is below
 * 0.01. */
Test(compare, false_alarms_are_as_rare_as_said)
{
	uint64_t random = 1;
	int alarms = 0;
	for (int round = 0; round < 4000; round++) {
		uint32_t both[2][30];
		double z;
		for (size_t i = 0; i < 60; i++) {
			random = random * UINT64_C(6364136223846793005) +
				 UINT64_C(1442695040888963407);
			both[i / 30][i % 30] = (uint32_t)(random >> 33) % 6;
		}
		for (int k = 0; k < 2; k++)
			qsort(both[k], 30, sizeof(both[k][0]), by_number);
		alarms += mann_whitney(both[0], 30, both[1], 30, &z) < 0.01;
	}
	cr_assert(alarms > 10 && alarms < 70, "%d of 4000", alarms);
}

static struct answer_sum sum_of(const char *sent, const char *received, const char *address)
{
	struct answer a = { 0 };
	answer_sent(&a, sent, strlen(sent));
	answer_received(&a, received, strlen(received));
	if (*address)
		answer_place(&a, address, strlen(address), 4);
	struct answer_sum sum = answer_take(&a);
	answer_finish(&a);
	return sum;
}

Test(compare, words_that_were_sent_count_by_their_place)
{
	struct answer_sum one = sum_of("AT+X=\"ac-1\",40\r\n", "+X:ac-1,40\r\nOK\r\n", "");
	cr_assert_eq(one.all, sum_of("AT+X=\"ac-2\",41\r\n", "+X:ac-2,41\r\nOK\r\n", "").all);
	cr_assert_neq(one.all, sum_of("AT+X=\"ac-2\",41\r\n", "+X:ac-1,41\r\nOK\r\n", "").all);
	cr_assert_neq(one.all, sum_of("AT+X=\"ac-2\",41\r\n", "+X:41,ac-2\r\nOK\r\n", "").all);
	cr_assert_neq(one.all, sum_of("AT+Y=\"ac-1\",40\r\n", "+X:ac-1,40\r\nOK\r\n", "").all);
	cr_assert_neq(one.all, sum_of("AT+X=\"ac-1\",40\r\n", "+X:ac-1,40\r\nOK\r", "").all);
}

Test(compare, places_of_peers_count_by_whose_they_are)
{
	struct answer_sum one = sum_of("AT\r\n", "127.1.0.2:5\r\n", "127.1.0.2");
	cr_assert_eq(one.all, sum_of("AT\r\n", "127.9.0.2:5\r\n", "127.9.0.2").all);
	cr_assert_neq(one.all, sum_of("AT\r\n", "127.9.0.2:5\r\n", "127.9.0.3").all);
	cr_assert_neq(one.all, sum_of("AT\r\n", "127.9.0.20:5\r\n", "127.9.0.2").all);
}

Test(compare, order_is_told_from_content)
{
	struct answer_sum one = sum_of("AT\r\n", "+X:1\r\n+Y:2\r\nOK\r\n", "");
	struct answer_sum two = sum_of("AT\r\n", "+Y:2\r\n+X:1\r\nOK\r\n", "");
	struct answer_sum three = sum_of("AT\r\n", "+Y:2\r\n+X:1\r\n+X:1\r\nOK\r\n", "");
	cr_assert_neq(one.all, two.all);
	cr_assert_eq(one.lines, two.lines);
	cr_assert_neq(two.lines, three.lines);
}
