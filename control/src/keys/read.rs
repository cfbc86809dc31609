//! From an opened keyring back to its keys: what is read is built again to the same records.

use caltrop::key::record::{STATE_ACTIVE, STATE_GRACE};
use caltrop::key::{Entry, Environment, Form, Keyring};

use super::build::{KeyModel, KeyState};

/// The keys of a keyring, in its order.
#[must_use]
pub fn read(keyring: &Keyring<'_>) -> Vec<KeyModel> {
    let key = |entry: Entry<'_>| {
        let record = entry.record();
        let names = |names: &mut dyn Iterator<Item = &str>| names.map(str::to_owned).collect();
        KeyModel {
            digest: record.digest,
            key_id: record.key_id.get(),
            principal: entry.principal().unwrap_or_default().to_owned(),
            tenant: entry.tenant().map(str::to_owned),
            not_before_s: record.not_before.get(),
            expires_s: record.expires.get(),
            generation: record.generation.get(),
            scopes: names(&mut entry.scopes()),
            zones: names(&mut entry.zones()),
            plan: entry.plan().map(str::to_owned),
            environment: match record.env {
                1 => Environment::Live,
                2 => Environment::Test,
                _ => Environment::None,
            },
            state: match record.state {
                STATE_ACTIVE => KeyState::Active,
                STATE_GRACE => KeyState::Grace,
                _ => KeyState::Denied,
            },
            pepper: record.pepper,
            form: Form::from_code(record.form).unwrap_or(Form::Key),
        }
    };
    keyring.entries().map(key).collect()
}
