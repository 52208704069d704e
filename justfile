# What one does. `just` alone lists them.
default:
    @just --list

# Serve the seed and log every request.
dev:
    cargo run -- serve

# All tests; what CI runs first.
test:
    cargo test

# Write goldens anew: SDL, answers, help.
bless:
    UPDATE=1 cargo test

# The benchmarks of the rooms.
bench:
    cargo bench

# The server over HTTP beside its peers, as rates and ratios: all of it, or some of `chain lookup evidenced p99`.
bench-http *PARTS:
    bash benches/http.sh {{PARTS}}

# How long pages take, and how many bytes they have: of the seed, of a trail of 300 links, of a large graph.
bench-pages:
    bash benches/pages.sh

# What size costs: memory, loading, walks, at scale 1 and at another (40 wants 7 GB of disk and of memory).
bench-scale SCALE="40":
    for scale in 1 {{SCALE}}; do cargo bench --bench generate -- target/bench/$scale $scale && cargo bench --bench scale -- target/bench/$scale/graph.jsonl $scale; done

# What exports cost: rates and memory of each format, in process and from a server.
bench-exports SCALE="1":
    bash benches/exports.sh {{SCALE}}

# Instructions of one request, beside those that are kept.
instructions *KEEP:
    bash benches/instructions.sh {{KEEP}}

# One graph of a folder of public data sets (examples/us/README.md): counts, refusals, times, two questions.
real DATA="../shared/data":
    cargo build --release && bash examples/us/real.sh {{DATA}}

# Everything CI checks, with the time of each stage.
ci:
    bash .ci/run

# What takes too long for CI: the model test over many more histories, many more random queries.
nightly:
    PROPTEST_CASES=20000 cargo test --release --lib model_test
    PROPTEST_CASES=30000 cargo test --release --test random_queries
    cargo build --release && python3 tests/crash/kills.py target/release/throughline 1000
    python3 tests/overload/probes.py target/release/throughline
