#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# deps.sh PACKAGE...: installs Debian packages, as root or through sudo. Services
# among them (Orthanc, mosquitto, auditd...) are for the test machine: they are not
# started here.
# deps.sh --check PACKAGE...: fails and names those that are not installed. One that another package
# provides counts as installed: a nodejs from elsewhere brings its npm, and conflicts with Debian's.
set -eu

if [ "$1" = --check ]; then
	shift
	installed=$(dpkg-query -W -f '${db:Status-Status} ${Package} ${Provides}\n' |
		sed -n 's/^installed //p' | sed 's/([^)]*)//g' | tr -s ', ' '\n')
	missing=$(printf '%s\n' "$@" | grep -vxF "$installed" || true)
	[ -z "$missing" ] && exit
	echo "not installed:" $missing >&2
	echo "run: make deps" >&2
	exit 1
fi

if missing=$("$0" --check "$@" 2>&1); then
	echo "everything that building and testing need is installed"
	exit
fi
if [ "$(id -u)" -ne 0 ]; then
	exec sudo "$0" "$@"
fi
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	trap 'rm -f $policy' EXIT
	trap 'exit 1' INT TERM
	printf '#!/bin/sh\nexit 101\n' > $policy
	chmod 755 $policy
fi
echo "${missing%%
*}"
apt-get -qq update
# shellcheck disable=SC2046 # packages are words
apt-get -q -y --no-install-recommends install $("$0" --check "$@" 2>&1 | sed -n 's/^not installed: //p')
