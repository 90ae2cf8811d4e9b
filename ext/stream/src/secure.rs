//! TLS on a connection.

use crate::output::{Sent, Sink};
use highper_tls::{Context, Error as TlsError, Session};
use rustix::fd::BorrowedFd;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::FileExt;
use std::time::Instant;

const FILE_STEP: usize = 16 * 1024;

/// The socket as rustls sees it: never blocks, raises no signal.
pub(crate) struct Wire<'a>(pub(crate) BorrowedFd<'a>);

impl Read for Wire<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match recv(self.0, &mut *buffer, RecvFlags::DONTWAIT) {
                Ok((count, _)) => return Ok(count),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Write for Wire<'_> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        loop {
            match send(self.0, data, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
                Ok(count) => return Ok(count),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A session, and whether its handshake was announced.
pub(crate) struct Secure {
    context: Context,
    session: Session,
    pub(crate) is_ready: bool,
    /// The datagram that the session begins with, where it was received elsewhere.
    first: Option<Vec<u8>>,
    /// Who the peer of a session over datagrams is.
    peer: Option<Box<[u8]>>,
}

/// How far a handshake got.
pub(crate) enum Shaken {
    /// More has to come, or to be sent.
    Pending,
    /// The session stands.
    Ready,
    /// There will be no session.
    Failed(String),
}

fn pushed(session: &mut Session, wire: &mut Wire<'_>) -> Sent {
    match session.push(wire) {
        Ok(()) => Sent::All,
        Err(error) if error.kind() == ErrorKind::WouldBlock => Sent::Blocked,
        Err(_) => Sent::Broken,
    }
}

impl Secure {
    pub(crate) fn new(context: &Context) -> Result<Self, TlsError> {
        Ok(Self {
            context: context.clone(),
            session: context.session("")?,
            is_ready: false,
            first: None,
            peer: None,
        })
    }

    /// The session with a peer that has shown where it is: `hello` is what it said, `peer` its address. `None`: it was no hello.
    pub(crate) fn answering(context: &Context, peer: &[u8], hello: Vec<u8>) -> Option<Self> {
        Some(Self {
            context: context.clone(),
            session: context.answer(peer, &hello)?,
            is_ready: false,
            first: Some(hello),
            peer: Some(peer.into()),
        })
    }

    /// Who the peer of a session over datagrams is.
    pub(crate) fn peer(&self) -> Option<&[u8]> {
        self.peer.as_deref()
    }

    /// When what was said in the handshake is to be said again.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.session.due()
    }

    /// Says it again, if it is time.
    pub(crate) fn elapse(&mut self, fd: BorrowedFd<'_>) {
        self.session.elapse();
        let _as_well_lost = pushed(&mut self.session, &mut Wire(fd));
    }

    /// What a peer that has begun anew has said.
    pub(crate) fn successor(&mut self) -> Option<Vec<u8>> {
        self.session.successor()
    }

    /// Takes the handshake on with what has come.
    pub(crate) fn shake(&mut self, fd: BorrowedFd<'_>) -> Shaken {
        let mut wire = Wire(fd);
        if let Some(first) = self.first.take()
            && let Err(error) = self.session.feed(&first)
        {
            let _told = pushed(&mut self.session, &mut wire);
            return Shaken::Failed(error.to_string());
        }
        loop {
            if pushed(&mut self.session, &mut wire) == Sent::Broken {
                return Shaken::Failed("the peer closed the connection in the handshake".into());
            }
            if !self.session.is_handshaking() {
                if self.context.settings().verify_peer {
                    let allow = self.context.settings().allow_self_signed;
                    if let Err(error) = self.session.verify(&self.context, allow) {
                        return Shaken::Failed(error.to_string());
                    }
                }
                self.is_ready = true;
                return Shaken::Ready;
            }
            match self.session.pull(&mut wire) {
                Ok(true) => {}
                Ok(false) => {
                    return Shaken::Failed(
                        "the peer closed the connection in the handshake".into(),
                    );
                }
                Err(TlsError::Io(error)) if error.kind() == ErrorKind::WouldBlock => {
                    return Shaken::Pending;
                }
                Err(error) => {
                    // The alert says why; whether it arrives changes nothing.
                    let _told = pushed(&mut self.session, &mut wire);
                    return Shaken::Failed(error.to_string());
                }
            }
        }
    }

    /// Receives deciphered bytes: zero at the end, `None` when nothing is there.
    pub(crate) fn receive(
        &mut self,
        fd: BorrowedFd<'_>,
        buffer: &mut [u8],
    ) -> Option<Result<usize, ()>> {
        let mut wire = Wire(fd);
        loop {
            match self.session.read(buffer) {
                Ok(count) => return Some(Ok(count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => return Some(Err(())),
            }
            match self.session.pull(&mut wire) {
                Ok(goes_on) => {
                    if self.session.has_output() {
                        // An answer of the session's own; what can't go now goes with the next output.
                        let _later = pushed(&mut self.session, &mut wire);
                    }
                    if !goes_on {
                        return Some(Ok(self.session.read(buffer).unwrap_or(0)));
                    }
                }
                Err(TlsError::Io(error)) if error.kind() == ErrorKind::WouldBlock => return None,
                Err(TlsError::Io(_)) => return Some(Err(())),
                Err(_) => {
                    let _told = pushed(&mut self.session, &mut wire);
                    return Some(Err(()));
                }
            }
        }
    }

    /// Does the session itself hold bytes for the peer?
    pub(crate) fn has_output(&self) -> bool {
        self.session.has_output()
    }

    /// Says that nothing more will come, if that can be said at once.
    pub(crate) fn say_goodbye(&mut self, fd: BorrowedFd<'_>) {
        // A peer of datagrams learns of the end by nothing else, also where its certificate was not good.
        if self.is_ready || self.session.is_of_datagrams() {
            self.session.close();
            let _as_well_without = pushed(&mut self.session, &mut Wire(fd));
        }
    }

    /// The peer's certificate, PEM.
    pub(crate) fn peer_certificate(&self) -> Option<String> {
        self.session.peer_certificate()
    }

    /// As a sink for output.
    pub(crate) fn sink<'a>(&'a mut self, fd: BorrowedFd<'a>) -> impl Sink + 'a {
        Enciphered {
            session: &mut self.session,
            wire: Wire(fd),
        }
    }
}

struct Enciphered<'a> {
    session: &'a mut Session,
    wire: Wire<'a>,
}

impl Sink for Enciphered<'_> {
    fn take(&mut self, bytes: &[u8]) -> Result<usize, Sent> {
        match pushed(self.session, &mut self.wire) {
            Sent::All => {}
            end => return Err(end),
        }
        let count = self.session.write(bytes).map_err(|_| Sent::Broken)?;
        match pushed(self.session, &mut self.wire) {
            // What the session holds goes before the next bytes.
            Sent::All | Sent::Blocked if count > 0 => Ok(count),
            Sent::All => Err(Sent::Blocked),
            end => Err(end),
        }
    }

    fn take_file(&mut self, file: &File, offset: &mut u64, count: usize) -> Result<usize, Sent> {
        let mut chunk = [0; FILE_STEP];
        let want = count.min(FILE_STEP);
        let read = file
            .read_at(&mut chunk[..want], *offset)
            .map_err(|_| Sent::Broken)?;
        if read == 0 {
            return Ok(0);
        }
        let taken = self.take(&chunk[..read])?;
        *offset += taken as u64;
        Ok(taken)
    }

    fn finish(&mut self) -> Sent {
        pushed(self.session, &mut self.wire)
    }
}
