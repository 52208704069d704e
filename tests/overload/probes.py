"""Hostile but bounded requests against a real server: `python3 probes.py PROGRAM [--witness-ms N]`.

Each probe says which status and code it must be answered with (None: the connection is cut). No answer
may be long, show the inside of the program, or lack the headers that keep browsers from guessing; memory
may not grow by more than RSS_MB in one probe, or what its row says. A witness in a process of its own asks all along: nobody
beside a hostile client may wait. What fails by the witness alone is tried again, up to twice, since a
shared machine has noise; a real stall fails every time."""
import argparse, base64, json, multiprocessing, os, re, select, socket, statistics, struct, subprocess, sys, threading, time
from urllib.parse import quote

RSS_MB = 100
ANSWER_BYTES = 64 << 10
DEADLINE = 15
INSIDE = re.compile(rb"panicked|stack backtrace|RUST_BACKTRACE|\w\.rs:\d")
JSON = {"content-type": "application/json"}
# Of clients that accept this type, request errors are answered with a status of their own.
ACCEPT = "application/graphql-response+json, application/json;q=0.9"
MCP = {**JSON, "accept": "application/json, text/event-stream"}


class Server:
    def __init__(self, program, *options):
        env = {k: v for k, v in os.environ.items() if not k.startswith("THROUGHLINE_")}
        self.process = subprocess.Popen([program, "serve", "--listen", "127.0.0.1:0", *options],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env)
        url = self.process.stdout.readline().decode().strip()
        if not url:
            sys.exit(f"{program} serve ended before it printed its address; run it by hand to see why")
        host, port = url.removeprefix("http://").rsplit(":", 1)
        self.address, self.host = (host, int(port)), f"{host}:{port}"

    def rss(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024

    def stop(self):
        self.process.terminate()
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


class Answer:
    """What came back; the status is None if the connection was cut before any."""

    def __init__(self, raw):
        self.raw = raw
        head, _, self.body = raw.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split()[1]) if lines[0].startswith("HTTP/1.1 ") else None
        self.headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines[1:])}

    def code(self):
        try:
            return json.loads(self.body)["errors"][0]["extensions"]["code"]
        except (ValueError, LookupError, TypeError):
            return None


def exchange(server, data, wait=DEADLINE):
    """Sends bytes and reads to the end of the connection. A server may answer and cut while we send."""
    raw = b""
    with socket.create_connection(server.address, timeout=wait) as s:
        try:
            s.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass
        try:
            while piece := s.recv(65536):
                raw += piece
        except ConnectionResetError:
            pass
    return Answer(raw)


def http(method, path, body=b"", headers=JSON, chunked=False):
    """A probe of one request; a header of the same name replaces what is sent by default."""
    def run(server):
        fields = {"host": server.host, "connection": "close", "accept": ACCEPT, **headers}
        if chunked:
            fields["transfer-encoding"] = "chunked"
            sent = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in
                            (body[i:i + 65536] for i in range(0, len(body), 65536))) + b"0\r\n\r\n"
        else:
            sent = body
            if body or method == "POST":
                fields.setdefault("content-length", str(len(body)))
        head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields.items())
        return exchange(server, head.encode() + b"\r\n" + sent)
    return run


def ask(query, variables=None, **more):
    return http("POST", "/graphql", json.dumps({"query": query, "variables": variables or {}, **more}).encode())


def drip(start, piece):
    """Sends a byte now and then, and never ends: the server must cut within its eight seconds."""
    def run(server):
        raw, until = b"", time.monotonic() + DEADLINE
        with socket.create_connection(server.address, timeout=0.5) as s:
            s.sendall(start.replace("HOST", server.host).encode())
            while time.monotonic() < until:
                try:
                    got = s.recv(65536)
                    if not got:
                        return Answer(raw)
                    raw += got
                except TimeoutError:
                    try:
                        s.sendall(piece)
                    except OSError:
                        return Answer(raw)
                except ConnectionResetError:
                    return Answer(raw)
        raise AssertionError(f"not cut after {DEADLINE} s")
    return run


def frame(data, opcode=1):
    n, mask = len(data), b"\1\2\3\4"
    length = bytes([128 | n]) if n < 126 else b"\xfe" + struct.pack(">H", n) if n < 65536 else b"\xff" + struct.pack(">Q", n)
    key = int.from_bytes((mask * (n // 4 + 1))[:n], "big")
    return bytes([128 | opcode]) + length + mask + (int.from_bytes(data, "big") ^ key).to_bytes(n, "big")


def websocket(*messages):
    """Opens a socket, introduces itself, and sends; the server must close the socket."""
    def run(server):
        key = base64.b64encode(os.urandom(16)).decode()
        head = (f"GET /graphql HTTP/1.1\r\nhost: {server.host}\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
                f"sec-websocket-version: 13\r\nsec-websocket-key: {key}\r\n"
                "sec-websocket-protocol: graphql-transport-ws\r\n\r\n")
        return exchange(server, head.encode() + b"".join(map(frame, (b'{"type":"connection_init"}', *messages))))
    return run


def subscribe(i, query):
    return json.dumps({"type": "subscribe", "id": str(i), "payload": {"query": query}}).encode()


def doubling(levels):
    return "{...F0}" + "".join(f" fragment F{i} on Query{{...F{i+1} ...F{i+1}}}" for i in range(levels)) + \
        f" fragment F{levels} on Query{{version{{label}}}}"


def deep(opening, closing, n=2000, inner="1"):
    return opening * n + inner + closing * n


def lookups(n, text="{i}"):
    return "{" + " ".join(text.replace("{i}", str(i)) for i in range(n)) + "}"


LIMIT, INVALID, PARSE = (400, "LIMIT_EXCEEDED"), (400, "GRAPHQL_VALIDATION_FAILED"), (400, "GRAPHQL_PARSE_FAILED")
BIG, MEDIA = (413, "PAYLOAD_TOO_LARGE"), (415, "UNSUPPORTED_MEDIA_TYPE")
OF_TYPE = "{__schema{types{" + "fields{type{" * 7 + "name" + "}}" * 7 + "}}}"
FORM = {"content-type": "application/x-www-form-urlencoded"}
MUTATION = "mutation{__typename}"

GOALS = "query($w:GoalFilter){goals(where:$w){nodes{id}}}"
REFUSED = [LIMIT, (200, "LIMIT_EXCEEDED"), (200, "BAD_ARGUMENT"), (400, "BAD_ARGUMENT")]
SUBSCRIPTION = "subscription{changes{__typename}}"

# Name, probe, the (status, code) that may come, and what else is asked: text that is there or not, bytes, MB of memory.
PROBES = [
    ("body over the limit, announced", http("POST", "/graphql", b"x" * (2 << 20)), [BIG]),
    ("body over the limit, in chunks", http("POST", "/graphql", b"x" * (2 << 20), chunked=True), [BIG]),
    ("body of a claimed terabyte", http("POST", "/graphql", headers={**JSON, "content-length": str(1 << 40)}), [BIG]),
    ("headers of 256 kB", http("GET", "/graphql", headers={"x-long": "a" * (256 << 10)}), [(431, None), (None, None)]),
    ("2,000 headers", http("GET", "/graphql", headers={f"x-{i}": "a" for i in range(2000)}), [(431, None), (None, None)]),
    ("address of 62 kB", http("GET", "/graphql?query=" + "a" * 62000), [(414, "BAD_REQUEST")]),
    ("selections 2,000 deep", ask(deep("{a", "}")), [LIMIT]),
    ("lists 2,000 deep in an argument", ask("{node(id:" + deep("[", "]") + "){id}}"), [LIMIT]),
    ("objects 2,000 deep in an argument", ask("{node(id:" + deep("{a:", "}") + "){id}}"), [LIMIT]),
    ("lists 2,000 deep in a directive", ask("{__typename @skip(if:" + deep("[", "]") + ")}"), [LIMIT]),
    ("lists 2,000 deep in a default", ask("query($a:Int=" + deep("[", "]") + "){__typename}"), [LIMIT]),
    ("list types 2,000 deep", ask("query($a:" + deep("[", "]", inner="Int") + "){__typename}"), [LIMIT]),
    ("unclosed brackets", ask("{a(b:" + "[" * 100000), [LIMIT]),
    ("variables 100 deep", ask(GOALS, {"w": json.loads(deep('{"not":', "}", 100, "{}"))}), [LIMIT]),
    ("variables 20,000 deep", http("POST", "/graphql", b'{"query":"{__typename}","variables":{"a":' + deep("[", "]", 20000).encode() + b"}}"), [(400, "BAD_REQUEST"), LIMIT]),
    ("100,000 values in variables", ask("query($i:[ID!]!){nodes(ids:$i){id}}", {"i": ["x"] * 100000}), [LIMIT]),
    ("100,000 values in a variable nobody declared", ask("{__typename}", {"a": [1] * 100000}), [(200, None)]),
    ("1,500 alternatives in a filter", ask(GOALS, {"w": {"or": [{}] * 1500}}), [(200, None), LIMIT, (200, "LIMIT_EXCEEDED"), (200, "BAD_ARGUMENT")]),
    ("pattern that unfolds to 10^9 states", ask(GOALS, {"w": {"name": {"matches": "((a{1000}){1000}){1000}"}}}), REFUSED),
    ("pattern that makes others backtrack", ask(GOALS, {"w": {"name": {"matches": "(.*)*(.*)*x$"}}}), [(200, None), *REFUSED]),
    ("pattern of 500 kB", ask(GOALS, {"w": {"name": {"matches": "a|" * 250000}}}), [(200, "LIMIT_EXCEEDED")]),
    ("10,000 aliases", ask(lookups(10000, "a{i}:version{label}")), [LIMIT]),
    ("100 aliases", ask(lookups(100, "a{i}:version{label}")), [LIMIT]),
    ("10,000 root fields", ask(lookups(10000, "version{label}")), [LIMIT]),
    ("10,000 directives", ask("{__typename " + "@skip(if:false)" * 10000 + "}"), [LIMIT]),
    ("200 directives", ask("{__typename " + "@a" * 200 + "}"), [LIMIT]),
    ("100,000 tokens", ask("{" + "a " * 100000 + "}"), [LIMIT]),
    ("string of 900 kB", ask('{node(id:"' + "a" * 900000 + '"){id}}'), [(200, None), (200, "BAD_ARGUMENT"), LIMIT]),
    ("comment of 900 kB", ask("{__typename} #" + "a" * 900000), [(200, None)]),
    ("unclosed string of 900 kB", ask('{node(id:"' + "a" * 900000), [PARSE]),
    ("fragments doubling to 2^24", ask(doubling(24)), [LIMIT]),
    ("fragment spread 900 times", ask("{" + "...F " * 900 + "} fragment F on Query{" + "version{label}" * 10 + "}"), [LIMIT]),
    ("cycle of fragments", ask("{...A} fragment A on Query{...B} fragment B on Query{...A}"), [INVALID]),
    ("200 unused fragments", ask("{__typename}" + "".join(f" fragment F{i} on Query{{__typename}}" for i in range(200))), [INVALID]),
    ("150 overlapping fields that differ", ask("{" + "".join(f"a:entity(by:{{id:{i}}}){{id}} " for i in range(150)) + "}"), [INVALID, LIMIT]),
    ("cost of nested pages", ask("{goals(first:100){nodes{links(first:100){nodes{to{links(first:100){nodes{to{links(first:100){nodes{to{id}}}}}}}}}}}}"), [INVALID, LIMIT]),
    ("page of a billion", ask("{goals(first:1000000000){nodes{id}}}"), [(200, "LIMIT_EXCEEDED"), LIMIT, (400, "BAD_ARGUMENT"), (200, "BAD_ARGUMENT")]),
    ("search for 500 kB", ask("query($t:String!){search(text:$t){nodes{__typename}}}", {"t": "policy " * 70000}), [INVALID, LIMIT, (200, "BAD_ARGUMENT"), (200, "LIMIT_EXCEEDED")]),
    ("filter 39 deep", ask("{goals(where:" + deep("{not:", "}", 39, "{}") + "){nodes{id}}}"), [LIMIT]),
    ("5,000 ids", ask("query($i:[ID!]!){nodes(ids:$i){id}}", {"i": ["x"] * 5000}), [LIMIT]),
    ("1,900 ids", ask("query($i:[ID!]!){nodes(ids:$i){id}}", {"i": ["x"] * 1900}), [LIMIT, (200, "LIMIT_EXCEEDED"), (200, "BAD_ARGUMENT")]),
    ("introspection in circles", ask(OF_TYPE), [LIMIT]),
    ("5,000 operations", ask("".join(f"query Q{i}{{__typename}}" for i in range(5000)), operationName="Q1"), [LIMIT]),
    ("batch of 1,000", http("POST", "/graphql", json.dumps([{"query": "{__typename}"}] * 1000).encode()), [(400, "BAD_REQUEST")]),
    ("900 errors in one document", ask(lookups(900, "nope{i}")), [INVALID]),
    ("invalid UTF-8", http("POST", "/graphql", b'{"query":"{__typename} #\xff\xfe"}'), [(400, "BAD_REQUEST")]),
    ("NUL in a document", ask("{__typename\0}"), [PARSE]),
    ("text/plain", http("POST", "/graphql", b'{"query":"{__typename}"}', {"content-type": "text/plain"}), [MEDIA]),
    ("a form", http("POST", "/graphql", b"query={__typename}", FORM), [MEDIA]),
    ("multipart", http("POST", "/graphql", b"--a--", {"content-type": "multipart/form-data; boundary=a"}), [MEDIA]),
    ("mutation by GET", http("GET", "/graphql?query=" + quote(MUTATION), headers={}), [(405, "METHOD_NOT_ALLOWED"), (400, "METHOD_NOT_ALLOWED")]),
    ("mutation from a foreign page", http("POST", "/graphql", json.dumps({"query": MUTATION}).encode(), {**JSON, "origin": "https://foreign.example"}), [(403, "METHOD_NOT_ALLOWED"), (400, "METHOD_NOT_ALLOWED")]),
    ("foreign Host", http("GET", "/graphql?query={__typename}", headers={"host": "foreign.example"}), [(421, "MISDIRECTED")]),
    ("token in the address", http("GET", "/graphql?query={__typename}&access_token=secret", headers={}), [(400, "BAD_REQUEST"), (401, "UNAUTHENTICATED")]),
    ("export of no format", http("GET", "/export?format=" + "z" * 20000, headers={}), [(400, "BAD_ARGUMENT")]),
    ("export of a bomb", http("GET", "/export?format=csv&query=" + quote(doubling(24)), headers={}), [LIMIT, (400, "BAD_ARGUMENT")]),
    ("mcp nested 20,000 deep", http("POST", "/mcp", deep("[", "]", 20000).encode(), MCP), [(400, None), (415, None), (400, "BAD_REQUEST")]),
    ("mcp over the limit", http("POST", "/mcp", b"x" * (2 << 20), MCP), [(413, None), BIG]),
    ("saved question of no name", http("GET", "/q/" + "z" * 20000, headers={}), [(404, "NOT_FOUND")]),
    ("page with a hostile parameter", http("GET", "/?q=" + quote("<script>alert(1)</script>" + "a" * 20000), headers={"accept": "text/html"}), [(200, None)],
     {"lacks": b"<script>alert", "bytes": 256 << 10}),  # pages repeat what was asked, escaped
    ("event stream of a bomb", http("POST", "/graphql", json.dumps({"query": doubling(24)}).encode(), {**JSON, "accept": "text/event-stream"}), [(400, "LIMIT_EXCEEDED"), (200, None)]),
    ("socket message of 2 MB", websocket(b"x" * (2 << 20)), [(101, None)]),
    ("socket message that is none", websocket(b"{}"), [(101, None)], {"has": struct.pack(">H", 4400)}),
    ("101 operations on one socket", websocket(*(subscribe(i, SUBSCRIPTION) for i in range(101)), b"{}"), [(101, None)], {"has": b"operations of one socket"}),
]
# These wait for a deadline of the server: all at once.
SLOW = [
    ("slow headers", drip("GET /graphql HTTP/1.1\r\nhost: HOST\r\n", b"a"), [(None, None), (408, None)]),
    ("slow body", drip("POST /graphql HTTP/1.1\r\nhost: HOST\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n", b"a"), [(408, None), (408, "TIMEOUT"), (408, "BAD_REQUEST"), (None, None)]),
    ("silent connection", drip("", b""), [(None, None), (408, None)]),
]


def witness(address, host, pipe):
    """Asks for ever over one connection; told anything, says its latencies since the last time, in ms."""
    body = b'{"query":"{__typename}"}'
    request = b"POST /graphql HTTP/1.1\r\nhost: %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (host.encode(), len(body), body)
    latencies = []
    with socket.create_connection(address, timeout=DEADLINE) as s:
        while True:
            began, answer = time.monotonic(), b""
            s.sendall(request)
            while b'"Query"}}' not in answer:
                piece = s.recv(65536)
                if not piece:
                    raise ConnectionError("the witness was cut off")
                answer += piece
            latencies.append((time.monotonic() - began) * 1000)
            if pipe.poll(0.002):
                if pipe.recv() == "end":
                    return
                pipe.send(latencies)
                latencies = []


class Suite:
    def __init__(self, witness_ms):
        self.witness_ms, self.passed, self.total = witness_ms, 0, 0

    def watch(self, server):
        self.server = server
        self.pipe, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=witness, args=(server.address, server.host, theirs), daemon=True)
        self.process.start()
        theirs.close()
        time.sleep(1)  # Nothing is waited for: this is the span that is measured.
        self.usual = statistics.median(self.latencies())
        print(f"the witness usually waits {self.usual:.1f} ms; at most {self.witness_ms} ms more is allowed")

    def latencies(self):
        self.pipe.send("tell")
        if not self.pipe.poll(DEADLINE):
            raise AssertionError(f"the witness had no answer for {DEADLINE} s")
        return self.pipe.recv()

    def line(self, name, faults, note=""):
        self.total += 1
        self.passed += not faults
        print(f"{'FAIL' if faults else 'ok  '} {name}{note}" + "".join(f"\n     {f}" for f in faults), flush=True)

    def probe(self, name, run, expected, more=None):
        for attempt in range(3):
            faults, late, note = [], [], ""
            asked = dict(more or {})
            rss = asked.pop("rss", RSS_MB)
            try:
                self.latencies()
                before, began = self.server.rss(), time.monotonic()
                answer = run(self.server)
                took, grown = (time.monotonic() - began) * 1000, self.server.rss() - before
                worst = max(self.latencies())
                faults = judge(answer, expected, **asked)
                note = f": {answer.status} {answer.code() or ''}, {len(answer.raw)} bytes, {took:.0f} ms, witness {worst:.0f} ms, {grown:+.0f} MB"
                if grown > rss:
                    faults.append(f"memory grew by {grown:.0f} MB; at most {rss} may be")
                if worst > self.usual + self.witness_ms:
                    late = [f"the witness waited {worst:.0f} ms"]
            except (OSError, EOFError, AssertionError) as error:
                faults.append(f"{type(error).__name__}: {error}")
            if self.server.process.poll() is not None:
                faults.append("the server is dead")
            if faults or not late:
                break
        self.line(name, faults + late, note + (f" (tried {attempt + 1} times)" if attempt else ""))


def judge(answer, expected, has=b"", lacks=None, bytes=ANSWER_BYTES):
    faults = []
    if has not in answer.raw:
        faults.append(f"the answer lacks {has!r}")
    if lacks and lacks in answer.raw:
        faults.append(f"the answer has {lacks!r}")
    if (answer.status, answer.code()) not in expected:
        faults.append(f"expected one of {expected}, got {answer.status} {answer.code()}: {answer.raw[:300]!r}")
    if len(answer.raw) > bytes:
        faults.append(f"the answer has {len(answer.raw)} bytes; at most {bytes} may be")
    if found := INSIDE.search(answer.raw):
        faults.append(f"the answer shows the inside of the program: {found[0]!r}")
    # What hyper refuses before there is a request has no body and no headers of ours; 101 is no document.
    if answer.status and answer.status != 101 and answer.body:
        if answer.headers.get("x-content-type-options") != "nosniff":
            faults.append("no x-content-type-options: nosniff")
        if not answer.headers.get("content-security-policy"):
            faults.append("no content-security-policy")
    return faults


def crowd(server):
    """Sixty connections where twenty may be: those alone are answered, and all is well when they go."""
    request = f"GET /healthz HTTP/1.1\r\nhost: {server.host}\r\n\r\n".encode()
    held, served, until = [], set(), time.monotonic() + 2
    try:
        for _ in range(60):
            held.append(socket.create_connection(server.address, timeout=DEADLINE))
            held[-1].sendall(request)
        while (left := until - time.monotonic()) > 0:
            for s in select.select([s for s in held if s not in served], [], [], left)[0]:
                try:
                    if s.recv(65536).startswith(b"HTTP/1.1 200"):
                        served.add(s)
                    else:
                        held.remove(s)
                        s.close()
                except ConnectionResetError:
                    held.remove(s)
    finally:
        for s in held:
            s.close()
    if len(served) != 20:
        raise AssertionError(f"{len(served)} of 60 connections were served; 20 may be")
    return ask("{__typename}")(server)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("program")
    options.add_argument("--witness-ms", type=float, default=50)
    options = options.parse_args()
    suite = Suite(options.witness_ms)
    server = Server(options.program)
    try:
        suite.watch(server)
        for probe in PROBES:
            suite.probe(*probe)
        answers = {}

        def slow(name, run):
            try:
                answers[name] = run(server)
            except (OSError, AssertionError) as error:
                answers[name] = error
        threads = [threading.Thread(target=slow, args=row[:2]) for row in SLOW]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        for name, _, expected in SLOW:
            answer = answers[name]
            faults = [str(answer)] if isinstance(answer, Exception) else judge(answer, expected)
            suite.line(name, faults, f": {getattr(answer, 'status', '')}")
    finally:
        if hasattr(suite, "process"):
            suite.process.terminate()
        code = server.stop()
    suite.line("it stops as asked after all that", [] if code == 0 else [f"exit code {code}"])
    few = Server(options.program, "--connections", "20")
    try:
        try:
            faults = judge(crowd(few), [(200, None)])
        except (OSError, AssertionError) as error:
            faults = [f"{type(error).__name__}: {error}"]
        suite.line("60 connections where 20 may be", faults)
    finally:
        few.stop()
    print(f"SCORE overload {suite.passed}/{suite.total}")
    sys.exit(suite.passed != suite.total)


if __name__ == "__main__":
    main()
