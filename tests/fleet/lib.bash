# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Sourced by tests/fleet/*.sh: a fleet on this machine, with nginx, rsyslog and PostgreSQL as the
# unprivileged user, on free ports, below $fleet.

. "$(dirname "${BASH_SOURCE[0]}")/../tree/lib/tap.bash"

fleet=$(mktemp -d "${TMPDIR:-/tmp}/phiward-fleet.XXXXXX")
started=()

end_fleet() {
	local i
	# The last first: who writes to a database ends before it.
	for ((i = ${#started[@]} - 1; i >= 0; i--)); do
		stop "${started[i]}"
	done
	rm -rf "$fleet"
}
trap end_fleet EXIT

# PostgreSQL does not run as root, and the others need not.
if [ "$(id -u)" -eq 0 ]; then
	user=(setpriv --reuid=65534 --regid=65534 --clear-groups --)
else
	user=()
fi
as_user() { "${user[@]}" "$@"; }

# start LOG CMD...: in the background; its number is in $started_pid.
start() {
	local log=$1
	shift
	"${user[@]}" "$@" > "$fleet/$log" 2>&1 &
	started_pid=$!
	started+=("$started_pid")
}

stop() {
	kill "$1" 2> /dev/null
	wait "$1" 2> /dev/null
	return 0
}

# until_so CMD...: for at most 20 s; looks again as often as it can.
until_so() {
	local end=$((SECONDS + 20))
	until "$@" > /dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		read -rt 0.05 _ <> <(:) || true
	done
}

# A port that nobody listens at.
free_port() {
	local port
	while port=$((20000 + RANDOM % 20000)); do
		(: > "/dev/tcp/127.0.0.1/$port") 2> /dev/null || { echo "$port"; return; }
	done
}

accepts() { (: > "/dev/tcp/127.0.0.1/$1") 2> /dev/null; }

# A server's name of 60 characters, which is this machine's.
long_name=policies.radiology.university-hospital.example-city.localhost

# ---- Keys ----------------------------------------------------------------------------------

# authority NAME
authority() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 100 \
		-subj "/CN=$1" -addext keyUsage=critical,keyCertSign,cRLSign \
		-keyout "$fleet/pki/$1.key" -out "$fleet/pki/$1.pem" 2> /dev/null
}

# certificate NAME AUTHORITY [DAYS]: of one that signs, or of a server.
certificate() {
	openssl ecparam -name prime256v1 -genkey -noout -out "$fleet/pki/$1.key" 2> /dev/null
	openssl req -new -key "$fleet/pki/$1.key" -subj "/CN=$1" 2> /dev/null |
		openssl x509 -req -CA "$fleet/pki/$2.pem" -CAkey "$fleet/pki/$2.key" -days "${3:-90}" \
			-set_serial "$((RANDOM * 32768 + RANDOM + 1))" -out "$fleet/pki/$1.pem" -extfile <(
			echo 'keyUsage=critical,digitalSignature'
			echo "subjectAltName=DNS:localhost,DNS:$long_name,IP:127.0.0.1"
		) 2> /dev/null
}

# ---- Bundles -------------------------------------------------------------------------------

# bundle VERSION [LINE...]: signed by the vendor, in $fleet/vVERSION.phb; lines of the manifest more.
# $padding: bytes of a comment of its policy.
padding=0
bundle() {
	local version=$1
	shift
	printf 'phiward: 1\nname: small\nversion: %s\nmode: enforce\nothers: {network: loopback}\n' "$version" \
		> "$fleet/policy.yaml"
	head -c $((padding / 2)) /dev/urandom | od -An -v -tx1 | sed 's/^/#/' >> "$fleet/policy.yaml"
	{
		printf 'phiward_bundle: 1\nname: small\nversion: %s\npolicy: policy.yaml\n' "$version"
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} > "$fleet/manifest.yaml"
	"$phiward" bundle build -o "$fleet/v$version.phb" "$fleet/manifest.yaml" > /dev/null &&
		"$phiward" bundle sign --key "$fleet/pki/vendor.key" \
			--certificate "$fleet/pki/vendor.pem" "$fleet/v$version.phb"
}

publish() { "$phiward" publish "$fleet/srv/tree" --channel stable "$@"; }

# ---- Consoles ------------------------------------------------------------------------------

# console SERIAL [TAG]: its directory, with a certificate of its own.
console() {
	local at=$fleet/consoles/$1
	mkdir -p "$at/state"
	certificate "$1" device-ca
	cp "$fleet/pki/$1.pem" "$at/device.pem"
	cp "$fleet/pki/$1.key" "$at/device.key"
	printf 'phiward_device: 1\nserial: %s\nmodel: CT-9\ndepartment: radiology\ntags: [%s]\n' \
		"$1" "${2:-ct}" > "$at/device.yaml"
	cat > "$at/trust.yaml" <<-EOT
	phiward_trust: 1
	roles: {vendor: {certificates: [vendor.pem]}}
	require: [{role: vendor}]
	EOT
	cp "$fleet/pki/vendor-ca.pem" "$at/vendor.pem"
	fleet_yaml "$1" "$https" "report: {put: 'https://localhost:$https/status'}"
}

# fleet_yaml SERIAL PORT [LINE...]: with the server's name $host.
host=localhost
fleet_yaml() {
	local at=$fleet/consoles/$1 port=$2
	shift 2
	{
		echo 'phiward_fleet: 1'
		echo "url: https://$host:$port/tree"
		echo 'channel: stable'
		echo "ca: $fleet/pki/server-ca.pem"
		echo "certificate: $at/device.pem"
		echo "key: $at/device.key"
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} > "$at/fleet.yaml"
}

agent() {
	local at=$fleet/consoles/$1
	shift
	"$fleet/bin/phiward-fleet" "$@" --config "$at/fleet.yaml" --device "$at/device.yaml" \
		--state "$at/state" --control "$at/control"
}

# round SERIAL: one round of this console; what it says is in $said.
round() { said=$(as_user env "${faked[@]}" "$BASH" -c "$(declare -f agent); fleet='$fleet'; agent '$1' --once" 2>&1); }
faked=()

in_force() { cat "$fleet/consoles/$1/in-force" 2> /dev/null; }

own_all() { [ ${#user[@]} -eq 0 ] || chown -R 65534:65534 "$fleet"; }

# ---- Servers -------------------------------------------------------------------------------

# The shipped configuration, with the paths of this machine.
start_nginx() {
	mkdir -p "$fleet/nginx" "$fleet/srv/status" "$fleet/srv/tree"
	own_all
	{
		echo "daemon off; worker_processes 1; pid $fleet/nginx/pid; error_log $fleet/nginx/error;"
		echo "events { worker_connections 1000; }"
		echo "http { keepalive_timeout 1s;"	# what the minutes between two polls do
		echo "log_format bytes '\$request_method \$uri \$status \$request_length \$bytes_sent \$ssl_session_reused';"
		echo "access_log $fleet/nginx/access bytes;"
		for path in client_body proxy fastcgi uwsgi scgi; do
			echo "${path}_temp_path $fleet/nginx/$path;"
		done
		sed -e "s,listen 443,listen 127.0.0.1:$https," \
			-e "s,/etc/nginx/phiward/server\.\(pem\|key\),$fleet/pki/localhost.\1," \
			-e "s,/etc/nginx/phiward,$fleet/pki," -e "s,/srv/phiward,$fleet/srv," share/fleet-nginx.conf
		echo "}"
	} > "$fleet/nginx/conf"
	start nginx.log nginx -e "$fleet/nginx/error" -p "$fleet/nginx" -c "$fleet/nginx/conf"
	nginx_pid=$started_pid
	until_so accepts "$https"
}

set_up() {
	phiward=$PWD/build/phiward
	https=$(free_port)
	export XDG_CACHE_HOME=$fleet/cache
	mkdir -p "$fleet/cache" "$fleet/bin" "$fleet/pki" "$fleet/consoles"
	cp build/phiward build/phiward-fleet build/fleet/stand-in "$fleet/bin/"
	chmod 755 "$fleet"
	authority server-ca && authority device-ca && authority vendor-ca
	certificate localhost server-ca && certificate vendor vendor-ca
}

start_postgres() {
	local bin
	bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
	mkdir -p "$fleet/pg"
	own_all
	as_user "$bin/initdb" -A trust --no-sync -U fleet -D "$fleet/pg/data" > "$fleet/initdb.log" 2>&1
	start postgres.log "$bin/postgres" -D "$fleet/pg/data" -k "$fleet/pg" -p 5432 -c listen_addresses= -c fsync=off
	until_so as_user psql -h "$fleet/pg" -U fleet -d postgres -c 'SELECT 1'
	as_user createdb -h "$fleet/pg" -U fleet phiward
	as_user psql -h "$fleet/pg" -U fleet -d phiward -v ON_ERROR_STOP=1 -q < share/fleet.sql
	database="host=$fleet/pg dbname=phiward user=phiward_view"
}

sql() { as_user psql -h "$fleet/pg" -U fleet -d phiward -Atc "$1"; }

# The shipped configuration, with the paths of this machine.
start_rsyslog() {
	syslog=$(free_port)
	mkdir -p "$fleet/rsyslog"
	{
		echo "global(workDirectory=\"$fleet/rsyslog\")"
		sed -e "s,\"6514\",\"$syslog\"," -e "s,user=phiward_rsyslog,&\&host=$fleet/pg," \
			-e "s,/etc/rsyslog/phiward/server\.\(pem\|key\),$fleet/pki/localhost.\1," \
			-e "s,/etc/rsyslog/phiward,$fleet/pki," share/fleet-rsyslog.conf
	} > "$fleet/rsyslog/conf"
	own_all
	start rsyslog.log rsyslogd -n -f "$fleet/rsyslog/conf" -i "$fleet/rsyslog/pid"
	until_so accepts "$syslog"
}
