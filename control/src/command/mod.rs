//! The `caltrop` command: policies, keys, and why a request was refused.
//!
//! Promises: what is written is written whole or not at all; text for people or `--json` for machines, never a mixture; a failure says what would do.

mod audit;
mod explain;
mod feed;
mod import;
mod init;
mod keys;
mod list;
mod page;
mod policy;
mod project;
mod replay;
mod revocations;
mod said;
#[cfg(feature = "sync")]
mod sync;
mod when;

use std::ffi::OsString;

use clap::{Parser, Subcommand};

/// An embeddable API-security core: policies, keys, and why a request was refused.
#[derive(Debug, Parser)]
#[command(name = "caltrop", version, after_help = CODES, disable_help_subcommand = true)]
struct Line {
    /// Answer in JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    what: What,
}

const CODES: &str = "Exit codes: 0 done · 1 the policy, a list, a key or a feed is not right, an [[expect]] row failed, or an import is not whole · 2 the command line is not right · \
    3 a file or the system refuses";

#[derive(Debug, Subcommand)]
enum What {
    /// Make a project: policy.toml with comments, its keys and a pepper
    Init(init::Args),
    /// Make a project of another system's configuration
    #[command(subcommand)]
    Import(import::Args),
    /// Read, test, compile and show a policy
    #[command(subcommand)]
    Policy(policy::Args),
    /// Make, list and revoke API keys
    #[command(subcommand)]
    Keys(keys::Args),
    /// How old the images are that servers decide by
    #[command(subcommand)]
    Feed(feed::Args),
    /// Keep the keys of issuers fresh: fetch those of every feed of kind `jwks`, sign them, and go on until stopped
    #[cfg(feature = "sync")]
    Sync(sync::Args),
    /// Take tokens, principals, clients and keys back before their time
    #[command(subcommand)]
    Revocations(revocations::Args),
    /// Compile and ask lists of networks
    #[command(subcommand)]
    List(list::Args),
    /// What the servers of this host decided, and why
    #[command(subcommand)]
    Audit(audit::Args),
    /// Decide about one request, and tell each step, its verdict and the line of policy.toml
    Explain(explain::Args),
}

/// Runs a command line, its own name first, and gives the code to exit with.
pub fn run(line: impl IntoIterator<Item = OsString>) -> u8 {
    let line = match Line::try_parse_from(line) {
        Ok(line) => line,
        Err(error) => {
            // Help and version are no errors, and clap knows where each belongs.
            let _ = error.print();
            return u8::try_from(error.exit_code()).unwrap_or(2);
        }
    };
    let done = match line.what {
        What::Init(args) => init::run(&args),
        What::Import(args) => import::run(&args),
        What::Policy(args) => policy::run(&args),
        What::Keys(args) => keys::run(&args),
        What::Feed(args) => feed::run(&args),
        #[cfg(feature = "sync")]
        What::Sync(args) => sync::run(&args, line.json),
        What::Revocations(args) => revocations::run(&args),
        What::List(args) => list::run(&args),
        What::Audit(args) => audit::run(&args),
        What::Explain(args) => explain::run(&args),
    };
    said::print(done, line.json)
}
