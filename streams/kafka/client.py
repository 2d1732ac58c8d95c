"""Turns the settings into the arguments by which each Kafka library reaches the broker and authenticates.

Owns the TLS context and the reading of the password file. Called wherever a client is built (kafka-python, aiokafka,
Faust) and by `streams/kafka/probe.py`. `streams/settings.py` checks which settings fit together. Reads the
password at each call and keeps it nowhere: never log a value made here.
"""

import ssl
from pathlib import Path
from typing import Any

from streams.errors import UserError
from streams.settings import Settings, variable


def arguments(settings: Settings) -> dict[str, Any]:
    """Keyword arguments for any client of kafka-python or aiokafka; both libraries use the same names.

    `settings.kafka_bootstrap` must be given. Raises `UserError` when a file named by a setting cannot be used.
    """
    found: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_bootstrap.split(","),
        "security_protocol": settings.kafka_security_protocol,
    }
    if (context := tls(settings)) is not None:
        found["ssl_context"] = context
    if settings.kafka_security_protocol.startswith("SASL"):
        found["sasl_mechanism"] = settings.kafka_sasl_mechanism
        found["sasl_plain_username"] = settings.kafka_username
        found["sasl_plain_password"] = _password(settings)
    return found


def tls(settings: Settings) -> ssl.SSLContext | None:
    """The context of a TLS connection, which always checks certificate and host name. None without TLS."""
    if not settings.kafka_security_protocol.endswith("SSL"):
        return None
    try:
        return ssl.create_default_context(cafile=settings.kafka_ca_file or None)
    except ssl.SSLError:
        raise _useless("kafka_ca_file", settings.kafka_ca_file, "holds no certificate in PEM form") from None
    except OSError as error:
        raise _useless("kafka_ca_file", settings.kafka_ca_file, f"cannot be read: {error.strerror}") from None


def _password(settings: Settings) -> str:
    path = settings.kafka_password_file
    try:
        password = Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise _useless("kafka_password_file", path, f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        password = ""
    if not password or not password.isprintable():
        raise _useless("kafka_password_file", path, "must hold one line, the password, and nothing else")
    return password


def _useless(name: str, path: str, why: str) -> UserError:
    return UserError(f"{variable(name)}={path} {why}")
