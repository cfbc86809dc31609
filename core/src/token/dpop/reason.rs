//! Why a proof is not good.

crate::token::reasons::reasons! {
    /// Why a proof is not good.
    ProofReason:
    /// There is no field `DPoP`.
    Missing = "missing", "there is no field DPoP";
    /// There is more than one field `DPoP`.
    Repeated = "repeated", "there is more than one field DPoP";
    /// It is longer than 4 KiB, or its claims than the buffer.
    TooLong = "too-long", "the proof is too long";
    /// It is no compact JWS whose header and claims are JSON objects.
    Malformed = "malformed", "no compact JWS of JSON objects";
    /// It is no `dpop+jwt`.
    Type = "type", "its type is not dpop+jwt";
    /// Its algorithm is none of ES256, EdDSA, RS256 and PS256.
    Algorithm = "algorithm", "its algorithm is none of ES256, EdDSA, RS256, PS256";
    /// It asks to be understood in a way that nobody here does.
    Critical = "critical", "it asks for an extension that is not understood";
    /// It has no public key, none that is built for its algorithm, or one that cannot be used.
    Key = "key", "it has no public key of its algorithm that can be used";
    /// It carries a private key, which is everybody's now.
    PrivateKey = "private-key", "it carries a private key";
    /// `htm` is another method.
    Method = "method", "it is for another method";
    /// `htu` is another URI.
    Uri = "uri", "it is for another URI";
    /// `ath` is of another access token, or not there.
    Token = "token", "it is for another access token";
    /// `jti` or `iat` is missing, or cannot be used.
    Claims = "claims", "jti or iat is missing, or cannot be used";
    /// The wall clock cannot be believed.
    Clock = "clock", "the clock cannot be trusted";
    /// It was made too long ago.
    TooOld = "too-old", "it was made too long ago";
    /// It was made in a future that no leeway allows.
    NotYet = "not-yet", "it was made in the future";
    /// `nonce` is none of ours that live.
    Nonce = "nonce", "its nonce is none that lives";
    /// Its key has not signed it.
    Signature = "signature", "the signature is not good";
}
