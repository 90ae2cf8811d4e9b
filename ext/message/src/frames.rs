//! Where messages end on a stream, and how answers are marked.

use highper_net::framing::{Framing, Integer, Length};

/// How messages are told apart on a stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Frames {
    /// A line each; a carriage return before its end belongs to the end.
    #[default]
    Line,
    /// A zero byte ends each.
    Nul,
    /// A length of two bytes before each, the high one first.
    U16,
    /// A length of four bytes before each, the high one first.
    U32,
    /// A length of two bytes before each, the low one first.
    U16Le,
    /// A length of four bytes before each, the low one first.
    U32Le,
}

/// All of them, by name.
const ALL: [(&str, Frames); 6] = [
    ("line", Frames::Line),
    ("nul", Frames::Nul),
    ("u16", Frames::U16),
    ("u32", Frames::U32),
    ("u16le", Frames::U16Le),
    ("u32le", Frames::U32Le),
];

impl Frames {
    /// By name: `line`, `nul`, `u16`, `u32`, `u16le`, `u32le`.
    ///
    /// # Errors
    /// The names that there are.
    pub fn parse(name: &str) -> Result<Self, String> {
        let found = ALL.iter().find(|(known, _)| *known == name);
        found.map(|(_, frames)| *frames).ok_or_else(|| {
            let names: Vec<&str> = ALL.iter().map(|(name, _)| *name).collect();
            format!("must be one of {}, '{name}' given", names.join(", "))
        })
    }

    /// The rule for messages of so many bytes at most.
    #[must_use]
    pub fn framing(self, limit: usize) -> Framing {
        let (mark, integer) = match self {
            Self::Line => (Some(b'\n'), Integer::U32Big),
            Self::Nul => (Some(0), Integer::U32Big),
            Self::U16 => (None, Integer::U16Big),
            Self::U32 => (None, Integer::U32Big),
            Self::U16Le => (None, Integer::U16Little),
            Self::U32Le => (None, Integer::U32Little),
        };
        Framing {
            by_length: mark.is_none(),
            by_mark: mark.is_some(),
            length: Length::Integer(integer),
            body: self.head(),
            mark: mark.into_iter().collect(),
            limit: limit.saturating_add(4),
            ..Framing::default()
        }
    }

    /// Bytes before a message.
    fn head(self) -> usize {
        match self {
            Self::Line | Self::Nul => 0,
            Self::U16 | Self::U16Le => 2,
            Self::U32 | Self::U32Le => 4,
        }
    }

    /// The message in a packet that the rule has cut.
    #[must_use]
    pub fn open(self, packet: &[u8]) -> &[u8] {
        match self {
            Self::Line => {
                let line = packet.strip_suffix(b"\n").unwrap_or(packet);
                line.strip_suffix(b"\r").unwrap_or(line)
            }
            Self::Nul => packet.strip_suffix(b"\0").unwrap_or(packet),
            _ => packet.get(self.head()..).unwrap_or_default(),
        }
    }

    /// Puts an answer into a frame.
    ///
    /// # Errors
    /// Why it fits into none.
    pub fn close(self, answer: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
        let length = answer.len();
        let short = || {
            u16::try_from(length)
                .map_err(|_| format!("an answer of {length} bytes is too long for a length of two"))
        };
        let long = || {
            u32::try_from(length).map_err(|_| {
                format!("an answer of {length} bytes is too long for a length of four")
            })
        };
        match self {
            Self::Line => {
                let answer = answer.strip_suffix(b"\n").unwrap_or(answer);
                if answer.contains(&b'\n') {
                    return Err("an answer of several lines can't be sent as one: answer with JSON, or choose another framing".into());
                }
                out.extend_from_slice(answer);
                out.push(b'\n');
                return Ok(());
            }
            Self::Nul => {
                if answer.contains(&0) {
                    return Err("an answer with a zero byte can't be sent where one ends each: choose another framing".into());
                }
                out.extend_from_slice(answer);
                out.push(0);
                return Ok(());
            }
            Self::U16 => out.extend_from_slice(&short()?.to_be_bytes()),
            Self::U16Le => out.extend_from_slice(&short()?.to_le_bytes()),
            Self::U32 => out.extend_from_slice(&long()?.to_be_bytes()),
            Self::U32Le => out.extend_from_slice(&long()?.to_le_bytes()),
        }
        out.extend_from_slice(answer);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use highper_net::framing::Step;

    #[test]
    fn what_was_closed_is_cut_and_opened_again() {
        for (name, frames) in ALL {
            assert_eq!(Frames::parse(name), Ok(frames));
            let framing = frames.framing(100);
            for message in [&b"a message"[..], b"", &[b'x'; 100]] {
                let mut out = Vec::new();
                frames.close(message, &mut out).unwrap();
                let length = out.len();
                out.extend_from_slice(b"the next");
                let step = framing.first(&out, 0, |_| 0);
                assert_eq!(step, Ok(Step::Packet(length)), "{name}");
                assert_eq!(frames.open(&out[..length]), message, "{name}");
            }
        }
        assert_eq!(Frames::Line.open(b"x\r\n"), b"x");
    }

    #[test]
    fn what_would_break_a_frame_is_refused() {
        let mut out = Vec::new();
        assert!(Frames::Line.close(b"two\nlines", &mut out).is_err());
        assert!(Frames::Nul.close(b"a\0b", &mut out).is_err());
        assert!(Frames::U16.close(&[0; 70_000], &mut out).is_err());
        assert!(out.is_empty());
        let why = Frames::parse("lines").unwrap_err();
        assert!(why.contains("u16le, u32le, 'lines' given"), "{why}");
    }
}
