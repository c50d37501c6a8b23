/* SPDX-License-Identifier: MIT */
/* Writes a macro out many times: HUNDRED(CASE) is CASE(00) to CASE(99). */
#ifndef BENCH_MANY_H
#define BENCH_MANY_H

/* clang-format off */
#define TEN(one, d) \
	one(d##0) one(d##1) one(d##2) one(d##3) one(d##4) \
	one(d##5) one(d##6) one(d##7) one(d##8) one(d##9)
#define HUNDRED(one) \
	TEN(one, 0) TEN(one, 1) TEN(one, 2) TEN(one, 3) TEN(one, 4) \
	TEN(one, 5) TEN(one, 6) TEN(one, 7) TEN(one, 8) TEN(one, 9)
/* clang-format on */

#endif
