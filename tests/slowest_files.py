"""The slowest files, after the slowest tests of `--durations N`: what a file shares counts too."""

from collections import Counter

import pytest


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    wanted = config.option.durations
    if not wanted:
        return
    seconds: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                seconds[report.nodeid.partition("::")[0]] += report.duration
    terminalreporter.section(f"slowest {wanted} files of {sum(seconds.values()):.0f} s")
    for name, took in seconds.most_common(wanted):
        terminalreporter.write_line(f"{took:8.2f}s {name}")
