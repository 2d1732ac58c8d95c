"""Whether a Kafka broker answers: one request over a plain socket, no client library.

Called by `deploy/local_kafka` (is the broker ready?) and `agents/kafka_admin.py` (is it worth building a client, whose
own attempts take long and log?). Knows no Kafka topic.
"""

import socket
import struct
import time

_METADATA, _VERSION = 3, 4
"""Metadata v4: understood by every broker since 1.0, and not yet in the flexible encoding (Kafka protocol guide)."""
_CORRELATION = 0x45617273
"""Comes back in the answer of a Kafka broker, and of nothing else."""
_ATTEMPT = 2.0
"""Most seconds one attempt takes: a loaded broker answers in some 100 ms."""
_PAUSE = 0.05


def answers(bootstrap: str, timeout: float = 0.0) -> bool:
    """Whether a broker at `bootstrap` (host:port[,host:port...]) knows itself as part of a cluster.

    Tries again for `timeout` seconds, at least once. A fenced broker, one that is still starting, lists none: False.
    """
    deadline = time.monotonic() + timeout
    while True:
        if any(_brokers(*address.rsplit(":", 1)) > 0 for address in bootstrap.split(",")):
            return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(_PAUSE)


def _brokers(host: str, port: str) -> int:
    """How many brokers the one at this address lists; -1 when it is none or does not answer."""
    body = struct.pack(">hhihi?", _METADATA, _VERSION, _CORRELATION, -1, 0, False)
    try:
        with socket.create_connection((host, int(port)), _ATTEMPT) as connection:
            connection.settimeout(_ATTEMPT)
            connection.sendall(struct.pack(">i", len(body)) + body)
            with connection.makefile("rb") as answer:
                _length, correlation, _throttle, brokers = struct.unpack(">4i", answer.read(16))
                return brokers if correlation == _CORRELATION else -1
    except (OSError, OverflowError, UnicodeError, struct.error):
        return -1
