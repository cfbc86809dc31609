//! Requests out of a fuzzer's bytes: mostly near what a policy knows, since noise is refused at the first step.

use std::net::IpAddr;

use arbitrary::{Result, Unstructured};
use caltrop::Now;
use caltrop::request::{Header, Peer, Request, TlsVersion, Transport};
use caltrop::time::Quality;

use crate::house::{CLAIMS, KEYS, token};

const METHODS: [&[u8]; 7] = [b"OPTIONS", b"GET", b"HEAD", b"POST", b"DELETE", b"", b"G E T"];
const TARGETS: [&[u8]; 14] = [
    b"/staff/x",
    b"/secret",
    b"/healthz",
    b"/docs/a",
    b"/v1/orders",
    b"/v1/orders/17?page=2",
    b"/files/a/b/c",
    b"/admin/x",
    b"/caf%C3%A9/1",
    b"/",
    b"/v1/../x",
    b"*",
    b"/v1/orders/",
    b"/nowhere",
];
const NAMES: [&[u8]; 11] = [
    b"origin",
    b"access-control-request-method",
    b"X_Caltrop_Principal",
    b"x-caltrop-scopes",
    b"authorization",
    b"X-Api-Key",
    b"x-forwarded-for",
    b"x-forwarded-proto",
    b"forwarded",
    b"accept",
    b"",
];
const PEERS: [&str; 8] = ["203.0.113.9", "10.0.0.1", "10.8.3.4", "198.51.100.7", "192.0.2.1", "2001:db8:feed::1", "::ffff:10.0.0.1", "::"];

/// A request that owns what it shows.
#[derive(Debug)]
pub struct Asked {
    pub method: Vec<u8>,
    pub target: Vec<u8>,
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
    pub peer: Peer,
    pub transport: Transport,
    pub now: Now,
}

impl Asked {
    /// Reads one.
    ///
    /// # Errors
    /// The input is used up.
    pub fn read(input: &mut Unstructured<'_>) -> Result<Self> {
        let headers = (0..input.int_in_range(0..=6u8)?).map(|_| header(input)).collect::<Result<_>>()?;
        Ok(Self {
            method: one_of(input, &METHODS)?,
            target: one_of(input, &TARGETS)?,
            headers,
            peer: if input.ratio(1, 8)? { Peer::Unix } else { Peer::Ip(address(input)?) },
            transport: match input.int_in_range(0..=4u8)? {
                0 => Transport::Plaintext,
                1 => Transport::Tls(TlsVersion::Old),
                2 => Transport::Tls(TlsVersion::V1_2),
                _ => Transport::Tls(TlsVersion::V1_3),
            },
            now: Now {
                wall_s: if input.ratio(1, 2)? { 1_796_000_100 } else { input.arbitrary()? },
                mono_ns: if input.ratio(1, 2)? { u64::from(input.arbitrary::<u32>()?) } else { input.arbitrary()? },
                quality: if input.ratio(1, 8)? { Quality::Untrusted } else { Quality::Trusted },
            },
        })
    }

    /// Hands it to `ask`.
    pub fn ask<R>(&self, ask: impl FnOnce(&Request<'_>, Now) -> R) -> R {
        let headers: Vec<Header<'_>> = self.headers.iter().map(|(name, value)| Header { name, value }).collect();
        let slice = &headers[..];
        let request = Request {
            method: &self.method,
            target: &self.target,
            authority: b"api.example",
            headers: &slice,
            peer: self.peer,
            transport: self.transport,
        };
        ask(&request, self.now)
    }
}

fn header(input: &mut Unstructured<'_>) -> Result<(Vec<u8>, Vec<u8>)> {
    let name = one_of(input, &NAMES)?;
    let value = match input.int_in_range(0..=6u8)? {
        6 => format!("Bearer {}", a_token(input)?).into_bytes(),
        5 => b"https://app.acme.example".to_vec(),
        0 => format!("Bearer {}", input.choose(&KEYS)?).into_bytes(),
        1 => input.choose(&KEYS)?.as_bytes().to_vec(),
        2 => format!("{}, {}", address(input)?, address(input)?).into_bytes(),
        3 => b"https".to_vec(),
        _ => some_bytes(input)?,
    };
    Ok((name, value))
}

/// A token that the issuer signed, whatever it says; or, rarely, one that was changed since.
fn a_token(input: &mut Unstructured<'_>) -> Result<String> {
    let mut claims = input.choose(&CLAIMS)?.as_bytes().to_vec();
    let mut header = br#"{"alg":"EdDSA","typ":"at+jwt","kid":"e1"}"#.to_vec();
    if input.ratio(1, 2)? {
        let part = if input.arbitrary()? { &mut claims } else { &mut header };
        let at = input.int_in_range(0..=part.len() - 1)?;
        part[at] = input.arbitrary()?;
    }
    let mut token = token(&header, &claims);
    if input.ratio(1, 8)? {
        token.truncate(input.int_in_range(0..=token.len() - 1)?);
    }
    Ok(token)
}

fn address(input: &mut Unstructured<'_>) -> Result<IpAddr> {
    Ok(match input.int_in_range(0..=3u8)? {
        0 => IpAddr::V4(input.arbitrary::<u32>()?.into()),
        1 => IpAddr::V6(input.arbitrary::<u128>()?.into()),
        _ => input.choose(&PEERS)?.parse().expect("an address"),
    })
}

fn one_of(input: &mut Unstructured<'_>, known: &[&[u8]]) -> Result<Vec<u8>> {
    if input.ratio(1, 4)? { some_bytes(input) } else { Ok(input.choose(known)?.to_vec()) }
}

fn some_bytes(input: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let length = input.int_in_range(0..=64usize)?;
    Ok(input.bytes(length.min(input.len()))?.to_vec())
}
