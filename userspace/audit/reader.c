// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <time.h>

#include "audit/bytes.h"
#include "audit/checkpoint.h"
#include "audit/file.h"
#include "audit/reader.h"
#include "audit/record.h"
#include "common/cleanup.h"

#define LAST_BYTES (1024 * 1024)

/* ---- A compressed segment as a stream ----------------------------------------------------- */

struct stream {
	struct pw_bytes bytes;
	uint64_t at;
};

static ssize_t stream_read(void *cookie, char *to, size_t n)
{
	struct stream *stream = cookie;
	ssize_t got = pw_bytes_read(&stream->bytes, to, n);

	if (got < 0) {
		errno = (int)-got;
		return -1;
	}
	stream->at += (uint64_t)got;
	return got;
}

static int stream_seek(void *cookie, off64_t *offset, int whence)
{
	struct stream *stream = cookie;
	uint64_t base = whence == SEEK_CUR ? stream->at : 0;
	int r = whence == SEEK_END ? pw_bytes_size(&stream->bytes, &base) : 0;

	base += (uint64_t)*offset;
	if (!r && (whence != SEEK_CUR || *offset))
		r = pw_bytes_seek(&stream->bytes, base);
	if (r < 0) {
		errno = -r;
		return -1;
	}
	stream->at = base;
	*offset = (off64_t)base;
	return 0;
}

static int stream_close(void *cookie)
{
	struct stream *stream = cookie;

	pw_bytes_close(&stream->bytes);
	free(stream);
	return 0;
}

/* Takes @bytes over. */
static FILE *stream_open(struct pw_bytes *bytes)
{
	static const cookie_io_functions_t calls = { .read = stream_read, .seek = stream_seek,
						     .close = stream_close };
	struct stream *stream = bytes->frames ? malloc(sizeof(*stream)) : NULL;
	FILE *file = NULL;

	if (!bytes->frames) {
		file = fdopen(bytes->fd, "r");
	} else if (stream) {
		*stream = (struct stream){ .bytes = *bytes };
		file = fopencookie(stream, "r", calls);
	}
	if (file)
		*bytes = (struct pw_bytes){ .fd = -1 };
	else
		free(stream);
	return file;
}

/* ---- Files -------------------------------------------------------------------------------- */

static int open_file(struct pw_reader *reader, const char *name, uint64_t number)
{
	_cleanup_free_ char *copy = strdup(name);
	struct pw_bytes bytes;
	FILE *file;
	int r = pw_bytes_open(reader->dir, name, &bytes);

	if (r < 0)
		return r;
	file = copy ? stream_open(&bytes) : NULL;
	if (!file) {
		pw_bytes_close(&bytes);
		return -ENOMEM;
	}
	if (reader->file)
		fclose(reader->file);
	free(reader->name);
	reader->file = file;
	reader->name = TAKE_PTR(copy);
	reader->number = number;
	reader->line_number = 0;
	return 0;
}

static int open_single(struct pw_reader *reader, const char *path)
{
	_cleanup_free_ char *for_dir = strdup(path), *for_base = strdup(path);

	if (!for_dir || !for_base)
		return -ENOMEM;
	reader->single = true;
	reader->dir = open(dirname(for_dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (reader->dir < 0)
		return -errno;
	return open_file(reader, basename(for_base), 0);
}

int pw_reader_open(const char *path, struct pw_reader *ret_reader)
{
	struct pw_reader reader = { .dir = -1, .capacity = PW_RECORD_LINE_MAX };
	int r = 0;

	reader.line = malloc(reader.capacity + 1);
	reader.tokener = pw_record_tokener();
	reader.dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (reader.dir < 0)
		r = errno == ENOTDIR ? open_single(&reader, path) : -errno;
	if (!r && (!reader.line || !reader.tokener))
		r = -ENOMEM;
	if (r < 0) {
		pw_reader_close(&reader);
		return r;
	}
	*ret_reader = reader;
	return 0;
}

void pw_reader_close(struct pw_reader *reader)
{
	json_object_put(reader->record);
	if (reader->tokener)
		json_tokener_free(reader->tokener);
	if (reader->file)
		fclose(reader->file);
	if (reader->dir >= 0)
		close(reader->dir);
	free(reader->name);
	free(reader->line);
	*reader = (struct pw_reader){ .dir = -1 };
}

/*
 * One line into reader->line. 1, or 0 at the end; a line whose end is not
 * there (yet) is left for the next call. -EMSGSIZE: the line was passed over.
 */
static int read_line(struct pw_reader *reader)
{
	off_t start = ftello(reader->file);
	size_t length = 0;
	int c;

	while ((c = getc_unlocked(reader->file)) != EOF && c != '\n') {
		if (length < reader->capacity)
			reader->line[length] = (char)c;
		length++;
	}
	reader->partial = c == EOF && length;
	if (c == EOF) {
		int r = ferror(reader->file) ? -(errno ?: EIO) : 0;

		clearerr(reader->file);
		return fseeko(reader->file, start, SEEK_SET) < 0 ? -errno : r;
	}
	reader->line_number++;
	if (length > reader->capacity) {
		reader->length = 0;
		return -EMSGSIZE;
	}
	reader->line[length] = '\0';
	reader->length = length;
	return 1;
}

static const char *check_members(json_object *record)
{
	size_t at = 0;

	if (!json_object_is_type(record, json_type_object))
		return "this is no JSON object";
	if (pw_record_number(record, "schema", 0) != PW_RECORD_SCHEMA)
		return "the record has another schema than this program reads";
	json_object_object_foreach(record, key, value) {
		(void)value;
		if (at >= pw_record_nfields || strcmp(key, pw_record_fields[at++]) != 0)
			return "the record's members are not those of the schema";
	}
	return at == pw_record_nfields ? NULL : "the record lacks members";
}

json_object *pw_record_parse(json_tokener *tokener, const char *line, size_t length,
			     const char **ret_malformed)
{
	const char *malformed;
	json_object *record;

	json_tokener_reset(tokener);
	record = json_tokener_parse_ex(tokener, line, (int)length);
	if (json_tokener_get_error(tokener) == json_tokener_continue && !record)
		malformed = "the line is cut short";
	else if (!record)
		malformed = json_tokener_error_desc(json_tokener_get_error(tokener));
	else if (json_tokener_get_parse_end(tokener) != length)
		malformed = "there is more than one record in the line";
	else
		malformed = check_members(record);
	*ret_malformed = malformed;
	if (!malformed)
		return record;
	json_object_put(record);
	return NULL;
}

json_tokener *pw_record_tokener(void)
{
	json_tokener *tokener = json_tokener_new_ex(4);

	if (tokener)
		json_tokener_set_flags(tokener,
				       JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	return tokener;
}

/*
 * The segment after @number, or NULL: it is found by its number, because audit.log gets another
 * name when it is full, and a file that is compressed is another one.
 */
static int find_following(int dir, uint64_t number, char **ret_name, uint64_t *ret_number)
{
	char **names;
	size_t n, at = 0;
	int r = pw_log_file_names(dir, &names, &n);

	if (r < 0)
		return r;
	*ret_name = NULL;
	for (; at < n && !*ret_name; at++) {
		*ret_number = pw_log_file_number(names[at]);
		if (!*ret_number)
			*ret_number = pw_log_file_next(names, n);
		if (*ret_number <= number)
			continue;
		*ret_name = strdup(names[at]);
		r = *ret_name ? 0 : -ENOMEM;
		break;
	}
	pw_log_names_free(names, n);
	return r;
}

/* Opens what follows. 1 when that was done, 0 when nothing follows. */
static int open_following(struct pw_reader *reader)
{
	const uint64_t present = reader->file ? reader->number : 0;

	for (;;) {
		_cleanup_free_ char *name = NULL, *again = NULL;
		uint64_t number, same;
		int looked, r = find_following(reader->dir, present, &name, &number);

		if (r < 0 || !name)
			return r;
		r = open_file(reader, name, number);
		if (r < 0 && r != -ENOENT)
			return r;
		/* It may have become full and got another name since we looked. */
		looked = find_following(reader->dir, present, &again, &same);
		if (looked < 0)
			return looked;
		if (again && number == same && !strcmp(name, again))
			return r ? r : 1;
	}
}

/* At the end of a file: goes on to the next. 1: there is a line, 0: the end. */
static int read_on(struct pw_reader *reader)
{
	int r;

	for (;;) {
		_cleanup_free_ char *name = NULL;
		uint64_t number;

		if (reader->single)
			return 0;
		if (reader->file) {
			r = find_following(reader->dir, reader->number, &name, &number);
			if (r < 0 || !name)
				return r;
			/* What was written after we met the end and before it was full. */
			r = read_line(reader);
			if (r)
				return r;
		}
		if (reader->partial) {
			reader->line_number++;
			reader->malformed = "the line has no end";
			reader->partial = false;
			return fseeko(reader->file, 0, SEEK_END) < 0 ? -errno : 1;
		}
		r = open_following(reader);
		if (r > 0)
			r = read_line(reader);
		else
			return r;
		if (r)
			return r;
	}
}

static int next_line(struct pw_reader *reader)
{
	int r = 0;

	json_object_put(reader->record);
	reader->record = NULL;
	reader->malformed = NULL;
	if (reader->file)
		r = read_line(reader);
	if (!r)
		r = read_on(reader);
	if (r == -EMSGSIZE) {
		reader->malformed = "the line is longer than any record";
		return 1;
	}
	return r;
}

int pw_reader_next(struct pw_reader *reader)
{
	int r;

	do
		r = next_line(reader);
	while (r > 0 && !reader->malformed && pw_checkpoint_is(reader->line, reader->length));
	if (r > 0 && !reader->malformed)
		reader->record = pw_record_parse(reader->tokener, reader->line, reader->length,
						 &reader->malformed);
	return r;
}

/* Whether the newline at @at of the window ends a record, as far as the window shows. */
static bool ends_record(const char *bytes, size_t at)
{
	const char *before = memrchr(bytes, '\n', at);
	const char *start = before ? before + 1 : bytes;

	return !pw_checkpoint_is(start, (size_t)(bytes + at - start));
}

/* Where the last @lines begin, from the newlines in the last bytes of a file. */
static int find_last_lines(FILE *file, size_t lines, off_t *ret_start)
{
	off_t end, window;
	_cleanup_free_ char *bytes = NULL;
	size_t n, found = 0;

	if (fseeko(file, 0, SEEK_END) < 0 || (end = ftello(file)) < 0)
		return -errno;
	window = end < LAST_BYTES ? end : LAST_BYTES;
	n = (size_t)window;
	bytes = malloc(n + 1);
	if (!bytes)
		return -ENOMEM;
	if (fseeko(file, end - window, SEEK_SET) < 0 || fread(bytes, 1, n, file) != n)
		return -EIO;
	for (; n > 0; n--) {
		if (bytes[n - 1] != '\n')
			continue;
		if (found == lines)
			break;
		found += ends_record(bytes, n - 1);
	}
	/* A line that began before the window is left out. */
	if (!n && window < end) {
		const char *newline = memchr(bytes, '\n', (size_t)window);

		n = newline ? (size_t)(newline - bytes) + 1 : (size_t)window;
	}
	*ret_start = end - window + (off_t)n;
	return 0;
}

int pw_reader_seek_last(struct pw_reader *reader, size_t lines)
{
	char **names;
	off_t start = 0;
	size_t n;
	int r = pw_log_file_names(reader->dir, &names, &n);

	if (r < 0)
		return r;
	if (n)
		r = open_file(reader, names[n - 1], pw_log_file_number(names[n - 1]) ?:
			      pw_log_file_next(names, n));
	pw_log_names_free(names, n);
	if (r < 0 || !n)
		return r;
	r = find_last_lines(reader->file, lines, &start);
	if (!r && fseeko(reader->file, start, SEEK_SET) < 0)
		r = -errno;
	return r;
}

const char *pw_record_text(json_object *record, const char *name)
{
	json_object *member;

	if (!json_object_object_get_ex(record, name, &member) ||
	    !json_object_is_type(member, json_type_string))
		return NULL;
	return json_object_get_string(member);
}

uint64_t pw_record_number(json_object *record, const char *name, uint64_t otherwise)
{
	json_object *member;

	if (!json_object_object_get_ex(record, name, &member) ||
	    !json_object_is_type(member, json_type_int) || json_object_get_int64(member) < 0)
		return otherwise;
	return json_object_get_uint64(member);
}

bool pw_record_true(json_object *record, const char *name)
{
	json_object *member;

	return json_object_object_get_ex(record, name, &member) &&
	       json_object_is_type(member, json_type_boolean) && json_object_get_boolean(member);
}

bool pw_record_is(json_object *record, const char *name, const char *text)
{
	const char *value = pw_record_text(record, name);

	return value && !strcmp(value, text);
}

/* `DIGITS` as a number, and what has to stand behind it. */
static bool read_digits(const char **text, size_t n, char behind, int *ret)
{
	*ret = 0;
	for (; n; n--, (*text)++) {
		if (**text < '0' || **text > '9')
			return false;
		*ret = *ret * 10 + (**text - '0');
	}
	return *(*text)++ == behind;
}

int pw_record_time_parse(const char text[static PW_RECORD_TIME_LEN], int64_t *ret_ns)
{
	struct tm tm = { 0 };
	int64_t time;
	int ns;

	if (!read_digits(&text, 4, '-', &tm.tm_year) || !read_digits(&text, 2, '-', &tm.tm_mon) ||
	    !read_digits(&text, 2, 'T', &tm.tm_mday) || !read_digits(&text, 2, ':', &tm.tm_hour) ||
	    !read_digits(&text, 2, ':', &tm.tm_min) || !read_digits(&text, 2, '.', &tm.tm_sec) ||
	    !read_digits(&text, 9, 'Z', &ns))
		return -EBADMSG;
	if (tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31 ||
	    tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60)
		return -EBADMSG;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	if (__builtin_mul_overflow((int64_t)timegm(&tm), 1000000000, &time) ||
	    __builtin_add_overflow(time, ns, &time))
		return -EBADMSG;
	*ret_ns = time;
	return 0;
}

static int time_in(json_object *record, const char *name, int64_t *ret_ns)
{
	const char *text = pw_record_text(record, name);

	if (!text || strlen(text) != PW_RECORD_TIME_LEN)
		return -EBADMSG;
	return pw_record_time_parse(text, ret_ns);
}

int pw_record_time(json_object *record, int64_t *ret_ns)
{
	return time_in(record, "time", ret_ns);
}

int pw_record_since(json_object *record, int64_t *ret_ns)
{
	return time_in(record, pw_record_text(record, "since") ? "since" : "time", ret_ns);
}
