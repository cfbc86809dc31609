//! `caltrop::net`: networks, ranges, and the walk through proxies.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use caltrop::net::{Body, Cidr, CidrError, Family, ForwardedField, Overlap, Parts, Poptrie, Prefix, Prefixes, Ranges, Walk, flatten};
use caltrop::request::Request;
use zerocopy::little_endian::{U32, U64, U128};

#[unsafe(no_mangle)]
pub fn np_cidr_parse(text: &str) -> Result<Cidr, CidrError> {
    text.parse()
}

#[unsafe(no_mangle)]
pub fn np_cidr_containing(address: IpAddr, length: u8) -> Result<Cidr, CidrError> {
    Cidr::containing(address, length)
}

#[unsafe(no_mangle)]
pub fn np_cidr_contains(cidr: &Cidr, address: IpAddr) -> bool {
    cidr.contains(address)
}

#[unsafe(no_mangle)]
pub fn np_ranges_new<'b>(v4: &'b [U32], values_v4: &'b [U64], v6: &'b [U128], values_v6: &'b [U64]) -> Option<Ranges<'b>> {
    Ranges::new(v4, values_v4, v6, values_v6)
}

#[unsafe(no_mangle)]
pub fn np_ranges_lookup(ranges: &Ranges<'_>, address: IpAddr) -> u64 {
    ranges.lookup(address)
}

#[unsafe(no_mangle)]
pub fn np_poptrie_new<'b>(v4: Parts<'b>, v6: Parts<'b>, values: &'b [U64]) -> Option<Poptrie<'b>> {
    Poptrie::new(v4, v6, values)
}

#[unsafe(no_mangle)]
pub fn np_poptrie_lookup(trie: &Poptrie<'_>, address: IpAddr) -> u64 {
    trie.lookup(address)
}

#[unsafe(no_mangle)]
pub fn np_lookup_many_v4(body: &Body<'_>, addresses: &[Ipv4Addr], values: &mut [u64]) -> usize {
    body.lookup_many_v4(addresses, values)
}

#[unsafe(no_mangle)]
pub fn np_lookup_many_v6(body: &Body<'_>, addresses: &[Ipv6Addr], values: &mut [u64]) -> usize {
    body.lookup_many_v6(addresses, values)
}

#[unsafe(no_mangle)]
pub fn np_prefixes_label<'b>(prefixes: &Prefixes<'b>, address: IpAddr) -> Option<&'b str> {
    prefixes.label(address)
}

#[unsafe(no_mangle)]
pub fn np_walk(request: &Request<'_>, field: ForwardedField, ranges: &Ranges<'_>) -> Walk {
    Walk::new(request, field, true, |address| ranges.lookup(address) != 0)
}

#[unsafe(no_mangle)]
pub fn np_flatten(prefixes: &mut [Prefix], family: Family, overlap: Overlap, out: &mut u64) {
    flatten(prefixes, family, overlap, |_, value| *out ^= value);
}
