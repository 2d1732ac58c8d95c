"""A process's end, as something a test can see."""

import pytest

from streams.faustkit import fatal


class Ended(BaseException):
    """The process would have ended here."""


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> type[Ended]:
    """`fatal.end` raises this instead of ending the process."""

    def end(reason: str, _: int = 0) -> None:
        raise Ended(reason)

    monkeypatch.setattr(fatal, "end", end)
    return Ended
