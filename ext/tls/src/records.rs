//! One session on a server, record by record: it keeps no buffer of its own, so that one at rest is small.

use crate::{Context, Error, certificate, judgement};
use rustls::server::{ServerConnectionData, UnbufferedServerConnection};
use rustls::unbuffered::{
    ConnectionState, EncodeError, EncodeTlsData, EncryptError, InsufficientSizeError,
    UnbufferedStatus,
};

/// What a record has more than the bytes in it, at most: its head, an explicit nonce, the tag, the inner type.
const OVERHEAD: usize = 64;
/// Bytes of an ordinary record at most.
const RECORD: usize = 16 * 1024;

/// A session whose records are in the hands of who has the socket.
pub struct Records {
    connection: UnbufferedServerConnection,
    context: Context,
    closed: bool,
}

/// What was taken of received bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Opened {
    /// Bytes of the input that are of no more use.
    pub used: usize,
    /// Deciphered bytes.
    pub filled: usize,
    /// The peer has said that nothing more comes.
    pub ended: bool,
}

fn grow(out: &mut Vec<u8>, by: usize, write: impl FnOnce(&mut [u8]) -> usize) {
    let start = out.len();
    out.resize(start + by, 0);
    let written = write(&mut out[start..]);
    out.truncate(start + written);
}

/// Appends a message of the handshake, or an alert.
fn encode(data: &mut EncodeTlsData<'_, ServerConnectionData>, out: &mut Vec<u8>) {
    let mut room = 2048;
    loop {
        let mut short = None;
        grow(out, room, |out| match data.encode(out) {
            Ok(written) => written,
            Err(EncodeError::InsufficientSize(error)) => {
                short = Some(error.required_size);
                0
            }
            Err(EncodeError::AlreadyEncoded) => 0,
        });
        match short {
            Some(size) => room = size,
            None => return,
        }
    }
}

impl Records {
    pub(crate) fn new(connection: UnbufferedServerConnection, context: Context) -> Self {
        Self {
            connection,
            context,
            closed: false,
        }
    }

    /// Is the handshake not over yet?
    #[must_use]
    pub fn is_handshaking(&self) -> bool {
        self.connection.is_handshaking()
    }

    /// What was agreed on by ALPN.
    #[must_use]
    pub fn alpn(&self) -> Option<&[u8]> {
        self.connection.alpn_protocol()
    }

    /// The peer's certificate, PEM.
    #[must_use]
    pub fn peer_certificate(&self) -> Option<String> {
        let chain = self.connection.peer_certificates()?;
        Some(certificate::to_pem(chain.first()?))
    }

    /// Judges the peer's certificate as the settings want it; nothing where they don't.
    ///
    /// # Errors
    /// [`Error::NoPeerCertificate`], [`Error::NotTrusted`], or that a file of the settings can't be read.
    pub fn verify(&self) -> Result<(), Error> {
        let settings = self.context.settings();
        if !settings.verify_peer {
            return Ok(());
        }
        judgement::of(
            self.connection.peer_certificates(),
            &self.context,
            settings.allow_self_signed,
        )
    }

    /// Deciphers the records in `input`, which it changes, to the front of `plain`; what the session itself has to
    /// send is appended to `out`. Part of a record is left over: it has to come again in front of what follows.
    /// `plain` has room for as many bytes as `input` has.
    ///
    /// # Errors
    /// [`Error::Protocol`] when what came is no TLS: an alert is in `out`.
    pub fn open(
        &mut self,
        input: &mut [u8],
        plain: &mut [u8],
        out: &mut Vec<u8>,
    ) -> Result<Opened, Error> {
        let mut opened = Opened {
            used: 0,
            filled: 0,
            ended: false,
        };
        let mut failed = None;
        loop {
            let UnbufferedStatus { mut discard, state } = self
                .connection
                .process_tls_records(&mut input[opened.used..]);
            let mut done = false;
            match state {
                Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                    while let Some(record) = traffic.next_record() {
                        let record = record?;
                        discard += record.discard;
                        let end = opened.filled + record.payload.len();
                        plain[opened.filled..end].copy_from_slice(record.payload);
                        opened.filled = end;
                    }
                }
                Ok(ConnectionState::EncodeTlsData(mut data)) => {
                    encode(&mut data, out);
                }
                // What is in `out` is sent by the caller.
                Ok(ConnectionState::TransmitTlsData(data)) => data.done(),
                Ok(ConnectionState::PeerClosed) => opened.ended = true,
                Ok(ConnectionState::Closed) => {
                    opened.ended = true;
                    done = true;
                }
                // Early data is never agreed to.
                Ok(_) => done = true,
                // Once more for the alert; the second time it is over.
                Err(error) if failed.is_none() => failed = Some(error),
                Err(_) => done = true,
            }
            opened.used += discard;
            if done {
                return match failed {
                    Some(error) => Err(error.into()),
                    None => Ok(opened),
                };
            }
        }
    }

    /// Appends bytes, enciphered, to `out`.
    ///
    /// # Errors
    /// [`Error::Protocol`] before the handshake is over, and when the session is used up.
    pub fn seal(&mut self, plain: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        loop {
            let UnbufferedStatus { state, .. } = self.connection.process_tls_records(&mut []);
            match state? {
                ConnectionState::WriteTraffic(mut traffic) => {
                    let mut room = plain.len() + OVERHEAD * (plain.len() / RECORD + 1);
                    loop {
                        let mut outcome = Ok(0);
                        grow(out, room, |out| {
                            outcome = traffic.encrypt(plain, out);
                            *outcome.as_ref().unwrap_or(&0)
                        });
                        match outcome {
                            Ok(_) => return Ok(()),
                            Err(EncryptError::InsufficientSize(InsufficientSizeError {
                                required_size,
                            })) => room = required_size,
                            Err(EncryptError::EncryptExhausted) => {
                                return Err(rustls::Error::EncryptError.into());
                            }
                        }
                    }
                }
                ConnectionState::EncodeTlsData(mut data) => {
                    encode(&mut data, out);
                }
                ConnectionState::TransmitTlsData(data) => data.done(),
                ConnectionState::PeerClosed => {}
                _ => return Err(rustls::Error::HandshakeNotComplete.into()),
            }
        }
    }

    /// Says to the peer that nothing more will come; once.
    pub fn close(&mut self, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.closed, true) || self.is_handshaking() {
            return;
        }
        let UnbufferedStatus { state, .. } = self.connection.process_tls_records(&mut []);
        if let Ok(ConnectionState::WriteTraffic(mut traffic)) = state {
            grow(out, OVERHEAD, |out| {
                // There is room, and nobody waits for it.
                traffic.queue_close_notify(out).unwrap_or(0)
            });
        }
    }
}
