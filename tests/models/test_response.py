"""Answers: as the schemas say that they are, field by field."""

import json
from dataclasses import replace

import pytest

from upstander.models.bundle import Bundle
from upstander.models.policy.decide import BoundPolicy
from upstander.models.policy.loader import read_policy
from upstander.models.response import (
    Decided,
    LanguageOfPost,
    decision_to_dict,
    flags_of,
    reply_json,
    unscored_json,
)
from upstander.models.schemas import Flags, Reply
from upstander.models.score import Stage
from upstander.models.shipped import SHIPPED_POLICIES

ENGLISH = LanguageOfPost("en", 0.93, True, True, {"hate": True, "insult": False})
UNKNOWN = LanguageOfPost("de", None, True, False, {"hate": False})


def as_the_schemas_write_it(answer: bytes) -> bytes:
    return (
        Reply.model_validate_json(answer, strict=True).model_dump_json(exclude_none=True).encode()
    )


@pytest.mark.parametrize(
    "text", ["Migrants are vermin.", "Good morning.", 'She said "you fool" to all of them today.']
)
@pytest.mark.parametrize("stage", [None, "base"])
def test_an_answer_has_the_fields_of_its_schema_in_their_order(
    bundle: Bundle, text: str, stage: Stage | None
) -> None:
    thresholds = {one.name: bundle.manifest.threshold(one.name) for one in bundle.manifest.outputs}
    score = replace(bundle.scorer.score(text), stage=stage)
    policy = BoundPolicy(read_policy(SHIPPED_POLICIES / "perspective.toml"), bundle.manifest)
    decision = policy.decide(score)
    for post_id, language, decided in (
        (None, ENGLISH, None),
        ("7", UNKNOWN, Decided(decision, policy)),
        ("7", ENGLISH, Decided(decision, policy, "0" * 32)),
    ):
        answer = reply_json(
            score, bundle, thresholds, language,
            is_quotation=True, post_id=post_id, decided=decided,
        )  # fmt: skip
        assert answer == as_the_schemas_write_it(answer)
        told = json.loads(answer)
        assert told.get("id") == post_id
        assert {one["category"] for one in told["targets"]} == {
            one.category for one in score.targets if one.score >= thresholds[one.category]
        }
        assert ("decision" in told) is (decided is not None)
    assert Flags.model_validate(flags_of(score, False)).stage == stage


def test_without_scores_nothing_is_decided(bundle: Bundle) -> None:
    answer = unscored_json(bundle, UNKNOWN, "7")
    assert answer == as_the_schemas_write_it(answer)
    assert json.loads(answer)["scores"] == {}
    assert "decision" not in json.loads(answer)


def test_a_decision_tells_the_words_that_it_rests_on(bundle: Bundle) -> None:
    policy = BoundPolicy(read_policy(SHIPPED_POLICIES / "dehumanization.toml"), bundle.manifest)
    flagged, allowed = (
        policy.decide(bundle.scorer.score(text)) for text in ("Migrants are vermin.", "Hello.")
    )
    assert decision_to_dict(flagged, spans=[1])["spans"] == [1]
    assert "spans" not in decision_to_dict(flagged)
    assert "spans" not in decision_to_dict(allowed, spans=[1])
