"""`upstander policy`: check, explain, compare, audit and apply the policies that decide."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from upstander.evaluation.command_options import POLICY, refuse_without_effect
from upstander.models.shipped import DEFAULT_BUNDLE
from upstander.redeciding.cli import apply, diff_on

if TYPE_CHECKING:
    from upstander.models.manifest import Manifest, OperatingPoint
    from upstander.models.policy.decide import BoundPolicy
    from upstander.models.policy.document import Rule

policy = typer.Typer(
    help="Check, explain, compare, audit and apply policies.", no_args_is_help=True
)
policy.command()(apply)

_File = Annotated[Path, typer.Argument(help=f"A policy: {POLICY}.", show_default=False)]
_Bundle = Annotated[
    Path, typer.Option(help="Bundle whose thresholds count.", show_default="the shipped bundle")
]

_DOUBLE_STANDARD = 3


@policy.command()
def check(
    files: Annotated[list[Path], typer.Argument(help=f"Policies to check, each {POLICY}.")],
    bundle: _Bundle = DEFAULT_BUNDLE,
) -> None:
    """Say what is wrong with policies, each with its line, or that nothing is."""
    from upstander.models.errors import UpstanderError

    failed = False
    seen: dict[tuple[str, str], BoundPolicy] = {}
    for file in files:
        try:
            bound, _ = _bound(file, bundle)
        except UpstanderError as error:
            failed = True
            typer.echo(str(error), err=True)
        else:
            rules = len(bound.policy.rules)
            typer.echo(f"{file}: {bound.policy.id} {bound.policy.version}, rules: {rules}, sound")
            _warn_alike(seen.setdefault((bound.policy.id, bound.policy.version), bound), bound)
    raise typer.Exit(1 if failed else 0)


@policy.command()
def explain(
    file: _File,
    bundle: _Bundle = DEFAULT_BUNDLE,
    text: Annotated[str, typer.Option(help="Decide this post, too.", show_default=False)] = "",
) -> None:
    """Say in words what a policy does, and what its thresholds gave on validation rows."""
    from upstander.models.policy.checks import unreached

    bound, manifest = _bound(file, bundle)
    document = bound.policy
    typer.echo(f"{document.id} {document.version} ({bound.sha256[:12]}): {document.title}")
    if document.communities:
        typer.echo(f"for the communities {', '.join(document.communities)}")
    for rule, threshold in bound.thresholds():
        typer.echo("\n".join(_rule_lines(bound, rule, threshold, manifest)))
    for rule, strict in unreached(bound.thresholds()):
        typer.echo(f"\nrule {rule.id} never decides: {strict.id} always does, more strictly")
    for exemption in document.exemptions:
        typer.echo(f"\nexemption {exemption.id}: a {exemption.flag} is left to human review")
    if text:
        _explain_post(bound, bundle, text)


@policy.command()
def diff(
    context: typer.Context,
    before: _File,
    after: Annotated[
        Path, typer.Argument(help=f"One to compare it with: {POLICY}.", show_default=False)
    ],
    bundle: _Bundle = DEFAULT_BUNDLE,
    on: Annotated[
        Path | None,
        typer.Option(
            help="A file that `upstander score` wrote, to decide by both.", show_default=False
        ),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            help="A column that was kept, by whose values changes are counted.", show_default=False
        ),
    ] = None,
    text_column: Annotated[
        str, typer.Option(help="Column with the texts, if it was kept, for the report.")
    ] = "text",
    examples: Annotated[
        int, typer.Option(min=0, help="Rows of each change that the report shows.")
    ] = 10,
    report: Annotated[
        Path | None,
        typer.Option(help="Page to write, with examples behind a click.", show_default=False),
    ] = None,
) -> None:
    """Say what changes between two policies, with the thresholds as they are for a bundle.

    With --on, also what that does to posts that were scored: how many change, and for whom.
    """
    refuse_without_effect(
        context,
        {
            "without --on": () if on else ("by", "text_column", "examples", "report"),
            "without --report": () if report else ("text_column", "examples"),
        },
    )
    from upstander.models.policy.loader import policy_file

    old, _ = _bound(before, bundle)
    new, _ = _bound(after, bundle)
    lines = list(_differences(_fields(old), _fields(new)))
    typer.echo(f"{old.policy.id} {old.policy.version} -> {new.policy.id} {new.policy.version}")
    typer.echo("\n".join(lines) if lines else "  they decide alike")
    if not lines and old.sha256 != new.sha256:
        typer.echo("  the files differ in words or comments only")
    _warn_alike(old, new)
    if on is not None:
        diff_on(
            (policy_file(before), policy_file(after)),
            on,
            bundle,
            text=text_column,
            by=by or (),
            report=report,
            examples=examples,
        )


@policy.command()
def audit(
    file: _File,
    bundle: _Bundle = DEFAULT_BUNDLE,
    show: Annotated[int, typer.Option(min=0, help="Templates to show; 0 for all.")] = 10,
) -> None:
    """Find sentences whose band depends on the group alone; exit status 3 if a rule is the reason.

    Every template of DehumCheck is decided for each of its groups. Where the bands differ because
    the scores do, the model is the reason, and the templates are listed. Where one and the same
    score would get another band for another category, a rule is, and that is a double standard.
    """
    from upstander.audit import audit_policy
    from upstander.models.bundle import open_bundle

    bound, _ = _bound(file, bundle)
    found = audit_policy(bound, open_bundle(bundle))
    typer.echo(
        f"{found.templates:,} templates, {found.texts:,} posts; the band depends on the group in "
        f"{len(found.disparities):,}"
    )
    for disparity in found.disparities[: show or None]:
        bands = "; ".join(
            f"{band}: {', '.join(groups)}" for band, groups in disparity.bands.items()
        )
        typer.echo(f"  {disparity.template}: {bands}")
    if show and len(found.disparities) > show:
        typer.echo(f"  and {len(found.disparities) - show:,} more (--show 0 lists them)")
    if not found.unequal:
        typer.echo("no rule tells categories apart: the same score gets the same band for each")
        return
    for line in found.unequal:
        typer.echo(f"  a double standard: {line}", err=True)
    raise typer.Exit(_DOUBLE_STANDARD)


def _bound(file: Path, bundle: Path) -> "tuple[BoundPolicy, Manifest]":
    from upstander.models.bundle import read_manifest, verify
    from upstander.models.policy.decide import BoundPolicy
    from upstander.models.policy.loader import policy_file, read_policy

    read = read_policy(policy_file(file))
    verify(bundle)
    manifest = read_manifest(bundle)
    return BoundPolicy(read, manifest), manifest


def _warn_alike(one: "BoundPolicy", other: "BoundPolicy") -> None:
    """Warn of two policies that records and answers would show under one name."""
    names = {(bound.policy.id, bound.policy.version) for bound in (one, other)}
    if len(names) == 1 and one.sha256 != other.sha256:
        typer.echo(
            f"upstander: two different policies are called {other.policy.id} "
            f"{other.policy.version}: give one another version",
            err=True,
        )


def _rule_lines(
    bound: "BoundPolicy", rule: "Rule", threshold: float, manifest: "Manifest"
) -> Iterator[str]:
    clause = bound.policy.clause(rule.clause)
    then = f", then {rule.action}" if rule.action else ""
    yield f"\nrule {rule.id} (clause {clause.id}, {clause.title}): {rule.band}{then}"
    if rule.point is None:
        yield f"  where {rule.label} is at or over {threshold:.3f}"
    else:
        gave = ", ".join(_gave(manifest.point(rule.label, rule.point)))
        yield f"  where {rule.label} is at or over {threshold:.3f} ({rule.point}: {gave})"
    for name, wanted in (("categories", rule.targets), ("mechanisms", rule.mechanisms)):
        if wanted is not None:
            yield f"  {name}: {', '.join(wanted) or 'none is recognised'}"


def _gave(point: "OperatingPoint") -> Iterator[str]:
    """What an operating point gave on validation rows, with 95 % intervals."""
    for name, share in (
        ("precision", point.precision),
        ("recall", point.recall),
        ("recall on adversarial rows", point.recall_adversarial),
    ):
        if share is not None:
            yield f"{name} {share.value:.2f} ({share.low:.2f} to {share.high:.2f})"
    if (share := point.ordinary) is not None:
        value, low, high = (1000 * part for part in (share.value, share.low, share.high))
        yield f"flagged of 1,000 ordinary posts {value:.1f} ({low:.1f} to {high:.1f})"


def _explain_post(bound: "BoundPolicy", bundle: Path, text: str) -> None:
    from upstander.models.bundle import open_bundle
    from upstander.models.policy.explanation import reason_for
    from upstander.models.policy.quotation import is_quotation

    score = open_bundle(bundle).scorer.score(text)
    decision = bound.decide(score, is_quotation(text, score.spans))
    typer.echo(f"\nthis post: {decision.band}. {reason_for(decision)}")
    typer.echo(f"on the other side of the threshold: {decision.otherwise}")


Fields = dict[str, dict[str, str]]


def _fields(bound: "BoundPolicy") -> Fields:
    """Everything that decides, by what it belongs to."""
    fields: Fields = {"policy": {"communities": ", ".join(bound.policy.communities)}}
    for rule, threshold in bound.thresholds():
        shown = rule.model_dump(exclude={"id", "point"}) | {"threshold": f"{threshold:.3f}"}
        fields[f"rule {rule.id}"] = {name: _word(value) for name, value in shown.items()}
    for exemption in bound.policy.exemptions:
        fields[f"exemption {exemption.id}"] = {"flag": exemption.flag}
    return fields


def _word(value: object) -> str:
    if value is None:
        return "any"
    return ", ".join(value) or "none" if isinstance(value, tuple) else str(value)


def _differences(old: Fields, new: Fields) -> Iterator[str]:
    for name in dict.fromkeys((*old, *new)):
        if name not in new:
            yield f"  {name}: gone"
        elif name not in old:
            shown = ", ".join(f"{field} {value}" for field, value in new[name].items())
            yield f"  {name}: new ({shown})"
        else:
            for field, value in new[name].items():
                if old[name].get(field) != value:
                    yield f"  {name}: {field} {old[name].get(field)} -> {value}"
