//! Tokens: known again by their key, purpose and context until they expire, and never otherwise.

use caltrop::Now;
use caltrop::signed::{CLAIMS_MAX, IssueError, TOKEN_MAX, TokenKey, TokenReason, Tokens, TokensError, token_len};
use caltrop::time::Quality;

const NOW: Now = Now { wall_s: 1_796_000_000, mono_ns: 0, quality: Quality::Trusted };

/// Made by Python's `hmac` and `base64` from docs/formats.md: key 7 of bytes 0 to 31, purpose "download-link", context "/files/17",
/// claims "user=42", good until 1796003600.
const KNOWN: &str = "c1.BxDXDGsAAAAAdXNlcj00Mg.11xCa4ECWydAqKe0cvaEzpwdSAQvZ0c0sz6ubF0QXqs";

fn key(id: u8) -> TokenKey {
    TokenKey::new(id, &std::array::from_fn::<u8, 32, _>(|at| u8::try_from(at).unwrap() ^ id ^ 7)).unwrap()
}

fn verify(tokens: Tokens<'_>, token: &[u8], now: Now) -> Result<Vec<u8>, TokenReason> {
    let mut room = [0xee; CLAIMS_MAX];
    let answer = tokens.verify(token, now, &mut room).map(|claims| claims.bytes.to_vec());
    assert!(answer.is_ok() || room == [0xee; CLAIMS_MAX], "a refusal has written nothing");
    answer
}

#[test]
fn a_token_of_another_implementation_is_the_same() {
    let keys = [key(7)];
    let links = Tokens::new(&keys, "download-link").unwrap().bound_to(b"/files/17");
    let mut text = [0; TOKEN_MAX];
    assert_eq!(links.issue(b"user=42", NOW.wall_s + 3600, &mut text), Ok(KNOWN));
    assert_eq!(verify(links, KNOWN.as_bytes(), NOW).as_deref(), Ok(&b"user=42"[..]));
}

#[test]
fn claims_of_every_length_come_back() {
    let keys = [key(1)];
    let tokens = Tokens::new(&keys, "session").unwrap();
    let claims: Vec<u8> = (0..=255).cycle().take(CLAIMS_MAX + 1).collect();
    let mut text = [0; TOKEN_MAX];
    for length in 0..=CLAIMS_MAX {
        let token = tokens.issue(&claims[..length], u64::MAX, &mut text).unwrap();
        assert_eq!(token.len(), token_len(length));
        assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)), "{token} goes into a URL as it is");
        assert_eq!(verify(tokens, token.as_bytes(), NOW).as_deref(), Ok(&claims[..length]), "{length}");
        let mut short = vec![0; length.saturating_sub(1)];
        let refused = tokens.verify(token.as_bytes(), NOW, &mut short).err();
        assert_eq!(refused, (length > 0).then_some(TokenReason::Room));
    }
    assert_eq!(tokens.issue(&claims, 1, &mut text), Err(IssueError::ClaimsTooLong { given: CLAIMS_MAX + 1 }));
    let mut short = [0xee; 68];
    assert_eq!(tokens.issue(b"user=42", 1, &mut short), Err(IssueError::Room { need: 69, have: 68 }));
    assert_eq!(short, [0xee; 68], "a failure has written nothing");
}

#[test]
fn no_byte_of_a_token_can_be_another() {
    let keys = [key(7), key(6)];
    let links = Tokens::new(&keys, "download-link").unwrap().bound_to(b"/files/17");
    let mut changed = 0;
    for at in 0..KNOWN.len() {
        for byte in (0..=255).filter(|&byte| byte != KNOWN.as_bytes()[at]) {
            let mut wrong = KNOWN.as_bytes().to_vec();
            wrong[at] = byte;
            assert!(verify(links, &wrong, NOW).is_err(), "{}", String::from_utf8_lossy(&wrong));
            changed += 1;
        }
    }
    for cut in 0..KNOWN.len() {
        assert!(verify(links, &KNOWN.as_bytes()[..cut], NOW).is_err());
        assert!(verify(links, &KNOWN.as_bytes()[cut + 1..], NOW).is_err());
    }
    for wrong in [format!("{KNOWN}="), format!("{KNOWN}A"), format!(" {KNOWN}"), KNOWN.repeat(30)] {
        assert_eq!(verify(links, wrong.as_bytes(), NOW), Err(TokenReason::Malformed));
    }
    println!("token: {changed} changes of a byte, none verifies");
}

#[test]
fn a_token_of_one_use_means_nothing_in_another() {
    let keys = [key(7)];
    let uses: [(&str, &[u8]); 8] = [
        ("download-link", b"/files/17"),
        ("download-link", b"/files/1"),
        ("download-link", b""),
        ("download-lin", b"k/files/17"),
        ("download-link/files/17", b""),
        ("session", b""),
        ("session", b"c1."),
        ("s", b"ession"),
    ];
    for (issuer, (purpose, context)) in uses.iter().enumerate() {
        let mut text = [0; TOKEN_MAX];
        let token = Tokens::new(&keys, purpose).unwrap().bound_to(context).issue(b"x", u64::MAX, &mut text).unwrap();
        for (reader, (purpose, context)) in uses.iter().enumerate() {
            let answer = verify(Tokens::new(&keys, purpose).unwrap().bound_to(context), token.as_bytes(), NOW);
            assert_eq!(answer.is_ok(), issuer == reader, "{issuer} read as {reader}");
        }
    }
}

#[test]
fn a_token_ends_at_its_second_and_before_that_only_on_a_trusted_clock() {
    let keys = [key(7)];
    let links = Tokens::new(&keys, "download-link").unwrap().bound_to(b"/files/17");
    let ask = |wall_s, quality| verify(links, KNOWN.as_bytes(), Now { wall_s, quality, ..NOW }).map(|_| ());
    assert_eq!(ask(1_796_003_599, Quality::Trusted), Ok(()));
    assert_eq!(ask(1_796_003_600, Quality::Trusted), Err(TokenReason::Expired));
    assert_eq!(ask(u64::MAX, Quality::Trusted), Err(TokenReason::Expired));
    assert_eq!(ask(0, Quality::Untrusted), Err(TokenReason::Clock));
}

#[test]
fn keys_live_side_by_side_and_a_key_taken_away_takes_its_tokens() {
    let (old, both, new) = ([key(1)], [key(2), key(1)], [key(2)]);
    let tokens = |keys| Tokens::new(keys, "session").unwrap();
    let (mut first, mut second) = ([0; TOKEN_MAX], [0; TOKEN_MAX]);
    let of_old = tokens(&old).issue(b"x", u64::MAX, &mut first).unwrap().as_bytes();
    let of_new = tokens(&both).issue(b"x", u64::MAX, &mut second).unwrap().as_bytes();
    assert!(verify(tokens(&both), of_old, NOW).is_ok() && verify(tokens(&both), of_new, NOW).is_ok());
    assert_eq!(verify(tokens(&new), of_old, NOW), Err(TokenReason::UnknownKey));
    assert_eq!(verify(tokens(&old), of_new, NOW), Err(TokenReason::UnknownKey));
    let renamed = [TokenKey::new(1, &[0x55; 32]).unwrap()];
    assert_eq!(verify(tokens(&renamed), of_old, NOW), Err(TokenReason::Forged), "the number of a key is not the key");
}

#[test]
fn keys_and_purposes_that_could_be_mistaken_are_refused() {
    assert_eq!(Tokens::new(&[], "session").err(), Some(TokensError::NoKey));
    assert_eq!(Tokens::new(&[key(1), key(2), key(1)], "session").err(), Some(TokensError::TwoKeys { id: 1 }));
    for purpose in ["", "two words", "søren", &"p".repeat(64)] {
        assert_eq!(Tokens::new(&[key(1)], purpose).err(), Some(TokensError::Purpose), "{purpose:?}");
    }
    assert!(TokenKey::new(1, &[0; 31]).is_err());
    assert_eq!(format!("{:?}", key(1)), "TokenKey { id: 1, key: Key(..) }");
}
