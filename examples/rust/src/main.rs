//! An axum server behind a caltrop guard.
//!
//! `door.rs` is all that a server needs: one middleware. `api.rs` is the application, which knows of the guard only who the caller is.
//! A proxy on this machine is expected to end TLS; the policy names it, and only it may say `https` and for whom it speaks.

mod api;
mod door;
mod log;
mod running;

use std::error::Error;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use axum::middleware::from_fn_with_state;
use caltrop_host::{LiveGuard, Options, StateAt, secrets};
use clap::Parser;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use door::Door;
use log::Log;

/// The policy that this server was written for. It stands here, not on the command line: an image for another API must not start.
const POLICY: &str = "acme-api";

/// The Acme API behind a caltrop guard. The pepper comes from CALTROP_PEPPER_1, or from the file that CALTROP_PEPPER_1_FILE names
#[derive(Debug, Parser)]
struct Args {
    /// The policy's image; policy.pub and keys.cltp lie beside it
    #[arg(long)]
    policy: PathBuf,
    /// Where to listen; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The state that the workers of this host share
    #[arg(long, default_value = POLICY)]
    state: String,
    /// Where denials are written, one JSON line each; the standard error if left out
    #[arg(long)]
    log: Option<PathBuf>,
    /// Without the guard, to see what it costs
    #[arg(long)]
    unguarded: bool,
    /// Without looking for new files, which the suite must notice
    #[arg(long)]
    frozen: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match serve(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(args: Args) -> Result<(), Box<dyn Error>> {
    let app = if args.unguarded { api::routes() } else { guarded(&args)? };
    // Asked for before anybody is told that we listen: a signal that comes then must not kill.
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let listener = TcpListener::bind(args.listen).await?;
    println!("listening {}", listener.local_addr()?);
    std::io::stdout().flush()?;
    let stop = async move {
        tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} }
    };
    axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).with_graceful_shutdown(stop).await?;
    Ok(())
}

/// The application behind the guard. The layer is around all routes and the fallback too, so that nothing is reached past it.
fn guarded(args: &Args) -> Result<axum::Router, Box<dyn Error>> {
    let secrets = secrets::prepare(&secrets::in_env("CALTROP_")?)?;
    let options = Options { state: StateAt::HostNamed(args.state.clone()), ..Options::new(POLICY, &args.policy, secrets) };
    let guard = Arc::new(LiveGuard::load(options)?);
    guard.current().warnings().iter().for_each(|warning| eprintln!("{warning}"));
    let watcher = if args.frozen { None } else { Some(guard.watch(|news| eprintln!("{news}"))?) };
    let door = Arc::new(Door { guard, _watcher: watcher, log: Log::open(args.log.as_deref())? });
    Ok(api::routes().layer(from_fn_with_state(door, door::admit)))
}
