//! One question to an issuer.

use std::fmt;
use std::time::Duration;

use ureq::Agent;
use ureq::http::header::{ACCEPT, AGE, CACHE_CONTROL, ETAG, HeaderMap, IF_NONE_MATCH};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

/// The longest answer that is read: a set of eight keys has some 8 KiB.
const BODY_MAX: u64 = 256 * 1024;
/// How long an issuer may take, from the name to the last byte.
const TIME_MAX: Duration = Duration::from_secs(10);

/// An HTTP client that asks over TLS, or this host alone.
#[derive(Debug)]
pub struct Client {
    tls: Agent,
    loopback: Agent,
}

/// What an issuer answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The text; `None` if it is the one of the tag that was named.
    pub text: Option<String>,
    /// What it is called.
    pub etag: Option<String>,
    /// How long it is good, in milliseconds, if it says so.
    pub fresh_ms: Option<u64>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchError(String);

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for FetchError {}

impl Client {
    /// A client that believes these certificates, in PEM, or without them those that browsers do.
    ///
    /// # Errors
    /// [`FetchError`]: there is no certificate in the text.
    pub fn new(roots: Option<&[u8]>) -> Result<Self, FetchError> {
        let roots = roots.map(certificates).transpose()?;
        let tls = TlsConfig::builder().root_certs(roots.map_or(RootCerts::WebPki, |roots| RootCerts::new_with_certs(&roots))).build();
        let builder = || Agent::config_builder().timeout_global(Some(TIME_MAX)).user_agent("caltrop").http_status_as_error(false);
        Ok(Self {
            // Nobody leads from TLS to something else.
            tls: builder().https_only(true).max_redirects(3).tls_config(tls).build().into(),
            // Nor from this host to another one, and no proxy stands between.
            loopback: builder().max_redirects(0).proxy(None).build().into(),
        })
    }

    /// Asks for a text; `etag` names the one that is held.
    ///
    /// # Errors
    /// [`FetchError`]: no connection, no trust, no 200, over 256 KiB, or no UTF-8.
    pub fn get(&self, url: &str, etag: Option<&str>) -> Result<Fetched, FetchError> {
        let agent = if url.starts_with("https://") { &self.tls } else { &self.loopback };
        let mut request = agent.get(url).header(ACCEPT, "application/jwk-set+json, application/json");
        if let Some(etag) = etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        let mut response = request.call().map_err(|error| FetchError(error.to_string()))?;
        let fresh_ms = fresh_ms(response.headers());
        let tag = response.headers().get(ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned);
        match response.status().as_u16() {
            200 => {
                let text = response.body_mut().with_config().limit(BODY_MAX).read_to_string();
                let text = text.map_err(|error| FetchError(error.to_string()))?;
                Ok(Fetched { text: Some(text), etag: tag, fresh_ms })
            }
            304 if etag.is_some() => Ok(Fetched { text: None, etag: etag.map(str::to_owned), fresh_ms }),
            status => Err(FetchError(format!("status {status}, and 200 is expected"))),
        }
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<Certificate<'static>>, FetchError> {
    let mut found = Vec::new();
    for item in parse_pem(pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|error| FetchError(error.to_string()))? {
            found.push(certificate);
        }
    }
    if found.is_empty() { Err(FetchError("no certificate in PEM".to_owned())) } else { Ok(found) }
}

/// `max-age` without `Age` (RFC 9111 §4.2); 0 for what is not to be kept.
fn fresh_ms(headers: &HeaderMap) -> Option<u64> {
    let texts = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let directives: Vec<&str> = texts.flat_map(|text| text.split(',')).map(str::trim).collect();
    let is = |directive: &&&str, name: &str| directive.eq_ignore_ascii_case(name);
    if directives.iter().any(|directive| is(&directive, "no-store") || is(&directive, "no-cache")) {
        return Some(0);
    }
    let age_s = headers.get(AGE).and_then(|age| age.to_str().ok()?.trim().parse::<u64>().ok()).unwrap_or(0);
    let named = directives.iter().filter_map(|directive| directive.split_once('='));
    let mut most = named.filter(|(name, _)| name.trim().eq_ignore_ascii_case("max-age"));
    let max_age_s = most.next().and_then(|(_, seconds)| seconds.trim().trim_matches('"').parse::<u64>().ok())?;
    Some(max_age_s.saturating_sub(age_s).saturating_mul(1000))
}

#[cfg(test)]
mod tests {
    use ureq::http::HeaderValue;

    use super::*;

    #[test]
    fn an_answer_says_how_long_it_is_good() {
        let rows: [(&[(_, &'static str)], Option<u64>); 9] = [
            (&[], None),
            (&[(CACHE_CONTROL, "max-age=3600")], Some(3_600_000)),
            (&[(CACHE_CONTROL, "public, Max-Age=\"60\", must-revalidate")], Some(60_000)),
            (&[(CACHE_CONTROL, "public"), (CACHE_CONTROL, "max-age=60")], Some(60_000)),
            (&[(CACHE_CONTROL, "max-age=60"), (AGE, "20")], Some(40_000)),
            (&[(CACHE_CONTROL, "max-age=60"), (AGE, "90")], Some(0)),
            (&[(CACHE_CONTROL, "max-age=60, no-cache")], Some(0)),
            (&[(CACHE_CONTROL, "no-store")], Some(0)),
            (&[(CACHE_CONTROL, "max-age=soon, s-maxage=60")], None),
        ];
        for (fields, fresh) in rows {
            let mut headers = HeaderMap::new();
            for (name, value) in fields {
                headers.append(name, HeaderValue::from_static(value));
            }
            assert_eq!(fresh_ms(&headers), fresh, "{fields:?}");
        }
    }
}
