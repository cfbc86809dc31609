//! `caltrop revocations` from outside, beside a server that reads what it writes.
#![allow(missing_docs, reason = "tests speak by their names")]

use std::process::Command;

use caltrop::request::{Header, Peer, Request, TlsVersion, Transport};
use caltrop_host::{LiveGuard, Options, StateAt, clock, secrets};
use serde_json::Value;

struct Project(tempfile::TempDir);

impl Project {
    fn new() -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        assert_eq!(project.caltrop(&["init", ".", "--name", "acme-api"]).0, 0);
        project.caltrop(&["feed", "signer", "gone"]);
        let policy = "[policy]\nname = \"acme-api\"\n[feed]\nkeys = { kind = \"keyring\" }\ngone = { kind = \"revocations\" }\n\
             [auth.key]\nfrom = \"feed:keys\"\nin = [\"x-api-key\"]\n\
             [auth.corp]\nissuer = \"https://id.acme.example\"\naudience = [\"acme-api\"]\nalgorithms = [\"EdDSA\"]\n\
             keys = [{ kty = \"OKP\", crv = \"Ed25519\", x = \"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\" }]\n\
             [route]\nwhoami = { match = \"GET /whoami\" }\n";
        std::fs::write(project.0.path().join("policy.toml"), policy).unwrap();
        assert_eq!(project.caltrop(&["policy", "compile"]).0, 0);
        project
    }

    fn caltrop(&self, args: &[&str]) -> (i32, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_caltrop")).args(args).current_dir(self.0.path()).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    fn said(&self, args: &[&str]) -> Value {
        let (code, out, err) = self.caltrop(&[args, &["--json"]].concat());
        assert_eq!((code, err.as_str()), (0, ""), "{args:?}: {out}");
        serde_json::from_str(&out).unwrap()
    }

    fn names(&self) -> Vec<(String, String)> {
        let said = self.said(&["revocations", "list"]);
        let text = |entry: &Value, key: &str| entry[key].as_str().unwrap().to_owned();
        let mut names: Vec<_> =
            said["entries"].as_array().unwrap().iter().map(|entry| (text(entry, "what"), text(entry, "name"))).collect();
        names.sort();
        names
    }
}

fn pairs(names: &[(&str, &str)]) -> Vec<(String, String)> {
    names.iter().map(|(what, name)| ((*what).to_owned(), (*name).to_owned())).collect()
}

#[test]
fn a_key_is_taken_back_and_given_again_while_a_server_runs() {
    let project = Project::new();
    let made = project.said(&["keys", "new", "alice"]);
    let (key, id) = (made["key"].as_str().unwrap(), made["id"].as_str().unwrap());
    assert_eq!(project.said(&["revocations", "renew"])["sequence"], 1);
    let folder = project.0.path();
    let options = Options::new("acme-api", folder.join("policy.cltp"), secrets::prepare(&secrets::in_folder(folder).unwrap()).unwrap());
    let live = LiveGuard::load(Options { state: StateAt::Process, ..options }).unwrap();
    let allowed = || {
        live.look();
        let headers = [Header { name: b"x-api-key", value: key.as_bytes() }];
        let headers = &headers[..];
        let peer = Peer::Ip("203.0.113.9".parse().unwrap());
        let transport = Transport::Tls(TlsVersion::V1_3);
        let request = Request { method: b"GET", target: b"/whoami", authority: b"localhost", headers: &headers, peer, transport };
        live.current().guard().admit(&request, clock::now()).is_allowed()
    };
    assert!(allowed());
    // By its id, or by itself: who finds a key may not know its id.
    assert_eq!(project.said(&["revocations", "add", "key", key])["entries"], 1);
    assert!(!allowed());
    assert_eq!(project.names(), pairs(&[("key", id)]), "and the key itself is told nobody");
    assert_eq!(project.said(&["revocations", "lift", "key", id])["sequence"], 3);
    assert!(allowed());
    assert_eq!(project.caltrop(&["feed", "status"]).0, 0);
}

#[test]
fn what_is_over_is_dropped_and_what_is_said_again_is_replaced() {
    let project = Project::new();
    let add = |args: &[&str]| project.said(&[&["revocations", "add"], args].concat());
    add(&["token", "t1", "--issuer", "corp", "--until", "2020-01-01"]);
    add(&["token", "t2", "--issuer", "corp"]);
    add(&["client", "app", "--issuer", "corp", "--before", "2026-01-01"]);
    add(&["signing-key", "k1", "--issuer", "corp"]);
    add(&["principal", "corp:ada"]);
    assert_eq!(add(&["principal", "corp:ada", "--before", "2026-06-30"])["entries"], 4);
    let all = [("client", "corp app"), ("principal", "corp:ada"), ("signing-key", "corp k1"), ("token", "corp t2")];
    assert_eq!(project.names(), pairs(&all));
    let (_, text, _) = project.caltrop(&["revocations", "list"]);
    let row = |name: &str| text.lines().find(|line| line.contains(name)).unwrap().split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(row("corp:ada")[2], "2026-06-30T00:00:00Z");
    assert_eq!(row("k1")[3..], ["any", "time", "never"], "a key's end is nobody's to guess");
}

#[test]
fn what_cannot_be_meant_is_refused_and_changes_nothing() {
    let project = Project::new();
    project.said(&["revocations", "renew"]);
    let before = std::fs::read(project.0.path().join("gone.cltp")).unwrap();
    let rows: [(&[&str], i32, &str); 8] = [
        (&["add", "token", "t1"], 2, "give --issuer"),
        (&["add", "token", "t1", "--issuer", "crop"], 2, "--issuer \"crop\": the policy has corp"),
        (&["add", "principal", "ada"], 2, "\"ada\": write issuer:subject"),
        (&["add", "principal", "corp:ada", "--issuer", "corp"], 2, "leave it out"),
        (&["add", "key", "no key"], 2, "give the id of a key"),
        (&["add", "token", "t1", "--issuer", "corp", "--before", "2026-01-01"], 2, "--before"),
        (&["add", "user", "ada"], 2, "principal"),
        (&["lift", "token", "t1", "--issuer", "corp"], 1, "corp t1 is not on the list: nothing was changed"),
    ];
    for (args, code, wanted) in rows {
        let (given, _, err) = project.caltrop(&[&["revocations"], args].concat());
        assert!(given == code && err.contains(wanted), "{args:?}: {given} {err}");
        assert_eq!(std::fs::read(project.0.path().join("gone.cltp")).unwrap(), before, "{args:?}");
    }
    let policy = "[policy]\nname = \"acme-api\"\n[route]\na = { match = \"GET /a\", auth = \"none\" }\n";
    std::fs::write(project.0.path().join("policy.toml"), policy).unwrap();
    let (code, _, err) = project.caltrop(&["revocations", "list"]);
    assert!(code == 1 && err.contains("has no feed of kind \"revocations\": add one to [feed]"), "{err}");
}
