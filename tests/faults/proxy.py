"""A proxy between the crew and a server: makes it slow, breaks connections, or lets nothing through."""

import contextlib
import socket
import struct
import threading
import time
from pathlib import Path

Address = str | tuple[str, int]
"""A path of a unix socket, or host and port."""
_CHUNK = 65536
_LOOK_S = 0.02


class Proxy:
    """Listens at one address and passes everything on to another; threads of this process do it."""

    def __init__(self, listens: Address, passes_to: Address) -> None:
        self._passes_to = passes_to
        self.latency_s = 0.0
        """What every piece of data is kept back for, in each direction."""
        self.black_hole = False
        """Nothing passes, and nobody is told; new connections are taken and hear nothing."""
        self._open: set[socket.socket] = set()
        self._listening = _socket(listens)
        if isinstance(listens, str):
            Path(listens).unlink(missing_ok=True)
        else:
            self._listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listening.bind(listens)
        self._listening.listen(128)
        threading.Thread(target=self._accept, daemon=True).start()

    def reset(self) -> int:
        """Break every connection at once; returns how many."""
        broken = list(self._open)
        for end in broken:
            self._break(end)
        return len(broken)

    def close(self) -> None:
        """Listen no more, and break what is open."""
        self._listening.close()
        self.reset()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        server = _socket(self._passes_to)
        try:
            server.connect(self._passes_to)
        except OSError:
            client.close()
            return
        self._open |= {client, server}
        threading.Thread(target=self._pump, args=(server, client), daemon=True).start()
        self._pump(client, server)

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        """Pass on what comes, until one of the two ends."""
        with contextlib.suppress(OSError):
            while data := source.recv(_CHUNK):
                while self.black_hole:
                    time.sleep(_LOOK_S)
                if self.latency_s:
                    time.sleep(self.latency_s)
                sink.sendall(data)
        for end in (source, sink):
            self._break(end)

    def _break(self, end: socket.socket) -> None:
        """Close a connection so that its other end hears of a reset, where there is such a thing."""
        self._open.discard(end)
        with contextlib.suppress(OSError):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


def _socket(address: Address) -> socket.socket:
    return socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
