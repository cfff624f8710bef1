// SPDX-License-Identifier: BSD-2-Clause
/*
 * control REQUEST: sends one line to phiwardd and prints its answer. What `phiward` does,
 * without what it costs to start it under emulation. Ends with 1 when nobody answers.
 */
#include "control.h"

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: control REQUEST\n");
		return 2;
	}

	return !control(argv[1], STDOUT_FILENO);
}
