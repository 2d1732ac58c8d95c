"""Chooses ports of loopback for processes that are about to start.

Called by the broker here, by the proofs and by the tests, several of which may run at once. Does not know what listens
on a port later.
"""

import socket


def free(port: int) -> bool:
    """Whether `port` can be bound on loopback, as Kafka will (SO_REUSEADDR: a port just given up counts as free)."""
    if port == 0:
        return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """A port of loopback that is free, and given to nobody else for a minute.

    A connection that the listening side closed first keeps its port: for the minute of TIME_WAIT the kernel gives it to
    nobody who leaves the choice to it, neither a second call nor a client's own end. A server that names the port gets
    it, as every server here sets SO_REUSEADDR.
    """
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        with socket.create_connection(listener.getsockname()) as client:
            accepted, _ = listener.accept()
            accepted.close()
            client.recv(1)  # the other side has closed
        port: int = listener.getsockname()[1]
        return port
