#!/bin/sh
# Prepares this machine to build and test Freshet: a C++ runtime for DuckDB, the vendors' clients, the Go modules.
# It does only what is missing, so it may run before every build. It needs Go, Node with npm, gcc and make.
set -eu
cd "$(dirname "$0")/.."
stamps=.cache/setup
mkdir -p "$stamps"

say() { printf 'setup: %s\n' "$1"; }
fail() {
	printf 'setup: %s\n' "$1" >&2
	shift
	for line in "$@"; do printf '       %s\n' "$line" >&2; done
	exit 1
}

need() {
	command -v "$1" >/dev/null 2>&1 || fail "$1 is not installed" "$2"
}

# The version go.mod asks for, against the one that is there; Go itself would try to download another.
check_go() {
	need go "install Go $(sed -n 's/^go //p' go.mod) or newer from https://go.dev/dl/"
	go list -m >/dev/null 2>"$stamps/go.log" || fail "this Go cannot be used: $(head -n 1 "$stamps/go.log")" \
		"install Go $(sed -n 's/^go //p' go.mod) or newer from https://go.dev/dl/"
}

links_cpp() {
	printf 'int main(void){return 0;}\n' | gcc -x c - -lstdc++ -lm -o "$stamps/probe" 2>/dev/null
	result=$?
	rm -f "$stamps/probe"
	return $result
}

# DuckDB is linked in as a static C++ library: the linker needs libstdc++, which Debian has in the package g++.
check_cpp() {
	links_cpp && return
	command -v apt-get >/dev/null 2>&1 || fail "the C++ runtime (libstdc++) is missing" "install your system's g++ package"
	root=""
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null 2>&1 || fail "the C++ runtime (libstdc++) is missing" "run as root: apt-get install g++"
		root="sudo"
		[ -t 0 ] || root="sudo -n"
	fi
	say "installing g++ for the C++ runtime that DuckDB needs"
	{ $root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq --no-install-recommends g++; } \
		>"$stamps/apt.log" 2>&1 || fail "g++ could not be installed: $(tail -n 1 "$stamps/apt.log")" \
		"check the network, or run yourself: apt-get update && apt-get install g++" "all of it: $stamps/apt.log"
	links_cpp || fail "the C++ runtime is still missing after installing g++" "try: echo 'int main(){}' | gcc -x c - -lstdc++"
}

# once NAME CHECKSUM: has this been done for these very inputs?
once() { [ "$(cat "$stamps/$1" 2>/dev/null)" = "$2" ]; }

node_packages() {
	[ -f "$1/package-lock.json" ] || return 0
	need node "install Node 20 or newer with npm"
	need npm "install npm, which comes with Node"
	stamp="npm-$(printf %s "$1" | tr / -)"
	sum="$(cat "$1/package.json" "$1/package-lock.json" | cksum) $(node --version)"
	[ -d "$1/node_modules" ] && once "$stamp" "$sum" && return
	say "installing the packages of $1"
	(cd "$1" && npm ci --no-audit --no-fund --loglevel=error) >"$stamps/$stamp.log" 2>&1 || fail \
		"the packages of $1 could not be installed: $(grep -m 1 'npm error' "$stamps/$stamp.log" || tail -n 1 "$stamps/$stamp.log")" \
		"check the network and npm's registry setting" "all of it: $stamps/$stamp.log"
	printf %s "$sum" >"$stamps/$stamp"
}

# Examples and schema of version 3.2 of the data contract standard, from PyPI, for the tests that read them beside those of
# version 3.1, which are in the repository. Tests do without them, so nothing here fails.
contract_packages() {
	sum="$(cat build/odcs/*.txt | cksum)"
	once odcs "$sum" && [ -d build/odcs/packages ] && return
	pip="python3 -m pip --disable-pip-version-check"
	if ! $pip --version >/dev/null 2>&1; then
		say "pip is not installed: the examples of version 3.2 of the contract standard are not tested"
		return
	fi
	say "fetching the examples of version 3.2 of the contract standard"
	rm -rf build/odcs/packages
	if $pip download -q --no-deps --require-hashes -d build/odcs/packages \
		--no-binary open-data-contract-standard -r build/odcs/examples.txt >"$stamps/odcs.log" 2>&1; then
		printf %s "$sum" >"$stamps/odcs"
	else
		say "they could not be had, and are not tested: see $stamps/odcs.log"
	fi
}

# Only the modules this machine needs: DuckDB's libraries for other systems stay where they are.
go_modules() {
	sum="$(cat go.mod go.sum | cksum) $(go env GOMODCACHE GOVERSION | tr '\n' ' ')"
	[ -d "$(go env GOMODCACHE)/cache/download" ] && once gomod "$sum" && return
	say "fetching Go modules"
	go list -deps -test ./... >/dev/null 2>"$stamps/gomod.log" || fail "the Go modules could not be loaded: $(grep -v "^go: downloading" "$stamps/gomod.log" | head -n 1)" \
		"if this speaks of a network: check it, and GOPROXY ($(go env GOPROXY))" "all of it: $stamps/gomod.log"
	printf %s "$sum" >"$stamps/gomod"
}

need gcc "as root: apt-get install gcc"
check_go
check_cpp
node_packages build/vendorclients
node_packages frontend
contract_packages
go_modules
