#!/bin/sh
# Prepares this machine for `make test-kafka`: Java, Maven, a PostgreSQL server, and the jars that pom.xml pins, which come
# from Maven Central once and stay in .cache/kafkalab. It does only what is missing.
# KAFKALAB=optional: a machine that cannot have it all is told so, and the tests that need it skip themselves.
set -eu
cd "$(dirname "$0")/../.."
cache=.cache/kafkalab
mkdir -p "$cache"

say() { printf 'kafkalab: %s\n' "$1"; }
fail() {
	printf 'kafkalab: %s\n' "$1" >&2
	shift
	for line in "$@"; do printf '          %s\n' "$line" >&2; done
	[ "${KAFKALAB:-}" = optional ] || exit 1
	say "going on without the laboratory"
	exit 0
}

has() { command -v "$1" >/dev/null 2>&1; }
has_postgres() { has initdb || ls /usr/lib/postgresql/*/bin/initdb /usr/pgsql-*/bin/initdb >/dev/null 2>&1; }

# The programs that are not there, under the names of their Debian packages.
missing() {
	has java || printf ' default-jre-headless'
	has mvn || printf ' maven'
	has_postgres || printf ' postgresql'
}

install_packages() {
	packages="$(missing)"
	[ -n "$packages" ] || return 0
	has apt-get || fail "this machine lacks:$packages" "install these, under the names your system has for them"
	root=""
	if [ "$(id -u)" -ne 0 ]; then
		has sudo || fail "this machine lacks:$packages" "run as root: apt-get install$packages"
		root="sudo"
		[ -t 0 ] || root="sudo -n"
	fi
	say "installing$packages"
	# shellcheck disable=SC2086 # several packages, several words
	{ $root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq --no-install-recommends $packages; } \
		>"$cache/apt.log" 2>&1 || fail "they could not be installed: $(tail -n 1 "$cache/apt.log")" \
		"check the network, or run yourself: apt-get update && apt-get install$packages" "all of it: $cache/apt.log"
	[ -z "$(missing)" ] || fail "still missing after installing:$(missing)" "all of it: $cache/apt.log"
}

fetch_jars() {
	sum="$(cat build/kafkalab/pom.xml build/kafkalab/*/pom.xml | cksum)"
	[ "$(cat "$cache/jars/complete" 2>/dev/null)" = "$sum" ] && return 0
	say "fetching Kafka, Debezium and a schema registry from Maven Central (300 MB)"
	rm -rf "$cache/jars"
	mvn -B -q -f build/kafkalab/pom.xml "-Djars=$PWD/$cache/jars" dependency:copy-dependencies >"$cache/maven.log" 2>&1 || fail \
		"the jars could not be fetched: $(grep -m 1 ERROR "$cache/maven.log" || tail -n 1 "$cache/maven.log")" \
		"check the network and Maven's settings" "all of it: $cache/maven.log"
	tar -xzf "$cache"/jars/registry/*.tar.gz -C "$cache/jars/registry" && rm "$cache"/jars/registry/*.tar.gz
	printf %s "$sum" >"$cache/jars/complete"
}

install_packages
fetch_jars
