#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# phiward diff, as it is called: what it prints, and how it ends.
. "$(dirname "$0")/lib/tap.bash"

[ -x build/phiward ] || { skip "phiward diff" "build/phiward is not built"; tap_end; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cp policies/*.yaml "$dir"
sed 's/^version: .*/version: 2/; s/pacs: \[10.20.5.4\]/pacs: [10.20.5.4, 10.20.6.0\/24]/' \
	policies/ct-console.yaml > "$dir/wider.yaml"
sed 's/^version: .*/version: 2/; s/      images: \[read, write, create\]$/      images: [read]/' \
	policies/ct-console.yaml > "$dir/narrower.yaml"

# run CODE ARGUMENT...: what it says when it does not end with CODE.
run() {
	local code=$1 said
	shift
	said=$(build/phiward diff "$@" 2>&1)
	local real=$?
	[ $real -eq "$code" ] || echo "exit code $real: $said"
}

# has LINE ARGUMENT...: what it says when LINE is not one of its lines.
has() {
	local line=$1 said
	shift
	said=$(build/phiward diff "$@" 2>&1)
	grep -qxF -- "$line" <<< "$said" || echo "$said"
}

old=$dir/ct-console.yaml wider=$dir/wider.yaml narrower=$dir/narrower.yaml
line=$(grep -n 'connect: {tcp: \[104, 11112\], to: \[pacs\]}' "$wider" | head -1 | cut -d: -f1)
check "what is newly allowed, with its line" \
	"$(has "  + archive may connect to tcp 104, 11112 of 10.20.6.0/24  $wider:$line" "$old" "$wider")"
line=$(grep -n 'images: \[read, write, create\]$' "$old" | cut -d: -f1)
check "what is newly denied, with its line" \
	"$(has "  - viewer may write, create in /srv/dicom (images)  $old:$line" "$old" "$narrower")"
check "how many" "$(has "0 newly allowed, 2 newly denied" "$old" "$narrower")"
check "a difference is no failure" "$(run 0 "$old" "$wider")"
check "--fail-on-widening, when it widens" "$(run 1 --fail-on-widening "$old" "$wider")"
check "--fail-on-widening, when it narrows" "$(run 0 --fail-on-widening "$old" "$narrower")"
check "--fail-on-widening, when it is the same" "$(run 0 --fail-on-widening "$old" "$old")"
check "--json" "$(build/phiward diff --json "$old" "$narrower" |
	jq -r 'select(.schema != 1 or (.differences | length) != 2 or
	       any(.differences[]; .allows or .of != "viewer" or .kind != "files"))')"
printf 'phiward: 1\nname: 7\n' > "$dir/broken.yaml"
check "a policy that is broken" "$(run 1 "$old" "$dir/broken.yaml")"
check "no policy is too few" "$(run 2)"
tap_end
