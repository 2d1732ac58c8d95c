"""Makes `jars.lock` anew: `make lock`, or `python -m deploy.local_kafka.lock`.

Resolves the roots below with `jgo`, downloads what they need and writes each jar's SHA-256. Run it to take a newer
Kafka, look at the difference, commit it. Nothing at run time calls it. No address in the lock: where jars come from
is the client's business.
"""

import sys
import tempfile
from pathlib import Path

from jgo.maven import MavenContext, PythonResolver

from deploy.local_kafka.jars import LOCK, sha256

ROOTS = (
    "org.apache.kafka:kafka_2.13:4.3.1",
    # Writes the broker's log to stderr, which is its log file. The API that Kafka 4.3 brings is 1.7.
    "org.slf4j:slf4j-simple:1.7.36",
)


def main() -> None:
    """Write the lock file."""
    with tempfile.TemporaryDirectory() as cache:
        context = MavenContext(resolver=PythonResolver(), repo_cache=Path(cache), timeout=60)
        roots, needed = context.resolver.resolve([context.create_dependency(root) for root in ROOTS])
        artifacts = [one.artifact for one in (*roots, *needed)]
        lines = sorted(
            (f"{one.groupId}:{one.artifactId}:{one.version}", sha256(one.resolve()), one.filename) for one in artifacts
        )
    if len({name for _, _, name in lines}) != len(lines):
        sys.exit("two jars have the same file name: they cannot lie in one folder")
    head = f"# Made by `make lock` from {' and '.join(ROOTS)}.\n"
    LOCK.write_text(head + "".join(f"{digest}  {coordinate}\n" for coordinate, digest, _ in lines), encoding="utf-8")
    sys.stdout.write(f"{LOCK.name}: {len(lines)} jars\n")


if __name__ == "__main__":
    main()
