/* SPDX-License-Identifier: MIT */
/* A coroutine waits at any depth of its calls: a parser of text that somebody is typing. */
#include <pawl/co_await.h>
#include <pawl/pawl.h>

#include <stdio.h>

PAWL_CHAN(chars, char, 1);

struct parser {
	pawl_task task;
	pawl_co co;
	int result;
};

/*
 * A digit, or two values in parentheses with + or * between. Each call may wait; no caller cares.
 */
static int value(pawl_co *co, int *ret)
{
	char c, sign;
	int right, r = pawl_co_chan_recv(co, &chars, &c);

	if (r == 0 && c != '(') {
		*ret = c - '0';
		return 0;
	}
	if (r < 0 || (r = value(co, ret)) < 0 || (r = pawl_co_chan_recv(co, &chars, &sign)) < 0 ||
	    (r = value(co, &right)) < 0 || (r = pawl_co_chan_recv(co, &chars, &c)) < 0)
		return r;
	*ret = sign == '*' ? *ret * right : *ret + right;
	return c == ')' ? 0 : PAWL_ESYNTAX;
}

static int parse(pawl_co *co)
{
	return value(co, &PAWL_OF(co, struct parser, co)->result);
}

/* This one needs no stack. */
static int type(pawl_task *t)
{
	static const char text[] = "((1+2)*(3+(2*2)))", *at = text;

	PAWL_BEGIN(t);
	for (; *at; at++) {
		PAWL_AWAIT(t, pawl_sleep(t, PAWL_US(100)));
		PAWL_AWAIT(t, chars_send(t, at));
	}
	PAWL_END(t);
}

int main(void)
{
	static struct parser p;
	static pawl_task typist;
	int outcome = 1;

	chars_init();
	pawl_co_spawn(pawl_current_executor(), &p, parse);
	pawl_spawn(pawl_current_executor(), &typist, type);
	pawl_block_on(pawl_current_executor(), &p.task, &outcome);
	pawl_block_on(pawl_current_executor(), &typist, NULL);
	printf("%s: %d\n", pawl_strerror(outcome), p.result);
	return 0;
}
