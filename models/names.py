"""Names of the labels in the Perspective API and in OpenAI's."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

TWIN: Final = "_EXPERIMENTAL"
"""What clients of the Perspective API may add to the name of an attribute."""


def label_of(attribute: str) -> str:
    """The label that an attribute of the Perspective API names, whether there is one or not."""
    return attribute.removesuffix(TWIN).lower()


PERSPECTIVE_ONLY: Final = (
    "SEXUALLY_EXPLICIT",
    "FLIRTATION",
    "TOXICITY_FAST",
    "ATTACK_ON_AUTHOR",
    "ATTACK_ON_COMMENTER",
    "INCOHERENT",
    "INFLAMMATORY",
    "LIKELY_TO_REJECT",
    "OBSCENE",
    "SPAM",
    "UNSUBSTANTIAL",
    "AFFINITY_EXPERIMENTAL",
    "COMPASSION_EXPERIMENTAL",
    "CURIOSITY_EXPERIMENTAL",
    "NUANCE_EXPERIMENTAL",
    "PERSONAL_STORY_EXPERIMENTAL",
    "REASONING_EXPERIMENTAL",
    "RESPECT_EXPERIMENTAL",
)
"""Attributes that the Perspective API had and that no label is."""

OPENAI_CATEGORIES: Final = (
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/intent",
    "self-harm/instructions",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
)
"""Of OpenAI's moderation endpoint."""

OPENAI_MODELLED: Final[Mapping[str, str]] = MappingProxyType({"hate": "hate"})
"""OpenAI's categories whose definition is that of a label; no other is close enough."""
