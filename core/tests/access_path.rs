//! A path is canonical or refused.

use caltrop::access::{PATH_MAX, Path, PathError, SEGMENTS_MAX};

fn error(target: &str) -> Option<PathError> {
    Path::parse(target.as_bytes()).err()
}

#[test]
fn canonical_paths_pass_as_they_are() {
    for target in
        ["/", "/v1", "/v1/", "/a.b/c..d/...", "/%7Euser", "/caf%C3%A9", "/a:b@c!$&'()*+,=-._~", "/v1?x=/../%2f;", "/v1??", "/%F0%9F%A6%80"]
    {
        assert_eq!(error(target), None, "{target}");
    }
}

#[test]
fn each_way_to_be_misread_is_refused() {
    use PathError::{Byte, DotSegment, EmptySegment, Escape, EscapedByte, NotOriginForm, NotUtf8, TooLong, TooManySegments};
    for (target, refused) in [
        ("", NotOriginForm),
        ("*", NotOriginForm),
        ("http://h/", NotOriginForm),
        ("//", EmptySegment),
        ("//v1", EmptySegment),
        ("/v1//x", EmptySegment),
        ("/.", DotSegment),
        ("/v1/..", DotSegment),
        ("/v1/../admin", DotSegment),
        ("/v1/%2e%2E/admin", DotSegment),
        ("/v1/.%2e/admin", DotSegment),
        ("/v1%2fadmin", EscapedByte),
        ("/v1%5Cadmin", EscapedByte),
        ("/v1%3Badmin", EscapedByte),
        ("/v1%2561", EscapedByte),
        ("/v1%00", EscapedByte),
        ("/v1%7f", EscapedByte),
        ("/v1;x=1", Byte),
        ("/v1\\admin", Byte),
        ("/v1#x", Byte),
        ("/v1?a#x", Byte),
        ("/v 1", Byte),
        ("/\u{e9}", Byte),
        ("/%", Escape),
        ("/%4", Escape),
        ("/%zz", Escape),
        ("/%C3", NotUtf8),
        ("/%C3/%A9", NotUtf8),
        ("/%ED%A0%80", NotUtf8),
    ] {
        assert_eq!(error(target), Some(refused), "{target}");
    }
    assert_eq!(error(&format!("/{}", "a".repeat(PATH_MAX))), Some(TooLong));
    assert_eq!(error(&"/a".repeat(SEGMENTS_MAX)), None);
    assert_eq!(error(&"/a".repeat(SEGMENTS_MAX + 1)), Some(TooManySegments));
}

#[test]
fn segments_compare_decoded() {
    let path = Path::parse(b"/%61dmin/x").unwrap();
    let first = path.segments().next().unwrap();
    assert!(first.cmp_decoded(b"admin").is_eq());
    assert!(first.cmp_decoded(b"Admin").is_gt());
    assert!(first.cmp_decoded(b"adminx").is_lt());
}
