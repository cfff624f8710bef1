#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A console and a published tree behind a real nginx: what it takes, and what it does not.
# shellcheck disable=SC2154 # of lib.bash
. "$(dirname "$0")/lib.bash"

set_up
console A ct
console B mr
start_nginx
own_all
start stand-in.log "$fleet/bin/stand-in" "$fleet/consoles/A" "$fleet/consoles/B"
until_so grep -q ready "$fleet/stand-in.log"
bundle 1 && bundle 2 && bundle 3

holds() { [ "$(in_force "$1")" = "small $2" ] || echo "in force: $(in_force "$1"); said: $said"; }
says() { [[ $said == *"$1"* ]] || echo "$said"; }

round A
check "without a channel nothing changes" "$(says 'answers 404')"
check "a bundle is published" "$(publish "$fleet/v1.phb" 2>&1 >/dev/null)"
own_all
round A
check "a console takes it" "$(holds A 1)"
requests=$(wc -l < "$fleet/nginx/access")
round A
check "the next poll is one request, and nothing comes" \
	"$([ "$(tail -n +$((requests + 1)) "$fleet/nginx/access" | grep -c 'GET /tree/channels/stable.json 304')" -eq 1 ] &&
		[ "$(tail -n +$((requests + 1)) "$fleet/nginx/access" | grep -c GET)" -eq 1 ] || tail -3 "$fleet/nginx/access")"
check "it says so" "$(says unchanged)"
check "version 3 for those with the tag mr" "$(publish "$fleet/v3.phb" --tags mr 2>&1 >/dev/null)"
own_all
round A
check "another one does not get it" "$(holds A 1)$(says 'other tags')"
round B
check "who has the tag does" "$(holds B 3)"
check "an older version is not published" "$(publish "$fleet/v2.phb" > "$fleet/out" 2>&1 && echo published; grep -q 'only go forward' "$fleet/out" || cat "$fleet/out")"

# ---- Who gets it ---------------------------------------------------------------------------

check "version 4, paused" "$(bundle 4; publish "$fleet/v4.phb" --tags '' --pause 2>&1 >/dev/null)"
own_all
round A
check "nobody gets what is paused" "$(holds A 1)$(says 'is paused')"
check "resumed, for canaries" "$(publish --resume --canaries B,Z --hold 1h 2>&1 >/dev/null)"
own_all
round A
check "who is no canary waits" "$(holds A 1)$(says 'tried by others first')"
round B
check "the canary does not" "$(holds B 4)"
check "on for nobody yet" "$(publish --canaries '' --percent 0 2>&1 >/dev/null)"
own_all
round A
check "at 0 % nobody gets it" "$(holds A 1)$(says 'comes here later')"
publish --percent 100 > /dev/null
own_all
round A
check "at 100 % all do" "$(holds A 4)"

# ---- Bad networks --------------------------------------------------------------------------

# proxy OPTION...: $proxy_port, before nginx.
proxy() {
	proxy_port=$(free_port)
	start proxy.log socat "$@" "TCP-LISTEN:$proxy_port,bind=127.0.0.1,fork,reuseaddr" \
		"TCP:127.0.0.1:$https${cut:+,readbytes=$cut}"
	proxy_pid=$started_pid
	until_so accepts "$proxy_port"
}
report="report: {put: 'https://localhost:$https/status'}"

padding=20000
bundle 5
padding=0
publish "$fleet/v5.phb" > /dev/null
own_all
for cut in 100 1000 3000 20000; do
	proxy
	fleet_yaml A "$proxy_port" "$report"
	own_all
	round A
	stop "$started_pid"
	check "cut off after $cut bytes: the old one stays" "$(holds A 4)$(says 'no contact')"
done
cut=
fleet_yaml A "$https" "$report"
own_all
round A
check "whole: it is taken" "$(holds A 5)"

# ---- A server that lies --------------------------------------------------------------------

tree=$fleet/srv/tree
lies=0
# What comes becomes the document; each has an ETag of its own.
lie() {
	cat > "$tree/channels/stable.json"
	lies=$((lies + 1))
	touch -d "2030-01-01 00:00:$lies" "$tree/channels/stable.json"
}
cp "$tree/channels/stable.json" "$fleet/old.json"
bundle 6
publish "$fleet/v6.phb" > /dev/null
file=$(sed -n 's/.*"sha256":"\([0-9a-f]*\)".*/\1/p' "$tree/channels/stable.json")
cp "$tree/bundles/$file.phb" "$fleet/whole"
head -c 900 "$fleet/whole" > "$tree/bundles/$file.phb"
own_all
round A
check "a truncated bundle is not handed in" "$(holds A 5)$(says 'not the file that the channel names')"
cp "$fleet/v5.phb" "$tree/bundles/$file.phb"
own_all
round A
check "nor another one under its name" "$(holds A 5)$(says 'no contact')"
cp "$fleet/whole" "$tree/bundles/$file.phb"
own_all
round A
check "the right one is" "$(holds A 6)"
cp "$tree/channels/stable.json" "$fleet/new.json"
lie < "$fleet/old.json"
own_all
round A
check "an old document is not followed" "$(holds A 6)$(says 'an old document again')"
sed 's/"sequence":[0-9]*/"sequence":900/' "$fleet/old.json" | lie
own_all
round A
check "an old bundle that is sent again is refused by phiwardd" "$(holds A 6)$(says refused)"
head -c 9000000 /dev/zero | tr '\0' ' ' | lie
own_all
round A
check "nor is a document without end taken" "$(holds A 6)$(says 'too long')"
sed 's/"sequence":[0-9]*/"sequence":901/' "$fleet/new.json" | lie
own_all
round A
check "after all that it goes on" "$(holds A 6)$(says 'is in force')"

# ---- Clocks and certificates ---------------------------------------------------------------

faked=(faketime -f -4000d)
round A
check "a clock of years ago: said, and the policy stays" "$(holds A 6)$(says "this machine's clock")"
faked=()
as_console() { cp "$fleet/pki/$1.pem" "$fleet/consoles/A/device.pem"; cp "$fleet/pki/$1.key" "$fleet/consoles/A/device.key"; own_all; }
faked_openssl() { openssl() { faketime -f -100d /usr/bin/openssl "$@"; }; "$@"; unset -f openssl; }
faked_openssl certificate expired device-ca 10
as_console expired
round A
check "an expired certificate of the device: no contact" "$(says 'answers 400')"
authority strangers-ca
certificate stranger strangers-ca
as_console stranger
round A
check "nor with one of another authority" "$(says 'answers 400')"
as_console A
round A
check "with its own it has contact" "$(says unchanged)"
cp "$fleet/pki/server-ca.pem" "$fleet/kept.pem"
cp "$fleet/pki/strangers-ca.pem" "$fleet/pki/server-ca.pem"
round A
check "a server of another authority is not believed" "$(says 'look at the certificates')"
cp "$fleet/kept.pem" "$fleet/pki/server-ca.pem"

# ---- Health --------------------------------------------------------------------------------

bundle 7 'health: {within: 1s, enforcing: true}'
publish "$fleet/v7.phb" > /dev/null
own_all
round A
check "healthy: it is kept" "$(holds A 7)$(says healthy)"
nobody=$(free_port)
bundle 8 "health: {within: 1s, connect: ['127.0.0.1:$nobody']}"
publish "$fleet/v8.phb" > /dev/null
own_all
round A
check "a check that fails is said" "$(says "nothing accepts at 127.0.0.1:$nobody")"
check "and the one before is in force again" "$(holds A 7)"
round A
check "and these bytes are not tried again" "$(says unchanged)"
bundle 9 "health: {within: 1s, connect: ['127.0.0.1:$https'], no_refusals_of: [others]}"
publish "$fleet/v9.phb" > /dev/null
own_all
round A
check "one that holds is kept" "$(holds A 9)$(says healthy)"
bundle 10
publish "$fleet/v10.phb" > /dev/null
own_all
touch "$fleet/consoles/A/went-back"
round A
check "one that was not confirmed in time is gone back from" "$(holds A 9)$(says 'was not confirmed')"
rm "$fleet/consoles/A/went-back"
round A
check "and tried again when it is published again" "$(holds A 9)$(publish "$fleet/v10.phb" > /dev/null; own_all; round A; holds A 10)"

# ---- What a poll costs ---------------------------------------------------------------------

at=$fleet/consoles/A
polled() { [ "$(grep -c stable.json "$fleet/nginx/access")" -ge "$1" ] && [ "$(grep -c unchanged "$fleet/agent.log")" -ge "$1" ]; }
closed() { ! pgrep -P "$proxy_pid"; }

# polls NAME: bytes of TCP payload of the first poll from a server of that name in $first, of the third in $sum.
polls() {
	local poll
	host=$1
	rm -f "$fleet/sent" "$fleet/received"
	proxy -r "$fleet/sent" -R "$fleet/received"
	fleet_yaml A "$proxy_port"
	own_all
	: > "$fleet/nginx/access"
	start agent.log "$fleet/bin/phiward-fleet" --config "$at/fleet.yaml" --device "$at/device.yaml" \
		--state "$at/state" --control "$at/control"
	until_so polled 1
	until_so closed
	first=$(cat "$fleet/sent" "$fleet/received" | wc -c)
	for poll in 2 3; do
		until_so closed
		sum=$(cat "$fleet/sent" "$fleet/received" | wc -c)
		kill -HUP "$started_pid"
		until_so polled $poll
	done
	until_so closed
	sum=$(($(cat "$fleet/sent" "$fleet/received" | wc -c) - sum))
	stop "$started_pid"
	stop "$proxy_pid"
	host=localhost
}

round A	# what there is to tell is told
for name in localhost "$long_name"; do
	polls "$name"
	echo "# ${#name} characters: $sum bytes of TCP, at first $first; $(tail -n 1 "$fleet/nginx/access") (request, answer)"
	check "an unchanged poll of a server with ${#name} characters is one request and under 1 KiB, TLS and all" \
		"$([ "$sum" -gt 0 ] && [ "$sum" -lt 1024 ] && [ "$(grep -c . "$fleet/nginx/access")" -eq 3 ] || { echo "$sum bytes"; cat "$fleet/nginx/access"; })"
done

# ---- Something old between -----------------------------------------------------------------

# It lets no TLS through that looks like no session of TLS 1.2: byte 44 of a first message is the length of that.
cat > "$fleet/between" <<-EOT
	#!/bin/bash
	head -c 44 > "$fleet/hello.\$\$"
	[ "\$(wc -c < "$fleet/hello.\$\$")" -eq 44 ] || exit
	[ "\$(tail -c 1 "$fleet/hello.\$\$" | od -An -tu1)" -gt 0 ] || { echo >> "$fleet/dropped"; exit; }
	exec 3<> /dev/tcp/127.0.0.1/$https 4<&0
	cat "$fleet/hello.\$\$" - <&4 >&3 &
	cat <&3
	EOT
chmod 755 "$fleet/between"
proxy_port=$(free_port)
start proxy.log socat "TCP-LISTEN:$proxy_port,bind=127.0.0.1,fork,reuseaddr" "SYSTEM:$fleet/between"
until_so accepts "$proxy_port"
fleet_yaml A "$proxy_port"
: > "$fleet/dropped"
own_all
round A
check "where TLS 1.3 must look like TLS 1.2 it does, at the second try" "$(says unchanged; [ -s "$fleet/dropped" ] || echo "none was dropped")"
tap_end
