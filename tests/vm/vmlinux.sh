#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# vmlinux.sh VMLINUZ OUT: the ELF file in a compressed kernel. It starts at the first place that
# decompresses to one.
set -euo pipefail
# In UTF-8 `read` takes the end of a line for a part of what stands before it here.
export LC_ALL=C

image=$1 out=$2
trap 'rm -f "$out.$$"' EXIT
while read -r magic tool; do
	while IFS=: read -r offset _; do
		# Behind the stream stand other bytes: the tool's exit code says nothing.
		tail -c "+$((offset + 1))" "$image" | $tool > "$out.$$" 2> /dev/null || true
		if readelf -h "$out.$$" > /dev/null 2>&1; then
			mv "$out.$$" "$out"
			exit 0
		fi
	done < <(grep -abo -P "$magic" "$image" || true)
done <<-'END'
	\xfd7zXZ\x00 xz -dc
	\x28\xb5\x2f\xfd zstd -dc --long=31
	\x1f\x8b\x08 gzip -dc
END
echo "vmlinux.sh: no kernel found in $image: remove ${image%/*} and run make kernels" >&2
exit 1
