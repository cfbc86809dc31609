//! The `caltrop` command from outside: files, answers, exit codes.
#![allow(missing_docs, reason = "tests speak by their names")]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn caltrop(args: &[&str]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_caltrop")).args(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

/// A project of `init`, gone when dropped.
struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ran = caltrop(&["init", folder.path().to_str().unwrap(), "--name", "acme-api"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn policy(&self) -> String {
        self.path("policy.toml").to_str().unwrap().to_owned()
    }

    fn edit(&self, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.policy()).unwrap();
        assert!(text.contains(from), "{from}");
        std::fs::write(self.policy(), text.replace(from, to)).unwrap();
    }

    fn key(&self, args: &[&str]) -> String {
        let ran = caltrop(&[&["keys", "new", "--policy", &self.policy()], args].concat());
        assert_eq!(ran.code, 0, "{}", ran.err);
        ran.out.trim().to_owned()
    }

    fn explain(&self, args: &[&str]) -> Value {
        let ran = caltrop(&[&["explain", "--json", "--policy", &self.policy()], args].concat());
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        serde_json::from_str(&ran.out).unwrap()
    }
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[test]
fn init_makes_a_project_whose_secrets_are_its_owners_alone() {
    let project = Project::new();
    for secret in ["policy.key", "feed-keys.key", "pepper-1"] {
        assert_eq!(mode(&project.path(secret)), 0o600, "{secret}");
    }
    for public in ["policy.toml", "policy.pub", "feed-keys.pub", "policy.cltp", "keys.cltp"] {
        assert_eq!(mode(&project.path(public)), 0o644, "{public}");
    }
}

#[test]
fn init_changes_nothing_where_something_is_there() {
    let project = Project::new();
    std::fs::remove_file(project.path("pepper-1")).unwrap();
    let before = std::fs::read(project.path("policy.key")).unwrap();
    let ran = caltrop(&["init", project.folder.path().to_str().unwrap()]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("policy.toml is there already: give another folder; nothing was changed"), "{}", ran.err);
    assert!(!project.path("pepper-1").exists());
    assert_eq!(std::fs::read(project.path("policy.key")).unwrap(), before);
}

#[test]
fn init_makes_a_route_for_each_operation() {
    let folder = tempfile::tempdir().unwrap();
    let description = folder.path().join("openapi.json");
    std::fs::write(&description, r#"{"openapi":"3.1.0","paths":{"/a":{"get":{"operationId":"a"}},"/{x}.{y}":{"get":{}}}}"#).unwrap();
    let at = folder.path().join("api");
    let ran = caltrop(&["init", at.to_str().unwrap(), "--openapi", description.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("policy api with 1 routes"), "{}", ran.out);
    assert!(ran.err.starts_with("refused: /{x}.{y} GET: "), "{}", ran.err);
}

#[test]
fn an_image_is_written_when_what_it_says_changes_and_never_below_its_sequence() {
    let project = Project::new();
    let compile = || caltrop(&["policy", "compile", "--json", &project.policy()]);
    let said = |ran: &Ran| serde_json::from_str::<Value>(&ran.out).unwrap();
    let first = said(&compile());
    assert_eq!((&first["sequence"], &first["written"]), (&1.into(), &false.into()));
    project.edit("600/minute", "500/minute");
    let second = said(&compile());
    assert_eq!((&second["sequence"], &second["written"]), (&2.into(), &true.into()));
    project.edit("[policy]\n", "[policy]\nsequence = 1\n");
    let third = compile();
    assert_eq!(third.code, 1);
    assert!(third.out.contains("sequence 1 is below 2"), "{}", third.out);
}

#[test]
fn a_row_that_fails_keeps_the_image_that_is_there() {
    let project = Project::new();
    let before = std::fs::read(project.path("policy.cltp")).unwrap();
    project.edit("health = { match = \"GET /healthz\"", "health = { match = \"GET /elsewhere\"");
    for command in ["test", "compile"] {
        let ran = caltrop(&["policy", command, &project.policy()]);
        assert_eq!(ran.code, 1);
        assert!(ran.err.contains("GET /healthz from 203.0.113.9: 404 no-route"), "{}", ran.err);
        assert!(ran.err.contains("4 of 5 [[expect]] rows passed"), "{}", ran.err);
    }
    assert_eq!(std::fs::read(project.path("policy.cltp")).unwrap(), before);
    let explained = caltrop(&["explain", "GET", "/healthz", "--policy", &project.policy()]);
    assert!(explained.err.contains("it is not what"), "{}", explained.err);
}

#[test]
fn a_mistake_is_told_with_its_place_and_code_1() {
    let project = Project::new();
    project.edit("limit = \"600/minute\"", "limit = \"600/min\"");
    let ran = caltrop(&["policy", "check", &project.policy()]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("write the unit in full"), "{}", ran.err);
    let json = caltrop(&["policy", "check", "--json", &project.policy()]);
    let found: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((json.code, &found["found"][0]["severity"]), (1, &"error".into()));
    assert!(found["found"][0]["place"]["line"].as_u64().unwrap() > 1);
}

#[test]
fn a_key_works_until_it_is_revoked_and_is_stored_nowhere() {
    let project = Project::new();
    let key = project.key(&["alice", "--scope", "api:read"]);
    let header = format!("authorization: Bearer {key}");
    let allowed = project.explain(&["GET", "/v1/things", "-H", &header]);
    assert_eq!((&allowed["allowed"], &allowed["status"]), (&true.into(), &200.into()));
    for file in std::fs::read_dir(project.folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(24).any(|window| window == &key.as_bytes()[20..44]));
    }
    let id = &key["acmeapi_live_".len()..][..10];
    let list = caltrop(&["keys", "list", "--policy", &project.policy()]);
    assert!(list.out.lines().any(|line| line.contains(id) && line.contains("alice") && line.contains("active")), "{}", list.out);
    let revoked = caltrop(&["keys", "revoke", id, "--policy", &project.policy()]);
    assert_eq!(revoked.code, 0, "{}", revoked.err);
    let denied = project.explain(&["GET", "/v1/things", "-H", &header]);
    assert_eq!(denied["reason"], "key-revoked");
    let list = caltrop(&["keys", "list", "--policy", &project.policy()]);
    assert!(list.out.contains("revoked"), "{}", list.out);
    assert_eq!(caltrop(&["keys", "revoke", "0000000000", "--policy", &project.policy()]).code, 2);
}

#[test]
fn a_key_that_expires_is_refused_afterwards_and_many_keys_stay_apart() {
    let project = Project::new();
    let old = project.key(&["old", "--scope", "api:read", "--expires", "2020-01-01"]);
    let poor = project.key(&["poor", "--expires", "90d"]);
    let rich = project.key(&["rich", "--scope", "api:read", "--tenant", "acme"]);
    let reason = |key: &str| project.explain(&["GET", "/v1/things", "-H", &format!("x-api-key: {key}")])["reason"].clone();
    assert_eq!((reason(&old), reason(&poor), reason(&rich)), ("key-expired".into(), "scope".into(), Value::Null));
}

#[test]
fn explain_names_each_step_and_the_line_that_decided() {
    let project = Project::new();
    let said = project.explain(&["GET", "/v1/things"]);
    let last = said["steps"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["step"], &last["verdict"]), (&"credential".into(), &"no-credential".into()));
    let text = std::fs::read_to_string(project.policy()).unwrap();
    let line = text.lines().position(|line| line == "[auth.key]").unwrap() + 1;
    assert_eq!(last["line"].as_u64(), u64::try_from(line).ok());
    let plain = project.explain(&["GET", "/v1/things", "--tls", "off"]);
    assert_eq!((&plain["reason"], plain["steps"].as_array().unwrap().len()), (&"transport".into(), 3));
}

#[test]
fn a_plan_is_known_before_a_key_names_it_and_explain_says_what_it_lacks() {
    let project = Project::new();
    let key = project.key(&["eve", "--scope", "api:read", "--plan", "gold"]); // a policy without plans leaves them to the application
    let text = std::fs::read_to_string(project.policy()).unwrap();
    let quota = text.lines().find(|line| line.contains("by = \"principal\"")).unwrap();
    let name = quota.split_whitespace().next().unwrap();
    let by_plan = format!(
        "{name} = {{ by = \"principal\", limit = \"plan\" }}\n\n[plan]\nfree = {{ {name} = \"2/minute\" }}\ndefault = {{ {name} = \"2/minute\" }}\n\n[quota.spare]"
    );
    project.edit(quota, &format!("{by_plan}\nby = \"route\"\nlimit = \"9/second\""));
    let new = caltrop(&["keys", "new", "bob", "--plan", "fre", "--policy", &project.policy()]);
    assert_eq!((new.code, new.err.trim()), (2, "unknown plan \"fre\": did you mean \"free\"?"));
    let compiled = caltrop(&["policy", "compile", &project.policy()]);
    assert_eq!(compiled.code, 0, "{}", compiled.err);
    let said = project.explain(&["GET", "/v1/things", "-H", &format!("x-api-key: {key}")]);
    let last = said["steps"].as_array().unwrap().last().unwrap();
    assert_eq!((&said["reason"], &said["status"], &last["step"]), (&"plan".into(), &403.into(), &"quotas".into()));
    let wanted = format!("{name}: plan \"gold\" says nothing of it");
    assert!(last["facts"].as_array().unwrap().contains(&wanted.as_str().into()), "{last}");
}

#[test]
fn the_steps_are_drawn_on_a_page_that_needs_nothing_else() {
    let project = Project::new();
    let page = project.path("why.html");
    let target = "/v1/things?q=<script>alert('1')</script>&\"";
    let ran = caltrop(&["explain", "GET", target, "--policy", &project.policy(), "--html", page.to_str().unwrap()]);
    assert!(ran.code == 0 && ran.out.contains("why.html"), "{}{}", ran.out, ran.err);
    let html = std::fs::read_to_string(&page).unwrap();
    // What a stranger wrote is never markup, and nothing is fetched or run.
    assert!(html.contains("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;&quot;"), "{html}");
    for wrong in ["<script", "http:", "https:", "src=", "href=", "url(", "@import"] {
        assert!(!html.contains(wrong), "{wrong}\n{html}");
    }
    let said = project.explain(&["GET", target]);
    for step in said["steps"].as_array().unwrap() {
        let (name, verdict) = (step["step"].as_str().unwrap(), step["verdict"].as_str().unwrap());
        let class = if verdict == "pass" { "yes" } else { "no" };
        assert!(html.contains(&format!("<li class=\"{class}\"><b data-verdict=\"{verdict}\">{name}</b>")), "{name}\n{html}");
    }
    assert_eq!(html.matches("<li").count(), html.matches("</li>").count());
}

#[test]
fn what_no_row_tries_is_told_on_request() {
    let project = Project::new();
    let plain = caltrop(&["policy", "test", &project.policy()]);
    let covered = caltrop(&["policy", "test", "--cover", &project.policy()]);
    assert_eq!((plain.code, covered.code), (0, 0), "{}", covered.err);
    let told = covered.out.strip_prefix(&plain.out).unwrap();
    assert!(told.contains(" rules tried\nline ") && told.contains("reasons that no row reaches: "), "{told}");
    let json: Value = serde_json::from_str(&caltrop(&["--json", "policy", "test", "--cover", &project.policy()]).out).unwrap();
    let untried = json["cover"]["untried"].as_array().unwrap();
    assert!(!untried.is_empty() && untried.iter().all(|rule| rule["line"].as_u64().is_some_and(|line| line > 0)), "{json}");
}

#[test]
fn what_a_new_policy_changes_is_told() {
    let (old, new) = (Project::new(), Project::new());
    std::fs::copy(old.path("feed-keys.pub"), new.path("feed-keys.pub")).unwrap();
    new.edit("limit = \"20/10m\"", "limit = \"10/10m\"");
    let ran = caltrop(&["policy", "diff", &old.policy(), &new.policy()]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let first = "tighter quota \"failures\" 20 per 600 s, burst 20 → 10 per 600 s, burst 10\nof ";
    assert!(ran.out.starts_with(first) && ran.out.ends_with(" 0 are answered otherwise\n"), "{}", ran.out);
    let json: Value = serde_json::from_str(&caltrop(&["--json", "policy", "diff", &old.policy(), &new.policy()]).out).unwrap();
    assert_eq!(json["changes"][0]["effect"], "tighter");
    assert_eq!(caltrop(&["policy", "diff", &old.policy(), "no/such.toml"]).code, 3);
}

#[test]
fn names_that_the_policy_does_not_know_are_refused_with_the_nearest() {
    let project = Project::new();
    let new = |args: &[&str]| caltrop(&[&["keys", "new", "bob", "--policy", &project.policy()], args].concat());
    let scope = new(&["--scope", "api:raed"]);
    assert_eq!((scope.code, scope.err.trim()), (2, "unknown scope \"api:raed\": did you mean \"api:read\"?"));
    assert!(new(&["--zone", "vpn"]).err.contains("unknown zone \"vpn\": write it in [network] zones"));
    assert!(new(&["--prefix", "A"]).err.contains("--prefix \"A\": a prefix is 2 to 15"));
    assert_eq!(new(&["--expires", "soon"]).code, 2);
    assert_eq!(caltrop(&["keys", "list", "--json", "--policy", &project.policy()]).out.trim(), r#"{"keys":[]}"#);
}

#[test]
fn a_secret_that_others_may_read_is_refused() {
    let project = Project::new();
    std::fs::set_permissions(project.path("policy.key"), std::fs::Permissions::from_mode(0o644)).unwrap();
    project.edit("600/minute", "500/minute");
    let ran = caltrop(&["policy", "compile", &project.policy()]);
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("policy.key: others may read it (mode 644): chmod 600 it"), "{}", ran.err);
}

#[test]
fn a_damaged_keyring_is_named_and_left_as_it_is() {
    let project = Project::new();
    let mut bytes = std::fs::read(project.path("keys.cltp")).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(project.path("keys.cltp"), &bytes).unwrap();
    let ran = caltrop(&["keys", "new", "bob", "--policy", &project.policy()]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("keys.cltp: the body is not the one that was signed"), "{}", ran.err);
    assert_eq!(std::fs::read(project.path("keys.cltp")).unwrap(), bytes);
}

#[test]
fn what_cannot_be_read_has_code_3_and_a_bad_command_line_2() {
    let ran = caltrop(&["policy", "check", "/nowhere/policy.toml"]);
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("`caltrop init` makes one"), "{}", ran.err);
    assert_eq!(caltrop(&["policy", "chekc"]).code, 2);
    assert_eq!(caltrop(&["--help"]).code, 0);
}

fn with_input(args: &[&str], input: &str) -> Ran {
    use std::io::Write;
    use std::process::Stdio;
    let mut command = Command::new(env!("CARGO_BIN_EXE_caltrop"));
    let mut child = command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

#[test]
fn a_rotated_key_and_its_follower_are_both_good_until_the_grace_ends() {
    let project = Project::new();
    let policy = project.policy();
    let old = project.key(&["alice", "--scope", "api:read", "--tenant", "acme"]);
    let id = &old["acmeapi_live_".len()..][..10];
    let reason = |key: &str| project.explain(&["GET", "/v1/things", "-H", &format!("x-api-key: {key}")])["reason"].clone();
    let rotated = caltrop(&["keys", "rotate", id, "--grace", "7d", "--policy", &policy]);
    assert_eq!(rotated.code, 0, "{}", rotated.err);
    let new = rotated.out.trim();
    assert_eq!((reason(&old), reason(new)), (Value::Null, Value::Null));
    let list: Value = serde_json::from_str(&caltrop(&["keys", "list", "--json", "--policy", &policy]).out).unwrap();
    let states: std::collections::BTreeSet<_> = list["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| (key["state"].as_str().unwrap(), key["generation"].as_u64().unwrap(), key["tenant"].as_str().unwrap()))
        .collect();
    assert_eq!(states, [("active", 2, "acme"), ("grace", 1, "acme")].into());
    // A grace that is over, and a key that is in its grace already.
    let next = &new["acmeapi_live_".len()..][..10];
    let third = caltrop(&["keys", "rotate", next, "--grace", "2020-01-01", "--policy", &policy]);
    assert_eq!((third.code, reason(new), reason(third.out.trim())), (0, "key-expired".into(), Value::Null));
    let again = caltrop(&["keys", "rotate", id, "--policy", &policy]);
    assert_eq!(again.code, 2);
    assert!(again.err.contains("is grace: rotate an active one"), "{}", again.err);
}

#[test]
fn keys_from_elsewhere_go_on_working_in_whatever_form_they_are_kept() {
    let project = Project::new();
    let policy = project.policy();
    let import = |format: &str, more: &[&str], input: &str| {
        let ran = with_input(&[&["keys", "import", "-", "--format", format, "--policy", &policy], more].concat(), input);
        assert_eq!(ran.code, 0, "{}", ran.err);
        ran
    };
    let reason = |key: &str| project.explain(&["GET", "/v1/things", "-H", &format!("x-api-key: {key}")])["reason"].clone();
    let own = ["--principal", "old", "--scope", "api:read"];
    let raw = import("raw", &own, "a-key-of-before-that-is-long-enough-0\n\nshort\n");
    assert_eq!((raw.out.as_str(), raw.err.as_str()), ("2 keys imported\n", "line 3: weak: about 22 bits; rotate it soon\n"));
    // SHA-256 of "hello" and of "world".
    import("sha256", &own, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\n");
    import("sha256", &own, "SG6kYiTRu0+2gPNPfJrZao8k7Ii+c+qOWmxlJg6cuKc=\n");
    let csv = "principal,key,sha256,scopes,expires\nzoe,zoe-has-a-key-of-her-own-7431,,api:read,2030-01-01\nyan,old-Yan-1987,,api:read,2020-01-01\n";
    import("csv", &[], csv);
    for good in ["a-key-of-before-that-is-long-enough-0", "short", "hello", "world", "zoe-has-a-key-of-her-own-7431"] {
        assert_eq!(reason(good), Value::Null, "{good}");
    }
    assert_eq!(reason("old-Yan-1987"), "key-expired");
    assert_eq!(reason("a-key-of-before-that-is-long-enough-1"), "key-unknown");
}

#[test]
fn an_import_with_one_bad_line_changes_nothing() {
    let project = Project::new();
    let policy = project.policy();
    let before = std::fs::read(project.path("keys.cltp")).unwrap();
    let bad = [
        ("raw", "good-key-1\ntwo words\n", "line 2: a key is 1 to 256 visible ASCII characters"),
        ("raw", "same-key\nsame-key\n", "line 2: the same key as line 1: leave one out"),
        ("sha256", "2cf2\n", "line 1: not a SHA-256"),
        ("csv", "principal,kee\na,b\n", "unknown column \"kee\": did you mean \"key\"?"),
        ("csv", "principal,key\n,b\n", "line 2: no principal"),
        ("csv", "principal,key,sha256\na,,\n", "line 2: give a key or a sha256"),
        ("csv", "principal,key,scopes\na,b,api:raed\n", "line 2: unknown scope \"api:raed\": did you mean \"api:read\"?"),
        ("csv", "principal,key,expires\na,b,soon\n", "line 2: \"soon\": write a date"),
        ("csv", "principal,key\na,b,c\n", "record"),
    ];
    for (format, input, says) in bad {
        let ran = with_input(&["keys", "import", "-", "--format", format, "--principal", "old", "--policy", &policy], input);
        assert_eq!(ran.code, 1, "{input:?}: {}", ran.err);
        assert!(ran.err.contains(says), "{input:?}: {}", ran.err);
        assert_eq!(std::fs::read(project.path("keys.cltp")).unwrap(), before);
    }
    let nobody = with_input(&["keys", "import", "-", "--format", "raw", "--policy", &policy], "a\n");
    assert_eq!(nobody.code, 2);
}

/// `kill -9` at any moment leaves the old keyring or the new one. The long form is `CALTROP_KILLS=200`.
#[test]
fn a_command_that_is_killed_leaves_a_keyring_that_is_read() {
    let project = Project::new();
    let policy = project.policy();
    let kills = std::env::var("CALTROP_KILLS").ok().and_then(|count| count.parse().ok()).unwrap_or(25);
    let mut last = 0;
    for turn in 0..kills {
        let mut command = Command::new(env!("CARGO_BIN_EXE_caltrop"));
        command.args(["keys", "new", "alice", "--policy", &policy]).stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        let mut child = command.spawn().unwrap();
        // Spread over what a whole run takes, so that some are killed before the write, some in it, some after.
        std::thread::sleep(std::time::Duration::from_micros(400 * (turn % 25)));
        child.kill().unwrap();
        child.wait().unwrap();
        let list = caltrop(&["keys", "list", "--json", "--policy", &policy]);
        assert_eq!(list.code, 0, "{}", list.out);
        let count = serde_json::from_str::<Value>(&list.out).unwrap()["keys"].as_array().unwrap().len();
        assert!(count == last || count == last + 1, "{last} keys, then {count}");
        last = count;
    }
    println!("{kills} kills, {last} of them after the write");
}
