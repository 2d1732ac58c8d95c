"""Turns the settings into the credentials that Faust takes.

Called by `app.py`. `streams/kafka/client.py` owns the settings' meaning and the password file. Importing this module
loads Faust, which takes a second: only workers import it.
"""

import faust

from streams.kafka import client
from streams.settings import Settings


def broker_credentials(settings: Settings) -> faust.SASLCredentials | faust.SSLCredentials | None:
    """A value for Faust's `broker_credentials`; None for PLAINTEXT. Raises as `streams.kafka.client.arguments` does."""
    given = client.arguments(settings)
    if "sasl_mechanism" in given:
        return faust.SASLCredentials(
            mechanism=given["sasl_mechanism"],
            username=given["sasl_plain_username"],
            password=given["sasl_plain_password"],
            ssl_context=given.get("ssl_context"),  # its presence makes it SASL_SSL
        )
    return faust.SSLCredentials(given["ssl_context"]) if "ssl_context" in given else None
