//! One API, its keys, and the two who decide for it: caltrop's guard and a stack of tower layers.
#![allow(dead_code, reason = "each bench uses its own part of it")]

pub(crate) mod agree;
pub(crate) mod api;
pub(crate) mod callers;
pub(crate) mod stack;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use caltrop::guard::{Feeds, Secrets};
use caltrop::image::{Floor, Trust};
use caltrop::key::Keyring;
use caltrop::net::Cidr;
use caltrop::request::{Peer, Request};
use caltrop::table::Word;
use caltrop::verify::PublicKey;
use caltrop::{Decision, Guard, Now, Policy, State};
use caltrop_benches::Dice;
use ed25519_dalek::SigningKey;

use crate::keyring::{NOW, PEPPER, image};
use api::{Pace, Way, policy, ways};
use callers::{Asked, Pool, address, is_common, keys, target};
use stack::{Denied, Granted, Limits, Routes, Tables, Zones, stack};

/// Keys, as each of the two keeps them.
pub(crate) struct Keys {
    pub(crate) texts: Vec<String>,
    keyring: Vec<u8>,
    secrets: Secrets,
    table: stack::Keys,
}

impl Keys {
    pub(crate) fn new(count: u32) -> Self {
        let (texts, models) = keys(count);
        let secrets = Secrets::new().with_pepper(1, &PEPPER).expect("room for one");
        Self { texts, keyring: image(&models), secrets, table: stack::Keys::new(&models) }
    }
}

/// An API: its routes, as each of the two keeps them.
pub(crate) struct Api<'k> {
    pub(crate) keys: &'k Keys,
    pub(crate) ways: Vec<Way>,
    pub(crate) pace: Pace,
    policy: Vec<u8>,
    routes: Routes,
    zones: Zones,
}

impl<'k> Api<'k> {
    /// So many routes, and a state for so many callers: two words for the address of each, and two for its principal.
    pub(crate) fn new(keys: &'k Keys, routes: usize, callers: u32, pace: Pace) -> Self {
        let ways = ways(routes);
        let slots = (callers.next_power_of_two() * 4).max(1 << 16);
        Self { keys, pace, policy: policy(&ways, pace, slots), routes: Routes::new(&ways), zones: Zones::new(), ways }
    }

    /// caltrop's guard over a new state, and the words of it.
    pub(crate) fn guard(&self) -> (Guard<'_>, &'static [Word]) {
        let signer = PublicKey::from_bytes(SigningKey::from_bytes(&[7; 32]).verifying_key().as_bytes()).expect("a public key");
        let policy = Policy::open(&self.policy, &Trust::new("acme", &[signer]), Floor::NONE).expect("what was compiled opens");
        let (_, feed) = policy.keyring_feed().expect("it takes keys");
        let keyring = Keyring::open(&self.keys.keyring, &feed, Floor::NONE).expect("what was built opens");
        let geometry = policy.geometry();
        let words: Vec<Word> = (0..State::words(geometry).expect("within bounds")).map(|_| Word::new(0)).collect();
        let words: &'static [Word] = words.leak();
        let state = State::format(words, geometry, [5; 16]).expect("the words fit");
        let guard = Guard::new(&policy, &Feeds { keyring: Some(keyring), ..Feeds::default() }, &state, &self.keys.secrets);
        (guard.expect("all that the policy needs"), words)
    }

    pub(crate) fn caltrop<'w>(&'w self) -> impl FnMut(&Asked<'_>, u64) -> Decision<'w> {
        let (guard, _) = self.guard();
        move |asked, mono_ns| admit(&guard, asked, mono_ns)
    }

    pub(crate) fn tower<'w>(&'w self) -> impl FnMut(&Asked<'_>, u64) -> Result<Granted<'w>, Denied> {
        let limits: &'static Limits = Box::leak(Box::new(Limits::new(self.pace)));
        stack(Tables { zones: &self.zones, routes: &self.routes, keys: &self.keys.table, limits })
    }

    /// The work of one of the two: these requests in turns, from these clients.
    pub(crate) fn works<'w>(
        &self,
        status: u16,
        pool: &'w Pool,
        clients: Clients,
        decide: impl FnMut(&Asked<'_>, u64) -> u16 + 'w,
    ) -> impl FnMut(u64) + 'w {
        works(status, pool, clients, self.pace.step_ns, decide)
    }

    /// Requests at random that pass, each with one of the first so many keys.
    pub(crate) fn pool(&self, count: u32, keys: u32) -> Pool {
        let mut dice = Dice(count.into());
        let mut pool = Pool::default();
        let ways: Vec<&Way> = self.ways.iter().filter(|way| !way.is_of_vpn()).collect();
        while pool.len() < count as usize {
            let (way, key) = (ways[dice.next() as usize % ways.len()], (dice.next() % keys) as usize);
            if is_common(key) {
                pool.push(way.method, &target(way, &mut dice), Some(&format!("Bearer {}", self.keys.texts[key])));
            }
        }
        pool
    }
}

/// caltrop's answer to a request.
pub(crate) fn admit<'g>(guard: &Guard<'g>, asked: &Asked<'_>, mono_ns: u64) -> Decision<'g> {
    let request = Request {
        method: asked.method.as_bytes(),
        target: asked.target.as_bytes(),
        authority: b"api.example",
        headers: &asked.headers,
        peer: Peer::Ip(asked.address),
        transport: asked.transport,
    };
    guard.admit(&request, Now { mono_ns, ..NOW })
}

/// The status of the stack's answer.
pub(crate) fn status(answer: Result<Granted<'_>, Denied>) -> u16 {
    answer.map_or_else(|denied| denied.0, |_| 200)
}

/// Whose requests they are.
pub(crate) enum Clients {
    One(IpAddr),
    /// So many, at random.
    Many(u32),
    /// Somebody in one of these networks.
    Within(Vec<Cidr>),
}

impl Clients {
    fn next(&self, dice: &mut Dice) -> IpAddr {
        match self {
            Self::One(address) => *address,
            Self::Many(count) => address(dice.next() % count),
            Self::Within(networks) => {
                let network = &networks[dice.next() as usize % networks.len()];
                match network.network() {
                    IpAddr::V4(v4) => {
                        Ipv4Addr::from_bits(v4.to_bits() | dice.next() & u32::MAX.unbounded_shr(network.length().into())).into()
                    }
                    IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() | u128::from(dice.next())).into(),
                }
            }
        }
    }
}

/// Every client has been there once; then they come as they come.
fn works<'w>(
    status: u16,
    pool: &'w Pool,
    clients: Clients,
    step_ns: u64,
    mut decide: impl FnMut(&Asked<'_>, u64) -> u16 + 'w,
) -> impl FnMut(u64) + 'w {
    let (mut at, mut mono_ns, mut dice) = (0, 0, Dice(1));
    let mut one = move |address| {
        mono_ns += step_ns;
        at = if at + 1 < pool.len() { at + 1 } else { 0 };
        let given = pool.show(at, address, |asked| decide(asked, mono_ns));
        assert_eq!(given, status, "every request of this row is answered alike");
    };
    if let Clients::Many(count) = clients {
        (0..count.max(u32::try_from(pool.len()).expect("a few millions"))).for_each(|client| one(address(client % count)));
    }
    move |times| (0..times).for_each(|_| one(clients.next(&mut dice)))
}
