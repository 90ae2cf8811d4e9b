//! What a connection has still to send.

use crate::traffic;
use rustix::fd::BorrowedFd;
use rustix::io::Errno;
use rustix::net::SendFlags;
use std::collections::VecDeque;
use std::fs::File;

/// Bytes that somebody else owns and that stay until the kernel has them.
pub type Shared = Box<dyn AsRef<[u8]>>;

enum Item {
    Bytes { bytes: Vec<u8>, at: usize },
    Shared { bytes: Shared, at: usize },
    File { file: File, offset: u64, left: u64 },
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

    pub(crate) fn clear(&mut self) {
        self.items.clear();
        self.queued = 0;
    }

    /// Sends from the queue until it is empty or the socket is full.
    pub(crate) fn flush(&mut self, fd: BorrowedFd<'_>) -> Sent {
        while let Some(item) = self.items.front_mut() {
            let (sent, done) = match item {
                Item::Bytes { bytes, at } => match send(fd, &bytes[*at..], false) {
                    Ok(n) => {
                        *at += n;
                        (n as u64, *at == bytes.len())
                    }
                    Err(end) => return end,
                },
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
