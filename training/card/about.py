"""What the model is, what it is for, and where it ends."""

from typing import Final

from models.manifest import Manifest

_LIMITS: Final = """\
## Limits

English only. The training data was collected by keyword or written by annotators: its groups,
slurs and dialects are those of the United States and Britain around 2016 to 2022, and reclaimed
and in-group speech is often marked offensive in it. Texts are judged without their thread,
picture or author. The tables above show where it fails.
"""


def front_matter(manifest: Manifest) -> str:
    return "\n".join(
        [
            "---",
            "language: en",
            "license: apache-2.0",
            f"base_model: sentence-transformers/{manifest.base_model.name.removeprefix('gt-')}",
            "pipeline_tag: text-classification",
            "tags: [hate-speech, dehumanization, content-moderation, onnx]",
            "---",
        ]
    )


def what_it_is(manifest: Manifest) -> str:
    return (
        f"A text classifier for moderation, fine-tuned from {manifest.base_model.name} "
        f"({manifest.base_model.licence}, SHA-256 `{manifest.base_model.sha256}`), exported to "
        f"ONNX with {manifest.quantization.weights} weights. It reads texts in windows of "
        f"{manifest.window.length} tokens that overlap by {manifest.window.overlap}; the score of "
        "a long text is that of its highest window."
    )


def intended_use() -> str:
    return (
        "## Intended use\n\n"
        "To find posts for people to look at, under a written rule and with an appeal. It judges a "
        "text, never its author. Not for: automatic removal without review, legal decisions, "
        "surveillance of persons or groups, or languages other than English."
    )


def limits(manifest: Manifest) -> str:
    unverified = [source.name for source in manifest.sources if not source.licence_verified]
    return (
        f"{_LIMITS}\nLicences that were not verified at their source: "
        f"{', '.join(unverified) or 'none'}. Texts taken from a platform also fall under that "
        "platform's terms."
    )
