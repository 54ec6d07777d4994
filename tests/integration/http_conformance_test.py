"""Raw requests, each with what RFC 9110 or 9112 asks for, against the real portal and the real hardware service."""

import re
import socket
import unittest

from support import PATIENCE, TestCase

TOKEN = "0123456789abcdef"
HOST = b"Host: x\r\n"
LIST = b"/api/v1/hardware"
PROFILE = b'{"provider":"p","name":"%s"}'
JSON = b"Content-Type: application/json\r\nAuthorization: Bearer " + TOKEN.encode() + b"\r\n"


def get(target=b"/healthz", headers=HOST, version=b"HTTP/1.1", method=b"GET"):
    return b"%s %s %s\r\n%s\r\n" % (method, target, version, headers)


def post(body, headers, version=b"HTTP/1.1"):
    return b"POST /hardware/ %s\r\n%s%s%s\r\n%s" % (version, HOST, JSON, headers, body)


def chunked(chunks, headers=b"Transfer-Encoding: chunked\r\n", version=b"HTTP/1.1"):
    return post(chunks, headers, version)


def chunk(name):
    body = PROFILE % name
    return b"%x\r\n%s\r\n" % (len(body), body)


def coded(value):
    return get(LIST, HOST + b"Transfer-Encoding: " + value + b"\r\n") + b"0\r\n\r\n"


def hosted(*values):
    return get(LIST, b"".join(b"Host: " + value + b"\r\n" for value in values))


OPEN, CLOSED = "stays open", "is closed"
# Service, section, request, status, and whether the connection goes on.
TABLE = [
    # The request line.
    ("portal", "9112 2.2 an empty line before a request", b"\r\n" + get(LIST), 200, OPEN),
    ("portal", "9112 2.2 empty lines before a request", b"\r\n\r\n\r\n" + get(LIST), 200, OPEN),
    ("portal", "9112 2.2 a bare LF before a request", b"\n" + get(LIST), 400, CLOSED),
    ("portal", "9112 2.2 lines that end with LF", b"GET / HTTP/1.1\nHost: x\n\n", 400, CLOSED),
    ("portal", "9112 2.2 a line of the head that ends with LF", b"GET / HTTP/1.1\r\nHost: x\n\r\n", 400, CLOSED),
    ("portal", "9112 2.2 a bare CR in a value", get(LIST, HOST + b"A: b\rC: d\r\n"), 400, CLOSED),
    ("portal", "9112 2.2 a blank before the first header", b"GET / HTTP/1.1\r\n Host: x\r\n\r\n", 400, CLOSED),
    ("portal", "9112 2.3 a version of another form", get(LIST, version=b"HTTP/1"), 400, CLOSED),
    ("portal", "9112 2.3 a version in lower case", get(LIST, version=b"http/1.1"), 400, CLOSED),
    ("portal", "9112 2.3 a version with two digits", get(LIST, version=b"HTTP/1.10"), 400, CLOSED),
    ("portal", "9110 15.6.6 HTTP/2.0", get(LIST, version=b"HTTP/2.0"), 505, CLOSED),
    ("portal", "9110 15.6.6 HTTP/3.0", get(LIST, version=b"HTTP/3.0"), 505, CLOSED),
    ("portal", "9110 15.6.6 the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, CLOSED),
    ("portal", "9110 2.5 HTTP/1.2 is read as 1.1", get(LIST, version=b"HTTP/1.2"), 200, OPEN),
    ("portal", "9110 2.5 HTTP/1.9 without a host", get(LIST, b"", b"HTTP/1.9"), 400, CLOSED),
    ("portal", "9112 3 HTTP/0.9", b"GET /\r\n", 400, CLOSED),
    ("portal", "9112 3 two blanks", b"GET  / HTTP/1.1\r\n" + HOST + b"\r\n", 400, CLOSED),
    ("portal", "9112 3 a blank at the end", b"GET / HTTP/1.1 \r\n" + HOST + b"\r\n", 400, CLOSED),
    ("portal", "9112 3 a tab instead of a blank", b"GET\t/\tHTTP/1.1\r\n" + HOST + b"\r\n", 400, CLOSED),
    ("portal", "9112 3 a blank in the target", get(b"/a b"), 400, CLOSED),
    ("portal", "9112 3 no request at all", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, CLOSED),
    ("portal", "9112 3 a target that is too long", get(b"/" + b"x" * 20_000), 414, CLOSED),
    ("portal", "9110 5.4 headers that are too long", get(LIST, HOST + b"A: " + b"x" * 20_000 + b"\r\n"), 431, CLOSED),
    ("portal", "9110 9.1 a method that nobody knows", get(LIST, method=b"FETCH"), 501, OPEN),
    ("portal", "9110 9.1 methods have a case", get(LIST, method=b"get"), 501, OPEN),
    ("portal", "9110 9.3.6 CONNECT", get(b"x:80", method=b"CONNECT"), 501, OPEN),
    ("portal", "9110 15.5.6 a method that the path has not", get(LIST, method=b"DELETE"), 405, OPEN),
    ("portal", "9110 9.3.8 TRACE", get(LIST, method=b"TRACE"), 405, OPEN),
    # The target.
    ("portal", "9112 3.2.2 absolute form", get(b"http://x" + LIST), 200, OPEN),
    ("portal", "9112 3.2.2 absolute form over TLS", get(b"https://x:443" + LIST), 200, OPEN),
    ("portal", "9112 3.2.2 absolute form, another host", get(b"http://other" + LIST), 200, OPEN),
    ("portal", "9112 3.2.2 absolute form, HTTP/1.0", get(b"http://x" + LIST, b"", b"HTTP/1.0"), 200, CLOSED),
    ("portal", "9112 3.2.2 absolute form without a path", get(b"http://x"), 200, OPEN),
    ("portal", "9112 3.2.2 absolute form with a query alone", get(b"http://x?limit=1"), 200, OPEN),
    ("portal", "9112 3.2.2 absolute form does not spare the host", get(b"http://x" + LIST, b""), 400, CLOSED),
    ("portal", "9110 4.2.4 absolute form with a user", get(b"http://u@x" + LIST), 400, OPEN),
    ("portal", "9110 7.4 another scheme", get(b"ftp://x" + LIST), 400, OPEN),
    ("portal", "9112 3.2.3 authority form", get(b"x:80"), 400, OPEN),
    ("portal", "9112 3.2 a path without a slash", get(b"api"), 400, OPEN),
    ("portal", "9112 3.2.1 a fragment", get(LIST + b"#a"), 400, CLOSED),
    ("portal", "9112 3.2.4 asterisk form", get(b"*", method=b"OPTIONS"), 204, OPEN),
    ("hardware", "9112 3.2.4 asterisk form", get(b"*", method=b"OPTIONS"), 204, OPEN),
    ("portal", "9112 3.2.4 asterisk form as absolute form", get(b"http://x", method=b"OPTIONS"), 204, OPEN),
    ("portal", "9112 3.2.4 asterisk form with another method", get(b"*"), 400, OPEN),
    ("portal", "9110 9.3.7 OPTIONS of a page", get(b"/", method=b"OPTIONS"), 204, OPEN),
    ("hardware", "9110 9.3.7 OPTIONS of the list", get(b"/hardware/", method=b"OPTIONS"), 204, OPEN),
    ("portal", "9110 9.3.2 HEAD", get(LIST, method=b"HEAD"), 200, OPEN),
    # Host.
    ("portal", "9112 3.2 no host", get(LIST, b""), 400, CLOSED),
    ("hardware", "9112 3.2 no host", get(b"/hardware/", b""), 400, CLOSED),
    ("portal", "9112 3.2 no host, HTTP/1.0", get(LIST, b"", b"HTTP/1.0"), 200, CLOSED),
    ("portal", "9112 3.2 two hosts", hosted(b"x", b"x"), 400, CLOSED),
    ("portal", "9112 3.2 two hosts that differ", hosted(b"x", b"y"), 400, CLOSED),
    ("portal", "9112 3.2 two hosts, HTTP/1.0", get(LIST, HOST + HOST, b"HTTP/1.0"), 400, CLOSED),
    *[("portal", f"9112 3.2 host {host!r}", hosted(host), 400, CLOSED)
      for host in [b"", b":80", b"x y", b"x,y:1:2", b"u@x", b"x/", b"http://x", b"x:y", b"x:99999999", b"[::1", b"[x]", b"x\x00y"]],
    *[("portal", f"9110 7.2 host {host!r}", hosted(host), 200, OPEN)
      for host in [b"x:5000", b"127.0.0.1", b"[::1]:5000", b"a_b.example", b"X.EXAMPLE."]],
    # Headers.
    ("portal", "9112 5.1 a blank before the colon", get(LIST, HOST + b"A : b\r\n"), 400, CLOSED),
    ("portal", "9112 5.2 a folded header", get(LIST, HOST + b"A: b\r\n c\r\n"), 400, CLOSED),
    ("portal", "9112 5 a header without a colon", get(LIST, HOST + b"A\r\n"), 400, CLOSED),
    ("portal", "9112 5 a header without a name", get(LIST, HOST + b": a\r\n"), 400, CLOSED),
    ("portal", "9110 5.6.2 a name with a character of no token", get(LIST, HOST + b"A(b): c\r\n"), 400, CLOSED),
    ("portal", "9110 5.5 NUL in a value", get(LIST, HOST + b"A: b\x00c\r\n"), 400, CLOSED),
    ("portal", "9110 5.5 an empty value", get(LIST, HOST + b"A:\r\n"), 200, OPEN),
    ("portal", "9110 5.1 names have no case", get(LIST, b"hOST: x\r\n"), 200, OPEN),
    # How long a message is.
    *[("portal", f"9112 6.1 Transfer-Encoding: {value.decode()}", coded(value), 501, CLOSED)
      for value in [b"gzip", b"identity", b"xchunked", b"chunked;a=b", b'"chunked"']],
    ("portal", "9110 5.5 a control character around a coding", coded(b"\x0bchunked"), 400, CLOSED),
    *[("portal", f"9112 6.3 Transfer-Encoding: {value.decode()}", coded(value), 400, CLOSED)
      for value in [b"chunked, gzip", b"gzip, chunked", b"chunked, chunked", b"chunked\r\nTransfer-Encoding: chunked",
                    b"chunked\r\nContent-Length: 5"]],
    ("hardware", "9112 6.1 gzip", chunked(chunk(b"a") + b"0\r\n\r\n", b"Transfer-Encoding: gzip, chunked\r\n"), 400, CLOSED),
    ("hardware", "9112 6.1 HTTP/1.0 with chunks", chunked(chunk(b"b") + b"0\r\n\r\n", version=b"HTTP/1.0"), 400, CLOSED),
    ("portal", "9112 6.1 HTTP/1.0 with chunks", get(LIST, b"Transfer-Encoding: chunked\r\n", b"HTTP/1.0") + b"0\r\n\r\n", 400, CLOSED),
    ("hardware", "9112 6.1 both lengths",
     chunked(b"0\r\n\r\n", b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), 400, CLOSED),
    *[("hardware", f"9112 6.3 Content-Length: {value.decode()}", post(b"x" * 5, b"Content-Length: " + value + b"\r\n"), 400, CLOSED)
      for value in [b"-5", b"+5", b"0x5", b"5x", b"5 5", b"5, 6", b"5\r\nContent-Length: 6", b"99999999999999999999"]],
    ("hardware", "9110 8.6 a body", post(PROFILE % b"c", b"Content-Length: 27\r\n"), 201, OPEN),
    ("hardware", "9110 15.5.14 a body that is too large", post(b"", b"Content-Length: 99999999\r\n"), 413, CLOSED),
    # Chunks.
    ("hardware", "9112 7.1 chunks", chunked(chunk(b"d") + b"0\r\n\r\n"), 201, OPEN),
    ("hardware", "9112 7 the coding has no case", chunked(chunk(b"e") + b"0\r\n\r\n", b"Transfer-Encoding: CHUNKED\r\n"), 201, OPEN),
    ("hardware", "9112 7.1.1 an extension", chunked(chunk(b"f").replace(b"\r\n", b';a="b;c"\r\n', 1) + b"0;x=y\r\n\r\n"), 201, OPEN),
    ("hardware", "9112 7.1.2 a trailer", chunked(chunk(b"g") + b"0\r\nA: b\r\n\r\n"), 201, OPEN),
    *[("hardware", f"9112 7.1 {chunks!r}", chunked(chunks), 400, CLOSED)
      for chunks in [b"1;a\nb\r\nx\r\n", b"1;a=\n\r\nx", b'1;a="\n"\r\nx', b"1;a\x00\r\nx", b'1;a="\x00"\r\nx', b"1\nx\n0\n\n", b"1\r\nxy\r\n",
                     b"1\r\nx\n0\r\n\r\n", b"-1\r\n", b"0x1\r\n", b"\r\n", b"g\r\n", b"1 \r\nx", b"1;\r\nx", b"11111111111111111\r\n",
                     b"0\r\nA\r\n\r\n", b"0\r\n\n"]],
    *[("portal", f"9112 7.1 {chunks!r}, where none are wanted",
       get(LIST, HOST + b"Transfer-Encoding: chunked\r\n") + chunks, 400, CLOSED)
      for chunks in [b"1;a\nb\r\nx\r\n", b"1;a=\n\r\nx", b"1;a\x00\r\nx", b"1\nx\n0\n\n"]],
    ("portal", "9110 9.3.1 a body that nobody wants", get(LIST, HOST + b"Content-Length: 5\r\n") + b"hello", 200, CLOSED),
    # Expectations.
    ("hardware", "9110 10.1.1 another expectation", post(PROFILE % b"h", b"Content-Length: 27\r\nExpect: magic\r\n"), 417, CLOSED),
    ("hardware", "9110 10.1.1 HTTP/1.0 is not told to go on",
     post(PROFILE % b"i", b"Content-Length: 27\r\nExpect: 100-continue\r\n", b"HTTP/1.0"), 201, CLOSED),
    ("hardware", "9110 10.1.1 a wrong token is told at once",
     b"POST /hardware/ HTTP/1.1\r\nHost: x\r\nContent-Length: 27\r\nExpect: 100-continue\r\n\r\n", 401, CLOSED),
    # Connections.
    ("portal", "9112 9.3 HTTP/1.1 stays", get(LIST), 200, OPEN),
    ("portal", "9112 9.3 HTTP/1.1 that closes", get(LIST, HOST + b"Connection: close\r\n"), 200, CLOSED),
    ("portal", "9110 7.6.1 options have no case", get(LIST, HOST + b"Connection: CLOSE\r\n"), 200, CLOSED),
    ("portal", "9110 7.6.1 one of several options", get(LIST, HOST + b"Connection: a, close\r\n"), 200, CLOSED),
    ("portal", "9110 5.3 options in several lines", get(LIST, HOST + b"Connection: a\r\nConnection: close\r\n"), 200, CLOSED),
    ("portal", "9112 9.3 HTTP/1.0 closes", get(LIST, b"", b"HTTP/1.0"), 200, CLOSED),
    ("portal", "9112 9.3 HTTP/1.0 that stays", get(LIST, b"Connection: keep-alive\r\n", b"HTTP/1.0"), 200, OPEN),
    ("portal", "9112 9.3 close wins", get(LIST, b"Connection: keep-alive, close\r\n", b"HTTP/1.0"), 200, CLOSED),
    ("portal", "9112 9.3 a stream to HTTP/1.0",
     get(b"/api/v1/hardware.csv", b"Connection: keep-alive\r\n", b"HTTP/1.0"), 200, CLOSED),
    # Authentication.
    *[("hardware", f"9110 11.1 the scheme {scheme.decode()}",
       get(b"/hardware/probes", HOST + b"Authorization: " + scheme + b" " + TOKEN.encode() + b"\r\n"), status, OPEN)
      for scheme, status in [(b"Bearer", 200), (b"bearer", 200), (b"BEARER", 200), (b"bEaReR ", 200), (b"Basic", 401), (b"Bearerx", 401)]],
    ("hardware", "9110 11.6.1 nothing", get(b"/hardware/probes"), 401, OPEN),
]


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.rest = b""

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def receive(self):
        piece = self.socket.recv(65536)
        self.rest += piece
        return piece

    def until(self, end):
        while end not in self.rest and self.receive():
            pass
        found, _, self.rest = self.rest.partition(end)
        return found

    def answer(self, head_only=False):
        """Status, headers (the last of each name, in lower case), and body."""
        start, *lines = self.until(b"\r\n\r\n").decode().split("\r\n")
        if not start:
            return 0, {}, b""
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        status = int(start.split()[1])
        if head_only or status in (100, 204, 304):
            return status, headers, b""
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(self.until(b"\r\n"), 16):
                while len(self.rest) < size + 2 and self.receive():
                    pass
                body, self.rest = body + self.rest[:size], self.rest[size + 2:]
            self.until(b"\r\n")
            return status, headers, body
        size = int(headers["content-length"]) if "content-length" in headers else 1 << 30
        while len(self.rest) < size and self.receive():
            pass
        body, self.rest = self.rest[:size], self.rest[size:]
        return status, headers, body

    def closed(self):
        """Has the other side ended the connection, in good order?"""
        while self.receive():
            pass
        return self.rest == b""


class HttpConformanceTest(TestCase):
    def setUp(self):
        super().setUp()
        (self.directory / "token").write_text(TOKEN)
        profiles = [f"p/a{i:03}" for i in range(60)]
        hardware = self.hardware(hardware={"admin_token_file": "token"}, profiles=profiles)
        self.ports = {"hardware": hardware.port, "portal": self.portal(hardware.port).port}

    def client(self, service="portal"):
        client = Client(self.ports[service])
        self.addCleanup(client.close)
        return client

    def ask(self, sent, service="portal"):
        client = self.client(service)
        client.send(sent)
        return client.answer(sent.startswith(b"HEAD "))

    def test_each_request_of_the_table(self):
        self.assertGreaterEqual(len(TABLE), 80)
        for service, rule, sent, status, fate in TABLE:
            with self.subTest(f"{service}: RFC {rule}"):
                client = self.client(service)
                client.send(sent)
                answered, headers, _ = client.answer(sent.startswith(b"HEAD "))
                self.assertEqual(answered, status)
                if fate == CLOSED:
                    self.assertEqual(headers.get("connection"), "close")
                    self.assertTrue(client.closed())
                else:
                    self.assertNotEqual(headers.get("connection"), "close")
                    client.send(get(b"/nothing"))
                    self.assertEqual(client.answer()[0], 404, "the connection goes on where it should")

    def test_what_comes_after_a_request_that_is_wrong_is_no_request(self):
        for sent in [b"GET / HTTP/1.1\r\n\r\n", get(LIST, HOST + b"Transfer-Encoding: gzip\r\n"), get(LIST, HOST + HOST),
                     get(LIST, HOST + b"Transfer-Encoding: chunked\r\n") + b"1;\n\r\n"]:
            client = self.client()
            client.send(sent + get(LIST))
            self.assertIn(client.answer()[0], (400, 501))
            self.assertTrue(client.closed())

    def test_a_client_of_an_old_version_is_told_that_it_may_stay(self):
        status, headers, _ = self.ask(get(LIST, b"Connection: Keep-Alive\r\n", b"HTTP/1.0"))
        self.assertEqual((status, headers["connection"]), (200, "keep-alive"))
        self.assertNotIn("connection", self.ask(get(LIST))[1])

    def test_a_stream_to_an_old_client_ends_with_the_connection(self):
        client = self.client()
        client.send(get(b"/api/v1/events", b"", b"HTTP/1.0"))
        head = client.until(b"\r\n\r\n")
        self.assertNotRegex(head, b"(?i)transfer-encoding")
        self.assertIn(b"Connection: close", head)
        client.until(b"event: snapshot\n")

    def test_lists_may_come_in_several_lines(self):
        status, headers, _ = self.ask(get(b"/assets/style.css"))
        tag = headers["etag"].encode()
        for name, first, second, wanted in [
                (b"If-None-Match", b'"other"', tag, (304, None)), (b"If-None-Match", tag, b'"other"', (304, None)),
                (b"If-None-Match", b'"a"', b'"b"', (200, None)), (b"Accept-Encoding", b"br", b"gzip", (200, "gzip")),
                (b"Accept-Encoding", b"gzip;q=0", b"*", (200, None))]:
            lines = b"%s: %s\r\n%s: %s\r\n" % (name, first, name, second)
            status, headers, _ = self.ask(get(b"/assets/style.css", HOST + lines))
            self.assertEqual((status, headers.get("content-encoding")), wanted, lines)

    def test_options_say_what_may_be_asked(self):
        self.assertEqual(self.ask(get(b"/", method=b"OPTIONS"))[1]["allow"], "GET, HEAD, OPTIONS")
        allowed = self.ask(get(b"*", method=b"OPTIONS"), "hardware")[1]["allow"].split(", ")
        self.assertLessEqual({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"}, set(allowed))

    def test_go_on_is_said_when_the_body_is_wanted(self):
        client = self.client("hardware")
        client.send(post(b"", b"Content-Length: 27\r\nExpect: 100-Continue\r\n"))
        self.assertEqual(client.answer()[0], 100)
        client.send(PROFILE % b"z")
        self.assertEqual(client.answer()[0], 201)

    def test_requests_may_come_in_any_pieces(self):
        client = self.client("hardware")
        for byte in chunked(chunk(b"y") + b"0\r\n\r\n") + get(b"/hardware/"):
            client.send(bytes([byte]))
        self.assertEqual(client.answer()[0], 201)
        self.assertEqual(client.answer()[0], 200)

    def test_errors_may_be_read_by_other_sites(self):
        for sent, status in [(get(b"/api/v1/nothing"), 404), (get(b"/nothing"), 404), (get(b"/badge/p/none.svg"), 404),
                             (get(LIST + b"?limt=1"), 400), (get(LIST, b""), 400), (get(LIST, method=b"DELETE"), 405),
                             (get(LIST), 200), (get(LIST, method=b"OPTIONS"), 204)]:
            answered, headers, _ = self.ask(sent)
            self.assertEqual((answered, headers.get("access-control-allow-origin")), (status, "*"), sent)
        page = self.ask(get(b"/", HOST + b"Accept: text/html\r\n"))[1]
        self.assertNotIn("access-control-allow-origin", page)
        self.assertTrue(page["content-security-policy"].endswith("; frame-ancestors 'self'"), page)

    def test_sites_that_are_named_may_show_pages_in_frames(self):
        sites = ["https://wiki.example.org", "https://*.example.net"]
        self.ports["framed"] = self.portal(self.ports["hardware"], config="framed.yaml", portal={"frame_ancestors": sites}).port
        policy = self.ask(get(b"/profile/p/a001", HOST + b"Accept: text/html\r\n"), "framed")[1]["content-security-policy"]
        self.assertTrue(policy.endswith("; frame-ancestors 'self' " + " ".join(sites)), policy)

    def test_names_are_refused_at_the_door(self):
        for name in [b".", b"..", b"-x", b"a\xe2\x80\x8bb", b"\xef\xbf\xbe"]:
            body = PROFILE % name
            status, _, said = self.ask(post(body, b"Content-Length: %d\r\n" % len(body)), "hardware")
            self.assertEqual(status, 400, said)
            self.assertIn(b"name ", said)

    def test_answers_have_what_they_must(self):
        status, headers, _ = self.ask(get(LIST))
        self.assertTrue(re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", headers["date"]), headers["date"])
        self.assertEqual(self.ask(get(LIST, method=b"HEAD"))[1].keys() - {"date"}, headers.keys() - {"date"})


if __name__ == "__main__":
    unittest.main()
