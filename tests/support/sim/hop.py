"""A recording hop in front of a real server: ends TLS with a certificate of the test CA, opens TLS to the server,
passes octets in both directions as they come and keeps them."""
from __future__ import annotations

import socket
import ssl
import threading
from typing import Optional

from .streams import Stream, TlsStream, client_context, server_context


class HopConnection:
    """`stream` faces the client; `upstream` the server."""

    def __init__(self, stream: Stream, upstream: Stream):
        self.stream, self.upstream = stream, upstream
        self.ended = threading.Event()


class RecordingHop:
    def __init__(self, certificate: str, server: tuple[str, int], server_name: str, server_ca: str):
        self._context = server_context(certificate)
        self._server, self._server_name = server, server_name
        self._server_context = client_context(server_ca)
        self.connections: list[HopConnection] = []
        self._lock = threading.Lock()
        self._listener: Optional[socket.socket] = None

    def start(self) -> "RecordingHop":
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        try:
            client = TlsStream(sock, self._context, server_side=True, timeout=None)
            client.handshake()
            server = TlsStream(socket.create_connection(self._server, timeout=10), self._server_context,
                               server_name=self._server_name, timeout=None)
            server.handshake()
        except (OSError, ssl.SSLError):
            sock.close()
            return
        connection = HopConnection(client, server)
        with self._lock:
            self.connections.append(connection)
        threads = [threading.Thread(target=self._pump, args=pair, daemon=True) for pair in ((client, server), (server, client))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        client.close()
        server.close()
        connection.ended.set()

    @staticmethod
    def _pump(source: Stream, target: Stream) -> None:
        try:
            while data := source.receive():
                target.send(data)
            target.half_close()
        except (OSError, ssl.SSLError):
            for stream in (source, target):
                try:
                    stream.sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def stop(self) -> None:
        if self._listener:
            try:
                self._listener.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            self._listener.close()
        for connection in self.connections:
            connection.stream.close()
            connection.upstream.close()
