//! The answer for people.

use std::fmt;

use super::{Group, Replay};
use crate::table::table;

impl fmt::Display for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let not_replayed: u64 = self.not_replayed.iter().map(|unknown| unknown.events).sum();
        writeln!(f, "{} events, {} of them answered as before, {not_replayed} cannot be replayed", self.events, self.as_before)?;
        groups(f, "would be refused, and passed", &self.refused, "about ")?;
        groups(f, "would pass, and was refused", &self.allowed, "")?;
        if not_replayed > 0 {
            writeln!(f, "\ncannot be replayed")?;
            f.write_str(&table(self.not_replayed.iter().map(|unknown| vec![unknown.events.to_string(), unknown.why.clone()])))?;
        }
        if self.reports > 0 {
            writeln!(f, "\n{} lines tell what rules in report mode would have denied: those are not replayed", self.reports)?;
        }
        if self.unreadable > 0 {
            writeln!(f, "\n{} lines are none of an audit log, or of a newer one", self.unreadable)?;
        }
        if self.lost > 0 {
            writeln!(f, "\n{} events were lost before they were read", self.lost)?;
        }
        writeln!(f, "\n{}", caveats(self.allow_every))
    }
}

fn groups(f: &mut fmt::Formatter<'_>, title: &str, groups: &[Group], about: &str) -> fmt::Result {
    if groups.is_empty() {
        return writeln!(f, "\n{title}: nobody that the log names");
    }
    writeln!(f, "\n{title}")?;
    let head = ["requests", "who", "route", "then", "now"].map(str::to_owned).to_vec();
    let row = |group: &Group| {
        let Group { who, route, before, after, requests, .. } = group;
        vec![format!("{about}{requests}"), who.clone(), route.clone(), before.clone(), after.clone()]
    };
    f.write_str(&table(std::iter::once(head).chain(groups.iter().map(row))))
}

/// What no log of this form can tell, whatever stands in it.
pub(super) fn caveats(allow_every: u32) -> String {
    let sample = match allow_every {
        0 => "no allowed requests are in it, but those of an older policy: who passed is missing".to_owned(),
        1 => "all allowed requests are in it that were not lost".to_owned(),
        every => {
            format!(
                "one in {every} allowed requests is in it: who seldom came may be missing, and counts of those who passed are estimates"
            )
        }
    };
    format!(
        "what the log cannot tell:\n  \
         {sample}\n  \
         limits are not replayed: they need every request\n  \
         paths, header fields, bodies and TLS are not in it: a route is asked with x for each parameter and over TLS 1.3, bodies are not\n  \
         keys are as the keyring has them now, whether or not they still are good"
    )
}
