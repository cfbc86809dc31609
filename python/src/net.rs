//! Networks: one, a table of them by longest match, and zones as the union of all that hold.

use std::net::IpAddr;

use caltrop::net::{self, Body, Overlap, Prefix};
use caltrop_control::prefixes::{self, Choice};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple};
use self_cell::self_cell;

/// A network, `address/length`; an address alone is a network of one. `address in network` folds IPv4-mapped IPv6 first.
///
/// Strict: host bits, leading zeros, zone ids and IPv4 within IPv6 raise ValueError, each by its name.
#[pyclass(frozen, eq, hash, module = "caltrop.net")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Cidr(net::Cidr);

#[pymethods]
impl Cidr {
    #[new]
    fn new(text: &str) -> PyResult<Self> {
        cidr(text).map(Self)
    }

    fn __contains__(&self, address: &str) -> PyResult<bool> {
        Ok(self.0.contains(ip(address)?))
    }

    fn __str__(&self) -> String {
        format!("{}/{}", self.0.network(), self.0.length())
    }

    fn __repr__(&self) -> String {
        format!("Cidr('{}')", self.__str__())
    }
}

/// A value for each network of a dict; an address finds that of the longest network around it.
///
/// The table is built once, and is as large as its networks ask. Raises ValueError for a network that `Cidr` would refuse.
#[pyclass(frozen, module = "caltrop.net")]
pub(crate) struct Prefixes {
    table: Table,
    values: Vec<Py<PyAny>>,
}

#[pymethods]
impl Prefixes {
    #[new]
    fn new(networks: &Bound<'_, PyDict>) -> PyResult<Self> {
        let mut prefixes = Vec::new();
        let mut values = Vec::new();
        for (network, value) in networks {
            values.push(value.unbind());
            // 0 stands for no network.
            prefixes.push(Prefix { cidr: cidr(network.extract()?)?, value: values.len() as u64 });
        }
        Ok(Self { table: Table::new(&mut prefixes, Overlap::Longest), values })
    }

    /// The value of the longest network around an address, or None. Raises ValueError for what is no address.
    fn lookup(&self, py: Python<'_>, address: &str) -> PyResult<Option<Py<PyAny>>> {
        Ok(self.value(py, ip(address)?))
    }

    /// The answers of `lookup` for each address, in their order. Raises ValueError at the first that is none.
    fn lookup_many<'py>(&self, py: Python<'py>, addresses: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
        let answers = PyList::empty(py);
        for address in addresses.try_iter()? {
            answers.append(self.value(py, ip(address?.extract()?)?))?;
        }
        Ok(answers)
    }

    /// For packed addresses of `width` bytes each, 4 or 16 as on the wire: the place in the dict of each one's network, from 1, or 0 for none.
    ///
    /// Each answer is four bytes in the machine's order: `memoryview(answers).cast("I")`. Raises ValueError for another width and for bytes that
    /// are no whole number of addresses.
    fn lookup_packed<'py>(&self, py: Python<'py>, addresses: &Bound<'_, PyBytes>, width: usize) -> PyResult<Bound<'py, PyBytes>> {
        let packed = addresses.as_bytes();
        let body = self.table.body();
        let mut places = vec![0; packed.len().checked_div(width).unwrap_or(0)];
        let rest = match width {
            4 => {
                let (addresses, rest) = packed.as_chunks::<4>();
                body.lookup_many_v4(addresses, &mut places);
                rest
            }
            16 => {
                let (addresses, rest) = packed.as_chunks::<16>();
                body.lookup_many_v6(addresses, &mut places);
                rest
            }
            _ => return Err(PyValueError::new_err(format!("width {width}: an address has 4 bytes or 16"))),
        };
        if !rest.is_empty() {
            return Err(PyValueError::new_err(format!("addresses: {} bytes are no addresses of {width} bytes each", packed.len())));
        }
        // A dict has fewer networks than 2³².
        let answers: Vec<u8> = places.iter().flat_map(|&place| u32::try_from(place).unwrap_or(0).to_ne_bytes()).collect();
        Ok(PyBytes::new(py, &answers))
    }

    fn __len__(&self) -> usize {
        self.values.len()
    }
}

impl Prefixes {
    fn value(&self, py: Python<'_>, address: IpAddr) -> Option<Py<PyAny>> {
        let value = usize::try_from(self.table.lookup(address)).unwrap_or(0);
        value.checked_sub(1).and_then(|at| self.values.get(at)).map(|value| value.clone_ref(py))
    }
}

/// At most 64 named sets of networks, as a dict of lists; an address finds the names of all that hold it.
///
/// Raises ValueError for a 65th, and for a network that `Cidr` would refuse.
#[pyclass(frozen, module = "caltrop.net")]
pub(crate) struct Zones {
    table: Table,
    names: Vec<String>,
}

#[pymethods]
impl Zones {
    #[new]
    fn new(zones: &Bound<'_, PyDict>) -> PyResult<Self> {
        if zones.len() > 64 {
            return Err(PyValueError::new_err(format!("{} zones: give at most 64", zones.len())));
        }
        let mut prefixes = Vec::new();
        let mut names = Vec::new();
        for (name, networks) in zones {
            let value = 1u64 << names.len();
            names.push(name.extract()?);
            for network in networks.extract::<Vec<String>>()? {
                prefixes.push(Prefix { cidr: cidr(&network)?, value });
            }
        }
        Ok(Self { table: Table::new(&mut prefixes, Overlap::Union), names })
    }

    /// The names of the zones that hold, in the order in which they were given. Raises ValueError for what is no address.
    fn of<'py>(&self, py: Python<'py>, address: &str) -> PyResult<Bound<'py, PyTuple>> {
        let mask = self.table.lookup(ip(address)?);
        PyTuple::new(py, self.names.iter().enumerate().filter(|(bit, _)| mask >> bit & 1 == 1).map(|(_, name)| name).collect::<Vec<_>>())
    }
}

self_cell!(
    /// A body beside the records that it reads.
    struct Looked {
        owner: prefixes::Table,
        #[covariant]
        dependent: Body,
    }
);

/// Ranges or a poptrie, whichever is faster.
struct Table(Looked);

impl Table {
    fn new(networks: &mut [Prefix], overlap: Overlap) -> Self {
        Self(Looked::new(prefixes::Table::new(networks, overlap, Choice::Fastest), prefixes::Table::body))
    }

    fn body(&self) -> &Body<'_> {
        self.0.borrow_dependent()
    }

    fn lookup(&self, address: IpAddr) -> u64 {
        self.body().lookup(address)
    }
}

fn cidr(text: &str) -> PyResult<net::Cidr> {
    text.parse().map_err(|refused| PyValueError::new_err(format!("network {text:?}: {refused}")))
}

fn ip(text: &str) -> PyResult<IpAddr> {
    text.parse().map_err(|_| PyValueError::new_err(format!("address {text:?}: give an IPv4 or IPv6 address")))
}
