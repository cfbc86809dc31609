/* caltrop: API security in C. https://www.rfc-editor.org/ numbers in comments say what is followed.
 *
 * Memory:  caltrop allocates nothing and has nothing to free; it keeps no pointer past a call unless the function says so. The functions
 *          called caltrop_host_ and caltrop_live_ are for Linux servers: they may allocate, and a library that was built for a board does not
 *          have them.
 * NULL:    a pointer with a length may be NULL if the length is 0; any other NULL gives CALTROP_E_NULL.
 * Threads: values that were made may be read by any thread; making and wiping them is one thread's alone.
 * Failure: a call that fails has written nothing, but for decisions (a denial) and texts that say what went wrong.
 *
 * Written by cbindgen from ffi/src; a test holds it current. Do not edit. */

#ifndef CALTROP_H
#define CALTROP_H

#include <stddef.h>
#include <stdint.h>

// Bytes that every answer, and every text of `caltrop_guard_upstream` for a key of up to 100 scopes, fits.
#define CALTROP_ANSWER_SIZE 8192

// The most refusals that one request may meet in report mode.
#define CALTROP_REPORTED_MAX 16

// Bytes of memory for a guard, for static storage; `caltrop_guard_size` says the same.
#define CALTROP_GUARD_SIZE 4096

// `outcome` of `caltrop_guard_settle`: the request was served.
#define CALTROP_SERVED 0

// `outcome` of `caltrop_guard_settle`: the application itself refused a credential (a login form, say); the client's address is charged.
#define CALTROP_AUTH_FAILED 1

// Bytes that are enough for `caltrop_guard_reported`.
#define CALTROP_QUOTA_NAME_SIZE 64

// Bytes that hold the text of a failed `caltrop_host_state_open`; less cuts it.
#define CALTROP_HOST_TEXT_SIZE 512

// `algorithm` of a key: HMAC with SHA-256, under a secret that the issuer shares.
#define CALTROP_HS256 1

// `algorithm` of a key: RSA, PKCS #1 v1.5, with SHA-256.
#define CALTROP_RS256 2

// `algorithm` of a key: RSA, PKCS #1 v1.5, with SHA-384.
#define CALTROP_RS384 3

// `algorithm` of a key: RSA, PKCS #1 v1.5, with SHA-512.
#define CALTROP_RS512 4

// `algorithm` of a key: RSA, PSS, with SHA-256.
#define CALTROP_PS256 5

// `algorithm` of a key: ECDSA over P-256 with SHA-256.
#define CALTROP_ES256 6

// `algorithm` of a key: Ed25519.
#define CALTROP_EDDSA 7

// Words of `caltrop_jwt_verifier`: 8 prepared keys, 16 audiences, 4 types, and some room.
#define CALTROP_JWT_VERIFIER_WORDS 384

// The longest token, in bytes.
#define CALTROP_JWT_MAX 8192

// The longest claims of a token, in bytes.
#define CALTROP_JWT_CLAIMS_MAX 6144

// The most types of tokens that a verifier takes.
#define CALTROP_JWT_TYPES_MAX 4

// Bytes that hold what `caltrop_live_open` and `caltrop_live_poll` say, but for very long paths; less cuts it.
#define CALTROP_LIVE_TEXT_SIZE 2048

// Words of a prepared key: four SHA-256 states, a block and a counter, and some room.
#define CALTROP_MAC_KEY_WORDS 32

// Bytes of memory for an opened list, for static storage; `caltrop_prefixes_size` says the same.
#define CALTROP_PREFIXES_SIZE 1024

// `caltrop_address.family` of a peer: a Unix socket.
#define CALTROP_PEER_UNIX 1

// `caltrop_request.tls`: nothing protects the socket.
#define CALTROP_PLAINTEXT 0

// `caltrop_request.tls`: TLS older than 1.2.
#define CALTROP_TLS_OLD 1

// `caltrop_request.tls`: TLS 1.2.
#define CALTROP_TLS_1_2 12

// `caltrop_request.tls`: TLS 1.3.
#define CALTROP_TLS_1_3 13

// `vendor` of `caltrop_signed_init`: `X-Hub-Signature-256`. GitHub signs no date.
#define CALTROP_GITHUB 1

// `vendor` of `caltrop_signed_init`: `X-Slack-Signature`.
#define CALTROP_SLACK 2

// `vendor` of `caltrop_signed_init`: `Stripe-Signature`. A secret is given with its `whsec_`.
#define CALTROP_STRIPE 3

// `vendor` of `caltrop_signed_init`: `webhook-signature` of Standard Webhooks. A secret is `whsec_` and base64.
#define CALTROP_STANDARD 4

// Words of `caltrop_signed_webhooks`: 4 prepared keys, and some room.
#define CALTROP_SIGNED_WEBHOOKS_WORDS 128

// Words of `caltrop_signed_check`: 4 messages on their way, 8 signatures, and some room.
#define CALTROP_SIGNED_CHECK_WORDS 144

// `scheme` of a `caltrop_signed_request`: `https`.
#define CALTROP_HTTPS 0

// `scheme` of a `caltrop_signed_request`: `http`.
#define CALTROP_HTTP 1

// The longest method of a signed request, in bytes.
#define CALTROP_SIGNED_METHOD_MAX 32

// The longest authority of a signed request, in bytes.
#define CALTROP_SIGNED_AUTHORITY_MAX 255

// The longest target of a signed request, in bytes.
#define CALTROP_SIGNED_TARGET_MAX 2048

// Words of `caltrop_signed_key`: a prepared key of either kind, and some room.
#define CALTROP_SIGNED_KEY_WORDS 40

// Words of `caltrop_signed_body`: a hash on its way, what it should be, and some room.
#define CALTROP_SIGNED_BODY_WORDS 24

// The longest `Signature-Input` that is written, in bytes.
#define CALTROP_SIGNATURE_INPUT_MAX 1024

// The longest `Signature` that is written, in bytes.
#define CALTROP_SIGNATURE_MAX 95

// The length of a `Content-Digest` that is written.
#define CALTROP_CONTENT_DIGEST_SIZE 54

// The length of a nonce of the server.
#define CALTROP_SERVER_NONCE_SIZE 24

// Words of `caltrop_token_keys`: 4 prepared keys, and some room.
#define CALTROP_TOKEN_KEYS_WORDS 128

// The most claims a token carries, in bytes.
#define CALTROP_CLAIMS_MAX 1024

// The longest token, in bytes, without a NUL.
#define CALTROP_TOKEN_MAX 1425

// What a call answers.
typedef enum {
  // Done.
  CALTROP_OK = 0,
  // A pointer that must not be NULL is.
  CALTROP_E_NULL = 1,
  // A pointer is not aligned for what it points at.
  CALTROP_E_ALIGNMENT = 2,
  // A length is out of bounds.
  CALTROP_E_LENGTH = 3,
  // The memory handed in is too small.
  CALTROP_E_MEMORY = 4,
  // A number that is none of the listed ones.
  CALTROP_E_VALUE = 5,
  // The tag is not this message's.
  CALTROP_E_TAG = 101,
  // Not `<prefix>_` and 59 letters and digits.
  CALTROP_E_KEY_SHAPE = 201,
  // Not a prefix that keys have.
  CALTROP_E_KEY_PREFIX = 202,
  // The checksum is another: a typo.
  CALTROP_E_KEY_CHECKSUM = 203,
  // Empty, over 256 bytes, or not visible ASCII: no key at all.
  CALTROP_E_KEY_BYTES = 204,
  // No IPv4 or IPv6 address.
  CALTROP_E_ADDRESS = 301,
  // A number begins with 0.
  CALTROP_E_LEADING_ZERO = 302,
  // A zone id such as `%eth0`.
  CALTROP_E_ZONE_ID = 303,
  // IPv4 written inside IPv6.
  CALTROP_E_EMBEDDED_IPV4 = 304,
  // An IPv4-mapped network.
  CALTROP_E_MAPPED_IPV4 = 305,
  // What follows the `/` is no length that the address has.
  CALTROP_E_PREFIX_LENGTH = 306,
  // Bits are set behind the prefix length.
  CALTROP_E_HOST_BITS = 307,
  // The memory was never formatted, or by another layout, or for another room.
  CALTROP_E_LAYOUT = 401,
  // A quota of count, period or burst 0, or of a burst that takes over 48 days to drain; or of no lease at once.
  CALTROP_E_QUOTA = 402,
  // The client holds as many leases as it may.
  CALTROP_E_BUSY = 403,
  // The lease's time was over, or it was released before.
  CALTROP_E_LAPSED = 404,
  // Fewer bytes than an image has.
  CALTROP_E_IMAGE_TOO_SHORT = 501,
  // Not an image.
  CALTROP_E_IMAGE_MAGIC = 502,
  // An image of a format that this version does not read.
  CALTROP_E_IMAGE_FORMAT = 503,
  // An image of another kind.
  CALTROP_E_IMAGE_KIND = 504,
  // An image that is cut off or padded.
  CALTROP_E_IMAGE_LENGTH = 505,
  // An image that no trusted key signed.
  CALTROP_E_IMAGE_SIGNATURE = 506,
  // An image for another policy or feed.
  CALTROP_E_IMAGE_SCOPE = 507,
  // An image that is older than what was accepted before.
  CALTROP_E_IMAGE_ROLLBACK = 508,
  // An image whose body is not the one that was signed.
  CALTROP_E_IMAGE_BODY = 509,
  // A delta where a snapshot is needed.
  CALTROP_E_IMAGE_DELTA = 510,
  // An image whose directory is out of order.
  CALTROP_E_IMAGE_DIRECTORY = 511,
  // An image with a section that must be understood, and is not.
  CALTROP_E_IMAGE_SECTION = 512,
  // An image with records of another size.
  CALTROP_E_IMAGE_STRIDE = 513,
  // An image with an invalid record.
  CALTROP_E_IMAGE_CONTENT = 514,
  // Not an Ed25519 public key, or one of small order.
  CALTROP_E_PUBLIC_KEY = 601,
  // The policy takes API keys, and no keyring was given.
  CALTROP_E_KEYRING_MISSING = 602,
  // The keyring was made under a pepper that was not given.
  CALTROP_E_PEPPER_MISSING = 603,
  // More than 4 peppers.
  CALTROP_E_PEPPERS = 604,
  // The image of a feed, of networks, keys of an issuer or revocations was not given, or not in its place.
  CALTROP_E_FEED_MISSING = 605,
  // No name for a shared state: 1 to 63 visible ASCII characters without a slash.
  CALTROP_E_HOST_NAME = 701,
  // The system refuses the file of the shared state.
  CALTROP_E_HOST_SYSTEM = 702,
  // There is not enough memory for the shared state.
  CALTROP_E_HOST_ROOM = 703,
  // What is there is not a state of this user, release and boot.
  CALTROP_E_HOST_FOREIGN = 704,
  // The system gives no random bytes.
  CALTROP_E_HOST_ENTROPY = 705,
  // A file of a live guard cannot be read, or a floor not written.
  CALTROP_E_HOST_FILE = 706,
  // A header field that signs is not there.
  CALTROP_E_MISSING = 801,
  // A header field that signs is there twice.
  CALTROP_E_REPEATED = 802,
  // What signs is not as its format says.
  CALTROP_E_MALFORMED = 803,
  // Signed longer ago than is tolerated.
  CALTROP_E_STALE = 804,
  // Signed in a future that no leeway allows.
  CALTROP_E_FUTURE = 805,
  // It has a date, and the clock cannot be trusted.
  CALTROP_E_CLOCK = 806,
  // No secret signed this: forged, changed, or meant for another use.
  CALTROP_E_FORGED = 807,
  // Its time is over.
  CALTROP_E_EXPIRED = 808,
  // It names a key that is not here.
  CALTROP_E_UNKNOWN_KEY = 809,
  // Secrets that cannot be used: none, more than 4, empty or too short, two of one number, or not of the vendor's form.
  CALTROP_E_SECRET = 810,
  // No purpose: 1 to 63 visible ASCII characters.
  CALTROP_E_PURPOSE = 811,
  // More than one signature.
  CALTROP_E_SEVERAL = 812,
  // A signature covers other components than the profile's, or in another order.
  CALTROP_E_COMPONENTS = 813,
  // There is a body, and the signature does not cover its digest.
  CALTROP_E_UNCOVERED = 814,
  // `Content-Digest` has no `sha-256`.
  CALTROP_E_DIGEST = 815,
  // Method, authority or target of a signed request are out of bounds, or the target is no origin-form.
  CALTROP_E_REQUEST = 816,
  // A signature names an algorithm that is not the key's.
  CALTROP_E_ALGORITHM = 817,
  // Signed for another use: the `tag` is not the one that is asked for.
  CALTROP_E_USE = 818,
  // The body is not the one that was signed.
  CALTROP_E_BODY = 819,
  // A nonce that this host did not give, or too long ago.
  CALTROP_E_NONCE = 820,
  // Seen before.
  CALTROP_E_REPLAYED = 901,
  // It lives longer than 388 days.
  CALTROP_E_TOO_LONG = 902,
  // Issued before the cache began to remember.
  CALTROP_E_FORGOTTEN = 903,
  // No room: everything in its two lines still lives.
  CALTROP_E_FULL = 904,
  // Too many workers write the same lines: try again.
  CALTROP_E_CONTENDED = 905,
  // No key of the issuer is of the token's algorithm.
  CALTROP_E_JWT_ALGORITHM = 1001,
  // The token is of a type that is not accepted; of a verifier: types that cannot be used.
  CALTROP_E_JWT_TYPE = 1002,
  // The token asks for an extension that is not understood.
  CALTROP_E_JWT_CRITICAL = 1003,
  // An ID token, which is no access token.
  CALTROP_E_JWT_ID_TOKEN = 1004,
  // A date of the token is missing, or is none.
  CALTROP_E_JWT_CLAIMS = 1005,
  // The token is another issuer's; of a verifier: no issuer.
  CALTROP_E_JWT_ISSUER = 1006,
  // The token is for somebody else; of a verifier: audiences that cannot be used.
  CALTROP_E_JWT_AUDIENCE = 1007,
  // Keys that cannot be used: none, more than 8, or bytes that are no key of their algorithm.
  CALTROP_E_JWT_KEY = 1008,
} caltrop_status;

// A guard in memory that the caller lends. Any thread may ask it; making it is one thread's alone.
typedef struct caltrop_guard caltrop_guard;

// What keeps a shared state mapped.
typedef struct caltrop_host_handle caltrop_host_handle;

// A guard that takes new files. Any thread may ask and poll it; closing it is one thread's alone.
typedef struct caltrop_live caltrop_live;

// A list of networks in memory that the caller lends; the image that it was opened from stays where it is.
typedef struct caltrop_prefixes caltrop_prefixes;

// An address in network byte order; IPv4 takes the first 4 bytes.
typedef struct {
  // 4 or 6; 0 is no address.
  uint8_t family;
  // The bytes.
  uint8_t bytes[16];
} caltrop_address;

// What `caltrop_guard_answer` makes header fields of, as numbers over the guard's policy. Indices are one more than they are there; 0 is none.
typedef struct {
  // The route.
  uint32_t route;
  // The listed origin whose page asks.
  uint32_t origin;
  // Where the path of a preflight ends.
  uint32_t path_end;
  // The quota of which the rest is told.
  uint32_t quota;
  // Its units that may come at once.
  uint32_t burst;
  // Seconds in which they come back; 0 if the quota is one of requests that run at once.
  uint32_t window_s;
  // Units left.
  uint32_t remaining;
  // Seconds until all of them are back; after a refusal, until the same request may pass.
  uint32_t reset_s;
  // The reason that the status is of: another than the decision's where a route is hidden; 0 if allowed.
  uint8_t reason;
  // 1 if TLS protects the request on its whole way.
  uint8_t tls;
} caltrop_told;

// One refusal that did not happen, since its rule is in report mode.
typedef struct {
  // The quota's index in the policy, one more than it is there; 0 where none would have refused.
  uint16_t quota;
  // Why (`caltrop_reason_word`); 0 behind the last.
  uint8_t reason;
} caltrop_reported;

// What the guard answers. Zeroed memory is a denial, every error writes one, and only `caltrop_allowed` says yes.
typedef struct {
  // Ask `caltrop_allowed`.
  uint32_t verdict;
  // Seconds until the same request may pass, 0 where waiting does not help.
  uint32_t retry_after_s;
  // The API key's public id, 0 without one.
  uint64_t key_id;
  // The zones that held, as a mask over the policy's zones.
  uint64_t zones;
  // Names this decision in the answer, in the audit log and in the server's log.
  uint8_t id[16];
  // The client behind the proxies; family 0 if it could not be told.
  caltrop_address client;
  // How many trusted proxies were passed.
  uint8_t hops;
  // The HTTP status: 200 if allowed, 0 in memory that was only zeroed.
  uint16_t status;
  // Why, for the operator only (`caltrop_reason_word`); 0 if allowed.
  uint8_t reason;
  // The policy that decided, as the audit log names it. What is told by numbers over it is left out once another one decides.
  uint64_t policy;
  // What the answer is made of.
  caltrop_told told;
  // The key's index in the keyring, one more than it is there; 0 without a key.
  uint32_t key;
  // What would have refused it in enforce mode, in the order in which it was asked: `caltrop_guard_reported` names the quotas.
  caltrop_reported reported[CALTROP_REPORTED_MAX];
  // The places that the request holds in quotas of how many at once, all 0 for none: `caltrop_guard_settle` gives them back and clears them, so a
  // copy of a granted decision is settled once.
  uint8_t held[36];
  // Whose credential it is, ended by a NUL; empty without one.
  uint8_t principal[256];
  // The principal's tenant.
  uint8_t tenant[64];
  // The principal's plan.
  uint8_t plan[64];
  // The route.
  uint8_t route[64];
} caltrop_decision;

// One header field as it was received.
typedef struct {
  // Field name.
  const uint8_t *name;
  // Its bytes.
  size_t name_len;
  // Field value.
  const uint8_t *value;
  // Its bytes.
  size_t value_len;
} caltrop_header;

// The two clocks at one moment.
typedef struct {
  // Seconds since 1970-01-01 UTC.
  uint64_t wall_s;
  // Nanoseconds of a clock that never goes back (`CLOCK_BOOTTIME`).
  uint64_t mono_ns;
  // 1 if the wall clock can be believed; 0 makes what has a date fail.
  uint8_t trusted;
} caltrop_now;

// The newest image that the host has accepted. Zeroed: none.
typedef struct {
  // Its sequence.
  uint64_t sequence;
  // Its id.
  uint8_t id[32];
} caltrop_floor;

// An image, and the newest of its feed that was accepted before.
typedef struct {
  // The image.
  const uint8_t *bytes;
  // Its bytes.
  size_t len;
  // The newest that was accepted before.
  caltrop_floor floor;
} caltrop_image;

// A pepper under which keys are stored, and the id by which keyrings call it.
typedef struct {
  // The id.
  uint8_t id;
  // The secret; it is not needed after the call.
  const uint8_t *secret;
  // Its bytes.
  size_t secret_len;
} caltrop_pepper;

// What a guard is made of. Images and state stay where they are and are used as long as the guard is.
typedef struct {
  // `sizeof(caltrop_guard_options)`.
  size_t size;
  // The name of the policy that the host expects.
  const uint8_t *name;
  // Its bytes.
  size_t name_len;
  // One or two public keys, 32 bytes each and one behind the other, of which one signed the policy.
  const uint8_t *signers;
  // How many.
  size_t signer_count;
  // The policy image.
  const uint8_t *policy;
  // Its bytes.
  size_t policy_len;
  // The newest policy that was accepted before.
  caltrop_floor policy_floor;
  // The keyring image, or NULL for a policy without API keys.
  const uint8_t *keyring;
  // Its bytes.
  size_t keyring_len;
  // The newest keyring that was accepted before.
  caltrop_floor keyring_floor;
  // The images of the policy's feeds of prefixes, keys of issuers and revocations, in the order of its `[feed]`; the keyring is not among them.
  const caltrop_image *feeds;
  // How many: at most 4 of prefixes, 7 of keys and one of revocations.
  size_t feeds_count;
  // The peppers.
  const caltrop_pepper *peppers;
  // How many, at most 4.
  size_t pepper_count;
  // The state, formatted by `caltrop_state_init`.
  uint64_t *state;
  // Its bytes.
  size_t state_len;
} caltrop_guard_options;

// One request, as it was received: nothing decoded, nothing trusted.
typedef struct {
  // `sizeof(caltrop_request)`.
  size_t size;
  // The method.
  const uint8_t *method;
  // Its bytes.
  size_t method_len;
  // The request target as it stood in the request line: path and query, undecoded.
  const uint8_t *target;
  // Its bytes.
  size_t target_len;
  // `Host` or `:authority`.
  const uint8_t *authority;
  // Its bytes.
  size_t authority_len;
  // Header fields in wire order.
  const caltrop_header *headers;
  // How many.
  size_t header_count;
  // Who is at the other end of the socket: family 4, 6 or `CALTROP_PEER_UNIX`.
  caltrop_address peer;
  // What protects the socket: `CALTROP_PLAINTEXT`, `CALTROP_TLS_OLD`, `CALTROP_TLS_1_2` or `CALTROP_TLS_1_3`.
  uint8_t tls;
} caltrop_request;

// A state that all processes of this user on this host share. Zeroed: none.
typedef struct {
  // For `state` of `caltrop_guard_options`.
  uint64_t *state;
  // Its bytes, for `state_len`.
  size_t state_len;
  // For `caltrop_host_state_close`.
  caltrop_host_handle *handle;
} caltrop_host_state;

// UTF-8 that is lent.
typedef struct {
  // Its bytes.
  const uint8_t *bytes;
  // How many.
  size_t len;
} caltrop_text;

// A key of an issuer, bound to its one algorithm.
typedef struct {
  // `CALTROP_HS256` and so on.
  uint8_t algorithm;
  // Its `kid`; a key with an empty one is tried whatever a token names.
  caltrop_text kid;
  // HS256: a secret of 32 bytes or more, not needed after the call. EdDSA: 32 bytes. ES256: `x` and then `y`, 32 bytes each. RSA: the modulus, the
  // first byte first and not 0, of 2,048 to 4,096 bits.
  const uint8_t *bytes;
  // How many.
  size_t len;
  // RSA: 65537. Else 0.
  uint32_t exponent;
} caltrop_jwt_key;

// What is accepted of one issuer. All but secrets stays where it is, unwritten, as long as the verifier is used.
typedef struct {
  // `sizeof(caltrop_jwt_options)`.
  size_t size;
  // The tokens' `iss`, to the last slash.
  caltrop_text issuer;
  // 1 to 16 names that this API is known by; a token must be for one of them.
  const caltrop_text *audiences;
  // How many.
  size_t audience_count;
  // Up to 4 types of its access tokens; none is `at+jwt` alone (RFC 9068). Many servers write `JWT`.
  const caltrop_text *types;
  // How many.
  size_t type_count;
  // 1 to 8 keys.
  const caltrop_jwt_key *keys;
  // How many.
  size_t key_count;
  // By how many seconds the issuer's clock may differ, at most 300.
  uint32_t leeway_s;
  // How long ago a token may have been issued; 0 is until it expires.
  uint32_t age_max_s;
} caltrop_jwt_options;

// What is accepted of one issuer: made once by `caltrop_jwt_init`, shared by all threads, ended by `caltrop_jwt_wipe`. It may not be copied.
typedef struct {
  uint64_t words[CALTROP_JWT_VERIFIER_WORDS];
} caltrop_jwt_verifier;

// A key on its way to its owner. Show it once, then wipe it: nothing else holds it.
typedef struct {
  // The public id.
  uint64_t id;
  // The text, ended by a NUL.
  uint8_t text[96];
} caltrop_key_text;

// A prepared key: made once by `caltrop_mac_key_init`, shared by all threads, ended by `caltrop_mac_key_wipe`. It may not be copied.
typedef struct {
  uint64_t words[CALTROP_MAC_KEY_WORDS];
} caltrop_mac_key;

// Leases over memory that `caltrop_leases_init` formatted. It may be copied; any thread or process that shares the memory may use one.
typedef struct {
  const uint64_t *words;
  size_t count;
} caltrop_leases;

// "At most so many at once", for each client.
typedef struct {
  // First 8 bytes of SHA-256 of its name, little-endian.
  uint64_t name64;
  // The most that a client may hold at once, 1 to 255.
  uint8_t most;
} caltrop_lease_quota;

// One of a client's places. It may be moved, and kept in a file or a queue, if no caller can write it there. To release it once is the affair of
// who holds it: a released struct is cleared and has lapsed, but a copy of it is not, and its release would take away another lease of the client.
typedef struct {
  // Opaque; all 0 is no lease.
  uint8_t bytes[18];
} caltrop_lease;

// What a live guard is loaded from. Nothing of it is needed after the call.
typedef struct {
  // `sizeof(caltrop_live_options)`.
  size_t size;
  // The name of the policy that the host expects.
  const uint8_t *name;
  // Its bytes.
  size_t name_len;
  // The path of the policy's image. Its public key is `policy.pub` beside it, and the image of a feed `<feed>.cltp`.
  const uint8_t *policy;
  // Its bytes.
  size_t policy_len;
  // The name of the state that all processes of this user on this host share; none takes the policy's.
  const uint8_t *state;
  // Its bytes.
  size_t state_len;
  // The folder in which floors are kept; none keeps them beside the images.
  const uint8_t *floors;
  // Its bytes.
  size_t floors_len;
  // The peppers.
  const caltrop_pepper *peppers;
  // How many, at most 4.
  size_t pepper_count;
} caltrop_live_options;

// A network: an address whose host bits are zero, and how many bits of it count.
typedef struct {
  // Its first address.
  caltrop_address network;
  // How many bits count.
  uint8_t length;
} caltrop_cidr;

// A limiter over memory that `caltrop_rate_init` formatted. It may be copied; any thread or process that shares the memory may use one.
typedef struct {
  const uint64_t *words;
  size_t count;
} caltrop_rate_limiter;

// "count in period, burst at once", ready to be charged.
typedef struct {
  // First 8 bytes of SHA-256 of its name, little-endian.
  uint64_t name64;
  // What one unit takes to drain, in 2^-32 s.
  uint64_t unit;
  // Units that may come at once.
  uint32_t burst;
} caltrop_quota;

// What a call to `caltrop_rate_take` found. Zeroed memory is a refusal, and so is what an error leaves.
//
// For `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset`: the quota's `burst`, `remaining` and `reset_s`.
typedef struct {
  // 1 if the cost was taken, 0 if nothing was.
  uint8_t allowed;
  // Whole units that are left at once.
  uint32_t remaining;
  // Whole seconds until the same call would pass; 0 if it passed.
  uint32_t retry_after_s;
  // Seconds until all units are back, rounded; after a refusal, as `retry_after_s`.
  uint32_t reset_s;
} caltrop_rate_answer;

// A cache over memory that `caltrop_replay_init` formatted. It may be copied; any thread or process that shares the memory may use one.
typedef struct {
  const uint64_t *words;
  size_t count;
} caltrop_replay_cache;

// A message that its sender may show once. All of it is verified before it is asked about.
typedef struct {
  // Who made it: an issuer, a key id, a webhook's source. One sender cannot use up the ids of another.
  const uint8_t *sender;
  // Its bytes.
  size_t sender_len;
  // What makes it this message: its jti, its nonce, its tag.
  const uint8_t *id;
  // Its bytes.
  size_t id_len;
  // When it was issued, in Unix seconds; 0 if it does not say, which only a cache since 0 accepts.
  uint64_t issued_s;
  // The last Unix second at which it would be accepted.
  uint64_t until_s;
} caltrop_replay_message;

// A secret that is lent for one call.
typedef struct {
  // Its bytes.
  const uint8_t *bytes;
  // How many.
  size_t len;
  // The number of a token key; not looked at for webhooks.
  uint8_t id;
} caltrop_secret;

// A vendor and its secrets: made once by `caltrop_signed_init`, shared by all threads, ended by `caltrop_signed_wipe`. It may not be copied.
typedef struct {
  uint64_t words[CALTROP_SIGNED_WEBHOOKS_WORDS];
} caltrop_signed_webhooks;

// When a message may have been signed: at most `tolerance_s` ago, at most `leeway_s` ahead of this host's clock.
typedef struct {
  // How old a message may be; vendors say 300.
  uint32_t tolerance_s;
  // How far the vendor's clock may be ahead; 30 is plenty.
  uint32_t leeway_s;
} caltrop_window;

// One webhook on its way: begun by `caltrop_signed_start`, ended by `caltrop_signed_finish`. It may not be copied.
typedef struct {
  uint64_t words[CALTROP_SIGNED_CHECK_WORDS];
} caltrop_signed_check;

// The key of one signer: made once, shared by all threads, ended by `caltrop_signed_key_wipe`. It alone says which algorithm counts. It may not be
// copied.
typedef struct {
  uint64_t words[CALTROP_SIGNED_KEY_WORDS];
} caltrop_signed_key;

// A request as far as signatures cover it, as it was received.
typedef struct {
  // The method.
  const uint8_t *method;
  // Its bytes.
  size_t method_len;
  // Path and query, undecoded.
  const uint8_t *target;
  // Its bytes.
  size_t target_len;
  // `Host` or `:authority`.
  const uint8_t *authority;
  // Its bytes.
  size_t authority_len;
  // Header fields; not looked at for signing.
  const caltrop_header *headers;
  // How many.
  size_t header_count;
  // What the client used: `CALTROP_HTTPS` or `CALTROP_HTTP`.
  uint8_t scheme;
  // 1 if a body comes, or may come; 0 if there is none. Not looked at for signing.
  uint8_t has_body;
} caltrop_signed_request;

// What is accepted.
typedef struct {
  // When a request may have been signed.
  caltrop_window window;
  // The `tag` that a signature must have; NULL with a length of 0 if it must have none.
  const uint8_t *tag;
  // Its bytes.
  size_t tag_len;
} caltrop_signed_profile;

// What a request says of its signature. The pointers are into its header fields.
typedef struct {
  // Whose key: the sender of `caltrop_replay_first_seen`.
  const uint8_t *keyid;
  // Its bytes: 1 to 255.
  size_t keyid_len;
  // What makes it this request of theirs: the id of `caltrop_replay_first_seen`.
  const uint8_t *nonce;
  // Its bytes: 1 to 128.
  size_t nonce_len;
  // The Unix second at which it was signed.
  uint64_t created_s;
  // The last Unix second at which it would be accepted; 0 before it is verified.
  uint64_t until_s;
} caltrop_signed_claims;

// The body of a signed request on its way: begun by `caltrop_signed_verify`, ended by `caltrop_signed_body_finish`. It may not be copied.
typedef struct {
  uint64_t words[CALTROP_SIGNED_BODY_WORDS];
} caltrop_signed_body;

// How a request is signed.
typedef struct {
  // What the other side knows the key by: 1 to 255 visible ASCII characters, none of them `"` or `\`.
  const uint8_t *keyid;
  // Its bytes.
  size_t keyid_len;
  // The use that the other side asks for: 1 to 63 such characters; NULL with a length of 0 for none.
  const uint8_t *tag;
  // Its bytes.
  size_t tag_len;
  // New each time: 1 to 128 such characters.
  const uint8_t *nonce;
  // Its bytes.
  size_t nonce_len;
  // The present Unix second.
  uint64_t created_s;
  // In how many seconds it expires; 0 if it does not say.
  uint32_t life_s;
} caltrop_signed_signer;

// The values of the fields that sign a request, without a NUL.
typedef struct {
  // `Signature-Input`.
  uint8_t signature_input[CALTROP_SIGNATURE_INPUT_MAX];
  // Its bytes.
  size_t signature_input_len;
  // `Signature`.
  uint8_t signature[CALTROP_SIGNATURE_MAX];
  // Its bytes.
  size_t signature_len;
  // `Content-Digest`.
  uint8_t content_digest[CALTROP_CONTENT_DIGEST_SIZE];
  // Its bytes; 0 without a body: then there is no such field.
  size_t content_digest_len;
} caltrop_signed_fields;

// The keys of tokens: made once by `caltrop_token_keys_init`, shared by all threads, ended by `caltrop_token_keys_wipe`. It may not be copied.
typedef struct {
  uint64_t words[CALTROP_TOKEN_KEYS_WORDS];
} caltrop_token_keys;

// What a token is for.
typedef struct {
  // Its purpose: 1 to 63 visible ASCII characters.
  const uint8_t *purpose;
  // Its bytes.
  size_t purpose_len;
  // What must be at hand again when it is shown, a path or a session, say; NULL with a length of 0 for nothing.
  const uint8_t *context;
  // Its bytes.
  size_t context_len;
} caltrop_token_use;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Writes an answer as HTTP/1.1 has it: header fields, each ended by CR LF, an empty line, and the body. A server with its own field functions
// splits it at the lines. A denial's is whole; that of a grant has no body, and its fields go beside the application's own, in the place of
// those of the same name, but `vary`, which is added. `*written` is the length; `CALTROP_E_MEMORY` if it does not fit (`CALTROP_ANSWER_SIZE`
// bytes always do).
//
// # Safety
// * `guard` and `decision` as for `caltrop_guard_admit`; `buffer` points at `buffer_len` bytes, `written` at memory for a `size_t`.
caltrop_status caltrop_guard_answer(const caltrop_guard *guard,
                                    const caltrop_decision *decision,
                                    uint8_t *buffer,
                                    size_t buffer_len,
                                    size_t *written);

// Whether a header field of the caller's goes on to the application: 1 or 0. None does that could be taken for one of
// `caltrop_guard_upstream`, and no credential if the policy says `strip`. What is no field does not go on.
//
// # Safety
// * `guard` as for `caltrop_guard_admit`; `field` points at a header whose pointers point at as many bytes as it says.
uint8_t caltrop_guard_passes_on(const caltrop_guard *guard,
                                const caltrop_header *field);

// Writes what the application behind learns of a granted request's caller: header fields to add to it, each ended by CR LF, once every field
// that `caltrop_guard_passes_on` refuses is taken out. `CALTROP_E_VALUE` for a denial, `CALTROP_E_MEMORY` if it does not fit.
//
// # Safety
// * As `caltrop_guard_answer`.
caltrop_status caltrop_guard_upstream(const caltrop_guard *guard,
                                      const caltrop_decision *decision,
                                      uint8_t *buffer,
                                      size_t buffer_len,
                                      size_t *written);

// Charges what the application reckons that a granted request will cost in a quota that its route charges with `"app"`. If that is not left,
// the decision becomes a denial: ask `caltrop_allowed`, and answer it. Whatever is returned but `CALTROP_OK` makes it one, too:
// `CALTROP_E_VALUE` for a quota that the route does not charge so, or a decision that was a denial before.
//
// # Safety
// * `guard` and `now` as for `caltrop_guard_admit`, which wrote `decision`; `quota` points at `quota_len` bytes.
caltrop_status caltrop_guard_charge(const caltrop_guard *guard,
                                    caltrop_decision *decision,
                                    const uint8_t *quota,
                                    size_t quota_len,
                                    uint32_t cost,
                                    const caltrop_now *now);

// Sets right what `caltrop_guard_charge` took: `charged` units were, and it came to `cost`. More is charged whether or not it fits; less is given
// back. Who charged nothing before settles from 0. `CALTROP_E_VALUE` for a quota that the route does not charge with `"app"`, or a denial.
//
// # Safety
// * As `caltrop_guard_charge`.
caltrop_status caltrop_guard_settle_cost(const caltrop_guard *guard,
                                         const caltrop_decision *decision,
                                         const uint8_t *quota,
                                         size_t quota_len,
                                         uint32_t charged,
                                         uint32_t cost,
                                         const caltrop_now *now);

// Bytes of memory for a guard: `CALTROP_GUARD_SIZE`.
size_t caltrop_guard_size(void);

// Makes a guard in `memory`, which has at least `CALTROP_GUARD_SIZE` bytes aligned to 16. Nothing is used unless all of it is good.
//
// # Safety
// * Every pointer of `options` points at as many bytes, or items, as its length says. Policy, keyring, feeds and state live, unwritten but by
//   caltrop, as long as the guard is used; the rest is not needed after the call.
// * `memory` points at `memory_len` bytes that nobody else uses; `out` at memory for a pointer.
caltrop_status caltrop_guard_init(const caltrop_guard_options *options,
                                  uint8_t *memory,
                                  size_t memory_len,
                                  caltrop_guard **out);

// Wipes a guard's secrets; it must not be used again. NULL is ignored.
//
// # Safety
// * `guard` is NULL or was made by `caltrop_guard_init`, and no thread uses it.
void caltrop_guard_wipe(caltrop_guard *guard);

// Decides about one request. Whatever it returns, `out` holds a decision: a denial unless the guard said yes.
//
// # Safety
// * `guard` was made by `caltrop_guard_init`. Every pointer of `request` points at as many bytes, or headers, as its length says.
// * `out` points at memory for a `caltrop_decision` and overlaps nothing else.
caltrop_status caltrop_guard_admit(const caltrop_guard *guard,
                                   const caltrop_request *request,
                                   const caltrop_now *now,
                                   caltrop_decision *out);

// Whether a decision is a yes: 1 or 0. NULL is a no.
//
// # Safety
// * `decision` is NULL or points at a `caltrop_decision`.
uint8_t caltrop_allowed(const caltrop_decision *decision);

// Ends a granted request: the places that it held are given back, and cleared in the decision.
//
// # Safety
// * `guard` and `now` as for `caltrop_guard_admit`, which wrote `decision`; nobody else uses that meanwhile.
caltrop_status caltrop_guard_settle(const caltrop_guard *guard,
                                    caltrop_decision *decision,
                                    uint8_t outcome,
                                    const caltrop_now *now);

// Begins the time of the places anew that a granted request holds, for one that runs longer than a lease. CALTROP_E_LAPSED if one of them had
// come back by itself: whoever still works should stop.
//
// # Safety
// * As `caltrop_guard_settle`.
caltrop_status caltrop_guard_renew(const caltrop_guard *guard,
                                   caltrop_decision *decision,
                                   const caltrop_now *now);

// The quota that would have refused, by its name: `*written` bytes, not ended by a NUL. None where it is no quota's refusal, or where another
// policy decides by now; `CALTROP_E_VALUE` for an index behind the last refusal, `CALTROP_E_MEMORY` if it does not fit.
//
// # Safety
// * `guard` and `decision` as for `caltrop_guard_admit`; `buffer` points at `buffer_len` bytes, `written` at memory for a `size_t`; none of
//   them overlaps another.
caltrop_status caltrop_guard_reported(const caltrop_guard *guard,
                                      const caltrop_decision *decision,
                                      size_t index,
                                      uint8_t *buffer,
                                      size_t buffer_len,
                                      size_t *written);

// The word of a reason, for logs: `*len` bytes of static text, not ended by a NUL; none for a number that is no reason.
//
// # Safety
// * `len` points at memory for a `size_t`, or is NULL, which gives NULL.
const uint8_t *caltrop_reason_word(uint8_t reason,
                                   size_t *len);

// This moment by the two clocks of this host, which is trusted to keep them set. Servers only, as everything called `caltrop_host_`.
//
// # Safety
// * `out` points at memory for a `caltrop_now`.
caltrop_status caltrop_host_now(caltrop_now *out);

// Attaches to the state of this name, and makes it first if there is none, of the size that the policy asks for; one that is there keeps its
// size. `name_len` 0 takes the policy's name. `options` needs `size`, `name`, `signers`, `policy` and `policy_floor` only.
// The state is the file `/dev/shm/caltrop.<uid>.<name>.2`, which stays after the last process, so that a restart keeps every balance.
//
// Where the state itself is refused (`CALTROP_E_HOST_*`, `CALTROP_E_LAYOUT`, `CALTROP_E_MEMORY`, `CALTROP_E_VALUE`), `text` says what would do,
// cut to `text_len` and ended by a NUL; it is empty after any other failure and untouched on success. 0 wants none.
//
// # Safety
// * As `caltrop_state_size`; `name` points at `name_len` bytes, `out` at memory for a `caltrop_host_state`, `text` at `text_len` bytes.
caltrop_status caltrop_host_state_open(const caltrop_guard_options *options,
                                       const uint8_t *name,
                                       size_t name_len,
                                       caltrop_host_state *out,
                                       uint8_t *text,
                                       size_t text_len);

// Lets go of a shared state, which stays for other processes and the next start, and zeroes `state`. Guards that use it must not be used again.
// NULL and a zeroed state are ignored.
//
// # Safety
// * `state` is NULL, or points at a `caltrop_host_state` that is zeroed or that `caltrop_host_state_open` wrote and nobody closed,
//   not by way of a copy either.
void caltrop_host_state_close(caltrop_host_state *state);

// Reads what is accepted of one issuer. `verifier` keeps pointers to what `options` points at. `CALTROP_E_JWT_ISSUER`, `_AUDIENCE`, `_TYPE`, `_KEY`:
// none, too many, an empty or not UTF-8; `CALTROP_E_JWT_KEY` also for bytes that are no key of their algorithm.
//
// # Safety
// * `options` points at a `caltrop_jwt_options` and is not needed after the call; what it points at is not written as long as `verifier` is used.
// * `verifier` points at memory for a `caltrop_jwt_verifier` that overlaps nothing and that no other thread uses during the call.
caltrop_status caltrop_jwt_init(const caltrop_jwt_options *options,
                                caltrop_jwt_verifier *verifier);

// Writes the claims of a good token, a JSON object without a NUL, into `size` bytes, of which `CALTROP_JWT_CLAIMS_MAX` are always enough; what they
// bind the token to (`cnf`) is the caller's to ask. Any other status says why the token is not good, for the operator: the caller is told
// `invalid_token` and no more (RFC 6750 §3.1). Takes 8 KiB of stack but for the signature.
//
// # Safety
// * `verifier` was made by `caltrop_jwt_init`, and what its options pointed at is still there.
// * `token` points at `token_len` bytes, or is NULL with a length of 0; `now` at a `caltrop_now`.
// * `out` points at `size` bytes that overlap nothing, or is NULL with a size of 0; `out_len` at a `size_t`.
caltrop_status caltrop_jwt_verify(const caltrop_jwt_verifier *verifier,
                                  const uint8_t *token,
                                  size_t token_len,
                                  const caltrop_now *now,
                                  uint8_t *out,
                                  size_t size,
                                  size_t *out_len);

// Wipes the secrets of a verifier; it must not be used again. NULL is ignored.
//
// # Safety
// * `verifier` is NULL or was made by `caltrop_jwt_init`, and no other thread uses it.
void caltrop_jwt_wipe(caltrop_jwt_verifier *verifier);

// Makes a key of 40 bytes of the caller's entropy, with a prefix such as `acme_live`.
//
// # Safety
// * `prefix` points at `prefix_len` bytes, `entropy` at 40, `out` at memory for a `caltrop_key_text`; none overlap.
//
caltrop_status caltrop_key_issue(const uint8_t *prefix,
                                 size_t prefix_len,
                                 const uint8_t entropy[40],
                                 caltrop_key_text *out);

// Checks a key's shape and checksum, offline, and gives its public id. It says nothing about whether the key is good.
//
// # Safety
// * `key` points at `key_len` bytes, or is NULL with a length of 0; `id` at memory for a `uint64_t`.
caltrop_status caltrop_key_check(const uint8_t *key,
                                 size_t key_len,
                                 uint64_t *id);

// The digest under which a key is stored. `form` 0: of the key; 1: of its SHA-256.
//
// # Safety
// * `pepper` was made by `caltrop_mac_key_init`; `key` points at `key_len` bytes, or is NULL with a length of 0; `out` at 16 bytes.
//
caltrop_status caltrop_key_digest(const caltrop_mac_key *pepper,
                                  uint8_t form,
                                  const uint8_t *key,
                                  size_t key_len,
                                  uint8_t out[16]);

// Bytes of memory for leases in this many lines of 8 clients, at least 2; 0 if they are fewer.
size_t caltrop_leases_size(uint32_t lines);

// Formats memory of exactly `caltrop_leases_size` bytes. A lease that nobody releases comes back after `longest_s` seconds, 1 or more, or up to
// half as long again. The entropy is unpredictable, and new each time.
//
// # Safety
// * `memory` points at `memory_len` bytes, aligned to 8 (64 is faster), which live as long as the leases are used and which only
//   caltrop's functions touch meanwhile; `entropy` points at 16 bytes, `out` at memory for a `caltrop_leases`.
//
caltrop_status caltrop_leases_init(uint64_t *memory,
                                   size_t memory_len,
                                   uint32_t lines,
                                   uint32_t longest_s,
                                   const uint8_t entropy[16],
                                   caltrop_leases *out);

// Finds the leases in memory that another process formatted.
//
// # Safety
// * As `caltrop_leases_init`.
caltrop_status caltrop_leases_attach(uint64_t *memory, size_t memory_len, caltrop_leases *out);

// Makes a quota of at most `most` leases at once, 1 to 255.
//
// # Safety
// * `name` points at `name_len` bytes, `out` at memory for a `caltrop_lease_quota`.
caltrop_status caltrop_lease_quota_init(const uint8_t *name,
                                        size_t name_len,
                                        uint8_t most,
                                        caltrop_lease_quota *out);

// CALTROP_OK and one more lease for this client; or a refusal that changes nothing: it holds as many as it may (CALTROP_E_BUSY), its two lines
// are full of other clients (CALTROP_E_FULL), or 64 races were lost (CALTROP_E_CONTENDED). `mono_ns` is a clock that never goes back.
//
// # Safety
// * The leases were made by `caltrop_leases_init` or `caltrop_leases_attach`, and their memory lives; the other pointers point at what they are
//   named for.
caltrop_status caltrop_lease_acquire(const caltrop_leases *leases,
                                     const caltrop_lease_quota *quota,
                                     const uint8_t *client,
                                     size_t client_len,
                                     uint64_t mono_ns,
                                     caltrop_lease *out);

// Gives a lease back, and clears the struct. CALTROP_E_LAPSED if its time was over: for a while one more may have been at work than was counted.
//
// # Safety
// * As `caltrop_lease_acquire`; nobody else uses the lease meanwhile.
caltrop_status caltrop_lease_release(const caltrop_leases *leases,
                                     caltrop_lease *lease,
                                     uint64_t mono_ns);

// Begins a lease's time anew. CALTROP_E_LAPSED, which clears the struct: whoever still works should stop.
//
// # Safety
// * As `caltrop_lease_release`.
caltrop_status caltrop_lease_renew(const caltrop_leases *leases,
                                   caltrop_lease *lease,
                                   uint64_t mono_ns);

// How many a client holds.
//
// # Safety
// * As `caltrop_lease_acquire`.
caltrop_status caltrop_leases_held(const caltrop_leases *leases,
                                   const caltrop_lease_quota *quota,
                                   const uint8_t *client,
                                   size_t client_len,
                                   uint64_t mono_ns,
                                   uint32_t *out);

// Loads a guard from files, and raises their floors. `*out` is NULL after a failure, and `text` says what would do, cut to `text_len` and ended
// by a NUL; after a success it says what is odd and no error, a line each. 0 wants no text.
//
// # Safety
// * Every pointer of `options` points at as many bytes, or items, as its length says; `out` at memory for a pointer, `text` at `text_len` bytes.
caltrop_status caltrop_live_open(const caltrop_live_options *options,
                                 caltrop_live **out,
                                 uint8_t *text,
                                 size_t text_len);

// Lets go of a live guard, and of its state, which stays for other processes and the next start. NULL is ignored.
//
// # Safety
// * `live` is NULL or was made by `caltrop_live_open` and not closed before, and no thread uses it.
void caltrop_live_close(caltrop_live *live);

// Looks at the files if the last look is a fifth of a second old, and takes what is new and good: call it before each request, or a few times a
// second. `text` is what is new since the last poll, a line each, cut to `text_len` and ended by a NUL; empty if nothing is. The status is
// `CALTROP_OK`, or, once for each file, why it was refused: what decided before still does.
//
// # Safety
// * `live` was made by `caltrop_live_open`; `now` points at a `caltrop_now`, `text` at `text_len` bytes.
caltrop_status caltrop_live_poll(const caltrop_live *live,
                                 const caltrop_now *now,
                                 uint8_t *text,
                                 size_t text_len);

// Decides about one request, as `caltrop_guard_admit` does.
//
// # Safety
// * `live` was made by `caltrop_live_open`; the rest as for `caltrop_guard_admit`.
caltrop_status caltrop_live_admit(const caltrop_live *live,
                                  const caltrop_request *request,
                                  const caltrop_now *now,
                                  caltrop_decision *out);

// The quota that would have refused, as `caltrop_guard_reported` does.
//
// # Safety
// * As `caltrop_live_admit`; the rest as for `caltrop_guard_reported`.
caltrop_status caltrop_live_reported(const caltrop_live *live,
                                     const caltrop_decision *decision,
                                     size_t index,
                                     uint8_t *buffer,
                                     size_t buffer_len,
                                     size_t *written);

// Ends a granted request, as `caltrop_guard_settle` does.
//
// # Safety
// * As `caltrop_live_admit`; the rest as for `caltrop_guard_settle`.
caltrop_status caltrop_live_settle(const caltrop_live *live,
                                   caltrop_decision *decision,
                                   uint8_t outcome,
                                   const caltrop_now *now);

// Begins the time of the places anew that a granted request holds, as `caltrop_guard_renew` does.
//
// # Safety
// * As `caltrop_live_admit`; the rest as for `caltrop_guard_renew`.
caltrop_status caltrop_live_renew(const caltrop_live *live,
                                  caltrop_decision *decision,
                                  const caltrop_now *now);

// Charges what a granted request will cost, as `caltrop_guard_charge` does.
//
// # Safety
// * As `caltrop_live_admit`; the rest as for `caltrop_guard_charge`.
caltrop_status caltrop_live_charge(const caltrop_live *live,
                                   caltrop_decision *decision,
                                   const uint8_t *quota,
                                   size_t quota_len,
                                   uint32_t cost,
                                   const caltrop_now *now);

// Sets right what was charged, as `caltrop_guard_settle_cost` does.
//
// # Safety
// * As `caltrop_live_admit`; the rest as for `caltrop_guard_settle_cost`.
caltrop_status caltrop_live_settle_cost(const caltrop_live *live,
                                        const caltrop_decision *decision,
                                        const uint8_t *quota,
                                        size_t quota_len,
                                        uint32_t charged,
                                        uint32_t cost,
                                        const caltrop_now *now);

// Writes an answer, as `caltrop_guard_answer` does.
//
// # Safety
// * As `caltrop_live_admit`; the rest as for `caltrop_guard_answer`.
caltrop_status caltrop_live_answer(const caltrop_live *live,
                                   const caltrop_decision *decision,
                                   uint8_t *buffer,
                                   size_t buffer_len,
                                   size_t *written);

// Whether a header field goes on to the application, as `caltrop_guard_passes_on` says.
//
// # Safety
// * As `caltrop_live_admit`; the rest as for `caltrop_guard_passes_on`.
uint8_t caltrop_live_passes_on(const caltrop_live *live, const caltrop_header *field);

// Writes what the application learns of the caller, as `caltrop_guard_upstream` does.
//
// # Safety
// * As `caltrop_live_admit`; the rest as for `caltrop_guard_upstream`.
caltrop_status caltrop_live_upstream(const caltrop_live *live,
                                     const caltrop_decision *decision,
                                     uint8_t *buffer,
                                     size_t buffer_len,
                                     size_t *written);

// Prepares a key of any length.
//
// # Safety
// * `key` points at `key_len` bytes, or is NULL with a length of 0.
// * `out` points at memory for a `caltrop_mac_key` that no other thread uses during the call.
caltrop_status caltrop_mac_key_init(const uint8_t *key, size_t key_len, caltrop_mac_key *out);

// The 32-byte tag of a message.
//
// # Safety
// * `key` was made by `caltrop_mac_key_init`.
// * `message` points at `message_len` bytes, or is NULL with a length of 0; `tag` at 32 bytes that do not overlap them.
//
caltrop_status caltrop_mac_sign(const caltrop_mac_key *key,
                                const uint8_t *message,
                                size_t message_len,
                                uint8_t tag[32]);

// Checks a tag of 16 to 32 bytes in constant time. `CALTROP_E_TAG`: it is not this message's, or of another length.
//
// # Safety
// * `key` was made by `caltrop_mac_key_init`.
// * `message` and `tag` point at as many bytes as their lengths say, or are NULL with a length of 0.
caltrop_status caltrop_mac_verify(const caltrop_mac_key *key,
                                  const uint8_t *message,
                                  size_t message_len,
                                  const uint8_t *tag,
                                  size_t tag_len);

// Wipes a prepared key; it must not be used again. NULL is ignored.
//
// # Safety
// * `key` is NULL or was made by `caltrop_mac_key_init`, and no other thread uses it.
void caltrop_mac_key_wipe(caltrop_mac_key *key);

// Reads `address/length`, or an address alone, which is a network of one. Strict: each way to be misread has its own status.
//
// # Safety
// * `text` points at `text_len` bytes, or is NULL with a length of 0; `out` at memory for a `caltrop_cidr`.
caltrop_status caltrop_net_cidr_parse(const uint8_t *text,
                                      size_t text_len,
                                      caltrop_cidr *out);

// Whether an address lies in a network; IPv4-mapped IPv6 is folded first. The answer is written as 0 or 1.
//
// # Safety
// * `cidr`, `address` and `out` point at what they are named for.
caltrop_status caltrop_net_cidr_contains(const caltrop_cidr *cidr,
                                         const caltrop_address *address,
                                         uint8_t *out);

// The policies of two slots: which of them a board with room for two is to use, after an update that may have been cut off. `*picked` is 0 for
// `options->policy` and 1 for `other`: the good one with the higher sequence. The status is the one of `options->policy` if both are bad.
// `options` needs `size`, `name`, `signers`, `policy` and `policy_floor` only.
//
// # Safety
// * As `caltrop_guard_init`; `other` points at `other_len` bytes, `picked` at memory for a byte.
caltrop_status caltrop_policy_pick(const caltrop_guard_options *options,
                                   const uint8_t *other,
                                   size_t other_len,
                                   uint8_t *picked);

// Bytes of memory for the state that a policy asks for. `options` needs `size`, `name`, `signers`, `policy` and `policy_floor` only.
//
// # Safety
// * As `caltrop_guard_init`; `out` points at memory for a `size_t`.
caltrop_status caltrop_state_size(const caltrop_guard_options *options,
                                  size_t *out);

// Formats the memory at `options->state` as an empty state. The entropy is unpredictable, and new each time.
//
// # Safety
// * As `caltrop_guard_init`; `entropy` points at 16 bytes. Nobody else uses the state meanwhile.
//
caltrop_status caltrop_state_init(const caltrop_guard_options *options,
                                  const uint8_t entropy[16]);

// Bytes of memory for an opened list: `CALTROP_PREFIXES_SIZE`.
size_t caltrop_prefixes_size(void);

// Opens an image of a list for a scope such as `acme-api/nets`, into `memory`, which has at least `CALTROP_PREFIXES_SIZE` bytes aligned to 16.
// One or two public keys, 32 bytes each, of which one signed it; `floor` is the newest that was accepted before, zeroed for none. Nothing of
// it is used unless all of it is good.
//
// # Safety
// * `image` points at `image_len` bytes that live, unwritten, as long as the list is used; `scope` at `scope_len` bytes, `signers` at
//   `signer_count` keys and `floor` at a floor, which are not needed after the call.
// * `memory` points at `memory_len` bytes that nobody else uses; `out` at memory for a pointer. None overlap.
caltrop_status caltrop_prefixes_open(const uint8_t *image,
                                     size_t image_len,
                                     const uint8_t *scope,
                                     size_t scope_len,
                                     const uint8_t *signers,
                                     size_t signer_count,
                                     const caltrop_floor *floor,
                                     uint8_t *memory,
                                     size_t memory_len,
                                     const caltrop_prefixes **out);

// The value of the longest match of an address, 0 where there is none. IPv4-mapped IPv6 is folded first.
//
// # Safety
// * `prefixes` was made by `caltrop_prefixes_open`; `address` and `value` point at what they are named for.
caltrop_status caltrop_prefixes_lookup(const caltrop_prefixes *prefixes,
                                       const caltrop_address *address,
                                       uint64_t *value);

// The values of `count` addresses of one family, 4 or 6, which stand one behind the other in network byte order, 4 or 16 bytes each.
//
// # Safety
// * `prefixes` was made by `caltrop_prefixes_open`; `addresses` points at `count` addresses, `values` at memory for `count` values, or both are
//   NULL with a count of 0. They do not overlap.
caltrop_status caltrop_prefixes_lookup_many(const caltrop_prefixes *prefixes,
                                            uint8_t family,
                                            const uint8_t *addresses,
                                            size_t count,
                                            uint64_t *values);

// Bytes of memory for a limiter with this many lines of 8 words and 2^overflow_log2 overflow words; 0 if they are out of bounds
// (at least 2 lines, 3 to 16).
size_t caltrop_rate_size(uint32_t lines,
                         uint8_t overflow_log2);

// Formats memory of exactly `caltrop_rate_size` bytes. The entropy is unpredictable, and new each time.
//
// # Safety
// * `memory` points at `memory_len` bytes, aligned to 8 (64 is faster), which live as long as the limiter is used and which only
//   caltrop's functions touch meanwhile; `entropy` points at 16 bytes, `out` at memory for a `caltrop_rate_limiter`.
//
caltrop_status caltrop_rate_init(uint64_t *memory,
                                 size_t memory_len,
                                 uint32_t lines,
                                 uint8_t overflow_log2,
                                 const uint8_t entropy[16],
                                 caltrop_rate_limiter *out);

// Finds the limiter in memory that another process formatted.
//
// # Safety
// * As `caltrop_rate_init`.
caltrop_status caltrop_rate_attach(uint64_t *memory, size_t memory_len, caltrop_rate_limiter *out);

// Makes a quota of "count in period_s seconds, burst at once". Any of them 0, or a burst that takes over 48 days to drain, is refused.
//
// # Safety
// * `name` points at `name_len` bytes, `out` at memory for a `caltrop_quota`.
caltrop_status caltrop_quota_init(const uint8_t *name,
                                  size_t name_len,
                                  uint32_t count,
                                  uint32_t period_s,
                                  uint32_t burst,
                                  caltrop_quota *out);

// Takes a cost from a client's bucket, or nothing. `mono_ns` is a clock that never goes back.
//
// # Safety
// * The limiter was made by `caltrop_rate_init` or `caltrop_rate_attach`, and its memory lives; the other pointers point at what they are named for.
caltrop_status caltrop_rate_take(const caltrop_rate_limiter *limiter,
                                 const caltrop_quota *quota,
                                 const uint8_t *client,
                                 size_t client_len,
                                 uint32_t cost,
                                 uint64_t mono_ns,
                                 caltrop_rate_answer *out);

// Takes a cost from each of many clients' buckets, as `caltrop_rate_take` would one after the other, but the misses of a large table overlap.
// The clients' names are of one length, above 0, and lie side by side; a name may come several times. `out` has a place for each.
//
// # Safety
// * As `caltrop_rate_take`; `clients` points at `count` times `client_len` bytes, `out` at memory for `count` answers.
caltrop_status caltrop_rate_take_many(const caltrop_rate_limiter *limiter,
                                      const caltrop_quota *quota,
                                      const uint8_t *clients,
                                      size_t client_len,
                                      size_t count,
                                      uint32_t cost,
                                      uint64_t mono_ns,
                                      caltrop_rate_answer *out);

// Gives back a cost, as far as the client still owes it.
//
// # Safety
// * As `caltrop_rate_take`.
caltrop_status caltrop_rate_refund(const caltrop_rate_limiter *limiter,
                                   const caltrop_quota *quota,
                                   const uint8_t *client,
                                   size_t client_len,
                                   uint32_t cost,
                                   uint64_t mono_ns);

// Bytes of memory for a cache with this many lines of 8 messages, at least 2; 0 if they are fewer. Give it three times the messages that live
// at once.
size_t caltrop_replay_size(uint32_t lines);

// Formats memory of exactly `caltrop_replay_size` bytes. The entropy is unpredictable, and new each time. Messages issued at or before `since_s`
// are refused, for an earlier cache may have seen them: give the present Unix second and how far ahead a sender's clock may be; or 0, if no
// message can have been accepted before.
//
// # Safety
// * `memory` points at `memory_len` bytes, aligned to 8 (64 is faster), which live as long as the cache is used and which only
//   caltrop's functions touch meanwhile; `entropy` points at 16 bytes, `out` at memory for a `caltrop_replay_cache`.
//
caltrop_status caltrop_replay_init(uint64_t *memory,
                                   size_t memory_len,
                                   uint32_t lines,
                                   uint64_t since_s,
                                   const uint8_t entropy[16],
                                   caltrop_replay_cache *out);

// Finds the cache in memory that another process formatted.
//
// # Safety
// * As `caltrop_replay_init`.
caltrop_status caltrop_replay_attach(uint64_t *memory,
                                     size_t memory_len,
                                     caltrop_replay_cache *out);

// CALTROP_OK if no copy of this message was shown before, and remembers it until its end. Whatever else comes back, the message is not to be
// accepted: it was seen (CALTROP_E_REPLAYED), or cannot be told to be the first.
//
// # Safety
// * The cache was made by `caltrop_replay_init` or `caltrop_replay_attach`, and its memory lives; the message's pointers point at as many bytes
//   as their lengths say; the other pointers point at what they are named for.
caltrop_status caltrop_replay_first_seen(const caltrop_replay_cache *cache,
                                         const caltrop_replay_message *message,
                                         const caltrop_now *now);

// Reads 1 to 4 secrets of a vendor. `CALTROP_E_SECRET`: none, more, an empty one, or not one of Standard Webhooks.
//
// # Safety
// * `secrets` points at `secret_count` secrets, each of which points at as many bytes as it says, or is NULL with a length of 0.
// * `out` points at memory for a `caltrop_signed_webhooks` that no other thread uses during the call.
caltrop_status caltrop_signed_init(uint8_t vendor,
                                   const caltrop_secret *secrets,
                                   size_t secret_count,
                                   caltrop_signed_webhooks *out);

// Begins with a webhook: reads the header fields that sign, and the date. `check` keeps a pointer to `webhooks` until it is finished.
//
// # Safety
// * `webhooks` was made by `caltrop_signed_init`, and is not wiped before `check` is finished.
// * `headers` points at `header_count` fields, each of which points at as many bytes as it says; `window` and `now` at what they are named for.
// * `check` points at memory for a `caltrop_signed_check` that no other thread uses during the call.
caltrop_status caltrop_signed_start(const caltrop_signed_webhooks *webhooks,
                                    const caltrop_header *headers,
                                    size_t header_count,
                                    const caltrop_window *window,
                                    const caltrop_now *now,
                                    caltrop_signed_check *check);

// Adds the next piece of the body, as it was received.
//
// # Safety
// * `check` was begun by `caltrop_signed_start` and is not finished; no other thread uses it.
// * `piece` points at `piece_len` bytes, or is NULL with a length of 0.
caltrop_status caltrop_signed_update(caltrop_signed_check *check,
                                     const uint8_t *piece,
                                     size_t piece_len);

// Ends a webhook, and wipes `check`: `CALTROP_OK` only if one of the secrets signed all of it, `CALTROP_E_FORGED` if none did.
//
// # Safety
// * `check` was begun by `caltrop_signed_start` and is not finished; no other thread uses it.
caltrop_status caltrop_signed_finish(caltrop_signed_check *check);

// Wipes a vendor's secrets; they must not be used again. NULL is ignored.
//
// # Safety
// * `webhooks` is NULL or was made by `caltrop_signed_init`, no other thread uses it, and no check of it is unfinished.
void caltrop_signed_wipe(caltrop_signed_webhooks *webhooks);

// Prepares a secret that both sides hold, for `hmac-sha256`. `CALTROP_E_SECRET`: an empty one.
//
// # Safety
// * `secret` points at `secret_len` bytes, or is NULL with a length of 0.
// * `out` points at memory for a `caltrop_signed_key` that no other thread uses during the call.
caltrop_status caltrop_signed_key_hmac(const uint8_t *secret,
                                       size_t secret_len,
                                       caltrop_signed_key *out);

// Prepares a signer's public key, for `ed25519`. `CALTROP_E_PUBLIC_KEY`: no point of the curve, or one of small order.
//
// # Safety
// * `public_key` points at 32 bytes.
// * `out` points at memory for a `caltrop_signed_key` that no other thread uses during the call.
//
caltrop_status caltrop_signed_key_ed25519(const uint8_t public_key[32],
                                          caltrop_signed_key *out);

// Wipes a key; it must not be used again. NULL is ignored.
//
// # Safety
// * `key` is NULL or was made by `caltrop_signed_key_hmac` or `caltrop_signed_key_ed25519`, and no other thread uses it.
void caltrop_signed_key_wipe(caltrop_signed_key *key);

// Reads who claims to have signed, so that the key can be looked up. Nothing is verified.
//
// # Safety
// * `request` and `profile` point at what they are named for, and their pointers at as many bytes, or fields, as they say.
// * `out` points at memory for a `caltrop_signed_claims`, whose pointers are good as long as the header fields.
caltrop_status caltrop_signed_read(const caltrop_signed_request *request,
                                   const caltrop_signed_profile *profile,
                                   caltrop_signed_claims *out);

// Whether this key signed the request, and just now; begins with its body. Then ask `caltrop_replay_first_seen`, and let the body through
// `caltrop_signed_body_update` and `_finish`, also if there is none.
//
// # Safety
// * `request` and `profile` point at what they are named for, and their pointers at as many bytes, or fields, as they say.
// * `key` was made by `caltrop_signed_key_hmac` or `caltrop_signed_key_ed25519`; `now` points at a `caltrop_now`.
// * `out` points at memory for a `caltrop_signed_claims`, whose pointers are good as long as the header fields; `body` at memory for a
//   `caltrop_signed_body` that no other thread uses during the call.
caltrop_status caltrop_signed_verify(const caltrop_signed_request *request,
                                     const caltrop_signed_profile *profile,
                                     const caltrop_signed_key *key,
                                     const caltrop_now *now,
                                     caltrop_signed_claims *out,
                                     caltrop_signed_body *body);

// Adds the next piece of the body, as it was received.
//
// # Safety
// * `body` was begun by `caltrop_signed_verify` and is not finished; no other thread uses it.
// * `piece` points at `piece_len` bytes, or is NULL with a length of 0.
caltrop_status caltrop_signed_body_update(caltrop_signed_body *body,
                                          const uint8_t *piece,
                                          size_t piece_len);

// Ends a body: `CALTROP_OK` only if it is the one that was signed, else `CALTROP_E_BODY`.
//
// # Safety
// * `body` was begun by `caltrop_signed_verify` and is not finished; no other thread uses it.
caltrop_status caltrop_signed_body_finish(caltrop_signed_body *body);

// Signs a request with its whole body under a secret. `CALTROP_E_REQUEST`: it is out of bounds; `CALTROP_E_VALUE`: a keyid, tag, nonce or date that
// no signature can have, or a key of Ed25519, which only verifies.
//
// # Safety
// * `request` and `signer` point at what they are named for, and their pointers at as many bytes as they say.
// * `key` was made by `caltrop_signed_key_hmac`; `body` points at `body_len` bytes, or is NULL with a length of 0.
// * `out` points at memory for a `caltrop_signed_fields`.
caltrop_status caltrop_signed_sign(const caltrop_signed_request *request,
                                   const caltrop_signed_key *key,
                                   const caltrop_signed_signer *signer,
                                   const uint8_t *body,
                                   size_t body_len,
                                   caltrop_signed_fields *out);

// The secret of 32 bytes under which requests of the API key with this id are signed, in its present generation.
//
// # Safety
// * `root` was made by `caltrop_mac_key_init`; `out` points at 32 bytes.
//
caltrop_status caltrop_signed_secret(const caltrop_mac_key *root,
                                     uint64_t key_id,
                                     uint32_t generation,
                                     uint8_t out[32]);

// Writes the nonce of this step, without a NUL: what a client puts in front of its own. `CALTROP_E_VALUE`: steps of no length.
//
// # Safety
// * `key` was made by `caltrop_mac_key_init`; `boot` points at 16 bytes, `now` at a `caltrop_now`, `out` at 24 bytes that overlap nothing.
//
caltrop_status caltrop_signed_nonce_give(const caltrop_mac_key *key,
                                         const uint8_t boot[16],
                                         uint32_t step_s,
                                         const caltrop_now *now,
                                         uint8_t out[24]);

// Whether a request's nonce begins with the nonce of this step or the one before, and goes on; else `CALTROP_E_NONCE`.
//
// # Safety
// * `key` was made by `caltrop_mac_key_init`; `boot` points at 16 bytes, `now` at a `caltrop_now`.
// * `nonce` points at `nonce_len` bytes, or is NULL with a length of 0.
//
caltrop_status caltrop_signed_nonce_check(const caltrop_mac_key *key,
                                          const uint8_t boot[16],
                                          uint32_t step_s,
                                          const uint8_t *nonce,
                                          size_t nonce_len,
                                          const caltrop_now *now);

// Prepares 1 to 4 keys of 32 bytes or more, each with a number of its own: the first signs, tokens of all are good.
//
// # Safety
// * `secrets` points at `secret_count` secrets, each of which points at as many bytes as it says, or is NULL with a length of 0.
// * `out` points at memory for a `caltrop_token_keys` that no other thread uses during the call.
caltrop_status caltrop_token_keys_init(const caltrop_secret *secrets,
                                       size_t secret_count,
                                       caltrop_token_keys *out);

// Writes a token, without a NUL, that is good until the Unix second `expires_s`. `CALTROP_E_LENGTH`: more than `CALTROP_CLAIMS_MAX` bytes
// of claims; `CALTROP_E_MEMORY`: it does not fit into `size` bytes; `CALTROP_TOKEN_MAX` always do.
//
// # Safety
// * `keys` was made by `caltrop_token_keys_init`; the pointers of `use_of` point at as many bytes as it says.
// * `claims` points at `claims_len` bytes, or is NULL with a length of 0; `out` at `size` bytes that overlap nothing; `out_len` at a `size_t`.
caltrop_status caltrop_token_issue(const caltrop_token_keys *keys,
                                   const caltrop_token_use *use_of,
                                   const uint8_t *claims,
                                   size_t claims_len,
                                   uint64_t expires_s,
                                   uint8_t *out,
                                   size_t size,
                                   size_t *out_len);

// Knows a token again, and writes its claims into `size` bytes, of which `CALTROP_CLAIMS_MAX` are always enough.
//
// # Safety
// * `keys` was made by `caltrop_token_keys_init`; the pointers of `use_of` point at as many bytes as it says.
// * `token` points at `token_len` bytes, or is NULL with a length of 0; `now` at a `caltrop_now`.
// * `out` points at `size` bytes that overlap nothing, or is NULL with a size of 0; `out_len` at a `size_t`.
caltrop_status caltrop_token_verify(const caltrop_token_keys *keys,
                                    const caltrop_token_use *use_of,
                                    const uint8_t *token,
                                    size_t token_len,
                                    const caltrop_now *now,
                                    uint8_t *out,
                                    size_t size,
                                    size_t *out_len);

// Wipes the keys; they must not be used again. NULL is ignored.
//
// # Safety
// * `keys` is NULL or was made by `caltrop_token_keys_init`, and no other thread uses it.
void caltrop_token_keys_wipe(caltrop_token_keys *keys);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* CALTROP_H */
