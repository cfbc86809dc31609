//! The `caltrop` command: see `caltrop_control::command`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(caltrop_control::command::run(std::env::args_os()))
}
