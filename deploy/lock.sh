#!/usr/bin/env bash
# Writes locks/*.txt: every package that an install brings, with its version and the hashes of its
# files. One file for each extra (serve.txt is what serving needs), and those of what the wheel is
# built with and its bill of materials is made with. `make lock` runs it, after a change of
# pyproject.toml or constraints.txt.
#
# Versions are those of constraints.txt: to renew one, change that first. Other platforms and newer
# Pythons may need packages that constraints.txt does not name; of these it takes the newest.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

uv=${UV:-.venv/bin/uv}

compile() {
    "$uv" pip compile --quiet --universal --python-version 3.11.5 --generate-hashes --no-annotate \
        --no-header --constraint constraints.txt "$@"
}

mkdir -p locks
sed -n '/^\[project.optional-dependencies\]/,/^\[project.scripts\]/s/^\([a-z]*\) = \[.*/\1/p' pyproject.toml |
    while read -r extra; do
        compile pyproject.toml --extra "$extra" --output-file "locks/$extra.txt"
    done
echo cyclonedx-bom | compile - --output-file locks/sbom.txt
sed -n 's/^requires = \["\(.*\)"\]$/\1/p' pyproject.toml | compile - --output-file locks/build.txt
