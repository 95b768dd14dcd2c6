"""Settings under the names of an earlier version: they count, and it is said once."""

import inspect

import pytest

from upstander.doctor.parts import read_settings
from upstander.serving.cli import serve
from upstander.serving.environment import unknown_variables, use_current_names
from upstander.serving.settings import RENAMED, Settings


def test_earlier_names_stand_for_the_current_ones() -> None:
    flags = {"stuck_after": "5", "port": "1"}
    environment = {"UPSTANDER_CANARY_INTERVAL": "2"}
    lines = list(use_current_names(flags, environment))
    assert flags == {"worker_timeout": "5", "port": "1"}
    assert environment["UPSTANDER_SELF_TEST_INTERVAL"] == "2"
    assert lines == [
        f"{old} is now {new}: the old name goes with the next version"
        for old, new in (
            ("UPSTANDER_CANARY_INTERVAL", "UPSTANDER_SELF_TEST_INTERVAL"),
            ("--stuck-after", "--worker-timeout"),
        )
    ]
    assert not list(unknown_variables(environment))


def test_what_is_given_under_its_name_wins() -> None:
    flags = {"stuck_after": "5", "worker_timeout": "6"}
    environment = {"UPSTANDER_STUCK_AFTER": "7", "UPSTANDER_WORKER_TIMEOUT": "8"}
    assert len(list(use_current_names(flags, environment))) == 2
    assert flags == {"worker_timeout": "6"}
    assert environment["UPSTANDER_WORKER_TIMEOUT"] == "8"


def test_the_command_takes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(RENAMED) <= set(inspect.signature(serve).parameters)
    assert set(RENAMED.values()) <= set(Settings.model_fields)
    monkeypatch.setenv("UPSTANDER_CANARY_INTERVAL", "2")
    monkeypatch.setenv("UPSTANDER_SELF_TEST_INTERVAL", "")  # so that it is taken back at the end
    monkeypatch.delenv("UPSTANDER_SELF_TEST_INTERVAL")
    settings, found = read_settings({"stuck_after": "5", "port": None})
    assert settings is not None
    assert (settings.worker_timeout, settings.self_test_interval) == (5, 2)
    assert [one.level for one in found] == ["ok", "note", "note"]
