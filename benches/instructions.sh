#!/usr/bin/env bash
# Counts the instructions of one request of each sort with callgrind and compares them with those
# kept in benches/instructions.txt: more than TOLERANCE per cent above is a failure, less is worth
# keeping. `benches/instructions.sh --keep` writes them anew. A count depends on the compiler too:
# the file names the one it was made with, and another compiler's counts are shown and not judged.
set -euo pipefail
cd "$(dirname "$0")/.."
tolerance=${TOLERANCE:-10}
command -v valgrind >/dev/null || apt-get install -y valgrind >/dev/null 2>&1 || { echo "valgrind is not here: skipped"; exit 0; }
binary=$(cargo bench --bench instructions --no-run 2>&1 | sed -n 's/.*(\(target[^)]*\)).*/\1/p' | tail -1)
compiler=$(rustc --version)
count() { valgrind --tool=callgrind --callgrind-out-file=/dev/null "$binary" "$1" "$2" 2>&1 | sed -n 's/.*Collected : //p'; }
now=$(
  for name in chain evidenced lookup; do
    few=$(count "$name" 200) many=$(count "$name" 1200)
    echo "$name $(((many - few) / 1000))"
  done
)
if [ "${1:-}" = --keep ]; then
  { echo "# $compiler"; echo "$now"; } >benches/instructions.txt
fi
echo "instructions a request:"
echo "$now"
kept=$(sed -n '1s/^# //p' benches/instructions.txt)
if [ "$kept" != "$compiler" ]; then
  echo "kept with $kept, counted with $compiler: not compared"
  exit 0
fi
awk -v tolerance="$tolerance" '
  NR == FNR { if ($1 != "#") kept[$1] = $2; next }
  { change = 100 * ($2 / kept[$1] - 1); printf "%s %+.1f %%\n", $1, change; if (change > tolerance) worse = 1 }
  END { exit worse }
' benches/instructions.txt <(echo "$now") || { echo "more than $tolerance % above benches/instructions.txt"; exit 1; }
