//! Networks: one, a table of them by longest match, and zones as the union of all that hold.

use std::net::IpAddr;

use caltrop::net::{self, Family, Overlap, Prefix, Ranges, flatten};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use zerocopy::little_endian::{U32, U64, U128};

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

    fn lookup(&self, py: Python<'_>, address: &str) -> PyResult<Option<Py<PyAny>>> {
        let value = usize::try_from(self.table.lookup(ip(address)?)).unwrap_or(0);
        Ok(value.checked_sub(1).and_then(|at| self.values.get(at)).map(|value| value.clone_ref(py)))
    }

    fn __len__(&self) -> usize {
        self.values.len()
    }
}

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

    /// The names of the zones that hold, in the order in which they were given.
    fn of<'py>(&self, py: Python<'py>, address: &str) -> PyResult<Bound<'py, PyTuple>> {
        let mask = self.table.lookup(ip(address)?);
        PyTuple::new(py, self.names.iter().enumerate().filter(|(bit, _)| mask >> bit & 1 == 1).map(|(_, name)| name).collect::<Vec<_>>())
    }
}

/// Ranges of both families, as an image holds them.
#[derive(Default)]
struct Table {
    v4: (Vec<U32>, Vec<U64>),
    v6: (Vec<U128>, Vec<U64>),
}

impl Table {
    fn new(prefixes: &mut [Prefix], overlap: Overlap) -> Self {
        let mut table = Self::default();
        flatten(prefixes, Family::V4, overlap, |start, value| {
            table.v4.0.push(u32::try_from(start).unwrap_or(u32::MAX).into());
            table.v4.1.push(value.into());
        });
        flatten(prefixes, Family::V6, overlap, |start, value| {
            table.v6.0.push(start.into());
            table.v6.1.push(value.into());
        });
        table
    }

    fn lookup(&self, address: IpAddr) -> u64 {
        Ranges::new(&self.v4.0, &self.v4.1, &self.v6.0, &self.v6.1).map_or(0, |ranges| ranges.lookup(address.to_canonical()))
    }
}

fn cidr(text: &str) -> PyResult<net::Cidr> {
    text.parse().map_err(|refused| PyValueError::new_err(format!("network {text:?}: {refused}")))
}

fn ip(text: &str) -> PyResult<IpAddr> {
    text.parse().map_err(|_| PyValueError::new_err(format!("address {text:?}: give an IPv4 or IPv6 address")))
}
