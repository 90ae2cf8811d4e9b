//! The setting `tls`: certificates, and whose clients are let in.

use super::One;
use super::auto::{self, Auto};
use highper_tls::{Named, Passphrase, Protocols, Settings};
use highper_zend::{Array, Value};
use std::path::PathBuf;

const KEYS: &str =
    "auto, certificate, key, ocsp, passphrase, names, client_ca, min_version, ciphers";

pub(super) fn file(name: &str, value: &Value) -> Result<PathBuf, String> {
    let path = PathBuf::from(One { name, value }.text()?);
    match path.is_file() {
        true => Ok(path),
        false => Err(format!(
            "setting '{name}' names the file {}, which is not there or can't be read",
            path.display()
        )),
    }
}

/// The certificate and the key of one name.
fn named(host: &str, given: &Array) -> Result<Named, String> {
    let part = |key: &str| {
        let name = format!("tls.names.{host}.{key}");
        match given.get(key) {
            Some(value) => file(&name, value.deref()),
            None => Err(format!("setting '{name}' is missing")),
        }
    };
    Ok(Named {
        host: host.to_owned(),
        certificate: part("certificate")?,
        key: part("key")?,
        ocsp: match given.get("ocsp") {
            Some(value) => Some(file(&format!("tls.names.{host}.ocsp"), value.deref())?),
            None => None,
        },
    })
}

/// Null for none, or an array.
///
/// # Errors
/// One sentence about the first thing that is wrong.
pub(super) fn read(value: &Value) -> Result<(Option<Settings>, Option<Auto>), String> {
    if value.is_null() {
        return Ok((None, None));
    }
    let mut own = None;
    let Some(given) = value.as_array() else {
        if value.as_str() == Some("auto") {
            return Err("setting 'tls' must say for which names certificates are to be got: ['auto' => ['names' => ['shop.example'], 'email' => 'ops@shop.example', 'agree' => true]]".to_owned());
        }
        return Err(One { name: "tls", value }.wrong("an array with certificate and key"));
    };
    let mut tls = Settings {
        alpn: vec![b"http/1.1".to_vec()],
        ..Settings::default()
    };
    for (key, value) in given {
        let key = String::from_utf8_lossy(&key.to_bytes()).into_owned();
        let name = format!("tls.{key}");
        let (name, value) = (name.as_str(), value.deref());
        let v = One { name, value };
        match key.as_str() {
            "auto" => own = auto::read(value)?,
            "certificate" => tls.certificate = Some(file(name, value)?),
            "key" => tls.key = Some(file(name, value)?),
            "ocsp" => tls.ocsp = Some(file(name, value)?),
            "passphrase" => tls.passphrase = Some(Passphrase(v.text()?)),
            "names" => {
                let wrong = || v.wrong("an array of names, each with certificate and key");
                for (host, files) in value.as_array().ok_or_else(wrong)? {
                    let host = String::from_utf8_lossy(&host.to_bytes()).into_owned();
                    let files = files.deref().as_array().ok_or_else(wrong)?;
                    tls.named.push(named(&host, files)?);
                }
            }
            "client_ca" => {
                tls.ca_file = Some(file(name, value)?);
                tls.verify_peer = true;
            }
            "min_version" => {
                tls.protocols = match v.text()?.as_str() {
                    "1.2" => Protocols::default(),
                    "1.3" => Protocols {
                        tls12: false,
                        tls13: true,
                    },
                    _ => return Err(v.wrong("'1.2' or '1.3'")),
                }
            }
            "ciphers" => tls.ciphers = Some(v.text()?),
            _ => {
                return Err(format!(
                    "there is no setting 'tls.{key}'; those of tls are {KEYS}"
                ));
            }
        }
    }
    match own {
        Some(_) if tls.certificate.is_some() || tls.key.is_some() => Err(
            "setting 'tls' must have either auto, or certificate and key; those of other names go into tls.names"
                .to_owned(),
        ),
        None if tls.certificate.is_none() || tls.key.is_none() => {
            Err("setting 'tls' must have certificate and key, or auto".to_owned())
        }
        own => Ok((Some(tls), own)),
    }
}
