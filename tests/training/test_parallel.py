"""Work on every core gives what one core gives, in the same order."""

import math

import pytest

from upstander.training import parallel


@pytest.mark.parametrize("few", [20_000, 1])
def test_every_item_keeps_its_place(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "_FEW", few)
    monkeypatch.setattr(parallel, "_CHUNK", 7)
    items = list(range(100))
    assert parallel.on_every_core(math.sqrt, items) == [math.sqrt(item) for item in items]


def test_nothing_is_nothing() -> None:
    assert parallel.on_every_core(math.sqrt, []) == []
