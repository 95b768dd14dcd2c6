"""The command. Verbs import what they need when they run, so that serving needs no torch."""

import sys

import typer

from upstander.doctor.cli import doctor
from upstander.evaluation.cli import evaluate
from upstander.evaluation.compare_cli import compare
from upstander.evaluation.report_cli import report
from upstander.model import model
from upstander.models.errors import UpstanderError
from upstander.policy import policy
from upstander.score import score
from upstander.serving.cli import feedback, keys, serve
from upstander.serving.records.cli import records
from upstander.training.cli import data, train
from upstander.training.finetune.cli import finetune

app = typer.Typer(
    help="Detects dehumanizing speech: text that denies people their humanity because of a group.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(serve)
app.command()(doctor)
app.command()(score)
app.command()(evaluate)
app.command()(report)
app.command()(compare)
app.command()(train)
app.command()(finetune)
app.add_typer(keys, name="keys")
data.add_typer(feedback, name="feedback")
app.add_typer(data, name="data")
app.add_typer(model, name="model")
app.add_typer(policy, name="policy")
app.add_typer(records, name="records")


def main() -> None:
    """Run a verb; an expected error is one line on standard error and exit status 1.

    Of `evaluate` it is 2: there 1 says that a bar does not hold, and nothing else.
    """
    try:
        app()
    except UpstanderError as error:
        print(f"upstander: {error}", file=sys.stderr)
        sys.exit(_failed())
    except ModuleNotFoundError as error:
        extra = _EXTRAS.get((error.name or "").partition(".")[0])
        if extra is None:
            raise
        print(
            f"upstander: this needs {error.name}: pip install -c constraints.txt -e '.[{extra}]'",
            file=sys.stderr,
        )
        sys.exit(_failed())


def _failed() -> int:
    """The exit status of what could not be done."""
    return 2 if sys.argv[1:2] == ["evaluate"] else 1


_EXTRAS = {
    "torch": "train",
    "transformers": "train",
    "safetensors": "train",
    "datasets": "train",
    "accelerate": "train",
    "datasketch": "evaluate",
    "cleanlab": "evaluate",
    "onnx": "train",
    "httpx": "train",
    "scipy": "evaluate",
    "sklearn": "evaluate",
    "pyarrow": "evaluate",
    "backports": "evaluate",
    "ray": "ray",
    "matplotlib": "evaluate",
    "jinja2": "evaluate",
    "psycopg": "postgresql",
}
"""Which extra brings a package that a verb imports."""
