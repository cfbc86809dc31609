//! C programs against the library as it is shipped: compiled without a warning by every compiler there is, run, and run
//! under valgrind; then once more against a library in which AddressSanitizer watches every access.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use base64ct::{Base64UrlUnpadded, Encoding};
use caltrop::net::{Overlap, Prefix};
use caltrop_control::image::Stamp;
use caltrop_control::keys::{self, KeyModel, KeyState};
use caltrop_control::model::{Feed, FeedKind, Stale, compile};
use caltrop_control::prefixes::{Choice, Table};

#[path = "../../control/tests/house/mod.rs"]
mod house;

fn ran(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}: run ci/setup.sh"));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{out}{err}");
    out.into_owned()
}

/// Builds libcaltrop.a with the profile that is shipped, once.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder");
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--locked", "--quiet", "-p", "caltrop-ffi", "--profile", "ffi", "--target-dir"]).arg(target);
        ran(build.current_dir(env!("CARGO_MANIFEST_DIR")));
        target.join("ffi/libcaltrop.a")
    })
}

/// Compiles one of the programs in `tests/c`.
fn compiled(compiler: &str, standard: &str, name: &str) -> PathBuf {
    built(compiler, standard, &Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/c/{name}.c")))
}

/// Compiles a program; its folder is in its name, since examples and tests may have the same.
fn built(compiler: &str, standard: &str, source: &Path) -> PathBuf {
    let part = |path: Option<&Path>| path.and_then(Path::file_stem).unwrap().to_str().unwrap().to_owned();
    let name = format!("{}-{}-{compiler}", part(source.parent()), part(Some(source)));
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let mut command = Command::new(compiler);
    command.args([standard, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g", "-O1", "-I"]);
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../include")).arg(source).arg(library());
    command.args(["-lpthread", "-ldl", "-lm", "-o"]).arg(&program);
    ran(&mut command);
    program
}

fn valgrind(program: &Path) -> Command {
    let mut command = Command::new("valgrind");
    command.args(["--quiet", "--error-exitcode=9", "--leak-check=full", "--show-leak-kinds=all"]);
    command.arg(concat!("--suppressions=", env!("CARGO_MANIFEST_DIR"), "/tests/c/valgrind.supp")).arg(program);
    command
}

#[test]
fn the_rooms_give_their_known_answers() {
    for compiler in ["gcc", "clang"] {
        let program = compiled(compiler, "-std=c11", "rooms");
        assert!(ran(&mut Command::new(&program)).starts_with("rooms: "));
        ran(&mut valgrind(&program));
    }
}

#[test]
fn webhooks_and_tokens_give_their_known_answers() {
    for compiler in ["gcc", "clang"] {
        let program = compiled(compiler, "-std=c11", "signed");
        assert!(ran(&mut Command::new(&program)).starts_with("signed: "));
        ran(&mut valgrind(&program));
    }
}

#[test]
fn access_tokens_give_their_known_answers() {
    for compiler in ["gcc", "clang"] {
        let program = compiled(compiler, "-std=c11", "jwt");
        assert!(ran(&mut Command::new(&program)).starts_with("jwt: "));
        ran(&mut valgrind(&program));
    }
}

#[test]
fn signed_requests_give_their_known_answers() {
    for compiler in ["gcc", "clang"] {
        let program = compiled(compiler, "-std=c11", "requests");
        assert!(ran(&mut Command::new(&program)).starts_with("requests: "));
        ran(&mut valgrind(&program));
    }
}

/// The lines of a program's output that are not what is said; a `*` in a said line stands for any text.
fn differs(out: &str, said: &[&str]) -> Vec<String> {
    let is_said = |line: &str, said: &str| match said.split_once('*') {
        Some((begin, end)) => line.len() >= begin.len() + end.len() && line.starts_with(begin) && line.ends_with(end),
        None => line == said,
    };
    let lines: Vec<&str> = out.lines().collect();
    let missing = said.iter().skip(lines.len()).map(|said| format!("no line {said:?}"));
    let wrong = lines.iter().enumerate().filter(|(at, line)| !said.get(*at).is_some_and(|said| is_said(line, said)));
    wrong.map(|(at, line)| format!("line {}: {line:?}", at + 1)).chain(missing).collect()
}

#[test]
fn the_example_of_each_room_says_what_it_should_and_is_short() {
    let examples: [(&str, &[&str]); 8] = [
        ("key", &["issued to alice: acme_live_...", "issued to bob: acme_live_...", "shown: bob", "changed: unknown", "it has a typo*"]),
        // The tag is of Python's hmac.
        (
            "mac",
            &[
                "add3739bb91a735b0316b73992dc5b2e45808c06220eebcd1e59f8ede018d2c3",
                "as sent: accepted",
                "another amount: refused",
                "half a tag: refused",
            ],
        ),
        (
            "net",
            &[
                "104.18.32.7: Cloudflare",
                "52.94.77.1: AWS",
                "2606:4700::6810:2007: Cloudflare",
                "192.0.2.1: nobody",
                "104.018.32.7: no address",
            ],
        ),
        (
            "rate",
            &[
                "1s 203.0.113.9: 200, 2 left",
                "1s 203.0.113.9: 200, 1 left",
                "1s 203.0.113.9: 200, 0 left",
                "1s 203.0.113.9: 429, Retry-After: 1",
                "1s 198.51.100.7: 200, 2 left",
                "2s 203.0.113.9: 200, 0 left",
            ],
        ),
        (
            "replay",
            &["shop evt_1: 200, handled", "shop evt_1: 200, handled before", "bank evt_1: 200, handled", "shop evt_0: 400, too old"],
        ),
        ("request", &["another amount: 401", "as signed: 200", "the same again: 401"]),
        ("signed", &["webhook: Hello, World!", "/files/17?t=c1.*: user=42", "/files/18: refused"]),
        ("jwt", &["as issued: {\"iss\":\"https://id.acme.example\",*}", "a minute later: 401", "at another API: 401", "changed: 401"]),
    ];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/rooms");
    for (room, said) in examples {
        let source = folder.join(room).with_extension("c");
        let lines = std::fs::read_to_string(&source).unwrap().lines().count();
        assert!(lines <= 40, "{room}.c has {lines} lines: 40 are the most");
        let program = built("gcc", "-std=c11", &source);
        assert_eq!(differs(&ran(&mut Command::new(&program)), said), [""; 0], "{room}.c");
        ran(&mut valgrind(&program));
    }
    let programs = std::fs::read_dir(folder).unwrap().filter(|entry| entry.as_ref().unwrap().path().extension() == Some("c".as_ref()));
    assert_eq!(programs.count(), examples.len(), "a program that no test runs");
}

#[test]
fn a_planted_line_of_an_example_is_noticed() {
    assert_eq!(differs("a\nb=1;c\n", &["a", "b=*;c"]), [""; 0]);
    for planted in ["", "a\n", "a\nb=1;d\n", "b=1;c\na\n", "a\nb=1;c\nd\n", "a\nb=;\n"] {
        assert_ne!(differs(planted, &["a", "b=*;c"]), [""; 0], "{planted:?}");
    }
}

#[test]
fn the_page_of_the_rooms_runs() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/rooms.md")).unwrap();
    let blocks: Vec<&str> = page.split("```c\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert_eq!(blocks.len(), 9, "one a room, the leases, and the requests");
    let program = |blocks: &[&str]| {
        let bodies: String = blocks.iter().map(|block| format!("{{\n{block}}}\n")).collect();
        let source = Path::new(env!("CARGO_TARGET_TMPDIR")).join("page.c");
        let bytes = "#define BYTES(t) (const uint8_t *)(t), strlen(t)\n";
        let include = concat!("#include \"", env!("CARGO_MANIFEST_DIR"), "/tests/c/check.h\"\n");
        let text = format!("#include <string.h>\n#include \"caltrop.h\"\n{include}{bytes}int main(void) {{\n{bodies}return 0;\n}}\n");
        std::fs::write(&source, text).unwrap();
        Command::new(built("gcc", "-std=c11", &source)).status().unwrap()
    };
    assert!(program(&blocks).success());
    assert!(!program(&[&blocks[0].replace("CALTROP_E_TAG", "CALTROP_OK")]).success(), "a planted wrong answer");
}

/// The house's images, public key and pepper as files, in the order of the programs' arguments.
fn files() -> &'static [PathBuf; 4] {
    static FILES: OnceLock<[PathBuf; 4]> = OnceLock::new();
    FILES.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("house");
        std::fs::create_dir_all(&folder).unwrap();
        let public = *house::signer().verifying_key().as_bytes();
        let files: [(&str, &[u8]); 4] =
            [("policy", &house::policy_image()), ("keyring", &house::keyring_image()), ("public", &public), ("pepper", &house::PEPPER)];
        files.map(|(name, bytes)| {
            std::fs::write(folder.join(name), bytes).unwrap();
            folder.join(name)
        })
    })
}

#[test]
fn a_guard_refuses_every_misuse_and_denies() {
    for compiler in ["gcc", "clang"] {
        let program = compiled(compiler, "-std=c11", "guard");
        assert!(ran(Command::new(&program).args(files())).starts_with("guard: "));
        ran(valgrind(&program).args(files()));
    }
}

#[test]
fn an_image_that_is_not_what_was_signed_is_refused_by_its_own_status() {
    let program = compiled("gcc", "-std=c11", "images");
    let out = ran(Command::new(&program).args(files()));
    print!("{out}");
    assert!(out.starts_with("images: "));
}

/// An image of a list as a poptrie or as ranges, and the public key: what `prefixes.c` is given.
fn list_arguments(choice: Choice) -> [PathBuf; 2] {
    let [_, _, public, _] = files();
    let prefix = |text: &str, value| Prefix { cidr: text.parse().unwrap(), value };
    let mut prefixes = [prefix("10.8.0.0/16", 1), prefix("10.8.3.0/24", 2), prefix("2001:db8::/32", 3)];
    let image = Table::new(&mut prefixes, Overlap::Longest, choice).image("acme-api/nets", &[]).unwrap();
    let path = public.with_file_name(format!("{choice:?}"));
    std::fs::write(&path, image.finish(&house::signer(), house::STAMP)).unwrap();
    [path, public.clone()]
}

#[test]
fn a_list_answers_and_refuses_every_misuse() {
    for compiler in ["gcc", "clang"] {
        let program = compiled(compiler, "-std=c11", "prefixes");
        for choice in [Choice::Ranges, Choice::Poptrie] {
            assert!(ran(Command::new(&program).args(list_arguments(choice))).starts_with("prefixes: "));
        }
        ran(valgrind(&program).args(list_arguments(Choice::Ranges)));
    }
}

/// A policy whose zone `bad` a feed fills, the house's files, and the list: what `lists.c` is given.
fn lists_arguments() -> [PathBuf; 5] {
    let [_, keyring, public, pepper] = files();
    let mut policy = house::model();
    let stale = Some(Stale { after_s: 300, deny: true });
    policy.feeds.push(Feed { name: "known-bad".into(), kind: FeedKind::Prefixes, stale, ..policy.feeds[0].clone() });
    (policy.zones[2].networks, policy.zones[2].feed) = (vec![], Some("known-bad".into()));
    let [listing, list] = ["listing-policy", "known-bad"].map(|name| public.with_file_name(name));
    std::fs::write(&listing, compile(&policy).unwrap().finish(&house::signer(), house::STAMP)).unwrap();
    std::fs::write(&list, house::list_image("acme-api/known-bad", &["192.0.2.0/24"], house::STAMP)).unwrap();
    [listing, keyring.clone(), public.clone(), pepper.clone(), list]
}

#[test]
fn a_guard_takes_the_lists_of_its_feeds_and_refuses_others() {
    for compiler in ["gcc", "clang"] {
        let program = compiled(compiler, "-std=c11", "lists");
        assert!(ran(Command::new(&program).args(lists_arguments())).starts_with("lists: "));
        ran(valgrind(&program).args(lists_arguments()));
    }
}

/// Policy, public key and the name of a state: what `host.c` is given.
fn host_arguments(run: &str) -> [std::ffi::OsString; 3] {
    let [policy, _, public, _] = files();
    [policy.into(), public.into(), format!("test-{}-{run}", std::process::id()).into()]
}

#[test]
fn a_state_is_shared_and_every_misuse_of_it_refused() {
    for compiler in ["gcc", "clang"] {
        let program = compiled(compiler, "-std=c11", "host");
        assert!(ran(Command::new(&program).args(host_arguments(compiler))).starts_with("host: "));
        ran(valgrind(&program).args(host_arguments(compiler)));
    }
}

/// A folder whose keyring changes, and the name of a state: what `live.c` is given.
fn live_arguments(run: &str) -> [std::ffi::OsString; 2] {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("folder-of-live-{run}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let public = Base64UrlUnpadded::encode_string(house::signer().verifying_key().as_bytes());
    let keyring =
        |sequence, keys: &[KeyModel]| keys::build("acme-api/keys", keys, &house::signer(), Stamp { sequence, ..house::STAMP }).unwrap();
    let mut revoked = house::keys();
    revoked[0].state = KeyState::Denied;
    let torn = &keyring(9, &house::keys())[..500];
    let next_policy = compile(&house::model()).unwrap().finish(&house::signer(), Stamp { sequence: 8, ..house::STAMP });
    let files: [(&str, &[u8]); 8] = [
        ("policy.cltp", &house::policy_image()),
        ("policy-next", &next_policy),
        ("policy.pub", public.as_bytes()),
        ("keys.cltp", &house::keyring_image()),
        ("pepper", &house::PEPPER),
        ("next", &keyring(8, &revoked)),
        ("older", &keyring(6, &house::keys())),
        ("torn", torn),
    ];
    files.iter().for_each(|(name, bytes)| std::fs::write(folder.join(name), bytes).unwrap());
    [folder.into(), format!("test-live-{}-{run}", std::process::id()).into()]
}

#[test]
fn a_live_guard_takes_a_revocation_while_it_is_asked() {
    for compiler in ["gcc", "clang"] {
        let program = compiled(compiler, "-std=c11", "live");
        let out = ran(Command::new(&program).args(live_arguments(compiler)));
        assert!(out.starts_with("live: "), "{out}");
        print!("{out}");
        ran(valgrind(&program).args(live_arguments(compiler)));
    }
}

/// A program with a library in which every access of Rust's code is watched too.
fn watched(source: &Path) -> PathBuf {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    let library = LIBRARY.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder").join("asan");
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--locked", "--quiet", "-p", "caltrop-ffi", "--profile", "ffi"]);
        build.args(["--target", "x86_64-unknown-linux-gnu", "--target-dir"]).arg(&target);
        // The sanitizer comes with the stable compiler, behind a flag that is not stable; this one build asks for it.
        build.env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", "-Zsanitizer=address");
        ran(build.current_dir(env!("CARGO_MANIFEST_DIR")));
        target.join("x86_64-unknown-linux-gnu/ffi/libcaltrop.a")
    });
    let name = source.file_stem().expect("a program's name").to_str().expect("in ASCII");
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-asan"));
    let mut command = Command::new("gcc");
    command.args(["-std=c11", "-g", "-O1", "-fsanitize=address", "-I"]).arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../include"));
    command.arg(source).arg(library).args(["-lpthread", "-ldl", "-lm", "-o"]).arg(&program);
    ran(&mut command);
    program
}

#[test]
#[cfg(target_arch = "x86_64")]
fn no_access_is_out_of_bounds_and_a_planted_one_is_seen() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c");
    let program = |name: &str| watched(&folder.join(name).with_extension("c"));
    ran(&mut Command::new(program("rooms")));
    ran(&mut Command::new(program("signed")));
    ran(&mut Command::new(program("requests")));
    ran(&mut Command::new(program("jwt")));
    ran(Command::new(program("guard")).args(files()));
    ran(Command::new(program("images")).args(files()));
    ran(Command::new(program("lists")).args(lists_arguments()));
    ran(Command::new(program("host")).args(host_arguments("asan")));
    ran(Command::new(program("live")).args(live_arguments("asan")));
    ran(Command::new(program("prefixes")).args(list_arguments(Choice::Poptrie)));
    if let Some(packed) = std::env::var_os("CALTROP_VECTORS") {
        ran(Command::new(program("vectors")).arg(packed));
    }
    // Eight bytes are there, and nine are said to be: it is Rust's code that reads the ninth.
    let source = Path::new(env!("CARGO_TARGET_TMPDIR")).join("overread.c");
    let text = "#include <stdlib.h>\n#include <string.h>\n#include \"caltrop.h\"\n\
        int main(void) { uint8_t *t = malloc(8); caltrop_cidr c; memcpy(t, \"1.2.3.4/\", 8); return (int)caltrop_net_cidr_parse(t, 9, &c); }\n";
    std::fs::write(&source, text).unwrap();
    let planted = Command::new(watched(&source)).output().unwrap();
    assert!(String::from_utf8_lossy(&planted.stderr).contains("heap-buffer-overflow"), "{planted:?}");
}

#[test]
fn a_planted_leak_is_seen_by_valgrind() {
    let source = Path::new(env!("CARGO_TARGET_TMPDIR")).join("leak.c");
    std::fs::write(&source, "#include <stdlib.h>\nint main(void) { char *volatile p = malloc(7); p = 0; return p != 0; }\n").unwrap();
    let program = source.with_extension("bin");
    ran(Command::new("gcc").arg(&source).arg("-o").arg(&program));
    assert_eq!(valgrind(&program).status().unwrap().code(), Some(9));
}

/// The decision vectors, if `CALTROP_VECTORS` names a packed file: `make vectors` does.
#[test]
fn the_vectors_are_decided_as_they_say() {
    let program = compiled("gcc", "-std=c11", "vectors");
    let Some(packed) = std::env::var_os("CALTROP_VECTORS") else {
        eprintln!("SKIPPED: CALTROP_VECTORS is not set; `make vectors` sets it");
        assert!(std::env::var_os("CI").is_none(), "a skip is a failure in CI");
        return;
    };
    let out = ran(Command::new(&program).arg(&packed));
    print!("{out}");
    ran(valgrind(&program).arg(&packed));
}
