"""Files that only `evaluation/suites` reads, declared so that they are fetched and checked too.

The test splits of data sets that train are files of those data sets, and DehumCheck comes with the
package; what stands here belongs to neither.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from training.sources.source import SourceFile


@dataclass(frozen=True, slots=True)
class SuiteFiles:
    """The files of a suite and the terms that they come under.

    licence_verified: whether the licence was read at its source.
    """

    files: tuple[SourceFile, ...]
    licence: str
    licence_verified: bool


_HATECHECK: Final = (
    "functionality",
    "case_id",
    "test_case",
    "label_gold",
    "target_ident",
    "case_templ",
)
_HATEMODERATE: Final = ("example_id", "sentence", "guideline")

SUITE_FILES: Final[Mapping[str, SuiteFiles]] = MappingProxyType(
    {
        "hatecheck": SuiteFiles(
            files=(
                SourceFile(
                    "hatecheck/test_suite_cases.jsonl.gz",
                    "test",
                    _HATECHECK,
                    3728,
                    "4633d2d2043dea84d19056bd8740d3dc53f560abe4e23d676f8c7930532bd42f",
                ),
                SourceFile(
                    "hatecheck/all_cases.jsonl.gz",
                    "test",
                    _HATECHECK,
                    3901,
                    "1681f8acf25cd8404b85d1d7d1ca85d6dd7c9fdcc610e6696a13db91da57edc8",
                ),
            ),
            licence="CC-BY-4.0",
            licence_verified=True,
        ),
        "hatemoderate": SuiteFiles(
            files=(
                SourceFile(
                    "eval_only/hatemoderate/all_examples_hate.jsonl.gz",
                    "test",
                    _HATEMODERATE,
                    4737,
                    "4ef46855d3f88216ca1598dfd1b1a4ea42ec224ff938537a80ab688adb384627",
                ),
                SourceFile(
                    "eval_only/hatemoderate/all_examples_nonhate.jsonl.gz",
                    "test",
                    _HATEMODERATE,
                    2878,
                    "bc0ae1442c3b56fa1344e64046619fb9a0874a367e4829b833478e28332b673b",
                ),
            ),
            licence="none stated",
            licence_verified=False,
        ),
        "jigsaw_bias": SuiteFiles(
            files=(
                SourceFile(
                    "jigsaw_bias_templates/en_sentence_templates.jsonl.gz",
                    "test",
                    ("template", "toxicity", "phrase"),
                    76564,
                    "0596923b4339224fc0fc0b4c772107371d8712d3a48ef4bf213f92489ce814aa",
                ),
            ),
            licence="CC BY 4.0",
            licence_verified=True,
        ),
    }
)
"""Suite name to its files. Training never reads them, but to leave out what equals them."""
