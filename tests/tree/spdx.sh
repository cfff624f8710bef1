#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Each file says in its first lines which licence it has, and it is that of its place.
. "$(dirname "$0")/lib/tap.bash"

# What is data of tests, or has no place for a comment.
cannot() {
	case $1 in
	tests/corpus/* | tests/golden/*.err | tests/golden/*.out | tests/golden/*.txt) true ;;
	LICENSES/* | *.json | *.pem | *.svg | *.png | *.dcm | docs/man/*.html) true ;;
	*) false ;;
	esac
}

licence_of_place() {
	case $1 in
	bpf/* | kmod/* | Kbuild) echo 'GPL-2.0-only' ;;
	include/phiward/*) echo '(GPL-2.0-only OR BSD-2-Clause)' ;;
	*) echo 'BSD-2-Clause' ;;
	esac
}

none='' other=''
while read -r file; do
	cannot "$file" && continue
	line=$(head -n 2 "$file" | grep -a -o 'SPDX-License-Identifier: .*' | sed 's/^[^:]*: //; s/ *\(\*\/\|-->\)$//')
	if [ -z "$line" ]; then
		none+="$file"$'\n'
	elif [ "$line" != "$(licence_of_place "$file")" ]; then
		other+="$file: $line"$'\n'
	fi
done < <(tree_files)
check "every file has an SPDX line" "$none"
check "and the licence of its place" "$other"
tap_end
