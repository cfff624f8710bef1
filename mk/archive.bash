# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Sourced by what fetches packages of Debian without installing them. The mirror is
# the one that apt is already configured with.

# Prints the repositories of Debian proper that apt uses, security included.
debian_repositories() {
	apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(ORIGIN)' 'Created-By: Packages' |
		awk '$3 == "Debian" { print $1, $2 }' | sort -u
}

# The archive that has all suites.
debian_archive() {
	local archive
	archive=$(debian_repositories | awk '$2 !~ /-/ { print $1; exit }')
	[ -n "$archive" ] || die "apt knows no Debian archive; run apt-get update"
	echo "$archive"
}

# Repositories, "URI SUITE" one a line, as sources of apt.
as_sources() {
	while read -r uri suite; do
		echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $suite main"
	done
}

# apt with a state and a cache of its own; it sees nothing that is installed. A mirror
# that stands still for longer than sid's indexes are valid will do: it is still signed.
write_apt_conf() {
	local apt=$1
	mkdir -p "$apt"/{lists/partial,archives/partial,etc}
	: > "$apt/status"
	cat > "$apt/conf" <<-EOF
	Dir::Etc::SourceList "$apt/sources.list";
	Dir::Etc::SourceParts "$apt/etc";
	Dir::State "$apt";
	Dir::State::lists "$apt/lists";
	Dir::State::status "$apt/status";
	Dir::Cache "$apt";
	APT::Architecture "amd64";
	APT::Architectures { "amd64"; };
	APT::Sandbox::User "";
	APT::Get::List-Cleanup "true";
	Acquire::Languages "none";
	Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
	Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
	Acquire::Retries "3";
	Acquire::Check-Valid-Until "false";
	EOF
}

# fetch_once DIR [ARGUMENT...]: calls `fetch ARGUMENT...` under the lock of DIR, unless what it
# brings is there, which `have ARGUMENT...` says: somebody else may have fetched it meanwhile.
fetch_once() {
	local dir=$1
	shift
	! have "$@" || return 0
	mkdir -p "$dir"
	exec 9> "$dir/.lock"
	flock 9
	have "$@" || (fetch "$@") >&2
	exec 9>&-
}
