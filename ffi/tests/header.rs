//! `include/caltrop.h` is what cbindgen makes of the sources now.

use std::path::Path;

fn written() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).unwrap();
    let bindings = cbindgen::Builder::new().with_crate(root).with_config(config).generate().unwrap();
    let mut bytes = Vec::new();
    bindings.write(&mut bytes);
    String::from_utf8(bytes).unwrap()
}

#[test]
fn the_header_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../include/caltrop.h");
    let written = written();
    if std::env::var_os("UPDATE_HEADER").is_some() {
        std::fs::write(&path, &written).unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(stored == written, "include/caltrop.h is not current: make header");
    assert!(written.matches("caltrop_status caltrop_").count() >= 7, "the functions are missing");
    assert!(stored.replace("tag_len", "tag_length") != written, "a planted change must show");
}

#[test]
fn the_header_compiles_without_a_warning() {
    let include = Path::new(env!("CARGO_MANIFEST_DIR")).join("../include");
    for (compiler, language, standard) in [("gcc", "c", "-std=c11"), ("g++", "c++", "-std=c++17")] {
        let output = std::process::Command::new(compiler)
            .args([standard, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-x", language])
            .arg(include.join("caltrop.h"))
            .output()
            .unwrap_or_else(|error| panic!("{compiler}: {error}: install it (apt-get install {compiler})"));
        assert!(output.status.success(), "{compiler}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
