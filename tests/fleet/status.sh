#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Consoles that tell how they are, over HTTPS and over syslog, to nginx, rsyslog and PostgreSQL; and
# what a person sees of them. FLEET_CONSOLES (20): how many.
# shellcheck disable=SC2154 # of lib.bash
. "$(dirname "$0")/lib.bash"

count=${FLEET_CONSOLES:-20}
mapfile -t serials < <(seq -f 'CT-%04.0f' "$count")

set_up
start_postgres
start_rsyslog
for serial in "${serials[@]}"; do
	console "$serial"
done
start_nginx
# The second half tells by syslog.
for serial in "${serials[@]:$((count / 2))}"; do
	fleet_yaml "$serial" "$https" "report: {syslog: 'localhost:$syslog'}"
done
own_all
start stand-in.log "$fleet/bin/stand-in" "${serials[@]/#/$fleet/consoles/}"
until_so grep -q ready "$fleet/stand-in.log"
bundle 1 && bundle 2 'health: {within: 1s, enforcing: true}'
publish "$fleet/v1.phb" > /dev/null

all_rounds() {
	local each
	own_all
	each="$(declare -f agent); fleet='$fleet'; agent \$0 --once > $fleet/consoles/\$0/said 2>&1"
	printf '%s\n' "${@:-${serials[@]}}" | as_user xargs -P 4 -I '{}' "$BASH" -c "$each" '{}'
	return 0
}
status() { "$phiward" fleet status --ca "$fleet/pki/device-ca.pem" "$@" > "$fleet/out" 2>&1; }
put() { status --dir "$fleet/srv/status" "$@"; }
exits() { local code=0; "${@:2}" || code=$?; [ $code -eq "$1" ] || { echo "$code"; cat "$fleet/out"; }; }
shows() { grep -qE -- "$1" "$fleet/out" || cat "$fleet/out"; }
told() { [ "$(sql 'SELECT count(*) FROM phiward_console')" -ge "$1" ]; }

all_rounds
check "$count consoles have the first bundle" "$(for serial in "${serials[@]}"; do [ "$(in_force "$serial")" = 'small 1' ] || cat "$fleet/consoles/$serial/said"; done | head)"
check "half of them told nginx" "$(n=$(find "$fleet/srv/status" -type f | wc -l); [ "$n" -eq $((count / 2)) ] || echo "$n"; tail -n 3 "$fleet/nginx/error")"
check "half of them told rsyslog, which told PostgreSQL" "$(until_so told $((count - count / 2)) || { sql 'SELECT * FROM phiward_refused LIMIT 3'; cat "$fleet/rsyslog.log"; tail "$fleet/consoles/${serials[-1]}/said"; })"
check "all are well: exit 0" "$(exits 0 put; shows "$((count / 2)) consoles, 0 of them")"
check "the same from the database" "$(exits 0 status --database "$database"; shows "$((count - count / 2)) consoles, 0 of them")"

# ---- What needs a person -------------------------------------------------------------------

half=$((count / 2))
first=${serials[0]} second=${serials[1]} third=${serials[2]} fourth=${serials[3]}
publish "$fleet/v2.phb" > /dev/null
touch "$fleet/consoles/$first/not-enforcing"
echo 7 > "$fleet/consoles/$second/lost"
touch "$fleet/consoles/$third/rescue"
all_rounds
check "who does not enforce keeps no bundle that wants it" "$(grep -q 'enforcing: it is not' "$fleet/consoles/$first/said" || cat "$fleet/consoles/$first/said")"
check "exit 1" "$(exits 1 put)"
check "not enforcing is shown" "$(shows "^$first .*not enforcing")"
check "lost records are" "$(shows "^$second .*lost records")"
check "rescue is" "$(shows "^$third .*in rescue")"
check "the most urgent stands first" "$([ "$(awk 'NR == 2 { print $1 }' "$fleet/out")" = "$first" ] || cat "$fleet/out")"
check "who is well is not shown" "$(! grep "^$fourth" "$fleet/out")"
check "but with --all" "$(exits 1 put --all; shows "^$fourth .*ok")"
check "versions are counted; who keeps no bundle has the one before" "$(shows "2  small version 1"; shows "$((half - 2))  small version 2")"
put --json
check "JSON has them all" "$(jq -e ".consoles | length == $half" "$fleet/out" > /dev/null || cat "$fleet/out")"
put -o "$fleet/page.html"
check "a page has them all" "$(n=$(grep -c '^<tr.*CT-' "$fleet/page.html"); [ "$n" -eq "$half" ] || echo "$n")"
rm "$fleet/consoles/$first/not-enforcing" "$fleet/consoles/$second/lost" "$fleet/consoles/$third/rescue"

# ---- Signatures ----------------------------------------------------------------------------

cp "$fleet/srv/status/$second" "$fleet/kept"
cp "$fleet/srv/status/$fourth" "$fleet/srv/status/$second"
put
check "another console's record is not believed" "$(shows "^$second .*not signed by it")"
sed 's/"lost":7/"lost":0/' "$fleet/kept" > "$fleet/srv/status/$second"
put
check "nor one that was changed" "$(shows "^$second .*not signed by it")"
"$phiward" fleet status --ca "$fleet/pki/vendor-ca.pem" --dir "$fleet/srv/status" > "$fleet/out" 2>&1
check "nor one of another authority" "$(shows "$half consoles, $half of them")"
cp "$fleet/kept" "$fleet/srv/status/$second"
check "a console writes no other one's record" "$(code=$(curl -s -o /dev/null -w '%{http_code}' --cacert "$fleet/pki/server-ca.pem" \
	--cert "$fleet/pki/$fourth.pem" --key "$fleet/pki/$fourth.key" -T "$fleet/kept" "https://localhost:$https/status/$second"); [ "$code" = 403 ] || echo "$code")"
check "and its own it does" "$(code=$(curl -s -o /dev/null -w '%{http_code}' --cacert "$fleet/pki/server-ca.pem" \
	--cert "$fleet/pki/$fourth.pem" --key "$fleet/pki/$fourth.key" -T "$fleet/srv/status/$fourth" "https://localhost:$https/status/$fourth"); [ "$code" = 204 ] || echo "$code")"
all_rounds
check "all are well again but for the bundle that two did not keep" "$(exits 1 put; shows "$half consoles, 2 of them"; shows "^$first .*bundle not kept: enforcing")"
touch -d '-5 hours' "$fleet/srv/status/$fourth"
put
check "who promised a record and sent none is silent" "$(shows "^$fourth .*silent")"
touch "$fleet/srv/status/$fourth"

# ---- The inventory -------------------------------------------------------------------------

{
	echo 'phiward_devices: 1'
	echo 'devices:'
	printf -- '- {serial: %s, department: radiology}\n' "${serials[@]:1:half-1}" CT-9999
} > "$fleet/devices.yaml"
check "who never told anything is never seen" "$(exits 1 put --devices "$fleet/devices.yaml"; shows '^CT-9999 +radiology .* -  never seen')"
check "who tells and is not in it is shown" "$(shows "^$first .*not in the inventory"; shows "$((half + 1)) consoles, 3 of them")"
check "who is in it and tells is not" "$(! grep "^$fourth" "$fleet/out")"
put --devices "$fleet/devices.yaml" -o "$fleet/page.html"
check "the page has it" "$(grep -q 'CT-9999.*radiology.*never.*never seen' "$fleet/page.html" || grep CT-9999 "$fleet/page.html")"
echo '- {serial: CT-9999}' >> "$fleet/devices.yaml"
check "an inventory that is wrong: exit 3" "$(exits 3 put --devices "$fleet/devices.yaml"; shows "two devices have the serial 'CT-9999'")"

# ---- Canaries ------------------------------------------------------------------------------

bundle 3 'health: {within: 1s, enforcing: true}'
as=(--from "$fleet/srv/status" --ca "$fleet/pki/device-ca.pem")
check "three canaries of those who are well" "$(publish "$fleet/v3.phb" --canary 3 --hold 0s "${as[@]}" 2>&1 | grep -v 'for 3 canaries')"
mapfile -t canaries < <(jq -r '.canaries[]' "$fleet/srv/tree/channels/stable.json")
check "none of them is in trouble" "$(printf '%s\n' "${canaries[@]}" | grep -x "$first")"
advance() { publish --advance "${as[@]}" > "$fleet/out" 2>&1; }
check "nobody goes on before they have told" "$(exits 1 advance; shows 'has not told that it has the bundle')"
echo 2 > "$fleet/consoles/${canaries[1]}/refusals"
all_rounds
check "they have it, and nobody else" "$(n=$(cat "$fleet"/consoles/*/in-force | grep -c 'small 3'); [ "$n" -eq 3 ] || echo "$n")"
check "nor when something was refused since" "$(exits 1 advance; shows "^error: ${canaries[1]} has refused something")"
rm "$fleet/consoles/${canaries[1]}/refusals"
publish --hold 1h > /dev/null
check "nor before they have held it" "$(exits 1 advance; shows 'not had the bundle for long enough')"
publish --hold 0s > /dev/null
# What was told is told again when it changed, or an hour later.
for serial in "${canaries[@]}"; do
	sed -i 's/"told":"[0-9a-f]*"/"told":""/' "$fleet/consoles/$serial/state/state.json"
done
all_rounds "${canaries[@]}"
check "all well: on to the others" "$(exits 0 advance; shows 'for 100.00 %')"
all_rounds
check "and they have it" "$(n=$(cat "$fleet"/consoles/*/in-force | grep -c 'small 3'); [ "$n" -eq "$count" ] || { echo "$n"; cat "$fleet"/consoles/*/said | sort | uniq -c; })"

# ---- The way back --------------------------------------------------------------------------

nobody=$(free_port)
bundle 4 "health: {within: 1s, connect: ['127.0.0.1:$nobody']}"
publish "$fleet/v4.phb" --canaries "$second,$third" > /dev/null
all_rounds
for serial in "$second" "$third"; do
	check "not healthy: the last good bundle is in force again" "$([ "$(in_force "$serial")" = 'small 3' ] || cat "$fleet/consoles/$serial/said")"
	check "and it says so" "$(grep -q 'back: connect: nothing accepts' "$fleet/consoles/$serial/said" || cat "$fleet/consoles/$serial/said")"
done
put
check "a person is told of both" "$(shows "^$second .*bundle not kept: connect"; shows "^$third .*bundle not kept: connect")"

# ---- The same in the database --------------------------------------------------------------

current() { [ "$(sql "SELECT count(*) FROM phiward_console WHERE record->>'bundle' = '$1'")" -ge "$2" ]; }
third_bundle=$(sha256sum "$fleet/v3.phb" | cut -d ' ' -f 1)
check "the database has the newest of each" "$(until_so current "$third_bundle" $((count - half)) || sql 'SELECT * FROM phiward_fleet')"
check "the view for queries by hand says so too" "$(n=$(sql "SELECT count(*) FROM phiward_fleet WHERE enforcing AND version = 3"); [ "$n" -eq $((count - half)) ] || echo "$n")"
check "all are well there" "$(exits 0 status --database "$database"; shows "$((count - half)) consoles, 0 of them")"
check "who writes by syslog may do nothing else" "$(as_user psql -h "$fleet/pg" -U phiward_rsyslog -d phiward -Atc 'SELECT line FROM phiward_console' 2>&1 | grep -v 'permission denied')"
sql "SELECT phiward_take('{\"serial\":\"X\"} AAAA')" > /dev/null
sql "SELECT phiward_take('nothing')" > /dev/null
check "what is no record is kept aside" "$(n=$(sql 'SELECT count(*) FROM phiward_refused'); [ "$n" -eq 2 ] || sql 'SELECT * FROM phiward_refused')"
put --database "$database"
check "both at once show all of them" "$(shows "^$second .*bundle not kept"; shows "^$count consoles, ")"
old=$(sql "SELECT line FROM phiward_report WHERE serial = '${serials[-1]}' ORDER BY received LIMIT 1")
echo "$old" > "$fleet/srv/status/${serials[-1]}"
put --database "$database" --all
check "an old record in one hides no newer one in the other" "$(shows "^${serials[-1]} .*small 3 .* ok"; shows "^$count consoles, ")"
sed 's/"lost":0/"lost":1/' <<< "$old" > "$fleet/srv/status/${serials[-1]}"
put --database "$database"
check "a false one hides none either, and is said" "$(shows "^${serials[-1]} .*small 3 .*not signed by it"; shows "^$count consoles, ")"
rm "$fleet/srv/status/${serials[-1]}"
as+=(--from "$database")
check "canaries may be of both" "$(publish --canary 3 --hold 0s "${as[@]}" 2>&1 | grep -v 'for 3 canaries')"
twice() { publish --canary 3 --ca "$fleet/pki/device-ca.pem" --from "$fleet/srv/status" --from "$fleet/srv/status" > "$fleet/out" 2>&1; }
check "but not of two directories" "$(exits 2 twice; shows 'a directory and a database')"
# One that was set up anew counts its records anew; it must not be silent for that.
record() { sql "SELECT phiward_take('{\"serial\":\"NEW\",\"reports\":$1,\"time\":$2} AAAA')" > /dev/null; }
record 500 1000
record 1 2000
record 499 1500
check "a console that was set up anew is heard" "$(n=$(sql "SELECT reports FROM phiward_console WHERE serial = 'NEW'"); [ "$n" -eq 1 ] || echo "$n")"
check "a database that is not there: exit 3" "$(exits 3 status --database "host=$fleet/nowhere dbname=phiward")"

# ---- A USB stick ---------------------------------------------------------------------------

file=$(sed -n 's/.*"sha256":"\([0-9a-f]*\)".*/\1/p' "$fleet/srv/tree/channels/stable.json")
check "what is published is the bundle as it was signed" "$(cmp "$fleet/v4.phb" "$fleet/srv/tree/bundles/$file.phb")"
tap_end
