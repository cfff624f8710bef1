// SPDX-License-Identifier: GPL-2.0-only
/*
 * BPF programs of LSM hooks are called by ftrace. While a permanent user of ftrace is
 * registered, kernel.ftrace_enabled cannot be set to 0: EBUSY.
 */
#include "internal.h"

#include <linux/ftrace.h>

static bool held;
static unsigned long seen;

/* What is traced: called when the status is asked for, by nobody else. */
static noinline void traced(void)
{
	barrier();
}

static void notrace on_call(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
			    struct ftrace_regs *regs)
{
	WRITE_ONCE(seen, seen + 1);
}

static struct ftrace_ops trace = {
	.func = on_call,
	.flags = FTRACE_OPS_FL_PERMANENT | FTRACE_OPS_FL_RECURSION,
};

int pw_ftrace_hold(void)
{
	int err;

	if (held)
		return 0;
	err = ftrace_set_filter_ip(&trace, (unsigned long)traced, 0, 1);
	if (!err)
		err = register_ftrace_function(&trace);	/* -EBUSY: it is off */
	held = !err;
	return err;
}

void pw_ftrace_release(void)
{
	if (held)
		unregister_ftrace_function(&trace);
	ftrace_free_filter(&trace);
}

/* A kernel that met a fault in ftrace has switched it off for good, whoever holds it. */
bool pw_ftrace_is_held(void)
{
	const unsigned long before = READ_ONCE(seen);

	traced();
	return held && READ_ONCE(seen) != before;
}
