"""The data sets, one reader each. What each says, and under which licence, stands in its file."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from upstander.training.sources import (
    antisemitism_isca,
    beep,
    cad,
    civil_comments,
    cold,
    contrast,
    contrast_languages,
    convabuse,
    davidson,
    dehum_natural,
    dynahate,
    edos,
    gab_hate_corpus,
    gahd,
    germeval,
    goemotions,
    hatemoji_build,
    hatexplain,
    implicit_hate,
    jigsaw_toxic,
    measuring_hate_speech,
    mlma,
    ordinary,
    paradetox,
    perspective,
    polar,
    reddit_counterspeech,
    roman_urdu,
    social_bias_frames,
    toldbr,
    toxigen,
    vicomtech,
    wiegand,
)
from upstander.training.sources.source import Source
from upstander.training.sources.suites import SUITE_FILES

__all__ = ["SOURCES", "SUITE_FILES"]

SOURCES: Final[Mapping[str, Source]] = MappingProxyType(
    {
        source.name: source
        for source in (
            dehum_natural.SOURCE,
            dynahate.SOURCE,
            hatemoji_build.SOURCE,
            toxigen.ANNOTATED,
            toxigen.ANNOTATED_MORE,
            toxigen.DEMONSTRATIONS,
            edos.SOURCE,
            measuring_hate_speech.SOURCE,
            hatexplain.SOURCE,
            implicit_hate.SOURCE,
            gab_hate_corpus.SOURCE,
            cad.SOURCE,
            vicomtech.SOURCE,
            wiegand.SOURCE,
            davidson.SOURCE,
            mlma.SOURCE,
            antisemitism_isca.SOURCE,
            reddit_counterspeech.SOURCE,
            social_bias_frames.SOURCE,
            jigsaw_toxic.SOURCE,
            civil_comments.SOURCE,
            convabuse.SOURCE,
            paradetox.SOURCE,
            perspective.RTP,
            perspective.WIKIPEDIA,
            goemotions.SOURCE,
            ordinary.SOURCE,
            contrast.SOURCE,
            gahd.SOURCE,
            germeval.SOURCE,
            wiegand.GERMAN,
            toldbr.SOURCE,
            cold.SOURCE,
            beep.SOURCE,
            roman_urdu.SOURCE,
            mlma.OTHER_LANGUAGES,
            polar.HARMLESS,
            polar.POLARIZING,
            contrast_languages.SOURCE,
        )
    }
)
"""Every data set whose licence allows training, by name."""
