"""A real MariaDB: what is in it before, who changes its schema, and what a backup that is put back undoes."""

import signal
import subprocess

from support import PATIENCE, QUICK, DatabaseCase, database_server, eventually, listed, request, rows

LEVELS = ("HIGH", "MEDIUM", "LOW")
ORIGINAL = """
CREATE TABLE hardware (id INT AUTO_INCREMENT PRIMARY KEY, provider VARCHAR(255), name VARCHAR(255)) CHARSET latin1;
INSERT INTO hardware (provider, name) VALUES ('Amazon', 'c5'), ('Azure', 'H16mr'), ('Amazon', 'c5'), (NULL, 'x')"""


class DatabaseTest(DatabaseCase):
    def test_the_originals_database_is_adopted_and_plain_sql_goes_on_working(self):
        self.sql(ORIGINAL)
        portal = self.portal(self.hardware().port)
        eventually("levels", lambda: all(row["availability"] in LEVELS for row in rows(portal.port).values()))
        self.assertEqual(set(rows(portal.port)), {"c5", "H16mr"})
        self.sql("INSERT INTO hardware (provider, name) VALUES ('Zürich', 'gpu'), ('Zürich', 'GPU')")
        eventually("the new ones are measured", lambda: all(rows(portal.port)[name]["availability"] in LEVELS for name in ("gpu", "GPU")))
        positions = [line.split("\t")[:3] for line in self.sql("SELECT * FROM hardware").splitlines()]
        self.assertEqual(positions[0], ["1", "Amazon", "c5"])
        self.assertIn(["2", "Azure", "H16mr"], positions)
        self.assertEqual(len(positions), 6, "nobody's rows are deleted")

    def test_replicas_that_start_together_migrate_once(self):
        profiles = [{"provider": "fleet", "name": f"node-{i}"} for i in range(5)]
        fleet = [self.hardware(config=f"{i}.yaml", profiles=profiles, ready=False) for i in range(4)]
        for hardware in fleet:
            hardware.wait_ready()
        self.assertEqual(self.number("SELECT COUNT(*) FROM migration"), self.number("SELECT MAX(number) FROM migration"))
        self.assertEqual(self.number("SELECT COUNT(*) FROM hardware"), 5)
        for hardware in fleet:
            eventually("levels", lambda: {row["availability"] for row in request(hardware.port, "/hardware/").json} <= set(LEVELS))

    def test_an_old_program_lives_with_a_newer_schema_and_refuses_one_that_it_cannot_live_with(self):
        first = self.hardware(profiles=[{"provider": "a", "name": "b"}])
        # A release that is rolled out, and back: its migration only added.
        self.sql("ALTER TABLE hardware ADD COLUMN attributes TEXT; ALTER TABLE task ADD COLUMN cost DOUBLE NOT NULL DEFAULT 0;"
                 "INSERT INTO migration VALUES (9001, '9001_newer.sql', 0, 1)")
        seen = eventually("it measures", lambda: request(first.port, "/hardware/").json[0]["measured_at"])
        eventually("it goes on measuring", lambda: request(first.port, "/hardware/").json[0]["measured_at"] > seen)
        first.stop()
        again = self.hardware(profiles=[{"provider": "a", "name": "b"}, {"provider": "a", "name": "c"}])
        eventually("both are measured", lambda: all(row["availability"] in LEVELS for row in listed(again.port)))
        self.assertEqual(len(request(again.port, "/hardware/").json), 2)
        self.sql("INSERT INTO migration VALUES (9002, '9002_breaks.sql', 0, 0)")
        refused = self.hardware(ready=False)
        self.assertEqual(refused.process.wait(timeout=PATIENCE), 2)
        self.assertIn("9002_breaks.sql", refused.log())
        self.assertIn("start the newer version", refused.log())

    def test_replicas_need_no_right_to_change_the_schema(self):
        self.hardware(profiles=[{"provider": "a", "name": "b"}]).stop()  # as `hardware migrate` by another user
        self.sql(f"CREATE OR REPLACE USER limited@127.0.0.1 IDENTIFIED BY '{self.server.password}';"
                 f"GRANT SELECT, INSERT, UPDATE, DELETE ON {self.name}.* TO limited@127.0.0.1")
        limited = self.hardware(database=self.url(user="limited"), profiles=[{"provider": "a", "name": "c"}])
        eventually("it works", lambda: [row["availability"] in LEVELS for row in request(limited.port, "/hardware/").json] == [True, True])

    def test_a_migration_that_fails_says_how_to_go_on(self):
        self.sql("CREATE TABLE task (id INT)")  # somebody else's
        command = ["migrate", "--database", self.url()]
        environment = {"VACANCY_HARDWARE_DATABASE_PASSWORD_FILE": self.server.password_file}
        for _ in range(2):
            failed = self.run_command("hardware", *command, environment=environment)
            self.assertEqual(failed.returncode, 1, failed.stderr)
            for part in ("0001_profiles_and_readings.sql", "statement", "'task' already exists", "hardware migrate"):
                self.assertIn(part, failed.stderr)
        self.sql("DROP TABLE task")
        done = self.run_command("hardware", *command, environment=environment)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.run_command("hardware", *command, environment=environment).returncode, 0)

    def check(self, *args, **options):
        return self.run_command("hardware", "migrate", "--check", "--database", self.url(), *args,
                                environment={"VACANCY_HARDWARE_DATABASE_PASSWORD_FILE": self.server.password_file}, **options)

    def test_a_check_says_what_stands_in_the_way_and_changes_nothing(self):
        self.sql(ORIGINAL + "; ALTER TABLE hardware ENGINE=MyISAM")
        before = self.sql("SHOW CREATE TABLE hardware; SHOW TABLES")
        check = self.check()
        self.assertEqual((check.returncode, check.stderr), (0, ""))
        for part in ("10.11", "to be migrated: 0001_profiles_and_readings.sql", "the migration makes it InnoDB", "rights: to read, write and migrate"):
            self.assertIn(part, check.stdout)
        self.assertEqual(self.sql("SHOW CREATE TABLE hardware; SHOW TABLES"), before)
        self.hardware().stop()
        self.sql("ALTER TABLE task ENGINE=Aria")
        check = self.check()
        self.assertEqual((check.returncode, check.stderr), (1, ""))
        self.assertIn("WRONG table task: Aria", check.stdout)
        self.assertIn("ALTER TABLE task ENGINE=InnoDB", check.stdout)
        refused = self.hardware(ready=False)
        self.assertEqual(refused.process.wait(timeout=PATIENCE), 2)
        self.assertIn("ALTER TABLE task ENGINE=InnoDB", refused.log())

    def test_a_check_names_the_rights_that_are_missing(self):
        self.sql(f"CREATE OR REPLACE USER reader@127.0.0.1 IDENTIFIED BY '{self.server.password}';"
                 f"GRANT SELECT, INSERT ON {self.name}.* TO reader@127.0.0.1")
        check = self.run_command("hardware", "migrate", "--check", "--database", self.url(user="reader"),
                                 environment={"VACANCY_HARDWARE_DATABASE_PASSWORD_FILE": self.server.password_file})
        self.assertEqual(check.returncode, 1, check)
        self.assertIn(f"GRANT UPDATE, DELETE, CREATE, ALTER, INDEX ON {self.name}.* TO reader@127.0.0.1;", check.stdout)

    def test_a_start_waits_while_too_many_are_connected(self):
        self.sql(f"CREATE OR REPLACE USER few@127.0.0.1 IDENTIFIED BY '{self.server.password}' WITH MAX_USER_CONNECTIONS 1;"
                 f"GRANT ALL ON {self.name}.* TO few@127.0.0.1")
        holder = subprocess.Popen([self.server.client, "--no-defaults", "--skip-ssl", "--host=127.0.0.1", f"--port={self.server.port}",
                                   "--user=few", f"--password={self.server.password}", "-e", "SELECT SLEEP(600)"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(holder.wait)
        self.addCleanup(holder.kill)
        eventually("it is connected", lambda: self.number("SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'few'") == 1)
        waiting = self.hardware(database=self.url(user="few"), hardware={"database_connections": 1}, ready=False)
        eventually("it says so", lambda: "waiting for the database" in waiting.log())
        self.sql("KILL USER few@127.0.0.1")
        waiting.wait_ready()

    def test_a_start_waits_for_the_database(self):
        self.server.stop()
        self.addCleanup(lambda: self.server.state == "stopped" and self.server.start())
        impatient = self.hardware(config="impatient.yaml", ready=False, hardware={"database_wait": "500ms"})
        waiting = self.hardware(profiles=[{"provider": "a", "name": "b"}], ready=False)
        self.assertEqual(impatient.process.wait(timeout=PATIENCE), 1)
        self.assertIn("cannot connect to", impatient.log())
        eventually("it says so", lambda: "waiting for the database" in waiting.log())
        waiting.send(signal.SIGHUP)  # is kept until it serves
        self.server.start()
        waiting.wait_ready()
        self.assertEqual(waiting.log().count("waiting for the database"), 1)
        eventually("it reloads", lambda: "the configuration has been reloaded" in waiting.log())

    def test_wrong_urls_and_passwords_are_explained(self):
        wrong = self.directory / "wrong"
        wrong.write_text("not the password")
        for url, password, parts in [
            (self.url(), str(wrong), ["Access denied", "hardware.database_password_file"]),
            (self.url(), "", ["Access denied", "give the password in a file"]),
            (self.url(), "none", ["cannot read the database password", "none"]),
            (self.url() + "x_none", self.server.password_file, ["Unknown database", "CREATE DATABASE"]),
            ("mysql://127.0.0.1/vacancy", "", ["names no user", "mysql://USER@HOST"]),
            ("mysql://u:secret@127.0.0.1/vacancy", "", ["hardware.database_password_file"]),
            ("mysql://u@127.0.0.1", "", ["names no database"]),
            ("mysql://u@127.0.0.1:x/vacancy", "", ["'x' is not a port"]),
        ]:
            answer = self.run_command("hardware", "migrate", "--database", url,
                                      environment={"VACANCY_HARDWARE_DATABASE_PASSWORD_FILE": password})
            self.assertEqual(answer.returncode, 2, answer.stderr)
            for part in parts:
                self.assertIn(part, answer.stderr)
            self.assertNotIn("secret", answer.stderr)

    def test_a_password_that_is_changed_is_read_anew(self):
        file = self.directory / "password"
        file.write_text("first\n")
        self.sql("CREATE OR REPLACE USER changing@127.0.0.1 IDENTIFIED BY 'first'; GRANT ALL ON `vacancy%`.* TO changing@127.0.0.1")
        hardware = self.hardware(database=self.url(user="changing"), hardware={"database_password_file": str(file)},
                                 profiles=[{"provider": "a", "name": "b"}])
        file.write_text("second\n")
        self.sql("ALTER USER changing@127.0.0.1 IDENTIFIED BY 'second'; KILL USER changing@127.0.0.1")
        seen = request(hardware.port, "/hardware/").json[0]["measured_at"] or ""
        eventually("it measures", lambda: (request(hardware.port, "/hardware/").json[0]["measured_at"] or "") > seen)


class RestoreTest(DatabaseCase):
    """mariadb-dump, changes, and the dump put back."""

    def dump(self):
        return subprocess.run(["mariadb-dump", "--no-defaults", "--user=root", f"--socket={self.server.socket}",
                               "--add-drop-table", self.name], capture_output=True, check=True, text=True).stdout

    def start(self):
        """A portal that shows three profiles, of which the backup lacks the one and has another one that is gone."""
        self.first = self.hardware(profiles=[{"provider": "a", "name": name} for name in ("kept", "deleted")])
        self.portal_ = self.portal(self.first.port)
        eventually("levels", lambda: all(row["availability"] in LEVELS for row in rows(self.portal_.port).values()))
        backup = self.dump()
        token = {row["name"]: row["id"] for row in rows(self.portal_.port).values()}
        self.sql("INSERT INTO hardware (provider, name) VALUES ('a', 'added')")
        # As DELETE /hardware/{id} does.
        self.sql(f"START TRANSACTION; UPDATE board SET revision = revision + 1; DELETE FROM task WHERE profile_id = {token['deleted']};"
                 f"DELETE FROM reading WHERE profile_id = {token['deleted']}; DELETE FROM hardware WHERE id = {token['deleted']};"
                 f"INSERT INTO removed SELECT {token['deleted']}, revision, 0 FROM board; COMMIT")
        eventually("the changes", lambda: set(rows(self.portal_.port)) == {"kept", "added"})
        eventually("a level", lambda: rows(self.portal_.port)["added"]["availability"] in LEVELS)
        self.version = request(self.portal_.port, "/api/v1/hardware").json["version"]
        return backup

    def check(self, hardware):
        eventually("the backup's profiles", lambda: set(rows(self.portal_.port)) == {"kept", "deleted"})
        resumed = self.events(hardware.port, "/hardware/events", headers={"Last-Event-ID": self.version})
        (event, _, data), _ = resumed.until("the first event about rows", lambda event, *_: event != "sets")
        self.assertEqual((event, data["phase"]), ("snapshot", "begin"), "a reader of the lost world gets everything")
        self.assertEqual(request(hardware.port, f"/hardware/?since={self.version}").status, 410)
        at_portal = self.events(self.portal_.port, "/api/v1/events", headers={"Last-Event-ID": self.version})
        (event, _, _), _ = at_portal.until("the first event about rows", lambda event, *_: event != "sets")
        self.assertEqual(event, "snapshot")
        seen = max(row["measured_at"] for row in rows(self.portal_.port).values())
        eventually("it goes on", lambda: all(row["measured_at"] > seen for row in rows(self.portal_.port).values()))

    def test_a_backup_put_back_while_replicas_run_is_a_new_world(self):
        backup = self.start()
        stream = self.events(self.portal_.port, "/api/v1/events")
        stream.until("the snapshot", lambda event, _, data: data.get("phase") == "end")
        self.sql(backup)
        self.check(self.first)
        stream.until("whoever is connected gets the new world", lambda event, _, data: event == "snapshot" and data.get("phase") == "end")
        self.assertNotEqual(request(self.portal_.port, "/api/v1/hardware").json["version"].split("-")[0], self.version.split("-")[0])

    def test_a_backup_put_back_while_no_replica_runs_is_a_new_world(self):
        backup = self.start()
        port = self.first.port
        self.first.stop()
        self.sql(backup)
        # The same address, so that the portal finds it: as in the field.
        second = self.hardware(listen=port, probes=[QUICK | {"ttl": "1s"}])
        self.check(second)


class UnfriendlyServerTest(DatabaseCase):
    """Defaults of sessions that hardly a program expects."""

    options = database_server.unfriendly("mariadb")

    def test_it_works_as_on_any_other(self):
        profiles = [{"provider": "a", "name": f"node-{number}"} for number in range(60)]
        hardware = self.hardware(profiles=profiles)
        eventually("all are measured", lambda: all(row["availability"] in LEVELS for row in listed(hardware.port)))
        self.assertEqual(len(request(hardware.port, "/hardware/").json), 60)
        self.assertEqual(self.number("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND engine <> 'InnoDB'"), 0)


class BinaryLogTest(DatabaseCase):
    """A binary log of statements refuses what transactions with READ COMMITTED write."""

    options = ["--log-bin", "--binlog-format=STATEMENT"]

    def test_it_is_refused_before_anything_is_changed(self):
        refused = self.hardware(ready=False)
        self.assertEqual(refused.process.wait(timeout=PATIENCE), 2)
        self.assertIn("SET GLOBAL binlog_format = 'ROW'", refused.log())
        self.assertEqual(self.sql("SHOW TABLES"), "")
