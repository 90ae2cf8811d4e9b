//! Connections for packets, in a pool.

use crate::error::Kind;
use crate::{Error, Frame};
use highper_engine::{clock, scheduler};
use highper_net::{Kind as SocketKind, Socket};
use highper_pool::{Counts, Limits, Pool, Refused, Taken, Ticket};
use highper_tls::{Context, Settings as TlsSettings};
use std::cell::{Cell, RefCell};
use std::net::IpAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

/// A client's settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The server's host, or the path of its local socket.
    pub host: String,
    /// Its port; none for a local socket.
    pub port: Option<u16>,
    /// How packets stand on the stream.
    pub frame: Frame,
    /// Bytes of a packet at most.
    pub max_packet: usize,
    /// How long a call may take; `None` for as long as it takes.
    pub timeout: Option<Duration>,
    /// How long a connection may take to be made.
    pub connect_timeout: Duration,
    /// The limits of the pool.
    pub pool: Limits,
    /// Is it by TLS, and must the server prove who it is?
    pub tls: Option<bool>,
    /// Certificates that are trusted instead of the system's, PEM.
    pub ca: Option<PathBuf>,
}

/// A client: settings, and a pool of connections. One thread's.
pub struct Client {
    settings: Settings,
    pool: RefCell<Rc<Pool<Rc<Socket>>>>,
    context: RefCell<Option<Context>>,
    process: Cell<u32>,
}

/// Seconds until a moment, as sockets take them: negative for no limit.
pub(crate) fn left(deadline: Option<u64>) -> f64 {
    match deadline {
        None => -1.0,
        Some(at) => (at.saturating_sub(clock::now()) as f64 / 1e9).max(1e-6),
    }
}

pub(crate) fn deadline(timeout: Option<Duration>) -> Option<u64> {
    match (timeout.map(clock::after), scheduler::deadline()) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

impl Client {
    /// A client without connections yet.
    #[must_use]
    pub fn new(settings: Settings) -> Rc<Self> {
        Rc::new(Self {
            pool: RefCell::new(Rc::new(Pool::new(settings.pool))),
            settings,
            context: RefCell::default(),
            process: Cell::new(std::process::id()),
        })
    }

    /// Its settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Where it connects to.
    #[must_use]
    pub fn place(&self) -> String {
        match self.settings.port {
            Some(port) => format!("{}:{port}", self.settings.host),
            None => self.settings.host.clone(),
        }
    }

    fn pool(&self) -> Rc<Pool<Rc<Socket>>> {
        let process = std::process::id();
        if self.process.replace(process) != process {
            // Forked: those of the parent are the parent's.
            let old = self.pool.replace(Rc::new(Pool::new(self.settings.pool)));
            for socket in old.take_idle() {
                // Closing it in order would end it for the parent.
                drop(socket.take_fd());
            }
        }
        Rc::clone(&self.pool.borrow())
    }

    /// The pool's numbers.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.pool().counts()
    }

    /// Makes the connections that stay (`min_idle`), before somebody needs one. Who needs one later is told why there is none.
    pub fn warm(self: &Rc<Self>) {
        let own = Rc::clone(self);
        let make = move || own.dial(Some(clock::after(own.settings.connect_timeout)));
        self.pool().warm(make, |_: Error| {});
    }

    /// Closes the connections that nobody uses.
    pub fn disconnect(&self) {
        let idle = self.pool().take_idle();
        drop(idle);
    }

    /// Not inlined: a socket is large, and who waits for one would have room for it on the stack.
    #[inline(never)]
    fn dial(&self, until: Option<u64>) -> Result<Rc<Socket>, Error> {
        let place = self.place();
        let failed = |error: highper_net::Error| match Error::of_net(&error, &place) {
            Error {
                kind: Kind::Timeout,
                ..
            } => Error::new(
                Kind::Timeout,
                format!(
                    "cannot connect to {place} within {} s (connect_timeout)",
                    self.settings.connect_timeout.as_secs_f64()
                ),
            ),
            error => Error {
                message: format!("cannot connect to {}", error.message),
                ..error
            },
        };
        let kind = match (self.settings.port, self.settings.host.parse::<IpAddr>()) {
            (None, _) => SocketKind::UnixStream,
            (_, Ok(IpAddr::V6(_))) => SocketKind::Tcp6,
            _ => SocketKind::Tcp,
        };
        let socket = Socket::of_kind(kind).map_err(failed)?;
        socket.allow_blocking();
        let mut timeouts = socket.timeouts();
        let seconds = left(until);
        (timeouts.resolve, timeouts.connect) = (seconds, seconds);
        (timeouts.read, timeouts.write) = (seconds, seconds);
        socket.set_timeouts(timeouts);
        if let Some(verify) = self.settings.tls {
            let known = self.context.borrow().clone();
            let context = match known {
                Some(context) => context,
                None => Context::client(TlsSettings {
                    verify_peer: verify,
                    ca_file: self.settings.ca.clone(),
                    host_name: Some(self.settings.host.clone()),
                    ..TlsSettings::default()
                })
                .map_err(|error| Error::new(Kind::Usage, format!("TLS: {error}")))?,
            };
            socket.set_tls_context(context.clone());
            self.context.replace(Some(context));
        }
        let port = self.settings.port.map_or(0, i64::from);
        socket
            .connect(self.settings.host.as_bytes(), port, seconds)
            .map_err(failed)?;
        socket.set_framing(self.settings.frame.framing(self.settings.max_packet));
        Ok(Rc::new(socket))
    }

    /// A connection of the pool, or a new one.
    ///
    /// # Errors
    /// There is none.
    pub fn connect(self: &Rc<Self>, place: impl FnOnce() -> String) -> Result<Connection, Error> {
        let until = deadline(self.settings.timeout);
        let pool = self.pool();
        let (ticket, kept) = match pool.take(place, until) {
            Ok(Taken::Idle(ticket, socket)) => (ticket, Some(socket)),
            Ok(Taken::New(ticket)) => (ticket, None),
            Err(Refused::Cancelled) => {
                return Err(Error::new(Kind::Cancelled, "the wait was cancelled"));
            }
            Err(Refused::TimedOut(..)) if until.is_some_and(|at| at <= clock::now()) => {
                return Err(Error::new(
                    Kind::Timeout,
                    format!(
                        "{}: no connection became free in time (timeout)",
                        self.place()
                    ),
                ));
            }
            Err(refused) => {
                return Err(Error::new(
                    Kind::Exhausted,
                    format!(
                        "no connection to {}: {refused}; pool is how many there are, pool.wait how long one waits",
                        self.place()
                    ),
                ));
            }
        };
        let is_quiet = |socket: &Socket| match socket.peek(1, |_| ()) {
            Err(highper_net::Error::System(number)) => {
                std::io::Error::from_raw_os_error(number).kind() == std::io::ErrorKind::WouldBlock
            }
            _ => false,
        };
        let socket = match kept.filter(|socket| is_quiet(socket)) {
            Some(socket) => socket,
            None => {
                let own = clock::after(self.settings.connect_timeout);
                match self.dial(Some(until.map_or(own, |until| until.min(own)))) {
                    Ok(socket) => socket,
                    Err(error) => {
                        pool.give_up(ticket);
                        return Err(error);
                    }
                }
            }
        };
        Ok(Connection {
            client: Rc::clone(self),
            pool,
            lease: RefCell::new(Some((ticket, socket))),
            is_spoiled: Cell::new(false),
        })
    }

    /// Sends a packet and waits for the one that answers it.
    ///
    /// # Errors
    /// What went wrong; the connection is not used again then.
    pub fn ask(self: &Rc<Self>, packet: &[u8]) -> Result<Vec<u8>, Error> {
        let connection = self.connect(String::new)?;
        let asked = connection
            .send(packet)
            .and_then(|()| connection.receive(None));
        match asked {
            Ok(Some(answer)) => {
                connection.release();
                Ok(answer)
            }
            Ok(None) => Err(Error::new(
                Kind::Connection,
                format!(
                    "{}: the server closed the connection before it answered",
                    self.place()
                ),
            )),
            Err(error) => Err(error),
        }
    }
}

/// A connection that somebody has for himself. Letting go of it closes it.
pub struct Connection {
    client: Rc<Client>,
    pool: Rc<Pool<Rc<Socket>>>,
    lease: RefCell<Option<(Ticket, Rc<Socket>)>>,
    /// Something went wrong: it is not to be used again.
    is_spoiled: Cell<bool>,
}

impl Connection {
    fn socket(&self) -> Result<Rc<Socket>, Error> {
        match &*self.lease.borrow() {
            Some((_, socket)) if !socket.is_closed() => Ok(Rc::clone(socket)),
            _ => Err(Error::new(
                Kind::Connection,
                format!("{}: the connection is closed", self.client.place()),
            )),
        }
    }

    /// Sends a packet.
    ///
    /// # Errors
    /// What went wrong.
    pub fn send(&self, packet: &[u8]) -> Result<(), Error> {
        let settings = &self.client.settings;
        let bytes = settings
            .frame
            .pack(packet, settings.max_packet)
            .map_err(|why| Error::new(Kind::Usage, why))?;
        let socket = self.socket()?;
        let failed = |error| {
            self.is_spoiled.set(true);
            Error::of_net(&error, &self.client.place())
        };
        let part = socket
            .send_all(&bytes, left(deadline(settings.timeout)))
            .map_err(failed)?;
        part.error.map_or(Ok(()), |error| Err(failed(error)))
    }

    /// Waits for a packet, at most for so long (the client's timeout where it is not said); `None` at the end of the stream.
    ///
    /// # Errors
    /// What went wrong.
    pub fn receive(&self, timeout: Option<Duration>) -> Result<Option<Vec<u8>>, Error> {
        let settings = &self.client.settings;
        let socket = self.socket()?;
        let seconds = left(deadline(timeout.or(settings.timeout)));
        let take = |bytes: &[u8]| match bytes.is_empty() {
            true => None,
            false => Some(settings.frame.unpack(bytes).to_vec()),
        };
        let came = match settings.frame {
            Frame::None => socket.receive(settings.max_packet.min(65536), seconds, take),
            _ => socket.receive_packet(seconds, |_| 0, take),
        };
        match came {
            Ok(Some(packet)) => Ok(Some(packet)),
            Ok(None) => {
                self.is_spoiled.set(true);
                Ok(None)
            }
            Err(error) => {
                self.is_spoiled.set(true);
                Err(Error::of_net(&error, &self.client.place()))
            }
        }
    }

    /// Is it open?
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.socket().is_ok()
    }

    /// Gives it back to the pool, if nothing went wrong; closes it otherwise.
    pub fn release(&self) {
        let Some((ticket, socket)) = self.lease.take() else {
            return;
        };
        let is_shared = Rc::strong_count(&socket) > 1;
        if is_shared {
            // Somebody waits on it yet.
            let _told = socket.close();
        }
        if is_shared || self.is_spoiled.get() {
            drop(socket);
            self.pool.give_up(ticket);
        } else {
            self.pool.give_back(ticket, socket);
        }
    }

    /// Closes it; who waits for it is told.
    pub fn close(&self) {
        if let Some((ticket, socket)) = self.lease.take() {
            let _told = socket.close();
            self.pool.give_up(ticket);
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.close();
    }
}
