#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# prover.sh: fetches CBMC, which Debian 12 does not have, from Debian 13 into the
# cache, with the libraries that it needs. Nothing is installed. Prints where the
# program `cbmc` lies.
set -euo pipefail

# shellcheck source=mk/archive.bash
. "$(dirname "$0")/../../mk/archive.bash"

cache=$(readlink -m "${PHIWARD_CACHE:-build/cache}")/prover

die() { echo "prover.sh: $*" >&2; exit 1; }

# The program needs a newer libc than this machine's: it is started by that libc's loader.
write_starter() {
	local loader=$1/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2
	[ -x "$loader" ] || die "no loader among the packages"
	cat > "$1/cbmc" <<-'EOF'
	#!/bin/sh
	here=$(dirname "$0")
	lib=$here/usr/lib/x86_64-linux-gnu
	exec "$lib/ld-linux-x86-64.so.2" --library-path "$lib:$here/usr/lib" "$here/usr/bin/cbmc" "$@"
	EOF
	chmod 755 "$1/cbmc"
}

have() { [ -s "$cache/root/version" ]; }

fetch() {
	local archive
	archive=$(debian_archive)
	work=$(mktemp -d "$cache/.fetch.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	write_apt_conf "$work/apt"
	echo "$archive trixie" | as_sources > "$work/apt/sources.list"
	export APT_CONFIG=$work/apt/conf
	apt-get -q update
	mkdir -p "$work/debs" "$work/root"
	(cd "$work/debs" && apt-get -q download cbmc minisat libc6 libgcc-s1 libstdc++6 zlib1g)
	for deb in "$work"/debs/*.deb; do
		dpkg -x "$deb" "$work/root"
	done
	write_starter "$work/root"
	"$work/root/cbmc" --version > "$work/root/version"
	rm -rf "$cache/root"
	mv "$work/root" "$cache/root"
}

fetch_once "$cache"
echo "$cache/root"
