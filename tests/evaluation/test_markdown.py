"""Tables in Markdown."""

from upstander.evaluation.markdown import table


def test_a_cell_may_hold_any_text() -> None:
    assert table(["what", ""], [["a | b", 1], ["two\nlines", "  much   room "]]) == [
        "| what |  |",
        "| --- | --- |",
        "| a \\| b | 1 |",
        "| two lines | much room |",
    ]


def test_numbers_are_aligned_to_the_right() -> None:
    assert table(["group", "rows"], [], of_numbers=True)[1] == "| --- | ---: |"
