#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# kernels: 6.1
# vm: --smp 1
# timeout: 900
#
# A token opens a session of break-glass for who brings it: once, on the device and in the time that it
# names, as far as the policy goes. Each refusal is a record and opens nothing; its twin opens. A machine
# of its own, because it is sealed in the end.

load lib/phiward
load lib/bundle

IMAGE=/srv/dicom/phantom.dcm
NOTE=/srv/notes/x
STATUS=/run/phiward/breakglass
TOKEN=/run/vm/night.phb
TRUST=/etc/phiward/trust.yaml
DEVICE=/etc/phiward/device.yaml

setup_file() {
	load lib/phiward
	load lib/bundle
	lab cp /usr/local/bin/act /usr/local/bin/viewer
	mkdir -p $PKI /srv/notes
	echo data > $NOTE
	chmod -R a+rwX /srv/notes
	for authority in vendor-ca emergency-ca stranger-ca; do make_authority $authority; done
	make_signer vendor vendor-ca
	make_signer anna emergency-ca
	make_signer expired emergency-ca -startdate 20200101000000Z -enddate 20210101000000Z
	make_signer stranger stranger-ca
	policy true > /run/vm/glass.yaml
	start_phiward /run/vm/glass.yaml
	trust
	clock_is right
}

setup() {
	mark
	trust
	N=$(($(cat /run/vm/token-number 2> /dev/null || echo 0) + 1))
}

teardown() {
	echo "$N" > /run/vm/token-number
	clock_is right
	! glass_is true || control '{"command":"breakglass-end"}'
}

# policy TOKENS: whether it takes tokens.
policy() {
	cat <<-EOT
	phiward: 1
	name: glass
	mode: enforce
	include: [lab.yaml]
	objects:
	  images: {paths: [/srv/dicom], on_audit_loss: keep_working}
	  notes: {paths: [/srv/notes], on_audit_loss: keep_working}
	subjects:
	  viewer: {exec: [/usr/local/bin/viewer], started_by: [anyone]}
	others: {network: loopback}
	breakglass:
	  who: {users: [radiographer], tokens: $1}
	  longest: 30m
	  subjects: [viewer]
	  objects: [images]
	EOT
}

trust() {
	cp $PKI/{vendor-ca,emergency-ca}.pem /etc/phiward/
	cat > $TRUST <<-EOT
	phiward_trust: 1
	roles:
	  vendor: {certificates: [vendor-ca.pem]}
	  emergency: {certificates: [emergency-ca.pem]}
	require: [{role: vendor}]
	require_for_token: [{role: emergency}]
	EOT
	printf 'phiward_device: 1\nserial: CT-7\n' > $DEVICE
}

at() { date -u -d "$1" +%Y-%m-%dT%H:%M:%SZ; }

# token [LINE...]: a new one, signed by nobody, with these lines instead of its own of the same key.
token() {
	local text line
	N=$((N + 1))
	text=$(printf '%s\n' "phiward_token: 1" "id: night-$N" "serial: CT-7" "not_before: $(at -1hour)" \
		"not_after: $(at +2hours)" "longest: 15m")
	for line; do
		text=$(printf '%s\n' "$text" | grep -v "^${line%%:*}:"; echo "$line")
	done
	echo "$text" > /run/vm/token.yaml
	say_when_it_fails phiward bundle token -o $TOKEN /run/vm/token.yaml || return 1
	chmod 644 $TOKEN
}

# signed SIGNER [LINE...]
signed() {
	token "${@:2}" && sign_bundle $TOKEN "$1"
}

glass_is() { [[ $(cat $STATUS) == *"\"open\":$1"* ]]; }

# glass [OPTION...]: by somebody whom the policy does not name.
glass() { as_user mallory phiward breakglass --token $TOKEN --reason 'the network is down' "$@"; }

# assert_opens [OPTION...]: what is refused is allowed, until it is ended; a record says by what.
assert_opens() {
	assert_refused act read $IMAGE || return 1
	say_when_it_fails glass --for 5m "$@" || return 1
	assert_record type=breakglass action=start verdict=allow \
		path~"by uid 2001, .*by the token night-$N: the network is down\$" || return 1
	glass_is true || return 1
	assert_allowed act read $IMAGE || return 1
	say_when_it_fails as_user mallory phiward breakglass --end || return 1
	assert_refused act read $IMAGE
}

# assert_opens_not TEXT [OPTION...]
assert_opens_not() {
	local text=$1
	shift
	run glass --for 5m "$@"
	[ "$status" -eq 1 ] && [[ $output == *"$text"* ]] || { fail "($status) not '$text': $output"; return 1; }
	assert_record type=breakglass action=start verdict=deny path~"breakglass by uid 2001, .*$text" || return 1
	glass_is false || return 1
	assert_refused act read $IMAGE || return 1
	phiward_is enforcing=true policy=glass || return 1
	mark
}

@test "token: signed for this device and time it opens what the policy refuses, once" {
	signed anna 'ticket: T-4711'
	assert_opens
	assert_record type=breakglass action=start path~'for all that the policy names, until .*, ticket T-4711, by the token'
	mark
	assert_opens_not "the token 'night-$N' was used here before"
	stop_phiward
	start_phiward
	assert_opens_not "the token 'night-$N' was used here before"
	assert_refused rm /var/lib/phiward/tokens.json
	signed anna
	assert_opens
}

@test "token: who has none is not named, and who is named needs none" {
	run as_user mallory phiward breakglass --reason x --for 1m
	[ "$status" -eq 1 ] && [[ $output == *"does not name you"* ]] || fail "$output"
	assert_record type=breakglass action=start verdict=deny path~'does not name you'
	assert_allowed as_user radiographer phiward breakglass --reason x --for 1m
	run as_user mallory phiward breakglass --end
	[ "$status" -eq 1 ] && [[ $output == *"does not name you"* ]] || fail "$output"
	assert_allowed as_user radiographer phiward breakglass --end
	run as_user mallory phiward unload
	[ "$status" -eq 3 ] && [[ $output == *'may not do that'* ]] || fail "($status) $output"
	phiward_is enforcing=true policy=glass
}

@test "token: for another device, and where nothing says which this is" {
	signed anna 'serial: CT-8'
	assert_opens_not 'the token is for another device'
	signed anna 'serial: "*"'
	assert_opens_not 'the token is for another device'
	signed anna
	rm $DEVICE
	assert_opens_not 'nothing says which this one is'
	printf 'phiward_device: 1\nmodel: CT\n' > $DEVICE
	assert_opens_not 'nothing says which this one is'
	trust
	chmod 666 $DEVICE
	assert_opens_not 'is not to be believed'
	chmod 644 $DEVICE
	assert_opens
}

@test "token: expired, not yet valid, and for longer than it is valid" {
	signed anna "not_before: $(at -2hours)" "not_after: $(at -1hour)"
	assert_opens_not 'the token has expired: it was valid until'
	signed anna "not_before: $(at +1hour)"
	assert_opens_not 'the token is not yet valid: it is from'
	signed anna "not_after: $(at +4minutes)"
	assert_opens_not 'the token is not valid so long'
	run glass --for 1m
	[ "$status" -eq 0 ] || fail "$output"
}

@test "token: a clock that was right is enough" {
	signed anna
	clock_is free
	assert_opens
}

@test "token: by a stranger, in the wrong role, by nobody, with a certificate that has expired" {
	signed stranger
	assert_opens_not 'CN=stranger does not count: its certificate is of no role'
	signed vendor
	assert_opens_not '1 signature of the role emergency is required, 0 count'
	signed expired
	assert_opens_not 'CN=expired does not count: its certificate has expired'
	token
	assert_opens_not 'nobody has signed it'
	sign_bundle $TOKEN anna
	sed -i '/^require_for_token/d' $TRUST
	assert_opens_not "trust.yaml has no 'require_for_token'"
	rm $TRUST
	assert_opens_not 'there is no /etc/phiward/trust.yaml'
	trust
	assert_opens
}

@test "token: changed, cut off, too large" {
	local size n
	signed anna
	cp $TOKEN /run/vm/whole
	size=$(stat -c %s $TOKEN)
	for n in 1 100 $((size - 1)); do
		head -c "$n" /run/vm/whole > $TOKEN
		assert_opens_not 'this is no token'
	done
	LC_ALL=C sed 's/longest: 15m/longest: 25m/' /run/vm/whole > $TOKEN
	assert_opens_not 'it signs something else'
	head -c 8193 /dev/zero > $TOKEN
	run glass --for 1m
	[ "$status" -eq 1 ] && [[ $output == *'cannot read the token'*'too large'* ]] || fail "$output"
	run as_user mallory control "{\"command\":\"breakglass\",\"for_ms\":60000,\"reason\":\"x\",\"token\":\"$(head -c 8193 /dev/zero | base64 -w 0)\"}"
	[[ $output == *'the token is too large'* ]] || fail "$output"
	cp /run/vm/whole $TOKEN
	assert_opens
}

@test "token: no wider than it says, nor than the policy" {
	signed anna 'subject: viewer'
	assert_opens_not "the token is for the subject 'viewer' alone: --subject viewer"
	assert_opens_not "the token is for the subject 'viewer' alone" --object images
	say_when_it_fails glass --for 1m --subject viewer
	assert_allowed viewer read $IMAGE
	assert_refused act read $IMAGE
	as_user mallory phiward breakglass --end
	mark
	signed anna 'object: notes'
	assert_opens_not "'breakglass' of the policy does not name the object 'notes'" --object notes
	assert_refused act read $NOTE
	signed anna 'longest: 1m'
	assert_opens_not 'the token allows at most 60 s at a time'
	signed anna 'longest: 2h'
	run glass --for 31m
	[ "$status" -eq 1 ] && [[ $output == *'allows at most 1800 s at a time'* ]] || fail "$output"
	glass_is false
	run glass --for 1m --service --ticket T
	[ "$status" -eq 2 ] || fail "$output"
	assert_opens --object images
}

@test "token: a policy that takes none" {
	signed anna
	rm $TRUST
	policy false | apply_policy
	trust
	run glass --for 5m
	[ "$status" -eq 3 ] && [[ $output == *'may not ask'* ]] || fail "$output"
	run as_user radiographer phiward breakglass --token $TOKEN --reason x --for 5m
	[ "$status" -eq 1 ] && [[ $output == *'takes no token'* ]] || fail "$output"
	assert_record type=breakglass action=start verdict=deny path~'takes no token'
	assert_refused act read $IMAGE
	rm $TRUST
	policy true | apply_policy
	trust
	assert_opens
}

@test "token: while sealed, by the trust.yaml of then" {
	assert_allowed phiward seal
	assert_refused touch $TRUST
	lab cp $TRUST /run/vm/trust.yaml
	lab cp $PKI/stranger-ca.pem /etc/phiward/
	lab sed -i 's/emergency-ca.pem/stranger-ca.pem/' $TRUST
	signed anna
	assert_opens_not 'is another than when phiward was sealed'
	signed stranger
	assert_opens_not 'is another than when phiward was sealed'
	lab cp /run/vm/trust.yaml $TRUST
	signed anna
	assert_opens
}
