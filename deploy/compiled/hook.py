"""Puts the compiled modules into a wheel, and gives it its platform's name. hatchling calls it, by pyproject.toml.

Compiles what is not compiled yet; a wheel without is never made. An editable install gets nothing: there `make setup`
compiles.
"""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):  # type: ignore[misc]
    """hatchling's interface; it finds the class by being the only one here."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Before a wheel is made. Raises `NotCompiledError`."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)  # hatchling loads this file alone
        from deploy.compiled.__main__ import compiled_here  # noqa: PLC0415 - see above
        from streams.compiled import FOLDER  # noqa: PLC0415 - see above

        compiled_here()
        build_data["artifacts"].append(f"/{FOLDER.relative_to(Path(self.root)).as_posix()}/*")
        build_data.update(pure_python=False, infer_tag=True)
