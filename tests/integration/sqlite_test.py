"""SQLite's files: lost, exchanged, damaged, empty, locked, backed up and put back, and a log that grows."""

import json
import re
import sqlite3

from support import TestCase, eventually, request, rows

PROFILES = [{"provider": "lab", "name": name} for name in ("one", "two")]


class SqliteTest(TestCase):
    def setUp(self):
        super().setUp()
        self.data = self.directory / "data"
        self.database = self.data / "vacancy.db"

    def start(self, **keys):
        return self.up(profiles=PROFILES, **keys)

    def add(self, program, name):
        headers = {"Content-Type": "application/json", "Authorization": "Bearer " + (self.data / "admin-token").read_text().strip()}
        body = json.dumps({"provider": "lab", "name": name})
        return request(program.ports[1], "/hardware/", method="POST", headers=headers, body=body)

    def files(self):
        return sorted(self.data.glob("vacancy.db*"))

    def vacancy(self, *args):
        return self.run_command("vacancy", *args)

    def hold(self, statement):
        """Another program's connection that has run this."""
        other = sqlite3.connect(self.database, isolation_level=None)
        self.addCleanup(other.close)
        other.execute(statement).fetchall()
        return other

    def refused(self, program, sentence):
        eventually("it is not ready", lambda: request(program.admin_port, "/readyz").status == 503)
        self.assertIn(sentence, request(program.admin_port, "/readyz").text)
        answer = self.add(program, "lost")
        self.assertEqual(answer.status, 503, answer.text)
        self.assertIn(sentence, answer.text)
        self.assertIn(sentence, program.log())

    def works(self, program, name):
        eventually("it is ready", lambda: request(program.admin_port, "/readyz").status == 200)
        self.assertEqual(self.add(program, name).status, 201)

    def test_a_database_that_is_moved_away_is_not_written_until_it_is_back(self):
        program = self.start()
        away = self.directory / "away"
        away.mkdir()
        for file in self.files():
            file.rename(away / file.name)
        self.refused(program, "was deleted or moved while this program uses it")
        self.assertEqual(self.files(), [], "none is made in its place")
        for file in away.iterdir():
            file.rename(self.data / file.name)
        self.works(program, "back")
        program.stop()
        self.assertIn("back", set(rows(self.start().port)))

    def test_a_database_that_is_deleted_is_not_written(self):
        program = self.start()
        for file in self.files():
            file.unlink()
        self.refused(program, "was deleted or moved while this program uses it")
        program.kill()
        again = self.start()
        self.assertIn(f"made a new database at {self.database.relative_to(self.directory)}", again.log())
        self.works(again, "new")

    def test_a_database_that_is_exchanged_is_left_alone(self):
        program = self.start()
        self.assertEqual(self.vacancy("backup", self.directory / "backup.db").returncode, 0)
        (self.directory / "backup.db").rename(self.database)
        self.refused(program, "was replaced by another file while this program uses it")
        before = self.database.read_bytes()
        program.stop()
        self.assertEqual(self.database.read_bytes(), before)

    def test_a_log_that_is_deleted_stops_writing(self):
        program = self.start()
        (self.data / "vacancy.db-wal").unlink()
        self.refused(program, "vacancy.db-wal' was deleted or moved")

    def test_a_backup_comes_back_while_it_runs(self):
        program = self.start()
        made = self.vacancy("backup", "backup.db")
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertRegex(made.stdout, r"^backup\.db: 2 profiles, \d+ bytes\n$")
        self.assertEqual(self.add(program, "later").status, 201)
        eventually("the addition", lambda: "later" in rows(program.port))
        back = self.vacancy("restore", "backup.db")
        self.assertEqual((back.returncode, back.stdout), (0, "sqlite:data/vacancy.db is what backup.db was: 2 profiles\n"), back)
        eventually("the backup's profiles", lambda: set(rows(program.port)) == {"one", "two"})
        self.works(program, "after")

    def test_an_empty_file_is_an_error(self):
        self.data.mkdir()
        self.database.touch()
        empty = self.vacancy("up", "--data", "data", "--port", 0, "--hardware-port", 0, "--admin-port", 0)
        self.assertEqual(empty.returncode, 2, empty.stderr)
        self.assertIn("the file is empty", empty.stderr)
        self.assertEqual(self.database.stat().st_size, 0)

    def test_a_start_waits_for_a_locked_file(self):
        self.start().stop()
        other = self.hold("BEGIN EXCLUSIVE")
        arguments = ["--config", self.config(profiles=PROFILES), "--database", f"sqlite:{self.database}", "--port", 0, "--admin-port", 0]
        waiting = self.program("hardware", *arguments)
        eventually("it says so", lambda: "waiting for the database: SQLite: database is locked" in waiting.log())
        other.execute("COMMIT")
        waiting.wait_ready()

    def test_a_reader_that_is_forgotten_is_told_of(self):
        program = self.start()
        reader = self.hold("BEGIN; ")
        reader.execute("SELECT COUNT(*) FROM hardware").fetchall()
        writer = self.hold("CREATE TABLE filler (v BLOB)")
        writer.execute("INSERT INTO filler VALUES (zeroblob(70000000))")
        eventually("it is told", lambda: re.search(r"-wal' has \d+ MB and grows, since process \d+ \(.*\) goes on reading", program.log()))
        self.assertGreater(program.metric("vacancy_database_wal_bytes"), 64e6)
        reader.execute("COMMIT")
        eventually("it shrinks", lambda: (self.data / "vacancy.db-wal").stat().st_size < 64e6)
        eventually("the metric follows", lambda: program.metric("vacancy_database_wal_bytes") < 64e6)

    def test_a_check_makes_no_database(self):
        check = self.run_command("hardware", "migrate", "--check", "--database", f"sqlite:{self.directory}/none.db")
        self.assertEqual((check.returncode, check.stderr), (0, ""))
        self.assertIn("a start makes one", check.stdout)
        self.assertFalse((self.directory / "none.db").exists())
        self.start().stop()
        check = self.run_command("hardware", "migrate", "--check", "--database", f"sqlite:{self.database}")
        self.assertEqual((check.returncode, check.stderr), (0, ""))
        self.assertIn("schema: up to date", check.stdout)

    def test_a_server_has_its_own_tools(self):
        answer = self.run_command("hardware", "--database", "mysql://u@127.0.0.1/vacancy", "backup", "x.db")
        self.assertEqual(answer.returncode, 2)
        self.assertIn("mysqldump --single-transaction", answer.stderr)
