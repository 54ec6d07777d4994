"""The orderly end, with everything under way."""

import http.client
import signal
import socket
import sqlite3
import threading

from support import PATIENCE, QUICK, TestCase, eventually, request

LONG = QUICK | {"duration": "1h", "timeout": "1h", "ttl": "1h"}
RUNNING = r"vacancy_probes_running\{[^}]*\}"


class ShutdownTest(TestCase):
    def leases(self):
        database = sqlite3.connect(self.directory / "data" / "vacancy.db")
        try:
            return database.execute("SELECT COUNT(*) FROM task WHERE lease_until > 0").fetchone()[0]
        finally:
            database.close()

    @staticmethod
    def unsent(port):
        """How many bytes a service has written to its clients that these have no room for."""
        with open("/proc/net/tcp", encoding="ascii") as table:
            fields = [line.split() for line in table.readlines()[1:]]
        return sum(int(field[4].partition(":")[0], 16) for field in fields if field[1].endswith(f":{port:04X}") and field[3] == "01")

    def end_with_work_in_flight(self, number, work):
        vacancy = self.up(probes=[LONG | {"work": work}])
        port, hardware_port, _ = vacancy.ports
        eventually("probes run", lambda: vacancy.metric(RUNNING) > 0)
        self.assertGreater(self.leases(), 0)
        streams = [self.events(port, "/api/v1/events"), self.events(hardware_port, "/hardware/events")]
        for stream in streams:
            stream.until("the snapshot", lambda event, _, data: data.get("phase") == "end")
        answers = []
        waiter = threading.Thread(target=lambda: answers.append(request(hardware_port, "/hardware/?wait=60")))
        waiter.start()
        idle = socket.create_connection(("127.0.0.1", port))
        self.addCleanup(idle.close)
        eventually("the waiter waits", lambda: vacancy.metric(r'vacancy_http_connections\{server="hardware"\}') >= 3)
        vacancy.stop(number)
        waiter.join()
        self.assertEqual(answers[0].status, 200, "a waiting request is answered")
        self.assertEqual({row["freshness"] for row in answers[0].json}, {"PENDING"})
        self.assertEqual(answers[0].headers["Connection"], "close")
        eventually("streams end", lambda: [stream.ended for stream in streams] == ["clean", "clean"])
        self.assertEqual(self.leases(), 0, "leases are given back")

    def test_sigterm_while_probes_sleep(self):
        self.end_with_work_in_flight(signal.SIGTERM, "sleep")

    def test_ctrl_c_while_probes_burn(self):
        self.end_with_work_in_flight(signal.SIGINT, "cpu")

    def test_sigterm_while_the_portal_waits_for_its_first_snapshot(self):
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            port = nobody.getsockname()[1]
            portal = self.program("portal", "--hardware-url", f"http://127.0.0.1:{port}", "--port", 0, "--admin-port", 0)
            eventually("it tries", lambda: "cannot connect" in portal.log())
            portal.stop()

    def test_readiness_ends_first_and_a_second_signal_kills(self):
        hardware = self.hardware(lame_duck="10m")
        eventually("ready", lambda: request(hardware.admin_port, "/readyz").status == 200)
        hardware.send(signal.SIGTERM)
        eventually("not ready", lambda: request(hardware.admin_port, "/readyz").status == 503)
        self.assertEqual(request(hardware.admin_port, "/healthz").status, 200)
        self.assertEqual(request(hardware.port, "/hardware/").status, 200, "it goes on serving")
        eventually("clients are sent elsewhere", lambda: request(hardware.port, "/hardware/").headers["Connection"] == "close")
        hardware.send(signal.SIGTERM)
        self.assertEqual(hardware.process.wait(timeout=PATIENCE), -signal.SIGTERM)

    def test_a_client_that_takes_nothing_does_not_hold_the_end_up(self):
        profiles = [{"provider": "p", "name": f"n{i:05}"} for i in range(20000)]
        hardware = self.hardware(profiles=profiles, probes=[LONG], drain_timeout="500ms")
        eventually("loaded", lambda: request(hardware.admin_port, "/readyz").status == 200)
        stuck = http.client.HTTPConnection("127.0.0.1", hardware.port)
        stuck.connect()
        stuck.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stuck.request("GET", "/hardware/")
        self.addCleanup(stuck.close)
        eventually("its buffers are full", lambda: self.unsent(hardware.port))
        hardware.stop()
