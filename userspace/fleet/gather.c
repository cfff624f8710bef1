// SPDX-License-Identifier: BSD-2-Clause
/* Where the records are taken from: table.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/file.h"
#include "fleet/each.h"
#include "fleet/table.h"
#include "fleet/tree.h"

/* The last one is @name's then, without a line. */
static int add_row(struct pw_fleet *fleet, const char *name)
{
	struct pw_fleet_row row = {.name = strdup(name)}, *more;

	if (row.name && fleet->n == fleet->capacity) {
		more = reallocarray(fleet->rows, 2 * fleet->capacity + 1024, sizeof(*more));
		if (!more) {
			free(row.name);
			return -ENOMEM;
		}
		fleet->rows = more;
		fleet->capacity = 2 * fleet->capacity + 1024;
	}
	if (!row.name)
		return -ENOMEM;
	fleet->rows[fleet->n++] = row;

	return 0;
}

int pw_fleet_expect(struct pw_fleet *fleet, const struct pw_device *device)
{
	int r = add_row(fleet, device->serial);

	if (!r)
		fleet->rows[fleet->n - 1].listed = device;

	return r;
}

/* With whatever bytes are in it. */
static int keep_line(struct pw_fleet_row *row, const char *line, size_t length)
{
	row->line = malloc(length + 1);
	if (!row->line)
		return -ENOMEM;
	if (length)
		memcpy(row->line, line, length);
	row->line[length] = '\0';
	row->length = length;

	return 0;
}

int pw_fleet_add(struct pw_fleet *fleet, const char *name, const char *line, size_t length,
		 int64_t received)
{
	int r = add_row(fleet, name);

	if (r < 0)
		return r;
	fleet->rows[fleet->n - 1].received = received;
	r = keep_line(&fleet->rows[fleet->n - 1], line, length);
	if (r < 0)
		free(fleet->rows[--fleet->n].name);

	return r;
}

static void close_directory(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

struct reading {
	struct pw_fleet *fleet;
	int dir;
	size_t first;	/* those before it are of elsewhere */
	atomic_int error;
};

/* What is no file, or no more, keeps no line. */
static void read_line(void *data, size_t i)
{
	struct reading *reading = data;
	struct pw_fleet_row *row = &reading->fleet->rows[reading->first + i];
	_cleanup_free_ char *text = NULL;
	size_t length = 0;
	struct stat st;
	int r = fstatat(reading->dir, row->name, &st, 0) < 0 ? -errno : 0;

	if (r == -ENOENT || (!r && !S_ISREG(st.st_mode)))
		return;
	if (!r)
		r = pw_file_read(reading->dir, row->name, PW_TOLD_LINE_MAX, &text, &length);
	/* Whatever it is: the console that it is named after has no record. */
	if (!r || r == -EFBIG) {
		r = keep_line(row, text, length);
		row->received = st.st_mtime;
	}
	if (r < 0 && r != -ENOENT)
		reading->error = r;
}

static int read_lines(struct reading *reading)
{
	struct pw_fleet *fleet = reading->fleet;
	size_t kept = reading->first;

	pw_each(fleet->n - kept, read_line, reading);
	for (size_t i = kept; i < fleet->n; i++)
		if (fleet->rows[i].line)
			fleet->rows[kept++] = fleet->rows[i];
		else
			free(fleet->rows[i].name);
	fleet->n = kept;

	return reading->error;
}

int pw_fleet_read_directory(struct pw_fleet *fleet, const char *path)
{
	_cleanup_(close_directory) DIR *directory = opendir(path);
	struct reading reading = {.fleet = fleet, .first = fleet->n};
	const struct dirent *entry;
	int r = 0;

	if (!directory)
		return -errno;
	while (!r && (entry = readdir(directory)))
		if (*entry->d_name != '.')
			r = add_row(fleet, entry->d_name);
	reading.dir = dirfd(directory);

	return r ?: read_lines(&reading);
}

static int add_channel(struct pw_fleet *fleet, int dir, const char *file, struct pw_diag *diag)
{
	const char *dot = strrchr(file, '.');
	struct pw_channel *channel = NULL, **more;
	char name[PW_CHANNEL_PATH_SIZE];
	int r;

	if (*file == '.' || !dot || strcmp(dot, ".json") || dot - file >= (int)sizeof(name))
		return 0;
	snprintf(name, sizeof(name), "%.*s", (int)(dot - file), file);
	r = pw_tree_read(dir, name, &channel, diag);
	if (r < 0)
		return r;
	more = reallocarray(fleet->channels, fleet->nchannels + 1, sizeof(*more));
	if (!more) {
		pw_channel_free(channel);
		return -ENOMEM;
	}
	fleet->channels = more;
	fleet->channels[fleet->nchannels++] = channel;

	return 0;
}

int pw_fleet_read_tree(struct pw_fleet *fleet, const char *path, struct pw_diag *diag)
{
	_cleanup_(close_directory) DIR *directory = NULL;
	_cleanup_close_ int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_free_ char *channels = NULL;
	const struct dirent *entry;
	int r = 0;

	if (dir < 0)
		return -errno;
	if (asprintf(&channels, "%s/channels", path) < 0)
		return -ENOMEM;
	directory = opendir(channels);
	if (!directory)
		return -errno;
	while (!r && (entry = readdir(directory)))
		r = add_channel(fleet, dir, entry->d_name, diag);

	return r;
}

void pw_fleet_row_done(struct pw_fleet_row *row)
{
	pw_told_done(&row->record);
	free(row->line);
	free(row->name);
}

void pw_fleet_done(struct pw_fleet *fleet)
{
	for (size_t i = 0; i < fleet->n; i++)
		pw_fleet_row_done(&fleet->rows[i]);
	free(fleet->rows);
	for (size_t i = 0; i < fleet->nchannels; i++)
		pw_channel_free(fleet->channels[i]);
	free(fleet->channels);
	pw_seen_done(&fleet->seen);
	*fleet = (struct pw_fleet){};
}
