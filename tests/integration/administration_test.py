"""Profiles come, go and change: by the command line, by HTTP from many at once, and with names of every kind."""

import json
import threading
import urllib.parse

from support import QUICK, TestCase, eventually, request, rows

NAMES = ["gpu a100", "é☃😀", 'a"b', "a\\b", "a/b", "a&c=d", "a%2Fb", "<b>bold</b>", "{{name}}", "a,b", "x" * 191]
REFUSED = ["", " a", "a ", "a\nb", "a\tb", "a\x00b", "x" * 192]


class AdministrationTest(TestCase):
    def setUp(self):
        super().setUp()
        self.vacancy = self.up()
        self.port, self.hardware_port, _ = self.vacancy.ports
        self.token = self.directory / "data" / "admin-token"

    def profile(self, *args, token=None):
        return self.run_command("vacancy", "profile", "--hardware-url", f"http://127.0.0.1:{self.hardware_port}",
                                "--token-file", token or self.token, *args)

    def post(self, provider, name):
        headers = {"Content-Type": "application/json", "Authorization": "Bearer " + self.token.read_text().strip()}
        return request(self.hardware_port, "/hardware/", "POST", headers, json.dumps({"provider": provider, "name": name}))

    def test_a_change_is_on_the_portals_stream_without_a_look_at_the_database(self):
        self.vacancy.stop()
        self.vacancy = self.up(hardware={"poll_interval": "1h"}, probes=[QUICK | {"ttl": "1h"}])
        self.port, self.hardware_port, _ = self.vacancy.ports
        stream = self.events(self.port, "/api/v1/events")
        stream.until("the snapshot", lambda event, _, data: data.get("phase") == "end")
        for number in range(3):
            name = f"node-{number}"
            self.assertEqual(self.post("lab", name).status, 201)
            stream.until(name, lambda event, _, data: any(row["name"] == name for row in data.get("changed", [])))

    def test_mistakes_of_the_command_line_say_what_is_wrong(self):
        wrong = self.directory / "wrong-token"
        wrong.write_text("0123456789abcdef0123456789abcdef\n")
        for args, token, says in [
            (("add", "a", "b"), wrong, "admin token"),
            (("add", "a", "b"), self.directory / "none", "--token-file"),
            (("rename", "Amazon", "none", "a", "b"), None, "no profile 'Amazon' 'none'"),
            (("remove", "Amazon", "none"), None, "no profile 'Amazon' 'none'"),
            (("rename", "Amazon", "c5", "Azure", "H16mr"), None, "exists"),
            (("add", "Amazon", " c5"), None, "name"),
        ]:
            result = self.profile(*args, token=token)
            self.assertEqual(result.returncode, 2, (args, result))
            self.assertIn(says, result.stderr, args)
        self.assertEqual(sorted(rows(self.port)), ["H16mr", "c5"])

    def test_of_many_who_add_the_same_profile_one_succeeds(self):
        statuses = []
        threads = [threading.Thread(target=lambda: statuses.append(self.post("lab", "gpu").status)) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(statuses), [201] + [409] * 15)
        eventually("it is there", lambda: sorted(rows(self.port)) == ["H16mr", "c5", "gpu"])

    def test_names_of_every_kind_come_through_unchanged(self):
        for name in NAMES:
            self.assertEqual(self.post("lab", name).status, 201, name)
        for name in REFUSED:
            self.assertEqual(self.post("lab", name).status, 400, repr(name))
        eventually("all arrive", lambda: set(NAMES) <= set(rows(self.port)))
        for name in NAMES:
            one = request(self.port, "/api/v1/hardware/lab/" + urllib.parse.quote(name, safe=""))
            self.assertEqual((one.status, one.json["name"]), (200, name))
        page = request(self.port, "/", headers={"Accept": "text/html"}).text
        self.assertIn("&lt;b&gt;bold", page)
        self.assertNotIn("<b>bold", page)
        self.assertIn("{{name}}", page)
        self.assertIn("lab - é☃😀: ", request(self.port, "/", headers={"Accept": "text/plain"}).text)
        listed = json.loads(self.run_command("vacancy", "list", "--json", "--url", f"http://127.0.0.1:{self.port}").stdout)
        self.assertEqual({row["name"] for row in listed}, {"c5", "H16mr", *NAMES})
        for name in NAMES:
            self.assertEqual(self.profile("remove", "lab", name).returncode, 0, name)
        eventually("all go", lambda: sorted(rows(self.port)) == ["H16mr", "c5"])
