"""Choosing the bundle that scores a post by the language of the post."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from upstander.models.bundle import Bundle
from upstander.models.errors import UpstanderError
from upstander.models.languages import ENGLISH
from upstander.models.manifest import Manifest
from upstander.models.response import LanguageOfPost
from upstander.models.score import STAGES, Stage
from upstander.serving.errors import UnservedLanguage
from upstander.serving.language import Detected, detect_now, primary


@dataclass(frozen=True, slots=True)
class PostLanguage:
    """The language that a post counts as.

    code: ISO 639-1 where there is one. probability: how likely it is, in [0, 1]; None where it was
    declared, or no letters tell. is_sure: it was declared, or is likely enough to be believed
    (`serving/language.py`); a post of unsure language goes to the first bundle.
    """

    code: str = ENGLISH
    probability: float | None = None
    is_sure: bool = False


_VARIETIES: Final = {"arz": "ar", "wuu": "zh", "yue": "zh"}
"""Egyptian Arabic, Wu and Cantonese, which the identifier tells apart and data sets do not."""

UNSURE: Final = PostLanguage()
"""Of a text that says nothing of its language, to a bundle of English."""


@dataclass(frozen=True, slots=True)
class Served:
    """The bundles that answer.

    main: reads what is in its languages, and what is surely in none. others: reads posts that are
    surely in a language of its own and not of the main one. assumed: the language of every post
    that names none; empty to identify it. decides_all: the main bundle also reads what no bundle
    serves.
    """

    main: Bundle
    others: Bundle | None = None
    assumed: str = ""
    decides_all: bool = False
    _codes: tuple[frozenset[str], frozenset[str]] = field(init=False)
    _thresholds: Mapping[tuple[str, Stage | None], Mapping[str, float]] = field(init=False)
    _measured: Mapping[tuple[str, str], Mapping[str, bool]] = field(init=False)

    def __post_init__(self) -> None:
        """Raises UpstanderError if the two cannot stand in for each other."""
        others = frozenset[str]()
        if self.others is not None:
            others = _codes_of(self.others.manifest)
            _refuse_fewer_labels(self.main.manifest, self.others.manifest)
        object.__setattr__(self, "_codes", (_codes_of(self.main.manifest), others))
        # Looked up once: every answer needs them.
        thresholds = {
            (one.sha256, stage): thresholds_of(one.manifest.for_stage(stage))
            for one in self.bundles
            for stage in (None, *STAGES)
        }
        measured = {
            (one.sha256, code): measured_in(one.manifest, code)
            for one in self.bundles
            for code in _codes_of(one.manifest)
        }
        object.__setattr__(self, "_thresholds", thresholds)
        object.__setattr__(self, "_measured", measured)
        if self.assumed and self.assumed not in self.codes:
            raise UpstanderError(
                f"--assume-language {self.assumed}: no bundle that is served knows this language; "
                f"there are {', '.join(self.codes)}"
            )

    @property
    def bundles(self) -> Sequence[Bundle]:
        """All of them, the main one first."""
        return (self.main,) if self.others is None else (self.main, self.others)

    @property
    def codes(self) -> Sequence[str]:
        """Codes of the languages that are served, those of the main bundle first."""
        return tuple(
            dict.fromkeys(one.code for bundle in self.bundles for one in bundle.manifest.languages)
        )

    def knows(self, code: str) -> bool:
        """Whether posts in a language are served."""
        return any(code in codes for codes in self._codes)

    def language_of(self, text: str) -> PostLanguage:
        """The language of a text that names none. Takes 30 µs and more, unless one is assumed."""
        if self.assumed:
            return PostLanguage(self.assumed, None, is_sure=True)
        return self.counted(detect_now(text))

    def counted(self, detected: Detected) -> PostLanguage:
        """What a text counts as: the language that is sure, else the main bundle's likeliest."""
        found = dict(zip(detected.languages, detected.probabilities, strict=True))
        if (chosen := detected.chosen) is not None:
            code = chosen if self.knows(chosen) else _VARIETIES.get(chosen, chosen)
            return PostLanguage(code, found[chosen], is_sure=True)
        own, _ = self._codes
        code = next((one for one in detected.languages if one in own), self._default)
        return PostLanguage(code, found.get(code), is_sure=False)

    def declared(self, tags: Sequence[str], detected: Detected | None = None) -> PostLanguage:
        """The language of a text by BCP-47 tags of whoever sent it; at least one.

        Of several that are served the detected one, else the first; else the first tag.
        """
        codes = [primary(tag) for tag in tags]
        served = [code for code in codes if self.knows(code)]
        chosen = None if detected is None else detected.chosen
        code = chosen if chosen in served else next(iter(served), codes[0])
        return PostLanguage(code or codes[0], None, is_sure=True)

    def bundle_for(self, language: PostLanguage) -> Bundle:
        """The bundle that reads a post. Raises UnservedLanguage if none does."""
        own, others = self._codes
        if not language.is_sure or language.code in own:
            return self.main
        if self.others is not None and language.code in others:
            return self.others
        if self.decides_all:
            return self.main
        raise UnservedLanguage(language.code, self.codes, language.probability)

    def thresholds(self, bundle: Bundle, stage: Stage | None) -> Mapping[str, float]:
        """Those of every output of a graph, by which what it says is judged."""
        return self._thresholds[bundle.sha256, stage]

    def describe(self, language: PostLanguage, bundle: Bundle) -> LanguageOfPost:
        """A language as answers tell it. bundle: that read the post.

        It may have been served before these: posts are answered while bundles change.
        """
        code = language.code
        measured = self._measured.get((bundle.sha256, code))
        return LanguageOfPost(
            code=code,
            probability=language.probability,
            is_sure=language.is_sure,
            is_served=self.is_served(language),
            measured=measured or measured_in(bundle.manifest, code),
        )

    def is_served(self, language: PostLanguage) -> bool:
        """Whether a post is in a language that is served, or may be."""
        return not language.is_sure or self.knows(language.code)

    def metric_of(self, language: PostLanguage) -> str:
        """A language in metrics: what clients only declare must not make labels without end."""
        if not language.is_sure:
            return "unsure"
        is_known = language.probability is not None or self.knows(language.code)
        return language.code if is_known else "other"

    @property
    def _default(self) -> str:
        own, _ = self._codes
        return ENGLISH if ENGLISH in own else self.main.manifest.languages[0].code


def measured_in(manifest: Manifest, code: str) -> dict[str, bool]:
    """Every label of a bundle, and whether its quality was measured in a language."""
    measured = next((one.measured for one in manifest.languages if one.code == code), ())
    return {label.name: label.name in measured for label in manifest.labels}


def thresholds_of(manifest: Manifest) -> Mapping[str, float]:
    """The balanced threshold of every label, target category and mechanism."""
    return {output.name: manifest.threshold(output.name) for output in manifest.outputs}


def _codes_of(manifest: Manifest) -> frozenset[str]:
    return frozenset(language.code for language in manifest.languages)


def _refuse_fewer_labels(main: Manifest, others: Manifest) -> None:
    missing = {label.name for label in main.labels} - {label.name for label in others.labels}
    if missing:
        raise UpstanderError(
            f"--languages-bundle: {others.name} {others.version} lacks labels of {main.name} "
            f"{main.version}: {', '.join(sorted(missing))}"
        )
