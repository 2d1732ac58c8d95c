"""How the local Kafka is configured: the broker's properties and the JVM's options, as data.

Read by `broker.py` alone. Knows neither files nor processes.
"""

NODE_ID = 1
LARGEST_RECORD = 16 * 1024 * 1024
"""Bytes. A Kafka topic may ask for as much by its own `max.message.bytes`; `dead-letters` does."""


def server_properties(port: int, controller_port: int, data: str, protocol: str = "PLAINTEXT") -> dict[str, str]:
    """The broker's properties: broker and controller in one process, on loopback. `protocol`: what clients speak."""
    return {
        "process.roles": "broker,controller",
        "node.id": str(NODE_ID),
        "controller.quorum.voters": f"{NODE_ID}@127.0.0.1:{controller_port}",
        "listeners": f"{protocol}://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"{protocol}://127.0.0.1:{port}",
        "listener.security.protocol.map": f"CONTROLLER:PLAINTEXT,{protocol}:{protocol}",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": protocol,
        "log.dirs": data,
        # `earshot topics apply` creates Kafka topics, nobody else.
        "auto.create.topics.enable": "false",
        "default.replication.factor": "1",
        # One node has one replica; few partitions of the internal Kafka topics load quickly at a start.
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "share.coordinator.state.topic.num.partitions": "4",
        # The default waits 3 s for more members at each first join; here there are seldom any.
        "group.initial.rebalance.delay.ms": "0",
        # After a kill -9 the controller takes the broker back only when its old session has ended: 9 s by default.
        "broker.session.timeout.ms": "4000",
        "broker.heartbeat.interval.ms": "1000",
        # Compaction's table of keys: 128 MB by default, half of the heap, and a restart then runs out of memory. 16 MB
        # are enough for 600,000 rows at once.
        "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),
        "replica.fetch.max.bytes": str(LARGEST_RECORD),
        "socket.request.max.bytes": str(2 * LARGEST_RECORD),
    }


def java_options(heap_mb: int, folder: str) -> list[str]:
    """The JVM's options. `folder` marks the process as the one of that folder (`process.py`)."""
    return [
        f"-Dearshot.kafka={folder}",
        f"-Xmx{heap_mb}m",
        # Small heap, two cores: the collector that starts fastest and has no threads of its own.
        "-XX:+UseSerialGC",
        # After an OutOfMemoryError a broker hangs half dead.
        "-XX:+ExitOnOutOfMemoryError",
        "-Djava.awt.headless=true",
        # slf4j-simple writes to stderr, which is the log file.
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
        "-Dorg.slf4j.simpleLogger.showDateTime=true",
        "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS",
    ]
