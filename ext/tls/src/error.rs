//! Why there is no session, or why it ended.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// What went wrong.
#[derive(Debug)]
pub enum Error {
    /// A file of the settings can't be read.
    File(PathBuf, String),
    /// A server without a certificate, or a certificate without its key.
    NoCertificate,
    /// No version that both the settings allow and we speak.
    NoProtocol,
    /// A list of ciphers that names none that there is.
    NoCiphers(String),
    /// A list of curves that names none that there is.
    NoCurves(String),
    /// What was received, or the settings, does not fit TLS.
    Protocol(rustls::Error),
    /// The system's error.
    Io(io::Error),
    /// The peer has no certificate.
    NoPeerCertificate,
    /// The peer's certificate is not trusted.
    NotTrusted(rustls::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, why) => write!(f, "{}: {why}", path.display()),
            Self::NoCertificate => f.write_str(
                "a certificate and its key are needed: set ssl_cert_file and ssl_key_file",
            ),
            Self::NoProtocol => f.write_str(
                "ssl_protocols allows neither TLS 1.2 nor TLS 1.3, the versions that there are",
            ),
            Self::NoCiphers(list) => write!(
                f,
                "ssl_ciphers '{list}' names no cipher that there is: TLS 1.2 is spoken with ECDHE and AES-GCM or ChaCha20 only"
            ),
            Self::NoCurves(list) => write!(
                f,
                "ssl_ecdh_curve '{list}' names no curve that there is: use X25519, P-256, P-384 or X25519MLKEM768"
            ),
            Self::Protocol(error) | Self::NotTrusted(error) => write!(f, "{error}"),
            Self::Io(error) => write!(f, "{error}"),
            Self::NoPeerCertificate => f.write_str("the peer sent no certificate"),
        }
    }
}

impl std::error::Error for Error {}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<rustls::Error> for Error {
    fn from(error: rustls::Error) -> Self {
        Self::Protocol(error)
    }
}
