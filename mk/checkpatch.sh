#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# checkpatch.sh: prints where the kernel's checkpatch.pl is. No package of Debian has it but
# the kernel's source, of which it is unpacked into the cache.
set -euo pipefail

# shellcheck source=mk/archive.bash
. "$(dirname "$0")/archive.bash"

cache=$(readlink -m "${PHIWARD_CACHE:-build/cache}")/checkpatch

die() { echo "checkpatch.sh: $*" >&2; exit 1; }

have() { [ -x "$cache/checkpatch.pl" ]; }

fetch() {
	work=$(mktemp -d "$cache/.fetch.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	write_apt_conf "$work/apt"
	debian_repositories | awk '$2 ~ /^bookworm/' | as_sources > "$work/apt/sources.list"
	export APT_CONFIG=$work/apt/conf
	apt-get -q update
	(cd "$work" && apt-get -q download linux-source-6.1)
	dpkg -x "$work"/*.deb "$work"
	tar -C "$work" -xf "$work/usr/src/linux-source-6.1.tar.xz" --strip-components=2 --wildcards \
		'*/scripts/checkpatch.pl' '*/scripts/spelling.txt' '*/scripts/const_structs.checkpatch'
	mv "$work"/{spelling.txt,const_structs.checkpatch,checkpatch.pl} "$cache"
}

fetch_once "$cache"
echo "$cache/checkpatch.pl"
