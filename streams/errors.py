"""The error that a person is meant to read.

Raised wherever a cause outside Earshot's code (a setting, a port, a broker, a disk) stops the work. `agents/cli` turns
it into one line on stderr and exit code 1; any other exception is a bug and keeps its traceback.
"""


class UserError(Exception):
    """One line for the reader that names the thing and what to do about it."""

    def __init__(self, found: str, act: str = "") -> None:
        """`found`: what is wrong; `act`: what to do about it, where the two can be told apart (the doctor shows them in
        columns of their own). Without `act` the line says both."""
        super().__init__(f"{found}: {act}" if act else found)
        self.found = found
        self.act = act
