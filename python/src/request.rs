//! A request as Python holds it, read where it lies.

use caltrop::request::{Header, Peer, TlsVersion, Transport};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyString, PyTuple};

/// The bytes of a `bytes` or `str`.
pub(crate) fn bytes<'a>(value: &'a Bound<'_, PyAny>, what: &str) -> PyResult<&'a [u8]> {
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(bytes.as_bytes());
    }
    let text = value.cast::<PyString>().map_err(|_| PyTypeError::new_err(format!("{what}: give bytes or str")))?;
    text.to_str().map(str::as_bytes)
}

/// Pairs of name and value, kept so that their bytes stay.
pub(crate) struct Pairs<'py>(Vec<Bound<'py, PyTuple>>);

impl<'py> Pairs<'py> {
    pub(crate) fn new(headers: &Bound<'py, PyAny>) -> PyResult<Self> {
        let pair = |item: PyResult<Bound<'py, PyAny>>| match item?.cast_into::<PyTuple>() {
            Ok(pair) => Ok(pair),
            // A list of two, as some servers have it.
            Err(other) => {
                let parts = other.into_inner().try_iter().map_err(|_| wrong_headers())?.collect::<PyResult<Vec<_>>>()?;
                PyTuple::new(headers.py(), parts)
            }
        };
        headers.try_iter().map_err(|_| wrong_headers())?.map(pair).collect::<PyResult<_>>().map(Self)
    }

    pub(crate) fn fields(&self) -> PyResult<Vec<Header<'_>>> {
        self.0.iter().map(|pair| field(pair).ok_or_else(wrong_headers)).collect()
    }
}

fn field<'a>(pair: &'a Bound<'_, PyTuple>) -> Option<Header<'a>> {
    let part = |index| pair.get_borrowed_item(index).ok()?.extract::<&'a [u8]>().ok();
    if pair.len() == 2 { Some(Header { name: part(0)?, value: part(1)? }) } else { None }
}

fn wrong_headers() -> PyErr {
    PyTypeError::new_err("headers: give pairs of bytes, as ASGI does")
}

/// Names and values, kept so that their bytes stay: of a mapping, or pairs as ASGI and WSGI servers have them.
pub(crate) struct Named<'py>(Vec<[Bound<'py, PyAny>; 2]>);

pub(crate) fn named<'py>(headers: &Bound<'py, PyAny>) -> PyResult<Named<'py>> {
    let wrong = || PyTypeError::new_err("headers: give a mapping, or pairs of names and values");
    let items = headers.getattr_opt("items")?.map_or_else(|| Ok(headers.clone()), |items| items.call0())?;
    let pair = |item: PyResult<Bound<'py, PyAny>>| {
        let item = item?;
        let parts = item.try_iter().map_err(|_| wrong())?.collect::<PyResult<Vec<_>>>()?;
        parts.try_into().map_err(|_| wrong())
    };
    items.try_iter().map_err(|_| wrong())?.map(pair).collect::<PyResult<_>>().map(Named)
}

impl Named<'_> {
    pub(crate) fn fields(&self) -> PyResult<Vec<Header<'_>>> {
        let bytes = |part| bytes(part, "headers");
        self.0.iter().map(|[name, value]| Ok(Header { name: bytes(name)?, value: bytes(value)? })).collect()
    }
}

/// `None` is a Unix socket, as it is in ASGI.
pub(crate) fn peer(given: Option<&str>) -> PyResult<Peer> {
    match given {
        None | Some("unix:") => Ok(Peer::Unix),
        Some(text) => {
            // A scope (fe80::1%eth0) says which interface, not who.
            let address = text.split_once('%').map_or(text, |(address, _)| address);
            let wrong = |_| PyValueError::new_err(format!("peer {text:?}: give an address, or None for a Unix socket"));
            address.parse().map(Peer::Ip).map_err(wrong)
        }
    }
}

/// `True` is TLS whose version the server does not tell: servers of today take nothing below 1.2.
pub(crate) fn transport(given: &Bound<'_, PyAny>) -> PyResult<Transport> {
    if let Ok(flag) = given.cast::<PyBool>() {
        return Ok(if flag.is_true() { Transport::Tls(TlsVersion::V1_2) } else { Transport::Plaintext });
    }
    let text = given.cast::<PyString>().ok().and_then(|text| text.to_str().ok());
    match text {
        Some("1.3") => Ok(Transport::Tls(TlsVersion::V1_3)),
        Some("1.2") => Ok(Transport::Tls(TlsVersion::V1_2)),
        Some("old") => Ok(Transport::Tls(TlsVersion::Old)),
        _ => Err(PyValueError::new_err("tls: give True, False, \"1.3\", \"1.2\" or \"old\"")),
    }
}
