"""Statements of reasons for the DSA Transparency Database, out of records and the platform's words.

A statement is made of a decision that was carried out: one that acted, or one that a person upheld.
What a classifier cannot know comes from the platform: a TOML file for what is the same for all, and
a CSV file with a row a decision. The legal ground is never filled in here: a score is no finding of
illegality.
"""

import csv
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from sqlalchemy import Engine

from upstander.models.errors import UpstanderError
from upstander.models.files import replacing
from upstander.serving.records.archive import Record
from upstander.serving.records.reviews import reviews_of
from upstander.serving.records.statement import Statement

Json = dict[str, Any]

_CALL: Final = 100
"""Statements that one call of the database's API takes."""


@dataclass(slots=True)
class Statements:
    """What an export did. skipped: decision to what stands in the way."""

    written: int = 0
    skipped: dict[str, str] = field(default_factory=dict)


_LISTS: Final = frozenset(
    name for name, field in Statement.model_fields.items() if "tuple" in str(field.annotation)
)
"""Fields that take several values, which stand in a CSV file with `;` between them."""


def export_statements(
    engine: Engine, out: Path, platform: Path, posts: Path, found: Iterable[Record]
) -> Statements:
    """Write a line for each call of the database's API, of up to 100 statements.

    found: the records that may be told of.
    platform: TOML; `[actions."withhold"]` and the like say what was done, the rest is for every
    statement. posts: CSV with a row a decision: `decision_id`, `content_date` and any field of a
    statement, which goes before all else; only decisions that it names are told of.

    Raises UpstanderError for files that cannot be read.
    """
    general, actions = _platform(platform)
    rows = _posts(posts)
    result, call = Statements(), list[Json]()
    seen = set()
    with replacing(out) as path, path.open("w", encoding="utf-8") as file:
        for record in found:
            decision_id = record["decision_id"]
            if decision_id not in rows:
                continue
            seen.add(decision_id)
            reviewed = reviews_of(engine, decision_id)
            try:
                statement = statement_of(record, reviewed, general, actions, rows[decision_id])
            except ValidationError as error:
                first = error.errors(include_url=False, include_input=False)[0]
                place = ".".join(str(part) for part in first["loc"])
                result.skipped[decision_id] = f"{place}: {first['msg']}" if place else first["msg"]
                continue
            except UpstanderError as error:
                result.skipped[decision_id] = str(error)
                continue
            call.append(statement.model_dump(mode="json", exclude_none=True))
            result.written += 1
            if len(call) == _CALL:
                file.write(json.dumps({"statements": call}, ensure_ascii=False) + "\n")
                call = []
        if call:
            file.write(json.dumps({"statements": call}, ensure_ascii=False) + "\n")
    for decision_id in rows.keys() - seen:
        result.skipped[decision_id] = "there is no such record among those that were asked for"
    return result


def statement_of(
    record: Record,
    reviewed: Sequence[Mapping[str, Any]],
    general: Json,
    actions: Mapping[str, Json],
    row: Json,
) -> Statement:
    """The statement of one decision. Raises UpstanderError, and ValidationError for a field."""
    decision = record["decision"]
    last = reviewed[-1] if reviewed else None
    if record["band"] == "allow":
        raise UpstanderError("the post was allowed: nothing was done")
    if last is not None and last["outcome"] == "overturned":
        raise UpstanderError("a person overturned it: nothing was done")
    if record["band"] != "act" and last is None:
        raise UpstanderError("it was for people to look at, and nobody has: nothing was done")
    clause, action = decision["clause"], decision.get("action", "")
    applied = (last["reviewed"] if last is not None else record["decided"]).date()
    fields: Json = {
        "puid": record["decision_id"],
        "application_date": applied,
        "decision_facts": _facts(record, last),
        "category_specification": ["KEYWORD_HATE_SPEECH"]
        if decision["label"] in ("dehumanization", "hate", "identity_attack")
        else None,
        "decision_ground_reference_url": clause["url"] or None,
        **actions.get(action, {}),
        **general,
        **row,
    }
    if fields.get("decision_ground") == "DECISION_GROUND_INCOMPATIBLE_CONTENT":
        named = f"{record['policy_id']} {record['policy_version']}, {clause['id']}"
        fields.setdefault("incompatible_content_ground", f"{named}: {clause['title']}"[:500])
        fields.setdefault("incompatible_content_explanation", decision["reason"][:2000])
    return Statement.model_validate(fields)


def _facts(record: Record, last: Mapping[str, Any] | None) -> str:
    """What happened, without a word of the post or of its author."""
    decision = record["decision"]
    by_people = "" if last is None else " A person looked at it and upheld the decision."
    return (
        f"{decision['reason']} Found by {record['model_name']} {record['model_version']} "
        f"(SHA-256 {record['model_sha256']}) under the policy {record['policy_id']} "
        f"{record['policy_version']} (SHA-256 {record['policy_sha256']}).{by_people}"
    )


def _platform(path: Path) -> tuple[Json, Mapping[str, Json]]:
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UpstanderError(f"{path}: {error}") from error
    actions = raw.pop("actions", {})
    return raw, actions


def _posts(path: Path) -> Mapping[str, Json]:
    rows: list[Json] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file, strict=True)
            for row in table:
                if None in row:  # a field was cut in two, and the rest of the row is shifted
                    raise UpstanderError(
                        f"{path}, line {table.line_num}: more fields than the header has: put "
                        "quotes round a field that has a comma"
                    )
                rows.append(
                    {
                        name: value.split(";") if name in _LISTS else value
                        for name, value in row.items()
                        if name and value
                    }
                )
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UpstanderError(f"{path}: {error}") from error
    missing = [number for number, row in enumerate(rows, start=2) if "decision_id" not in row]
    if missing or not rows:
        where = f", line {missing[0]}" if missing else ""
        raise UpstanderError(f"{path}{where}: each row needs a decision_id and a content_date")
    return {row.pop("decision_id"): row for row in rows}
