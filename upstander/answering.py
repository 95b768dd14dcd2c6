"""A text to its answer, as the service gives it: scores, and what a policy makes of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from evaluation.batch.pipeline import Answer
from models.bundle import Bundle, open_bundle
from models.errors import TextError
from models.score import Score
from serving.policy.decide import BoundPolicy
from serving.policy.quotation import is_quotation
from serving.policy.reading import read_policy
from serving.records.recording import told


def answer_with(bundle: Bundle, policy: Path | None) -> tuple[Answer, Mapping[str, str]]:
    """What answers texts, and the checksums of what it answers by. policy: None decides nothing.

    Raises UpstanderError if the policy cannot be used with the bundle.
    """
    bound = None if policy is None else BoundPolicy(read_policy(policy), bundle.manifest)
    decides = {"model": bundle.sha256, "policy": "" if bound is None else bound.sha256}
    model = {
        "name": bundle.manifest.name,
        "version": bundle.manifest.version,
        "sha256": bundle.sha256,
    }

    decided_by = bound and {
        "id": bound.policy.id,
        "version": bound.policy.version,
        "sha256": bound.sha256,
    }
    manifest = bundle.manifest
    outputs = (*manifest.targets, *manifest.mechanisms)
    thresholds = {output.name: manifest.threshold(output.name) for output in outputs}

    def answer(texts: Sequence[str]) -> list[bytes | str]:
        found = zip(texts, bundle.scorer.score_all(texts), strict=True)
        return [
            str(score) if isinstance(score, TextError) else told_of(text, score)
            for text, score in found
        ]

    def told_of(text: str, score: Score) -> bytes:
        quotation = is_quotation(text, score.spans)
        found = {"model": model, **_scored(score, quotation, thresholds)}
        if bound is not None:
            found["decision"] = {**told(bound.decide(score, quotation)), "policy": decided_by}
        return to_json(found)

    return answer, decides


def answer_from(bundle: Path, policy: Path | None) -> tuple[Answer, Mapping[str, str]]:
    """The same, of a folder: what travels to another process."""
    return answer_with(open_bundle(bundle), policy)


def _scored(score: Score, quotation: bool, thresholds: Mapping[str, float]) -> dict[str, Any]:
    return {
        "scores": dict(score.scores),
        "targets": [
            {"category": target.category, "score": target.score}
            for target in score.targets
            if target.score >= thresholds[target.category]
        ],
        "mechanisms": [
            {"mechanism": mechanism.mechanism, "score": mechanism.score}
            for mechanism in score.mechanisms
            if mechanism.score >= thresholds[mechanism.mechanism]
        ],
        "spans": [
            {"begin": span.begin, "end": span.end, "score": span.score} for span in score.spans
        ],
        "offsets": "code_points",
        "flags": {
            "windows": score.windows,
            "obfuscated": score.obfuscated,
            "quotation": quotation,
        },
    }
