//! The source map: which line of policy.toml made which record.

use caltrop::guard::record::{LineRecord, line};
use caltrop::name::name64;

/// Lines, from 1, in the order of the model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lines {
    /// Of each route.
    pub routes: Vec<u32>,
    /// Of each template of each route.
    pub templates: Vec<u32>,
    /// Of each window of each quota, by its name.
    pub quotas: Vec<(String, u32)>,
    /// Of each zone, the proxies last.
    pub zones: Vec<u32>,
    /// Of each feed.
    pub feeds: Vec<u32>,
    /// Of `tls`, `deny`, `never-deny`, `proxies`, `forwarded` and `cors` in `[network]`.
    pub network: [Option<u32>; 6],
    /// Of `[auth.key]`.
    pub auth: Option<u32>,
}

impl Lines {
    /// The records, in the order of what they speak of.
    #[must_use]
    pub fn records(&self) -> Vec<LineRecord> {
        // The image keeps quotas in the order of name64.
        let mut quotas: Vec<&(String, u32)> = self.quotas.iter().collect();
        quotas.sort_by_key(|(name, _)| name64(name));
        let quotas: Vec<u32> = quotas.into_iter().map(|(_, line)| *line).collect();
        let known = |lines: &[u32]| lines.iter().copied().map(Some).collect::<Vec<_>>();
        let all = [
            (line::ROUTE, known(&self.routes)),
            (line::QUOTA, known(&quotas)),
            (line::ZONE, known(&self.zones)),
            (line::TEMPLATE, known(&self.templates)),
            (line::FEED, known(&self.feeds)),
            (line::NETWORK, self.network.to_vec()),
            (line::AUTH, vec![self.auth]),
        ];
        let record = |what: u8, index: u16, line: u32| LineRecord { what, zero: 0, index: index.into(), line: line.into() };
        let of =
            |(what, lines): (u8, Vec<Option<u32>>)| (0u16..).zip(lines).filter_map(move |(index, line)| Some(record(what, index, line?)));
        all.into_iter().flat_map(of).collect()
    }
}
