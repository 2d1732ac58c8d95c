"""docs/api.md names what there is, and what it tells to type works."""

import re
import shlex
import subprocess
from pathlib import Path

import msgspec
import pytest

from agents.worker.api import openapi
from streams.kafka import topics as kafka_topics
from streams.settings import Settings, describe
from tests.commands import earshot
from tests.docs.test_readme import commands
from tests.running_api import Asked

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
TYPED = commands(PAGE)


def test_it_names_every_path() -> None:
    named = re.findall(r"^\| `(/[^`]*)` \|", PAGE, flags=re.MULTILINE)
    assert set(named) == openapi.document()["paths"].keys() | {"/v1/openapi.json"}


def test_the_settings_and_the_kafka_topic_that_it_names_exist() -> None:
    assert set(re.findall(r"EARSHOT_[A-Z_]+", PAGE)) <= {one.env for one in describe()}
    assert f"`{kafka_topics.workers(Settings())}`" in PAGE


@pytest.mark.kafka
@pytest.mark.parametrize("command", TYPED)
def test_what_it_tells_to_type_works(asked: Asked, command: str) -> None:
    words = shlex.split(command)
    if words[0] == "curl":
        words = [word.replace("http://127.0.0.1:9110", asked.url) for word in words]
        done = subprocess.run([*words, "--noproxy", "*"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert msgspec.json.decode(done.stdout)
    else:
        settings = msgspec.structs.replace(asked.bench.settings, api_url=asked.url)
        result = earshot(settings, *words[1:])
        assert result.exit_code == 0, result.output
