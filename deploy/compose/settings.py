"""Which of Earshot's settings reach the containers, and from where: decided here for docker-compose.yml, .env.example
and docs/settings.md.

Every setting is passed from .env to every service of ours, but those in `FIXED`, whose value follows from the stack.
`make docs` writes both files' generated parts; a test compares. Knows no service by name.
"""

import re
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

from streams.settings import Described, describe

ROOT = Path(__file__).parents[2]
COMPOSE, EXAMPLE = ROOT / "docker-compose.yml", ROOT / ".env.example"

FIXED: dict[str, str] = {
    "kafka_bootstrap": "the stack's own Kafka, or `docker-compose.external-kafka.yml`",
    "kafka_password_file": "the secret `kafka_password`, with `docker-compose.external-kafka.yml`",
    "kafka_ca_file": "the secret `kafka_ca`, with `docker-compose.external-kafka.yml`",
    "worker_id": "the container's host name, which a restart keeps",
    "author_key_file": "the secret `author_key`",
    "metrics_host": "all addresses: no port is published",
    "metrics_port": "where Prometheus scrapes",
    "ingest_metrics_port": "where Prometheus scrapes",
    "api_host": "all addresses of the worker's container: no port is published",
    "api_token_file": "the secret `api_token`",
    "health_file": "in a tmpfs of the container",
    "prometheus_url": "not used: the doctor runs on the host",
    "x_token_file": "the secret `x_token`",
    "wal_dir": "in the volume `ingest-log`",
    "directory_folder": "`DIRECTORY_FOLDER`, mounted",
    "cache_dir": "not used: the image has no local Kafka",
}
"""Settings that .env does not set: what decides instead."""

_BEGIN, _END = "  # -- settings from .env: written by `make docs` --", "  # -- end --"
_EXAMPLE_BEGIN = "# -- every other setting: written by `make docs` -"


def passed() -> list[Described]:
    """The settings that .env sets, in the order of declaration."""
    return [one for one in describe() if one.name not in FIXED]


def where(one: Described) -> str:
    """For docs/settings.md: where a setting comes from under compose."""
    return FIXED.get(one.name, "`.env`")


def compose(text: str) -> str:
    """docker-compose.yml with its generated lines as they should be."""
    head, rest = text.split(_BEGIN)
    lines = [f'  {one.env}: "${{{one.env}:-{written(one)}}}"' for one in passed()]
    return "\n".join([head + _BEGIN, *lines, _END]) + rest.split(_END)[1]


def example(text: str) -> str:
    """.env.example with its last part, the settings that no line above explains, as it should be."""
    head = text.split(_EXAMPLE_BEGIN, maxsplit=1)[0]
    above = set(re.findall(r"^([A-Z_]+)=", head, flags=re.MULTILINE))
    return head + f"{_EXAMPLE_BEGIN:-<119}\n" + "".join(_explained(one) for one in passed() if one.env not in above)


def _explained(one: Described) -> str:
    unit = f" {one.unit}" if one.unit else ""
    said = f"{one.doc} {one.allowed[:1].upper()}{one.allowed[1:]}{unit}."
    return "\n" + "\n".join((*textwrap.wrap(said, 117, initial_indent="# ", subsequent_indent="# "), _line(one))) + "\n"


def _line(one: Described) -> str:
    return f"# {one.env}={written(one)}"


def written(one: Described) -> str:
    """A setting's default as a person would write it: 20, not 20.0."""
    whole = isinstance(one.default, float) and one.default.is_integer()
    return str(int(one.default) if whole else one.default)


FILES: dict[Path, Callable[[str], str]] = {COMPOSE: compose, EXAMPLE: example}


def write() -> Iterator[Path]:
    """Write the generated parts; the files that changed."""
    for path, made in FILES.items():
        before = path.read_text(encoding="utf-8")
        if (after := made(before)) != before:
            path.write_text(after, encoding="utf-8")
            yield path
