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
}

/// One door out: what went wrong, or done.
pub(crate) fn status(result: Result<(), caltrop_status>) -> caltrop_status {
    match result {
        Ok(()) => caltrop_status::CALTROP_OK,
        Err(status) => status,
    }
}
