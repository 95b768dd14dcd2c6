"""`upstander model`: look at a bundle."""

from pathlib import Path
from typing import Annotated

import typer

from models.shipped import BUNDLES, DEFAULT_BUNDLE

model = typer.Typer(help="Look at model bundles.", no_args_is_help=True)

_Bundle = Annotated[
    Path, typer.Argument(help="Folder of the bundle.", show_default="the shipped bundle")
]


@model.command("list")
def list_bundles() -> None:
    """List the bundles that come with this project."""
    for manifest in sorted(BUNDLES.glob("*/*/manifest.json")):
        name = "/".join(manifest.parts[-3:-1])
        typer.echo(f"{name}{'  (default)' if manifest.parent == DEFAULT_BUNDLE else ''}")


@model.command()
def verify(bundle: _Bundle = DEFAULT_BUNDLE) -> None:
    """Check every byte of a bundle and reproduce its golden scores on this machine."""
    from models.bundle import open_bundle

    opened = open_bundle(bundle)
    typer.echo(
        f"{opened.manifest.name} {opened.manifest.version}: every file matches, "
        f"{opened.manifest.golden.rows} golden texts within {opened.golden_difference:.1e} "
        f"(allowed: {opened.manifest.golden.tolerance})"
    )


@model.command()
def show(bundle: _Bundle = DEFAULT_BUNDLE) -> None:
    """Print the manifest of a bundle as JSON."""
    from models.bundle import read_manifest, verify

    verify(bundle)
    typer.echo(read_manifest(bundle).model_dump_json(indent=2))
