//! `caltrop-vectors pack FOLDER FILE` and `caltrop-vectors run FILE`.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["pack", folder, file] => pack(Path::new(folder), Path::new(file)),
        ["run", file] => run(Path::new(file)),
        _ => Err("usage: caltrop-vectors pack FOLDER FILE | run FILE".to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn pack(folder: &Path, file: &Path) -> Result<(), String> {
    let written = caltrop_vectors::load(folder).map_err(|error| error.to_string())?;
    let packed = caltrop_vectors::pack(&written)?;
    std::fs::write(file, packed).map_err(|error| format!("{}: {error}", file.display()))
}

fn run(file: &Path) -> Result<(), String> {
    let packed = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let score = caltrop_vectors::run(&packed).ok_or("not a packed file of vectors, or its images do not open")?;
    println!("vectors rust: {score}");
    if score.failures.is_empty() { Ok(()) } else { Err(score.failures.join("\n")) }
}
