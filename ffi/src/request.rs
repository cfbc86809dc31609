//! A request as C hands it in.

use core::ffi::c_void;
use core::marker::PhantomData;

use caltrop::Now;
use caltrop::request::{Header, Headers, Peer, Request, TlsVersion, Transport};
use caltrop::time::Quality;

use crate::border::{array, bytes};
use crate::net::caltrop_address;
use crate::status::caltrop_status;
use caltrop_status::{CALTROP_E_LENGTH, CALTROP_E_VALUE};

/// `caltrop_address.family` of a peer: a Unix socket.
pub const CALTROP_PEER_UNIX: u8 = 1;
/// `caltrop_request.tls`: nothing protects the socket.
pub const CALTROP_PLAINTEXT: u8 = 0;
/// `caltrop_request.tls`: TLS older than 1.2.
pub const CALTROP_TLS_OLD: u8 = 1;
/// `caltrop_request.tls`: TLS 1.2.
pub const CALTROP_TLS_1_2: u8 = 12;
/// `caltrop_request.tls`: TLS 1.3.
pub const CALTROP_TLS_1_3: u8 = 13;

/// One header field as it was received.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct caltrop_header {
    /// Field name.
    pub name: *const u8,
    /// Its bytes.
    pub name_len: usize,
    /// Field value.
    pub value: *const u8,
    /// Its bytes.
    pub value_len: usize,
}

/// One request, as it was received: nothing decoded, nothing trusted.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct caltrop_request {
    /// `sizeof(caltrop_request)`.
    pub size: usize,
    /// The method.
    pub method: *const u8,
    /// Its bytes.
    pub method_len: usize,
    /// The request target as it stood in the request line: path and query, undecoded.
    pub target: *const u8,
    /// Its bytes.
    pub target_len: usize,
    /// `Host` or `:authority`.
    pub authority: *const u8,
    /// Its bytes.
    pub authority_len: usize,
    /// Header fields in wire order.
    pub headers: *const caltrop_header,
    /// How many.
    pub header_count: usize,
    /// Who is at the other end of the socket: family 4, 6 or `CALTROP_PEER_UNIX`.
    pub peer: caltrop_address,
    /// What protects the socket: `CALTROP_PLAINTEXT`, `CALTROP_TLS_OLD`, `CALTROP_TLS_1_2` or `CALTROP_TLS_1_3`.
    pub tls: u8,
}

/// The two clocks at one moment.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct caltrop_now {
    /// Seconds since 1970-01-01 UTC.
    pub wall_s: u64,
    /// Nanoseconds of a clock that never goes back (`CLOCK_BOOTTIME`).
    pub mono_ns: u64,
    /// 1 if the wall clock can be believed; 0 makes what has a date fail.
    pub trusted: u8,
}

impl caltrop_now {
    pub(crate) const fn get(&self) -> Now {
        let quality = if self.trusted == 1 { Quality::Trusted } else { Quality::Untrusted };
        Now { wall_s: self.wall_s, mono_ns: self.mono_ns, quality }
    }
}

/// Header fields where C keeps them: each is read when the guard looks at it.
pub(crate) struct Fields<'r> {
    fields: &'r [caltrop_header],
    lent: PhantomData<&'r c_void>,
}

impl<'r> Fields<'r> {
    /// Takes the fields over for one call.
    ///
    /// # Safety
    /// Each of them points at as many bytes as it says, which nobody writes while `'r` lasts.
    pub(crate) unsafe fn new(fields: &'r [caltrop_header]) -> Result<Self, caltrop_status> {
        for field in fields {
            // SAFETY: this function's contract is the one of `bytes`.
            unsafe { bytes(field.name, field.name_len) }?;
            // SAFETY: this function's contract is the one of `bytes`.
            unsafe { bytes(field.value, field.value_len) }?;
        }
        Ok(Self { fields, lent: PhantomData })
    }
}

impl Headers for Fields<'_> {
    fn count(&self) -> usize {
        self.fields.len()
    }

    fn field(&self, index: usize) -> Option<Header<'_>> {
        let field = self.fields.get(index)?;
        // SAFETY: `Fields::new` was given these pointers under the contract of `bytes`, for as long as `self` lives.
        let name = unsafe { bytes(field.name, field.name_len) }.ok()?;
        // SAFETY: as above.
        let value = unsafe { bytes(field.value, field.value_len) }.ok()?;
        Some(Header { name, value })
    }
}

/// Turns a request into the core's, and runs something on it.
///
/// # Safety
/// Every pointer of the request points at as many bytes, or headers, as its length says, which nobody writes during the call.
pub(crate) unsafe fn with_request<R>(request: &caltrop_request, run: impl FnOnce(&Request<'_>) -> R) -> Result<R, caltrop_status> {
    if request.size != size_of::<caltrop_request>() {
        return Err(CALTROP_E_LENGTH);
    }
    let peer = match request.peer.family {
        CALTROP_PEER_UNIX => Peer::Unix,
        _ => Peer::Ip(request.peer.get()?),
    };
    let transport = match request.tls {
        CALTROP_PLAINTEXT => Transport::Plaintext,
        CALTROP_TLS_OLD => Transport::Tls(TlsVersion::Old),
        CALTROP_TLS_1_2 => Transport::Tls(TlsVersion::V1_2),
        CALTROP_TLS_1_3 => Transport::Tls(TlsVersion::V1_3),
        _ => return Err(CALTROP_E_VALUE),
    };
    // SAFETY: this function's contract is the one of `bytes`.
    let method = unsafe { bytes(request.method, request.method_len) }?;
    // SAFETY: this function's contract is the one of `bytes`.
    let target = unsafe { bytes(request.target, request.target_len) }?;
    // SAFETY: this function's contract is the one of `bytes`.
    let authority = unsafe { bytes(request.authority, request.authority_len) }?;
    // SAFETY: this function's contract is the one of `array`.
    let fields = unsafe { array(request.headers, request.header_count) }?;
    // SAFETY: this function's contract is the one of `Fields::new`.
    let headers = unsafe { Fields::new(fields) }?;
    Ok(run(&Request { method, target, authority, headers: &headers, peer, transport }))
}
