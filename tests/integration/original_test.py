"""The original system's programs beside ours: each side works with the other's counterpart."""

import gzip
import http.server
import json
import socket
import threading

from support import QUICK, TestCase, eventually, request, rows

# Status, body, and how much of the body arrives.
BAD_ANSWERS = [
    (200, "no JSON", None),
    (200, "", None),
    (200, '{"not": "a list"}', None),
    (200, '[{"provider": "x"}]', None),
    (200, '[{"provider": "x", "name": "y", "availability": "PLENTY"}]', None),
    (200, '[{"provider": "x", "name": "y", "availability": "HIGH"}]', 20),
    (500, "[]", None),
]
# What Python's requests sends, which the original's portal uses.
REQUESTS_HEADERS = {"User-Agent": "python-requests/2.32.3", "Accept-Encoding": "gzip, deflate", "Accept": "*/*",
                    "Connection": "keep-alive"}


class OriginalHardware(http.server.ThreadingHTTPServer):
    """The original's hardware service: one route, three keys, slow, HTTP/1.0."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.levels = {("Amazon", "c5"): "HIGH", ("Azure", "H16mr"): "LOW"}
        # Status, body (None: the levels) and how much of it is sent, changed at once.
        self.answer = 200, None, None
        self.asked = 0
        self.release = threading.Event()
        self.slow_seconds = 0

    def handle_error(self, request, client_address):
        pass  # a portal that ended while it was answered


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path != "/hardware/":
            self.send_error(404)
            return
        self.server.asked += 1
        self.server.release.wait(self.server.slow_seconds)
        status, body, cut_off_at = self.server.answer
        if body is None:
            body = json.dumps([{"provider": provider, "name": name, "availability": level}
                               for (provider, name), level in self.server.levels.items()])
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode()[:cut_off_at])

    def log_message(self, *_):
        pass


class OriginalTest(TestCase):
    def original_hardware(self):
        server = OriginalHardware()
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.addCleanup(server.release.set)
        return server

    def test_the_originals_portal_reads_our_hardware_service(self):
        hardware = self.hardware(profiles=[{"provider": "Amazon", "name": "c5"}, {"provider": "Azure", "name": "H16mr"}])

        def lines():  # what the original's portal does with requests.get(…).json()
            answer = request(hardware.port, "/hardware/", headers=REQUESTS_HEADERS)
            packed = answer.headers["Content-Encoding"] == "gzip"
            answer = json.loads(gzip.decompress(answer.body) if packed else answer.body)
            return [f"{h['provider']} - {h['name']}: {h['availability']}" for h in answer]

        eventually("levels", lambda: all(line.split(": ")[1] in ("HIGH", "MEDIUM", "LOW") for line in lines()))
        self.assertEqual([line.split(": ")[0] for line in lines()], ["Amazon - c5", "Azure - H16mr"])

    def test_our_portal_reads_the_originals_hardware_service_and_nobody_waits(self):
        server = self.original_hardware()
        portal = self.portal(server.server_port, portal={"poll_interval": "500ms", "first_snapshot_wait": "100ms"})


        def text():
            return request(portal.port, "/", headers={"Accept": "text/plain"}).text

        eventually("the original is polled again and again", lambda: server.asked >= 3)
        eventually("its rows", lambda: text() == "Amazon - c5: HIGH\nAzure - H16mr: LOW\n")
        history = request(portal.port, "/api/v1/hardware/Amazon/c5/history")
        self.assertEqual((history.status, "keeps no history" in history.json["detail"]), (501, True))
        server.slow_seconds = 3600
        asked = server.asked
        eventually("it is asked, and does not answer", lambda: server.asked > asked)
        for _ in range(10):
            self.assertEqual(text(), "Amazon - c5: HIGH\nAzure - H16mr: LOW\n", "no reader waits for the slow answer")

    def test_bad_answers_of_the_original_keep_the_last_rows(self):
        server = self.original_hardware()
        portal = self.portal(server.server_port, portal={"poll_interval": "200ms"})
        eventually("first rows", lambda: len(rows(portal.port)) == 2)
        for server.answer in BAD_ANSWERS:
            asked = server.asked
            eventually("two more polls", lambda: server.asked >= asked + 2)
            row = rows(portal.port)["c5"]
            self.assertEqual(row.get("was", row["availability"]), "HIGH", server.answer)
        eventually("they grow old", lambda: rows(portal.port)["c5"]["freshness"] == "EXPIRED")
        self.assertEqual(rows(portal.port)["c5"]["availability"], "UNKNOWN")
        server.answer = 200, None, None
        server.levels = {("Amazon", "c5"): "MEDIUM", ("Google", "a3"): "HIGH"}
        eventually("the new answer", lambda: sorted(rows(portal.port)) == ["a3", "c5"])
        self.assertEqual(rows(portal.port)["c5"]["availability"], "MEDIUM")

    def test_the_portal_moves_from_the_original_to_ours_by_itself(self):
        server = self.original_hardware()
        with socket.socket() as reserved:
            reserved.bind(("127.0.0.1", 0))
            port = reserved.getsockname()[1]
            portal = self.portal(server.server_port, port, portal={"poll_interval": "200ms"})
            eventually("the original's rows", lambda: "H16mr" in rows(portal.port))
        self.hardware(listen=port, profiles=[{"provider": "Ours", "name": "new"}], probes=[QUICK])
        server.shutdown()
        server.server_close()
        eventually("our rows", lambda: list(rows(portal.port)) == ["new"])
