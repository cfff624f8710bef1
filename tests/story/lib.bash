# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Sourced by tests/story/*.sh: the pages docs/first-day-*.md as what they tell one to do. A block
# ```console has commands behind a prompt that says where and as whom (`it$`, `ct1#`,
# `surgeon@ct1$`), each with what it prints; a block ```yaml whose first line is a comment with a
# name is a file of that name in the page's own directory.

. "$(dirname "${BASH_SOURCE[0]}")/../tree/lib/tap.bash"
. tests/bats/lib/page.bash

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

# at_desk WHO COMMAND
at_desk() {
	mkdir -p "$story/$1"
	(cd "$story/$1" && PATH=$story/bin:$PATH HOME=$story TZ=UTC bash -c "$(there "$2")" < /dev/null)
}

# at_place WHERE COMMAND: WHERE is a prompt.
at_place() {
	case $1 in
	ct[0-9]# | *@ct[0-9]\$) on_console "$1" "$2" ;;
	*) at_desk "${1%[\$#]}" "$2" ;;
	esac
}

# ---- Steps -----------------------------------------------------------------------------------

# What is wrong with step N, if anything.
do_step() {
	local n=$1 got code=0 expected
	if [ "${step_where[n]}" = file ]; then
		printf '%s' "${step_text[n]}" > "$story/${desk_of[${step_page[n]}]}/${step_command[n]}"
		return
	fi
	got=$(at_place "${step_where[n]}" "${step_command[n]}" 2>&1) || code=$?
	got=$(plain <<< "$got" | back)
	expected=$(plain <<< "${step_text[n]}")
	# 1 is an answer too, where one is shown.
	[ "$code" -eq 0 ] || { [ "$code" -eq 1 ] && [ -n "$expected" ]; } || echo "it ends with $code"
	matches "$expected" "$got" || printf 'it should print:\n%s\nit prints:\n%s\n' "$expected" "$got"
}

# play PAGE HEADING [OTHER]: its steps, with OTHER in place of ct1.
play() {
	local n played=0 other=${3:-ct1}
	for n in "${!step_page[@]}"; do
		[ "${step_page[n]}" = "$1" ] && [ "${step_heading[n]}" = "$2" ] || continue
		played=1 step_played[n]=1
		check "$1: $2: ${step_where[n]} ${step_command[n]%%$'\n'*}" "$(do_step "$n")"
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

end_story() { rm -rf "$story"; }

set_up() {
	local top=$PWD
	story=$(mktemp -d "${TMPDIR:-/tmp}/phiward-story.XXXXXX")
	trap end_story EXIT
	mkdir -p "$story/bin" "$story/vendor" "$story/it" "$story/auditor"
	ln -s "$top" "$story/phiward"
	ln -s "$top/build/phiward" "$story/bin/phiward"
	export XDG_CACHE_HOME=$story/cache
	# It is built already.
	printf '#!/bin/sh\nexec %s -s -o all "$@"\n' "$(command -v make)" > "$story/bin/make"
	chmod +x "$story/bin/make"
}
