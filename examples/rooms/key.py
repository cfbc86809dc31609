"""Room `key` alone: the operator issues keys into a signed keyring, and a server that holds the pepper verifies what it is shown."""

import base64
import subprocess
import sys
import tempfile
from pathlib import Path

import caltrop


def operator(*command: str) -> str:
    """The `caltrop` command: what runs where keys are made, which is not where they are verified."""
    return subprocess.run([sys.executable, "-m", "caltrop", *command], check=True, capture_output=True, text=True).stdout.strip()


with tempfile.TemporaryDirectory() as folder:
    place = Path(folder) / "api"
    policy = str(place / "policy.toml")
    operator("init", str(place), "--name", "acme-api")
    alice = operator("keys", "new", "alice", "--scope", "api:read", "--policy", policy)
    late = operator("keys", "new", "bob", "--expires", "2020-01-01", "--policy", policy)
    print("issued:", alice.rpartition("_")[0] + "_...")

    signer = base64.urlsafe_b64decode((place / "feed-keys.pub").read_text().strip() + "=")
    image = (place / "keys.cltp").read_bytes()  # digests: no key can be made of it
    secrets = caltrop.Secrets.from_folder(place)  # the pepper, which is not in the image
    keyring = caltrop.key.Keyring.open(image, scope="acme-api/keys", signers=[signer], secrets=secrets)

for shown in (alice, late, alice[:-1]):
    try:
        entry = keyring.verify(shown)
        print("good:", entry.principal, entry.scopes, entry.key_id == caltrop.key.key_id(shown))
    except caltrop.InvalidKey as refused:
        print("401:", refused.reason)  # the reason is for the log, never for the caller
