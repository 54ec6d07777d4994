"""Many clients that take connections and leave them, and a process that may open few files."""

import contextlib
import http.client
import resource
import socket

from support import TestCase, eventually, request, rows

PROBE = {"name": "limit", "kind": "exec", "ttl": "1s", "timeout": "30s",
         "command": ["/bin/sh", "-c", 'echo "{\\"level\\":\\"HIGH\\",\\"reason\\":\\"$(ulimit -n)\\"}"']}
STREAM = b"GET /api/v1/events HTTP/1.1\r\nHost: x\r\n\r\n"
WAIT = b"GET /api/v1/wait?profile=x/y&timeout=60s HTTP/1.1\r\nHost: x\r\n\r\n"


def connect(port, sent=b""):
    client = socket.create_connection(("127.0.0.1", port), timeout=90)
    client.sendall(sent)
    return client


class ConnectionsTest(TestCase):
    def setUp(self):
        super().setUp()
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, before)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, before[1]), before[1]))
        self.clients = self.enterContext(contextlib.ExitStack())

    def start(self, open_files):
        vacancy = self.program("vacancy", "up", "--config", self.config(probes=[PROBE], profiles=["a/b"]), "--port", 0,
                               "--hardware-port", 0, "--admin-port", 0, open_files=open_files)
        return vacancy.wait_ready()

    def open(self, count, port, sent=b""):
        return [self.clients.enter_context(connect(port, sent)) for _ in range(count)]

    def works(self, vacancy):
        """Health is told, and probes go on."""
        self.assertEqual(request(vacancy.admin_port, "/healthz").status, 200)
        self.assertEqual(request(vacancy.admin_port, "/readyz").status, 200)
        ran = r'vacancy_probes_total\{probe="limit",result="ok"\}'
        before = vacancy.metric(ran)
        eventually("a further probe has run", lambda: vacancy.metric(ran) > before)
        self.assertEqual(vacancy.metric(r'vacancy_probes_total\{probe="limit",result="failed"\}'), 0)

    def test_a_process_that_may_open_few_files_serves_and_probes_whatever_connects(self):
        vacancy = self.start((1024, 1024))
        most = vacancy.metric(r'vacancy_http_max_connections\{server="portal"\}')
        self.assertLess(most, 1024)
        self.assertIn(f"portal.http.max_connections is {most:.0f} instead of 16384", vacancy.log())
        self.open(1100, vacancy.port)
        self.works(vacancy)
        eventually("an idle one gives way", lambda: request(vacancy.port, "/api/v1/hardware").status == 200)
        self.clients.close()
        streams = self.open(1100, vacancy.port, STREAM)
        refused = r'vacancy_http_refused_connections_total\{server="portal"\}'
        held = r'vacancy_http_connections\{server="portal"\}'
        eventually("those beyond the limit are refused",
                   lambda: vacancy.metric(refused) >= 1 and vacancy.metric(refused) + vacancy.metric(held) >= 1100)
        self.assertLess(vacancy.metric(held), most + 64, "a request that has just come is served beyond the limit")
        self.works(vacancy)
        self.assertEqual(request(vacancy.port, "/api/v1/hardware").status, 503)
        self.assertEqual(vacancy.log().count("portal refuses connections"), 1)
        for stream in streams:
            stream.close()
        eventually("there is room again", lambda: request(vacancy.port, "/api/v1/hardware").status == 200)
        self.assertLess(vacancy.descriptors(), 100)
        vacancy.stop()

    def test_the_limit_is_raised_but_not_that_of_programs(self):
        vacancy = self.start((256, 4096))
        self.assertEqual(resource.prlimit(vacancy.process.pid, resource.RLIMIT_NOFILE), (4096, 4096))
        self.open(1100, vacancy.port, STREAM)
        eventually("all are served",
                   lambda: vacancy.metric(r'vacancy_http_connections\{server="portal"\}') == 1100)
        self.works(vacancy)
        self.assertEqual(rows(vacancy.port)["b"]["reason"], "256", "open_files of the probe")
        vacancy.stop()

    def test_requests_that_wait_end_with_their_clients(self):
        vacancy = self.start((4096, 4096))
        waiting = self.open(300, vacancy.port, WAIT)
        # Some have sent more, and one has closed no more than its sending side.
        for client in waiting[:100]:
            client.sendall(b"GET / HTTP/1.1\r\n")
        open_now = r'vacancy_http_connections\{server="portal"\}'
        eventually("they wait", lambda: vacancy.metric(open_now) == 300)
        half = connect(vacancy.port, WAIT)
        half.shutdown(socket.SHUT_WR)
        answer = http.client.HTTPResponse(half)
        answer.begin()
        self.assertIn(b'"satisfied":false', answer.read())
        half.close()
        self.clients.close()
        eventually("nobody is left", lambda: vacancy.metric(open_now) == 0)
        vacancy.stop()

    def test_bodies_that_nobody_wants_take_no_memory(self):
        vacancy = self.start((4096, 4096))
        clients = self.open(200, vacancy.port, b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
        clients += self.open(100, vacancy.ports[1],
                             b"POST /hardware/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
        for client, status in zip(clients, [b" 200 "] * 200 + [b" 401 "] * 100):
            self.assertIn(status, client.recv(64), "before a byte of the body was sent")
        vacancy.stop()
