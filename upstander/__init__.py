"""The installed package: the rooms (`upstander.models`, ...), the command and the client.

`Classifier` scores in this process. It is imported when it is asked for, so that the client, and
whoever imports this package for anything else, loads neither onnxruntime nor a model.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from upstander.classifier import Classifier, Scores, UnusableTexts

__all__ = ["Classifier", "Scores", "UnusableTexts"]


def __getattr__(name: str) -> object:
    if name in __all__:
        from upstander import classifier

        return getattr(classifier, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
