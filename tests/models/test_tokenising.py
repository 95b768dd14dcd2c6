"""A long text is tokenised as a short one would be, and other threads have their turn meanwhile."""

import threading
import time

import pytest

from upstander.models import scorer
from upstander.models.bundle import Bundle

LONG = "There is a long story about our street, and I will tell it again: caf\u00e9 and all. " * 240


def test_a_long_text_has_the_same_windows(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    normalised = bundle.scorer.normalise(LONG)
    found = bundle.scorer._windows(normalised)
    monkeypatch.setattr(scorer, "_LONG", len(normalised.text) + 1)
    alike = bundle.scorer._windows(normalised)
    assert len(found) > 100
    assert [w.ids for w in found] == [w.ids for w in alike]
    assert [w.offsets for w in found] == [w.offsets for w in alike]
    assert [w.special_tokens_mask for w in found] == [w.special_tokens_mask for w in alike]


def test_other_threads_go_on_while_a_long_text_is_tokenised(bundle: Bundle) -> None:
    normalised = bundle.scorer.normalise(LONG)
    bounds: list[tuple[float, float]] = []

    def tokenise() -> None:
        for _ in range(10):
            begun = time.perf_counter()
            bundle.scorer._windows(normalised)
            bounds.append((begun, time.perf_counter()))

    thread = threading.Thread(target=tokenise)
    thread.start()
    turns = []
    while thread.is_alive():
        time.sleep(0.001)
        turns.append(time.perf_counter())
    # Not at the edges, where Python has the lock.
    middles = [(begin + 0.2 * (end - begin), end - 0.5 * (end - begin)) for begin, end in bounds]
    assert any(begin < turn < end for turn in turns for begin, end in middles)
