"""From the settings to a client's arguments: what does not fit together or cannot be read is refused at start."""

import ssl
import traceback
from pathlib import Path

import msgspec
import pytest

from streams.errors import UserError
from streams.faustkit.credentials import broker_credentials
from streams.kafka import client as kafka_client
from streams.settings import Settings, SettingsError, load

BROKER = {"KAFKA_BOOTSTRAP": "kafka.example:9093"}
USER = {"EARSHOT_KAFKA_USERNAME": "earshot", "EARSHOT_KAFKA_PASSWORD_FILE": "password"}


def protocol(value: str) -> dict[str, str]:
    return {"EARSHOT_KAFKA_SECURITY_PROTOCOL": value}


@pytest.mark.parametrize(
    "environ",
    [
        {},
        BROKER | protocol("SSL"),
        BROKER | protocol("SSL") | {"EARSHOT_KAFKA_CA_FILE": "ca.pem"},
        BROKER | protocol("SASL_PLAINTEXT") | USER,
        BROKER | protocol("SASL_SSL") | USER | {"EARSHOT_KAFKA_SASL_MECHANISM": "PLAIN"},
    ],
)
def test_settings_that_fit_together_are_taken(environ: dict[str, str]) -> None:
    assert load(environ).kafka_bootstrap == environ.get("KAFKA_BOOTSTRAP", "")


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        (BROKER | protocol("SASL_SSL"), "SASL_SSL needs EARSHOT_KAFKA_USERNAME"),
        (BROKER | protocol("SASL_SSL") | {"EARSHOT_KAFKA_USERNAME": "me"}, "needs EARSHOT_KAFKA_PASSWORD_FILE"),
        (BROKER | USER, "EARSHOT_KAFKA_USERNAME is set, and EARSHOT_KAFKA_SECURITY_PROTOCOL=PLAINTEXT does not"),
        (BROKER | protocol("SSL") | USER, "EARSHOT_KAFKA_USERNAME is set, and .*=SSL does not"),
        (BROKER | {"EARSHOT_KAFKA_CA_FILE": "ca.pem"}, "EARSHOT_KAFKA_CA_FILE is set"),
        (BROKER | protocol("SASL_PLAINTEXT") | USER | {"EARSHOT_KAFKA_CA_FILE": "c"}, "EARSHOT_KAFKA_CA_FILE is set"),
        (
            BROKER | protocol("SASL_PLAINTEXT") | USER | {"EARSHOT_KAFKA_SASL_MECHANISM": "PLAIN"},
            "EARSHOT_KAFKA_SASL_MECHANISM=PLAIN would show the password",
        ),
        (protocol("SSL"), "needs KAFKA_BOOTSTRAP"),
        (BROKER | protocol("TLS"), "EARSHOT_KAFKA_SECURITY_PROTOCOL=TLS is not allowed: .*SASL_SSL"),
        (BROKER | protocol("SASL_SSL") | USER | {"EARSHOT_KAFKA_USERNAME": "a,b"}, "EARSHOT_KAFKA_USERNAME=a,b is not"),
    ],
)
def test_settings_that_make_no_sense_together_are_refused(environ: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError, match=words) as refused:
        load(environ)
    assert "\n" not in str(refused.value)


def with_password(path: Path) -> Settings:
    return load(BROKER | protocol("SASL_PLAINTEXT") | USER | {"EARSHOT_KAFKA_PASSWORD_FILE": str(path)})


def test_a_password_is_the_files_one_line(tmp_path: Path) -> None:
    path = tmp_path / "password"
    line = "two words, ünlike=others "
    path.write_text(f"{line}\n", encoding="utf-8")
    given = kafka_client.arguments(with_password(path))
    assert given["sasl_plain_password"] == line
    assert "ssl_context" not in given


@pytest.mark.parametrize("content", [b"", b"\n", b"secret-1\nsecret-2\n", b"secret-1\x00", b"secret-1\xff"])
def test_a_password_file_of_another_kind_is_named_and_not_quoted(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "password"
    path.write_bytes(content)
    with pytest.raises(UserError, match=f"EARSHOT_KAFKA_PASSWORD_FILE={path} must hold one line") as refused:
        kafka_client.arguments(with_password(path))
    assert "secret" not in "".join(traceback.format_exception(refused.value))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    with pytest.raises(UserError, match=f"EARSHOT_KAFKA_PASSWORD_FILE={nowhere} cannot be read: No such file"):
        kafka_client.arguments(with_password(nowhere))
    with pytest.raises(UserError, match=f"EARSHOT_KAFKA_CA_FILE={nowhere} cannot be read: No such file"):
        kafka_client.arguments(load(BROKER | protocol("SSL") | {"EARSHOT_KAFKA_CA_FILE": str(nowhere)}))


def test_a_file_without_a_certificate_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_text("no certificate\n")
    with pytest.raises(UserError, match=f"EARSHOT_KAFKA_CA_FILE={path} holds no certificate"):
        kafka_client.tls(load(BROKER | protocol("SSL") | {"EARSHOT_KAFKA_CA_FILE": str(path)}))


def test_tls_always_checks_certificate_and_host() -> None:
    context = kafka_client.tls(load(BROKER | protocol("SSL")))
    assert context is not None
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


@pytest.mark.parametrize("value", ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"])
def test_faust_is_told_the_same_as_the_other_clients(tmp_path: Path, value: str) -> None:
    """Through the driver's own translation, which the worker's consumer and Faust's own producer use."""
    from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth

    path = tmp_path / "password"
    path.write_text("secret")
    settings = msgspec.structs.replace(with_password(path), kafka_security_protocol=value)
    given = kafka_client.arguments(settings)
    told = dict(credentials_to_aiokafka_auth(broker_credentials(settings)))
    assert (given.pop("ssl_context", None) is None) == (told.pop("ssl_context", None) is None)
    del given["bootstrap_servers"]
    assert told == given
    assert "secret" not in repr(broker_credentials(settings))
