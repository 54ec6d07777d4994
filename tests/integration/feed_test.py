"""GET /feed.atom: valid for who checks it, the same on all portals, and no feed where the history is away."""

import datetime
import json
import os
import pathlib
import signal
import subprocess
import urllib.parse
import xml.etree.ElementTree as ElementTree

import feedparser

from support import TestCase, eventually, listed, request

ATOM = "{http://www.w3.org/2005/Atom}"
SCHEMA = pathlib.Path(__file__).with_name("atom.rng")
# Whatever a source says, and whatever a profile is called.
NASTY = 'full: <b>4</b> & "8"]]> \x07\x1b[31m \ufffe \u202e€ 😀'
NAMES = ("a", 'b <&> "]]>\' 😀')


def invalid(document):
    """What is wrong with a feed, in lines: by the schema, by the rules of RFC 4287 that a schema cannot tell, and for a reader."""
    checked = subprocess.run(["xmllint", "--noout", "--nonet", "--relaxng", SCHEMA, "-"], input=document, capture_output=True)
    problems = [] if checked.returncode == 0 else checked.stderr.decode().splitlines()
    root = ElementTree.fromstring(document)
    entries = root.findall(f"{ATOM}entry")
    ids = [element.text for element in root.iter(f"{ATOM}id")]
    if len(ids) != len(set(ids)):
        problems.append("an id is not of one thing")
    dates = [datetime.datetime.fromisoformat(element.findtext(f"{ATOM}updated").replace("Z", "+00:00")) for element in entries]
    if dates != sorted(dates, reverse=True):
        problems.append("the newest is not the first")
    if entries and root.findtext(f"{ATOM}updated") != entries[0].findtext(f"{ATOM}updated"):
        problems.append("the feed is older than its newest entry, or newer")
    for element in (root, *entries):
        links = element.findall(f"{ATOM}link")
        relations = [link.get("rel") for link in links]
        if relations != (["self", "alternate"] if element is root else ["alternate"]):
            problems.append(f"links: {relations}")
        problems += [f"no absolute link: {link.get('href')}" for link in links if not urllib.parse.urlsplit(link.get("href")).netloc]
        problems += [f"an empty {name}" for name in ("title", "id") if not (element.findtext(ATOM + name) or "").strip()]
    read = feedparser.parse(document, response_headers={"content-type": "application/atom+xml"})
    if read.bozo or read.version != "atom10" or len(read.entries) != len(entries):
        problems.append(f"a reader has trouble: {read.get('bozo_exception')}, {read.version}")
    return problems


class FeedTest(TestCase):
    def says(self, **keys):
        """What the probe finds from now on."""
        new = self.directory / "new"
        new.write_text(json.dumps(keys))
        os.replace(new, self.directory / "answer")

    def service(self, **keys):
        self.says(level="LOW", reason="first")
        probe = {"name": "file", "kind": "exec", "ttl": "300ms", "timeout": "2s", "command": ["/bin/cat", f"{self.directory}/answer"]}
        hardware = self.hardware(profiles=[{"provider": "p", "name": name} for name in NAMES], probes=[probe | keys])
        eventually("all are measured", lambda: all(row["measured_at"] for row in listed(hardware.port)))
        return hardware

    def feed(self, portal, query="", **options):
        """The entries of a feed, which is valid."""
        answer = request(portal.port, f"/feed.atom{query}", **options)
        self.assertEqual(answer.status, 200, answer.text)
        self.assertEqual(answer.headers["Content-Type"], "application/atom+xml")
        self.assertEqual(invalid(answer.body), [], answer.text)
        return feedparser.parse(answer.body).entries

    def until(self, portal, title, query="", times=1):
        return eventually(title, lambda: sum(entry.title == title for entry in self.feed(portal, query)) == times and self.feed(portal, query))

    def test_whatever_happens_the_feed_is_valid_and_its_links_lead_somewhere(self):
        portal = self.portal(self.service().port)
        self.assertEqual(self.feed(portal), [], "a first level is no change")
        self.says(level="HIGH", reason=NASTY)
        entries = self.until(portal, f"p {NAMES[1]} is HIGH")
        self.assertEqual({entry.title for entry in entries}, {f"p {name} is HIGH" for name in NAMES})
        self.assertIn('LOW → HIGH: full: <b>4</b> & "8"]]> ', entries[0].summary)
        for entry in entries:
            self.assertEqual(request(portal.port, urllib.parse.urlsplit(entry.link).path).status, 200, entry.link)
        newest = feedparser.parse(request(portal.port, "/feed.atom").body).feed
        query = f"?name={urllib.parse.quote(NAMES[1])}&level=HIGH&limit=1"
        self.assertEqual([entry.id for entry in self.feed(portal, query)], [entry.id for entry in entries if NAMES[1] in entry.title])
        self.assertNotEqual(feedparser.parse(request(portal.port, f"/feed.atom{query}").body).feed.id, newest.id)
        self.assertEqual(self.feed(portal, "?level=LOW"), [])

    def test_an_entry_stays_itself_on_every_portal(self):
        hardware = self.service()
        one, other = self.portal(hardware.port), self.portal(hardware.port, config="other.yaml", portal={"public_url": "https://hpc.example/v"})
        self.says(level="HIGH")
        first = self.until(one, "p a is HIGH", "?name=a")
        self.assertEqual([entry.id for entry in self.until(other, "p a is HIGH", "?name=a")], [first[0].id])
        self.assertEqual(self.feed(other)[0].link.split("/profile/")[0], "https://hpc.example/v")
        self.says(level="LOW")
        later = self.until(one, "p a is LOW", "?name=a")
        self.assertEqual(later[1], first[0])
        answer = request(one.port, "/feed.atom?name=a")
        again = request(one.port, "/feed.atom?name=a", headers={"If-None-Match": answer.headers["ETag"]})
        self.assertEqual((again.status, again.body), (304, b""))
        self.assertIn("GMT", answer.headers["Last-Modified"])

    def test_lost_freshness_is_told_while_it_lasts_and_stays_told(self):
        portal = self.portal(self.service(ttl="1s").port)
        os.remove(self.directory / "answer")
        lost = self.until(portal, "p a is UNKNOWN", "?name=a")
        self.assertEqual([entry.title for entry in lost], ["p a is UNKNOWN", "p a is LOW (stale)"])
        self.assertEqual(lost[1].summary, "LOW → LOW (stale): there is no newer measurement")
        self.says(level="LOW", reason="back")
        back = self.until(portal, "p a is LOW", "?name=a")
        self.assertEqual(back[0].summary, "UNKNOWN → LOW: back")
        self.assertEqual([entry.id for entry in back[1:]], [entry.id for entry in lost])

    def test_there_is_no_empty_feed_while_the_history_is_away(self):
        hardware = self.service()
        portal = self.portal(hardware.port)
        self.says(level="HIGH")
        self.until(portal, "p a is HIGH", "?name=a")
        hardware.send(signal.SIGSTOP)
        answer = request(portal.port, "/feed.atom?name=a&limit=7")  # of which no answer is kept
        self.assertEqual(answer.status, 503, answer.text)
        self.assertGreaterEqual(int(answer.headers["Retry-After"]), 1)
        hardware.send(signal.SIGCONT)
        self.until(portal, "p a is HIGH", "?name=a&limit=7")
