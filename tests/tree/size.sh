#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Files and functions that can be read.
. "$(dirname "$0")/lib/tap.bash"

check "no file is longer than 700 lines" \
	"$(tree_files '*.c' '*.h' '*.sh' '*.bash' '*.bats' '*.mk' | xargs -d '\n' wc -l | awk '$1 > 700 && $2 != "total"')"
check "no function is longer than 80 lines" "$(tree_files '*.c' '*.h' | xargs -d '\n' awk '
	FNR == 1 { open = 0 }
	/^\{/ && before ~ /\)[^;]*$/ { start = FNR; name = before; open = 1 }
	/^\}/ && open {
		if (FNR - start > 80)
			printf "%s:%d: %d lines: %s\n", FILENAME, start, FNR - start, substr(name, 1, 60)
		open = 0
	}
	$0 != "" { before = $0 }')"
tap_end
