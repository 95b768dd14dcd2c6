"""Replaying a recorded decision, and applying another policy to recorded ones."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine

from upstander.models.bundle import open_bundle, read_manifest, sha256_of
from upstander.models.errors import UpstanderError
from upstander.models.policy.decide import BoundPolicy
from upstander.models.policy.document import RECORDED
from upstander.models.policy.loader import ReadPolicy, parse_policy
from upstander.models.policy.quotation import is_quotation
from upstander.models.rationale import Span
from upstander.models.response import decision_to_dict
from upstander.models.score import MechanismScore, Score, TargetScore, Timings
from upstander.serving.records.archive import Record, policy_document, record_of
from upstander.serving.records.recording import is_hash_of
from upstander.serving.store.salt import load_salt

_SHOWN: Final = 20


class RecordError(UpstanderError):
    """A record cannot be found, or not be decided again."""


@dataclass(frozen=True, slots=True)
class Replay:
    """then, now: the decision in words and numbers. stands: whether band and rule are the same.

    difference: how far the scores are apart at most; 0 on the machine that decided.
    """

    then: Mapping[str, Any]
    now: Mapping[str, Any]
    stands: bool
    difference: float


def texts_of(content: bytes) -> list[str]:
    """What the bytes of a file may stand for: all of it, or all but what editors and shells add.

    That is a mark at the beginning, the line ends of Windows, and a line end at the end. Raises
    RecordError for what is not UTF-8.
    """
    try:
        texts = [content.decode()]
    except UnicodeDecodeError as error:
        raise RecordError("the text is not UTF-8: write it in that encoding") from error
    for added, instead in (("^\ufeff", ""), ("\r\n", "\n"), ("\r?\n\\Z", "")):
        texts += [re.sub(added, instead, text) for text in texts]
    return list(dict.fromkeys(texts))


def replay(
    engine: Engine, decision_id: str, texts: Sequence[str], salt: Path, bundles: Sequence[Path]
) -> Replay:
    """Decide once more what was decided, from the text that the caller brings.

    texts: the first that was decided counts. salt: file with that of the hashes of texts. bundles:
    folders of bundles; the one that decided is told by its checksum. Raises RecordError, and
    StoreError for a salt that is not there or is another.
    """
    record = record_of(engine, decision_id)
    if record is None:
        raise RecordError(f"there is no record of a decision {decision_id[:64]}: was it purged?")
    key = load_salt(engine, salt)
    text = next((one for one in texts if is_hash_of(record["text_hash"], one, key)), None)
    if text is None:
        raise RecordError("this is not the text that was decided: its hash is another")
    policy = _recorded_policy(engine, record)
    path = _bundle_of(record, bundles)
    if path is None:
        raise RecordError(
            f"the model that decided is not here: {record['model_name']} "
            f"{record['model_version']}, SHA-256 {record['model_sha256']}; give its folder with "
            "--bundle"
        )
    bundle = open_bundle(path)
    # By the stage that answered: on another machine a score may lie on the other side of a bound.
    score = bundle.scorer.score_by(record["flags"].get("stage"), text)
    quotation = is_quotation(text, score.spans)
    now = decision_to_dict(BoundPolicy(policy, bundle.manifest).decide(score, quotation))
    then = record["decision"]
    return Replay(
        then=then,
        now=now,
        stands=(then["band"], then.get("rule")) == (now["band"], now.get("rule")),
        difference=max(abs(record["scores"][name] - value) for name, value in score.scores.items()),
    )


@dataclass(slots=True)
class Backfill:
    """What another policy makes of a history.

    changed: (band then, band now) to how many. examples: ids of decisions that would change.
    without_model: records of models that are not here, which nobody can bind a policy to.
    """

    records: int = 0
    changed: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    without_model: int = 0


def backfill(records: Iterable[Record], policy: ReadPolicy, bundles: Sequence[Path]) -> Backfill:
    """Decide a history by another policy, from the recorded scores; no text is needed.

    bundles: folders of bundles, for the thresholds of the models that decided.
    """
    found = Backfill()
    bound: dict[str, BoundPolicy | None] = {}
    for record in records:
        found.records += 1
        sha256 = record["model_sha256"]
        if sha256 not in bound:
            path = _bundle_of(record, bundles)
            bound[sha256] = None if path is None else BoundPolicy(policy, read_manifest(path))
        decider = bound[sha256]
        if decider is None:
            found.without_model += 1
            continue
        now = decider.decide(score_of(record), record["flags"]["quotation"]).band
        found.changed[record["band"], now] += 1
        if now != record["band"] and len(found.examples) < _SHOWN:
            found.examples.append(record["decision_id"])
    return found


def score_of(record: Record) -> Score:
    """The score as it was recorded. Categories below their threshold were not."""
    return Score(
        scores=record["scores"],
        targets=tuple(TargetScore(*target) for target in record["targets"]),
        mechanisms=tuple(MechanismScore(*mechanism) for mechanism in record["mechanisms"]),
        spans=tuple(Span(*span) for span in record["spans"]),
        obfuscated=record["flags"]["obfuscated"],
        windows=record["flags"]["windows"],
        tokens=0,
        timings=Timings(0.0, 0.0, 0.0),
        stage=record["flags"].get("stage"),
    )


def _recorded_policy(engine: Engine, record: Record) -> ReadPolicy:
    document = policy_document(engine, record["policy_sha256"])
    if document is None:
        raise RecordError(
            f"the policy that decided is not in the store: {record['policy_id']} "
            f"{record['policy_version']}, SHA-256 {record['policy_sha256']}"
        )
    return parse_policy(document, Path(f"{record['policy_id']}.toml"), RECORDED)


def _bundle_of(record: Record, bundles: Sequence[Path]) -> Path | None:
    """The folder of the bundle that decided; its every byte counts."""
    for path in bundles:
        sums = path / "SHA256SUMS"
        if sums.is_file() and sha256_of(sums) == record["model_sha256"]:
            return path
    return None
