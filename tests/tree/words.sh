#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What has no place in the tree. (Each pattern is written so that it does not match itself.)
. "$(dirname "$0")/lib/tap.bash"

grep_tree() {
	tree_files | grep -vE '^tests/(corpus|golden)/' |
		xargs -d '\n' grep -nIE "$1" 2> /dev/null | cut -c1-160
}

check "no promise is left open" "$(grep_tree '\b(TOD[O]|FIXM[E]|XX[X]|HAC[K])\b|not (yet )?implemente[d]|coming soo[n]')"
check "no path of somebody's machine" "$(grep_tree '(^|[^a-z0-9.~_-])/(wor[k]|roo[t]|hom[e])/')"
check "no host of a mirror or registry" "$(grep_tree '(deb[.]debian|snapshot[.]debian|pypi|npmjs|crates)[.](org|com|io)|://(deb|registry)[.]')"
check "no number of an issue" "$(grep_tree '\b[Ii]ssue #?[0-9]|\b(fixes|closes) #[0-9]')"
check "no file that is not in the tree" "$(grep_tree 'desig[n]\.md|kernel-fact[s]\.md|peer[s]\.md|healthcar[e]\.md')"
tap_end
