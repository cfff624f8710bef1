#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# kernels: 6.1
#
# Policies that are none: each has a diagnostic with its position and exit code 1, from
# check and from apply, and what was in force stays in force in the kernel.

load lib/phiward

IMAGE=/srv/dicom/phantom.dcm

setup_file() {
	load lib/phiward
	good > /run/vm/good.yaml
	start_phiward /run/vm/good.yaml
	phiward_status | grep -o '"generation":[0-9]*' > /run/vm/generation
}

setup() {
	BAD=$BATS_TEST_TMPDIR/bad.yaml
}

# The policy of these tests; with $1 in the place of the object's paths, $2 of the subject.
good() {
	cat <<-EOT
	phiward: 1
	name: good
	version: 1000
	mode: enforce
	objects:
	  images: {paths: [${1:-/srv/dicom}], on_audit_loss: keep_working}
	subjects:
	  viewer:
	    exec: [/usr/bin/dcmdump]
	    started_by: [anyone]
	    access: {images: [read]}
	    ${2:-writes: [pipe]}
	others: {network: allow}
	EOT
}

# assert_bad REGEX [COMMAND...]: check and apply, or only these, end with 1 and say it, and
# nothing has changed.
assert_bad() {
	local wanted=$1 command
	shift
	[ $# -gt 0 ] || set -- check apply
	for command; do
		run timeout 60 phiward "$command" "$BAD"
		[ "$status" -eq 1 ] || { fail "$command ended with $status: ${output:0:2000}"; return 1; }
		[[ $output =~ $wanted ]] || { fail "$command says: ${output:0:2000}"; return 1; }
	done
	unchanged
}

unchanged() {
	phiward_is policy=good enforcing=true || return 1
	[[ $(phiward_status) == *"$(< /run/vm/generation)"* ]] || fail "another generation is in force"
	assert_refused act read $IMAGE
}

@test "bad input: YAML that is none, or not all of it" {
	: > "$BAD"
	assert_bad 'bad.yaml(:1:1)?: error: '
	good | tr -d ']' > "$BAD"
	assert_bad 'bad.yaml:[0-9]+:[0-9]+: error: '
	good | head -c 150 > "$BAD"
	assert_bad 'bad.yaml:[0-9]+:[0-9]+: error: '
	good | sed '/^others/d' > "$BAD"
	assert_bad 'bad.yaml:[0-9]+:[0-9]+: error: .*others'
	printf 'phiward: 1\nphiward: 1\n' > "$BAD"
	assert_bad 'bad.yaml:2:1: error: '
}

@test "bad input: every prefix of a policy is refused as a whole" {
	local size n
	good > "$BATS_TEST_TMPDIR/whole"
	size=$(stat -c %s "$BATS_TEST_TMPDIR/whole")
	for n in 1 9 60 100 200 $((size - 20)); do
		head -c "$n" "$BATS_TEST_TMPDIR/whole" > "$BAD"
		assert_bad 'error: ' check
	done
	unchanged
}

@test "bad input: bytes that are no text" {
	head -c 100000 /bin/busybox > "$BAD"
	assert_bad 'bad.yaml:[0-9]+:[0-9]+: error: '
	good | tr 'g' '\000' > "$BAD"
	assert_bad 'bad.yaml:2:[0-9]+: error: '
	good | sed 's/name: good/name: "g\xff\xfe"/' > "$BAD"
	assert_bad 'bad.yaml:2:[0-9]+: error: '
	good | sed 's/name: good/name: "\x1b[31mgood"/' > "$BAD"
	assert_bad 'bad.yaml:2:[0-9]+: error: '
	[[ $output != *$'\x1b'* ]]
}

@test "bad input: 10 MB, endless, and deep" {
	{ good; head -c 10000000 /dev/zero | tr '\0' '#'; } > "$BAD"
	assert_bad 'bad.yaml.*: error: .*1048576|bad.yaml.*: error: .*(1 MiB|large|bytes)'
	ln -sf /dev/zero "$BAD"
	assert_bad 'error: '
	rm "$BAD"
	{ printf 'phiward: '; head -c 50000 /dev/zero | tr '\0' '['; } > "$BAD"
	assert_bad 'bad.yaml:1:[0-9]+: error: '
	{ printf 'phiward:\n'; for n in $(seq 200); do printf '%*s- \n' "$n" ''; done; } > "$BAD"
	assert_bad 'bad.yaml:[0-9]+:[0-9]+: error: '
	printf 'phiward: 1\na: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n' > "$BAD"
	assert_bad 'bad.yaml:2:[0-9]+: error: '
}

@test "bad input: what cannot be read" {
	rm -f "$BAD"
	assert_bad 'bad.yaml:1:1: error: cannot read .*No such file'
	mkdir "$BAD"
	assert_bad 'bad.yaml:1:1: error: cannot read .*Is a directory'
	rmdir "$BAD"
	ln -s bad.yaml "$BAD"
	assert_bad 'bad.yaml:1:1: error: cannot read .*symbolic links'
	rm "$BAD"
	mkfifo "$BAD"
	assert_bad 'bad.yaml:1:1: error: cannot read '
	rm "$BAD"
	good > "$BAD"
	chmod 000 "$BAD"
	run as_user mallory phiward check "$BAD"
	[ "$status" -eq 1 ]
	[[ $output == *'Permission denied'* ]]
	good | sed 's/^mode/include: [none.yaml]\nmode/' > "$BAD"
	assert_bad 'bad.yaml:4:[0-9]+: error: .*none.yaml'
}

@test "bad input: an unknown schema, words that nobody knows" {
	good | sed 's/^phiward: 1/phiward: 2/' > "$BAD"
	assert_bad 'bad.yaml:1:[0-9]+: error: '
	good | sed 's/started_by/startet_by/' > "$BAD"
	assert_bad "bad.yaml:10:5: error: unknown key 'startet_by'.*did you mean 'started_by'"
	good | sed 's/images: \[read\]/imagse: [read]/' > "$BAD"
	assert_bad 'bad.yaml:11:[0-9]+: error: .*imagse'
	good /srv/dicom 'users: [nobody-knows-him]' > "$BAD"
	assert_bad 'bad.yaml:12:[0-9]+: error: .*nobody-knows-him' apply
}

@test "bad input: paths: relative, with dots, over-long, with newlines" {
	local long
	good dicom > "$BAD"
	assert_bad 'bad.yaml:6:[0-9]+: error: '
	good /srv/../etc > "$BAD"
	assert_bad 'bad.yaml:6:[0-9]+: error: '
	long=/$(head -c 5000 /dev/zero | tr '\0' 'a')
	good "$long" > "$BAD"
	assert_bad 'bad.yaml:6:[0-9]+: error: '
	good "/srv/$(head -c 300 /dev/zero | tr '\0' 'a')" > "$BAD"
	assert_bad 'bad.yaml:6:[0-9]+: error: ' apply
	good '"/srv/di\ncom"' > "$BAD"
	assert_bad 'bad.yaml:6:[0-9]+: error: '
	good / > "$BAD"
	assert_bad 'bad.yaml:6:[0-9]+: error: '
}

@test "bad input: addresses and ports out of range" {
	local rule
	for rule in '{tcp: [65536], to: [any]}' '{tcp: [0], to: [any]}' '{tcp: [9-8], to: [any]}' \
		'{tcp: [1], to: [10.0.0.0/33]}' '{tcp: [1], to: [10.0.0.256]}' '{tcp: [1], to: [10.0.0.1/8]}' \
		'{tcp: [1], to: ["fd00::/129"]}' '{tcp: [1], to: [example.org]}' '{tcp: [1]}'; do
		good /srv/dicom "network: [{connect: $rule}]" > "$BAD"
		assert_bad 'bad.yaml:12:[0-9]+: error: ' check
	done
	assert_bad 'bad.yaml:12:[0-9]+: error: ' apply
}

@test "bad input: more than there is room for" {
	good "/srv/dicom$(seq -f ', /srv/none/%g' 4100 | tr -d '\n')" > "$BAD"
	assert_bad 'bad.yaml:6:[0-9]+: error: .*4095'
	{ good | sed '/^others/d'
	  for n in $(seq 300); do echo "  s$n: {exec: [/usr/bin/p$n], started_by: [init]}"; done
	  echo 'others: {network: allow}'; } > "$BAD"
	assert_bad 'bad.yaml:[0-9]+:[0-9]+: error: '
	good /srv/dicom "helpers: [/usr/bin/h$(seq -f ', /usr/bin/h%g' 4100 | tr -d '\n')]" > "$BAD"
	assert_bad 'bad.yaml:12:[0-9]+: error: .*4095'
	good /srv/dicom "network: [{connect: {tcp: [1$(seq -f ', %g' 3 2 99 | tr -d '\n')], to: [any]}}]" > "$BAD"
	assert_bad 'bad.yaml:12:[0-9]+: error: .*32'
}

@test "bad input: two subjects that name one program, by one name or by two" {
	local other
	ln -sf /usr/bin/dcmdump /srv/public/by-link
	for other in /usr/bin/dcmdump /srv/public/by-link; do
		good | sed "s|^others|  second: {exec: [$other], started_by: [login], access: {images: [read]}}\n&|" > "$BAD"
		assert_bad "bad.yaml:13:[0-9]+: error: '$other'" apply
	done
	good | sed "s|^others|  second: {exec: [/usr/bin/dcmdump], started_by: [login], access: {images: [read]}}\n&|" > "$BAD"
	assert_bad "bad.yaml:13:[0-9]+: error: '/usr/bin/dcmdump'" check
	rm /srv/public/by-link
}

@test "bad input: a lower version, and the same one with another text" {
	good | sed 's/^version: 1000/version: 1/' > "$BAD"
	unchanged
	local version
	version=$(phiward_status | grep -o '"version":[0-9]*' | tr -dc 0-9)
	good | sed "s/^version: 1000/version: $((version - 1))/" > "$BAD"
	[ "$version" -eq 1 ] || assert_bad 'is not above version' apply
	good /srv/public | sed "s/^version: 1000/version: $version/" > "$BAD"
	assert_bad 'accepted before with another text' apply
	good /srv/public | sed 's/^version: 1000/version: 99999999999999999999/' > "$BAD"
	assert_bad 'bad.yaml:3:[0-9]+: error: '
}

@test "bad input: after all that a good policy is taken at once" {
	unchanged
	good /srv/public | apply_policy
	assert_refused act read /srv/public/notice.txt
	assert_allowed act read $IMAGE
	assert_lost_zero
}
