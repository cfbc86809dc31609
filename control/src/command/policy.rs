//! `caltrop policy`.

use std::path::{Path, PathBuf};

use caltrop_host::files::{self, Readers};
use serde_json::json;

use super::project::{self, Project};
use super::said::{Failure, Said};
use crate::policy::{Cover, RowResult, Written, diff, is_current, show};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Args {
    /// Read it, and tell every mistake with its line, column and mend
    Check(File),
    /// Hold it to its [[expect]] rows, each in a fresh state
    Test {
        #[command(flatten)]
        file: File,
        /// Tell what no row tries: routes, what they ask for, quotas, reasons
        #[arg(long)]
        cover: bool,
    },
    /// Test it, sign it with policy.key and write the image beside it
    Compile {
        #[command(flatten)]
        file: File,
        /// Do not run the [[expect]] rows
        #[arg(long)]
        untested: bool,
    },
    /// What a new policy changes, rule by rule, and for the requests of both policies' [[expect]] rows
    Diff {
        /// The policy as it was
        old: PathBuf,
        /// The policy as it would be
        new: PathBuf,
    },
    /// What a policy would have answered to the requests of an audit log: who would be refused, and who would pass
    Replay(super::replay::Args),
    /// Routes, quotas, zones and sizes
    Show(File),
}

#[derive(Debug, clap::Args)]
pub(super) struct File {
    /// The policy
    #[arg(default_value = "policy.toml")]
    policy: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<Said, Failure> {
    match args {
        Args::Check(file) => {
            let written = Project::new(&file.policy).written()?;
            let routes = written.policy.routes.len();
            let text = format!("{}: {routes} routes, {} [[expect]] rows, no error\n", file.policy.display(), written.expects.len());
            Ok(Said::new(text, json!({ "found": written.warnings.found })).note(&written.warnings))
        }
        Args::Test { file, cover } => {
            let written = Project::new(&file.policy).written()?;
            let rows = test(&written)?;
            let mut text: String = rows.iter().map(|row| format!("{row}\n")).collect();
            text += &passed(&rows);
            let mut json = rows_json(&rows);
            if *cover {
                let cover = Cover::of(&written, &rows);
                text += &cover.to_string();
                json["cover"] = json!(cover);
            }
            Ok(Said::new(text, json).note(&written.warnings))
        }
        Args::Diff { old, new } => {
            let (old, new) = (Project::new(old).written()?, Project::new(new).written()?);
            let diff = diff(&old, &new).map_err(Failure::wrong)?;
            Ok(Said::new(diff.to_string(), json!(diff)))
        }
        Args::Replay(args) => super::replay::run(args),
        Args::Compile { file, untested } => compile(&file.policy, *untested),
        Args::Show(file) => {
            let written = Project::new(&file.policy).written()?;
            let text = show(&written).map_err(Failure::wrong)?;
            Ok(Said::new(text.clone(), json!({ "text": text })).note(&written.warnings))
        }
    }
}

/// Writes the image, if what it says has changed.
pub(super) fn compile(policy: &Path, untested: bool) -> Result<Said, Failure> {
    let project = Project::new(policy);
    let written = project.written()?;
    let tested = if untested { "untested\n".to_owned() } else { passed(&test(&written)?) };
    let signer = project.signing_key("policy.key")?;
    let _locked = files::lock(project.folder())?;
    let path = project.image();
    let before = project::header(&path)?;
    let last = before.as_ref().map_or(0, |(header, _)| header.sequence.get());
    let sequence = written.sequence.unwrap_or(last.saturating_add(1));
    if sequence < last {
        return Err(Failure::wrong(format_args!(
            "{}: [policy] sequence {sequence} is below {last}, the one of {}: no server would take it; write {} or leave it out",
            policy.display(),
            path.display(),
            last.saturating_add(1)
        )));
    }
    let stamp = project::stamp_after(sequence - 1, written.expires_s);
    let image = written.image().map_err(Failure::wrong)?.finish(&signer, stamp);
    let (name, shown) = (&written.policy.name, path.display());
    let same = match &before {
        Some((_, old)) if written.sequence.is_none_or(|sequence| sequence == last) => {
            is_current(&written, old).map_err(Failure::wrong)? && is_signed_by(old, &written.policy.name, &signer)
        }
        _ => false,
    };
    let sequence = if same { last } else { sequence };
    if !same {
        files::write(&path, &image, Readers::All)?;
    }
    let what = if same { "is up to date" } else { "written" };
    let text = format!("{tested}{shown} {what}: {name}, sequence {sequence}, {} bytes\n", image.len());
    let json = json!({ "image": path, "name": name, "sequence": sequence, "bytes": image.len(), "written": !same });
    Ok(Said::new(text, json).note(&written.warnings))
}

fn is_signed_by(image: &[u8], name: &str, signer: &ed25519_dalek::SigningKey) -> bool {
    use caltrop::image::{Floor, Trust};
    let key = caltrop::verify::PublicKey::from_bytes(signer.verifying_key().as_bytes());
    key.is_ok_and(|key| caltrop::Policy::open(image, &Trust::new(name, &[key]), Floor::NONE).is_ok())
}

fn test(written: &Written) -> Result<Vec<RowResult>, Failure> {
    let rows = crate::policy::run(written).map_err(Failure::wrong)?;
    let failed: Vec<&RowResult> = rows.iter().filter(|row| !row.mismatches.is_empty()).collect();
    if failed.is_empty() {
        return Ok(rows);
    }
    let name = written.source.name();
    let text: String = failed.iter().map(|row| format!("{name}: {row}\n")).collect();
    Err(Failure::wrong(text + passed(&rows).trim_end()).with(rows_json(&rows)))
}

fn passed(rows: &[RowResult]) -> String {
    let good = rows.iter().filter(|row| row.mismatches.is_empty()).count();
    format!("{good} of {} [[expect]] rows passed\n", rows.len())
}

fn rows_json(rows: &[RowResult]) -> serde_json::Value {
    let row = |row: &RowResult| {
        let mismatches: Vec<_> =
            row.mismatches.iter().map(|one| json!({ "part": one.part, "expected": one.expected, "answered": one.answered })).collect();
        json!({ "line": row.line, "request": row.request, "answered": row.answered, "mismatches": mismatches })
    };
    json!({ "rows": rows.iter().map(row).collect::<Vec<_>>() })
}
