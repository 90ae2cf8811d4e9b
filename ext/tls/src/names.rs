//! The certificate for the name that a client asks for.

use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::collections::HashMap;
use std::sync::Arc;

/// One certificate for whoever asks, and others for names (SNI, RFC 6066, section 3).
#[derive(Debug)]
pub(crate) struct ByName {
    first: Arc<CertifiedKey>,
    named: HashMap<String, Arc<CertifiedKey>>,
}

impl ByName {
    pub(crate) fn new(first: Arc<CertifiedKey>) -> Self {
        let named = HashMap::new();
        Self { first, named }
    }

    /// For a name, or for one label before it: `*.example.org`.
    pub(crate) fn add(&mut self, host: &str, certificate: Arc<CertifiedKey>) {
        self.named.insert(host.to_ascii_lowercase(), certificate);
    }

    /// The one that was added for a name.
    pub(crate) fn of(&self, name: &str) -> Option<&Arc<CertifiedKey>> {
        let name = name.to_ascii_lowercase();
        let exact = self.named.get(&name);
        let wild = || {
            let (_, rest) = name.split_once('.')?;
            self.named.get(&format!("*.{rest}"))
        };
        exact.or_else(wild)
    }
}

impl ByName {
    /// What is shown to who asks for a name, or for none.
    pub(crate) fn shown(&self, name: Option<&str>) -> Arc<CertifiedKey> {
        let certificate = match name {
            Some(name) if !self.named.is_empty() => self.of(name).unwrap_or(&self.first),
            _ => &self.first,
        };
        Arc::clone(certificate)
    }
}

impl ResolvesServerCert for ByName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.shown(hello.server_name()))
    }
}
