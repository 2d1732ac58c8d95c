"""`make prometheus` and `make rules`: get the programs; check configuration and rules with them.

Without arguments prints where the four programs are. `check`: both configurations and every rule.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from deploy.prometheus_tool import CONFIG, alertmanager, amtool, prometheus, promtool
from streams.errors import UserError

ALERTMANAGER = CONFIG.parents[1] / "alertmanager"
"""Folder of alertmanager.yml, of `start`, which finishes it, and of an example of each secret file."""


def finished(files: Path, config: Path) -> None:
    """Write into `config` what Alertmanager gets with the secret files in the folder `files`. Raises `UserError`."""
    environ = {**os.environ, "ALERT_FILES": str(files), "ALERT_CONFIG": str(config), "ALERTMANAGER": "true"}
    command = ["sh", str(ALERTMANAGER / "start")]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if done.returncode:
        raise UserError(done.stderr.strip())


def check(folder: Path) -> int:
    """Check the configurations, Alertmanager's with every receiver switched on; 0 if both are taken."""
    finished(ALERTMANAGER / "examples", folder / "alertmanager.yml")
    commands = [
        [str(promtool()), "check", "config", str(CONFIG)],  # the rules, too
        [str(amtool()), "check-config", str(folder / "alertmanager.yml")],
    ]
    return max(subprocess.run(command, check=False).returncode for command in commands)  # noqa: S603 - ours


def main(arguments: list[str]) -> int:
    """The exit code."""
    try:
        if arguments == ["check"]:
            with tempfile.TemporaryDirectory() as folder:
                return check(Path(folder))
        programs: list[Path] = [prometheus(), promtool(), alertmanager(), amtool()]
    except UserError as error:
        sys.stderr.write(f"Error: {error}\n")
        return 1
    sys.stdout.write("".join(f"{program}\n" for program in programs))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
