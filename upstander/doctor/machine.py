"""Checks of the machine: processor, memory, open files, clock and proxy."""

import os
import platform
import resource
import shutil
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import onnxruntime

from upstander.doctor.finding import Finding, Findings, Level
from upstander.models.cores import usable_cores
from upstander.models.manifest import Manifest

_VNNI: Final = ("avx512_vnni", "avx_vnni", "amx_int8")
"""Any of these multiplies 8-bit integers in one step."""

_NEEDED_MB: Final = 300
"""Of a process that records and has its cache full (docs/reference.md)."""

_FILES: Final = 1024
_BUILT: Final = datetime(2026, 11, 1, tzinfo=UTC)
"""No clock that is right shows an earlier time."""


def look_at_machine(manifest: Manifest | None) -> Findings:
    """Everything about the computer. manifest: of the bundle, if it can be read."""
    yield from _processor(manifest)
    yield from _memory(Path("/proc/meminfo"))
    yield from _limits()
    yield from look_at_clock(datetime.now(UTC))
    yield from look_at_proxy(os.environ)


def _processor(manifest: Manifest | None) -> Findings:
    kind, cores = platform.machine(), usable_cores()
    there = os.cpu_count() or cores
    message = f"{kind}, {cores} of {there} cores may be used"
    yield Finding(
        "ok", "processor", f"{message}: as many scoring threads, unless --threads says else"
    )
    if kind not in ("x86_64", "AMD64"):
        yield Finding(
            "note",
            "processor",
            f"the docs' numbers are from x86_64, and not from {kind}: the golden texts of the "
            "bundle decide whether it can be served here",
        )
    features = features_of(Path("/proc/cpuinfo"))
    if features and not features & set(_VNNI):
        slow = "none of" if "avx2" in features else "not even AVX2, and none of"
        yield Finding(
            "note", "processor", f"{slow} {', '.join(_VNNI)}: int8 is slower than in the docs"
        )
    if manifest is not None and manifest.quantization.onnxruntime != onnxruntime.__version__:
        yield Finding(
            "note",
            "onnxruntime",
            f"{onnxruntime.__version__} here, and {manifest.quantization.onnxruntime} gave the "
            "golden scores: if they are not reproduced, install that",
        )


def features_of(file: Path) -> frozenset[str]:
    """The vector units of the processor, as Linux names them; empty where that is not told."""
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return frozenset()
    found = (line.partition(":")[2] for line in lines if line.startswith(("flags", "Features")))
    return frozenset(next(found, "").split())


def _memory(file: Path) -> Findings:
    try:
        text = file.read_text(encoding="ascii")
    except OSError:
        return
    rows = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    free = int(rows.get("MemAvailable", "0 kB").split()[0]) // 1024
    level: Level = "ok" if free >= _NEEDED_MB else "note"
    yield Finding(level, "memory", f"{free:,} MB are free; a process wants about {_NEEDED_MB}")


def _limits() -> Findings:
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if files != resource.RLIM_INFINITY and files < _FILES:
        yield Finding(
            "note", "open files", f"the limit is {files}: connections are too; raise ulimit -n"
        )
    try:
        with tempfile.TemporaryFile():
            pass
    except OSError as error:
        yield Finding(
            "wrong",
            "temporary files",
            f"none can be made ({error.strerror}): --workers needs a place for them; set TMPDIR",
        )
    else:
        free = shutil.disk_usage(tempfile.gettempdir()).free // 2**20
        yield Finding("ok", "temporary files", f"{tempfile.gettempdir()}, {free:,} MB are free")


def look_at_clock(now: datetime) -> Findings:
    """Whether a clock can be right: records and keys' days go by it. now: in UTC."""
    shown = f"{now:%Y-%m-%d %H:%M:%S} UTC"
    if now < _BUILT:
        message = f"{shown} is before this release was made: records would be dated wrongly; set it"
        yield Finding("wrong", "clock", message)
    else:
        yield Finding("ok", "clock", shown)
    began = time.time() - time.monotonic()
    time.sleep(0.05)
    if abs(time.time() - time.monotonic() - began) > 0.02:
        yield Finding("note", "clock", "it is being moved now: look at your time service")


def look_at_proxy(environment: Mapping[str, str]) -> Findings:
    """The proxy for the way out: the service itself asks nobody, but clients on this machine do."""
    names = {name.lower(): value for name, value in environment.items() if value}
    named = [name for name in ("http_proxy", "https_proxy", "all_proxy") if name in names]
    if not named:
        yield Finding("ok", "proxy", "the environment names none")
        return
    spared = {one.strip() for one in names.get("no_proxy", "").split(",")}
    if spared & {"*", "localhost", "127.0.0.1"}:
        yield Finding("ok", "proxy", f"{', '.join(named)}, and none for this machine")
    else:
        yield Finding(
            "note",
            "proxy",
            f"{', '.join(named)} without NO_PROXY=localhost,127.0.0.1: a client on this machine "
            "sends posts for the service through it",
        )
