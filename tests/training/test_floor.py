"""One table of thresholds leaves the ordinary posts of every language alone."""

from collections.abc import Sequence

import datasets
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from upstander.models.labels import LABELS
from upstander.training.threshold_floor import flagged_by_language, floor_of, ordinary_posts

_NAN = float("nan")


def labels(**known: float) -> list[float]:
    return [known.get(label, _NAN) for label in LABELS]


def table(rows: Sequence[tuple[str, str, list[float]]]) -> datasets.Dataset:
    return datasets.Dataset.from_dict(
        {
            "text": [f"post {number} of {source}" for number, (source, _, _) in enumerate(rows)],
            "source": [source for source, _, _ in rows],
            "language": [language for _, language, _ in rows],
            "labels": [values for _, _, values in rows],
        }
    )


def test_posts_are_the_rows_of_which_every_known_label_is_0() -> None:
    rows = [
        ("cold", "zh", labels(hate=0.0, toxicity=0.0)),
        ("cold", "zh", labels(toxicity=0.0)),  # of hate it says nothing
        ("cold", "zh", labels(hate=0.0, toxicity=1.0)),
        ("other", "de", labels(hate=0.0)),
        ("polar", "de", labels(hate=0.0, dehumanization=0.0)),
    ]
    tables = {"validation": table(rows), "calibration": table(rows[:1])}
    posts = ordinary_posts(["cold", "polar"], tables)
    assert list(posts.texts) == ["post 0 of cold", "post 4 of polar", "post 0 of cold"]
    assert posts.languages.tolist() == ["zh", "de", "zh"]
    assert len(ordinary_posts([], tables).texts) == 0


@settings(max_examples=50)
@given(
    st.dictionaries(
        st.sampled_from(["de", "fr", "zh"]),
        st.lists(st.floats(0, 0.999), min_size=60, max_size=90),
        min_size=1,
    ),
    st.floats(0.01, 0.2),
)
def test_no_language_is_flagged_more_often_than_is_allowed(
    posts: dict[str, list[float]], most: float
) -> None:
    probabilities = np.concatenate([np.array(own) for own in posts.values()])
    languages = np.array([code for code, own in posts.items() for _ in own])
    threshold = floor_of(probabilities, languages, most)
    for found in flagged_by_language(probabilities, languages, threshold).values():
        assert found["flagged"] <= most
    assert floor_of(probabilities, languages, most / 2) >= threshold


def test_a_language_of_few_posts_decides_nothing() -> None:
    probabilities = np.array([*np.linspace(0, 0.5, 100), *[0.99] * 5])
    languages = np.array([*["de"] * 100, *["nl"] * 5])
    assert floor_of(probabilities, languages, 0.03) < 0.6
    assert floor_of(probabilities[100:], languages[100:], 0.03) == 0.0
    assert flagged_by_language(probabilities, languages, 0.9)["nl"] == {"rows": 5, "flagged": 1.0}
