// SPDX-License-Identifier: BSD-2-Clause
/* Runs a fuzz target once over each file given, as TAP; a crash ends it. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
	FILE *f = fopen(path, "re");
	uint8_t *data;
	long size;

	if (!f || fseek(f, 0, SEEK_END) < 0)
		return -1;
	size = ftell(f);
	rewind(f);
	/* Of the exact size, so that a read beyond it is seen. */
	data = malloc(size ? size : 1);
	if (!data || fread(data, 1, size, f) != (size_t)size)
		return -1;
	fclose(f);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 0;
}

int main(int argc, char **argv)
{
	int bad = 0;

	printf("1..%d\n", argc - 1);
	for (int i = 1; i < argc; i++) {
		int r = replay(argv[i]);

		bad |= r < 0;
		printf("%s %d - %s\n", r < 0 ? "not ok" : "ok", i, argv[i]);
		fflush(stdout);
	}
	return bad;
}
