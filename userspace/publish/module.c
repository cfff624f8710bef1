// SPDX-License-Identifier: BSD-2-Clause
#include "publish/module.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "common/cleanup.h"

/* The module says in sysfs that it is there, also to who may not open its device. */
static int open_device(void)
{
	static int device = -1;
	struct stat st;

	if (device >= 0)
		return device;
	device = open(PW_GUARD_DEVICE, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (device >= 0)
		return device;
	if (errno == ENOENT && stat("/sys/module/phiward", &st) == 0)
		return -EACCES;

	return -errno;
}

static int call(unsigned long number, void *arg)
{
	int device = open_device(), r;

	if (device < 0)
		return device;
	r = ioctl(device, number, arg);

	return r < 0 ? -errno : r;
}

int pw_module_status(struct pw_guard_status *ret)
{
	struct pw_guard_status status = {.size = sizeof(status)};
	int r = call(PW_GUARD_STATUS, &status);

	if (r == -ENOTTY || r == -EINVAL || (r == 0 && status.abi != PW_GUARD_ABI))
		return -EPROTO;
	if (r < 0)
		return r;

	*ret = status;
	return 0;
}

/* Set by phiwardd alone; the device asks again who calls. */
static bool taken;

void pw_module_take(void)
{
	open_device();
	taken = true;
}

static int call_taken(unsigned long number, void *arg)
{
	return taken ? call(number, arg) : -ENOENT;
}

static int call_held(unsigned long number, unsigned int kind, const char *role, int fd)
{
	struct pw_guard_held held = {.size = sizeof(held), .kind = kind, .fd = fd};

	if ((size_t)snprintf(held.role, sizeof(held.role), "%s", role) >= sizeof(held.role))
		return -ENAMETOOLONG;

	return call_taken(number, &held);
}

int pw_module_hold(unsigned int kind, const char *role, int fd)
{
	return call_held(PW_GUARD_HOLD, kind, role, fd);
}

int pw_module_get(unsigned int kind, const char *role)
{
	return call_held(PW_GUARD_GET, kind, role, 0);
}

bool pw_module_holds(unsigned int kind, const char *role)
{
	_cleanup_close_ int fd = pw_module_get(kind, role);
	struct pw_guard_status status;

	/* Without the rights everything is EPERM, and that says nothing. */
	return fd >= 0 || (fd == -EPERM && kind == PW_GUARD_LINK &&
			   pw_module_status(&status) == 0 && status.state & PW_GUARD_SEALED);
}

int pw_module_drop(unsigned int kind, const char *role)
{
	int r = call_held(PW_GUARD_DROP, kind, role, 0);

	return r == -ENOENT ? 0 : r;
}

static int call_plain(unsigned long number)
{
	struct pw_guard_call arg = {.size = sizeof(arg)};

	return call_taken(number, &arg);
}

int pw_module_seal(void)
{
	return call_plain(PW_GUARD_SEAL);
}

int pw_module_open_gate(void)
{
	int r = call_plain(PW_GUARD_OPEN);

	return r == -EALREADY ? 0 : r;
}

int pw_module_keep_shut(void)
{
	int r = call_plain(PW_GUARD_KEEP_SHUT);

	return r == -EALREADY ? 0 : r;
}

int pw_module_key(struct pw_guard_key *ret)
{
	*ret = (struct pw_guard_key){.size = sizeof(*ret)};

	return call_taken(PW_GUARD_KEY, ret);
}

static int call_mac(unsigned long number, const uint8_t digest[static PW_GUARD_HASH_LEN],
		    struct pw_guard_mac *ret)
{
	*ret = (struct pw_guard_mac){.size = sizeof(*ret)};
	memcpy(ret->digest, digest, sizeof(ret->digest));

	return call_taken(number, ret);
}

int pw_module_mac(const uint8_t digest[static PW_GUARD_HASH_LEN], struct pw_guard_mac *ret)
{
	return call_mac(PW_GUARD_MAC, digest, ret);
}

int pw_module_again(const uint8_t digest[static PW_GUARD_HASH_LEN], struct pw_guard_mac *ret)
{
	return call_mac(PW_GUARD_AGAIN, digest, ret);
}
