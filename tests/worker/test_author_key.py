"""The key under which people are counted: one for a pipeline, for good, and never shown."""

from pathlib import Path

import msgspec
import pytest

from agents.worker import author_key
from streams.errors import UserError
from streams.settings import Settings

pytestmark = pytest.mark.kafka


def with_file(settings: Settings, path: Path, text: str) -> Settings:
    path.write_text(text)
    return msgspec.structs.replace(settings, author_key_file=str(path))


def test_a_pipeline_without_a_file_makes_its_key_once(pipeline_settings: Settings) -> None:
    first = author_key.load(pipeline_settings)
    assert len(first) == 32
    assert author_key.load(pipeline_settings) == first


def test_a_file_gives_every_worker_the_same_key_and_kafka_never_has_it(
    pipeline_settings: Settings, tmp_path: Path
) -> None:
    settings = with_file(pipeline_settings, tmp_path / "key", "k" * 40 + "\n")
    key = author_key.load(settings)
    assert author_key.load(settings) == key
    with pytest.raises(UserError, match="counts people under the key of a file: set EARSHOT_AUTHOR_KEY_FILE"):
        author_key.load(pipeline_settings)


def test_another_key_is_refused_since_everybody_would_count_twice(pipeline_settings: Settings, tmp_path: Path) -> None:
    author_key.load(with_file(pipeline_settings, tmp_path / "key", "k" * 40))
    secret = "s" * 40
    with pytest.raises(UserError, match="counts people under another key") as refused:
        author_key.load(with_file(pipeline_settings, tmp_path / "other", secret))
    assert secret not in str(refused.value)


@pytest.mark.parametrize(("text", "words"), [("short", "at least 32 random characters"), (None, "No such file")])
def test_a_file_that_is_no_key_is_refused(
    text: str | None, words: str, pipeline_settings: Settings, tmp_path: Path
) -> None:
    settings = with_file(pipeline_settings, tmp_path / "key", text or "")
    if text is None:
        (tmp_path / "key").unlink()
    with pytest.raises(UserError, match=words):
        author_key.load(settings)
