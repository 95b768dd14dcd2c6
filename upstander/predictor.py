"""Answers to texts in this process, the same as those of the service."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from upstander.evaluation.batch.pipeline import Answer, OtherLanguage
from upstander.models.bundle import Bundle, open_bundle
from upstander.models.errors import TextError, UpstanderError
from upstander.models.policy.decide import BoundPolicy
from upstander.models.policy.loader import ReadPolicy, read_policy
from upstander.models.policy.quotation import is_quotation
from upstander.models.response import Decided, reply_json, unscored_json
from upstander.models.score import Score
from upstander.serving.errors import UnservedLanguage
from upstander.serving.language import load_detector, primary
from upstander.serving.language_routing import PostLanguage, Served
from upstander.serving.settings import UnservedLanguage as WhenUnserved


@dataclass(frozen=True, slots=True)
class Languages:
    """What becomes of texts by their language.

    only: those that are scored, by their codes of ISO 639; all if there are none. bundle: folder of
    the one that reads what the first does not serve. unserved: what to do with a text that is
    surely in a language that neither serves: list it as one in another language (refuse), answer
    it without scores (pass), or decide it all the same. assumed: the language of all texts; empty
    to identify each.
    """

    only: tuple[str, ...] = ()
    bundle: Path | None = None
    unserved: WhenUnserved = "refuse"
    assumed: str = ""

    def unwanted(self, language: PostLanguage) -> bool:
        """Whether a text is in no language that was asked for."""
        return bool(self.only) and language.code not in self.only


def answer_with(
    bundle: Bundle, policy: Path | None, languages: Languages = Languages()
) -> tuple[Answer, Mapping[str, str]]:
    """What answers texts, and the checksums of what it answers by. policy: None makes no decisions.

    Raises UpstanderError if the policy cannot be used with the bundles, or these not together.
    """
    others = None if languages.bundle is None else open_bundle(languages.bundle)
    served = Served(bundle, others, languages.assumed, languages.unserved == "decide")
    read = None if policy is None else read_policy(policy)
    deciders = {one.sha256: _Decider(one, read, served) for one in served.bundles}
    decides = {"model": bundle.sha256, "policy": "" if read is None else read.sha256}
    if others is not None:
        decides["languages_model"] = others.sha256
    decides["language"] = "; ".join((", ".join(languages.only), languages.unserved, served.assumed))
    if not served.assumed:
        load_detector()  # once, and not in several threads

    def answer(texts: Sequence[str]) -> list[bytes | str]:
        found: dict[str, bytes | str] = {}
        by_bundle: dict[str, dict[str, PostLanguage]] = {}
        for text in texts:
            language = served.language_of(text)
            if languages.unwanted(language):
                found[text] = OtherLanguage(_other(language))
                continue
            try:
                reads = served.bundle_for(language)
            except UnservedLanguage:
                found[text] = OtherLanguage(f"{_other(language)}, which is not served")
                if languages.unserved == "pass":
                    found[text] = deciders[bundle.sha256].unscored(language)
                continue
            by_bundle.setdefault(reads.sha256, {})[text] = language
        for sha256, some in by_bundle.items():
            found |= deciders[sha256].answers(some)
        return [found[text] for text in texts]

    return answer, decides


class _Decider:
    """A bundle, with a policy or without one."""

    def __init__(self, bundle: Bundle, policy: ReadPolicy | None, served: Served) -> None:
        """Raises UpstanderError if the policy cannot be used with the bundle."""
        self._bundle = bundle
        self._bound = None if policy is None else BoundPolicy(policy, bundle.manifest)
        self._served = served

    def answers(self, texts: Mapping[str, PostLanguage]) -> Mapping[str, bytes | str]:
        """Every text with its answer, or with what is wrong with it."""
        scores = zip(texts, self._bundle.scorer.score_all([*texts]), strict=True)
        return {
            text: str(score)
            if isinstance(score, TextError)
            else self._answer(text, score, texts[text])
            for text, score in scores
        }

    def unscored(self, language: PostLanguage) -> bytes:
        """The answer to a text in a language that is not served: no scores, and no decision."""
        return unscored_json(self._bundle, self._served.describe(language, self._bundle))

    def _answer(self, text: str, score: Score, language: PostLanguage) -> bytes:
        quotation = is_quotation(text, score.spans)
        bound = self._bound
        return reply_json(
            score,
            self._bundle,
            self._served.thresholds(self._bundle, score.stage),
            self._served.describe(language, self._bundle),
            is_quotation=quotation,
            decided=None if bound is None else Decided(bound.decide(score, quotation), bound),
        )


def answer_from(
    bundle: Path, policy: Path | None, languages: Languages = Languages()
) -> tuple[Answer, Mapping[str, str]]:
    """The same, of a folder: what travels to another process."""
    return answer_with(open_bundle(bundle), policy, languages)


def languages_of(
    only: Collection[str],
    bundle: Path | None = None,
    unserved: WhenUnserved = "refuse",
    assumed: str = "",
) -> Languages:
    """What was asked for, with languages as codes or as BCP-47 tags such as `en-GB`.

    Raises UpstanderError for what is no code.
    """
    codes = [_code_of(tag, "--only-language") for tag in only]
    code = _code_of(assumed, "--assume-language") if assumed else ""
    return Languages(tuple(dict.fromkeys(codes)), bundle, unserved, code)


def _code_of(tag: str, option: str) -> str:
    code = primary(tag)
    if not (code.isascii() and code.isalpha() and len(code) in (2, 3)):
        raise UpstanderError(f"{option} {tag}: give the code of a language, such as en or de")
    return code


def _other(language: PostLanguage) -> str:
    if not language.is_sure:
        return f"the language cannot be told, and counts as {language.code}"
    return f"the language is {language.code}"
