"""Evasions: each changes a text as it says, and what is counted is what was right before."""

import json
from collections.abc import Mapping

import pytest

from upstander.evaluation.evasion import EVASIONS, evade
from upstander.evaluation.predictions import MetricUnavailable, collect
from upstander.evaluation.suites.case import Case
from upstander.models.bundle import Bundle

TEXT = "They are vermin"
CHANGED: Mapping[str, str] = {
    "digits for letters": "7h3y 4r3 v3rm1n",
    "look-alike letters": "Th\u0435\u0443 \u0430r\u0435 v\u0435rmin",
    "letters apart": "They are v e r m i n",
    "dots between letters": "They are v.e.r.m.i.n",
    "invisible characters": "They are v\u200be\u200br\u200bm\u200bi\u200bn",
    "a vowel masked": "They are v*rmin",
    "a vowel drawn out": "They are veeeermin",
    "a letter left out": "They are verin",
    "two letters swapped": "They are vemrin",
    "words run together": "Theyarevermin",
    "all capitals": "THEY ARE VERMIN",
}


@pytest.mark.parametrize("name", EVASIONS)
def test_an_evasion_changes_a_text_as_it_says(name: str) -> None:
    assert EVASIONS[name](TEXT) == CHANGED[name]


@pytest.mark.parametrize("text", ["", "a", "of it", "  "])
def test_an_evasion_of_next_to_nothing_is_no_error(text: str) -> None:
    for change in EVASIONS.values():
        assert len(change(text).split()) <= len(text.split()) + 1


def test_what_is_found_is_found_through_what_the_normaliser_undoes(bundle: Bundle) -> None:
    groups = ("Migrants", "Immigrants", "Muslims", "Jews", "Women", "Refugees")
    cases = [Case(str(n), f"{g} are vermin.", "hate", True, "", g) for n, g in enumerate(groups)]
    cases += [Case(f"h{n}", f"{g} cooked dinner.", "hate", False, "", g) for n, g in
              enumerate(groups)]  # fmt: skip
    found = evade(collect("made_up", cases, bundle.scorer), bundle.scorer)
    by_name = {one.evasion: one for one in found.evaded}
    assert by_name["invisible characters"].still_found.value == 1
    assert by_name["look-alike letters"].still_found.value == 1
    assert by_name["all capitals"].alarms.value == 0
    assert all(one.still_found.rows <= len(groups) for one in found.evaded)
    for one in found.evaded:
        assert (one.lost is None) == (one.still_found.value == 1)
        assert (one.alarmed is None) == (one.alarms.value == 0)
    assert '"text"' not in json.dumps(found.to_json())
    with pytest.raises(MetricUnavailable):
        evade(collect("made_up", cases[:6], bundle.scorer), bundle.scorer)
