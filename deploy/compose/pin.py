"""`make pin`: writes the digest behind each public image's tag into docker-compose.yml and the Dockerfile.

The tag stays beside it, for people; from then on the digest is what is pulled. To be run where a registry answers, and
its change to be read and committed. The engine's own client asks, so whatever it is logged in to is used.
"""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILES = ("docker-compose.yml", "deploy/Dockerfile")
SECONDS = 60.0
"""For one question to a registry."""

_IMAGE = re.compile(r"^(?P<before>\s*image: |FROM )(?P<tag>[\w./-]+:[\w.-]+)(?:@sha256:[0-9a-f]{64})?", re.MULTILINE)
"""A public image: one whose tag holds no variable."""
_DIGEST = re.compile(r"^Digest:\s+(sha256:[0-9a-f]{64})$", re.MULTILINE)


class UnansweredError(Exception):
    """No registry told a digest; one line."""


def images(text: str) -> set[str]:
    """name:tag of each public image that a file names."""
    return {found["tag"] for found in _IMAGE.finditer(text)}


def pinned(text: str, digest: Callable[[str], str]) -> str:
    """`text` with each public image's digest (`sha256:...`) behind its tag, an older one replaced."""
    return _IMAGE.sub(lambda found: f"{found['before']}{found['tag']}@{digest(found['tag'])}", text)


def ask(image: str) -> str:
    """The digest of a tag, of all its platforms together. Raises `UnansweredError`."""
    command = ["docker", "buildx", "imagetools", "inspect", image]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnansweredError(f"{image}: {type(error).__name__}; docker with buildx is needed") from None
    found = _DIGEST.search(answer.stdout)
    if answer.returncode or found is None:
        last = (answer.stderr.strip().splitlines() or ["no digest in the answer"])[-1]
        raise UnansweredError(f"{image}: no registry tells its digest ({last}); run this where one answers")
    return found[1]


def main() -> None:
    """The command: all files or none."""
    try:
        texts = {ROOT / name: (ROOT / name).read_text(encoding="utf-8") for name in FILES}
        digests = {image: ask(image) for image in sorted(set().union(*map(images, texts.values())))}
    except UnansweredError as error:
        sys.exit(f"make pin: {error}")
    for path, text in texts.items():
        path.write_text(pinned(text, digests.__getitem__), encoding="utf-8")
    sys.stdout.writelines(f"{image}@{digest}\n" for image, digest in digests.items())


if __name__ == "__main__":
    main()
