//! `caltrop::access`: paths and routes.

use caltrop::access::{Match, Path, PathError, Routes, Segment};

#[unsafe(no_mangle)]
pub fn np_path_parse<'r>(target: &'r [u8]) -> Result<Path<'r>, PathError> {
    Path::parse(target)
}

#[unsafe(no_mangle)]
pub fn np_path_segments(path: &Path<'_>) -> usize {
    path.segments().fold(0, |sum, segment| segment.decoded().count().wrapping_add(sum))
}

#[unsafe(no_mangle)]
pub fn np_segment_compare(segment: &Segment<'_>, literal: &[u8]) -> bool {
    segment.cmp_decoded(literal).is_eq()
}

#[unsafe(no_mangle)]
pub fn np_routes_find(routes: &Routes<'_>, method: &[u8], path: &Path<'_>) -> Option<Match> {
    routes.find(method, path)
}

#[unsafe(no_mangle)]
pub fn np_routes_route(routes: &Routes<'_>, index: u16) -> Option<usize> {
    routes.route(index).map(|route| route.charges().len())
}
