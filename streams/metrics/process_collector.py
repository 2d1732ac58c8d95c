"""Supplies what a process says of itself and of its machine: memory, CPU, files, version, disk, clock.

Registered by the worker and by ingest. The client library reads `/proc`; `process.py` declares its metrics, so that
docs, boards and alerts know them. Knows no agent.
"""

import shutil
import time
from importlib.metadata import version
from pathlib import Path

from prometheus_client import CollectorRegistry, ProcessCollector

from streams import compiled
from streams.metrics.collector import ReadingCollector
from streams.metrics.exposition import Reading

_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
"""Where a container reads its memory limit: cgroup 2, cgroup 1."""
_NO_LIMIT = 1 << 60
"""cgroup 1 says a number near 2^63 where there is no limit."""


def register(registry: CollectorRegistry) -> None:
    """Show the process and its machine in `registry`."""
    ProcessCollector(registry=registry)
    registry.register(ReadingCollector(reading))


def reading() -> Reading:
    """What the client library does not know. Reads two small files."""
    disk = shutil.disk_usage(".")
    limit = memory_limit()
    return {
        "pipeline_build_info": {(version("earshot"), "yes" if compiled.used() else "no"): 1},
        "pipeline_disk_free_bytes": {(): disk.free},
        "pipeline_disk_size_bytes": {(): disk.total},
        "pipeline_memory_limit_bytes": {(): limit} if limit is not None else {},
        "pipeline_clock_timestamp_seconds": {(): time.time()},
    }


def memory_limit() -> int | None:
    """Bytes that the container may use; None where there is no limit or no container."""
    for file in _LIMITS:
        try:
            text = file.read_text(encoding="ascii").strip()
        except OSError:
            continue
        return int(text) if text.isdigit() and int(text) < _NO_LIMIT else None
    return None
