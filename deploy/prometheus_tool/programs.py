"""Where prometheus, promtool, alertmanager and amtool are: on PATH, else fetched or built once into the cache folder.

Owns `prometheus/` there. Asked in this order: PATH; the cache; the distribution's package, downloaded by apt (which
checks it against the distribution's signatures) and unpacked, so that nothing is installed and no service starts;
a build from the Go modules pinned by `go.mod` and `go.sum` here. A program that is too old for our files is passed
over. Does not know what is done with them.
"""

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from rich.console import Console

from streams.errors import UserError
from streams.settings import load

_MODULES = Path(__file__).parent
"""Folder of go.mod and go.sum."""
_DOWNLOAD_SECONDS = 300
_BUILD_SECONDS = 3600
"""Six minutes on two busy cores for all three, the modules' download not included."""
_TAGS = "netgo,remove_all_sd,enable_dns_sd"
"""Without the discovery of twenty clouds, half of what there is to compile. Files always work; compose uses DNS."""


class _Program(NamedTuple):
    least: tuple[int, int]
    """Oldest version that understands our files."""
    package: str
    """Debian's name."""
    module: str
    """Go's name of the command's module."""
    command: str
    """The command's folder in its module."""
    absent: str = ""
    """A file that the command embeds and its module lacks, because a step before Go's makes it."""


_PROMETHEUS, _ALERTMANAGER = "github.com/prometheus/prometheus", "github.com/prometheus/alertmanager"
_PROGRAMS = {
    "prometheus": _Program((2, 42), "prometheus", _PROMETHEUS, "cmd/prometheus"),
    "promtool": _Program((2, 42), "prometheus", _PROMETHEUS, "cmd/promtool"),
    # 0.26 brought webhook_configs.url_file. Its pages, which nobody opens here, are not in the module.
    "alertmanager": _Program(
        (0, 26), "prometheus-alertmanager", _ALERTMANAGER, "cmd/alertmanager", "ui/app/dist/index.html"
    ),
    "amtool": _Program((0, 26), "prometheus-alertmanager", _ALERTMANAGER, "cmd/amtool"),
}


def prometheus() -> Path:
    """The server. Raises `UserError` if there is none to be had."""
    return _find("prometheus")


def promtool() -> Path:
    """Checks and tests configuration and rules. Raises `UserError` if there is none to be had."""
    return _find("promtool")


def alertmanager() -> Path:
    """The server that notifies people, without its pages. Raises `UserError` if there is none to be had."""
    return _find("alertmanager")


def amtool() -> Path:
    """Checks Alertmanager's configuration. Raises `UserError` if there is none to be had."""
    return _find("amtool")


def _find(name: str) -> Path:
    least = _PROGRAMS[name].least
    found = shutil.which(name)
    if found and _version(Path(found)) >= least:
        return Path(found)
    oldest = ".".join(map(str, least))
    folder = load().cache_path / "prometheus"
    kept = folder / f"{name}-{oldest}"  # at least; so that it is got anew when our files ask for more
    if kept.exists():
        return kept  # not behind another process that builds another program
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        reasons = []
        for way in () if kept.exists() else (_unpack, _build):
            with tempfile.TemporaryDirectory(dir=folder) as part:
                if reason := way(name, Path(part)):
                    reasons.append(reason)
                    continue
                (Path(part) / name).replace(kept)
            break
    if not kept.exists():
        raise UserError(f"no {name} ({'; '.join(reasons)}): put {name} {oldest} or later on PATH")
    return kept


def _version(program: Path) -> tuple[int, int]:
    """Major and minor; (0, 0) if it does not say."""
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 - found above
    said = re.search(r"version v?(\d+)\.(\d+)", done.stdout + done.stderr)
    return (int(said[1]), int(said[2])) if said else (0, 0)


def _unpack(name: str, folder: Path) -> str:
    """Leave the distribution's program in `folder`; why not, or an empty string."""
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        return "no apt here"
    package = _PROGRAMS[name].package
    _say(f"{name}: downloading the distribution's {package}, first time only")
    # As root apt would give the download to a user of its own, who has no right to the folder.
    download = ["apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", package]
    if _run(download, folder, _DOWNLOAD_SECONDS) and os.geteuid() == 0:
        _run(["apt-get", "update", "-qq"], folder, _DOWNLOAD_SECONDS)  # a fresh machine has no lists
        _run(download, folder, _DOWNLOAD_SECONDS)
    archive = next(folder.glob("*.deb"), None)
    if archive is None:
        return f"apt has no {package}"
    if _run(["dpkg-deb", "-x", str(archive), "unpacked"], folder, _DOWNLOAD_SECONDS):
        return f"{package} cannot be unpacked"
    programs = folder / "unpacked" / "usr" / "bin"
    unpacked = programs / (
        name if (programs / name).exists() else package
    )  # Debian's alertmanager has its package's name
    if _version(unpacked) < _PROGRAMS[name].least:
        return f"apt's {package} is too old"
    unpacked.replace(folder / name)
    return ""


def _build(name: str, folder: Path) -> str:
    """Build the pinned module's program into `folder`; why not, or an empty string."""
    if not shutil.which("go"):
        return "no Go here"
    _say(f"{name}: building it from the pinned Go module, first time only: some minutes")
    program = _PROGRAMS[name]
    for file in ("go.mod", "go.sum"):
        shutil.copy(_MODULES / file, folder)
    if program.absent and (error := _complete(program, folder)):
        return f"Go cannot build it: {error}"
    package = f"{program.module}/{program.command}"
    command = ["go", "build", "-trimpath", "-ldflags=-s -w", "-tags", _TAGS, "-o", str(folder), package]
    error = _run(command, folder, _BUILD_SECONDS)
    return f"Go cannot build it: {error}" if error else ""


def _complete(program: _Program, folder: Path) -> str:
    """Have the build in `folder` use a copy of the module with the absent file, empty; why not, or an empty string."""
    if error := _run(["go", "mod", "download", program.module], folder, _DOWNLOAD_SECONDS):
        return error
    where = ["go", "list", "-m", "-f", "{{.Dir}}", program.module]
    done = subprocess.run(where, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words
    if done.returncode:
        return done.stderr.strip()
    copy = folder / "module"
    shutil.copytree(done.stdout.strip(), copy, copy_function=shutil.copyfile)
    for inside in (copy, *(one for one in copy.rglob("*") if one.is_dir())):
        inside.chmod(0o755)  # Go's cache is read-only
    (copy / program.absent).parent.mkdir(parents=True, exist_ok=True)
    (copy / program.absent).touch()
    return _run(["go", "mod", "edit", f"-replace={program.module}={copy}"], folder, _DOWNLOAD_SECONDS)


def _run(command: list[str], folder: Path, seconds: float) -> str:
    """The last line of what went wrong, or an empty string."""
    try:
        done = subprocess.run(  # noqa: S603 - fixed words
            command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=seconds
        )
    except subprocess.TimeoutExpired:
        return f"{command[0]} took longer than {seconds:.0f} s"
    if not done.returncode:
        return ""
    lines = (done.stderr or done.stdout).strip().splitlines()
    return lines[-1] if lines else f"{command[0]} ended with {done.returncode}"


def _say(line: str) -> None:
    Console(stderr=True).print(line, highlight=False, soft_wrap=True)
