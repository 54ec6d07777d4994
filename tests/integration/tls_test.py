"""The connection to the database: encrypted to the right server, or not at all, also when it comes anew."""

import re

from support import PATIENCE, DatabaseCase, eventually, request

PROFILES = [{"provider": "a", "name": "b"}]
# Faults of a server, and the messages for them.
WRONG = {"other-ca": "certificate", "other-host": "certificate|host name", "plain": "SSL|TLS"}


class TlsTest(DatabaseCase):
    tls = True

    def setUp(self):
        super().setUp()
        self.switch("tls")

    def switch(self, mode):
        """Restarts the server with another certificate."""
        if self.server.state != "stopped":
            self.server.stop()
        self.server.start(mode)
        self.server.flush()  # MySQL: no password is cached, so that it must be sent in full

    def hardware(self, *args, hardware=None, **options):
        return super().hardware(*args, hardware={"database_ssl_ca": self.server.ca_file} | (hardware or {}), profiles=PROFILES, **options)

    def refusal(self, **options):
        """What a start says that must not succeed."""
        program = self.hardware(ready=False, **options)
        self.assertEqual(program.process.wait(timeout=PATIENCE), 2, program.log())
        return program.log()

    def encrypted_sessions(self):
        return self.number(f"SELECT COUNT(*) FROM information_schema.processlist WHERE user = '{self.server.user}'")

    def test_only_the_right_server_is_spoken_to_at_the_start(self):
        for host in ("127.0.0.1", "localhost"):
            self.hardware(database=self.url(host=host)).stop()
        other = self.directory / "other-ca.pem"
        other.write_text("")
        for mode, why in WRONG.items():
            with self.subTest(mode):
                self.switch(mode)
                said = self.refusal()
                self.assertRegex(said, why)
                self.assertIn("hardware.database_ssl_ca", said)

    def test_a_file_that_holds_no_certificate_is_refused(self):
        empty = self.directory / "empty.pem"
        empty.write_text("")
        for file in (empty, self.directory / "none.pem"):
            self.assertIn("hardware.database_ssl_ca", self.refusal(hardware={"database_ssl_ca": str(file)}))

    def test_only_the_right_server_is_spoken_to_when_it_comes_back(self):
        hardware = self.hardware(hardware={"lease": "2s"})
        seen = eventually("it measures", lambda: request(hardware.port, "/hardware/").json[0]["measured_at"])
        for mode, why in WRONG.items():
            with self.subTest(mode):
                self.switch(mode)
                eventually("it says so", lambda: re.search(why, request(hardware.admin_port, "/readyz").text))
                self.assertEqual(request(hardware.admin_port, "/readyz").status, 503)
                self.assertEqual(request(hardware.port, "/hardware/").status, 200)
                self.assertEqual(self.encrypted_sessions(), 0, "nobody is let in by it")
                self.switch("tls")
                eventually("it is back", lambda: request(hardware.admin_port, "/readyz").status == 200)
                before = request(hardware.port, "/hardware/").json[0]["measured_at"]
                eventually("it measures", lambda: request(hardware.port, "/hardware/").json[0]["measured_at"] > before)
        self.assertGreater(request(hardware.port, "/hardware/").json[0]["measured_at"], seen)
        self.assertEqual(self.number("SELECT COUNT(*) FROM reading"), 1)


class MySqlTlsTest(TlsTest):
    """The same with MySQL, whose users log in by caching_sha2_password."""

    kind = "mysql"

    def test_the_password_is_checked_in_full_and_from_the_cache(self):
        self.server.flush()
        self.hardware().stop()  # nothing is cached: the password itself goes through the encrypted connection
        self.hardware().stop()  # cached now

    def test_a_plain_connection_logs_in_as_well(self):
        self.server.flush()
        hardware = super(TlsTest, self).hardware(profiles=PROFILES)
        eventually("it measures", lambda: request(hardware.port, "/hardware/").json[0]["measured_at"])
