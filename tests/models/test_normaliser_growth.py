"""How long normalising takes as a text grows: a search for texts on which it is not linear."""

import math
import random
import time
import unicodedata

import pytest

from upstander.models.normaliser import normalise
from upstander.models.normaliser.characters import canonical
from upstander.models.normaliser.offsets import unchanged

PIECES = [
    *("!", "$", ".", "-", "_", "|", "*", "&", ";", "#", "@", "/", "(", "\t", "\n ", "4", "a", "A"),
    *(
        "a_ ",
        "a b ",
        "a.",
        "v.e.r ",
        "ver*min ",
        "a*",
        "a+b+c+",
        "~a",
        "•a",
        "a-b ",
        "v e r m i n ",
    ),
    *("&amp;", "amp;&", "&#38;#", "&#", "www.", "http://a", "@a", "@@", "a@b.c ", "$a=", "x/"),
    *("v3rm1n ", "l33t ", "1l|!", "0o", "a1l ", "goooood ", "AAAA", "aaabbbccc ", "haaaate "),
    *("#vermin", "#wehatethem ", "#ThisIsAll", "thoseareallofthem ", "theneveragainwas"),
    *("\u0440\u043e\u0440\u0435 ", "\u0430b", "\u0455\u0441\u0430\u0440\u0435 ", "\u0131"),
    *("\u0301", "\u0323\u0301", "a\u0301\u0323", "e\u0301", "\u1161", "\u0915\u093e", "\ufdfa"),
    *(
        "\u0628\u0640",
        "@\u6c49",
        "\u6c49",
        "www.a\u6c49",
        "sat\u0131n ",
        "schifffahrt ",
        "#musica ",
    ),
    *("\u200b", "a\u200bb", "\u200d", "\uff11", "\u2177", "\uff21", "\u20e3", "1\u20e3"),
    *("\U0001f600", "\U0001f468\u200d", "\U0001f3f4", "\U0001f1e9\U0001f1ea"),
]
"""What rules begin with, go on with, and stop at."""

_SHORT, _LONG = 1_280, 20_480  # bytes; a post may have 20,480
_TOO_SHORT_TO_TELL = 0.012  # seconds


def of_length(pieces: list[str], size: int) -> str:
    """The pieces again and again, in about as many bytes as asked; none is cut."""
    together = "".join(pieces)
    return together * (size // len(together.encode()))


def seconds(text: str) -> float:
    """Processor time of one call, so that what else runs on the machine does not count."""
    begun = time.process_time()
    normalise(text)
    return time.process_time() - begun


def growth(pieces: list[str], tail: str = "") -> float:
    """The power of the length that the least of several times grows by."""
    short = long = math.inf
    power = math.inf
    for _ in range(20):
        short = min(short, seconds(of_length(pieces, _SHORT) + tail))
        long = min(long, seconds(of_length(pieces, _LONG) + tail))
        if long < _TOO_SHORT_TO_TELL:
            return 0.0
        power = math.log(long / short) / math.log(_LONG / _SHORT)
        if power < 1.1:
            break
    return power


@pytest.mark.parametrize("seed", range(8))
def test_time_grows_no_faster_than_the_text(seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(25):
        pieces = [draw.choice(PIECES) for _ in range(draw.randint(1, 4))]
        tail = "".join(draw.choice(PIECES) for _ in range(draw.randint(0, 3)))
        assert growth(pieces, tail) < 1.2, (pieces, tail)


@pytest.mark.parametrize(
    "piece",
    [
        *("!", "a_ ", "\u0440\u043e\u0440\u0435 ", "\u0301\u0323", "a@", "a* a_", "-!a*", "1. "),
        "a\u0301\u0323\u0340",
    ],
)
def test_what_once_took_seconds_does_not(piece: str) -> None:
    assert growth([piece]) < 1.2
    assert growth(["Get out ", piece * 40]) < 1.2


@pytest.mark.parametrize("base", ["a", "\u0915", "\uac00", " ", "\u1100", "ﬁ"])
def test_marks_in_any_number_are_ordered_as_unicode_says(base: str) -> None:
    draw = random.Random(3)
    marks = "\u0300\u0301\u0316\u0323\u0327\u0345\u05b0\u3099\u0344\u0958\u1161\u11a8\ufb1e"
    for _ in range(40):
        text = base + "".join(draw.choice(marks) for _ in range(draw.randint(30, 90)))
        expected = " ".join(unicodedata.normalize("NFKC", text).split())
        assert canonical(unchanged(text)).text == expected
