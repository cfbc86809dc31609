from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Literal, final

__version__: str
__all__ = [
    "Cidr",
    "Decision",
    "Entry",
    "Error",
    "Guard",
    "ImageError",
    "InvalidKey",
    "InvalidTag",
    "InvalidToken",
    "InvalidWebhook",
    "Key",
    "Keyring",
    "Limiter",
    "LoadError",
    "NotFirst",
    "Now",
    "PolicyError",
    "Prefixes",
    "ReplayCache",
    "SecretError",
    "Secrets",
    "StateError",
    "Taken",
    "Tokens",
    "Webhooks",
    "Zones",
    "command",
    "crc32",
    "digest",
    "generate",
    "github",
    "key_id",
    "slack",
    "standard",
    "stripe",
    "__version__",
]

class Error(Exception): ...
class PolicyError(Error): ...

class ImageError(Error):
    reason: str
    image: str

class LoadError(Error): ...
class StateError(Error): ...
class SecretError(Error): ...

class InvalidKey(Error):
    reason: str

class InvalidTag(Error): ...

class InvalidToken(Error):
    reason: str

class InvalidWebhook(Error):
    reason: str

class NotFirst(Error):
    reason: str

@final
class Now:
    """A moment: Unix seconds, nanoseconds of a clock that never goes back, and whether the first can be believed."""

    def __new__(cls, wall_s: int, mono_ns: int, trusted: bool = True) -> Now: ...
    @property
    def wall_s(self) -> int: ...
    @property
    def mono_ns(self) -> int: ...
    @property
    def trusted(self) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...

@final
class Secrets:
    """The host's peppers, by their ids; 32 bytes or more each. They cannot be read back."""

    def __new__(cls, peppers: Mapping[int, bytes] = ...) -> Secrets: ...
    @staticmethod
    def from_env(prefix: str) -> Secrets:
        """`<prefix>PEPPER_<id>` in base64url, or the path of its file in `<prefix>PEPPER_<id>_FILE`."""
    @staticmethod
    def from_folder(folder: str | PathLike[str]) -> Secrets:
        """The files `pepper-<id>`, which only their owner may read."""

@final
class Decision:
    """May this caller do this, now, from there? True for yes. `reason` is for the operator, never for the caller."""

    def __bool__(self) -> bool: ...
    @property
    def allowed(self) -> bool: ...
    @property
    def status(self) -> int: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def id(self) -> str: ...
    @property
    def retry_after(self) -> int: ...
    @property
    def route(self) -> str | None: ...
    @property
    def principal(self) -> str | None: ...
    @property
    def tenant(self) -> str | None: ...
    @property
    def plan(self) -> str | None: ...
    @property
    def scopes(self) -> list[str]: ...
    @property
    def key_id(self) -> int: ...
    @property
    def client(self) -> str | None: ...
    @property
    def response_headers(self) -> list[tuple[bytes, bytes]]: ...
    @property
    def body(self) -> bytes: ...

@final
class Guard:
    """Decides about requests by a signed policy image. Any thread may ask it."""

    @staticmethod
    def load(
        path: str | PathLike[str],
        *,
        secrets: Secrets,
        name: str | None = None,
        state: str = "host",
        floors: str | PathLike[str] | Literal[False] | None = None,
    ) -> Guard:
        """Loads the image beside `policy.toml`, or an image (then `name` says whose it must be).

        `state` is `"host"` (one for all processes of this user that load this policy), `"host:NAME"` or `"process"`. `floors` keep older
        images out: beside the images (None), in a folder, or nowhere (False).
        """
    @staticmethod
    def open(policy: bytes, keyring: bytes | None = None, *, name: str, signers: Sequence[bytes], secrets: Secrets) -> Guard:
        """Opens images in memory, with a state of its own and no floors."""
    def admit(
        self,
        *,
        method: str | bytes,
        target: str | bytes,
        headers: Iterable[Iterable[bytes]],
        peer: str | None,
        tls: bool | Literal["1.3", "1.2", "old"],
        authority: str | bytes | None = None,
        now: Now | None = None,
    ) -> Decision:
        """Decides about a request: `target` undecoded, `peer` and `tls` of the server's own socket, None for a Unix socket."""
    def settle(self, decision: Decision, *, outcome: Literal["served", "auth-failed"] = "served", now: Now | None = None) -> None:
        """Ends a request: `"auth-failed"` charges the client's address for a credential that the application itself refused."""
    @property
    def name(self) -> str: ...
    @property
    def sequence(self) -> int: ...
    @property
    def warnings(self) -> list[str]: ...
    @property
    def state_path(self) -> Path | None: ...

@final
class Key:
    """A prepared HMAC key."""

    def __new__(cls, secret: bytes, algorithm: Literal["sha256", "sha384", "sha512"] = "sha256") -> Key: ...
    def sign(self, message: bytes) -> bytes: ...
    def verify(self, message: bytes, tag: bytes) -> None: ...

def generate(prefix: str) -> str: ...
def digest(key: str | bytes, *, pepper: bytes, form: Literal["key", "sha256"] = "key") -> bytes: ...
def key_id(key: str) -> int: ...
def crc32(data: bytes) -> int: ...

@final
class Entry:
    """Whose key it is."""

    @property
    def principal(self) -> str: ...
    @property
    def tenant(self) -> str | None: ...
    @property
    def plan(self) -> str | None: ...
    @property
    def scopes(self) -> list[str]: ...
    @property
    def zones(self) -> list[str]: ...
    @property
    def key_id(self) -> int: ...

@final
class Keyring:
    """API keys by their digests: known and unknown keys cost the same."""

    @staticmethod
    def open(image: bytes, *, scope: str, signers: Sequence[bytes], secrets: Secrets) -> Keyring: ...
    def verify(self, key: str | bytes, *, now: Now | None = None) -> Entry: ...
    def __len__(self) -> int: ...

@final
class Cidr:
    """A network. Strict: host bits, leading zeros and embedded IPv4 are refused by name."""

    def __new__(cls, text: str) -> Cidr: ...
    def __contains__(self, address: str, /) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Prefixes:
    """Networks and a value for each; an address finds that of the longest one around it."""

    def __new__(cls, networks: dict[str, Any]) -> Prefixes: ...
    def lookup(self, address: str) -> Any: ...
    def lookup_many(self, addresses: Iterable[str]) -> list[Any]: ...
    def __len__(self) -> int: ...

@final
class Zones:
    """Named sets of networks; an address finds the names of all that hold it."""

    def __new__(cls, zones: dict[str, list[str]]) -> Zones: ...
    def of(self, address: str) -> tuple[str, ...]: ...

@final
class Limiter:
    """A limit for each client, in `slots` words of 8 bytes."""

    def __new__(cls, limit: str, *, burst: int | None = None, slots: int = 65536) -> Limiter: ...
    def take(self, client: str | bytes, *, cost: int = 1, now: Now | None = None) -> Taken: ...
    def peek(self, client: str | bytes, *, cost: int = 1, now: Now | None = None) -> Taken: ...

@final
class Taken:
    """What a limiter answers: True for yes."""

    def __bool__(self) -> bool: ...
    @property
    def allowed(self) -> bool: ...
    @property
    def remaining(self) -> int: ...
    @property
    def retry_after(self) -> int: ...
    @property
    def fields(self) -> list[tuple[bytes, bytes]]: ...

@final
class ReplayCache:
    """What was seen, in `slots` words of 8 bytes: three times the messages that live at once.

    Messages issued at or before the Unix second `since` are refused, for the process before this one may have seen them: unless told otherwise,
    until 30 seconds from now. 0 is for messages that nobody can have accepted before.
    """

    def __new__(cls, *, slots: int = 65536, since: int | None = None) -> ReplayCache: ...
    def first_seen(self, sender: str | bytes, id: str | bytes, *, issued: int, until: int, now: Now | None = None) -> None:
        """Returns None for the first copy, and remembers it until the Unix second `until`; or raises NotFirst."""
    @property
    def since(self) -> int: ...
    @property
    def full(self) -> int:
        """How many were refused for want of room."""

@final
class Webhooks:
    """Webhooks of one vendor: `verify` returns None, or raises InvalidWebhook."""

    def verify(
        self,
        headers: Mapping[str, str] | Iterable[Iterable[str | bytes]],
        body: bytes | str,
        *,
        now: Now | None = None,
    ) -> None: ...

def github(secrets: str | bytes | Sequence[str | bytes]) -> Webhooks:
    """`X-Hub-Signature-256`. GitHub signs no date."""

def slack(secrets: str | bytes | Sequence[str | bytes], *, tolerance: int = 300, leeway: int = 30) -> Webhooks:
    """`X-Slack-Signature`, good from `leeway` seconds ahead of this host's clock to `tolerance` seconds behind it."""

def stripe(secrets: str | bytes | Sequence[str | bytes], *, tolerance: int = 300, leeway: int = 30) -> Webhooks:
    """`Stripe-Signature`; a secret is given with its `whsec_`."""

def standard(secrets: str | Sequence[str], *, tolerance: int = 300, leeway: int = 30) -> Webhooks:
    """`webhook-signature` of Standard Webhooks; a secret is `whsec_` and base64."""

@final
class Tokens:
    """Tokens for one purpose under keys of 32 bytes or more, by their numbers (0 to 255): the first signs, all are known."""

    def __new__(cls, keys: dict[int, bytes], *, purpose: str) -> Tokens: ...
    def issue(self, claims: bytes | str, *, expires: int, context: bytes | str | None = None) -> str:
        """A token that is good until the Unix second `expires`, and only with the same `context`."""
    def verify(self, token: str | bytes, *, context: bytes | str | None = None, now: Now | None = None) -> bytes:
        """Its claims, or raises InvalidToken."""

def command(arguments: Sequence[str]) -> int: ...
