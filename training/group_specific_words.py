"""Words that fit one group only, so that its sentence has no counterfactual.

"They pray in a mosque" is about Muslims whatever noun stands beside it, and a slur names its group
by itself. A row with such a word keeps its group.
"""

import re
from collections.abc import Sequence
from typing import Final

from upstander.models.labels import TARGETS

_SLURS: Final = re.compile(
    r"\b(?:n[i1!*]g+|negro|coon|darki?e|k[i1]ke|yid|f[a@4]gg?|dyke|homo\b|poof|tr[a@4]nn|shemale|"
    r"troon|sp[i1]c|wetback|beaner|ch[i1]nk|gook|jap\b|japs\b|paki|curry|raghead|towel|"
    r"camel|goat.?f|"
    r"muzz|mud.?sl|moham|moslem scum|sand.?n|kaffir|kuff|gyp|pikey|r[e3]tard|tard\b|spaz|"
    r"spast|crip|"
    r"mong\b|shit.?skin|sheboon|dune|jungle|redneck|hillbill|cracker|honk|whitey|trailer|redskin|"
    r"injun|squaw|abo\b|boong|tar.?baby|golliw|porch|goyi?m?\b|dindu|cotton.?pick|ape.?man)",
    re.IGNORECASE,
)
"""Stems. A few are harmless words elsewhere: such a row is merely not swapped."""

_FAITHS: Final = (
    r"mosque|hijab|burk|burq|niqab|qu?ur?'?an|koran|all?ah\b|m[ou]hamm|prophet|shari|halal|"
    r"ramadan|"
    r"imam|jihad|islam|caliph|isis\b|infidel|taq|ayatol|mecca|fatwa|taliban|qaeda|9/11|"
    r"hamas|pork|"
    r"bacon|synagog|torah|talmud|kosher|israel|zion|holoc|shoah|hitler|nazi|auschw|"
    r"gas(?:s?ed)?\b|"
    r"chamber|ovens?\b|rabbi|rothsch|soros|semit|hebrew|yiddish|mitzvah|6 ?million|"
    r"six million|camps?\b|"
    r"hanuk|kipp?ah|circumc|shekel|aryan|noses?\b|church|bible|biblical|jesus|christ\b|"
    r"gospel|pope\b|"
    r"crusad|crucif|priest|vatican|baptis|christmas|easter\b|mass\b|temple|hindut|modi\b|"
    r"cows?\b|caste|"
    r"untouchab|turban|gurdw|guru|veil|headscar|semetic|swastika|palest|gaza\b|sabbath|shabbat"
)
_PLACES: Final = (
    r"slave|plantat|cotton|jim crow|aparth|africa|afro|skin|melanin|lynch|blm\b|lives matter|"
    r"ghetto|hood\b|melon|chicken|naacp|segreg|klan|kkk|privilege|suprem|pale\b|coloni|"
    r"obama|trump|"
    r"cartel|taco|burrito|border|wall\b|spanish|latin|mexic|china|covid|corona|wuhan|virus|"
    r"bats?\b|"
    r"chopst|communis|ccp|beijing|india\b|pakistan\b|poland|visas?\b|illegal|asylum|citizen|"
    r"green card|papers|boats?\b|channel|calais|rubber|tan\b|hair\b|accent|english|language|"
    r"jap|rwanda|"
    r"immigra|ww2|wwii|world war|redcoat|reservation|casino|scalp|tribe|natives?\b|europe|"
    r"america|britain|england|uk\b|usa?\b"
)
_BODIES: Final = (
    r"kitchen|sandwich|cook|pregnan|womb|vagin|puss|boob|tits?\b|titt|breast|husband|boyfriend|"
    r"girlfriend|wife|wives|hubb|moms?\b|mother|daught|feminis|menstr|abort|rape|sex|dick|cock|"
    r"penis|uter|period|makeup|dress|skirt|lips|bitch|slut|whore|hoes?\b|thot|cunt|"
    r"f(?:em)?oid|virgin|"
    r"incel|patriarch|misogyn|metoo|me too|males?\b|females?\b|m[ae]n\b|guys?\b|boys?\b|"
    r"wom[ae]n\b|"
    r"girls?\b|lad(?:y|ies)\b|he\b|she\b|her\b|his\b|him\b|sod+om|aids\b|hiv\b|anal\b|ass\b|"
    r"arse|butt|bum\b|"
    r"marr|closet|rainbow|wedding|pride|same.sex|lesb|homophob|surger|pronoun|bathroom|"
    r"toilet|dysph|gender|"
    r"transit|biolog|chromos|hormon|cis\b|castrat|mascul|femini|blow|suck|moist"
)
_HEALTH: Final = (
    r"wheel|ramp\b|benefits|carer|access|braille|sign lang|hearing|blind|mute\b|deaf|"
    r"legs?\b|walk|"
    r"chair|parking|special needs|special school|vaccin|spectrum|down.?s\b|syndrom|disorder|"
    r"disab|"
    r"able.bodied|cure|therap|mental|pension|nursing|wrinkl|grand(?:ma|pa|par)|retire|elder|"
    r"young|generation|died? soon|age\b|ageing|aging|slow driv|licen[cs]e"
)
_GENDERED: Final = frozenset(
    (
        *("women", "men", "girls", "gay", "gay men", "lesbian", "bisexual", "homosexual"),
        *("trans", "trans women", "trans men", "transgender people"),
    )
)
_HEALTHY: Final = frozenset(
    ("disabled", "deaf", "autistic", "mentally ill", "old", "disabled people", "older people")
)

_TIED_TO_BODY: Final = re.compile(rf"\b(?:{_BODIES})", re.IGNORECASE)
_TIED_TO_HEALTH: Final = re.compile(rf"\b(?:{_HEALTH})", re.IGNORECASE)
_TIED_TO_FAITH_OR_PLACE: Final = re.compile(rf"\b(?:{_FAITHS}|{_PLACES})", re.IGNORECASE)

_PEOPLES: Final = frozenset(
    ("religion", "caste", "national_origin", "race", "ethnicity", "immigration_status")
)
_FITTING: Final = (
    (re.compile(r"\b(?:racis[tm]|races?\b|racial)", re.IGNORECASE),
     frozenset(("race", "ethnicity", "national_origin"))),
    (re.compile(r"\b(?:religio|faiths?\b|worship|pray|god\b)", re.IGNORECASE),
     frozenset(("religion",))),
    (re.compile(r"\b(?:deport|go back|send (?:them|him|her|you)|countr|nations?\b|land\b|cultur|"
                r"invad|invasion|civili|terror|bomb|savage|primitive|bred|breed|inbre|flood|swarm|"
                r"neighbou?rhood|genocid|cleans|homeland|come here|came here|over here)",
                re.IGNORECASE), _PEOPLES),
)  # fmt: skip
"""What is said of peoples is not said of the old or the blind: words, and the categories left."""


def fits_any_group(text: str, key: str = "", places: Sequence[tuple[int, int]] = ()) -> bool:
    """Whether nothing but the group's name ties a text to its group.

    key: of the group; without one only slurs count. places: of its names, which are not looked at.
    """
    for begin, end in reversed(places):
        text = f"{text[:begin]} {text[end:]}"
    if _SLURS.search(text):
        return False
    if not key:
        return True
    if key in _GENDERED:
        return not _TIED_TO_BODY.search(text)
    if key in _HEALTHY:
        return not _TIED_TO_HEALTH.search(text)
    stem = key[:5] if len(key) > 6 else key[:4]  # "mexic" is in Mexico, "turk" in Turkey
    is_named = len(key) > 4 and re.search(rf"\b{re.escape(stem)}", text, re.IGNORECASE)
    return not (is_named or _TIED_TO_FAITH_OR_PLACE.search(text))


def fitting_categories(text: str) -> frozenset[str] | None:
    """The categories of which the text can be said, or None for any."""
    left = frozenset(TARGETS)
    for pattern, categories in _FITTING:
        if pattern.search(text):
            left &= categories
    return None if left == frozenset(TARGETS) else left
