"""Progress: plain lines where there is no terminal, and nothing at all for quick work."""

from types import SimpleNamespace

import pytest

from upstander.evaluation import progress


def test_quick_work_is_silent_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.track("quick", total=3, unit="rows") as tracker:
        for _ in range(3):
            tracker.advance()
    assert capsys.readouterr() == ("", "")


def test_slow_work_says_how_far_how_fast_and_how_long(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]  # a clock of the test's own: waiting ten real seconds would prove no more
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    with progress.track("slow", total=1000, unit="rows") as tracker:
        for _ in range(5):
            now[0] += 5
            tracker.advance(100, note="AUC 0.9")
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "slow: 200 of 1,000 rows, 20.0 rows/s, 40 s left, AUC 0.9",
        "slow: 400 of 1,000 rows, 20.0 rows/s, 30 s left, AUC 0.9",
        "slow: 500 of 1,000 rows, 20.0 rows/s, 25 s left, AUC 0.9",
    ]


def test_a_terminal_gets_a_bar(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "xterm")
    with progress.track("drawn", total=2, unit="rows") as tracker:
        tracker.advance(2, note="done soon")
    assert "drawn" in capsys.readouterr().err


def test_a_notebook_gets_one_line_that_changes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    kernel = SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=None))
    monkeypatch.setitem(progress.sys.modules, "IPython", kernel)
    with progress.track("scoring", total=4, unit="texts") as tracker:
        for _ in range(4):
            now[0] += 0.4
            tracker.advance()
    shown = capsys.readouterr().err
    assert [line.strip() for line in shown.split("\r")] == [
        "",
        "scoring: 2 of 4 texts, 2.5 texts/s, 1 s left",
        "scoring: 4 of 4 texts, 2.5 texts/s, 0 s left",
        "scoring: 4 of 4 texts, 2.5 texts/s, 0 s left",
    ]
    assert shown.endswith("\n")
