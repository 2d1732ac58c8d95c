"""How every Kafka client reaches the broker and proves who it is: from the settings to each library's own words.

Owns the TLS context and the reading of the password file. Called wherever a client is built (kafka-python, aiokafka,
Faust) and by `streams/kafka/probe.py`. Which settings fit together is `streams/settings.py`'s; what a client is for
is its caller's. The password is read at each call and kept nowhere: no value made here may be logged.
"""

import ssl
from pathlib import Path
from typing import Any

from streams.errors import UserError
from streams.settings import Settings, variable


def arguments(settings: Settings) -> dict[str, Any]:
    """Keyword arguments of any client of kafka-python and aiokafka, which name them alike.

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
    """The context of a TLS connection: certificate and host name are always checked. None where no TLS is spoken."""
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
