"""Every module of the tests can be imported beside all others."""

from collections import Counter

from conftest import ROOT


def test_a_module_of_the_tests_has_a_name_of_its_own() -> None:
    """pytest puts every folder of tests on the path, so that tests can share what they have."""
    names = Counter(path.name for path in (ROOT / "tests").rglob("*.py"))
    assert [name for name, count in names.items() if count > 1] == []
