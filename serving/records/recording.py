"""Recording decisions in the store, in the background unless the settings say otherwise."""

import hashlib
import hmac
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from upstander.models.response import Decided, decision_to_dict, flags_of
from upstander.serving.scoring import Scored
from upstander.serving.store.nul import without_nul
from upstander.serving.store.writer import Writer

Recorded = Literal["off", "decisions", "texts"]
"""What of a decision is recorded: nothing, all but the text, or all of it."""

WhenLost = Literal["answer", "refuse"]
"""What becomes of an answer whose record cannot be kept."""


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """A decision and all that it came from. post_id: the caller's own."""

    decided: Decided
    scored: Scored
    text: str
    post_id: str | None
    key_id: str | None
    community_id: str | None


class Recorder:
    """Records decisions as the settings say."""

    def __init__(self, recorded: Recorded, when_lost: WhenLost, store: Writer) -> None:
        self.is_on = recorded != "off"
        self.is_needed = self.is_on and when_lost == "refuse"
        """Whether no answer is given without its record."""
        self._with_text = recorded == "texts"
        self._store = store

    @staticmethod
    def new_id() -> str:
        """An id for a decision. It is random, so that it tells nothing and needs no clock."""
        return uuid.uuid4().hex

    async def record(self, record: DecisionRecord, deadline: float) -> None:
        """Record a decision. Raises StoreDown and StoreRefused if an answer needs its record."""
        now = datetime.now(UTC).replace(tzinfo=None)

        def seal(given: DecisionRecord, salt: bytes) -> Mapping[str, Any]:
            return row_of(given, now, salt, self._with_text)

        first = "policies", record.decided.policy.row
        if self.is_needed:
            await self._store.keep("decisions", record, deadline, seal, first)
        else:
            self._store.offer("decisions", record, seal, first)


def row_of(record: DecisionRecord, now: datetime, salt: bytes, with_text: bool) -> dict[str, Any]:
    """A decision as a row of the table `decisions`."""
    scored, decided = record.scored, record.decided
    score, bundle = scored.score, scored.bundle
    decision, policy = decided.decision, decided.policy
    return {
        "decision_id": decided.decision_id,
        "decided": now,
        "post_id": without_nul(record.post_id),
        "key_id": record.key_id,
        "community_id": without_nul(record.community_id),
        "text_hash": hash_of(record.text, salt),
        "text": without_nul(record.text) if with_text else None,
        "scores": {label: round(value, 6) for label, value in score.scores.items()},
        "targets": [
            [target.category, round(target.score, 6)]
            for target in score.targets
            if target.score >= scored.thresholds[target.category]
        ],
        "mechanisms": [
            [mechanism.mechanism, round(mechanism.score, 6)] for mechanism in score.mechanisms
        ],
        "spans": [[span.begin, span.end, round(span.score, 6)] for span in score.spans],
        "flags": flags_of(score, scored.is_quotation),
        "band": decision.band,
        "decision": decision_to_dict(decision),
        "distance": None if decision.distance is None else abs(decision.distance),
        "model_name": bundle.manifest.name,
        "model_version": bundle.manifest.version,
        "model_sha256": bundle.sha256,
        "policy_id": policy.policy.id,
        "policy_version": policy.policy.version,
        "policy_sha256": policy.sha256,
        "reviewed": False,
    }


def hash_of(text: str, salt: bytes) -> str:
    """HMAC-SHA256 of a text under a salt, in hexadecimal.

    Salted, because a short text is found from a plain hash by trying; with the salt it is, too, and
    so that lies apart from the hashes (`serving/store/salt.py`).
    """
    return hmac.new(salt, text.encode(), hashlib.sha256).hexdigest()


def is_hash_of(kept: str, text: str, salt: bytes) -> bool:
    """Whether a text has the hash that was kept."""
    return hmac.compare_digest(hash_of(text, salt), kept)
