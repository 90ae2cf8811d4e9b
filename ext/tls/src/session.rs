//! One session over some stream.

use crate::{Context, Error, certificate, judgement};
use rustls::Connection;
use std::io::{self, ErrorKind, Read, Write};

/// A session. Its methods don't wait: they fail with [`ErrorKind::WouldBlock`] when the stream
/// would.
#[derive(Debug)]
pub struct Session {
    connection: Connection,
}

impl Session {
    pub(crate) fn new(connection: Connection) -> Self {
        Self { connection }
    }

    /// Is the handshake not over yet?
    #[must_use]
    pub fn is_handshaking(&self) -> bool {
        self.connection.is_handshaking()
    }

    /// Is there something to [`Session::push`]?
    #[must_use]
    pub fn has_output(&self) -> bool {
        self.connection.wants_write()
    }

    /// Takes what the stream has, once. False when the stream has ended.
    ///
    /// # Errors
    /// [`Error::Io`] of the stream; [`Error::Protocol`] when what came is no TLS: an alert is ready to be pushed.
    pub fn pull(&mut self, stream: &mut dyn Read) -> Result<bool, Error> {
        let count = self.connection.read_tls(stream)?;
        self.connection.process_new_packets()?;
        Ok(count > 0)
    }

    /// Gives the stream what it is to send.
    ///
    /// # Errors
    /// Those of the stream; nothing is lost then.
    pub fn push(&mut self, stream: &mut dyn Write) -> io::Result<()> {
        while self.connection.wants_write() {
            if self.connection.write_tls(stream)? == 0 {
                return Err(ErrorKind::WriteZero.into());
            }
        }
        Ok(())
    }

    /// Takes deciphered bytes; 0 at the end.
    ///
    /// # Errors
    /// [`ErrorKind::WouldBlock`] when more has to be pulled first.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.connection.reader().read(buffer) {
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
        self.connection.writer().write(data)
    }

    /// Says to the peer that nothing more will come, to be pushed.
    pub fn close(&mut self) {
        self.connection.send_close_notify();
    }

    /// The peer's certificate, PEM.
    #[must_use]
    pub fn peer_certificate(&self) -> Option<String> {
        let chain = self.connection.peer_certificates()?;
        Some(certificate::to_pem(chain.first()?))
    }

    /// What was agreed on by ALPN.
    #[must_use]
    pub fn alpn(&self) -> Option<&[u8]> {
        self.connection.alpn_protocol()
    }

    /// Judges the peer's certificate: signed by one that the settings trust, valid now, for the
    /// server's name where the settings have one.
    ///
    /// # Errors
    /// [`Error::NoPeerCertificate`], [`Error::NotTrusted`], or that a file of the settings can't be read.
    pub fn verify(&self, context: &Context, allow_self_signed: bool) -> Result<(), Error> {
        judgement::of(
            self.connection.peer_certificates(),
            context,
            allow_self_signed,
        )
    }
}
