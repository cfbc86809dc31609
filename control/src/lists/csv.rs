//! Comma-separated lists: a first line of names, then one network a line. Quoted fields as RFC 4180 §2 has them, but within one line.

use std::ops::Range;

use super::Reading;

pub(super) fn read(text: &str, network: &str, label: Option<&str>, reading: &mut Reading) {
    // A byte order mark belongs to no name.
    let mut start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut columns: Option<(usize, Option<usize>, usize)> = None;
    for line in text[start..].split_inclusive('\n') {
        let place = start;
        start += line.len();
        let line = line.trim_end_matches(['\n', '\r']);
        if line.is_empty() {
            continue;
        }
        let Some(fields) = fields(line) else {
            reading.fault(place..place + line.len(), "a quoted field does not end".to_owned(), "close the quote on its own line");
            return;
        };
        let at = |column: usize| fields.get(column).map_or(place..place, |(range, _)| place + range.start..place + range.end);
        let Some((network, label, count)) = columns else {
            let find = |name: &str| fields.iter().position(|(_, field)| field == name);
            let named = || fields.iter().map(|(_, field)| field.as_str()).collect::<Vec<_>>().join(", ");
            let (found, labels) = (find(network), label.map(|label| (label, find(label))));
            let missing = if found.is_none() { Some(network) } else { labels.filter(|(_, at)| at.is_none()).map(|(label, _)| label) };
            if let Some(missing) = missing {
                reading.fault(place..place + line.len(), format!("no column {missing:?}"), &format!("choose one of: {}", named()));
                return;
            }
            columns = found.map(|network| (network, labels.and_then(|(_, at)| at), fields.len()));
            continue;
        };
        if fields.len() != count {
            let what = format!("{} fields where the first line has {count}", fields.len());
            reading.fault(place..place + line.len(), what, "quote a field that holds a comma");
        } else if let Some((_, text)) = fields.get(network) {
            let label = label.and_then(|label| fields.get(label)).map_or("", |(_, label)| label.as_str());
            reading.network(text.trim_ascii(), label.trim_ascii(), || at(network));
        }
        if reading.is_full() {
            return;
        }
    }
}

/// The fields of a line and where they stand; `None` if a quote does not end.
fn fields(line: &str) -> Option<Vec<(Range<usize>, String)>> {
    let mut fields = Vec::new();
    let (mut start, mut field, mut quoted) = (0, String::new(), false);
    let mut bytes = line.char_indices().peekable();
    while let Some((at, character)) = bytes.next() {
        match character {
            '"' if quoted && bytes.peek().is_some_and(|&(_, next)| next == '"') => {
                field.push('"');
                bytes.next();
            }
            '"' if quoted || field.is_empty() => quoted = !quoted,
            ',' if !quoted => {
                fields.push((start..at, std::mem::take(&mut field)));
                start = at + 1;
            }
            other => field.push(other),
        }
    }
    fields.push((start..line.len(), field));
    (!quoted).then_some(fields)
}
