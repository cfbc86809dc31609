//! `caltrop explain`: one request through the very code and images that a server uses, step by step.
//!
//! Not here: the server's balances. The state is fresh, so what is told of a quota is what a client meets who comes for the first time.

use std::net::IpAddr;
use std::path::PathBuf;

use caltrop::Decision;
use caltrop::audit::{Reason, Verdict};
use caltrop::guard::record::line;
use caltrop::guard::{Fact, Step, Trace};
use caltrop::net::{PeerTrust, Walk};
use caltrop::rate::{Refused, Taken};
use caltrop::request::{Header, Peer, Request, TlsVersion, Transport};
use caltrop_host::files::{self, Readers};
use caltrop_host::floors::Floors;
use caltrop_host::{HostGuard, Options, StateAt, clock, secrets};
use serde_json::json;

use super::page::{Row, page};
use super::project::Project;
use super::said::{Failure, Said};
use crate::diagnostic::Source;
use crate::table::table;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The method
    method: String,
    /// The request target: path and query, as they stand in the request line
    target: String,
    /// Who is at the other end of the server's socket: an address, or unix:
    #[arg(long, default_value = "203.0.113.9", value_parser = peer)]
    from: Peer,
    /// What protects that socket
    #[arg(long, default_value = "1.3", value_parser = ["off", "1.2", "1.3"])]
    tls: String,
    /// A header field, `name: value`; may be repeated
    #[arg(long = "header", short = 'H', value_name = "FIELD", value_parser = field)]
    headers: Vec<(String, String)>,
    /// Write the steps as a page to look at, too
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// The policy
    #[arg(long, default_value = "policy.toml")]
    policy: PathBuf,
}

fn peer(text: &str) -> Result<Peer, String> {
    if text == "unix:" {
        return Ok(Peer::Unix);
    }
    text.parse::<IpAddr>().map(Peer::Ip).map_err(|_| "write an address or unix:".to_owned())
}

fn field(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("write `name: value`")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

pub(super) fn run(args: &Args) -> Result<Said, Failure> {
    let project = Project::new(&args.policy);
    let written = project.written()?;
    let peppers = secrets::in_folder(project.folder())?;
    let options = Options {
        state: StateAt::Process,
        floors: Floors::Nowhere,
        ..Options::new(&written.policy.name, project.image(), secrets::prepare(&peppers)?)
    };
    let loaded = HostGuard::load(options)?;
    let is_current = crate::policy::is_current(&written, &loaded.images().policy).map_err(Failure::wrong)?;
    let headers: Vec<Header<'_>> =
        args.headers.iter().map(|(name, value)| Header { name: name.as_bytes(), value: value.as_bytes() }).collect();
    let headers = &headers[..];
    let authority = args.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("host")).map_or("", |(_, value)| value);
    let request = Request {
        method: args.method.as_bytes(),
        target: args.target.as_bytes(),
        authority: authority.as_bytes(),
        headers: &headers,
        peer: args.from,
        transport: match args.tls.as_str() {
            "off" => Transport::Plaintext,
            "1.2" => Transport::Tls(TlsVersion::V1_2),
            _ => Transport::Tls(TlsVersion::V1_3),
        },
    };
    let mut heard = Heard { loaded: &loaded, source: &written.source, steps: Vec::new(), open: Told::default() };
    let decision = loaded.guard().trace(&request, clock::now(), &mut heard);
    let answer = answer(&decision);
    let rows = heard.steps.iter().map(|step| vec![step.name.to_owned(), step.verdict.clone(), step.facts.join("; "), step.line()]);
    let mut text = table(rows) + &format!("\n  {answer}\n");
    if let Some(path) = &args.html {
        let rows: Vec<Row<'_>> = heard.steps.iter().map(Told::row).collect();
        let page = page(&format!("{} {}", args.method, args.target), &answer, decision.is_allowed(), &rows);
        files::write(path, page.as_bytes(), Readers::All)?;
        text += &format!("  {}\n", path.display());
    }
    let json = json!({
        "allowed": decision.is_allowed(), "status": decision.status(),
        "reason": if let Decision::Deny(denial) = &decision { Some(denial.reason().word()) } else { None },
        "steps": heard.steps.iter().map(Told::json).collect::<Vec<_>>(),
    });
    let stale = format!("{}: it is not what {} says: caltrop policy compile\n", project.image().display(), args.policy.display());
    Ok(Said::new(text, json).note(if is_current { String::new() } else { stale }))
}

fn answer(decision: &Decision<'_>) -> String {
    let would = decision
        .reported()
        .map(|(reason, quota)| format!(", would deny {}", [reason.word(), quota.unwrap_or_default()].join(" ").trim_end()));
    let would: String = would.collect();
    match decision {
        Decision::Allow(grant) => format!("200: allowed for {}{would}", grant.principal().unwrap_or("anybody")),
        Decision::Deny(denial) => {
            let wait = denial.retry_after_s();
            let wait = if wait > 0 { format!(", retry after {wait} s") } else { String::new() };
            format!("{} {}{wait}{would}", denial.status(), denial.reason().word())
        }
    }
}

/// A step as it is told.
#[derive(Default)]
struct Told {
    name: &'static str,
    verdict: String,
    facts: Vec<String>,
    /// Line and text of policy.toml.
    at: Option<(u32, String)>,
}

impl Told {
    fn line(&self) -> String {
        self.at.as_ref().map_or_else(String::new, |(line, text)| format!("line {line}: {text}"))
    }

    fn row(&self) -> Row<'_> {
        let line = self.at.as_ref().map(|(line, text)| (*line, text.as_str()));
        Row { step: self.name, verdict: &self.verdict, facts: &self.facts, line }
    }

    fn json(&self) -> serde_json::Value {
        json!({ "step": self.name, "verdict": self.verdict, "facts": self.facts, "line": self.at.as_ref().map(|(line, _)| line) })
    }
}

struct Heard<'h> {
    loaded: &'h HostGuard,
    source: &'h Source,
    steps: Vec<Told>,
    /// The step under way.
    open: Told,
}

impl Heard<'_> {
    fn at(&mut self, what: u8, index: u16) {
        if let Some(line) = self.loaded.guard().policy().line(what, index) {
            self.open.at = Some((line, self.source.line(line).trim().to_owned()));
        }
    }

    fn quota(&mut self, index: u16, answer: Result<Taken, Refused>) {
        let name = self.loaded.guard().policy().quota_name(usize::from(index)).unwrap_or("?");
        let said = match answer {
            Ok(taken) => format!("{name}: {} left after this", taken.remaining),
            Err(refused) => format!("{name}: {refused}"),
        };
        // An IPv6 address is three charges of one quota.
        if !self.open.facts.contains(&said) {
            self.open.facts.push(said);
        }
        if answer.is_err() || self.open.at.is_none() {
            self.at(line::QUOTA, index);
        }
    }
}

impl Trace for Heard<'_> {
    fn fact(&mut self, step: Step, fact: Fact<'_>) {
        let policy = self.loaded.guard().policy();
        match fact {
            Fact::Client(Walk { client, peer, hops }) => {
                let whom = client.address().map_or_else(|| "unknown".to_owned(), |address| address.to_string());
                let peer = if peer == PeerTrust::Proxy { "peer is a trusted proxy" } else { "peer is no proxy" };
                self.open.facts.push(format!("client {whom}, {peer}, {hops} hops"));
                self.at(line::NETWORK, 3);
            }
            Fact::Zones(mask) => {
                let names: Vec<&str> = (0..64).filter(|bit| mask >> bit & 1 == 1).filter_map(|bit| policy.zone_name(bit)).collect();
                self.open.facts.push(if names.is_empty() { "no zone".to_owned() } else { format!("zones {}", names.join(" ")) });
                self.at(line::NETWORK, 1);
            }
            Fact::Route(found) => {
                let routes = policy.routes();
                let route = routes.route(found.route).and_then(|route| route.name()).unwrap_or("?");
                let template = routes.templates.get(usize::from(found.template)).and_then(|&text| routes.text.get(text)).unwrap_or("?");
                self.open.facts.push(format!("route {route} by {template}"));
                self.at(line::ROUTE, found.route);
            }
            Fact::Principal(name) => self.open.facts.push(format!("principal {name}")),
            Fact::Quota { index, answer } => self.quota(index, answer),
            Fact::Unmet(condition) => self.open.facts.push(format!("does not hold: {condition}")),
            Fact::NotInPlan { index, plan } => {
                let quota = policy.quota_name(usize::from(index)).unwrap_or("?");
                self.open.facts.push(match plan {
                    Some(plan) => format!("{quota}: plan {plan:?} says nothing of it"),
                    None => format!("{quota}: the key names no plan, and \"default\" says nothing of it"),
                });
                self.at(line::QUOTA, index);
            }
            Fact::Stale(stale) => {
                self.open.facts.push(stale.to_string());
                self.at(line::FEED, stale.index);
            }
            Fact::Running { index, most, held } => {
                let quota = policy.quota_name(usize::from(index)).unwrap_or("?");
                self.open.facts.push(format!("{quota}: {held} of {most} run"));
                self.at(line::QUOTA, index);
            }
            Fact::NoPlace { index, refused } => {
                self.open.facts.push(refused.to_string());
                self.at(line::QUOTA, index);
            }
            Fact::Refused(refused) => self.open.facts.push(refused.refused.to_string()),
        }
        let _ = step;
    }

    fn verdict(&mut self, step: Step, verdict: Verdict) {
        match step {
            Step::Transport if self.open.at.is_none() => self.at(line::NETWORK, 0),
            Step::Preflight => self.at(line::NETWORK, 5),
            Step::Credential if verdict.reason() != Some(Reason::Stale) => self.at(line::AUTH, 0),
            Step::Access => self.open.at = self.steps.iter().rfind(|told| told.name == "route").and_then(|told| told.at.clone()),
            _ => {}
        }
        let told = std::mem::take(&mut self.open);
        let verdict = match verdict {
            Verdict::Pass => "pass".to_owned(),
            Verdict::Deny(reason) => reason.word().to_owned(),
            Verdict::WouldDeny(reason) => format!("would deny: {}", reason.word()),
        };
        self.steps.push(Told { name: name(step), verdict, ..told });
    }
}

const fn name(step: Step) -> &'static str {
    match step {
        Step::Shape => "shape",
        Step::Address => "address",
        Step::Transport => "transport",
        Step::Zones => "zones",
        Step::AddressQuota => "address-quota",
        Step::Preflight => "preflight",
        Step::Route => "route",
        Step::Credential => "credential",
        Step::Access => "access",
        Step::Quotas => "quotas",
    }
}
