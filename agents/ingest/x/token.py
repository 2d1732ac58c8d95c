"""X's bearer token, read from the file that a setting names.

Called by whatever speaks to X. Nothing here, nor in an error of it, shows what the file holds.
"""

from streams import secret_file
from streams.settings import Settings


def read_token(settings: Settings) -> str:
    """The X bearer token. Raises `UserError`, which never shows what the file holds."""
    return secret_file.read(settings, "x_token_file", "X bearer token")
