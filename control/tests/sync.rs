//! `caltrop sync` from outside, against an HTTP server on the loopback and a guard that reads what it writes.
#![allow(missing_docs, reason = "tests speak by their names")]

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use base64ct::{Base64UrlUnpadded, Encoding};
use caltrop::audit::Reason;
use caltrop::guard::Secrets;
use caltrop::request::{Header, Peer, Request, TlsVersion, Transport};
use caltrop::{Decision, Now};
use caltrop_control::sync::Due;
use caltrop_host::{LiveGuard, Options, StateAt, clock};
use ed25519_dalek::{Signer, SigningKey};
use tiny_http::{Header as Field, Response, Server};

/// What the issuer answers, and how often it was asked.
#[derive(Default)]
struct Published {
    status: u16,
    body: String,
    etag: Option<&'static str>,
    asked: u32,
    unchanged: u32,
}

/// An issuer's web server, gone when dropped.
struct Issuer {
    at: SocketAddr,
    published: Arc<Mutex<Published>>,
    server: Arc<Server>,
    thread: Option<JoinHandle<()>>,
}

impl Issuer {
    fn new(keys: &[u8]) -> Self {
        let server = Arc::new(Server::http("127.0.0.1:0").unwrap());
        let published = Arc::new(Mutex::new(Published { status: 200, body: set(keys), ..Published::default() }));
        let (serving, answers) = (Arc::clone(&server), Arc::clone(&published));
        let thread = thread::spawn(move || {
            while let Ok(request) = serving.recv() {
                let mut published = answers.lock().unwrap();
                published.asked += 1;
                let named = request.headers().iter().find(|field| field.field.equiv("If-None-Match")).map(|field| field.value.to_string());
                let is_same = published.etag.is_some() && named.as_deref() == published.etag;
                published.unchanged += u32::from(is_same);
                let (status, body) = if is_same { (304, "") } else { (published.status, published.body.as_str()) };
                let mut response = Response::from_string(body).with_status_code(status);
                if let Some(etag) = published.etag {
                    response.add_header(Field::from_bytes("ETag", etag).unwrap());
                }
                drop(request.respond(response));
            }
        });
        let at = server.server_addr().to_ip().unwrap();
        Self { at, published, server, thread: Some(thread) }
    }

    fn publish(&self, status: u16, body: &str) {
        let mut published = self.published.lock().unwrap();
        (published.status, published.body) = (status, body.to_owned());
    }

    fn asked(&self) -> u32 {
        self.published.lock().unwrap().asked
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.server.unblock();
        self.thread.take().unwrap().join().unwrap();
    }
}

/// A project whose one issuer is this one.
struct Project(tempfile::TempDir);

impl Project {
    fn new(issuer: &Issuer) -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        assert_eq!(project.caltrop(&["init", ".", "--name", "acme-api"]).0, 0);
        assert_eq!(project.caltrop(&["feed", "signer", "corp"]).0, 0);
        let policy = format!(
            "[policy]\nname = \"acme-api\"\n\
             [feed]\ncorp = {{ kind = \"jwks\", url = \"http://{}/certs\", cooldown = \"1s\", stale = \"1h\" }}\n\
             [auth.corp]\nissuer = \"https://id.acme.example\"\naudience = [\"acme-api\"]\nalgorithms = [\"EdDSA\"]\nfrom = \"feed:corp\"\n\
             [route]\nwhoami = {{ match = \"GET /whoami\" }}\n",
            issuer.at
        );
        std::fs::write(project.path("policy.toml"), policy).unwrap();
        assert_eq!(project.caltrop(&["policy", "compile"]).0, 0);
        project
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_caltrop"));
        command.args(args).current_dir(self.0.path());
        command
    }

    fn caltrop(&self, args: &[&str]) -> (i32, String, String) {
        let output = self.command(args).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    fn guard(&self) -> LiveGuard {
        let options = Options::new("acme-api", self.path("policy.cltp"), Secrets::new());
        LiveGuard::load(Options { state: StateAt::Process, ..options }).unwrap()
    }
}

/// `caltrop sync` while it runs, stopped when dropped.
struct Syncing(Child);

impl Syncing {
    /// Begins, and waits for its first line.
    fn start(project: &Project) -> Self {
        let mut child = project.command(&["sync", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        lines.read_line(&mut line).unwrap();
        assert!(line.contains("\"sequence\""), "{line}");
        thread::spawn(move || lines.lines().for_each(drop));
        Self(child)
    }
}

impl Drop for Syncing {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn key(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32])
}

fn text(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

fn set(numbers: &[u8]) -> String {
    let jwk = |number: &u8| {
        let x = text(key(*number).verifying_key().as_bytes());
        format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"k{number}","x":"{x}"}}"#)
    };
    // As issuers do, it has keys for others among them.
    let other = r#"{"kty":"RSA","use":"enc","n":"AQAB","e":"AQAB"}"#;
    format!(r#"{{"keys":[{other},{}]}}"#, numbers.iter().map(jwk).collect::<Vec<_>>().join(","))
}

fn token(number: u8) -> String {
    let header = format!(r#"{{"alg":"EdDSA","typ":"at+jwt","kid":"k{number}"}}"#);
    let expires_s = clock::now().wall_s + 600;
    let claims = format!(r#"{{"iss":"https://id.acme.example","aud":"acme-api","sub":"ada","exp":{expires_s}}}"#);
    let signed = format!("{}.{}", text(header.as_bytes()), text(claims.as_bytes()));
    format!("{signed}.{}", text(&key(number).sign(signed.as_bytes()).to_bytes()))
}

/// What comes of a token, which is shown to a worker that looks at its files before.
fn show(live: &LiveGuard, token: &str, now: Now) -> Result<(), Reason> {
    live.poll(now);
    let value = format!("Bearer {token}");
    let headers = [Header { name: b"authorization", value: value.as_bytes() }];
    let headers = &headers[..];
    let peer = Peer::Ip("203.0.113.9".parse().unwrap());
    let transport = Transport::Tls(TlsVersion::V1_3);
    let request = Request { method: b"GET", target: b"/whoami", authority: b"localhost", headers: &headers, peer, transport };
    match live.current().guard().admit(&request, now) {
        Decision::Allow(_) => Ok(()),
        Decision::Deny(denial) => Err(denial.reason()),
    }
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(10), "{what}: not within 10 s");
        thread::sleep(Duration::from_millis(20));
    }
    began.elapsed()
}

#[test]
fn what_an_issuer_publishes_is_signed_and_what_is_no_set_of_keys_changes_nothing() {
    let issuer = Issuer::new(&[1]);
    let project = Project::new(&issuer);
    let (code, out, err) = project.caltrop(&["sync", "--once"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.starts_with("corp: sequence 1, Ed25519 key k1 (") && out.ends_with("); next in 300 s\n"), "{out}");
    let live = project.guard();
    assert_eq!(show(&live, &token(1), clock::now()), Ok(()));
    let held = std::fs::read(project.path("corp.cltp")).unwrap();
    let private = set(&[2]).replace("\"x\":", "\"d\":\"AAAA\",\"x\":");
    let long = " ".repeat(300 * 1024) + &set(&[2]);
    let bad: [(u16, &str, &str); 7] = [
        (500, "", "status 500, and 200 is expected"),
        (302, "", "status 302"),
        (200, "<html>", "no JSON Web Key Set"),
        (200, r#"{"keys":[]}"#, "0 keys for the algorithms"),
        (200, &set(&[1, 2, 3, 4, 5, 6, 7, 8, 9]), "9 keys for the algorithms"),
        (200, &private, "it has a private part"),
        (200, &long, ""),
    ];
    for (status, body, why) in bad {
        issuer.publish(status, body);
        let (code, out, _) = project.caltrop(&["sync", "--once"]);
        assert_eq!(code, 1, "{why}: {out}");
        assert!(out.contains(why) && out.contains(": what servers hold stays; next in 1 s"), "{why}: {out}");
        assert_eq!(std::fs::read(project.path("corp.cltp")).unwrap(), held, "{why}");
    }
    drop(issuer);
    let (code, out, _) = project.caltrop(&["sync", "--once", "--json"]);
    assert_eq!(code, 1);
    assert!(out.contains("\"error\""), "{out}");
    assert_eq!(show(&live, &token(1), clock::now()), Ok(()), "an issuer that is gone refuses nobody");
    assert_eq!(project.caltrop(&["feed", "status"]).0, 0);
}

#[test]
fn a_project_says_what_it_lacks() {
    let issuer = Issuer::new(&[1]);
    let project = Project::new(&issuer);
    let fails = |args: &[&str]| {
        let (code, out, err) = project.caltrop(args);
        (code, out + &err)
    };
    std::fs::write(project.path("roots.pem"), "no certificate").unwrap();
    let (code, said) = fails(&["sync", "--once", "--roots", "roots.pem"]);
    assert!(code == 1 && said.contains("roots.pem: no certificate in PEM: give a file"), "{said}");
    std::fs::rename(project.path("feed-corp.key"), project.path("feed-other.key")).unwrap();
    let (code, said) = fails(&["sync", "--once"]);
    assert!(code == 1 && said.contains("feed-corp.key"), "{said}");
    std::fs::copy(project.path("policy.key"), project.path("feed-corp.key")).unwrap();
    let (code, said) = fails(&["sync", "--once"]);
    assert!(code == 1 && said.contains("not the secret half of a signer of [feed] corp"), "{said}");
    let policy = "[policy]\nname = \"acme-api\"\n[route]\na = { match = \"GET /a\", auth = \"none\" }\n";
    std::fs::write(project.path("policy.toml"), policy).unwrap();
    let (code, said) = fails(&["sync"]);
    assert!(code == 1 && said.contains("policy.toml has no feed of kind \"jwks\": there is nothing to fetch"), "{said}");
}

#[test]
fn a_rotation_reaches_servers_within_the_cooldown_because_a_token_asks_for_it() {
    let issuer = Issuer::new(&[1]);
    let project = Project::new(&issuer);
    let syncing = Syncing::start(&project);
    let (live, other) = (project.guard(), project.guard());
    thread::sleep(Duration::from_secs(1));
    assert_eq!((show(&live, &token(1), clock::now()), issuer.asked()), (Ok(()), 1));
    issuer.publish(200, &set(&[1, 2]));
    let mut refused = 0;
    let took = until("the new key", || {
        assert_eq!(show(&live, &token(1), clock::now()), Ok(()), "the old one is good all the while");
        assert_eq!(show(&other, &token(1), clock::now()), Ok(()));
        // Both of two workers are shown the new one.
        let both = [show(&live, &token(2), clock::now()), show(&other, &token(2), clock::now())];
        refused += both.iter().filter(|shown| **shown == Err(Reason::TokenKey)).count();
        both == [Ok(()), Ok(())]
    });
    assert!(refused > 0 && took < Duration::from_secs(3), "{refused} refused within {took:?}");
    assert_eq!(issuer.asked(), 2, "once for both workers");
    for _ in 0..200 {
        assert_eq!(show(&live, &token(2), clock::now()), Ok(()));
    }
    // A flood of names that nobody has: once in a cooldown of a second, however many and whoever is asked.
    let (before, began) = (issuer.asked(), Instant::now());
    let signed = token(1);
    let rest = &signed[signed.find('.').unwrap()..];
    let mut shown = 0;
    while began.elapsed() < Duration::from_millis(3_500) {
        for worker in [&live, &other] {
            let random = text(format!(r#"{{"alg":"EdDSA","typ":"at+jwt","kid":"random-{shown}"}}"#).as_bytes()) + rest;
            assert_eq!(show(worker, &random, clock::now()), Err(Reason::TokenKey));
            shown += 1;
        }
    }
    let asked = issuer.asked() - before;
    assert!((1..=5).contains(&asked), "{asked} fetches within 3.5 s, of {shown} tokens");
    // What was taken out of the set is good no more.
    issuer.publish(200, &set(&[2]));
    until("the end of the old key", || {
        let _ = show(&live, &format!("{}{rest}", text(br#"{"alg":"EdDSA","typ":"at+jwt","kid":"k9"}"#)), clock::now());
        show(&live, &token(1), clock::now()) == Err(Reason::TokenKey)
    });
    assert_eq!(show(&live, &token(2), clock::now()), Ok(()));
    drop(syncing);
}

#[test]
fn keys_that_have_not_changed_are_not_sent_and_are_signed_anew() {
    let issuer = Issuer::new(&[1]);
    issuer.published.lock().unwrap().etag = Some("\"v1\"");
    let project = Project::new(&issuer);
    let syncing = Syncing::start(&project);
    let live = project.guard();
    let sequence = || live.current().guard().feed_image("corp").unwrap().header().sequence.get();
    assert_eq!(sequence(), 1);
    thread::sleep(Duration::from_secs(1));
    until("a second fetch", || {
        let _ = show(&live, &token(9), clock::now());
        sequence() == 2
    });
    assert_eq!((show(&live, &token(1), clock::now()), issuer.published.lock().unwrap().unchanged), (Ok(()), 1));
    drop(syncing);
}

#[test]
fn an_outage_of_an_hour_is_tried_less_and_less_often_and_ends_at_the_next_try() {
    let mut due = Due::new(60_000, Some(3_600_000));
    let mut tried = Vec::new();
    due.fetched(0, Some(600_000));
    // Somebody asks all the time.
    for now_ms in (0..3_600_000).step_by(250) {
        if due.is_due(now_ms, Some(now_ms)) {
            tried.push(now_ms / 1000);
            due.failed(now_ms);
        }
    }
    assert_eq!(tried, [60, 120, 240, 480, 960, 1560, 2160, 2760, 3360]);
    assert!(due.is_due(3_960_000, None));
    due.fetched(3_960_000, None);
    assert!(!due.is_due(4_259_999, None) && due.is_due(4_260_000, None), "five minutes, if the answer does not say");
    // What an issuer says of an hour is too long for servers that take it for stale after one.
    due.fetched(5_000_000, Some(3_600_000));
    assert!(!due.is_due(6_799_999, None) && due.is_due(6_800_000, None));
    // Nor may it be asked all the time, whatever it says.
    due.fetched(7_000_000, Some(0));
    assert!(!due.is_due(7_059_999, Some(7_059_999)) && due.is_due(7_060_000, None));
    assert!(due.is_due(6_000_000, None), "a clock that was set back");
}
