"""Small suite files in the columns of the real ones, written by the tests: no row is anyone's."""

from collections.abc import Iterable
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


def write_ordinary(folder: Path) -> None:
    """Two domains, one of them with a hundred rows and more."""
    for path in ("ordinary/test.jsonl.gz", "eval_only/ordinary_more.jsonl.gz"):
        write_jsonl(
            folder / path,
            (
                {
                    "id": f"{path}{number}",
                    "text": f"we baked bread number {number} in {path}",
                    "domain": "food" if number < 110 else "sports",
                }
                for number in range(120)
            ),
        )


NATURAL: list[dict[str, Any]] = [
    {
        "text": "Jews are vermin, and a Jewish baker is a rat",
        "dehumanization": 1.0,
        "hate": 1.0,
        "targets": ["religion", "ethnicity"],
        "mechanisms": ["vermin", "animal"],
        "spans": [[9, 15], [0, 4], [12, 20]],
        "reason": None,
    },
    {
        "text": "an Arab is a plague",
        "dehumanization": 0.75,
        "hate": 1.0,
        "targets": ["ethnicity"],
        "mechanisms": ["disease"],
        "spans": [[13, 19]],
        "reason": None,
    },
    {
        "text": "Jews and Arabs are vermin",
        "dehumanization": 1.0,
        "hate": 1.0,
        "targets": ["religion"],
        "mechanisms": ["vermin"],
        "spans": [[19, 25]],
        "reason": None,
    },
    {
        "text": "keep them out of our town",
        "dehumanization": 0.25,
        "hate": 0.75,
        "targets": ["immigration_status", "individual"],
        "mechanisms": [],
        "spans": [],
        "reason": "other_hate",
    },
    {
        "text": "a flood of newcomers",
        "dehumanization": 0.5,
        "hate": 0.5,
        "targets": ["immigration_status"],
        "mechanisms": ["object"],
        "spans": [[2, 7]],
        "reason": None,
    },
    {
        "text": "the cat caught a rat",
        "dehumanization": 0.0,
        "hate": 0.0,
        "targets": [],
        "mechanisms": [],
        "spans": [],
        "reason": "literal",
    },
]


def write_natural(folder: Path) -> None:
    """Six posts: of two one group is named, of one two, and on one the passes are in doubt."""
    write_jsonl(
        folder / "dehum_natural/test.jsonl.gz",
        ({"id": f"e{n}", "source": "made up", **row} for n, row in enumerate(NATURAL)),
    )


def write_groups(folder: Path, each: int = 7) -> None:
    """`each` groups of four categories that are seen and as many unseen; the last has no adjective.

    each: at most seven.
    """
    header = "plural,singular,adjective,category,region,aliases,common\n"
    categories = ("ethnicity", "religion", "national_origin", "age")
    (folder / "groups").mkdir(parents=True, exist_ok=True)
    for part, letter in (("train", "S"), ("unseen", "U")):
        rows = [
            f"{letter}{name}s,{letter}{name},{letter}{name},{categories[place % 4]},world,,1"
            for place, name in enumerate(("aba", "obo", "iri", "eke", "umu", "ala", "oro"))
        ]
        rows = rows[:each]
        rows[-1] = f"people of {letter}oro,person of {letter}oro,,national_origin,world,{letter}o,0"
        text = header + "\n".join(rows) + "\n"
        (folder / f"groups/{part}.csv").write_text(text, encoding="utf-8")


def write_perspective(folder: Path) -> None:
    """Wikipedia comments of both kinds, and three posts in two parts with six attributes."""
    for number, name in enumerate(("gc", "gn")):
        write_jsonl(
            folder / f"perspective_wikipedia/{name}_test.jsonl.gz",
            (
                {
                    "id": f"{name}{row}",
                    "text": f"talk about article {name} {row}",
                    "label": str(row % 2),
                    "api": f"{(row + number) / 10}",
                    "parent": "",
                }
                for row in range(5)
            ),
        )
    six = ("toxicity", "severe_toxicity", "identity_attack", "insult", "profanity", "threat")
    write_jsonl(
        folder / "perspective_rtp/test.jsonl.gz",
        (
            {
                "source": "made up",
                "file": f"{post}.txt",
                "part": part,
                "text": f"{part} of post {post}",
                **{name: (post + place) / 10 for place, name in enumerate(six)},
            }
            for post in range(3)
            for part in ("prompt", "continuation")
        ),
    )


def write_counterspeech(folder: Path) -> None:
    """Of each set a row that counts and one that does not; one text stands twice."""
    write_jsonl(
        folder / "eval_only/dynacounter/all.jsonl.gz",
        [
            {"response": "everyone deserves respect", "gold_label": "counterspeech"},
            {"response": "you are right", "gold_label": "not_counterspeech"},
        ],
    )
    write_jsonl(
        folder / "convabuse/test.jsonl.gz",
        [
            {"user": "how are you", "severity_votes": [1, 1]},
            {"user": "you useless thing", "severity_votes": [1, -1]},
            {"user": "hm", "severity_votes": [1, 0]},
            {"user": "everyone deserves respect", "severity_votes": [1, 1]},
        ],
    )
    write_jsonl(
        folder / "reddit_counterspeech/validation_set.jsonl.gz",
        [{"reply": "that is not true", "label": "2"}, {"reply": "so be it", "label": "0"}],
    )


def write_verdicts(folder: Path, ids: Iterable[str]) -> None:
    """Another system's verdicts on HateCheck: all hateful."""
    path = folder / "eval_only/perspective_on_hatecheck/verdicts.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ["case_id,pred_perspective", *(f"{name},hateful" for name in ids)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_all(folder: Path) -> None:
    """Every suite that `made_up_data.write_data` does not write."""
    write_hatexplain(folder)
    write_jigsaw(folder)
    write_bias_templates(folder)
    write_hatemoderate(folder)
    write_ordinary(folder)
    write_natural(folder)
    write_groups(folder, each=2)
    write_perspective(folder)
    write_counterspeech(folder)
