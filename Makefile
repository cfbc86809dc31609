# The only entry. `make test` is everything that must hold.
.DEFAULT_GOAL := help

# One packed file of requests and answers for every host.
VECTORS := $(CURDIR)/target/vectors.bin

.PHONY: help demo suite peers vectors proofs fuzz soak mutants FORCE test tools setup wheel firmware lint fmt bench bench-lint bench-guard bench-key bench-mac bench-net bench-rate bench-sweeps bench-token bench-python \
	bench-record bench-report bench-check header

help: ## what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

test: setup lint vectors firmware ## every check
	CALTROP_VECTORS=$(VECTORS) cargo test --locked --workspace --exclude caltrop-benches --no-fail-fast
	cd python && CALTROP_VECTORS=$(VECTORS) ../.venv/bin/pytest -q
	.venv/bin/pytest -q -p no:cacheprovider benches/test_benches.py
	ci/suite.sh
	ci/suite.sh --planted
	ci/peers.sh
	$(MAKE) proofs demo

proofs: ## constant time, no panic, instruction budgets, interleavings, a short fuzz; each with its planted fault
	ci/constant-time.sh
	ci/no-panic.sh
	ci/budgets.sh
	ci/interleavings.sh
	ci/fuzz.sh 2
	ci/fuzz.sh --planted
	ci/mutants.sh --planted

# How long the campaigns go: make fuzz SECONDS=600.
SECONDS ?= 60

fuzz: tools ## every fuzz target for so many SECONDS
	ci/fuzz.sh $(SECONDS)

soak: tools wheel ## eight processes on one state, killed at random for so many SECONDS; a keyring killed while written, 200 times; a flood of forged tokens; 100 revocations and 1,000 policies under load on each server
	ci/soak.sh $(SECONDS)
	CALTROP_KILLS=200 cargo test --locked -q -p caltrop-control --test command -- --nocapture killed
	CALTROP_FLOOD_S=$(SECONDS) cargo test --locked --release -q -p caltrop-control --test guard_flood -- --nocapture
	CALTROP_REVOCATIONS=100 CALTROP_SWAPS=1000 ci/suite.sh --live

mutants: ## every small change to the rooms is noticed by a test of the room, or explained in docs/mutants.md; SLICES="key rate" for some of them
	ci/mutants.sh $(SLICES)

demo: tools wheel ## the main job, live: one policy, real requests, four hosts
	@echo "demo: building the servers"
	cargo build --locked -q -p caltrop-example-rust
	examples/c/build.sh >/dev/null
	examples/cortex-m/build.sh >/dev/null
	.venv/bin/python -B examples/demo/demo.py . $${CARGO_TARGET_DIR:-target}

suite: tools wheel ## the black-box suite against every example server, and against one without a guard
	ci/suite.sh
	ci/suite.sh --planted

peers: tools wheel ## tokens that other people's authorization servers issued, and requests that others sign and verify
	ci/peers.sh

vectors: $(VECTORS) wheel ## the decision vectors on every host
	ci/vectors.sh $(VECTORS)

$(VECTORS): FORCE
	cargo run --locked -q -p caltrop-vectors -- pack core/tests/vectors $@

FORCE:

wheel: ## the Python wheel, installed into .venv
	ci/wheel.sh

firmware: $(VECTORS) ## the board image: its checks and what it takes
	examples/cortex-m/check.sh $(VECTORS)
	examples/cortex-m/run.sh $(VECTORS)

tools: ## what building and running needs, on a fresh machine
	ci/setup.sh
	ci/venv.sh
	examples/cortex-m/toolchain.sh >/dev/null

setup: tools ## what the checks need besides
	ci/descriptions.sh

lint: ## formatting, clippy, docs without a warning; each room alone
	cargo fmt --all --check
	cargo clippy --locked --workspace --exclude caltrop-benches --all-targets -- -D warnings
	for room in mac sha512 verify verify-p256 verify-rsa json table key signed token net rate replay access audit guard; do \
		cargo clippy --locked -q -p caltrop --no-default-features --features $$room -- -D warnings || exit 1; \
	done
	examples/cortex-m/lint.sh
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps -q

fmt: ## format
	cargo fmt --all

bench: wheel bench-lint bench-python ## what a decision costs on this machine, and the rooms beside their peers; bench-guard, -mac, -net, -rate, -sweeps, -token: one of them
	cargo bench --locked -p caltrop-benches
	.venv/bin/python benches/admit.py
	ci/bench-servers.sh

bench-lint: ## the benches as strictly as the rest; apart, since their peers take minutes to compile
	cargo clippy --locked -p caltrop-benches --all-targets -- -D warnings

bench-key: ## API keys beside one HMAC
	cargo bench --locked -p caltrop-benches --bench keys

bench-guard bench-mac bench-net bench-rate bench-sweeps bench-token: bench-%: ## the guard, or one room, beside its peers; sweeps: how costs grow
	cargo bench --locked -p caltrop-benches --bench $*

bench-python: wheel ## the rooms from Python, beside packages that are installed into .venv for it
	.venv/bin/pip install -q --disable-pip-version-check -r benches/requirements.txt
	.venv/bin/python -B benches/python_rooms.py

bench-record: ## the last run of each bench into benches/record
	python3 -B benches/record.py

bench-report: ## docs/performance.md and its plots, from the newest record
	python3 -B benches/report.py

bench-check: ## the newest record, or run, against benches/goals.toml
	python3 -B benches/check.py

header: ## write include/caltrop.h anew
	UPDATE_HEADER=1 cargo test --locked -q -p caltrop-ffi --test header
