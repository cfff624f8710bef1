# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Keys, certificates and bundles for tests, made in the machine. After lib/phiward.

PKI=/run/vm/pki

# make_authority NAME: PKI/NAME.key and .pem.
make_authority() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
		-keyout "$PKI/$1.key" -out "$PKI/$1.pem" -subj "/CN=$1" \
		-addext basicConstraints=critical,CA:TRUE \
		-addext keyUsage=critical,keyCertSign,cRLSign 2> /dev/null
}

# make_signer NAME AUTHORITY [OPTION...]: PKI/NAME.key and .pem; options of openssl ca(1).
make_signer() {
	local name=$1 authority=$2
	shift 2
	[ -e $PKI/ca.cnf ] || cat > $PKI/ca.cnf <<-EOT
	[ca]
	default_ca = any
	[any]
	database = $PKI/index
	new_certs_dir = $PKI
	rand_serial = yes
	default_md = sha256
	default_days = 365
	default_crl_days = 30
	unique_subject = no
	policy = names
	x509_extensions = signer
	[names]
	commonName = supplied
	[signer]
	basicConstraints = critical,CA:FALSE
	keyUsage = critical,digitalSignature
	EOT
	: > $PKI/index
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$PKI/$name.key" \
		-out "$PKI/$name.csr" -subj "/CN=$name" 2> /dev/null
	openssl ca -batch -notext -config $PKI/ca.cnf -keyfile "$PKI/$authority.key" \
		-cert "$PKI/$authority.pem" -in "$PKI/$name.csr" -out "$PKI/$name.pem" "$@" 2> /dev/null
}

# make_bundle FILE VERSION [LINE...] < POLICY: signed by nobody. With these lines in its manifest.
make_bundle() {
	local file=$1 version=$2 dir=$PKI/source
	shift 2
	rm -rf $dir
	put_policy $dir
	{
		printf 'phiward_bundle: 1\nname: console\nversion: %s\npolicy: policy.yaml\n' "$version"
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} > $dir/manifest.yaml
	say_when_it_fails phiward bundle build -o "$file" $dir/manifest.yaml
}

# sign_bundle FILE SIGNER...
sign_bundle() {
	local file=$1 signer
	shift
	for signer; do
		say_when_it_fails phiward bundle sign --key "$PKI/$signer.key" \
			--certificate "$PKI/$signer.pem" "$file" || return 1
	done
}
