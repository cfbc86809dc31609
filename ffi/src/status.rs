//! What a call answers. Numbers are for ever, in bands by kind.

/// What a call answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub enum caltrop_status {
    /// Done.
    CALTROP_OK = 0,
    /// A pointer that must not be NULL is.
    CALTROP_E_NULL = 1,
    /// A pointer is not aligned for what it points at.
    CALTROP_E_ALIGNMENT = 2,
    /// A length is out of bounds.
    CALTROP_E_LENGTH = 3,
    /// The memory handed in is too small.
    CALTROP_E_MEMORY = 4,
    /// A number that is none of the listed ones.
    CALTROP_E_VALUE = 5,

    /// The tag is not this message's.
    CALTROP_E_TAG = 101,

    /// Not `<prefix>_` and 59 letters and digits.
    CALTROP_E_KEY_SHAPE = 201,
    /// Not a prefix that keys have.
    CALTROP_E_KEY_PREFIX = 202,
    /// The checksum is another: a typo.
    CALTROP_E_KEY_CHECKSUM = 203,
    /// Empty, over 256 bytes, or not visible ASCII: no key at all.
    CALTROP_E_KEY_BYTES = 204,

    /// No IPv4 or IPv6 address.
    CALTROP_E_ADDRESS = 301,
    /// A number begins with 0.
    CALTROP_E_LEADING_ZERO = 302,
    /// A zone id such as `%eth0`.
    CALTROP_E_ZONE_ID = 303,
    /// IPv4 written inside IPv6.
    CALTROP_E_EMBEDDED_IPV4 = 304,
    /// An IPv4-mapped network.
    CALTROP_E_MAPPED_IPV4 = 305,
    /// What follows the `/` is no length that the address has.
    CALTROP_E_PREFIX_LENGTH = 306,
    /// Bits are set behind the prefix length.
    CALTROP_E_HOST_BITS = 307,

    /// The memory was never formatted, or by another layout, or for another room.
    CALTROP_E_LAYOUT = 401,
    /// A quota of count, period or burst 0, or of a burst that takes over 48 days to drain; or of no lease at once.
    CALTROP_E_QUOTA = 402,
    /// The client holds as many leases as it may.
    CALTROP_E_BUSY = 403,
    /// The lease's time was over, or it was released before.
    CALTROP_E_LAPSED = 404,

    /// Fewer bytes than an image has.
    CALTROP_E_IMAGE_TOO_SHORT = 501,
    /// Not an image.
    CALTROP_E_IMAGE_MAGIC = 502,
    /// An image of a format that this version does not read.
    CALTROP_E_IMAGE_FORMAT = 503,
    /// An image of another kind.
    CALTROP_E_IMAGE_KIND = 504,
    /// An image that is cut off or padded.
    CALTROP_E_IMAGE_LENGTH = 505,
    /// An image that no trusted key signed.
    CALTROP_E_IMAGE_SIGNATURE = 506,
    /// An image for another policy or feed.
    CALTROP_E_IMAGE_SCOPE = 507,
    /// An image that is older than what was accepted before.
    CALTROP_E_IMAGE_ROLLBACK = 508,
    /// An image whose body is not the one that was signed.
    CALTROP_E_IMAGE_BODY = 509,
    /// A delta where a snapshot is needed.
    CALTROP_E_IMAGE_DELTA = 510,
    /// An image whose directory is out of order.
    CALTROP_E_IMAGE_DIRECTORY = 511,
    /// An image with a section that must be understood, and is not.
    CALTROP_E_IMAGE_SECTION = 512,
    /// An image with records of another size.
    CALTROP_E_IMAGE_STRIDE = 513,
    /// An image with an invalid record.
    CALTROP_E_IMAGE_CONTENT = 514,

    /// Not an Ed25519 public key, or one of small order.
    CALTROP_E_PUBLIC_KEY = 601,
    /// The policy takes API keys, and no keyring was given.
    CALTROP_E_KEYRING_MISSING = 602,
    /// The keyring was made under a pepper that was not given.
    CALTROP_E_PEPPER_MISSING = 603,
    /// More than 4 peppers.
    CALTROP_E_PEPPERS = 604,
    /// The image of a feed, of networks, keys of an issuer or revocations was not given, or not in its place.
    CALTROP_E_FEED_MISSING = 605,

    /// No name for a shared state: 1 to 63 visible ASCII characters without a slash.
    CALTROP_E_HOST_NAME = 701,
    /// The system refuses the file of the shared state.
    CALTROP_E_HOST_SYSTEM = 702,
    /// There is not enough memory for the shared state.
    CALTROP_E_HOST_ROOM = 703,
    /// What is there is not a state of this user, release and boot.
    CALTROP_E_HOST_FOREIGN = 704,
    /// The system gives no random bytes.
    CALTROP_E_HOST_ENTROPY = 705,
    /// A file of a live guard cannot be read, or a floor not written.
    CALTROP_E_HOST_FILE = 706,

    /// A header field that signs is not there.
    CALTROP_E_MISSING = 801,
    /// A header field that signs is there twice.
    CALTROP_E_REPEATED = 802,
    /// What signs is not as its format says.
    CALTROP_E_MALFORMED = 803,
    /// Signed longer ago than is tolerated.
    CALTROP_E_STALE = 804,
    /// Signed in a future that no leeway allows.
    CALTROP_E_FUTURE = 805,
    /// It has a date, and the clock cannot be trusted.
    CALTROP_E_CLOCK = 806,
    /// No secret signed this: forged, changed, or meant for another use.
    CALTROP_E_FORGED = 807,
    /// Its time is over.
    CALTROP_E_EXPIRED = 808,
    /// It names a key that is not here.
    CALTROP_E_UNKNOWN_KEY = 809,
    /// Secrets that cannot be used: none, more than 4, empty or too short, two of one number, or not of the vendor's form.
    CALTROP_E_SECRET = 810,
    /// No purpose: 1 to 63 visible ASCII characters.
    CALTROP_E_PURPOSE = 811,
    /// More than one signature.
    CALTROP_E_SEVERAL = 812,
    /// A signature covers other components than the profile's, or in another order.
    CALTROP_E_COMPONENTS = 813,
    /// There is a body, and the signature does not cover its digest.
    CALTROP_E_UNCOVERED = 814,
    /// `Content-Digest` has no `sha-256`.
    CALTROP_E_DIGEST = 815,
    /// Method, authority or target of a signed request are out of bounds, or the target is no origin-form.
    CALTROP_E_REQUEST = 816,
    /// A signature names an algorithm that is not the key's.
    CALTROP_E_ALGORITHM = 817,
    /// Signed for another use: the `tag` is not the one that is asked for.
    CALTROP_E_USE = 818,
    /// The body is not the one that was signed.
    CALTROP_E_BODY = 819,
    /// A nonce that this host did not give, or too long ago.
    CALTROP_E_NONCE = 820,

    /// Seen before.
    CALTROP_E_REPLAYED = 901,
    /// It lives longer than 388 days.
    CALTROP_E_TOO_LONG = 902,
    /// Issued before the cache began to remember.
    CALTROP_E_FORGOTTEN = 903,
    /// No room: everything in its two lines still lives.
    CALTROP_E_FULL = 904,
    /// Too many workers write the same lines: try again.
    CALTROP_E_CONTENDED = 905,

    /// No key of the issuer is of the token's algorithm.
    CALTROP_E_JWT_ALGORITHM = 1001,
    /// The token is of a type that is not accepted; of a verifier: types that cannot be used.
    CALTROP_E_JWT_TYPE = 1002,
    /// The token asks for an extension that is not understood.
    CALTROP_E_JWT_CRITICAL = 1003,
    /// An ID token, which is no access token.
    CALTROP_E_JWT_ID_TOKEN = 1004,
    /// A date of the token is missing, or is none.
    CALTROP_E_JWT_CLAIMS = 1005,
    /// The token is another issuer's; of a verifier: no issuer.
    CALTROP_E_JWT_ISSUER = 1006,
    /// The token is for somebody else; of a verifier: audiences that cannot be used.
    CALTROP_E_JWT_AUDIENCE = 1007,
    /// Keys that cannot be used: none, more than 8, or bytes that are no key of their algorithm.
    CALTROP_E_JWT_KEY = 1008,
}

/// One door out: what went wrong, or done.
pub(crate) fn status(result: Result<(), caltrop_status>) -> caltrop_status {
    match result {
        Ok(()) => caltrop_status::CALTROP_OK,
        Err(status) => status,
    }
}
