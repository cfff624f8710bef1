#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The first days of the vendor's engineer, of hospital IT and of the auditor, as docs/first-day-*.md tell
# them, with three consoles.
. "$(dirname "$0")/lib.bash"

set_up
take_page vendor
take_page hospital
take_page auditor

# ---- Before there is a console ---------------------------------------------------------------

play vendor 'The policy'
play vendor 'The test cases'
play vendor 'Keys'
play vendor 'The bundle'
play vendor 'What goes on the device'
play vendor 'The next version'
play auditor 'Before the consoles come'
play hospital 'Your file'
play hospital 'What you may not say'
play hospital 'Signing'
play hospital 'The web server'

# ---- Three consoles --------------------------------------------------------------------------

for console in ct1 ct2 ct3; do
	start_console $console
done
play hospital 'A console arrives'
play hospital 'A console arrives' ct2
play hospital 'A console arrives' ct3
play hospital 'A change, on one console first'
at_desk it 'phiward fleet status --dir /srv/phiward/status --ca device-ca.pem --json' > "$story/told"
given=$(sha256sum "$story/it/ct-2000-102.phb" | cut -d ' ' -f 1)
check "all three have it, by their own word" \
	"$(jq -e --arg it "$given" '[.consoles[].status | select(.bundle == $it)] | length == 3' "$story/told" > "$story/out" || cat "$story/told")"
play hospital '"It does not work"'
play hospital 'A change that you do not trust'

# ---- What no console takes -------------------------------------------------------------------

# hand_in BUNDLE: as at_desk it made it, to the second console.
hand_in() {
	cp "$story/it/$1" "$story/ct2/share/"
	on_console ct2 "phiward apply /run/vm/share/$1"
}

# build_next VERSION [SED]: next.phb, signed, and unsigned.phb; the manifest changed by that.
build_next() {
	at_desk it "sed 's/^version: .*/version: $1/; ${2-}' manifest.yaml > next.yaml &&
		phiward bundle build -o next.phb next.yaml && cp next.phb unsigned.phb &&
		phiward bundle sign --key site.key --certificate site.pem next.phb" > "$story/out" 2>&1 || cat "$story/out"
}

# refused NAME TEXT BUNDLE
refused() {
	local said
	said=$(hand_in "$3" 2>&1)
	check "$1 is refused" "$([[ $? -ne 0 && $said == *"$2"* ]] || echo "$said")"
}

# What phiward does not build: the text of a bundle with another file of the site, and signed.
widen() {
	at_desk it 'openssl cms -verify -noverify -inform DER -in next.phb -out text &&
		jq -c --arg text "$(base64 -w 0 wish.yaml)" --arg sum "$(sha256sum wish.yaml | cut -d " " -f 1)" \
			"(.files[] | select(.role == \"site\")) |= (.base64 = \$text | .sha256 = \$sum)" text > wide &&
		openssl cms -sign -binary -nodetach -md sha256 -outform DER -in wide -out wide.phb -signer site.pem -inkey site.key' 2>&1
}

check "the next bundle is built" "$(build_next 104)"
check "and, behind phiward's back, one that opens more than the vendor does" "$(widen | grep -v success)"
refused "what widens" 'the vendor opens this to no site' wide.phb
refused "what nobody has signed" 'nobody has signed it' unsigned.phb
check "a policy without a bundle is refused" "$(says ct2 1 'a policy is applied as a signed bundle only' "phiward apply $story/it/ct-2000.yaml")"
check "what was in force is" "$(says ct2 0 'enforcing: ct-2000 version 1, site version 2' 'phiward status')"
check "and each refusal is a record" "$(says ct2 0 'it is not signed' 'phiward audit query --type policy --verdict deny')"

# ---- A bad bundle ----------------------------------------------------------------------------

# brought NAME TEXT: what comes to the second console from the server, and what its agent says of it.
brought() {
	at_desk it 'phiward publish /srv/phiward/tree next.phb --channel stable' > "$story/out" 2>&1 || cat "$story/out"
	on_console ct2 'systemctl reload phiward-fleet'
	says ct2 0 "$1" 'cat /run/vm/phiward-fleet.log'
}
# needs CODE TEXT: what `fleet status` ends with and says.
needs() {
	local code=0
	at_desk it 'phiward fleet status --dir /srv/phiward/status --ca device-ca.pem' > "$story/out" 2>&1 || code=$?
	[ "$code" -eq "$1" ] && grep -q "$2" "$story/out" || { echo "$code"; cat "$story/out"; }
}
in_force() { on_console ct2 'phiward status --json' | jq .digest; }

good=$(in_force)
check "a bundle is built whose health its own policy keeps phiward-fleet from" "$(build_next 105 's/:443/:444/; s/within: 1m/within: 5s/')"
check "the console that has it goes back, and says so" "$(brought 'connect: this program may not try policies.hospital.example:444')"
check "the last good one is in force" "$([ "$(in_force)" = "$good" ] || on_console ct2 'phiward status')"
check "and it is said to those who watch the fleet" "$(needs 1 '^CT-0002 .*bundle not kept')"
check "the next good one is built" "$(build_next 106)"
check "and kept" "$(brought 'is in force')"
check "then nobody needs a person" "$(needs 0 '3 consoles, 0 of them')"
check "what came and went is in the log" "$(says ct2 0 'return' 'phiward audit query --type policy')"

# ---- An emergency, and the auditor -----------------------------------------------------------

play hospital 'In an emergency'
play auditor 'Is it whole?'
play auditor 'Who did what?'
play auditor 'The emergency'
play auditor 'For others'

# ---- The end of the day ----------------------------------------------------------------------

# whole CONSOLE: its log, by the auditor's key.
whole() {
	at_desk auditor "rm -rf $1 && scp -qr $1:/var/log/phiward $1 && phiward audit verify --key auditor.key $1" > "$story/out" 2>&1 &&
		grep -q complete "$story/out" || cat "$story/out"
}
for console in ct1 ct2 ct3; do
	check "$console: its log is complete" "$(whole $console)"
done
end_consoles > "$story/out"
check "the consoles end well" "$(cat "$story/out")"
check "no step of a page is left out" "$(never_played)"
times > "$story/out"
echo "# processor time of all: $(tail -n 1 "$story/out")"
tap_end
