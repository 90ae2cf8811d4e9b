//! What a session is to be like.

use std::path::PathBuf;

/// Which versions are spoken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Protocols {
    /// TLS 1.2
    pub tls12: bool,
    /// TLS 1.3
    pub tls13: bool,
}

impl Default for Protocols {
    fn default() -> Self {
        Self {
            tls12: true,
            tls13: true,
        }
    }
}

/// What an application sets for its sessions.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Our certificate and those that lead to its root, PEM. A server needs one.
    pub certificate: Option<PathBuf>,
    /// The key of our certificate, PEM, not encrypted.
    pub key: Option<PathBuf>,
    /// Certificates that are trusted, PEM; with neither this nor a folder those of the system.
    pub ca_file: Option<PathBuf>,
    /// A folder of such files.
    pub ca_path: Option<PathBuf>,
    /// The server's name: sent in the handshake, and checked by [`crate::Session::verify`]. Empty: no name is sent.
    pub host_name: Option<String>,
    /// Judge the peer's certificate at the end of the handshake. A server asks for one then.
    pub verify_peer: bool,
    /// A certificate that signed itself is as good.
    pub allow_self_signed: bool,
    /// Which versions are spoken.
    pub protocols: Protocols,
    /// What is offered by ALPN, in the order of preference.
    pub alpn: Vec<Vec<u8>>,
}
