//! Where packets end on a stream.

use crate::requests::{self, Requests};
use highper_http1::Limits;
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
    /// One request of HTTP/1.1 after the other, head and body (Swoole's `open_http_protocol`). By [`Cut::requests`].
    Requests(Box<Limited>),
}

/// What requests may have.
#[derive(Clone, Debug)]
pub struct Limited {
    /// Bytes of head and body at most.
    bytes: usize,
    limits: Limits,
}

impl Limited {
    pub(crate) fn look(
        &self,
        reader: &mut Requests,
        bytes: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Step, Malformed> {
        reader.look(bytes, self.bytes, &self.limits, out)
    }
}

impl Cut {
    /// Requests of HTTP/1.1 of so many bytes at most.
    #[must_use]
    pub fn requests(limit: usize) -> Self {
        Self::Requests(Box::new(Limited {
            bytes: limit,
            limits: requests::limits(limit),
        }))
    }

    /// Looks for the first packet; `seen` bytes were looked at before. A request of HTTP is looked at from its beginning:
    /// a connection has a reader that goes on.
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
            Self::Requests(limited) => {
                limited.look(&mut Requests::default(), bytes, &mut Vec::new())
            }
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
