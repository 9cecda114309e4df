"""The HTTP side: sockets in, sockets out, and cutting them where a rule says so."""

from __future__ import annotations

import os
import socket
import socketserver
import struct
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from promo.rehearsal import api, pages
from promo.rehearsal.graph import door
from promo.rehearsal.wire import BadRequest, Reply, Request, json_reply, read_request
from promo.rehearsal.world import World

MAX_BODY = 64 * 1024 * 1024
IDLE = 75.0
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class RehearsalServer(ThreadingHTTPServer):
    """A thread for each connection; none of them keeps the process from stopping."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], world: World) -> None:
        super().__init__(address, Handler)
        self.world = world

    def server_bind(self) -> None:
        # HTTPServer would ask DNS for our name here, which may take seconds.
        socketserver.TCPServer.server_bind(self)
        host, port = self.server_address[:2]
        self.server_name, self.server_port = str(host), int(port)


class Handler(BaseHTTPRequestHandler):
    """Reads one request after another from a connection and sends what `respond` gives."""

    protocol_version = "HTTP/1.1"
    server: RehearsalServer
    timeout = IDLE
    disable_nagle_algorithm = True
    wbufsize = 65_536

    def serve(self) -> None:
        """Any method comes here."""
        reply = self._reply()
        if reply.wait:
            self.server.world.stopping.wait(reply.wait)
        try:
            self._send(reply)
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = serve  # noqa: N815 - http.server's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Say nothing: query strings carry tokens."""

    def _reply(self) -> Reply:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > MAX_BODY or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            return json_reply({"error": "a body needs a Content-Length below 64 MiB"}, status=411)
        host, port = self.server.server_address[:2]
        try:
            request = read_request(
                method=self.command,
                target=self.path,
                headers={name.lower(): value for name, value in self.headers.items()},
                body=self.rfile.read(int(length)),
                default_host=f"{host!s}:{port}",
            )
        except BadRequest as error:
            return json_reply({"error": {"message": f"(#100) {error}", "code": 100}}, status=400)
        return respond(self.server.world, request)

    def _send(self, reply: Reply) -> None:
        if reply.cut == "reset":
            # With lingering off, closing sends RST instead of FIN.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        if reply.cut:
            self.close_connection = True
        if reply.cut in ("reset", "close"):
            self._close()
            return
        self._send_head(reply)
        body = b"" if self.command == "HEAD" else reply.body
        self.wfile.write(body[: len(body) // 2] if reply.cut == "partial" else body)
        self.wfile.flush()

    def _close(self) -> None:
        """Close the descriptor itself: the files made of the socket would keep it open."""
        os.close(self.connection.detach())

    def _send_head(self, reply: Reply) -> None:
        self.send_response_only(HTTPStatus(reply.status))
        self.send_header(
            "Date", formatdate(self.server.world.clock.now() + reply.skew, usegmt=True)
        )
        if reply.status not in (HTTPStatus.NOT_MODIFIED, HTTPStatus.NO_CONTENT):
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()


def respond(world: World, request: Request) -> Reply:
    """Pages and our own JSON by their first path segment; everything else is the Graph API."""
    first = request.path.split("/", 2)[1] if "/" in request.path else ""
    if first in ("api", "healthz"):
        return api.answer(world, request)
    is_page = first in pages.FIRST_SEGMENTS or (not first and request.method in ("GET", "HEAD"))
    return pages.answer(world, request) if is_page else door.answer(world, request)
