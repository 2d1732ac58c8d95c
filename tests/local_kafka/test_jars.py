"""The jars are the locked ones, or the local Kafka does not start."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from deploy.local_kafka.jars import LOCK, Jar, ensure, locked, sha256
from streams.errors import UserError

QUIET = Console(file=io.StringIO())


def test_the_lock_names_each_jar_once_with_its_digest_and_no_address() -> None:
    jars = locked()
    assert len({jar.name for jar in jars}) == len(jars) > 40
    assert all(len(jar.sha256) == 64 for jar in jars)
    assert "kafka_2.13-4.3.1.jar" in {jar.name for jar in jars}
    assert "//" not in LOCK.read_text(encoding="utf-8")


def test_a_jar_that_was_changed_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "a-1.jar"
    path.write_bytes(b"good")
    jar = Jar(sha256(path), "group:a:1")
    assert ensure(tmp_path, [jar], QUIET) == [path]
    path.write_bytes(b"evil")
    with pytest.raises(UserError, match=r"a-1\.jar .*SHA-256") as refused:
        ensure(tmp_path, [jar], QUIET)
    assert "\n" not in str(refused.value)


@pytest.mark.kafka
def test_a_download_that_is_not_the_locked_jar_is_refused_and_not_kept(tmp_path: Path) -> None:
    """The smallest jar of the lock, asked for with another digest."""
    with pytest.raises(UserError, match=r"slf4j-simple-1\.7\.36\.jar"):
        ensure(tmp_path, [Jar("0" * 64, "org.slf4j:slf4j-simple:1.7.36")], QUIET)
    assert list(tmp_path.iterdir()) == []
