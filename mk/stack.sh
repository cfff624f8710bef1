#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# stack.sh OBJECT: fails when a chain of calls in a BPF object needs more stack than the
# verifier gives it, 512 bytes with each frame rounded up to 32, or more than its 8 frames, and
# shows the deepest chain. The compiler knows nothing of these limits, and one value more that
# it keeps on the stack would be seen only when a kernel refuses to load the program.
set -eu

{
	llvm-objdump -t "$1" | sed -n 's/^/symbol /p'
	llvm-objdump -d -r "$1"
} | awk '
	function hex(text,    value, i) {
		for (i = 1; i <= length(text); i++)
			value = value * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
		return value
	}
	# The function at instruction @at of @section, or its name when that is one already.
	function target(section, at) { return name[section, at] }
	function uses(bytes) { if (bytes > frame[now]) frame[now] = bytes }
	function calls(callee) {
		if (callee != "" && !(callee in kernels) && callee != now && !((now, callee) in edge)) {
			edge[now, callee] = 1
			callees[now] = callees[now] " " callee
		}
	}
	# How much @f itself adds to a chain of calls.
	function share(f, unit) {
		if (unit == "frames")
			return 1
		return frame[f] ? int((frame[f] + 31) / 32) * 32 : 32
	}
	# The longest chain from @f, in @unit; how it goes on is left in next_of[unit, f].
	function chain_of(f, unit,    list, n, i, d, best) {
		if ((unit, f) in long)
			return long[unit, f]
		n = split(callees[f], list, " ")
		for (i = 1; i <= n; i++) {
			d = chain_of(list[i], unit)
			if (d > best) {
				best = d
				next_of[unit, f] = list[i]
			}
		}
		long[unit, f] = best + share(f, unit)
		return long[unit, f]
	}
	# Prints the longest of all in @unit, each function with its bytes if @bytes; returns it.
	function show(unit, bytes,    key, f, most, first, chain) {
		for (key in name)
			if (chain_of(name[key], unit) > most) {
				most = chain_of(name[key], unit)
				first = name[key]
			}
		for (f = first; f != ""; f = next_of[unit, f])
			chain = chain (chain ? " > " : "") f (bytes ? " " frame[f] + 0 : "")
		if (most)
			print most " " unit ": " chain
		return most
	}
	# symbol 0000000000000528 l     F .text	0000000000000040 pw_thing
	$1 == "symbol" {
		if ($4 == "F")
			name[$5, hex($2) / 8] = $NF
		# Its own functions have no frame of ours.
		if ($3 == "*UND*" || $4 == "*UND*")
			kernels[$NF] = 1
		next
	}
	/^Disassembly of section / { section = $4; sub(/:$/, "", section); next }
	# A relocation says whom the instruction before it means.
	$2 == "R_BPF_64_32" { calls($3 == ".text" ? target(".text", immediate + 1) : $3); pending = ""; next }
	$2 == "R_BPF_64_64" { if ($3 == ".text") calls(target(".text", immediate / 8)); next }
	$1 ~ /^[0-9]+:$/ {
		calls(pending)
		pending = ""
		at = $1 + 0
		if ((section, at) in name)
			now = name[section, at]
		text = $0
		while (match(text, /r10 - [0-9]+/)) {
			uses(substr(text, RSTART + 6, RLENGTH - 6) + 0)
			text = substr(text, RSTART + RLENGTH)
		}
		# rN = r10, then rN += -SIZE
		if (copied && match($0, /\+= -[0-9]+/))
			uses(substr($0, RSTART + 4, RLENGTH - 4) + 0)
		copied = $0 ~ /= r10$/
		if ($2 == "85") {
			immediate = $NF
			if (substr($3, 1, 1) == "1")
				pending = target(section, at + 1 + immediate)
		} else if ($NF == "ll") {
			immediate = $(NF - 1)
		}
	}
	END {
		calls(pending)
		most = show("bytes of stack", 1)
		if (!most) {
			print "no functions were found" > "/dev/stderr"
			exit 1
		}
		longest = show("frames", 0)
		exit most > 512 || longest > 8
	}'
