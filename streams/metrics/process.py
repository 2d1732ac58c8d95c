"""What a process says of itself and of its machine, declared: `process_*` as every Prometheus client names them, the
clock and the memory limit.

Read through `registry`; `process_collector.py` supplies the figures.
"""

from streams.metrics.metric import Job, Metric

_BOTH: tuple[Job, ...] = ("worker", "ingest")

PROCESS: tuple[Metric, ...] = (
    Metric(
        name="process_resident_memory_bytes",
        kind="gauge",
        unit="bytes",
        jobs=_BOTH,
        help="Memory that the process holds.",
        act="Rising for days, or near pipeline_memory_limit_bytes: the kernel will soon end the process.",
    ),
    Metric(
        name="process_virtual_memory_bytes",
        kind="gauge",
        unit="bytes",
        jobs=_BOTH,
        help="Address space of the process.",
        act="Nothing: compare resident memory with its limit.",
    ),
    Metric(
        name="process_cpu_seconds_total",
        kind="counter",
        unit="seconds",
        jobs=_BOTH,
        help="CPU time that the process has used. Its rate is the cores in use.",
        act="A worker near 1 core with a growing lag: add a worker.",
    ),
    Metric(
        name="process_start_time_seconds",
        kind="gauge",
        unit="seconds",
        jobs=_BOTH,
        help="When the process started, seconds since the epoch.",
        act="Changes again and again: the process ends and Docker restarts it; its last log line says why.",
    ),
    Metric(
        name="process_open_fds",
        kind="gauge",
        unit="files",
        jobs=_BOTH,
        help="Open files and sockets.",
        act="Near process_max_fds: raise the limit, and report it: a few hundred are normal.",
    ),
    Metric(
        name="process_max_fds",
        kind="gauge",
        unit="files",
        jobs=_BOTH,
        help="Open files and sockets that the system allows.",
        act="Nothing: compare process_open_fds with it.",
    ),
    Metric(
        name="pipeline_memory_limit_bytes",
        kind="gauge",
        unit="bytes",
        jobs=_BOTH,
        help="Memory limit of the container. Absent when there is none.",
        act="Nothing: compare process_resident_memory_bytes with it.",
    ),
    Metric(
        name="pipeline_clock_timestamp_seconds",
        kind="gauge",
        unit="seconds",
        jobs=_BOTH,
        help="The process's clock when Prometheus asked, seconds since the epoch.",
        act="Far from Prometheus' own time: synchronise the machine's clock; posts are put into hours by it.",
    ),
)
