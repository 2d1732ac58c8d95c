"""X's bearer token, read from the file that a setting names.

Called by whatever speaks to X. Nothing here, nor in an error of it, shows what the file holds.
"""

from pathlib import Path

from streams.errors import UserError
from streams.settings import Settings, variable


def read_token(settings: Settings) -> str:
    """The X bearer token. Raises `UserError`, which never shows what the file holds."""
    name, path = variable("x_token_file"), settings.x_token_file
    if not path:
        raise UserError(f"{name} is not set: name a file that holds the X bearer token and nothing else")
    try:
        token = Path(path).read_text(encoding="ascii").strip()
    except OSError as error:
        raise UserError(f"{name}={path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        token = ""
    if not token or not token.isprintable() or " " in token:
        raise UserError(f"{name}={path} must hold one X bearer token and nothing else")
    return token
