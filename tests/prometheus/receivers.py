"""Where alerts arrive in tests: an HTTP server that answers as Slack, PagerDuty and webhooks do, and an SMTP server."""

import base64
import email
import json
import socketserver
import threading
from collections import defaultdict
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

USER, PASSWORD = "earshot", "a secret of e-mail"
PAGERDUTY = "/v2/enqueue"


class Receivers:
    """A context manager: listening within. `posted`: path -> JSON bodies in their order; `mails` in their order."""

    def __init__(self) -> None:
        self.posted: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.mails: list[EmailMessage] = []
        receivers = self

        class Http(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                receivers.posted[self.path].append(body)
                answer = b'{"status": "success"}' if self.path == PAGERDUTY else b"ok"
                self.send_response(202 if self.path == PAGERDUTY else 200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: Any) -> None:
                pass

        class Smtp(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self._say("220 here")
                allowed = False
                for line in self.rfile:
                    word, _, rest = line.decode().strip().partition(" ")
                    if word == "EHLO":
                        self._say("250-here", "250 AUTH PLAIN")
                    elif word == "AUTH":
                        allowed = base64.b64decode(rest.split()[1]).decode().split("\0")[1:] == [USER, PASSWORD]
                        self._say("235 welcome" if allowed else "535 no")
                    elif word in ("MAIL", "RCPT"):
                        self._say("250 fine" if allowed else "530 who are you")
                    elif word == "DATA":
                        self._say("354 go on")
                        text = b"".join(iter(self.rfile.readline, b".\r\n"))
                        message = email.message_from_bytes(text, policy=default)
                        assert isinstance(message, EmailMessage)
                        receivers.mails.append(message)
                        self._say("250 taken")
                    elif word == "QUIT":
                        self._say("221 bye")
                        return

            def _say(self, *lines: str) -> None:
                self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Http)
        self._smtp = Server(("127.0.0.1", 0), Smtp)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> "Receivers":
        for server in (self._http, self._smtp):
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in (self._http, self._smtp):
            server.shutdown()
            server.server_close()

    def files(self, *severities: str) -> dict[str, str]:
        """Name -> text of the secret files that send what has these severities here, by every way."""
        made = {}
        for severity in severities:
            made[f"{severity}_slack_url"] = f"{self.url}/slack/{severity}\n"
            made[f"{severity}_pagerduty_key"] = f"key of {severity}\n"
            made[f"{severity}_webhook_url"] = f"{self.url}/webhook/{severity}\n"
            made[f"{severity}_email"] = (
                f"to: {severity}@example.org\nfrom: earshot@example.org\n"
                f"smarthost: 127.0.0.1:{self._smtp.server_address[1]}\nrequire_tls: false\n"
                f'auth_username: {USER}\nauth_password: "{PASSWORD}"\n'
            )
        return made

    def slack(self, severity: str) -> list[dict[str, Any]]:
        """What came to the channel: attachments as Slack has them."""
        return [one for body in list(self.posted[f"/slack/{severity}"]) for one in body["attachments"]]

    def pagerduty(self, severity: str) -> list[dict[str, Any]]:
        """Events of the service that has the severity's key."""
        return [one for one in list(self.posted[PAGERDUTY]) if one["routing_key"] == f"key of {severity}"]

    def webhook(self, severity: str) -> list[dict[str, Any]]:
        """Alertmanager's own JSON."""
        return list(self.posted[f"/webhook/{severity}"])

    def mail(self, severity: str) -> list[EmailMessage]:
        """Mails to the severity's address."""
        return [one for one in list(self.mails) if one["To"] == f"{severity}@example.org"]
