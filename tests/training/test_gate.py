"""The gate of the export: what judges worse is refused and named, chance and better are not."""

from dataclasses import replace

import numpy as np
import pytest

from upstander.training.errors import ParityError
from upstander.training.gate import Compared, Drop, drops, refuse_worse

LIMIT = 0.003


def compared(rows: int = 600, ordinary: bool = True) -> Compared:
    """A label that both graphs judge alike, and well; its first half are everyday posts."""
    random = np.random.default_rng(0)
    truth = np.arange(rows) % 4 == 3
    scores = np.clip(np.where(truth, 0.7, 0.3) + random.normal(0, 0.15, rows), 0, 1)
    everyday = ~truth & (np.arange(rows) < rows // 2) & ordinary
    return Compared(scores, scores.copy(), truth, everyday, threshold=0.5)


def test_an_equal_graph_passes() -> None:
    found = drops({"hate": compared()})
    assert [drop.measure for drop in found] == [
        "AUC of hate",
        "macro-F1 of hate",
        "ordinary posts flagged, hate",
    ]
    for drop in found:
        assert (drop.value, drop.low, drop.high) == (0, 0, 0)
        assert drop.rows == 600
    refuse_worse(found, limit=0)


def test_a_worse_graph_is_refused_and_what_is_worse_is_named() -> None:
    same = compared()
    noise = np.random.default_rng(1).normal(0, 0.4, len(same.truth))
    worse = replace(same, int8=np.clip(same.fp32 + noise, 0, 1))
    found = drops({"toxicity": same, "hate": worse})
    with pytest.raises(ParityError, match=r"int8 is worse than fp32 by more than 0\.003") as error:
        refuse_worse(found, LIMIT)
    for named in ("AUC of hate by 0.", "macro-F1 of hate by 0.", "ordinary posts flagged, hate by"):
        assert named in str(error.value)
    assert "600 rows" in str(error.value)
    assert "toxicity" not in str(error.value)


def test_a_graph_that_only_flags_more_ordinary_posts_is_refused() -> None:
    same = compared()
    eager = replace(same, int8=np.where(same.ordinary, same.fp32 + 0.1, same.fp32))
    with pytest.raises(ParityError, match="ordinary posts flagged, hate"):
        refuse_worse(drops({"hate": eager}), LIMIT)
    # The same change spares posts in the other direction, which is no loss.
    refuse_worse(drops({"hate": replace(eager, fp32=eager.int8, int8=eager.fp32)}), LIMIT)


def test_a_better_graph_passes() -> None:
    same = compared()
    noise = np.random.default_rng(1).normal(0, 0.4, len(same.truth))
    found = drops({"hate": replace(same, fp32=same.fp32 + noise)})
    refuse_worse(found, LIMIT)
    assert next(drop for drop in found if drop.measure == "AUC of hate").value < 0


def test_chance_is_not_refused() -> None:
    same = compared(rows=80)
    random = np.random.default_rng(2)
    exceeding = []
    for _ in range(20):
        other = replace(same, int8=same.fp32 + random.normal(0, 0.02, 80))
        found = drops({"hate": other})
        refuse_worse(found, LIMIT)
        exceeding += [drop for drop in found if drop.value > LIMIT]
    assert exceeding  # some lost more than the limit, and no more than chance
    assert not Drop("AUC of hate", 0.01, -0.001, 0.03, 80).exceeds(LIMIT)
    assert Drop("AUC of hate", 0.01, 0.001, 0.03, 80).exceeds(LIMIT)
    assert not Drop("AUC of hate", 0.002, 0.001, 0.003, 9000).exceeds(LIMIT)


def test_the_same_rows_are_drawn_again_for_the_same_seed() -> None:
    other = replace(compared(), int8=compared().fp32 + 0.02)
    assert drops({"hate": other}, seed=1) == drops({"hate": other}, seed=1)


def test_a_label_with_too_few_rows_is_not_compared() -> None:
    few = compared(rows=60)  # fifteen positives
    assert [drop.measure for drop in drops({"hate": few})] == ["ordinary posts flagged, hate"]
    assert drops({"hate": compared(rows=60, ordinary=False)}) == []
