"""A port that was chosen stays free for who chose it, until it listens there."""

import socket

import pytest

from deploy.local_kafka.ports import free, free_port


def test_two_choices_are_never_the_same() -> None:
    chosen = [free_port() for _ in range(500)]
    assert len(set(chosen)) == len(chosen)


def test_the_kernel_gives_a_chosen_port_to_nobody_and_a_server_that_names_it_gets_it() -> None:
    port = free_port()
    with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
        stranger.bind(("127.0.0.1", port))
    assert free(port)
    with socket.create_server(("127.0.0.1", port)):
        assert not free(port)
