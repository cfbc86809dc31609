//! Columns for people.

use std::fmt::Write as _;

/// Columns as wide as their widest cell, two blanks apart; an empty column is left out.
pub(crate) fn table(rows: impl Iterator<Item = Vec<String>>) -> String {
    let rows: Vec<Vec<String>> = rows.collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut out = String::new();
    for row in &rows {
        let cells = row.iter().zip(&widths).filter(|(_, width)| **width > 0);
        let line: String = cells.map(|(cell, width)| format!("{cell:<width$}  ", width = *width)).collect();
        // A String takes what it is given.
        let _ = writeln!(out, "  {}", line.trim_end());
    }
    out
}
