"""The end at inconvenient moments: during start-up, in an answer, and with a database that hangs."""

import http.client
import json
import signal
import socket
import sqlite3
import time

from support import PATIENCE, QUICK, TestCase, eventually, listed, request

LONG = QUICK | {"duration": "1h", "timeout": "1h", "ttl": "1h"}
RUNNING = r"vacancy_probes_running\{[^}]*\}"
MANY = [{"provider": "p", "name": f"n{i:05}"} for i in range(20000)]


class DrainTest(TestCase):
    def slow_download(self, port):
        """Half an answer too large for the buffers on its way; call the result for the rest."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self.addCleanup(connection.close)
        connection.connect()
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        connection.request("GET", "/hardware/")
        answer = connection.getresponse()
        part = answer.read(1000)
        return lambda: part + answer.read()

    def test_each_service_alone_ends_its_streams_and_finishes_its_answers(self):
        hardware = self.hardware(profiles=MANY, probes=[LONG])
        eventually("loaded", lambda: request(hardware.admin_port, "/readyz").status == 200)
        portal = self.portal(hardware.port)
        eventually("filled", lambda: request(portal.port, "/api/v1/hardware").json["total"] == len(MANY))
        for program, path in [(portal, "/api/v1/events"), (hardware, "/hardware/events")]:
            stream = self.events(program.port, path)
            stream.until("the snapshot", lambda event, _, data: data.get("phase") == "end")
            rest = self.slow_download(hardware.port) if program is hardware else None
            program.send(signal.SIGTERM)
            if rest:
                self.assertEqual(len(json.loads(rest())), len(MANY), "an answer under way is finished")
            self.assertEqual(program.process.wait(PATIENCE), 0, program.log())
            eventually("the stream ends", lambda: stream.ended)
            self.assertEqual(stream.ended, "clean")

    def test_a_signal_during_start_up_ends_it_at_any_moment(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            codes = []
            for attempt in range(10):
                data = f"data-{number}-{attempt}"
                vacancy = self.program("vacancy", "up", "--data", data, "--port", 0, "--hardware-port", 0, "--admin-port", 0)
                # What is under way at that moment is left to chance: any must do.
                time.sleep(attempt * 0.008)
                vacancy.send(number)
                codes.append(vacancy.process.wait(PATIENCE))
                # Before it takes signals there is nothing to end: the signal kills, as it kills any program.
                self.assertIn(codes[-1], (0, -number), vacancy.log())
                if (self.directory / data).exists():
                    again = self.run_command("hardware", "migrate", "--database", f"sqlite:{data}/vacancy.db")
                    self.assertEqual(again.returncode, 0, again.stderr)

    def test_a_database_that_hangs_does_not_hold_the_end_up(self):
        hardware = self.hardware(profiles=MANY[:2], probes=[LONG], drain_timeout="500ms")
        eventually("probes run", lambda: hardware.metric(RUNNING) == 2)
        database = sqlite3.connect(self.directory / "vacancy.db", isolation_level=None, timeout=20)
        self.addCleanup(database.close)
        database.execute("BEGIN EXCLUSIVE")
        hardware.send(signal.SIGTERM)
        self.assertEqual(hardware.process.wait(PATIENCE), 1, "it could not give its leases back")
        self.assert_logged(hardware, "leaving it")

    def test_readers_do_not_wait_for_a_database_that_hangs(self):
        hardware = self.hardware(profiles=MANY[:2])
        eventually("levels", lambda: all(row["measured_at"] for row in listed(hardware.port)))
        database = sqlite3.connect(self.directory / "vacancy.db", isolation_level=None, timeout=20)
        self.addCleanup(database.close)
        database.execute("BEGIN EXCLUSIVE")
        # Nothing new is written, and reading goes on.
        eventually("the rows grow old", lambda: any(row["freshness"] != "FRESH" for row in request(hardware.port, "/hardware/").json))
        database.execute("ROLLBACK")
        eventually("fresh again", lambda: all(row["freshness"] == "FRESH" for row in listed(hardware.port)))
