#!/usr/bin/env bash
# Draws docs/explain.png anew: what `caltrop explain --html` says of a request that is refused. Needs chromium (Debian: apt-get install chromium).
# Usage: ci/explain-picture.sh [FILE]; FILE is seen from the root of the workspace.
set -euo pipefail
cd "$(dirname "$0")/.."
file=${1:-docs/explain.png}
command -v chromium >/dev/null || { echo "explain-picture: no chromium: apt-get install chromium fonts-dejavu-core" >&2; exit 1; }
cargo build --locked -q -p caltrop-control
caltrop=${CARGO_TARGET_DIR:-target}/debug/caltrop
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
policy=$folder/api/policy.toml
"$caltrop" init "$folder/api" --name acme-api >/dev/null
key=$("$caltrop" keys new bob --policy "$policy" 2>/dev/null)
"$caltrop" explain GET /v1/things/42 --from 203.0.113.9 -H "x-api-key: $key" --policy "$policy" --html "$folder/page.html" >/dev/null
# The whole page at the width of a README.
chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=880,800 --screenshot="$folder/page.png" "file://$folder/page.html" 2>/dev/null
bytes=$(stat -c %s "$folder/page.png")
[ "$bytes" -gt 10000 ] && [ "$bytes" -lt 200000 ] || { echo "explain-picture: $bytes bytes: not the page, or too large for the repository" >&2; exit 1; }
mv "$folder/page.png" "$file"
echo "explain-picture: $file, $bytes bytes"
