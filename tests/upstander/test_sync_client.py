"""The client that blocks is made of the one that is awaited."""

import inspect
import sys

import pytest
from conftest import ROOT

from upstander.client import AsyncClient, Client

OTHER_NAMES = {
    "aclose": "close",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
}


def test_it_is_what_its_script_makes_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "deploy"))
    import sync_client

    monkeypatch.delitem(sys.modules, "sync_client")
    made = sync_client.modules()
    committed = {file: file.read_text() for file in sync_client.MADE.glob("*.py")}
    assert made == committed, "write it anew with deploy/sync_client.py"
    for text in made.values():
        assert not {"async", "await"} & set(text.split())


def test_both_have_the_same_methods_with_the_same_arguments() -> None:
    def methods(client: type) -> dict[str, list[str]]:
        return {
            OTHER_NAMES.get(name, name): list(inspect.signature(method).parameters)
            for name, method in vars(client).items()
            if inspect.isfunction(method)
        }

    assert len(methods(Client)) > 15
    assert methods(Client) == methods(AsyncClient)
