#!/usr/bin/env python3
"""Makes a project of a policy, with every key that the suite shows and every list that it asks for, before a server starts on it.

Usage: prepare.py DIR [--policy FILE] [--caltrop COMMAND]; the policy is examples/acme/policy.toml. DIR/keys.json, readable by its owner, maps what a key is for to the key.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import rows
from command import Project
from issuers import Issuers

POLICY = Path(__file__).parent.parent / "acme" / "policy.toml"

# The keys of the suite's own cases: whose, with what.
OWN = {
    "reader": ["suite-reader", "--scope", "orders:read"],
    "second": ["suite-reader", "--scope", "orders:read"],
    "bursting": ["suite-bursting", "--scope", "orders:read"],
    "racing": ["suite-racing", "--scope", "orders:read"],
    "counting": ["suite-counting", "--scope", "orders:read"],
    "tenant": ["suite-tenant", "--tenant", "acme", "--plan", "pro", "--scope", "orders:read", "--scope", "orders:write"],
    "exporting": ["suite-exporting", "--scope", "orders:read"],
    "patient": ["suite-patient", "--scope", "orders:read"],
    "admin": ["suite-admin", "--scope", "admin"],
    "vpn-only": ["suite-vpn", "--scope", "orders:read", "--zone", "vpn"],
    "expired": ["suite-expired", "--scope", "orders:read", "--expires", "2020-01-01"],
    "revoked": ["suite-revoked", "--scope", "orders:read"],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--policy", type=Path, default=POLICY, help="the policy")
    parser.add_argument("--caltrop", default="caltrop", help="the command")
    args = parser.parse_args()
    project = Project(args.folder, args.caltrop)
    project.run("init", str(args.folder), "--name", "acme-api")
    issuers = Issuers(args.policy.read_text())
    project.policy.write_text(issuers.policy)
    asked = rows.read(project.policy)
    for feed, listed in rows.lists(project.policy, asked).items():
        project.make_list(feed, listed)
    project.run("policy", "compile", str(project.policy))
    # Of another policy only the rows are asked.
    keys = {name: project.new_key(*words) for name, words in OWN.items()} if args.policy == POLICY else {}
    if "revoked" in keys:
        project.revoke(keys["revoked"]["id"])
    tokens = {}
    for owner in {key_name(row.owner): row.owner for row in asked if row.owner}.values():
        if owner["auth"] != "key":
            tokens[key_name(owner)] = issuers.token(owner)
            continue
        tenant = ["--tenant", owner["tenant"]] if owner["tenant"] else []
        plan = ["--plan", owner["plan"]] if owner["plan"] else []
        scopes = [word for scope in owner["scopes"] for word in ("--scope", scope)]
        keys[key_name(owner)] = project.new_key(owner["principal"], *tenant, *plan, *scopes)
    path = args.folder / "keys.json"
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({name: made["key"] for name, made in keys.items()} | tokens, file, indent=1)
    print(f"{path}: {len(keys)} keys, {len(tokens)} tokens")


def key_name(owner: dict) -> str:
    """What the key or token of a row's owner is called in keys.json: rows of one owner share it."""
    return json.dumps(["row", owner["auth"], owner["principal"], owner["tenant"], owner["plan"], owner["scopes"], owner["roles"]])


if __name__ == "__main__":
    main()
