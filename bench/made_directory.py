"""A directory of any number of made-up hospitals, each in a town of its own size and with an account that posts name.

Called by `growth.py`. The towns are the gazetteer's largest, again from the start when they run out.
"""

import csv
from itertools import cycle, islice
from pathlib import Path

from streams.directory.files import HANDLES, HOSPITALS
from streams.reading.places import names


def write(folder: Path, count: int) -> Path:
    """Write `count` hospitals; the folder."""
    towns = sorted(names.load().zips.values(), key=lambda one: (-one.population, one.zip))
    folder.mkdir(exist_ok=True)
    with (
        (folder / HOSPITALS).open("w", encoding="utf-8", newline="") as hospitals,
        (folder / HANDLES).open("w", encoding="utf-8", newline="") as handles,
    ):
        places, accounts = csv.writer(hospitals), csv.writer(handles)
        places.writerow(("id", "name", "city", "state", "zip", "kind", "latitude", "longitude"))
        accounts.writerow(("id", "network", "handle", "role", "valid_from", "valid_to"))
        for number, one in enumerate(islice(cycle(towns), count)):
            id = f"{number % 90 + 10}{number // 90:04}"
            name = f"{one.city} Made-up Hospital {number}"
            where = (one.city, one.state, one.zip, "acute", one.latitude, one.longitude)
            places.writerow((id, name, *where))
            accounts.writerow((id, "x", f"made_up_{number}", "official", "", ""))
    return folder
