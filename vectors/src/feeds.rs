//! The images of feeds, as a policy wants them.

use base64ct::{Base64UrlUnpadded, Encoding};
use caltrop::access::Revocable;
use caltrop::net::{Overlap, Prefix};
use caltrop_control::image::{ImageWriter, Stamp};
use caltrop_control::jwks::{self, Jwk};
use caltrop_control::model::{self, FeedKind};
use caltrop_control::prefixes::{Choice, Table};
use caltrop_control::revocations::{self, Entry};
use ed25519_dalek::SigningKey;

use crate::token;
use crate::written::{Feed, Revoked};

/// The images of all feeds but the keyring, in the policy's order.
pub(crate) fn images(policy: &model::Policy, feeds: &[Feed], signer: &SigningKey, stamp: Stamp) -> Result<Vec<Vec<u8>>, String> {
    let wanted = policy.feeds.iter().filter(|feed| feed.kind != FeedKind::Keyring);
    let image = |known: &model::Feed| {
        let feed = feeds.iter().find(|feed| feed.name == known.name).ok_or_else(|| format!("no [[feed]] {:?}", known.name))?;
        let image = image(known.kind, feed, &format!("{}/{}", policy.name, known.name))?;
        Ok::<_, String>(image.finish(signer, stamp))
    };
    wanted.map(image).collect()
}

fn image(kind: FeedKind, feed: &Feed, scope: &str) -> Result<ImageWriter, String> {
    match kind {
        FeedKind::Jwks => {
            let keys = feed.kids.iter().map(|kid| key(kid)).collect::<Result<Vec<_>, _>>()?;
            jwks::image(scope, &keys).map_err(|error| error.to_string())
        }
        FeedKind::Revocations => {
            let entries = feed.revoked.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
            revocations::image(scope, &entries).map_err(|error| error.to_string())
        }
        _ => {
            let prefix =
                |network: &String| network.parse().map(|cidr| Prefix { cidr, value: 1 }).map_err(|_| format!("network {network:?}"));
            let mut prefixes = feed.networks.iter().map(prefix).collect::<Result<Vec<_>, String>>()?;
            let table = Table::new(&mut prefixes, Overlap::Longest, Choice::Ranges);
            table.image(scope, &[String::new()]).map_err(|error| error.to_string())
        }
    }
}

/// The key that signs the tokens of these vectors, by another name.
fn key(kid: &str) -> Result<Jwk, String> {
    let x = Base64UrlUnpadded::encode_string(token::signer().verifying_key().as_bytes());
    let member = |name: &str| match name {
        "kty" => Some("OKP"),
        "crv" => Some("Ed25519"),
        "kid" => Some(kid),
        "x" => Some(x.as_str()),
        _ => None,
    };
    Jwk::from_members(member).map_err(|error| error.to_string())
}

fn entry(revoked: &Revoked) -> Result<Entry, String> {
    let (issuer, id) = (revoked.issuer.as_str(), revoked.name.as_str());
    let named = match revoked.what.as_str() {
        "token" => Revocable::Token { issuer, id },
        "principal" => Revocable::Principal { name: id },
        "client" => Revocable::Client { issuer, id },
        "signing-key" => Revocable::SigningKey { issuer, id },
        "key" => Revocable::Key { id: id.parse().map_err(|_| format!("key {id:?}: give its number"))? },
        other => return Err(format!("{other:?} is nothing that is taken back")),
    };
    Ok(Entry::new(&named, id, revoked.before, revoked.until))
}
