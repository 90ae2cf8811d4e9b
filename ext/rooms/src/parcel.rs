//! What one worker hands to the others: a message, and for whom it is.

use highper_websocket::Opcode;

/// For whom a message is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Target {
    /// The members of these rooms, each once.
    pub rooms: Vec<Box<[u8]>>,
    /// All connections, whatever their rooms.
    pub everyone: bool,
    /// Not these connections.
    pub except: Vec<u64>,
}

/// A message for other workers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parcel<'p> {
    /// For whom.
    pub target: Target,
    /// Text or binary.
    pub is_binary: bool,
    /// The message.
    pub payload: &'p [u8],
}

const BINARY: u8 = 1;
const EVERYONE: u8 = 2;

impl<'p> Parcel<'p> {
    /// What kind of frame it becomes.
    #[must_use]
    pub fn opcode(&self) -> Opcode {
        match self.is_binary {
            true => Opcode::Binary,
            false => Opcode::Text,
        }
    }

    /// As bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let target = &self.target;
        let mut out = Vec::with_capacity(64 + self.payload.len());
        let flags = (u8::from(self.is_binary) * BINARY) | (u8::from(target.everyone) * EVERYONE);
        out.push(flags);
        out.extend((target.rooms.len() as u32).to_ne_bytes());
        for room in &target.rooms {
            out.extend((room.len() as u32).to_ne_bytes());
            out.extend_from_slice(room);
        }
        out.extend((target.except.len() as u32).to_ne_bytes());
        for id in &target.except {
            out.extend(id.to_ne_bytes());
        }
        out.extend_from_slice(self.payload);
        out
    }

    /// What another worker has sent; `None` for anything else.
    #[must_use]
    pub fn from_bytes(bytes: &'p [u8]) -> Option<Self> {
        let (flags, rest) = bytes.split_first()?;
        let (count, mut rest) = number(rest)?;
        let mut target = Target {
            everyone: flags & EVERYONE != 0,
            ..Target::default()
        };
        for _ in 0..count {
            let (length, behind) = number(rest)?;
            let (room, behind) = behind.split_at_checked(length)?;
            target.rooms.push(room.into());
            rest = behind;
        }
        let (count, mut rest) = number(rest)?;
        for _ in 0..count {
            let (id, behind) = rest.split_first_chunk::<8>()?;
            target.except.push(u64::from_ne_bytes(*id));
            rest = behind;
        }
        Some(Self {
            target,
            is_binary: flags & BINARY != 0,
            payload: rest,
        })
    }
}

fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_ne_bytes(*number) as usize, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parcels_come_back_as_they_were() {
        let target = Target {
            rooms: vec![b"news".as_slice().into(), b"".as_slice().into()],
            everyone: true,
            except: vec![1, u64::MAX],
        };
        for (target, is_binary, payload) in [
            (target, true, &b"\0\xffx"[..]),
            (Target::default(), false, b""),
        ] {
            let parcel = Parcel {
                target,
                is_binary,
                payload,
            };
            let bytes = parcel.to_bytes();
            assert_eq!(Parcel::from_bytes(&bytes).as_ref(), Some(&parcel));
            let head = bytes.len() - payload.len();
            for length in 0..head {
                assert_eq!(Parcel::from_bytes(&bytes[..length]), None, "{length}");
            }
        }
        assert_eq!(Parcel::from_bytes(&[0xff; 40]), None);
    }
}
