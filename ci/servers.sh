# Sourced by the scripts that run example servers: a project, starting one, stopping it, and nothing left behind.
target=${CARGO_TARGET_DIR:-target}
folder=$(mktemp -d)
# What a server is started on.
project=$folder/project
python=.venv/bin/python
pids=() states=()

cleanup() {
    local pid
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
    [ ${#states[@]} -eq 0 ] || rm -f "${states[@]}"
    rm -rf "$folder"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# Whether the server is there to be run at all.
has_server() {
    case $1 in
        rust | c) true ;;
        fastapi) [ -f examples/fastapi/serve.py ] ;;
        *) false ;;
    esac
}

# build_server NAME PROFILE, where cargo's profile is dev or release.
build_server() {
    case $1 in
        rust) cargo build --locked -q -p caltrop-example-rust --profile "$2" ;;
        c) examples/c/build.sh >/dev/null ;;
        fastapi) "$python" -c 'import caltrop' 2>/dev/null || ci/wheel.sh ;;
    esac
}

# The folder in which cargo puts a profile's programs.
built_in() { if [ "$1" = dev ]; then echo "$target/debug"; else echo "$target/$1"; fi; }

# How many processes of a server answer.
workers_of() { if [ "$1" = fastapi ]; then echo 2; else echo 1; fi; }

# start_server NAME PROFILE [ARGUMENT…]: sets `url`, `log`, `errors`, `pid`.
start_server() {
    local name=$1 profile=$2 state command
    shift 2
    state=ci-$name-$$-${#pids[@]}
    log=$folder/$state.log errors=$folder/$state.err
    case $name in
        rust) command=("$(built_in "$profile")/caltrop-example-rust") ;;
        c) command=("$target/examples/caltrop-example-c") ;;
        fastapi) command=("$python" examples/fastapi/serve.py) ;;
    esac
    states+=("/dev/shm/caltrop.$(id -u).$state.3")
    # There before anybody looks for the line in it.
    : >"$folder/$state.out"
    CALTROP_PEPPER_1_FILE=$project/pepper-1 "${command[@]}" --policy "$project/policy.cltp" --listen 127.0.0.1:0 \
        --state "$state" --log "$log" "$@" >"$folder/$state.out" 2>"$errors" &
    pid=$!
    pids+=("$pid")
    for _ in $(seq 200); do
        url=$(sed -n 's|^listening |http://|p' "$folder/$state.out")
        [ -z "$url" ] || return 0
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.05
    done
    echo "$name does not listen: $(cat "$errors")" >&2
    return 1
}

# stop_server NAME: on SIGTERM a server ends by itself, and cleanly.
stop_server() {
    local code=0
    kill -TERM "$pid"
    wait "$pid" || code=$?
    unset 'pids[-1]'
    [ "$code" = 0 ] || { echo "$1 ended with $code on SIGTERM" >&2; return 1; }
}
