//! Where packets end on a stream.

use highper_net::framing::{Framing, Malformed, Step};

/// The rule by which what is received is cut.
#[derive(Clone, Debug, Default)]
pub enum Cut {
    /// What one call receives is a packet.
    #[default]
    None,
    /// One packet after the other, by lengths or marks.
    Each(Framing),
    /// All that was received, once it ends with the mark (Swoole's `open_eof_check` without
    /// `open_eof_split`).
    AtEnd {
        /// The mark.
        mark: Vec<u8>,
        /// Bytes of a packet at most.
        limit: usize,
    },
}

impl Cut {
    /// Looks for the first packet; `seen` bytes were looked at before.
    ///
    /// # Errors
    /// As [`Framing::first`].
    pub fn first(
        &self,
        bytes: &[u8],
        seen: usize,
        function: impl FnOnce(&[u8]) -> i64,
    ) -> Result<Step, Malformed> {
        match self {
            Self::None if bytes.is_empty() => Ok(Step::More(1)),
            Self::None => Ok(Step::Packet(bytes.len())),
            Self::Each(framing) => framing.first(bytes, seen, function),
            Self::AtEnd { mark, .. } if bytes.ends_with(mark) => Ok(Step::Packet(bytes.len())),
            Self::AtEnd { limit, .. } if bytes.len() >= *limit => Err(Malformed::NoMark),
            Self::AtEnd { .. } => Ok(Step::More(bytes.len() + 1)),
        }
    }

    /// Does a packet end where a receive ends?
    #[must_use]
    pub fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_at_the_end_takes_all_before_it() {
        let cut = Cut::AtEnd {
            mark: b"\r\n".to_vec(),
            limit: 16,
        };
        let first = |bytes: &[u8]| cut.first(bytes, 0, |_| 0);
        assert_eq!(first(b"a\r\nb"), Ok(Step::More(5)));
        assert_eq!(first(b"a\r\nb\r\n"), Ok(Step::Packet(6)));
        assert_eq!(first(b"0123456789abcdef"), Err(Malformed::NoMark));
        assert_eq!(Cut::None.first(b"xy", 0, |_| 0), Ok(Step::Packet(2)));
    }
}
