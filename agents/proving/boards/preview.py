"""Draws each dashboard's grid with real answers, where there is no Grafana: `make dashboards-preview`.

Runs a short live pipeline, asks Prometheus every query and writes build/preview/*.png; how a panel looks is
`drawing.py`. A preview of layout and data, as every picture says.
"""

import sys
import time
from pathlib import Path

from agents.proving.boards.answers import Answer, ask, busiest, name_of
from agents.proving.boards.drawing import draw
from agents.proving.boards.live import live
from agents.proving.prometheus import RunningPrometheus
from deploy.grafana.board_file import Board, fill, read
from deploy.grafana.build import DASHBOARDS
from streams.errors import UserError
from streams.settings import load

FOLDER = Path("build/preview")
SECONDS, RATE = 75.0, 150.0
"""How long posts come before the picture, and how many a second."""
RATE_INTERVAL, STEP = 15, 1
"""Seconds."""


def answers(saved: Board, prometheus: RunningPrometheus, hospital: str) -> dict[int, list[Answer]]:
    """Panel id -> a named series for each that its queries give."""
    found: dict[int, list[Answer]] = {}
    for panel, target in saved.queries():
        expr = fill(target.expr, RATE_INTERVAL, round(SECONDS), hospital)
        series = ask(prometheus, target, expr, round(SECONDS), STEP)
        found.setdefault(panel.id, []).extend(Answer(name_of(target, one), one.points) for one in series)
    return found


def main() -> int:
    """Run, draw, print the files; the exit code."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        with live(load(), lambda line: print(line, file=sys.stderr), RATE) as running:
            time.sleep(SECONDS)
            hospital = busiest(running.prometheus)
            for name, build in DASHBOARDS.items():
                saved = read(build())
                file = FOLDER / name.replace(".json", ".png")
                draw(saved, answers(saved, running.prometheus, hospital), hospital, file)
                print(file)
    except UserError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
