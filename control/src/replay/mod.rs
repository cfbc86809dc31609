//! Yesterday's log against tomorrow's policy: whom it would refuse who passed, and whom it would let pass who was refused.
//!
//! Each event becomes a request of its client, key and route, and the real guard is asked. What an event does not hold is never guessed: an event
//! whose answer hangs on it is counted as one that cannot be replayed, with the reason.
//! Promises: events = answered as before + refused + allowed + not replayed; the same log and policy give the same answer.
//! What a rule in report mode would have denied is no event here: the request's own decision has a line of its own.
//! Known limits: of allowed requests the log has a sample (`[audit] allow`), so counts of those are estimates, and who seldom came is missing; and
//! limits are not replayed at all, since they need every request.

mod question;
mod told;

use std::collections::BTreeMap;

use question::Question;
use serde::Serialize;

use crate::audit::Line;
use crate::keys::KeyModel;
use crate::policy::{RunError, Written, run};

/// What came of a log.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Replay {
    /// Events of the log.
    pub events: u64,
    /// Those that the policy answers as they were answered: allowed, or refused for whatever reason.
    pub as_before: u64,
    /// Who passed and would be refused; the most requests first.
    pub refused: Vec<Group>,
    /// Who was refused and would pass; the most requests first.
    pub allowed: Vec<Group>,
    /// Events of which the log holds too little.
    pub not_replayed: Vec<Unknown>,
    /// Lines of what rules in report mode would have denied, which are not replayed.
    pub reports: u64,
    /// Events that were overwritten before anybody read them.
    pub lost: u64,
    /// Lines that are none of a log.
    pub unreadable: u64,
    /// One allowed request in so many is in the log, by the policy that decided as far as it is known; 0 = none.
    pub allow_every: u32,
}

/// Events of one caller and route that are answered otherwise, and in the same way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    /// The principal; the address of a caller who showed no good key.
    pub who: String,
    /// The route.
    pub route: String,
    /// What was answered.
    pub before: String,
    /// What would be answered.
    pub after: String,
    /// How many events of the log that are.
    pub events: u64,
    /// For how many requests they stand: about so many for those that were allowed.
    pub requests: u64,
}

/// Events that cannot be replayed for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unknown {
    /// What the log does not hold.
    pub why: String,
    /// How many.
    pub events: u64,
}

/// Events that ask the same.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    events: u64,
    requests: u64,
}

/// Asks a policy what a log's requests asked. `keys` are those that callers hold; `was` is the policy that decided then, which knows the
/// routes that the new one has no more, and how many of the allowed requests are in the log.
///
/// # Errors
/// [`RunError`]: the policy makes no guard.
///
/// # Example
/// ```
/// use caltrop_control::{diagnostic::Source, policy::Written, replay::replay};
/// let text = "[policy]\nname = \"acme\"\n[network]\nzones = { bad = [\"192.0.2.0/24\"] }\ndeny = [\"bad\"]\n\
///             [route]\nhealth = { match = \"GET /healthz\", auth = \"none\" }\n";
/// let policy = Written::read(Source::new("policy.toml", text), &|_| unreachable!("it names no signer")).unwrap();
/// let line = r#"{"state":"s","n":0,"id":"i","at":"2026-11-26T12:00:00Z","status":200,"client":"192.0.2.7","hops":0,
///                "route":"health","count":1,"policy":"p"}"#;
/// let replayed = replay([line], &[], &policy, None).unwrap();
/// let [group] = &replayed.refused[..] else { panic!("{replayed:?}") };
/// assert_eq!((group.who.as_str(), group.after.as_str(), group.requests), ("192.0.2.7", "403 denied-zone", 100));
/// ```
pub fn replay<'l>(
    lines: impl IntoIterator<Item = &'l str>,
    keys: &[KeyModel],
    policy: &Written,
    was: Option<&Written>,
) -> Result<Replay, RunError> {
    let allow_every = was.unwrap_or(policy).policy.allow_every;
    let mut replay = Replay { allow_every, ..Replay::default() };
    let mut questions: BTreeMap<Question, Tally> = BTreeMap::new();
    for line in lines {
        match serde_json::from_str(line) {
            Ok(Line::Event(entry)) if entry.would_deny.is_some() => replay.reports += 1,
            Ok(Line::Event(entry)) => {
                let tally = questions.entry(Question::of(&entry, policy)).or_default();
                tally.events += 1;
                tally.requests += weight(entry.reason.is_none(), entry.count, allow_every);
            }
            Ok(Line::Lost { lost, .. }) => replay.lost += lost,
            Err(_) => replay.unreadable += 1,
        }
    }
    let asked: Vec<_> = questions.keys().map(|question| question.asks(keys, policy, was)).collect();
    let expects = asked.iter().flatten().flatten().cloned().collect();
    let mut rows = run(&Written { expects, ..policy.clone() })?.into_iter();
    let mut unknown: BTreeMap<String, u64> = BTreeMap::new();
    let mut groups: BTreeMap<(bool, String, String, String, String), Tally> = BTreeMap::new();
    for ((question, tally), asks) in questions.iter().zip(&asked) {
        replay.events += tally.events;
        let answer = asks.as_ref().map_err(Clone::clone).and_then(|asks| {
            let rows: Vec<_> = rows.by_ref().take(asks.len()).collect();
            question.answered(&rows, policy, was)
        });
        match answer {
            Ok(None) => replay.as_before += tally.events,
            Ok(Some(after)) => {
                let who = question.who();
                let key = (question.is_allowed(), who, question.route.clone().unwrap_or_default(), question.before(), after);
                let group = groups.entry(key).or_default();
                group.events += tally.events;
                group.requests += tally.requests;
            }
            Err(why) => *unknown.entry(why.to_string()).or_default() += tally.events,
        }
    }
    for ((was_allowed, who, route, before, after), Tally { events, requests }) in groups {
        let group = Group { who, route, before, after, events, requests };
        if was_allowed { replay.refused.push(group) } else { replay.allowed.push(group) }
    }
    replay.not_replayed = unknown.into_iter().map(|(why, events)| Unknown { why, events }).collect();
    replay.refused.sort_by_key(|group| std::cmp::Reverse(group.requests));
    replay.allowed.sort_by_key(|group| std::cmp::Reverse(group.requests));
    replay.not_replayed.sort_by_key(|unknown| std::cmp::Reverse(unknown.events));
    Ok(replay)
}

/// For how many requests an event stands that no event before it stands for: a flood's events carry 1, 2, 4 and so on, each in place of the
/// last one (`caltrop::audit`, folds).
/// An allowed one stands for as many as the sample leaves out, at least for itself: under a policy that logs none it is an older one's.
fn weight(is_allowed: bool, count: u32, allow_every: u32) -> u64 {
    u64::from(if is_allowed { allow_every.max(1) } else { count - count / 2 })
}
