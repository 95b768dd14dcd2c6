"""Large bodies are read a piece at a time, and say what `json` says."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upstander.serving.api.json_body import json_of

PIECES = ['"', "\\", "\n", "a", "é", "\ud83d", "\ude00", "\U0001f600", "b" * 5000, "\ud83d" * 1500]


@given(st.lists(st.sampled_from(PIECES), max_size=30), st.integers(0, 70))
def test_a_string_is_what_json_reads(pieces: list[str], before: int) -> None:
    body = json.dumps({"a" * before: ["".join(pieces)]}).encode()
    assert json_of(body) == json.loads(body)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": "x',
        '["' + "x" * 80_000,
        '["a\nb"]',
        '["\\q"]',
        '["\\u12"]',
        '["a\\',
        '["\\ud83d\\u"]',
    ],
)
def test_what_json_refuses_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"Unterminated|Invalid"):
        json_of(text.encode())
