//! Costs that the application says.

use caltrop::audit::Reason;
use caltrop::guard::{ChargeError, DecisionId, Payer, Refusal};
use caltrop::{Guard, Policy};

use crate::border::{bytes, place, shared};
use crate::decision::{caltrop_decision, caltrop_told, index, name};
use crate::guard::{caltrop_guard, guard};
use crate::request::caltrop_now;
use crate::status::{caltrop_status, status};
use caltrop_status::CALTROP_E_VALUE;

/// Charges what the application reckons that a granted request will cost in a quota that its route charges with `"app"`. If that is not left,
/// the decision becomes a denial: ask `caltrop_allowed`, and answer it. Whatever is returned but `CALTROP_OK` makes it one, too:
/// `CALTROP_E_VALUE` for a quota that the route does not charge so, or a decision that was a denial before.
///
/// # Safety
/// * `guard` and `now` as for `caltrop_guard_admit`, which wrote `decision`; `quota` points at `quota_len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_guard_charge(
    guard: *const caltrop_guard,
    decision: *mut caltrop_decision,
    quota: *const u8,
    quota_len: usize,
    cost: u32,
    now: *const caltrop_now,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `guard`.
    let guard = unsafe { self::guard(guard) };
    // SAFETY: this function's contract is the one of `charge`.
    unsafe { charge(guard, decision, quota, quota_len, cost, now) }
}

/// `caltrop_guard_charge` for a guard that was found, or not.
///
/// # Safety
/// As `caltrop_guard_charge`, but for the guard.
pub(crate) unsafe fn charge(
    guard: Result<&Guard<'_>, caltrop_status>,
    decision: *mut caltrop_decision,
    quota: *const u8,
    quota_len: usize,
    cost: u32,
    now: *const caltrop_now,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `shared`.
    let known = match unsafe { shared(decision.cast_const()) } {
        Ok(known) => *known,
        Err(status) => return status,
    };
    // SAFETY: this function's contract is the one of `place`; what stood there was copied.
    let decision = match unsafe { place(decision) } {
        Ok(decision) => decision.write(caltrop_decision { verdict: 0, ..known }),
        Err(status) => return status,
    };
    // SAFETY: this function's contract is the one of `bytes`.
    let quota = unsafe { bytes(quota, quota_len) };
    // SAFETY: this function's contract is the one of `shared`.
    let now = unsafe { shared(now) };
    let charged = guard.and_then(|guard| {
        let (quota, now) = (str::from_utf8(quota?).map_err(|_| CALTROP_E_VALUE)?, now?.get());
        if !known.is_allowed() {
            return Err(CALTROP_E_VALUE);
        }
        let refused = match guard.charge(&known.payer(), quota, cost, now) {
            Ok(()) => {
                *decision = known;
                return Ok(());
            }
            Err(refused) => refused,
        };
        // One that had lapsed is back already.
        let _ = guard.release(decision.take_held(), now);
        match refused {
            ChargeError::Refused(refusal) => {
                *decision = decision.refused(&refusal, guard.policy());
                Ok(())
            }
            ChargeError::NotCharged(_) => Err(CALTROP_E_VALUE),
        }
    });
    if charged.is_err() && known.is_allowed() {
        decision.fail();
    }
    status(charged)
}

/// Sets right what `caltrop_guard_charge` took: `charged` units were, and it came to `cost`. More is charged whether or not it fits; less is given
/// back. Who charged nothing before settles from 0. `CALTROP_E_VALUE` for a quota that the route does not charge with `"app"`, or a denial.
///
/// # Safety
/// * As `caltrop_guard_charge`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn caltrop_guard_settle_cost(
    guard: *const caltrop_guard,
    decision: *const caltrop_decision,
    quota: *const u8,
    quota_len: usize,
    charged: u32,
    cost: u32,
    now: *const caltrop_now,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `guard`.
    let guard = unsafe { self::guard(guard) };
    // SAFETY: this function's contract is the one of `settle_cost`.
    unsafe { settle_cost(guard, decision, quota, quota_len, [charged, cost], now) }
}

/// `caltrop_guard_settle_cost` for a guard that was found, or not.
///
/// # Safety
/// As `caltrop_guard_settle_cost`, but for the guard.
pub(crate) unsafe fn settle_cost(
    guard: Result<&Guard<'_>, caltrop_status>,
    decision: *const caltrop_decision,
    quota: *const u8,
    quota_len: usize,
    [charged, cost]: [u32; 2],
    now: *const caltrop_now,
) -> caltrop_status {
    // SAFETY: this function's contract is the one of `shared`.
    let decision = unsafe { shared(decision) };
    // SAFETY: this function's contract is the one of `bytes`.
    let quota = unsafe { bytes(quota, quota_len) };
    // SAFETY: this function's contract is the one of `shared`.
    let now = unsafe { shared(now) };
    status(guard.and_then(|guard| {
        let (decision, now) = (decision?, now?.get());
        let quota = str::from_utf8(quota?).map_err(|_| CALTROP_E_VALUE)?;
        if !decision.is_allowed() {
            return Err(CALTROP_E_VALUE);
        }
        guard.settle_cost(&decision.payer(), quota, charged, cost, now).map_err(|_| CALTROP_E_VALUE)
    }))
}

impl caltrop_decision {
    fn payer(&self) -> Payer<'_> {
        Payer {
            id: DecisionId(u128::from_be_bytes(self.id)),
            client: self.client(),
            hops: self.hops,
            zones: self.zones,
            key_id: self.key_id,
            route: name(&self.route),
            route_index: index(self.told.route),
            principal: name(&self.principal),
            tenant: name(&self.tenant),
            plan: name(&self.plan),
        }
    }

    /// The denial that a grant becomes.
    fn refused(&self, refusal: &Refusal, policy: &Policy<'_>) -> Self {
        Self {
            verdict: 0,
            status: refusal.reason.status(),
            reason: refusal.reason.code(),
            retry_after_s: refusal.retry_after_s,
            policy: policy.id64(),
            told: caltrop_told::of(&refusal.answer(&self.answer(policy))),
            ..*self
        }
    }

    /// A denial of what could not be charged.
    fn fail(&mut self) {
        let reason = Reason::Corrupt;
        (self.status, self.reason, self.told.reason) = (reason.status(), reason.code(), reason.code());
    }
}
