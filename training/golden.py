"""Texts for golden.jsonl, written for this project: no row of a data set leaves its folder.

They cross what can differ between machines: one token and several windows, plain and odd Unicode,
harmless and hateful. Those that dehumanize are as mild as the purpose allows.
"""

from typing import Final

_LONG: Final = (
    "The council met on Tuesday evening to discuss the new bus timetable. Residents of the hill "
    "asked for a later service, and the treasurer explained what that would cost. "
)

GOLDEN_TEXTS: Final = (
    "ok",
    "Good morning!",
    "The bus was late again this morning.",
    "I love my neighbours, and they love my cooking.",
    "What time does the library open on Sundays?",
    "Women are no longer baby-making machines.",
    "They are not really people, they are a disease.",
    "Those refugees are vermin.",
    "Immigrants are parasites who live off the rest of us.",
    "Nobody should ever call refugees vermin.",
    "He was suspended for calling his colleagues animals.",
    "The tenants complained about cockroaches in the building.",
    "Our strikers are absolute machines this season.",
    "The museum shows how propaganda called Jewish people rats.",
    "I am a proud gay man.",
    "Muslims deserve the same respect as everyone else.",
    "Disabled people are a burden and should be put away.",
    "You are an idiot and nobody likes you.",
    "Shut up, you stupid fool!!!",
    "I will find you and hurt you.",
    "This film is garbage.",
    "Politicians are snakes, all of them.",
    "My dog is the best dog in the world \U0001f436",
    "\U0001f600\U0001f600\U0001f600",
    "Ca\u0308fe\u0301 \u2014 na\u00efve fa\u00e7ade, \u00a312.50",
    "\uff34\uff48\uff49\uff53 \uff49\uff53 \uff46\uff55\uff4c\uff4c \uff57\uff49\uff44\uff54\uff48",
    "\u041f\u0440\u0438\u0432\u0435\u0442, \u043a\u0430\u043a \u0434\u0435\u043b\u0430?",
    "See https://example.org/a/long/path?query=1 and thank @somebody for it.",
    "zero\u200bwidth\u00adcharacters",
    "a" * 300,
    _LONG * 6,
    _LONG * 4 + "Those people are vermin and must be driven out. " + _LONG * 4,
)
