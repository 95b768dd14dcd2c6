"""`upstander model`: look at a bundle."""

from pathlib import Path
from typing import Annotated

import typer

from upstander.cascade import cascade
from upstander.models.shipped import BUNDLES, DEFAULT_BUNDLE

model = typer.Typer(help="Look at model bundles.", no_args_is_help=True)
model.command()(cascade)

_Bundle = Annotated[
    Path, typer.Argument(help="Folder of the bundle.", show_default="the shipped bundle")
]


@model.command("list")
def list_bundles() -> None:
    """List the bundles that come with this project."""
    for folder in sorted(sums.parent for sums in BUNDLES.glob("*/*/SHA256SUMS")):
        name = "/".join(folder.parts[-2:])
        typer.echo(f"{name}{'  (default)' if folder == DEFAULT_BUNDLE else ''}")


@model.command()
def verify(
    bundle: _Bundle = DEFAULT_BUNDLE,
    require_signature: Annotated[
        bool, typer.Option("--require-signature", help="Fail unless a trusted key has signed it.")
    ] = False,
    signature_keys: Annotated[
        Path | None,
        typer.Option(
            help="File of minisign's public keys that are trusted.",
            show_default="the key of this project",
        ),
    ] = None,
) -> None:
    """Check every byte of a bundle, reproduce its golden scores here, and say who signed it."""
    from upstander.models.bundle import open_bundle
    from upstander.models.signature import BundleUnsigned, check_signature

    try:
        signed = check_signature(bundle, signature_keys)
        verdict = f"signed by {signed.key}: {signed.comment}"
    except BundleUnsigned as error:
        if require_signature:
            raise
        verdict = f"not signed by a key that is trusted: {error}"
    opened = open_bundle(bundle)
    for one in (*opened.stages.values(), opened):
        line = f"{one.manifest.name} {one.manifest.version}: every file matches"
        if one.cascade is None:
            line += (
                f", {one.manifest.golden.rows} golden texts within {one.golden_difference:.1e} "
                f"(allowed: {one.manifest.golden.tolerance})"
            )
        typer.echo(line)
    typer.echo(verdict)


@model.command()
def show(bundle: _Bundle = DEFAULT_BUNDLE) -> None:
    """Print the manifest of a bundle, or of a cascade, as JSON."""
    from upstander.models.bundle import read_manifest, verify
    from upstander.models.contents import is_cascade, read_cascade

    verify(bundle)
    shown = read_cascade(bundle) if is_cascade(bundle) else read_manifest(bundle)
    typer.echo(shown.model_dump_json(indent=2))
