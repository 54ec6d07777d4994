"""Clients and connections between programs: taps that can be cut, and readers that never stop asking."""

import http.client
import socket
import threading

from support import PATIENCE


class Tap:
    """Passes connections on to a port of this machine and keeps what was said on each. Cut, nothing arrives, and nobody is told."""

    def __init__(self, target):
        self.target = target
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        # By connection: what the client sent, and what it was answered.
        self.sent, self.answered = [], []
        self.sockets = [self.listener]
        self.whole = threading.Event()
        self.whole.set()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        try:
            while True:
                client, _ = self.listener.accept()
                try:
                    server = socket.create_connection(("127.0.0.1", self.target))
                except OSError:
                    client.close()
                    continue
                self.sockets += [client, server]
                for said, source, sink in [(self.sent, client, server), (self.answered, server, client)]:
                    said.append(b"")
                    threading.Thread(target=self._pass, args=(said, len(said) - 1, source, sink), daemon=True).start()
        except OSError:
            pass  # closed

    def _pass(self, said, index, source, sink):
        try:
            while piece := source.recv(65536):
                said[index] += piece
                self.whole.wait()
                sink.sendall(piece)
            self.whole.wait()
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            for end in (source, sink):
                end.close()

    def cut(self):
        self.whole.clear()

    def mend(self):
        self.whole.set()

    def close(self):
        self.mend()
        for each in self.sockets:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            each.close()


class Readers:
    """Eight clients that ask the portal all the time, on connections that they keep, and want a profile in each answer."""

    def __init__(self, port, wanted=b"node-07"):
        self.wanted = wanted
        self.answers, self.failures, self.ending = 0, [], threading.Event()
        self.threads = [threading.Thread(target=self._read, args=(port, path), daemon=True)
                        for path in ["/", "/api/v1/hardware?limit=100"] * 4]
        for thread in self.threads:
            thread.start()

    def _read(self, port, path):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            while not self.ending.wait(0.005):
                connection.request("GET", path)
                answer = connection.getresponse()
                if answer.status != 200 or self.wanted not in answer.read():
                    self.failures.append(answer.status)
                self.answers += 1
        except (OSError, http.client.HTTPException) as error:
            self.failures.append(repr(error))
        finally:
            connection.close()

    def end(self):
        self.ending.set()
        for thread in self.threads:
            thread.join()
