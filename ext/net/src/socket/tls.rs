//! TLS on a socket.

use super::{Limit, Side, Socket};
use crate::Error;
use highper_engine::clock;
use highper_tls::{Context, Error as TlsError, Session, Settings};
use rustix::fd::BorrowedFd;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use std::cell::{Cell, RefCell};
use std::io::{self, ErrorKind, Read, Write};
use std::time::Instant;

/// What a socket knows of TLS.
#[derive(Default)]
pub(super) struct Secure {
    settings: RefCell<Option<Settings>>,
    context: RefCell<Option<Context>>,
    session: RefCell<Option<Session>>,
    /// The session is there and its handshake is over.
    on: Cell<bool>,
    is_server: Cell<bool>,
    /// What the application connects to.
    peer: RefCell<String>,
}

/// The socket as rustls sees it: never blocks, raises no signal.
struct Wire<'a>(BorrowedFd<'a>);

impl Read for Wire<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(recv(self.0, buffer, RecvFlags::DONTWAIT)?.0)
    }
}

impl Write for Wire<'_> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        Ok(send(
            self.0,
            data,
            SendFlags::DONTWAIT | SendFlags::NOSIGNAL,
        )?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a session's trouble is to the socket.
fn of_tls(error: TlsError, broken: fn(String) -> Error) -> Error {
    match error {
        TlsError::Io(error) => of_io(&error),
        TlsError::NotTrusted(_) | TlsError::NoPeerCertificate => {
            Error::NotTrusted(error.to_string())
        }
        TlsError::Protocol(_) => broken(error.to_string()),
        other => Error::TlsSettings(other.to_string()),
    }
}

fn of_io(error: &io::Error) -> Error {
    match error.kind() {
        ErrorKind::WouldBlock => Errno::AGAIN.into(),
        _ => match error.raw_os_error() {
            Some(number) => Error::System(number),
            None => Error::TlsBroken(error.to_string()),
        },
    }
}

impl Secure {
    pub(super) fn is_on(&self) -> bool {
        self.on.get()
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.settings.borrow().is_some()
    }

    pub(super) fn set_server(&self, is_server: bool) {
        self.is_server.set(is_server);
    }

    pub(super) fn set_peer(&self, host: &[u8]) {
        self.peer
            .replace(String::from_utf8_lossy(host).into_owned());
    }

    pub(super) fn inherit(&self, from: &Self) {
        self.settings.replace(from.settings.borrow().clone());
        self.context.replace(from.context.borrow().clone());
        self.is_server.set(true);
    }

    pub(super) fn forget(&self) {
        self.on.set(false);
        self.session.take();
    }

    /// Makes the context, if TLS is wanted and there is none yet.
    pub(super) fn prepare(&self, socket: &Socket) -> Result<(), Error> {
        if self.context.borrow().is_some() {
            return Ok(());
        }
        let Some(mut settings) = self.settings.borrow().clone() else {
            return Ok(());
        };
        let kind = socket.kind.get();
        settings.datagrams = !kind.is_stream();
        if settings.datagrams && (!kind.is_udp() || self.is_server.get()) {
            return Err(Error::NotSupported(
                "TLS runs over streams, DTLS over sockets of UDP that connect; a server of DTLS is a port of Swoole\\Server",
            ));
        }
        let made = match self.is_server.get() {
            true => Context::server(settings),
            false => Context::client(settings),
        };
        let context = made.map_err(|error| of_tls(error, Error::TlsSettings))?;
        self.context.replace(Some(context));
        Ok(())
    }

    /// Runs one step of the session on the socket's descriptor.
    fn step<R>(
        &self,
        socket: &Socket,
        step: impl FnOnce(&mut Session, &mut Wire) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let fd = socket.fd.borrow();
        let fd = fd.as_ref().ok_or(Error::Closed)?;
        let mut session = self.session.borrow_mut();
        let session = session.as_mut().ok_or(Error::WrongOperation)?;
        use rustix::fd::AsFd;
        step(session, &mut Wire(fd.as_fd()))
    }

    fn pull(
        session: &mut Session,
        wire: &mut Wire,
        broken: fn(String) -> Error,
    ) -> Result<bool, Error> {
        loop {
            match session.pull(wire) {
                Err(TlsError::Io(error)) if error.kind() == ErrorKind::Interrupted => {}
                Err(error @ TlsError::Protocol(_)) => {
                    // The alert says why; whether it arrives changes nothing.
                    let _told = session.push(wire);
                    return Err(of_tls(error, broken));
                }
                done => return done.map_err(|error| of_tls(error, broken)),
            }
        }
    }

    fn push(session: &mut Session, wire: &mut Wire) -> Result<(), Error> {
        loop {
            match session.push(wire) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                done => return done.map_err(|error| of_io(&error)),
            }
        }
    }

    pub(super) fn try_receive(&self, socket: &Socket, into: &mut [u8]) -> Result<usize, Error> {
        self.step(socket, |session, wire| {
            loop {
                match session.read(into) {
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    done => return done.map_err(|error| of_io(&error)),
                }
                let goes_on = Self::pull(session, wire, Error::TlsBroken)?;
                if session.has_output() {
                    // An answer of the session's own; who sends next takes it along if it has to wait.
                    let _later = Self::push(session, wire);
                }
                if !goes_on {
                    return session.read(into).or(Ok(0));
                }
            }
        })
    }

    /// Waits until all that the session has to send is sent.
    fn flush(&self, socket: &Socket, limit: &mut Limit) -> Result<(), Error> {
        loop {
            match self.step(socket, Self::push) {
                Err(error) => socket.wait_after(error, Side::WRITE, limit)?,
                Ok(()) => return Ok(()),
            }
        }
    }

    pub(super) fn send_some(
        &self,
        socket: &Socket,
        data: &[u8],
        limit: &mut Limit,
    ) -> Result<usize, Error> {
        if socket.shut_write.get() {
            return Err(Errno::PIPE.into());
        }
        self.flush(socket, limit)?;
        let count = self.step(socket, |session, _| {
            session.write(data).map_err(|error| of_io(&error))
        })?;
        self.flush(socket, limit)?;
        Ok(count)
    }

    /// Tells the peer that the session ends, if it can be told at once.
    pub(super) fn say_goodbye(&self, socket: &Socket) {
        if self.on.get() {
            let _as_well_without = self.step(socket, |session, wire| {
                session.close();
                Self::push(session, wire)
            });
        }
    }

    fn shake(
        &self,
        socket: &Socket,
        limit: &mut Limit,
        failed: fn(String) -> Error,
    ) -> Result<(), Error> {
        loop {
            self.flush(socket, limit)?;
            let step = self.step(socket, |session, wire| {
                if !session.is_handshaking() {
                    return Ok(true);
                }
                match Self::pull(session, wire, failed)? {
                    true => Ok(false),
                    false => Err(failed(
                        "the peer closed the connection in the handshake".to_owned(),
                    )),
                }
            });
            match step {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(error) if error.is_would_block() => self.wait_for_peer(socket, limit)?,
                Err(error) => socket.wait_after(error, Side::READ, limit)?,
            }
        }
    }

    /// Waits in a handshake until something comes, or what was said has to be said again.
    fn wait_for_peer(&self, socket: &Socket, limit: &mut Limit) -> Result<(), Error> {
        let due = self.session.borrow().as_ref().and_then(Session::due);
        let Some(due) = due else {
            return socket.wait(Side::READ, limit, true);
        };
        let left = due.saturating_duration_since(Instant::now()).as_nanos();
        let due = clock::now().saturating_add(u64::try_from(left).unwrap_or(u64::MAX));
        if limit.at().is_some_and(|end| end <= due) {
            return socket.wait(Side::READ, limit, true);
        }
        match socket.wait(Side::READ, &mut Limit::until(Some(due)), true) {
            Err(Error::TimedOut) => self.step(socket, |session, _| {
                session.elapse();
                Ok(())
            }),
            done => done,
        }
    }
}

impl Socket {
    /// What is set for TLS; `None` where it is not wanted.
    #[must_use]
    pub fn tls(&self) -> Option<Settings> {
        self.secure.settings.borrow().clone()
    }

    /// Wants TLS with these settings, from the next handshake on.
    pub fn set_tls(&self, settings: Settings) {
        let changed = self.secure.settings.borrow().as_ref() != Some(&settings);
        if changed {
            self.secure.context.take();
        }
        self.secure.settings.replace(Some(settings));
    }

    /// Wants TLS with a context that others use, too: its files are read once.
    pub fn set_tls_context(&self, context: Context) {
        let settings = Some(context.settings().clone());
        self.secure.settings.replace(settings);
        self.secure.context.replace(Some(context));
    }

    /// The protocol that both sides have agreed on by ALPN.
    #[must_use]
    pub fn alpn(&self) -> Option<Vec<u8>> {
        let session = self.secure.session.borrow();
        session.as_ref()?.alpn().map(<[u8]>::to_vec)
    }

    /// Is there a session?
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.secure.is_on()
    }

    /// Makes the handshake, as the side that was connected to if this socket was accepted. The
    /// peer's certificate is judged where the settings want it.
    ///
    /// # Errors
    /// [`Error::WrongOperation`] where TLS is not wanted or there is a session; [`Error::Handshake`],
    /// [`Error::BadClient`], [`Error::NotTrusted`], [`Error::TlsSettings`]; that of the wait.
    pub fn handshake(&self) -> Result<(), Error> {
        if self.secure.is_on() || !self.secure.is_wanted() {
            return Err(Error::WrongOperation);
        }
        self.is_available(Side::BOTH)?;
        let is_server = self.secure.is_server.get();
        let failed = if is_server {
            Error::BadClient
        } else {
            Error::Handshake
        };
        if !self.buffer.borrow().is_empty() {
            // They would be taken for bytes of the session.
            return Err(failed(
                "the peer sent bytes before the handshake".to_owned(),
            ));
        }
        self.secure.prepare(self)?;
        let context = self.secure.context.borrow().clone();
        let context = context.ok_or(Error::WrongOperation)?;
        let session = context
            .session(&self.secure.peer.borrow())
            .map_err(|error| of_tls(error, failed))?;
        self.secure.session.replace(Some(session));
        let mut limit = self.limit(Side::READ, 0.0);
        let shaken = self.secure.shake(self, &mut limit, failed);
        if let Err(error) = shaken {
            self.secure.session.take();
            return Err(error);
        }
        if context.settings().verify_peer {
            let verified = self.verify_peer(context.settings().allow_self_signed);
            if verified.is_err() && context.settings().datagrams {
                // The peer learns of the end by nothing else.
                let _lost = self.secure.step(self, |session, wire| {
                    session.close();
                    Secure::push(session, wire)
                });
            }
            verified?;
        }
        self.secure.on.set(true);
        Ok(())
    }

    /// Judges the peer's certificate.
    ///
    /// # Errors
    /// [`Error::NotTrusted`]; [`Error::TlsSettings`] when a file of the settings can't be read;
    /// [`Error::WrongOperation`] without a session.
    pub fn verify_peer(&self, allow_self_signed: bool) -> Result<(), Error> {
        let context = self.secure.context.borrow().clone();
        let context = context.ok_or(Error::WrongOperation)?;
        let session = self.secure.session.borrow();
        let session = session.as_ref().ok_or(Error::WrongOperation)?;
        session
            .verify(&context, allow_self_signed)
            .map_err(|error| of_tls(error, Error::NotTrusted))
    }

    /// The peer's certificate as PEM.
    #[must_use]
    pub fn peer_certificate(&self) -> Option<String> {
        self.secure.session.borrow().as_ref()?.peer_certificate()
    }
}
