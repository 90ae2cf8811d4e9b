//! One session over some stream.

use crate::context::provider;
use crate::{Context, Error, certificate};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::server::WebPkiClientVerifier;
use rustls::{CertificateError, Connection, OtherError};
use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;

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
        let settings = context.settings();
        let (end, chain) = self
            .connection
            .peer_certificates()
            .and_then(<[_]>::split_first)
            .ok_or(Error::NoPeerCertificate)?;
        if let Some(most) = settings.verify_depth
            && chain.len() > usize::from(most)
        {
            let too_long = CertificateError::Other(OtherError(Arc::new(TooDeep(most))));
            return Err(Error::NotTrusted(too_long.into()));
        }
        let trusted = self.trust(context, end, chain);
        match trusted {
            Err(Error::NotTrusted(rustls::Error::InvalidCertificate(
                CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. }
                | CertificateError::Revoked,
            ))) => return trusted,
            Err(Error::NotTrusted(_)) if is_listed(settings.ca_file.as_deref(), end) => {}
            Err(Error::NotTrusted(_))
                if allow_self_signed && chain.is_empty() && certificate::signs_itself(end) => {}
            Err(_) => return trusted,
            Ok(()) => {}
        }
        let name = settings
            .host_name
            .as_deref()
            .filter(|name| !name.is_empty());
        if let Some(name) = name.filter(|_| !context.is_server()) {
            let name = ServerName::try_from(name)
                .map_err(|_| Error::NotTrusted(CertificateError::NotValidForName.into()))?;
            let parsed = ParsedCertificate::try_from(end).map_err(Error::NotTrusted)?;
            verify_server_name(&parsed, &name).map_err(Error::NotTrusted)?;
        }
        Ok(())
    }

    fn trust(
        &self,
        context: &Context,
        end: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
    ) -> Result<(), Error> {
        let settings = context.settings();
        let roots = certificate::roots(settings.ca_file.as_deref(), settings.ca_path.as_deref())?;
        let now = UnixTime::now();
        if context.is_server() {
            let untrusted = |_| Error::NotTrusted(CertificateError::UnknownIssuer.into());
            return WebPkiClientVerifier::builder_with_provider(roots, provider())
                .build()
                .map_err(untrusted)?
                .verify_client_cert(end, chain, now)
                .map(drop)
                .map_err(Error::NotTrusted);
        }
        let parsed = ParsedCertificate::try_from(end).map_err(Error::NotTrusted)?;
        let algorithms = provider().signature_verification_algorithms.all;
        verify_server_cert_signed_by_trust_anchor(&parsed, &roots, chain, now, algorithms)
            .map_err(Error::NotTrusted)
    }
}

/// More certificates lead to the root than `ssl_verify_depth` allows.
#[derive(Debug)]
struct TooDeep(u8);

impl fmt::Display for TooDeep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let most = self.0;
        write!(
            f,
            "more certificates lead to its root than ssl_verify_depth, {most}"
        )
    }
}

impl std::error::Error for TooDeep {}

/// Is this very certificate in the file of trusted ones?
fn is_listed(file: Option<&std::path::Path>, certificate: &CertificateDer<'_>) -> bool {
    file.and_then(|file| certificate::chain(file).ok())
        .is_some_and(|trusted| trusted.iter().any(|trusted| trusted == certificate))
}
