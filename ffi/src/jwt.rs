//! OAuth 2.0 access tokens of one issuer. `caltrop_token_*` are tokens of our own.

use core::mem::MaybeUninit;
use core::ptr;

use caltrop::mac;
use caltrop::token::{AUDIENCES_MAX, Algorithm, KEYS_MAX, Key, TOKEN_MAX, TokenReason, Verifier, VerifierError};
use caltrop::verify::{P256Key, PublicKey, RsaKey};

use crate::border::{array, buffer, bytes, place, shared};
use crate::request::caltrop_now;
use crate::status::{caltrop_status, status};
use crate::token::copied;
use caltrop_status::{
    CALTROP_E_CLOCK, CALTROP_E_EXPIRED, CALTROP_E_FORGED, CALTROP_E_FUTURE, CALTROP_E_JWT_ALGORITHM, CALTROP_E_JWT_AUDIENCE,
    CALTROP_E_JWT_CLAIMS, CALTROP_E_JWT_CRITICAL, CALTROP_E_JWT_ID_TOKEN, CALTROP_E_JWT_ISSUER, CALTROP_E_JWT_KEY, CALTROP_E_JWT_TYPE,
    CALTROP_E_LENGTH, CALTROP_E_MALFORMED, CALTROP_E_STALE, CALTROP_E_UNKNOWN_KEY, CALTROP_E_VALUE,
};

/// `algorithm` of a key: HMAC with SHA-256, under a secret that the issuer shares.
pub const CALTROP_HS256: u8 = 1;
/// `algorithm` of a key: RSA, PKCS #1 v1.5, with SHA-256.
pub const CALTROP_RS256: u8 = 2;
/// `algorithm` of a key: RSA, PKCS #1 v1.5, with SHA-384.
pub const CALTROP_RS384: u8 = 3;
/// `algorithm` of a key: RSA, PKCS #1 v1.5, with SHA-512.
pub const CALTROP_RS512: u8 = 4;
/// `algorithm` of a key: RSA, PSS, with SHA-256.
pub const CALTROP_PS256: u8 = 5;
/// `algorithm` of a key: ECDSA over P-256 with SHA-256.
pub const CALTROP_ES256: u8 = 6;
/// `algorithm` of a key: Ed25519.
pub const CALTROP_EDDSA: u8 = 7;

/// Words of `caltrop_jwt_verifier`: 8 prepared keys, 16 audiences, 4 types, and some room.
pub const CALTROP_JWT_VERIFIER_WORDS: usize = 384;
/// The longest token, in bytes.
pub const CALTROP_JWT_MAX: usize = 8192;
/// The longest claims of a token, in bytes.
pub const CALTROP_JWT_CLAIMS_MAX: usize = 6144;
/// The most types of tokens that a verifier takes.
pub const CALTROP_JWT_TYPES_MAX: usize = 4;

/// The shortest shared secret, in bytes: as long as the hash (RFC 7518 §3.2).
const SECRET_MIN: usize = 32;

const _: () = assert!(CALTROP_JWT_MAX == TOKEN_MAX && CALTROP_JWT_CLAIMS_MAX == TOKEN_MAX / 4 * 3);

/// UTF-8 that is lent.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct caltrop_text {
    /// Its bytes.
    pub bytes: *const u8,
    /// How many.
    pub len: usize,
}

/// A key of an issuer, bound to its one algorithm.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct caltrop_jwt_key {
    /// `CALTROP_HS256` and so on.
    pub algorithm: u8,
    /// Its `kid`; a key with an empty one is tried whatever a token names.
    pub kid: caltrop_text,
    /// HS256: a secret of 32 bytes or more, not needed after the call. EdDSA: 32 bytes. ES256: `x` and then `y`, 32 bytes each. RSA: the modulus, the
    /// first byte first and not 0, of 2,048 to 4,096 bits.
    pub bytes: *const u8,
    /// How many.
    pub len: usize,
    /// RSA: 65537. Else 0.
    pub exponent: u32,
}

/// What is accepted of one issuer. All but secrets stays where it is, unwritten, as long as the verifier is used.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct caltrop_jwt_options {
    /// `sizeof(caltrop_jwt_options)`.
    pub size: usize,
    /// The tokens' `iss`, to the last slash.
    pub issuer: caltrop_text,
    /// 1 to 16 names that this API is known by; a token must be for one of them.
    pub audiences: *const caltrop_text,
    /// How many.
    pub audience_count: usize,
    /// Up to 4 types of its access tokens; none is `at+jwt` alone (RFC 9068). Many servers write `JWT`.
    pub types: *const caltrop_text,
    /// How many.
    pub type_count: usize,
    /// 1 to 8 keys.
    pub keys: *const caltrop_jwt_key,
    /// How many.
    pub key_count: usize,
    /// By how many seconds the issuer's clock may differ, at most 300.
    pub leeway_s: u32,
    /// How long ago a token may have been issued; 0 is until it expires.
    pub age_max_s: u32,
}

/// What is accepted of one issuer: made once by `caltrop_jwt_init`, shared by all threads, ended by `caltrop_jwt_wipe`. It may not be copied.
#[repr(C)]
pub struct caltrop_jwt_verifier {
    words: [MaybeUninit<u64>; CALTROP_JWT_VERIFIER_WORDS],
}

/// The same, read. Behind the last of each list stands what is not looked at.
struct Issuer<'m> {
    issuer: &'m str,
    audiences: ([&'m str; AUDIENCES_MAX], usize),
    types: ([&'m str; CALTROP_JWT_TYPES_MAX], usize),
    keys: [Option<Held<'m>>; KEYS_MAX],
    leeway_s: u32,
    age_max_s: Option<u32>,
}

const _: () = assert!(size_of::<Issuer<'_>>() <= size_of::<caltrop_jwt_verifier>());
const _: () = assert!(align_of::<Issuer<'_>>() <= align_of::<caltrop_jwt_verifier>());

/// A key and its name.
struct Held<'m> {
    kid: Option<&'m str>,
    material: Material<'m>,
}

enum Material<'m> {
    Secret(mac::Key),
    Public(Key<'m>),
}

impl Held<'_> {
    const fn key(&self) -> Key<'_> {
        match &self.material {
            Material::Secret(secret) => Key::hs256(self.kid, secret),
            Material::Public(key) => *key,
        }
    }
}

impl From<TokenReason> for caltrop_status {
    fn from(reason: TokenReason) -> Self {
        match reason {
            TokenReason::TooLong => CALTROP_E_LENGTH,
            TokenReason::Malformed => CALTROP_E_MALFORMED,
            TokenReason::Algorithm => CALTROP_E_JWT_ALGORITHM,
            TokenReason::KeyUnknown => CALTROP_E_UNKNOWN_KEY,
            TokenReason::Type => CALTROP_E_JWT_TYPE,
            TokenReason::Critical => CALTROP_E_JWT_CRITICAL,
            TokenReason::Signature => CALTROP_E_FORGED,
            TokenReason::IdToken => CALTROP_E_JWT_ID_TOKEN,
            TokenReason::Claims => CALTROP_E_JWT_CLAIMS,
            TokenReason::Issuer => CALTROP_E_JWT_ISSUER,
            TokenReason::Audience => CALTROP_E_JWT_AUDIENCE,
            TokenReason::Expired => CALTROP_E_EXPIRED,
            TokenReason::NotYet => CALTROP_E_FUTURE,
            TokenReason::TooOld => CALTROP_E_STALE,
            TokenReason::Clock => CALTROP_E_CLOCK,
        }
    }
}

impl From<VerifierError> for caltrop_status {
    fn from(error: VerifierError) -> Self {
        match error {
            VerifierError::Issuer => CALTROP_E_JWT_ISSUER,
            VerifierError::Audiences => CALTROP_E_JWT_AUDIENCE,
            VerifierError::Keys => CALTROP_E_JWT_KEY,
        }
    }
}

/// Reads what is accepted of one issuer. `verifier` keeps pointers to what `options` points at. `CALTROP_E_JWT_ISSUER`, `_AUDIENCE`, `_TYPE`, `_KEY`:
/// none, too many, an empty or not UTF-8; `CALTROP_E_JWT_KEY` also for bytes that are no key of their algorithm.
///
/// # Safety
/// * `options` points at a `caltrop_jwt_options` and is not needed after the call; what it points at is not written as long as `verifier` is used.
/// * `verifier` points at memory for a `caltrop_jwt_verifier` that overlaps nothing and that no other thread uses during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_jwt_init(options: *const caltrop_jwt_options, verifier: *mut caltrop_jwt_verifier) -> caltrop_status {
    // SAFETY: this function's contract is the one of `shared`.
    let options = unsafe { shared(options) };
    // SAFETY: this function's contract is the one of `place`; the value fits, as asserted above.
    let out = unsafe { place(verifier.cast::<Issuer<'_>>()) };
    status(options.and_then(|options| {
        let out = out?;
        if options.size != size_of::<caltrop_jwt_options>() {
            return Err(CALTROP_E_VALUE);
        }
        // SAFETY: this function's contract is the one of `issuer`.
        let issuer = unsafe { issuer(options) }?;
        issuer.with(|_| ())?;
        out.write(issuer);
        Ok(())
    }))
}

/// # Safety
/// What `options` points at is there, and is not written while `'m` lasts.
unsafe fn issuer<'m>(options: &caltrop_jwt_options) -> Result<Issuer<'m>, caltrop_status> {
    // SAFETY: this function's contract is the one of `text`.
    let issuer = unsafe { text(&options.issuer, CALTROP_E_JWT_ISSUER) }?;
    // SAFETY: this function's contract is the one of `texts`.
    let audiences = unsafe { texts(options.audiences, options.audience_count, CALTROP_E_JWT_AUDIENCE) }?;
    // SAFETY: this function's contract is the one of `texts`.
    let types = unsafe { texts(options.types, options.type_count, CALTROP_E_JWT_TYPE) }?;
    let types = if types.1 == 0 { (["at+jwt"; CALTROP_JWT_TYPES_MAX], 1) } else { types };
    // SAFETY: this function's contract is the one of `array`.
    let given = unsafe { array(options.keys, options.key_count) }?;
    if given.len() > KEYS_MAX {
        return Err(CALTROP_E_JWT_KEY);
    }
    let mut keys = [const { None }; KEYS_MAX];
    for (slot, key) in keys.iter_mut().zip(given) {
        // SAFETY: this function's contract is the one of `held`.
        *slot = Some(unsafe { held(key) }?);
    }
    let age_max_s = (options.age_max_s > 0).then_some(options.age_max_s);
    Ok(Issuer { issuer, audiences, types, keys, leeway_s: options.leeway_s, age_max_s })
}

/// # Safety
/// `given` points at as many bytes as it says, or is NULL with a length of 0; nobody writes them while `'m` lasts.
unsafe fn text<'m>(given: &caltrop_text, wrong: caltrop_status) -> Result<&'m str, caltrop_status> {
    // SAFETY: this function's contract is the one of `bytes`.
    let bytes = unsafe { bytes(given.bytes, given.len) }?;
    core::str::from_utf8(bytes).map_err(|_| wrong)
}

/// # Safety
/// `given` points at `count` texts as `text` wants them.
unsafe fn texts<'m, const N: usize>(
    given: *const caltrop_text,
    count: usize,
    wrong: caltrop_status,
) -> Result<([&'m str; N], usize), caltrop_status> {
    // SAFETY: this function's contract is the one of `array`.
    let given = unsafe { array(given, count) }?;
    if given.len() > N {
        return Err(wrong);
    }
    let mut all = [""; N];
    for (slot, one) in all.iter_mut().zip(given) {
        // SAFETY: this function's contract is the one of `text`.
        *slot = unsafe { text(one, wrong) }?;
        if slot.is_empty() {
            return Err(wrong);
        }
    }
    Ok((all, given.len()))
}

/// # Safety
/// What `given` points at is there, and is not written while `'m` lasts.
unsafe fn held<'m>(given: &caltrop_jwt_key) -> Result<Held<'m>, caltrop_status> {
    // SAFETY: this function's contract is the one of `text`.
    let kid = unsafe { text(&given.kid, CALTROP_E_JWT_KEY) }?;
    let kid = (!kid.is_empty()).then_some(kid);
    // SAFETY: this function's contract is the one of `bytes`.
    let bytes = unsafe { bytes(given.bytes, given.len) }?;
    let algorithm = Algorithm::ALL.into_iter().find(|known| known.code() == given.algorithm).ok_or(CALTROP_E_VALUE)?;
    material(algorithm, kid, bytes, given.exponent).map(|material| Held { kid, material }).ok_or(CALTROP_E_JWT_KEY)
}

/// `None` for bytes that are no key of the algorithm.
fn material<'m>(algorithm: Algorithm, kid: Option<&'m str>, bytes: &'m [u8], exponent: u32) -> Option<Material<'m>> {
    let key = match algorithm {
        Algorithm::Rs256 | Algorithm::Rs384 | Algorithm::Rs512 | Algorithm::Ps256 => {
            Key::rsa(kid, algorithm, RsaKey::new(bytes, exponent).ok()?)?
        }
        _ if exponent != 0 => return None,
        Algorithm::Hs256 => return (bytes.len() >= SECRET_MIN).then(|| Material::Secret(mac::Key::new(bytes))),
        Algorithm::Es256 => {
            let (x, y) = bytes.split_first_chunk()?;
            Key::es256(kid, P256Key::from_coordinates(x, y.try_into().ok()?).ok()?)
        }
        Algorithm::EdDsa => Key::ed25519(kid, PublicKey::from_bytes(bytes.try_into().ok()?).ok()?),
    };
    Some(Material::Public(key))
}

impl Issuer<'_> {
    /// What is asked of the core's verifier, which borrows its keys.
    fn with<T>(&self, ask: impl FnOnce(&Verifier<'_>) -> T) -> Result<T, caltrop_status> {
        let first = self.keys.iter().flatten().next().ok_or(CALTROP_E_JWT_KEY)?.key();
        let mut keys = [first; KEYS_MAX];
        let mut count = 0usize;
        for (slot, held) in keys.iter_mut().zip(self.keys.iter().flatten()) {
            *slot = held.key();
            count = count.saturating_add(1);
        }
        let (audiences, types) = (&self.audiences, &self.types);
        let audiences = audiences.0.get(..audiences.1).unwrap_or_default();
        let verifier = Verifier::new(self.issuer, audiences, keys.get(..count).unwrap_or_default())?;
        let verifier = verifier.with_types(types.0.get(..types.1).unwrap_or_default()).with_leeway(self.leeway_s);
        Ok(ask(&self.age_max_s.map_or(verifier, |age_max_s| verifier.with_age_max(age_max_s))))
    }
}

/// Writes the claims of a good token, a JSON object without a NUL, into `size` bytes, of which `CALTROP_JWT_CLAIMS_MAX` are always enough; what they
/// bind the token to (`cnf`) is the caller's to ask. Any other status says why the token is not good, for the operator: the caller is told
/// `invalid_token` and no more (RFC 6750 §3.1). Takes 8 KiB of stack but for the signature.
///
/// # Safety
/// * `verifier` was made by `caltrop_jwt_init`, and what its options pointed at is still there.
/// * `token` points at `token_len` bytes, or is NULL with a length of 0; `now` at a `caltrop_now`.
/// * `out` points at `size` bytes that overlap nothing, or is NULL with a size of 0; `out_len` at a `size_t`.
#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments, reason = "C has no slices: two of its parts take two arguments each")]
pub unsafe extern "C" fn caltrop_jwt_verify(
    verifier: *const caltrop_jwt_verifier,
    token: *const u8,
    token_len: usize,
    now: *const caltrop_now,
    out: *mut u8,
    size: usize,
    out_len: *mut usize,
) -> caltrop_status {
    // SAFETY: the contract of `shared`, for the `Issuer` that `caltrop_jwt_init` wrote there; size and alignment are asserted above.
    let issuer = unsafe { shared(verifier.cast::<Issuer<'_>>()) };
    // SAFETY: this function's contract is the one of `bytes`.
    let token = unsafe { bytes(token, token_len) };
    // SAFETY: this function's contract is the one of `shared`.
    let now = unsafe { shared(now) };
    // SAFETY: this function's contract is the one of `buffer`.
    let out = unsafe { buffer(out, size) };
    // SAFETY: this function's contract is the one of `place`.
    let out_len = unsafe { place(out_len) };
    status(issuer.and_then(|issuer| {
        let (token, now, out, out_len) = (token?, now?.get(), out?, out_len?);
        let mut room = [0; CALTROP_JWT_CLAIMS_MAX];
        let claims = issuer.with(|verifier| verifier.verify(token, &mut room, now))??;
        copied(claims.as_json().as_bytes(), out, out_len)
    }))
}

/// Wipes the secrets of a verifier; it must not be used again. NULL is ignored.
///
/// # Safety
/// * `verifier` is NULL or was made by `caltrop_jwt_init`, and no other thread uses it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_jwt_wipe(verifier: *mut caltrop_jwt_verifier) {
    if verifier.is_null() || !verifier.is_aligned() {
        return;
    }
    // SAFETY: `drop_in_place` asks for a valid, aligned `Issuer` that is not used again: `caltrop_jwt_init` made it (the contract).
    unsafe { ptr::drop_in_place(verifier.cast::<Issuer<'_>>()) };
    // SAFETY: `write_bytes` asks for writable memory of this size: the `caltrop_jwt_verifier` that the caller owns (the contract).
    unsafe { ptr::write_bytes(verifier, 0, 1) };
}
