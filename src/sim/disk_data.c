/* SPDX-License-Identifier: MIT */
/* The contents of simulated files: blocks that are shared until somebody writes to them. */
#include "sim/disk_inner.h"

#include <stdlib.h>
#include <string.h>

static struct disk_block **blocks_of(const struct disk_data *d)
{
	return d->room > 1 ? d->blocks.many : (struct disk_block **)&d->blocks.one;
}

static struct disk_block *block_at(const struct disk_data *d, uint32_t i)
{
	return i < d->count ? blocks_of(d)[i] : NULL;
}

/* ---- blocks ---- */

static uint16_t room_for(size_t size)
{
	/* with the block's head and that of the heap these are round */
	static const uint16_t rooms[] = { 120, 504, 2040 };

	for (size_t i = 0; i < PAWL_COUNT(rooms); i++)
		if (size <= rooms[i])
			return rooms[i];
	return SIM_DISK_BLOCK;
}

static struct disk_block *block_new(size_t size)
{
	uint16_t room = room_for(size);
	struct disk_block *b = pawl_disk_alloc_(sizeof(*b) + room);

	b->refs = 1;
	b->room = room;
	b->is_fresh = true;
	return b;
}

static struct disk_block *block_share(struct disk_block *b)
{
	if (b)
		b->refs++;
	return b;
}

static void block_drop(struct disk_block *b)
{
	if (b && --b->refs == 0)
		free(b);
}

static struct disk_block *block_copy(const struct disk_block *b, size_t size)
{
	struct disk_block *copy = block_new(size > b->room ? size : b->room);

	memcpy(copy->bytes, b->bytes, b->room);
	copy->is_fresh = b->is_fresh;
	return copy;
}

/* ---- lists of them ---- */

static void list_grow(struct disk_data *d, uint32_t count)
{
	uint32_t room = d->room ? d->room : 1;
	struct disk_block *one = d->blocks.one;

	while (room < count)
		room *= 2;
	if (room > 1 && room != d->room) {
		d->blocks.many = pawl_disk_grow_(d->room > 1 ? d->blocks.many : NULL,
						 room * sizeof(*d->blocks.many));
		if (d->room == 1)
			d->blocks.many[0] = one;
	}
	d->room = room;
	while (d->count < count)
		blocks_of(d)[d->count++] = NULL;
}

static void set_block(struct disk_data *d, uint32_t i, struct disk_block *b)
{
	struct disk_block **at;

	if (i >= d->count) {
		if (!b)
			return;
		list_grow(d, i + 1);
	}
	at = &blocks_of(d)[i];
	if (*at != b) {
		block_drop(*at);
		*at = block_share(b);
	}
}

void pawl_disk_data_fini_(struct disk_data *d)
{
	for (uint32_t i = 0; i < d->count; i++)
		block_drop(blocks_of(d)[i]);
	if (d->room > 1)
		free(d->blocks.many);
	memset(d, 0, sizeof(*d));
}

void pawl_disk_data_share_(struct disk_data *to, const struct disk_data *from)
{
	if (to->count > from->count) {
		for (uint32_t i = from->count; i < to->count; i++)
			block_drop(blocks_of(to)[i]);
		to->count = from->count;
	}
	for (uint32_t i = 0; i < from->count; i++)
		set_block(to, i, blocks_of(from)[i]);
	to->size = from->size;
}

void pawl_disk_data_swap_(struct disk_data *a, struct disk_data *b)
{
	struct disk_data c = *a;

	*a = *b;
	*b = c;
}

uint32_t pawl_disk_data_used_(const struct disk_data *d)
{
	uint32_t used = 0;

	for (uint32_t i = 0; i < d->count; i++)
		used += blocks_of(d)[i] != NULL;
	return used;
}

bool pawl_disk_data_has_(const struct disk_data *d, int64_t at)
{
	return block_at(d, (uint32_t)(at / SIM_DISK_BLOCK)) != NULL;
}

/* ---- reading and writing ---- */

static void block_read(const struct disk_block *b, size_t at, unsigned char *buf, size_t size)
{
	size_t there = !b || at >= b->room ? 0 : b->room - at;

	if (there > size)
		there = size;
	if (there)
		memcpy(buf, b->bytes + at, there);
	memset(buf + there, 0, size - there);
}

size_t pawl_disk_data_read_(const struct disk_data *d, int64_t at, void *buf, size_t size)
{
	unsigned char *to = buf;
	size_t left;

	if (at >= d->size)
		return 0;
	if ((uint64_t)(d->size - at) < size)
		size = (size_t)(d->size - at);
	for (left = size; left;) {
		size_t in = (size_t)(at % SIM_DISK_BLOCK);
		size_t n = left < SIM_DISK_BLOCK - in ? left : SIM_DISK_BLOCK - in;

		block_read(block_at(d, (uint32_t)(at / SIM_DISK_BLOCK)), in, to, n);
		to += n;
		at += (int64_t)n;
		left -= n;
	}
	return size;
}

/* The block of that place, to write up to `size` of it, shared with nobody. */
static struct disk_block *writable(struct disk_data *d, const struct disk_data *kept, uint32_t i,
				   size_t size)
{
	struct disk_block **at, *b;

	if (i >= d->count)
		list_grow(d, i + 1);
	at = &blocks_of(d)[i];
	if (!*at)
		return *at = block_new(size);
	if ((*at)->refs == 1 && (*at)->room >= size)
		return *at;
	b = block_copy(*at, size);
	if (*at == block_at(kept, i))
		b->is_fresh = false;
	block_drop(*at);
	return *at = b;
}

unsigned pawl_disk_data_write_(struct disk_data *d, const struct disk_data *kept, int64_t at,
			       const void *buf, size_t size)
{
	uint32_t i = (uint32_t)(at / SIM_DISK_BLOCK);
	size_t in = (size_t)(at % SIM_DISK_BLOCK);
	unsigned more = block_at(d, i) == NULL;

	PAWL_ASSERT(size && in + size <= SIM_DISK_BLOCK);
	memcpy(writable(d, kept, i, in + size)->bytes + in, buf, size);
	if (at + (int64_t)size > d->size)
		d->size = at + (int64_t)size;
	return more;
}

/* What is behind the end within its block becomes zero. */
static void clear_tail(struct disk_data *d, const struct disk_data *kept)
{
	uint32_t i = (uint32_t)(d->size / SIM_DISK_BLOCK);
	size_t in = (size_t)(d->size % SIM_DISK_BLOCK);
	struct disk_block *b = block_at(d, i);

	if (!b || in >= b->room)
		return;
	b = writable(d, kept, i, b->room);
	memset(b->bytes + in, 0, b->room - in);
}

uint32_t pawl_disk_data_truncate_(struct disk_data *d, const struct disk_data *kept, int64_t size)
{
	uint32_t count = (uint32_t)((size + SIM_DISK_BLOCK - 1) / SIM_DISK_BLOCK), gone = 0;
	bool is_less = size < d->size;

	for (uint32_t i = count; i < d->count; i++) {
		gone += blocks_of(d)[i] != NULL;
		block_drop(blocks_of(d)[i]);
	}
	if (d->count > count)
		d->count = count;
	d->size = size;
	if (is_less && size % SIM_DISK_BLOCK)
		clear_tail(d, kept);
	return gone;
}

/* ---- durability ---- */

bool pawl_disk_data_is_(const struct disk_data *a, const struct disk_data *b)
{
	uint32_t count = a->count > b->count ? a->count : b->count;

	if (a->size != b->size)
		return false;
	for (uint32_t i = 0; i < count; i++)
		if (block_at(a, i) != block_at(b, i))
			return false;
	return true;
}

void pawl_disk_data_bring_(struct disk_data *to, const struct disk_data *d,
			   const struct disk_data *from)
{
	uint32_t count = d->count > from->count ? d->count : from->count;

	for (uint32_t i = 0; i < count; i++)
		if (block_at(d, i) != block_at(from, i))
			set_block(to, i, block_at(d, i));
	/* a length is never forgotten, as a content is that failed */
	if (to->size != d->size)
		pawl_disk_data_truncate_(to, to, d->size);
}

enum { MIX_OLD, MIX_NEW, MIX_ZERO };

/* What was durable at its place stays so until something else is, so it cannot become zero. */
static bool may_be_zero(const struct disk_block *b, const struct disk_block *before)
{
	return !b || !before || b->is_fresh;
}

void pawl_disk_data_mix_(struct sim_disk *disk, struct disk_data *kept, const struct disk_data *d,
			 const struct disk_data *from)
{
	uint32_t count = d->count > from->count ? d->count : from->count;
	int64_t size = kept->size;

	if (d->size != from->size && pawl_disk_choose_(disk, 2))
		size = d->size;
	for (uint32_t i = 0; i < count; i++) {
		struct disk_block *b = block_at(d, i), *before = block_at(from, i);

		if (b == before)
			continue;
		switch (pawl_disk_choose_(disk, may_be_zero(b, before) ? 3 : 2)) {
		case MIX_NEW:
			set_block(kept, i, b);
			break;
		case MIX_ZERO:
			set_block(kept, i, NULL);
			break;
		default:
			break;
		}
	}
	kept->size = kept->size > d->size ? kept->size : d->size;
	pawl_disk_data_truncate_(kept, kept, size);
}
