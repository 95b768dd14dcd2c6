"""Exporting suggested scores as training rows, one per text, with the labels clients agree on."""

import gzip
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, RowMapping, select

from upstander.models.errors import UpstanderError
from upstander.models.files import replacing
from upstander.models.labels import EXPLAINED, LABELS
from upstander.models.names import label_of
from upstander.models.normaliser import normalise
from upstander.serving.store.tables import SUGGESTIONS

Json = dict[str, Any]

_YES: Final = 0.5
"""A suggested score from which on a label is said to hold."""

_NO_KEY: Final = "without a key"


@dataclass(frozen=True, slots=True)
class _Judged:
    """What one caller said last of one text.

    spans: (begin, end) in UTF-16 code units of the text whose hash is `raw`.
    """

    labels: Mapping[str, bool]
    spans: frozenset[tuple[int, int]]
    raw: bytes


_Caller = tuple[str, str | None, str | None]
"""Key, community and client token."""


@dataclass(slots=True)
class _Text:
    """Everything that was said of one text. row: the suggestion that it is written as."""

    row: int
    judged: dict[_Caller, _Judged] = field(default_factory=dict)


@dataclass(slots=True)
class Report:
    """What an export did.

    suggestions: rows of the store. written: training rows. contradictions: label to texts on which
    callers disagree. over_cap: key to texts that it judged and that were left out.
    not_modelled: attribute to suggestions that no label can take.
    """

    suggestions: int = 0
    written: int = 0
    contradictions: Counter[str] = field(default_factory=Counter)
    over_cap: dict[str, int] = field(default_factory=dict)
    not_modelled: Counter[str] = field(default_factory=Counter)


Meanings = Mapping[str, tuple[str, bool]]
"""Attribute to the label that it speaks of, and whether it says that the label holds."""


def meanings_of(given: Iterable[str]) -> Meanings:
    """Attributes that no label has, from `NAME=label` or `NAME=!label`. Raises UpstanderError."""
    meanings = {}
    for one in given:
        name, _, label = one.partition("=")
        holds = not label.startswith("!")
        label = label.removeprefix("!")
        if not name or label not in LABELS or label_of(name) in LABELS:
            raise UpstanderError(
                f"--meaning {one}: write NAME=label or NAME=!label, with a NAME that no label has; "
                f"labels are {', '.join(LABELS)}"
            )
        meanings[name] = label, holds
    return meanings


def export(engine: Engine, out: Path, cap: int, meanings: Meanings) -> Report:
    """Write the suggestions of a store as training rows, and say what was left out.

    The last word of a caller on a text counts, told apart by key, community and client token. A
    label goes into `labels` if all who judged it agree, and into `contradictions` otherwise.

    out: JSON lines, compressed if the name ends in `.gz`; replaced in one step.
    cap: texts that one key may judge, the latest first; 0 for any number.
    meanings: of attributes that no label has; what is not among them is left out.
    """
    report = Report()
    with engine.connect().execution_options(reads_only=True, yield_per=1000) as connection:
        texts = _judgements(connection.execute(_ALL).mappings(), meanings, report)
        report.over_cap = _hold_to_cap(texts.values(), cap)
        by_row = {text.row: (digest, text) for digest, text in texts.items() if text.judged}
        with (
            replacing(out, private=True) as path,
            (gzip.open if out.suffix == ".gz" else open)(path, "wt", encoding="utf-8") as lines,
        ):
            for row in connection.execute(_ALL).mappings():
                if row["id"] in by_row:
                    training_row = _training_row(row, *by_row[row["id"]])
                    lines.write(json.dumps(training_row, ensure_ascii=False) + "\n")
                    report.contradictions.update(training_row["contradictions"])
                    report.written += 1
    return report


_ALL: Final = select(
    SUGGESTIONS.c.id,
    SUGGESTIONS.c.received,
    SUGGESTIONS.c.key_id,
    SUGGESTIONS.c.text,
    SUGGESTIONS.c.attribute_scores,
    SUGGESTIONS.c.client_token,
    SUGGESTIONS.c.community_id,
).order_by(SUGGESTIONS.c.id)


def _judgements(
    rows: Iterable[RowMapping], meanings: Meanings, report: Report
) -> dict[bytes, _Text]:
    """Hash of a normalised text to all that was said of it, the text that came last at the end."""
    texts: dict[bytes, _Text] = {}
    for row in rows:
        report.suggestions += 1
        labels: dict[str, bool] = {}
        spans: set[tuple[int, int]] = set()
        for name, scores in row["attribute_scores"].items():
            label, holds = meanings.get(name, (label_of(name), True))
            if label not in LABELS:
                report.not_modelled[name] += 1
                continue
            found = scores.get("spanScores", ())
            values = [scores["summaryScore"]] if "summaryScore" in scores else []
            values += [span["score"] for span in found]
            labels[label] = any(value["value"] >= _YES for value in values) == holds
            if label in EXPLAINED:
                yes = [span for span in found if span["score"]["value"] >= _YES]
                spans |= {(span["begin"], span["end"]) for span in yes}
        if not labels:
            continue
        digest = _digest(normalise(row["text"]).text)
        text = texts.pop(digest, None) or _Text(row["id"])
        text.row = row["id"]
        caller = (row["key_id"] or _NO_KEY, row["community_id"], row["client_token"])
        before = text.judged.get(caller)
        text.judged[caller] = _Judged(
            {**(before.labels if before else {}), **labels}, frozenset(spans), _digest(row["text"])
        )
        texts[digest] = text
    return texts


def _hold_to_cap(texts: Collection[_Text], cap: int) -> dict[str, int]:
    """Forget what a key said of more than `cap` texts, and say of how many."""
    judged: Counter[str] = Counter()
    for text in reversed(list(texts)):
        for key in {caller[0] for caller in text.judged}:
            judged[key] += 1
            if cap and judged[key] > cap:
                for caller in [caller for caller in text.judged if caller[0] == key]:
                    del text.judged[caller]
    return {key: count - cap for key, count in judged.items() if cap and count > cap}


def _training_row(row: RowMapping, digest: bytes, text: _Text) -> Json:
    votes: dict[str, list[int]] = {label: [0, 0] for label in LABELS}  # for and against
    by_key: dict[tuple[str, str], set[bool]] = defaultdict(set)
    for (key, _, _), judged in text.judged.items():
        for label, holds in judged.labels.items():
            by_key[label, key].add(holds)
    for (label, _), said in by_key.items():
        votes[label][0] += True in said
        votes[label][1] += False in said
    labels = {
        label: None if bool(yes) == bool(no) else float(yes > 0)
        for label, (yes, no) in votes.items()
    }
    raw = _digest(row["text"])
    spans = {span for judged in text.judged.values() if judged.raw == raw for span in judged.spans}
    return {
        "id": digest.hex(),
        "text": row["text"],
        "labels": labels,
        "contradictions": [label for label, (yes, no) in votes.items() if yes and no],
        "votes": votes,
        "spans": sorted(_in_code_points(row["text"], span) for span in spans),
        "received": row["received"].isoformat(timespec="seconds") + "Z",
    }


def _in_code_points(text: str, span: tuple[int, int]) -> tuple[int, int]:
    units = text.encode("utf-16-le")
    begin, end = (len(units[: 2 * place].decode("utf-16-le", "ignore")) for place in span)
    return begin, end


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
