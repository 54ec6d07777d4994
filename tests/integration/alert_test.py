"""Rules of alerts with real programs: conditions, a reload, a restart, and the command line."""

import json
import signal
import subprocess

from support import BIN, TestCase, eventually, listed
from alert_receivers import Hook, Levels  # beside support's own imports

AT_ONCE = {"keep_firing_for": "0s", "group_wait": "0s", "group_interval": "0s"}


class RulesTest(TestCase):
    def setUp(self):
        super().setUp()
        self.levels = self.enterContext(Levels())
        self.hook = self.enterContext(Hook())
        self.token = self.directory / "token"
        self.token.write_text("a-token-of-some-length")

    def keys(self, *rules, **more):
        return {"profiles": ["Amazon/c5", "Azure/H16mr"], "probes": [self.levels.probe()],
                "sets": {"cfd": ["Amazon/c5", "Azure/*"]}, "hardware": {"admin_token_file": str(self.token)},
                "alerts": {"receivers": [{"name": "hook", "url": self.hook.url}],
                           "rules": [AT_ONCE | rule for rule in rules]}} | more

    def turn(self, hardware, **levels):
        self.levels.levels |= levels
        eventually(f"{levels}", lambda: all(row["availability"] == levels.get(row["name"], row["availability"])
                                            for row in listed(hardware.port)))

    def told(self, rule=None):
        return [f"{'+' if item['firing'] else '-'}{item['subject']}" for attempt in self.hook.accepted()
                for item in attempt.json["items"] if rule in (None, attempt.json["rule"])]

    def alert(self, hardware, *words, status=0):
        command = [f"{BIN}/vacancy", "alert", *words, "--url", f"http://127.0.0.1:{hardware.port}", "--token-file", self.token]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout + done.stderr

    def test_every_condition(self):
        hardware = self.hardware(**self.keys(
            {"name": "high", "when": {"reaches": "HIGH"}, "profiles": ["Amazon/*"]},
            {"name": "gone", "when": {"below": "MEDIUM"}, "profiles": ["Azure/*"]},
            {"name": "empty", "when": {"set": "cfd"}},
            {"name": "blind", "when": {"blind": "lev*"}, "severity": "critical"}))
        eventually("nothing is left at first", lambda: self.told() == ["+Azure/H16mr", "+cfd"])
        self.turn(hardware, c5="HIGH")
        eventually("it is there", lambda: self.told("high") == ["+Amazon/c5"] and self.told("empty") == ["+cfd", "-cfd"])
        self.turn(hardware, H16mr="MEDIUM")
        eventually("the other, too", lambda: self.told("gone") == ["+Azure/H16mr", "-Azure/H16mr"])
        self.assertEqual(self.told("blind"), [])
        self.levels.fails = True
        eventually("the source is gone", lambda: self.told("blind") == ["+levels"])
        eventually("so is the level", lambda: self.told("high") == ["+Amazon/c5", "-Amazon/c5"])
        blind = next(attempt.json for attempt in self.hook.accepted() if attempt.json["rule"] == "blind")
        self.assertEqual((blind["severity"], blind["title"]),
                         ("critical", "Vacancy is blind for probe levels: none of its 2 profiles is fresh"))
        self.assertEqual(self.told("gone"), ["+Azure/H16mr", "-Azure/H16mr"], "nobody knows whether it is gone")
        hardware.stop()

    def test_a_budget_that_is_nearly_spent(self):
        # Budgets are looked at every 30 s.
        probe = self.levels.probe(budget=["4/1h"])
        hardware = self.hardware(**self.keys({"name": "spent", "when": {"budget": "*", "left": 0.5}}, probes=[probe]))
        eventually("it is told", lambda: self.told() == ["+levels"])
        self.assertRegex(self.hook.accepted()[0].json["title"], r"^Probe levels has (0|25) % of a budget left$")
        hardware.stop()

    def test_replay_tells_what_was_sent(self):
        hardware = self.hardware(**self.keys({"name": "high", "when": {"reaches": "HIGH"}},
                                             {"name": "empty", "when": {"set": "cfd", "at_least": "HIGH"}}))
        for level in ("HIGH", "LOW", "HIGH", "MEDIUM", "HIGH"):
            self.turn(hardware, c5=level, H16mr=level)
        eventually("all is told", lambda: self.told("high")[-1:] == ["+Azure/H16mr"] and len(self.told("high")) == 10)
        replayed = json.loads(self.alert(hardware, "replay", "--since", "1h", "--json"))["messages"]
        sent = [attempt.json for attempt in self.hook.accepted()]
        for rule in ("high", "empty"):
            self.assertEqual([message for message in replayed if message["rule"] == rule],
                             [message for message in sent if message["rule"] == rule])
        draft = self.directory / "draft.yaml"
        draft.write_text(json.dumps([AT_ONCE | {"name": "draft", "when": {"below": "HIGH"}, "group_by": ["provider"]}]))
        text = self.alert(hardware, "replay", "--rules", str(draft))
        self.assertIn("Amazon/c5 is MEDIUM (was HIGH)", text)
        self.assertEqual(self.hook.accepted()[-1].json["rule"], sent[-1]["rule"], "nothing was sent")
        self.assertIn("unknown key", self.alert(hardware, "replay", "--rules", self.levels_file("nmae"), status=2))
        hardware.stop()

    def levels_file(self, key):
        file = self.directory / "wrong.yaml"
        file.write_text(f"- {{{key}: x}}\n")
        return str(file)

    def test_the_command_line_lists_and_tries(self):
        hardware = self.hardware(**self.keys({"name": "high", "when": {"reaches": "HIGH"}}))
        self.assertEqual(self.alert(hardware, "test", "hook"), "hook has taken the test message\n")
        self.assertEqual(self.hook.attempts[0].json["kind"], "test")
        self.hook.behave = lambda number: 400
        self.assertIn("hook: answered 400", self.alert(hardware, "test", "hook", status=1))
        self.turn(hardware, c5="HIGH")
        eventually("a dead letter", lambda: "1 dead" in self.alert(hardware, "list"))
        self.assertRegex(self.alert(hardware, "list"), r"firing +Amazon/c5  HIGH  since [^\n]*\n")
        self.hook.behave = lambda number: 200
        self.assertEqual(self.alert(hardware, "retry"), "1 message is tried again\n")
        eventually("it arrives", lambda: self.told() == ["+Amazon/c5"])
        hardware.stop()

    def test_a_dead_letter_does_not_come_after_a_later_message(self):
        self.hook.behave = lambda number: 400 if number == 0 else 200
        hardware = self.hardware(**self.keys({"name": "high", "when": {"reaches": "HIGH"}}))
        self.turn(hardware, c5="HIGH")
        eventually("a dead letter", lambda: "1 dead" in self.alert(hardware, "list"))
        self.turn(hardware, c5="LOW")
        eventually("it is over", lambda: self.told() == ["-Amazon/c5"])
        eventually("that is written", lambda: "0 waiting" in self.alert(hardware, "list"))
        self.assertEqual(self.alert(hardware, "retry"),
                         "0 messages are tried again\n1 is not: later messages about the same group have arrived\n")
        dead = json.loads(self.alert(hardware, "list", "--json"))["dead"][0]["id"]
        self.assertIn("this one would come out of order", self.alert(hardware, "retry", dead, status=2))
        hardware.stop()

    def test_rules_are_tried_before_there_is_a_receiver(self):
        hardware = self.hardware(**self.keys() | {"alerts": {}})
        self.turn(hardware, c5="HIGH")
        draft = self.directory / "draft.yaml"
        draft.write_text(json.dumps([AT_ONCE | {"name": "draft", "when": {"reaches": "HIGH"}, "send_to": ["later"]}]))
        self.assertIn("Amazon/c5 is HIGH", self.alert(hardware, "replay", "--rules", str(draft)))
        hardware.stop()

    def test_a_condition_of_another_kind_ends_the_alerts_under_their_names(self):
        hardware = self.hardware(**self.keys({"name": "r", "when": {"reaches": "HIGH"}}))
        self.turn(hardware, c5="HIGH")
        eventually("it fires", lambda: self.told() == ["+Amazon/c5"])
        self.config("hardware.yaml", **self.keys({"name": "r", "when": {"set": "cfd", "at_least": "HIGH"}}))
        hardware.send(signal.SIGHUP)
        eventually("it is over", lambda: self.told() == ["+Amazon/c5", "-Amazon/c5"])
        message = self.hook.accepted()[-1].json
        self.assertEqual((message["items"][0]["about"], message["title"]),
                         ("profile", "Over: profile Amazon/c5 is no longer watched"))
        hardware.stop()

    def test_a_reload_changes_rules_and_a_restart_goes_on(self):
        hardware = self.hardware(**self.keys())
        self.turn(hardware, c5="HIGH")
        waiting = {"name": "high", "when": {"reaches": "HIGH"}, "for": "4s"}
        self.config("hardware.yaml", **self.keys(waiting))
        hardware.send(signal.SIGHUP)
        eventually("it is pending, or fires", lambda: "pending   Amazon/c5" in self.alert(hardware, "list") or self.told())
        hardware.kill()
        hardware = self.hardware(**self.keys(waiting))
        eventually("it fires", lambda: self.told() == ["+Amazon/c5"])
        self.config("hardware.yaml", **self.keys(waiting, {"name": "other", "when": {"reaches": "HIGH"}}))
        hardware.send(signal.SIGHUP)
        eventually("a new rule fires for what is there", lambda: self.told("other") == ["+Amazon/c5"])
        self.assertEqual(self.told("high"), ["+Amazon/c5"], "and the other one is undisturbed")
        wrong = self.keys(waiting)
        wrong["alerts"]["time_zone"] = "Europe/Atlantis"
        self.config("hardware.yaml", **wrong)
        hardware.send(signal.SIGHUP)
        eventually("it is refused", lambda: "the time zone 'Europe/Atlantis' cannot be read" in hardware.log())
        self.turn(hardware, c5="LOW")
        eventually("the rules are as before", lambda: self.told("other") == ["+Amazon/c5", "-Amazon/c5"])
        hardware.stop()
