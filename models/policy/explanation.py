"""One sentence that gives the reason for a decision. It never repeats the post."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from upstander.models.policy.decide import Decision

_DOES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "dehumanization": "denies people their humanity",
        "hate": "attacks people",
        "toxicity": "is rude or offensive",
        "severe_toxicity": "is very hateful or aggressive",
        "identity_attack": "disparages people",
        "insult": "insults somebody",
        "profanity": "contains profanity",
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
        "denial_of_humanity": "as less than human",
        "denial_of_mind": "as people without a mind",
    }
)
_ABOUT_GROUPS: Final = frozenset({"dehumanization", "hate", "identity_attack"})
_MAX_DECIMALS: Final = 17
"""Two different numbers of 64 bits differ within that many."""


def reason_for(decision: Decision) -> str:
    """Why a post was flagged or allowed, in a sentence for the person who wrote it."""
    rule = decision.rule
    if rule is None or decision.score is None or decision.threshold is None:
        return "No rule of this policy applies to the post."
    label = rule.label.replace("_", " ")
    score, threshold = _rounded(decision.score, decision.threshold)
    if decision.band == "allow":
        return (
            f"No rule is broken. Rule {rule.id} comes closest: the {label} score of {score} is "
            f"below the threshold of {threshold}."
        )
    says = f"The post probably {_DOES[rule.label]}"
    if rule.label in _ABOUT_GROUPS:
        because = _WHOM[decision.category] if decision.category else "a protected group"
        says += f" because of {because}"
        if decision.mechanism and rule.label == "dehumanization":
            says += f", {_HOW[decision.mechanism]}"
    reason = f"{says}: its {label} score of {score} reaches the threshold of {threshold}."
    if decision.exemption:
        reason += " It needs human review because the words are in quotation marks."
    return reason


def _rounded(score: float, threshold: float) -> tuple[str, str]:
    """Both with two decimals, or as many as it takes to see which of them is higher."""
    for decimals in range(2, _MAX_DECIMALS):
        rounded = f"{score:.{decimals}f}", f"{threshold:.{decimals}f}"
        if float(rounded[1]) > 0 and (score >= threshold or rounded[0] != rounded[1]):
            return rounded
    return repr(score), repr(threshold)
