"""A thousand requests a second to a worker's API, until told to stop: a process of its own, run by `bench/api.py`.

`python -m bench.asking HOST PORT`. Asks for hospitals (8 of 10), open questions and the list of all, over 16
connections that stay open. Prints one JSON object at SIGTERM. Speaks HTTP by hand, so that it takes little of the CPU
that it competes for.
"""

import asyncio
import signal
import sys
import time
from collections import Counter
from itertools import cycle

import msgspec
import uvloop

from streams import directory

RATE = 1000.0
CONNECTIONS = 16
_END = b"\r\n\r\n"


class Asking:
    """What was asked so far."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.statuses: Counter[str] = Counter()
        self.stopping = False

    async def connection(self, host: str, port: int, paths: list[str], rate: float) -> None:
        """Ask over one connection, at an even pace; what comes late is not made up for."""
        reader, writer = await asyncio.open_connection(host, port)
        pause = 1 / rate
        due = time.perf_counter()
        for path in cycle(paths):
            if self.stopping:
                break
            asked = time.perf_counter()
            writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: gzip\r\n\r\n".encode())
            head = await reader.readuntil(_END)
            length = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b":0")
            await reader.readexactly(int(length.split(b":")[1]))
            now = time.perf_counter()
            self.seconds.append(now - asked)
            self.statuses[head[9:12].decode()] += 1
            due = max(due + pause, now)
            await asyncio.sleep(due - now)
        writer.close()


async def ask(host: str, port: int) -> dict[str, object]:
    """Ask until SIGTERM; what came of it."""
    asking = Asking()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, setattr, asking, "stopping", True)
    paths = []
    for number, one in enumerate(directory.load().hospitals):
        paths.append(f"/v1/hospitals/{one.id}")
        if number % 8 == 7:
            paths += [f"/v1/hospitals/{one.id}/questions", "/v1/hospitals"]
    begun = time.perf_counter()
    each = [
        asking.connection(host, port, paths[start:] + paths[:start], RATE / CONNECTIONS)
        for start in range(0, CONNECTIONS)
    ]
    await asyncio.gather(*each)
    seconds = sorted(asking.seconds) or [0.0]
    return {
        "requests": len(asking.seconds),
        "seconds": time.perf_counter() - begun,
        "p50_ms": 1000 * seconds[len(seconds) // 2],
        "p99_ms": 1000 * seconds[int(len(seconds) * 0.99)],
        "statuses": asking.statuses,
    }


if __name__ == "__main__":
    print(msgspec.json.encode(uvloop.run(ask(sys.argv[1], int(sys.argv[2])))).decode())
