"""Files that only `evaluation/suites` reads, declared so that they are fetched and checked too.

The test splits of data sets that train are files of those data sets, and DehumCheck comes with the
package; what stands here belongs to neither. The lists of groups (`groups/*.csv`) and Perspective's
verdicts on HateCheck are tables and no lines, and are not declared.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from upstander.training.sources.source import SourceFile


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
_MULTILINGUAL: Final = (
    "mhc_case_id",
    "functionality",
    "test_case",
    "label_gold",
    "target_ident",
    "templ_id",
)
_LANGUAGES: Final = (
    ("arabic", 3570, "b0da434908511bc3ab6e22b0b281290eff64b53fae640d7bf5ec487a9ec9daf2"),
    ("dutch", 3765, "edd05167ceb9c543f9ddf139971730580aa480bbd90f4f42e650e1ce7b6135de"),
    ("french", 3718, "971c8a5aed319534a66efc9dd0e3e7d3d7f56f3d0b0d4c88df2e26953b448b88"),
    ("german", 3645, "3f89529076d92083c5ee5a3ebaea4c33f18572981dfc63861e33d161aedbb9b1"),
    ("hindi", 3565, "82941ab9a3885b220e0f0e11d6a92b9c1e742c68ec4d15139de4f937c0b91b19"),
    ("italian", 3690, "75e66f21ea29a22628544779ee15cee34abe6413509010076eb289250c752658"),
    ("mandarin", 3378, "ba1ce08e3163e00e98f621396589c622668b30794b275cdde1b7c66d366bffd0"),
    ("polish", 3815, "3a5c8c3791939af7ba9dd9aeff1954c7a452dd10119efcec4173d5568831fa1f"),
    ("portuguese", 3691, "0ee566f9235b87ae3f1be1020e82857fb080d7e9f5e6854e20ee3a06029e56ab"),
    ("spanish", 3745, "e5ebb8b10cbb9ce742b7c2fddc401450cb683d57ded6711091e604a50d730c78"),
)
"""Files of Multilingual HateCheck: name, rows and SHA-256."""
_ORDINARY: Final = ("id", "text", "domain")
_WIKIPEDIA: Final = ("id", "text", "label", "api")
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
        "multilingual_hatecheck": SuiteFiles(
            files=tuple(
                SourceFile(
                    f"multilingual_hatecheck/{language}.jsonl.gz",
                    "test",
                    _MULTILINGUAL,
                    rows,
                    sha256,
                )
                for language, rows, sha256 in _LANGUAGES
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
        "ordinary": SuiteFiles(
            files=(
                SourceFile(
                    "ordinary/test.jsonl.gz",
                    "test",
                    _ORDINARY,
                    10870,
                    "ba3b23c4a71fa684524e8f3a4a8c4bb93aa5a1a0ba88fd5fefb59e5a8da72234",
                ),
            ),
            licence="as of each source, in the field licence",
            licence_verified=False,
        ),
        "ordinary_more": SuiteFiles(
            files=(
                SourceFile(
                    "eval_only/ordinary_more.jsonl.gz",
                    "test",
                    _ORDINARY,
                    10438,
                    "b1f656c77cecd149cecaa4ef84a0e83f5497e2788c58934878ef72d98be9e795",
                ),
            ),
            licence="unknown or for research only",
            licence_verified=False,
        ),
        "natural": SuiteFiles(
            files=(
                SourceFile(
                    "dehum_natural/test.jsonl.gz",
                    "test",
                    (
                        "id",
                        "text",
                        "source",
                        "dehumanization",
                        "hate",
                        "targets",
                        "mechanisms",
                        "spans",
                        "reason",
                    ),
                    880,
                    "d2dad6bb069a89150bcc95a76ac70405d107c69245e7827b9723d6936ae25b48",
                ),
            ),
            licence="labels CC0; each text keeps that of its set",
            licence_verified=False,
        ),
        "perspective_wikipedia": SuiteFiles(
            files=(
                SourceFile(
                    "perspective_wikipedia/gc_test.jsonl.gz",
                    "test",
                    _WIKIPEDIA,
                    2002,
                    "9aeeb81128b401a417da3e6f338fa72c88b8d8b18033ef6bb90f7c7952172e92",
                ),
                SourceFile(
                    "perspective_wikipedia/gn_test.jsonl.gz",
                    "test",
                    _WIKIPEDIA,
                    1986,
                    "09a58475ca116f028a09a7cd4223c7cf33bdcb47a4565778aba423e25168ece8",
                ),
            ),
            licence="Apache-2.0",
            licence_verified=False,
        ),
        "perspective_rtp": SuiteFiles(
            files=(
                SourceFile(
                    "perspective_rtp/test.jsonl.gz",
                    "test",
                    (
                        "source",
                        "file",
                        "part",
                        "text",
                        "toxicity",
                        "severe_toxicity",
                        "identity_attack",
                        "insult",
                        "profanity",
                        "threat",
                    ),
                    1487,
                    "25a183034dd02b507daa7a2658506ae3fd9bdc42d968c326914420b768ed10ae",
                ),
            ),
            licence="Apache-2.0; rows of DecodingTrust CC BY-SA 4.0",
            licence_verified=False,
        ),
        "counterspeech": SuiteFiles(
            files=(
                SourceFile(
                    "eval_only/dynacounter/all.jsonl.gz",
                    "test",
                    (
                        "response",
                        "gold_label",
                    ),
                    1911,
                    "5f4ebb8d0c9f7ade57aa9b29bc0428a89871bc70b40845a39fa828ba47596ebc",
                ),
                SourceFile(
                    "reddit_counterspeech/validation_set.jsonl.gz",
                    "test",
                    (
                        "reply",
                        "label",
                    ),
                    672,
                    "405f6f0f2b7f5c28e76943c0cb3edfebd7064f68455b7aadac10acdae1f0c261",
                ),
            ),
            licence="none stated; Reddit rows MIT",
            licence_verified=False,
        ),
    }
)
"""Suite name to its files. Training never reads them, but to leave out what equals them."""

OTHER_LANGUAGES: Final = frozenset({"multilingual_hatecheck"})
"""Those of them that no recipe for English reads, nor leaves out of its rows."""
