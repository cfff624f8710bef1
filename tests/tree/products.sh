#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A build leaves nothing beside the sources: what git does not know is source, or is ignored.
. "$(dirname "$0")/lib/tap.bash"

check "no product of a build lies in the tree" "$(git ls-files --cached --others --exclude-standard |
	grep -E '\.(o|a|d|ko|so|mod|cmd|order|symvers|skel\.h|gcda|gcno|img|tmp|orig|rej)$|(^|/)(vmlinux\.h|core|a\.out)$')"
check "no hand-written file that kbuild would sweep away" "$(tree_files '*.s' '*.i')"
tap_end
