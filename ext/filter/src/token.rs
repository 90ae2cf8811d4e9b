//! Small texts in fields.

/// May it be a method or a field's name (RFC 9110, 5.6.2)?
pub(crate) fn is_token(text: &[u8]) -> bool {
    !text.is_empty()
        && text
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(b))
}

/// May it be a field's value: visible ASCII and blanks?
pub(crate) fn is_value(text: &[u8]) -> bool {
    text.iter().all(|b| (b' '..=b'~').contains(b))
}

/// Entries of a list of tokens, without blanks and empty ones.
pub(crate) fn entries(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    list.split(|b| *b == b',')
        .map(<[u8]>::trim_ascii)
        .filter(|entry| !entry.is_empty())
}
