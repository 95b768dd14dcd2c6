"""`upstander policy`, as a person would run it."""

from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from upstander.audit import audit_policy, unequal_rules
from upstander.cli import app
from upstander.models.bundle import Bundle
from upstander.models.manifest import Estimate
from upstander.models.policy.decide import BoundPolicy
from upstander.models.policy.loader import read_policy
from upstander.models.shipped import SHIPPED_POLICIES
from upstander.policy import _gave

SHIPPED = SHIPPED_POLICIES / "dehumanization.toml"


def policy(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["policy", *map(str, arguments)])


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """The shipped policy with a lower threshold, and without one category."""
    path = tmp_path / "changed.toml"
    text = SHIPPED.read_text().replace('point = "balanced"', "threshold = 0.3")
    path.write_text(text.replace('"caste", ', ""))
    return path


def test_check_names_the_line_of_each_mistake_and_goes_on(tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text(SHIPPED.read_text().replace('label = "dehumanization"', 'label = "rudeness"'))
    done = policy("check", bad, SHIPPED, tmp_path / "missing.toml")
    assert done.exit_code == 1
    lines = done.output.splitlines()
    number = bad.read_text().splitlines().index('label = "rudeness"') + 1
    assert any(line.startswith(f"{bad}:{number}: rules.1.label: unknown: rude") for line in lines)
    assert f"{SHIPPED}: dehumanization 1.0.0, rules: 2, sound" in lines
    assert any("missing.toml: cannot be read" in line for line in lines)
    assert policy("check", SHIPPED).exit_code == 0


def test_explain_says_what_a_policy_does_and_why_a_post_gets_its_band() -> None:
    done = policy("explain", SHIPPED, "--text", "Migrants are vermin.")
    assert done.exit_code == 0
    assert "rule protected-group (clause 1," in done.output
    assert "at or over 0.148 (balanced: precision" in done.output
    assert "this post: review. The post probably denies people their humanity" in done.output


def test_a_shipped_policy_is_named_by_its_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "rule severe-toxicity" in policy("explain", "perspective").output
    assert "they decide alike" in policy("diff", "dehumanization", SHIPPED).output
    done = policy("explain", "perspectiv")
    assert "the id of a shipped policy: dehumanization, hate, perspective" in str(done.exception)
    monkeypatch.chdir(tmp_path)
    Path("hate").write_text(SHIPPED.read_text())
    assert policy("explain", "hate").output.startswith("dehumanization 1.0.0")


def test_two_policies_of_one_name_are_told(changed: Path) -> None:
    told = "two different policies are called dehumanization 1.0.0: give one another version"
    assert told in policy("diff", SHIPPED, changed).output
    checked = policy("check", SHIPPED, "hate", changed)
    assert told in checked.output
    assert checked.exit_code == 0
    assert "are called" not in policy("check", SHIPPED, "dehumanization").output


def test_explain_says_what_a_point_does_to_ordinary_posts(bundle: Bundle) -> None:
    point = bundle.manifest.point("hate").model_copy(
        update={
            "ordinary": Estimate(value=0.0042, low=0.003, high=0.0061),
            "recall_adversarial": Estimate(value=0.6, low=0.55, high=0.65),
        }
    )
    assert list(_gave(point))[2:] == [
        "recall on adversarial rows 0.60 (0.55 to 0.65)",
        "flagged of 1,000 ordinary posts 4.2 (3.0 to 6.1)",
    ]


def test_diff_says_what_would_change(changed: Path, tmp_path: Path) -> None:
    done = policy("diff", SHIPPED, changed)
    assert "rule protected-group: threshold 0.148 -> 0.300" in done.output
    assert "rule group-unknown: threshold 0.148 -> 0.300" in done.output
    assert "rule protected-group: targets religion, caste, age" in done.output
    assert "they decide alike" in policy("diff", SHIPPED, SHIPPED).output
    commented = tmp_path / "commented.toml"
    commented.write_text(SHIPPED.read_text() + "# more words\n")
    assert "in words or comments only" in policy("diff", SHIPPED, commented).output


def test_no_rule_of_the_shipped_policy_tells_categories_apart(bundle: Bundle) -> None:
    found = audit_policy(BoundPolicy(read_policy(SHIPPED), bundle.manifest), bundle)
    assert found.unequal == []
    assert found.templates == 540
    # The model gives the same sentence about another group another score. The card says by how
    # much; what a policy makes of it must not grow unseen.
    assert len(found.disparities) <= 45


def test_a_double_standard_is_found(changed: Path, bundle: Bundle) -> None:
    bound = BoundPolicy(read_policy(changed), bundle.manifest)
    (line,) = unequal_rules(bound)
    assert line.startswith("dehumanization of 0.300 gets allow for caste; review for religion, ")
    done = policy("audit", changed, "--show", "1")
    assert done.exit_code == 3
    assert "a double standard: dehumanization of 0.300 gets allow for caste" in done.output
