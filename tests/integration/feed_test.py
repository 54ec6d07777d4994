"""GET /feed.atom: valid for who checks it, the same on all portals, and no feed where the history is away."""

import datetime
import json
import os
import pathlib
import signal
import subprocess
import urllib.parse
import xml.etree.ElementTree as ElementTree

from support import TestCase, eventually, listed, request

ATOM = "{http://www.w3.org/2005/Atom}"
SCHEMA = pathlib.Path(__file__).with_name("atom.rng")
# Whatever a source says, and whatever a profile is called.
NASTY = 'full: <b>4</b> & "8"]]> \x07\x1b[31m \ufffe \u202e€ 😀'
# Debian's, for whichever python3 runs this.
READER = ("/usr/bin/python3", "-c", """
import feedparser, sys
read = feedparser.parse(sys.stdin.buffer.read(), response_headers={"content-type": "application/atom+xml"})
print(read.version, len(read.entries), read.get("bozo_exception", "no trouble"))""")
NAMES = ("a", 'b <&> "]]>\' €')


def texts(element):
    """Of a feed, or of an entry."""
    return {name: element.findtext(ATOM + name) for name in ("id", "title", "updated", "summary")} | {"link": element.find(f"{ATOM}link[@rel='alternate']").get("href")}


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
    known = subprocess.run(READER, input=document, capture_output=True, check=True).stdout.decode().strip()
    if known != f"atom10 {len(entries)} no trouble":
        problems.append(f"a reader has {known}")
    return problems


class FeedTest(TestCase):
    def says(self, **keys):
        """What the probe finds from now on."""
        new = self.directory / "new"
        new.write_text(json.dumps(keys))
        os.replace(new, self.directory / "answer")

    # FRESH for two periods: long enough on a busy machine.
    def service(self, ttl="1s"):
        self.says(level="LOW", reason="first")
        probe = {"name": "file", "kind": "exec", "ttl": ttl, "timeout": "9s", "command": ["/bin/cat", f"{self.directory}/answer"]}
        hardware = self.hardware(profiles=[{"provider": "p", "name": name} for name in NAMES], probes=[probe])
        eventually("all are measured", lambda: all(row["measured_at"] for row in listed(hardware.port)))
        return hardware

    @staticmethod
    def entries(document):
        return [texts(entry) for entry in ElementTree.fromstring(document).findall(f"{ATOM}entry")]

    def feed(self, portal, query=""):
        """The entries of a feed, which is valid."""
        answer = request(portal.port, f"/feed.atom{query}")
        self.assertEqual(answer.status, 200, answer.text)
        self.assertEqual(answer.headers["Content-Type"], "application/atom+xml")
        self.assertEqual(invalid(answer.body), [], answer.text)
        return self.entries(answer.body)

    def until(self, portal, titles, query):
        """The entries when these are there."""
        def there():
            answer = request(portal.port, f"/feed.atom{query}")
            return answer.status == 200 and set(titles) <= {entry["title"] for entry in self.entries(answer.body)}
        eventually(titles, there)
        return self.feed(portal, query)

    def test_whatever_happens_the_feed_is_valid_and_its_links_lead_somewhere(self):
        portal = self.portal(self.service().port)
        self.assertEqual(self.feed(portal, "?level=LOW"), [], "a first level is no change")
        self.says(level="HIGH", reason=NASTY)
        titles = [f"p {name} is HIGH" for name in NAMES]
        entries = self.until(portal, titles, "?level=HIGH")
        self.assertEqual(sorted(entry["title"] for entry in entries), titles)
        for entry in entries:
            self.assertIn('LOW → HIGH: full: <b>4</b> & "8"]]> ', entry["summary"])
            self.assertEqual(request(portal.port, urllib.parse.urlsplit(entry["link"]).path).status, 200, entry["link"])
        query = f"?name={urllib.parse.quote(NAMES[1])}&level=HIGH&limit=1"
        self.assertEqual(self.feed(portal, query), [entry for entry in entries if entry["title"] == titles[1]])
        feeds = {texts(ElementTree.fromstring(request(portal.port, f"/feed.atom{each}").body))["id"] for each in ("", query)}
        self.assertEqual(len(feeds), 2)

    def test_an_entry_stays_itself_on_every_portal(self):
        hardware = self.service()
        one, other = self.portal(hardware.port), self.portal(hardware.port, config="other.yaml", portal={"public_url": "https://hpc.example/v"})
        query = "?name=a&level=HIGH,LOW"
        self.says(level="HIGH")
        (first,) = self.until(one, ["p a is HIGH"], query)
        (same,) = self.until(other, ["p a is HIGH"], query)
        self.assertEqual(same | {"link": ""}, first | {"link": ""})
        self.assertEqual(same["link"], "https://hpc.example/v/profile/p/a")
        self.says(level="LOW")
        self.assertEqual(self.until(one, ["p a is LOW"], query)[1:], [first])
        answer = request(one.port, f"/feed.atom{query}")
        again = request(one.port, f"/feed.atom{query}", headers={"If-None-Match": answer.headers["ETag"]})
        self.assertEqual((again.status, again.body), (304, b""))
        self.assertIn("GMT", answer.headers["Last-Modified"])

    def test_lost_freshness_is_told_while_it_lasts_and_stays_told(self):
        portal = self.portal(self.service().port)
        os.remove(self.directory / "answer")
        lost = self.until(portal, ["p a is UNKNOWN"], "?name=a")
        self.assertEqual([entry["title"] for entry in lost[:2]], ["p a is UNKNOWN", "p a is LOW (stale)"])
        self.assertEqual(lost[1]["summary"], "LOW → LOW (stale): there is no newer measurement")
        self.says(level="LOW", reason="back")
        back = self.until(portal, ["p a is LOW"], "?name=a&level=LOW")
        self.assertEqual(back[0]["summary"], "UNKNOWN → LOW: back")
        whole = self.feed(portal, "?name=a")
        self.assertEqual([entry for entry in whole if entry in lost], lost)

    def test_there_is_no_empty_feed_while_the_history_is_away(self):
        hardware = self.service()
        portal = self.portal(hardware.port)
        hardware.send(signal.SIGSTOP)
        answer = request(portal.port, "/feed.atom")
        self.assertEqual(answer.status, 503, answer.text)
        self.assertGreaterEqual(int(answer.headers["Retry-After"]), 1)
        hardware.send(signal.SIGCONT)
        self.says(level="HIGH")
        self.until(portal, ["p a is HIGH"], "?level=HIGH")
