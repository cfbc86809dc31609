//! C programs against the library as it is shipped: compiled without a warning by every compiler there is, run, and run under valgrind.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

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
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{compiler}"));
    let mut command = Command::new(compiler);
    command.args([standard, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g", "-O1", "-I"]).arg(root.join("../include"));
    command.arg(root.join(format!("tests/c/{name}.c"))).arg(library()).args(["-lpthread", "-ldl", "-lm", "-o"]).arg(&program);
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
fn a_guard_refuses_every_misuse_and_denies() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("guard");
    std::fs::create_dir_all(&folder).unwrap();
    let public = *house::signer().verifying_key().as_bytes();
    let files: [(&str, &[u8]); 4] =
        [("policy", &house::policy_image()), ("keyring", &house::keyring_image()), ("public", &public), ("pepper", &house::PEPPER)];
    files.iter().for_each(|(name, bytes)| std::fs::write(folder.join(name), bytes).unwrap());
    let arguments = files.map(|(name, _)| folder.join(name));
    for compiler in ["gcc", "clang"] {
        let program = compiled(compiler, "-std=c11", "guard");
        assert!(ran(Command::new(&program).args(&arguments)).starts_with("guard: "));
        ran(valgrind(&program).args(&arguments));
    }
}

#[test]
fn a_state_is_shared_and_every_misuse_of_it_refused() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("host");
    std::fs::create_dir_all(&folder).unwrap();
    let public = *house::signer().verifying_key().as_bytes();
    let files: [(&str, &[u8]); 2] = [("policy", &house::policy_image()), ("public", &public)];
    files.iter().for_each(|(name, bytes)| std::fs::write(folder.join(name), bytes).unwrap());
    let arguments = files.map(|(name, _)| folder.join(name));
    let state = format!("test-{}", std::process::id());
    for compiler in ["gcc", "clang"] {
        let program = compiled(compiler, "-std=c11", "host");
        assert!(ran(Command::new(&program).args(&arguments).arg(&state)).starts_with("host: "));
        ran(valgrind(&program).args(&arguments).arg(&state));
    }
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
