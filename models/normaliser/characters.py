"""Characters: removing invisible ones, and Unicode normalisation."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from html.entities import html5
from typing import Final

from upstander.models.normaliser.emoji_names import EMOJI
from upstander.models.normaliser.offsets import Normalised, edited

_JOINERS: Final = "\u200c\u200d"

# The property Default_Ignorable_Code_Point, whose ranges Unicode reserves for good. The package
# `regex` knows it too, and takes 0.02 s and 2 MB to say so; a test compares the two.
IGNORABLE: Final = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_INVISIBLE: Final = re.compile(rf"[{IGNORABLE}\ufff9-\ufffb\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")

# Arabic and its neighbours, the Indic scripts, Myanmar, Khmer, Mongolian, Balinese and those of
# the supplementary planes: there a joiner chooses between spellings.
_NEEDS_JOINERS: Final = re.compile(
    "[\u0600-\u0dff\u1000-\u109f\u1780-\u18af\u1b00-\u1bff\ua800-\uaaff\ufb50-\ufdff\ufe70-\ufefe"
    "\U00010a00-\U00010a5f\U00011000-\U00011fff\U0001e900-\U0001e95f]"
)
_FLAG_OF_TAGS: Final = re.compile("\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f")
_CLEAN: Final = re.compile("[!-~]+(?: [!-~]+)*")
_UNCLEAN: Final = re.compile(
    _INVISIBLE.pattern[:-1] + "\u200c\u200d\ud800-\udfff\t-\r\x1c-\x1f\x85\xa0\u1680\u2000-\u200a"
    "\u2028\u2029\u202f\u205f\u3000]"
)
"""What is not simply seen. One class, which is looked for much faster than several patterns."""
_ENTITY: Final = re.compile(r"&#?\w+;", re.ASCII)
_NUMERIC: Final = re.compile(r"#(?:([0-9]{1,8})|[xX]([0-9a-fA-F]{1,8}));")
_TATWEEL: Final = re.compile(
    "(?<=[\u0620-\u063f\u0641-\u06ff])\u0640+(?=[\u0620-\u063f\u0641-\u06ff])"
)
_WHITE: Final = re.compile(r"\s+")
_VISIBLE: Final = re.compile("[!-~]+")
_FEW: Final = 32  # marks that are ordered in no time
_LONGEST_ENTITY: Final = max(map(len, html5)) + 1


def canonical(source: Normalised) -> Normalised:
    """Rules 1 to 4: surrogates, invisible characters, NFKC and white space."""
    text = source.text
    if _CLEAN.fullmatch(text) or _is_canonical(text):
        return source
    pieces: list[str] = []
    begins: list[int] = []
    ends: list[int] = []
    hidden, before = source.obfuscated, ""
    for first, last, cluster, parted in _clusters(text):
        if parted and not hidden:
            hidden = _is_latin(cluster[0]) and before != "" and _is_latin(before)
        if len(cluster) > 1 and cluster.isascii():
            begins += source.begins[first:last]
            ends += source.ends[first:last]
        else:
            if (cluster := _written(cluster, before)) == "":
                continue
            begin, end = source.original_span(first, last)
            begins += [begin] * len(cluster)
            ends += [end] * len(cluster)
        pieces.append(cluster)
        before = cluster[-1]
    if before == " ":
        pieces[-1] = pieces[-1][:-1]
        del begins[-1], ends[-1]
    return Normalised("".join(pieces), tuple(begins), tuple(ends), hidden)


def _written(cluster: str, before: str) -> str:
    """The NFKC of a cluster, with one space for white space and none after another."""
    written = cluster if cluster.isascii() else _nfkc(cluster)
    if not _WHITE.search(written):
        return written
    written = _WHITE.sub(" ", written)
    return written.lstrip() if before in ("", " ") else written


def _is_canonical(text: str) -> bool:
    return (
        text == text.strip(" ")
        and "  " not in text
        and not _UNCLEAN.search(text)
        and unicodedata.is_normalized("NFKC", text)
    )


def _nfkc(cluster: str) -> str:
    """The NFKC of a cluster, in time that is nearly linear in its length.

    `unicodedata` orders marks by insertion, which for some ten thousand on one letter takes
    seconds; it has nothing to move in what is ordered already.
    """
    if len(cluster) <= _FEW:
        return unicodedata.normalize("NFKC", cluster)
    ordered: list[str] = []
    marks: list[str] = []
    for character in "".join(unicodedata.normalize("NFKD", c) for c in cluster):
        if unicodedata.combining(character):
            marks.append(character)
        else:
            ordered += (*sorted(marks, key=unicodedata.combining), character)
            marks = []
    ordered += sorted(marks, key=unicodedata.combining)
    return unicodedata.normalize("NFC", "".join(ordered))


def _clusters(text: str) -> Iterator[tuple[int, int, str, bool]]:
    """Runs that NFKC never joins with the next one, and whether something unseen stood before.

    Printable ASCII comes many at a time: each of its characters stands for itself.
    """
    begin = position = 0
    cluster = ""
    parted = parted_next = False
    while position < len(text):
        here = position
        visible = _VISIBLE.match(text, here)
        if visible and visible.end() - here > 1:
            if cluster:
                yield begin, here, cluster, parted
            position = visible.end()
            begin = position - 1  # a mark may join the last one
            yield here, begin, text[here:begin], parted_next
            cluster, parted, parted_next = text[begin], False, False
            continue
        character = text[here]
        position += 1
        if " " <= character <= "~":
            joins = False
        else:
            flag = _FLAG_OF_TAGS.match(text, here) if character == "\U0001f3f4" else None
            if flag and flag[0] in EMOJI:
                character = flag[0]
                position = flag.end()
            elif character in _JOINERS:
                if not _keeps_joiner(cluster, character):
                    parted_next = True
                    continue
                cluster += character
                continue
            elif _INVISIBLE.match(character):
                parted_next = True
                continue
            elif "\ud800" <= character <= "\udfff":
                character = "\ufffd"
            joins = len(character) == 1 and _joins_previous(character)
        if joins and cluster:
            cluster += character
            continue
        if cluster:
            yield begin, here, cluster, parted
        begin, cluster, parted, parted_next = here, character, parted_next, False
    if cluster:
        yield begin, len(text), cluster, parted


def _keeps_joiner(before: str, joiner: str) -> bool:
    if not before or before.isascii():
        return False
    if _NEEDS_JOINERS.match(before[-1]):
        return True
    return joiner == "\u200d" and unicodedata.category(before[-1]) in ("So", "Sk", "Me")


@lru_cache(4096)
def _joins_previous(character: str) -> bool:
    first = unicodedata.normalize("NFKC", character)[0]
    # Marks compose with what stands before them; so do the vowels and finals of Hangul.
    return unicodedata.category(first)[0] == "M" or "\u1160" <= first <= "\u11ff"


def _is_latin(character: str) -> bool:
    return character.isalpha() and character < "\u0250"


def without_tatweel(source: Normalised) -> Normalised:
    """Rule 7: what only makes an Arabic word wider goes; alone it may be a dash, and stays."""
    if "\u0640" not in source.text:
        return source
    return edited(source, [(*match.span(), "") for match in _TATWEEL.finditer(source.text)])


def unescaped(source: Normalised) -> Normalised:
    """Rule 5: HTML entities become their characters, until none is left.

    The result may need `canonical`. Linear in the length: what an entity gives is looked at
    together with what stands before it, so that `&amp;amp;lt;` needs no second reading.
    """
    if not _ENTITY.search(source.text):
        return source
    text: list[str] = []
    begins: list[int] = []
    ends: list[int] = []
    for character, begin, end in zip(source.text, source.begins, source.ends, strict=True):
        text.append(character)
        begins.append(begin)
        ends.append(end)
        while text and text[-1] == ";":
            near = "".join(text[-_LONGEST_ENTITY:])
            at = near.rfind("&")
            decoded = None if at < 0 else _decode(near[at + 1 :])
            if decoded is None:
                break
            first = len(text) - len(near) + at
            begin, end = begins[first], ends[-1]
            del text[first:], begins[first:], ends[first:]
            for piece in decoded:
                text.append(piece)
                begins.append(begin)
                ends.append(end)
    return Normalised("".join(text), tuple(begins), tuple(ends), source.obfuscated)


def _decode(name: str) -> str | None:
    """What `&name` stands for, in NFKC, or None if it is no entity."""
    if found := html5.get(name):
        return unicodedata.normalize("NFKC", found)
    if not (match := _NUMERIC.fullmatch(name)):
        return None
    code = int(match[1]) if match[1] else int(match[2], 16)
    if code == 0 or code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    return unicodedata.normalize("NFKC", chr(code))
