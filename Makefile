# The only entry. `make test` is everything that must hold.
.DEFAULT_GOAL := help
.PHONY: help test lint fmt bench

help: ## what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

test: lint ## every check
	cargo test --locked --workspace --no-fail-fast

lint: ## formatting, clippy, docs without a warning; each room alone
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	for room in mac verify table key net rate access audit guard; do \
		cargo clippy --locked -q -p caltrop --no-default-features --features $$room -- -D warnings || exit 1; \
	done
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps -q

fmt: ## format
	cargo fmt --all

bench: ## what a decision costs on this machine
	cargo bench --locked -p caltrop-benches
