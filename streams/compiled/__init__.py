"""Takes the compiled form of the hot modules, where there is one, in place of their Python: the same source, twice as
fast.

Called by `earshot worker`, before it imports what it works with; every other process, and so the oracle, stays pure
Python, so that the two judge each other. `deploy/compiled` compiles the modules, into `built/` beside this file, and
owns which ones. Compiled files are used only if every source that they were made of is as it was: after an edit the
Python is what runs, until `make setup`. Knows no compiler.
"""

import sys
from hashlib import sha256
from importlib.abc import MetaPathFinder
from importlib.machinery import ExtensionFileLoader, ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from sysconfig import get_config_var

import msgspec

FOLDER = Path(__file__).with_name("built")
ROOT = Path(__file__).parents[2]
MANIFEST = "manifest.json"


class Manifest(msgspec.Struct, frozen=True):
    """What the compiled files are made of."""

    suffix: str
    """Of extension modules, by the interpreter that they are for: `.cpython-312-x86_64-linux-gnu.so`."""
    modules: dict[str, str]
    """Module -> its file in the folder."""
    sources: dict[str, str]
    """Source, seen from the project's root -> SHA-256. Of the modules and of whatever of `streams/` they import."""

    def outdated(self, root: Path = ROOT) -> str:
        """Why the files must not be used; empty if they may."""
        if self.suffix != suffix():
            return f"what was compiled is for another Python ({self.suffix})"
        for source, digest in self.sources.items():
            if digest_of(root / source) != digest:
                return f"{source} was edited since it was compiled"
        return ""


class _Finder(MetaPathFinder):
    """Finds the compiled form of a module before the path's own finder sees the source."""

    def __init__(self, files: dict[str, Path]) -> None:
        self._files = files

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:  # noqa: ARG002 - importlib's signature
        """Where the compiled module is; None for any other module."""
        file = self._files.get(fullname)
        if file is None:
            return None
        return spec_from_file_location(fullname, file, loader=ExtensionFileLoader(fullname, str(file)))


def suffix() -> str:
    """What this interpreter's extension modules end with."""
    return str(get_config_var("EXT_SUFFIX"))


def digest_of(source: Path) -> str:
    """SHA-256 of a source; empty if there is none."""
    try:
        return sha256(source.read_bytes()).hexdigest()
    except OSError:
        return ""


def manifest(folder: Path = FOLDER) -> Manifest | None:
    """What was compiled; None if nothing was."""
    try:
        return msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError):
        return None


def available(folder: Path = FOLDER) -> str:
    """Why a worker cannot use compiled modules; empty if it can."""
    found = manifest(folder)
    return "nothing was compiled" if found is None else found.outdated()


def use(folder: Path = FOLDER) -> str:
    """From now on, import the compiled modules. Returns why this process stays pure Python, or an empty text."""
    if used():
        return ""
    found, why = manifest(folder), available(folder)
    if found is None or why:
        return why
    if early := sorted(found.modules.keys() & sys.modules.keys()):
        # Half of them compiled would be slower, and two forms of one class are two classes.
        return f"{early[0]} was imported before"
    sys.meta_path.insert(0, _Finder({name: folder / file for name, file in found.modules.items()}))
    return ""


def used() -> bool:
    """Whether this process uses compiled modules."""
    return any(isinstance(one, _Finder) for one in sys.meta_path)
