#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# report-page.sh DIR: the parts of the report that do not depend on a log, from userspace/report/html and the
# chart library, which npm brings: DIR/head[123].html, DIR/records.html, DIR/end.html. Nothing of the page comes from
# elsewhere, and its policy allows nothing but these styles and this script. Of the head there are three parts: between
# the first two phiward writes the hash of the one style that depends on the log, and behind the second that style.
set -eu

source=userspace/report/html
mkdir -p "$1/npm"
cp $source/package.json $source/package-lock.json $source/.npmrc "$1/npm"
(cd "$1/npm" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error > /dev/null)
chart=$1/npm/node_modules/uplot

hash_of() { printf 'sha256-%s' "$(openssl dgst -sha256 -binary "$1" | openssl base64)"; }

# The chart library, with its licence, and ours.
{
	printf '/*!\n'
	cat "$chart/LICENSE"
	printf '*/\n'
	cat "$chart/dist/uPlot.iife.min.js"
	cat $source/page.js
} > "$1/script"
cat "$chart/dist/uPlot.min.css" $source/page.css > "$1/style"
! grep -q '</script\|<!--' "$1/script" || { echo "the script would end itself" >&2; exit 1; }

{
	printf '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
	printf '<meta http-equiv="Content-Security-Policy" content="default-src '\''none'\''; base-uri '\''none'\''; '
	printf 'form-action '\''none'\''; script-src '\''%s'\''; style-src '\''%s'\'' '\''sha256-' \
		"$(hash_of "$1/script")" "$(hash_of "$1/style")"
} > "$1/head1.html"
{
	cat <<- END
	'">
	<meta name="viewport" content="width=device-width, initial-scale=1">
	<meta name="referrer" content="no-referrer">
	<title>phiward report</title>
	END
	printf '<style>'
	cat "$1/style"
	printf '</style>\n<style>'
} > "$1/head2.html"
{
	printf '</style>\n</head>\n'
	cat $source/head.html
} > "$1/head3.html"
cp $source/records.html "$1/records.html"
{
	printf '<script>'
	cat "$1/script"
	printf '</script>\n</body>\n</html>\n'
} > "$1/end.html"
