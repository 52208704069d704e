#!/usr/bin/env bash
# That a change is on the disk before it is answered, by the order of system calls: a kill cannot show a missing sync,
# since the system keeps what a dead process wrote. usage: order.sh PROGRAM
set -euo pipefail
program=$1
command -v strace >/dev/null || { apt-get update -qq && apt-get install -y -qq strace; }
work=$(mktemp -d)
trap 'kill -KILL ${tracer:-} ${server:-} 2>/dev/null || true; rm -rf "$work"' EXIT
token=$("$program" token create --data-dir "$work/data" --name order --scope write 2>/dev/null)
"$program" serve --data-dir "$work/data" --listen 127.0.0.1:0 >"$work/url" 2>"$work/log" &
server=$!
for _ in {1..600}; do [ -s "$work/url" ] && break; sleep 0.1; done
url=$(head -n 1 "$work/url")
strace -f -qq -p "$server" -o "$work/calls" -s 400 \
  -e trace=fsync,fdatasync,pwrite64,write,writev,sendto,sendmsg,recvfrom,recvmsg,read 2>/dev/null &
tracer=$!
# It is attached once a request shows.
for _ in {1..100}; do curl -sS -m 5 -o /dev/null "$url/healthz"; grep -q healthz "$work/calls" 2>/dev/null && break; sleep 0.1; done
for n in 1 2 3; do
  curl -sS -m 20 -o "$work/answer" -H "Authorization: Bearer $token" -H 'Content-Type: application/json' "$url/graphql" \
    -d "{\"query\":\"mutation Order$n { createAgency(input: {id: \\\"agency/order-$n\\\", name: \\\"Order $n\\\"}) { applied version { sequence } } }\"}"
  grep -q '"applied":true' "$work/answer" || { cat "$work/answer"; exit 1; }
done
kill -TERM "$tracer"; wait "$tracer" 2>/dev/null || true; tracer=
python3 - "$work/calls" <<'PY'
import re, sys
calls = [line.split(None, 1)[1] for line in open(sys.argv[1], errors="replace") if " " in line]
wrong = 0
for n in (1, 2, 3):
    asked = next(i for i, c in enumerate(calls) if f"mutation Order{n}" in c)
    answered = next(i for i, c in enumerate(calls) if i > asked and '\\"applied\\":true' in c and not c.startswith("read") and not c.startswith("recv"))
    between = calls[asked:answered]
    writes = [(i, c) for i, c in enumerate(between) if c.startswith("pwrite64")]
    # The head of the file, at offset 0, says which of its two roots counts: pages, sync, head, sync is a commit.
    # A last write of the head after that only says that the file was left tidy; it may be lost.
    heads = [i for i, c in writes if re.search(r", 0(\) = \d+| <unfinished)", c)]
    pages = [i for i, c in writes if i not in heads]
    syncs = [i for i, c in enumerate(between) if re.match(r"(fsync|fdatasync)\(|<\.\.\. (fsync|fdatasync) resumed", c)]
    ok = any(max(pages) < a < h < b for h in heads for a in syncs for b in syncs)
    wrong += not ok
    print(f"change {n}: {len(pages)} pages and {len(heads)} heads written, {len(syncs)} syncs; {'pages, sync, head, sync' if ok else 'NOT in order'} before the answer")
sys.exit(1 if wrong else 0)
PY
