#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Print the directory of an unpacked Debian linux-source-VERSION; fetch it when
# it is not there yet.  Needs Debian's apt and about 2 GB of disk, no privileges.
#
#   scripts/fetch_kernel.sh 6.12
#
# The sources are kept in $MMREVIEW_CACHE, by default ~/.cache/mmreview.
# Exit status: 0 the directory is on standard output; 1 it could not be had.
set -u

fail() {
	printf 'fetch_kernel.sh: %s\n' "$1" >&2
	exit 1
}

# The package lists are refreshed only where the download failed without.
download() {
	local package=$1 log=$2
	apt-get download "$package" >"$log" 2>&1 && return
	[ "$(id -u)" -eq 0 ] && apt-get update >>"$log" 2>&1 && apt-get download "$package" >>"$log" 2>&1
}

[ $# -eq 1 ] || fail "usage: fetch_kernel.sh VERSION"
[[ $1 =~ ^[0-9]+\.[0-9]+$ ]] || fail "'$1' is no kernel version such as 6.12"
name=linux-source-$1
cache=${MMREVIEW_CACHE:-${XDG_CACHE_HOME:-${HOME:-}/.cache}/mmreview}
[[ $cache == /* ]] || cache=$PWD/$cache
tree=$cache/$name

if [ ! -d "$tree" ]; then
	for program in apt-get dpkg-deb tar xz; do
		command -v "$program" >/dev/null || fail "$program is not installed"
	done
	mkdir -p "$cache" 2>/dev/null || fail "cannot create $cache"
	work=$(mktemp -d "$cache/.$name.XXXXXX") || fail "cannot write to $cache"
	trap 'rm -rf "$work"' EXIT
	trap 'exit 1' HUP INT TERM
	mkdir "$work/deb" "$work/tree"
	printf 'fetch_kernel.sh: fetching %s (about 150 MB)\n' "$name" >&2
	(cd "$work/deb" && download "$name" "$work/log") ||
		fail "cannot download $name: $(grep -m 1 '^E:' "$work/log" || echo 'see apt-get download')"
	printf 'fetch_kernel.sh: unpacking into %s\n' "$tree" >&2
	(
		set -o pipefail
		dpkg-deb --fsys-tarfile "$work/deb/$name"_*.deb |
			tar --extract --to-stdout "./usr/src/$name.tar.xz" |
			tar --extract --xz --strip-components=1 --no-same-owner --directory "$work/tree"
	) 2>"$work/log" || fail "cannot unpack $name: $(tail -n 1 "$work/log")"
	# A tree that somebody else has finished meanwhile is as good as ours.
	mv -T "$work/tree" "$tree" 2>/dev/null || [ -d "$tree" ] || fail "cannot create $tree"
fi
printf '%s\n' "$tree"
