//! A socket of a coroutine program: calls that would block wait in the running coroutine.
//!
//! One coroutine may read and another write at the same time; two in one direction is a mistake of
//! the program ([`Error::Bound`]). Closing ends the waits of others.

mod bound_path;
mod connect;
mod option;
mod packet;
mod proxy;
mod receive;
mod send;
mod tls;
mod wait;

pub use bound_path::remove_paths;
pub use receive::Part;
pub use wait::{Limit, Side, Timeouts, reset_default_timeouts, set_default_timeouts};

use crate::buffer::Buffer;
use crate::framing::Framing;
use crate::{Address, Error, Kind};
use bound_path::BoundPath;
use highper_engine::{self as engine, clock, descriptor, reactor, scheduler};
use proxy::Proxy;
use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use rustix::net::{
    self as sys, AddressFamily, Protocol, Shutdown, SocketFlags, SocketType, sockopt,
};
use std::cell::{Cell, RefCell};
use std::num::NonZeroU32;
use std::rc::Rc;

/// Connections that wait to be accepted, where none are asked for.
const BACKLOG: i32 = 512;
/// For how long a listening socket stays that nobody holds any more, in nanoseconds.
const LINGER: u64 = 1_000_000;
/// Room that sockets for packets ask the system for, each way, in bytes.
pub const DATAGRAM_ROOM: usize = 8 * 1024 * 1024;

thread_local! {
    static ROOM: Cell<usize> = const { Cell::new(DATAGRAM_ROOM) };
}

/// Sets what new sockets for packets ask for, in bytes. The system gives as much as `net.core.rmem_max` and `wmem_max`
/// allow.
pub fn set_datagram_room(bytes: usize) {
    ROOM.set(bytes);
}

/// A socket.
pub struct Socket {
    /// Gone once it is closed.
    fd: RefCell<Option<OwnedFd>>,
    /// Its number, also after it was closed.
    number: Cell<i32>,
    kind: Cell<Kind>,
    domain: Cell<i32>,
    system_type: Cell<i32>,
    protocol: i32,
    /// Its calls may block: somebody else shares it and set it so.
    blocking: bool,
    /// Where nothing can be suspended, its waits block.
    may_block: Cell<bool>,
    /// The coroutines that wait, 0 for none.
    reader: Cell<u64>,
    writer: Cell<u64>,
    /// Their waits were cancelled by us, not with their coroutine.
    reader_cancelled: Cell<bool>,
    writer_cancelled: Cell<bool>,
    closing: Cell<bool>,
    /// A coroutine has waited for it: the reactor knows the number as this socket's.
    is_watched: Cell<bool>,
    listens: Cell<bool>,
    connected: Cell<bool>,
    shut_read: Cell<bool>,
    shut_write: Cell<bool>,
    timeouts: Cell<Timeouts>,
    buffer: RefCell<Buffer>,
    framing: RefCell<Rc<Framing>>,
    proxy: RefCell<Option<Proxy>>,
    secure: tls::Secure,
    /// The file that it was bound to.
    path: RefCell<Option<BoundPath>>,
}

impl Socket {
    fn of(fd: OwnedFd, domain: i32, system_type: i32, protocol: i32, blocking: bool) -> Self {
        let kind = Kind::of_system(domain, system_type);
        let this = Self {
            number: Cell::new(fd.as_raw_fd()),
            fd: RefCell::new(Some(fd)),
            kind: Cell::new(kind),
            domain: Cell::new(domain),
            system_type: Cell::new(system_type),
            protocol,
            blocking,
            may_block: Cell::new(false),
            reader: Cell::new(0),
            writer: Cell::new(0),
            reader_cancelled: Cell::new(false),
            writer_cancelled: Cell::new(false),
            closing: Cell::new(false),
            is_watched: Cell::new(false),
            listens: Cell::new(false),
            connected: Cell::new(false),
            shut_read: Cell::new(false),
            shut_write: Cell::new(false),
            timeouts: Cell::new(Timeouts::default()),
            buffer: RefCell::new(Buffer::default()),
            framing: RefCell::default(),
            proxy: RefCell::new(None),
            secure: tls::Secure::default(),
            path: RefCell::default(),
        };
        this.tune();
        this
    }

    /// A new one, by the system's numbers.
    ///
    /// # Errors
    /// The system's error.
    pub fn open(domain: i32, kind: i32, protocol: i32) -> Result<Self, Error> {
        let fd = open(domain, kind, protocol)?;
        Ok(Self::of(fd, domain, kind, protocol, false))
    }

    /// A new one of a kind.
    ///
    /// # Errors
    /// The system's error.
    pub fn of_kind(kind: Kind) -> Result<Self, Error> {
        let (domain, kind) = kind.system();
        Self::open(domain, kind, 0)
    }

    /// Another descriptor for a socket that somebody else owns, by its number. Whether its calls block stays as it is.
    ///
    /// # Errors
    /// The system's error, also when it is no socket.
    pub fn share(fd: i32) -> Result<Self, Error> {
        let fd = descriptor::duplicate(fd)?;
        let domain = i32::from(sockopt::socket_domain(&fd)?.as_raw());
        let kind = sockopt::socket_type(&fd)?.as_raw() as i32;
        let this = Self::of(fd, domain, kind, 0, true);
        this.connected.set(this.peer_name().is_ok());
        Ok(this)
    }

    /// Another descriptor for the same socket, with its own waits and settings.
    ///
    /// # Errors
    /// The system's error.
    pub fn duplicate(&self) -> Result<Self, Error> {
        Self::share(self.number.get())
    }

    /// What a new socket gets as Swoole has it. Nothing here is needed for it to work.
    fn tune(&self) {
        let _not_needed = self.with_fd(|fd| {
            let kind = self.kind.get();
            if kind.is_tcp() {
                let _not_tcp = sockopt::set_tcp_nodelay(fd, true);
            }
            if kind.is_udp() {
                let _as_it_is = sockopt::set_socket_send_buffer_size(fd, ROOM.get())
                    .and_then(|()| sockopt::set_socket_recv_buffer_size(fd, ROOM.get()));
            }
            Ok(())
        });
    }

    /// A system call with the descriptor, repeated while signals interrupt it.
    fn with_fd<R>(&self, mut call: impl FnMut(BorrowedFd) -> Result<R, Errno>) -> Result<R, Error> {
        let fd = self.fd.borrow();
        let fd = fd.as_ref().ok_or(Error::Closed)?;
        loop {
            match call(fd.as_fd()) {
                Err(Errno::INTR) => {}
                done => return done.map_err(Error::from),
            }
        }
    }

    /// The number of the descriptor; -1 when it is closed.
    #[must_use]
    pub fn fd(&self) -> i32 {
        if self.is_closed() {
            -1
        } else {
            self.number.get()
        }
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind.get()
    }

    /// Family, type and protocol, as the system numbers them.
    #[must_use]
    pub fn system(&self) -> (i32, i32, i32) {
        (self.domain.get(), self.system_type.get(), self.protocol)
    }

    /// Was it closed?
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.fd.borrow().is_none()
    }

    /// Was it connected or accepted, and not closed since?
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.connected.get() && !self.is_closed()
    }

    /// How its stream is cut into packets.
    #[must_use]
    pub fn framing(&self) -> Rc<Framing> {
        Rc::clone(&self.framing.borrow())
    }

    /// Sets it.
    pub fn set_framing(&self, framing: Framing) {
        self.framing.replace(Rc::new(framing));
    }

    /// Gives it a local address, which may be in use by connections that have ended.
    ///
    /// # Errors
    /// Those of [`Address::parse`], and the system's.
    pub fn bind(&self, host: &[u8], port: i64) -> Result<(), Error> {
        self.is_usable()?;
        let address = Address::parse(self.kind.get(), host, port)?;
        // Of one that was closed before it may be the same.
        bound_path::remove_paths();
        self.with_fd(|fd| {
            if !matches!(address, Address::Unix(_)) {
                sockopt::set_socket_reuseaddr(fd, true)?;
            }
            match &address {
                Address::V4(v4) => sys::bind(fd, v4),
                Address::V6(v6) => sys::bind(fd, v6),
                Address::Unix(unix) => sys::bind(fd, unix),
            }
        })?;
        if let Address::Unix(unix) = &address
            && let Some(path) = unix.path_bytes()
        {
            self.path.replace(BoundPath::new(path));
        }
        Ok(())
    }

    /// Lets others connect.
    ///
    /// # Errors
    /// The system's.
    pub fn listen(&self, backlog: i64) -> Result<(), Error> {
        self.is_usable()?;
        let backlog = i32::try_from(backlog).ok().filter(|n| *n > 0);
        self.with_fd(|fd| sys::listen(fd, backlog.unwrap_or(BACKLOG)))?;
        self.secure.set_server(true);
        self.listens.set(true);
        Ok(())
    }

    /// Waits for a connection, for `timeout` seconds (0: as set). It inherits the settings of this one.
    ///
    /// # Errors
    /// That of the wait, and the system's.
    pub fn accept(&self, timeout: f64) -> Result<Self, Error> {
        self.is_available(Side::READ)?;
        self.secure.prepare(self)?;
        let mut limit = self.limit(Side::READ, timeout);
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let fd = loop {
            let ready = !self.blocking || self.is_readable()?;
            let accepted = match ready {
                true => self.with_fd(|fd| sys::accept_with(fd, flags)),
                false => Err(Errno::AGAIN.into()),
            };
            match accepted {
                Err(error) if error.is_would_block() => self.wait(Side::READ, &mut limit, true)?,
                done => break done?,
            }
        };
        let accepted = Self::of(
            fd,
            self.domain.get(),
            self.system_type.get(),
            self.protocol,
            false,
        );
        accepted.connected.set(true);
        accepted.timeouts.set(self.timeouts.get());
        accepted.framing.replace(self.framing());
        accepted.secure.inherit(&self.secure);
        Ok(accepted)
    }

    /// Its own address; `None` when it has no name.
    ///
    /// # Errors
    /// The system's.
    pub fn name(&self) -> Result<Option<Address>, Error> {
        let address = self.with_fd(|fd| sys::getsockname(fd))?;
        Ok(Address::of_system(&address))
    }

    /// The peer's address; `None` when it has no name.
    ///
    /// # Errors
    /// The system's.
    pub fn peer_name(&self) -> Result<Option<Address>, Error> {
        let address = self.with_fd(|fd| sys::getpeername(fd))?;
        Ok(address.as_ref().and_then(Address::of_system))
    }

    /// Ends reading (0), writing (1) or both (2).
    ///
    /// # Errors
    /// `ENOTCONN` when it is not connected, or that direction has ended before; `EINVAL` for other numbers.
    pub fn shutdown(&self, how: i64) -> Result<(), Error> {
        let not_connected = Error::from(Errno::NOTCONN);
        let (read, write) = match how {
            0 => (true, false),
            1 => (false, true),
            _ => (true, true),
        };
        let done = match how {
            0 => self.shut_read.get(),
            1 => self.shut_write.get(),
            _ => false,
        };
        if !self.is_connected() || done {
            return Err(not_connected);
        }
        if !(0..=2).contains(&how) {
            return Err(Errno::INVAL.into());
        }
        if write {
            self.secure.say_goodbye(self);
        }
        let how = match (read, write) {
            (true, true) => Shutdown::Both,
            (true, false) => Shutdown::Read,
            _ => Shutdown::Write,
        };
        let done = self.with_fd(|fd| sys::shutdown(fd, how));
        // The peer has ended it already, both ways.
        let over = done.as_ref() == Err(&not_connected);
        if !over {
            done?;
        }
        self.shut_read.set(self.shut_read.get() || read || over);
        self.shut_write.set(self.shut_write.get() || write || over);
        if self.shut_read.get() && self.shut_write.get() {
            self.connected.set(false);
        }
        Ok(())
    }

    /// Gives the descriptor up to somebody who waits for it in a way of his own; `None` when it is closed.
    #[must_use]
    pub fn take_fd(&self) -> Option<OwnedFd> {
        let fd = self.fd.borrow_mut().take()?;
        reactor::closing(fd.as_raw_fd());
        Some(fd)
    }

    /// Closes it. Those who wait for it are woken and run at once.
    ///
    /// # Errors
    /// [`Error::Closed`] when it was before; [`Error::Closing`] when others waited for it: it is closed then, too.
    pub fn close(&self) -> Result<(), Error> {
        if self.is_closed() {
            return Err(Error::Closed);
        }
        if self.connected.get() {
            // The peer may be faster.
            let _gone = self.shutdown(2);
        }
        let waited_for = self.is_bound(Side::BOTH);
        if waited_for {
            self.closing.set(true);
            self.cancel(Side::WRITE);
            self.cancel(Side::READ);
        }
        let fd = self.fd.borrow_mut().take();
        if let Some(fd) = fd {
            reactor::closing(fd.as_raw_fd());
        }
        self.secure.forget();
        self.buffer.take();
        if let Some(path) = self.path.take() {
            path.remove_later();
        }
        match waited_for {
            true => Err(Error::Closing),
            false => Ok(()),
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let Some(fd) = self.fd.borrow_mut().take() else {
            return;
        };
        if let Some(path) = self.path.take() {
            path.remove_later();
        }
        reactor::closing(fd.as_raw_fd());
        if self.listens.get() && engine::current().is_some() {
            // Who has begun to connect still finds it, as in Swoole.
            scheduler::at(clock::now() + LINGER, false, move || drop(fd));
        }
    }
}

fn open(domain: i32, kind: i32, protocol: i32) -> Result<OwnedFd, Error> {
    let invalid = |_| Error::from(Errno::INVAL);
    let family = AddressFamily::from_raw(
        u16::try_from(domain).map_err(|_| Error::from(Errno::AFNOSUPPORT))?,
    );
    let kind = SocketType::from_raw(u32::try_from(kind).map_err(invalid)?);
    let protocol =
        NonZeroU32::new(u32::try_from(protocol).map_err(invalid)?).map(Protocol::from_raw);
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    Ok(sys::socket_with(family, kind, flags, protocol)?)
}

/// Two sockets that are connected with each other.
///
/// # Errors
/// The system's.
pub fn pair(domain: i32, kind: i32, protocol: i32) -> Result<(Socket, Socket), Error> {
    let invalid = |_| Error::from(Errno::INVAL);
    let family = AddressFamily::from_raw(
        u16::try_from(domain).map_err(|_| Error::from(Errno::AFNOSUPPORT))?,
    );
    let number = NonZeroU32::new(u32::try_from(protocol).map_err(invalid)?).map(Protocol::from_raw);
    let socket_type = SocketType::from_raw(u32::try_from(kind).map_err(invalid)?);
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let (a, b) = sys::socketpair(family, socket_type, flags, number)?;
    let of = |fd| {
        let socket = Socket::of(fd, domain, kind, protocol, false);
        socket.connected.set(true);
        socket
    };
    Ok((of(a), of(b)))
}
