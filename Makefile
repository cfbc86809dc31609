# The only entry. `make test` is everything that must hold.
.DEFAULT_GOAL := help

# One packed file of requests and answers for every host.
VECTORS := $(CURDIR)/target/vectors.bin
.PHONY: help demo suite vectors FORCE test tools setup wheel firmware lint fmt bench bench-check header

help: ## what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

test: setup lint vectors firmware ## every check
	CALTROP_VECTORS=$(VECTORS) cargo test --locked --workspace --no-fail-fast
	cd python && CALTROP_VECTORS=$(VECTORS) ../.venv/bin/pytest -q
	ci/suite.sh
	ci/suite.sh --planted

demo: tools wheel ## the main job, live: one policy, real requests, four hosts
	@echo "demo: building the servers"
	cargo build --locked -q -p caltrop-example-rust
	examples/c/build.sh >/dev/null
	examples/cortex-m/build.sh >/dev/null
	.venv/bin/python -B examples/demo/demo.py . $${CARGO_TARGET_DIR:-target}

suite: tools wheel ## the black-box suite against every example server, and against one without a guard
	ci/suite.sh
	ci/suite.sh --planted

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
	ci/github-description.sh

lint: ## formatting, clippy, docs without a warning; each room alone
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	for room in mac sha512 verify table key signed net rate access audit guard; do \
		cargo clippy --locked -q -p caltrop --no-default-features --features $$room -- -D warnings || exit 1; \
	done
	examples/cortex-m/lint.sh
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps -q

fmt: ## format
	cargo fmt --all

bench: wheel ## what a decision costs on this machine, and the rooms beside their peers
	cargo bench --locked -p caltrop-benches
	.venv/bin/python benches/admit.py
	ci/bench-servers.sh

bench-check: ## the newest run against benches/goals.toml
	python3 benches/check.py

header: ## write include/caltrop.h anew
	UPDATE_HEADER=1 cargo test --locked -q -p caltrop-ffi --test header
