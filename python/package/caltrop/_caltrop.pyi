from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, final

__version__: str
__all__ = [
    "Cidr",
    "Decision",
    "Entry",
    "Error",
    "Guard",
    "ImageError",
    "InvalidCertificate",
    "InvalidKey",
    "InvalidProof",
    "InvalidSignature",
    "InvalidTag",
    "InvalidToken",
    "InvalidWebhook",
    "Key",
    "Keyring",
    "Lapsed",
    "Lease",
    "LeaseRefused",
    "Leases",
    "Limiter",
    "LoadError",
    "Nonces",
    "NotFirst",
    "Now",
    "PolicyError",
    "Prefixes",
    "Proof",
    "ProofVerifier",
    "ReplayCache",
    "RequestKey",
    "Requests",
    "SecretError",
    "Secrets",
    "ServerNonces",
    "SignedRequest",
    "Signer",
    "StateError",
    "Taken",
    "Tokens",
    "Verifier",
    "Webhooks",
    "Zones",
    "__version__",
    "certificate_thumbprint",
    "check_binding",
    "client_cert",
    "command",
    "content_digest",
    "crc32",
    "digest",
    "generate",
    "github",
    "jwk_thumbprint",
    "key_id",
    "request_secret",
    "slack",
    "standard",
    "stripe",
]

class Error(Exception):
    """What every exception of caltrop is."""

class PolicyError(Error):
    """policy.toml is not right, or not what the image beside it says."""

class ImageError(Error):
    """An image is refused; `reason` is a word for which check, `image` the file."""

    reason: str
    image: str

class LoadError(Error):
    """A file cannot be read or used, or policy, keyring and secrets do not fit together."""

class StateError(Error):
    """The state that processes share cannot be made, opened or trusted."""

class SecretError(Error):
    """A pepper cannot be read, is too short, or is one too many."""

class InvalidKey(Error):
    """An API key is not good; `reason` is for the operator, never for the caller."""

    reason: str

class InvalidCertificate(Error):
    """A field Client-Cert cannot be read; `reason` is for the operator, never for the caller."""

    reason: str

class InvalidProof(Error):
    """A proof of a key is not good; `reason` is for the operator, never for the caller."""

    reason: str

class InvalidSignature(Error):
    """A signed request is not good; `reason` is for the operator, never for the caller."""

    reason: str

class InvalidTag(Error):
    """A tag is not the message's, or has another length. It never says which."""

class InvalidToken(Error):
    """A token is not good; `reason` is for the operator, never for the caller."""

    reason: str

class InvalidWebhook(Error):
    """A webhook is not good; `reason` is for the operator, never for the caller."""

    reason: str

class NotFirst(Error):
    """A message is not the first of its kind; `reason` is for the operator, never for the caller."""

    reason: str

class LeaseRefused(Error):
    """No lease was given; `reason` is busy, full or contended."""

    reason: str

class Lapsed(Error):
    """A lease is not held any more: its time was over, or it was released before."""

@final
class Now:
    """A moment that a caller names: for tests, and for hosts with clocks of their own."""

    def __new__(cls, wall_s: int, mono_ns: int, trusted: bool = True) -> Now: ...
    @property
    def wall_s(self) -> int:
        """Unix seconds."""
    @property
    def mono_ns(self) -> int:
        """Nanoseconds of a clock that never goes back: limits count by it."""
    @property
    def trusted(self) -> bool:
        """Whether the Unix seconds can be believed: if not, what has a date is refused."""
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...

@final
class Secrets:
    """The host's peppers by their ids (0 to 255), 32 bytes or more each. They cannot be read back.

    Raises ValueError for a short one, SecretError for more than there is room for.
    """

    def __new__(cls, peppers: Mapping[int, bytes] = ...) -> Secrets: ...
    @staticmethod
    def from_env(prefix: str) -> Secrets:
        """`<prefix>PEPPER_<id>` in base64url, or the path of its file in `<prefix>PEPPER_<id>_FILE`. Raises SecretError."""
    @staticmethod
    def from_folder(folder: str | PathLike[str]) -> Secrets:
        """The files `pepper-<id>` of a folder, which only their owner may read. Raises SecretError."""

@final
class Decision:
    """May this caller do this, now, from there? True for yes. `reason` is for the operator, never for the caller."""

    def __bool__(self) -> bool: ...
    @property
    def allowed(self) -> bool:
        """Whether the request may pass."""
    @property
    def status(self) -> int:
        """The HTTP status to answer with; 200 if the request may pass, 204 for a page's question, which the application does not see."""
    @property
    def reason(self) -> str | None:
        """A word for why it was denied, for the operator's log, or None."""
    @property
    def id(self) -> str:
        """The id of this decision, 32 hexadecimal digits: in the log, and in a denial's body."""
    @property
    def retry_after(self) -> int:
        """Whole seconds to wait after a limit was passed; else 0."""
    @property
    def route(self) -> str | None:
        """The name of the route that was asked for, or None where none was."""
    @property
    def principal(self) -> str | None:
        """Whose key was shown, or None without a good one."""
    @property
    def tenant(self) -> str | None:
        """The principal's tenant, or None."""
    @property
    def plan(self) -> str | None:
        """The plan of the key, or None."""
    @property
    def scopes(self) -> list[str]:
        """What the key may do, ascending."""
    @property
    def reported(self) -> list[tuple[str, str | None]]:
        """What would have refused the request, were it not in report mode: pairs of a reason's word and a quota's name, or None."""
    @property
    def key_id(self) -> int:
        """The public id of the key that was shown; 0 without a good one."""
    @property
    def client(self) -> str | None:
        """The address of who is really there, behind trusted proxies, or None where it is not known."""
    @property
    def response_headers(self) -> list[tuple[bytes, bytes]]:
        """The fields of the response as pairs of bytes, as ASGI takes them: all of a denial's, or those that go beside the application's own, in
        the place of those of the same name, but `vary`, which is added.
        """
    def upstream_headers(self, headers: Iterable[Iterable[bytes]]) -> list[tuple[bytes, bytes]]:
        """The request's fields as the application should see them: those given, without what only the guard may write and, if the policy says
        `strip`, without credentials; and `x-caltrop-decision`, `-principal`, `-tenant`, `-plan` and `-scopes`. Raises ValueError for a denial.
        """
    @property
    def body(self) -> bytes:
        """The body of a denial's response, JSON; empty if the request may pass, and for 204."""

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
        images out: beside the images (None), in a folder, or nowhere (False). Raises PolicyError, ImageError, LoadError, StateError or ValueError.
        """
    @staticmethod
    def open(
        policy: bytes,
        keyring: bytes | None = None,
        *,
        feeds: Sequence[bytes] | None = None,
        name: str,
        signers: Sequence[bytes],
        secrets: Secrets,
    ) -> Guard:
        """Opens images in memory, with a state of its own and no floors; `feeds` are the images of the policy's other feeds, in its order.

        Raises ImageError, LoadError or ValueError.
        """
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
        """Decides about a request: `target` undecoded, `peer` and `tls` of the server's own socket, None for a Unix socket.

        Raises TypeError or ValueError for what is no request, before anything is charged; all else is a Decision.
        """
    def settle(self, decision: Decision, *, outcome: Literal["served", "auth-failed"] = "served", now: Now | None = None) -> None:
        """Ends a request: the places that it held in quotas of how many at once are given back. `"auth-failed"` charges the client's address for a
        credential that the application itself refused.

        Raises ValueError for another outcome.
        """
    def renew(self, decision: Decision, *, now: Now | None = None) -> None:
        """Begins the time of the places anew that a granted request holds, for one that runs longer than a lease.

        Raises Lapsed if one of them had come back by itself: whoever still works should stop.
        """
    def charge(self, decision: Decision, quota: str, cost: int, *, now: Now | None = None) -> Decision:
        """Charges what the application reckons that a granted request will cost in a quota that its route charges with `"app"`.

        What comes back is the same decision, or a denial to answer with if that is not left. Raises ValueError for a denial, and for a quota
        that the route does not charge so.
        """
    def settle_cost(self, decision: Decision, quota: str, *, charged: int, cost: int, now: Now | None = None) -> None:
        """Sets right what `charge` took: `charged` units were, and it came to `cost`. More is charged whether or not it fits; less is given back.

        Who charged nothing before settles from 0. Raises ValueError as `charge` does.
        """
    def poll(self, *, now: Now | None = None) -> list[str]:
        """Takes a policy, keyring or list that was renamed into place, and says what is new, a sentence each: call it before each request, or on a timer.

        It looks at the files five times a second at most. One that is refused changes nothing and is told once. Nothing, if loaded by `open`.
        """
    @property
    def name(self) -> str:
        """The policy's name."""
    @property
    def sequence(self) -> int:
        """The sequence of the policy's image: it counts up with each compile."""
    @property
    def warnings(self) -> list[str]:
        """What the operator should know of how it was loaded, a sentence each."""
    @property
    def state_path(self) -> Path | None:
        """The file of the state that processes share, or None if this process keeps it."""

@final
class Key:
    """A key of HMAC (RFC 2104), prepared once and usable by any thread: `"sha256"`, `"sha384"` or `"sha512"`.

    A secret of any length is taken, and one of the hash's block or less (64 bytes, or 128) is not hashed first. Raises ValueError for another hash.
    """

    def __new__(cls, secret: bytes, algorithm: Literal["sha256", "sha384", "sha512"] = "sha256") -> Key: ...
    def sign(self, message: bytes) -> bytes:
        """The tag of a message: 32, 48 or 64 bytes."""
    def verify(self, message: bytes, tag: bytes) -> None:
        """Returns None if the tag, whole or cut to no less than 16 bytes, is the message's; compares in constant time.

        Raises InvalidTag, which never says why.
        """

def generate(prefix: str) -> str:
    """A new key `<prefix>_<id><secret><checksum>` of the system's entropy: 256 bits of it are secret. Show it once; store its `digest`.

    The prefix is `[a-z][a-z0-9]{1,14}`, with `_live` or `_test` behind it or not; another raises ValueError.
    """
def digest(key: str | bytes, *, pepper: bytes, form: Literal["key", "sha256"] = "key") -> bytes:
    """What a keyring holds of a key: the first 16 bytes of HMAC-SHA-256 under a pepper, of the key or (`form="sha256"`) of its SHA-256.

    Raises ValueError for what can be no key: empty, over 256 bytes, or not visible ASCII.
    """
def key_id(key: str) -> int:
    """The public id of a well-formed key, read offline: below 62 to the 10th, and what logs may show.

    Raises InvalidKey for a text that is no key or has a typo. It says nothing about whether the key is good.
    """
def crc32(data: bytes) -> int:
    """The checksum of the key format: CRC-32 as in ISO 3309 and Ethernet, 32 bits."""

@final
class Entry:
    """Whose key it is, and what it may do: what `Keyring.verify` gives."""

    @property
    def principal(self) -> str:
        """Whose key it is: 1 to 255 bytes of visible ASCII."""
    @property
    def tenant(self) -> str | None:
        """The principal's tenant, or None."""
    @property
    def plan(self) -> str | None:
        """The plan, or None where the key names none."""
    @property
    def scopes(self) -> list[str]:
        """What the key may do, ascending."""
    @property
    def zones(self) -> list[str]:
        """The zones that it may be used from; none means anywhere."""
    @property
    def key_id(self) -> int:
        """The public id: what logs may show."""

@final
class Keyring:
    """API keys by their digests, of a signed image; known and unknown keys cost the same. Any thread may ask it."""

    @staticmethod
    def open(image: bytes, *, scope: str, signers: Sequence[bytes], secrets: Secrets) -> Keyring:
        """Opens an image that one of `signers` (at most two Ed25519 public keys of 32 bytes) signed for `scope`, such as `acme-api/keys`.

        Raises ImageError for an image that is not wholly good, ValueError for signers that are no public keys.
        """
    def verify(self, key: str | bytes, *, now: Now | None = None) -> Entry:
        """The entry of a key that was shown; the clock's `now` unless one is given.

        Raises InvalidKey; its `reason` is key-malformed, -unknown, -revoked, -expired, -not-yet, clock or corrupt.
        """
    def __len__(self) -> int: ...

@final
class Cidr:
    """A network, `address/length`; an address alone is a network of one. `address in network` folds IPv4-mapped IPv6 first.

    Strict: host bits, leading zeros, zone ids and IPv4 within IPv6 raise ValueError, each by its name.
    """

    def __new__(cls, text: str) -> Cidr: ...
    def __contains__(self, address: str, /) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Prefixes:
    """A value for each network of a dict; an address finds that of the longest network around it.

    The table is built once, and is as large as its networks ask. Raises ValueError for a network that `Cidr` would refuse.
    """

    def __new__(cls, networks: dict[str, Any]) -> Prefixes: ...
    def lookup(self, address: str) -> Any:
        """The value of the longest network around an address, or None. Raises ValueError for what is no address."""
    def lookup_many(self, addresses: Iterable[str]) -> list[Any]:
        """The answers of `lookup` for each address, in their order. Raises ValueError at the first that is none."""
    def lookup_packed(self, addresses: bytes, width: int) -> bytes:
        """For packed addresses of `width` bytes each, 4 or 16 as on the wire: the place in the dict of each one's network, from 1, or 0 for none.

        Each answer is four bytes in the machine's order: `memoryview(answers).cast("I")`. Raises ValueError for another width and for bytes that
        are no whole number of addresses.
        """
    def __len__(self) -> int: ...

@final
class Zones:
    """At most 64 named sets of networks, as a dict of lists; an address finds the names of all that hold it.

    Raises ValueError for a 65th, and for a network that `Cidr` would refuse.
    """

    def __new__(cls, zones: dict[str, list[str]]) -> Zones: ...
    def of(self, address: str) -> tuple[str, ...]:
        """The names of the zones that hold, in the order in which they were given. Raises ValueError for what is no address."""

@final
class Limiter:
    """A limit for each client (GCRA) in fixed memory, for the threads of one process: `"100/minute"`, `burst` of them at once.

    Each client that owes takes one of `slots` words of 8 bytes. Where both lines of a newcomer are full, it shares an overflow bucket with others:
    a flood of new clients never resets a limited one, and never takes memory. Raises ValueError for a limit without unit, a burst of 0 or one that
    takes over 48 days to come back, and slots that are no multiple of 8 or under 16.
    """

    def __new__(cls, limit: str, *, burst: int | None = None, slots: int = 65536) -> Limiter: ...
    def take(self, client: str | bytes, *, cost: int = 1, now: Now | None = None) -> Taken:
        """Takes `cost` units from a client's bucket, or nothing; the clock's `now` unless one is given.

        Raises TypeError for a client that is neither bytes nor str.
        """
    def take_many(self, clients: bytes, width: int, *, cost: int = 1, now: Now | None = None) -> bytes:
        """`take` for names of one width that lie side by side, faster; the answer is a byte for each name: 1 if its cost was taken, 0 if not.

        A name may come several times. Raises ValueError for a width of 0 and for bytes that are no whole number of names.
        """
    def peek(self, client: str | bytes, *, cost: int = 1, now: Now | None = None) -> Taken:
        """What `take` would answer; takes nothing. Raises as `take` does."""

@final
class Taken:
    """What a limiter answers: true if the cost was taken, or would have been."""

    def __bool__(self) -> bool: ...
    @property
    def allowed(self) -> bool:
        """Whether the cost was taken, or would have been."""
    @property
    def remaining(self) -> int:
        """Whole units that may come at once from now; 0 after a refusal."""
    @property
    def retry_after(self) -> int:
        """Whole seconds until the same call would pass, rounded up; 0 if it passed."""
    @property
    def fields(self) -> list[tuple[bytes, bytes]]:
        """`RateLimit-Policy` and `RateLimit`, and `Retry-After` for a refusal, as pairs of bytes for ASGI (draft-ietf-httpapi-ratelimit-headers-10)."""
    @property
    def x_fields(self) -> list[tuple[bytes, bytes]]:
        """`X-RateLimit-Limit`, `-Remaining` and `-Reset` (seconds from now), for clients that read these: pairs of bytes, to be added to `fields`."""

@final
class Leases:
    """At most `most` at once for each client (1 to 255), in fixed memory, for the threads of one process: each client takes one of `slots` words.

    A lease that nobody releases comes back by itself after `longest` seconds, or up to half as long again. Where both lines of a newcomer are full,
    it is refused, and nothing that is held is forgotten. Raises ValueError for `most` or `longest` out of bounds, and for slots that are no multiple
    of 8 or under 16.
    """

    def __new__(cls, most: int, *, longest: int, slots: int = 65536) -> Leases: ...
    def acquire(self, client: str | bytes, *, now: Now | None = None) -> Lease:
        """One more lease for a client; the clock's `now` unless one is given. With `with`, it is released at the end.

        Raises LeaseRefused, whose `reason` is busy, full or contended; TypeError for a client that is neither bytes nor str.
        """
    def held(self, client: str | bytes, *, now: Now | None = None) -> int:
        """How many a client holds. Raises TypeError as `acquire` does."""
    @property
    def full(self) -> int:
        """How many leases were refused for want of room."""

@final
class Lease:
    """One of a client's places: `release` it, or hold it by `with`. One that is dropped is not released: it comes back when its time is over."""

    def release(self, *, now: Now | None = None) -> None:
        """Gives the lease back. Raises Lapsed if its time was over, or if it was released before."""
    def renew(self, *, now: Now | None = None) -> None:
        """Begins its time anew. Raises Lapsed as `release` does: whoever still works should stop."""
    def __enter__(self) -> Lease: ...
    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None, /) -> None: ...

@final
class ReplayCache:
    """What was seen, for the threads of one process, in `slots` words of 8 bytes: give it three times the messages that live at once.

    Messages issued at or before the Unix second `since` are refused, for the process before this one may have seen them: unless told otherwise,
    until 30 seconds from now; 0 is for messages that nobody can have accepted before. A full cache refuses, and forgets nothing that lives. Raises
    ValueError for slots that are no multiple of 8 or under 16.
    """

    def __new__(cls, *, slots: int = 65536, since: int | None = None) -> ReplayCache: ...
    def first_seen(self, sender: str | bytes, id: str | bytes, *, issued: int, until: int, now: Now | None = None) -> None:
        """Returns None for the first copy of a sender's message, and remembers it until the Unix second `until`, at most 388 days.

        Raises NotFirst for any other, for what has expired, was issued at or before `since`, or finds no room, and while the clock is not trusted;
        TypeError for a sender or id that is neither bytes nor str.
        """
    @property
    def since(self) -> int:
        """The Unix second up to which issued messages are refused as forgotten."""
    @property
    def full(self) -> int:
        """How many messages were refused for want of room."""

@final
class Webhooks:
    """Webhooks of one vendor under 1 to 4 shared secrets: made by `github`, `slack`, `stripe` or `standard`. Any thread may ask it."""

    def verify(
        self,
        headers: Mapping[str, str] | Iterable[Iterable[str | bytes]],
        body: bytes | str,
        *,
        now: Now | None = None,
    ) -> None:
        """Returns None if the webhook is good: `body` as it was received, `headers` a mapping or pairs.

        Raises InvalidWebhook; its `reason` says why, for the operator.
        """

def github(secrets: str | bytes | Sequence[str | bytes]) -> Webhooks:
    """GitHub's: `X-Hub-Signature-256`. They have no date, so an old one that is played back is good.

    Raises ValueError for no secret, over 4, or an empty one.
    """

def slack(secrets: str | bytes | Sequence[str | bytes], *, tolerance: int = 300, leeway: int = 30) -> Webhooks:
    """Slack's: `X-Slack-Signature`, good from `leeway` seconds ahead of this host's clock to `tolerance` seconds behind it.

    Raises ValueError for no secret, over 4, or an empty one.
    """

def stripe(secrets: str | bytes | Sequence[str | bytes], *, tolerance: int = 300, leeway: int = 30) -> Webhooks:
    """Stripe's: `Stripe-Signature`, good as `slack`'s are. A secret is given with its `whsec_`.

    Raises ValueError for no secret, over 4, or an empty one.
    """

def standard(secrets: str | Sequence[str], *, tolerance: int = 300, leeway: int = 30) -> Webhooks:
    """Those of Standard Webhooks: `webhook-signature`, good as `slack`'s are. A secret is `whsec_` and base64.

    Raises ValueError for no secret, over 4, or one of another form.
    """

@final
class RequestKey:
    """The key of one signer, made by `hmac` or `ed25519`: it alone says which algorithm counts."""

    @staticmethod
    def hmac(secret: bytes | str) -> RequestKey:
        """`hmac-sha256`: a secret that both sides hold. Raises ValueError for an empty one."""
    @staticmethod
    def ed25519(public: bytes) -> RequestKey:
        """`ed25519`: the signer's public key of 32 bytes. Raises ValueError for bytes that are none."""

@final
class Requests:
    """What is accepted: signatures from `leeway` seconds ahead of this host's clock to `tolerance` seconds behind it, with exactly this `tag`, or none.
    Any thread may ask it.

    Raises ValueError for a tag that no signature can have.
    """

    def __new__(cls, *, tag: str | None = None, tolerance: int = 300, leeway: int = 30) -> Requests: ...
    def verify(
        self,
        keys: Callable[[str], RequestKey | None],
        *,
        method: str | bytes,
        target: str | bytes,
        authority: str | bytes,
        headers: Mapping[str, str] | Iterable[Iterable[str | bytes]],
        body: bytes | str | None = None,
        scheme: Literal["https", "http"] = "https",
        now: Now | None = None,
    ) -> SignedRequest:
        """Who signed this request, body and all: `keys` is asked for the key of a `keyid`, such as the `get` of a dict.

        `target` is path and query as they came, `body` None if there is none, `headers` a mapping or pairs. What `replay` must remember is in the answer.
        Raises InvalidSignature; its `reason` says why, for the operator.
        """

@final
class SignedRequest:
    """A request that was signed, body and all. Whether it was shown before, `replay` says: `first_seen(keyid, nonce, issued=created, until=until)`."""

    @property
    def keyid(self) -> str:
        """Whose key signed it."""
    @property
    def nonce(self) -> str:
        """What makes it this request of theirs."""
    @property
    def created(self) -> int:
        """The Unix second at which it was signed."""
    @property
    def until(self) -> int:
        """The last Unix second at which it would be accepted."""

@final
class Signer:
    """Signs requests that the other side knows by this `keyid`: under a `secret`, or by `sign`, which is given bytes and gives their Ed25519 signature.
    With `expires_in` seconds they say when they end, with a `tag` for which use they are.

    Raises ValueError for a keyid or tag that no signature can have, and unless one of `secret` and `sign` is given.
    """

    def __new__(
        cls,
        keyid: str,
        *,
        secret: bytes | str | None = None,
        sign: Callable[[bytes], bytes] | None = None,
        tag: str | None = None,
        expires_in: int | None = None,
    ) -> Signer: ...
    def sign(
        self,
        *,
        method: str | bytes,
        target: str | bytes,
        authority: str | bytes,
        body: bytes | str | None = None,
        scheme: Literal["https", "http"] = "https",
        created: int | None = None,
        nonce: str | None = None,
    ) -> list[tuple[str, str]]:
        """The header fields that sign a request: `content-digest` if there is a body, `signature-input` and `signature`.

        The date is the clock's and the nonce random, unless they are given. Raises ValueError for what the profile cannot sign.
        """

def content_digest(body: bytes | str) -> str:
    """The `Content-Digest` of a body (RFC 9530), by SHA-256."""

def request_secret(root: bytes | str, key_id: int, generation: int) -> bytes:
    """The secret of 32 bytes under which requests of the API key with this id are signed, in its present generation: made of one root, and stored nowhere.

    Raises ValueError for a root of less than 32 bytes.
    """

@final
class ServerNonces:
    """Nonces that a host demands in front of the client's own, known again in steps of so many seconds without being remembered.

    `boot` is 16 random bytes, new whenever the clock or the replay cache begins anew. Raises ValueError for a key of less than 32 bytes.
    """

    def __new__(cls, key: bytes | str, *, boot: bytes, step: int = 60) -> ServerNonces: ...
    def give(self, *, now: Now | None = None) -> str:
        """The nonce of this step, 24 characters, to be sent in a field of an answer."""
    def check(self, nonce: str, *, now: Now | None = None) -> None:
        """Returns None if a request's nonce begins with the nonce of this step or the one before, and goes on.

        Raises InvalidSignature with the reason "nonce".
        """

@final
class Tokens:
    """Tokens for one purpose under keys of 32 bytes or more, by their numbers (0 to 255): the first signs, all are known.

    Raises ValueError for no key, a short one, or a purpose that is no name.
    """

    def __new__(cls, keys: dict[int, bytes], *, purpose: str) -> Tokens: ...
    def issue(self, claims: bytes | str, *, expires: int, context: bytes | str | None = None) -> str:
        """A token with at most 1,024 bytes of claims, which whoever holds it can read.

        It is good until the Unix second `expires`, and only with the same `context`. Raises ValueError for more bytes.
        """
    def verify(self, token: str | bytes, *, context: bytes | str | None = None, now: Now | None = None) -> bytes:
        """The claims of a token that is good; the clock's `now` unless one is given.

        Raises InvalidToken; its `reason` says why, for the operator.
        """

@final
class Verifier:
    """What is accepted of one issuer: its tokens for one of these audiences, of one of these types, signed under one of these algorithms by a key of
    `jwks` (a JSON Web Key Set, as a dict or as text) or, for HS256 alone, under `secret`. Any thread may ask it.

    Keys for something else are passed over, and a key without `alg` is bound by `algorithms`. Raises ValueError for what cannot be used.
    """

    def __new__(
        cls,
        *,
        issuer: str,
        audience: str | Iterable[str],
        algorithms: str | Iterable[str],
        jwks: dict[str, Any] | str | bytes | None = None,
        secret: bytes | str | None = None,
        types: str | Iterable[str] | None = None,
        leeway: int = 0,
        max_age: int | None = None,
    ) -> Verifier: ...
    def verify(self, token: str | bytes, *, now: Now | None = None) -> dict[str, Any]:
        """The claims of a token that is good, as a dict; the clock's `now` unless one is given.

        Raises InvalidToken; its `reason` says why, for the operator: the caller is told `invalid_token` and no more (RFC 6750 §3.1).
        """

@final
class ProofVerifier:
    """Reads DPoP proofs (RFC 9449) that are at most `max_age` seconds old and `leeway` ahead, both at most 300, and, with `nonces`, bear one that lives.
    Any thread may ask it.
    """

    def __new__(cls, *, max_age: int = 60, leeway: int = 30, nonces: Nonces | None = None) -> ProofVerifier: ...
    def verify(
        self,
        headers: Mapping[str, str] | Iterable[Iterable[str | bytes]],
        *,
        method: str | bytes,
        url: str | bytes,
        token: str | bytes | None = None,
        now: Now | None = None,
    ) -> Proof:
        """The proof in the one field `DPoP` of a request: `headers` are a mapping or pairs, `url` is what the client asked for, and `token` the access
        token that came with it, if one did. The clock's `now` unless one is given.

        Raises InvalidProof; its `reason` says why, for the operator: the caller is told `use_dpop_nonce` and a new nonce for the reason "nonce", else
        `invalid_dpop_proof`, and no more. Whether it was shown before, `caltrop.replay` says.
        """

@final
class Proof:
    """A good proof: only ProofVerifier builds one."""

    @property
    def key(self) -> str:
        """The thumbprint of its key, as `cnf.jkt` has it."""

    @property
    def jti(self) -> str:
        """What makes it this proof of its key."""

    @property
    def issued(self) -> int:
        """The Unix second at which it was made."""

    @property
    def until(self) -> int:
        """The last Unix second at which it is accepted: so long it must be remembered."""

@final
class Nonces:
    """Gives nonces, and knows those that live, by a secret of 32 bytes or more that all servers share: each lives for its step of so many seconds and
    the next. Nothing is remembered. Raises ValueError for a short secret or no step.
    """

    def __new__(cls, secret: bytes | str, *, step: int = 300) -> Nonces: ...
    def issue(self, *, now: Now | None = None) -> str:
        """The nonce of now, for the field `DPoP-Nonce`."""

    def is_live(self, nonce: str | bytes, *, now: Now | None = None) -> bool:
        """Whether it was given in this step or in the one before; ProofVerifier asks by itself."""

def check_binding(claims: dict[str, Any], *, proof: Proof | None = None, certificate: str | bytes | None = None) -> None:
    """Returns None if a token is shown with all that its claims bind it to: under the scheme DPoP with its `proof`, under Bearer without one, and over a
    connection with the `certificate` of this thumbprint. A token that is bound to nothing is a bearer token.

    Raises InvalidToken; its `reason` says why, for the operator: the caller is told `invalid_token` and no more.
    """

def jwk_thumbprint(jwk: dict[str, Any] | str | bytes) -> str:
    """The thumbprint of a public JSON Web Key (RFC 7638), as `cnf.jkt` has it: EC over P-256, OKP over Ed25519, or RSA with the exponent 65,537.

    Raises ValueError for any other key, and for a private one.
    """

def certificate_thumbprint(der: bytes) -> str:
    """The thumbprint of a certificate's DER bytes, as `cnf` has it in `x5t#S256`. The certificate is not looked at: whoever ended TLS has verified it."""

def client_cert(headers: Mapping[str, str] | Iterable[Iterable[str | bytes]]) -> str | None:
    """The thumbprint of the certificate in the one field `Client-Cert` (RFC 9440); None where there is no such field. Only a proxy that takes a caller's
    own field away is to be believed.

    Raises InvalidCertificate; its `reason` says why, for the operator.
    """

def command(arguments: Sequence[str]) -> int:
    """The `caltrop` command: takes its arguments, its own name first, and gives the code to exit with."""
