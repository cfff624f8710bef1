#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
#
# log.pl TEMPLATE BOOT_A BOOT_B DIR: the fixed log that questions.md is about, as lines for write-log in DIR/a and
# DIR/b: two boots of a CT console, of which all sit at one login, console.
#
# The template is any line of a log; what a record does not say is null in it.
use strict;
use warnings;

my ($template, $boot_a, $boot_b, $dir) = @ARGV;
my @names = $template =~ /[{,]"(\w+)":(?=(?:null|true|false|\d|"|\[))/g;
my %boot = (a => $boot_a, b => $boot_b);
my ($seq, $boot, $out) = (0, '', undef);

sub json {
	my ($value) = @_;
	return 'null' unless defined $value;
	return $$value if ref $value eq 'SCALAR';
	return '[' . join(',', map { my $p = $_; sprintf '{"pid":%s,"exe":%s}', $$p[0] // 'null', json($$p[1]) } @$value) . ']'
		if ref $value eq 'ARRAY';
	return $value if $value =~ /^\d+$/;
	$value =~ s/(["\\])/\\$1/g;
	return "\"$value\"";
}
sub begin {
	($boot) = @_;
	open $out, '>', "$dir/$boot" or die "$dir/$boot: $!";
}
# A name as phiwardd writes it: control characters and bytes that are no UTF-8 escaped, backslashes doubled.
sub name {
	my ($bytes) = @_;
	$bytes =~ s/\\/\\\\/g;
	$bytes =~ s/([\x00-\x1f\x7f\xff])/sprintf '\\x%02x', ord $1/ge;
	return $bytes;
}
my %policy = (policy => 'ct-console', version => 6, generation => 3);
my ($true, $false) = (\'true', \'false');
sub rec {
	my ($time, %values) = @_;
	$time .= '.000000000Z';
	my $numbers = $values{numbers} // 1;
	%values = (schema => 1, time => $time, boot => $boot{$boot}, mono => ($seq + 1) * 1000000, type => 'file', action => 'read',
		verdict => 'allow', enforced => $true, phi => $false, count => 1, reason => 'a rule', %policy, %values);
	$values{seq} = $seq + 1 unless exists $values{seq};
	$values{pid} //= 4000 + $seq unless exists $values{pid};
	@values{qw(first last)} = ($seq + 1, $seq + $numbers) if $numbers > 1 or !defined $values{seq};
	$seq += $numbers;
	print $out '{', join(',', map { "\"$_\":" . json($values{$_}) } @names), "}\n";
	return $seq;
}
my %console = (uid => 1000, gid => 1000, auid => 1000, ses => 3, volume => '/dev/sda3', dev => '8:3');
my %viewer = (%console, subject => 'viewer', exe => '/usr/bin/weasis', comm => 'weasis');
my %anna = (actor => 'anna@clinic.example', actor_by => 'viewer');
my %ben = (actor => 'ben@clinic.example', actor_by => 'viewer');
my %archive = (subject => 'archive', exe => '/usr/sbin/Orthanc', comm => 'Orthanc', uid => 998, gid => 998, auid => undef,
	volume => '/dev/sda3', dev => '8:3');
my %images = (object => 'images', rule => 'ct-console.yaml:31');
my %others = (%console, subject => 'others', verdict => 'deny', reason => 'the program is in no subject of the policy',
	rule => 'ct-console.yaml:12');
my %daemon = (type => 'system', subject => 'phiwardd', exe => '/usr/sbin/phiwardd', comm => 'phiwardd', uid => 0, gid => 0,
	reason => "the administrator's command");

begin 'a';
rec('2026-11-23T05:58:00', %daemon, action => 'start', path => 'phiwardd 0.1.0');
my $start = rec('2026-11-23T06:01:10', %viewer, type => 'exec', action => 'exec', path => '/usr/bin/weasis',
	parents => [[900, '/usr/bin/openbox'], [850, '/usr/sbin/lightdm'], [1, '/usr/lib/systemd/systemd']]);
rec('2026-11-23T06:02:00', %viewer, %images, path => '/srv/dicom/mueller/IM0001.dcm', run => $start);
# Last Tuesday: two persons, one after the other, read the folder of Meier at the one login.
rec('2026-11-24T08:10:00', %viewer, %anna, %images, path => "/srv/dicom/meier/IM000$_.dcm", run => $start, numbers => 2, count => 2) for 1 .. 3;
rec('2026-11-24T13:30:00', %viewer, %ben, %images, path => '/srv/dicom/meier/IM0002.dcm', run => $start, phi => $true);
rec('2026-11-24T13:31:00', %viewer, %ben, %images, action => 'write', path => '/srv/dicom/meier/note.txt', run => $start, phi => $true);
# What left.
rec('2026-11-24T09:00:00', %archive, %images, path => "/srv/dicom/meier/IM000$_.dcm") for 1 .. 3;
rec('2026-11-24T09:00:05', %archive, type => 'net', action => 'connect', proto => 'tcp', addr => '10.20.5.4', port => 104, peer => 'pacs',
	phi => $true, rule => 'ct-console.yaml:44', volume => undef, dev => undef);
rec('2026-11-24T09:00:06', %archive, type => 'net', action => 'send', proto => 'tcp', addr => 'fd00:20::9', port => 11112, peer => 'research',
	phi => $true, rule => 'ct-console.yaml:45', volume => undef, dev => undef);
rec('2026-11-24T09:10:00', %archive, type => 'net', action => 'connect', proto => 'udp', addr => '10.20.0.53', port => 53, rule => 'ct-console.yaml:46',
	volume => undef, dev => undef);
# To a stick.
rec('2026-11-24T14:02:00', %viewer, %ben, action => 'create', path => '/media/usb/meier.zip', volume => '/dev/sdb1', dev => '8:17', phi => $true,
	run => $start, rule => 'ct-console.yaml:52');
# Refused.
rec('2026-11-24T22:15:00', %others, object => 'images', exe => '/usr/bin/cp', comm => 'cp', path => '/srv/dicom/meier/IM0001.dcm', auid => 1001,
	parents => [[3001, '/usr/bin/bash'], [2990, '/usr/sbin/sshd'], [undef, undef]], count => $_) for 1, 12;
rec('2026-11-24T22:16:00', %others, type => 'net', action => 'connect', exe => '/usr/bin/curl', comm => 'curl', proto => 'tcp', addr => '203.0.113.7',
	port => 443, auid => 1001, reason => 'no rule allows it', phi => $false, volume => undef, dev => undef);
rec('2026-11-24T22:17:00', %others, object => 'images', exe => '/usr/bin/less', comm => 'less', path => '/srv/dicom/meier/IM0001.dcm',
	enforced => $false, auid => 1002);
# Tampering.
rec('2026-11-24T22:20:00', %others, type => 'tamper', action => 'trace', exe => '/usr/bin/gdb', comm => 'gdb', auid => 1001, uid => 0, gid => 0,
	peer => 'viewer', reason => 'only members of the subject may do that', object => undef, volume => undef, dev => undef);
# Seven are lost.
rec('2026-11-25T02:00:00', type => 'gap', seq => undef, numbers => 7, count => 7, action => undef, verdict => undef, enforced => undef, phi => undef,
	pid => undef, policy => undef, version => undef, generation => undef, reason => 'ring of others full');
rec('2026-11-25T11:59:00', type => 'policy', action => 'apply', verdict => 'deny', subject => 'phiwardd', uid => 0, gid => 0, exe => '/usr/sbin/phiwardd',
	path => 'ct-console version 5, by user 0: the version is lower than that in force', reason => "the administrator's command");
%policy = (policy => 'ct-console', version => 7, generation => 4);
rec('2026-11-25T12:00:00', type => 'policy', action => 'apply', subject => 'phiwardd', uid => 0, gid => 0, exe => '/usr/sbin/phiwardd',
	path => 'ct-console version 7 digest 8d969eef, by user 0, 3 running tasks adopted', reason => "the administrator's command");
# One line an hour of the backup.
rec('2026-11-26T01:00:00', subject => 'backup', exe => '/usr/bin/borg', comm => 'borg', uid => 0, gid => 0, auid => undef, %images, count => 500);
rec('2026-11-26T20:00:00', %daemon, action => 'stop', path => 'phiwardd 0.1.0');

begin 'b';
rec('2026-11-27T06:00:00', %daemon, action => 'start', path => 'phiwardd 0.1.0');
rec('2026-11-27T06:30:00', type => 'breakglass', action => 'start', verdict => 'deny', enforced => $false, subject => 'phiwardd', uid => 0, gid => 0,
	exe => '/usr/sbin/phiwardd', path => 'permissive mode by the kernel command line', reason => "the administrator's command");
# One session that nobody reviewed, and one that somebody did.
my %glass = (type => 'breakglass', subject => 'phiwardd', uid => 0, gid => 0, exe => '/usr/sbin/phiwardd', reason => "the administrator's command");
rec('2026-11-27T06:40:00', %glass, action => 'start', path => 'session 1: breakglass by uid 1000, auid 1000, pid 4711, for subject viewer, until 2026-11-27T06:55:00Z: ' . name('<b>no worklist</b>'));
rec('2026-11-27T06:41:00', %viewer, %images, action => 'write', verdict => 'deny', enforced => $false, path => '/srv/dicom/phantom/IM0001', count => 3,
	reason => 'it would be refused, but break-glass is open for it');
rec('2026-11-27T06:55:00', %glass, action => 'stop', path => 'session 1: expired');
rec('2026-11-27T06:56:00', %glass, action => 'start', path => 'session 2: service by uid 1001, auid 1001, pid 4712, for object images, until 2026-11-27T07:00:00Z, ticket T-1: calibration');
rec('2026-11-27T06:57:00', %glass, action => 'stop', path => 'session 2: ended by uid 1001');
rec('2026-11-27T06:58:00', %glass, action => 'review', path => 'session 2: reviewed by uid 1000, auid 1000: as agreed');
# Names that somebody chose who wants to break a page.
rec('2026-11-27T07:00:00', %viewer, %images, path => '/srv/dicom/' . name($_)) for
	'</script><script>alert(1)</script>', '<!-- <script>', "new\nline", 'quo"te', "back\\slash", "bell\x07", "bad\xff", "&amp;&lt;", '${x}`y`',
	"\xc3\xa9t\xc3\xa9", '<img src=x onerror=alert(1)>', "']]>", '__proto__';
rec('2026-11-27T07:01:00', %viewer, %images, exe => '/opt/' . name('</style><b>x'), comm => name("</td>\n"), path => '/srv/dicom/x',
	actor => '<i>carla</i>', actor_by => 'viewer');
