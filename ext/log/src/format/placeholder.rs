//! PSR-3's `{placeholder}`s.

use super::inline;
use crate::Value;

/// Offers the message piece by piece with placeholders replaced; a name that the context does
/// not have stays as it is.
pub(super) fn each(message: &[u8], context: &[(&[u8], Value<'_>)], piece: &mut dyn FnMut(&[u8])) {
    if context.is_empty() {
        return piece(message);
    }
    let mut scratch = vec![];
    let mut rest = message;
    while let Some(open) = rest.iter().position(|b| *b == b'{') {
        let inner = &rest[open + 1..];
        let len = inner
            .iter()
            .take_while(|b| b.is_ascii_alphanumeric() || b"_.".contains(b))
            .count();
        let found = match inner.get(len) {
            Some(b'}') => context.iter().find(|(name, _)| *name == &inner[..len]),
            _ => None,
        };
        match found {
            Some((_, Value::Str(text))) => {
                piece(&rest[..open]);
                piece(text);
                rest = &inner[len + 1..];
            }
            Some((_, value)) => {
                piece(&rest[..open]);
                scratch.clear();
                inline(value, &mut scratch);
                piece(&scratch);
                rest = &inner[len + 1..];
            }
            None => {
                piece(&rest[..=open]);
                rest = inner;
            }
        }
    }
    piece(rest);
}
