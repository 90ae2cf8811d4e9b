//! Receiving bytes.

use super::{Limit, Side, Socket};
use crate::{Address, Error, scratch};
use highper_engine::{self as engine, reactor};
use rustix::buffer::spare_capacity;
use rustix::net::{self as sys, RecvFlags};

/// Bytes for which there is room before they come.
const ROOM_STEP: usize = 4 << 20;

/// What came or went before the end, and what the end was.
#[derive(Debug)]
pub struct Part<T> {
    /// As much as was done.
    pub done: T,
    /// Why not all of it was.
    pub error: Option<Error>,
}

impl Socket {
    /// Receives once, without waiting; 0 at the end.
    pub(super) fn try_receive(&self, into: &mut [u8]) -> Result<usize, Error> {
        if self.secure.is_on() {
            return self.secure.try_receive(self, into);
        }
        let count =
            self.with_fd(|fd| sys::recv(fd, &mut *into, RecvFlags::DONTWAIT).map(|(n, _)| n))?;
        if count > 0 && count < into.len() && self.is_watched.get() && self.kind.get().is_stream() {
            reactor::set_drained(self.number.get());
        }
        Ok(count)
    }

    /// Waits for bytes, at most `size`, and gives them to `sink` ([] at the end).
    pub(super) fn receive_some<R>(
        &self,
        size: usize,
        limit: &mut Limit,
        sink: impl FnOnce(&[u8]) -> R,
    ) -> Result<R, Error> {
        let mut sink = Some(sink);
        loop {
            let received = scratch::lend(size, |memory| {
                let count = self.try_receive(memory)?;
                Ok(sink.take().map(|sink| sink(&memory[..count])))
            });
            match received {
                Ok(Some(result)) => return Ok(result),
                // The sink is taken once, with the result above.
                Ok(None) => return Err(Error::WrongOperation),
                Err(error) => self.wait_after(error, Side::READ, limit)?,
            }
        }
    }

    /// What was received before and nobody has asked for.
    fn take_buffered<R>(&self, size: usize, sink: impl FnOnce(&[u8]) -> R) -> R {
        // Outside of the borrow: the sink may leave for good.
        let mut buffer = self.buffer.take();
        let count = buffer.len().min(size);
        let result = sink(&buffer.bytes()[..count]);
        buffer.consume(count);
        self.buffer.borrow_mut().restore(buffer);
        result
    }

    /// Waits for bytes for so many seconds (0: as set), and gives at most `size` of them to
    /// `sink`: none at the end of the stream.
    ///
    /// # Errors
    /// That of the wait, and the system's.
    pub fn receive<R>(
        &self,
        size: usize,
        timeout: f64,
        sink: impl FnOnce(&[u8]) -> R,
    ) -> Result<R, Error> {
        self.is_available(Side::READ)?;
        if !self.buffer.borrow().is_empty() {
            return Ok(self.take_buffered(size, sink));
        }
        self.receive_some(size, &mut self.limit(Side::READ, timeout), sink)
    }

    /// As [`Socket::receive`], until a moment (nanoseconds of [`highper_engine::clock::now`]; `None`: without end).
    ///
    /// # Errors
    /// As there.
    pub fn receive_by<R>(
        &self,
        size: usize,
        deadline: Option<u64>,
        sink: impl FnOnce(&[u8]) -> R,
    ) -> Result<R, Error> {
        self.is_available(Side::READ)?;
        if !self.buffer.borrow().is_empty() {
            return Ok(self.take_buffered(size, sink));
        }
        self.receive_some(size, &mut Limit::until(deadline), sink)
    }

    /// As [`Socket::receive_by`], for the answer to what was just sent: where nothing had come since all was read, by what the
    /// loop was told, it waits at once instead of looking in vain first.
    ///
    /// # Errors
    /// As there.
    pub fn receive_answer<R>(
        &self,
        size: usize,
        deadline: Option<u64>,
        sink: impl FnOnce(&[u8]) -> R,
    ) -> Result<R, Error> {
        self.is_available(Side::READ)?;
        if !self.buffer.borrow().is_empty() {
            return Ok(self.take_buffered(size, sink));
        }
        let mut limit = Limit::until(deadline);
        if !self.secure.is_on() && engine::can_suspend() && self.is_drained() {
            self.wait(Side::READ, &mut limit, true)?;
        }
        self.receive_some(size, &mut limit, sink)
    }

    /// Waits until `size` bytes have come or the stream ends. What came before an error is not lost.
    ///
    /// # Errors
    /// When it can't be asked; that of the system before any byte came is in [`Part::error`].
    pub fn receive_all(&self, size: usize, timeout: f64) -> Result<Part<Vec<u8>>, Error> {
        self.is_available(Side::READ)?;
        let mut limit = self.limit(Side::READ, timeout);
        let mut done = Vec::new();
        self.take_buffered(size, |bytes| done.extend_from_slice(bytes));
        while done.len() < size {
            let room = (size - done.len()).min(scratch::SIZE);
            let more = self.receive_some(room, &mut limit, |bytes| {
                done.extend_from_slice(bytes);
                !bytes.is_empty()
            });
            match more {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    return Ok(Part {
                        done,
                        error: Some(error),
                    });
                }
            }
        }
        Ok(Part { done, error: None })
    }

    /// Waits for bytes and keeps them for the next call. False at the end of the stream.
    pub(super) fn fill(&self, limit: &mut Limit) -> Result<bool, Error> {
        self.receive_some(scratch::SIZE, limit, |bytes| {
            self.buffer.borrow_mut().extend(bytes);
            !bytes.is_empty()
        })
    }

    /// As [`Socket::fill`], for the rest of something long, of which so many bytes are missing: into the buffer itself.
    pub(super) fn fill_directly(&self, left: usize, limit: &mut Limit) -> Result<bool, Error> {
        if self.secure.is_on() {
            return self.fill(limit);
        }
        loop {
            let received = self.with_fd(|fd| {
                let mut buffer = self.buffer.borrow_mut();
                let room = buffer.room(left.min(ROOM_STEP));
                sys::recv(fd, spare_capacity(room), RecvFlags::DONTWAIT).map(|(count, _)| count)
            });
            match received {
                Ok(count) => return Ok(count > 0),
                Err(error) => self.wait_after(error, Side::READ, limit)?,
            }
        }
    }

    /// Waits for a line, at most `size` bytes of it, and gives it to `sink` with its end (`\n` or
    /// `\r`): what there is at the end of the stream.
    ///
    /// # Errors
    /// That of the wait, and the system's; the part of a line that has come stays for the next call.
    pub fn receive_line<R>(
        &self,
        size: usize,
        timeout: f64,
        sink: impl FnOnce(&[u8]) -> R,
    ) -> Result<R, Error> {
        self.is_available(Side::READ)?;
        let mut limit = self.limit(Side::READ, timeout);
        loop {
            let (end, length) = {
                let buffer = self.buffer.borrow();
                let room = buffer.len().min(size);
                let end = memchr::memchr2(b'\n', b'\r', &buffer.bytes()[..room]);
                (end.map(|at| at + 1), buffer.len())
            };
            let line = end.or((length >= size).then_some(size));
            if let Some(line) = line {
                return Ok(self.take_buffered(line, sink));
            }
            if !self.fill(&mut limit)? {
                return Ok(self.take_buffered(length, sink));
            }
        }
    }

    /// At most `size` bytes, through a buffer: what is in it, and once more what comes when that is not enough.
    ///
    /// # Errors
    /// That of the wait, and the system's, when nothing was in the buffer.
    pub fn receive_buffered<R>(
        &self,
        size: usize,
        timeout: f64,
        sink: impl FnOnce(&[u8]) -> R,
    ) -> Result<R, Error> {
        self.is_available(Side::READ)?;
        let before = self.buffer.borrow().len();
        if before < size {
            let filled = self.fill(&mut self.limit(Side::READ, timeout));
            if before == 0 {
                filled?;
            }
        }
        Ok(self.take_buffered(size, sink))
    }

    /// Waits for a packet and gives at most `size` bytes of it to `sink`, with who has sent it.
    ///
    /// # Errors
    /// That of the wait, and the system's.
    pub fn receive_from<R>(
        &self,
        size: usize,
        timeout: f64,
        sink: impl FnOnce(&[u8], Option<Address>) -> R,
    ) -> Result<R, Error> {
        self.is_available(Side::READ)?;
        let mut limit = self.limit(Side::READ, timeout);
        let mut sink = Some(sink);
        loop {
            let received = scratch::lend(size, |memory| {
                let (count, from) = self.with_fd(|fd| {
                    sys::recvfrom(fd, &mut *memory, RecvFlags::DONTWAIT)
                        .map(|(count, _, from)| (count, from))
                })?;
                let from = from.as_ref().and_then(Address::of_system);
                Ok(sink.take().map(|sink| sink(&memory[..count], from)))
            });
            match received {
                Ok(Some(result)) => return Ok(result),
                Ok(None) => return Err(Error::WrongOperation),
                Err(error) => self.wait_after(error, Side::READ, &mut limit)?,
            }
        }
    }

    /// Gives at most `size` bytes to `sink` that are there and stay there. Never waits.
    ///
    /// # Errors
    /// `EAGAIN` when nothing is there, and the system's.
    pub fn peek<R>(&self, size: usize, sink: impl FnOnce(&[u8]) -> R) -> Result<R, Error> {
        self.is_usable()?;
        if self.secure.is_on() && self.buffer.borrow().is_empty() {
            scratch::lend(scratch::SIZE, |memory| {
                let count = self.try_receive(memory)?;
                self.buffer.borrow_mut().extend(&memory[..count]);
                Ok::<_, Error>(())
            })?;
        }
        if self.secure.is_on() || !self.buffer.borrow().is_empty() {
            let buffer = self.buffer.take();
            let result = sink(&buffer.bytes()[..buffer.len().min(size)]);
            self.buffer.borrow_mut().restore(buffer);
            return Ok(result);
        }
        scratch::lend(size, |memory| {
            let flags = RecvFlags::DONTWAIT | RecvFlags::PEEK;
            let count =
                self.with_fd(|fd| sys::recv(fd, &mut *memory, flags).map(|(count, _)| count))?;
            Ok(sink(&memory[..count]))
        })
    }

    /// Is the connection alive, as far as the system knows?
    ///
    /// # Errors
    /// `ECONNRESET` when the peer has closed it, or the error that ended it.
    pub fn check(&self) -> Result<(), Error> {
        use rustix::io::Errno;
        let flags = RecvFlags::DONTWAIT | RecvFlags::PEEK;
        let looked =
            self.with_fd(|fd| sys::recv(fd, &mut [0_u8; 1], flags).map(|(count, _)| count));
        match looked {
            Ok(0) => Err(Errno::CONNRESET.into()),
            Ok(_) => Ok(()),
            Err(Error::Closed) => Err(Error::Closed),
            Err(Error::System(number)) => match Errno::from_raw_os_error(number) {
                Errno::CONNRESET
                | Errno::CONNABORTED
                | Errno::PIPE
                | Errno::NOTCONN
                | Errno::TIMEDOUT
                | Errno::CONNREFUSED
                | Errno::NETDOWN
                | Errno::NETUNREACH
                | Errno::HOSTDOWN
                | Errno::HOSTUNREACH => Err(Error::System(number)),
                _ => Ok(()),
            },
            Err(_) => Ok(()),
        }
    }
}
