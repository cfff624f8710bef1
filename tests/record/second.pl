#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
#
# docs/audit-format.md read a second time, by a program that shares nothing with phiward.
#
# second.pl log DIR [KEYS]: checks the log in DIR and prints SEGMENT SIZE ROOT of its last
# checkpoint. KEYS: lines of first keys.
# second.pl proof FILE [KEYS]: checks a proof and prints the record.
# Exits with 1 and what is wrong.
use strict;
use warnings;
use Digest::SHA qw(sha256 hmac_sha256);

my %keys;
my @digits = ('A' .. 'Z', 'a' .. 'z', '0' .. '9', '+', '/');
my %digit;
@digit{@digits} = 0 .. 63;

sub base64 {
	my ($bytes) = @_;
	my $bits = unpack('B*', $bytes);
	$bits .= '0' x (-length($bits) % 6);
	my $text = join '', map { $digits[oct "0b$_"] } $bits =~ /.{6}/g;
	return $text . '=' x (-length($text) % 4);
}

sub unbase64 {
	my ($text) = @_;
	my $bits = join '', map { sprintf '%06b', $digit{$_} // die "no Base64\n" } split //, $text =~ s/=+$//r;
	return pack 'B*', substr $bits, 0, length($bits) - length($bits) % 8;
}

# MTH of RFC 9162, over hashes of leaves.
sub root {
	my @level = @_;
	return sha256('') unless @level;
	while (@level > 1) {
		my @next;
		push @next, @level > 1 ? sha256("\1" . shift(@level) . shift @level) : shift @level while @level;
		@level = @next;
	}
	return $level[0];
}

sub checkpoint {
	my ($text) = @_;
	my %c = (text => $text);
	@c{qw(log segment size root previous time settled end seal boot records epoch signer signature)} =
		$text =~ m{^phiward/([0-9a-f]{32})/(\d+)\n(\d+)\n(\S{44})\nprevious\ (none|\S{44})\n
			time\ (\S{30})\nsettled\ (\d+)\nend\ (open|size|age|stop|crash)\nseal\ (kernel\ module|key\ file)\n
			boot\ ([0-9a-f-]{36})\nrecords\ (\d+)\nepoch\ (\d+)\n\n\xe2\x80\x94\ (\S+)\ (\S+)\n\z}x
		or die "this is no checkpoint\n";
	return \%c;
}

my %seals = ('kernel module' => ['phiward-module', 'phiward/mac/1'], 'key file' => ['phiward-file', 'phiward/file/1']);

sub check_seal {
	my ($c) = @_;
	my ($name, $label) = @{$seals{$c->{seal}}};
	my $seal = unbase64($c->{signature});
	die "the signer is not $name\n" if $c->{signer} ne $name;
	die "the id of the key is wrong\n" if substr($seal, 0, 4) ne substr sha256("$name\n\xff$label"), 0, 4;
	my $key = $keys{$c->{seal} eq 'key file' ? $c->{log} : $c->{boot}};
	return unless defined $key;
	$key = hmac_sha256("phiward/key/1\0\0\0", $key) for 2 .. $c->{epoch};
	my ($sealed) = $c->{text} =~ /^(.*?)boot /s;
	my $message = pack 'a16 a32 H32 Q< Q<', $label, sha256($sealed), $c->{boot} =~ s/-//gr, $c->{records}, $c->{epoch};
	die "the seal is forged\n" if substr($seal, 4) ne hmac_sha256($message, $key);
}

sub read_keys {
	my ($file) = @_;
	return unless defined $file;
	open my $in, '<', $file or die "$file: $!\n";
	while (<$in>) {
		my ($name) = /"(?:boot|log)":"([0-9a-f-]+)"/ or next;
		my ($key) = /"key":"([0-9a-f]{64})"/ or next;
		$keys{$name} = pack 'H*', $key;
	}
}

# The segments in DIR by number, audit.log last.
sub segments {
	my ($dir) = @_;
	my %files;
	for my $file (glob("$dir/audit-*.log.zst"), glob "$dir/audit-*.log") {
		$files{$1 + 0} = $file if $file =~ /audit-(\d{8,})\.log(\.zst)?$/;
	}
	my @numbers = sort { $a <=> $b } keys %files;
	my $next = @numbers ? $numbers[-1] + 1 : 1;
	$files{$next} = "$dir/audit.log";
	return (\%files, @numbers, $next);
}

sub lines_of {
	my ($file) = @_;
	if ($file =~ /\.zst$/) {
		open my $in, '-|:raw', 'zstd', '-dcq', $file or die "$file: $!\n";
		return $in;
	}
	open my $in, '<:raw', $file or die "$file: $!\n";
	return $in;
}

# The hash of a record's leaf: of its head there is a hash in it.
sub leaf {
	my ($line) = @_;
	my ($head, $tail) = $line =~ /^(.*?)(,"seq":.*)$/ or die "no record\n";
	return sha256("\0" . sha256($head) . $tail);
}

# What the newest record says that segment $deleted was deleted, and which line that is.
sub find_begin {
	my ($files, $deleted) = @_;
	for my $number (sort { $b <=> $a } keys %$files) {
		my ($in, %begin) = lines_of($files->{$number});
		while (my $line = <$in>) {
			%begin = (file => $files->{$number}, line => $., last => $1, checkpoint => $2)
				if $line =~ /"type":"system","action":"expire",.*"subject":"phiwardd",.*,"path":"segment $deleted: \d+ records, numbers \d+ to (\d+), root [^,]+, checkpoint ([^"]+)"/;
		}
		return %begin if %begin;
	}
	die "segment $deleted is not there, and no record says that it was deleted\n";
}

# The numbers that a line accounts for: from `first` to `last`, or its own.
sub numbers {
	my ($line) = @_;
	my ($seq, $count, $first, $last) = $line =~ /^\{"schema":1,"boot":"[^"]{36}",.*?,"seq":(\d+|null),.*?"count":(\d+),"first":(\d+|null),"last":(\d+|null),/
		or die "no record\n";
	return ($seq, $seq) if $seq ne 'null' && $count && $first eq 'null' && $last eq 'null';
	die "its numbers do not fit together\n" if $first eq 'null' || $last eq 'null' ||
		$last - $first + 1 != $count || ($seq ne 'null' && $seq != $first);
	return ($first, $last);
}

sub check_log {
	my ($dir) = @_;
	my ($files, @numbers) = segments($dir);
	my ($segment, $last, %epoch, %seen) = ($numbers[0] - 1);
	my %begin = $segment ? find_begin($files, $segment) : (last => 0, checkpoint => 'none', sealed => 1);
	my $settled = $begin{last};
	for my $number (@numbers) {
		my $file = $files->{$number};
		$segment++;
		die "$file: not segment $segment\n" if $number != $segment;
		my $in = lines_of($file);
		my ($closed, @leaves) = (0);
		while (my $line = <$in>) {
			eval {
				die "no end\n" unless chomp $line;
				die "behind the end\n" if $closed;
				if ($line =~ /^\{"schema":1,"checkpoint":"(.*)"\}$/) {
					my $c = checkpoint($1 =~ s/\\n/\n/gr);
					die "of another segment\n" if $c->{segment} != $segment;
					die "of another size\n" if $c->{size} != @leaves;
					die "another root\n" if $c->{root} ne base64(root(@leaves));
					my $before = $last ? base64(sha256($last->{text})) : $begin{checkpoint};
					die "another checkpoint before\n" if $c->{previous} ne $before;
					for (my $n = $settled + 1; $n <= $c->{settled}; $n++) {
						die "number $n is missing\n" unless delete $seen{$n};
						$settled = $n;
					}
					$epoch{$c->{boot}} = $c->{epoch} - 1 if !$last && %begin && $segment > 1;
					die "an epoch is missing\n"
						if $c->{epoch} && $c->{epoch} != ++$epoch{$c->{boot}};
					check_seal($c);
					$last = $c;
					$closed = $c->{end} ne 'open';
					$begin{sealed} ||= $begin{file} eq $file && $c->{size} && $. > $begin{line};
				} else {
					my ($first, $end) = numbers($line);
					for my $n ($first .. $end) {
						next if $n <= $begin{last};
						die "number $n stands there twice\n" if $n <= $settled || $seen{$n}++;
					}
					push @leaves, leaf($line);
				}
			};
			die "$file:$.: $@" if $@;
		}
		close $in or die "$file: damaged\n";
		die "$file: not closed\n" if $file ne "$dir/audit.log" && !$closed;
	}
	die "the record of a deletion is not sealed\n" unless $begin{sealed};
	print "$last->{segment} $last->{size} $last->{root}\n";
}

sub check_proof {
	my ($file) = @_;
	open my $in, '<:raw', $file or die "$file: $!\n";
	local $/;
	my $text = <$in>;
	my ($line, $index, $path, $checkpoint) =
		$text =~ /^\{"schema":1,"line":"((?:[^"\\]|\\.)*)","index":(\d+),"path":\[([^]]*)\],"checkpoint":"([^"]*)"/
		or die "this is no proof\n";
	$line =~ s{\\(.)}{$1}g;
	my $c = checkpoint($checkpoint =~ s/\\n/\n/gr);
	my ($node, $last, $hash) = ($index, $c->{size} - 1, leaf($line));
	die "there is no such leaf\n" if $index >= $c->{size};
	for my $sibling (map { unbase64($_) } $path =~ /"([^"]+)"/g) {
		die "the path is too long\n" if !$last;
		if ($node & 1 || $node == $last) {
			$hash = sha256("\1$sibling$hash");
			($node, $last) = ($node >> 1, $last >> 1) while $node && !($node & 1);
		} else {
			$hash = sha256("\1$hash$sibling");
		}
		($node, $last) = ($node >> 1, $last >> 1);
	}
	die "the record is not in the tree\n" if $last || base64($hash) ne $c->{root};
	check_seal($c);
	print "$line\n";
}

my ($what, $path, $file) = @ARGV;
eval {
	read_keys($file);
	$what eq 'log' ? check_log($path) : check_proof($path);
	1;
} or do {
	print STDERR $@;
	exit 1;
};
