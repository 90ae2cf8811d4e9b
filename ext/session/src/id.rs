//! What a client is known by.

use crate::{base64, random};
use aws_lc_rs::digest::{SHA256, digest};
use std::fmt::Write;
use std::io;

/// The id of a session: 256 random bits, which only the client and the worker that reads its cookie see.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Id([u8; 32]);

impl std::fmt::Debug for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Logs are no place for it.
        write!(f, "Id({}…)", &self.name()[..8])
    }
}

impl Id {
    /// A new one.
    ///
    /// # Errors
    /// The system has no random bytes.
    pub fn new() -> io::Result<Self> {
        random().map(Self)
    }

    /// Of a cookie's value; nothing where it can't be one.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        if value.len() != 43 {
            return None;
        }
        let bytes = base64::decode(value)?;
        bytes.try_into().ok().map(Self)
    }

    /// For the cookie.
    #[must_use]
    pub fn text(&self) -> String {
        base64::encode(&self.0)
    }

    /// What a store gets to see: whoever reads the store can't take a session over. 64 digits.
    #[must_use]
    pub fn name(&self) -> String {
        let hash = digest(&SHA256, &self.0);
        hash.as_ref()
            .iter()
            .fold(String::with_capacity(64), |mut text, byte| {
                // Writing to a string does not fail.
                let _done = write!(text, "{byte:02x}");
                text
            })
    }

    /// A number for locks.
    #[must_use]
    pub fn number(&self) -> u64 {
        let hash = digest(&SHA256, &self.0);
        hash.as_ref()
            .first_chunk()
            .map_or(0, |bytes| u64::from_be_bytes(*bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        let id = Id::new().unwrap();
        assert_eq!(Id::parse(id.text().as_bytes()), Some(id.clone()));
        assert_eq!(id.name().len(), 64);
        assert_ne!(id, Id::new().unwrap());
        for text in ["", "x", &"A".repeat(42), &"A".repeat(44), &"!".repeat(43)] {
            assert_eq!(Id::parse(text.as_bytes()), None);
        }
    }
}
