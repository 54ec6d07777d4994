"""The profiles of the original system come over from its SQL file."""

import http.server
import json
import socket
import subprocess
import threading

from support import BIN, ENVIRONMENT, PATIENCE, TestCase, eventually, rows

DUMP = """-- MySQL dump 10.13  Distrib 8.4.0, for Linux (x86_64)
/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
CREATE DATABASE /*!32312 IF NOT EXISTS*/ `vacancy` /*!40100 DEFAULT CHARACTER SET utf8mb4 */;
USE `vacancy`;
DROP TABLE IF EXISTS `hardware`;
CREATE TABLE `hardware` (
  `id` int NOT NULL AUTO_INCREMENT,
  `provider` varchar(255) NOT NULL,
  `name` varchar(255) NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=6 DEFAULT CHARSET=utf8mb4;
LOCK TABLES `hardware` WRITE;
/*!40000 ALTER TABLE `hardware` DISABLE KEYS */;
INSERT INTO `hardware` VALUES (1,'Amazon','c5'),(2,'Azure','H16mr'),(3,'lab','a\\'b'),
(4,'our cluster','größe'),(5,'lab','a\\'b');
UNLOCK TABLES;
INSERT INTO `user` VALUES (1,'nobody',NULL);
"""
NAMES = {"c5", "H16mr", "a'b", "größe"}


class FakeHardware(http.server.ThreadingHTTPServer):
    """Adds what is posted, `most` profiles at once, and is away from the second request on that it could answer."""

    daemon_threads = True

    def __init__(self, most):
        super().__init__(("127.0.0.1", 0), FakeHandler)
        self.most, self.added = most, []


class FakeHandler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        keys = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if len(keys) > self.server.most:
            status, answer = 413, {"detail": "too large"}
        elif self.server.added:
            status, answer = 503, {"detail": "the database is away"}
        else:
            self.server.added += [key["name"] for key in keys]
            status, answer = 200, {"added": len(keys), "existed": 0, "profiles": []}
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class ImportTest(TestCase):
    def setUp(self):
        super().setUp()
        self.token = self.directory / "data" / "admin-token"

    def run_import(self, port, *args, token=None, **options):
        return subprocess.run([BIN / "vacancy", "profile", "--hardware-url", f"http://127.0.0.1:{port}", "--token-file",
                               token or self.token, "import", *args], cwd=self.directory, capture_output=True, text=True,
                              timeout=PATIENCE, env=ENVIRONMENT, **options)

    def file(self, text, name="dump.sql"):
        (self.directory / name).write_text(text)
        return name

    def token_for_no_service(self):
        token = self.directory / "token"
        token.write_text("0123456789abcdef0123456789abcdef\n")
        return token

    def test_a_dump_comes_over_and_again_changes_nothing(self):
        port, hardware_port, _ = self.up().ports
        dump = self.file(DUMP)
        result = self.run_import(hardware_port, dump)
        self.assertEqual((result.returncode, result.stdout), (0, "2 added, 2 were there already.\n"), result)
        eventually("they are on the portal", lambda: set(rows(port)) == NAMES)
        result = self.run_import(hardware_port, "-", input=DUMP)
        self.assertEqual((result.returncode, result.stdout), (0, "0 added, 4 were there already.\n"), result)
        self.assertEqual(set(rows(port)), NAMES)

    def test_a_dry_run_prints_the_profiles_and_asks_nobody(self):
        result = self.run_import(1, "--dry-run", self.file(DUMP), token="none")
        self.assertEqual((result.returncode, result.stdout), (0, "Amazon c5\nAzure H16mr\nlab a'b\nour cluster größe\n"), result)

    def test_a_mistake_is_said_with_its_line_and_nothing_is_added(self):
        port, hardware_port, _ = self.up().ports
        row = "INSERT INTO hardware (provider, name) VALUES ('lab', 'new'),\n"
        for text, says in [
            (row + "('lab', NULL);", "bad.sql:2: the name is NULL"),
            (row + "('lab', ' x');", "bad.sql:2: name ' x' begins or ends with a blank"),
            (row + "('lab', 'x);", "bad.sql:2: the text in quotes that begins here has no end"),
            ("CREATE TABLE hardware (id INT, provider TEXT, name TEXT);", "bad.sql: no row for table hardware"),
            ("", "bad.sql: no row for table hardware"),
        ]:
            result = self.run_import(hardware_port, self.file(text, "bad.sql"))
            self.assertEqual((result.returncode, result.stdout), (2, ""), result)
            self.assertIn(says, result.stderr)
        result = self.run_import(hardware_port, "-", input="INSERT INTO hardware VALUES (1);")
        self.assertEqual(result.returncode, 2)
        self.assertIn("standard input:1: the row has 1 values", result.stderr)
        for path in ("none.sql", "."):
            result = self.run_import(hardware_port, path)
            self.assertEqual(result.returncode, 2)
            self.assertIn(f"cannot read '{path}': ", result.stderr)
        self.assertEqual(set(rows(port)), {"c5", "H16mr"})

    def test_many_come_over_in_few_requests(self):
        _, hardware_port, _ = self.up().ports
        values = ",".join(f"('many','{number:05}')" for number in range(2500))
        dump = self.file(f"INSERT INTO hardware (provider, name) VALUES {values};")
        result = self.run_import(hardware_port, dump)
        self.assertEqual((result.returncode, result.stdout), (0, "2500 added, 0 were there already.\n"), result)
        result = self.run_import(hardware_port, dump)
        self.assertEqual((result.returncode, result.stdout), (0, "0 added, 2500 were there already.\n"), result)

    def test_a_failure_midway_says_where_and_what_to_do(self):
        server = FakeHardware(most=2)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        result = self.run_import(server.server_port, self.file(DUMP), token=self.token_for_no_service())
        self.assertEqual((result.returncode, result.stdout), (1, ""), result)
        self.assertRegex(result.stderr, r"cannot add lab a'b and the 1 after it: http://\S+: the database is away")
        self.assertIn("2 of 4 profiles were added before it, 0 were there already", result.stderr)
        self.assertIn("again", result.stderr)
        self.assertEqual(server.added, ["c5", "H16mr"])

    def test_a_refused_token_and_a_service_that_is_away_are_said(self):
        port, hardware_port, _ = self.up().ports
        dump, token = self.file(DUMP), self.token_for_no_service()
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            for target, says in [(hardware_port, "admin token"), (unused.getsockname()[1], "cannot connect")]:
                result = self.run_import(target, dump, token=token)
                self.assertEqual((result.returncode, result.stdout), (1, ""), result)
                self.assertIn("cannot add Amazon c5 and the 3 after it: ", result.stderr)
                self.assertIn(says, result.stderr)
        result = self.run_import(hardware_port, dump, token="none")
        self.assertEqual(result.returncode, 2)
        self.assertIn("--token-file", result.stderr)
        self.assertEqual(set(rows(port)), {"c5", "H16mr"})
