//! A client's settings as PHP gives them: arguments of the constructor, or keys of `config/http.php`.

use super::wishes::{fields, seconds};
use highper_fetch::{Limits, Proxy, Settings};
use highper_zend::{Array, Key, Value};
use std::path::PathBuf;
use std::time::Duration;

/// The names of all settings, in the order of the constructor's parameters.
pub(super) const NAMES: [&str; 19] = [
    "base",
    "headers",
    "timeout",
    "connect_timeout",
    "retries",
    "retry_delay",
    "redirects",
    "pool",
    "proxy",
    "verify",
    "cert",
    "http2",
    "decompress",
    "max_body",
    "private",
    "auth",
    "unix",
    "query",
    "user_agent",
];

/// A client's settings, and what it adds to requests.
pub(crate) struct Options {
    pub(crate) settings: Settings,
    pub(super) base: Option<String>,
    pub(crate) query: Option<Array>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            settings: Settings {
                headers: vec![(
                    b"User-Agent".to_vec(),
                    format!("highper/{}", env!("CARGO_PKG_VERSION")).into_bytes(),
                )],
                ..Settings::default()
            },
            base: None,
            query: None,
        }
    }
}

fn text<'a>(name: &str, value: &'a Value) -> Result<&'a str, String> {
    value
        .as_str()
        .filter(|text| !text.is_empty())
        .ok_or_else(|| {
            format!(
                "{name} must be a text that is not empty, {} given",
                value.describe()
            )
        })
}

fn truth(name: &str, value: &Value) -> Result<bool, String> {
    value
        .as_bool()
        .ok_or_else(|| format!("{name} must be true or false, {} given", value.describe()))
}

/// A number from 0 on.
pub(super) fn count(name: &str, value: &Value) -> Result<u32, String> {
    value
        .as_long()
        .and_then(|number| u32::try_from(number).ok())
        .ok_or_else(|| {
            format!(
                "{name} must be a number from 0 on, {} given",
                value.describe()
            )
        })
}

/// Bytes: a number, or `64M`.
pub(crate) fn size(name: &str, value: &Value) -> Result<u64, String> {
    let given = match value.as_long() {
        Some(number) => u64::try_from(number).ok(),
        None => value.as_str().and_then(highper_app::env::size),
    };
    given.filter(|size| *size > 0).ok_or_else(|| {
        format!(
            "{name} must be a size greater than 0, as 65536 or '64M', {} given",
            value.describe()
        )
    })
}

fn time(name: &str, value: &Value) -> Result<Duration, String> {
    seconds(name, value)?
        .ok_or_else(|| format!("{name} must be greater than 0 seconds, null given"))
}

fn file(name: &str, value: &Value) -> Result<PathBuf, String> {
    let path = PathBuf::from(text(name, value)?);
    match path.is_file() {
        true => Ok(path),
        false => Err(format!("{name}: there is no file {}", path.display())),
    }
}

/// The value of `Authorization`: a token, or a user with a password.
pub(super) fn authorization(value: &Value) -> Result<Vec<u8>, String> {
    if let Some(token) = value.as_str().filter(|token| !token.is_empty()) {
        return Ok(format!("Bearer {token}").into_bytes());
    }
    let pair = value
        .as_array()
        .filter(|array| array.len() == 2 && array.is_list());
    let part = |at| {
        pair.and_then(|pair| pair.get_index(at))
            .and_then(Value::as_bytes)
    };
    match (part(0), part(1)) {
        (Some(user), Some(password)) => {
            let login = [user, b":", password].concat();
            Ok(format!("Basic {}", highper_tls::base64(&login)).into_bytes())
        }
        _ => Err(format!(
            "auth must be a token, or a list of user and password, {} given",
            value.type_name()
        )),
    }
}

/// The limits of a pool: how many there are at most, or an array of limits; what is not said is as in `limits`.
pub(crate) fn pool(value: &Value, mut limits: Limits) -> Result<Limits, String> {
    let Some(array) = value.as_array() else {
        limits.max = count("pool", value)?.max(1) as usize;
        return Ok(limits);
    };
    for (key, value) in array {
        let Key::Name(name) = key else {
            return Err(
                "pool must be a number, or an array with max, min, wait, queue, idle or lifetime"
                    .into(),
            );
        };
        match name {
            b"max" => limits.max = count("pool.max", value)?.max(1) as usize,
            b"min" | b"min_idle" => limits.min_idle = count("pool.min", value)? as usize,
            b"queue" => limits.queue = count("pool.queue", value)? as usize,
            b"wait" => limits.wait = seconds("pool.wait", value)?,
            b"idle" => limits.idle = seconds("pool.idle", value)?,
            b"lifetime" => limits.lifetime = seconds("pool.lifetime", value)?,
            other => {
                return Err(format!(
                    "there is no setting pool.{}; there are max, min, wait, queue, idle and lifetime",
                    String::from_utf8_lossy(other)
                ));
            }
        }
    }
    Ok(limits)
}

impl Options {
    /// Sets one.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn set(&mut self, name: &str, value: &Value) -> Result<(), String> {
        let settings = &mut self.settings;
        if value.is_null() && name != "timeout" {
            return Ok(());
        }
        match name {
            "base" => {
                let base = text(name, value)?;
                highper_fetch::Url::parse(base).map_err(|why| format!("base: {why}"))?;
                self.base = Some(base.trim_end_matches('/').to_owned());
            }
            "headers" => {
                for (name, value) in fields(value)? {
                    settings
                        .headers
                        .retain(|(have, _)| !have.eq_ignore_ascii_case(&name));
                    settings.headers.push((name, value));
                }
            }
            "user_agent" => {
                let agent = text(name, value)?.as_bytes().to_vec();
                settings
                    .headers
                    .retain(|(have, _)| !have.eq_ignore_ascii_case(b"user-agent"));
                settings.headers.push((b"User-Agent".to_vec(), agent));
            }
            "timeout" => settings.timeout = seconds(name, value)?,
            "connect_timeout" => settings.connect_timeout = time(name, value)?,
            "retries" => settings.retries = count(name, value)?,
            "retry_delay" => settings.retry_delay = time(name, value)?,
            "redirects" => settings.redirects = count(name, value)?,
            "pool" => settings.pool = pool(value, Limits::default())?,
            "proxy" => {
                settings.proxy =
                    Some(Proxy::parse(text(name, value)?).map_err(|why| format!("proxy: {why}"))?)
            }
            "verify" => match value.as_bool() {
                Some(truth) => settings.verify = truth,
                None => settings.ca = Some(file(name, value)?),
            },
            "cert" => {
                let pair = value
                    .as_array()
                    .filter(|pair| pair.len() == 2 && pair.is_list());
                let part = |at| pair.and_then(|pair| pair.get_index(at));
                let (Some(certificate), Some(key)) = (part(0), part(1)) else {
                    return Err(
                        "cert must be a list of two files: the certificate and its key, PEM".into(),
                    );
                };
                settings.certificate = Some((file(name, certificate)?, file(name, key)?));
            }
            "http2" => settings.http2 = truth(name, value)?,
            "decompress" => settings.decompress = truth(name, value)?,
            "max_body" => settings.max_body = size(name, value)?,
            "private" => settings.private = truth(name, value)?,
            "auth" => {
                let value = authorization(value)?;
                settings
                    .headers
                    .retain(|(have, _)| !have.eq_ignore_ascii_case(b"authorization"));
                settings.headers.push((b"Authorization".to_vec(), value));
            }
            "unix" => settings.unix = Some(PathBuf::from(text(name, value)?)),
            "query" => {
                let array = value.as_array().ok_or("query must be an array")?;
                self.query = Some(array.clone());
            }
            other => {
                return Err(format!(
                    "there is no setting '{other}'; there are {}",
                    NAMES.join(", ")
                ));
            }
        }
        Ok(())
    }

    /// Of an array, as `config/http.php` returns it. What is a client of another name is left out.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn of(array: &Array) -> Result<Self, String> {
        let mut this = Self::default();
        for (key, value) in array {
            let name = match key {
                Key::Name(name) => String::from_utf8_lossy(name).into_owned(),
                Key::Index(number) => return Err(format!("there is no setting '{number}'")),
            };
            if !NAMES.contains(&&*name) && value.is_array() {
                continue;
            }
            this.set(&name, value)?;
        }
        this.settings.check()?;
        Ok(this)
    }
}
