# The service image, built by `make image`. It is meant to run with a read-only root and a tmpfs on /tmp.
#
# One base for both stages: the virtual environment's python is a link into the base, so it is valid
# in the final stage only when that has the same python in the same place. Any Debian-like base with
# python3 (3.11 or later) and its venv module will do.
#
# A tag can be moved, a digest cannot: a release is built with BASE=...@sha256:..., as
# docs/supply-chain.md says.
ARG BASE=docker.io/library/python:3.11-slim-bookworm

FROM ${BASE} AS builder

# pip's own settings, for a network that has its own index. They are seen by this stage only and are
# in neither the final image's environment nor its history.
ARG PIP_CERT
ARG PIP_CONFIG_FILE
ARG PIP_DEFAULT_TIMEOUT
ARG PIP_EXTRA_INDEX_URL
ARG PIP_FIND_LINKS
ARG PIP_INDEX_URL
ARG PIP_NO_INDEX
ARG PIP_TRUSTED_HOST

WORKDIR /src
COPY . .

# Three environments: /build has pip and what builds the wheel, /bom what lists the contents, and
# /opt/upstander is what ships and has neither, which a running service has no use for. Each is
# installed from a lock, in which every file has its hash; the base install only: torch comes with an
# extra.
#
# The byte code is compiled here because the service may not write it, and is never checked against
# the sources' times ("unchecked-hash"): nothing in the image changes after this step. The tests that
# wheels ship are dropped, and what fetches from a model hub or converts models: nothing imports it.
#
# The folder for what is kept belongs to the group 0 too: OpenShift runs an image as a user id of its
# own choice, in that group.
RUN python3 -m venv /build \
    && /build/bin/pip --disable-pip-version-check \
        install --no-cache-dir --require-hashes -r locks/build.txt \
    && /build/bin/pip --disable-pip-version-check \
        wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheel . \
    && python3 -m venv --without-pip /opt/upstander \
    && /build/bin/pip --python /opt/upstander/bin/python --disable-pip-version-check \
        install --no-cache-dir --no-compile --require-hashes -r locks/serve.txt \
    && /build/bin/pip --python /opt/upstander/bin/python --disable-pip-version-check \
        install --no-cache-dir --no-compile --no-deps --no-index /wheel/*.whl \
    && find /opt/upstander/lib -depth -type d -name tests -exec rm -rf {} + \
    && /build/bin/pip --python /opt/upstander/bin/python uninstall --yes hf-xet \
    && find /opt/upstander/lib -path '*/onnxruntime/*' -type d \( -name transformers -o -name tools \) \
        -prune -exec rm -rf {} + \
    && python3 -m venv /bom \
    && /bom/bin/pip --disable-pip-version-check \
        install --no-cache-dir --require-hashes -r locks/sbom.txt \
    && mkdir -p /opt/upstander/share/sbom \
    && /bom/bin/cyclonedx-py environment --pyproject pyproject.toml --mc-type application \
        --output-reproducible --output-file /opt/upstander/share/sbom/upstander.cdx.json \
        /opt/upstander/bin/python \
    && /bom/bin/python deploy/sbom.py /opt/upstander/share/sbom \
    && cp NOTICE LICENSE /opt/upstander/share/ \
    && /opt/upstander/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash \
        /opt/upstander/lib \
    && groupadd --gid 10001 upstander \
    && useradd --uid 10001 --gid 10001 --no-log-init --no-create-home --home-dir /tmp \
        --shell /usr/sbin/nologin upstander \
    && install --directory --owner=10001 --group=0 --mode=770 /var/lib/upstander

FROM ${BASE}

# The final stage runs nothing, so that all it adds to its base is what is copied here. The files
# belong to root: the service cannot change its own code. The account comes from the builder, which
# has the same base and so the same other accounts.
COPY --from=builder /etc/passwd /etc/group /etc/
COPY --from=builder /opt/upstander /opt/upstander
COPY --from=builder --chown=10001:0 /var/lib/upstander /var/lib/upstander

# What is kept lies here: mount a volume over it, or nothing can be kept under a read-only root.
WORKDIR /var/lib/upstander

ENV PATH=/opt/upstander/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    UPSTANDER_HOST=0.0.0.0 \
    UPSTANDER_PORT=8000

# By number, so that an orchestrator can tell that it is not root without reading /etc/passwd.
USER 10001:10001
EXPOSE 8000

# Ready means: bundle verified, golden texts scored, not draining. A proxy that the environment names
# is for the way out, never for the way to oneself.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-I", "-c", "import os, urllib.request as r; r.build_opener(r.ProxyHandler({})).open('http://127.0.0.1:' + os.environ.get('UPSTANDER_PORT', '8000') + '/readyz', timeout=4)"]

CMD ["upstander", "serve"]
