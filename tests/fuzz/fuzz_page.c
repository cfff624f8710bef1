// SPDX-License-Identifier: BSD-2-Clause
/*
 * Bytes of a log file as a report: no text of it ends the data or the page, for auditors and for
 * the public.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "report/page.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[64];
static int dirfd_ = -1;

static void remove_log(void)
{
	unlinkat(dirfd_, "audit.log", 0);
	rmdir(dir);
}

static void put_log(const uint8_t *data, size_t size)
{
	int fd;

	if (dirfd_ < 0) {
		strcpy(dir, "/tmp/pw-fuzz-page-XXXXXX");
		if (!mkdtemp(dir) || (dirfd_ = open(dir, O_RDONLY | O_DIRECTORY)) < 0)
			abort();
		atexit(remove_log);
	}
	fd = openat(dirfd_, "audit.log", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
}

/* The data is one JSON object, and between its tags stands no `<`. */
static void check_data(const char *page)
{
	static const char start[] = "<script type=\"application/json\" id=\"data\">";
	const char *json = strstr(page, start), *end;
	json_object *object;
	char *text;

	if (!json)
		abort();
	json += sizeof(start) - 1;
	end = strchr(json, '<');
	if (!end || strncmp(end, "</script>\n<script>", 18) != 0)
		abort();
	text = strndup(json, (size_t)(end - json));
	object = json_tokener_parse(text);
	if (!json_object_is_type(object, json_type_object))
		abort();
	json_object_put(object);
	free(text);
}

static void make_page(bool is_public)
{
	struct pw_rows rows = { .is_public = is_public };
	struct pw_verify verify = { 0 };
	struct pw_page page = { .rows = &rows, .verify = &verify, .source = "", .maker = "" };
	char *text = NULL;
	size_t length;
	FILE *to = open_memstream(&text, &length);

	if (!to || pw_rows_read(dirfd_, &rows) < 0 || pw_page_write(to, &page) < 0)
		abort();
	fclose(to);
	check_data(text);
	free(text);
	pw_rows_done(&rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	put_log(data, size);
	make_page(false);
	make_page(true);
	return 0;
}
