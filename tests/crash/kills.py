#!/usr/bin/env python3
"""Kills a server that several writers write to, at random moments, and starts it again, many times over.

usage: kills.py PROGRAM CYCLES [--seed N] [--keep DIR]

Held against a model: every batch that was acknowledged is there; a batch that was not is there whole or not at all;
nothing else is. At the end the history is replayed by another process (`verify`) and must come to the same hash.
A batch is an agency and the update of a counter-like one; both or neither must show.
"""
import json, os, random, signal, subprocess, sys, tempfile, threading, time, urllib.error, urllib.request

program, cycles = sys.argv[1], int(sys.argv[2])
seed = int(sys.argv[sys.argv.index("--seed") + 1]) if "--seed" in sys.argv else random.randrange(1 << 30)
rng = random.Random(seed)
folder = tempfile.mkdtemp(prefix="throughline-kills-")
WRITERS = 3
TRIES = 20
APPLY = """mutation($input: ApplyChangesInput!) { applyChanges(input: $input) {
  applied replayed version { sequence contentHash } faults { code message } } }"""
PAGE = """query($after: String) { agencies(where: { name: { startsWith: "Kill " } }, first: 100, after: $after) {
  nodes { id description } pageInfo { hasNextPage endCursor } } version { sequence contentHash } }"""


def token():
    made = [program, "token", "create", "--data-dir", folder, "--name", "killer", "--scope", "write"]
    return subprocess.run(made, check=True, capture_output=True, text=True).stdout.strip()


def start():
    command = [program, "serve", "--data-dir", folder, "--listen", "127.0.0.1:0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    address = server.stdout.readline().strip()
    if not address:
        raise SystemExit(f"FAIL the server did not start again: {server.stderr.read()[-2000:]}")
    threading.Thread(target=server.stderr.read, daemon=True).start()
    return server, address + "/graphql"


def post(url, query, variables, bearer=None):
    headers = {"content-type": "application/json", "accept": "application/graphql-response+json"}
    if bearer:
        headers["authorization"] = "Bearer " + bearer
    body = json.dumps({"query": query, "variables": variables}).encode()
    for left in reversed(range(TRIES)):
        try:
            with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=20) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            # Told that it is busy, a client comes again: a batch goes under its key, so it is not done twice.
            if refused.code != 503 or not left:
                raise
            time.sleep(1)


def batch(writer, n):
    """Two agencies that name one another: half a batch would show."""
    name = f"{writer}-{n}"
    one = lambda side: {"create": {"agency": {"id": f"agency/kill-{name}-{side}", "name": f"Kill {name} {side}", "description": name}}}
    return {"changes": [one("a"), one("b")], "idempotencyKey": name, "reason": f"batch {name}"}


class Writer(threading.Thread):
    def __init__(self, number, url, bearer, first):
        super().__init__(daemon=True)
        self.number, self.url, self.bearer, self.n = number, url, bearer, first
        self.acknowledged, self.pending, self.newest = [], None, (0, "")

    def run(self):
        while True:
            self.pending = self.n
            try:
                done = post(self.url, APPLY, {"input": batch(self.number, self.n)}, self.bearer)
                done = done["data"]["applyChanges"]
            except (OSError, urllib.error.URLError, ValueError, KeyError):
                return
            if not done["applied"]:
                raise SystemExit(f"FAIL a good batch was refused: {done}")
            self.acknowledged.append(self.n)
            version = done["version"]
            self.newest = max(self.newest, (version["sequence"], version["contentHash"]))
            self.pending = None
            self.n += 1


def there(url):
    found, after = {}, None
    while True:
        data = post(url, PAGE, {"after": after})["data"]
        for node in data["agencies"]["nodes"]:
            found.setdefault(node["description"], set()).add(node["id"][-1])
        page = data["agencies"]["pageInfo"]
        if not page["hasNextPage"]:
            return found, data["version"]
        after = page["endCursor"]


bearer = token()
acknowledged, next_of, unsure = set(), [0] * WRITERS, 0
began = time.time()
for cycle in range(cycles):
    if cycle and cycle % 100 == 0:
        print(f"{cycle} kills, {len(acknowledged)} batches acknowledged and there", flush=True)
    server, url = start()
    found, version = there(url)
    for name, sides in found.items():
        if sides != {"a", "b"}:
            raise SystemExit(f"FAIL seed {seed}, cycle {cycle}: half of batch {name} is there")
    lost = acknowledged - found.keys()
    if lost:
        raise SystemExit(f"FAIL seed {seed}, cycle {cycle}: acknowledged and lost: {sorted(lost)[:5]}")
    invented = {name for name in found if int(name.split("-")[1]) > next_of[int(name.split("-")[0])]}
    if invented:
        raise SystemExit(f"FAIL seed {seed}, cycle {cycle}: never sent: {sorted(invented)[:5]}")
    # What was under way when it was killed may be there: sent again under its key, it is there once.
    for number in range(WRITERS):
        name = f"{number}-{next_of[number]}"
        if name in found:
            again = post(url, APPLY, {"input": batch(number, next_of[number])}, bearer)["data"]["applyChanges"]
            if not (again["applied"] and again["replayed"]):
                raise SystemExit(f"FAIL seed {seed}, cycle {cycle}: {name} was done twice: {again}")
            acknowledged.add(name)
            next_of[number] += 1
            unsure += 1
    writers = [Writer(number, url, bearer, next_of[number]) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    time.sleep(rng.uniform(0.005, 0.25))
    server.send_signal(signal.SIGKILL)
    server.wait()
    for writer in writers:
        writer.join(25)
        acknowledged.update(f"{writer.number}-{n}" for n in writer.acknowledged)
        next_of[writer.number] = writer.n
server, url = start()
found, version = there(url)
if not acknowledged <= found.keys():
    raise SystemExit(f"FAIL seed {seed}: lost at the end")
server.send_signal(signal.SIGTERM)
server.wait()
verified = subprocess.run([program, "verify", folder], capture_output=True, text=True)
if verified.returncode != 0 or version["contentHash"][:8] not in verified.stdout:
    raise SystemExit(f"FAIL seed {seed}: {verified.stdout}{verified.stderr}")
size = os.path.getsize(os.path.join(folder, "throughline.redb"))
print(f"{cycles} kills in {time.time() - began:.0f} s, seed {seed}: {len(acknowledged)} batches acknowledged and there, "
      f"{unsure} of them unanswered and whole, version {version['sequence']}, {size >> 10} kB; replayed to the same hash")
if "--keep" not in sys.argv:
    import shutil
    shutil.rmtree(folder)
