//! What sessions of the same settings share.

use super::cookie::Cookies;
use crate::kept::KeptOnes;
use crate::names::ByName;
use crate::old::key_of;
use rustls::crypto::{CryptoProvider, SupportedKxGroup};
use rustls::pki_types::CertificateDer;
use rustls::sign::CertifiedKey;
use rustls::{Error, NamedGroup, SignatureScheme, Tls12CipherSuite};
use std::fmt;
use std::sync::Arc;

/// Certificates of a server.
pub(crate) enum Shown {
    Names(ByName),
    Kept(KeptOnes),
}

impl Shown {
    fn of(&self, name: Option<&str>) -> Arc<CertifiedKey> {
        match self {
            Self::Names(names) => names.shown(name),
            Self::Kept(kept) => kept.shown(name.map(str::to_ascii_lowercase).as_deref()),
        }
    }
}

pub(crate) enum Role {
    Client {
        own: Option<Arc<CertifiedKey>>,
        sends_name: bool,
    },
    Server {
        shown: Shown,
        asks: bool,
        prefers_own: bool,
    },
}

/// Settings, made ready.
pub(crate) struct Config {
    pub(super) provider: Arc<CryptoProvider>,
    pub(super) role: Role,
    pub(super) cookies: Arc<Cookies>,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Config(…)")
    }
}

impl Config {
    /// # Errors
    /// Without random bytes.
    pub(crate) fn new(provider: Arc<CryptoProvider>, role: Role) -> Result<Self, Error> {
        let cookies = Cookies::new().ok_or(Error::FailedToGetRandomBytes)?;
        Ok(Self {
            provider,
            role,
            cookies: Arc::new(cookies),
        })
    }

    /// Takes over the cookies of another one.
    pub(crate) fn share_cookies(&mut self, old: &Self) {
        self.cookies = Arc::clone(&old.cookies);
    }

    pub(crate) fn is_server(&self) -> bool {
        matches!(self.role, Role::Server { .. })
    }

    pub(super) fn certificate(&self, name: Option<&str>) -> Option<Arc<CertifiedKey>> {
        match &self.role {
            Role::Client { own, .. } => own.clone(),
            Role::Server { shown, .. } => Some(shown.of(name)),
        }
    }

    pub(super) fn random(&self) -> Result<[u8; 32], Error> {
        let mut random = [0; 32];
        self.provider
            .secure_random
            .fill(&mut random)
            .map_err(|_| Error::FailedToGetRandomBytes)?;
        Ok(random)
    }

    /// The suites, in their order.
    pub(super) fn suites(&self) -> impl Iterator<Item = &'static Tls12CipherSuite> + '_ {
        self.provider
            .cipher_suites
            .iter()
            .filter_map(|suite| match suite {
                rustls::SupportedCipherSuite::Tls12(suite) => Some(*suite),
                rustls::SupportedCipherSuite::Tls13(_) => None,
            })
    }

    /// The groups that version 1.2 has, in their order.
    pub(super) fn groups(&self) -> impl Iterator<Item = &'static dyn SupportedKxGroup> + '_ {
        let known = [
            NamedGroup::X25519,
            NamedGroup::secp256r1,
            NamedGroup::secp384r1,
        ];
        let all = self.provider.kx_groups.iter().copied();
        all.filter(move |group| known.contains(&group.name()))
    }

    /// The signatures that are understood, in their order.
    pub(super) fn schemes(&self) -> Vec<SignatureScheme> {
        let known = &self.provider.signature_verification_algorithms;
        known.supported_schemes()
    }

    /// Did the owner of a certificate sign this?
    pub(super) fn is_signed(
        &self,
        certificate: &CertificateDer<'_>,
        scheme: u16,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        let scheme = SignatureScheme::from(scheme);
        let Some((kind, key)) = key_of(certificate) else {
            return false;
        };
        let known = &self.provider.signature_verification_algorithms;
        let fitting = known.mapping.iter().filter(|(one, _)| *one == scheme);
        fitting.flat_map(|(_, all)| all.iter()).any(|algorithm| {
            algorithm.public_key_alg_id().as_ref() == kind
                && algorithm.verify_signature(key, message, signature).is_ok()
        })
    }
}
