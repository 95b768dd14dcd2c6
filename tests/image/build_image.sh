#!/usr/bin/env bash
# Builds the service image and tags it upstander:VERSION and upstander:latest.
#
#   tests/image/build_image.sh             build with docker, podman or buildah, the first that works
#   tests/image/build_image.sh --engine    only print which of them that is
#
# Environment:
#   ENGINE         docker, podman or buildah: use this one
#   BASE           the base image, in place of the Dockerfile's
#   BUILD_ARGS     more arguments for the build, split at white space: "--network host --no-cache"
#   BUILD_VOLUMES  HOST:CONTAINER pairs, one a line, mounted read-only while building, such as pip's
#                  settings or a folder of wheels (podman and buildah only: docker cannot)
#   PIP_*          those that the Dockerfile declares are passed on to the builder stage
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# A client without its daemon is no engine: docker's is often there alone.
works() {
    command -v "$1" >/dev/null || return 1
    case $1 in
        docker | podman) "$1" info >/dev/null 2>&1 ;;
        buildah) buildah version >/dev/null 2>&1 ;;
        *) return 1 ;;
    esac
}

find_engine() {
    local engine
    for engine in ${ENGINE:-docker podman buildah}; do
        if works "$engine"; then
            echo "$engine"
            return
        fi
    done
    if [[ -n ${ENGINE:-} ]]; then
        echo "ENGINE=$ENGINE, but $ENGINE is not installed or does not run here." >&2
    fi
    cat >&2 <<'END'
No container engine works here. Install one of these and try again:
  docker    https://docs.docker.com/engine/install/, and start its daemon (`docker info` must succeed)
  podman    apt-get install podman
  buildah   apt-get install buildah (builds without a daemon; tests/image/image_test.sh installs it)
END
    return 1
}

engine=$(find_engine)
if [[ ${1:-} == --engine ]]; then
    echo "$engine"
    exit
fi

version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$root/pyproject.toml" | head -n 1)
if [[ -z $version ]]; then
    echo "No line 'version = \"...\"' in $root/pyproject.toml: it names the image's tag." >&2
    exit 1
fi

options=(
    --file "$root/Dockerfile"
    --tag "upstander:$version"
    --tag upstander:latest
    --label org.opencontainers.image.title=upstander
    --label "org.opencontainers.image.version=$version"
    --label org.opencontainers.image.licenses=Apache-2.0
)
if [[ -n ${BASE:-} ]]; then
    options+=(--build-arg "BASE=$BASE")
fi
# Only declared ones: an engine warns of every argument that no stage takes. A path on this machine
# means something to the build only where it is mounted, and a PIP_CERT that is not there ends pip.
while read -r name; do
    value=${!name:-}
    if [[ -z $value || (-z ${BUILD_VOLUMES:-} && $value =~ (^|[[:space:]])(/|file:)) ]]; then
        continue
    fi
    options+=(--build-arg "$name=$value")
done < <(sed -n 's/^ARG \(PIP_[A-Z_]*\)$/\1/p' "$root/Dockerfile")

if [[ $engine != docker ]]; then
    # OCI's format has no place for HEALTHCHECK, and the two drop it without this.
    options+=(--format docker)
fi
while IFS= read -r volume; do
    [[ -n $volume ]] || continue
    if [[ $engine == docker ]]; then
        echo "BUILD_VOLUMES is set, but docker mounts nothing while building: use podman or buildah." >&2
        exit 1
    fi
    options+=(--volume "$volume:ro")
done <<<"${BUILD_VOLUMES:-}"

if [[ -n ${BUILD_ARGS:-} ]]; then
    read -r -d '' -a extra <<<"$BUILD_ARGS" || true
    options+=("${extra[@]}")
fi

"$engine" build "${options[@]}" "$root"
echo "Built upstander:$version and upstander:latest with $engine."
