"""`make init`: .env and the secret files, as far as they can be made up.

Run again it only adds what is missing and mends modes: nothing that is there is overwritten or shown. Knows which
variables and secrets there are; what they are for stands in .env.example.
"""

import argparse
import os
import re
import secrets
import sys
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER_MODE = 0o700
FILE_MODE = 0o444
"""A file secret is a bind mount: inside, its reader has another uid, so everybody may read the file, and nobody but its
owner may enter the folder it lies in on the host."""


def cluster_id() -> str:
    """An id as Kafka makes them: a random UUID in base64url, and none that looks like an option."""
    while (made := urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return made


VARIABLES: dict[str, Callable[[], str]] = {
    "KAFKA_CLUSTER_ID": cluster_id,
    # Without it everything but ingest comes up.
    "COMPOSE_PROFILES": lambda: "live",
}
"""What .env has to have, whatever it was made from."""

SECRETS: dict[str, Callable[[], str] | None] = {
    "grafana_admin_password": lambda: secrets.token_urlsafe(18),
    "simulated_x_token": lambda: secrets.token_urlsafe(32),
    # Kept for good: under another key everybody would be counted twice for four weeks, so workers refuse it.
    "author_key": lambda: secrets.token_urlsafe(48),
    # For whoever asks the workers' API; may be changed at any time.
    "api_token": lambda: secrets.token_urlsafe(32),
    # Nobody but X can make this one.
    "x_token": None,
}


ALERTS = "alerts"
"""Folder beside them, of the files that say whom alerts reach (deploy/alertmanager/examples). Empty: nobody."""
ALERTS_MODE = 0o755
"""The folder is mounted as a whole, so its reader inside must enter it; on the host it lies in the other folder."""


def fill(text: str) -> tuple[str, list[str]]:
    """`text` of an .env with what was empty or missing filled in, and the names of that."""
    filled = []
    for name, make in VARIABLES.items():
        line = re.compile(rf"^{name}=(.*)$", re.MULTILINE)
        found = line.search(text)
        if found is None:
            text = f"{text.rstrip()}\n\n{name}={make()}\n"
        elif not found[1].strip():
            text = line.sub(f"{name}={make()}", text, count=1)
        else:
            continue
        filled.append(name)
    return text, filled


def init(env: Path, example: Path, folder: Path) -> list[str]:
    """Make what is missing; a line for each thing made or still to be done."""
    said = []
    before = env.read_text(encoding="utf-8") if env.exists() else None
    text, filled = fill(example.read_text(encoding="utf-8") if before is None else before)
    if text != before:
        env.touch(mode=0o600)
        env.write_text(text, encoding="utf-8")
        said.append(f"{env.name}: {', '.join(filled)} filled in")
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    folder.chmod(FOLDER_MODE)
    for name, make in SECRETS.items():
        path = folder / name
        if path.exists():
            path.chmod(FILE_MODE)
        elif make is not None:
            path.write_text(make(), encoding="ascii")
            path.chmod(FILE_MODE)
            said.append(f"{folder.name}/{name}: made")
        else:
            said.append(
                f"{folder.name}/{name}: missing; put the X bearer token in it and run `make init` again "
                "(the demo needs none)"
            )
    alerts = folder / ALERTS
    if not alerts.exists():
        alerts.mkdir()
        said.append(
            f"{folder.name}/{ALERTS}: made, and empty; alerts reach nobody until it has a file (docs/compose.md)"
        )
    alerts.chmod(ALERTS_MODE)
    for path in alerts.iterdir():
        path.chmod(FILE_MODE)
    return said


def secrets_folder(env: Path, environ: Mapping[str, str]) -> Path:
    """Where compose looks for the secrets: SECRETS_DIR of the shell or of .env, relative to the tree."""
    text = env.read_text(encoding="utf-8") if env.exists() else ""
    said = re.findall(r"^SECRETS_DIR=(.*)$", text, flags=re.MULTILINE)
    return ROOT / Path(environ.get("SECRETS_DIR") or (said[-1].strip().strip("\"'") if said else "") or ".secrets")


def main() -> None:
    """The command: `--env` and `--secrets` say where, for a stack beside the ordinary one."""
    parser = argparse.ArgumentParser(prog="make init", description="Fill in .env and the secret files.")
    parser.add_argument("--env", type=Path, default=ROOT / ".env")
    parser.add_argument("--secrets", type=Path, help="By default where SECRETS_DIR says.")
    wanted = parser.parse_args()
    folder = wanted.secrets or secrets_folder(wanted.env, os.environ)
    try:
        said = init(wanted.env, ROOT / ".env.example", folder)
    except OSError as error:
        sys.exit(f"make init: {error.filename} cannot be written ({error.strerror}): mend its owner or mode")
    sys.stdout.writelines(f"{line}\n" for line in said or ["nothing to do: .env and the secrets are there"])


if __name__ == "__main__":
    main()
