//! What `Application::sessions()` was given.

use super::store::Store;
use crate::app::App;
use highper_session::folder::Folder;
use highper_session::lock::Locks;
use highper_session::seal::Sealer;
use highper_shm::cache::{self, Cache};
use highper_zend::{Array, Value};
use std::rc::Rc;
use std::time::Duration;

/// The sessions of an application.
pub(crate) struct Sessions {
    pub(super) store: Store,
    pub(super) cookie: String,
    /// Seconds without a request after which one is over.
    pub(super) idle: u64,
    /// Seconds after which one is over in any case.
    pub(super) lifetime: u64,
    pub(super) path: String,
    pub(super) domain: String,
    /// `None` where the connection says it.
    pub(super) secure: Option<bool>,
    pub(super) http_only: bool,
    pub(super) same_site: String,
    /// Does the cookie outlive the browser?
    pub(super) persistent: bool,
    pub(super) lock_timeout: Duration,
    pub(super) locks: Rc<Locks>,
}

impl Sessions {
    /// # Errors
    /// What is wrong, in one sentence.
    pub(crate) fn new(app: &App, given: &Array) -> Result<Self, String> {
        let mut keys: Vec<String> = Vec::new();
        if let Some(key) = app
            .env
            .borrow()
            .get("APP_KEY")
            .filter(|key| !key.is_empty())
        {
            keys.push(key.to_owned());
        }
        let (mut store, mut folder, mut memory) =
            ("file".to_owned(), "var/sessions".to_owned(), 16 << 20);
        let locks = Locks::new().map_err(|error| format!("sessions can't be locked: {error}"))?;
        let mut made = Self {
            store: Store::Class(String::new()),
            cookie: "session".into(),
            idle: 2 * 3600,
            lifetime: 7 * 86400,
            path: "/".into(),
            domain: String::new(),
            secure: None,
            http_only: true,
            same_site: "Lax".into(),
            persistent: false,
            lock_timeout: Duration::from_secs(10),
            locks: Rc::new(locks),
        };
        for (name, value) in given {
            let name = String::from_utf8_lossy(&name.to_bytes()).into_owned();
            let one = One { name: &name, value };
            match &*name {
                "store" => store = one.text()?,
                "folder" => folder = one.text()?,
                "memory" => memory = one.bytes()?,
                "cookie" => made.cookie = one.text()?,
                "idle" => made.idle = one.seconds()?,
                "lifetime" => made.lifetime = one.seconds()?,
                "path" => made.path = one.text()?,
                "domain" => made.domain = one.text()?,
                "secure" if value.is_null() => made.secure = None,
                "secure" => made.secure = Some(one.bool()?),
                "http_only" => made.http_only = one.bool()?,
                "same_site" => made.same_site = one.text()?,
                "persistent" => made.persistent = one.bool()?,
                "lock_timeout" => {
                    made.lock_timeout = Duration::try_from_secs_f64(value.to_double())
                        .map_err(|_| one.wrong("a number of seconds"))?;
                }
                "key" => {
                    keys = match value.as_array() {
                        Some(list) => list
                            .values()
                            .map(|key| {
                                One {
                                    name: &name,
                                    value: key,
                                }
                                .text()
                            })
                            .collect::<Result<_, _>>()?,
                        None => vec![one.text()?],
                    };
                }
                _ => {
                    return Err(format!(
                        "sessions(): there is no setting '{}'; there are store, folder, memory, cookie, idle, lifetime, path, domain, secure, http_only, same_site, persistent, lock_timeout and key",
                        name.escape_debug()
                    ));
                }
            }
        }
        if !matches!(&*made.same_site, "Lax" | "Strict" | "None") {
            return Err(format!(
                "sessions(): same_site must be Lax, Strict or None, '{}' given",
                made.same_site.escape_debug()
            ));
        }
        if made.same_site == "None" && made.secure == Some(false) {
            return Err(
                "sessions(): browsers take a cookie with same_site None only where secure is true"
                    .into(),
            );
        }
        super::cookie::check(&made)?;
        made.store = match &*store {
            "file" => {
                let path = app.folder(&folder);
                let opened = Folder::new(&path);
                Store::Folder(opened.map_err(|error| {
                    format!(
                        "sessions(): the folder {} can't be used: {error}",
                        path.display()
                    )
                })?)
            }
            "memory" => {
                let bytes = memory.max(cache::LEAST);
                let cache = Cache::new(bytes)
                    .map_err(|error| format!("sessions(): {bytes} bytes can't be had: {error}"))?;
                Store::Memory(cache)
            }
            "cookie" => {
                let keys: Vec<&str> = keys.iter().map(|key| &**key).collect();
                let sealer = Sealer::new(&keys, "session").map_err(|why| {
                    format!(
                        "sessions(): cookies need a key, APP_KEY in the environment or 'key': {why}"
                    )
                })?;
                Store::Cookie(sealer)
            }
            class => Store::Class(class.to_owned()),
        };
        Ok(made)
    }
}

/// A value as somebody has written it.
fn shown(value: &Value) -> String {
    if let Some(text) = value.as_str() {
        return format!("'{}'", text.escape_debug());
    }
    if let Some(yes) = value.as_bool() {
        return yes.to_string();
    }
    match (value.as_long(), value.as_double()) {
        (Some(number), _) => number.to_string(),
        (None, Some(number)) => number.to_string(),
        (None, None) => value.type_name().to_owned(),
    }
}

struct One<'a> {
    name: &'a str,
    value: &'a Value,
}

impl One<'_> {
    fn wrong(&self, wanted: &str) -> String {
        format!(
            "sessions(): {} must be {wanted}, {} given",
            self.name,
            shown(self.value)
        )
    }

    fn text(&self) -> Result<String, String> {
        let text = self.value.as_str();
        text.map(str::to_owned).ok_or_else(|| self.wrong("a text"))
    }

    fn bool(&self) -> Result<bool, String> {
        self.value
            .as_bool()
            .ok_or_else(|| self.wrong("true or false"))
    }

    fn seconds(&self) -> Result<u64, String> {
        let seconds = self.value.as_long().and_then(|n| u64::try_from(n).ok());
        seconds
            .filter(|n| *n > 0)
            .ok_or_else(|| self.wrong("a number of seconds greater than 0"))
    }

    fn bytes(&self) -> Result<usize, String> {
        let wrong = || self.wrong("a number of bytes, as 16777216 or '16M'");
        if let Some(number) = self.value.as_long() {
            return usize::try_from(number).map_err(|_| wrong());
        }
        let text = self.value.as_str().ok_or_else(wrong)?;
        let (digits, factor) = match text.as_bytes().last() {
            Some(b'K' | b'k') => (&text[..text.len() - 1], 1 << 10),
            Some(b'M' | b'm') => (&text[..text.len() - 1], 1 << 20),
            Some(b'G' | b'g') => (&text[..text.len() - 1], 1 << 30),
            _ => (text, 1),
        };
        let number = digits.parse::<usize>().ok();
        number.and_then(|n| n.checked_mul(factor)).ok_or_else(wrong)
    }
}
