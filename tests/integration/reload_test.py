"""SIGHUP: other probes and more profiles without a restart, and without losing what is known."""

import os
import signal
import threading
import uuid

from support import QUICK, TestCase, eventually, processes_with, request, rows

APPLIED = r'vacancy_config_reloads_total\{result="applied"\}'
REFUSED = r'vacancy_config_reloads_total\{result="refused"\}'
SUCCESSFUL = "vacancy_config_last_reload_successful"


def says(name, level, **keys):
    return {"name": name, "kind": "exec", "ttl": "1s", "timeout": "1s", "command": ["/bin/echo", f'{{"level":"{level}"}}']} | keys


class Watch:
    """Asks for the rows all the time, and keeps the levels that each profile had, in order."""

    def __init__(self, port):
        self.seen, self.ending = {}, threading.Event()
        self.thread = threading.Thread(target=self._look, args=(port,), daemon=True)
        self.thread.start()

    def _look(self, port):
        while not self.ending.wait(0.01):
            for name, row in rows(port).items():
                levels = self.seen.setdefault(name, [])
                if levels[-1:] != [row["availability"]]:
                    levels.append(row["availability"])

    def end(self):
        self.ending.set()
        self.thread.join()


class ReloadTest(TestCase):
    def names(self, vacancy):
        headers = {"Authorization": "Bearer " + (self.directory / "data" / "admin-token").read_text().strip()}
        return [probe["name"] for probe in request(vacancy.ports[1], "/hardware/probes", headers=headers).json]

    def levels(self, vacancy):
        return {name: row["availability"] for name, row in rows(vacancy.port).items()}

    def test_new_probes_take_over_and_no_level_is_lost(self):
        profiles = [{"provider": provider, "name": f"{provider}-{i}"} for provider in ("kept", "moved") for i in range(10)]
        kept = says("kept", "HIGH", match={"provider": "kept"})
        vacancy = self.up(profiles=profiles, probes=[kept, says("old", "MEDIUM")])
        before = {f"kept-{i}": "HIGH" for i in range(10)} | {f"moved-{i}": "MEDIUM" for i in range(10)}
        eventually("levels", lambda: self.levels(vacancy) == before)
        epoch = request(vacancy.port, "/api/v1/hardware").json["version"].split("-")[0]
        stream = self.events(vacancy.port, "/api/v1/events")
        watch = Watch(vacancy.port)
        self.addCleanup(watch.end)
        eventually("it watches", lambda: len(watch.seen) == len(before))
        more = [{"provider": "kept", "name": "kept-new"}]
        self.config(profiles=profiles + more, probes=[says("new", "LOW", match={"provider": "moved"}), kept])
        vacancy.send(signal.SIGHUP)
        after = {f"kept-{i}": "HIGH" for i in [*range(10), "new"]} | {f"moved-{i}": "LOW" for i in range(10)}
        eventually("the new levels", lambda: self.levels(vacancy) == after)
        self.assertEqual(self.names(vacancy), ["new", "kept"])
        self.assertEqual({row["probe"] for row in rows(vacancy.port).values()}, {"new", "kept"})
        eventually("the watcher has seen it", lambda: all(watch.seen[f"moved-{i}"][-1] == "LOW" for i in range(10)))
        watch.end()
        self.assertTrue(all(watch.seen[f"moved-{i}"] == ["MEDIUM", "LOW"] for i in range(10)), watch.seen)
        self.assertTrue(all(watch.seen[f"kept-{i}"] == ["HIGH"] for i in range(10)), watch.seen)
        self.assertEqual((vacancy.metric(APPLIED), vacancy.metric(SUCCESSFUL)), (1, 1))
        self.assert_logged(vacancy, "the configuration has been reloaded")
        self.assertEqual(request(vacancy.port, "/api/v1/hardware").json["version"].split("-")[0], epoch)
        self.assertIsNone(stream.ended, "readers keep their streams")
        measured = rows(vacancy.port)
        eventually("both go on", lambda: all(row["measured_at"] > measured[name]["measured_at"] for name, row in rows(vacancy.port).items()))

    def test_a_probe_of_the_same_name_with_another_program_and_period_takes_over(self):
        vacancy = self.up(probes=[says("same", "HIGH", ttl="1h")])
        eventually("levels", lambda: set(self.levels(vacancy).values()) == {"HIGH"})
        self.config(probes=[says("same", "LOW", ttl="1s")])
        vacancy.send(signal.SIGHUP)
        eventually("the shorter period counts at once", lambda: set(self.levels(vacancy).values()) == {"LOW"})

    def test_a_profile_that_no_probe_matches_any_more_says_so(self):
        vacancy = self.up(probes=[says("all", "HIGH")])
        eventually("levels", lambda: set(self.levels(vacancy).values()) == {"HIGH"})
        self.config(probes=[says("all", "HIGH", match={"provider": "Amazon"})])
        vacancy.send(signal.SIGHUP)
        row = eventually("it is without a probe", lambda: (row := rows(vacancy.port)["H16mr"])["probe"] != "all" and row)
        eventually("it is unknown", lambda: rows(vacancy.port)["H16mr"]["availability"] == "UNKNOWN")
        self.assertEqual(rows(vacancy.port)["c5"]["availability"], "HIGH")
        self.assertNotIn("error", row)

    def test_a_file_with_a_mistake_is_refused_and_the_old_one_goes_on(self):
        vacancy = self.up(probes=[says("good", "HIGH")])
        eventually("levels", lambda: set(self.levels(vacancy).values()) == {"HIGH"})
        file = self.directory / "config.yaml"
        mistakes = [('{"probes": [{"name": "good", "ttl": "60"}]}', "probes[0].ttl"),
                    ('{"probes": [{"name": "good", "kind": "exec", "command": []}]}', "probes[0].command"),
                    ('{"probes": [{"name": "good", "kind": "exce"}]}', "probes[0]"),
                    ('{"probes": [', "config.yaml")]
        for number, (text, key) in enumerate(mistakes, 1):
            file.write_text(text)
            vacancy.send(signal.SIGHUP)
            eventually(f"{key} is refused", lambda: vacancy.metric(REFUSED) == number)
            line = vacancy.log().splitlines()[-1]
            self.assertRegex(line, r" error the new configuration is refused, the old one stays: ")
            self.assertIn(key, line)
        os.remove(file)
        vacancy.send(signal.SIGHUP)
        eventually("a file that is gone is refused", lambda: vacancy.metric(REFUSED) == len(mistakes) + 1)
        self.assertEqual((vacancy.metric(APPLIED), vacancy.metric(SUCCESSFUL)), (0, 0))
        self.assertEqual(self.names(vacancy), ["good"])
        measured = rows(vacancy.port)["c5"]["measured_at"]
        eventually("it goes on", lambda: rows(vacancy.port)["c5"]["measured_at"] > measured)
        self.config(probes=[says("good", "LOW")])
        vacancy.send(signal.SIGHUP)
        eventually("a good one is applied", lambda: set(self.levels(vacancy).values()) == {"LOW"})
        self.assertEqual((vacancy.metric(APPLIED), vacancy.metric(SUCCESSFUL)), (1, 1))

    def test_all_portals_have_the_new_sets_at_once_and_a_mistake_changes_none(self):
        probes, profiles = [says("all", "HIGH")], [{"provider": "a", "name": "b"}, {"provider": "c", "name": "d"}]
        old, new = {"one": ["a/b", "c/*"], "two": ["x/y"]}, {"one": ["c/d"], "three": ["a/*"]}
        hardware = self.hardware(probes=probes, profiles=profiles, sets=old)
        portals = [self.portal(hardware.port, config=f"portal{i}.yaml") for i in range(2)]
        streams = [self.events(portal.port, "/api/v1/events") for portal in portals]

        def tells(stream, wanted):
            def those(event, version, data):
                return event == "sets" and version is None and {each["name"]: each["choices"] for each in data["sets"]} == wanted

            stream.until("sets", those)

        def first(portal):
            row = request(portal.port, "/api/v1/sets/one/first").json["first"]
            return row and row["name"]

        for portal, stream in zip(portals, streams):
            tells(stream, old)
            eventually("a level", lambda portal=portal: first(portal) == "b")
        self.config("hardware.yaml", probes=probes, profiles=profiles, sets={"one": ["a/b", "a/b"]})
        hardware.send(signal.SIGHUP)
        eventually("it is refused", lambda: hardware.metric(REFUSED) == 1)
        self.assert_logged(hardware, "sets.one[1]: 'a/b' never counts")
        self.assertEqual([first(portal) for portal in portals], ["b", "b"])
        self.config("hardware.yaml", probes=probes, profiles=profiles, sets=new)
        hardware.send(signal.SIGHUP)
        for portal, stream in zip(portals, streams):
            tells(stream, new)
            eventually("another one is preferred", lambda portal=portal: first(portal) == "d")
            self.assertEqual(request(portal.port, "/set/two", headers={"Accept": "text/html"}).status, 404)
            self.assertIsNone(stream.ended)
        self.assertNotIn("restart to apply the rest", hardware.log())
        late = self.portal(hardware.port, config="late.yaml")
        eventually("one that comes later", lambda: [each["name"] for each in request(late.port, "/api/v1/sets").json["sets"]] == ["one", "three"])
        self.config("hardware.yaml", probes=probes, profiles=profiles)
        hardware.send(signal.SIGHUP)
        for portal, stream in zip(portals, streams):
            tells(stream, {})

    def test_the_sets_of_vacancy_up_are_reloaded(self):
        vacancy = self.up(probes=[says("all", "HIGH")])
        self.assertEqual(request(vacancy.port, "/api/v1/sets").json["sets"], [])
        self.config(probes=[says("all", "HIGH")], sets={"s": ["Azure/*"]})
        vacancy.send(signal.SIGHUP)
        eventually("it is there", lambda: request(vacancy.port, "/api/v1/sets/s/first").status == 200)
        eventually("its profile", lambda: request(vacancy.port, "/api/v1/sets/s/first").json["first"]["name"] == "H16mr")

    def test_what_a_removed_probe_runs_is_killed_and_a_kept_one_goes_on(self):
        markers = {name: f"marker-{uuid.uuid4()}" for name in ("kept", "gone")}
        probes = {name: {"name": name, "kind": "exec", "match": {"provider": name}, "ttl": "1h", "timeout": "10m",
                         "command": ["/bin/sh", "-c", f": {marker}; trap '' TERM; while :; do sleep 1; done"]}
                  for name, marker in markers.items()}
        vacancy = self.up(profiles=[{"provider": name, "name": name} for name in markers], probes=list(probes.values()))
        running = {name: eventually(f"{name} runs", lambda: processes_with(marker)) for name, marker in markers.items()}
        self.config(profiles=[], probes=[probes["kept"], QUICK])
        vacancy.send(signal.SIGHUP)
        eventually("it is taken over", lambda: rows(vacancy.port)["gone"]["measured_at"])
        self.assertEqual(processes_with(markers["gone"]), set())
        self.assertTrue(running["kept"] & processes_with(markers["kept"]), "it is the same process")
        self.assertEqual(vacancy.metric(r'vacancy_probes_running\{probe="kept"\}'), 1)
        vacancy.stop()
        self.assertEqual(processes_with(markers["kept"]), set())

    def test_a_key_that_needs_a_restart_is_named_as_such(self):
        vacancy = self.up(probes=[says("all", "HIGH")])
        self.config(probes=[says("all", "LOW")], hardware={"lease": "5s"})
        vacancy.send(signal.SIGHUP)
        eventually("the probes are taken over", lambda: set(self.levels(vacancy).values()) == {"LOW"})
        self.assert_logged(vacancy, "warning the configuration changes more than probes, profiles, sets, alerts and history; restart to apply the rest")

    def test_a_portal_survives_the_signal(self):
        hardware = self.hardware(profiles=[{"provider": "a", "name": "b"}], probes=[says("all", "HIGH")])
        portal = self.portal(hardware.port)
        eventually("a level", lambda: rows(portal.port)["b"]["availability"] == "HIGH")
        for number in range(1, 4):
            portal.send(signal.SIGHUP)
            eventually("it says so", lambda: portal.log().count("there is nothing to reload here") == number)
        measured = rows(portal.port)["b"]["measured_at"]
        eventually("it goes on", lambda: rows(portal.port)["b"]["measured_at"] > measured)
        portal.stop()
