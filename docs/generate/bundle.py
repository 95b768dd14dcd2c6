"""The bundle: what a stranger needs to write a reader of it."""

from collections.abc import Iterator
from typing import Any

from generate.schemas import FIELDS, fields, nested, paragraphs
from generate.tables import page, table
from upstander.models.bundle import CARD, CHECKSUMS, CONTENTS, GoldenRow
from upstander.models.card import CardFile
from upstander.models.cascade import CASCADE, CascadeManifest
from upstander.models.contents import graph_folder
from upstander.models.manifest import Manifest
from upstander.models.session import open_session
from upstander.models.shipped import DEFAULT_BUNDLE
from upstander.models.signature import SIGNATURE

_FILES = {
    "manifest.json": "One JSON object in UTF-8: all that a reader may rely on.",
    "model.onnx": "The graph, in the form of ONNX, with its weights.",
    "tokenizer.json": (
        "The tokenizer, in the form of Hugging Face's library `tokenizers`. It sets no truncation "
        "and no padding: the manifest says how a text is cut."
    ),
    "golden.jsonl": "Texts and the scores that the graph gave: a JSON object a line, in UTF-8.",
    "README.md": "The model card for people, in Markdown.",
    CARD: "The model card for programs: one JSON object in UTF-8. Bundles before 1.1.1 lack it.",
    CHECKSUMS: (
        "A line for each other file, by name: its SHA-256 in 64 hexadecimal digits, two spaces, "
        "its name. `sha256sum -c SHA256SUMS` checks it. The SHA-256 of this file names the bundle, "
        "and is `sha256` in every answer."
    ),
    SIGNATURE: (
        "The signature of `SHA256SUMS`, in the form of minisign. Bundles that nobody signed lack "
        "it. `minisign -V -p models/upstander.pub -m SHA256SUMS` checks it."
    ),
}
"""In the order in which a reader meets them."""

_OPENING = """\
## Opening a bundle

1. Check every file that `SHA256SUMS` lists. Refuse the bundle if a file other than `card.json` is
   not listed, if a listed file is missing, or if a checksum differs.
2. Read `schema_version` of `manifest.json`, and refuse a version that you do not know. Refuse a
   field that you do not know, and a `normaliser` that is not yours.
3. Score every text of `golden.jsonl`. Refuse the bundle if a probability differs by more than
   `golden.tolerance`.

## Scoring a text

1. Normalise the text. The manifest names the version of the normaliser. Its code is
   `models/normaliser/`, and it is not part of the bundle.
2. Tokenize what is left, cut into windows of at most `window.length` tokens, with the special
   tokens at both ends of each. Each window but the first begins with the last `window.overlap`
   tokens of the one before. Nothing is padded.
3. Run the graph once for each window.
4. Take the highest logit of each column of `logits` over all windows.
5. The probability is `1 / (1 + exp(-(slope * logit + intercept)))`, with the `calibration` of the
   column.
6. A label, category or mechanism holds where its probability is at or above the `threshold` of the
   operating point.
7. The same formula, with `rationale.calibration`, gives the probability of each token. Leave out
   the special tokens. A token of two windows has the higher of its two, and a word the highest of
   its tokens. A word is what stands between white space. Neighbouring words at or above
   `rationale.threshold` make a span, without the punctuation at its edges; its score is the mean
   over its words."""

_WEIGHTS = (
    "A graph of over 90 MB has its weights in files beside it, `weights-1.bin` and so on, in the "
    "form of ONNX's external data. `weights` of the manifest names them, `SHA256SUMS` lists them, "
    "and onnxruntime reads them with the graph."
)

_CASCADE = f"""\
A cascade is a folder too, with `{CASCADE}`, `README.md` and `SHA256SUMS`. The two bundles that it
names lie at `../../NAME/VERSION`. Open both, and refuse one whose `SHA256SUMS` has another SHA-256.
The student scores every text. Where it does not settle one, the base scores it anew, by its own
tokenizer and windows. The thresholds of an answer are those of the bundle that gave it."""

_GRAPH = {
    "input_ids": (
        "Ids of the tokens of one window, with the special ones. One window a run: there is no "
        "mask and no padding."
    ),
    "logits": "A logit for each output, in the order of `labels`, `targets`, `mechanisms`.",
    "rationale": "A logit for each token of the window; only if the manifest has a `rationale`.",
}


def bundle() -> str:
    """The files of a bundle, and every field of those that have fields."""
    files = sorted({*CONTENTS, CARD, CHECKSUMS, SIGNATURE}, key=list(_FILES).index)
    return page(
        "The bundle",
        "A bundle is a folder that is never changed. It holds one model, and all that is needed to "
        "score with it but the normaliser.",
        table(("file", "meaning"), ((f"`{name}`", _FILES[name]) for name in files)),
        _WEIGHTS,
        _OPENING,
        *_described("manifest.json", Manifest),
        f"## `model.onnx`\n\nAs in {DEFAULT_BUNDLE.parent.name} {DEFAULT_BUNDLE.name}. `tokens` is "
        "free, and the number of columns of `logits` is that of the outputs of the manifest.",
        table(("name", "", "type", "shape", "meaning"), _graph()),
        *_described("golden.jsonl", GoldenRow),
        *_described(CARD, CardFile, "Fields that are null are left out."),
        *_described(CASCADE, CascadeManifest, _CASCADE),
    )


def _described(name: str, model: Any, *more: str) -> Iterator[str]:
    schema = model.model_json_schema()
    yield f"## `{name}`\n\n{paragraphs(schema.get('description'))}"
    yield from more
    yield table(FIELDS, fields(schema))
    yield from nested(schema)


def _graph() -> Iterator[tuple[str, str, str, str, str]]:
    session = open_session(graph_folder(DEFAULT_BUNDLE) / "model.onnx")
    for way, ends in (("input", session.get_inputs()), ("output", session.get_outputs())):
        for end in ends:
            shape = ", ".join(str(size) for size in end.shape)
            kind = {"tensor(int64)": "int64", "tensor(float)": "float32"}[end.type]
            yield f"`{end.name}`", way, kind, f"({shape})", _GRAPH[end.name]
