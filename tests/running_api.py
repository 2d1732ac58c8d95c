"""A worker's API, and how tests ask it."""

import requests

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
