"""Writes the dashboards' JSON: `python -m deploy.grafana.build`, behind `make dashboards`.

Owns the list of dashboards and their files. The same code writes the same bytes; a test holds the committed files to
it.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from deploy.grafana import hospital, operations

FOLDER = Path(__file__).parent / "dashboards"
DASHBOARDS: Mapping[str, Callable[[], str]] = {"hospital.json": hospital.build, "operations.json": operations.build}


def main() -> None:
    """Write every file."""
    for name, build in DASHBOARDS.items():
        (FOLDER / name).write_text(build(), encoding="utf-8")


if __name__ == "__main__":
    main()
