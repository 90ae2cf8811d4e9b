//! What each process of a server works on, kept where its end does not lose it.
//!
//! A process that takes a piece of work from a mailbox notes it here first and strikes it out when it is through. Who
//! supervises finds what a killed process has left, and what takes longer than it may.

use crate::post::{Head, Message};
use crate::sys;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// The first bytes of a file: is anything noted, and until when it may take.
const NOTE: usize = 16;
/// No work is noted.
const NOTHING: u64 = 0;
/// Some is.
const HELD: u64 = 1;

/// One note per slot of the score board.
#[derive(Debug)]
pub struct Claims(Vec<File>);

impl Claims {
    /// For so many slots. Make it before the first fork: all processes share it.
    ///
    /// # Errors
    /// The system's error: too many descriptors, no memory.
    pub fn new(slots: usize) -> io::Result<Self> {
        let files = (0..slots).map(|_| sys::memory_file().map(File::from));
        files.collect::<io::Result<_>>().map(Self)
    }

    fn file(&self, slot: u32) -> io::Result<&File> {
        let file = self.0.get(slot as usize);
        file.ok_or_else(|| io::Error::from_raw_os_error(libc::ENXIO))
    }

    /// Notes the work of a slot's process; what was noted before is gone. `until` is a moment of
    /// [`monotonic`](crate::monotonic), in nanoseconds; `None` for no limit.
    ///
    /// # Errors
    /// The system's error: no memory. Then nothing is noted.
    pub fn hold(&self, slot: u32, head: Head, body: &[u8], until: Option<u64>) -> io::Result<()> {
        let file = self.file(slot)?;
        let mut bytes = Vec::with_capacity(NOTE + crate::post::HEAD + body.len());
        bytes.extend(HELD.to_ne_bytes());
        bytes.extend(until.unwrap_or(u64::MAX).to_ne_bytes());
        bytes.extend(head.to_bytes(body.len()));
        bytes.extend(body);
        file.set_len(0)?;
        file.write_all_at(&bytes, 0).inspect_err(|_| {
            // Half a note is none.
            let _empty = file.set_len(0);
        })
    }

    /// Strikes a slot's work out.
    ///
    /// # Errors
    /// The system's error.
    pub fn release(&self, slot: u32) -> io::Result<()> {
        self.file(slot)?.set_len(0)
    }

    /// Until when a slot's work may take; `None` where nothing is noted, or there is no limit.
    #[must_use]
    pub fn until(&self, slot: u32) -> Option<u64> {
        let mut note = [0; NOTE];
        self.file(slot).ok()?.read_exact_at(&mut note, 0).ok()?;
        let (words, _) = note.as_chunks::<8>();
        let [state, until] = [words[0], words[1]].map(u64::from_ne_bytes);
        (state != NOTHING && until != u64::MAX).then_some(until)
    }

    /// Takes out what a process has left that has ended.
    ///
    /// # Errors
    /// The system's error; `InvalidData` for a note that is none.
    pub fn take(&self, slot: u32) -> io::Result<Option<Message>> {
        let file = self.file(slot)?;
        let length = usize::try_from(file.metadata()?.len()).unwrap_or(0);
        if length < NOTE {
            return Ok(None);
        }
        let mut bytes = vec![0; length];
        file.read_exact_at(&mut bytes, 0)?;
        file.set_len(0)?;
        let wrong = || io::Error::from(io::ErrorKind::InvalidData);
        let rest = &bytes[NOTE..];
        let (head, length) = Head::from_bytes(rest).ok_or_else(wrong)?;
        let body = rest[crate::post::HEAD..].to_vec();
        match body.len() == length {
            true => Ok(Some(Message { head, body })),
            false => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::post::Kind;

    #[test]
    fn what_is_noted_is_found_once() {
        let claims = Claims::new(2).unwrap();
        assert!(claims.take(0).unwrap().is_none());
        let mut head = Head::new(Kind::Task);
        head.number = 7;
        claims.hold(0, head, b"resize", Some(99)).unwrap();
        assert_eq!(claims.until(0), Some(99));
        assert_eq!(claims.until(1), None);
        let found = claims.take(0).unwrap().unwrap();
        assert_eq!((found.head, &*found.body), (head, &b"resize"[..]));
        assert!(claims.take(0).unwrap().is_none());
        assert_eq!(claims.until(0), None);
    }

    #[test]
    fn what_is_struck_out_is_not_found() {
        let claims = Claims::new(1).unwrap();
        claims
            .hold(0, Head::new(Kind::Task), b"a long one", None)
            .unwrap();
        claims.hold(0, Head::new(Kind::Task), b"b", None).unwrap();
        assert_eq!(claims.until(0), None);
        claims.release(0).unwrap();
        assert!(claims.take(0).unwrap().is_none());
        assert!(claims.hold(1, Head::new(Kind::Task), b"", None).is_err());
    }
}
