"""`vacancy wait`, `vacancy watch` and GET /api/v1/wait: nothing is missed, whatever happens to the portal."""

import contextlib
import datetime
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.parse

from support import BIN, ENVIRONMENT, PATIENCE, TestCase, children, die_with_parent, eventually, listed, request, rows

NAMES = ("a", "b", "other")


class Command:
    """`vacancy` in the background, with what it prints."""

    def __init__(self, args, cwd):
        self.process = subprocess.Popen([BIN / "vacancy", *map(str, args)], cwd=cwd, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, env=ENVIRONMENT, preexec_fn=die_with_parent)
        self.out, self.errors = [], []
        self.threads = [threading.Thread(target=lambda pipe=pipe, lines=lines: lines.extend(iter(pipe.readline, "")), daemon=True)
                        for pipe, lines in ((self.process.stdout, self.out), (self.process.stderr, self.errors))]
        for thread in self.threads:
            thread.start()

    def end(self, seconds=PATIENCE):
        """Its exit code."""
        code = self.process.wait(seconds)
        for thread in self.threads:
            thread.join()
        return code

    def close(self):
        self.process.kill()
        self.end()
        self.process.stdout.close()
        self.process.stderr.close()


class WaitTest(TestCase):
    def says(self, name, **keys):
        """What the probe of a profile finds from now on."""
        file = self.directory / f"{name}.json"
        file.with_suffix(".new").write_text(json.dumps(keys))
        os.replace(file.with_suffix(".new"), file)

    def falls_silent(self, name):
        os.remove(self.directory / f"{name}.json")

    # FRESH for two periods: long enough on a busy machine.
    def service(self, ttl="500ms", timeout="2s", names=NAMES, sets=None, **levels):
        for name in names:
            self.says(name, level=levels.get(name, "LOW"))
        probe = {"name": "files", "kind": "exec", "ttl": ttl, "timeout": timeout, "command": ["/bin/cat", f"{self.directory}/{{name}}.json"]}
        hardware = self.hardware(profiles=[{"provider": "p", "name": name} for name in names], probes=[probe], sets=sets or {})
        eventually("all are measured", lambda: all(row["measured_at"] for row in listed(hardware.port)))
        return hardware

    def both(self, **keys):
        hardware = self.service(**keys)
        return hardware, self.portal(hardware.port)

    def portal_at(self, port, *hardware_ports):
        """A portal at a port that had one before."""
        urls = ",".join(f"http://127.0.0.1:{each}" for each in hardware_ports)
        return self.program("portal", "--config", self.config("portal.yaml"), "--hardware-url", urls, "--port", port,
                            "--admin-port", 0).wait_ready()

    def start(self, command, portal, *args):
        command = Command([command, "--url", f"http://127.0.0.1:{portal.port}", *args], self.directory)
        self.addCleanup(command.close)
        return command

    def wait(self, portal, *args):
        return self.start("wait", portal, *args)

    def waits(self, portal, count=1):
        """Until so many requests wait at the portal for their condition."""
        eventually("it waits", lambda: portal.metric("vacancy_waiting_requests") >= count)

    @staticmethod
    def established(portal):
        """The connections that the portal has accepted and that are open."""
        with open("/proc/net/tcp", encoding="ascii") as table:
            fields = [line.split() for line in table.readlines()[1:]]
        return sum(field[1].endswith(f":{portal.port:04X}") and field[3] == "01" for field in fields)

    @staticmethod
    def ask(portal, query, **keys):
        return request(portal.port, "/api/v1/wait?" + query, **keys)

    def stays(self, what, command, look):
        """The command is still there when `look` has become true."""
        eventually(what, look)
        self.assertIsNone(command.process.poll(), command.errors)

    # What satisfies.

    def test_it_ends_when_the_condition_comes_true_and_prints_the_row(self):
        _, portal = self.both()
        command = self.wait(portal, "p/a")
        self.waits(portal)
        self.says("a", level="HIGH", free=3, total=8, reason="three of eight")
        self.assertEqual(command.end(), 0)
        self.assertEqual(len(command.out), 1)
        self.assertRegex(command.out[0], r"^p  a  HIGH  FRESH  3 of 8 +\d\S*  three of eight\n$")
        self.assertEqual(command.errors, ["vacancy: waiting for p/a, MEDIUM or better; now p/a LOW\n"])
        again = self.run_command("vacancy", "wait", "--url", f"http://127.0.0.1:{portal.port}", "p/a", "--quiet")
        self.assertEqual((again.returncode, again.stdout, again.stderr), (0, "", ""), "it holds already")
        line = f"{BIN}/vacancy wait --url http://127.0.0.1:{portal.port} p/a --at-least HIGH >/dev/null && echo job"
        self.assertEqual(subprocess.run(line, shell=True, capture_output=True, text=True, env=ENVIRONMENT).stdout, "job\n")

    def test_time_out_is_124_and_nothing_runs_after_it(self):
        _, portal = self.both()
        begin = time.monotonic()
        command = self.wait(portal, "p/a", "--timeout", "700ms")
        self.assertEqual(command.end(), 124)
        self.assertGreater(time.monotonic() - begin, 0.7)
        self.assertEqual((command.out, command.errors), ([], [
            "vacancy: waiting for p/a, MEDIUM or better; now p/a LOW\n", "vacancy: timed out after 700ms; now p/a LOW\n"]))
        self.assertEqual(self.wait(portal, "p/a", "--timeout", "0").end(), 124)
        quiet = self.wait(portal, "p/none", "--timeout", "0", "--quiet")
        self.assertEqual((quiet.end(), quiet.errors), (124, []))
        portal.stop()
        gone = self.wait(portal, "p/a", "--timeout", "600ms")
        self.assertEqual(gone.end(), 124, "with no portal at all")

    def test_a_portal_that_hangs_does_not_hold_the_time_out_up(self):
        _, portal = self.both()
        portal.send(signal.SIGSTOP)
        self.addCleanup(portal.send, signal.SIGCONT)
        self.assertEqual(self.wait(portal, "p/a", "--timeout", "1s").end(), 124)

    def test_any_all_globs_and_free_units(self):
        _, portal = self.both(b="MEDIUM", other="LOW", ttl="1s")
        commands = {
            "any of two": (["p/a", "p/b"], 0, {"b"}),
            "all of two": (["p/a", "p/b", "--all"], 124, set()),
            "all, low": (["p/a", "p/b", "--all", "--at-least", "low"], 0, {"a", "b"}),
            "glob": (["*/?", "--any"], 0, {"b"}),
            "glob, all": (["*/?", "--all"], 124, set()),
            "glob, high": (["p/*", "--at-least", "HIGH"], 124, set()),
            "no number": (["p/*", "--free", "0"], 124, set()),
            "all, and one that is not there": (["p/b", "q/*", "--all"], 124, set()),
        }
        for what, (args, code, names) in commands.items():
            command = self.wait(portal, *args, "--timeout", "0")
            self.assertEqual((command.end(), {line.split()[1] for line in command.out}), (code, names), what)
        missing = self.wait(portal, "p/b", "q/*", "--all", "--timeout", "0")
        missing.end()
        self.assertIn("vacancy: no profile matches q/* yet\n", missing.errors)
        free, both = self.wait(portal, "p/*", "--free", "4"), self.wait(portal, "p/a", "p/b", "--all", "--at-least", "HIGH")
        self.waits(portal)
        self.says("a", level="LOW", free=3)
        self.says("b", level="HIGH")
        self.stays("three units are not enough", free, lambda: rows(portal.port)["a"].get("free") == 3)
        self.stays("one is not all", both, lambda: rows(portal.port)["b"]["availability"] == "HIGH")
        self.says("a", level="LOW", free=4)
        self.assertEqual((free.end(), free.out[0].split()[:3]), (0, ["p", "a", "LOW"]))
        self.says("a", level="HIGH")
        self.assertEqual((both.end(), len(both.out)), (0, 2))

    def test_a_profile_that_is_added_later_counts(self):
        hardware, portal = self.both()
        command = self.wait(portal, "q/*")
        eventually("it says that there is none", lambda: command.errors == [
            "vacancy: no profile matches q/* yet\n", "vacancy: waiting for q/*, MEDIUM or better; now nothing\n"])
        self.says("new", level="HIGH")
        probe = json.loads((self.directory / "hardware.yaml").read_text())["probes"]
        self.config("hardware.yaml", profiles=[{"provider": "q", "name": "new"}], probes=probe)
        hardware.send(signal.SIGHUP)
        self.assertEqual(command.end(), 0)
        self.assertEqual(command.out[0].split()[:2], ["q", "new"])

    # Sets.

    def redefine(self, hardware, **sets):
        config = json.loads((self.directory / "hardware.yaml").read_text())
        self.config("hardware.yaml", **config | {"sets": sets})
        hardware.send(signal.SIGHUP)

    def test_a_shell_gets_the_preferred_one_of_a_set(self):
        _, portal = self.both(b="HIGH", other="MEDIUM", ttl="1s", sets={"cfd-large": ["p/a", "q/*", "p/b", "p/other"]})
        sbatch = self.directory / "sbatch"
        sbatch.write_text('#!/bin/sh\necho "$*"\n')
        sbatch.chmod(0o755)
        environment = ENVIRONMENT | {"PATH": f"{self.directory}:{BIN}:{os.environ['PATH']}", "VACANCY_URL": f"http://127.0.0.1:{portal.port}"}

        def shell(line):
            ran = subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=environment, timeout=PATIENCE)
            return ran.returncode, ran.stdout

        self.assertEqual(shell("sbatch -p $(vacancy wait --set cfd-large --print name) job.sh"), (0, "-p b job.sh\n"))
        self.assertEqual(shell("vacancy wait --set cfd-large --at-least LOW --print profile"), (0, "p/a\n"))
        self.assertEqual(shell("vacancy wait --set cfd-large --at-least HIGH --for 100ms --print provider"), (0, "p\n"))
        code, out = shell("vacancy wait --set cfd-large --print json")
        self.assertEqual((code, json.loads(out)["name"]), (0, "b"))
        self.assertEqual(shell("p=$(vacancy wait --set cfd-larg --print name) || { echo $? \"[$p]\"; }"), (0, "2 []\n"))
        self.assertEqual(shell("p=$(vacancy wait --set cfd-large --free 1 --timeout 0 --print name) || { echo $? \"[$p]\"; }"), (0, "124 []\n"))
        self.assertEqual(shell("vacancy list --set cfd-large -o name"), (0, "p/a\np/b\np/other\n"))

    def test_of_a_set_that_waits_the_one_is_taken_that_is_preferred_then(self):
        hardware, portal = self.both(sets={"s": ["p/a", "p/b"], "t": ["p/none"]})
        command, gone = self.wait(portal, "--set", "s", "--print", "name"), self.wait(portal, "--set", "t", "--print", "name")
        self.waits(portal, 2)
        self.says("other", level="HIGH")
        self.stays("one that is not in it", command, lambda: rows(portal.port)["other"]["availability"] == "HIGH")
        self.redefine(hardware, s=["p/b", "p/other", "p/a"], t=["p/none"])
        self.assertEqual((command.end(), command.out), (0, ["other\n"]), "it is now")
        self.assertEqual(command.errors, ["vacancy: waiting for one of s, MEDIUM or better; now p/a LOW; p/b LOW\n"])
        self.redefine(hardware, s=["p/b"])
        self.assertEqual((gone.end(), gone.out), (2, []))
        self.assertEqual(gone.errors[-1], "vacancy: set: there is no set 't'; there is s\n")

    def test_a_hold_of_a_set_survives_its_portal(self):
        hardware, portal = self.both(a="MEDIUM", sets={"s": ["p/b", "p/a"]})
        command = self.wait(portal, "--set", "s", "--for", "3s", "--print", "name")
        self.waits(portal)
        portal.kill()
        self.portal_at(portal.port, hardware.port)
        self.assertEqual((command.end(), command.out), (0, ["a\n"]))

    def test_two_portals_answer_the_same_bytes(self):
        hardware, portal = self.both(ttl="1h", b="HIGH", sets={"s": ["p/a", "p/b"]})
        other = self.portal(hardware.port, config="other.yaml")
        rows(other.port)
        for path in ("/api/v1/sets", "/api/v1/sets/s", "/api/v1/sets/s/first?max_age=1h", "/set/s/badge.svg"):
            one, two = request(portal.port, path), request(other.port, path)
            self.assertEqual((one.status, one.body, one.headers["ETag"]), (200, two.body, two.headers["ETag"]), path)
            self.assertEqual(request(other.port, path, headers={"If-None-Match": one.headers["ETag"]}).status, 304)
        self.assertEqual(request(portal.port, "/api/v1/sets/s/first").json["first"]["name"], "b")

    def test_an_etag_changes_when_only_time_passes(self):
        _, portal = self.both(ttl="1h", b="HIGH", sets={"s": ["p/b"]})
        page = request(portal.port, "/api/v1/hardware?name=b").json
        measured, now = (datetime.datetime.fromisoformat(time) for time in (page["hardware"][0]["measured_at"], page["now"]))
        path = f"/api/v1/sets/s/first?max_age={int((now - measured).total_seconds()) + 5}s"
        young = request(portal.port, path)
        self.assertEqual(young.json["first"]["name"], "b")
        old = eventually("it is too old", lambda: (answer := request(portal.port, path)).json["first"] is None and answer)
        self.assertEqual(old.json["passed"][0]["code"], "too_old")
        self.assertNotEqual(young.headers["ETag"], old.headers["ETag"])
        # Each core may show its answer for a second.
        eventually("on every core", lambda: all(request(portal.port, path, headers={"If-None-Match": young.headers["ETag"]}).status == 200
                                                for _ in range(8)))
        self.assertEqual(rows(portal.port)["b"]["freshness"], "FRESH", "no event told it")

    def test_stale_rows_never_satisfy(self):
        hardware, portal = self.both(ttl="500ms", timeout="500ms", a="HIGH")
        self.falls_silent("a")
        eventually("it is stale, and HIGH still", lambda: (row := rows(portal.port)["a"])["freshness"] == "STALE" and row["availability"] == "HIGH")
        command = self.wait(portal, "p/a", "--at-least", "LOW")
        self.waits(portal)
        self.stays("it has expired", command, lambda: rows(portal.port)["a"]["freshness"] == "EXPIRED")
        self.says("a", level="LOW")
        self.assertEqual(command.end(), 0)
        self.assertIn("FRESH", command.out[0])
        hardware.stop()
        eventually("all are old", lambda: all(row["freshness"] != "FRESH" for row in rows(portal.port).values()))
        self.assertEqual(self.wait(portal, "p/*", "--at-least", "LOW", "--timeout", "0").end(), 124)

    def test_for_is_without_interruption(self):
        _, portal = self.both(a="HIGH")
        measured = rows(portal.port)["a"]["measured_at"]
        begin = time.monotonic()
        command = self.wait(portal, "p/a", "--for", "6s")
        self.stays("it goes on", command, lambda: time.monotonic() > begin + 1)
        self.says("a", level="LOW")
        eventually("it is interrupted", lambda: rows(portal.port)["a"]["availability"] == "LOW")
        again = time.monotonic()
        self.says("a", level="MEDIUM")
        self.assertEqual(command.end(), 0)
        self.assertGreater(time.monotonic() - again, 6)
        self.assertGreater(rows(portal.port)["a"]["measured_at"], measured)
        # Ageing interrupts too.
        answer = self.ask(portal, "profile=p/a&for=1h&timeout=0").json
        self.falls_silent("a")
        eventually("it is stale", lambda: rows(portal.port)["a"]["freshness"] != "FRESH")
        self.says("a", level="HIGH")
        later = eventually("it holds again", lambda: self.ask(portal, "profile=p/a&for=1h&timeout=0&held=" + answer["held"])
                           .json["rows"][0]["holds_since"])
        self.assertGreater(later, answer["now"])

    # Portals come and go.

    def test_a_portal_that_is_killed_and_comes_back_is_waited_for_and_nothing_is_missed(self):
        hardware, portal = self.both(ttl="300ms")
        command, other = self.wait(portal, "p/a"), self.wait(portal, "p/*", "--quiet")
        self.waits(portal)
        port = portal.port
        portal.kill()
        eventually("it says so", lambda: len(command.errors) == 2)
        # It changes while nobody is there to tell.
        self.says("a", level="HIGH")
        eventually("it is measured", lambda: any(row["availability"] == "HIGH" for row in request(hardware.port, "/hardware/").json))
        self.assertIsNone(command.process.poll())
        self.portal_at(port, hardware.port)
        self.assertEqual((command.end(), other.end()), (0, 0))
        self.assertEqual(len(command.errors), 3, command.errors)
        self.assertRegex(command.errors[1], r"^vacancy: the portal is away \(.*\); trying again\n$")
        self.assertEqual(command.errors[2], f"vacancy: the portal at http://127.0.0.1:{port} is back\n")
        self.assertEqual(other.errors, [])

    def test_no_portal_at_the_beginning(self):
        hardware = self.service(a="HIGH")
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
        gone = type("Gone", (), {"port": port})
        command = self.start("wait", gone, "p/a")
        eventually("it says so", lambda: command.errors)
        self.portal_at(port, hardware.port)
        self.assertEqual(command.end(), 0)

    def test_a_portal_that_drains_answers_at_once_and_the_time_goes_on_at_the_next_one(self):
        hardware, portal = self.both(a="HIGH", ttl="2s")
        seen = []
        waiting = threading.Thread(target=lambda: seen.append(self.ask(portal, "profile=p/b&profile=p/a&match=all&for=1h&timeout=60s")))
        waiting.start()
        self.addCleanup(waiting.join)
        command = self.wait(portal, "p/a", "--for", "6s")
        self.waits(portal, 2)
        since = eventually("it holds", lambda: self.ask(portal, "profile=p/a&for=1h&timeout=0").json["rows"][0]["holds_since"])
        port = portal.port
        portal.stop()
        waiting.join()
        self.assertEqual((seen[0].status, seen[0].json["satisfied"]), (200, False))
        self.assertEqual(seen[0].headers["Connection"], "close")
        second = self.portal_at(port, hardware.port)
        answer = self.ask(second, "profile=p/b&profile=p/a&match=all&for=1h&timeout=0&held=" + seen[0].json["held"]).json
        rows_of = {row["name"]: row for row in answer["rows"]}
        self.assertLessEqual(rows_of["a"]["holds_since"], since, "it was not interrupted")
        self.assertNotIn("holds_since", rows_of["b"])
        self.assertEqual(command.end(), 0)

    # Use, right and wrong.

    def test_wrong_use_is_2_and_says_what_is_right(self):
        for args, says in [([], "PROVIDER/NAME"), (["Amazon"], "'Amazon' names no profile"), (["a/b", "--at-least", "GOOD"], "LOW, MEDIUM or HIGH"),
                           (["a/b", "--for", "5"], "--for: '5' is not a duration"), (["a/b", "--timeout", "x"], "--timeout"),
                           (["a/b", "--free", "-1"], "--free"), (["a/b", "--any", "--all"], "--a"), (["a/b", "--url", "x"], "http://HOST")]:
            result = self.run_command("vacancy", "wait", *args)
            self.assertEqual((result.returncode, result.stdout), (2, ""), result)
            self.assertIn(says, result.stderr)
        self.assertEqual(self.run_command("vacancy", "watch", "Amazon").returncode, 2)
        hardware, portal = self.both()
        answer = self.ask(portal, "profile=p/a&at_least=UNKNOWN")
        self.assertEqual((answer.status, answer.headers["Content-Type"]), (400, "application/problem+json"))
        self.assertIn("use LOW, MEDIUM or HIGH", answer.json["detail"])
        for url in (f"http://127.0.0.1:{hardware.port}", f"http://127.0.0.1:{portal.admin_port}"):
            for name in ("wait", "watch"):
                result = self.run_command("vacancy", name, "a/b", "--url", url)
                self.assertEqual(result.returncode, 1, "another service is at the URL")
                self.assertIn("404", result.stderr)
        for name in ("wait", "watch"):
            self.assertIn("--url", self.run_command("vacancy", name, "--help").stdout)

    def test_signals_end_it_as_a_shell_expects(self):
        _, portal = self.both()
        for number in (signal.SIGINT, signal.SIGTERM):
            for args in (["wait", "p/a"], ["watch"]):
                command = [BIN / "vacancy", *args, "--url", f"http://127.0.0.1:{portal.port}"]
                shell = subprocess.Popen(["/bin/sh", "-c", '"$@" >/dev/null && echo job; echo $?', "sh", *command], stdout=subprocess.PIPE,
                                         stderr=subprocess.PIPE, text=True, env=ENVIRONMENT, preexec_fn=die_with_parent)
                eventually("it runs", lambda: self.established(portal) == 1)
                os.kill(eventually("its process", lambda: children(shell.pid)).pop(), number)
                out, errors = shell.communicate(timeout=PATIENCE)
                self.assertEqual(out, f"{128 + number}\n")
                self.assertNotIn("vacancy:", errors.replace("vacancy: waiting for", ""))
                eventually("nothing is left", lambda: self.established(portal) == 0)

    # Many, and names of any form.

    def test_names_with_slashes_blanks_and_accents(self):
        hardware, portal = self.both()
        with contextlib.suppress(OSError):
            os.mkdir(self.directory / "gpu")
        self.says("gpu/größe 80+", level="HIGH")
        probe = json.loads((self.directory / "hardware.yaml").read_text())["probes"]
        self.config("hardware.yaml", profiles=[{"provider": "our cluster", "name": "gpu/größe 80+"}], probes=probe)
        hardware.send(signal.SIGHUP)
        self.assertEqual(self.wait(portal, "our cluster/gpu/größe 80+").end(), 0)
        answer = self.ask(portal, "profile=" + urllib.parse.quote("our*/gpu/gr*80+", safe="") + "&timeout=0").json
        self.assertTrue(answer["satisfied"])

    def test_many_wait_at_once_and_all_are_told(self):
        _, portal = self.both()
        answers = []
        threads = [threading.Thread(target=lambda i=i: answers.append(self.ask(portal, f"profile=p/{'a' if i % 2 else '*'}&timeout=60s").json))
                   for i in range(200)]
        for thread in threads:
            thread.start()
        self.waits(portal, len(threads))
        self.says("a", level="HIGH")
        for thread in threads:
            thread.join()
        self.assertEqual(sum(answer["satisfied"] for answer in answers), len(threads))

    # watch

    def test_watch_tells_the_rows_then_each_change_across_restarts(self):
        hardware, portal = self.both(ttl="300ms")
        everything, one = self.start("watch", portal, "--json"), self.start("watch", portal, "p/a", "--changes-only")
        eventually("the rows", lambda: len(everything.out) == 3)
        self.assertEqual({json.loads(line)["row"]["name"] for line in everything.out}, set(NAMES))
        eventually("it follows", lambda: self.established(portal) >= 2)
        self.says("a", level="HIGH", free=3, total=8, reason="now")
        eventually("the change", lambda: one.out)
        self.assertRegex(one.out[0], r"^20\S+Z  p/a  LOW → HIGH  FRESH  3 of 8 free  now\n$")
        eventually("the change", lambda: len(everything.out) == 4)
        change = json.loads(everything.out[3])
        self.assertEqual((change["change"], change["before"], change["row"]["availability"]),
                         ("changed", {"availability": "LOW", "freshness": "FRESH", "failed": False}, "HIGH"))
        port = portal.port
        portal.kill()
        eventually("it says so", lambda: one.errors)
        self.says("a", level="MEDIUM")
        eventually("it is measured", lambda: any(row["availability"] == "MEDIUM" for row in request(hardware.port, "/hardware/").json))
        self.portal_at(port, hardware.port)
        eventually("the change meanwhile", lambda: len(one.out) == 2)
        self.assertIn("  HIGH → MEDIUM  FRESH", one.out[1])
        self.falls_silent("a")
        eventually("the failure", lambda: any("failed: " in line for line in one.out))
        eventually("its age", lambda: any("FRESH → STALE" in line for line in one.out))
        self.assertEqual(len(one.errors), 2, one.errors)

    def test_watch_ends_with_the_reader_of_its_output(self):
        _, portal = self.both()
        url = f"http://127.0.0.1:{portal.port}"
        # Nothing changes any more: it must notice by itself.
        for script in (f"{BIN}/vacancy watch --url {url} | head -1", f"{BIN}/vacancy watch --json --url {url} | head -2"):
            result = subprocess.run([shutil.which("bash"), "-c", f"set -o pipefail; {script}"], capture_output=True, text=True,
                                    timeout=PATIENCE, env=ENVIRONMENT)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertEqual(len(result.stdout.splitlines()), int(re.search(r"\d$", script)[0]))
