"""`vacancy probe` shows what each probe does; `vacancy profile` gives profiles the attributes that their probe is told."""

import json

from support import TestCase, eventually, rows

SCRIPT = 'echo "seen by people" >&2; echo "{\\"free\\": 3, \\"total\\": 4, \\"reason\\": \\"$PROBE_PROVIDER/$PROBE_NAME\\"}"'


class ProbeCommandTest(TestCase):
    def start(self):
        self.server = self.functions()
        token_file = self.directory / "secret"
        token_file.write_text("hunter2-hunter2\n")
        exec_ = {"kind": "exec", "ttl": "1h", "timeout": "5s"}
        http = {"kind": "http", "ttl": "1h", "timeout": "5s"}
        probes = [
            exec_ | {"name": "shell", "match": {"provider": "shell"}, "command": ["sh", "-c", SCRIPT], "environment": ["SECRET=swordfish"],
                     "levels": {"high": {"ratio": 0.5}}},
            exec_ | {"name": "attributes", "match": {"provider": "attributes"}, "command": ["sh", "-c", 'echo "OK $(env | grep ^PROBE_ATTR_ | sort | xargs) {attribute.region}"']},
            exec_ | {"name": "fails", "match": {"provider": "fails"}, "command": ["sh", "-c", "echo no quota for you >&2; exit 9"]},
            http | {"name": "web", "match": {"provider": "web"}, "method": "POST", "url": f"{self.server.url}/echo?name={{name}}",
                    "body": '{"what": "{name}"}', "token_file": str(token_file), "headers": ["X-Color: blue", "X-Api-Key: abcdefgh"]},
            http | {"name": "metered", "match": {"provider": "metered"}, "url": f"{self.server.url}/level?level=LOW", "budget": ["2/1h"], "rate": "2/1m"},
        ]
        profiles = [{"provider": name, "name": "a b"} for name in ("shell", "fails", "web", "metered", "nobody")]
        self.vacancy = self.up(profiles=profiles, probes=probes)
        self.port = self.vacancy.port

        def all_measured():
            seen = rows(self.port).values()
            return len(seen) == 1 and all(row["measured_at"] or "error" in row or row["provider"] == "nobody" for row in self.listed())

        eventually("all are measured", all_measured)

    def listed(self):
        return json.loads(self.run_command("vacancy", "list", "--json", "--url", f"http://127.0.0.1:{self.port}").stdout)

    def command(self, *args, program="vacancy", token=None, port=None):
        args = [args[0], "--hardware-url", f"http://127.0.0.1:{port or self.vacancy.ports[1]}",
                "--token-file", token or self.directory / "data" / "admin-token", *args[1:]]
        return self.run_command(program, *args)

    def succeeds(self, *args, **options):
        result = self.command(*args, **options)
        self.assertEqual((result.returncode, result.stderr), (0, ""), result)
        return result.stdout

    def test_list_says_what_each_measures_what_is_left_and_what_failed(self):
        self.start()
        printed = self.succeeds("probe", "list")
        calls = "  calls a day: 24"
        self.assertEqual(printed.splitlines().count(calls), 4, "of each probe with a profile")
        lines = [line for line in printed.splitlines() if line != calls]
        self.assertEqual(lines[:3], ["shell (exec) measures shell/* every 1h: 1 profile, 0 failing",
                                     "attributes (exec) measures attributes/* every 1h: 0 profiles, 0 failing",
                                     "fails (exec) measures fails/* every 1h: 1 profile, 1 failing"])
        self.assertRegex(lines[3], r"^  last failure: 20\S+Z fails/a b: exit code 9; 'vacancy probe test' shows its output$")
        self.assertEqual(lines[4:], ["web (http) measures web/* every 1h: 1 profile, 0 failing",
                                     "metered (http) measures metered/* every 1h: 1 profile, 0 failing",
                                     "  budget: 1 of 2 in 1h left, 1 of 2 in 1m left"])
        found = {probe["name"]: probe for probe in json.loads(self.succeeds("probe", "list", "--json"))}
        self.assertEqual(found["metered"]["limits"], [{"calls": 2, "window": "1h", "left": 1}, {"calls": 2, "window": "1m", "left": 1}])
        self.assertEqual((found["fails"]["last_failure"]["provider"], found["fails"]["failing"]), ("fails", 1))
        self.assertEqual(self.succeeds("probe", "list", program="hardware"), printed)

    def test_a_test_shows_what_was_sent_received_and_decided(self):
        self.start()
        shown = self.succeeds("probe", "test", "shell/a b")
        self.assertIn("probe     shell (exec)\nsent\n  PROBE_NAME='a b' PROBE_PROVIDER=shell PROBE_TIMEOUT=5 sh -c '", shown)
        self.assertNotIn("swordfish", shown)
        self.assertRegex(shown, r'(?s)\nreceived\n  exit code 0\n  \{"free": 3, .*"reason": "shell/a b"\}\n  seen by people\ntook      \d+\.\d{3} s\n')
        self.assertTrue(shown.endswith("\nnumbers   free 3, total 4\nlevel     HIGH\nbecause   shell/a b (HIGH: free/total >= 0.5)\n"), shown)

        before = self.server.counts()["/echo"]
        shown = self.succeeds("probe", "test", "web/a b")
        self.assertIn(f"probe     web (http)\nsent\n  POST {self.server.url}/echo?name=a%20b\n  X-Color: blue\n", shown)
        self.assertIn('\n  {"what": "a b"}\nreceived\n  HTTP/1.1 200 OK\n', shown)
        self.assertRegex(shown, r"(?s)\n  Authorization: …\n.*\ntook      \d+\.\d{3} s\nlevel     HIGH\nbecause   ")
        self.assertNotRegex(shown, "hunter2|abcdefgh")
        self.assertEqual(self.server.counts()["/echo"], before + 1)

        failed = self.command("probe", "test", "fails/a b")
        self.assertEqual((failed.returncode, failed.stderr), (1, ""))
        self.assertRegex(failed.stdout, r"(?s)\nreceived\n  exit code 9\n  no quota for you\ntook .*\nfailed    exit code 9; 'vacancy probe test' shows its output\n$")
        program = self.command("probe", "test", "shell/a b", program="hardware")
        self.assertEqual(program.returncode, 0)

    def test_a_test_changes_nothing_but_the_budget(self):
        self.start()
        before = self.listed()
        self.assertIn("level     LOW\n", self.succeeds("probe", "test", "metered/a b"))
        self.assertEqual(self.command("probe", "test", "fails/a b").returncode, 1)
        used_up = self.command("probe", "test", "metered/a b")
        self.assertEqual((used_up.returncode, used_up.stdout), (2, ""))
        self.assertEqual(used_up.stderr, "vacancy: the budget of probe metered is used up; wait, or raise it\n")
        self.assertEqual(len(self.server.times("/level")), 2)
        eventually("the list knows", lambda: "  budget: 0 of 2 in 1h left, 0 of 2 in 1m left" in self.succeeds("probe", "list"))

        def known(row):
            return {key: row[key] for key in ("provider", "name", "availability", "measured_at", "revision")}

        self.assertEqual([known(row) for row in self.listed()], [known(row) for row in before])

    def test_mistakes_say_what_is_wrong(self):
        self.start()
        wrong = self.directory / "wrong-token"
        wrong.write_text("0123456789abcdef0123456789abcdef\n")
        for args, options, code, says in [
            (("probe", "test", "shell/none"), {}, 2, "there is no profile 'shell/none'"),
            (("probe", "test", "shell"), {}, 2, "'shell' is not a profile; write PROVIDER NAME, or PROVIDER/NAME in one word"),
            (("probe", "test", "nobody/a b"), {}, 2, "no probe matches 'nobody/a b'; see `vacancy probe list`"),
            (("probe", "test", "shell/a b"), {"token": wrong}, 2, "admin token"),
            (("probe", "list"), {"token": wrong}, 2, "admin token"),
            (("probe", "list"), {"token": self.directory / "none"}, 2, "--token-file"),
            (("probe", "list"), {"port": 1}, 1, "cannot connect to http://127.0.0.1:1"),
            (("probe", "test", "shell/a b"), {"port": 1}, 1, "cannot connect to http://127.0.0.1:1"),
            (("probe",), {}, 2, "subcommand"),
            (("profile", "add", "attributes", "x", "--attribute", "region"), {}, 2, "'region' is not a label; write LABEL=VALUE"),
            (("profile", "add", "attributes", "x", "--attribute", "re gion=eu"), {}, 2, "label"),
        ]:
            for program in ("vacancy", "hardware"):
                result = self.command(*args, program=program, **options)
                self.assertEqual((result.returncode, result.stdout), (code, ""), (program, args, result))
                self.assertIn(says, result.stderr, args)
        self.assertNotIn("x", {row["name"] for row in self.listed()})

    def test_attributes_reach_the_program(self):
        self.start()

        def told():
            return next(line for line in self.succeeds("probe", "test", "attributes/x").splitlines() if line.startswith("because"))

        self.succeeds("profile", "add", "attributes", "x", "--attribute", "region=eu-1", "--attribute", "instance-type=c5.large, spot")
        row = eventually("it is measured", lambda: (row := rows(self.port).get("x")) and row["measured_at"] and row)
        self.assertEqual(row["reason"], "OK PROBE_ATTR_INSTANCE_TYPE=c5.large, spot PROBE_ATTR_REGION=eu-1 eu-1")
        self.assertEqual(told(), "because   " + row["reason"])
        self.assertEqual(self.succeeds("profile", "set", "attributes", "x", "region=a=b", "--unset", "instance-type"), "attributes x has 1 label\n")
        self.assertEqual(told(), "because   OK PROBE_ATTR_REGION=a=b a=b")
        self.succeeds("profile", "rename", "attributes", "x", "attributes", "y")
        renamed = eventually("it is measured anew", lambda: (row := rows(self.port).get("y")) and row["measured_at"] and row)
        self.assertEqual(renamed["reason"], "OK PROBE_ATTR_REGION=a=b a=b", "a new name keeps them")
        self.succeeds("profile", "rename", "attributes", "y", "attributes", "x")
        self.succeeds("profile", "set", "attributes", "x", "--replace")
        self.assertEqual(told(), "because   OK")
