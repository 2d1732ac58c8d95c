"""Each peer's environment: made of its lock file by uv, kept in .tools/peers, made anew when the lock changes.

Called by the bench before it measures. Not part of `make setup`. Where uv cannot make one, it says why, and the other
peers are measured all the same.
"""

import subprocess
import sys
from pathlib import Path

from streams.compiled import ROOT, digest_of

FOLDER = ROOT / ".tools" / "peers"
UV = ROOT / ".tools" / "bin" / "uv"
INSTALL_SECONDS = 300.0


class MissingError(Exception):
    """Why a peer cannot be measured on this machine; one line."""


def lock_of(name: str) -> Path:
    """The lock file of an environment."""
    return Path(__file__).with_name(name) / "requirements.lock"


def python_of(name: str, lock: Path | None = None, folder: Path = FOLDER, uv: Path = UV) -> Path:
    """The interpreter of an environment, made if need be: a minute the first time. Raises `MissingError`."""
    lock = lock or lock_of(name)
    made = folder / name
    python, mark = made / "bin" / "python", made / "lock.sha256"
    digest = digest_of(lock)
    if not digest:
        raise MissingError(f"there is no lock file {lock.name} of {name}")
    if python.exists() and mark.exists() and mark.read_text() == digest:
        return python
    _uv(uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(made))
    _uv(uv, "pip", "sync", "--quiet", "--require-hashes", "--python", str(python), str(lock))
    mark.write_text(digest)
    return python


def version_of(python: Path, package: str) -> str:
    """The version of a package in an environment."""
    asked = [str(python), "-c", "import sys, importlib.metadata as m; print(m.version(sys.argv[1]))", package]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603 - our own


def _uv(uv: Path, *arguments: str) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - our own command
            [str(uv), *arguments], capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
        )
    except OSError as error:
        raise MissingError(f"uv does not run: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise MissingError(f"uv did not end in {INSTALL_SECONDS:.0f} s") from None
    if done.returncode:
        # "Because foo has no wheels with a matching Python version ...": uv's last words, in one line.
        said = " ".join(done.stderr.split())
        raise MissingError(f"uv cannot install it: {said[:300] or f'exit code {done.returncode}'}")
