//! The numbers of the fixed table's names: RFC 7541, appendix A.

use super::tables::FIELDS;
use std::sync::LazyLock;

/// The numbers of the fields whose names have a length, in their order: names are at most 27 bytes long.
static BY_LENGTH: LazyLock<[Vec<u8>; 32]> = LazyLock::new(|| {
    let mut lengths: [Vec<u8>; 32] = Default::default();
    for (at, (name, _)) in FIELDS.iter().enumerate() {
        lengths[name.len()].push(at as u8 + 1);
    }
    lengths
});

/// The number of a field, or of the first with its name, in any case: and whether its value is the same.
pub(super) fn find(name: &[u8], value: &[u8]) -> Option<(usize, bool)> {
    let mut named = None;
    for index in BY_LENGTH.get(name.len())? {
        let index = usize::from(*index);
        let (its, text) = FIELDS[index - 1];
        if its.as_bytes().eq_ignore_ascii_case(name) {
            if text.as_bytes() == value && !text.is_empty() {
                return Some((index, true));
            }
            named.get_or_insert((index, false));
        }
    }
    named
}
