/* SPDX-License-Identifier: MIT */
#include "base/pattern.h"

#include <string.h>

/* Eight bytes of the row: SplitMix64 of their place, lowest byte first. */
static uint64_t word_at(uint64_t seed, uint64_t index)
{
	uint64_t z =
		(index + 1) * UINT64_C(0x9e3779b97f4a7c15) + seed * UINT64_C(0xd1342543de82ef95);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static void put_word(uint64_t word, uint8_t bytes[8])
{
	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(word >> (8 * i));
}

void pattern_fill(uint64_t seed, uint64_t offset, void *out, size_t len)
{
	uint8_t *to = out;
	while (len) {
		uint8_t bytes[8];
		size_t skip = offset % 8;
		size_t n = len < 8 - skip ? len : 8 - skip;
		put_word(word_at(seed, offset / 8), bytes);
		memcpy(to, bytes + skip, n);
		to += n;
		offset += n;
		len -= n;
	}
}

size_t pattern_match(uint64_t seed, uint64_t offset, const void *bytes, size_t len)
{
	enum { PART = 512 };
	const uint8_t *from = bytes;
	for (size_t done = 0; done < len; done += PART) {
		uint8_t wanted[PART];
		size_t n = len - done < PART ? len - done : PART;
		pattern_fill(seed, offset + done, wanted, n);
		if (memcmp(wanted, from + done, n) == 0)
			continue;
		for (size_t i = 0; i < n; i++)
			if (wanted[i] != from[done + i])
				return done + i;
	}
	return len;
}
