/* SPDX-License-Identifier: MIT */
/* pawl-fetch: gets one file from the first of some URLs that gives the right one. */
#define _GNU_SOURCE
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * A program of its own, because starting libcurl takes longer than all else that pawl does when
 * there is nothing to do. What arrives is hashed while it is written to OUTPUT.part; only a
 * complete file with the right sum gets the name OUTPUT.
 */
enum { DONE = 0, FAILED = 1, USAGE = 2, MISMATCH = 3 };

struct options {
	const char *output, *sha256;
	long connect_s, stall_s;
	char **urls;
};

struct fetch {
	const struct options *o;
	char part[PATH_MAX];
	int file;
	EVP_MD_CTX *hash;
	CURL *curl;
	curl_off_t have; /* bytes of the part, all hashed */
	curl_off_t base; /* of them, there before this transfer */
	bool begun;      /* this transfer's first byte was looked at */
	int error;       /* errno of a failed write */
	bool mismatch;
};

static const char usage[] =
	"usage: pawl-fetch --output FILE --sha256 HEX [--connect-timeout S] [--stall S] URL "
	"[MIRROR-URL...]\n";

static int hash_start(struct fetch *f)
{
	f->have = 0;
	return EVP_DigestInit_ex(f->hash, EVP_sha256(), NULL) == 1 ? 0 : -1;
}

/* Forgets what is there: this source begins at the beginning. */
static int start_over(struct fetch *f)
{
	if (ftruncate(f->file, 0) < 0 || lseek(f->file, 0, SEEK_SET) < 0)
		return -1;
	f->base = 0;
	return hash_start(f);
}

static int write_all(int file, const char *data, size_t size)
{
	while (size) {
		ssize_t n = write(file, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

/* A server that does not know how to resume sends everything: 200 instead of 206. */
static bool is_whole(const struct fetch *f)
{
	long code = 0;

	curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &code);
	return code == 200;
}

static size_t receive(char *data, size_t one, size_t count, void *arg)
{
	struct fetch *f = arg;
	size_t size = one * count;

	if (!f->begun && f->base && is_whole(f) && start_over(f) < 0)
		goto failed;
	f->begun = true;
	if (write_all(f->file, data, size) < 0)
		goto failed;
	EVP_DigestUpdate(f->hash, data, size);
	f->have += (curl_off_t)size;
	return size;
failed:
	f->error = errno;
	return 0;
}

/* The sum of what is there so far; hashing can go on after it. */
static void hash_now(const struct fetch *f, char ret_hex[65])
{
	EVP_MD_CTX *copy = EVP_MD_CTX_new();
	unsigned char sum[EVP_MAX_MD_SIZE] = { 0 };

	if (copy && EVP_MD_CTX_copy_ex(copy, f->hash) == 1)
		EVP_DigestFinal_ex(copy, sum, NULL);
	EVP_MD_CTX_free(copy);
	for (unsigned i = 0; i < 32; i++)
		sprintf(ret_hex + 2 * i, "%02x", sum[i]);
}

static bool is_right(const struct fetch *f)
{
	char hex[65];

	hash_now(f, hex);
	return strcasecmp(hex, f->o->sha256) == 0;
}

/* What an earlier run has left counts, when it can be gone on with. */
static int hash_file(struct fetch *f)
{
	char buf[64 * 1024];
	ssize_t n;

	if (hash_start(f) < 0)
		return -1;
	while ((n = read(f->file, buf, sizeof buf)) > 0) {
		EVP_DigestUpdate(f->hash, buf, (size_t)n);
		f->have += n;
	}
	return n < 0 ? -1 : 0;
}

static void set_options(struct fetch *f, const char *url, char *ret_text)
{
	CURL *c = f->curl;

	curl_easy_reset(c);
	ret_text[0] = '\0';
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, ret_text);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https,file");
	curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(c, CURLOPT_MAXREDIRS, 10L);
	curl_easy_setopt(c, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "pawl-fetch");
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, f->o->connect_s);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, f->o->stall_s);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, receive);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, f);
	curl_easy_setopt(c, CURLOPT_RESUME_FROM_LARGE, f->have);
}

static void report(const struct fetch *f, const char *url, CURLcode code, const char *text)
{
	if (f->error)
		fprintf(stderr, "pawl-fetch: %s: %s: %s\n", url, f->part, strerror(f->error));
	else
		fprintf(stderr, "pawl-fetch: %s: %s\n", url,
			text[0] ? text : curl_easy_strerror(code));
}

static CURLcode transfer(struct fetch *f, const char *url, char *ret_text)
{
	f->base = f->have;
	f->begun = false;
	set_options(f, url, ret_text);
	return curl_easy_perform(f->curl);
}

static void report_mismatch(struct fetch *f, const char *url)
{
	char hex[65];

	hash_now(f, hex);
	fprintf(stderr, "pawl-fetch: %s: checksum mismatch: expected %s, found %s\n", url,
		f->o->sha256, hex);
	f->mismatch = true;
}

/*
 * What was kept of an earlier source or run may be of no use with this one: it refuses the range,
 * or the sum comes out wrong. Whatever else goes wrong would go wrong from the beginning, too.
 */
static bool deserves_whole(const struct fetch *f, CURLcode code)
{
	return f->base > 0 && !f->error &&
	       (code == CURLE_OK || code == CURLE_HTTP_RETURNED_ERROR ||
		code == CURLE_RANGE_ERROR || code == CURLE_BAD_DOWNLOAD_RESUME);
}

static bool try_url(struct fetch *f, const char *url)
{
	char text[CURL_ERROR_SIZE];
	CURLcode code = transfer(f, url, text);

	if (code == CURLE_OK && is_right(f))
		return true;
	if (deserves_whole(f, code) && start_over(f) == 0) {
		code = transfer(f, url, text);
		if (code == CURLE_OK && is_right(f))
			return true;
	}
	if (code != CURLE_OK) {
		report(f, url, code, text);
		return false;
	}
	report_mismatch(f, url);
	start_over(f);
	return false;
}

static int sync_folder(const char *path)
{
	char copy[PATH_MAX];
	int r, dir;

	snprintf(copy, sizeof copy, "%s", path);
	dir = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = dir < 0 ? -1 : fsync(dir);
	if (dir >= 0)
		close(dir);
	return r;
}

static int keep(struct fetch *f)
{
	if (fsync(f->file) == 0 && rename(f->part, f->o->output) == 0 &&
	    sync_folder(f->o->output) == 0)
		return DONE;
	fprintf(stderr, "pawl-fetch: %s: %s\n", f->o->output, strerror(errno));
	return FAILED;
}

/*
 * A part that is complete needs no source; neither does a file that another fetch has brought
 * meanwhile.
 */
static bool is_there(struct fetch *f)
{
	struct fetch there = { .o = f->o, .hash = f->hash };
	bool right = false;

	there.file = open(f->o->output, O_RDONLY | O_CLOEXEC);
	if (there.file < 0)
		return false;
	right = hash_file(&there) == 0 && is_right(&there);
	close(there.file);
	return right;
}

static int fetch(struct fetch *f)
{
	if (is_there(f)) {
		unlink(f->part);
		return DONE;
	}
	if (hash_file(f) < 0) {
		fprintf(stderr, "pawl-fetch: %s: %s\n", f->part, strerror(errno));
		return FAILED;
	}
	if (f->have && is_right(f))
		return keep(f);
	for (char **url = f->o->urls; *url; url++) {
		if (try_url(f, *url))
			return keep(f);
		if (f->error)
			break; /* the disk is not better for another URL */
	}
	if (f->have == 0 || f->mismatch)
		unlink(f->part);
	return f->mismatch ? MISMATCH : FAILED;
}

/* Locked, and still the one that has the name: who had it before may have finished it. */
static int lock_part(struct fetch *f)
{
	struct stat ours, named;

	for (;;) {
		f->file = open(f->part, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
		if (f->file < 0 || flock(f->file, LOCK_EX) < 0 || fstat(f->file, &ours) < 0)
			return -1;
		if (stat(f->part, &named) == 0 && named.st_ino == ours.st_ino &&
		    named.st_dev == ours.st_dev)
			return 0;
		close(f->file);
	}
}

static int open_part(struct fetch *f)
{
	int n = snprintf(f->part, sizeof f->part, "%s.part", f->o->output);

	errno = ENAMETOOLONG;
	if (n < (int)sizeof f->part && lock_part(f) == 0)
		return 0;
	fprintf(stderr, "pawl-fetch: %s: %s\n", f->part, strerror(errno));
	return -1;
}

static int run(const struct options *o)
{
	struct fetch f = { .o = o, .file = -1 };
	int r = FAILED;

	curl_global_init(CURL_GLOBAL_DEFAULT);
	f.curl = curl_easy_init();
	f.hash = EVP_MD_CTX_new();
	if (!f.curl || !f.hash)
		fputs("pawl-fetch: out of memory\n", stderr);
	else if (open_part(&f) == 0)
		r = fetch(&f);
	if (f.file >= 0)
		close(f.file);
	EVP_MD_CTX_free(f.hash);
	curl_easy_cleanup(f.curl);
	curl_global_cleanup();
	return r;
}

static bool read_seconds(const char *text, long *ret)
{
	char *end;

	if (!text)
		return false;
	*ret = strtol(text, &end, 10);
	return *text && !*end && *ret > 0 && *ret <= 86400;
}

static bool read_option(struct options *o, const char *name, const char *value)
{
	if (strcmp(name, "--output") == 0)
		o->output = value;
	else if (strcmp(name, "--sha256") == 0)
		o->sha256 = value;
	else if (strcmp(name, "--connect-timeout") == 0)
		return read_seconds(value, &o->connect_s);
	else if (strcmp(name, "--stall") == 0)
		return read_seconds(value, &o->stall_s);
	else
		return false;
	return value != NULL;
}

static bool is_sum(const char *text)
{
	return text && strlen(text) == 64 && strspn(text, "0123456789abcdefABCDEF") == 64;
}

static bool read_arguments(struct options *o, char **argv)
{
	while (*argv && strncmp(*argv, "--", 2) == 0) {
		if (!read_option(o, argv[0], argv[1]))
			return false;
		argv += 2;
	}
	o->urls = argv;
	return o->output && o->output[0] && is_sum(o->sha256) && *argv;
}

int main(int argc, char **argv)
{
	struct options o = { .connect_s = 30, .stall_s = 30 };

	if (argc < 1 || !read_arguments(&o, argv + 1)) {
		fputs(usage, stderr);
		return USAGE;
	}
	return run(&o);
}
