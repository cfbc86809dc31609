#!/usr/bin/env bash
# Fetches GitHub's own OpenAPI description (13 MB of the npm package @octokit/openapi, which unpacks to 394 MB), and does nothing where it is.
# Usage: ci/github-description.sh [FILE]; FILE is seen from the root of the workspace, and is target/github-description.json if left out.
set -euo pipefail
cd "$(dirname "$0")/.."
file=${1:-target/github-description.json}
version=23.0.2
member=package/generated/api.github.com.json
sha256=829b4bebb19a53133289f7b0bc819f4f1118115821db2ca9f25e9ee995a7da2a
is_it() { echo "$sha256  $1" | sha256sum --check --status 2>/dev/null; }
if [ -f "$file" ] && is_it "$file"; then
    echo "github-description: $file is there"
    exit 0
fi
registry=
if command -v npm >/dev/null; then
    # A registry of the scope counts before the common one.
    registry=$(npm config get @octokit:registry 2>/dev/null || true)
    case $registry in http*) ;; *) registry=$(npm config get registry) ;; esac
fi
case $registry in http*) ;; *) registry=https://registry.npmjs.org ;; esac
url=${registry%/}/@octokit/openapi/-/openapi-$version.tgz
mkdir -p "$(dirname "$file")"
folder=$(mktemp -d "$(dirname "$file")/github-description.XXXXXX")
trap 'rm -rf "$folder"' EXIT
fetch() { # the package, to stdout
    if command -v curl >/dev/null; then
        curl -fsSL --retry 3 "$url"
    elif command -v wget >/dev/null; then
        wget -qO- "$url"
    elif command -v npm >/dev/null; then
        npm pack --silent --pack-destination "$folder" "@octokit/openapi@$version" >/dev/null
        cat "$folder"/*.tgz
    else
        python3 -c 'import shutil, sys, urllib.request; shutil.copyfileobj(urllib.request.urlopen(sys.argv[1]), sys.stdout.buffer)' "$url"
    fi
}
echo "github-description: fetching $url"
fetch | tar -xzO "$member" >"$folder/description.json"
is_it "$folder/description.json" || { echo "github-description: what came is not the file that the tests know: sha256 is not $sha256" >&2; exit 1; }
mv "$folder/description.json" "$file"
echo "github-description: $file"
