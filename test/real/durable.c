/* SPDX-License-Identifier: MIT */
/* Lists the tasks of which a store's database says that they succeeded since an instant. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

static const char question[] = "SELECT name FROM last JOIN action USING (signature)"
			       " WHERE ending = 1 AND made >= ?1 ORDER BY name";

static int list(sqlite3 *db, sqlite3_int64 since)
{
	sqlite3_stmt *q = NULL;
	int code = sqlite3_prepare_v2(db, question, -1, &q, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_bind_int64(q, 1, since);
	while (code == SQLITE_OK && (code = sqlite3_step(q)) == SQLITE_ROW) {
		printf("%s\n", (const char *)sqlite3_column_text(q, 0));
		code = SQLITE_OK;
	}
	sqlite3_finalize(q);
	return code == SQLITE_DONE ? 0 : code;
}

/*
 * usage: durable DATABASE SINCE: in ns since 1970. Looks at a copy: SQLite tidies up what it opens.
 */
int main(int argc, char **argv)
{
	sqlite3 *db = NULL;
	int code;

	if (argc != 3) {
		fprintf(stderr, "usage: durable DATABASE SINCE\n");
		return 2;
	}
	code = sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READWRITE, NULL);
	if (code == SQLITE_OK)
		code = list(db, strtoll(argv[2], NULL, 10));
	if (code)
		fprintf(stderr, "%s: %s\n", argv[1], sqlite3_errmsg(db));
	sqlite3_close(db);
	return code ? 1 : 0;
}
