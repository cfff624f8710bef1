# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Sourced by tests/story/*.sh: the pages docs/first-day-*.md as what they tell one to do. A block
# ```console has commands behind a prompt that says where and as whom (`it$`, `ct1#`,
# `surgeon@ct1$`), each with what it prints; a block ```yaml whose first line is a comment with a
# name is a file of that name in the page's own directory.

# The consoles see what is in the tree, and not what is in /tmp.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
mkdir -p build/story
TMPDIR=$PWD/build/story
. tests/fleet/lib.bash
. tests/bats/lib/page.bash
story=$fleet

# start LOG CMD...: as lib.bash there, but also of what a command of a page starts, which is in a shell of its own.
start() {
	"${@:2}" > "$story/$1" 2>&1 < /dev/null &
	started_pid=$!
	echo "$started_pid" >> "$story/pids"
}
end_fleet() {
	# shellcheck disable=SC2046 # numbers
	[ ! -e "$story/pids" ] || kill $(tac "$story/pids") 2> /dev/null
	wait
	rm -rf "$story"
}

# ---- Pages -----------------------------------------------------------------------------------

# Of each step, in the order of the pages: the heading above it, where it is done, the command,
# what it prints; of a file `file` is where, the name is the command.
step_page=() step_heading=() step_where=() step_command=() step_text=() step_played=()

new_step() {
	step_page+=("$1") step_heading+=("$2") step_where+=("$3") step_command+=("$4") step_text+=('') step_played+=(0)
}

# A line of a block ```console.
console_line() {
	local last=$((${#step_command[@]} - 1))
	if [[ $1 =~ ^([a-z0-9@]+)([\$#])\ (.*)$ ]]; then
		new_step "$page" "$heading" "${BASH_REMATCH[1]}${BASH_REMATCH[2]}" "${BASH_REMATCH[3]}"
	elif [[ ${step_command[last]} == *\\ ]]; then
		step_command[last]+=$'\n'$1
	else
		step_text[last]+=${step_text[last]:+$'\n'}$1
	fi
}

# A line of a block ```yaml, $1 of which is its number.
yaml_line() {
	local last=$((${#step_command[@]} - 1))
	if [ "$1" -eq 1 ]; then
		[[ $2 =~ ^#\ ([a-z0-9.-]+)$ ]] || return 0
		new_step "$page" "$heading" file "${BASH_REMATCH[1]}"
		last=$((last + 1))
	fi
	[ "${step_where[last]}" != file ] || step_text[last]+=$2$'\n'
}

# take_page NAME: docs/first-day-NAME.md.
take_page() {
	local page=$1 heading='' block='' line n=0
	while IFS= read -r line; do
		n=$((n + 1))
		if [[ $line == '```'* && -n $block ]]; then
			block=
		elif [[ $line == '```'* ]]; then
			block=${line#'```'} n=0
		elif [ "$block" = console ]; then
			console_line "$line"
		elif [ "$block" = yaml ]; then
			yaml_line "$n" "$line"
		elif [[ -z $block && $line == '## '* ]]; then
			heading=${line#'## '}
		fi
	done < "docs/first-day-$page.md"
}

# ---- What stands between a command of a page and this machine --------------------------------

declare -A desk_of=([vendor]=vendor [hospital]=it [auditor]=auditor)

# Places that are the unprivileged user's here.
moved=(/etc/nginx /srv/phiward /usr/share/phiward)
there() {
	local text=$1 path
	for path in "${moved[@]}"; do
		text=${text//"$path"/"$story/web$path"}
	done
	echo "$text"
}
back() { local text; text=$(cat); echo "${text//"$story/web/"//}"; }

# ---- Consoles --------------------------------------------------------------------------------

consoles=()

# start_console NAME: in a machine, with what the vendor installed and a serial of its own.
start_console() {
	local at=$story/$1
	mkdir -p "$at/share"
	cp -r "$story/vendor/image" "$at/device"
	sed -i "s/SERIAL/CT-000${1#ct}/" "$at/device/etc/phiward/device.yaml"
	echo 0 > "$at/n"
	start "$1.log" tests/vm/run --mem 768M --timeout 900 --server "$https" --share "$at/share" -- \
		tests/story/console "$at/device" "$story/it/stick" "$PWD/build/kmod/6.1/phiward.ko"
	echo "$started_pid" > "$at/pid"
	consoles+=("$1")
}

# done_by FILE SECOND: waits for it until then, without a process for each look.
done_by() {
	local wait
	exec {wait}<> <(:)
	until [ -e "$1" ]; do
		[ $SECONDS -lt "$2" ] || return 1
		read -rt 0.05 -u "$wait" _ || true
	done
	exec {wait}>&-
}

# on_console NAME COMMAND: as root.
on_console() {
	local at=$story/$1 n
	n=$(($(cat "$at/n") + 1))
	echo $n > "$at/n"
	printf '%s\n' "$2" > "$at/share/do.new"
	mv "$at/share/do.new" "$at/share/do.$n"
	done_by "$at/share/code.$n" $((SECONDS + 300)) || { tail -n 20 "$story/$1.log"; return 4; }
	cat "$at/share/said.$n"
	return "$(cat "$at/share/code.$n")"
}

# says CONSOLE CODE TEXT COMMAND: what is wrong, if it does not end with that code and say that.
says() {
	local said code=0
	said=$(on_console "$1" "$4") || code=$?
	[ "$code" -eq "$2" ] && [[ $said == *"$3"* ]] || printf '%s: %s\n' "$code" "$said"
}

# Switches the consoles off; each has to end without a complaint of its kernel.
end_consoles() {
	local name pid code
	for name in "${consoles[@]}"; do
		on_console "$name" 'exit 99' || true
	done
	for name in "${consoles[@]}"; do
		pid=$(cat "$story/$name/pid") code=0
		wait "$pid" || code=$?
		[ $code -eq 0 ] || { echo "$name: $code"; tail -n 20 "$story/$name.log"; }
	done
}

# ---- At a desk -------------------------------------------------------------------------------

# at_desk WHO COMMAND: with the functions below in place of programs of these names.
at_desk() { (cd "$story/$1" && PATH=$story/bin:$PATH HOME=$story && eval "$(there "$2")" < /dev/null); }

# It is built already.
make() { command make -s -o all "$@"; }

ssh() { on_console "$1" "login-as auditor bash -c $(printf %q "${*:2}")"; }

# scp FILE CONSOLE:DIR, or scp -qr CONSOLE:DIR DIR
scp() {
	local name=${2%:*}
	if [ $# -eq 2 ]; then
		cp "$1" "$story/$name/share/"
		on_console "$name" "cp /run/vm/share/$(basename "$1") ${2#*:}"
		return
	fi
	on_console "$name" "rm -rf /run/vm/share/copy; setpriv --groups phiward-audit cp -r ${2#*:} /run/vm/share/copy" &&
		cp -r "$story/$name/share/copy" "$3"
}

# systemctl reload nginx: of the web server, which is an unprivileged one here and at $https.
systemctl() {
	local at=$story/web path
	{
		echo "daemon off; worker_processes 1; pid $at/pid; error_log $at/error; user $(id -un);"
		echo "events { worker_connections 100; }"
		echo "http { access_log $at/access;"
		for path in client_body proxy fastcgi uwsgi scgi; do
			echo "${path}_temp_path $at/$path;"
		done
		there "$(sed "s/listen 443/listen 127.0.0.1:$https/" "$at/etc/nginx/conf.d/phiward.conf")"
		echo "}"
	} > "$at/conf"
	start nginx.log nginx -e "$at/error" -p "$at" -c "$at/conf"
	until_so accepts "$https"
}

# at_place WHERE COMMAND: WHERE is a prompt; a user has a terminal of their own.
at_place() {
	local name=${1%[\$#]}
	case $1 in
	*@*) on_console "${name#*@}" "login-as ${name%@*} script -qec $(printf %q "$2") /dev/null" ;;
	ct*) on_console "$name" "$2" ;;
	*) at_desk "$name" "$2" ;;
	esac
}

# ---- Steps -----------------------------------------------------------------------------------

# do_step N WHERE: what is wrong with it, if anything.
do_step() {
	local n=$1 got code=0 expected
	if [ "${step_where[n]}" = file ]; then
		printf '%s' "${step_text[n]}" > "$story/${desk_of[${step_page[n]}]}/${step_command[n]}"
		return
	fi
	got=$(at_place "$2" "${step_command[n]}" 2>&1 | tr -d '\0'; exit "${PIPESTATUS[0]}") || code=$?
	got=$(plain <<< "$got" | back)
	printf '%s %s\n%s\n' "$2" "${step_command[n]}" "$got" >> build/story/said
	# A line of … alone may also stand for none.
	expected=$(plain <<< "${step_text[n]}")
	expected=${expected//$'…\n'/…}
	[[ $expected != *$'\n…' ]] || expected=${expected%$'\n…'}…
	# 1 is an answer too, where one is shown.
	[ "$code" -eq 0 ] || { [ "$code" -eq 1 ] && [ -n "$expected" ]; } || echo "it ends with $code"
	matches "$expected" "$got" || printf 'it should print:\n%s\nit prints:\n%s\n' "$expected" "$got"
}

# play PAGE HEADING [OTHER]: its steps, with OTHER in place of ct1.
play() {
	local n where played=0 other=${3:-ct1}
	for n in "${!step_page[@]}"; do
		[ "${step_page[n]}" = "$1" ] && [ "${step_heading[n]}" = "$2" ] || continue
		# The same on another console: what is done on the first.
		[ "$other" = ct1 ] || [[ ${step_where[n]} == *ct1* ]] || continue
		played=1 step_played[n]=1
		where=${step_where[n]/ct1/$other}
		check "$1: $2: $where ${step_command[n]%%$'\n'*}" "$(do_step "$n" "$where")"
	done
	[ $played -eq 1 ] || check "$1: $2" 'there is no such heading with steps'
}

never_played() {
	local n
	for n in "${!step_page[@]}"; do
		[ "${step_played[n]}" -eq 1 ] || echo "${step_page[n]}: ${step_heading[n]}: ${step_command[n]}"
	done
}

# ---- Beginning and end -----------------------------------------------------------------------

# What each command printed is left in build/story/said, for who writes the pages.
set_up() {
	local desk
	: > build/story/said
	for desk in bin cache vendor it auditor web/usr/share; do
		mkdir -p "$story/$desk"
	done
	https=$(free_port)
	ln -s "$PWD" "$story/phiward"
	ln -s "$PWD/build/phiward" "$story/bin/phiward"
	ln -s ../../../vendor/image/usr/share/phiward "$story/web/usr/share/phiward"
	export XDG_CACHE_HOME=$story/cache TZ=UTC
}
