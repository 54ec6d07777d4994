"""Alerts arrive: at a webhook with faults, at a mail server, at Alertmanager; also when replicas are killed."""

import contextlib
import email
import email.policy
import itertools
import pathlib
import subprocess
import threading
import time

from support import PATIENCE, DatabaseCase, TestCase, eventually, listed
from alert_receivers import Alertmanager, Hook, Levels, Mailbox, make_certificate  # beside support's own imports

KEY = "the key of the hook"
AT_ONCE = {"keep_firing_for": "0s", "group_wait": "0s", "group_interval": "0s"}


def rule(**keys):
    return {"name": "up", "when": {"reaches": "HIGH"}} | AT_ONCE | keys


class Sending:
    """Mixed into test cases: a hardware service with alerts."""

    def setUp(self):
        super().setUp()
        self.levels = self.enterContext(Levels())

    def secret(self, name, content):
        file = self.directory / name
        file.write_text(content)
        return str(file)

    def sender(self, *receivers, names=("c5",), rules=(rule(),), number=0, **keys):
        keys = {"profiles": [{"provider": "Amazon", "name": name} for name in names], "probes": [self.levels.probe()],
                "alerts": {"receivers": list(receivers), "rules": list(rules)}} | keys
        return self.hardware(config=f"hardware-{number}.yaml", **keys)

    def webhook(self, hook, **keys):
        return {"name": "hook", "kind": "webhook", "url": hook.url, "secret_file": self.secret("key", KEY)} | keys

    def turn(self, hardware, level, *names):
        """Sets levels, and waits until they are measured."""
        for name in names:
            self.levels.levels[name] = level
        eventually(f"{names[0]} is {level}", lambda: all(
            row["availability"] == level for row in listed(hardware.port) if row["name"] in names))


class FaultsTest(Sending, TestCase):
    def test_a_message_is_signed_and_has_an_id(self):
        hook = self.enterContext(Hook())
        hardware = self.sender(self.webhook(hook))
        self.turn(hardware, "HIGH", "c5")
        eventually("a message", hook.accepted)
        self.turn(hardware, "LOW", "c5")
        eventually("that it is over", lambda: len(hook.accepted()) == 2)
        for attempt in hook.attempts:
            self.assertTrue(attempt.is_genuine(KEY))
            self.assertEqual(attempt.id, attempt.json["id"])
        self.assertEqual([item["firing"] for item in hook.items()["Amazon/c5"]], [True, False])
        self.assertEqual(hardware.metric(r'vacancy_alert_sent_total\{outcome="delivered",receiver="hook"\}'), 2)
        hardware.stop()

    def test_servers_that_fail_are_outlived_in_order(self):
        self.outlives([500, "drop", "cut", lambda: time.sleep(2) or 200])

    def test_an_answer_that_ends_within_its_head_is_none(self):
        self.outlives(["cut head"])

    def test_servers_that_refuse_are_outlived_in_order(self):
        elsewhere = self.enterContext(Hook())
        self.outlives([(429, [("Retry-After", "1")]), (307, [("Location", elsewhere.url)]), 503])
        self.assertEqual(elsewhere.attempts, [], "a redirect is not followed")

    def outlives(self, faults):
        """Three answers of a server refuse a message, and it waits for a minute: no more of them here."""
        hook = self.enterContext(Hook(lambda number: faults[number] if number < len(faults) else 200))
        hardware = self.sender(self.webhook(hook, timeout="1s"))
        for level in ("HIGH", "LOW", "HIGH"):
            self.turn(hardware, level, "c5")
        eventually("all are delivered", lambda: len(hook.accepted()) >= 3)
        self.assertEqual([item["firing"] for item in hook.items()["Amazon/c5"]], [True, False, True])
        self.assertGreater(len(hook.attempts), len(faults), "each fault was met")
        self.assertEqual(len({attempt.id for attempt in hook.attempts[:len(faults) + 1]}), 1, "and the message tried again")
        self.assertTrue(all(attempt.is_genuine(KEY) for attempt in hook.attempts))
        self.assertNotIn(KEY, hardware.log())
        hardware.stop()

    def test_a_refused_message_is_a_dead_letter(self):
        hook = self.enterContext(Hook(lambda number: 400 if number == 0 else 200))
        hardware = self.sender(self.webhook(hook))
        self.turn(hardware, "HIGH", "c5")
        self.turn(hardware, "LOW", "c5")
        eventually("the next one", hook.accepted)
        self.assertEqual(len(hook.attempts), 2)
        self.assertFalse(hook.accepted()[0].json["items"][0]["firing"])
        eventually("it is counted", lambda: hardware.metric(r'vacancy_alert_dead\{receiver="hook"\}') == 1)
        self.assert_logged(hardware, "answered 400")

    def test_a_restart_loses_nothing(self):
        hook = self.enterContext(Hook(lambda number: 503))
        hardware = self.sender(self.webhook(hook))
        self.turn(hardware, "HIGH", "c5")
        eventually("an attempt", lambda: hook.attempts)
        self.turn(hardware, "LOW", "c5")
        hardware.stop()
        hook.behave = lambda number: 200
        hardware = self.sender(self.webhook(hook))
        eventually("both are delivered", lambda: len(hook.accepted()) == 2)
        self.assertEqual([item["firing"] for item in hook.items()["Amazon/c5"]], [True, False])

    def test_services_get_what_they_read(self):
        hooks = {form: self.enterContext(Hook()) for form in ("slack", "mattermost", "teams", "ntfy", "pagerduty")}
        receivers = [{"name": form, "url": f"{hook.url}/topic", "template": form} for form, hook in hooks.items()]
        receivers[-1]["routing_key_file"] = self.secret("routing", "routing-key")
        hardware = self.sender(*receivers, names=("<!channel>",))
        self.turn(hardware, "HIGH", "<!channel>")
        bodies = {form: eventually(form, hook.accepted)[0].json for form, hook in hooks.items()}
        self.assertIn("Amazon/&lt;!channel&gt; is HIGH", bodies["slack"]["text"])
        self.assertIn(r"Amazon/\<\!channel\> is HIGH", bodies["mattermost"]["text"])
        card = bodies["teams"]["attachments"][0]["content"]["body"][0]["inlines"][0]["text"]
        self.assertIn("Amazon/<!channel> is HIGH", card)
        self.assertEqual(bodies["ntfy"]["topic"], "topic")
        self.assertEqual((bodies["pagerduty"]["routing_key"], bodies["pagerduty"]["event_action"]), ("routing-key", "trigger"))


class MailTest(Sending, TestCase):
    @classmethod
    def setUpClass(cls):
        root = pathlib.Path(__file__).resolve().parents[2]
        subprocess.run([root / "script/npm_packages"], check=True, timeout=PATIENCE)

    def setUp(self):
        super().setUp()
        self.certificate, self.key = make_certificate(self.directory)

    def mailbox(self, *arguments):
        return self.enterContext(Mailbox("--cert", self.certificate, "--key", self.key, *arguments))

    def to_mailbox(self, mailbox, scheme="smtp", **keys):
        return {"name": "mail", "kind": "email", "server": f"{scheme}://localhost:{mailbox.port}", "from": "vacancy@example.org",
                "to": ["a@example.org", "b@example.org"], "ca_file": str(self.certificate)} | keys

    def login(self):
        return {"username": "vacancy", "password_file": self.secret("password", "mail-password-7\n")}

    def test_a_mail_comes_over_tls(self):
        login = ("--user", "vacancy", "--password", "mail-password-7")
        mailboxes = [self.mailbox(*login), self.mailbox(*login, "--secure")]
        receivers = [self.to_mailbox(mailboxes[0], name="starttls", **self.login()),
                     self.to_mailbox(mailboxes[1], "smtps", name="smtps", **self.login())]
        hardware = self.sender(*receivers, names=("größe",))
        self.turn(hardware, "HIGH", "größe")
        for mailbox in mailboxes:
            mail = eventually("a mail", lambda mailbox=mailbox: mailbox.mails)[0]
            self.assertEqual((mail["from"], mail["to"], mail["secure"], mail["user"]),
                             ("vacancy@example.org", ["a@example.org", "b@example.org"], True, "vacancy"))
            parsed = email.message_from_bytes(mail["mail"].encode("latin1"), policy=email.policy.default)
            self.assertIn("Amazon/größe is HIGH", parsed["Subject"])
            self.assertIn("Amazon/größe is HIGH", parsed.get_content())
            self.assertEqual(parsed.defects, [])
        hardware.stop()

    def test_a_wrong_certificate_gets_no_mail(self):
        other, _ = make_certificate(self.directory, "other")
        mailboxes = [self.mailbox(), self.mailbox("--secure"), self.mailbox("--no-tls")]
        receivers = [self.to_mailbox(mailboxes[0], ca_file=str(other)), self.to_mailbox(mailboxes[1], "smtps", name="smtps", ca_file=str(other)),
                     self.to_mailbox(mailboxes[2], name="plain")]
        hardware = self.sender(*receivers)
        self.turn(hardware, "HIGH", "c5")
        for name in ("mail", "smtps"):
            eventually(name, lambda name=name: f"alerts to {name} are not delivered: certificate not trusted" in hardware.log())
        eventually("no TLS", lambda: "alerts to plain are not delivered: the mail server offers no encryption" in hardware.log())
        for mailbox in mailboxes:
            self.assertEqual(mailbox.mails, [])

    def test_what_the_server_refuses_is_told_without_the_password(self):
        mailbox = self.mailbox("--user", "vacancy", "--password", "another")
        hardware = self.sender(self.to_mailbox(mailbox, **self.login()))
        self.turn(hardware, "HIGH", "c5")
        eventually("it is told", lambda: "the mail server refuses: 535 no such login" in hardware.log())
        self.assertNotIn("mail-password-7", hardware.log())
        self.assertEqual(mailbox.mails, [])

    def test_one_wrong_address_does_not_keep_the_mail_from_the_others(self):
        mailbox = self.mailbox("--refuse", "b@example.org")
        hardware = self.sender(self.to_mailbox(mailbox))
        self.turn(hardware, "HIGH", "c5")
        self.assertEqual(eventually("a mail", lambda: mailbox.mails)[0]["to"], ["a@example.org"])
        eventually("it is told", lambda: "550 no such user b@example.org" in hardware.log())

    def test_an_address_that_is_put_off_gets_the_mail_later(self):
        mailbox = self.mailbox("--put-off", "a@example.org")
        hardware = self.sender(self.to_mailbox(mailbox))
        self.turn(hardware, "HIGH", "c5")
        eventually("both have it", lambda: [mail["to"] for mail in mailbox.mails] == [["b@example.org"], ["a@example.org"]])
        self.assertIn("the mail server refuses an address for now: 450 4.2.0 greylisted", hardware.log())
        hardware.stop()


class AlertmanagerTest(Sending, TestCase):
    def test_alertmanager_gets_holds_and_ends_alerts(self):
        if not Alertmanager.program:
            self.skipTest("no prometheus-alertmanager: script/bootstrap test installs it")
        hook = self.enterContext(Hook())
        alertmanager = self.enterContext(Alertmanager(self.directory, hook))
        receiver = {"name": "am", "kind": "alertmanager", "urls": ["http://127.0.0.1:1", alertmanager.url]}
        hardware = self.sender(receiver, names=("c5", "p4"))
        self.turn(hardware, "HIGH", "c5")
        alert = eventually("an alert", alertmanager.alerts)[0]
        self.assertEqual(alert["labels"], {"alertname": "up", "severity": "warning", "provider": "Amazon", "name": "c5"})
        self.assertEqual(alert["status"]["state"], "active")
        self.turn(hardware, "HIGH", "p4")
        eventually("two alerts", lambda: len(alertmanager.alerts()) == 2)
        hardware.stop()
        # A replica that takes over goes on repeating what fires.
        before = {alert["fingerprint"]: alert["updatedAt"] for alert in alertmanager.alerts()}
        hardware = self.sender(receiver, names=("c5", "p4"))
        eventually("both are repeated", lambda: all(
            alert["updatedAt"] > before[alert["fingerprint"]] for alert in alertmanager.alerts()))
        self.assertEqual(len(alertmanager.alerts()), 2)
        self.turn(hardware, "LOW", "c5")
        eventually("one has ended", lambda: [alert["labels"]["name"] for alert in alertmanager.alerts()] == ["p4"])

        def told():
            return [(alert["labels"]["name"], alert["status"]) for attempt in hook.attempts for alert in attempt.json["alerts"]]

        eventually("its end is sent on", lambda: ("c5", "resolved") in told())
        self.assertIn(("c5", "firing"), told())
        self.assertNotIn(("p4", "resolved"), told())


class ReplicasTest(Sending, DatabaseCase):
    """Two replicas on one database."""

    def replicas(self, hook, names, **keys):
        options = {"names": names, "hardware": {"lease": "2s"}} | keys
        return [self.sender(self.webhook(hook), number=number, **options) for number in range(2)]

    @staticmethod
    def sending(replicas):
        """The one that sends, and the other."""
        def is_sending(replica):
            return "evaluates and sends alerts" in replica.log()

        eventually("one sends", lambda: any(map(is_sending, replicas)))
        return sorted(replicas, key=is_sending, reverse=True)

    def assert_all_in_order(self, hook, names, turns):
        """Each profile's turns were told once each, in order; whatever came twice has the same id and says the same."""
        told = hook.items()
        for name in names:
            items = told[f"Amazon/{name}"]
            self.assertEqual([item["firing"] for item in items], [turn % 2 == 0 for turn in range(turns)], name)
            self.assertEqual([item["at"] for item in items], sorted(item["at"] for item in items))
        bodies = {}
        for attempt in hook.attempts:
            self.assertEqual(bodies.setdefault(attempt.id, attempt.body), attempt.body)

    def test_a_replica_that_is_killed_in_the_middle_of_a_delivery(self):
        held = threading.Event()
        self.addCleanup(held.set)
        hook = self.enterContext(Hook(lambda number: (lambda: held.wait(PATIENCE) and 200) if number == 0 else 200))
        names = [f"p{i}" for i in range(5)]
        replicas = self.replicas(hook, names, rules=[rule(group_by=["name"])])
        sender, other = self.sending(replicas)
        self.turn(other, "HIGH", *names)
        eventually("a delivery", lambda: hook.attempts)
        sender.kill()
        eventually("the other delivers all", lambda: len(hook.accepted()) == 5)
        self.turn(other, "LOW", *names)
        eventually("and what comes then", lambda: len(hook.accepted()) == 10)
        self.assert_all_in_order(hook, names, 2)
        self.assertEqual(len(hook.attempts), 11, "the one that was cut off came twice")
        self.assertEqual(len({attempt.id for attempt in hook.attempts}), 10)
        other.stop()

    def test_a_receiver_that_fails_and_replicas_that_are_killed(self):
        """1,000 transitions. The receiver fails for more than half of them. The replica that sends is killed meanwhile, and
        its successor in the middle of the deliveries that follow."""
        profiles, turns = 100, 10
        faults = itertools.cycle([503, "drop", "cut", 500])
        hook = self.enterContext(Hook(lambda number: next(faults)))
        names = [f"p{i:03}" for i in range(profiles)]
        options = {"names": names, "rules": [rule(group_by=["name"])], "hardware": {"lease": "2s"}}
        first, second = self.sending(self.replicas(hook, names, rules=options["rules"]))
        for turn in range(turns):
            self.turn(second, "LOW" if turn % 2 else "HIGH", *names)
            if turn == 3:
                first.kill()
            if turn == 5:
                third = self.sender(self.webhook(hook), number=2, **options)
                hook.behave = lambda number: 200
                eventually("deliveries", lambda: len(hook.accepted()) > 20)
                second.kill()
                second = third
        with contextlib.suppress(AssertionError):  # what is missing is told below
            eventually("all are told", lambda: sum(map(len, hook.items().values())) >= profiles * turns)
        self.assert_all_in_order(hook, names, turns)
        self.assertEqual(second.metric(r"vacancy_alert_dead\{[^}]*\}"), 0)
        second.stop()
