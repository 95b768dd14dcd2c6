#!/usr/bin/env bash
# Builds the service image and runs it as production would: its own user, a read-only root, no
# network but loopback, no privileges to gain. Slow (minutes); `make image-test` runs it.
#
# With docker or podman it uses that. Where neither runs it installs Debian's buildah and debootstrap
# and does without an engine: a minimal Debian with python3 stands in for the base image, the build is
# a chroot build, and the image is started in namespaces of its own. That way needs root or sudo.
#
# Environment:
#   ENGINE              docker, podman or buildah, as in build_image.sh
#   BASE                the base image; with buildah this replaces the stand-in
#   IMAGE_TEST_SCRATCH  keep the work in this folder and use what an earlier run left there
#                       (otherwise: a new folder under TMPDIR, removed at the end)
#   IMAGE_TEST_MAX_MB   how far the image may be above its base (300)
#   IMAGE_TEST_MIRROR   the Debian mirror for the stand-in base (otherwise: apt's own)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
image=upstander:latest
stand_in=localhost/upstander-base
suite=bookworm
max_mb=${IMAGE_TEST_MAX_MB:-300}
ready_within_s=30
stop_within_s=10

say() { echo "---- $*"; }
pass() { echo "PASS $*"; }
fail() {
    echo "FAIL $*" >&2
    if [[ -n ${started:-} ]]; then
        echo "---- the service's last lines" >&2
        service_log 2>&1 | tail -n 30 >&2 || true
    fi
    exit 1
}

# ---------------------------------------------------------------- inside the service's namespaces

# Runs as process 1 of new mount, network and process namespaces, makes of an image's tree what an
# engine would make with --read-only --tmpfs /tmp --network none, and becomes the image's command.
# Its mounts are seen by nobody else and go when its last process does.
become_service() {
    local tree=$1 user=$2 folder=$3 node
    shift 3
    ip link set lo up
    mount --bind "$tree" "$tree"
    mount -t proc -o nosuid,nodev,noexec proc "$tree/proc"
    mount -t tmpfs -o mode=755,nosuid,noexec,size=64k tmpfs "$tree/dev"
    for node in null zero full random urandom; do
        touch "$tree/dev/$node"
        mount --bind "/dev/$node" "$tree/dev/$node"
    done
    mount -t tmpfs -o mode=1777,nosuid,nodev,noexec,size=64m tmpfs "$tree/tmp"
    mount -o remount,bind,ro "$tree"
    exec setpriv --no-new-privs -- \
        chroot --userspec="$user" --groups= "$tree" /usr/bin/env -i --chdir="$folder" "$@"
}

if [[ ${1:-} == --become-service ]]; then
    shift
    become_service "$@"
fi

# ---------------------------------------------------------------- engine, privileges, packages

engine=$("$here/build_image.sh" --engine 2>/dev/null) || engine=
if [[ -z $engine && -n ${ENGINE:-} && $ENGINE != buildah ]]; then
    "$here/build_image.sh" --engine
fi
engine=${engine:-buildah}

if [[ $engine == buildah && $EUID -ne 0 ]]; then
    command -v sudo >/dev/null || fail "without docker or podman this needs root or sudo"
    # sudo drops the environment, and HOME with it, under which pip's settings lie.
    kept=()
    while read -r name; do
        case $name in
            HOME | PATH | TMPDIR | BASE | ENGINE | IMAGE_TEST_* | BUILD_* | PIP_* | SSL_CERT_FILE | \
                REQUESTS_CA_BUNDLE | http_proxy | https_proxy | no_proxy | HTTP_PROXY | \
                HTTPS_PROXY | NO_PROXY) kept+=("$name=${!name}") ;;
        esac
    done < <(compgen -e)
    exec sudo env "${kept[@]}" bash "${BASH_SOURCE[0]}" "$@"
fi

if [[ $engine == buildah ]]; then
    missing=()
    require() { command -v "$1" >/dev/null || missing+=("$2"); }
    require buildah buildah
    require ip iproute2
    require setpriv util-linux
    require python3 python3
    # The signatures of the stand-in's packages are checked against the keyring.
    [[ -n ${BASE:-} ]] || require debootstrap debootstrap
    [[ -n ${BASE:-} || -e /usr/share/keyrings/debian-archive-keyring.gpg ]] ||
        missing+=(debian-archive-keyring)
    if ((${#missing[@]})); then
        command -v apt-get >/dev/null ||
            fail "no container engine, and no apt-get to install ${missing[*]} with"
        say "installing ${missing[*]}"
        apt-get update -qq
        # No recommended packages: the chroot isolation needs no runc, and vfs no fuse-overlayfs.
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
            "${missing[@]}" >/dev/null
    fi
fi

# ---------------------------------------------------------------- scratch and cleaning up

if [[ -n ${IMAGE_TEST_SCRATCH:-} ]]; then
    mkdir -p "$IMAGE_TEST_SCRATCH"
    scratch=$(cd "$IMAGE_TEST_SCRATCH" && pwd)
else
    scratch=$(mktemp -d "${TMPDIR:-/tmp}/upstander-image.XXXXXX")
fi
started=
containers=()

clean_up() {
    local status=$? container mounted child=
    trap - EXIT
    set +e
    if [[ $engine == buildah && -n $started ]]; then
        # unshare's child is process 1 of the namespaces: with it the kernel ends all else in them.
        # (unshare --kill-child would not: a child that changes its user is let off.)
        read -r child 2>/dev/null <"/proc/$started/task/$started/children"
        kill -KILL ${child:+"$child"} "$started" 2>/dev/null
    fi
    wait
    for container in ${containers[@]+"${containers[@]}"}; do
        "$engine" rm ${force:+"$force"} "$container" >/dev/null 2>&1
    done
    # An interrupted debootstrap or build leaves mounts, which rm would follow into the host's /proc.
    awk -v scratch="$scratch/" 'index($2, scratch) == 1 { print $2 }' /proc/self/mounts | tac |
        while read -r mounted; do umount --lazy "$mounted"; done
    if [[ -z ${IMAGE_TEST_SCRATCH:-} ]]; then
        rm -rf --one-file-system "$scratch"
    fi
    exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if [[ $engine == buildah ]]; then
    # A store of our own, so that the machine's is not touched. vfs needs no kernel support.
    cat >"$scratch/storage.conf" <<END
[storage]
driver = "vfs"
graphroot = "$scratch/storage"
runroot = "$scratch/run"
END
    export CONTAINERS_STORAGE_CONF=$scratch/storage.conf
    export BUILDAH_ISOLATION=chroot
    mkdir -p "$scratch/tmp"
    export TMPDIR=$scratch/tmp
    force=
else
    force=--force
fi

# ---------------------------------------------------------------- the base

# The mirror that apt itself uses, so that the machine's own settings hold here too.
find_mirror() {
    if [[ -n ${IMAGE_TEST_MIRROR:-} ]]; then
        echo "$IMAGE_TEST_MIRROR"
        return
    fi
    # shellcheck disable=SC2016  # the $(...) are apt's placeholders
    apt-get indextargets --format '$(ORIGIN)|$(CODENAME)|$(REPO_URI)' 'Created-By: Packages' |
        awk -F '|' -v suite="$suite" '
            $1 != "Debian" || $2 ~ /-/ { next }
            $2 == suite { best = $3; exit }
            !other { other = $3 }
            END { print best ? best : other }'
}

make_stand_in() {
    local mirror container tree http='' https=''
    mirror=$(find_mirror)
    [[ -n $mirror ]] ||
        fail "apt knows no Debian mirror here: set IMAGE_TEST_MIRROR, or BASE to a base image"
    # debootstrap fetches with wget, which does not read apt's settings.
    eval "$(apt-config shell http Acquire::http::Proxy https Acquire::https::Proxy)"
    [[ -z $http || $http == DIRECT ]] || export http_proxy=${http_proxy:-$http}
    [[ -z $https || $https == DIRECT ]] || export https_proxy=${https_proxy:-$https}

    say "making a stand-in base: $suite with python3"
    container=$(buildah from --name upstander-base-making scratch)
    containers+=("$container")
    tree=$(buildah mount "$container")
    debootstrap --variant=minbase --include=python3,python3-venv "$suite" "$tree" "$mirror" \
        >"$scratch/debootstrap.log" 2>&1 ||
        fail "debootstrap: $(tail -n 3 "$scratch/debootstrap.log" "$tree/debootstrap/debootstrap.log" 2>/dev/null)"
    rm -rf "$tree"/var/cache/apt/archives/*.deb "$tree"/var/lib/apt/lists/*
    # The machine's own, copied by debootstrap.
    : >"$tree/etc/resolv.conf"
    echo localhost >"$tree/etc/hostname"
    buildah umount "$container" >/dev/null
    buildah config --cmd python3 \
        --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
    buildah commit --quiet --format docker "$container" "$stand_in" >/dev/null
    buildah rm "$container" >/dev/null
}

if [[ $engine == buildah && -z ${BASE:-} ]]; then
    buildah inspect --type image "$stand_in" >/dev/null 2>&1 || make_stand_in
    export BASE=$stand_in
fi
base=${BASE:-$(sed -n 's/^ARG BASE=//p' "$root/Dockerfile")}

# ---------------------------------------------------------------- the build

# What pip needs to work on this machine, if it needs anything: its settings, the certificates, and
# the local folders that either names. Printed as HOST:CONTAINER.
pip_volumes() {
    local user_home=${HOME:-/root} file path
    local files=()
    for file in /etc/pip.conf /etc/xdg/pip/pip.conf "${PIP_CONFIG_FILE:-}"; do
        [[ -z $file || ! -f $file ]] || { files+=("$file") && echo "$file:$file"; }
    done
    for file in .config/pip/pip.conf .pip/pip.conf; do
        [[ ! -f $user_home/$file ]] || { files+=("$user_home/$file") && echo "$user_home/$file:/root/$file"; }
    done
    {
        ((${#files[@]} == 0)) || grep -hv '^[[:space:]]*[#;]' "${files[@]}" || true
        echo "${PIP_CERT:-} ${PIP_FIND_LINKS:-} ${PIP_INDEX_URL:-} ${PIP_EXTRA_INDEX_URL:-}"
        echo /etc/ssl/certs/ca-certificates.crt
    } | tr '=[:space:]' '\n' | sed 's#^file://##' | while read -r path; do
        [[ $path == /?* && -e $path ]] || continue
        path=${path%/}
        # An index folder links to files beside it.
        [[ $path != */simple ]] || path=$(dirname "$path")
        echo "$path:$path"
    done
}

build() {
    if [[ $engine != docker ]]; then
        # pip in the builder knows of no certificates but its own and those that PIP_CERT names.
        local certificates=${PIP_CERT:-${REQUESTS_CA_BUNDLE:-${SSL_CERT_FILE:-}}}
        [[ ! -f $certificates ]] || export PIP_CERT=$certificates
        BUILD_VOLUMES=$(
            echo "${BUILD_VOLUMES:-}"
            pip_volumes | sort -u
        )
        export BUILD_VOLUMES
    fi
    ENGINE=$engine "$here/build_image.sh"
}

say "building with $engine on $base"
before=$SECONDS
build >"$scratch/build.log" 2>&1 || {
    tail -n 40 "$scratch/build.log" >&2
    fail "the image does not build"
}
pass "the image builds ($((SECONDS - before)) s)"

# ---------------------------------------------------------------- what the image says of itself

case $engine in
    buildah) buildah inspect --type image "$image" ;;
    *) "$engine" image inspect "$image" ;;
esac >"$scratch/image.json"

# One value of the image's settings: "user" on a line, lists with a NUL after each item.
setting() {
    python3 - "$scratch/image.json" "$1" <<'END'
import json, sys

image = json.load(open(sys.argv[1]))
image = image[0] if isinstance(image, list) else image
config = image["Docker"]["config"] if "Docker" in image else image["Config"]
health = config.get("Healthcheck") or image.get("HealthCheck") or image.get("Healthcheck") or {}
test = health.get("Test") or []
value = {
    "user": [config.get("User") or "root"],
    "ports": list(config.get("ExposedPorts") or {}),
    "env": config.get("Env") or [],
    "command": (config.get("Entrypoint") or []) + (config.get("Cmd") or []),
    "working": [config.get("WorkingDir") or "/"],
    "health": test[1:] if test[:1] == ["CMD"] else ["sh", "-c", *test[1:]] if test else [],
}[sys.argv[2]]
sys.stdout.write("".join(item + "\0" for item in value))
END
}
mapfile -d '' -t user < <(setting user)
mapfile -d '' -t ports < <(setting ports)
mapfile -d '' -t environment < <(setting env)
mapfile -d '' -t command < <(setting command)
mapfile -d '' -t working < <(setting working)
mapfile -d '' -t health < <(setting health)
# Without keys it refuses to listen to the world, which in a container it must be told to do.
insecure=UPSTANDER_INSECURE=1

[[ ${user[0]} == 10001:10001 ]] || fail "the image's user is ${user[0]}, not 10001:10001"
[[ ${ports[*]} == 8000/tcp ]] || fail "the image exposes '${ports[*]}', not 8000/tcp"
[[ ${command[*]} == "upstander serve" ]] || fail "the image's command is '${command[*]}'"
((${#health[@]})) || fail "the image has no health check"
pass "user ${user[0]}, port ${ports[*]}, command '${command[*]}', a health check"

# ---------------------------------------------------------------- its size

# The file system's bytes as a tar stream: the same measure for every engine and storage driver.
bytes_of() {
    local container tree
    if [[ $engine == buildah ]]; then
        container=$(buildah from --pull-never "$1")
        tree=$(buildah mount "$container")
        tar -C "$tree" -c . | wc -c
    else
        container=$("$engine" create "$1" true)
        "$engine" export "$container" | wc -c
    fi
    "$engine" rm "$container" >/dev/null
}

base_bytes=$(bytes_of "$base")
image_bytes=$(bytes_of "$image")
above_mb=$(((image_bytes - base_bytes + 999999) / 1000000))
sizes="base $((base_bytes / 1000000)) MB, image $((image_bytes / 1000000)) MB"
((above_mb <= max_mb)) || fail "the image is $above_mb MB above its base, over $max_mb ($sizes)"
pass "the image is $above_mb MB above its base, of at most $max_mb ($sizes)"

# ---------------------------------------------------------------- starting it

# Either way of ending at SIGTERM is in order. 137 is not: it had to be killed.
ended_by_itself() { [[ $1 == 0 || $1 == 143 ]]; }

if [[ $engine == buildah ]]; then
    container=$(buildah from --pull-never "$image")
    containers+=("$container")
    tree=$(buildah mount "$container")

    start_service() {
        unshare --mount --net --pid --fork -- \
            bash "${BASH_SOURCE[0]}" --become-service "$tree" "${user[0]}" "${working[0]}" \
            "${environment[@]}" "$insecure" "${command[@]}" >"$scratch/service.log" 2>&1 &
        started=$!
        # Its root becomes the image's tree in the last step before the command.
        local tries
        for ((tries = 0; tries < 100; tries++)); do
            service=
            read -r service 2>/dev/null <"/proc/$started/task/$started/children" || true
            [[ -z $service || ! "/proc/${service% }/root/" -ef "$tree/" ]] || break
            sleep 0.05
        done
        service=${service% }
        [[ -n $service ]] || fail "the service did not start"
    }
    in_image() {
        setpriv --no-new-privs -- nsenter --target "$service" --mount --net --pid --root --wd \
            --setgid "${user[0]#*:}" --setuid "${user[0]%:*}" -- \
            /usr/bin/env -i "${environment[@]}" "$@"
    }
    # With the tree as it is, not read-only: what its permissions alone forbid.
    in_writable_image() {
        setpriv --no-new-privs -- chroot --userspec="${user[0]}" --groups= "$tree" \
            /usr/bin/env -i "${environment[@]}" "$@"
    }
    service_log() { cat "$scratch/service.log"; }
    stop_service() {
        kill -TERM "$service"
        local tries
        for ((tries = 0; tries < stop_within_s * 20; tries++)); do
            if ! kill -0 "$started" 2>/dev/null; then
                local status=0
                wait "$started" || status=$?
                started=
                ended_by_itself "$status"
                return
            fi
            sleep 0.05
        done
        return 1
    }
else
    start_service() {
        local more=()
        # podman's own default is to make /run and /var/tmp writable under --read-only.
        [[ $engine != podman ]] || more=(--read-only-tmpfs=false)
        started=$("$engine" run --detach --read-only --tmpfs /tmp --network none --cap-drop ALL \
            --security-opt no-new-privileges --user "${user[0]}" --cpus 1 --memory 512m \
            ${more[@]+"${more[@]}"} --env "$insecure" "$image")
        containers+=("$started")
    }
    in_image() { "$engine" exec --interactive "$started" "$@"; }
    in_writable_image() {
        "$engine" run --rm --network none --cap-drop ALL --entrypoint /usr/bin/env "$image" "$@"
    }
    service_log() { "$engine" logs "$started"; }
    stop_service() {
        "$engine" stop -t "$stop_within_s" "$started" >/dev/null
        ended_by_itself "$("$engine" inspect --format '{{.State.ExitCode}}' "$started")"
    }
fi

wait_ready() {
    in_image python -I - "$ready_within_s" <<'END' || fail "it ended, or is not ready within $ready_within_s s"
import sys, time, urllib.error, urllib.request

deadline = time.monotonic() + float(sys.argv[1])
while time.monotonic() < deadline:
    try:
        urllib.request.urlopen("http://127.0.0.1:8000/readyz", timeout=5)
        sys.exit(0)
    except OSError:  # not listening yet, or not ready (HTTPError is one too)
        time.sleep(0.05)
sys.exit(1)
END
}

before=$EPOCHREALTIME
start_service
wait_ready
took=$(awk -v a="$before" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }')
pass "ready $took s after its start, with a read-only root and no network"

# ---------------------------------------------------------------- what it does

identity=$(in_image id -un):$(in_image id -u):$(in_image id -G)
[[ $identity == upstander:10001:10001 ]] || fail "it runs as $identity"
owner=$(in_image stat -c %u /proc/1)
[[ $owner == 10001 ]] || fail "the service's process belongs to user $owner"
pass "it runs as upstander (10001) and in no other group"

if told=$(in_image "${command[@]}" 2>&1); then
    fail "without keys it listens to the world"
fi
[[ $told == *"refused to listen on 0.0.0.0 without API keys"* ]] || fail "without keys it says: $told"
pass "without keys it refuses to listen to the world"

in_image python -I - <<'END' || fail "/v1/score does not answer with scores"
import json, urllib.request

request = urllib.request.Request(
    "http://127.0.0.1:8000/v1/score",
    json.dumps({"text": "They are vermin and we all know it."}).encode(),
    {"Content-Type": "application/json"},
)
with urllib.request.urlopen(request, timeout=20) as response:
    assert response.headers.get_content_type() == "application/json", response.headers
    answer = json.load(response)


def scores(value, inside=False):
    """Every number at or below a key "score" or "scores"."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from scores(item, inside or key in ("score", "scores"))
    elif isinstance(value, list):
        for item in value:
            yield from scores(item, inside)
    elif inside and isinstance(value, (int, float)) and not isinstance(value, bool):
        yield value


assert answer["decision"]["policy"]["id"] == "hate", answer["decision"]
found = list(scores(answer))
assert found, f"no scores in the answer: it has {sorted(answer)}"
assert all(0 <= score <= 1 for score in found), found
print(f"PASS /v1/score answers with {len(found)} scores, all between 0 and 1")
END

in_image python -I - <<'END' || fail "without a volume a suggestion is not refused as it should be"
import json, urllib.error, urllib.request

suggestion = {
    "comment": {"text": "You are a fool."},
    "attributeScores": {"TOXICITY": {"summaryScore": {"value": 1}}},
}
request = urllib.request.Request(
    "http://127.0.0.1:8000/v1alpha1/comments:suggestscore", json.dumps(suggestion).encode()
)
try:
    urllib.request.urlopen(request, timeout=20)
    raise SystemExit("it was taken")
except urllib.error.HTTPError as refused:
    assert refused.code == 503, refused.code
    assert json.load(refused)["error"]["status"] == "UNAVAILABLE"
print("PASS without a volume nothing is kept, and a suggestion is refused")
END

in_image "${health[@]}" || fail "the health check fails while the service is ready"
if in_image env UPSTANDER_PORT=9 "${health[@]}" 2>/dev/null; then
    fail "the health check succeeds where nothing listens"
fi
pass "the health check succeeds, and fails where nothing listens"

# ---------------------------------------------------------------- what it cannot do

in_image touch /tmp/write-test || fail "it cannot write to /tmp"
for folder in / /opt/upstander /etc /usr /var /home /root; do
    if in_image touch "$folder/write-test" 2>/dev/null; then
        fail "it can write to $folder"
    fi
done
# A link's own permissions say nothing, and its target is looked at where it lies.
writable=$(in_image find / -xdev ! -type l -writable ! -path /tmp 2>/dev/null || true)
[[ -z $writable ]] || fail "writable under the read-only root:"$'\n'"$writable"
[[ $(in_image find /tmp -xdev -writable -name write-test) == /tmp/write-test ]] ||
    fail "find does not find what is writable, so that its silence proves nothing"
pass "it can write nowhere but in /tmp"

# The sticky folders are the base's.
writable=$(in_writable_image find / -xdev \( -path /dev -o -path /proc -o -path /sys \) -prune -o \
    ! -type l -writable ! -path /tmp ! -path /var/tmp ! -path /run/lock ! -path "${working[0]}" -print 2>/dev/null || true)
[[ -z $writable ]] || fail "writable but for the read-only root:"$'\n'"$writable"
pass "nor, were the root not read-only, in anything but ${working[0]} and the base's temporary folders"

in_image python -I -c 'import onnxruntime' || fail "import onnxruntime fails"
for module in torch transformers pip setuptools; do
    if in_image python -I -c "import $module" 2>/dev/null; then
        fail "import $module succeeds"
    fi
done
pass "import torch fails, and so do transformers, pip and setuptools"

rights=$(in_image grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/1/status)
[[ $rights == *"CapEff:"*0000000000000000* ]] || fail "its process has capabilities: $rights"
[[ $rights == *"NoNewPrivs:"*1* ]] || fail "its process may gain rights: $rights"
if [[ $engine == buildah ]]; then
    echo "---- no engine: neither seccomp's default filter nor a limit of cores is tried"
else
    [[ $rights == *"Seccomp:"*2* ]] || fail "no seccomp filter holds: $rights"
    cores=$(in_image python -I -c 'from upstander.models.cores import usable_cores; print(usable_cores())')
    [[ $cores == 1 ]] || fail "under a limit of one core it takes $cores for its own"
    pass "a limit of one core gives one scoring thread, whatever its host has"
fi
pass "no capabilities, and none to gain"

in_image python -I - <<'END' || fail "what the image is made of is not told in it"
import json
from importlib.metadata import distributions
from pathlib import Path

share = Path("/opt/upstander/share")
listed = {c["name"].lower().replace("_", "-") for c in
          json.loads((share / "sbom/upstander.cdx.json").read_text())["components"]}
there = {d.metadata["Name"].lower().replace("_", "-") for d in distributions()} - {"upstander"}
assert there <= listed, sorted(there - listed)
assert list((share / "sbom").glob("upstander-minilm-*.cdx.json"))
assert (share / "NOTICE").stat().st_size > 1000
print(f"PASS its bill of materials lists all of its {len(there)} packages, and its bundles")
END

in_image upstander doctor --insecure --host 0.0.0.0 --port 8001 --store "" ||
    fail "upstander doctor finds something wrong"
pass "upstander doctor finds nothing wrong"

# ---------------------------------------------------------------- how it ends

# Posts come while it stops. Those that were answered were answered well, and the others were not
# taken: no connection, or one that was closed before anything was sent back for it.
in_image python -I -u - >"$scratch/under_load.txt" <<'END' &
import json, threading, urllib.error, urllib.request

def post_again_and_again():
    for number in range(100_000):
        body = json.dumps({"text": f"Good morning {number}."}).encode()
        request = urllib.request.Request(
            "http://127.0.0.1:8000/v1/score", body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=20) as response:
                complete = "scores" in json.load(response)
            print(response.status if complete else "torn", flush=True)
        except urllib.error.HTTPError as refused:
            print(refused.code, flush=True)
        except (urllib.error.URLError, ConnectionError):
            print("not taken", flush=True)
            return
        except Exception as error:
            print("torn", type(error).__name__, flush=True)

threads = [threading.Thread(target=post_again_and_again) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
END
loading=$!
sleep 3
stop_service || fail "it does not stop within $stop_within_s s of SIGTERM"
wait "$loading" 2>/dev/null || true
answers=$(grep -c '^200$' "$scratch/under_load.txt" || true)
((answers > 10)) || fail "under load it answered $answers posts"
if grep -qvE '^(200|503|not taken)$' "$scratch/under_load.txt"; then
    fail "while it stopped: $(sort "$scratch/under_load.txt" | uniq -c | tr '\n' ' ')"
fi
pass "it stops on SIGTERM under load, and tears none of its $answers answers"

# OpenShift gives an image a user id of its own choice, in the group 0.
user=(1234567:0)
start_service
wait_ready
identity=$(in_image id -u):$(in_image id -g)
[[ $identity == 1234567:0 ]] || fail "as user 1234567 it runs as $identity"
stop_service || fail "as user 1234567 it does not stop"
if [[ $engine == buildah ]]; then
    in_writable_image touch "${working[0]}/write-test" || fail "user 1234567 can keep nothing"
fi
pass "it runs as a user id that nobody knows, as OpenShift has it"
