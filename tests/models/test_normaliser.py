"""The normaliser: laws for any text, and what it does to the usual suspects."""

import re
import unicodedata

import emoji
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upstander.models.normaliser import normalise
from upstander.models.normaliser.emoji_names import EMOJI
from upstander.models.normaliser.offsets import unchanged
from upstander.models.normaliser.scripts import UNSPACED

# Any code points at all, lone surrogates included, mixed with what the rules look for.
PIECES = st.one_of(
    st.text(st.characters(codec=None, categories=None), max_size=8),
    st.sampled_from(
        [
            "@bob",
            " ",
            "\u0301",
            "\u200b",
            "\u200d",
            "\ufe0f",
            "\U0001f400",
            "\U0001f44d\U0001f3ff",
            "\U0001f468",
            "5\ufe0f\u20e3",
            "http://a.b/c",
            "www.x",
            "a" * 90,
            "\ud83d",
            "\x00",
            "&amp;",
            "&#x200b;",
            "&zwj;",
            "&",
            ";",
            "#38",
            "v3rmin",
            "v e r m i n",
            "v.e.r.m.i.n",
            ".",
            "-",
            "w0men",
            "$cum",
            "@nimals",
            "soooo",
            "\u0435",
            "\u03bfx",
            "#BanAllOfIt",
            "theyareallvermin",
            "ver*min",
            "\u3164",
            "\u0628",
            "\u0640",
            "@\u5f20\u4e09",
            "\u6c49" * 17,
            "www.a\u6c49",
            "#migranti",
            "Nachbarn waren hier",
            "sat\u0131n",
            "\U0001f3f4\U000e0067\U000e0062\U000e007f",
            "a",
            "e",
            "s",
        ]
    ),
)
TEXTS = st.lists(PIECES, max_size=12).map("".join)


@given(TEXTS)
def test_it_is_idempotent(text: str) -> None:
    once = normalise(text).text
    assert normalise(once).text == once


@given(TEXTS)
def test_every_character_points_into_the_original(text: str) -> None:
    result = normalise(text)
    assert len(result.begins) == len(result.ends) == len(result.text)
    for begin, end in zip(result.begins, result.ends, strict=True):
        assert 0 <= begin < end <= len(text)
    assert list(result.begins) == sorted(result.begins)
    assert list(result.ends) == sorted(result.ends)


@given(TEXTS)
def test_the_result_is_clean(text: str) -> None:
    result = normalise(text).text
    assert result == result.strip()
    assert "  " not in result
    result.encode()  # no lone surrogate is left
    assert not any(unicodedata.category(c) == "Cc" for c in result)
    assert all(len(word) <= 100 for word in re.split(rf"[\s{UNSPACED}]", result))


@given(st.lists(st.text("bdfhkpqtxz,-'", max_size=9), max_size=9))
def test_what_no_rule_knows_stays_as_it_is(words: list[str]) -> None:
    text = " ".join(" ".join(words).split())
    if not re.search(r"(\w)\1\1|(?<!\w)\w\W+\w(?!\w)", text):
        assert normalise(text) == unchanged(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  two\t\nwords ", "two words"),
        ("e\u0301te\u0301", "\u00e9t\u00e9"),
        ("\uff46\uff55\uff4c\uff4c", "full"),
        ("zero\u200bwidth\u00adtext", "zerowidthtext"),
        ("nul\x00byte", "nulbyte"),
        ("half an emoji \ud83d", "half an emoji \ufffd"),
        ("thanks @some_body!", "thanks @user!"),
        ("mail me@example.org", "mail me@example.org"),
        ("see HTTPS://example.org/a?b=c now", "see http now"),
        ("see www.example.org", "see http"),
        ("a rat \U0001f400", "a rat rat"),
        (
            "so\U0001f602\U0001f602\U0001f602\U0001f64fok",
            "so face with tears of joy folded hands ok",
        ),
        ("\U0001f44d\U0001f3ff!", "thumbs up dark skin tone !"),
        ("\u2764\ufe0f \u2764", "red heart red heart"),
        ("5\ufe0f\u20e3 of 5", "keycap 5 of 5"),
        ("\U0001f937\U0001f3ff\u200d\u2640\ufe0f", "woman shrugging dark skin tone"),
        ("\U0001f468\u200d\U0001f469", "man woman"),
        ("\u0915\u094d\u200d\u0937", "\u0915\u094d\u200d\u0937"),
        ("a" * 170, " ".join(["a" * 80, "a" * 80, "a" * 10])),
        (
            "&lt;b&gt; &amp;amp;amp;lt; AT&T &#118;ermin &nosuch; &#38;",
            "<b> < AT&T vermin &nosuch; &",
        ),
        ("&#&#51;8;lt;", "<"),
        (
            "nami\u200dng \u0646\u0645\u06cc\u200c\u062e\u0648",
            "naming \u0646\u0645\u06cc\u200c\u062e\u0648",
        ),
        ("go\u034fne \u3164 ok\uffa0", "gone ok"),
        (
            "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f!",
            "Scotland !",
        ),
        ("a\U000e0041b\U0001f3f4\U000e0041", "ab black flag"),
        ("\u200b\u00ad\x00 \n", ""),
        ("", ""),
    ],
)
def test_examples(text: str, expected: str) -> None:
    assert normalise(text).text == expected


def test_a_span_leads_back_to_the_text_as_it_was_sent() -> None:
    sent = "  \uff54\uff48\uff45\uff59 @bob are ve\u200brmin"
    result = normalise(sent)
    assert result.text == "they @user are vermin"
    begin, end = result.original_span(result.text.index("vermin"), len(result.text))
    assert sent[begin:end] == "ve\u200brmin"
    begin, end = result.original_span(result.text.index("@user"), result.text.index(" are"))
    assert sent[begin:end] == "@bob"


def test_the_name_of_an_emoji_leads_back_to_the_emoji() -> None:
    sent = "no\U0001f44d\U0001f3ff\U0001f44d\U0001f3ffplease"
    result = normalise(sent)
    assert result.text == "no thumbs up dark skin tone please"
    begin = result.text.index("skin")
    assert result.original_span(begin, begin + len("skin")) == (2, 6)


def test_every_emoji_has_its_own_words() -> None:
    texts = {normalise(characters).text for characters in emoji.EMOJI_DATA}
    assert len(texts) > 3000
    assert not any(character in emoji.EMOJI_DATA for text in texts for character in text)


def test_the_names_are_those_of_the_package_that_is_not_imported() -> None:
    assert len(EMOJI) > 3000
    for characters, entry in emoji.EMOJI_DATA.items():
        bare = characters.replace("\ufe0e", "").replace("\ufe0f", "")
        name = entry["en"].strip(":").replace("_", " ")
        assert EMOJI[bare] == unicodedata.normalize("NFKC", name)
