//! `caltrop::rate` over `caltrop::table`.

use core::net::IpAddr;

use caltrop::Now;
use caltrop::mac::Key;
use caltrop::rate::{
    AllRefused, Charge, Lapsed, Lease, LeaseQuota, LeaseRefused, Leases, Limiter, Quota, QuotaError, Refused, Snapshot, SnapshotError,
    SnapshotOptions, Taken, Tightest, Uneven,
};
use caltrop::table::{Partition, TableError, TableSize, Word};

#[unsafe(no_mangle)]
pub fn np_limiter_format<'t>(words: &'t [Word], size: TableSize, entropy: [u8; 16]) -> Result<Limiter<'t>, TableError> {
    Limiter::format(words, size, entropy)
}

#[unsafe(no_mangle)]
pub fn np_limiter_attach<'t>(words: &'t [Word]) -> Result<Limiter<'t>, TableError> {
    Limiter::attach(words)
}

#[unsafe(no_mangle)]
pub fn np_limiter_client(limiter: &Limiter<'_>, bytes: &[u8]) -> Partition {
    limiter.client(bytes)
}

#[unsafe(no_mangle)]
pub fn np_limiter_address(limiter: &Limiter<'_>, address: Option<IpAddr>, quota: Quota) -> Option<Charge> {
    limiter.address(address).charges(quota, 1).last()
}

#[unsafe(no_mangle)]
pub fn np_limiter_take(limiter: &Limiter<'_>, charge: &Charge, now: Now) -> Result<Taken, Refused> {
    limiter.take(charge, now)
}

#[unsafe(no_mangle)]
pub fn np_limiter_take_all(limiter: &Limiter<'_>, charges: &[Charge], now: Now) -> Result<Option<Tightest>, AllRefused> {
    limiter.take_all(charges, now)
}

#[unsafe(no_mangle)]
pub fn np_limiter_take_many(
    limiter: &Limiter<'_>,
    charges: &[Charge],
    now: Now,
    answers: &mut [Result<Taken, Refused>],
) -> Result<(), Uneven> {
    limiter.take_many(charges, now, answers)
}

#[unsafe(no_mangle)]
pub fn np_limiter_peek(limiter: &Limiter<'_>, charge: &Charge, now: Now) -> Result<Taken, Refused> {
    limiter.peek(charge, now)
}

#[unsafe(no_mangle)]
pub fn np_limiter_refund(limiter: &Limiter<'_>, charge: &Charge, now: Now) {
    limiter.refund(charge, now);
}

#[unsafe(no_mangle)]
pub fn np_limiter_settle(limiter: &Limiter<'_>, charge: &Charge, now: Now) {
    limiter.settle(charge, now);
}

#[unsafe(no_mangle)]
pub fn np_limiter_snapshot(
    limiter: &Limiter<'_>,
    out: &mut [u8],
    key: &Key,
    options: SnapshotOptions,
    now: Now,
) -> Result<usize, SnapshotError> {
    limiter.snapshot(out, key, options, now)
}

#[unsafe(no_mangle)]
pub fn np_limiter_restore<'t>(words: &'t [Word], snapshot: &Snapshot<'_>, now: Now) -> Result<Limiter<'t>, TableError> {
    Limiter::restore(words, snapshot, now)
}

#[unsafe(no_mangle)]
pub fn np_snapshot_open<'b>(bytes: &'b [u8], key: &Key) -> Result<Snapshot<'b>, SnapshotError> {
    Snapshot::open(bytes, key)
}

#[unsafe(no_mangle)]
pub fn np_quota(name: &str, count: u32, period_s: u32, burst: u32) -> Result<Quota, QuotaError> {
    Quota::per(name, count, period_s, burst)
}

#[unsafe(no_mangle)]
pub fn np_leases_acquire(leases: &Leases<'_>, client: Partition, quota: LeaseQuota, now: Now) -> Result<Lease, LeaseRefused> {
    leases.acquire(client, quota, now)
}

#[unsafe(no_mangle)]
pub fn np_leases_release(leases: &Leases<'_>, lease: Lease, now: Now) -> Result<(), Lapsed> {
    leases.release(lease, now)
}

#[unsafe(no_mangle)]
pub fn np_leases_renew(leases: &Leases<'_>, lease: Lease, now: Now) -> Result<Lease, Lapsed> {
    leases.renew(lease, now)
}

#[unsafe(no_mangle)]
pub fn np_lease_bytes(bytes: [u8; 18]) -> [u8; 18] {
    Lease::from_bytes(bytes).into_bytes()
}

#[unsafe(no_mangle)]
pub fn np_leases_held(leases: &Leases<'_>, client: Partition, quota: LeaseQuota, now: Now) -> u32 {
    leases.held(client, quota, now)
}
