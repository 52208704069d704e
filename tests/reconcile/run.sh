#!/usr/bin/env bash
# The reconciliation service, driven by a client of the protocol.   tests/reconcile/run.sh URL
# Installs the client beside it.
set -euo pipefail
cd "$(dirname "$0")"
[ .venv/installed -nt requirements.txt ] ||
  { python3 -m venv .venv && .venv/bin/pip install -q -r requirements.txt && touch .venv/installed; }
.venv/bin/python check.py "$1"
