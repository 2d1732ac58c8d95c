"""A worker that has counted posts of every kind, for the tests that only ask."""

from collections.abc import Iterator

import pytest
import requests

from agents.proving.load import fill
from agents.proving.pipeline import Pipeline
from streams.settings import load
from tests.running_worker import WORKER, Bench


class Asked:
    """A worker and how it is asked."""

    def __init__(self, bench: Bench, worker: str = WORKER) -> None:
        self.bench = bench
        self.worker = worker

    @property
    def url(self) -> str:
        return self.bench.pipeline.api_url(self.worker)

    def get(self, path: str, method: str = "GET", **headers: str) -> requests.Response:
        """One request; a header's name is written with `_` for `-`. A redirect is not followed."""
        with requests.Session() as session:
            session.trust_env = False
            given = {name.replace("_", "-"): value for name, value in headers.items()}
            return session.request(method, f"{self.url}{path}", headers=given, timeout=40, allow_redirects=False)

    def status(self, path: str) -> int:
        """Of the answer; 0 while nothing answers."""
        try:
            return self.get(path).status_code
        except requests.RequestException:
            return 0


@pytest.fixture(scope="module")
def asked(kafka: str) -> Iterator[Asked]:
    """One worker that has counted 2,000 posts and told all of it."""
    settings = load(kafka_bootstrap=kafka, partitions=4, session_timeout=6.0, commit_interval=0.3)
    with Pipeline(settings, lambda _: None) as pipeline:
        bench = Bench(pipeline)
        records = fill(bench.settings, 2000, seed=21)
        bench.start()
        bench.wait_counted(records, 1)
        bench.drain()
        made = Asked(bench)
        bench.wait("the API is ready", lambda: made.status("/readyz") == 200)
        yield made
