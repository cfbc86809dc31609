//! The guard for Python: loaded once, asked for each request.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use caltrop::Request;
use caltrop::guard::{ChargeError, NotCharged};
use caltrop_control::policy::{LoadError as PolicyLoadError, Written, is_current};
use caltrop_host::floors::Floors;
use caltrop_host::{HostGuard, Images, LiveGuard, Options, StateAt};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

use crate::decision::Decision;
use crate::error::{self, LoadError, PolicyError};
use crate::request::{Pairs, bytes, peer, transport};
use crate::secrets::Secrets;
use crate::time::{Now, now};

/// Decides about requests by a signed policy image. Any thread may ask it.
#[pyclass(frozen, module = "caltrop")]
pub(crate) struct Guard(Source);

/// Images in files, which may change, or in memory.
enum Source {
    Files(Box<LiveGuard>),
    Memory(Arc<HostGuard>),
}

impl Guard {
    /// What decides now.
    fn current(&self) -> Arc<HostGuard> {
        match &self.0 {
            Source::Files(live) => live.current(),
            Source::Memory(guard) => Arc::clone(guard),
        }
    }
}

/// Where floors are kept, if not beside the images: nowhere (False), or in a folder.
#[derive(FromPyObject)]
pub(crate) enum FloorsAt {
    Flag(bool),
    Folder(PathBuf),
}

#[pymethods]
impl Guard {
    /// Loads the image beside `policy.toml`, or an image (then `name` says whose it must be).
    ///
    /// `state` is `"host"` (one for all processes of this user that load this policy), `"host:NAME"` or `"process"`. `floors` keep older
    /// images out: beside the images (None), in a folder, or nowhere (False). Raises PolicyError, ImageError, LoadError, StateError or ValueError.
    #[staticmethod]
    #[pyo3(signature = (path, *, secrets, name = None, state = "host", floors = None))]
    fn load(
        py: Python<'_>,
        path: PathBuf,
        secrets: &Secrets,
        name: Option<String>,
        state: &str,
        floors: Option<FloorsAt>,
    ) -> PyResult<Self> {
        let state = state_at(state)?;
        let floors = match floors {
            None => Floors::Beside,
            Some(FloorsAt::Folder(folder)) => Floors::Folder(folder),
            Some(FloorsAt::Flag(false)) => Floors::Nowhere,
            Some(FloorsAt::Flag(true)) => return Err(PyValueError::new_err("floors: give a folder, False for none, or leave it out")),
        };
        let secrets = secrets.0.clone();
        py.detach(|| {
            let written = if path.extension().is_some_and(|end| end == "toml") { Some(written(&path)?) } else { None };
            let name = match (name, &written) {
                (Some(name), _) => name,
                (None, Some(written)) => written.policy.name.clone(),
                (None, None) => return Err(PyValueError::new_err("name: give the policy's name, or load its policy.toml")),
            };
            let options = Options { state, floors, ..Options::new(name, path.with_extension("cltp"), secrets) };
            if let Some(written) = written {
                check_current(&written, &path, &options.policy)?;
            }
            LiveGuard::load(options).map(Box::new).map(Source::Files).map(Self).map_err(error::load)
        })
    }

    /// Opens images in memory, with a state of its own and no floors; `feeds` are the images of the policy's other feeds, in its order.
    ///
    /// Raises ImageError, LoadError or ValueError.
    #[staticmethod]
    #[pyo3(signature = (policy, keyring = None, *, feeds = None, name, signers, secrets))]
    fn open(
        policy: Vec<u8>,
        keyring: Option<Vec<u8>>,
        feeds: Option<Vec<Vec<u8>>>,
        name: &str,
        signers: Vec<PyBackedBytes>,
        secrets: &Secrets,
    ) -> PyResult<Self> {
        let signers = signers.iter().map(|key| <[u8; 32]>::try_from(&key[..])).collect::<Result<Vec<_>, _>>();
        let signers = signers.map_err(|_| PyValueError::new_err("signers: give public keys of 32 bytes"))?;
        HostGuard::open(name, &signers, Images { policy, keyring, feeds: feeds.unwrap_or_default() }, secrets.0.clone())
            .map(Arc::new)
            .map(Source::Memory)
            .map(Self)
            .map_err(error::load)
    }

    /// Decides about a request: `target` undecoded, `peer` and `tls` of the server's own socket, None for a Unix socket.
    ///
    /// Raises TypeError or ValueError for what is no request, before anything is charged; all else is a Decision.
    #[pyo3(signature = (*, method, target, headers, peer, tls, authority = None, now = None))]
    #[allow(clippy::too_many_arguments, reason = "a request has as many parts, and Python names each")]
    fn admit(
        &self,
        method: &Bound<'_, PyAny>,
        target: &Bound<'_, PyAny>,
        headers: &Bound<'_, PyAny>,
        peer: Option<&str>,
        tls: &Bound<'_, PyAny>,
        authority: Option<&Bound<'_, PyAny>>,
        now: Option<&Bound<'_, Now>>,
    ) -> PyResult<Decision> {
        let pairs = Pairs::new(headers)?;
        let fields = pairs.fields()?;
        let fields = &fields[..];
        let request = Request {
            method: bytes(method, "method")?,
            target: bytes(target, "target")?,
            authority: authority.map_or(Ok(&b""[..]), |authority| bytes(authority, "authority"))?,
            headers: &fields,
            peer: self::peer(peer)?,
            transport: transport(tls)?,
        };
        let guard = self.current();
        let decided = guard.guard().admit(&request, self::now(now));
        Ok(Decision::new(Arc::clone(&guard), decided))
    }

    /// Ends a request: the places that it held in quotas of how many at once are given back. `"auth-failed"` charges the client's address for a
    /// credential that the application itself refused.
    ///
    /// Raises ValueError for another outcome.
    #[pyo3(signature = (decision, *, outcome = "served", now = None))]
    fn settle(&self, decision: &Decision, outcome: &str, now: Option<&Bound<'_, Now>>) -> PyResult<()> {
        let (guard, now) = (self.current(), self::now(now));
        match outcome {
            "served" => {}
            "auth-failed" => guard.guard().auth_failed(decision.client, now),
            _ => return Err(PyValueError::new_err("outcome: give \"served\" or \"auth-failed\"")),
        }
        give_back(&guard, decision, now);
        Ok(())
    }

    /// Begins the time of the places anew that a granted request holds, for one that runs longer than a lease.
    ///
    /// Raises Lapsed if one of them had come back by itself: whoever still works should stop.
    #[pyo3(signature = (decision, *, now = None))]
    fn renew(&self, decision: &Decision, now: Option<&Bound<'_, Now>>) -> PyResult<()> {
        self.current().guard().renew(&mut decision.held(), self::now(now)).map_err(|_| error::lapsed())
    }

    /// Charges what the application reckons that a granted request will cost in a quota that its route charges with `"app"`.
    ///
    /// What comes back is the same decision, or a denial to answer with if that is not left. Raises ValueError for a denial, and for a quota
    /// that the route does not charge so.
    #[pyo3(signature = (decision, quota, cost, *, now = None))]
    fn charge(&self, decision: &Bound<'_, Decision>, quota: &str, cost: u32, now: Option<&Bound<'_, Now>>) -> PyResult<Py<Decision>> {
        let granted = decision.get();
        let payer = granted.payer()?;
        let guard = self.current();
        match guard.guard().charge(&payer, quota, cost, self::now(now)) {
            Ok(()) => Ok(decision.clone().unbind()),
            Err(ChargeError::Refused(refusal)) => {
                give_back(&guard, granted, self::now(now));
                Py::new(decision.py(), granted.refused(&refusal, guard))
            }
            Err(ChargeError::NotCharged(why)) => Err(not_charged(quota, why)),
        }
    }

    /// Sets right what `charge` took: `charged` units were, and it came to `cost`. More is charged whether or not it fits; less is given back.
    ///
    /// Who charged nothing before settles from 0. Raises ValueError as `charge` does.
    #[pyo3(signature = (decision, quota, *, charged, cost, now = None))]
    fn settle_cost(&self, decision: &Decision, quota: &str, charged: u32, cost: u32, now: Option<&Bound<'_, Now>>) -> PyResult<()> {
        let payer = decision.payer()?;
        self.current().guard().settle_cost(&payer, quota, charged, cost, self::now(now)).map_err(|why| not_charged(quota, why))
    }

    /// Takes a policy, keyring or list that was renamed into place, and says what is new, a sentence each: call it before each request, or on a timer.
    ///
    /// It looks at the files five times a second at most. One that is refused changes nothing and is told once. Nothing, if loaded by `open`.
    #[pyo3(signature = (*, now = None))]
    fn poll(&self, py: Python<'_>, now: Option<&Bound<'_, Now>>) -> Vec<String> {
        let now = self::now(now);
        match &self.0 {
            // Other threads may go on only where it takes time.
            Source::Files(live) if live.is_due(now) => py.detach(|| live.poll(now).iter().map(ToString::to_string).collect()),
            Source::Files(_) | Source::Memory(_) => Vec::new(),
        }
    }

    /// The policy's name.
    #[getter]
    fn name(&self) -> String {
        self.current().guard().policy().name().to_owned()
    }

    /// What the operator should know of how it was loaded, a sentence each.
    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.current().warnings().to_vec()
    }

    /// The file of the state that processes share, or None if this process keeps it.
    #[getter]
    fn state_path(&self) -> Option<PathBuf> {
        self.current().state_path().map(Path::to_owned)
    }

    /// The sequence of the policy's image: it counts up with each compile.
    #[getter]
    fn sequence(&self) -> u64 {
        self.current().guard().policy().floor().sequence
    }

    fn __repr__(&self) -> String {
        format!("<Guard {} sequence {}>", self.name(), self.sequence())
    }
}

/// Whoever comes first has the places: nobody gives them back twice.
fn give_back(guard: &HostGuard, decision: &Decision, now: caltrop::Now) {
    let held = std::mem::take(&mut *decision.held());
    // One that had lapsed is back already.
    let _ = guard.guard().release(held, now);
}

fn not_charged(quota: &str, why: NotCharged) -> PyErr {
    PyValueError::new_err(format!("quota {quota:?}: {why}"))
}

fn state_at(text: &str) -> PyResult<StateAt> {
    match text.split_once(':') {
        None if text == "host" => Ok(StateAt::Host),
        None if text == "process" => Ok(StateAt::Process),
        Some(("host", name)) => Ok(StateAt::HostNamed(name.to_owned())),
        _ => Err(PyValueError::new_err(format!("state {text:?}: give \"host\", \"host:NAME\" or \"process\""))),
    }
}

fn written(path: &Path) -> PyResult<Written> {
    Written::load(path).map_err(|refused| match refused {
        PolicyLoadError::Policy(report) => PolicyError::new_err(report.to_string()),
        unreadable => LoadError::new_err(unreadable.to_string()),
    })
}

/// Without this, a server that was started again would serve by a policy that nobody reads any more.
fn check_current(written: &Written, path: &Path, image: &Path) -> PyResult<()> {
    let bytes = std::fs::read(image)
        .map_err(|why| LoadError::new_err(format!("{}: {why}: caltrop policy compile {}", image.display(), path.display())))?;
    match is_current(written, &bytes) {
        Ok(true) => Ok(()),
        Ok(false) => {
            Err(PolicyError::new_err(format!("{}: it is not what {} says: caltrop policy compile {1}", image.display(), path.display())))
        }
        Err(refused) => Err(PolicyError::new_err(refused.to_string())),
    }
}
