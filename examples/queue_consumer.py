"""A worker between two streams: posts in, decisions out. The pattern of Kafka, with Redis.

    pip install -c constraints.txt -e '.[client,redis]'
    python examples/queue_consumer.py WORKER_NAME

A post is acknowledged once its decision is written, in one transaction. A worker that is killed
leaves its posts unacknowledged, and after a minute another one takes them over: each post is
decided at least once. Several workers share the stream.
"""

import json
import os
import sys

import redis

from upstander.client import Client, ErrorReply, Post

POSTS, DECISIONS, GROUP = "posts", "decisions", "upstander"
AT_A_TIME = 64
TAKEN_OVER_AFTER = int(os.environ.get("TAKEN_OVER_AFTER_MS", "60000"))

Entry = tuple[bytes, dict[bytes, bytes]]


def take(broker: redis.Redis, worker: str) -> list[Entry]:
    """Posts that nobody works on: those of a worker that died first, else new ones."""
    left: list[Entry] = broker.xautoclaim(POSTS, GROUP, worker, TAKEN_OVER_AFTER, count=AT_A_TIME)[
        1
    ]
    if left:
        return left
    found = broker.xreadgroup(GROUP, worker, {POSTS: ">"}, count=AT_A_TIME, block=1000)
    entries: list[Entry] = found[0][1] if found else []
    return entries


def decide(entries: list[Entry], client: Client, broker: redis.Redis) -> None:
    """Score posts and write what is decided of them, also that one cannot be scored."""
    ids = [fields.get(b"id", entry) for entry, fields in entries]
    # What an entry lacks, or is not UTF-8, must not stop the worker, nor the next one.
    texts = [fields.get(b"text", b"").decode(errors="replace") for _, fields in entries]
    replies = client.score_batch([Post(text) for text in texts])
    with broker.pipeline(transaction=True) as written:
        for (entry, _), own_id, reply in zip(entries, ids, replies, strict=True):
            told: dict[str, bytes | str] = {"id": own_id}
            if isinstance(reply, ErrorReply):
                told |= {"error": reply.error.message}
            elif reply.decision is not None:
                told |= {"band": reply.decision.band, "reason": reply.decision.reason}
                told |= {"scores": json.dumps(reply.scores)}
            written.xadd(DECISIONS, told)
            written.xack(POSTS, GROUP, entry)
        written.execute()


def main() -> None:
    """Work until the process is stopped."""
    broker = redis.Redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"))
    try:
        broker.xgroup_create(POSTS, GROUP, id="0", mkstream=True)
    except redis.ResponseError as error:
        if "BUSYGROUP" not in str(error):  # there already
            raise
    url = os.environ.get("UPSTANDER_URL", "http://127.0.0.1:8000")
    with Client(url, key=os.environ.get("UPSTANDER_KEY"), retries=10) as client:
        while True:
            if entries := take(broker, sys.argv[1]):
                decide(entries, client, broker)


if __name__ == "__main__":
    main()
