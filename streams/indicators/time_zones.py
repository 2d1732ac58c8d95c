"""The time zone of a hospital, from its ZIP code.

Owns the look-up in `time_zones.yaml`, which says its source. Called with a hospital's row of the directory, by whatever
needs its business hours. The gazetteer is not asked: it has no time zones.
"""

from collections.abc import Mapping
from importlib import resources

import yaml

MILITARY = "military"
"""In place of a zone: a ZIP of the forces abroad says nothing about where it is."""


class TimeZones:
    """Prefixes of ZIP codes, each with its zone."""

    def __init__(self, prefixes: Mapping[str, str]) -> None:
        self._prefixes = prefixes

    @classmethod
    def load(cls) -> "TimeZones":
        """Those that ship."""
        text = resources.files(__package__).joinpath("time_zones.yaml").read_text(encoding="utf-8")
        return cls({prefix: zone for zone, prefixes in yaml.safe_load(text).items() for prefix in prefixes})

    def of(self, zip_code: str) -> str | None:
        """IANA name, as `America/Denver`; None for what is no ZIP code of five digits, or a military one."""
        if len(zip_code) != 5 or not (zip_code.isascii() and zip_code.isdigit()):
            return None
        for length in range(5, 0, -1):
            zone = self._prefixes.get(zip_code[:length])
            if zone is not None:
                return None if zone == MILITARY else zone
        return None
