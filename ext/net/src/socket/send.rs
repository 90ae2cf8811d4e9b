//! Sending bytes.

use super::{Limit, Part, Side, Socket};
use crate::{Address, Error, resolve};
use rustix::fs::sendfile;
use rustix::net::{self as sys, SendAncillaryBuffer, SendFlags};
use std::fs::File;
use std::io::IoSlice;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Bytes of a file that are given to the system at a time.
const FILE_CHUNK: u64 = 2 * 1024 * 1024 - 1;
/// Bytes of a file that are read at a time where the system can't send it by itself.
const READ_CHUNK: usize = 64 * 1024;

const FLAGS: SendFlags = SendFlags::DONTWAIT.union(SendFlags::NOSIGNAL);

impl Socket {
    fn try_send(&self, data: &[u8]) -> Result<usize, Error> {
        self.with_fd(|fd| sys::send(fd, data, FLAGS))
    }

    /// Sends what the system takes at once and never waits: for a goodbye. How many bytes; none by TLS.
    ///
    /// # Errors
    /// `EAGAIN` when it takes nothing now, and the system's.
    pub fn send_now(&self, data: &[u8]) -> Result<usize, Error> {
        match self.secure.is_on() {
            true => Ok(0),
            false => self.try_send(data),
        }
    }

    /// Sends once: waits until something of it can be sent. How many bytes were.
    fn send_some(&self, data: &[u8], limit: &mut Limit) -> Result<usize, Error> {
        if self.secure.is_on() {
            return self.secure.send_some(self, data, limit);
        }
        loop {
            match self.try_send(data) {
                Err(error) => self.wait_after(error, Side::WRITE, limit)?,
                sent => return sent,
            }
        }
    }

    /// Sends what the system takes at once, after a wait of so many seconds (0: as set) if it
    /// takes nothing. How many bytes.
    ///
    /// # Errors
    /// That of the wait, and the system's.
    pub fn send(&self, data: &[u8], timeout: f64) -> Result<usize, Error> {
        self.is_available(Side::WRITE)?;
        self.send_some(data, &mut self.limit(Side::WRITE, timeout))
    }

    /// Sends all of it. How many bytes were sent before an error is told.
    ///
    /// # Errors
    /// When it can't be asked; what the system says is in [`Part::error`].
    pub fn send_all(&self, data: &[u8], timeout: f64) -> Result<Part<usize>, Error> {
        self.is_available(Side::WRITE)?;
        Ok(self.send_whole(data, &mut self.limit(Side::WRITE, timeout)))
    }

    /// As [`Socket::send_all`], until a moment (nanoseconds of [`highper_engine::clock::now`]; `None`: without end).
    ///
    /// # Errors
    /// As there.
    pub fn send_all_by(&self, data: &[u8], deadline: Option<u64>) -> Result<Part<usize>, Error> {
        self.is_available(Side::WRITE)?;
        Ok(self.send_whole(data, &mut Limit::until(deadline)))
    }

    pub(super) fn send_whole(&self, data: &[u8], limit: &mut Limit) -> Part<usize> {
        let mut done = 0;
        loop {
            match self.send_some(&data[done..], limit) {
                Ok(sent) => done += sent,
                Err(error) => {
                    return Part {
                        done,
                        error: Some(error),
                    };
                }
            }
            if done >= data.len() {
                return Part { done, error: None };
            }
        }
    }

    /// Sends several pieces with one call; all of them when `all`, else as [`Socket::send`].
    ///
    /// # Errors
    /// As [`Socket::send_all`].
    pub fn send_vector(
        &self,
        pieces: &[&[u8]],
        all: bool,
        timeout: f64,
    ) -> Result<Part<usize>, Error> {
        self.is_available(Side::WRITE)?;
        let mut limit = self.limit(Side::WRITE, timeout);
        let total: usize = pieces.iter().map(|piece| piece.len()).sum();
        let mut done = 0;
        let mut slices: Vec<IoSlice> = pieces.iter().map(|piece| IoSlice::new(piece)).collect();
        let mut rest = slices.as_mut_slice();
        loop {
            let sent = if self.secure.is_on() {
                match rest.first() {
                    Some(first) => self.secure.send_some(self, first, &mut limit),
                    None => Ok(0),
                }
            } else {
                self.with_fd(|fd| {
                    sys::sendmsg(fd, rest, &mut SendAncillaryBuffer::default(), FLAGS)
                })
                .or_else(|error| {
                    self.wait_after(error, Side::WRITE, &mut limit)?;
                    Ok(0)
                })
            };
            match sent {
                Ok(count) => {
                    done += count;
                    IoSlice::advance_slices(&mut rest, count);
                }
                Err(error) => {
                    return Ok(Part {
                        done,
                        error: Some(error),
                    });
                }
            }
            // A session takes one piece at a time, and is asked on while it takes them whole.
            if done >= total || (!all && done > 0 && !self.secure.is_on()) {
                return Ok(Part { done, error: None });
            }
        }
    }

    /// Sends a packet to an address, or to the one that a name has. How many bytes.
    ///
    /// # Errors
    /// `EPROTONOSUPPORT` when it does not send packets; those of [`Address::parse`] and of the look-up; the system's.
    pub fn send_to(&self, host: &[u8], port: i64, data: &[u8]) -> Result<usize, Error> {
        self.is_available(Side::WRITE)?;
        let kind = self.kind.get();
        if !kind.is_datagram() {
            return Err(rustix::io::Errno::PROTONOSUPPORT.into());
        }
        let address = match Address::parse(kind, host, port) {
            Err(Error::BadHost) => {
                let mut limit = Limit::new(self.timeouts.get().resolve);
                self.occupied(Side::BOTH, || resolve::lookup(kind, host, port, &mut limit))?
            }
            parsed => parsed?,
        };
        let mut limit = self.limit(Side::WRITE, 0.0);
        loop {
            let sent = self.with_fd(|fd| match &address {
                Address::V4(v4) => sys::sendto(fd, data, FLAGS, v4),
                Address::V6(v6) => sys::sendto(fd, data, FLAGS, v6),
                Address::Unix(unix) => sys::sendto(fd, data, FLAGS, unix),
            });
            match sent {
                Err(error) => self.wait_after(error, Side::WRITE, &mut limit)?,
                sent => return sent,
            }
        }
    }

    /// Sends a file from `offset`, `length` bytes of it (0: all that follow).
    ///
    /// # Errors
    /// That the file can't be read, or ends too early; that of the wait, and the system's.
    pub fn send_file(&self, path: &Path, offset: u64, length: u64) -> Result<(), Error> {
        self.is_available(Side::WRITE)?;
        let during = |what: &str, error: std::io::Error| {
            let number = error.raw_os_error().unwrap_or(0);
            Error::During(format!("{what}({}) failed", path.display()), number)
        };
        let file = File::open(path).map_err(|error| during("open", error))?;
        let end = match length {
            0 => file
                .metadata()
                .map_err(|error| during("fstat", error))?
                .len(),
            length => offset.saturating_add(length),
        };
        let mut limit = self.limit(Side::WRITE, 0.0);
        let mut at = offset;
        let direct = !self.secure.is_on() && !self.blocking;
        let mut memory = if direct {
            Vec::new()
        } else {
            vec![0; READ_CHUNK]
        };
        while at < end {
            let room = end - at;
            if direct {
                let count = room.min(FILE_CHUNK) as usize;
                match self.with_fd(|fd| sendfile(fd, &file, Some(&mut at), count)) {
                    Ok(0) => return Err(Error::EndOfFile),
                    Ok(_) => {}
                    Err(error) => self.wait_after(error, Side::WRITE, &mut limit)?,
                }
            } else {
                let room = room.min(READ_CHUNK as u64) as usize;
                let count = file
                    .read_at(&mut memory[..room], at)
                    .map_err(|error| during("read", error))?;
                if count == 0 {
                    return Err(Error::EndOfFile);
                }
                let sent = self.send_whole(&memory[..count], &mut limit);
                if let Some(error) = sent.error {
                    return Err(error);
                }
                at += count as u64;
            }
        }
        Ok(())
    }
}
