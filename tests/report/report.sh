#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The report of the fixed log, looked at in a real browser; and what the command does with what it cannot.
. "$(dirname "$0")/../record/lib.bash"

out=build/report-tests/out
export NODE_PATH=$PWD/build/report-tests/node_modules
# Central Europe, without its table of time zones.
export TZ=CET-1CEST,M3.5.0,M10.5.0/3
mkdir -p "$out" "$work/lines"

make_log template boot=$boot_a 1
perl tests/report/log.pl "$(grep -v checkpoint "$work/template/log/audit.log")" $boot_a $boot_b "$work/lines"
make_log fixed boot=$boot_a module sync=10 from="$work/lines/a" stop boot=$boot_b from="$work/lines/b"
log=$work/fixed/log
key=$work/fixed/keys
cat "$work/lines/a" "$work/lines/b" > "$work/lines/all"

report() { "$phiward" report -o "$out/$1.html" "${@:2}"; }
report report --key "$key" "$log" || exit 1
report public --for public "$log" || exit 1
node tests/report/browser.js "$out/report.html" "$out/public.html" "$work/lines/all" tests/report/questions.md "$out"
status=$?

# ---- The verdict --------------------------------------------------------------------------------

# verdict NAME TEXT ARGUMENT...
verdict() {
	report verdict "${@:3}"
	check "$1" "$(sed -n '/id="verdict"/{p;q}' "$out/verdict.html" | grep -F -- "$2" > /dev/null || grep 'id="verdict"' "$out/verdict.html")"
}
anchor=$("$phiward" audit verify "$log" | sed -n 's/.*anchor of this log: //p')
verdict "without a key it is only consistent" "Consistent." "$log"
verdict "with key and anchor it is complete" "Complete." --key "$key" --anchor "$anchor" "$log"
check "and the anchor is said to be there" "$(grep -c 'The anchor, a checkpoint that had left the machine, is in the log' "$out/verdict.html" | grep -v 1)"
cp -r "$log" "$work/changed" && sed -i 's/IM0003/IM0004/' "$work/changed/audit-00000001.log"
verdict "a changed log is broken, and the report says where first" "audit-00000001.log, line " "$work/changed"
cp -r "$log" "$work/odd" && sed -i '3s/^/x/' "$work/odd/audit-00000001.log"
report odd "$work/odd"
check "lines that are no records are counted" "$(grep -c '1 line of the log could not be read' "$out/odd.html" | grep -v 1)"
mkdir "$work/empty"
verdict "an empty directory proves nothing" "no checkpoint" "$work/empty"
verdict "a time without records" "Consistent." --since 2030-01-01 "$log"
report week --since '2026-11-24' --until '2026-11-24 23:59:59' "$log"
check "a time has its records only" "$(grep -o 'id="n-records">[0-9]*' "$out/week.html" | grep -v '>17$')"
check "what began a run before it is known in it" "$(grep -c /usr/sbin/lightdm "$out/week.html" | grep -v '[1-9]')"

# ---- The command --------------------------------------------------------------------------------

check "a report is for its maker alone" "$(stat -c %a "$out/report.html" | grep -v 600)"
check "of a copy it says that its making is recorded nowhere" "$(grep -c 'from a copy of the log' "$out/report.html" | grep -v 1)"
check "nothing else is left beside it" "$(find "$out" -name '*.html.*')"
expect "without -o" 2 "usage" "$phiward" report "$log"
expect "for nobody in particular" 2 "a report is for 'public'" "$phiward" report --for me -o "$work/x.html" "$log"
expect "no log" 3 "cannot open the log" "$phiward" report -o "$work/x.html" "$work/nowhere"
expect "no place for the file" 3 "cannot write" "$phiward" report -o "$work/nowhere/x.html" "$log"
check "then there is no file" "$(ls "$work"/x.html* 2> /dev/null)"
[ "$status" -eq 0 ] || tap_bad=1
tap_end
