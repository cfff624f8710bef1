#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# module-files.sh KERNELDIR NAME: the files of a kernel's module, what it depends on first.
exec awk -v name="$2" '
	{ file = $1; sub(/:$/, "", file); base = file
	  sub(/.*\//, "", base); sub(/\.ko.*/, "", base); gsub(/-/, "_", base) }
	base == name { for (i = NF; i > 1; i--) print $i; print file }
' "$1/modules/modules.dep"
