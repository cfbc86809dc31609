#!/usr/bin/env bash
# No panic, by linking: the panic handler of proofs/no-panic is an undefined symbol, so a function that can reach it does not link.
# Each exported function is linked alone (a linker drops what nobody asks for, and would pass falsely), at each level at which the core is shipped.
# Functions in exceptions.txt must fail to link: one that links is taken from the list. Planted faults must fail too.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-$PWD/target}
written=$(grep -rhc 'pub fn np_' proofs/no-panic/src | awk '{ sum += $1 } END { print sum }')
symbols=(--defsym={memcpy,memmove,memset,memcmp,bcmp,strlen}=0) # the C library's part
out=$(mktemp)
trap 'rm -f "$out"' EXIT
failed=0
for level in 3 s z; do
    CARGO_PROFILE_RELEASE_OPT_LEVEL=$level CARGO_TARGET_DIR=$target/proofs \
        cargo build --locked -q --release --manifest-path proofs/Cargo.toml -p caltrop-no-panic
    archive=$target/proofs/release/libcaltrop_no_panic.a
    mapfile -t functions < <(nm --defined-only "$archive" 2>/dev/null | awk '$2 == "T" && $3 ~ /^np_/ { print $3 }' | sort -u)
    [ "${#functions[@]}" = "$written" ] || { echo "no panic, opt-level $level: ${#functions[@]} functions in the archive, $written written" >&2; exit 1; }
    # Lines of exceptions.txt: function, levels, reason.
    exceptions=" $(awk -v level=$level '!/^#/ && index("," $2 ",", "," level ",") { printf "%s ", $1 }' proofs/no-panic/exceptions.txt)"
    free=0 excepted=0 planted=0
    for function in "${functions[@]}"; do
        links=yes
        ld --gc-sections -u "$function" -e "$function" "${symbols[@]}" -o /dev/null "$archive" >"$out" 2>&1 || links=no
        if [ $links = no ] && ! grep -q a_panic_path_is_linked "$out"; then
            echo "no panic, opt-level $level: $function does not link for another reason:" >&2
            cat "$out" >&2
            exit 1
        fi
        case $function in
            np_planted_*) [ $links = no ] && planted=$((planted + 1)) || { echo "  $function: planted, and it links" >&2; failed=1; } ;;
            *)
                case "$exceptions" in
                    *" $function "*) [ $links = no ] && excepted=$((excepted + 1)) || { echo "  $function links: take it from exceptions.txt at level $level" >&2; failed=1; } ;;
                    *) [ $links = yes ] && free=$((free + 1)) || { echo "  $function: a panic path is linked" >&2; failed=1; } ;;
                esac
                ;;
        esac
    done
    echo "no panic, opt-level $level: $free of ${#functions[@]} functions link without one; $excepted of $(wc -w <<<"$exceptions") listed exceptions still need to be listed; $planted of 2 planted faults caught"
done
exit "$failed"
