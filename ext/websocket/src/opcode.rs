//! What a frame is for: RFC 6455, section 5.2.

/// What a frame is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u8)]
pub enum Opcode {
    /// More of the message under way.
    Continuation = 0,
    /// A message, or its beginning, in UTF-8.
    Text = 1,
    /// A message, or its beginning, of bytes.
    Binary = 2,
    /// The end of the connection.
    Close = 8,
    /// Asks for a pong.
    Ping = 9,
    /// Answers a ping, or says that the peer is there.
    Pong = 10,
}

impl Opcode {
    /// The opcode of a number; none for reserved ones.
    #[inline]
    #[must_use]
    pub const fn of(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            _ => return None,
        })
    }

    /// Is it a control frame: short, never in parts, allowed between the parts of a message?
    #[inline]
    #[must_use]
    pub const fn is_control(self) -> bool {
        self as u8 & 8 != 0
    }
}
