"""What the running service decides, by which policy, and how that changes."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from comments import analyze, asked
from conftest import Server, StartServer, until

TWEET = "Uyghur women are no longer baby-making machines."
IN_FULL = (
    "Study shows that in the process of eradicating extremism, the minds of Uygur women in "
    "Xinjiang were emancipated and gender equality and reproductive health were promoted, making "
    "them no longer baby-making machines."
)
REPORT = "Twitter locked the embassy's account over that tweet."
CONDEMNED = "Nobody should ever call refugees vermin."


def decided(server: Server, text: str, **more: Any) -> dict[str, Any]:
    response = httpx.post(f"{server.url}/v1/score", json={"text": text, **more}, timeout=30)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()["decision"]
    return found


@pytest.mark.parametrize(
    "text",
    [
        TWEET,
        pytest.param(
            IN_FULL,
            marks=pytest.mark.xfail(reason="bundle 2.0.0 misses it: docs/limits.md", strict=True),
        ),
    ],
)
def test_the_tweet_its_report_and_its_condemnation(server: Server, text: str) -> None:
    tweet = decided(server, text)
    assert (tweet["band"], tweet["action"], tweet["rule"]) == (
        "review",
        "withhold",
        "protected-group",
    )
    assert tweet["clause"]["id"] == "1"
    assert tweet["mechanism"] == "object"
    assert tweet["score"] >= tweet["threshold"]
    assert tweet["distance"] == pytest.approx(tweet["score"] - tweet["threshold"])
    assert tweet["otherwise"] == "review"  # it would still be hate
    assert "as objects, machines or tools" in tweet["reason"]
    assert tweet["policy"]["id"] == "hate"
    assert len(tweet["policy"]["sha256"]) == 64
    assert any("baby-making" in text[span["begin"] : span["end"]] for span in tweet["spans"])
    for harmless in (REPORT, CONDEMNED):
        allowed = decided(server, harmless)
        assert (allowed["band"], allowed["otherwise"]) == ("allow", "review")
        assert allowed["distance"] < 0
        assert "action" not in allowed
        assert allowed["reason"].startswith("No rule is broken. Rule ")


def test_a_batch_and_a_stream_decide_as_a_post_does(server: Server) -> None:
    posts = [{"text": text} for text in (TWEET, REPORT)] + [{"text": "x", "policy": "none"}]
    batch = httpx.post(f"{server.url}/v1/score/batch", json={"posts": posts}).json()["results"]
    lines = "".join(json.dumps(post) + "\n" for post in posts)
    stream = httpx.post(f"{server.url}/v1/score/stream", content=lines).text.splitlines()
    assert [json.loads(line) for line in stream] == batch
    assert [result["decision"] for result in batch[:2]] == [
        decided(server, TWEET),
        decided(server, REPORT),
    ]
    assert batch[2]["error"]["message"] == (
        "policy: unknown; available: dehumanization, hate, perspective."
    )


def test_a_request_or_its_community_chooses_the_policy(
    start_server: StartServer, policies: Path
) -> None:
    with start_server(policies=policies) as server:
        server.wait_ready()
        assert decided(server, TWEET)["band"] == "review"
        chosen = decided(server, TWEET, policy="strict")
        assert (chosen["band"], chosen["policy"]["id"]) == ("act", "strict")
        assert decided(server, TWEET, community_id="forum/7") == chosen
        assert decided(server, TWEET, community_id="forum/8")["band"] == "review"
        both = {"policy": "dehumanization", "community_id": "forum/7"}
        assert decided(server, TWEET, **both)["policy"]["id"] == "dehumanization"
        comment = asked(TWEET, communityId="forum/7")
        header = analyze(server, comment).headers["x-upstander-decision"]
        assert header == "act; rule=protected-group; policy=strict@1.0.0"
        comment = asked(TWEET, communityId="forum/8")
        header = analyze(server, comment).headers["x-upstander-decision"]
        assert header == "review; rule=protected-group; policy=hate@1.0.0"


def test_the_policies_in_force_are_listed(start_server: StartServer, policies: Path) -> None:
    with start_server(policies=policies) as server:
        server.wait_ready()
        found = httpx.get(f"{server.url}/v1/policies").json()
        assert found["default"] == "hate"
        *shipped, strict = found["policies"]
        assert [one["id"] for one in shipped] == ["dehumanization", "hate", "perspective"]
        assert (strict["id"], strict["communities"]) == ("strict", ["forum/7"])
        assert all(one["title"] and one["communities"] == [] for one in shipped)
        assert shipped[1]["sha256"] == decided(server, TWEET)["policy"]["sha256"]
        (policies / "strict.toml").unlink()
        until(
            lambda: len(httpx.get(f"{server.url}/v1/policies").json()["policies"]) == 3, seconds=5
        )


def test_a_changed_threshold_changes_the_next_answer(
    start_server: StartServer, policies: Path
) -> None:
    file = policies / "dehumanization.toml"
    before = file.read_text()
    with start_server(policies=policies, policy="dehumanization") as server:
        server.wait_ready()
        first = decided(server, TWEET)
        file.write_text(before.replace('point = "balanced"', "threshold = 0.99"))
        until(lambda: decided(server, TWEET)["band"] == "allow")
        changed = decided(server, TWEET)
        assert changed["threshold"] == 0.99
        assert changed["policy"]["sha256"] != first["policy"]["sha256"]
        assert server.metric('upstander_policy_reloads_total{result="done"}') == 1

        # Half of a file, one with a mistake, and none at all: those of before stay.
        for broken in (before[:900], before.replace("balanced", "perfect"), "rules = 7"):
            refused = server.metric('upstander_policy_reloads_total{result="refused"}')
            file.write_text(broken)
            until(
                lambda refused=refused: (  # type: ignore[misc]
                    decided(server, TWEET) == changed
                    and server.metric('upstander_policy_reloads_total{result="refused"}') > refused
                )
            )
        for path in policies.iterdir():
            path.unlink()
        until(
            lambda: "there is no policy file" in (decided(server, TWEET), server.log.read_text())[1]
        )
        assert decided(server, TWEET) == changed
        file.write_text(before)
        until(lambda: decided(server, TWEET) == first)


def test_without_policies_there_are_scores_and_nothing_is_decided(
    start_server: StartServer,
) -> None:
    with start_server(policy="") as server:
        server.wait_ready()
        reply = httpx.post(f"{server.url}/v1/score", json={"text": TWEET}).json()
        assert "decision" not in reply
        assert "x-upstander-decision" not in analyze(server, asked()).headers
        named = {"text": TWEET, "policy": "dehumanization"}
        refused = httpx.post(f"{server.url}/v1/score", json=named)
        assert refused.status_code == 422
        assert "without policies" in refused.json()["error"]["message"]
        listed = httpx.get(f"{server.url}/v1/policies").json()
        assert listed == {"default": None, "policies": []}


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ("schema = 1", "id: field required"),
        (None, "no policy has this id; there are dehumanization, perspective, strict"),
    ],
)
def test_a_policy_that_cannot_be_used_stops_the_start(
    start_server: StartServer, policies: Path, broken: str | None, told: str
) -> None:
    if broken is None:
        (policies / "hate.toml").unlink()
    else:
        (policies / "hate.toml").write_text(broken)
    with start_server(policies=policies) as server:
        assert server.process.wait(timeout=30) == 1
        assert told in server.log.read_text()
