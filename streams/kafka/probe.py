"""Checks whether a Kafka broker answers and accepts our login, over a plain or TLS socket.

Called by `deploy/local_kafka` to see whether the broker is ready, and by `agents/kafka/admin.py`, the worker and ingest
before they build a client: a client tries for long, logs much and hides the cause. Knows no Kafka topic. Uses only the
SASL arithmetic of kafka-python.
"""

import io
import socket
import ssl
import struct
import time

from streams.errors import UserError
from streams.kafka import client as kafka_client
from streams.settings import Settings, variable

_METADATA, _METADATA_VERSION = 3, 4
"""Metadata v4: every broker since 1.0 knows it, and it does not use the flexible encoding (Kafka protocol guide)."""
_HANDSHAKE, _HANDSHAKE_VERSION = 17, 1
"""SaslHandshake v1, since 1.0: the broker says why it refuses; with v0 it only hangs up."""
_AUTHENTICATE, _AUTHENTICATE_VERSION = 36, 0
_UNSUPPORTED_MECHANISM = 33
_CORRELATION = 0x45617273
"""A Kafka broker repeats it in its answer; any other server does not."""
_LARGEST_ANSWER = 1 << 20
"""Most bytes of an answer; without Kafka topics in it, one has some hundred."""
_ATTEMPT = 2.0
"""Most seconds one attempt takes: a loaded broker answers in some 100 ms."""
PATIENCE = 2.0
"""Seconds in which a broker that runs answers, even on a busy machine; with the start of the command, a person waits
less than 5."""
_LEAST_ATTEMPT = 0.25
_PAUSE = 0.05
_HOST_MISMATCHES = (62, 64)
"""OpenSSL's verify codes for another host name, another address."""


def answers(settings: Settings, timeout: float = 0.0) -> bool:
    """Whether a broker at `settings.kafka_bootstrap` accepts our login and lists at least one broker of its cluster.

    Blocks: tries again for `timeout` seconds, at least once. A broker that is still starting lists none: False. Raises
    `UserError`, which names the setting, if the broker's certificate or our login is refused: another try would not
    help.
    """
    context = kafka_client.tls(settings)
    deadline = time.monotonic() + timeout
    while True:
        refusal: UserError | None = None
        for address in settings.kafka_bootstrap.split(","):
            try:
                left = max(_LEAST_ATTEMPT, deadline - time.monotonic()) if timeout else _ATTEMPT
                if _brokers(settings, address, context, min(_ATTEMPT, left)) > 0:
                    return True
            except UserError as error:
                refusal = error
        if refusal is not None:
            raise refusal
        if time.monotonic() >= deadline:
            return False
        time.sleep(_PAUSE)


def require_answer(settings: Settings, timeout: float = PATIENCE) -> None:
    """Raise `UserError`, which says what to do, unless `answers` is true within `timeout` seconds. Blocks so long."""
    if not answers(settings, timeout):
        raise UserError(
            f"no Kafka broker answers at {settings.kafka_bootstrap} by {variable('kafka_security_protocol')}="
            f"{settings.kafka_security_protocol}",
            f"start it (`earshot kafka up` starts the local one), or set {variable('kafka_bootstrap')} to another",
        )


def _brokers(settings: Settings, address: str, context: ssl.SSLContext | None, seconds: float) -> int:
    """The number of brokers that the one at this address lists; -1 if none answers there within `seconds` a step."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), seconds) as plain:
            plain.settimeout(seconds)
            connection = plain if context is None else context.wrap_socket(plain, server_hostname=host)
            with connection, connection.makefile("rwb") as stream:
                if settings.kafka_security_protocol.startswith("SASL"):
                    _log_in(settings, address, stream)
                answer = _ask(stream, _METADATA, _METADATA_VERSION, struct.pack(">i?", 0, False))
                _throttle, brokers = struct.unpack(">2i", answer.read(8))
                return int(brokers)
    except ssl.SSLCertVerificationError as error:
        raise _distrusted(settings, address, error) from None
    except (OSError, OverflowError, UnicodeError, ValueError, struct.error):
        return -1


def _ask(stream: io.BufferedRWPair, request: int, version: int, body: bytes) -> io.BytesIO:
    """Send one request; return the answer without its header. Raises `ValueError` for an answer that is not Kafka's."""
    head = struct.pack(">hhih", request, version, _CORRELATION, -1)
    stream.write(struct.pack(">i", len(head) + len(body)) + head + body)
    stream.flush()
    length, correlation = struct.unpack(">2i", stream.read(8))
    if correlation != _CORRELATION or not 4 <= length <= _LARGEST_ANSWER:
        raise ValueError("not Kafka")
    return io.BytesIO(stream.read(length - 4))


def _log_in(settings: Settings, address: str, stream: io.BufferedRWPair) -> None:
    """Log in. Raises `UserError` if the broker refuses the password, or cannot prove that it knows it."""
    from kafka.net.sasl import get_sasl_mechanism  # noqa: PLC0415 - all of kafka-python, for a password alone

    given = kafka_client.arguments(settings)
    name = given["sasl_mechanism"]
    answer = _ask(stream, _HANDSHAKE, _HANDSHAKE_VERSION, struct.pack(">h", len(name)) + name.encode())
    error, count = struct.unpack(">hi", answer.read(6))
    if error == _UNSUPPORTED_MECHANISM:
        offered = ", ".join(_text(answer) for _ in range(count)) or "none"
        wanted = f"{variable('kafka_sasl_mechanism')}={name}"
        raise UserError(f"Kafka at {address} does not know {wanted}", f"set it to one of {offered}")
    mechanism = get_sasl_mechanism(name)(**{key: value for key, value in given.items() if key.startswith("sasl_")})
    while not mechanism.is_done():
        token = mechanism.auth_bytes()
        answer = _ask(stream, _AUTHENTICATE, _AUTHENTICATE_VERSION, struct.pack(">i", len(token)) + token)
        (error,) = struct.unpack(">h", answer.read(2))
        _text(answer)  # skip its message: ours names the settings
        if error:
            raise _refused(settings, address)
        (length,) = struct.unpack(">i", answer.read(4))
        try:
            mechanism.receive(answer.read(length))
        except (ValueError, KeyError):
            raise _refused(settings, address) from None  # the broker cannot prove that it knows the password


def _text(stream: io.BytesIO) -> str:
    (length,) = struct.unpack(">h", stream.read(2))
    return stream.read(max(0, length)).decode("utf-8", "replace")


def _refused(settings: Settings, address: str) -> UserError:
    return UserError(
        f"Kafka at {address} and user {settings.kafka_username} do not agree on the password",
        f"see {variable('kafka_password_file')}={settings.kafka_password_file} and {variable('kafka_username')}",
    )


def _distrusted(settings: Settings, address: str, error: ssl.SSLCertVerificationError) -> UserError:
    if error.verify_code in _HOST_MISMATCHES:
        return UserError(
            f"the certificate of Kafka at {address} is for another host ({error.verify_message})",
            f"set {variable('kafka_bootstrap')} to a name that it holds",
        )
    authority = f"{variable('kafka_ca_file')}={settings.kafka_ca_file or '(empty: those that the system trusts)'}"
    return UserError(
        f"the certificate of Kafka at {address} is not signed by {authority} ({error.verify_message})",
        "name the file of the authority that signed it",
    )
