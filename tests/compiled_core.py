"""A pytest plugin: the tests of this run take the compiled modules, as a worker does. `make test` runs the core's tests
once more with it: `pytest -p tests.compiled_core tests/reading tests/tables`."""

from streams import compiled

if why := compiled.use():
    raise SystemExit(f"the core's tests cannot run compiled: {why}; `python -m deploy.compiled --required` says more")


def pytest_report_header() -> str:
    """For the first lines of the run."""
    return "core: compiled"
