//! `caltrop feed status` from outside: what is good, missing, refused, rolled back and stale is told apart.
#![allow(missing_docs, reason = "tests speak by their names")]

use std::process::Command;

use serde_json::Value;

struct Project(tempfile::TempDir);

impl Project {
    fn new() -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        assert_eq!(project.caltrop(&["init", ".", "--name", "acme-api"]).0, 0);
        project
    }

    fn caltrop(&self, args: &[&str]) -> (i32, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_caltrop")).args(args).current_dir(self.0.path()).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    /// The exit code, and of each image its name, sequence and state.
    fn status(&self, args: &[&str]) -> (i32, Vec<(String, Option<u64>, String)>) {
        let (code, out, err) = self.caltrop(&[&["feed", "status", "--json"], args].concat());
        assert_eq!(err, "");
        let said: Value = serde_json::from_str(&out).unwrap();
        let text = |image: &Value, key: &str| image[key].as_str().unwrap().to_owned();
        let images = said["images"].as_array().unwrap().iter();
        (code, images.map(|image| (text(image, "name"), image["sequence"].as_u64(), text(image, "state"))).collect())
    }

    fn states(&self, args: &[&str]) -> (i32, Vec<String>) {
        let (code, images) = self.status(args);
        (code, images.into_iter().map(|(_, _, state)| state).collect())
    }
}

#[test]
fn a_good_project_is_good_for_people_and_machines() {
    let project = Project::new();
    project.caltrop(&["policy", "compile"]);
    project.caltrop(&["keys", "new", "alice"]);
    let (code, images) = project.status(&[]);
    assert_eq!((code, images.len()), (0, 2));
    assert!(images.iter().all(|(_, sequence, state)| sequence.is_some() && state == "good"), "{images:?}");
    let (code, out, err) = project.caltrop(&["feed", "status"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let lines: Vec<Vec<&str>> = out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["name", "sequence", "taken", "age", "expires", "state"]);
    assert_eq!((lines[1][0], lines[1][2], lines[1][5], lines[2][0]), ("policy", "-", "good", "keys"));
}

#[test]
fn what_is_missing_refused_rolled_back_or_stale_is_told_with_exit_code_1() {
    let project = Project::new();
    project.caltrop(&["policy", "compile"]);
    project.caltrop(&["keys", "new", "alice"]);
    let path = |name: &str| project.0.path().join(name);
    let keyring = std::fs::read(path("keys.cltp")).unwrap();
    std::fs::remove_file(path("keys.cltp")).unwrap();
    assert_eq!(project.states(&[]), (1, vec!["good".to_owned(), "missing".to_owned()]));
    std::fs::write(path("keys.cltp"), &keyring[..keyring.len() - 1]).unwrap();
    let (code, states) = project.states(&[]);
    assert!(code == 1 && states[1].starts_with("refused: the image says"), "{states:?}");
    std::fs::write(path("keys.cltp"), &keyring).unwrap();
    std::fs::write(path("keys.floor"), format!("1000 {}\n", "00".repeat(32))).unwrap();
    assert_eq!(project.states(&[]), (1, vec!["good".to_owned(), "rolled back: servers took sequence 1000".to_owned()]));
    let elsewhere = tempfile::tempdir().unwrap();
    assert_eq!(project.states(&["--floors", elsewhere.path().to_str().unwrap()]).0, 0);
    std::fs::remove_file(path("keys.floor")).unwrap();
    assert_eq!(project.states(&["--stale", "0s"]), (1, vec!["stale".to_owned(); 2]));
    assert_eq!(project.states(&["--stale", "1h"]).0, 0);
    assert_eq!(project.caltrop(&["feed", "status", "--stale", "soon"]).0, 2);
}
