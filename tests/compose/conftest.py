"""Where no Docker engine answers, the tests that need one are not chosen; the file is read and judged everywhere."""

import subprocess

import pytest


def answers(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=20, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    needs = {item: mark.kwargs["needs"] for item in items if (mark := item.get_closest_marker("compose"))}
    there = {
        need: answers("docker", *({"client": ("compose", "version"), "engine": ("info",)}[need]))
        for need in set(needs.values())
    }
    if left_out := [item for item, need in needs.items() if not there[need]]:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
