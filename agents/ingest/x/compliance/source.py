"""The source of compliance that the setting asks for, if any.

Called by `service.py`. Knows the setting and the two sources, nothing of what they do.
"""

from collections.abc import Callable
from functools import partial

from agents.ingest.source import Source
from agents.ingest.wal.wal import Wal
from agents.ingest.x.compliance.daily_check import DailyCheck
from agents.ingest.x.compliance.live_streams import LiveCompliance
from agents.ingest.x.token import read_token
from streams.settings import Settings


def prepared(settings: Settings) -> list[Callable[[Wal], Source]]:
    """What makes the source once there is a wal; none when it is off. Raises `UserError` for a token that cannot be
    used."""
    if settings.x_compliance == "off":
        return []
    made = DailyCheck if settings.x_compliance == "jobs" else LiveCompliance
    return [partial(made, settings, read_token(settings))]
