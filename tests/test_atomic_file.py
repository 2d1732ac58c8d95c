"""A file that is replaced is the old one or the new one, and nothing is left beside it."""

import os
import stat
from pathlib import Path

import pytest

from streams.atomic_file import replace_file


@pytest.mark.parametrize("sync", [True, False])
def test_the_new_content_takes_the_place_of_the_old(tmp_path: Path, sync: bool) -> None:
    path = tmp_path / "a.json"
    for content in (b"old and longer", b"new"):
        replace_file(path, content, sync=sync, mode=0o600)
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("failing", ["fsync", "rename"])
def test_a_disk_that_refuses_leaves_the_old_file_and_no_part(
    tmp_path: Path, failing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"old")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as context:
        if failing == "fsync":
            context.setattr(os, "fsync", refuse)
        else:
            context.setattr(Path, "replace", refuse)
        with pytest.raises(OSError, match="No space left"):
            replace_file(path, b"new", sync=True)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_content_is_on_the_disk_before_the_name_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, order = tmp_path / "a.json", list[str]()
    fsync, replace = os.fsync, Path.replace

    def synced(file: int) -> None:
        order.append("sync")
        fsync(file)

    def renamed(part: Path, to: Path) -> Path:
        order.append("rename")
        return replace(part, to)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", renamed)
    replace_file(path, b"new", sync=True)
    assert order == ["sync", "rename"]


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        replace_file(tmp_path / "none" / "a.json", b"new", sync=False)
