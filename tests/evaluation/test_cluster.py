"""Scoring over Ray: the same bytes as this machine alone, and nothing lost with a killed worker."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import forked
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from upstander.evaluation.batch.row import Columns
from upstander.evaluation.batch.sources import find_sources
from upstander.evaluation.errors import EvaluationError

UPSTANDER = [sys.executable, "-m", "upstander"]
RAY = ("--engine", "ray", "--workers", "2")


def upstander(
    *arguments: str | Path, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    if "ray" not in arguments:
        return forked.run("tools", *arguments, env=None if env is None else {**os.environ, **env})
    return subprocess.run(
        [*UPSTANDER, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env=None if env is None else {**os.environ, **env},
    )


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Posts in three files of three formats, some of them bad, some of them twice."""
    folder = tmp_path_factory.mktemp("month")
    texts = [f"Post {n % 700} about the weather in {n % 700} towns." for n in range(900)]
    lines = [json.dumps({"id": n, "text": text}) for n, text in enumerate(texts)]
    (folder / "a.jsonl").write_text("\n".join([*lines[:500], "not json", *lines[500:]]) + "\n")
    (folder / "b.csv").write_text('id,text\n1,"two\nlines"\n2,\n3,Good morning\n')
    pq.write_table(pa.table({"text": [None, *texts[:200]]}), folder / "c.parquet")
    return folder


@pytest.fixture(scope="module")
def local(month: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What this machine alone makes of them."""
    output = tmp_path_factory.mktemp("local") / "scores.jsonl"
    assert upstander("score", month, "-o", output).returncode == 3
    return output


def assert_same(output: Path, local: Path) -> None:
    assert output.read_bytes() == local.read_bytes()
    errors = [Path(f"{path}.errors.jsonl").read_bytes() for path in (output, local)]
    assert errors[0] == errors[1]
    assert not Path(f"{output}.parts").exists()


def test_two_workers_write_what_one_machine_writes(
    month: Path, local: Path, tmp_path: Path
) -> None:
    output = tmp_path / "scores.jsonl"
    done = upstander("score", month, "-o", output, "--rows-a-part", "64", *RAY)
    assert done.returncode == 3, done.stderr
    told = [line for line in done.stderr.splitlines() if not line.startswith("scoring: ")]
    assert told == [
        f"1,102 rows scored: {output}",
        f"upstander: 3 rows could not be scored; {output}.errors.jsonl says which and why",
    ]
    assert_same(output, local)


def test_a_killed_worker_and_then_a_killed_driver_lose_nothing(
    month: Path, local: Path, tmp_path: Path
) -> None:
    output = tmp_path / "scores.jsonl"
    command = ["score", month, "-o", output, "--rows-a-part", "20", *RAY]
    process = subprocess.Popen(
        [*UPSTANDER, *map(str, command)], stderr=subprocess.DEVNULL, start_new_session=True
    )
    parts = tmp_path / "scores.jsonl.parts"

    def wait_for_parts(count: int) -> None:
        while len(list(parts.glob("*[0-9].jsonl"))) < count:
            assert process.poll() is None
            time.sleep(0.01)

    wait_for_parts(2)
    before = workers_of(process.pid)
    assert len(before) == 2
    before[0].send_signal(signal.SIGKILL)
    there = len(list(parts.glob("*[0-9].jsonl")))
    wait_for_parts(there + 12)  # more than what was on its way: the run goes on
    everything = psutil.Process(process.pid).children(recursive=True)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    for child in everything:  # a cluster of its own goes with its machine
        if child.is_running():
            child.kill()
    assert not output.exists()
    done = upstander(*command)
    assert done.returncode == 3, done.stderr
    assert " of them before: " in done.stderr
    assert_same(output, local)


def workers_of(driver: int) -> list[psutil.Process]:
    children = psutil.Process(driver).children(recursive=True)
    return [child for child in children if "MapWorker" in "".join(child.cmdline())]


def test_an_evaluation_has_the_same_numbers(tmp_path: Path) -> None:
    posts = tmp_path / "posts.csv"
    rows = [f"Refugees are vermin {n}.,1\nRefugees are welcome {n}.,0" for n in range(40)]
    posts.write_text("\n".join(["text,hate", *rows]) + "\n")
    reports = []
    for name, engine in {"local": (), "ray": RAY}.items():
        done = upstander(
            "evaluate", posts, "--label", "hate=hate", "--out", tmp_path / name, *engine
        )
        assert done.returncode == 0, done.stderr
        reports.append(json.loads((tmp_path / name / "report.json").read_text()))
        assert "upstander evaluate" in reports[-1].pop("made")["command"]
    assert reports[0]["suites"]
    assert reports[0] == reports[1]


@pytest.mark.parametrize(
    ("posts", "arguments", "env", "told"),
    [
        ("id,comment\n1,Hello\n", (), {}, "no column 'text' (found: id, comment)"),
        ("text\nHello\n", (), {"RAY_ADDRESS": "127.0.0.1:1"}, "no Ray cluster at 127.0.0.1:1"),
    ],
)
def test_what_goes_wrong_on_a_cluster_is_one_line(
    posts: str, arguments: tuple[str, ...], env: dict[str, str], told: str, tmp_path: Path
) -> None:
    given = tmp_path / "posts.csv"
    given.write_text(posts)
    done = upstander("score", given, "-o", tmp_path / "scores.jsonl", *RAY, *arguments, env=env)
    assert done.returncode == 1
    assert told in done.stderr
    assert len([line for line in done.stderr.splitlines() if "scoring: " not in line]) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["posts.csv"]


def test_standard_input_is_not_for_a_cluster(tmp_path: Path) -> None:
    done = upstander("score", "-o", tmp_path / "scores.jsonl", *RAY)
    assert done.returncode == 1
    assert "cannot be read by other processes: give a file" in done.stderr


@pytest.fixture(scope="module")
def bucket() -> Iterator[dict[str, str]]:
    """The environment for an S3-compatible storage with a bucket `posts`."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    env = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "one",
        "AWS_SECRET_ACCESS_KEY": "two",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    client = boto3.client(
        "s3",
        endpoint_url=env["AWS_ENDPOINT_URL"],
        aws_access_key_id="one",
        aws_secret_access_key="two",
        region_name="us-east-1",
    )
    client.create_bucket(Bucket="posts")
    for name, texts in {"may/1": ["one", None], "may/2": ["two"], "june/1": ["three"]}.items():
        sink = pa.BufferOutputStream()
        pq.write_table(pa.table({"text": texts}), sink)
        client.put_object(Bucket="posts", Key=f"{name}.parquet", Body=sink.getvalue().to_pybytes())
    client.put_object(Bucket="posts", Key="bad/1.parquet", Body=b"PAR1 and then nothing")
    yield env
    server.stop()


def test_shards_in_a_bucket_are_scored(bucket: dict[str, str], tmp_path: Path) -> None:
    found = []
    for name, engine in {"local": (), "ray": RAY}.items():
        output = tmp_path / f"{name}.jsonl"
        done = upstander("score", "s3://posts/may", "-o", output, *engine, env=bucket)
        assert done.returncode == 3, done.stderr
        rows = [json.loads(line) for line in output.read_text().splitlines()]
        assert [(r["file"], r["row"]) for r in rows] == [
            ("s3://posts/may/1.parquet", 1),
            ("s3://posts/may/2.parquet", 1),
        ]
        found.append(output.read_bytes())
    assert found[0] == found[1]


def test_addresses_in_a_bucket(bucket: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in bucket.items():
        monkeypatch.setenv(name, value)

    def names(address: str) -> list[str]:
        return [source.name for source in find_sources([address], Columns())]

    assert names("s3://posts/*/1.parquet") == [
        f"s3://posts/{name}/1.parquet" for name in ("bad", "june", "may")
    ]
    assert names("s3://posts/june/1.parquet") == ["s3://posts/june/1.parquet"]
    (source,) = find_sources(["s3://posts/may/1.parquet"], Columns())
    assert source.count(Columns()) == 2
    assert source.fingerprint() != find_sources(["s3://posts/june"], Columns())[0].fingerprint()
    with pytest.raises(EvaluationError, match=r"s3://posts/july: no file under it ends in \.parq"):
        names("s3://posts/july")
    (bad,) = find_sources(["s3://posts/bad"], Columns())
    with pytest.raises(EvaluationError, match="cannot be read as Parquet"):
        bad.count(Columns())


def test_a_storage_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(EvaluationError, match=r"s3://posts cannot be reached: .*AWS_ENDPOINT_URL"):
        find_sources(["s3://posts"], Columns())
