//! Every reason for a denial. The operator reads it; the caller outside only sees the status.

macro_rules! reasons {
    ($($(#[doc = $doc:literal])* $name:ident = $code:literal, $word:literal, $status:literal;)+) => {
        /// Why a request was denied. Numbers and words never change their meaning; new ones come at the end.
        ///
        /// ```
        /// use caltrop::audit::Reason;
        /// assert_eq!((Reason::Scope.word(), Reason::Scope.status()), ("scope", 403));
        /// assert_eq!(Reason::from_word("scope"), Some(Reason::Scope));
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Reason {
            $($(#[doc = $doc])* $name = $code,)+
        }

        impl Reason {
            /// All of them, in the order of their numbers, from 1 without a gap.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The number.
            #[must_use]
            pub const fn code(self) -> u8 {
                match self { $(Self::$name => $code,)+ }
            }

            /// The word in policy.toml, events and every language.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// The HTTP status that goes with it.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)+ }
            }

            /// The reason with this number.
            #[must_use]
            pub const fn from_code(code: u8) -> Option<Self> {
                match code { $($code => Some(Self::$name),)+ _ => None }
            }

            /// The reason with this word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$name),)+ _ => None }
            }
        }
    };
}

impl Reason {
    /// Whether a quota gives it: then the rule that decided is one.
    #[must_use]
    pub const fn is_of_quota(self) -> bool {
        matches!(self, Self::AddressQuota | Self::Failures | Self::Quota | Self::Plan | Self::Contended | Self::Busy | Self::Full)
    }
}

reasons! {
    /// The method is no token of at most 16 characters.
    Method = 1, "method", 400;
    /// The request target or its path is too long.
    TargetLength = 2, "target-length", 414;
    /// The path is not canonical.
    Path = 3, "path", 400;
    /// Too many header fields.
    HeaderCount = 4, "header-count", 431;
    /// A header field, or all of them together, are too long.
    HeaderSize = 5, "header-size", 431;
    /// Less TLS than the policy asks for.
    Transport = 6, "transport", 403;
    /// The address is in a denied zone.
    DeniedZone = 7, "denied-zone", 403;
    /// A quota by address is used up.
    AddressQuota = 8, "address-quota", 429;
    /// No route takes this method and path.
    NoRoute = 9, "no-route", 404;
    /// Two different credentials.
    Credentials = 10, "credentials", 400;
    /// The route needs a credential and there is none.
    NoCredential = 11, "no-credential", 401;
    /// What was shown can be no API key.
    KeyMalformed = 12, "key-malformed", 401;
    /// An API key that nobody issued.
    KeyUnknown = 13, "key-unknown", 401;
    /// An API key that was taken back.
    KeyRevoked = 14, "key-revoked", 401;
    /// An API key whose time is over.
    KeyExpired = 15, "key-expired", 401;
    /// An API key whose time has not come.
    KeyNotYet = 16, "key-not-yet", 401;
    /// The credential has a date, and the clock cannot be trusted.
    Clock = 17, "clock", 401;
    /// The address showed too many bad credentials.
    Failures = 18, "failures", 429;
    /// The route is not served to this zone.
    Zone = 19, "zone", 403;
    /// The API key may not be used from this zone.
    KeyZone = 20, "key-zone", 403;
    /// The caller lacks a scope.
    Scope = 21, "scope", 403;
    /// A quota of the caller or the route is used up.
    Quota = 22, "quota", 429;
    /// Too many workers wanted the same bucket.
    Contended = 23, "contended", 503;
    /// The policy or keyring is past its end, and says that then nothing passes.
    PolicyExpired = 24, "policy-expired", 503;
    /// An image is not what its checks promised.
    Corrupt = 25, "corrupt", 503;
    /// The caller's plan says nothing of a quota that the route charges.
    Plan = 26, "plan", 403;
    /// A condition of the route does not hold.
    Where = 27, "where", 403;
    /// No denial of a caller: the preflight of a listed origin's page, which the guard answers itself.
    Preflight = 28, "preflight", 204;
    /// The preflight of a page whose origin is not listed.
    Origin = 29, "origin", 403;
    /// A feed that the request hangs on was not renewed in time, and the policy says that then it is refused.
    Stale = 30, "stale", 503;
    /// As many of the caller's requests run at once as a quota allows.
    Busy = 31, "busy", 429;
    /// No room is left to count the caller among those whose requests run.
    Full = 32, "full", 503;
    /// A credential of a kind that the route does not take.
    Auth = 33, "credential-kind", 401;
    /// The caller has none of the roles that the route is for.
    Role = 34, "role", 403;
    /// What was shown can be no access token, or asks to be understood in a way that nobody here does.
    TokenMalformed = 35, "token-malformed", 401;
    /// An access token of an issuer that the policy does not have.
    TokenIssuer = 36, "token-issuer", 401;
    /// An access token of an algorithm that its issuer does not use here.
    TokenAlgorithm = 37, "token-algorithm", 401;
    /// An access token that names a key which its issuer does not have.
    TokenKey = 38, "token-key", 401;
    /// An access token of another type, or an ID token.
    TokenType = 39, "token-type", 401;
    /// An access token that its issuer has not signed.
    TokenSignature = 40, "token-signature", 401;
    /// An access token that is for somebody else.
    TokenAudience = 41, "token-audience", 401;
    /// An access token that does not say who it is of, or till when it is good; or that is bound to what nobody looks at.
    TokenClaims = 42, "token-claims", 401;
    /// An access token whose time is over.
    TokenExpired = 43, "token-expired", 401;
    /// An access token whose time has not come.
    TokenNotYet = 44, "token-not-yet", 401;
    /// An access token that was issued too long ago.
    TokenAge = 45, "token-age", 401;
    /// Too many signatures were not good, of this address or of all that nobody knows.
    Proofs = 46, "proofs", 429;
    /// An access token that was taken back, or what it was given by.
    TokenRevoked = 47, "token-revoked", 401;
}

#[cfg(test)]
mod tests {
    use super::Reason;

    #[test]
    fn numbers_have_no_gap_and_words_come_back() {
        for (code, reason) in (1u8..).zip(Reason::ALL) {
            assert_eq!((reason.code(), Reason::from_code(code), Reason::from_word(reason.word())), (code, Some(*reason), Some(*reason)));
        }
        assert_eq!(Reason::from_code(0), None);
    }
}
