//! What sessions of the same settings share.

use crate::dtls::{self, Knock, Packets, Role, Shown};
use crate::kept::{CHALLENGE, KeptOnes};
use crate::names::ByName;
use crate::verifier::Later;
use crate::{Error, Passphrase, Records, Session, Settings, certificate, key, ocsp, suites};
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::{self, Ticketer};
use rustls::pki_types::ServerName;
use rustls::server::UnbufferedServerConnection;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{
    ClientConfig, ClientConnection, InconsistentKeys, ServerConfig, ServerConnection,
    SupportedProtocolVersion, version,
};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

/// Settings, made ready for one of the two sides.
#[derive(Clone, Debug)]
pub struct Context {
    settings: Arc<Settings>,
    side: Side,
}

#[derive(Clone, Debug)]
enum Side {
    Client(Arc<ClientConfig>),
    Server(Arc<ServerConfig>),
    Datagrams(Arc<dtls::Config>),
}

pub(crate) fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    Arc::clone(PROVIDER.get_or_init(|| Arc::new(aws_lc_rs::default_provider())))
}

fn versions(settings: &Settings) -> Result<Vec<&'static SupportedProtocolVersion>, Error> {
    let mut versions = Vec::with_capacity(2);
    if settings.protocols.tls13 {
        versions.push(&version::TLS13);
    }
    if settings.protocols.tls12 {
        versions.push(&version::TLS12);
    }
    if versions.is_empty() {
        return Err(Error::NoProtocol);
    }
    Ok(versions)
}

/// The ciphers and curves of the settings.
fn chosen(settings: &Settings) -> Result<Arc<CryptoProvider>, Error> {
    if settings.ciphers.is_none() && settings.curves.is_none() {
        return Ok(provider());
    }
    let mut chosen = CryptoProvider::clone(&provider());
    if let Some(list) = &settings.ciphers {
        chosen.cipher_suites = suites::chosen(&chosen, list)?;
    }
    if let Some(list) = &settings.curves {
        chosen.kx_groups = suites::groups(&chosen, list)?;
    }
    Ok(Arc::new(chosen))
}

/// A certificate with its key.
pub(crate) fn certified(
    certificate: &Path,
    key: &Path,
    passphrase: Option<&Passphrase>,
    response: Option<&Path>,
) -> Result<Arc<CertifiedKey>, Error> {
    let passphrase = passphrase.map(|passphrase| passphrase.0.as_str());
    let chain = certificate::chain(certificate)?;
    let key = provider()
        .key_provider
        .load_private_key(key::read(key, passphrase)?)?;
    let mut own = CertifiedKey::new(chain, key);
    own.ocsp = response.map(ocsp::read).transpose()?;
    match own.keys_match() {
        Err(error @ rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => {
            Err(error.into())
        }
        // A certificate that can't be compared (of version 1, say) may still be good for its clients.
        _ => Ok(Arc::new(own)),
    }
}

fn own(settings: &Settings) -> Result<Option<Arc<CertifiedKey>>, Error> {
    match (&settings.certificate, &settings.key) {
        (None, None) => Ok(None),
        (Some(certificate), Some(key)) => {
            let passphrase = settings.passphrase.as_ref();
            certified(certificate, key, passphrase, settings.ocsp.as_deref()).map(Some)
        }
        _ => Err(Error::NoCertificate),
    }
}

impl Context {
    /// For sessions that begin them.
    ///
    /// # Errors
    /// Files that can't be read, settings that don't fit.
    pub fn client(settings: Settings) -> Result<Self, Error> {
        if settings.datagrams {
            let role = Role::Client {
                own: own(&settings)?,
                sends_name: settings.host_name.as_deref() != Some(""),
            };
            let config = dtls::Config::new(chosen(&settings)?, role)?;
            return Ok(Self {
                settings: Arc::new(settings),
                side: Side::Datagrams(Arc::new(config)),
            });
        }
        let builder = ClientConfig::builder_with_provider(chosen(&settings)?)
            .with_protocol_versions(&versions(&settings)?)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Later(provider())));
        let mut config = match own(&settings)? {
            None => builder.with_no_client_auth(),
            Some(own) => builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(own))),
        };
        config.enable_sni = settings.host_name.as_deref() != Some("");
        config.alpn_protocols.clone_from(&settings.alpn);
        Ok(Self {
            settings: Arc::new(settings),
            side: Side::Client(Arc::new(config)),
        })
    }

    /// For sessions that are begun by the peer.
    ///
    /// # Errors
    /// As [`Context::client`]; [`Error::NoCertificate`] without one.
    pub fn server(settings: Settings) -> Result<Self, Error> {
        let kept = settings.kept.as_ref().map(KeptOnes::new).transpose()?;
        let own = match &kept {
            Some(kept) => kept.interim(),
            None => own(&settings)?.ok_or(Error::NoCertificate)?,
        };
        let mut names = ByName::new(own);
        for named in &settings.named {
            let passphrase = settings.passphrase.as_ref();
            let certificate = certified(
                &named.certificate,
                &named.key,
                passphrase,
                named.ocsp.as_deref(),
            )?;
            names.add(&named.host, certificate);
        }
        if settings.datagrams {
            let role = Role::Server {
                shown: match kept {
                    None => Shown::Names(names),
                    Some(kept) => Shown::Kept(kept.beside(names)),
                },
                asks: settings.verify_peer,
                prefers_own: settings.prefer_own_ciphers,
            };
            let config = dtls::Config::new(chosen(&settings)?, role)?;
            return Ok(Self {
                settings: Arc::new(settings),
                side: Side::Datagrams(Arc::new(config)),
            });
        }
        let builder = ServerConfig::builder_with_provider(chosen(&settings)?)
            .with_protocol_versions(&versions(&settings)?)?;
        let builder = if settings.verify_peer {
            builder.with_client_cert_verifier(Arc::new(Later(provider())))
        } else {
            builder.with_no_client_auth()
        };
        let mut config = match kept {
            None => builder.with_cert_resolver(Arc::new(names)),
            Some(kept) => builder.with_cert_resolver(Arc::new(kept.beside(names))),
        };
        config.alpn_protocols.clone_from(&settings.alpn);
        if settings.kept.is_some() {
            config.alpn_protocols.push(CHALLENGE.to_vec());
        }
        config.ignore_client_order = settings.prefer_own_ciphers;
        // One for each connection: each costs as much as a twentieth of the handshake.
        config.send_tls13_tickets = 1;
        // Sessions resume without state here; a context made before the workers are gives all of them its keys.
        config.ticketer = Ticketer::new()?;
        Ok(Self {
            settings: Arc::new(settings),
            side: Side::Server(Arc::new(config)),
        })
    }

    /// What it was made of.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Is it for the side that answers?
    #[must_use]
    pub fn is_server(&self) -> bool {
        match &self.side {
            Side::Client(_) => false,
            Side::Server(_) => true,
            Side::Datagrams(config) => config.is_server(),
        }
    }

    /// The same with its files read anew; what resumes a session stays. For the side that answers.
    ///
    /// # Errors
    /// As [`Context::server`].
    pub fn renewed(&self) -> Result<Self, Error> {
        if !self.is_server() {
            return Self::client(Settings::clone(&self.settings));
        }
        let mut renewed = Self::server(Settings::clone(&self.settings))?;
        match (&self.side, &mut renewed.side) {
            (Side::Server(old), Side::Server(new)) => {
                if let Some(new) = Arc::get_mut(new) {
                    new.ticketer = Arc::clone(&old.ticketer);
                }
            }
            (Side::Datagrams(old), Side::Datagrams(new)) => {
                if let Some(new) = Arc::get_mut(new) {
                    new.share_cookies(old);
                }
            }
            _ => {}
        }
        Ok(renewed)
    }

    /// A session of the side that answers, without buffers.
    ///
    /// # Errors
    /// [`Error::Protocol`]; [`Error::NoCertificate`] for the other side.
    pub fn records(&self) -> Result<Records, Error> {
        match &self.side {
            Side::Server(config) => {
                let connection = UnbufferedServerConnection::new(Arc::clone(config))?;
                Ok(Records::new(connection, self.clone()))
            }
            Side::Client(_) | Side::Datagrams(_) => Err(Error::NoCertificate),
        }
    }

    /// What somebody unknown wants who has sent a datagram to a server; `peer` is its address, in any form. Nothing is kept of it.
    #[must_use]
    pub fn knock(&self, peer: &[u8], datagram: &[u8]) -> Knock {
        match &self.side {
            Side::Datagrams(config) if config.is_server() => config.knock(peer, datagram),
            _ => Knock::Nothing,
        }
    }

    /// The session with a peer whose datagram was [`Knock::Proven`], to be given that by [`Session::feed`]. `None`: it was not.
    #[must_use]
    pub fn answer(&self, peer: &[u8], datagram: &[u8]) -> Option<Session> {
        match &self.side {
            Side::Datagrams(config) if config.is_server() => {
                Packets::server(Arc::clone(config), peer, datagram).map(Session::of_packets)
            }
            _ => None,
        }
    }

    #[cfg(test)]
    pub(crate) fn datagrams(&self) -> Option<Arc<dtls::Config>> {
        match &self.side {
            Side::Datagrams(config) => Some(Arc::clone(config)),
            _ => None,
        }
    }

    /// A session. `host` is the name or address that a client has connected to, for the handshake
    /// where the settings name none.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub fn session(&self, host: &str) -> Result<Session, Error> {
        let connection = match &self.side {
            Side::Datagrams(config) => {
                let name = self.settings.host_name.as_deref().unwrap_or(host);
                // Only a name is sent, no address.
                let is_name = matches!(ServerName::try_from(name), Ok(ServerName::DnsName(_)));
                let name = is_name.then(|| name.to_owned());
                let packets = Packets::client(Arc::clone(config), name, Instant::now())?;
                return Ok(Session::of_packets(packets));
            }
            Side::Server(config) => ServerConnection::new(Arc::clone(config))?.into(),
            Side::Client(config) => {
                let name = self
                    .settings
                    .host_name
                    .as_deref()
                    .filter(|name| !name.is_empty());
                // What is no name is not sent, and only an address is never sent.
                let name =
                    ServerName::try_from(name.unwrap_or(host).to_owned()).unwrap_or_else(|_| {
                        ServerName::IpAddress(std::net::Ipv4Addr::LOCALHOST.into())
                    });
                ClientConnection::new(Arc::clone(config), name)?.into()
            }
        };
        Ok(Session::new(connection))
    }
}
