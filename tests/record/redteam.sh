#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Falsifies a log by class, on the first, a middle and the last record, and wants each caught.
. "$(dirname "$0")/lib.bash"

# Three boots, the second one crashed; segments that were full; gaps; closed by a stop.
make_log good boot=$boot_a module 20 gap=3 full 15 full 12 boot=$boot_b 30 full 10 \
	boot=$boot_c 9 full 11 gap=2 5 stop
key=$work/good/keys
good=$work/good/log
copy=$work/copy
anchor=$("$phiward" audit verify "$good" | sed -n 's/.*anchor of this log: //p')

expect "the log itself is complete" 0 "complete from sequence 1 to 117 over 3 boots" \
	"$phiward" audit verify --key "$key" --anchor "$anchor" "$good"
expect "without a key it is consistent" 0 "consistent from sequence 1 to 117" \
	"$phiward" audit verify "$good"

# caught NAME TEXT CMD...: CMD, in a copy of the log, is seen, with the key.
caught() {
	local name=$1 text=$2
	shift 2
	rm -rf "$copy"
	cp -r "$good" "$copy"
	(cd "$copy" && "$@") || { check "$name" "could not be done: $*"; return; }
	! diff -rq "$good" "$copy" > /dev/null || { check "$name" "nothing was changed"; return; }
	expect "$name" 1 "$text" "$phiward" audit verify "${with[@]}" "$copy"
}
with=(--key "$key")

# lines FILE CODE [ARGUMENT...]: the lines are @l in Perl.
lines() {
	# shellcheck disable=SC2016 # Perl's
	perl -e 'use strict; use warnings; my ($f, $c) = splice @ARGV, 0, 2; our @l;
		open my $in, "<:raw", $f or die; @l = <$in>; close $in;
		our @r = grep { $l[$_] !~ /"checkpoint"/ } 0 .. $#l;
		our @c = grep { $l[$_] =~ /"checkpoint"/ } 0 .. $#l;
		eval "no strict; $c; 1" or die $@;
		open my $out, ">:raw", $f or die; print $out @l; close $out or die' "$@"
}

# Where: file, index among its records, index among its checkpoints.
first=(audit-00000001.log 0 0) middle=(audit-00000004.log 13 1) last=(audit.log -1 -2)

for where in first middle last; do
	declare -n at=$where
	f=${at[0]} r=${at[1]} c=${at[2]}

	caught "byte: in the path of the $where record" "$f:" lines "$f" "\$l[\$r[$r]] =~ s/dicom/dicon/"
	caught "byte: a verdict of the $where record" "$f:" lines "$f" "\$l[\$r[$r]] =~ s/\"deny\"/\"deMy\"/"
	caught "byte: a bit that makes the $where record no record" "$f:" lines "$f" "\$l[\$r[$r]] ^= \"\\x01\""
	caught "byte: a NUL in the $where record" "$f:" lines "$f" "\$l[\$r[$r]] =~ s/srv/s\\0v/"
	caught "record: the $where one is removed" "$f:" lines "$f" "splice @l, \$r[$r], 1"
	caught "record: another number stands before that of the $where one" "$f:" \
		lines "$f" "\$l[\$r[$r]] =~ s/,\"proto\"/,\"seq\":1,\"proto\"/"
	caught "record: the $where one has no number" "$f:" lines "$f" "\$l[\$r[$r]] =~ s/\"seq\":\d+,//"
	caught "record: one is put in before the $where one" "$f:" \
		lines "$f" "splice @l, \$r[$r], 0, \$l[\$r[$r]] =~ s/\"seq\":\\d+/\"seq\":999/r"
	caught "record: the $where one is doubled" "stands in the log twice" \
		lines "$f" "splice @l, \$r[$r], 0, \$l[\$r[$r]]"
	caught "record: the $where one has another number" "$f:" \
		lines "$f" "\$l[\$r[$r]] =~ s/\"seq\":(\\d+)/'\"seq\":' . (\$1 + 500)/e"
	caught "record: the $where one becomes a gap" "$f:" \
		lines "$f" "\$l[\$r[$r]] =~ s/\"seq\":(\\d+)(.*)\"first\":null,\"last\":null/\"seq\":null\$2\"first\":\$1,\"last\":\$1/"
	caught "order: the $where record and its neighbour" "$f:" \
		lines "$f" "my (\$a, \$b) = \$r[$r] ? (\$r[$r] - 1, \$r[$r]) : (0, 1); @l[\$a, \$b] = @l[\$b, \$a]"
	caught "order: the $where record goes behind its checkpoint" "$f:" \
		lines "$f" "my \$i = \$r[$r]; \$i++ until \$l[\$i] =~ /checkpoint/; my \$x = splice @l, \$r[$r], 1; splice @l, \$i, 0, \$x"
	caught "checkpoint: the $where one is removed" "" lines "$f" "splice @l, \$c[$c], 1"
	caught "checkpoint: a byte in the $where one" "$f:" lines "$f" "\$l[\$c[$c]] =~ s/time 2/time 3/"
	caught "checkpoint: the $where one counts less" "$f:" \
		lines "$f" "\$l[\$c[$c]] =~ s/records (\\d+)/'records ' . (\$1 + 1)/e"
	caught "checkpoint: another seal on the $where one" "forged" \
		lines "$f" "\$l[\$c[$c]] =~ s/(module utsX\\/)(....)/\$1 . (\$2 eq 'AAAA' ? 'BBBB' : 'AAAA')/e"
	caught "checkpoint: the $where one is doubled" "$f:" lines "$f" "splice @l, \$c[$c], 0, \$l[\$c[$c]]"
	caught "clock: the time of the $where record" "$f:" \
		lines "$f" "\$l[\$r[$r]] =~ s/\"time\":\"2/\"time\":\"1/"
	caught "clock: the time since boot of the $where record" "$f:" \
		lines "$f" "\$l[\$r[$r]] =~ s/\"mono\":1/\"mono\":2/"
	caught "boot: the $where record is of one that never was" "$f:" \
		lines "$f" "\$l[\$r[$r]] =~ s/-0000-4000/-0000-4001/"
	caught "boot: the $where record is of the first one, or the last" "" \
		lines "$f" "\$l[\$r[$r]] =~ s/\"boot\":\"0([abc])0(.{32})[abc]/my \$x = \$1 eq 'a' ? 'c' : 'a'; \"\\\"boot\\\":\\\"0\${x}0\$2\$x\"/e"
done

caught "record: a gap line is removed" "audit-00000001.log:" \
	lines audit-00000001.log '@l = grep { !/"type":"gap"/ } @l'
caught "record: a gap is longer" "" lines audit-00000001.log 's/"last":23/"last":24/ for @l'

caught "segment: the first is removed" "segment 1 is not in the log" rm audit-00000001.log
caught "segment: one in the middle is removed" "segment 3 is not in the log" rm audit-00000003.log
caught "segment: the last is removed" "is not there" rm audit.log
caught "segment: one is emptied" "audit-00000003.log:" truncate -s 0 audit-00000003.log
caught "segment: one is cut in the middle of a line" "audit-00000003.log:" truncate -s 5000 audit-00000003.log
caught "segment: one is replaced by an older one" "audit-00000003.log:" cp audit-00000002.log audit-00000003.log
caught "segment: the last one is replaced by an older one" "audit.log:" cp audit-00000002.log audit.log
swap() { mv "$1" x && mv "$2" "$1" && mv x "$2"; }
caught "segment: two are swapped" "audit-00000002.log:" swap audit-00000002.log audit-00000003.log
close_gap() { rm audit-00000003.log && mv audit-00000004.log audit-00000003.log; }
caught "segment: one is removed and the next renamed" "audit-00000003.log:" close_gap
link() { mv audit-00000002.log x && ln -s x audit-00000002.log; }
caught "segment: one is a link" "audit-00000002.log:" link
pipe() { rm audit-00000002.log && mkfifo audit-00000002.log; }
caught "segment: one is a pipe" "audit-00000002.log:" pipe
caught "segment: one is a directory" "audit-00000002.log:" bash -c 'rm audit-00000002.log && mkdir audit-00000002.log'
caught "segment: one claims 100 GB" "audit-00000002.log:" truncate -s 100G audit-00000002.log
caught "checkpoint: a segment is not closed" "audit-00000002.log:" lines audit-00000002.log 'pop @l'
caught "checkpoint: a closed segment is said to be open" "audit-00000002.log:" \
	lines audit-00000002.log '$l[-1] =~ s/end size/end open/'
caught "checkpoint: one in another segment" "audit-00000003.log:" \
	bash -c 'tail -n 1 audit-00000002.log >> audit-00000003.log'

caught "tail: the last record is cut, its checkpoint stays" "audit.log:" lines audit.log 'splice @l, $r[-1], 1'
caught "tail: half a line is cut" "the line has no end" truncate -s -20 audit.log
caught "tail: something is added" "audit.log:" bash -c 'head -n 1 audit.log >> audit.log'
with=(--key "$key" --anchor "$anchor")
caught "tail: the last checkpoint and its records are cut" "does not reach the anchor" \
	lines audit.log '@l = @l[0 .. $c[-3]]'
caught "tail: the last segment is emptied" "does not reach the anchor" truncate -s 0 audit.log
caught "directory: an older one is restored" "does not reach the anchor" \
	bash -c 'rm audit.log && mv audit-00000006.log audit.log'
caught "directory: all but the last segment is removed" "is not in the log" bash -c 'rm audit-*.log'
caught "directory: emptied" "does not reach the anchor" bash -c 'rm *.log && : > audit.log'
fresh() { rm ./*.log && cp "$work/other/log"/* .; }
make_log other boot=$boot_a module 40 stop
caught "directory: a new log in its place" "another log" fresh

with=(--key "$key")
rewrite() { rm ./*.log && cp "$work/$1/log"/* .; }
mkdir -p "$work/forged" && cp -r "$work/good/state" "$work/forged"
make_log forged salt=1 boot=$boot_a module 20 stop
caught "key: all is written anew with another key" "forged" rewrite forged
mkdir -p "$work/weak" && cp -r "$work/good/state" "$work/weak"
make_log weak boot=$boot_a module 20 file 20 stop
caught "key: the key file seals what the module had begun" "key file" rewrite weak
make_log strange boot=$boot_c module 20 stop
sed -n 1p "$key" | sed "s/$boot_a/$boot_c/" > "$work/wrong-key"
with=(--key "$work/wrong-key")
caught "key: that of one boot for another" "forged" rewrite strange
with=(--key "$key")
expect "key: the twin of these, with its own" 0 "complete" \
	"$phiward" audit verify --key "$work/strange/keys" "$work/strange/log"

mkdir -p "$work/back" && cp -r "$work/good/state" "$work/back"
make_log back boot=$boot_a module 20 stop boot=$boot_b 5 stop boot=$boot_a 5 stop
caught "boot: one comes back" "comes back" rewrite back
no_b() { rm audit-0000000[45].log && mv audit-00000006.log audit-00000004.log; }
caught "boot: all of one is removed" "audit-00000004.log:" no_b

# issued: the kernel counted what no line accounts for.
make_log issued boot=$boot_a module 20 late=3 20 stop
caught "issued: numbers without a line" "number 21 was in the log and is not" rewrite issued

# A start of the machine that left no record: struct utmpx, type 2.
wtmp() { perl -e 'print pack "s x2 l A32 A4 A32 A256 s s l l l l4 x20", 2, 0, "~", "~~", "reboot", "6.1", 0, 0, 0, $_, 0, 0, 0, 0, 0 for @ARGV' "$@" > wtmp; }
began=$(date -d "$("$phiward" audit verify "$good" | sed -n "s/.*boot $boot_a, begun \(.*\): .*/\1/p")" +%s)
caught "boot: one in wtmp has no record" "that boot has no record" wtmp "$began" "$((began + 4000))"
cp -r "$good" "$work/with-wtmp"
(cd "$work/with-wtmp" && wtmp "$((began - 900000))" "$began" "$((began + 1))")
expect "boot: those in wtmp that have records, and those before the log" 0 "complete" \
	"$phiward" audit verify --key "$key" "$work/with-wtmp"

# ---- Killed between a seal and its line -----------------------------------------------------

killed="boot=$boot_a module 20 bare 5 killed"
# shellcheck disable=SC2086 # words
{
	make_log between $killed 7 full 3 bare 4 killed 6 boot=$boot_b 3 bare 2 killed boot=$boot_c 5 stop
	make_log forgotten $killed forget 7 stop
}
expect "killed: the line is written by the next start" 0 "complete from sequence 1 to 55 over 3 boots" \
	"$phiward" audit verify --key "$work/between/keys" "$work/between/log"
expect "killed: and nothing is missing for the second implementation" 0 "" \
	tests/record/second.pl log "$work/between/log" "$work/between/keys"
expect "killed: without what was written down before, a seal is missing" 1 "the seal is number" \
	"$phiward" audit verify --key "$work/forgotten/keys" "$work/forgotten/log"

# ---- What was deleted, and what is compressed ------------------------------------------------

make_log old boot=$boot_a module 20 gap=3 full 15 full 12 full boot=$boot_b 30 full 10 boot=$boot_c 9 full \
	11 gap=2 5 expire 4 expire 6 pack stop
good=$work/old/log key=$work/old/keys with=(--key "$work/old/keys")
expect "a log whose oldest segments were deleted is complete from there on" 0 \
	"complete from sequence 46 to 129 over 3 boots" "$phiward" audit verify --key "$key" "$good"
expect "and says why" 0 "segments 1 to 2, was deleted by the policy's age" "$phiward" audit verify "$good"
check "all closed segments but the newest are compressed" \
	"$(cd "$good" && find . -name 'audit*' | sort | paste -sd ' ' | grep -vFx \
	"./audit-00000003.log.zst ./audit-00000004.log.zst ./audit-00000005.log.zst ./audit-00000006.log ./audit.log")"

caught "deleted: one more, without a record" "segment 3 is not in the log, and no record" rm audit-00000003.log.zst
caught "deleted: all but the newest two, without a record" "segment 5 is not in the log, and no record" \
	bash -c 'rm audit-0000000[345].log.zst'
caught "deleted: one in the middle" "segment 4 is not in the log" rm audit-00000004.log.zst
# A record as phiwardd writes it, for a segment that it did not delete.
forge() {
	local text
	text=$(zstd -dcq audit-00000003.log.zst | perl -MDigest::SHA=sha256_base64 -ne '
		$first //= $1 if /"seq":(\d+)/;
		if (/"checkpoint":"(.*)"/) {
			my $t = $1 =~ s/\\n/\n/gr;
			my @l = split /\n/, $t;
			my ($records) = $t =~ /^records (\d+)/m;
			$said = "segment 3: $l[1] records, numbers $first to $records, root $l[2], checkpoint " . sha256_base64($t) . "=";
		} END { print $said }')
	grep '"action":"expire"' audit.log | tail -n 1 |
		sed "s|\"path\":\"[^\"]*\"|\"path\":\"$text\"|; s/\"seq\":[0-9]*/\"seq\":$1/"
}
forge_at_end() { forge 130 >> audit.log && rm audit-00000003.log.zst; }
caught "deleted: a forged record behind the last checkpoint" "audit.log:" forge_at_end
forge_unsealed() { lines audit.log 'pop @l' && forge 130 >> audit.log && rm audit-00000003.log.zst; }
caught "deleted: a forged record where the log is open" "is not sealed" forge_unsealed
forge_in_place() { forge 123 > x && lines audit.log '$l[$_] =~ /expire/ and $i = $_ for 0 .. $#l; open I, "x"; $l[$i] = <I>' && rm x audit-00000003.log.zst; }
caught "deleted: a forged record in the place of the last one" "were changed" forge_in_place
edit_record() { lines audit.log 's/(segment 2: .*numbers \d+ to )(\d+)/$1 . ($2 + 7)/e for @l'; }
caught "deleted: its record says a higher number" "audit" edit_record
caught "deleted: its record is removed" "no record says" lines audit.log '@l = grep { !/segment 2: / } @l'
caught "deleted: its record is no longer one of phiwardd" "no record says" \
	lines audit.log 's/"subject":"phiwardd"(.*segment 2: )/"subject":"others"$1/ for @l'
other_end() { zstd -dcq audit-00000004.log.zst > audit-00000003.log && rm audit-00000003.log.zst; }
caught "deleted: what comes after it is another segment" "audit-00000003.log:" other_end

caught "compressed: two are exchanged" "audit-00000003.log.zst:" swap audit-00000003.log.zst audit-00000004.log.zst
caught "compressed: one is cut" "damaged" truncate -s -20 audit-00000003.log.zst
caught "compressed: one is emptied" "audit-00000004.log.zst:" truncate -s 0 audit-00000004.log.zst
caught "compressed: one has more behind it" "damaged" bash -c 'head -c 100 /dev/urandom >> audit-00000005.log.zst'
caught "compressed: one has another frame behind it" "damaged" bash -c 'echo | zstd -q >> audit-00000005.log.zst'
caught "compressed: a byte in the middle" "audit-00000005.log.zst:" \
	perl -e 'open my $f, "+<:raw", "audit-00000005.log.zst" or die; seek $f, 300, 0; print $f "\xa5\x5a"'
again() { zstd -dcq "$1" > x && lines x "$2" && zstd -q --rm x -o y && mv y "$1"; }
caught "compressed: anew, with a record changed" "audit-00000004.log.zst:" again audit-00000004.log.zst '$l[3] =~ s/dicom/dicon/'
caught "compressed: anew, with a record less" "audit-00000004.log.zst:" again audit-00000004.log.zst 'splice @l, 3, 1'
bomb() { head -c 300M /dev/zero | tr '\0' '\n' | zstd -q > "$1"; }
caught "compressed: 300 MB in a few bytes" "damaged" bomb audit-00000004.log.zst
frames() { for ((i = 0; i < 300; i++)); do head -c 1M /dev/zero | tr '\0' '\n' | zstd -q --stream-size=1048576; done > "$1"; }
caught "compressed: 300 MB in frames" "audit-00000004.log.zst:1: this is no record" frames audit-00000004.log.zst
expect "compressed: and there is no proof from it" 1 "the log is broken" "$phiward" audit prove 120 "$copy"
caught "compressed: one that has no file any more" "audit-00000005.log.zst:" \
	bash -c 'rm audit-00000005.log.zst; ln -s audit-00000004.log.zst audit-00000005.log.zst'
plain() { zstd -dq --rm audit-0000000[345].log.zst; }
rm -rf "$copy" && cp -r "$good" "$copy" && (cd "$copy" && plain)
expect "compressed: the twin, decompressed by hand" 0 "complete from sequence 46" \
	"$phiward" audit verify --key "$key" "$copy"
rm -rf "$copy" && cp -r "$good" "$copy" && (cd "$copy" && zstd -dq audit-00000004.log.zst && head -c 30 /dev/urandom > audit-00000004.log.zst)
expect "compressed: with both files of a segment the first one counts" 0 "complete from sequence 46" \
	"$phiward" audit verify --key "$key" "$copy"
make_log twice boot=$boot_a module 20 full 15 full 12 full record 3 record expire 5 stop
expect "deleted: said again after phiwardd died in between" 0 "complete from sequence 28" \
	"$phiward" audit verify --key "$work/twice/keys" "$work/twice/log"
make_log said boot=$boot_a module 20 full 15 full 12 record 5 stop
expect "deleted: said, and phiwardd died before it" 0 "complete from sequence 1 " \
	"$phiward" audit verify --key "$work/said/keys" "$work/said/log"
end_of_2=$(sed -n 's/.*"path":"segment 2: \([0-9]*\) .*root \(\S*\), .*/\1 \2/p' "$good/audit.log")
expect "anchor: how the last deleted segment ended" 0 "the anchor is in the log" "$phiward" audit verify \
	--anchor "$(sed 's,/[0-9]* .*,/2,' <<< "$("$phiward" audit verify "$good" | sed -n 's/.*anchor of this log: //p')") $end_of_2" "$good"
expect "anchor: another end of it" 1 "was deleted" "$phiward" audit verify \
	--anchor "$(sed 's,/[0-9]* .*,/2,' <<< "$("$phiward" audit verify "$good" | sed -n 's/.*anchor of this log: //p')") 3${end_of_2#*}" "$good"
good=$work/good/log

expect "anchor: another root" 1 "not those of the anchor" \
	"$phiward" audit verify --anchor "${anchor% *} AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" "$good"
expect "anchor: further than the log" 1 "does not reach the anchor" \
	"$phiward" audit verify --anchor "$(sed 's/ [0-9]* / 900 /' <<< "$anchor")" "$good"
expect "anchor: of another log" 1 "another log" \
	"$phiward" audit verify --anchor "$(sed 's,/[0-9a-f]*/,/00112233445566778899aabbccddeeff/,' <<< "$anchor")" "$good"
expect "anchor: no anchor" 2 "is no anchor" "$phiward" audit verify --anchor "phiward/x" "$good"
expect "anchor: an older one, as a text" 0 "the anchor is in the log" "$phiward" audit verify \
	--anchor "$(sed -n '/checkpoint/{p;q}' "$good/audit-00000002.log")" "$good"
tail -n 1 "$good/audit-00000003.log" | jq -r .checkpoint > "$work/anchor"
expect "anchor: one in a file" 0 "the anchor is in the log" \
	"$phiward" audit verify --anchor "$work/anchor" "$good"

# ---- Records that stand for several numbers ------------------------------------------------

make_log again boot=$boot_a module 12 again=5 9 again=2 stop
good=$work/again/log key=$work/again/keys with=(--key "$work/again/keys")
expect "a log with records for several numbers is complete" 0 "complete from sequence 1 to 28 over 1 boot" \
	"$phiward" audit verify --key "$key" "$good"
caught "again: it stands for one less" "" lines audit.log 's/"count":5,"first":13,"last":17/"count":4,"first":13,"last":16/ for @l'
caught "again: it stands for one more" "" lines audit.log 's/"count":5,"first":13,"last":17/"count":6,"first":13,"last":18/ for @l'
caught "again: its count is another one" "this is no record" lines audit.log 's/"count":5,/"count":50,/ for @l'
caught "again: it becomes a record of one number" "" lines audit.log 's/"count":5,"first":13,"last":17/"count":1,"first":null,"last":null/ for @l'
caught "again: and its count stays" "" lines audit.log 's/"first":13,"last":17/"first":null,"last":null/ for @l'
caught "again: it begins elsewhere" "this is no record" lines audit.log 's/"first":13,/"first":12,/ for @l'
tap_end
