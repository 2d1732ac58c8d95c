"""A broker answers, or it does not; nothing else that listens on its port counts."""

import socket
import threading

import pytest

from streams.kafka.probe import answers
from streams.settings import Settings


@pytest.mark.kafka
def test_one_broker_that_answers_among_several_is_enough(kafka: str) -> None:
    assert answers(Settings(kafka_bootstrap=kafka))
    assert answers(Settings(kafka_bootstrap=f"127.0.0.1:1,{kafka}"))


@pytest.mark.parametrize("address", ["127.0.0.1:1", "127.0.0.1:99999", "no such host:9092"])
def test_an_address_where_nothing_listens_does_not_answer(address: str) -> None:
    assert not answers(Settings(kafka_bootstrap=address))


def test_a_server_that_speaks_something_else_does_not_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def reply() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(100)
                connection.sendall(b"HTTP/1.1 400\r\n\r\n")

        thread = threading.Thread(target=reply)
        thread.start()
        assert not answers(Settings(kafka_bootstrap=f"127.0.0.1:{server.getsockname()[1]}"))
        thread.join(10)
