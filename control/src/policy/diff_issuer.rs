//! What changes about an issuer.

use super::diff::Changes;
use super::diff::Effect::{Looser, Other, Tighter};
use super::words;
use crate::model::Issuer;

impl Changes {
    pub(super) fn issuer(&mut self, what: &str, old: Option<&Issuer>, new: Option<&Issuer>) {
        let (old, new) = match (old, new) {
            (Some(old), Some(new)) => (old, new),
            (None, Some(new)) => return self.add(what, Looser, format!("is new: tokens of {:?}", new.issuer)),
            (Some(old), None) => return self.add(what, Tighter, format!("is gone: tokens of {:?}", old.issuer)),
            (None, None) => return,
        };
        let known = (("now takes", Looser), ("no longer takes", Tighter));
        for (word, old, new) in [("audience", &old.audiences, &new.audiences), ("type", &old.types, &new.types)] {
            let named = |list: &[String]| list.iter().map(|one| format!("{word} {one}")).collect::<Vec<_>>();
            self.lists(what, &named(old), &named(new), known);
        }
        let algorithms = |issuer: &Issuer| issuer.algorithms.iter().map(|algorithm| algorithm.name().to_owned()).collect::<Vec<_>>();
        self.lists(what, &algorithms(old), &algorithms(new), known);
        self.lists(what, &words::keys(old), &words::keys(new), (("now has", Looser), ("no longer has", Tighter)));
        if old.issuer != new.issuer {
            self.add(what, Other, format!("is {:?} instead of {:?}", new.issuer, old.issuer));
        }
        if old.leeway_s != new.leeway_s {
            let effect = if new.leeway_s > old.leeway_s { Looser } else { Tighter };
            self.add(what, effect, format!("leeway {} s → {} s", old.leeway_s, new.leeway_s));
        }
        if old.age_max_s != new.age_max_s {
            let age = |age_max_s: u32| if age_max_s == 0 { "none".to_owned() } else { format!("{age_max_s} s") };
            let is_looser = new.age_max_s == 0 || (old.age_max_s != 0 && new.age_max_s > old.age_max_s);
            let effect = if is_looser { Looser } else { Tighter };
            self.add(what, effect, format!("max-age {} → {}", age(old.age_max_s), age(new.age_max_s)));
        }
        let none = || "none".to_owned();
        let claims = |issuer: &Issuer| {
            let optional = [("tenant", &issuer.tenant), ("plan", &issuer.plan), ("roles", &issuer.roles)];
            let optional = optional.map(|(word, claim)| (word, claim.clone().unwrap_or_else(none)));
            [("principal", issuer.principal.clone()), ("scopes", issuer.scopes.clone())].into_iter().chain(optional).collect::<Vec<_>>()
        };
        for ((word, old), (_, new)) in claims(old).into_iter().zip(claims(new)).filter(|(old, new)| old != new) {
            self.add(what, Other, format!("{word} by claim {new:?} instead of {old:?}"));
        }
    }
}
