#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What a query finds is what jq finds: with an index and without, and whatever happened to the index,
# to the log, or between them.
. "$(dirname "$0")/lib.bash"

export XDG_CACHE_HOME=$work/cache
mkdir "$XDG_CACHE_HOME"
log=$work/log/log
lines=$work/lines

make_log template boot=$boot_a 1
template=$(grep -v checkpoint "$work/template/log/audit.log")

# records FIRST LAST: some of 6,000 with names of all kinds, some that began long before, and a gap at each 1,000th.
records() {
	[ -e "$lines" ] || perl tests/bench/records.pl "$template" 6000 | perl -pe '
		BEGIN { @names = ("a b", "quote\\\"d", "back\\\\\\\\slash", "new\\\\x0aline", "</script>", "\xc3\xa9t\xc3\xa9", "[x]*?") }
		if ($. % 1000 == 0) {
			s/"seq":\d+/"seq":null/; s/"type":"file"/"type":"gap"/; s/"first":null,"last":null/"first":$.,"last":$./;
			s/"(action|verdict|enforced|subject|object|path|exe|comm|pid|tid|uid|auid)":[^,]+/"$1":null/g
		}
		s,/IM0*(\d+)\.dcm,"/" . $names[$1 % 7] . "/IM$1.dcm",e;
		s/"since":null/"since":"2025-11-25T00:00:02.000000000Z"/ if $. % 97 == 0 && $. > 400;
		s/"auid":\d+/"auid":null/ if $. % 3 == 0;
		s/"exe":"[^"]*"/"exe":null/ if $. % 11 == 0' > "$lines"
	sed -n "$1,$2p" "$lines"
}

records 1 2000 > "$work/1" && records 2001 3500 > "$work/2" && records 3501 3600 > "$work/3"
records 3601 6000 > "$work/4"
# Three segments; the last one grows. From here on write-log goes on where it was.
grow() { "$write_log" "$work/log" boot=$boot_a sync=20 "$@"; }
mkdir "$work/log"
grow from="$work/1" stop from="$work/2" stop from="$work/3"

all() { for f in "$log"/audit-*.log* "$log/audit.log"; do zstd -qdcf "$f" | grep -av '"checkpoint"'; done; }
index() { ls "$XDG_CACHE_HOME/phiward"/*.index; }
query() { "$phiward" audit query --json "$@" "$log"; }

# same NAME FILTER ARGUMENT...: query finds what jq finds.
same() {
	local name=$1 filter=$2
	shift 2
	check "$name" "$(diff <(all | jq -c "select(.type == \"gap\" and ($gaps) or ($filter))" | sum_lines) \
		<(query "$@" | jq -c . | sum_lines) 2>&1 | head -n 5)"
}
sum_lines() { awk '{ n++ } END { print n + 0 }; { print }'; }
gaps=true

all_filters() {
	same "$1: everything" 'true'
	same "$1: user" '.uid == 4711 or .auid == 4711' --user 4711
	same "$1: a user with many records" '.uid == 1007 or .auid == 1007' --user 1007
	same "$1: program by its path" '.exe == "/usr/bin/viewer"' --program /usr/bin/viewer
	same "$1: program by its name, or what it calls itself" '.comm == "viewer"' --program viewer
	same "$1: subject" '.subject == "others"' --subject others
	same "$1: object and verdict" '.object == "images" and .verdict == "deny"' --object images --verdict deny
	same "$1: one path" '.path == "/srv/dicom/24/study-00000/back\\\\slash/IM121.dcm"' \
		--path '/srv/dicom/24/study-00000/back\\slash/IM121.dcm'
	same "$1: a path with a newline" '.path and (.path | test("new.x0aline/IM1..[.]dcm$"))' \
		--path '*/new\x0aline/IM1[0-9][0-9].dcm'
	same "$1: a directory" '.path and (.path | startswith("/srv/dicom/24/study-00001/"))' \
		--path '/srv/dicom/24/study-00001/*'
	same "$1: a directory before a part of a name" '.path and (.path | startswith("/srv/dicom/1"))' --path '/srv/dicom/1*'
	same "$1: a path by its end" '.path and (.path | endswith("</script>/IM4.dcm"))' --path '*</script>/IM4.dcm'
	same "$1: nothing" 'false' --user 99
	gaps='.time >= "2025-11-25T00:00:05" and (.since // .time) <= "2025-11-25T00:00:12.000000000Z"'
	same "$1: time, of which one event is enough" "$gaps" --since '2025-11-25 00:00:05 UTC' --until '2025-11-25 00:00:12 UTC'
	gaps=true
	same "$1: type" '.type == "gap"' --type gap
	gaps=false
	same "$1: another type" '.type == "file"' --type file
	gaps=true
	check "$1: the last ones" "$(diff <(all | tail -n 70) <(query -n 70))"
	check "$1: the last ones of a user" "$(diff <(all | jq -c 'select(.uid == 1007 or .type == "gap")' | tail -n 30) \
		<(query --user 1007 --lines 30))"
	check "$1: the first ones" "$(diff <(all | head -n 70) <(query -n +70))"
	check "$1: page by page" "$(diff <(all | jq -r '.seq // empty') <(pages) | head -n 5)"
	check "$1: gaps explain themselves" \
		"$("$phiward" explain 2000 "$log" | grep -q 'one of 1 numbers, 2000 to 2000' || echo no)"
	check "$1: and records" \
		"$("$phiward" explain 3599 "$log" | grep -q '^record 3599,' || echo no)"
}
pages() {
	local last=1 page
	echo 1
	while page=$(query --after "$last" -n +500 | jq -r '.seq // empty') && [ -n "$page" ]; do
		echo "$page"
		last=${page##*$'\n'}
	done
}

all_filters "an index that is made"
check "and it is there, for its owner alone" \
	"$([ "$(stat -c %a "$XDG_CACHE_HOME/phiward")" = 700 ] && [ -s "$(index)" ] || ls -lR "$XDG_CACHE_HOME")"
check "no name of the log stands in it" "$(grep -aoE 'study-0|viewer|images' "$(index)" | head -n 3)"
grow boot=$boot_b from=<(sed s/$boot_a/$boot_b/ "$work/4")
all_filters "a log that has grown"
XDG_CACHE_HOME=/dev/null all_filters "no place for an index"

cp -r "$log" "$work/unpacked"
grow boot=$boot_b pack
check "closed segments are compressed now" "$(ls "$log"/*.zst > /dev/null 2>&1 || ls "$log")"
all_filters "a log that was compressed"
XDG_CACHE_HOME=/dev/null all_filters "compressed, without an index"
rm -rf "${log:?}"/* && cp "$work/unpacked"/* "$log"

inode=$(stat -c %i "$(index)")
query > /dev/null
check "an index that fits is kept" "$([ "$(stat -c %i "$(index)")" = "$inode" ] || echo 'another file')"

# ---- The index --------------------------------------------------------------------------------

# spoiled NAME CMD: after CMD, in which $i is the index, the answers are the same, and there is an index.
spoiled() {
	local i
	i=$(index)
	eval "$2"
	same "$1: the same answer" '.uid == 4711 or .auid == 4711' --user 4711
	same "$1: and another" '.verdict == "deny"' --verdict deny
	check "$1: an index again" "$([ -s "$i" ] && sqlite_is_whole "$i" || ls -l "$i")"
}
sqlite_is_whole() { head -c 15 "$1" | grep -q '^SQLite format 3'; }
# shellcheck disable=SC2016 # evaluated later
{
	spoiled "an index that is empty" ': > "$i"'
	spoiled "an index that is no database" 'head -c 100000 /dev/urandom > "$i"'
	spoiled "an index of which half is gone" 'truncate -s $(($(stat -c %s "$i") / 2)) "$i"'
	spoiled "an index of another program" 'cp "$i" "$i.x"; printf "\377\377\377\377" | dd of="$i" bs=1 seek=68 conv=notrunc status=none; rm "$i.x"'
	spoiled "an index without its tables" 'perl -e '\''open F, "+<", shift; seek F, 100, 0; print F "\r\0\0\0\0\x10\0"; close F'\'' "$i"'
	spoiled "an index with a page of zeros" 'dd if=/dev/zero of="$i" bs=4096 seek=3 count=1 conv=notrunc status=none'
}
rm "$(index)" && mkdir "$XDG_CACHE_HOME/x" && mv "$XDG_CACHE_HOME/phiward" "$XDG_CACHE_HOME/x" &&
	ln -s x/phiward "$XDG_CACHE_HOME/phiward"
query -n 1 > /dev/null
check "no index below a link" "$(ls "$XDG_CACHE_HOME/x/phiward")"
rm "$XDG_CACHE_HOME/phiward" && mkdir -m 777 "$XDG_CACHE_HOME/phiward"
query -n 1 > /dev/null
check "nor where others can write" "$(ls "$XDG_CACHE_HOME/phiward")"
chmod 700 "$XDG_CACHE_HOME/phiward"

# ---- The log ----------------------------------------------------------------------------------

cp -r "$log" "$work/kept"
restore() { rm -rf "${log:?}"/* && cp "$work/kept"/* "$log"; }
query -n 1 > /dev/null
rm "$log/audit.log" "$log/audit-00000002.log" && mv "$log/audit-00000001.log" "$log/audit.log"
same "an older log in its place: its records" '.verdict == "deny"' --verdict deny
restore

query -n 1 > /dev/null
perl -pi -e 's,/viewer",/looker", if $. == 500' "$log/audit-00000001.log"
expect "a record that is not what was indexed is no answer" 3 "has changed since it was indexed" \
	"$phiward" audit query "$log"
same "asked again, it is read as it is" '.exe == "/usr/bin/looker"' --program looker
restore

# wrong NAME TEXT CMD: a line that is no record is named, and all others are found; with index and without.
wrong() {
	eval "$3"
	rm -f "$XDG_CACHE_HOME/phiward"/*
	for cache in "$XDG_CACHE_HOME" "$XDG_CACHE_HOME" /dev/null; do
		XDG_CACHE_HOME=$cache expect "$1" 1 "$2" "$phiward" audit query --user 4711 "$log"
	done
	query --user 4711 2> /dev/null > "$work/found"
	check "$1: the others are found" "$(diff <(all | grep -a '^{.*}$' | jq -Rc 'fromjson? | select(.type == "gap" or .uid == 4711 or .auid == 4711)') "$work/found")"
	restore
}
# shellcheck disable=SC2016
{
	wrong "a line that is no JSON" "audit-00000001.log:30: " 'sed -i "30s/.*/rubbish/" "$log/audit-00000001.log"'
	wrong "a line with another member" "audit-00000001.log:30: the record's members" \
		'sed -i "30s/\"dev\"/\"div\"/" "$log/audit-00000001.log"'
	wrong "a line with a NUL" "audit-00000001.log:30: " 'sed -i "30s/images/im\x00ages/" "$log/audit-00000001.log"'
	wrong "a line that is too long" "audit-00000002.log:500: the line is longer than any record" \
		'perl -pi -e '\''$_ = "x" x 3_000_000 . "\n" if $. == 500'\'' "$log/audit-00000002.log"'
	wrong "a file that ends in a line" "audit-00000001.log:" 'truncate -s -30 "$log/audit-00000001.log"'
}
expect "a segment that is a link" 3 "cannot read" bash -c \
	"cd '$log' && mv audit-00000002.log x && ln -s x audit-00000002.log && '$PWD/$phiward' audit query ."
restore
rm -f "$XDG_CACHE_HOME/phiward"/*
expect "a terminal shows how far it is" 0 "indexing the log: 3 of " \
	script -qec "'$phiward' audit query --user 99 '$log'" /dev/null
rm -f "$XDG_CACHE_HOME/phiward"/*
check "nothing else does" "$("$phiward" audit query --user 99 "$log" 2>&1 | grep indexing)"
expect "a directory without a log" 0 "SEQ" "$phiward" audit query "$XDG_CACHE_HOME"
expect "one file of a log" 0 "study-00000" "$phiward" audit query "$log/audit-00000001.log"
expect "no such number" 1 "has no record 99999" "$phiward" audit query --after 99999 "$log"
expect "no number of records" 2 "is no number of records" "$phiward" audit query -n ten "$log"
tap_end
