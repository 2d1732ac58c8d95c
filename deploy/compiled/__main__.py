"""`python -m deploy.compiled [--required]`: compile the hot modules, unless what was compiled is still right.

Called by `make setup`; `hook.py` calls `compiled_here` for wheels. Where there is no C compiler, or where the source
does not compile, it says so in one line, and workers run in pure Python; `--required` makes that an error.
"""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import msgspec

from deploy.compiled.modules import MODULES, sources
from streams import compiled
from streams.compiled import FOLDER, MANIFEST, ROOT, Manifest

TAIL_LINES = 20


class NotCompiledError(Exception):
    """Why there is nothing compiled; one line, or several with what a tool said."""


def compiled_here(root: Path = ROOT, folder: Path = FOLDER) -> bool:
    """Compile what changed; False if nothing did. Raises `NotCompiledError`, and then nothing compiled is left."""
    found = compiled.manifest(folder)
    if found is not None and not found.outdated(root) and sources(root) == list(found.sources):
        return False
    shutil.rmtree(folder, ignore_errors=True)
    _require_compiler()
    digests = {source: compiled.digest_of(root / source) for source in sources(root)}
    built = root / "build" / "compiled"
    shutil.rmtree(built, ignore_errors=True)
    built.parent.mkdir(exist_ok=True)
    print("set-up: compiling the hot modules (half a minute)", file=sys.stderr)
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "deploy.compiled.compilation", str(built)],
        cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        said = "\n".join(done.stdout.splitlines()[-TAIL_LINES:])
        raise NotCompiledError(f"the hot modules do not compile:\n{said}")
    suffix = compiled.suffix()
    # A module that the group's own library is made of has no source here: earshot__mypyc.
    modules = {path.name.removesuffix(suffix): path.name for path in sorted(built.glob(f"*{suffix}"))}
    if missing := set(MODULES) - modules.keys():
        raise NotCompiledError(f"not compiled: {', '.join(sorted(missing))}")
    (built / MANIFEST).write_bytes(
        msgspec.json.format(msgspec.json.encode(Manifest(suffix, modules, digests)), indent=1)
    )
    built.rename(folder)  # workers that run keep the files that they have open
    return True


def _require_compiler() -> None:
    command = (sysconfig.get_config_var("CC") or "cc").split()[0]
    if shutil.which(command) is None:
        raise NotCompiledError(f"there is no C compiler ({command}) here")
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        raise NotCompiledError("Python's headers are not installed here (Python.h; Debian: python3-dev)")


def main() -> int:
    """The exit code."""
    try:
        compiled_here()
    except NotCompiledError as error:
        if "--required" in sys.argv[1:]:
            print(f"not compiled: {error}", file=sys.stderr)
            return 1
        print(f"set-up: workers will run in pure Python, as exact and slower by half: {error}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
