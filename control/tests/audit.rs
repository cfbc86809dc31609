//! The audit log of a host's own state: written once by `audit tail`, whoever decided; and each event's why.

use std::path::{Path, PathBuf};
use std::process::Command;

use caltrop::Now;
use caltrop::request::{Header, Peer, Request, TlsVersion, Transport};
use caltrop_control::audit::{Entry, Line, Rule, mend};
use caltrop_host::{HostGuard, Options, clock, secrets};
use serde_json::Value;

/// A project with a state of its own under /dev/shm, both gone when dropped.
struct Host {
    folder: tempfile::TempDir,
    name: String,
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(caltrop_host::shared::path_of(&self.name).unwrap());
    }
}

fn caltrop(args: &[&str]) -> (i32, String, String) {
    let ran = Command::new(env!("CARGO_BIN_EXE_caltrop")).args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (ran.status.code().unwrap(), text(ran.stdout), text(ran.stderr))
}

impl Host {
    fn new(test: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let name = format!("audit-{test}-{}", std::process::id());
        assert_eq!(caltrop(&["init", folder.path().to_str().unwrap(), "--name", &name]).0, 0);
        let host = Self { folder, name };
        assert_eq!(caltrop(&["policy", "compile", &host.policy()]).0, 0);
        assert_eq!(host.keys(&["alice", "--scope", "api:read"]).0, 0);
        host
    }

    fn policy(&self) -> String {
        self.path("policy.toml").to_str().unwrap().to_owned()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn keys(&self, args: &[&str]) -> (i32, String, String) {
        caltrop(&[&["keys", "new", "--policy", &self.policy()], args].concat())
    }

    fn guard(&self) -> HostGuard {
        let peppers = secrets::prepare(&secrets::in_folder(self.folder.path()).unwrap()).unwrap();
        HostGuard::load(Options::new(&self.name, self.path("policy.cltp"), peppers)).unwrap()
    }

    fn tail(&self, log: &Path) -> Vec<Line> {
        let (code, out, err) = caltrop(&["audit", "tail", "--policy", &self.policy(), "--log", log.to_str().unwrap()]);
        assert_eq!(code, 0, "{out}{err}");
        std::fs::read_to_string(log).unwrap().lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }
}

/// Asks from an address of one's own, so that no event is folded into another; the id that the caller is told.
fn ask(guard: &HostGuard, from: &str, key: Option<&str>) -> String {
    let value = key.map(|key| format!("Bearer {key}")).unwrap_or_default();
    let headers = [Header { name: b"authorization", value: value.as_bytes() }];
    let headers = &headers[..usize::from(key.is_some())];
    let request = Request {
        method: b"GET",
        target: b"/v1/things",
        authority: b"localhost",
        headers: &headers,
        peer: Peer::Ip(from.parse().unwrap()),
        transport: Transport::Tls(TlsVersion::V1_3),
    };
    String::from_utf8(guard.admit(&request).id().hex().to_vec()).unwrap()
}

fn events(lines: &[Line]) -> Vec<&Entry> {
    lines.iter().filter_map(|line| if let Line::Event(entry) = line { Some(&**entry) } else { None }).collect()
}

#[test]
fn each_event_is_written_once_and_why_says_line_and_mend() {
    let host = Host::new("once");
    let poor = host.keys(&["bob", "--tenant", "acme"]).1.trim().to_owned();
    // Nobody has made the state yet: nothing is made for a reader.
    let (code, _, err) = caltrop(&["audit", "tail", "--policy", &host.policy()]);
    assert!(code == 3 && err.contains("no server of this policy has run"), "{code} {err}");
    let guard = host.guard();
    let first = ask(&guard, "203.0.113.9", None);
    let log = host.path("audit.jsonl");
    let lines = host.tail(&log);
    let [one] = events(&lines)[..] else { panic!("{lines:?}") };
    assert_eq!((one.id.as_str(), one.status, one.reason.as_deref()), (first.as_str(), 401, Some("no-credential")));
    assert_eq!((one.client, one.n), ("203.0.113.9".parse().ok(), 0));
    // A log that a crash cut off in the middle of a line goes on with a whole one.
    let text = std::fs::read_to_string(&log).unwrap();
    std::fs::write(&log, format!("{text}{{\"state\":\"{}", &one.state[..4])).unwrap();
    assert_eq!((host.tail(&log).len(), host.tail(&log).len()), (1, 1));
    let second = ask(&guard, "203.0.113.10", Some(&poor));
    let lines = host.tail(&log);
    let entries = events(&lines);
    assert_eq!(entries.iter().map(|entry| (entry.n, entry.id.as_str())).collect::<Vec<_>>(), [(0, first.as_str()), (1, second.as_str())]);
    let two = entries[1];
    assert_eq!((two.reason.as_deref(), two.principal.as_deref(), two.route.as_deref()), (Some("scope"), Some("bob"), Some("api")));
    assert_eq!(host.tail(&log).len(), 2, "nothing is written twice");
    // What is no log is not written to, and neither is one that somebody else writes.
    let tail = |log: &Path| caltrop(&["audit", "tail", "--policy", &host.policy(), "--log", log.to_str().unwrap()]);
    assert!(tail(&host.path("policy.toml")).2.contains("its last lines are none of an audit log"));
    let held = std::fs::File::open(&log).unwrap();
    held.lock().unwrap();
    assert!(tail(&log).2.contains("another `audit tail` writes it"));
    held.unlock().unwrap();
    // The key's text is in no line, its public id is.
    let text = std::fs::read_to_string(&log).unwrap();
    assert!(!text.contains(&poor[20..]) && two.key.as_deref().is_some_and(|id| poor.contains(id)), "{text}");

    let why = |args: &[&str]| caltrop(&[&["audit", "why", "--policy", &host.policy()], args].concat());
    let (code, out, err) = why(&[&second[..12], "--log", log.to_str().unwrap()]);
    assert_eq!(code, 0, "{err}");
    let policy = std::fs::read_to_string(host.policy()).unwrap();
    let at = policy.lines().position(|line| line.starts_with("api = ")).unwrap();
    for wanted in [
        "403 scope",
        "bob",
        "rule",
        "route api",
        &format!("policy.toml:{}: {}", at + 1, policy.lines().nth(at).unwrap()),
        mend(caltrop::audit::Reason::Scope),
    ] {
        assert!(out.contains(wanted), "{wanted}\n{out}");
    }
    // Without a log, what the host still remembers.
    assert!(why(&[&first]).1.contains("401 no-credential"));
    let json: Value = serde_json::from_str(&why(&[&second, "--json"]).1).unwrap();
    assert_eq!((&json["event"]["status"], &json["why"]["principal"]), (&403.into(), &"bob".into()));
    assert_eq!((why(&["00"]).0, why(&["00000000"]).0), (2, 1));

    // A policy that has changed since is not quoted for an event of the old one.
    std::fs::write(host.policy(), policy.replacen("[policy]", "# a new line\n[policy]", 1).replacen("20/10m", "19/10m", 1)).unwrap();
    assert_eq!(caltrop(&["policy", "compile", &host.policy()]).0, 0);
    let (_, out, _) = why(&[&second, "--log", log.to_str().unwrap()]);
    assert!(out.contains("which is not the one at hand") && out.contains(&(at + 1).to_string()), "{out}");
}

#[test]
fn a_stale_feed_is_told_with_its_name_and_line() {
    let host = Host::new("stale");
    let policy = std::fs::read_to_string(host.policy()).unwrap();
    let text = policy.replace("feed-keys.pub\" }", "feed-keys.pub\", stale = \"1m\", on-stale = \"deny\" }");
    std::fs::write(host.policy(), &text).unwrap();
    assert_eq!(caltrop(&["policy", "compile", &host.policy()]).0, 0);
    let guard = host.guard();
    let later = Now { wall_s: clock::now().wall_s + 62, ..clock::now() };
    let request = Request {
        method: b"GET",
        target: b"/v1/things",
        authority: b"localhost",
        headers: &&[][..],
        peer: Peer::Ip("203.0.113.9".parse().unwrap()),
        transport: Transport::Tls(TlsVersion::V1_3),
    };
    assert!(!guard.guard().admit(&request, later).is_allowed());
    let lines = host.tail(&host.path("audit.jsonl"));
    let [one] = events(&lines)[..] else { panic!("{lines:?}") };
    let line = text.lines().position(|line| line.starts_with("keys = ")).and_then(|at| u32::try_from(at + 1).ok());
    assert_eq!((one.status, one.reason.as_deref(), &one.rule, one.line), (503, Some("stale"), &Some(Rule::Feed("keys".into())), line));
}

#[test]
fn what_the_ring_lost_is_a_line_of_its_own() {
    let host = Host::new("lost");
    let guard = host.guard();
    let log = host.path("audit.jsonl");
    ask(&guard, "203.0.113.9", None);
    assert_eq!(host.tail(&log).len(), 1);
    let slots = guard.guard().state().geometry().audit_slots;
    for number in 0..slots + 5 {
        let [_, a, b, c] = number.to_be_bytes();
        ask(&guard, &format!("10.{a}.{b}.{c}"), None);
    }
    let lines = host.tail(&log);
    let lost: u64 = lines.iter().map(|line| if let Line::Lost { lost, .. } = line { *lost } else { 0 }).sum();
    let numbers: Vec<u64> = events(&lines).iter().map(|entry| entry.n).collect();
    assert_eq!((lost, numbers.len() as u64 + lost), (5, u64::from(slots) + 6));
    assert!(numbers.is_sorted_by(|a, b| a < b) && matches!(lines[1], Line::Lost { n: 6, lost: 5, .. }), "{:?}", &lines[..2]);
    assert_eq!(host.tail(&log).len(), lines.len());
}
