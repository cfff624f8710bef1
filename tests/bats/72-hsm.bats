#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# kernels: 6.1
#
# A key that is in an HSM signs bundles: SoftHSM here, by the engine of Debian 12.

load lib/phiward
load lib/bundle

BUNDLE=/run/vm/hsm.phb
URI='pkcs11:token=signing;object=vendor;type=private'

setup_file() {
	load lib/phiward
	load lib/bundle
	export SOFTHSM2_CONF=/run/vm/softhsm.conf
	export PKCS11_MODULE_PATH=/usr/lib/softhsm/libsofthsm2.so
	mkdir -p $PKI /run/vm/tokens
	printf 'directories.tokendir = /run/vm/tokens\nobjectstore.backend = file\n' > $SOFTHSM2_CONF
	softhsm2-util --init-token --free --label signing --so-pin 1234 --pin 5678
	pkcs11-tool --module $PKCS11_MODULE_PATH --token-label signing --login --pin 5678 \
		--keypairgen --key-type EC:prime256v1 --label vendor --id 01
	make_authority site-ca
	make_signer site site-ca
	openssl req -x509 -engine pkcs11 -keyform engine -key "$URI;pin-value=5678" -days 365 \
		-subj /CN=vendor -out $PKI/vendor.pem -addext keyUsage=critical,digitalSignature
	cat > $PKI/trust.yaml <<-EOT
	phiward_trust: 1
	roles: {vendor: {certificates: [vendor.pem]}, site: {certificates: [site-ca.pem]}}
	require: [{role: vendor}, {role: site}]
	EOT
}

setup() {
	idle_policy | make_bundle $BUNDLE 1
	sign_bundle $BUNDLE site
}

# by_hsm PIN [CERTIFICATE]
by_hsm() {
	run phiward bundle sign --key "$URI;pin-value=$1" --certificate "$PKI/${2:-vendor}.pem" $BUNDLE
}

@test "hsm: it signs beside a key in a file" {
	run phiward bundle verify --trust $PKI/trust.yaml $BUNDLE
	[ "$status" -eq 1 ] || fail "$output"
	by_hsm 5678
	[ "$status" -eq 0 ] || fail "$output"
	run phiward bundle verify --trust $PKI/trust.yaml $BUNDLE
	[ "$status" -eq 0 ] && [[ $output == *'vendor: CN=vendor'* ]] || fail "$output"
}

@test "hsm: not with a false PIN, another certificate or another key" {
	cp $BUNDLE /run/vm/before.phb
	by_hsm 0000 < /dev/null
	[ "$status" -eq 1 ] && [[ $output == *'error: the private key cannot be opened'* ]] || fail "$output"
	by_hsm 5678 site
	[ "$status" -eq 1 ] && [[ $output == *'the key is not that of the certificate'* ]] || fail "$output"
	run phiward bundle sign --key 'pkcs11:token=none;object=vendor;pin-value=5678' \
		--certificate $PKI/vendor.pem $BUNDLE < /dev/null
	[ "$status" -eq 1 ] || fail "$output"
	cmp $BUNDLE /run/vm/before.phb
}
