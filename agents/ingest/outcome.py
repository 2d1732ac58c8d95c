"""How one attempt to listen ended: what `x.py` reports and `supervisor.py` decides by."""

import msgspec

from streams.vocabulary import StreamEnd


class Outcome(msgspec.Struct, frozen=True):
    """The end of one attempt: of the rules' sync or of the connection after it."""

    kind: StreamEnd
    status: int = 0
    """HTTP status of a refusal."""
    reset_at: int | None = None
    """When X's rate-limit window ends, seconds since the epoch."""
    retry_after: int | None = None
    """Seconds that X asks to wait."""
    seconds: float = 0.0
    """How long the connection stood."""

    def __str__(self) -> str:
        match self.kind:
            case "refused":
                return f"refused with HTTP {self.status}"
            case "stopped":
                return "stopped by us"
        return f"{'ended by X' if self.kind == 'closed' else 'network error'} after {self.seconds:.1f} s"
