"""Draws each dashboard's grid with real answers, where there is no Grafana: `make dashboards-preview`.

Runs a live pipeline after four simulated weeks, asks Prometheus every query and writes build/preview/*.png at two
widths; how a panel looks is `drawing.py`. A preview of layout and data, as every picture says.
"""

import sys
import time
from pathlib import Path

from agents.proving.boards.answers import Answer, answer, ask, busiest
from agents.proving.boards.drawing import draw
from agents.proving.boards.live import live
from agents.proving.prometheus import RunningPrometheus
from deploy.grafana.board_file import Board, fill, read
from deploy.grafana.build import DASHBOARDS
from streams.errors import UserError
from streams.settings import load

FOLDER = Path("build/preview")
HISTORY = 28 * 86_400.0
"""Seconds of a past that is counted first."""
SECONDS, RATE = 75.0, 30.0
WIDTHS = 1366, 1920
"""Of the pictures, in pixels: a laptop and a wall."""
"""How long posts come before the picture, and how many a second."""
RATE_INTERVAL, STEP = 15, 1
"""Seconds."""


def answers(saved: Board, prometheus: RunningPrometheus, hospital: str) -> dict[int, list[Answer]]:
    """Panel id -> a named series for each that its queries give."""
    found: dict[int, list[Answer]] = {}
    for panel, target in saved.queries():
        expr = fill(target.expr, RATE_INTERVAL, round(SECONDS), hospital)
        series = ask(prometheus, target, expr, round(SECONDS), STEP)
        found.setdefault(panel.id, []).extend(answer(target, one) for one in series)
    return found


def main() -> int:
    """Run, draw, print the files; the exit code."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        with live(load(), lambda line: print(line, file=sys.stderr), RATE, HISTORY) as running:
            time.sleep(SECONDS)
            hospital = busiest(running.prometheus)
            for name, build in DASHBOARDS.items():
                saved = read(build())
                found = answers(saved, running.prometheus, hospital)
                for width in WIDTHS:
                    file = FOLDER / name.replace(".json", f"-{width}.png")
                    draw(saved, found, hospital, file, width)
                    print(file)
    except UserError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
