//! What sessions of the same settings share.

use crate::verifier::Later;
use crate::{Error, Session, Settings, certificate};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::ServerName;
use rustls::server::ResolvesServerCert;
use rustls::sign::CertifiedKey;
use rustls::{
    ClientConfig, ClientConnection, ServerConfig, ServerConnection, SupportedProtocolVersion,
    version,
};
use std::sync::{Arc, OnceLock};

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
}

/// One certificate, whatever name the client asks for.
#[derive(Debug)]
struct Only(Arc<CertifiedKey>);

impl ResolvesServerCert for Only {
    fn resolve(&self, _hello: rustls::server::ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

pub(crate) fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    Arc::clone(PROVIDER.get_or_init(|| Arc::new(ring::default_provider())))
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

fn own(settings: &Settings) -> Result<Option<CertifiedKey>, Error> {
    match (&settings.certificate, &settings.key) {
        (None, None) => Ok(None),
        (Some(certificate), Some(key)) => {
            let chain = certificate::chain(certificate)?;
            let key = provider()
                .key_provider
                .load_private_key(certificate::key(key)?)?;
            Ok(Some(CertifiedKey::new(chain, key)))
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
        let builder = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&versions(&settings)?)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Later(provider())));
        let mut config = match (&settings.certificate, &settings.key) {
            (None, None) => builder.with_no_client_auth(),
            (Some(certificate), Some(key)) => builder
                .with_client_auth_cert(certificate::chain(certificate)?, certificate::key(key)?)?,
            _ => return Err(Error::NoCertificate),
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
        let own = own(&settings)?.ok_or(Error::NoCertificate)?;
        let builder = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&versions(&settings)?)?;
        let builder = if settings.verify_peer {
            builder.with_client_cert_verifier(Arc::new(Later(provider())))
        } else {
            builder.with_no_client_auth()
        };
        let mut config = builder.with_cert_resolver(Arc::new(Only(Arc::new(own))));
        config.alpn_protocols.clone_from(&settings.alpn);
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
        matches!(self.side, Side::Server(_))
    }

    /// A session. `host` is the name or address that a client has connected to, for the handshake
    /// where the settings name none.
    ///
    /// # Errors
    /// [`Error::Protocol`].
    pub fn session(&self, host: &str) -> Result<Session, Error> {
        let connection = match &self.side {
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
