//! The reference policy: each line does what its comment says. Every comment has its check here, and every check its comment.

use std::cell::Cell;
use std::collections::BTreeSet;

use base64ct::{Base64UrlUnpadded, Encoding};
use caltrop::audit::{Reason, Verdict};
use caltrop::guard::{ChargeError, Feeds, Outcome};
use caltrop::image::Floor;
use caltrop::key::{Environment, Form, Keyring, digest};
use caltrop::net::Prefixes;
use caltrop::request::{Header, Peer, Request, TlsVersion, Transport};
use caltrop::table::Word;
use caltrop::time::{Now, Quality};
use caltrop::{Decision, Guard, Policy, Secrets, State, mac};
use caltrop_control::diagnostic::Source;
use caltrop_control::image::Stamp;
use caltrop_control::jwks::Material;
use caltrop_control::keys::{KeyModel, KeyState, build};
use caltrop_control::model::IssuerKeys;
use caltrop_control::policy::{Written, run, show};

mod house;

const TEXT: &str = include_str!("../../examples/reference/policy.toml");
const STAMP: Stamp = Stamp { sequence: 7, created_s: WALL_S, not_after_s: 0 };
/// A Wednesday in 2027, as good as any.
const WALL_S: u64 = 1_810_000_000;

fn written(text: &str) -> Written {
    let public = *house::signer().verifying_key().as_bytes();
    Written::read(Source::new("policy.toml", text), &|_| Ok(public)).unwrap_or_else(|report| panic!("{report}"))
}

/// The reference, with one part in another's place.
fn changed(from: &str, to: &str) -> String {
    assert!(TEXT.contains(from), "{from}");
    TEXT.replacen(from, to, 1)
}

/// Who has a key: its text and principal, tenant, plan and scopes.
type Known = (&'static str, Option<&'static str>, Option<&'static str>, &'static [&'static str]);

const KEYS: &[Known] = &[
    ("reader", None, None, &["orders:read"]),
    ("writer", None, None, &["orders:write"]),
    ("free", None, Some("free"), &["orders:write"]),
    ("pro", None, Some("pro"), &["orders:read"]),
    ("nobody", None, None, &[]),
    ("acme", Some("acme"), Some("free"), &["chat"]),
    ("acme-too", Some("acme"), Some("free"), &["chat"]),
];

fn keyring(created_s: u64) -> Vec<u8> {
    let pepper = mac::Key::new(&house::PEPPER);
    let key = |(id, (name, tenant, plan, scopes)): (u64, &Known)| KeyModel {
        digest: *digest(&pepper, Form::Key, name.as_bytes()).unwrap().as_bytes(),
        key_id: id,
        principal: (*name).to_owned(),
        tenant: tenant.map(str::to_owned),
        not_before_s: 0,
        expires_s: 0,
        generation: 1,
        scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
        zones: BTreeSet::new(),
        plan: plan.map(str::to_owned),
        environment: Environment::Live,
        state: KeyState::Active,
        pepper: 1,
        form: Form::Key,
    };
    let keys: Vec<KeyModel> = (1..).zip(KEYS).map(key).collect();
    build("acme-api/keys", &keys, &house::signer(), Stamp { created_s, ..STAMP }).unwrap()
}

/// What Keycloak says of a service account, but for the end.
const KEYCLOAK: &str = "\"exp\":1810000300,\"iat\":1809999990,\"jti\":\"trrtcc:0f4c\",\"iss\":\"https://id.acme.example/realms/api\",\"aud\":[\"acme-api\",\"account\"],\"sub\":\"5c1f7a7e\",\"typ\":\"Bearer\",\"azp\":\"batch\",\"acr\":\"1\",\"clientHost\":\"10.0.0.7\"";

/// The issuer's private key, here.
fn issuer() -> p256::ecdsa::SigningKey {
    p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap()
}

fn signed(algorithm: &str, kind: &str, claims: &str) -> String {
    use p256::ecdsa::signature::Signer;
    let text = |bytes: &[u8]| Base64UrlUnpadded::encode_string(bytes);
    let header = format!("{{\"alg\":\"{algorithm}\",\"typ\":\"{kind}\",\"kid\":\"2026-11\"}}");
    let input = format!("{}.{}", text(header.as_bytes()), text(format!("{{{claims}}}").as_bytes()));
    let signature: p256::ecdsa::Signature = issuer().sign(input.as_bytes());
    format!("Bearer {input}.{}", text(&signature.to_bytes()))
}

fn bearer(claims: &str) -> String {
    signed("ES256", "JWT", claims)
}

/// One guard and its clock.
struct Api<'g> {
    guard: &'g Guard<'g>,
    at_s: Cell<u64>,
}

/// A request; who says nothing asks from a stranger's address over TLS.
#[derive(Clone, Copy)]
struct Ask<'a> {
    line: &'a str,
    from: &'a str,
    key: &'a str,
    fields: &'a [(&'a str, &'a str)],
    tls: Transport,
}

const ASK: Ask<'static> = Ask { line: "GET /healthz", from: "203.0.113.9", key: "", fields: &[], tls: Transport::Tls(TlsVersion::V1_3) };
const PLAIN: Transport = Transport::Plaintext;

fn with(text: &str, look: impl FnOnce(&Api<'_>)) {
    with_feeds(text, &keyring(WALL_S), &["192.0.2.99", "198.51.100.99"], look);
}

fn with_feeds(text: &str, keys: &[u8], listed: &[&str], look: impl FnOnce(&Api<'_>)) {
    let mut written = written(text);
    let point = issuer().verifying_key().to_sec1_point(false);
    let issuers = written.policy.issuers.iter_mut();
    for key in issuers.flat_map(|issuer| if let IssuerKeys::Here(keys) = &mut issuer.keys { &mut keys[..] } else { &mut [] }) {
        key.key = Material::P256(point.as_bytes()[1..].try_into().unwrap());
    }
    let image = written.image().unwrap().finish(&house::signer(), Stamp { not_after_s: written.expires_s, ..STAMP });
    let policy = Policy::open(&image, &house::trust("acme-api", &house::signer()), Floor::NONE).unwrap();
    let keyring = Keyring::open(keys, &policy.keyring_feed().unwrap().1, Floor::NONE).unwrap();
    let list = house::list_image("acme-api/known-bad", listed, STAMP);
    let prefixes: Vec<Prefixes<'_>> = policy.prefix_feeds().map(|(_, trust)| Prefixes::open(&list, &trust, Floor::NONE).unwrap()).collect();
    let words: Vec<Word> = (0..State::words(policy.geometry()).unwrap()).map(|_| Word::new(0)).collect();
    let state = State::format(&words, policy.geometry(), [5; 16]).unwrap();
    let secrets = Secrets::new().with_pepper(1, &house::PEPPER).unwrap();
    let guard = Guard::new(&policy, &Feeds { keyring: Some(keyring), prefixes: &prefixes, ..Feeds::default() }, &state, &secrets).unwrap();
    look(&Api { guard: &guard, at_s: Cell::new(0) });
}

impl<'g> Api<'g> {
    fn now(&self) -> Now {
        let at_s = self.at_s.get();
        Now { wall_s: WALL_S + at_s, mono_ns: (1 + at_s) * 1_000_000_000, quality: Quality::Trusted }
    }

    fn decide(&self, ask: Ask<'_>) -> Decision<'g> {
        let key = [("x-api-key", ask.key)];
        let key = &key[..usize::from(!ask.key.is_empty())];
        let headers: Vec<Header<'_>> =
            ask.fields.iter().chain(key).map(|(name, value)| Header { name: name.as_bytes(), value: value.as_bytes() }).collect();
        let (method, target) = ask.line.split_once(' ').unwrap();
        let slice = &headers[..];
        let peer = if ask.from == "unix" { Peer::Unix } else { Peer::Ip(ask.from.parse().unwrap()) };
        let (method, target) = (method.as_bytes(), target.as_bytes());
        self.guard.admit(&Request { method, target, authority: b"api.example", headers: &slice, peer, transport: ask.tls }, self.now())
    }

    /// The status, and the reason's word or the route of a grant. A granted request ends at once.
    fn ask(&self, ask: Ask<'_>) -> (u16, String) {
        match self.decide(ask) {
            Decision::Allow(grant) => {
                let route = grant.route().unwrap_or_default().to_owned();
                self.guard.settle(grant, Outcome::Served, self.now());
                (200, route)
            }
            Decision::Deny(denial) => (denial.status(), denial.reason().word().to_owned()),
        }
    }

    fn line(&self, line: &str, key: &str) -> (u16, String) {
        self.ask(Ask { line, key, ..ASK })
    }

    /// How often in a row it is granted; stops at a thousand.
    fn granted(&self, ask: Ask<'_>) -> usize {
        (0..1000).take_while(|_| self.ask(ask).0 == 200).count()
    }

    /// The fields of an answer, as lines.
    fn fields(&self, ask: Ask<'_>) -> Vec<String> {
        self.decide(ask).fields().map(|field| field.to_string()).collect()
    }

    fn counted(&self, verdict: Verdict) -> u64 {
        self.guard.state().journal().counted(verdict)
    }

    fn events(&self) -> Vec<(Verdict, u32)> {
        let mut all = Vec::new();
        self.guard.state().journal().drain(0, |_, event| all.push((event.verdict, event.count)));
        all
    }
}

fn is(found: (u16, String), status: u16, word: &str) {
    assert_eq!((found.0, found.1.as_str()), (status, word));
}

/// The comment as it stands in the text, and what shows that it is true.
type Claim = (&'static str, fn());

const CLAIMS: &[Claim] = &[
    ("also the name of the host-wide state", || {
        let folder = tempfile::tempdir().unwrap();
        let caltrop = |args: &[&str]| {
            let ran = std::process::Command::new(env!("CARGO_BIN_EXE_caltrop")).args(args).current_dir(folder.path()).output().unwrap();
            assert!(ran.status.success(), "{args:?}: {}", String::from_utf8_lossy(&ran.stderr));
        };
        let name = format!("claims-{}", std::process::id());
        caltrop(&["init", ".", "--name", &name]);
        caltrop(&["policy", "compile"]);
        let secrets = caltrop_host::secrets::prepare(&caltrop_host::secrets::in_folder(folder.path()).unwrap()).unwrap();
        let options = caltrop_host::Options::new(&name, folder.path().join("policy.cltp"), secrets);
        let path = caltrop_host::HostGuard::load(options).unwrap().state_path().unwrap().to_owned();
        assert!(path.to_str().unwrap().contains(&name), "{}", path.display());
        std::fs::remove_file(path).unwrap();
    }),
    ("or \"report\": decide, count, log, deny nothing; rules may say it too", || {
        with(&changed("\"enforce\"", "\"report\""), |api| {
            let decision = api.decide(Ask { line: "GET /v1/orders", ..ASK });
            assert!(decision.is_allowed());
            assert_eq!(decision.reported().collect::<Vec<_>>(), [(Reason::NoCredential, None)]);
            assert_eq!(api.counted(Verdict::WouldDeny(Reason::NoCredential)), 1);
            assert_eq!(api.events(), [(Verdict::WouldDeny(Reason::NoCredential), 1)]);
        });
    }),
    ("fixed memory: bucket words, one a caller and quota ...", || {
        let words = |slots: &str| {
            let image = written(&changed("65_536", slots)).image().unwrap().finish(&house::signer(), STAMP);
            let policy = Policy::open(&image, &house::trust("acme-api", &house::signer()), Floor::NONE).unwrap();
            assert_eq!(u64::from(policy.geometry().rate.lines) * 8, slots.replace('_', "").parse::<u64>().unwrap());
            State::words(policy.geometry()).unwrap()
        };
        // A word each, and a sixteenth for requests that run.
        assert_eq!(words("131_072") - words("65_536"), 65_536 + 65_536 / 16);
    }),
    ("... and key records; `policy show` prints the bytes", || {
        let shown = show(&written(TEXT)).unwrap();
        assert!(shown.contains("keyring of 2500 keys: 160000 bytes of records") && shown.contains(" bytes, state "), "{shown}");
    }),
    ("a closed list: another name is an error", || {
        let public = *house::signer().verifying_key().as_bytes();
        let text = changed("scopes = [\"chat\"]", "scopes = [\"chats\"]");
        let report = Written::read(Source::new("policy.toml", text), &|_| Ok(public)).unwrap_err();
        assert!(report.to_string().contains("scope \"chats\""), "{report}");
    }),
    ("from then on ...", || {
        // 30 June 2030.
        assert_eq!(written(TEXT).expires_s, 1_909_008_000);
    }),
    ("... it goes on and warns, or denies all: \"deny\"", || {
        let late = 1_909_008_001 - WALL_S;
        with(TEXT, |api| {
            api.at_s.set(late);
            is(api.ask(ASK), 200, "health");
            assert!(api.guard.policy().is_expired(api.now().wall_s));
        });
        with(&changed("on-expired = \"keep\"", "on-expired = \"deny\""), |api| {
            is(api.ask(ASK), 200, "health");
            api.at_s.set(late);
            is(api.ask(ASK), 503, "policy-expired");
        });
    }),
    ("only these may speak for another address; \"unix:\" is a Unix-socket peer", || {
        with(TEXT, |api| {
            let fields: &[(&str, &str)] = &[("x-forwarded-for", "10.8.0.1"), ("x-forwarded-proto", "https")];
            for from in ["unix", "127.0.0.1", "::1"] {
                is(api.ask(Ask { line: "GET /docs", from, fields, tls: PLAIN, ..ASK }), 200, "docs");
            }
            is(api.ask(Ask { line: "GET /docs", from: "127.0.0.2", fields, ..ASK }), 403, "zone");
        });
    }),
    ("exactly one field, walked right to left", || {
        with(TEXT, |api| {
            let asked = |fields: &[(&str, &str)]| api.ask(Ask { line: "GET /docs", from: "127.0.0.1", fields, ..ASK });
            let said = |chain| [("x-forwarded-for", chain), ("x-forwarded-proto", "https")];
            is(asked(&said("203.0.113.9, 10.8.0.1")), 200, "docs");
            is(asked(&said("10.8.0.1, 203.0.113.9")), 403, "zone");
            is(asked(&[("forwarded", "for=10.8.0.1"), ("x-forwarded-proto", "https")]), 403, "zone");
        });
    }),
    ("less is 403; X-Forwarded-Proto counts only from `proxies`", || {
        with(TEXT, |api| {
            let ask = Ask { line: "GET /v1/orders", key: "reader", ..ASK };
            is(api.ask(Ask { tls: Transport::Tls(TlsVersion::V1_2), ..ask }), 200, "orders-read");
            is(api.ask(Ask { tls: Transport::Tls(TlsVersion::Old), ..ask }), 403, "transport");
            let fields: &[(&str, &str)] = &[("x-forwarded-proto", "https")];
            is(api.ask(Ask { fields, tls: PLAIN, ..ask }), 403, "transport");
            is(api.ask(Ask { fields, tls: PLAIN, from: "unix", ..ask }), 200, "orders-read");
        });
    }),
    ("a wrong threat feed cannot lock us out", || {
        with(TEXT, |api| {
            is(api.ask(Ask { from: "192.0.2.99", ..ASK }), 403, "denied-zone");
            is(api.ask(Ask { from: "198.51.100.99", ..ASK }), 200, "health");
            is(api.ask(Ask { from: "198.51.100.66", ..ASK }), 200, "health");
        });
    }),
    ("preflights pass without a credential; denials carry the CORS fields too", || {
        with(TEXT, |api| {
            let origin = ("origin", "https://app.acme.example");
            let asks: &[(&str, &str)] = &[origin, ("access-control-request-method", "POST")];
            is(api.ask(Ask { line: "OPTIONS /v1/orders", fields: asks, ..ASK }), 204, "preflight");
            let denied = Ask { line: "GET /v1/orders", fields: &[origin], ..ASK };
            is(api.ask(denied), 401, "no-credential");
            assert!(api.fields(denied).contains(&"access-control-allow-origin: https://app.acme.example".to_owned()));
        });
    }),
    ("on every answer: data and no page, and over TLS nothing but TLS", || {
        with(TEXT, |api| {
            let plain = Ask { tls: PLAIN, ..ASK };
            for ask in [ASK, Ask { line: "GET /nowhere", ..ASK }, plain] {
                let fields = api.fields(ask);
                assert!(fields.contains(&"x-content-type-options: nosniff".to_owned()), "{fields:?}");
                assert!(fields.contains(&"content-security-policy: default-src 'none'; frame-ancestors 'none'".to_owned()), "{fields:?}");
                let has_tls = ask.tls != PLAIN;
                assert_eq!(fields.iter().any(|field| field.starts_with("strict-transport-security: ")), has_tls, "{fields:?}");
            }
        });
    }),
    ("what changes by the minute: own signer, own sequence, no policy release", || {
        let (own, other) = (house::signer(), ed25519_dalek::SigningKey::from_bytes(&[8; 32]));
        let files = |name: &str| Ok(*if name == "feed-keys.pub" { &other } else { &own }.verifying_key().as_bytes());
        let written = Written::read(Source::new("policy.toml", TEXT), &files).unwrap();
        let image = written.image().unwrap().finish(&own, STAMP);
        let policy = Policy::open(&image, &house::trust("acme-api", &own), Floor::NONE).unwrap();
        let (_, trust) = policy.keyring_feed().unwrap();
        let keys = |signer, sequence| build("acme-api/keys", &[], signer, Stamp { sequence, ..STAMP }).unwrap();
        assert!(Keyring::open(&keys(&own, 1), &trust, Floor::NONE).is_err());
        let newer = keys(&other, 900);
        let floor = Keyring::open(&newer, &trust, Floor::NONE).unwrap().image().floor();
        assert!(Keyring::open(&keys(&other, 899), &trust, floor).is_err());
    }),
    ("keep | deny; always an alarm", || {
        let ask = Ask { line: "GET /v1/orders", key: "reader", ..ASK };
        let old = keyring(WALL_S - 301);
        with_feeds(TEXT, &old, &[], |api| {
            is(api.ask(ask), 200, "orders-read");
            let stale: Vec<&str> = api.guard.stale(api.now()).map(|stale| stale.feed).collect();
            assert_eq!(stale, ["keys"]);
        });
        let denies = changed("stale = \"5m\", on-stale = \"keep\"", "stale = \"5m\", on-stale = \"deny\"");
        with_feeds(&denies, &old, &[], |api| is(api.ask(ask), 503, "stale"));
        with_feeds(&denies, &keyring(WALL_S), &[], |api| is(api.ask(ask), 200, "orders-read"));
    }),
    ("API keys; two different credentials in one request are a 400", || {
        with(TEXT, |api| {
            let asked = |fields| api.ask(Ask { line: "GET /v1/orders", key: "reader", fields, ..ASK });
            is(asked(&[("authorization", "Bearer writer")]), 400, "credentials");
            is(asked(&[("authorization", "Bearer reader")]), 200, "orders-read");
        });
    }),
    ("the application never sees a key, nor a token", || {
        with(TEXT, |api| {
            let passes = |name: &str| api.guard.policy().passes_on(Header { name: name.as_bytes(), value: b"Bearer reader" });
            assert_eq!(["authorization", "x-api-key", "accept"].map(passes), [false, false, true]);
        });
    }),
    ("OAuth 2.0: Keycloak here, Auth0 and Entra alike", || {
        let roles = |name: &str| format!(",\"{name}\":[\"reader\",\"admin\"]");
        let asked = |text: &str, claims: &str| {
            let mut answer = (0, String::new());
            let fields = bearer(claims);
            with(text, |api| {
                answer = api.ask(Ask { line: "GET /admin/users", from: "10.8.0.1", fields: &[("authorization", &fields)], ..ASK })
            });
            answer
        };
        is(asked(TEXT, &format!("{KEYCLOAK},\"realm_access\":{{\"roles\":[\"offline_access\",\"admin\"]}}")), 200, "admin");
        is(asked(TEXT, &format!("{KEYCLOAK},\"realm_access\":{{\"roles\":[\"offline_access\"]}}")), 403, "role");
        let of = |issuer: &str, audience: &str, claims: &str| {
            let text = changed("https://id.acme.example/realms/api", issuer).replacen("audience   = [\"acme-api\"]", audience, 1);
            text.replacen("scopes = \"scope\", roles = \"realm_access.roles\"", claims, 1)
        };
        // Auth0: the issuer ends in a slash, several audiences, roles in a claim of one's own namespace, a client's subject.
        let text = of("https://acme.eu.auth0.com/", "audience = [\"https://api.acme.example\"]", "roles = \"https://acme.example/roles\"");
        let auth0 = "\"iss\":\"https://acme.eu.auth0.com/\",\"sub\":\"m2m@clients\",\"aud\":[\"https://api.acme.example\",\"https://acme.eu.auth0.com/userinfo\"],\"iat\":1809999990,\"exp\":1810000300,\"azp\":\"m2m\",\"gty\":\"client-credentials\"";
        is(asked(&text, &(auth0.to_owned() + &roles("https://acme.example/roles"))), 200, "admin");
        is(asked(&text, &auth0.replace("auth0.com/\",\"sub", "auth0.com\",\"sub")), 401, "token-issuer");
        // Entra: one issuer a tenant, application roles, scopes in `scp`.
        let text = of(
            "https://login.microsoftonline.com/{tid}/v2.0",
            "audience = [\"api://acme\"]",
            "scopes = \"scp\", roles = \"roles\", principal = \"oid\"",
        );
        let entra = "\"iss\":\"https://login.microsoftonline.com/72f9-88/v2.0\",\"tid\":\"72f9-88\",\"oid\":\"8f2e\",\"sub\":\"pairwise\",\"aud\":\"api://acme\",\"iat\":1809999990,\"nbf\":1809999990,\"exp\":1810000300,\"ver\":\"2.0\"";
        is(asked(&text, &(entra.to_owned() + &roles("roles"))), 200, "admin");
        is(asked(&text, &(entra.replace("\"tid\":\"72f9-88\"", "\"tid\":\"72f9-89\"") + &roles("roles"))), 401, "token-issuer");
    }),
    ("the only ones accepted; they bind keys that name no \"alg\"", || {
        with(TEXT, |api| {
            let asked = |token: String| api.ask(Ask { line: "GET /v1/orders", fields: &[("authorization", &token)], ..ASK });
            let claims = format!("{KEYCLOAK},\"scope\":\"orders:read\"");
            is(asked(signed("ES256", "JWT", &claims)), 200, "orders-read");
            for other in ["none", "HS256", "RS256", "ES384"] {
                is(asked(signed(other, "JWT", &claims)), 401, "token-algorithm");
            }
        });
    }),
    ("strict RFC 9068 alone would refuse Keycloak's default", || {
        let claims = format!("{KEYCLOAK},\"scope\":\"orders:read\"");
        for (text, status) in
            [(TEXT.to_owned(), [200, 200]), (changed("typ        = [\"at+jwt\", \"JWT\"]", "typ = [\"at+jwt\"]"), [200, 401])]
        {
            with(&text, |api| {
                for (kind, status) in ["at+jwt", "JWT"].into_iter().zip(status) {
                    let token = signed("ES256", kind, &claims);
                    assert_eq!(api.ask(Ask { line: "GET /v1/orders", fields: &[("authorization", &token)], ..ASK }).0, status, "{kind}");
                }
            });
        }
    }),
    ("\"60/minute\": 60 may come at once, then one a second; burst = n says otherwise", || {
        let ask = Ask { line: "GET /v1/orders", key: "reader", ..ASK };
        let counts = |text: &str, at_once| {
            with(text, |api| {
                assert_eq!(api.granted(ask), at_once);
                api.at_s.set(1);
                assert_eq!(api.granted(ask), 1);
            });
        };
        counts(TEXT, 20);
        counts(&changed("{ limit = \"60/minute\", burst = 20 }", "\"60/minute\""), 60);
    }),
    ("every request, before routing", || {
        with(TEXT, |api| {
            (0..600).for_each(|_| is(api.line("GET /nowhere", ""), 404, "no-route"));
            is(api.ask(ASK), 429, "address-quota");
            let office = Ask { from: "198.51.100.7", ..ASK };
            assert_eq!(api.granted(office), 1000);
        });
    }),
    ("never refuses a valid API key", || {
        with(TEXT, |api| {
            (0..20).for_each(|_| is(api.line("GET /v1/orders", "guess"), 401, "key-unknown"));
            is(api.line("GET /v1/orders", "guess"), 429, "failures");
            is(api.line("GET /v1/orders", "reader"), 200, "orders-read");
        });
    }),
    ("one bucket for all callers", || {
        with(TEXT, |api| {
            is(api.line("GET /v1/orders/export", "reader"), 200, "export");
            is(api.line("GET /v1/orders/export", "pro"), 200, "export");
            is(api.line("GET /v1/orders/export", "reader"), 429, "quota");
            is(api.line("GET /v1/orders/export", "pro"), 429, "quota");
        });
    }),
    ("the app charges an estimate, settles the true number", || {
        with(TEXT, |api| {
            let Decision::Allow(grant) = api.decide(Ask { line: "POST /v1/chat", key: "acme", ..ASK }) else { panic!("it may chat") };
            let payer = grant.facts().payer();
            api.guard.charge(&payer, "tokens", 20_000, api.now()).unwrap();
            assert!(matches!(api.guard.charge(&payer, "tokens", 100, api.now()), Err(ChargeError::Refused(_))));
            api.guard.settle_cost(&payer, "tokens", 20_000, 5_000, api.now()).unwrap();
            api.guard.charge(&payer, "tokens", 15_000, api.now()).unwrap();
            assert!(api.guard.charge(&payer, "tokens", 100, api.now()).is_err());
        });
    }),
    ("so many at once; one that nobody ends is over by itself", || {
        with(TEXT, |api| {
            let chat = |key| Ask { line: "POST /v1/chat", key, ..ASK };
            // Two of the tenant's, whoever of it they are.
            assert!(api.decide(chat("acme")).is_allowed() && api.decide(chat("acme-too")).is_allowed());
            is(api.ask(chat("acme")), 429, "busy");
            api.at_s.set(119);
            is(api.ask(chat("acme-too")), 429, "busy");
            api.at_s.set(181);
            is(api.ask(chat("acme")), 200, "chat");
        });
    }),
    ("a key or the claim above names its plan; who names none is in \"default\"", || {
        with(TEXT, |api| {
            let claims = format!("{KEYCLOAK},\"scope\":\"orders:read\",\"org_plan\":\"free\"");
            let free = bearer(&claims);
            assert_eq!(api.granted(Ask { line: "GET /v1/orders", fields: &[("authorization", &free)], ..ASK }), 10);
            // A write costs five of 20, of 10 and of 50.
            assert_eq!(["writer", "free"].map(|key| api.granted(Ask { line: "POST /v1/orders", key, ..ASK })), [4, 2]);
            assert_eq!(api.granted(Ask { line: "GET /v1/orders", key: "pro", ..ASK }), 50);
        });
    }),
    ("most specific template wins, never file order; no route: 404 outside, `no-route` in the log", || {
        with(TEXT, |api| {
            is(api.line("GET /v1/orders/17", "reader"), 200, "orders-read");
            is(api.line("GET /v1/orders/export", "reader"), 200, "export");
            is(api.line("GET /nowhere", ""), 404, "no-route");
            assert_eq!(api.events().pop(), Some((Verdict::Deny(Reason::NoRoute), 1)));
        });
    }),
    ("in plaintext, too", || with(TEXT, |api| is(api.ask(Ask { tls: PLAIN, ..ASK }), 200, "health"))),
    ("object level: only one's own", || {
        with(TEXT, |api| {
            is(api.line("GET /v1/tenants/acme/users/1", "acme"), 200, "tenant-own");
            is(api.line("DELETE /v1/tenants/globex/users/1", "acme"), 403, "where");
            is(api.line("GET /v1/tenants/acme/users/1", "nobody"), 403, "where");
        });
    }),
    ("not there, but for whom it serves", || {
        with(TEXT, |api| {
            is(api.line("GET /v1/secret/plans", "writer"), 200, "secret");
            for key in ["", "reader", "guess"] {
                let line = |line| Ask { line, key, ..ASK };
                let [hidden, missing] = [line("GET /v1/secret/plans"), line("GET /v1/secrets/plans")].map(|ask| {
                    let decision = api.decide(ask);
                    (decision.status(), decision.fields().map(|field| field.to_string()).collect::<Vec<_>>())
                });
                let told = |fields: &[String]| fields.iter().filter(|field| !field.starts_with("ratelimit")).cloned().collect::<Vec<_>>();
                assert_eq!((hidden.0, told(&hidden.1)), (404, told(&missing.1)), "{key:?}");
            }
        });
    }),
    ("VPN only", || {
        with(TEXT, |api| {
            let admin = bearer(&format!("{KEYCLOAK},\"realm_access\":{{\"roles\":[\"admin\"]}}"));
            let asked = |from| api.ask(Ask { line: "GET /admin/users", fields: &[("authorization", &admin)], from, ..ASK });
            is(asked("10.8.255.255"), 200, "admin");
            is(asked("10.9.0.0"), 403, "zone");
            is(asked("198.51.100.7"), 403, "zone");
        });
    }),
    ("told, not refused", || {
        with(TEXT, |api| {
            let decision = api.decide(Ask { line: "GET /legacy/things", key: "nobody", ..ASK });
            assert!(decision.is_allowed());
            assert_eq!(decision.reported().collect::<Vec<_>>(), [(Reason::Zone, None)]);
            assert_eq!(api.events(), [(Verdict::WouldDeny(Reason::Zone), 1)]);
        });
        // An exception that is over is told when the policy is read.
        let public = *house::signer().verifying_key().as_bytes();
        let later = Written::read_at(Source::new("policy.toml", TEXT), &|_| Ok(public), 1_909_008_001).unwrap();
        assert!(later.warnings.to_string().contains("legacy"), "{}", later.warnings);
    }),
    ("a write weighs five reads; all charged, or none", || {
        with(TEXT, |api| {
            // Twenty at once, five a write: after one write fifteen reads' worth, and a fourth write that does not fit takes nothing.
            let (write, chat) =
                (Ask { line: "POST /v1/orders", key: "writer", ..ASK }, Ask { line: "GET /v1/secret/x", key: "writer", ..ASK });
            assert_eq!(api.granted(write), 4);
            api.at_s.set(4);
            assert_eq!(api.ask(write).0, 429);
            // Four are back, and none of them was taken by the write that wanted five.
            assert_eq!(api.granted(chat), 4);
        });
    }),
    ("a flood of one (reason, address) folds into one event with a count", || {
        with(TEXT, |api| {
            (0..500).for_each(|_| is(api.line("GET /nowhere", ""), 404, "no-route"));
            // Each event of a flood takes the place of the one before it, at 1, 2, 4 and so on; a minute later another begins.
            api.at_s.set(60);
            is(api.line("GET /nowhere", ""), 404, "no-route");
            let told: Vec<u32> = api.events().into_iter().map(|(_, count)| count).collect();
            assert_eq!(told, [1, 2, 4, 8, 16, 32, 64, 128, 256, 1]);
            assert_eq!(api.counted(Verdict::Deny(Reason::NoRoute)), 501);
        });
    }),
    ("sampled; counters stay exact", || {
        with(TEXT, |api| {
            let office = Ask { from: "198.51.100.7", ..ASK };
            (0..5000).for_each(|_| is(api.ask(office), 200, "health"));
            assert_eq!(api.counted(Verdict::Pass), 5000);
            let sampled = api.guard.state().journal().drain(0, |_, _| ());
            assert!((20..=90).contains(&sampled.next), "{}", sampled.next);
        });
    }),
    ("policy unit tests: `policy test` runs them, and so does every example server's suite", || {
        let rows = run(&written(TEXT)).unwrap();
        assert!(rows.len() >= 29 && rows.iter().all(|row| row.mismatches.is_empty()), "{rows:?}");
        // The suite is given this very file.
        assert!(include_str!("../../ci/suite.sh").contains("examples/reference/policy.toml"));
    }),
];

#[test]
fn every_comment_has_its_check_and_every_check_its_comment() {
    let after = |line: &'static str| line.split_once("# ").map(|(before, comment)| (before.trim(), comment.trim()));
    let comments: Vec<&str> = TEXT.lines().filter_map(after).filter(|(before, _)| !before.is_empty()).map(|(_, comment)| comment).collect();
    let checked: Vec<&str> = CLAIMS.iter().map(|(comment, _)| *comment).collect();
    assert_eq!(comments, checked);
}

#[test]
fn each_line_does_what_its_comment_says() {
    for (comment, check) in CLAIMS {
        println!("{comment}");
        check();
    }
}
