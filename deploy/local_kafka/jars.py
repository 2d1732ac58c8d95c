"""The jars of the local Kafka: downloads those of `jars.lock` from Maven Central by `jgo`, and verifies them.

Called by `broker.py` before each start. Downloads missing jars and compares the SHA-256 of every jar (45 MB: 0.1 s).
Knows no process. `lock.py` writes the lock file.
"""

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from streams.errors import UserError

LOCK = Path(__file__).with_name("jars.lock")
_PARALLEL = 6
_TIMEOUT = 60
"""Seconds without a byte before a download is given up."""
_PLAIN_EVERY = 10
"""Jars between two lines of progress if there is no terminal for a bar."""


class Jar(NamedTuple):
    """One locked jar."""

    sha256: str
    coordinate: str
    """`group:artifact:version`"""

    @property
    def name(self) -> str:
        """Its file name, as on Maven Central."""
        _, artifact, version = self.coordinate.split(":")
        return f"{artifact}-{version}.jar"


def locked(lock: Path = LOCK) -> list[Jar]:
    """The jars of the lock file: a line each, `sha256  group:artifact:version`; `#` begins a comment."""
    lines = lock.read_text(encoding="utf-8").splitlines()
    return [Jar(*line.split()) for line in lines if line and not line.startswith("#")]


def sha256(path: Path) -> str:
    """Hex digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def ensure(folder: Path, jars: list[Jar], console: Console) -> list[Path]:
    """The class path: every jar in `folder`, downloaded if missing, verified always.

    Raises `UserError`, which names the jar that cannot be downloaded or does not match the lock.
    """
    missing = [jar for jar in jars if not (folder / jar.name).exists()]
    if missing:
        _download(folder, missing, console)
    for jar in jars:
        path = folder / jar.name
        if sha256(path) != jar.sha256:
            raise UserError(f"{path} is not the locked jar (SHA-256 differs): delete it and run again")
    return [folder / jar.name for jar in jars]


def _download(folder: Path, missing: list[Jar], console: Console) -> None:
    try:
        from jgo.maven import MavenContext, PythonResolver  # noqa: PLC0415 - of the extra `local`, and 0.3 s to import
    except ImportError:
        raise UserError(missing_extra("jgo")) from None

    folder.mkdir(parents=True, exist_ok=True)
    # jgo writes in place, and an interrupted download must not look like a jar: move each in once it is verified.
    with tempfile.TemporaryDirectory(prefix=".download-", dir=folder) as part:
        context = MavenContext(resolver=PythonResolver(), repo_cache=Path(part), timeout=_TIMEOUT)

        def fetch(jar: Jar) -> None:
            try:
                path: Path = context.create_dependency(jar.coordinate).artifact.resolve()
            # requests' exceptions are OSErrors; jgo says RuntimeError when the repository has no such file.
            except (OSError, RuntimeError) as error:
                cause = type(error).__name__
                raise UserError(
                    f"cannot download {jar.name} from Maven Central ({cause}): check network and disk, run again"
                ) from error
            if sha256(path) != jar.sha256:
                raise UserError(f"{jar.name} from Maven Central is not the locked jar (SHA-256 differs): not used")
            path.replace(folder / jar.name)

        with ThreadPoolExecutor(_PARALLEL) as pool, _progress(console, len(missing)) as advance:
            try:
                for done in as_completed([pool.submit(fetch, jar) for jar in missing]):
                    done.result()
                    advance()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise


@contextmanager
def _progress(console: Console, total: int) -> Iterator[Callable[[], None]]:
    """A function to call after each jar: it moves a bar on a terminal, else prints a line now and then."""
    title = "Kafka's jars, first time only"
    if console.is_terminal:
        columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console) as bar:
            task = bar.add_task(title, total=total)
            yield lambda: bar.advance(task)
        return
    done = 0

    def advance() -> None:
        nonlocal done
        done += 1
        if done % _PLAIN_EVERY == 0 or done == total:
            console.print(f"{title}: {done} of {total}", highlight=False)

    yield advance


def missing_extra(module: str) -> str:
    """The error text for a machine without the extra `local`."""
    return f"the local Kafka needs `{module}`: `make setup` installs it (extra `local`), or set KAFKA_BOOTSTRAP"
