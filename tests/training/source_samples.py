"""A few made-up rows of every data set, in its own columns, and the Examples they should become.

Nobody's texts: what is written in them has nothing to do with the labels, except where a reader
looks at the words. The Examples were worked out by hand from each data set's description.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from upstander.models.labels import MECHANISMS, TARGETS
from upstander.training.example import Example, Split

Row = dict[str, Any]

HATEFUL = {"hate": 1.0}
NOT_HATEFUL = {"hate": 0.0, "dehumanization": 0.0}
GUESSED = frozenset({"dehumanization"})
NO_MECHANISM = dict.fromkeys(MECHANISMS, 0.0)


@dataclass(frozen=True)
class Sample:
    """Rows of one data set.

    files: path to its rows, for every declared file.
    expected: what reading them should yield, in the order of the declared files.
    spoil: a column of the first row, and a value that the data set is not known to have.
    """

    files: Mapping[str, list[Row]]
    expected: list[Example]
    spoil: tuple[str, Any] | None


def targets(*positive: str) -> dict[str, float]:
    """Every protected category, with these as 1.0."""
    return {**dict.fromkeys(TARGETS, 0.0), **dict.fromkeys(positive, 1.0)}


def guessed(*positive: str) -> dict[str, float]:
    """Every mechanism, with these as 1.0."""
    return {**NO_MECHANISM, **dict.fromkeys(positive, 1.0)}


def typed(number: str, text: str, label: str, kind: str, target: str) -> Row:
    return {"acl.id": number, "text": text, "label": label, "type": kind, "target": target}


def _dynahate() -> Sample:
    return Sample(
        {
            "dynahate/train.jsonl.gz": [
                {"text": "they are vermin, he wrote", "label": "1"},
                {"text": "send them home, he wrote", "label": "1"},
                {"text": "there is vermin in my kitchen", "label": "0"},
                {"text": "I live next to Muslims", "label": "0"},
            ],
            "dynahate/dev_typed.jsonl.gz": [
                typed("d1", "first typed row", "hate", "dehumanization", "mus.wom,immig"),
                typed("d2", "second typed row", "hate", "notgiven", "notgiven"),
                typed("d3", "third typed row", "hate", "animosity", "hitler"),
                typed("d4", "fourth typed row", "nothate", "none", "none"),
            ],
            "dynahate/dev.jsonl.gz": [{"text": "they are vermin, she read", "label": "1"}],
            "dynahate/test_rounds123_typed.jsonl.gz": [
                typed("t1", "a typed row of the test", "hate", "derogation", "jew")
            ],
        },
        [
            Example(
                "they are vermin, he wrote",
                "dynahate",
                "dynahate/train.jsonl.gz:1",
                "train",
                {"hate": 1.0, "dehumanization": 1.0},
                weak=frozenset({"dehumanization", "targets"}),
                mechanisms=guessed("vermin"),
            ),
            Example(
                "send them home, he wrote",
                "dynahate",
                "dynahate/train.jsonl.gz:2",
                "train",
                {"hate": 1.0, "dehumanization": 0.0},
                weak=frozenset({"dehumanization", "targets"}),
                mechanisms=guessed(),
            ),
            Example(
                "there is vermin in my kitchen",
                "dynahate",
                "dynahate/train.jsonl.gz:3",
                "train",
                NOT_HATEFUL,
                weak=frozenset({"targets"}),
                mechanisms=NO_MECHANISM,
            ),
            # Whom a training row speaks of is guessed from its words, whatever it says of them.
            Example(
                "I live next to Muslims",
                "dynahate",
                "dynahate/train.jsonl.gz:4",
                "train",
                NOT_HATEFUL,
                weak=frozenset({"targets"}),
                targets=targets("religion"),
                mechanisms=NO_MECHANISM,
            ),
            Example(
                "first typed row",
                "dynahate",
                "d1",
                "dev",
                {"hate": 1.0, "dehumanization": 1.0},
                targets=targets("religion", "gender", "immigration_status"),
            ),
            Example("second typed row", "dynahate", "d2", "dev", HATEFUL),
            Example(
                "third typed row", "dynahate", "d3", "dev", {"hate": 1.0, "dehumanization": 0.0}
            ),
            Example(
                "fourth typed row", "dynahate", "d4", "dev", NOT_HATEFUL, mechanisms=NO_MECHANISM
            ),
            Example(
                "they are vermin, she read", "dynahate", "dynahate/dev.jsonl.gz:1", "dev", HATEFUL
            ),
            Example(
                "a typed row of the test",
                "dynahate",
                "t1",
                "test",
                {"hate": 1.0, "dehumanization": 0.0},
                targets=targets("religion", "ethnicity"),
            ),
        ],
        ("label", "perhaps"),
    )


def _hatemoji_build() -> Sample:
    columns = ("entry_id", "text", "type", "target", "label_gold")

    def row(*values: str) -> Row:
        return dict(zip(columns, values, strict=True))

    name = "hatemoji_build"
    return Sample(
        {
            f"{name}/train.jsonl.gz": [
                row("1", "one \U0001f642", "dehumanizinglanguage", "['bla', 'wom']", "1"),
                row("2", "two \U0001f642", "derogation", "['nobody we know']", "1"),
                row("3", "three \U0001f642", "none", "['none']", "0"),
            ],
            f"{name}/validation.jsonl.gz": [row("4", "four", "animosity", "['dis']", "1")],
            f"{name}/test.jsonl.gz": [row("5", "five", "none", "['none']", "0")],
        },
        [
            Example(
                "one \U0001f642",
                name,
                "1",
                "train",
                {"hate": 1.0, "dehumanization": 1.0},
                targets=targets("race", "gender"),
            ),
            Example("two \U0001f642", name, "2", "train", {"hate": 1.0, "dehumanization": 0.0}),
            Example("three \U0001f642", name, "3", "train", NOT_HATEFUL, mechanisms=NO_MECHANISM),
            Example(
                "four",
                name,
                "4",
                "dev",
                {"hate": 1.0, "dehumanization": 0.0},
                targets=targets("disability"),
            ),
            Example("five", name, "5", "test", NOT_HATEFUL, mechanisms=NO_MECHANISM),
        ],
        ("target", "['bla'"),
    )


def _toxigen_annotated() -> Sample:
    name = "toxigen_annotated"
    return Sample(
        {
            f"{name}/all.jsonl.gz": [
                {"id": 7, "text": "they are animals", "label": "hate", "target_groups": ["black"]},
                {
                    "id": 8,
                    "text": "they keep animals",
                    "label": "neutral",
                    "target_groups": ["native-american", "women"],
                },
            ]
        },
        [
            Example(
                "they are animals",
                name,
                "7",
                "unsplit",
                {"hate": 1.0, "dehumanization": 1.0},
                weak=GUESSED,
                targets=targets("race"),
                mechanisms=guessed("animal"),
            ),
            Example(
                "they keep animals",
                name,
                "8",
                "unsplit",
                NOT_HATEFUL,
                targets=targets("ethnicity", "gender"),
                mechanisms=NO_MECHANISM,
            ),
        ],
        ("label", "perhaps"),
    )


def _toxigen_demonstrations() -> Sample:
    name = "toxigen_demonstrations"
    path = f"{name}/all.jsonl.gz"
    return Sample(
        {
            path: [
                {"file": "religion/hate_muslim_sentences.txt", "text": "go home, he said"},
                {"file": "disability/neutral_mental_disability.txt", "text": "a kind word"},
            ]
        },
        [
            Example(
                "go home, he said",
                name,
                f"{path}:1",
                "unsplit",
                {"hate": 1.0, "dehumanization": 0.0},
                weak=GUESSED,
                targets=targets("religion"),
                mechanisms=guessed(),
            ),
            Example(
                "a kind word",
                name,
                f"{path}:2",
                "unsplit",
                NOT_HATEFUL,
                targets=targets("disability"),
                mechanisms=NO_MECHANISM,
            ),
        ],
        ("file", "religion/perhaps_muslim.txt"),
    )


def _edos() -> Sample:
    def row(number: str, text: str, label: str, vector: str) -> Row:
        return {"rewire_id": number, "text": text, "label_sexist": label, "label_vector": vector}

    return Sample(
        {
            "edos/train.jsonl.gz": [
                row("e1", "one by [USER] at [URL]", "sexist", "2.3 dehumanising attacks & more"),
                row("e2", "two", "sexist", "2.1 descriptive attacks"),
                row("e3", "three", "not sexist", "none"),
            ],
            "edos/dev.jsonl.gz": [row("e4", "four", "not sexist", "none")],
            "edos/test.jsonl.gz": [row("e5", "five", "sexist", "1.1 threats of harm")],
        },
        [
            Example(
                "one by @user at http",
                "edos",
                "e1",
                "train",
                {"hate": 1.0, "dehumanization": 1.0},
                targets=targets("gender"),
            ),
            Example(
                "two",
                "edos",
                "e2",
                "train",
                {"hate": 1.0, "dehumanization": 0.0},
                targets=targets("gender"),
            ),
            # Another group may be attacked in it: nothing but sexism is denied.
            Example("three", "edos", "e3", "train", {"hate": 0.0}),
            Example("four", "edos", "e4", "dev", {"hate": 0.0}),
            Example(
                "five",
                "edos",
                "e5",
                "test",
                {"hate": 1.0, "dehumanization": 0.0},
                targets=targets("gender"),
            ),
        ],
        ("label_sexist", "perhaps"),
    )


def _measuring_hate_speech() -> Sample:
    name = "measuring_hate_speech_binary"
    return Sample(
        {
            f"{name}/train.jsonl.gz": [{"text": "one", "label": "1"}],
            f"{name}/dev.jsonl.gz": [{"text": "two", "label": "0"}],
            f"{name}/test.jsonl.gz": [{"text": "three", "label": "1"}],
        },
        [
            Example("one", name, f"{name}/train.jsonl.gz:1", "train", HATEFUL),
            Example("two", name, f"{name}/dev.jsonl.gz:1", "dev", NOT_HATEFUL),
            Example("three", name, f"{name}/test.jsonl.gz:1", "test", HATEFUL),
        ],
        ("label", "2"),
    )


def _hatexplain() -> Sample:
    columns = ("Race", "Religion", "Gender", "Sexual Orientation", "Miscellaneous")

    def post(
        number: str, labels: list[int], groups: list[list[str]], marks: list[list[int]]
    ) -> Row:
        return {
            "post_id": number,
            "annotators": {"label": labels, "target": groups},
            "rationales": marks,
            "post_tokens": ["<user>", "blue", "sky", "over", "us"],
        }

    normal = {"hate": 0.0, "toxicity": 0.0, "dehumanization": 0.0}
    toxic = {"hate": 1.0, "toxicity": 1.0}
    return Sample(
        {
            "hatexplain/train.jsonl.gz": [
                {"text": "a blue sky over us", "label": "0"},
                {"text": "<user> is kind", "label": "1"},
                {"text": "so rude a word", "label": "2"},
                {"text": "so fine a day", "label": "1"},
            ],
            "hatexplain/val.jsonl.gz": [
                post(
                    "v1",
                    [0, 0, 1],
                    [["African", "Women"], ["African"], ["None"]],
                    [[1, 1, 0, 0, 1], [0, 1, 1, 0, 1], [0, 1, 1, 0, 0]],
                ),
                post("v2", [0, 1, 2], [["None"], ["None"], ["None"]], []),
            ],
            "hatexplain/test.jsonl.gz": [
                post("t1", [1, 1, 1], [["None"], ["Other"], ["None"]], []),
                post("t2", [2, 1, 2], [["None"], ["Other"], ["None"]], []),
            ],
            "hatexplain/train_rationale_spans.jsonl.gz": [
                {
                    "text": "a blue sky over us",
                    "evidences": [
                        {"start_token": 1, "end_token": 3},
                        {"start_token": 4, "end_token": 5},
                    ],
                },
                {"text": "<user> is kind", "evidences": [{"start_token": 2, "end_token": 3}]},
            ],
            "hatexplain/all_target_columns.jsonl.gz": [
                {
                    "comment": "a blue sky over us",
                    **dict(zip(columns, ("No_race", "Islam", "Men", "No_orientation", "Refugee"),
                               strict=True)),
                },
            ],
        },
        [
            Example(
                "a blue sky over us",
                "hatexplain",
                "hatexplain/train.jsonl.gz:1",
                "train",
                toxic,
                targets=targets("religion", "gender", "immigration_status"),
                spans=((2, 10), (16, 18)),
            ),
            # The mention is masked anew, so the tokens would no longer be where they were.
            Example("@user is kind", "hatexplain", "hatexplain/train.jsonl.gz:2", "train", normal),
            Example(
                "so rude a word",
                "hatexplain",
                "hatexplain/train.jsonl.gz:3",
                "train",
                {"toxicity": 1.0},
            ),
            # Annotators mark the words of what is hateful or offensive; in a normal post, none.
            Example(
                "so fine a day",
                "hatexplain",
                "hatexplain/train.jsonl.gz:4",
                "train",
                normal,
                spans=(),
            ),
            Example(
                "@user blue sky over us",
                "hatexplain",
                "v1",
                "dev",
                toxic,
                targets=targets("race"),
                spans=((6, 14), (20, 22)),
            ),
            Example("@user blue sky over us", "hatexplain", "t1", "test", normal, spans=()),
            Example("@user blue sky over us", "hatexplain", "t2", "test", {"toxicity": 1.0}),
        ],
        ("label", "3"),
    )  # fmt: skip


def _implicit_hate() -> Sample:
    name = "implicit_hate"
    path = f"{name}/stg1_posts.jsonl.gz"
    return Sample(
        {
            path: [
                {"post": "one", "class": "implicit_hate"},
                {"post": "two", "class": "implicit_hate"},
                {"post": "three", "class": "explicit_hate"},
                {"post": "four", "class": "not_hate"},
            ],
            f"{name}/stg2_posts.jsonl.gz": [
                {"post": "one", "implicit_class": "irony", "extra_implicit_class": "inferiority"},
                {"post": "two", "implicit_class": "irony", "extra_implicit_class": "None"},
            ],
            f"{name}/stg3_posts.jsonl.gz": [
                {"post": "one", "target": "Black women"},
                {"post": "two", "target": "people who like rain"},
            ],
        },
        [
            Example(
                "one",
                name,
                f"{path}:1",
                "unsplit",
                {"hate": 1.0, "inferiority": 1.0},
                targets=targets("race", "gender"),
            ),
            Example("two", name, f"{path}:2", "unsplit", {"hate": 1.0, "inferiority": 0.0}),
            Example("three", name, f"{path}:3", "unsplit", HATEFUL),
            Example("four", name, f"{path}:4", "unsplit", {**NOT_HATEFUL, "inferiority": 0.0}),
        ],
        ("class", "perhaps"),
    )


def _gab_hate_corpus() -> Sample:
    name = "gab_hate_corpus"

    def row(text: str, flags: str) -> Row:
        return {"text": text, **dict(zip(("hd", "cv", "vo"), flags, strict=True))}

    return Sample(
        {
            f"{name}/train.jsonl.gz": [row("one", "100"), row("two", "010"), row("three", "001")],
            f"{name}/test.jsonl.gz": [row("four", "000")],
        },
        [
            Example(
                "one", name, f"{name}/train.jsonl.gz:1", "unsplit", {"hate": 1.0, "toxicity": 1.0}
            ),
            Example(
                "two", name, f"{name}/train.jsonl.gz:2", "unsplit", {"hate": 1.0, "toxicity": 1.0}
            ),
            Example(
                "three",
                name,
                f"{name}/train.jsonl.gz:3",
                "unsplit",
                {**NOT_HATEFUL, "toxicity": 1.0},
            ),
            Example(
                "four", name, f"{name}/test.jsonl.gz:1", "test", {**NOT_HATEFUL, "toxicity": 0.0}
            ),
        ],
        ("hd", "2"),
    )


def _cad() -> Sample:
    def row(number: str, text: str, labels: str) -> Row:
        return {"id": number, "text": text, "labels": labels}

    return Sample(
        {
            "cad/train.jsonl.gz": [
                row("c1", "one[linebreak]line", "IdentityDirectedAbuse,CounterSpeech"),
                row("c2", "two", "PersonDirectedAbuse"),
                row("c3", " ", "Neutral"),  # nothing to read: left out
            ],
            "cad/dev.jsonl.gz": [row("c4", "four", "Neutral")],
            "cad/test.jsonl.gz": [row("c5", "five", "CounterSpeech")],
        },
        [
            Example("one\nline", "cad", "c1", "train", {"hate": 1.0, "toxicity": 1.0}),
            Example("two", "cad", "c2", "train", {**NOT_HATEFUL, "toxicity": 1.0}),
            Example("four", "cad", "c4", "dev", {**NOT_HATEFUL, "toxicity": 0.0}),
            Example("five", "cad", "c5", "test", {**NOT_HATEFUL, "toxicity": 0.0}),
        ],
        ("labels", "Neutral,Perhaps"),
    )


def _vicomtech() -> Sample:
    def row(number: str, label: str) -> Row:
        return {"file_id": number, "label": label, "text": f"sentence {number}"}

    return Sample(
        {
            "vicomtech/train.jsonl.gz": [row("v1", "hate"), row("v2", "noHate")],
            "vicomtech/unsampled.jsonl.gz": [
                row("v3", "relation"),
                row("v4", "idk/skip"),
                row("v5", "noHate"),
            ],
        },
        [
            Example("sentence v1", "vicomtech", "v1", "unsplit", HATEFUL),
            Example("sentence v2", "vicomtech", "v2", "unsplit", NOT_HATEFUL),
            Example("sentence v5", "vicomtech", "v5", "unsplit", NOT_HATEFUL),
        ],
        ("label", "perhaps"),
    )


def _wiegand() -> Sample:
    name = "wiegand_identity_groups"
    path = f"{name}/english.jsonl.gz"
    return Sample(
        {
            path: [
                {"#SENTENCE_FROM_TWEET": '"one" ', "LABEL": "ABUSE", "TARGET": "Jews"},
                {"#SENTENCE_FROM_TWEET": "two", "LABEL": "OTHER", "TARGET": "Gays"},
            ]
        },
        [
            Example(
                "one",
                name,
                f"{path}:1",
                "unsplit",
                HATEFUL,
                targets=targets("religion", "ethnicity"),
            ),
            Example(
                "two",
                name,
                f"{path}:2",
                "unsplit",
                NOT_HATEFUL,
                targets=targets("sexual_orientation"),
            ),
        ],
        ("LABEL", "PERHAPS"),
    )


def _davidson() -> Sample:
    path = "davidson/all.jsonl.gz"
    return Sample(
        {
            path: [
                {"tweet": "salt &amp; pepper", "class": "0"},
                {"tweet": "two", "class": "1"},
                {"tweet": "three", "class": "2"},
            ]
        },
        [
            Example(
                "salt & pepper",
                "davidson",
                f"{path}:1",
                "unsplit",
                {"hate": 1.0, "toxicity": 1.0},
            ),
            Example("two", "davidson", f"{path}:2", "unsplit", {"hate": 0.0, "toxicity": 1.0}),
            Example(
                "three", "davidson", f"{path}:3", "unsplit", {**NOT_HATEFUL, "toxicity": 0.0}
            ),
        ],
        ("class", "3"),
    )  # fmt: skip


def _mlma() -> Sample:
    def row(number: str, sentiment: str, group: str) -> Row:
        return {"HITId": number, "tweet": f"tweet {number}", "sentiment": sentiment, "group": group}

    return Sample(
        {
            "mlma/en.jsonl.gz": [
                row("m1", "hateful_offensive", "immigrants"),
                row("m2", "disrespectful", "women"),
                row("m3", "fearful_normal", "other"),
            ]
        },
        [
            Example(
                "tweet m1",
                "mlma",
                "m1",
                "unsplit",
                {"hate": 1.0, "toxicity": 1.0},
                targets=targets("immigration_status"),
            ),
            # Who is meant is known only for what is hateful; dehumanization is not denied.
            Example("tweet m2", "mlma", "m2", "unsplit", {"hate": 0.0, "toxicity": 1.0}),
            Example("tweet m3", "mlma", "m3", "unsplit", {"hate": 0.0, "toxicity": 0.0}),
        ],
        ("sentiment", "hatefull_normal"),
    )


def _social_bias_frames() -> Sample:
    name = "social_bias_frames"

    def row(text: str, offensive: str, group: str, minority: list[str]) -> Row:
        return {
            "post": text,
            "offensiveYN": offensive,
            "whoTarget": group,
            "targetMinority": json.dumps(minority),
        }

    return Sample(
        {
            f"{name}/dev_agg.jsonl.gz": [
                row("one", "1.0", "1.0", ["muslim folks", "women"]),
                row("two", "0.5", "0.0", []),
                row("three", "0.0", "", []),
            ],
            f"{name}/test_agg.jsonl.gz": [row("four", "1.0", "", [])],
        },
        [
            Example(
                "one",
                name,
                f"{name}/dev_agg.jsonl.gz:1",
                "dev",
                {"hate": 1.0, "toxicity": 1.0},
                targets=targets("religion", "gender"),
            ),
            Example("two", name, f"{name}/dev_agg.jsonl.gz:2", "dev", {}),
            Example(
                "three", name, f"{name}/dev_agg.jsonl.gz:3", "dev", {**NOT_HATEFUL, "toxicity": 0.0}
            ),
            Example("four", name, f"{name}/test_agg.jsonl.gz:1", "test", {"toxicity": 1.0}),
        ],
        ("offensiveYN", "perhaps"),
    )


def _jigsaw_toxic() -> Sample:
    name = "jigsaw_toxic"
    columns = ("toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate")
    labels = ("toxicity", "severe_toxicity", "profanity", "threat", "insult", "identity_attack")

    def row(number: str, flags: str, **more: str) -> Row:
        text = {"id": number, "comment_text": f"comment {number}"}
        return {**text, **dict(zip(columns, flags, strict=True)), **more}

    def six(flags: str) -> dict[str, float]:
        return dict(zip(labels, map(float, flags), strict=True))

    return Sample(
        {
            f"{name}/train.jsonl.gz": [
                row("j1", "110011", text_form="original"),
                row("j2", "000000", text_form="sentences_rejoined"),
                row("j3", "100000", text_form="lowercased_cleaned"),
                row("j4", "000001", text_form="original"),
                row("j5", "101100", text_form="original"),
            ],
            f"{name}/train_toxic_only.jsonl.gz": [{"comment_text": "six", "toxic": "1"}],
            f"{name}/test_sample.jsonl.gz": [row("j7", "000000")],
            f"{name}/test_sample_toxic_only.jsonl.gz": [{"comment_text": "eight", "toxic": "0"}],
        },
        [
            Example("comment j1", name, "j1", "unsplit", six("110011")),
            Example(
                "comment j2", name, "j2", "unsplit", {**six("000000"), "dehumanization": 0.0}
            ),
            # An attack on a group though not toxic: it may dehumanize.
            Example("comment j4", name, "j4", "unsplit", six("000001")),
            Example("comment j5", name, "j5", "unsplit", six("101100")),
            Example(
                "six", name, f"{name}/train_toxic_only.jsonl.gz:1", "unsplit", {"toxicity": 1.0}
            ),
            Example("comment j7", name, "j7", "test", {**six("000000"), "dehumanization": 0.0}),
            Example(
                "eight",
                name,
                f"{name}/test_sample_toxic_only.jsonl.gz:1",
                "test",
                {"toxicity": 0.0, "dehumanization": 0.0},
            ),
        ],
        ("threat", "2"),
    )  # fmt: skip


def _civil_comments() -> Sample:
    name = "civil_comments_sample"
    text = "a blue sky over us"

    def row(
        number: int, marked: int, identity: int, threat: int, spans: list[list[list[object]]]
    ) -> Row:
        return {
            "comment_id": number,
            "comment_text": text,
            "raters": 3,
            "raters_any_span": marked,
            "raters_identity_attack": identity,
            "raters_threat": threat,
            "spans": spans,
        }

    return Sample(
        {
            f"{name}/toxic_spans_train.jsonl.gz": [
                # Two of three raters marked "blue sky"; one marked "us", past the end.
                row(1, 2, 2, 1, [[["insult", 2, 10]], [["threat", 2, 12], ["insult", 16, 99]], []]),
                row(2, 1, 0, 0, [[["insult", 2, 6]], [], []]),
                row(3, 0, 0, 0, [[], [], []]),
            ],
            f"{name}/toxic_spans_test.jsonl.gz": [
                row(4, 3, 1, 2, [[["threat", 16, 99]], [["threat", 16, 18]], [["insult", 0, 1]]])
            ],
        },
        [
            Example(
                text,
                name,
                "1",
                "unsplit",
                {"toxicity": 1.0, "identity_attack": 1.0},
                spans=((2, 10),),
            ),
            # One of three is too few for a positive and too many for a negative.
            Example(text, name, "2", "unsplit", {}, spans=()),
            Example(text, name, "3", "unsplit", {"toxicity": 0.0}, spans=()),
            Example(
                text, name, "4", "test", {"toxicity": 1.0, "threat": 1.0}, spans=((16, 18),)
            ),
        ],
        ("raters", "perhaps"),
    )  # fmt: skip


def _goemotions() -> Sample:
    def row(number: str, text: str, labels: str) -> Row:
        return {"id": number, "text": text, "labels": labels}

    harmless = {**NOT_HATEFUL, "toxicity": 0.0}
    weak = frozenset(harmless)
    not_hateful = frozenset(NOT_HATEFUL)
    return Sample(
        {
            "goemotions/train.jsonl.gz": [
                row("g1", "thank you [NAME]", "15,17"),
                row("g2", "thank you all the same", "2,15"),  # anger too: left out
                row("g3", "it is Monday", "27"),  # neutral: it may be rude, but hates nobody
                row("g6", "it is so sad", "0,25"),
            ],
            "goemotions/dev.jsonl.gz": [row("g4", "well done", "0")],
            "goemotions/test.jsonl.gz": [row("g5", "how lovely", "18")],
        },
        [
            Example("thank you @user", "goemotions", "g1", "train", harmless, weak=weak),
            Example("it is Monday", "goemotions", "g3", "train", NOT_HATEFUL, weak=not_hateful),
            Example("it is so sad", "goemotions", "g6", "train", NOT_HATEFUL, weak=not_hateful),
            Example("well done", "goemotions", "g4", "dev", harmless, weak=weak),
            Example("how lovely", "goemotions", "g5", "test", harmless, weak=weak),
        ],
        None,
    )


def _dehum_natural() -> Sample:
    name = "dehum_natural"

    def row(number: str, hate: float, dehumanization: float, *named: str, **more: Any) -> Row:
        values = {"hate": hate, "dehumanization": dehumanization, "targets": [*named]}
        return {"id": number, "text": f"a post {number}", "mechanisms": [], "spans": []} | {
            **values,
            **more,
        }

    def example(number: str, hate: float, dehumanization: float, **more: Any) -> Example:
        labels = {"hate": hate, "dehumanization": dehumanization}
        return Example(f"a post {number}", name, number, "unsplit", labels, **more)

    return Sample(
        {
            f"{name}/train.jsonl.gz": [
                row("1", 1.0, 1.0, "race", "gender", mechanisms=["animal"], spans=[[2, 6]]),
                row("2", 0.5, 0.5, "unprotected_group", mechanisms=["filth"], spans=[[0, 1]]),
                row("3", 1.0, 0.5, "caste", mechanisms=["object"]),
                row("4", 1.0, 0.0, "religion"),
                row("5", 0.0, 0.0, "age", "individual"),
                row("6", 0.0, 0.0, "individual"),
            ]
        },
        [
            example(
                *("1", 1.0, 1.0),
                targets=targets("race", "gender"),
                mechanisms=guessed("animal"),
                spans=((2, 6),),
            ),
            # How a borderline text would dehumanize is not sure either.
            example("2", 0.5, 0.5, targets=targets(), spans=((0, 1),)),
            # Its words were not found again: nothing is known of them.
            example("3", 1.0, 0.5, targets=targets("caste")),
            example("4", 1.0, 0.0, targets=targets("religion"), mechanisms=NO_MECHANISM),
            example("5", 0.0, 0.0, targets=targets("age"), mechanisms=NO_MECHANISM, spans=()),
            example("6", 0.0, 0.0, mechanisms=NO_MECHANISM, spans=()),
        ],
        ("hate", "perhaps"),
    )


def _ordinary() -> Sample:
    return Sample(
        {"ordinary/train.jsonl.gz": [{"id": "a1", "text": "rain again", "domain": "short_posts"}]},
        [
            Example(
                *("rain again", "ordinary", "short_posts/a1", "unsplit", NOT_HATEFUL),
                mechanisms=NO_MECHANISM,
                spans=(),
            )
        ],
        None,
    )


def _perspective_rtp() -> Sample:
    path = "perspective_rtp/train.jsonl.gz"
    scores = {
        "toxicity": 0.5,
        "severe_toxicity": 0.25,
        "identity_attack": 0.125,
        "insult": 1.0,
        "profanity": 0.0,
    }
    return Sample(
        {path: [{"text": " and so it rained", **scores, "threat": 0.70004999}]},
        [
            Example(
                *("and so it rained", "perspective_rtp", f"{path}:1", "unsplit"),
                {**scores, "threat": 0.7},
            )
        ],
        ("threat", "perhaps"),
    )


def _perspective_wikipedia() -> Sample:
    name = "perspective_wikipedia"
    return Sample(
        {
            f"{name}/gc_train.jsonl.gz": [{"id": "1.2", "text": "one", "api": "0.050299"}],
            f"{name}/gn_train.jsonl.gz": [{"id": "1.3", "text": "two", "api": "0.9"}],
        },
        [
            Example("one", name, "1.2", "unsplit", {"toxicity": 0.0503}),
            Example("two", name, "1.3", "unsplit", {"toxicity": 0.9}),
        ],
        ("api", "perhaps"),
    )


def _paradetox() -> Sample:
    path = "paradetox/paradetox.jsonl.gz"

    def row(*texts: str) -> Row:
        return dict(zip(("toxic", "neutral1", "neutral2", "neutral3"), texts, strict=True))

    def example(text: str, number: int, column: str) -> Example:
        toxicity = {"toxicity": float(column == "toxic")}
        return Example(text, "paradetox", f"{path}:{number}/{column}", "unsplit", toxicity)

    return Sample(
        {
            path: [
                row("what a day , what a night !", "A fine day, and a fine night!", "Fine .", ""),
                row("it rains .", "It rains.", "", "It is wet."),
            ]
        },
        [
            example("what a day, what a night!", 1, "toxic"),
            example("A fine day, and a fine night!", 1, "neutral1"),
            example("Fine.", 1, "neutral2"),
            # Its first rewrite only has another case.
            example("it rains.", 2, "toxic"),
            example("It is wet.", 2, "neutral3"),
        ],
        None,
    )


def _convabuse() -> Sample:
    def row(text: str, *votes: int) -> Row:
        return {"user": text, "severity_votes": [*votes]}

    def example(text: str, file: str, split: Split, toxicity: float) -> Example:
        return Example(text, "convabuse", f"convabuse/{file}", split, {"toxicity": toxicity})

    return Sample(
        {
            "convabuse/train.jsonl.gz": [row("one", 1, 0, -3), row("_", 1), row("two", 1, 1)],
            "convabuse/valid.jsonl.gz": [row("three", -1, -2)],
            "convabuse/test.jsonl.gz": [row("four", 0)],
        },
        [
            # "_" stands for a user who said nothing.
            example("one", "train.jsonl.gz:1", "train", 0.3333),
            example("two", "train.jsonl.gz:3", "train", 0.0),
            example("three", "valid.jsonl.gz:1", "dev", 1.0),
            example("four", "test.jsonl.gz:1", "test", 0.0),
        ],
        ("severity_votes", "perhaps"),
    )


def _reddit_counterspeech() -> Sample:
    name = "reddit_counterspeech"
    older, newer = (f"{name}/yu_et_al_{year}.jsonl.gz" for year in (2022, 2023))
    return Sample(
        {
            older: [
                {"reply": "one", "label": "0"},
                {"reply": "two", "label": "1"},
                {"reply": "three", "label": "2"},
            ],
            newer: [{"reply": "four", "label": "1.0"}, {"reply": "five", "label": "2.0"}],
        },
        [
            Example("one", name, f"{older}:1", "unsplit", {"hate": 0.0}),
            Example("two", name, f"{older}:2", "unsplit", {"hate": 1.0}),
            Example("three", name, f"{older}:3", "unsplit", {"hate": 0.0}),
            Example("four", name, f"{newer}:1", "unsplit", {"hate": 1.0}),
            Example("five", name, f"{newer}:2", "unsplit", {"hate": 0.0}),
        ],
        ("label", "3"),
    )


def _antisemitism_isca() -> Sample:
    name = "antisemitism_isca"
    path = f"{name}/isca_gold.jsonl.gz"
    return Sample(
        {path: [{"Text": r"one\nline", "Biased": "1"}, {"Text": "two", "Biased": "0"}]},
        [
            Example("one\nline", name, f"{path}:1", "unsplit", HATEFUL),
            Example("two", name, f"{path}:2", "unsplit", {"hate": 0.0}),
        ],
        ("Biased", "2"),
    )


def _toxigen_annotated_more() -> Sample:
    name = "toxigen_annotated_more"
    path = f"{name}/all.jsonl.gz"

    def row(text: str, label: str, machine: str, human: str) -> Row:
        ratings = {"toxicity_ai": machine, "toxicity_human": human}
        return {"text": text, "target_group": "muslim", "label": label, **ratings}

    return Sample(
        {
            path: [
                row("they are vermin, he said", "hate", "3", "2.666666667"),
                row("a hateful one, but mild", "hate", "3", "2.5"),
                row("a market in the morning", "neutral", "1", "4.5"),
                row("a neutral one, but rude", "neutral", "1", "5"),
            ]
        },
        [
            # Where the people who rated it say otherwise, a row is left out.
            Example(
                "they are vermin, he said",
                name,
                f"{path}:1",
                "unsplit",
                {"hate": 1.0, "dehumanization": 1.0},
                weak=GUESSED,
                targets=targets("religion"),
                mechanisms=guessed("vermin"),
            ),
            Example(
                "a market in the morning",
                name,
                f"{path}:3",
                "unsplit",
                NOT_HATEFUL,
                targets=targets("religion"),
                mechanisms=NO_MECHANISM,
            ),
        ],
        ("label", "perhaps"),
    )


def _samples() -> Iterator[tuple[str, Sample]]:
    yield "dynahate", _dynahate()
    yield "hatemoji_build", _hatemoji_build()
    yield "toxigen_annotated", _toxigen_annotated()
    yield "toxigen_demonstrations", _toxigen_demonstrations()
    yield "edos", _edos()
    yield "measuring_hate_speech_binary", _measuring_hate_speech()
    yield "hatexplain", _hatexplain()
    yield "implicit_hate", _implicit_hate()
    yield "gab_hate_corpus", _gab_hate_corpus()
    yield "cad", _cad()
    yield "vicomtech", _vicomtech()
    yield "wiegand_identity_groups", _wiegand()
    yield "davidson", _davidson()
    yield "mlma", _mlma()
    yield "social_bias_frames", _social_bias_frames()
    yield "jigsaw_toxic", _jigsaw_toxic()
    yield "civil_comments_sample", _civil_comments()
    yield "goemotions", _goemotions()
    yield "dehum_natural", _dehum_natural()
    yield "ordinary", _ordinary()
    yield "perspective_rtp", _perspective_rtp()
    yield "perspective_wikipedia", _perspective_wikipedia()
    yield "paradetox", _paradetox()
    yield "convabuse", _convabuse()
    yield "reddit_counterspeech", _reddit_counterspeech()
    yield "antisemitism_isca", _antisemitism_isca()
    yield "toxigen_annotated_more", _toxigen_annotated_more()


SAMPLES = dict(_samples())
