// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "daemon/directories.h"
#include "publish/pins.h"
#include "publish/protocol.h"

#define LOCK_FILE "phiwardd.lock"

/* Root's directory, with this mode and group; made when it is missing. */
static int open_directory(const char *path, mode_t mode, gid_t group)
{
	_cleanup_close_ int fd = -1;
	struct stat st;

	if (mkdir(path, mode & 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (st.st_uid != 0 && fchown(fd, 0, (gid_t)-1) < 0)
		return -errno;
	if (st.st_gid != group && fchown(fd, (uid_t)-1, group) < 0)
		return -errno;
	if ((st.st_mode & 07777) != mode && fchmod(fd, mode) < 0)
		return -errno;
	return TAKE_FD(fd);
}

/* Files made in it get its group (S_ISGID): the daemon cannot give them away later. */
static int open_log_directory(void)
{
	const struct group *group = getgrnam(PW_GROUP_AUDIT);

	return group ? open_directory(PW_LOG_DIR, 02750, group->gr_gid) :
		       open_directory(PW_LOG_DIR, 0700, 0);
}

static int take_lock(int state)
{
	_cleanup_close_ int fd =
		openat(state, LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	return TAKE_FD(fd);
}

/* Where a policy is in force the file is there, and it cannot be opened any more. */
static int make_canary(int run)
{
	const char *name = strrchr(PW_CANARY_FILE, '/') + 1;
	_cleanup_close_ int fd = -1;

	if (faccessat(run, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	fd = openat(run, name, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	return fd < 0 || fchmod(fd, 0444) < 0 ? -errno : 0;
}

int pw_directories_open(struct pw_directories *directories, const char **ret_wrong)
{
	int r;

	*ret_wrong = PW_STATE_DIR;
	directories->state = open_directory(PW_STATE_DIR, 0700, 0);
	if (directories->state < 0)
		return directories->state;
	*ret_wrong = PW_STATE_DIR "/" LOCK_FILE;
	directories->lock = take_lock(directories->state);
	if (directories->lock < 0)
		return directories->lock;
	*ret_wrong = PW_LOG_DIR;
	directories->log = open_log_directory();
	if (directories->log < 0)
		return directories->log;
	*ret_wrong = PW_RUN_DIR;
	directories->run = open_directory(PW_RUN_DIR, 0755, 0);
	if (directories->run < 0)
		return directories->run;
	*ret_wrong = PW_CANARY_FILE;
	r = make_canary(directories->run);
	return r;
}

void pw_directories_close(struct pw_directories *directories)
{
	pw_closep(&directories->run);
	pw_closep(&directories->state);
	pw_closep(&directories->log);
	pw_closep(&directories->lock);
	*directories = PW_DIRECTORIES_INIT;
}
