"""`python -m deploy.compiled.compilation FOLDER`: mypyc and the C compiler at work, in a process of its own.

`__main__.py` starts it and shows what it prints only if it fails: both tools talk a lot, and mypyc ends its process at
an error. Writes the extension modules into FOLDER, named by their modules. Does not know what was compiled before.
"""

import os
import shutil
import sys
from pathlib import Path

# setuptools first: it replaces distutils, which Python 3.12 no longer has.
from setuptools import Distribution
from setuptools.command.build_ext import build_ext

from deploy.compiled.modules import MODULES, path_of

GROUP = "earshot"
OPTIONS = ("--config-file=", "--ignore-missing-imports", "--follow-imports=silent", "--no-warn-unused-configs")
"""mypy's. `make lint` checks types strictly; here they are only needed."""


def compile_into(folder: Path) -> None:
    """Compile all modules. Takes half a minute; raises or ends the process at an error."""
    from mypyc.build import mypycify  # noqa: PLC0415 - must come after setuptools

    work = folder.with_name(f"{folder.name}.work")
    cache = f"--cache-dir={work.parent / 'mypy'}"
    extensions = mypycify(
        [*OPTIONS, cache, *map(path_of, MODULES)],
        opt_level="2",
        debug_level="0",
        target_dir=str(work / "c"),
        group_name=GROUP,
    )
    build = build_ext(Distribution({"name": "earshot", "ext_modules": extensions}))
    build.build_lib, build.build_temp, build.parallel = str(work / "lib"), str(work / "temp"), os.cpu_count()
    build.ensure_finalized()
    build.run()
    folder.mkdir(parents=True)
    for extension in extensions:
        built = Path(build.get_ext_fullpath(extension.name))
        shutil.move(built, folder / built.relative_to(work / "lib").as_posix().replace("/", "."))
    shutil.rmtree(work)


if __name__ == "__main__":
    compile_into(Path(sys.argv[1]).absolute())
