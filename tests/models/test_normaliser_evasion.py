"""What the normaliser undoes of evasion, and the honest texts that it leaves alone."""

# ruff: noqa: RUF001 - the honest texts are in the scripts that people use

import gzip
import hashlib
import importlib.util
import json
import re
import sys
from itertools import islice
from pathlib import Path

import pytest
import regex
from confusable_homoglyphs.confusables import confusables_data
from hypothesis import given
from hypothesis import strategies as st

from upstander.models.normaliser import _undone, normalise
from upstander.models.normaliser.characters import IGNORABLE
from upstander.models.normaliser.homoglyph_letters import SAME
from upstander.models.normaliser.offsets import unchanged
from upstander.models.normaliser.words import COSTS


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("they are v3rm1n", "they are vermin"),
        ("w0men, 1mmigrants; @nimals!", "women, immigrants; animals!"),
        ("tr@sh $cum p!gs", "trash scum pigs"),
        ("(1mmigrants); [v3rmin]", "(immigrants); [vermin]"),
        ("W0MEN's G00d v3rmiiiin", "WOMEN's Good vermin"),
        ("v\u0435rmin \u0456mmigrants", "vermin immigrants"),
        ("\u0430nimals v\u0435rm1n", "animals vermin"),
        ("\u1d20\u1d07\u0280\u1d0d\u026a\u0274", "vermin"),
        ("they are \u0430\u0441\u0441\u0435\u0455\u0455 now", "they are access now"),
        ("ve\u200brmin ver\u00admin v\u200dermin", "vermin vermin vermin"),
        ("v&#8203;ermin", "vermin"),
        ("v e r m i n", "vermin"),
        ("v.e.r.m.i.n! v-e-r-m-i-n, w_o_m_e_n", "vermin! vermin, women"),
        ("v * e * r * m * i * n", "vermin"),
        ("v 3 r m 1 n", "vermin"),
        ("M u s l i m s a r e v e r m i n", "Muslims are vermin"),
        ("M u s l i m s   a r e   v e r m i n", "Muslims are vermin"),
        ("I h a t e them", "I hate them"),
        ("ver*min ver.min ver|min im_migrants", "vermin vermin vermin immigrants"),
        ("ve.rm1n", "vermin"),
    ],
)
def test_evasion_is_undone_and_said(sent: str, expected: str) -> None:
    result = normalise(sent)
    assert result.text == expected
    assert result.obfuscated


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("vermiiiiin diiiirty sooooo goooood", "vermin dirty so good"),
        ("Zxqqqq Ooohhk", "Zxqq Oohhk"),
        ("#BanAllOfIt #whitelivesmatter", "#Ban All Of It #white lives matter"),
        ("immigrantsarevermin", "immigrants are vermin"),
        (
            "caf\u00e9 \u2014 \uff46\uff55\uff4c\uff4c &amp; @bob \U0001f400",
            "caf\u00e9 \u2014 full & @user rat",
        ),
    ],
)
def test_what_hides_no_word_is_undone_and_not_called_evasion(sent: str, expected: str) -> None:
    result = normalise(sent)
    assert result.text == expected
    assert not result.obfuscated


HONEST = [
    "Nishit met Assad in Scunthorpe, then Penistone; J. R. R. Tolkien and J.R.R. too.",
    "H1N1 COVID-19 MP3 B2B R2D2 4K GPT-4 1st 2nd 10th 3pm 10am 10k B52 a1 AK47 4chan 4bed 5pin",
    "It cost $5, 100$ or €20 in 2026; 50s, 90s, 15th, level5 and windows7.",
    "A B C D, U S A, I a m, a b c of it, 1 2 3, x + y = z, e.g. this, i.e. that, U.S.A., N.A.T.O.",
    "!@#$ing u/eigh7 people`s",
    "stop!it now!then yes! wow!!! oh no!",
    "me@example.org wrote to tr@sh.example.com",
    "if (a && b || c) { $scope = $table[0]; x->y; foo_bar(1); } # self.value, data_base",
    "dQw4w9WgXcQ hunter2 deadbeef 3f2504e0-4f89-41d3-9a0c-0305e82c3301 0x1F600 #ff00ff",
    "co-operate, e-mail, re-elect, ex-wife, and/or, s/he, it's, don't, rock'n'roll",
    "The score was 3-2, 10:30 at 7/11, 5x5, 1/2, 3.14, 10-4, 24/7, 192.168.0.1",
    "KKK IEEE www AAA XXX III VIII mmm 1000000 aaa",
    "politicising knowledgable acetaminophen donaudampfschiff schadenfreude rindfleischetikett",
    "Massachusetts Nottinghamshire Featherstonehaugh dichlorodiphenyl",
    "f*ck v*rmin s***",
    "Мой друг сказал: сосна росла",
    "my friend Иван said Привет and сухари",
    "Δx β-carotene πr VIPам λ-calculus",
    "Αυτό είναι καλό",
    "مرحبا بكم نمی\u200cخواهم",
    "नमस्ते दुनिया क्\u200dष ന്\u200d",
    "สวัสดี 안녕 하세요 你好 こんにちは שלום",
    "kırmızı naïve café Łódź đẹp Straße øre",
    "/\\_/\\ ( o.o ) > ^ < -=-=- ***",
]


@pytest.mark.parametrize("text", HONEST)
def test_honest_text_comes_through(text: str) -> None:
    result = normalise(text)
    assert result.text == text
    assert not result.obfuscated


def test_families_flags_and_skin_tones_keep_their_names() -> None:
    sent = "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1eb\U0001f1f7 \U0001f44b\U0001f3fd"
    expected = "family man woman girl France waving hand medium skin tone"
    assert normalise(sent).text == expected
    assert not normalise(sent).obfuscated


@pytest.mark.parametrize(
    ("sent", "word", "original"),
    [
        ("all v3rm1n, so", "vermin", "v3rm1n"),
        ("all v.e.r.m.i.n. So", "vermin", "v.e.r.m.i.n"),
        ("M u s l i m s  a r e  v e r m i n", "vermin", "v e r m i n"),
        ("M u s l i m s a r e v e r m i n", "Muslims", "M u s l i m s"),
        ("so ver*min.", "vermin", "ver*min"),
        ("a v\u0435rmiiin b", "vermin", "v\u0435rmiiin"),
        ("x &lt; y", "<", "&lt;"),
        ("immigrantsarevermin", "vermin", "vermin"),
        ("#BanAllOfIt", "All", "All"),
        ("all v&#8203;3rmi\u200bn", "vermin", "v&#8203;3rmi\u200bn"),
    ],
)
def test_a_word_leads_back_to_what_was_written(sent: str, word: str, original: str) -> None:
    result = normalise(sent)
    begin = result.text.index(word)
    first, last = result.original_span(begin, begin + len(word))
    assert sent[first:last] == original


@given(st.text(st.sampled_from("abeimnorstv ..-*013@$!|&;#\u0435\u0456\u200b\u200d"), max_size=60))
def test_mixed_evasions_keep_the_laws(text: str) -> None:
    result = normalise(text)
    assert normalise(result.text).text == result.text
    assert len(result.begins) == len(result.ends) == len(result.text)
    for begin, end in zip(result.begins, result.ends, strict=True):
        assert 0 <= begin < end <= len(text)
    assert list(result.begins) == sorted(result.begins)
    assert list(result.ends) == sorted(result.ends)


def test_the_ignorable_characters_are_those_of_unicode() -> None:
    ours = re.compile(f"[{IGNORABLE}]")
    theirs = regex.compile(r"\p{Default_Ignorable_Code_Point}")
    joiners = "\u200c\u200d"
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        assert bool(ours.match(character)) == bool(theirs.match(character)), hex(code)
    assert all(map(ours.match, joiners))


def test_the_lookalikes_are_those_of_unicode() -> None:
    for latin, letters in SAME.items():
        seen = {"l", "I"} if latin == "I" else {latin}
        for letter in letters:
            assert seen & {other["c"] for other in confusables_data[letter]}, hex(ord(letter))


def test_the_list_of_words_is_the_one_of_version_3() -> None:
    spec = importlib.util.find_spec("symspellpy")
    assert spec is not None
    assert spec.origin is not None
    content = (Path(spec.origin).parent / "frequency_dictionary_en_82_765.txt").read_bytes()
    # Another list gives other texts: with it, VERSION must rise and the bundle be trained again.
    assert hashlib.sha256(content).hexdigest().startswith("68e9dc81c7e73bd7")


@pytest.mark.parametrize(
    "group",
    ["muslims", "jews", "immigrants", "women", "gays", "trans", "refugees", "mexicans", "uyghurs"],
)
def test_groups_of_people_are_words(group: str) -> None:
    assert group in COSTS


@pytest.mark.data
def test_honest_posts_are_hardly_ever_called_obfuscated(real_data: Path) -> None:
    # Read by hand, the 17 flagged of all 54,261 posts: 15 hold letters apart or signs for letters,
    # one is a bot's small capitals, and one a stage name with a dollar sign.
    with gzip.open(real_data / "goemotions" / "train.jsonl.gz", "rt") as file:
        texts = [json.loads(line)["text"] for line in islice(file, 5_000)]
    flagged = [text for text in texts if normalise(text).obfuscated]
    assert len(texts) == 5_000
    assert len(flagged) <= 5
    for text in texts:
        once = normalise(text).text
        assert normalise(once).text == once
        # The quick way out of plain texts leads where the long way does.
        assert _undone(unchanged(text)).text == once
