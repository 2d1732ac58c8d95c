"""The option `--history`: how long the simulated past is. Shared by `earshot simulate-x` and `earshot demo`."""

import re
from typing import Any

import click

from agents.simulated.past import MOST_SECONDS

_UNITS = {"h": 3600.0, "d": 86_400.0}
MOST_DAYS = 28


class History(click.ParamType):
    """`28d` or `36h` as seconds; 28 days are cut to `MOST_SECONDS`."""

    name = "span"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Seconds."""
        found = re.fullmatch(r"(\d{1,4})([hd])", str(value), re.ASCII)
        seconds = int(found[1]) * _UNITS[found[2]] if found else 0.0
        if not 0 < seconds <= MOST_DAYS * _UNITS["d"]:
            self.fail(f"must be days or hours, as `28d` or `36h`, {MOST_DAYS} days at most", param, ctx)
        return min(seconds, MOST_SECONDS)
