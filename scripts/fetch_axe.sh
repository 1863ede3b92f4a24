#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Print where axe-core is, which tells whether people can use a page that do not
# see it or have no mouse; fetch it when it is not there yet.  Needs npm.
#
#   scripts/fetch_axe.sh
#
# It is kept in $MMREVIEW_CACHE, by default ~/.cache/mmreview.
# Exit status: 0 the file is on standard output; 1 it could not be had.
set -u

version=4.14.1

fail() {
	printf 'fetch_axe.sh: %s\n' "$1" >&2
	exit 1
}

[ $# -eq 0 ] || fail "usage: fetch_axe.sh"
cache=${MMREVIEW_CACHE:-${XDG_CACHE_HOME:-${HOME:-}/.cache}/mmreview}
[[ $cache == /* ]] || cache=$PWD/$cache
folder=$cache/axe-core-$version

if [ ! -f "$folder/axe.min.js" ]; then
	command -v npm >/dev/null || fail "npm is not installed"
	mkdir -p "$cache" 2>/dev/null || fail "cannot create $cache"
	work=$(mktemp -d "$cache/.axe-core.XXXXXX") || fail "cannot write to $cache"
	trap 'rm -rf "$work"' EXIT
	trap 'exit 1' HUP INT TERM
	npm install --prefix "$work" --cache "$work/cache" --ignore-scripts --no-audit --no-fund \
		--no-update-notifier "axe-core@$version" >"$work/log" 2>&1 ||
		fail "cannot fetch axe-core $version: $(grep -m 1 'ERR' "$work/log" || echo 'see npm install')"
	# A copy that somebody else has finished meanwhile is as good as ours.
	mv -T "$work/node_modules/axe-core" "$folder" 2>/dev/null || [ -d "$folder" ] ||
		fail "cannot create $folder"
fi
printf '%s\n' "$folder/axe.min.js"
