"""Checks of the settings, bundle, policies, keys, store and limits store."""

import os
import shutil
import socket
import stat
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from upstander.doctor.finding import Finding, Findings, wrong
from upstander.models.bundle import Bundle, open_bundle
from upstander.models.errors import UpstanderError
from upstander.models.signature import BundleUnsigned, check_signature
from upstander.serving.addresses import prefix_of
from upstander.serving.api.perspective.attributes import aliases_of
from upstander.serving.environment import unknown_variables, use_current_names
from upstander.serving.keys import read_keys
from upstander.serving.language_routing import Served
from upstander.serving.metrics import Metrics
from upstander.serving.policy_store import PolicyStore
from upstander.serving.server import is_loopback
from upstander.serving.settings import Settings
from upstander.serving.store.address import address_of

_PREFIX: Final = "UPSTANDER_"
_MIN_DISK_MB: Final = 500
_MAX_SKEW: Final = 5.0
"""Seconds by which the clock of a database may differ."""


def read_settings(flags: Mapping[str, Any]) -> tuple[Settings | None, list[Finding]]:
    """The settings as `serve` would read them, and what is wrong with them."""
    found = [wrong("settings", line) for line in unknown_variables(os.environ)]
    given = {name: value for name, value in flags.items() if value is not None}
    notes = [Finding("note", "settings", line) for line in use_current_names(given, os.environ)]
    try:
        settings = Settings(**given)
    except ValidationError as error:
        for one in error.errors(include_url=False, include_input=False):
            name = str(one["loc"][0])
            flag = f"--{name.replace('_', '-')} or {_PREFIX}{name.upper()}"
            found.append(wrong("settings", f"{flag}: {one['msg']}"))
        return None, [*found, *notes]
    for check in (
        lambda: aliases_of(settings.attribute_aliases),
        lambda: prefix_of(settings.public_url),
    ):
        found += _tried("settings", check)
    if settings.record != "off" and not settings.store:
        found.append(wrong("settings", "--record needs a store to keep records in: --store"))
    if not found:
        changed = len(settings.model_fields_set)
        found.append(Finding("ok", "settings", f"{changed} differ from the defaults"))
    return settings, [*found, *notes]


def look_at_bundle(settings: Settings) -> tuple[Bundle | None, list[Finding]]:
    """The bundle, if it can be served, with its signature."""
    try:
        bundle = open_bundle(settings.bundle)
    except UpstanderError as error:
        return None, [wrong("bundle", error)]
    manifest = bundle.manifest
    message = (
        f"{manifest.name} {manifest.version}, every file matches, golden texts reproduced within "
        f"{bundle.golden_difference:.1e} of {manifest.golden.tolerance}"
    )
    found = [Finding("ok", "bundle", message)]
    try:
        signed = check_signature(settings.bundle, settings.signature_keys)
    except BundleUnsigned as error:
        level = wrong("signature", error)
        is_needed = settings.require_signature
        found.append(level if is_needed else Finding("note", "signature", level.message))
    except UpstanderError as error:
        found.append(wrong("signature", error))
    else:
        found.append(Finding("ok", "signature", f"of {signed.key}: {signed.comment}"))
    return bundle, found


def look_at_languages(settings: Settings, bundle: Bundle | None) -> Findings:
    """Whether a second bundle can be served with the first, and a language be assumed."""
    folder = settings.languages_bundle
    if bundle is None or not (folder or settings.assume_language):
        return
    try:
        others = None
        if folder is not None:
            others = open_bundle(folder)
            if settings.require_signature:
                check_signature(folder, settings.signature_keys)
        served = Served(bundle, others, settings.assume_language)
    except UpstanderError as error:
        yield wrong("languages", error)
    else:
        yield Finding("ok", "languages", f"{', '.join(served.codes)} are served")


def look_at_policies(settings: Settings, bundle: Bundle | None) -> Findings:
    """Whether every policy can be read, and asks only for what the bundle has."""
    if not settings.policy:
        yield Finding("note", "policy", "none: nothing is decided")
        return
    try:
        policy_store = PolicyStore(settings.policies, settings.policy, Metrics())
        if bundle is not None:
            policy_store.check(bundle.manifest)
    except (UpstanderError, OSError) as error:
        yield wrong("policy", error)
    else:
        yield Finding("ok", "policy", f"{settings.policy}, of {settings.policies}")


def look_at_keys(settings: Settings) -> Findings:
    """Who may come in."""
    if settings.keys is None:
        if is_loopback(settings.host):
            yield Finding("note", "keys", "none: whoever is on this machine may come in")
        elif settings.insecure:
            yield Finding("note", "keys", f"none: whoever reaches {settings.host} may come in")
        else:
            yield wrong("keys", f"none, and --host {settings.host}: serve refuses; give --keys")
        return
    try:
        entries = read_keys(settings.keys).entries
    except UpstanderError as error:
        yield wrong("keys", error)
        return
    if not entries:
        yield wrong("keys", f"{settings.keys} has none: upstander keys create NAME --keys ...")
        return
    mode = settings.keys.stat().st_mode
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield Finding(
            "note",
            "keys",
            f"others than its owner may read or write {settings.keys}: chmod 600, unless your "
            "orchestrator mounts it so",
        )
    roles = [entry.role for entry in entries]
    message = ", ".join(f"{roles.count(role)} {role}" for role in sorted(set(roles)))
    yield Finding("ok", "keys", f"{message}, in {settings.keys}")


def look_at_store(settings: Settings) -> Findings:
    """Whether what is to be kept can be kept, and its hashes be made."""
    if not settings.store:
        yield Finding("ok", "store", "none: nothing is kept")
        return
    try:
        address = address_of(settings.store)
    except UpstanderError as error:
        yield wrong("store", error)
        return
    if address.drivername == "sqlite":
        file = Path(address.database or "").absolute()
        yield from _folder(file.parent)
        if not file.exists():
            yield Finding("ok", "store", f"{file} is not there yet: it is made when it is needed")
            return
    try:
        yield from _tables(settings)
    except (UpstanderError, ModuleNotFoundError) as error:
        yield wrong("store", error)


def _folder(folder: Path) -> Findings:
    there = next(place for place in (folder, *folder.parents) if place.exists())
    if not os.access(there, os.W_OK | os.X_OK):
        yield wrong("store", f"{there} cannot be written by this account: name another --store")
    free = shutil.disk_usage(there).free // 2**20
    if free < _MIN_DISK_MB:
        yield Finding("note", "store", f"{free:,} MB are free where it lies")


def _tables(settings: Settings) -> Findings:
    from sqlalchemy import func, select
    from sqlalchemy.exc import SQLAlchemyError

    from upstander.serving.store.database import cause_of, connect
    from upstander.serving.store.salt import salt_file_of, salt_of
    from upstander.serving.store.versions import known_versions, version_of

    engine = connect(address_of(settings.store))
    try:
        with engine.connect().execution_options(reads_only=True) as connection:
            now, known = version_of(connection), known_versions()
            if now is None:
                yield Finding("ok", "store", "empty: its tables are made when it is opened")
                return
            if now not in known:
                yield wrong("store", f"its tables ({now}) are those of a later release: install it")
                return
            newer = "" if now == known[-1] else f"; they become {known[-1]} when it is opened"
            yield Finding("ok", "store", f"tables of version {now}{newer}")
            if now >= "0003":
                file = salt_file_of(settings.store, settings.salt_file)
                yield from _tried("salt", lambda: salt_of(connection, file))
            if engine.dialect.name == "postgresql":
                there = connection.execute(select(func.now())).scalar_one()
                skew = abs((datetime.now(UTC) - there).total_seconds())
                if skew > _MAX_SKEW:
                    message = f"that of the database differs by {skew:.0f} s: set both"
                    yield Finding("wrong", "clock", message)
    except SQLAlchemyError as error:
        yield wrong("store", f"it does not answer: {cause_of(error)}")
    finally:
        engine.dispose()


def look_at_counts(settings: Settings) -> Findings:
    """The store in which requests of keys are counted."""
    if settings.limits_store == "memory://":
        if settings.workers > 1 and settings.keys is not None:
            message = f"each of {settings.workers} workers counts alone: --limits-store redis://..."
            yield Finding("note", "limits", message)
        return
    address = settings.limits_store.rpartition("@")[2]
    try:
        from limits.storage import storage_from_string

        options = {"socket_timeout": 2, "socket_connect_timeout": 2}
        answers = storage_from_string(settings.limits_store, **options).check()
    except Exception as error:  # of the library of whichever store it is
        yield wrong("limits", f"{address} cannot be used: {type(error).__name__}")
    else:
        message = f"{address} {'answers' if answers else 'does not answer: nothing is counted'}"
        yield Finding("ok" if answers else "wrong", "limits", message)


def look_at_port(settings: Settings) -> Findings:
    """Whether the address can be listened on."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((settings.host, settings.port))
    except OSError as error:
        message = f"{settings.host} port {settings.port}: {error.strerror}"
        yield Finding("note", "address", f"{message}; fine if that is the service itself")
    else:
        yield Finding("ok", "address", f"{settings.host} port {settings.port} is free")


def _tried(part: str, check: Callable[[], object]) -> list[Finding]:
    try:
        check()
    except UpstanderError as error:
        return [wrong(part, error)]
    return []
