//! `keys import`: keys that were issued elsewhere go on working. All lines are good, or nothing is written.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;

use base64ct::{Base64, Base64Unpadded, Base64Url, Base64UrlUnpadded, Encoding};
use caltrop::encode::u64_base62;
use caltrop::key::{Environment, Form, KeyText, digest};
use serde_json::json;

use super::store::{Pepper, Store};
use super::{Format, Import};
use crate::command::said::{Failure, Said};
use crate::command::when;
use crate::keys::{KeyModel, KeyState};

/// Below this a key can be guessed offline, or was meant to be typed.
const WEAK_BITS: f64 = 128.0;

pub(super) fn import(args: &Import) -> Result<Said, Failure> {
    let text = read(args)?;
    let mut store = Store::open(&args.place)?;
    let pepper = store.pepper()?;
    let rows = match args.format {
        Format::Csv => csv_rows(&text),
        Format::Raw | Format::Sha256 => {
            let principal = args.principal.clone().ok_or_else(|| Failure::usage("--principal: say whose keys these are, or import CSV"))?;
            Ok(list_rows(&text, args, &principal))
        }
    };
    let rows = rows.map_err(Failure::wrong)?;
    let mut known: HashMap<([u8; 16], u8, bool), String> =
        store.keys.iter().map(|key| (place(key), format!("key {} of the keyring", super::shown(key.key_id)))).collect();
    let mut notes = String::new();
    let mut made = Vec::with_capacity(rows.len());
    for row in &rows {
        let wrong = |what: String| Failure::wrong(format_args!("line {}: {what}; nothing was imported", row.line));
        let key = row.model(&pepper).map_err(&wrong)?;
        store.check_names(&key).map_err(&wrong)?;
        if let Some(same) = known.insert(place(&key), format!("line {}", row.line)) {
            return Err(wrong(format!("the same key as {same}: leave one out")));
        }
        if let Secret::Raw(text) = &row.secret
            && let bits = entropy_bits(text)
            && bits < WEAK_BITS
        {
            notes += &format!("line {}: weak: about {bits:.0} bits; rotate it soon\n", row.line);
        }
        made.push(key);
    }
    let count = made.len();
    store.keys.append(&mut made);
    store.write()?;
    let said = Said::new(format!("{count} keys imported\n"), json!({ "imported": count }));
    Ok(if notes.is_empty() { said } else { said.note(notes) })
}

fn place(key: &KeyModel) -> ([u8; 16], u8, bool) {
    (key.digest, key.pepper, key.form == Form::Sha256)
}

fn read(args: &Import) -> Result<String, Failure> {
    let mut text = String::new();
    let done = if args.file.as_os_str() == "-" {
        std::io::stdin().read_to_string(&mut text)
    } else {
        std::fs::File::open(&args.file).and_then(|mut file| file.read_to_string(&mut text))
    };
    done.map_err(|error| {
        Failure::system(format_args!("{}: {error}: give a file in UTF-8, or - for the standard input", args.file.display()))
    })?;
    Ok(text)
}

enum Secret {
    Raw(String),
    Sha256(String),
}

/// One key with its names, and the line that it stood on.
struct Row {
    line: u64,
    secret: Secret,
    principal: String,
    tenant: Option<String>,
    plan: Option<String>,
    scopes: Vec<String>,
    zones: Vec<String>,
    expires_s: u32,
}

impl Row {
    fn model(&self, pepper: &Pepper) -> Result<KeyModel, String> {
        let (stored, form, id) = match &self.secret {
            Secret::Raw(text) => {
                let stored = digest(&pepper.key, Form::Key, text.as_bytes()).ok_or("a key is 1 to 256 visible ASCII characters")?;
                (*stored.as_bytes(), Form::Key, KeyText::parse(text).ok().map(|key| key.id))
            }
            Secret::Sha256(text) => (pepper.key.sign(&sha256(text)?).truncated(), Form::Sha256, None),
        };
        Ok(KeyModel {
            digest: stored,
            // A key without an id of its own gets one of its digest, which says nothing about the key.
            key_id: id.unwrap_or_else(|| id_of(&stored)),
            principal: self.principal.clone(),
            tenant: self.tenant.clone(),
            not_before_s: 0,
            expires_s: self.expires_s,
            generation: 1,
            scopes: self.scopes.iter().cloned().collect(),
            zones: self.zones.iter().cloned().collect(),
            plan: self.plan.clone(),
            environment: Environment::None,
            state: KeyState::Active,
            pepper: pepper.id,
            form,
        })
    }
}

/// Within the ids that ten base62 digits write.
fn id_of(stored: &[u8; 16]) -> u64 {
    let end = u64_base62(b"zzzzzzzzzz").map_or(u64::MAX, |last| last + 1);
    stored.last_chunk().map_or(0, |half| u64::from_le_bytes(*half)) % end
}

fn list_rows(text: &str, args: &Import, principal: &str) -> Vec<Row> {
    let lines = (1..).zip(text.lines()).map(|(line, text)| (line, text.trim())).filter(|(_, text)| !text.is_empty());
    let row = |(line, text): (u64, &str)| Row {
        line,
        secret: if args.format == Format::Sha256 { Secret::Sha256(text.to_owned()) } else { Secret::Raw(text.to_owned()) },
        principal: principal.to_owned(),
        tenant: None,
        plan: None,
        scopes: args.scopes.clone(),
        zones: Vec::new(),
        expires_s: 0,
    };
    lines.map(row).collect()
}

const COLUMNS: [&str; 8] = ["key", "sha256", "principal", "tenant", "plan", "scopes", "zones", "expires"];

fn csv_rows(text: &str) -> Result<Vec<Row>, String> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let head = reader.headers().map_err(|error| error.to_string())?.clone();
    if let Some(unknown) = head.iter().find(|name| !COLUMNS.contains(name)) {
        let help = crate::policy::nearest(unknown, COLUMNS)
            .map_or_else(|| format!("write {}", COLUMNS.join(", ")), |near| format!("did you mean {near:?}?"));
        return Err(format!("line 1: unknown column {unknown:?}: {help}"));
    }
    let row = |record: Result<csv::StringRecord, csv::Error>| {
        let record = record.map_err(|error| error.to_string())?;
        let line = record.position().map_or(0, csv::Position::line);
        let cells: BTreeMap<&str, &str> = head.iter().zip(record.iter()).filter(|(_, cell)| !cell.is_empty()).collect();
        let owned = |name: &str| cells.get(name).map(|cell| (*cell).to_owned());
        let words = |name: &str| cells.get(name).map(|cell| cell.split_whitespace().map(str::to_owned).collect()).unwrap_or_default();
        let secret = match (owned("key"), owned("sha256")) {
            (Some(key), None) => Secret::Raw(key),
            (None, Some(sha256)) => Secret::Sha256(sha256),
            _ => return Err(format!("line {line}: give a key or a sha256, one of the two; nothing was imported")),
        };
        let expires_s = cells.get("expires").map_or(Ok(0), |cell| when::parse(cell)).map_err(|what| format!("line {line}: {what}"))?;
        let principal = owned("principal").ok_or_else(|| format!("line {line}: no principal: say whose key it is"))?;
        Ok(Row {
            line,
            secret,
            principal,
            tenant: owned("tenant"),
            plan: owned("plan"),
            scopes: words("scopes"),
            zones: words("zones"),
            expires_s,
        })
    };
    reader.records().map(row).collect()
}

/// A SHA-256 in hexadecimal or in any base64.
fn sha256(text: &str) -> Result<[u8; 32], String> {
    let mut bytes = [0; 32];
    let is_hex = text.len() == 64 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    if is_hex {
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            *byte = std::str::from_utf8(digits).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok()).unwrap_or(0);
        }
        return Ok(bytes);
    }
    type Decoder = fn(&str, &mut [u8; 32]) -> bool;
    let decoders: [Decoder; 4] = [
        |text, out| Base64::decode(text, out).is_ok_and(|got| got.len() == 32),
        |text, out| Base64Unpadded::decode(text, out).is_ok_and(|got| got.len() == 32),
        |text, out| Base64Url::decode(text, out).is_ok_and(|got| got.len() == 32),
        |text, out| Base64UrlUnpadded::decode(text, out).is_ok_and(|got| got.len() == 32),
    ];
    if decoders.iter().any(|decode| decode(text, &mut bytes)) {
        Ok(bytes)
    } else {
        Err("not a SHA-256: write 64 hexadecimal digits or base64".to_owned())
    }
}

/// What a key of these characters could hold at most: its length times the bits of the smallest usual alphabet that has them all.
fn entropy_bits(key: &str) -> f64 {
    let has = |class: fn(&u8) -> bool| key.bytes().any(|byte| class(&byte));
    let only_hex = key.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    let alphabet = if only_hex {
        if has(u8::is_ascii_lowercase) { 16 } else { 10 }
    } else {
        let classes = [
            (has(u8::is_ascii_digit), 10),
            (has(u8::is_ascii_lowercase), 26),
            (has(u8::is_ascii_uppercase), 26),
            (has(u8::is_ascii_punctuation), 2),
        ];
        classes.iter().filter(|(held, _)| *held).map(|(_, size)| size).sum()
    };
    // One character over and over holds nothing, however long it is.
    let different = key.bytes().collect::<std::collections::BTreeSet<_>>().len();
    f64::from(u32::try_from(key.len()).unwrap_or(u32::MAX))
        * f64::from(alphabet.min(u32::try_from(different).unwrap_or(u32::MAX) * 4)).log2()
}
