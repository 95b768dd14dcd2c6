"""Small suite files in the columns of the real ones, written by the tests: no row is anyone's."""

from pathlib import Path
from typing import Any

from made_up_data import write_jsonl

POSTS: list[dict[str, Any]] = [
    {
        "post_id": "hateful",
        "annotators": {
            "label": [0, 0, 2],
            "target": [["African", "Women"], ["African"], ["None"]],
        },
        "rationales": [[0, 1, 1, 0, 1], [0, 1, 0, 0, 1], [0, 0, 1, 0, 0]],
        "post_tokens": ["<user>", "those", "people", "are", "vermin"],
    },
    {
        "post_id": "normal",
        "annotators": {"label": [1, 1, 0], "target": [["Islam"], ["Islam"], ["Other"]]},
        "rationales": [],
        "post_tokens": ["we", "had", "dinner"],
    },
    {
        "post_id": "offensive",
        "annotators": {"label": [2, 2, 1], "target": [["None"], ["None"], ["None"]]},
        "rationales": [[1, 0], [1, 1]],
        "post_tokens": ["utter", "nonsense"],
    },
    {
        "post_id": "three opinions",
        "annotators": {"label": [0, 1, 2], "target": [["None"], ["None"], ["None"]]},
        "rationales": [[1], [1]],
        "post_tokens": ["hm"],
    },
]


def write_hatexplain(folder: Path) -> None:
    """Four posts; on the last no two annotators agree."""
    write_jsonl(folder / "hatexplain/test.jsonl.gz", POSTS)


def write_jigsaw(folder: Path) -> None:
    """Ten comments of which every second has all six labels."""
    columns = ("toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate")
    write_jsonl(
        folder / "jigsaw_toxic/test_sample.jsonl.gz",
        (
            {
                "id": str(number),
                "comment_text": f"comment number {number}",
                **dict.fromkeys(columns, number % 2),
            }
            for number in range(10)
        ),
    )


def write_bias_templates(folder: Path) -> None:
    """Two groups in thirty templates of one family, one of another, and one without a group."""
    rows = [
        {"template": "you_are_adj", "toxicity": "nontoxic", "phrase": f"You are a {word} {group}"}
        for word in (f"kind{number:02}" for number in range(30))
        for group in ("african american", "sikh")
    ]
    rows += [
        {"template": "being_adj", "toxicity": "toxic", "phrase": f"Being {group} is awful"}
        for group in ("middle aged", "sikh")
    ]
    rows.append(
        {"template": "you_occupation", "toxicity": "toxic", "phrase": "You are a bad farmer"}
    )
    write_jsonl(folder / "jigsaw_bias_templates/en_sentence_templates.jsonl.gz", rows)


def write_hatemoderate(folder: Path) -> None:
    """Rows of two dehumanizing clauses and one other; some stand in other data sets too.

    Needs the files of `made_up_data.write_data` in the same folder.
    """
    for name in ("train", "test"):
        write_jsonl(
            folder / f"civil_comments_sample/toxic_spans_{name}.jsonl.gz",
            [{"comment_text": f"A comment of the {name} file."}],
        )
    for kind, rows in (
        (
            "hate",
            (
                ("filth", "a text of its own"),
                ("filth", "A text, of its OWN!"),
                (
                    "insects",
                    "I want Muslims out of this town for good, in the OLD quarter number 1",
                ),
                ("insects", "a comment of the train file"),
                ("segregation", "a text under another clause"),
            ),
        ),
        ("nonhate", (("insects", "cockroaches came through the kitchen window"),)),
    ):
        write_jsonl(
            folder / f"eval_only/hatemoderate/all_examples_{kind}.jsonl.gz",
            (
                {"example_id": str(number), "sentence": text, "guideline": clause}
                for number, (clause, text) in enumerate(rows)
            ),
        )


def write_all(folder: Path) -> None:
    """Every suite that `made_up_data.write_data` does not write."""
    write_hatexplain(folder)
    write_jigsaw(folder)
    write_bias_templates(folder)
    write_hatemoderate(folder)
