#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Two programs read the same log: phiward, and second.pl, which knows docs/audit-format.md only.
# And what verify and prove do with keys, proofs and bad input.
. "$(dirname "$0")/lib.bash"
second=tests/record/second.pl

make_log module boot=$boot_a module 64 gap=3 again=4 full 15 sync=1 full 3 sync=100 full 90 boot=$boot_b 1 stop
make_log file boot=$boot_a 20 stop 5 boot=$boot_b 7 stop
cat "$work/file/state/log.key" >> "$work/file/keys"
make_log kept boot=$boot_a module 30 full 20 gap=2 full 25 full 8 expire boot=$boot_b 9 full 6 expire 4 pack stop
make_log late boot=$boot_a module ahead=4 20

for log in module file kept; do
	dir=$work/$log
	anchor=$("$phiward" audit verify "$dir/log" | sed -n 's/.*anchor of this log: //p')
	expect "$log: the second implementation finds it whole, with keys" 0 \
		"$(sed 's,.*/,,' <<< "$anchor")" "$second" log "$dir/log" "$dir/keys"
	expect "$log: and phiward" 0 "complete" "$phiward" audit verify --key "$dir/keys" "$dir/log"
	found=
	for n in $(zstd -dcqf "$dir"/log/audit* | sed -n 's/^{"schema":1,.*,"seq":\([0-9]*\),.*/\1/p'); do
		"$phiward" audit prove "$n" "$dir/log" > "$work/proof" || found+="no proof of $n;"
		line=$(zstd -dcqf "$dir"/log/audit* | grep "^{\"schema\":1,.*,\"seq\":$n,")
		[ "$("$second" proof "$work/proof" "$dir/keys")" = "$line" ] || found+="the second: $n;"
		[ "$("$phiward" audit prove --check "$work/proof" --key "$dir/keys" | head -n 1)" = "$line" ] ||
			found+="phiward: $n;"
	done
	check "$log: both take the proof of every record" "$found"
	sed 's/"index":\([0-9]*\)/"index":1\1/' "$work/proof" > "$work/proof.index"
	sed 's/storescu/storescv/' "$work/proof" > "$work/proof.line"
	sed 's/records /records 1/' "$work/proof" > "$work/proof.seal"
	expect "$log: neither takes one with another index" 1 "not under this checkpoint" \
		"$phiward" audit prove --check "$work/proof.index" --key "$dir/keys"
	expect "$log: nor the second" 1 "" "$second" proof "$work/proof.index" "$dir/keys"
	expect "$log: nor one of another line" 1 "not under this checkpoint" \
		"$phiward" audit prove --check "$work/proof.line" --key "$dir/keys"
	expect "$log: nor the second" 1 "not in the tree" "$second" proof "$work/proof.line" "$dir/keys"
	expect "$log: nor a forged checkpoint" 1 "forged" \
		"$phiward" audit prove --check "$work/proof.seal" --key "$dir/keys"
	expect "$log: nor the second" 1 "forged" "$second" proof "$work/proof.seal" "$dir/keys"
	cp -r "$dir/log" "$work/changed-$log"
	changed=$(cd "$work/changed-$log" && ls audit-00000001.log 2> /dev/null || echo audit.log)
	sed -i '3s/storescu/storescv/' "$work/changed-$log/$changed"
	n=$(sed -n '1s/^{"schema":1,.*,"seq":\([0-9]*\),.*/\1/p' "$work/changed-$log/$changed")
	expect "$log: neither takes a changed record" 1 "$changed:" \
		"$phiward" audit verify "$work/changed-$log"
	expect "$log: nor the second" 1 "$changed:" "$second" log "$work/changed-$log"
	expect "$log: and there is no proof from it" 1 "broken" "$phiward" audit prove "$n" "$work/changed-$log"
done
expect "a key file is a weaker promise, and that is said" 0 "which root of that machine could read" \
	"$phiward" audit verify --key "$work/file/keys" "$work/file/log"
expect "a gap is proved like a record" 0 '"type":"gap"' bash -c \
	"'$phiward' audit prove 66 '$work/module/log' > '$work/proof' && '$phiward' audit prove --check '$work/proof'"
expect "each number of a record that stands for several is proved by it" 0 '"count":4,"first":68,"last":71' bash -c \
	"'$phiward' audit prove 70 '$work/module/log' > '$work/proof' && '$phiward' audit prove --check '$work/proof'"
expect "numbers that are not written yet are no break" 0 "up to 24 numbers were issued" \
	"$phiward" audit verify "$work/late/log"

# ---- The auditor's key --------------------------------------------------------------------

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=auditor -days 30 -keyout "$work/auditor.key" \
	-out "$work/auditor.pem" 2> /dev/null
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=another -days 30 -keyout "$work/another.key" \
	-out "$work/another.pem" 2> /dev/null
encrypt() { grep "$2" "$work/module/keys" | openssl cms -encrypt -aes-256-gcm -binary -outform DER -out "$work/module/log/key-$2.cms" "$work/$1.pem"; }
encrypt auditor $boot_a
expect "with the auditor's private key, a boot whose first key is missing is only consistent" 0 \
	"there is no key for it" "$phiward" audit verify --key "$work/auditor.key" "$work/module/log"
encrypt auditor $boot_b
expect "with all first keys it is complete" 0 "complete from sequence 1 to 180 over 2 boots" \
	"$phiward" audit verify --key "$work/auditor.key" "$work/module/log"
"$phiward" audit prove 170 "$work/module/log" > "$work/proof"
expect "a proof brings the first key along" 0 "sealed by the kernel module" \
	"$phiward" audit prove --check "$work/proof" --key "$work/auditor.key"
expect "another key says nothing" 3 "the key is of none of these boots" \
	"$phiward" audit verify --key "$work/another.key" "$work/module/log"
expect "nor to a proof" 3 "the key is not of boot" \
	"$phiward" audit prove --check "$work/proof" --key "$work/another.key"
expect "a certificate is no key" 3 "has no key" \
	"$phiward" audit verify --key "$work/auditor.pem" "$work/module/log"

# ---- Bad input ----------------------------------------------------------------------------

expect "no directory" 3 "cannot open the log" "$phiward" audit verify "$work/nothing"
mkdir "$work/empty"
expect "an empty directory" 3 "the log is empty" "$phiward" audit verify "$work/empty"
expect "nothing to prove in it" 1 "is not in the log" "$phiward" audit prove 1 "$work/empty"
expect "no key file" 3 "cannot read" "$phiward" audit verify --key "$work/nothing" "$work/module/log"
expect "two directories" 2 "usage" "$phiward" audit verify a b
expect "no number" 2 "is no number" "$phiward" audit prove x "$work/module/log"
expect "a number that is not there" 1 "is not in the log" "$phiward" audit prove 9999 "$work/module/log"
expect "no proof" 1 "this is no proof" "$phiward" audit prove --check "$work/module/keys"
expect "a proof that is not there" 3 "cannot read" "$phiward" audit prove --check "$work/nothing"
for bytes in '\000' '\377\376' '\n' '{' '{"schema":1,"checkpoint":"' "{\"schema\":1,\"boot\":\"$boot_a\"" \
	"{\"schema\":1,\"boot\":\"$boot_a\"}\n" "{\"schema\":1,\"boot\":\"$boot_a\",\"seq\":1," \
	"{\"schema\":1,\"boot\":\"$boot_a\",\"seq\":18446744073709551616," \
	"{\"schema\":1,\"boot\":\"$boot_a\",\"seq\":null,\"first\":1,\"last\":0}\n"; do
	mkdir -p "$work/bad"
	# shellcheck disable=SC2059 # it is a format
	printf "$bytes" > "$work/bad/audit.log"
	expect "a file of '$bytes'" 1 "audit.log:1:" "$phiward" audit verify "$work/bad"
done
rm "$work/bad/audit.log"
truncate -s 100G "$work/bad/audit.log"
expect "100 GB of nothing" 1 "longer than any record" "$phiward" audit verify "$work/bad"
expect "no proof from 100 GB" 3 "cannot read" "$phiward" audit prove 1 "$work/bad"

expect "others go on reading: query" 0 '"seq":170' "$phiward" audit query --json "$work/module/log"
check "and see no checkpoint" "$("$phiward" audit query --json "$work/module/log" | grep checkpoint)"
expect "jq reads a checkpoint" 0 "seal kernel module" jq -r 'select(.checkpoint).checkpoint' "$work/module/log/audit.log"
# The same checks of what was deleted and compressed, by the second.
rm -rf "$work/copy" && cp -r "$work/kept/log" "$work/copy"
sed -i '/"action":"expire"/d' "$work/copy/audit.log"
expect "deleted without a record: nor does the second take it" 1 "no record says" "$second" log "$work/copy"
rm -rf "$work/copy" && cp -r "$work/kept/log" "$work/copy"
rm "$work/copy"/audit-00000004.log*
expect "one more deleted: nor does the second take it" 1 "not segment 4" "$second" log "$work/copy"
rm -rf "$work/copy" && cp -r "$work/kept/log" "$work/copy"
truncate -s -20 "$work/copy/audit-00000003.log.zst"
expect "compressed and cut: nor does the second take it" 1 "" "$second" log "$work/copy"
expect "zstd shows what phiward compressed" 0 '"seq":' zstd -dcq "$work/kept/log/audit-00000003.log.zst"
expect "query reads what is compressed" 0 '"action":"expire"' "$phiward" audit query --json "$work/kept/log"
check "all of it, in its order" "$(diff <("$phiward" audit query --json "$work/kept/log") \
	<(cd "$work/kept/log" && zstd -dcqf audit-* audit.log | grep -v '"checkpoint"'))"
expect "query reads one compressed file alone" 0 '"seq":' \
	"$phiward" audit query --json "$work/kept/log/audit-00000003.log.zst"
tap_end
