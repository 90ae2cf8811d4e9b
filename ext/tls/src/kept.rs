//! Certificates that change while a server runs: files in a folder, looked for when somebody asks for their name.

use crate::names::ByName;
use crate::settings::Kept;
use crate::{Error, context, key};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::collections::HashMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What a certificate authority offers by ALPN when it looks whether a name is served here (RFC 8737).
pub const CHALLENGE: &[u8] = b"acme-tls/1";

/// A file is looked at so often at most.
const OFTEN: Duration = Duration::from_secs(1);

/// The file of a name's certificate and key.
#[must_use]
pub fn file(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.pem"))
}

/// The file of what an authority is shown that asks for a name (RFC 8737).
#[must_use]
pub fn challenge_file(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.challenge"))
}

/// Says whether a file is another one than before.
type Stamp = (u64, i64, i64, u64);

#[derive(Debug, Default)]
struct Slot {
    certificate: Option<Arc<CertifiedKey>>,
    stamp: Option<Stamp>,
    looked: Option<Instant>,
}

/// The certificates of a folder, as far as they are there.
#[derive(Debug)]
pub(crate) struct KeptOnes {
    folder: PathBuf,
    first: String,
    slots: HashMap<String, Mutex<Slot>>,
    interim: Arc<CertifiedKey>,
    others: Option<ByName>,
}

fn stamp(path: &Path) -> Option<Stamp> {
    let meta = std::fs::metadata(path).ok()?;
    Some((meta.ino(), meta.mtime(), meta.mtime_nsec(), meta.size()))
}

fn interim(text: &str) -> Result<Arc<CertifiedKey>, Error> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    let chain = chain.map_err(|_| Error::NoCertificate)?;
    let key = key::of_text(text.as_bytes()).ok_or(Error::NoCertificate)?;
    let key = context::provider().key_provider.load_private_key(key)?;
    Ok(Arc::new(CertifiedKey::new(chain, key)))
}

impl KeptOnes {
    pub(crate) fn new(kept: &Kept) -> Result<Self, Error> {
        let names = kept.names.iter().map(|name| name.to_ascii_lowercase());
        Ok(Self {
            folder: kept.folder.clone(),
            first: kept
                .names
                .first()
                .ok_or(Error::NoCertificate)?
                .to_ascii_lowercase(),
            slots: names.map(|name| (name, Mutex::default())).collect(),
            interim: interim(&kept.interim.0)?,
            others: None,
        })
    }

    /// What is shown where there is none yet.
    pub(crate) fn interim(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.interim)
    }

    /// Those of other names don't change.
    pub(crate) fn beside(self, others: ByName) -> Self {
        Self {
            others: Some(others),
            ..self
        }
    }

    /// The certificate of a name; nothing for a name that is none of ours. The file is small, and looked at once a second.
    fn of(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        let slot = self.slots.get(name)?;
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if slot.looked.is_none_or(|at| at.elapsed() >= OFTEN) {
            slot.looked = Some(Instant::now());
            let path = file(&self.folder, name);
            let now = stamp(&path);
            if now.is_some() && now != slot.stamp {
                // One that can't be read leaves that of before in its place.
                if let Ok(certificate) = context::certified(&path, &path, None, None) {
                    slot.certificate = Some(certificate);
                }
                slot.stamp = now;
            }
        }
        slot.certificate.clone()
    }
}

impl KeptOnes {
    /// What is shown to who asks for a name, in lower case, or for none.
    pub(crate) fn shown(&self, name: Option<&str>) -> Arc<CertifiedKey> {
        let of_others = |name: &str| self.others.as_ref()?.of(name).cloned();
        let name = name.unwrap_or(&self.first);
        let known = self.of(name).or_else(|| of_others(name));
        let known = known.or_else(|| {
            self.of(&self.first)
                .filter(|_| !self.slots.contains_key(name))
        });
        known.unwrap_or_else(|| self.interim())
    }
}

impl ResolvesServerCert for KeptOnes {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name().map(str::to_ascii_lowercase);
        // An authority offers nothing else.
        if hello
            .alpn()
            .is_some_and(|mut all| all.all(|one| one == CHALLENGE))
        {
            let name = name.filter(|name| self.slots.contains_key(name))?;
            let path = challenge_file(&self.folder, &name);
            return context::certified(&path, &path, None, None).ok();
        }
        Some(self.shown(name.as_deref()))
    }
}
