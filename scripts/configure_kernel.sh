#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Print a directory in which an unpacked kernel source is configured for x86
# with nearly every option on; make it when it is not there yet.  Nothing is
# compiled but what the headers need.  Needs, of Debian: gcc make flex bison bc
# libelf-dev libssl-dev, and scripts/fetch_kernel.sh for the source.
#
#   scripts/configure_kernel.sh 6.12
#
# It is kept beside the source, in $MMREVIEW_CACHE or ~/.cache/mmreview.
# Exit status: 0 the directory is on standard output; 1 it could not be made.
set -u

fail() {
	printf 'configure_kernel.sh: %s\n' "$1" >&2
	exit 1
}

# What needs other compilers or keys, and instruments code that clang is not asked about.
off=(
	DEBUG_INFO_BTF GCC_PLUGINS GCOV_KERNEL KASAN KCSAN KMSAN MODULE_SIG RUST
	SYSTEM_TRUSTED_KEYRING WERROR
)

configure() {
	local option options=()
	for option in "${off[@]}"; do
		options+=(--disable "$option")
	done
	make -s -C "$tree" O="$1" allyesconfig &&
		"$tree/scripts/config" --file "$1/.config" "${options[@]}" &&
		make -s -C "$1" olddefconfig &&
		make -s -C "$1" -j"$(nproc)" prepare
}

[ $# -eq 1 ] || fail "usage: configure_kernel.sh VERSION"
for program in make gcc flex bison bc; do
	command -v "$program" >/dev/null || fail "$program is not installed"
done
tree=$("$(dirname "$0")/fetch_kernel.sh" "$1") || exit 1
build=$(dirname "$tree")/build-$1

if [ ! -e "$build/.ready" ]; then
	printf 'configure_kernel.sh: configuring %s (some minutes)\n' "$tree" >&2
	mkdir -p "$build" || fail "cannot create $build"
	configure "$build" >"$build/.log" 2>&1 || fail "it failed: see $build/.log"
	touch "$build/.ready"
fi
printf '%s\n' "$build"
