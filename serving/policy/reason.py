"""One sentence that says why, built from what decided. It never repeats the post."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from serving.policy.decide import Decision

_DOES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "dehumanization": "denies people their humanity",
        "hate": "attacks people",
        "toxicity": "is rude or offensive",
        "severe_toxicity": "is very hateful or aggressive",
        "identity_attack": "speaks ill of people",
        "insult": "insults somebody",
        "profanity": "swears",
        "threat": "threatens somebody",
    }
)
_WHOM: Final[Mapping[str, str]] = MappingProxyType(
    {
        "religion": "their religion",
        "caste": "their caste",
        "age": "their age",
        "disability": "a disability",
        "serious_disease": "a serious disease",
        "national_origin": "their national origin",
        "race": "their race",
        "ethnicity": "their ethnicity",
        "gender": "their gender",
        "gender_identity": "their gender identity",
        "sexual_orientation": "their sexual orientation",
        "immigration_status": "their immigration status",
    }
)
_HOW: Final[Mapping[str, str]] = MappingProxyType(
    {
        "vermin": "as vermin",
        "animal": "as animals",
        "disease": "as a disease",
        "filth": "as filth",
        "demon": "as demons",
        "object": "as objects, machines or tools",
        "denial_of_humanity": "as less than people",
        "denial_of_mind": "as people without a mind",
    }
)
_ABOUT_GROUPS: Final = frozenset({"dehumanization", "hate", "identity_attack"})


def reason_for(decision: Decision) -> str:
    """Why a post got its band, in a sentence for the person who wrote it."""
    rule = decision.rule
    if rule is None or decision.score is None or decision.threshold is None:
        return "It is about nothing that a rule of this policy speaks of."
    numbers = f"{decision.score:.3f} for {rule.label}, {_side(decision)} {decision.threshold:.3f}"
    if decision.band == "allow":
        return f"It does not reach rule {rule.id}: it scores {numbers}."
    says = f"It probably {_DOES[rule.label]}"
    if rule.label in _ABOUT_GROUPS:
        because = _WHOM[decision.category] if decision.category else "a protected group"
        says += f" because of {because}"
        if decision.mechanism and rule.label == "dehumanization":
            says += f", {_HOW[decision.mechanism]}"
    ends = "."
    if decision.exemption:
        ends = ", and goes to people because the words stand within quotation marks."
    return f"{says}: it scores {numbers}{ends}"


def _side(decision: Decision) -> str:
    return "under" if decision.band == "allow" else "at or over"
