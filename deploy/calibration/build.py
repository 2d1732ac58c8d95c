"""Writes docs/locality.md and its maps: `python -m deploy.calibration.build`, behind `make calibration`.

Needs the extra `dev` (matplotlib); nothing here runs with the pipeline.
"""

from pathlib import Path

from deploy.calibration.page import PICTURES, page, picture
from deploy.calibration.picture import draw
from streams import directory
from streams.reading.places import markets as place_markets
from streams.reading.places import names as place_names
from streams.reading.places.reach import Reaches

PAGE = Path(__file__).parents[2] / "docs" / "locality.md"


def main() -> None:
    """Write every file."""
    hospitals, names, markets, reaches = directory.load(), place_names.load(), place_markets.shipped(), Reaches.load()
    PAGE.write_text(page(hospitals, names, markets, reaches), encoding="utf-8")
    for id_ in PICTURES:
        hospital = hospitals.by_id[id_]
        draw(hospital, reaches.of(hospital), names, PAGE.with_name(picture(id_)))


if __name__ == "__main__":
    main()
