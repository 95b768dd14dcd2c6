#!/usr/bin/env bash
# Programs that some tests talk to, a browser among them. Root on Debian gets those that are missing;
# others are told, and the tests that need them say why they are skipped (in CI those of the browser,
# of nginx and of promtool fail).
set -euo pipefail

missing=()
need() { command -v "$1" >/dev/null || compgen -G "$2" >/dev/null || missing+=("$3"); }
need redis-server /usr/bin/redis-server redis-server
need initdb '/usr/lib/postgresql/*/bin/initdb' postgresql
need node /usr/bin/node nodejs
need npm /usr/bin/npm npm
need chromium /usr/bin/chromium chromium
need nginx /usr/sbin/nginx nginx-light
need openssl /usr/bin/openssl openssl
need javac /usr/bin/javac default-jdk-headless
need minisign /usr/bin/minisign minisign
need faketime /usr/bin/faketime faketime
promtool=
command -v promtool >/dev/null || promtool=prometheus
((${#missing[@]})) || [[ -n $promtool ]] || exit 0

# Of Prometheus one program is needed, and not its server, which would start by itself.
get_promtool() {
    local folder
    folder=$(mktemp -d)
    (cd "$folder" && apt-get download -qq prometheus 2>/dev/null &&
        dpkg-deb --fsys-tarfile prometheus_*.deb | tar -x ./usr/bin/promtool &&
        install usr/bin/promtool /usr/local/bin/) || echo "promtool cannot be had here" >&2
    rm -rf "$folder"
}

if [[ $EUID -eq 0 ]] && command -v apt-get >/dev/null; then
    apt-get update -qq || true
    [[ -z $promtool ]] || get_promtool
    ((${#missing[@]})) || exit 0
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null && exit 0
fi
echo "Some tests are skipped, as these are not here: apt-get install ${missing[*]} $promtool" >&2
