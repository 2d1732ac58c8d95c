"""Makes what the local Kafka needs for SASL_SSL: a self-signed certificate for loopback, and one user.

The Java runtime's `keytool` makes them once for each folder; they are not for operations. Called by `broker.py`. Only
the owner can read the files, and no password is an argument of a process, which other users could list.
"""

import os
import secrets
import subprocess
from pathlib import Path

from streams.errors import UserError

USERNAME = "earshot"
MECHANISM = "SCRAM-SHA-512"
_ALIAS = "kafka"
_VALID_DAYS = 3650
_STORE_PASSWORD = "EARSHOT_LOCAL_KEYSTORE"  # noqa: S105 - name of the variable through which keytool takes it


class Security:
    """Certificate, key and password in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.ca_file = folder / "ca.pem"
        self.password_file = folder / "password"
        self._store = folder / "keystore.p12"
        self._folder = folder

    def settings(self) -> dict[str, str]:
        """The settings that a client needs to log in: name -> value."""
        return {
            "kafka_security_protocol": "SASL_SSL",
            "kafka_sasl_mechanism": MECHANISM,
            "kafka_username": USERNAME,
            "kafka_password_file": str(self.password_file),
            "kafka_ca_file": str(self.ca_file),
        }

    def make(self, java: str) -> None:
        """Make what is missing, with the `keytool` beside `java`. Raises `UserError` when it fails."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        if not self.password_file.exists():
            write_private(self.password_file, secrets.token_urlsafe(24))
        if self.ca_file.exists():
            return
        self._store.unlink(missing_ok=True)
        self._keytool(
            java, "-genkeypair", "-keyalg", "EC", "-groupname", "secp256r1", "-validity", str(_VALID_DAYS),
            "-dname", "CN=Earshot local Kafka", "-ext", "SAN=IP:127.0.0.1,DNS:localhost",
            # Critical, as OpenSSL's strict mode (Python 3.13) wants them of an authority.
            "-ext", "bc:c=ca:true", "-ext", "ku:c=digitalSignature,keyCertSign",
        )  # fmt: skip
        # Write it last: if it exists, everything was made.
        write_private(self.ca_file, self._keytool(java, "-exportcert", "-rfc"))

    def broker_properties(self) -> dict[str, str]:
        """The broker's properties for its listener SASL_SSL. They hold the password."""
        password = self._password()
        login = "org.apache.kafka.common.security.scram.ScramLoginModule required"
        return {
            "ssl.keystore.type": "PKCS12",
            "ssl.keystore.location": str(self._store),
            "ssl.keystore.password": password,
            # The broker is a client of its own listener, too.
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self.ca_file),
            "sasl.enabled.mechanisms": MECHANISM,
            "sasl.mechanism.inter.broker.protocol": MECHANISM,
            f"listener.name.sasl_ssl.{MECHANISM.lower()}.sasl.jaas.config": (
                f'{login} username="{USERNAME}" password="{password}";'
            ),
        }

    def user(self) -> str:
        """The user in the form of `StorageTool format --add-scram`. Holds the password."""
        return f"{MECHANISM}=[name={USERNAME},password={self._password()}]"

    def _password(self) -> str:
        return self.password_file.read_text(encoding="ascii")

    def _keytool(self, java: str, command: str, *words: str) -> str:
        done = subprocess.run(  # noqa: S603 - our own words
            [
                Path(java).with_name("keytool"), command, *words, "-alias", _ALIAS, "-storetype", "PKCS12",
                "-keystore", self._store, "-storepass:env", _STORE_PASSWORD,
            ],
            env=os.environ | {_STORE_PASSWORD: self._password()},
            umask=0o077,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip
        if done.returncode:
            raise UserError(f"keytool cannot make {self._store}: {' '.join((done.stdout + done.stderr).split())[:300]}")
        return done.stdout


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can ever read."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
