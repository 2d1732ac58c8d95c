"""`make prometheus` and `make rules`: get the programs; check configuration and rules with them.

Without arguments prints where prometheus, promtool and amtool are. `check`: both configurations and every rule.
"""

import subprocess
import sys
from pathlib import Path

from deploy.prometheus_tool import CONFIG, amtool, prometheus, promtool
from streams.errors import UserError

ALERTMANAGER = CONFIG.parents[1] / "alertmanager" / "alertmanager.yml"


def checks() -> list[list[str]]:
    """The commands that check what `deploy/` has for Prometheus and Alertmanager; the first checks the rules, too."""
    return [
        [str(promtool()), "check", "config", str(CONFIG)],
        [str(amtool()), "check-config", str(ALERTMANAGER)],
    ]


def main(arguments: list[str]) -> int:
    """The exit code."""
    try:
        if arguments == ["check"]:
            return max(subprocess.run(command, check=False).returncode for command in checks())  # noqa: S603 - ours
        programs: list[Path] = [prometheus(), promtool(), amtool()]
    except UserError as error:
        sys.stderr.write(f"Error: {error}\n")
        return 1
    sys.stdout.write("".join(f"{program}\n" for program in programs))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
