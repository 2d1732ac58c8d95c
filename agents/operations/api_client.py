"""Asks the API of the workers, for the commands that show what it says.

Called by `agents/operations/hospital_page.py` and by `earshot top`. Follows a redirect to another worker with the same
token. Never through a proxy. No error shows the token.
"""

from typing import TypeVar

import msgspec
import requests

from agents.worker.api.shapes import Refusal
from streams import secret_file
from streams.errors import UserError
from streams.settings import Settings, variable

_SECONDS = 10.0
_REDIRECTS = 2

_T = TypeVar("_T")


class NoWorkerError(UserError):
    """Nobody answers at the address."""


class NotNowError(UserError):
    """A worker answers, and cannot say it now."""


class ApiClient:
    """The API at one address; a context manager."""

    def __init__(self, settings: Settings, url: str = "", token_file: str = "") -> None:
        """`url`, `token_file`: in place of the settings'. Raises `UserError` if the token cannot be read."""
        if token_file:
            settings = msgspec.structs.replace(settings, api_token_file=token_file)
        self.url = (url or settings.api_url).rstrip("/")
        token = secret_file.read(settings, "api_token_file", "API token") if settings.api_token_file else ""
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._session = requests.Session()
        self._session.trust_env = False

    def __enter__(self) -> "ApiClient":
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def get(self, path: str, kind: type[_T]) -> _T:
        """What a path answers. Raises `NoWorkerError`, `NotNowError`, and `UserError` for any other refusal."""
        url = f"{self.url}{path}"
        for _ in range(_REDIRECTS + 1):
            try:
                answer = self._session.get(url, headers=self._headers, timeout=_SECONDS, allow_redirects=False)
            except requests.RequestException as error:
                raise NoWorkerError(
                    f"no worker answers at {_place(url)} ({type(error).__name__})",
                    f"start one (`earshot worker`), or set {variable('api_url')} or --url to where one runs",
                ) from None
            if answer.status_code != 307:
                break
            url = answer.headers.get("Location", "")
        if answer.status_code == 200:
            try:
                return msgspec.json.decode(answer.content, type=kind)
            except msgspec.DecodeError:
                raise self._stranger(url) from None
        raise self._refusal(answer, url)

    def _refusal(self, answer: requests.Response, url: str) -> UserError:
        try:
            said = msgspec.json.decode(answer.content, type=Refusal)
        except msgspec.DecodeError:
            return self._stranger(url)
        if answer.status_code == 401:
            return UserError(
                f"the worker at {_place(url)} wants a token, or another one",
                f"name its file in {variable('api_token_file')} or --token-file",
            )
        kind = NotNowError if answer.status_code in (307, 503) else UserError
        return kind(f"the worker at {_place(url)} says: {said.error}", said.fix)

    @staticmethod
    def _stranger(url: str) -> UserError:
        return UserError(
            f"what answers at {_place(url)} is no worker of this version of Earshot",
            f"correct {variable('api_url')} or --url",
        )


def _place(url: str) -> str:
    return "/".join(url.split("/")[:3])
