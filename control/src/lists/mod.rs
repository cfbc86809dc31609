//! Lists of networks as others publish them: plain text, CSV, and the JSON of the large clouds.
//!
//! Defends against: a list that was cut off, is another page than it should be, or means more than it says: a network is read as strictly
//! as in a policy, and one that cannot be read refuses the whole list.
//! Promises: every fault has its line and its mend; what is read is bounded ([`TEXT_MAX`], [`NETWORKS_MAX`]).
//! Not here: fetching a list, and what a label permits.

mod clouds;
mod csv;

use std::ops::Range;

use caltrop::net::{Cidr, CidrError, Prefix};

use crate::diagnostic::{Findings, Report, Source};

/// The longest text that is read: ten times the largest list known, a full routing table of a million networks.
pub const TEXT_MAX: usize = 256 << 20;

/// The most networks of one list.
pub const NETWORKS_MAX: usize = 4_000_000;

/// Faults told at once; a list of another format would have one a line.
const FAULTS_MAX: usize = 20;

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format<'f> {
    /// One network a line; what follows a `#` is a comment.
    Plain,
    /// Comma-separated, with a first line that names the columns.
    Csv {
        /// The column of networks.
        network: &'f str,
        /// The column of labels, if they matter.
        label: Option<&'f str>,
    },
    /// Amazon's `ip-ranges.json`; the label is the service.
    Aws,
    /// Google's `goog.json` and `cloud.json`; the label is the scope, where there is one.
    Google,
    /// Azure's `ServiceTags_*.json`; the label is the tag.
    Azure,
}

/// One network of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The network.
    pub cidr: Cidr,
    /// What the list calls it; empty if it does not.
    pub label: String,
}

/// Reads a list.
///
/// ```
/// use caltrop_control::diagnostic::Source;
/// use caltrop_control::lists::{Format, read};
/// let listed = read(&Source::new("vpn.txt", "# two\n10.8.0.0/16\n2001:db8::/32 # the other\n"), Format::Plain).unwrap();
/// assert_eq!(listed.len(), 2);
/// let report = read(&Source::new("vpn.txt", "10.8.0.0/16\n10.9.0.1/16\n"), Format::Plain).unwrap_err();
/// assert!(report.to_string().starts_with("vpn.txt:2:1: network \"10.9.0.1/16\": "));
/// ```
/// # Errors
/// A [`Report`] of the first faults; none of the list is used.
pub fn read(source: &Source, format: Format<'_>) -> Result<Vec<Listed>, Report> {
    let mut reading = Reading { listed: Vec::new(), findings: Findings::default(), faults: 0 };
    if source.text().len() > TEXT_MAX {
        reading.fault(0..0, format!("{} bytes", source.text().len()), &format!("at most {TEXT_MAX} are read: split the list"));
        return Err(reading.findings.report(source));
    }
    match format {
        Format::Plain => plain(source.text(), &mut reading),
        Format::Csv { network, label } => csv::read(source.text(), network, label, &mut reading),
        Format::Aws => clouds::aws(source.text(), &mut reading),
        Format::Google => clouds::google(source.text(), &mut reading),
        Format::Azure => clouds::azure(source.text(), &mut reading),
    }
    if reading.faults == 0 && reading.listed.is_empty() {
        // A list that lost its networks on its way would open or close everything.
        reading.fault(0..0, "no networks".to_owned(), "check that it was fetched whole; leave an empty list out");
    }
    if reading.faults > 0 { Err(reading.findings.report(source)) } else { Ok(reading.listed) }
}

/// Prefixes whose values number the labels from 1, and the labels in the order of their first use: a value `v` is label `v - 1`.
///
/// ```
/// use caltrop_control::{diagnostic::Source, lists::{Format, numbered, read}};
/// let list = Source::new("nets.csv", "network,who\n10.0.0.0/8,a\n10.8.0.0/16,b\n11.0.0.0/8,a\n");
/// let (prefixes, labels) = numbered(&read(&list, Format::Csv { network: "network", label: Some("who") }).unwrap());
/// assert_eq!((prefixes[1].value, prefixes[2].value, labels), (2, 1, vec!["a".to_owned(), "b".to_owned()]));
/// ```
#[must_use]
pub fn numbered(listed: &[Listed]) -> (Vec<Prefix>, Vec<String>) {
    let mut labels = Vec::new();
    let mut numbers = std::collections::HashMap::new();
    let prefixes = listed.iter().map(|one| {
        let value = *numbers.entry(one.label.as_str()).or_insert_with(|| {
            labels.push(one.label.clone());
            labels.len() as u64
        });
        Prefix { cidr: one.cidr, value }
    });
    (prefixes.collect(), labels)
}

/// What was read so far.
struct Reading {
    listed: Vec<Listed>,
    findings: Findings,
    faults: usize,
}

impl Reading {
    /// Adds a network that stands at `at`.
    fn network(&mut self, text: &str, label: &str, at: impl FnOnce() -> Range<usize>) {
        if self.listed.len() == NETWORKS_MAX {
            return self.fault(at(), format!("over {NETWORKS_MAX} networks"), "split the list");
        }
        match text.parse::<Cidr>() {
            Ok(cidr) => self.listed.push(Listed { cidr, label: label.to_owned() }),
            Err(error) => self.fault(at(), format!("network {text:?}: {error}"), &mend(text, error)),
        }
    }

    /// Adds a fault; those past the first few go unseen.
    fn fault(&mut self, at: Range<usize>, what: String, help: &str) {
        self.faults += 1;
        if self.faults <= FAULTS_MAX {
            self.findings.error(at, what, help);
        }
    }

    fn is_full(&self) -> bool {
        self.faults >= FAULTS_MAX || self.listed.len() > NETWORKS_MAX
    }
}

/// What would do instead.
fn mend(text: &str, error: CidrError) -> String {
    let around = || {
        let (address, length) = text.split_once('/')?;
        Cidr::containing(address.parse().ok()?, length.parse().ok()?).ok()
    };
    match error {
        CidrError::HostBitsSet => {
            around().map_or_else(|| "clear the host bits".to_owned(), |cidr| format!("write {cidr}, if that is meant"))
        }
        CidrError::NotAnAddress => "give one network: 192.0.2.0/24 or 2001:db8::/32".to_owned(),
        CidrError::LengthTooLong { max, .. } => format!("give 0 to {max}"),
        CidrError::NotALength => "give a number of bits, as in 192.0.2.0/24".to_owned(),
        CidrError::LeadingZero | CidrError::ZoneId | CidrError::EmbeddedIpv4 | CidrError::MappedIpv4 => {
            "see above, or leave it out".to_owned()
        }
    }
}

fn plain(text: &str, reading: &mut Reading) {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let said = line.split('#').next().unwrap_or_default();
        let network = said.trim_ascii();
        if !network.is_empty() {
            let first = start + (said.len() - said.trim_ascii_start().len());
            reading.network(network, "", || first..first + network.len());
        }
        if reading.is_full() {
            return;
        }
        start += line.len();
    }
}
