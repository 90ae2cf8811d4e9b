//! One session over some stream, or over datagrams.

use crate::dtls::Packets;
use crate::{Context, Error, certificate, judgement};
use rustls::Connection;
use rustls::pki_types::CertificateDer;
use std::cell::RefCell;
use std::io::{self, ErrorKind, Read, Write};
use std::time::Instant;

/// A session. Its methods don't wait: they fail with [`ErrorKind::WouldBlock`] when the stream
/// would.
#[derive(Debug)]
pub struct Session {
    connection: Link,
}

/// What it runs over.
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "who has a session has it in a box already; the other kind is rare"
)]
enum Link {
    Stream(Connection),
    Datagrams(Box<Packets>),
}

/// Bytes of a datagram at most.
const DATAGRAM: usize = 64 * 1024;

thread_local! {
    /// Where datagrams are received.
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Is the datagram merely lost by this? What comes back from a peer that is not there ends the session.
fn is_loss(error: &io::Error) -> bool {
    !matches!(
        error.kind(),
        ErrorKind::WouldBlock | ErrorKind::Interrupted | ErrorKind::ConnectionRefused
    )
}

impl Session {
    pub(crate) fn new(connection: Connection) -> Self {
        Self {
            connection: Link::Stream(connection),
        }
    }

    pub(crate) fn of_packets(packets: Packets) -> Self {
        Self {
            connection: Link::Datagrams(Box::new(packets)),
        }
    }

    /// Does it run over datagrams, of which each may be lost?
    #[must_use]
    pub fn is_of_datagrams(&self) -> bool {
        matches!(self.connection, Link::Datagrams(_))
    }

    /// When [`Session::elapse`] is to be called, if nothing comes before.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        match &self.connection {
            Link::Stream(_) => None,
            Link::Datagrams(packets) => packets.due(),
        }
    }

    /// Repeats what may have been lost, if it is time; it is to be pushed.
    pub fn elapse(&mut self) {
        if let Link::Datagrams(packets) = &mut self.connection {
            packets.elapse(Instant::now());
        }
    }

    /// The datagram with which a peer, whose session has ended by that, has begun another one: for [`Context::answer`].
    #[must_use]
    pub fn successor(&mut self) -> Option<Vec<u8>> {
        match &mut self.connection {
            Link::Stream(_) => None,
            Link::Datagrams(packets) => packets.successor(),
        }
    }

    /// Is the handshake not over yet?
    #[must_use]
    pub fn is_handshaking(&self) -> bool {
        match &self.connection {
            Link::Stream(connection) => connection.is_handshaking(),
            Link::Datagrams(packets) => packets.is_handshaking(),
        }
    }

    /// Is there something to [`Session::push`]?
    #[must_use]
    pub fn has_output(&self) -> bool {
        match &self.connection {
            Link::Stream(connection) => connection.wants_write(),
            Link::Datagrams(packets) => packets.output().is_some(),
        }
    }

    /// Takes what the stream has, once. False when the stream has ended.
    ///
    /// # Errors
    /// [`Error::Io`] of the stream; [`Error::Protocol`] when what came is no TLS: an alert is ready to be pushed.
    pub fn pull(&mut self, stream: &mut dyn Read) -> Result<bool, Error> {
        match &mut self.connection {
            Link::Stream(connection) => {
                let count = connection.read_tls(stream)?;
                connection.process_new_packets()?;
                Ok(count > 0)
            }
            Link::Datagrams(packets) => BUFFER.with_borrow_mut(|buffer| {
                buffer.resize(DATAGRAM, 0);
                // One without bytes is no end.
                let count = stream.read(buffer)?;
                packets.take(&buffer[..count], Instant::now())?;
                Ok(true)
            }),
        }
    }

    /// Takes a datagram that was received elsewhere.
    ///
    /// # Errors
    /// As [`Session::pull`]. A session over a stream takes none.
    pub fn feed(&mut self, datagram: &[u8]) -> Result<(), Error> {
        match &mut self.connection {
            Link::Stream(_) => Err(Error::NoProtocol),
            Link::Datagrams(packets) => Ok(packets.take(datagram, Instant::now())?),
        }
    }

    /// Gives the stream what it is to send.
    ///
    /// # Errors
    /// Those of the stream; nothing is lost then.
    pub fn push(&mut self, stream: &mut dyn Write) -> io::Result<()> {
        match &mut self.connection {
            Link::Stream(connection) => {
                while connection.wants_write() {
                    if connection.write_tls(stream)? == 0 {
                        return Err(ErrorKind::WriteZero.into());
                    }
                }
            }
            Link::Datagrams(packets) => {
                while let Some(datagram) = packets.output() {
                    match stream.write(datagram) {
                        Err(error) if !is_loss(&error) => return Err(error),
                        _ => packets.sent(),
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes deciphered bytes; 0 at the end.
    ///
    /// # Errors
    /// [`ErrorKind::WouldBlock`] when more has to be pulled first.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let connection = match &mut self.connection {
            Link::Stream(connection) => connection,
            Link::Datagrams(packets) => {
                return match packets.read(buffer) {
                    Some(count) => Ok(count),
                    None if packets.has_ended() => Ok(0),
                    None => Err(ErrorKind::WouldBlock.into()),
                };
            }
        };
        match connection.reader().read(buffer) {
            // The peer closed its connection without closing the session: as good as any end here.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(0),
            done => done,
        }
    }

    /// Enciphers as much as there is room for, to be pushed. Returns how many bytes.
    ///
    /// # Errors
    /// None while the session is open.
    pub fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        match &mut self.connection {
            Link::Stream(connection) => connection.writer().write(data),
            Link::Datagrams(packets) => packets
                .write(data)
                .ok_or_else(|| ErrorKind::BrokenPipe.into()),
        }
    }

    /// Says to the peer that nothing more will come, to be pushed.
    pub fn close(&mut self) {
        match &mut self.connection {
            Link::Stream(connection) => connection.send_close_notify(),
            Link::Datagrams(packets) => packets.close(),
        }
    }

    fn peer_certificates(&self) -> Option<&[CertificateDer<'static>]> {
        match &self.connection {
            Link::Stream(connection) => connection.peer_certificates(),
            Link::Datagrams(packets) => packets.certificates(),
        }
    }

    /// The peer's certificate, PEM.
    #[must_use]
    pub fn peer_certificate(&self) -> Option<String> {
        let chain = self.peer_certificates()?;
        Some(certificate::to_pem(chain.first()?))
    }

    /// What was agreed on by ALPN.
    #[must_use]
    pub fn alpn(&self) -> Option<&[u8]> {
        match &self.connection {
            Link::Stream(connection) => connection.alpn_protocol(),
            Link::Datagrams(_) => None,
        }
    }

    /// Judges the peer's certificate: signed by one that the settings trust, valid now, for the
    /// server's name where the settings have one.
    ///
    /// # Errors
    /// [`Error::NoPeerCertificate`], [`Error::NotTrusted`], or that a file of the settings can't be read.
    pub fn verify(&self, context: &Context, allow_self_signed: bool) -> Result<(), Error> {
        judgement::of(self.peer_certificates(), context, allow_self_signed)
    }
}
