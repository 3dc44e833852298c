/* SPDX-License-Identifier: MIT */
/* Addresses: from text, to text, and what is none. */
#include "io_fix.h"

static void check_text(const pawl_addr *a, const char *want)
{
	char text[PAWL_ADDR_TEXT], small[5];

	CHECK_INT(pawl_addr_text(a, text, sizeof(text)), (int)strlen(want));
	CHECK_STR(text, want);
	CHECK_INT(pawl_addr_text(a, small, sizeof(small)), (int)strlen(want));
	CHECK_UINT(strlen(small), 4);
	CHECK_MEM(small, want, 4);
}

TEST(ip_and_back)
{
	pawl_addr a;

	CHECK_INT(pawl_addr_ip("127.0.0.1", 80, &a), 0);
	CHECK_UINT(pawl_addr_port(&a), 80);
	check_text(&a, "127.0.0.1:80");
	CHECK_INT(pawl_addr_ip("::1", 65535, &a), 0);
	CHECK_UINT(pawl_addr_port(&a), 65535);
	check_text(&a, "[::1]:65535");
}

TEST(path_and_back)
{
	pawl_addr a;
	char path[109];

	CHECK_INT(pawl_addr_path("/tmp/socket", &a), 0);
	CHECK_UINT(pawl_addr_port(&a), 0);
	check_text(&a, "/tmp/socket");
	memset(path, 'x', sizeof(path));
	path[107] = 0;
	CHECK_INT(pawl_addr_path(path, &a), 0);
	check_text(&a, path);
}

TEST(what_is_no_address)
{
	pawl_addr a = { 0 };
	char path[109];

	check_text(&a, "none");
	CHECK_UINT(pawl_addr_port(&a), 0);
	CHECK_INT(pawl_addr_ip("localhost", 80, &a), PAWL_EINVAL);
	CHECK_INT(pawl_addr_ip("1.2.3", 80, &a), PAWL_EINVAL);
	CHECK_INT(pawl_addr_ip("1.2.3.4", 65536, &a), PAWL_EINVAL);
	CHECK_INT(pawl_addr_path("", &a), PAWL_EINVAL);
	memset(path, 'x', sizeof(path));
	path[108] = 0;
	CHECK_INT(pawl_addr_path(path, &a), PAWL_ENAMETOOLONG);
	check_text(&a, "none");
}

TEST(sameness)
{
	pawl_addr a = io_loopback(80), b = io_loopback(80), c = io_loopback(81), none = { 0 };

	CHECK(pawl_addr_is_same(&a, &b));
	CHECK(!pawl_addr_is_same(&a, &c));
	CHECK(!pawl_addr_is_same(&a, &none));
	CHECK_INT(pawl_addr_ip("::1", 80, &c), 0);
	CHECK(!pawl_addr_is_same(&a, &c));
}

static const struct kit_case cases[] = {
	CASE(ip_and_back),
	CASE(path_and_back),
	CASE(what_is_no_address),
	CASE(sameness),
};

KIT_MAIN(cases)
