"""A text to its answer, as the service gives it: scores, and what a policy makes of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from evaluation.batch.pipeline import Answer, OtherLanguage
from models.bundle import Bundle, open_bundle
from models.errors import TextError, UpstanderError
from models.manifest import Manifest
from models.score import STAGES, Score
from serving.language import DEFAULT, detect_now
from serving.policy.decide import BoundPolicy
from serving.policy.quotation import is_quotation
from serving.policy.reading import read_policy
from serving.records.recording import told


@dataclass(frozen=True, slots=True)
class Languages:
    """is_told: whether an answer says in which language its text is. only: those that are scored,
    by their codes of ISO 639; all if there are none."""

    is_told: bool = False
    only: tuple[str, ...] = ()

    def unwanted(self, language: str | None) -> bool:
        """Whether a text is in no language that was asked for. None: nothing is sure enough."""
        return bool(self.only) and (language or DEFAULT) not in self.only


def answer_with(
    bundle: Bundle, policy: Path | None, languages: Languages = Languages()
) -> tuple[Answer, Mapping[str, str]]:
    """What answers texts, and the checksums of what it answers by. policy: None decides nothing.

    Raises UpstanderError if the policy cannot be used with the bundle.
    """
    bound = None if policy is None else BoundPolicy(read_policy(policy), bundle.manifest)
    decides = {"model": bundle.sha256, "policy": "" if bound is None else bound.sha256}
    if languages.is_told:
        detect_now("now")  # loads the model once, and not in several threads
        decides["language"] = ", ".join(languages.only) or "told"
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
    thresholds = {
        stage: _thresholds_of(bundle.manifest.for_stage(stage)) for stage in (None, *STAGES)
    }

    def answer(texts: Sequence[str]) -> list[bytes | str]:
        if not languages.is_told:
            without = scored(texts)
            return [without[text] for text in texts]
        detected = {text: detect_now(text).chosen for text in texts}
        wanted = [text for text in texts if not languages.unwanted(detected[text])]
        found = scored(wanted, detected)
        return [found.get(text) or OtherLanguage(_other(detected[text])) for text in texts]

    def scored(
        texts: Sequence[str], detected: Mapping[str, str | None] | None = None
    ) -> dict[str, bytes | str]:
        scores = zip(texts, bundle.scorer.score_all(texts), strict=True)
        return {
            text: str(score)
            if isinstance(score, TextError)
            else told_of(text, score, {} if detected is None else {"language": detected[text]})
            for text, score in scores
        }

    def told_of(text: str, score: Score, language: Mapping[str, str | None]) -> bytes:
        quotation = is_quotation(text, score.spans)
        found = {**language, "model": model, **_scored(score, quotation, thresholds[score.stage])}
        if bound is not None:
            found["decision"] = {**told(bound.decide(score, quotation)), "policy": decided_by}
        return to_json(found)

    return answer, decides


def answer_from(
    bundle: Path, policy: Path | None, languages: Languages = Languages()
) -> tuple[Answer, Mapping[str, str]]:
    """The same, of a folder: what travels to another process."""
    return answer_with(open_bundle(bundle), policy, languages)


def languages_of(is_told: bool, only: Collection[str]) -> Languages:
    """The languages that were asked for, as codes or as BCP-47 tags such as `en-GB`.

    Raises UpstanderError for what is no code.
    """
    codes = [tag.strip().lower().replace("_", "-").partition("-")[0] for tag in only]
    for tag, code in zip(only, codes, strict=True):
        if not (code.isascii() and code.isalpha() and len(code) in (2, 3)):
            raise UpstanderError(
                f"--only-language {tag}: give the code of a language, such as en or de"
            )
    return Languages(is_told or bool(codes), tuple(dict.fromkeys(codes)))


def _thresholds_of(manifest: Manifest) -> Mapping[str, float]:
    """From where on a category or a mechanism is named."""
    outputs = (*manifest.targets, *manifest.mechanisms)
    return {output.name: manifest.threshold(output.name) for output in outputs}


def _other(language: str | None) -> str:
    if language is None:
        return f"the language cannot be told, and counts as {DEFAULT}"
    return f"the language is {language}"


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
            **({} if score.stage is None else {"stage": score.stage}),
        },
    }
