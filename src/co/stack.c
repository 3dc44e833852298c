/* SPDX-License-Identifier: MIT */
/* Stacks in memory of the program, and how deep a stack was used. */
#include "co/fiber.h"
#include "co/stack.h"

#if PAWL_STACKS

#define PAINT ((uintptr_t)0x5aa55aa55aa55aa5u)

/* Guards the list; each entry knows what points to it. */
static pawl_stack *placed;

pawl_stack *pawl_stack_place_(char *memory, size_t size)
{
	uintptr_t low = ((uintptr_t)memory + sizeof(uintptr_t) - 1) & ~(sizeof(uintptr_t) - 1);
	uintptr_t end, was;
	pawl_stack *s;

	if (size < PAWL_STACK_SIZE_MIN || size > UINTPTR_MAX - (uintptr_t)memory)
		return NULL;
	end = ((uintptr_t)memory + size - sizeof(pawl_stack)) & ~(uintptr_t)15;
	s = (pawl_stack *)end;
	*s = (pawl_stack){ .low_ = (char *)low, .size_ = size };
	*(uintptr_t *)low = PAWL_STACK_END_;
	was = pawl_port_lock(&placed);
	s->next_ = placed;
	s->link_ = &placed;
	s->is_special_ = true;
	if (placed)
		placed->link_ = &s->next_;
	placed = s;
	pawl_port_unlock(&placed, was);
	pawl_port_stack_tell(s, PAWL_STACK_PLACED_);
	return s;
}

void pawl_stack_unplace_(pawl_stack *s)
{
	uintptr_t was = pawl_port_lock(&placed);

	*s->link_ = s->next_;
	if (s->next_)
		s->next_->link_ = s->link_;
	pawl_port_unlock(&placed, was);
	pawl_port_stack_tell(s, PAWL_STACK_GONE_);
}

pawl_stack *pawl_stack_at_(const void *address)
{
	pawl_stack *s = pawl_port_stack_at(address);
	uintptr_t was;

	if (s)
		return s;
	was = pawl_port_lock(&placed);
	for (s = placed; s; s = s->next_)
		if ((const char *)address >= s->low_ && address < (const void *)s)
			break;
	pawl_port_unlock(&placed, was);
	return s;
}

/* What the address sanitizer remembers of those who ran there is nothing to stumble over. */
#if PAWL_ASAN_
#define ANY_MEMORY __attribute__((no_sanitize_address))
#else
#define ANY_MEMORY
#endif

ANY_MEMORY void pawl_stack_paint_(pawl_stack *s)
{
	uintptr_t *at = (uintptr_t *)(void *)s->low_ + 1, *end = (uintptr_t *)(void *)s;

	pawl_port_stack_tell(s, PAWL_STACK_SEEN_);
	while (at < end)
		*at++ = PAINT;
	s->is_special_ = s->is_painted_ = true;
}

ANY_MEMORY int pawl_stack_high_water(const pawl_stack *s, size_t *ret_bytes)
{
	const uintptr_t *at = (const uintptr_t *)(const void *)s->low_ + 1;

	if (!s->is_painted_)
		return s->link_ ? PAWL_ENOTSUP : pawl_port_stack_resident(s, ret_bytes);
	pawl_port_stack_tell((pawl_stack *)(uintptr_t)s, PAWL_STACK_SEEN_);
	while (at < (const uintptr_t *)(const void *)s && *at == PAINT)
		at++;
	*ret_bytes = (size_t)((const char *)s - (const char *)at);
	return 0;
}

#endif
