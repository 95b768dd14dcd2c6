"""A few made-up rows of the data sets in other languages, and the Examples they should become.

Nobody's texts, and mild on purpose: what is written in them has nothing to do with the labels.
"""

from source_samples import NO_MECHANISM, NOT_HATEFUL, Row, Sample, targets

from upstander.evaluation.suites import mlma, polar, toldbr
from upstander.training.example import Example

_RUDE = {"toxicity": 1.0}
_PLAIN = {"toxicity": 0.0, **NOT_HATEFUL}


def _text(start: str, is_test: bool, rule: object = toldbr.is_test) -> str:
    """A text that the rule of a set holds out, or does not."""
    assert callable(rule)
    return next(f"{start} {n}" for n in range(1000) if rule(f"{start} {n}") == is_test)


def _gahd() -> Sample:
    row = {"gahd_id": "g1", "text": "ein Satz", "label": "1", "split": "train"}
    return Sample(
        {
            "multilingual/gahd_de.jsonl.gz": [
                row,
                row | {"gahd_id": "g2", "label": "0", "split": "dev"},
                row | {"gahd_id": "g3", "split": "test"},
            ]
        },
        [
            Example("ein Satz", "gahd", "g1", "train", {"hate": 1.0}, language="de"),
            Example(
                "ein Satz", "gahd", "g2", "dev", NOT_HATEFUL, mechanisms=NO_MECHANISM, language="de"
            ),
            Example("ein Satz", "gahd", "g3", "test", {"hate": 1.0}, language="de"),
        ],
        ("label", "2"),
    )


def _germeval() -> Sample:
    train = "multilingual/germeval2018_de_training.jsonl.gz"
    test = "multilingual/germeval2018_de_test.jsonl.gz"
    nothing = _PLAIN | {"insult": 0.0, "profanity": 0.0}
    said = {
        "OTHER": nothing,
        "ABUSE": {"hate": 1.0, "toxicity": 1.0},
        "INSULT": NOT_HATEFUL | {"toxicity": 1.0, "insult": 1.0},
        "PROFANITY": NOT_HATEFUL | {"toxicity": 1.0, "profanity": 1.0},
    }
    return Sample(
        {
            train: [{"text": "a |LBR| b", "fine": fine} for fine in said],
            test: [{"text": "am Abend", "fine": "OTHER"}],
        },
        [
            *(
                Example("a \n b", "germeval2018", f"{train}:{line}", "train", own, language="de")
                for line, own in enumerate(said.values(), start=1)
            ),
            Example("am Abend", "germeval2018", f"{test}:1", "test", nothing, language="de"),
        ],
        ("fine", "RUDE"),
    )


def _wiegand_german() -> Sample:
    path = "wiegand_identity_groups/german.jsonl.gz"

    def row(label: str, target: str) -> Row:
        return {"#SENTENCE_FROM_TWEET": '"am Abend"', "LABEL": label, "TARGET": target}

    return Sample(
        {path: [row("ABUSE", "Juden"), row("OTHER", "Frauen")]},
        [
            Example(
                "am Abend",
                "wiegand_german",
                f"{path}:1",
                "unsplit",
                {"hate": 1.0},
                targets=targets("religion", "ethnicity"),
                language="de",
            ),
            Example(
                "am Abend",
                "wiegand_german",
                f"{path}:2",
                "unsplit",
                NOT_HATEFUL,
                targets=targets("gender"),
                language="de",
            ),
        ],
        ("TARGET", "women"),
    )


def _toldbr() -> Sample:
    path = "multilingual/toldbr_pt.jsonl.gz"
    kept, held_out = _text("de manhã", is_test=False), _text("de manhã", is_test=True)

    def row(text: str, **votes: str) -> Row:
        return {"text": text, **dict.fromkeys(toldbr.KINDS, "0.0"), **votes}

    nothing = _PLAIN | {"insult": 0.0, "profanity": 0.0, "identity_attack": 0.0}
    told = [
        # Two votes are enough for an attack, and one says nothing; of hate neither says anything.
        (
            row(kept, racism="2.0", insult="1.0"),
            {**_RUDE, "profanity": 0.0, "identity_attack": 1.0},
        ),
        (row(kept, misogyny="1.0"), {**_RUDE, "insult": 0.0, "profanity": 0.0}),
        (row(kept, obscene="3.0"), nothing | {"toxicity": 1.0, "profanity": 1.0}),
        (row(kept), nothing),
        (row(held_out), nothing),
    ]
    return Sample(
        {path: [own for own, _ in told]},
        [
            Example(
                own["text"],
                "toldbr",
                f"{path}:{line}",
                "test" if own["text"] == held_out else "unsplit",
                labels,
                language="pt",
            )
            for line, (own, labels) in enumerate(told, start=1)
        ],
        ("insult", "4.0"),
    )


def _cold() -> Sample:
    paths = {split: f"multilingual/cold_zh_{split}.jsonl.gz" for split in ("train", "dev", "test")}
    rows = [
        {"TEXT": "今天下雨", "label": "1", "topic": "race"},
        {"TEXT": "明天再说", "label": "0", "topic": "gender"},
    ]
    return Sample(
        {path: list(rows) for path in paths.values()},
        [
            Example(text, "cold", f"{path}:{line}", split, labels, language="zh")
            for split, path in paths.items()
            for line, (text, labels) in enumerate(
                [("今天下雨", _RUDE), ("明天再说", _PLAIN)], start=1
            )
        ],
        ("label", "2"),
    )


def _beep() -> Sample:
    train, dev = "multilingual/beep_ko_train.jsonl.gz", "multilingual/beep_ko_dev.jsonl.gz"

    def row(hate: str, bias: str) -> Row:
        return {"comments": "오늘 아침", "hate": hate, "bias": bias}

    told: list[tuple[Row, dict[str, float], bool]] = [
        (row("none", "none"), _PLAIN, False),
        (row("none", "others"), {"toxicity": 0.0}, False),
        (row("hate", "none"), NOT_HATEFUL | _RUDE, False),
        (row("hate", "gender"), {**_RUDE, "hate": 1.0}, True),
        (row("offensive", "gender"), _RUDE, False),
        (row("hate", "others"), _RUDE, False),
    ]
    return Sample(
        {train: [own for own, _, _ in told], dev: [row("offensive", "none")]},
        [
            *(
                Example(
                    "오늘 아침",
                    "beep",
                    f"{train}:{line}",
                    "unsplit",
                    labels,
                    weak=frozenset({"hate"}) if is_guess else frozenset(),
                    language="ko",
                )
                for line, (_, labels, is_guess) in enumerate(told, start=1)
            ),
            Example("오늘 아침", "beep", f"{dev}:1", "test", NOT_HATEFUL | _RUDE, language="ko"),
        ],
        ("hate", "maybe"),
    )


def _roman_urdu() -> Sample:
    splits = {"train": "train", "validation": "dev", "test": "test"}
    paths = {name: f"multilingual/roman_urdu_task1_{name}.jsonl.gz" for name in splits}
    rows = [{"text": "aaj subah", "label": "0"}, {"text": "kal shaam", "label": "1"}]
    return Sample(
        {path: list(rows) for path in paths.values()},
        [
            Example(text, "roman_urdu", f"{path}:{line}", splits[name], labels, language="ur")  # type: ignore[arg-type]
            for name, path in paths.items()
            for line, (text, labels) in enumerate(
                [("aaj subah", _RUDE), ("kal shaam", _PLAIN)], start=1
            )
        ],
        ("label", "2"),
    )


def _mlma_languages() -> Sample:
    kept = _text("au marché", is_test=False, rule=mlma.is_test)
    held_out = _text("au marché", is_test=True, rule=mlma.is_test)

    def row(number: str, text: str, sentiment: str) -> Row:
        return {"HITId": number, "tweet": text, "sentiment": sentiment, "group": "women"}

    return Sample(
        {
            "mlma/ar.jsonl.gz": [row("1", kept, "hateful_normal")],
            "mlma/fr.jsonl.gz": [row("1", kept, "normal"), row("2", held_out, "offensive")],
        },
        [
            Example(
                kept,
                "mlma_languages",
                "ar-1",
                "unsplit",
                {"hate": 1.0, "toxicity": 1.0},
                targets=targets("gender"),
                language="ar",
            ),
            Example(
                kept,
                "mlma_languages",
                "fr-1",
                "unsplit",
                {"hate": 0.0, "toxicity": 0.0},
                language="fr",
            ),
            Example(
                held_out,
                "mlma_languages",
                "fr-2",
                "test",
                {"hate": 0.0, "toxicity": 1.0},
                language="fr",
            ),
        ],
        ("sentiment", "cheerful"),
    )


def _polar_row(number: str, lang: str, polarization: str, **columns: str) -> Row:
    return {
        "id": number,
        "lang": lang,
        "text": _text(f"row {number}", is_test=False, rule=polar.is_test),
        "polarization": polarization,
        **columns,
    }


def _polar_harmless() -> Sample:
    held_out = _polar_row("4", "rus", "0") | {
        "text": _text("row 4", is_test=True, rule=polar.is_test)
    }
    rows = [
        _polar_row("1", "ita", "0"),
        _polar_row("2", "ita", "1"),
        _polar_row("3", "amh", "0"),  # not served
        held_out,
    ]
    dev = [_polar_row("5", "zho", "0")]
    return Sample(
        {"multilingual/polar_train.jsonl.gz": rows, "multilingual/polar_dev.jsonl.gz": dev},
        [
            Example(
                row["text"],
                "polar_harmless",
                row["id"],
                split,  # type: ignore[arg-type]
                NOT_HATEFUL,
                mechanisms=NO_MECHANISM,
                language=language,
            )
            for row, split, language in (
                (rows[0], "unsplit", "it"),
                (held_out, "test", "ru"),
                (dev[0], "test", "zh"),
            )
        ],
        ("polarization", "2"),
    )


def _polar() -> Sample:
    types = {"racial/ethnic": "0", "religious": "0", "gender/sexual": "0"}
    manners = {"vilification": "0", "dehumanization": "0", "extreme_language": "0"}

    def row(number: str, lang: str, polarization: str = "1", **columns: str) -> Row:
        return _polar_row(number, lang, polarization, **types, **manners, **columns)

    told: list[tuple[Row, dict[str, float], str]] = [
        (row("1", "deu") | {"religious": "1", "vilification": "1"}, {"hate": 1.0}, "de"),
        # Without a group, and with a group but not in a hostile manner.
        (row("2", "deu") | {"vilification": "1"}, {"hate": 0.0}, "de"),
        (row("3", "spa") | {"religious": "1"}, {"hate": 0.0}, "es"),
        (
            row("4", "zho") | {"racial/ethnic": "1", "dehumanization": "1"},
            {"hate": 1.0, "dehumanization": 1.0},
            "zh",
        ),
        (row("5", "zho"), {"hate": 0.0, "dehumanization": 0.0}, "zh"),
    ]
    unknown = _polar_row("6", "pol", "1", **types) | {"gender/sexual": "1"}
    left_out = [row("7", "urd") | {"religious": "1"}, row("8", "deu", "0"), row("9", "amh")]
    dev = [row("10", "tur") | {"religious": "1", "extreme_language": "1"}]
    return Sample(
        {
            "multilingual/polar_train.jsonl.gz": [
                *(own for own, _, _ in told),
                unknown,
                *left_out,
            ],
            "multilingual/polar_dev.jsonl.gz": dev,
        },
        [
            *(
                Example(own["text"], "polar", own["id"], "unsplit", labels, language=language)
                for own, labels, language in told
            ),
            # Polish rows have no columns but the types.
            Example(unknown["text"], "polar", "6", "unsplit", {"hate": 1.0}, language="pl"),
            Example(dev[0]["text"], "polar", "10", "test", {"hate": 1.0}, language="tr"),
        ],
        ("polarization", "2"),
    )


LANGUAGE_SAMPLES = {
    "gahd": _gahd(),
    "germeval2018": _germeval(),
    "wiegand_german": _wiegand_german(),
    "toldbr": _toldbr(),
    "cold": _cold(),
    "beep": _beep(),
    "roman_urdu": _roman_urdu(),
    "mlma_languages": _mlma_languages(),
    "polar_harmless": _polar_harmless(),
    "polar": _polar(),
}
