//! What a session is to be like.

use std::fmt;
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

/// What opens an encrypted key. It is not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Passphrase(pub String);

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

/// A certificate for clients that ask for one name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Named {
    /// The name, in any case; `*.example.org` stands for one label more.
    pub host: String,
    /// The certificate and those that lead to its root, PEM.
    pub certificate: PathBuf,
    /// Its key, PEM.
    pub key: PathBuf,
    /// What its authority says of it (OCSP), DER.
    pub ocsp: Option<PathBuf>,
}

/// Certificates that somebody keeps up to date while a server runs: in a folder a file `NAME.pem` for each name, the key and
/// the certificates in it. It may come, and be replaced by another, at any time; sessions have the new one a second later.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept {
    /// Where they are.
    pub folder: PathBuf,
    /// The names; who asks for none of them is shown the certificate of the first.
    pub names: Vec<String>,
    /// What is shown for a name that has none yet.
    pub interim: Interim,
}

/// A certificate and its key, PEM. The key is not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Interim(pub String);

impl fmt::Debug for Interim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Interim(…)")
    }
}

/// What an application sets for its sessions.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Our certificate and those that lead to its root, PEM. A server needs one.
    pub certificate: Option<PathBuf>,
    /// The key of our certificate, PEM.
    pub key: Option<PathBuf>,
    /// What the authority says of our certificate (OCSP), DER: sent along with it. Read anew with the certificate.
    pub ocsp: Option<PathBuf>,
    /// Opens the key where it is encrypted.
    pub passphrase: Option<Passphrase>,
    /// Certificates for other names that a client may ask for (SNI, RFC 6066, section 3).
    pub named: Vec<Named>,
    /// Certificates that change while the server runs, in the place of the first one.
    pub kept: Option<Kept>,
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
    /// Certificates between the peer's and a trusted one, at most; `None`: as many as there are.
    pub verify_depth: Option<u8>,
    /// Which versions are spoken.
    pub protocols: Protocols,
    /// Ciphers of TLS 1.2, as `openssl-ciphers(1)` writes them; all that there are where it is not set.
    pub ciphers: Option<String>,
    /// Curves for the exchange of keys, separated by colons.
    pub curves: Option<String>,
    /// A server takes its own order of ciphers, not the client's.
    pub prefer_own_ciphers: bool,
    /// What is offered by ALPN, in the order of preference.
    pub alpn: Vec<Vec<u8>>,
    /// DTLS 1.2, over datagrams, instead of TLS over a stream. Versions and ALPN mean nothing then.
    pub datagrams: bool,
}
