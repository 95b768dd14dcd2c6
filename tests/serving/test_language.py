"""The language of a comment is judged by its letters, and refused only where it is sure."""

import asyncio
import re
import unicodedata

import pytest
from comments import analyze, asked, error
from conftest import Server
from hypothesis import given
from hypothesis import strategies as st

from upstander.serving.language import Detected, _letters, _words, detect

MOSQUITO = "\U0001f99f"

ENGLISH = [
    f"Trans people remind me of {MOSQUITO}",
    f"Women remind me of {MOSQUITO * 12}",
    f"Muslims remind me of {MOSQUITO}",
    "Okay, thank you so much!",
    "haha @kayylamarieeee pussy \U0001f602\U0001f602\U0001f602",
    "Rsp\u2764ect to all Muslims",
    "@RealYdotGdot We in dat bitch, my dude!!!",
    "fuck em right in the pussy",
    "pussy boy gone die a bitch",
    "lol https://www.exemplo.com.br/noticias/de/hoje",
    "#BoaTarde #BomDia #Brasil thanks",
    "\u2026" * 40 + " no no no",
    "\U0001d4e3\U0001d4fb\U0001d4fe\U0001d4f6\U0001d4f9 is not my president, never was",
]
OTHERS = {
    "Das ist ein Satz auf Deutsch, wie man ihn liest.": "de",
    "Como voc\u00ea est\u00e1 hoje, meu amigo? Espero que bem.": "pt",
    "\u0418\u043c\u043c\u0438\u0433\u0440\u0430\u043d\u0442\u044b": "ru",
    "\u79fb\u6c11\u306f\u5bb3\u866b\u3060": "ja",
    "\u8fd9\u662f\u4e00\u4e2a\u4e2d\u6587\u7684\u53e5\u5b50": "zh",
}


def found(text: str) -> Detected:
    return asyncio.run(detect(text))


@pytest.mark.parametrize("text", ENGLISH)
def test_english_is_not_taken_for_another_language(text: str) -> None:
    assert found(text).chosen in (None, "en")


@pytest.mark.parametrize("text", OTHERS)
def test_other_languages_are_told_also_with_emoji(text: str) -> None:
    for one in (text, f"{MOSQUITO} {text} \U0001f602\U0001f602 !!! 1234"):
        assert found(one).chosen == OTHERS[text]


def is_noise(one: str) -> bool:
    """Some signs stand for letters, such as one in a circle."""
    return not any(letter.isalpha() for letter in unicodedata.normalize("NFKC", one))


SIGNS = st.characters(categories=("So", "Sk", "Sm", "Po", "Nd", "Zs")).filter(is_noise)


@given(st.text(SIGNS, max_size=60))
def test_what_is_no_letter_changes_nothing(noise: str) -> None:
    for text in ("Trans people remind me of", "Das ist ein Satz auf Deutsch, wie man ihn liest"):
        assert found(f"{text} {noise}") == found(text)


@pytest.mark.parametrize("text", ["", "\U0001f602" * 30, "!!! 12 ???", "https://example.org/a b"])
def test_without_words_there_is_no_language(text: str) -> None:
    assert found(text).chosen is None


def test_it_is_said_how_sure_it_is(server: Server) -> None:
    reply = analyze(server, asked(ENGLISH[0], languages=[]))
    assert reply.status_code == 200
    assert reply.json()["languages"] == reply.json()["detectedLanguages"] == ["en"]
    assert re.fullmatch(r"en;p=0\.\d\d", reply.headers["x-upstander-detected-languages"])
    german = asked(next(iter(OTHERS)), languages=[])
    details = error(analyze(server, german))["details"]
    assert details[0]["languageNotSupportedByAttributeError"]["detectedLanguages"] == ["de"]
    assert details[1]["reason"] == "LANGUAGE_DETECTED"
    assert re.match(r"de;p=[01]\.\d\d", details[1]["metadata"]["languages"])


ASCII = st.text(st.characters(max_codepoint=127), max_size=80)


@given(
    st.lists(st.sampled_from(["don't", "''a'b", "x@y #z", "www.a.b", "A1b"]) | ASCII, max_size=8)
)
def test_a_text_of_ascii_alone_is_read_as_beside_other_letters(parts: list[str]) -> None:
    """Most posts are, and take a shorter way."""
    text = " ".join(parts)
    words = _words(text)
    beside = _words(f"{text} \u00e9")
    assert beside.split() == [*words.split(), "\u00e9"]
    letters, latin = _letters(words)
    assert _letters(beside) == (letters + 1, latin + 1)
