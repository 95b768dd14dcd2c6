"""The rows that a recipe asks for."""

from training.example import Example
from training.steps.prepare import with_misspelt

ROWS = [
    Example(f"neighbours deserve better, number {n}", "dynahate", str(n), "train", spans=((0, 5),))
    for n in range(1000)
]


def test_the_asked_share_of_the_rows_is_misspelt() -> None:
    rows = with_misspelt(ROWS, 0.2, seed=1)
    changed = [after for before, after in zip(ROWS, rows, strict=True) if after != before]
    assert 160 < len(changed) < 240
    assert all(row.spans == () for row in changed)
    assert rows == with_misspelt(ROWS, 0.2, seed=1)
    assert rows != with_misspelt(ROWS, 0.2, seed=2)
    assert with_misspelt(ROWS, 0.0, seed=1) == ROWS


def test_the_copies_of_a_row_differ() -> None:
    rows = with_misspelt(ROWS + ROWS, 0.2, seed=1)
    assert [row.text for row in rows[:1000]] != [row.text for row in rows[1000:]]
