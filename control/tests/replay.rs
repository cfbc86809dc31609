//! `caltrop policy replay`: what a changed policy would have answered to a log that servers wrote, and what no log can tell.

use std::path::PathBuf;
use std::process::Command;

use caltrop::request::{Header, Peer, Request, TlsVersion, Transport};
use caltrop_host::{HostGuard, Options, secrets};
use serde_json::{Value, json};

fn caltrop(args: &[&str]) -> (i32, String, String) {
    let ran = Command::new(env!("CARGO_BIN_EXE_caltrop")).args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (ran.status.code().unwrap(), text(ran.stdout), text(ran.stderr))
}

const ROUTES: &str = "
health = { match = \"GET /healthz\", auth = \"none\" }
orders = { match = [\"GET /v1/orders\", \"GET /v1/orders/{id}\"], scopes = [\"orders:read\"] }
old    = { match = \"GET /v0/orders\" }
own    = { match = \"GET /v1/people/{name}\", where = [\"path.name == principal.name\"] }
";

/// A project with keys of alice (who reads orders) and bob (who may nothing), gone when dropped.
struct Project {
    folder: tempfile::TempDir,
    alice: String,
    bob: String,
}

impl Project {
    fn new(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(caltrop(&["init", folder.path().to_str().unwrap(), "--name", name]).0, 0);
        let mut project = Self { folder, alice: String::new(), bob: String::new() };
        project.write("policy.toml", ROUTES);
        let (code, _, err) = caltrop(&["policy", "compile", &project.path("policy.toml")]);
        assert_eq!(code, 0, "{err}");
        let key = |args: &[&str]| {
            let (code, out, err) = caltrop(&[&["keys", "new", "--policy", &project.path("policy.toml")], args].concat());
            assert_eq!(code, 0, "{err}");
            out.trim().to_owned()
        };
        (project.alice, project.bob) = (key(&["alice", "--scope", "orders:read"]), key(&["bob"]));
        project
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, routes: &str) {
        let name = self.path(name);
        let id = PathBuf::from(self.path("policy.toml"));
        let text = std::fs::read_to_string(id).unwrap();
        let own = text.lines().find(|line| line.starts_with("name = ")).unwrap();
        let text = format!(
            "[policy]\n{own}\n[network]\nzones = {{ bad = [\"192.0.2.0/24\"], vpn = [\"10.8.0.0/16\"] }}\ndeny = [\"bad\"]\n\
             [feed]\nkeys = {{ kind = \"keyring\", signer = \"feed-keys.pub\" }}\n[auth.key]\nfrom = \"feed:keys\"\nin = [\"x-api-key\"]\n\
             [quota]\naddress = {{ by = \"address\", limit = \"600/minute\" }}\n[route]{routes}"
        );
        std::fs::write(name, text).unwrap();
    }

    /// An event as a server of this project writes it.
    fn event(&self, client: Option<&str>, route: Option<&str>, key: Option<(&str, &str)>, reason: Option<(u16, &str)>) -> Value {
        let mut event = json!({ "state": "s", "n": 0, "id": "i", "at": "2026-11-26T12:00:00Z", "hops": 0, "count": 1, "policy": "p",
            "status": reason.map_or(200, |(status, _)| status) });
        let mut set = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                event[name] = json!(value);
            }
        };
        set("client", client);
        set("route", route);
        set("principal", key.map(|(principal, _)| principal));
        // The public id: the first ten characters behind the prefix.
        set("key", key.map(|(_, key)| &key[key.rfind('_').unwrap() + 1..][..10]));
        set("reason", reason.map(|(_, reason)| reason));
        event
    }

    fn replay(&self, events: &[Value], args: &[&str]) -> (i32, Value, String) {
        let log: String = events.iter().map(|event| format!("{event}\n")).collect();
        std::fs::write(self.path("audit.jsonl"), log).unwrap();
        let line = ["policy", "replay", &self.path("audit.jsonl")];
        let (code, out, _) = caltrop(&[&line[..], args, &["--json"]].concat());
        let (people, text, err) = caltrop(&[&line[..], args].concat());
        assert_eq!(people, code);
        (code, serde_json::from_str::<Value>(&out).unwrap(), text + &err)
    }
}

#[test]
fn events_stand_for_as_many_as_the_policy_that_decided_left_out() {
    let requests = |allow: &str, was: Option<&str>| {
        let project = Project::new("acme-sample");
        let write = |file: &str, audit: &str| {
            project.write(file, ROUTES);
            let text = std::fs::read_to_string(project.path(file)).unwrap();
            std::fs::write(project.path(file), text.replace("deny = [\"bad\"]", "deny = [\"vpn\"]") + audit).unwrap();
        };
        write("policy.toml", allow);
        let (policy, old) = (project.path("policy.toml"), project.path("was.toml"));
        let mut args = vec!["--policy", &policy];
        if let Some(was) = was {
            write("was.toml", was);
            args.extend(["--was", &old]);
        }
        let (_, json, text) = project.replay(&[project.event(Some("10.8.0.1"), Some("health"), None, None)], &args);
        let requests = json["replay"]["refused"][0]["requests"].as_u64().unwrap_or_else(|| panic!("{text}"));
        (requests, json["allowed-in-log"].as_str().unwrap().to_owned(), text)
    };
    let cases = [
        ("", None, 100, "1/100", "one in 100 allowed requests is in it"),
        ("[audit]\nallow = \"1/7\"\n", None, 7, "1/7", "one in 7 allowed requests is in it"),
        ("[audit]\nallow = \"none\"\n", None, 1, "none", "no allowed requests are in it"),
        ("[audit]\nallow = \"1/7\"\n", Some("[audit]\nallow = \"1/1\"\n"), 1, "1/1", "all allowed requests are in it"),
    ];
    for (allow, was, stands_for, share, says) in cases {
        let (requests, told, text) = requests(allow, was);
        assert_eq!((requests, told.as_str()), (stands_for, share), "{allow}");
        assert!(text.contains(says), "{says}: {text}");
    }
}

#[test]
fn who_was_on_the_list_of_a_feed_is_asked_as_on_it() {
    let project = Project::new("acme-listed");
    let text = std::fs::read_to_string(project.path("policy.toml")).unwrap();
    let list = "[feed]\nlist = { kind = \"prefixes\", signer = \"feed-keys.pub\" }\n";
    let text = text.replace("bad = [\"192.0.2.0/24\"]", "bad = \"feed:list\"").replace("[feed]\n", list);
    std::fs::write(project.path("policy.toml"), text).unwrap();
    let mut listed = project.event(Some("203.0.113.9"), Some("health"), None, None);
    listed["zones"] = json!(["bad"]);
    let other = project.event(Some("203.0.113.10"), Some("health"), None, None);
    let (_, json, text) = project.replay(&[listed, other], &["--policy", &project.path("policy.toml")]);
    let refused = json["replay"]["refused"].as_array().unwrap();
    assert_eq!((refused.len(), &json["replay"]["as-before"]), (1, &json!(1)), "{text}");
    assert_eq!((&refused[0]["who"], &refused[0]["after"]), (&json!("203.0.113.9"), &json!("403 denied-zone")));
}

#[test]
fn it_says_whom_a_policy_would_refuse_and_whom_it_would_let_pass() {
    let project = Project::new("replay");
    let (alice, bob) = (("alice", project.alice.as_str()), ("bob", project.bob.as_str()));
    // Orders are for the VPN now, /v0 is gone, and /healthz wants a key.
    let new = ROUTES
        .replace("scopes = [\"orders:read\"]", "zones = [\"vpn\"]")
        .replace(", auth = \"none\"", "")
        .lines()
        .filter(|line| !line.starts_with("old"))
        .map(|line| format!("{line}\n"))
        .collect::<String>();
    project.write("new.toml", &new);
    let (home, vpn) = (Some("203.0.113.9"), Some("10.8.0.1"));
    let mut flood = project.event(home, Some("orders"), None, Some((401, "no-credential")));
    flood["count"] = json!(8);
    let events = [
        project.event(home, Some("orders"), Some(alice), None),
        project.event(home, Some("orders"), Some(alice), None),
        project.event(vpn, Some("orders"), Some(alice), None),
        project.event(home, Some("health"), None, None),
        project.event(vpn, Some("orders"), Some(bob), Some((403, "scope"))),
        project.event(home, Some("orders"), Some(bob), Some((403, "scope"))),
        flood,
        project.event(home, Some("old"), Some(alice), None),
        project.event(Some("192.0.2.1"), None, None, Some((403, "denied-zone"))),
        json!({ "state": "s", "n": 10, "lost": 3 }),
    ];
    let (code, json, text) = project.replay(&events, &["--policy", &project.path("new.toml")]);
    assert_eq!(code, 0, "{text}");
    let replay = &json["replay"];
    let group = |who: &str, route: &str, before: &str, after: &str, events: u64, requests: u64| json!({ "who": who, "route": route, "before": before, "after": after, "events": events, "requests": requests });
    assert_eq!(
        replay["refused"],
        json!([group("alice", "orders", "200", "403 zone", 2, 200), group("203.0.113.9", "health", "200", "401 no-credential", 1, 100)])
    );
    assert_eq!(replay["allowed"], json!([group("bob", "orders", "403 scope", "200", 1, 1)]));
    assert_eq!((&replay["events"], &replay["as-before"], &replay["lost"]), (&json!(9), &json!(4), &json!(3)));
    assert_eq!(replay["not-replayed"][0]["why"], "route \"old\" is not in the policy: give the one that knew it with --was");
    for wanted in ["about 200  alice", "1         bob", "3 events were lost", "one in 100 allowed requests", "limits are not replayed"] {
        assert!(text.contains(wanted), "{wanted}\n{text}");
    }
    // The policy that decided then knows the route, and with --strict that is what fails.
    let was = ["--policy", &project.path("new.toml"), "--was", &project.path("policy.toml"), "--strict"];
    let (code, json, text) = project.replay(&events[7..8], &was);
    assert_eq!((code, &json["replay"]["refused"]), (1, &json!([group("alice", "old", "200", "404 no-route", 1, 100)])), "{text}");
    // The same policy answers all as it did.
    let (code, json, text) = project.replay(&events[..8], &["--policy", &project.path("policy.toml"), "--strict"]);
    assert_eq!((code, &json["replay"]["as-before"]), (0, &json!(8)), "{text}");
}

#[test]
fn what_the_log_does_not_hold_is_never_guessed() {
    let project = Project::new("replay-unknown");
    let alice = ("alice", project.alice.as_str());
    let home = Some("203.0.113.9");
    let one = |event: Value, routes: &str, args: &[&str]| {
        project.write("new.toml", routes);
        let (_, json, text) = project.replay(&[event], &[&["--policy", &project.path("new.toml")], args].concat());
        assert_eq!(json["replay"]["events"], 1, "{text}");
        json["replay"]["not-replayed"][0]["why"].as_str().unwrap_or("replayed").to_owned()
    };
    let event = |route, key, reason| project.event(home, route, key, reason);
    // Of two templates one is gone: which it was, the log does not say.
    let fewer = ROUTES.replace("[\"GET /v1/orders\", \"GET /v1/orders/{id}\"]", "\"GET /v1/orders/{id}\"");
    let was = ["--was", &project.path("policy.toml")];
    let orders = || event(Some("orders"), Some(alice), None);
    assert_eq!(one(orders(), &fewer, &was), "route \"orders\" matches several paths, which are answered differently");
    // A condition on the path: new, and as it was.
    let bound = ROUTES.replace("scopes = [\"orders:read\"]", "where = [\"path.id == principal.name\"]").replace("\"GET /v1/orders\", ", "");
    assert_eq!(one(orders(), &bound, &[]), "route \"orders\" asks for something of the path, which the log has not");
    let own = || event(Some("own"), Some(alice), None);
    assert!(one(own(), ROUTES, &[]).contains("something of the path"));
    assert_eq!(one(own(), ROUTES, &was), "replayed");
    assert!(one(event(Some("own"), Some(alice), Some((403, "where"))), ROUTES, &was).contains("something of the path"));
    // Limits, the transport, credentials, a server's state, what came before the route, and other versions' words.
    let refused = |status, reason| event(Some("orders"), Some(alice), Some((status, reason)));
    assert!(one(refused(429, "quota"), ROUTES, &[]).starts_with("refused by a limit"));
    assert!(one(refused(403, "transport"), ROUTES, &[]).starts_with("refused for its transport"));
    assert!(one(refused(400, "credentials"), ROUTES, &[]).starts_with("refused for what it showed"));
    assert!(one(refused(503, "contended"), ROUTES, &[]).starts_with("refused for the state"));
    assert_eq!(one(refused(418, "teapot"), ROUTES, &[]), "refused for \"teapot\", which this version does not know");
    assert!(one(event(None, None, Some((404, "no-route"))), ROUTES, &[]).starts_with("refused before its route"));
    assert!(one(project.event(None, Some("health"), None, None), ROUTES, &[]).starts_with("no client address"));
    assert_eq!(one(event(Some("orders"), Some(("eve", "x_0000000000")), None), ROUTES, &[]), "its key is not in the keyring");
    // Hours are asked at the event's time, and a time that cannot be read is none.
    let hours = ROUTES.replace("scopes = [\"orders:read\"]", "where = [\"time in sat-sun 08:00-18:00\"]");
    project.write("new.toml", &hours);
    let (_, json, text) = project.replay(&[orders()], &["--policy", &project.path("new.toml")]);
    assert_eq!(json["replay"]["refused"][0]["after"], "403 where", "{text}");
    let mut saturday = orders();
    saturday["at"] = json!("2026-11-28T12:00:00Z");
    let (_, json, text) = project.replay(&[saturday.clone()], &["--policy", &project.path("new.toml")]);
    assert_eq!(json["replay"]["as-before"], 1, "{text}");
    saturday["at"] = json!("");
    assert_eq!(one(saturday, &hours, &[]), "its time cannot be read, and the policy has hours");
    // What a rule in report mode would have denied is no answer that somebody got.
    let mut reported = orders();
    reported["would-deny"] = json!("zone");
    let (_, json, text) = project.replay(&[reported, orders()], &["--policy", &project.path("policy.toml")]);
    assert_eq!((&json["replay"]["reports"], &json["replay"]["events"]), (&1.into(), &1.into()), "{text}");
    // What is no log fails, and so does a strict replay of nothing.
    let policy = ["--policy", &project.path("policy.toml"), "--strict"];
    assert_eq!(project.replay(&[json!("GET / HTTP/1.1")], &policy).0, 1);
    assert_eq!(project.replay(&[], &policy).0, 1);
    assert_eq!(caltrop(&["policy", "replay", &project.path("no-log")]).0, 3);
}

#[test]
fn what_a_server_logged_is_answered_by_its_own_policy_as_it_was() {
    let name = format!("replay-{}", std::process::id());
    let project = Project::new(&name);
    let peppers = secrets::prepare(&secrets::in_folder(project.folder.path()).unwrap()).unwrap();
    let guard = HostGuard::load(Options::new(&name, project.path("policy.cltp"), peppers)).unwrap();
    for number in 0..900u32 {
        let [_, _, a, b] = number.to_be_bytes();
        let (target, key) = match number % 4 {
            0 => ("/healthz", ""),
            1 => ("/v1/orders/7", project.bob.as_str()),
            2 => ("/v0/orders", project.bob.as_str()),
            _ => ("/v1/orders", project.alice.as_str()),
        };
        let headers = [Header { name: b"x-api-key", value: key.as_bytes() }];
        let request = Request {
            method: b"GET",
            target: target.as_bytes(),
            authority: b"localhost",
            headers: &&headers[..usize::from(!key.is_empty())],
            peer: Peer::Ip(std::net::Ipv4Addr::new(203, 0, a, b).into()),
            transport: Transport::Tls(TlsVersion::V1_3),
        };
        let _ = guard.admit(&request);
    }
    let log = project.path("audit.jsonl");
    let (code, _, err) = caltrop(&["audit", "tail", "--policy", &project.path("policy.toml"), "--log", &log]);
    let _ = std::fs::remove_file(caltrop_host::shared::path_of(&name).unwrap());
    assert_eq!(code, 0, "{err}");
    let ask = |policy: &str| {
        let (code, out, err) = caltrop(&["policy", "replay", &log, "--json", "--policy", &project.path(policy)]);
        assert_eq!(code, 0, "{err}");
        serde_json::from_str::<Value>(&out).unwrap()["replay"].clone()
    };
    let same = ask("policy.toml");
    assert_eq!((&same["as-before"], &same["refused"], &same["allowed"]), (&same["events"], &json!([]), &json!([])), "{same}");
    assert!(same["events"].as_u64().unwrap() >= 225, "{same}");
    project.write("new.toml", &ROUTES.replace(", scopes = [\"orders:read\"]", ""));
    let new = ask("new.toml");
    assert_eq!((&new["allowed"][0]["who"], &new["allowed"][0]["requests"]), (&json!("bob"), &json!(225)), "{new}");
}
