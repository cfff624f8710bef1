// SPDX-License-Identifier: BSD-2-Clause
/*
 * touchscreen: plugs one in, of uinput, whose axes are a little blurred, says "ready", and
 * takes it out again when it is killed.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/uinput.h>

static void add_axis(int fd, __u16 code)
{
	struct uinput_abs_setup axis = {
		.code = code,
		.absinfo = { .maximum = 4095, .fuzz = 8, .resolution = 10 },
	};

	if (ioctl(fd, UI_ABS_SETUP, &axis) < 0)
		err(1, "axis %d", code);
}

int main(void)
{
	struct uinput_setup setup = { .id = { .bustype = BUS_VIRTUAL, .vendor = 1, .product = 1 } };
	int fd = open("/dev/uinput", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		err(1, "/dev/uinput");
	strcpy(setup.name, "touchscreen");
	if (ioctl(fd, UI_SET_EVBIT, EV_ABS) < 0 || ioctl(fd, UI_SET_EVBIT, EV_KEY) < 0 ||
	    ioctl(fd, UI_SET_KEYBIT, BTN_TOUCH) < 0 ||
	    ioctl(fd, UI_SET_PROPBIT, INPUT_PROP_DIRECT) < 0)
		err(1, "what it can");
	add_axis(fd, ABS_X);
	add_axis(fd, ABS_Y);
	if (ioctl(fd, UI_DEV_SETUP, &setup) < 0 || ioctl(fd, UI_DEV_CREATE) < 0)
		err(1, "plug");
	puts("ready");
	fflush(stdout);
	pause();

	return 0;
}
