#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# kernels: 6.1
# vm: --smp 1
# timeout: 900
#
# Where there is a trust.yaml, only a bundle that is signed as it requires changes the policy,
# sealed or not. Each refusal leaves what is in force, and is a record; its twin is allowed. A
# machine of its own, because it is sealed in the end.

load lib/phiward
load lib/bundle

IMAGE=/srv/dicom/phantom.dcm
BUNDLE=/run/vm/console.phb
TRUST=/etc/phiward/trust.yaml

setup_file() {
	load lib/phiward
	load lib/bundle
	mkdir -p $PKI
	for authority in vendor-ca site-ca stranger-ca; do make_authority $authority; done
	make_signer vendor vendor-ca
	make_signer site-a site-ca
	make_signer site-b site-ca
	make_signer stranger stranger-ca
	make_signer expired vendor-ca -startdate 20200101000000Z -enddate 20210101000000Z
	make_signer early vendor-ca -startdate 20800101000000Z -enddate 20810101000000Z
	console > /run/vm/console.yaml
	with_lab < /run/vm/console.yaml > /run/vm/console-lab.yaml
	start_phiward /run/vm/console-lab.yaml
}

setup() {
	mark
	GENERATION=$(status_number generation)
	VERSION=$(($(cat /run/vm/bundle-version 2> /dev/null || echo 0) + 1))
}

console() {
	cat <<-EOT
	phiward: 1
	name: console
	mode: enforce
	objects:
	  images: {paths: [/srv/dicom], on_audit_loss: keep_working}
	subjects:
	  viewer:
	    exec: [/usr/bin/dcmdump]
	    started_by: [anyone]
	    access: {images: [read]}
	    writes: [pipe]
	others: {network: allow}
	EOT
}

trust() {
	cp $PKI/{vendor-ca,site-ca,site-a,site-b}.pem /etc/phiward/
	cat > $TRUST <<-EOT
	phiward_trust: 1
	roles:
	  vendor: {certificates: [vendor-ca.pem]}
	  site: {certificates: [site-ca.pem]}
	require: [{role: vendor}, {role: site}]
	EOT
	printf 'phiward_device: 1\nmodel: CT-2000\ntags: [icu]\n' > /etc/phiward/device.yaml
}

# bundle [LINE...]: a new one of the next version, signed by nobody.
bundle() { make_bundle $BUNDLE "$VERSION" "$@" < /run/vm/console-lab.yaml; }

# signed SIGNER...: the same, signed by these.
signed() { bundle && sign_bundle $BUNDLE "$@"; }

# assert_taken [SIGNERS]: it is applied, and is what is in force; a record says who signed it.
assert_taken() {
	local signers=${1:-.*CN=vendor as vendor}
	run phiward apply $BUNDLE
	[ "$status" -eq 0 ] || { fail "not applied ($status): $output"; return 1; }
	assert_record type=policy action=apply verdict=allow \
		path~"bundle console version $VERSION, by uid 0: signed by $signers" || return 1
	echo "$VERSION" > /run/vm/bundle-version
	VERSION=$((VERSION + 1))
	GENERATION=$(status_number generation)
	mark
	enforced
}

# assert_not_taken TEXT [OPTION...]: apply says TEXT, a record too, and nothing has changed.
assert_not_taken() {
	local text=$1
	shift
	run phiward apply "$@" $BUNDLE
	[ "$status" -eq 1 ] && [[ $output == *"$text"* ]] || { fail "($status) not '$text': $output"; return 1; }
	assert_record type=policy action=apply verdict=deny path~'bundle .*, by uid 0: .*' \
		reason~'trust.yaml requires' || return 1
	mark
	unchanged
}

unchanged() {
	[ "$(status_number generation)" = "$GENERATION" ] || { fail "another generation is in force"; return 1; }
	enforced
}

enforced() { assert_refused act read $IMAGE && assert_allowed dcmdump $IMAGE; }

@test "bundle: without a trust.yaml a policy is applied as before, and no bundle" {
	signed vendor site-a
	assert_not_taken 'there is no /etc/phiward/trust.yaml'
	apply_policy < /run/vm/console-lab.yaml
	GENERATION=$(status_number generation)
	enforced
}

@test "bundle: with a clock that nobody ever kept right nothing is refused for its date, and it is said" {
	trust
	clock_is free
	bundle 'not_before: 2080-01-01'
	sign_bundle $BUNDLE early site-a
	run phiward apply $BUNDLE
	[ "$status" -eq 0 ] && [[ $output == *'the clock of this machine is not synchronised'* ]] || fail "$output"
	echo "$VERSION" > /run/vm/bundle-version
	VERSION=$((VERSION + 1))
	enforced
	clock_is right
	signed vendor site-a
	assert_taken
}

@test "bundle: signed by vendor and site it is taken; how long that takes is shown" {
	local begin verified end
	signed vendor site-a
	run phiward bundle verify $BUNDLE
	[ "$status" -eq 0 ] || fail "$output"
	assert_taken
	bundle
	sign_bundle $BUNDLE vendor site-b
	begin=$(date +%s%N)
	phiward bundle verify $BUNDLE > /dev/null
	verified=$(date +%s%N)
	phiward apply $BUNDLE > /dev/null
	end=$(date +%s%N)
	echo "# bundle: verify $(((verified - begin) / 1000000)) ms, apply $(((end - verified) / 1000000)) ms" >&3
	echo "$VERSION" > /run/vm/bundle-version
	enforced
}

@test "bundle: a policy without signatures is refused, by apply and at a start" {
	local said version
	put_policy /run/vm/plain < /run/vm/console-lab.yaml
	run phiward apply /run/vm/plain/policy.yaml
	[ "$status" -eq 1 ] && [[ $output == *'a policy is applied as a signed bundle only'* ]] || fail "$output"
	assert_record type=policy action=apply verdict=deny path~'console version [0-9]+, by uid 0: it is not signed'
	run phiward apply --allow-downgrade /run/vm/plain/policy.yaml
	[ "$status" -eq 1 ] || fail "$output"
	unchanged
	mark
	put_policy /etc/phiward < /run/vm/console-lab.yaml
	version=$(status_number version)
	stop_phiward
	start_phiward
	wait_for phiward_is state=enforcing "version=$version"
	assert_record type=policy action=apply verdict=deny path~'it is not signed'
	rm /etc/phiward/policy.yaml
	enforced
	signed vendor site-a
	assert_taken
}

@test "bundle: signed by nobody, by one alone, by a stranger, in the wrong role" {
	bundle
	assert_not_taken 'nobody has signed it'
	sign_bundle $BUNDLE vendor
	assert_not_taken '1 signature of the role site is required, 0 count'
	sign_bundle $BUNDLE stranger
	assert_not_taken 'the signature of CN=stranger does not count: its certificate is of no role'
	sign_bundle $BUNDLE site-b
	assert_taken
	signed site-a site-b
	assert_not_taken '1 signature of the role vendor is required, 0 count'
	sign_bundle $BUNDLE vendor
	assert_taken
}

@test "bundle: certificates that have expired, are not valid yet, or revoked" {
	signed expired site-a
	assert_not_taken 'CN=expired does not count: its certificate has expired'
	signed early site-a
	assert_not_taken 'CN=early does not count: its certificate is not yet valid'
	signed vendor site-a
	echo "revoked: [\"sha256:$(openssl x509 -in $PKI/site-a.pem -outform DER | sha256sum | cut -d' ' -f1)\"]" >> $TRUST
	assert_not_taken 'CN=site-a does not count: its certificate is revoked'
	openssl ca -config $PKI/ca.cnf -keyfile $PKI/vendor-ca.key -cert $PKI/vendor-ca.pem \
		-revoke $PKI/vendor.pem 2> /dev/null
	openssl ca -config $PKI/ca.cnf -keyfile $PKI/vendor-ca.key -cert $PKI/vendor-ca.pem \
		-gencrl -out /etc/phiward/vendor.crl 2> /dev/null
	trust
	echo 'revoked: [vendor.crl]' >> $TRUST
	assert_not_taken 'CN=vendor does not count: its certificate is revoked'
	trust
	assert_taken
}

@test "bundle: what has expired or is not valid yet, also when nobody keeps the clock any more" {
	bundle 'not_after: 2020-01-01'
	sign_bundle $BUNDLE vendor site-a
	assert_not_taken 'the bundle has expired: it was valid until 2020-01-01T00:00:00Z'
	bundle 'not_before: 2080-01-01'
	sign_bundle $BUNDLE vendor site-a
	assert_not_taken 'the bundle is not yet valid: it is from 2080-01-01T00:00:00Z'
	clock_is free
	assert_not_taken 'the bundle is not yet valid: it is from 2080-01-01T00:00:00Z'
	clock_is right
	bundle 'not_before: 2020-01-01' 'not_after: 2080-01-01'
	sign_bundle $BUNDLE vendor site-a
	assert_taken
}

@test "bundle: a lower version, and another bundle with the same" {
	signed vendor site-a
	cp $BUNDLE /run/vm/old.phb
	assert_taken
	signed vendor site-a
	assert_taken
	cp $BUNDLE /run/vm/last.phb
	cp /run/vm/old.phb $BUNDLE
	assert_not_taken "version $((VERSION - 2)) of the bundle 'console' is not above version $((VERSION - 1))"
	VERSION=$((VERSION - 1))
	signed vendor site-a
	assert_not_taken 'which was accepted before with another text'
	cp /run/vm/last.phb $BUNDLE
	assert_taken
	assert_refused touch /var/lib/phiward/bundles.json
	assert_refused rm /var/lib/phiward/bundles.json
	enforced
}

@test "bundle: an old policy in a bundle of another name" {
	local old=/run/vm/old-source
	bundle
	rm -rf $old
	cp -r $PKI/source $old
	signed vendor site-a
	assert_taken
	sed -i 's/^name: .*/name: other/' $old/manifest.yaml
	phiward bundle build -o $BUNDLE $old/manifest.yaml
	sign_bundle $BUNDLE vendor site-a
	run phiward apply $BUNDLE
	[ "$status" -eq 1 ] && [[ $output == *"is not above version"*"of 'console', which was accepted before"* ]] ||
		fail "$output"
	assert_record type=policy action=apply verdict=deny path~'console version .*, by uid 0: version .* is not above'
	unchanged
	sed -i "s/^version: .*/version: $(($(cat "$POLICY_VERSION_FILE") + 1))/" $old/policy.yaml
	phiward bundle build -o $BUNDLE $old/manifest.yaml
	sign_bundle $BUNDLE vendor site-a
	assert_allowed phiward apply $BUNDLE
	echo $(($(cat "$POLICY_VERSION_FILE") + 1)) > "$POLICY_VERSION_FILE"
	enforced
}

@test "bundle: for another device" {
	bundle 'devices: {model: ["MR-*"]}'
	sign_bundle $BUNDLE vendor site-a
	assert_not_taken "the bundle is not for this device: its 'model' is another"
	bundle 'devices: {model: ["CT-*"], tags: [icu, er]}'
	sign_bundle $BUNDLE vendor site-a
	mv /etc/phiward/device.yaml /run/vm/
	assert_not_taken 'nothing says what this one is: write /etc/phiward/device.yaml'
	cp /run/vm/device.yaml /etc/phiward/
	assert_taken
}

@test "bundle: its health checks confirm it, or the policy before is in force again" {
	bundle "health: {within: 1s, connect: ['127.0.0.1:9']}"
	sign_bundle $BUNDLE vendor site-a
	run phiward apply $BUNDLE
	[ "$status" -eq 1 ]
	[[ $output == *'nothing accepts at 127.0.0.1:9: the policy before is in force again'* ]]
	assert_record type=policy action=return path~'uid 0 went back'
	enforced
	# It does not count as accepted: the version is taken once more.
	bundle 'health: {within: 1s, enforcing: true}'
	sign_bundle $BUNDLE vendor site-a
	assert_taken
	# Who applies it by hand is in others, and may not look.
	sed 's/network: allow/network: loopback/' /run/vm/console-lab.yaml |
		make_bundle $BUNDLE "$VERSION" "health: {within: 1s, connect: ['10.20.0.2:9']}"
	sign_bundle $BUNDLE vendor site-a
	run phiward apply $BUNDLE
	[ "$status" -eq 3 ]
	[[ $output == *'may not try 10.20.0.2:9: look yourself'*'phiward confirm keeps it'* ]]
	phiward_status | jq -e '.probation.left_s > 7000'
	phiward confirm
	assert_record type=policy action=confirm path~'by uid 0'
	echo "$VERSION" > /run/vm/bundle-version
	enforced
}

@test "bundle: cut off, changed, with something behind its end" {
	local size
	signed vendor site-a
	cp $BUNDLE /run/vm/whole.phb
	size=$(stat -c %s $BUNDLE)
	for n in 2 300 $((size / 2)) $((size - 1)); do
		head -c "$n" /run/vm/whole.phb > $BUNDLE
		assert_not_taken 'not a bundle'
	done
	{ cat /run/vm/whole.phb; echo; } > $BUNDLE
	assert_not_taken 'something stands behind the end of the bundle'
	LC_ALL=C sed 's/"name": "console"/"name": "cnosole"/' /run/vm/whole.phb > $BUNDLE
	assert_not_taken 'it signs something else than what is in the bundle'
	cp /run/vm/whole.phb $BUNDLE
	assert_taken
}

# by_openssl SED: as the bundle there, with its text changed, and signed by openssl cms(1).
by_openssl() {
	openssl cms -verify -noverify -inform DER -in $BUNDLE -out /run/vm/text 2> /dev/null
	sed -i "$1" /run/vm/text
	openssl cms -sign -binary -nodetach -md sha256 -outform DER -in /run/vm/text -out $BUNDLE \
		-signer $PKI/vendor.pem -inkey $PKI/vendor.key \
		-signer $PKI/site-a.pem -inkey $PKI/site-a.key
}

@test "bundle: one that openssl made; tricks with paths, digests that are false, a policy with errors" {
	signed vendor
	by_openssl ''
	assert_taken
	signed vendor
	by_openssl 's|"name": "lab.yaml"|"name": "../../../etc/shadow"|'
	assert_not_taken "is written without '//', '.' and '..'"
	signed vendor
	by_openssl 's|"name": "policy.yaml"|"name": "/etc/phiward/trust.yaml"|'
	assert_not_taken "the name of a file of a bundle has no '/'"
	signed vendor
	by_openssl 's|"sha256": "|&0|; s|\(0[0-9a-f]\{63\}\).",|\1",|'
	assert_not_taken "'sha256' is not that of the file"
	signed vendor
	by_openssl 's|"version": [0-9]*|"version": -1|'
	assert_not_taken "'version' must be a whole number"
	signed vendor
	by_openssl 's|"role": "policy"|"role": "cases"|'
	assert_not_taken "a bundle has one file with the role 'policy'"
	signed vendor
	by_openssl 's|"name": "lab.yaml"|"name": "bal.yaml"|'
	assert_not_taken "cannot read 'lab.yaml'"
	truncate -s 100G $BUNDLE
	run phiward apply $BUNDLE
	[ "$status" -eq 1 ] || fail "$output"
	rm $BUNDLE
	unchanged
	signed vendor site-a
	assert_taken
}

@test "bundle: a trust.yaml or a device.yaml that is wrong, or that others may write" {
	signed vendor site-a
	echo 'require: [{role: nobody}]' >> $TRUST
	assert_not_taken "'require' is given twice"
	sed -i '$d' $TRUST
	sed -i 's/role: site}/role: sit}/' $TRUST
	assert_not_taken "unknown role 'sit'; did you mean 'site'?"
	trust
	rm /etc/phiward/site-ca.pem
	assert_not_taken "cannot read 'site-ca.pem'"
	trust
	head -c 100 $PKI/site-ca.pem > /etc/phiward/site-ca.pem
	assert_not_taken "'site-ca.pem' is no certificate"
	trust
	chmod 666 $TRUST
	assert_not_taken 'not to be believed: others than root may write it'
	chmod 644 $TRUST
	chmod 777 /etc/phiward
	assert_not_taken 'not to be believed: others than root may write its directory'
	chmod 755 /etc/phiward
	chown nobody /etc/phiward/site-ca.pem
	assert_not_taken "'site-ca.pem' is not to be believed: it is not root's"
	chown root /etc/phiward/site-ca.pem
	chmod 646 /etc/phiward/device.yaml
	assert_not_taken 'device.yaml is not to be believed'
	chmod 644 /etc/phiward/device.yaml
	echo 'owner: me' >> /etc/phiward/device.yaml
	assert_not_taken "unknown key 'owner'"
	trust
	assert_taken
}

# with_site SITE_VERSION TEXT SIGNER...: the bundle that was made last, with this in a site's file.
with_site() {
	local dir=$PKI/source
	printf 'phiward: 1\nsite: st-mary\nversion: %s\npolicies:\n  console: {%s}\n' "$1" "$2" > $dir/site.yaml
	sed -i "s/^version: .*/version: $VERSION/; /^site:/d" $dir/manifest.yaml
	echo 'site: site.yaml' >> $dir/manifest.yaml
	shift 2
	say_when_it_fails phiward bundle build -o $BUNDLE $dir/manifest.yaml && sign_bundle $BUNDLE "$@"
}

@test "bundle: a change of the site's file alone needs the site's signature alone" {
	trust
	echo 'require_for_site: [{role: site}]' >> $TRUST
	bundle
	with_site 1 'log: {flush: 2s}' site-a
	assert_not_taken "enough for a change of the site's file alone"
	sign_bundle $BUNDLE vendor
	assert_taken
	with_site 2 'log: {flush: 3s}' vendor
	assert_not_taken '1 signature of the role site is required, 0 count'
	with_site 2 'log: {flush: 3s}' site-b
	run phiward bundle verify $BUNDLE
	[ "$status" -eq 3 ] || fail "($status) $output"
	assert_taken "CN=site-b as site, for another file of the site alone"
	sed -i 's/network: allow/network: loopback/' $PKI/source/policy.yaml
	with_site 3 'log: {flush: 3s}' site-b
	assert_not_taken "enough for a change of the site's file alone"
	sed -i 's/network: loopback/network: allow/' $PKI/source/policy.yaml
	with_site 3 'subjects: {viewer: {started_by: [init]}}' site-b
	assert_allowed phiward apply $BUNDLE
	assert_refused dcmdump $IMAGE
	VERSION=$((VERSION + 1))
	with_site 4 'log: {flush: 1s}' site-a
	assert_taken 'CN=site-a as site'
	# Without a site's file again: that is a way back, which root may go until it is sealed.
	signed vendor site-a
	run phiward apply $BUNDLE
	[ "$status" -eq 1 ] || fail "$output"
	assert_allowed phiward apply --allow-downgrade $BUNDLE
	echo "$VERSION" > /run/vm/bundle-version
	trust
	enforced
}

@test "bundle: what was accepted stays, whatever becomes of the certificates" {
	signed vendor site-a
	assert_taken
	echo "revoked: [vendor.crl]" >> $TRUST
	stop_phiward
	start_phiward
	wait_for phiward_is state=enforcing daemon=true
	enforced
	trust
}

@test "bundle: sealed, a signed bundle is what changes the policy, and nothing else" {
	local version
	trust
	run phiward seal
	[ "$status" -eq 0 ] || fail "$output"
	put_policy /run/vm/plain < /run/vm/console-lab.yaml
	run phiward apply /run/vm/plain/policy.yaml
	[ "$status" -eq 1 ] && [[ $output == *'phiward is sealed until the next boot'* ]] || fail "$output"
	unchanged
	mark
	cp /run/vm/old.phb $BUNDLE
	assert_not_taken 'is not above version' --allow-downgrade
	signed vendor stranger
	assert_not_taken '1 signature of the role site is required, 0 count'
	signed vendor site-a
	assert_taken
	phiward_is sealed=true state=enforcing
	version=$(status_number version)
	stop_phiward
	start_phiward
	wait_for phiward_is state=enforcing sealed=true daemon=true "version=$version"
	enforced
	signed vendor site-b
	assert_taken
}

@test "bundle: sealed, with another trust.yaml no bundle is taken" {
	signed vendor site-a
	assert_refused touch $TRUST
	lab cp $TRUST /run/vm/trust.yaml
	lab sed -i 's/, {role: site}//' $TRUST
	run phiward apply $BUNDLE
	[ "$status" -eq 1 ] && [[ $output == *'is another than when phiward was sealed'* ]] || fail "$output"
	assert_record type=policy action=apply verdict=deny path~'is another than when phiward was sealed'
	unchanged
	mark
	lab cp /run/vm/trust.yaml $TRUST
	assert_taken
	assert_lost_zero
}
