//! The setting `tls.auto`: certificates that the server gets by itself.

use super::One;
use highper_acme::{Binding, Challenge, LETS_ENCRYPT, LETS_ENCRYPT_STAGING, Settings, is_name};
use highper_app::listen::Address;
use highper_zend::{Array, Value};
use std::path::PathBuf;
use std::time::Duration;

const KEYS: &str = "names, email, agree, directory, folder, challenges, http, binding, ca, retry";

/// What was asked for.
#[derive(Clone)]
pub(crate) struct Auto {
    /// The folder is as it was set: perhaps within that of the application.
    pub(crate) acme: Settings,
    /// Where plain HTTP is listened to.
    pub(crate) http: Plain,
}

/// Where an authority asks by plain HTTP, and others are sent to HTTPS.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Plain {
    /// At port 80 of the first address.
    Own,
    /// There.
    At(Address),
    /// Nowhere.
    Nowhere,
}

fn list(v: &One<'_>, wanted: &str) -> Result<Vec<String>, String> {
    let list = v.value.as_array().ok_or_else(|| v.wrong(wanted))?;
    let texts = list.values().map(|value| {
        One {
            name: v.name,
            value,
        }
        .text()
    });
    match texts.collect::<Result<Vec<_>, _>>() {
        Ok(all) if !all.is_empty() => Ok(all),
        _ => Err(v.wrong(wanted)),
    }
}

fn names(v: &One<'_>) -> Result<Vec<String>, String> {
    let mut all = list(v, "a list of names, as ['shop.example']")?;
    for name in &mut all {
        name.make_ascii_lowercase();
        if name.starts_with("*.") {
            return Err(format!(
                "setting '{}' has '{name}': certificates for all names below another one are proven by DNS, which is not done here; write the names out, or get that one by another program and set it in tls.names",
                v.name
            ));
        }
        if !is_name(name) {
            return Err(format!(
                "setting '{}' has '{name}', which is no name of a host; others than ASCII are written as xn--",
                v.name
            ));
        }
    }
    all.dedup();
    Ok(all)
}

fn challenge(name: &str, text: &str) -> Result<Challenge, String> {
    match text {
        "http-01" => Ok(Challenge::Http),
        "tls-alpn-01" => Ok(Challenge::TlsAlpn),
        _ => Err(format!(
            "setting '{name}' must be a list of 'http-01' and 'tls-alpn-01', '{text}' given"
        )),
    }
}

fn binding(given: &Array) -> Result<Binding, String> {
    let part = |key: &str| {
        let name = format!("tls.auto.binding.{key}");
        match given.get(key) {
            Some(value) => One {
                name: &name,
                value: value.deref(),
            }
            .text(),
            None => Err(format!("setting '{name}' is missing")),
        }
    };
    Binding::new(part("id")?, &part("key")?).ok_or_else(|| {
        "setting 'tls.auto.binding.key' must be in base64url, as the authority gives it".to_owned()
    })
}

/// Null for none, or an array.
///
/// # Errors
/// One sentence about the first thing that is wrong.
pub(super) fn read(value: &Value) -> Result<Option<Auto>, String> {
    if value.is_null() {
        return Ok(None);
    }
    let whole = One {
        name: "tls.auto",
        value,
    };
    let given = value
        .as_array()
        .ok_or_else(|| whole.wrong("an array with names and agree"))?;
    let mut acme = Settings {
        directory: LETS_ENCRYPT.to_owned(),
        names: Vec::new(),
        email: None,
        folder: PathBuf::from("var/tls"),
        challenges: Vec::new(),
        binding: None,
        ca: None,
        retry: Duration::from_secs(60),
    };
    let (mut http, mut agrees) = (Plain::Own, false);
    for (key, value) in given {
        let key = String::from_utf8_lossy(&key.to_bytes()).into_owned();
        let name = format!("tls.auto.{key}");
        let v = One {
            name: &name,
            value: value.deref(),
        };
        match key.as_str() {
            "names" => acme.names = names(&v)?,
            "email" => match v.text()? {
                email if email.contains('@') && !email.contains([' ', ',', '?']) => {
                    acme.email = Some(email)
                }
                _ => return Err(v.wrong("an e-mail address")),
            },
            "agree" => agrees = v.bool()?,
            "directory" => {
                acme.directory = match v.text()?.as_str() {
                    "letsencrypt" => LETS_ENCRYPT.to_owned(),
                    "letsencrypt-staging" => LETS_ENCRYPT_STAGING.to_owned(),
                    url if url.starts_with("https://") && url.len() < 200 => url.to_owned(),
                    _ => {
                        return Err(v.wrong(
                            "'letsencrypt', 'letsencrypt-staging' or an address with https",
                        ));
                    }
                }
            }
            "folder" => acme.folder = v.text()?.into(),
            "challenges" => {
                let all = list(&v, "a list of 'http-01' and 'tls-alpn-01'")?;
                acme.challenges = all
                    .iter()
                    .map(|text| challenge(&name, text))
                    .collect::<Result<_, _>>()?;
            }
            "http" => {
                http = match v.value {
                    value if value.is_null() || value.as_bool() == Some(false) => Plain::Nowhere,
                    _ => Plain::At(
                        Address::parse(&v.text()?)
                            .map_err(|why| format!("setting '{name}': {why}"))?,
                    ),
                }
            }
            "binding" => {
                let given = v
                    .value
                    .as_array()
                    .ok_or_else(|| v.wrong("an array with id and key"))?;
                acme.binding = Some(binding(given)?);
            }
            "ca" => acme.ca = Some(super::tls::file(&name, v.value)?),
            "retry" => match v.time()? {
                time if time >= Duration::from_secs(1) => acme.retry = time,
                _ => return Err(v.wrong("at least a second")),
            },
            _ => {
                return Err(format!(
                    "there is no setting 'tls.auto.{key}'; those of tls.auto are {KEYS}"
                ));
            }
        }
    }
    if acme.names.is_empty() {
        return Err(
            "setting 'tls.auto.names' must list the names that certificates are for".to_owned(),
        );
    }
    if !agrees {
        return Err(format!(
            "setting 'tls.auto.agree' must be true: an authority signs for those only that agree to its terms of service{}",
            match acme.directory.contains("letsencrypt.org") {
                true => ", https://letsencrypt.org/repository/",
                false => "",
            }
        ));
    }
    if acme.challenges.is_empty() {
        acme.challenges = match http {
            Plain::Nowhere => vec![Challenge::TlsAlpn],
            _ => vec![Challenge::Http, Challenge::TlsAlpn],
        };
    }
    if http == Plain::Nowhere && acme.challenges.contains(&Challenge::Http) {
        return Err("setting 'tls.auto.challenges' has 'http-01', which needs plain HTTP: set tls.auto.http to an address, or leave it away".to_owned());
    }
    Ok(Some(Auto { acme, http }))
}
