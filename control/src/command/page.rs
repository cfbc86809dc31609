//! A decision as one page of HTML that needs nothing else: no script, no font, no image, nothing fetched.

use std::fmt::Write;

/// A step on the page.
pub(super) struct Row<'a> {
    pub(super) step: &'a str,
    pub(super) verdict: &'a str,
    pub(super) facts: &'a [String],
    /// The line of policy.toml that it looked at.
    pub(super) line: Option<(u32, &'a str)>,
}

const STYLE: &str = "\
:root{color-scheme:light dark;--ok:#1a7f37;--no:#cf222e;--dim:#6e7781;--edge:#d0d7de}
@media(prefers-color-scheme:dark){:root{--ok:#3fb950;--no:#f85149;--dim:#8b949e;--edge:#30363d}}
body{font:16px/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.25rem;overflow-wrap:anywhere}
.answer{font-size:1.1rem;font-weight:600}
ol{list-style:none;padding:0;margin:1.5rem 0}
li{border-left:3px solid var(--ok);padding:.25rem 0 .75rem 1rem;margin:0}
li.no{border-color:var(--no)}
li b::after{content:' ' attr(data-verdict);color:var(--ok);font-weight:400}
li.no b::after{color:var(--no)}
p{margin:.1rem 0}
code{display:block;border:1px solid var(--edge);border-radius:4px;padding:.25rem .5rem;margin-top:.25rem;overflow-x:auto;white-space:pre}
.answer.ok{color:var(--ok)}.answer.no{color:var(--no)}small{color:var(--dim)}
";

/// The page. `request` is what was asked, `answer` what came of it.
pub(super) fn page(request: &str, answer: &str, is_allowed: bool, rows: &[Row<'_>]) -> String {
    let class = if is_allowed { "ok" } else { "no" };
    let (request, answer) = (Escaped(request), Escaped(answer));
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{request}: {answer}</title>\n<style>\n{STYLE}</style>\n<h1>{request}</h1>\n<p class=\"answer {class}\">{answer}</p>\n<ol>\n"
    );
    for row in rows {
        let class = if row.verdict == "pass" { "yes" } else { "no" };
        // Writing to a String cannot fail.
        let _ = writeln!(out, "<li class=\"{class}\"><b data-verdict=\"{}\">{}</b>", Escaped(row.verdict), Escaped(row.step));
        for fact in row.facts {
            let _ = writeln!(out, "<p>{}</p>", Escaped(fact));
        }
        if let Some((line, text)) = row.line {
            let _ = writeln!(out, "<code><small>policy.toml:{line}</small> {}</code>", Escaped(text));
        }
        out += "</li>\n";
    }
    out + "</ol>\n</html>\n"
}

/// A text of whoever asked, within HTML: it is never markup.
struct Escaped<'t>(&'t str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.chars().try_for_each(|character| match character {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            other => f.write_char(other),
        })
    }
}
