#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
#
# records.pl TEMPLATE N [AUDIT]: N records of a busy console on standard output, made from one line of a log;
# in AUDIT the same events as auditd writes them. Always the same ones.
#
# Forty users open images of studies, each image ten times; user 4711 opens one in 10,000, all over the log.
use strict;
use warnings;

my ($template, $n, $audit) = @ARGV;
my $seed = 1;
sub random { $seed = ($seed * 1103515245 + 12345) & 0x7fffffff; return ($seed >> 8) % $_[0] }

my @programs = map { [$_, "/usr/bin/$_"] } qw(storescu dcmdump viewer archive backup);
my @replaced = qw(seq time mono type action verdict enforced subject object path exe comm pid tid uid auid);
my $format = $template;
chomp $format;
$format =~ s/%/%%/g;
# Each becomes a place; text keeps its quotes.
for my $name (@replaced) {
	$format =~ s/"$name":(?:null|true|false|\d+|"(?:[^"\\]|\\.)*")/"\"$name\":\%" . '__' . $name . '__'/e or die $name;
}
my @order = $format =~ /%__(\w+?)__/g;
$format =~ s/%__\w+?__/%s/g;

open my $out, '>', $audit or die "$audit: $!" if $audit;
my $second = 1764028800;
for my $i (1 .. $n) {
	$second++ if $i % 200 == 0;
	my $ns = $i % 200 * 5_000_000;
	my @t = gmtime $second;
	my $uid = $i % 10_000 == 77 ? 4711 : 1000 + random(40);
	my $program = $programs[random(5)];
	my $image = int($i / 1000) * 100 + random(100);
	my $path = sprintf '/srv/dicom/%02d/study-%05d/IM%06d.dcm', $image % 97, int($image / 200), $image;
	my $denied = random(1000) == 0;
	my $pid = 2000 + random(30000);
	my %value = (
		seq => $i,
		time => sprintf('"%04d-%02d-%02dT%02d:%02d:%02d.%09dZ"', $t[5] + 1900, $t[4] + 1, @t[3, 2, 1, 0], $ns),
		mono => $i * 5_000_000, type => '"file"', action => '"read"',
		verdict => $denied ? '"deny"' : '"allow"', enforced => 'true',
		subject => $denied ? '"others"' : "\"$program->[0]\"", object => '"images"',
		path => "\"$path\"", exe => "\"$program->[1]\"", comm => "\"$program->[0]\"",
		pid => $pid, tid => $pid, uid => $uid, auid => $uid);
	printf "$format\n", @value{@order};
	next unless $audit;
	my $id = sprintf 'msg=audit(%d.%03d:%d):', $second, $ns / 1_000_000, $i;
	printf $out "type=SYSCALL %s arch=c000003e syscall=257 success=%s exit=%d a0=ffffff9c a1=55d0c0 a2=0 a3=0 items=1 ppid=900 pid=%d auid=%d uid=%d gid=%d euid=%d suid=%d fsuid=%d egid=%d sgid=%d fsgid=%d tty=(none) ses=3 comm=\"%s\" exe=\"%s\" subj=unconfined key=\"phi\"\n",
		$id, $denied ? ('no', -13) : ('yes', 3), $pid, $uid, ($uid) x 8, @$program;
	print $out "type=CWD $id cwd=\"/\"\n",
		"type=PATH $id item=0 name=\"$path\" inode=$image dev=08:11 mode=0100640 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0\n",
		"type=PROCTITLE $id proctitle=\"$program->[0]\"\n";
}
