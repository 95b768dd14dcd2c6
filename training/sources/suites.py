"""Files that only `evaluation/suites` reads, declared so that they are fetched and checked too.

DynaHate's test split is a file of its data set; what stands here belongs to no training set.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from training.sources.source import SourceFile

_COLUMNS = (
    "functionality",
    "case_id",
    "test_case",
    "label_gold",
    "target_ident",
    "case_templ",
)

SUITE_FILES: Final[Mapping[str, tuple[SourceFile, ...]]] = MappingProxyType(
    {
        "hatecheck": (
            SourceFile(
                "hatecheck/test_suite_cases.jsonl.gz",
                "test",
                _COLUMNS,
                3728,
                "4633d2d2043dea84d19056bd8740d3dc53f560abe4e23d676f8c7930532bd42f",
            ),
            SourceFile(
                "hatecheck/all_cases.jsonl.gz",
                "test",
                _COLUMNS,
                3901,
                "1681f8acf25cd8404b85d1d7d1ca85d6dd7c9fdcc610e6696a13db91da57edc8",
            ),
        ),
    }
)
"""Suite name to its files. Training never reads them, but to leave out what equals them."""
