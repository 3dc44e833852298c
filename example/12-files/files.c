/* SPDX-License-Identifier: MIT */
/* Files from a background task: saved whole, appended to, read from the middle, listed, removed. */
#define _POSIX_C_SOURCE 200809L
#include <pawl/dir.h>
#include <pawl/file.h>
#include <pawl/host.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct diary {
	pawl_task task;
	pawl_fs fs; /* for one operation on names at a time */
	pawl_file file;
	pawl_dir dir;
	pawl_dir_entry entry;
	pawl_stat st;
	char text[64];
	size_t n;
	int r;
} diary;

static int write_diary(pawl_task *t)
{
	struct diary *d = PAWL_OF(t, struct diary, task);

	PAWL_BEGIN(t);
	PAWL_AWAIT(t, pawl_fs_save(t, &d->fs, "diary", "Monday: rain\n", 13, 0644));
	PAWL_AWAIT(t, pawl_file_open(t, &d->file, "diary", PAWL_FILE_READ | PAWL_FILE_APPEND, 0));
	PAWL_AWAIT(t, pawl_file_write(t, &d->file, "Tuesday: sun\n", 13));
	d->file.at = 8;
	PAWL_AWAIT(t, pawl_file_read(t, &d->file, d->text, sizeof(d->text), &d->n));
	printf("from the eighth byte on: %.*s", (int)d->n, d->text);
	pawl_file_close(&d->file);

	PAWL_AWAIT(t, pawl_dir_open(t, &d->dir, "."));
	for (;;) {
		PAWL_AWAIT_AS(t, d->r, pawl_dir_next(t, &d->dir, &d->entry));
		if (d->r != 0)
			break;
		PAWL_AWAIT(t, pawl_fs_stat(t, &d->fs, d->entry.name, false, &d->st));
		printf("%s: %d bytes\n", d->entry.name, (int)d->st.size);
	}
	pawl_dir_close(&d->dir);
	PAWL_AWAIT(t, pawl_fs_unlink(t, &d->fs, "diary"));
	PAWL_END(t);
}

int main(void)
{
	char folder[] = "/tmp/diary-XXXXXX";
	int outcome = 1;
	pawl_host *h;

	if (!mkdtemp(folder) || chdir(folder) || pawl_host_new(NULL, &h))
		return 1;
	pawl_spawn(pawl_host_exec(h), &diary.task, write_diary);
	pawl_block_on(pawl_host_exec(h), &diary.task, &outcome);
	pawl_host_free(h);
	return rmdir(folder) || outcome;
}
