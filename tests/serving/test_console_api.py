"""What the console asks beside scores: which labels a policy uses, and the language of a text."""

import httpx
import pytest
from conftest import Server

from upstander.models.bundle import Bundle


def test_a_policy_tells_the_labels_that_it_uses(server: Server, bundle: Bundle) -> None:
    told = httpx.get(f"{server.url}/v1/policies").json()
    found = {one["id"]: one for one in told["policies"]}["dehumanization"]
    assert found["thresholds"] == {"dehumanization": bundle.manifest.threshold("dehumanization")}
    assert "their humanity" in " ".join(found["text"].split())


@pytest.mark.parametrize(
    ("text", "detected", "is_supported"),
    [
        ("Good morning, everyone: the bus is late again today, as it was yesterday.", "en", True),
        ("Guten Morgen zusammen, der Bus kommt heute schon wieder viel zu spät.", "de", False),
        ("صباح الخير", "ar", False),
        ("Hallo!", None, True),  # too little to be sure
    ],
)
def test_the_language_of_a_text(
    server: Server, text: str, detected: str | None, is_supported: bool
) -> None:
    found = httpx.post(f"{server.url}/v1/language", json={"text": text}).json()
    assert (found["detected"], found["is_supported"]) == (detected, is_supported)
