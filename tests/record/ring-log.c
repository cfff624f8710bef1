// SPDX-License-Identifier: BSD-2-Clause
/*
 * ring-log DIR bench RECORDS FLUSH-MS: the log as phiwardd writes it, from rings to the disk, with
 * rings in plain memory: how many records a second, with hashes, seals and syncs.
 * ring-log SOCKET syslog RECORDS: sends the lines of such records as messages of syslog.
 * ring-log - journal RECORDS: sends them to the journal, each member that is not null as a field.
 * ring-log DIR power: opens the log after a power cut, writes and syncs without end, and
 * prints the anchor of each checkpoint that is on the disk. DIR/keys gets the boot's first key.
 * ring-log DIR once: the same for one batch, and the end of phiwardd.
 */
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "audit/checkpoint.h"
#include "audit/log.h"
#include "audit/record.h"
#define RING_SIZE (16UL << 20)
#define RING_WINDOW (1UL << 20)
#include "../unit/audit/rings.h"
#include "module.h"

#define POWER_RECORDS 97	/* between two syncs */

static struct pw_state state;

/* ---- Events -------------------------------------------------------------------------------- */

static struct test_event event;

static void make_event(void)
{
	test_event_init(&event, 0);
	test_event_names(&event, &event.event.path_len, NAMES("IM000001.dcm\0study-2026-11-24\0dicom\0srv"));
	test_event_names(&event, &event.event.exe_len, NAMES("storescu\0bin\0usr"));
	test_event_names(&event, &event.event.parent_len, NAMES("Orthanc\0sbin\0usr"));
}

static void number_event(void)
{
	event.event.seq = ++state.seq;
	event.event.mono = 1000000000 + event.event.seq;
	event.event.ino = 1000 + event.event.seq % 97;
}

/* One of three processes is in no subject. False: there is no room. */
static bool put_event(void)
{
	size_t ring = state.seq % 3 == 0;
	uint32_t length = event.event.size;

	if (rings[ring].producer - rings[ring].consumer + length + 16 > RING_SIZE)
		return false;
	number_event();
	put_bytes(ring, &event, length, 0);
	return true;
}

/* ---- The log ------------------------------------------------------------------------------- */

static struct pw_log *open_log(const char *dir, const char *boot)
{
	struct pw_log_config config = {.log_dir = open_directory(dir, "log"),
				       .state_dir = open_directory(dir, "state"), .state_map = -1};
	char keys[4096];
	struct pw_log *log;

	for (size_t i = 0; i < NRINGS; i++)
		make_ring(&rings[i]);
	config.ring_members = rings[0].fd;
	config.ring_others = rings[1].fd;
	config.ring_tamper = rings[2].fd;
	config.state = &state;
	module.state = &state;
	module.sealing = true;
	snprintf(keys, sizeof(keys), "%s/keys", dir);
	module_first_key(boot, keys);
	sync();
	make_event();
	must(pw_log_open(&config, &log), "log");
	return log;
}

static double seconds(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void drain(struct pw_log *log, bool settle)
{
	int r = pw_log_drain(log, settle);

	must(r, "drain");
}

/* That of this machine, which the recorder reads by itself. */
static const char *this_boot(void)
{
	static char boot[PW_BOOT_ID_LEN + 1];
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

	must(!file || fscanf(file, "%36s", boot) != 1 ? -EIO : 0, "boot_id");
	fclose(file);
	return boot;
}

static void bench(const char *dir, uint64_t records, double flush)
{
	struct pw_log *log = open_log(dir, this_boot());
	double began = seconds(CLOCK_MONOTONIC), synced = began, cpu, filling = 0;

	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	while (state.seq < records) {
		filling -= seconds(CLOCK_PROCESS_CPUTIME_ID);	/* that is the kernel's work */
		while (state.seq < records && put_event())
			;
		filling += seconds(CLOCK_PROCESS_CPUTIME_ID);
		drain(log, seconds(CLOCK_MONOTONIC) - synced >= flush);
		if (seconds(CLOCK_MONOTONIC) - synced >= flush)
			synced = seconds(CLOCK_MONOTONIC);
	}
	drain(log, true);
	began = seconds(CLOCK_MONOTONIC) - began;
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu - filling;
	pw_log_close(log);
	printf("%.0f records/s, %.0f of processor time\n", (double)records / began,
	       (double)records / cpu);
}

/* ---- For others to write ------------------------------------------------------------------- */

static void send_line(int fd, const struct pw_line *line)
{
	static char message[8192];
	int n = snprintf(message, sizeof(message), "<13>Nov 26 12:00:00 phiward: %.*s",
			 (int)line->length - 1, line->data);

	must(send(fd, message, (size_t)n, 0) < 0 ? -errno : 0, "send");
}

/* `"name":value,` and so on: lines are flat. Returns where the next one begins, or NULL. */
static const char *take_member(const char *at, char *field, size_t size)
{
	const char *name = at + 1, *end = strchr(name, '"'), *value = end + 2, *stop = value;
	size_t n = 0;

	if (*stop == '"')
		while (*++stop != '"')
			stop += *stop == '\\';
	stop += strcspn(stop, ",}");
	*field = '\0';
	if (strncmp(value, "null", 4) != 0) {
		for (; name < end && n < size; name++)
			field[n++] = *name >= 'a' && *name <= 'z' ? (char)(*name - 32) : *name;
		snprintf(field + n, size - n, "=%.*s", (int)(stop - value), value);
	}
	return *stop == ',' ? stop + 1 : NULL;
}

static void send_fields(const struct pw_line *line)
{
	static char fields[64][512];
	struct iovec vector[64];
	const char *at = line->data + 1;
	int n = 0;

	while (at && n < 64) {
		at = take_member(at, fields[n], sizeof(fields[n]));
		vector[n] = (struct iovec){fields[n], strlen(fields[n])};
		n += vector[n].iov_len > 0;
	}
	must(sd_journal_sendv(vector, n), "journal");
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	must(connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0, path);
	return fd;
}

/* @socket: of syslog, or NULL: the journal. */
static void send_all(const char *socket, uint64_t records)
{
	struct pw_recorder recorder;
	struct pw_line line = {0};
	int fd = socket ? connect_to(socket) : -1;

	make_event();
	must(pw_recorder_init(&recorder, AT_FDCWD), "recorder");
	pw_recorder_begin(&recorder);
	while (state.seq < records) {
		number_event();
		pw_record_event(&recorder, &event.event, 1, &line);
		if (socket)
			send_line(fd, &line);
		else
			send_fields(&line);
		line.length = 0;
	}
	pw_line_done(&line);
	pw_recorder_done(&recorder);
}

static void power(const char *dir)
{
	struct pw_log *log = open_log(dir, this_boot());
	char anchor[PW_CHECKPOINT_MAX];

	/* What is owed for the boot before is written with the first records. */
	for (;;) {
		for (int i = 0; i < POWER_RECORDS && put_event(); i++)
			if (i % 10 == 0)
				drain(log, false);
		drain(log, true);
		if (pw_log_sealed(log)) {
			pw_checkpoint_anchor(pw_log_checkpoint(log), anchor);
			printf("%s\n", anchor);
			fflush(stdout);
		}
	}
}

static void once(const char *dir)
{
	struct pw_log *log = open_log(dir, this_boot());

	for (int i = 0; i < POWER_RECORDS; i++)
		put_event();
	drain(log, true);
	must(pw_log_end(log), "end");
	pw_log_close(log);
}

int main(int argc, char **argv)
{
	uint64_t records = 0, ms = 0;

	if (argc == 5 && !strcmp(argv[2], "bench") && !pw_text_number(argv[3], 1, INT64_MAX, &records) &&
	    !pw_text_number(argv[4], 1, 60000, &ms))
		bench(argv[1], records, (double)ms / 1000);
	else if (argc == 4 && !strcmp(argv[2], "syslog") &&
		 !pw_text_number(argv[3], 1, INT64_MAX, &records))
		send_all(argv[1], records);
	else if (argc == 4 && !strcmp(argv[2], "journal") &&
		 !pw_text_number(argv[3], 1, INT64_MAX, &records))
		send_all(NULL, records);
	else if (argc == 3 && !strcmp(argv[2], "power"))
		power(argv[1]);
	else if (argc == 3 && !strcmp(argv[2], "once"))
		once(argv[1]);
	else
		must(-EINVAL, "usage: ring-log DIR bench RECORDS FLUSH-MS | power | once; SOCKET syslog|journal RECORDS");
	return 0;
}
