"""A rollout and the death of a pod, in the order of the manifest, without a cluster.

A small supervisor stands for Kubernetes: it starts pods, waits for the probe of the manifest,
routes to those that are ready, and ends them as a kubelet does: out of the service and `preStop` at
once, SIGTERM after that. No scheduler, no network policy and no autoscaler is seen by this.
"""

import random
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import httpx
import pytest
from conftest import Server, StartServer
from test_kubernetes import documents

DEPLOYMENT = dict(documents())["service.yaml, Deployment"]["spec"]
POD = DEPLOYMENT["template"]["spec"]
CONTAINER = POD["containers"][0]
LAG = 0.3
"""Seconds after which the last client notices a change of the endpoints."""
PAUSE = 1.0
"""In place of the seconds of `preStop` and `minReadySeconds`; longer than the lag, as those are."""


@dataclass
class Cluster:
    """The pods of one deployment, and a client that calls them all the time."""

    start: Callable[[], Server]
    pods: list[Server] = field(default_factory=list)
    endpoints: list[str] = field(default_factory=list)
    statuses: list[int | str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def add(self) -> Server:
        """A new pod, routed to once its startup probe succeeds; it stays ready a while."""
        pod = self.start()
        pod.wait_ready(CONTAINER["startupProbe"]["failureThreshold"])
        self.pods.append(pod)
        self.endpoints = [*self.endpoints, pod.url]
        time.sleep(PAUSE)
        return pod

    def end(self, pod: Server) -> None:
        """As a kubelet ends one. Its exit status must be 0 within the grace period."""
        self.pods.remove(pod)
        threading.Timer(LAG, self.forget, [pod.url]).start()
        time.sleep(PAUSE)
        pod.process.terminate()
        assert pod.process.wait(timeout=POD["terminationGracePeriodSeconds"]) == 0

    def forget(self, url: str) -> None:
        self.endpoints = [one for one in self.endpoints if one != url]

    def call(self) -> None:
        """One post after another, each on a connection of its own, to any endpoint."""
        number = 0
        while not self.over.is_set():
            number += 1
            url = random.choice(self.endpoints)
            try:
                reply = httpx.post(f"{url}/v1/score", json={"text": f"Good morning {number}."})
                self.statuses.append(reply.status_code)
            except httpx.TransportError as error:
                self.statuses.append(type(error).__name__)

    @contextmanager
    def called(self):  # type: ignore[no-untyped-def]
        threads = [threading.Thread(target=self.call) for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.over.set()
            for thread in threads:
                thread.join()


@pytest.fixture
def cluster(start_server: StartServer):  # type: ignore[no-untyped-def]
    with ExitStack() as stack:
        yield Cluster(lambda: stack.enter_context(start_server(store="")))


@pytest.mark.slow
def test_a_rollout_answers_every_request_and_never_has_fewer_pods(cluster: Cluster) -> None:
    for _ in range(2):
        cluster.add()
    fewest = 2
    with cluster.called():
        for pod in list(cluster.pods):  # maxSurge: 1, maxUnavailable: 0
            cluster.add()
            cluster.end(pod)
            fewest = min(fewest, len(cluster.pods))
    assert fewest == 2
    assert len(cluster.statuses) > 50
    assert set(cluster.statuses) == {200}


@pytest.mark.slow
def test_of_a_pod_that_is_killed_only_what_was_sent_to_it_is_lost(cluster: Cluster) -> None:
    killed, _ = cluster.add(), cluster.add()
    with cluster.called():
        time.sleep(1)
        killed.process.kill()
        killed.process.wait(5)
        time.sleep(LAG)  # until nobody is sent there any more
        cluster.forget(killed.url)
        time.sleep(0.1)
        before = len(cluster.statuses)
        cluster.add()
        time.sleep(1)
    lost = {status for status in cluster.statuses if status != 200}
    assert lost <= {"ConnectError", "ReadError", "RemoteProtocolError"}
    assert set(cluster.statuses[before + 2 :]) == {200}
