//! What a message is made of.

use super::MANAGER;
use crate::sys;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};

/// Bytes of a body that go into the datagram itself.
pub(super) const INLINE: usize = 60 * 1024;
/// Bytes of a head.
pub(crate) const HEAD: usize = 56;

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Kind {
    /// Work for a task worker.
    Task = 1,
    /// What came of it.
    Finish = 2,
    /// From one process's code to the other's.
    Pipe = 3,
    /// A call of a command.
    Command = 4,
    /// What came of it.
    Answer = 5,
    /// For a connection of the process: what [`Head::code`] says.
    Forward = 6,
    /// Between the process in front and a worker: what [`Head::code`] says.
    Relay = 7,
}

impl Kind {
    fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            1 => Self::Task,
            2 => Self::Finish,
            3 => Self::Pipe,
            4 => Self::Command,
            5 => Self::Answer,
            6 => Self::Forward,
            7 => Self::Relay,
            _ => return None,
        })
    }
}

/// What is said of a message beside its bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Head {
    /// What it is.
    pub kind: Kind,
    /// How its bytes are to be understood; the sender's and receiver's affair.
    pub flags: u32,
    /// Which command, or what is to be done.
    pub code: u32,
    /// Its number among those of the sender; an answer has that of its question.
    pub number: i64,
    /// The worker id of the sender; -1 when it has none.
    pub from: i32,
    /// The slot of the sender, where answers go; [`MANAGER`] when it has none.
    pub place: u32,
    /// The process that sent it.
    pub pid: i32,
    /// The only process that it is for; 0: whoever reads it.
    pub to: i32,
    /// When it was sent, in seconds since 1970.
    pub time: f64,
}

impl Head {
    /// One with nothing but a kind.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            flags: 0,
            code: 0,
            number: 0,
            from: -1,
            place: MANAGER,
            pid: 0,
            to: 0,
            time: 0.0,
        }
    }

    pub(crate) fn to_bytes(self, length: usize) -> [u8; HEAD] {
        let mut bytes = [0; HEAD];
        let words: [u64; 7] = [
            self.kind as u64 | u64::from(self.flags) << 32,
            u64::from(self.code) | u64::from(self.place) << 32,
            self.number as u64,
            u64::from(self.from as u32) | u64::from(self.pid as u32) << 32,
            u64::from(self.to as u32),
            self.time.to_bits(),
            length as u64,
        ];
        for (slot, word) in bytes.chunks_exact_mut(8).zip(words) {
            slot.copy_from_slice(&word.to_ne_bytes());
        }
        bytes
    }

    /// The head, and how long the body is.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<(Self, usize)> {
        let (words, _) = bytes.get(..HEAD)?.as_chunks::<8>();
        let word = |at: usize| u64::from_ne_bytes(words[at]);
        let low = |at: usize| word(at) as u32;
        let high = |at: usize| (word(at) >> 32) as u32;
        let head = Self {
            kind: Kind::from_number(low(0))?,
            flags: high(0),
            code: low(1),
            number: word(2) as i64,
            from: low(3) as i32,
            place: high(1),
            pid: high(3) as i32,
            to: low(4) as i32,
            time: f64::from_bits(word(5)),
        };
        Some((head, usize::try_from(word(6)).ok()?))
    }
}

/// A message that came.
#[derive(Clone, Debug)]
pub struct Message {
    /// What is said of it.
    pub head: Head,
    /// Its bytes.
    pub body: Vec<u8>,
}

/// A message that is ready to be sent, as often as it takes.
#[derive(Debug)]
pub struct Parcel<'b> {
    pub(super) head: [u8; HEAD],
    body: &'b [u8],
    file: Option<File>,
}

impl<'b> Parcel<'b> {
    /// Makes one. A large body is copied into a memory file.
    ///
    /// # Errors
    /// The system's error: no memory, too many descriptors.
    pub fn new(head: Head, body: &'b [u8]) -> io::Result<Self> {
        let file = if body.len() > INLINE {
            let mut file = File::from(sys::memory_file()?);
            file.write_all(body)?;
            Some(file)
        } else {
            None
        };
        Ok(Self {
            head: head.to_bytes(body.len()),
            body: if file.is_some() { &[] } else { body },
            file,
        })
    }

    pub(super) fn parts(&self) -> (&[u8; HEAD], &[u8], Option<BorrowedFd<'_>>) {
        (&self.head, self.body, self.file.as_ref().map(AsFd::as_fd))
    }
}
