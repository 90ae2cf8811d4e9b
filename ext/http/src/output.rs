//! What a connection has still to send.

use crate::traffic;
use rustix::fd::BorrowedFd;
use rustix::io::Errno;
use rustix::net::SendFlags;
use std::collections::VecDeque;
use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;

/// Bytes that are enciphered before they are offered to the socket.
pub(crate) const SEALED_AT_ONCE: usize = 64 * 1024;

/// Bytes that somebody else owns and that stay until the kernel has them.
pub type Shared = Box<dyn AsRef<[u8]>>;

enum Item {
    Bytes {
        bytes: Vec<u8>,
        at: usize,
    },
    Shared {
        bytes: Shared,
        at: usize,
    },
    File {
        file: File,
        offset: u64,
        left: u64,
    },
    /// Records of TLS: always the first.
    Sealed {
        bytes: Vec<u8>,
        at: usize,
    },
}

/// A queue of what the socket did not take at once.
#[derive(Default)]
pub(crate) struct Output {
    items: VecDeque<Item>,
    queued: u64,
}

/// How sending went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sent {
    /// All is with the kernel.
    All,
    /// The socket is full.
    Blocked,
    /// The peer is gone.
    Broken,
}

impl Output {
    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Bytes that wait.
    pub(crate) fn queued(&self) -> u64 {
        self.queued
    }

    pub(crate) fn push_bytes(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.queued += bytes.len() as u64;
        if let Some(Item::Bytes { bytes: last, .. }) = self.items.back_mut()
            && last.len() < 64 * 1024
        {
            last.extend_from_slice(bytes);
            return;
        }
        self.items.push_back(Item::Bytes {
            bytes: bytes.to_vec(),
            at: 0,
        });
    }

    pub(crate) fn push_shared(&mut self, bytes: Shared, at: usize) {
        let left = (*bytes).as_ref().len() - at;
        if left > 0 {
            self.queued += left as u64;
            self.items.push_back(Item::Shared { bytes, at });
        }
    }

    pub(crate) fn push_file(&mut self, file: File, offset: u64, left: u64) {
        if left > 0 {
            self.queued += left;
            self.items.push_back(Item::File { file, offset, left });
        }
    }

    /// Records of TLS, behind others and in front of everything that is not enciphered yet.
    pub(crate) fn push_sealed(&mut self, records: &[u8]) {
        if records.is_empty() {
            return;
        }
        self.queued += records.len() as u64;
        if let Some(Item::Sealed { bytes, .. }) = self.items.front_mut() {
            bytes.extend_from_slice(records);
            return;
        }
        self.items.push_front(Item::Sealed {
            bytes: records.to_vec(),
            at: 0,
        });
    }

    /// Takes up to `most` bytes off the front of what is not enciphered, and appends them to `out`. Returns how many.
    ///
    /// # Errors
    /// A file is shorter than it was, or can't be read: what was promised can't be sent.
    pub(crate) fn take(&mut self, most: usize, out: &mut Vec<u8>) -> Result<usize, ()> {
        let start = out.len();
        let end = start + most;
        while out.len() < end
            && let Some(item) = self.items.front_mut()
        {
            let room = end - out.len();
            let before = out.len();
            let done = match item {
                Item::Bytes { bytes, at } | Item::Sealed { bytes, at } => {
                    let count = room.min(bytes.len() - *at);
                    out.extend_from_slice(&bytes[*at..*at + count]);
                    *at += count;
                    *at == bytes.len()
                }
                Item::Shared { bytes, at } => {
                    let all = (**bytes).as_ref();
                    let count = room.min(all.len() - *at);
                    out.extend_from_slice(&all[*at..*at + count]);
                    *at += count;
                    *at == all.len()
                }
                Item::File { file, offset, left } => {
                    let count = room.min(usize::try_from(*left).unwrap_or(usize::MAX));
                    out.resize(before + count, 0);
                    match file.read_at(&mut out[before..], *offset) {
                        Ok(read @ 1..) => {
                            out.truncate(before + read);
                            *offset += read as u64;
                            *left -= read as u64;
                            *left == 0
                        }
                        Err(error) if error.kind() == ErrorKind::Interrupted => {
                            out.truncate(before);
                            false
                        }
                        _ => {
                            out.truncate(before);
                            return Err(());
                        }
                    }
                }
            };
            self.queued -= (out.len() - before) as u64;
            if done {
                self.items.pop_front();
            }
        }
        Ok(out.len() - start)
    }

    /// As [`Output::flush`], through TLS.
    pub(crate) fn flush_sealed(
        &mut self,
        fd: BorrowedFd<'_>,
        mut seal: impl FnMut(&[u8], &mut Vec<u8>) -> Result<(), ()>,
    ) -> Sent {
        let (mut plain, mut sealed) = (Vec::new(), Vec::new());
        loop {
            if let Some(Item::Sealed { bytes, at }) = self.items.front_mut() {
                match send(fd, &bytes[*at..], false) {
                    Ok(n) => {
                        *at += n;
                        self.queued -= n as u64;
                        if *at == bytes.len() {
                            self.items.pop_front();
                        }
                        continue;
                    }
                    Err(end) => return end,
                }
            }
            plain.clear();
            match self.take(SEALED_AT_ONCE, &mut plain) {
                Ok(0) => return Sent::All,
                Ok(_) => {}
                Err(()) => return Sent::Broken,
            }
            sealed.clear();
            if seal(&plain, &mut sealed).is_err() {
                return Sent::Broken;
            }
            match send(fd, &sealed, false) {
                Ok(n) => self.push_sealed(&sealed[n..]),
                Err(Sent::Blocked) => self.push_sealed(&sealed),
                Err(end) => return end,
            }
        }
    }

    pub(crate) fn clear(&mut self) {
        self.items.clear();
        self.queued = 0;
    }

    /// Sends from the queue until it is empty or the socket is full.
    pub(crate) fn flush(&mut self, fd: BorrowedFd<'_>) -> Sent {
        while let Some(item) = self.items.front_mut() {
            let (sent, done) = match item {
                Item::Bytes { bytes, at } | Item::Sealed { bytes, at } => {
                    match send(fd, &bytes[*at..], false) {
                        Ok(n) => {
                            *at += n;
                            (n as u64, *at == bytes.len())
                        }
                        Err(end) => return end,
                    }
                }
                Item::Shared { bytes, at } => {
                    let all = (**bytes).as_ref();
                    match send(fd, &all[*at..], false) {
                        Ok(n) => {
                            *at += n;
                            (n as u64, *at == all.len())
                        }
                        Err(end) => return end,
                    }
                }
                Item::File { file, offset, left } => {
                    let want = usize::try_from(*left).unwrap_or(usize::MAX).min(1 << 20);
                    match rustix::fs::sendfile(fd, &*file, Some(offset), want) {
                        // The file is shorter than it was: what was promised can't be sent.
                        Ok(0) => return Sent::Broken,
                        Ok(n) => {
                            traffic::count_sent(n);
                            *left -= n as u64;
                            (n as u64, *left == 0)
                        }
                        Err(Errno::AGAIN) => return Sent::Blocked,
                        Err(Errno::INTR) => (0, false),
                        Err(_) => return Sent::Broken,
                    }
                }
            };
            self.queued -= sent;
            if done {
                self.items.pop_front();
            }
        }
        Sent::All
    }
}

/// One send; `more` says that the rest of the message follows at once.
pub(crate) fn send(fd: BorrowedFd<'_>, bytes: &[u8], more: bool) -> Result<usize, Sent> {
    let mut flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
    if more {
        flags |= SendFlags::MORE;
    }
    loop {
        match rustix::net::send(fd, bytes, flags) {
            Ok(n) => {
                traffic::count_sent(n);
                return Ok(n);
            }
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => return Err(Sent::Blocked),
            Err(_) => return Err(Sent::Broken),
        }
    }
}
