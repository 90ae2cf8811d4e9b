//! What a connection has still to send.

use rustix::fd::BorrowedFd;
use rustix::io::Errno;
use rustix::net::SendFlags;
use std::collections::VecDeque;
use std::fs::File;

const FILE_STEP: usize = 1 << 20;

enum Item {
    Bytes { bytes: Vec<u8>, at: usize },
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

/// Takes bytes for the peer: the socket itself, or a session on it.
pub(crate) trait Sink {
    /// Takes some of the bytes.
    fn take(&mut self, bytes: &[u8]) -> Result<usize, Sent>;
    /// Takes bytes of a file from `offset` on, and moves that. 0 at the file's end.
    fn take_file(&mut self, file: &File, offset: &mut u64, count: usize) -> Result<usize, Sent>;
    /// Is all that was taken with the kernel?
    fn finish(&mut self) -> Sent {
        Sent::All
    }
}

/// The socket, without a session.
pub(crate) struct Plain<'a>(pub(crate) BorrowedFd<'a>);

impl Sink for Plain<'_> {
    fn take(&mut self, bytes: &[u8]) -> Result<usize, Sent> {
        let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
        loop {
            match rustix::net::send(self.0, bytes, flags) {
                Ok(count) => return Ok(count),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN | Errno::NOBUFS) => return Err(Sent::Blocked),
                Err(_) => return Err(Sent::Broken),
            }
        }
    }

    fn take_file(&mut self, file: &File, offset: &mut u64, count: usize) -> Result<usize, Sent> {
        loop {
            match rustix::fs::sendfile(self.0, file, Some(offset), count) {
                Ok(count) => return Ok(count),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Err(Sent::Blocked),
                Err(_) => return Err(Sent::Broken),
            }
        }
    }
}

impl Output {
    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Bytes that wait.
    pub(crate) fn queued(&self) -> u64 {
        self.queued
    }

    /// Queues bytes; `apart` from those before.
    pub(crate) fn push_bytes(&mut self, bytes: &[u8], apart: bool) {
        if bytes.is_empty() {
            return;
        }
        self.queued += bytes.len() as u64;
        if let Some(Item::Bytes { bytes: last, .. }) = self.items.back_mut()
            && last.len() < 64 * 1024
            && !apart
        {
            last.extend_from_slice(bytes);
            return;
        }
        self.items.push_back(Item::Bytes {
            bytes: bytes.to_vec(),
            at: 0,
        });
    }

    pub(crate) fn push_file(&mut self, file: File, offset: u64, left: u64) {
        if left > 0 {
            self.queued += left;
            self.items.push_back(Item::File { file, offset, left });
        }
    }

    /// Sends from the queue until it is empty or the socket is full.
    pub(crate) fn flush(&mut self, sink: &mut dyn Sink) -> Sent {
        while let Some(item) = self.items.front_mut() {
            let (sent, done) = match item {
                Item::Bytes { bytes, at } => match sink.take(&bytes[*at..]) {
                    Ok(count) => {
                        *at += count;
                        (count as u64, *at == bytes.len())
                    }
                    Err(end) => return end,
                },
                Item::File { file, offset, left } => {
                    let want = usize::try_from(*left).unwrap_or(usize::MAX).min(FILE_STEP);
                    match sink.take_file(file, offset, want) {
                        // The file is shorter than it was: what was promised can't be sent.
                        Ok(0) => return Sent::Broken,
                        Ok(count) => {
                            *left -= count as u64;
                            (count as u64, *left == 0)
                        }
                        Err(end) => return end,
                    }
                }
            };
            self.queued -= sent;
            if done {
                self.items.pop_front();
            }
        }
        sink.finish()
    }
}
