//! `settings()`: names, types, and where each value goes.

mod auto;
mod tls;

pub(crate) use auto::{Auto, Plain};

use crate::develop::reloader::Wanted;
use highper_app::env::{duration, size};
use highper_filter::Network;
use highper_http::{Proxies, Settings as Http};
use highper_log::Level;
use highper_process::{MemoryLimit, Options};
use highper_runtime::superglobals::Scope;
use highper_runtime::{mysqli, pdo, redis};
use highper_zend::{Array, Value};
use std::path::PathBuf;
use std::time::Duration;

/// What an application was told.
#[derive(Default)]
pub(crate) struct Settings {
    pub(crate) http: Http,
    pub(crate) process: Options,
    pub(crate) listen: Vec<String>,
    pub(crate) log_level: Option<Level>,
    pub(crate) access_log: Option<bool>,
    pub(crate) max_coroutines: Option<usize>,
    pub(crate) stack_size: Option<usize>,
    /// Has each worker a socket of its own?
    pub(crate) reuse_port: bool,
    /// Coroutines that hold the loop for so long are told of.
    pub(crate) blocking_threshold: Option<Duration>,
    /// Is it counted what coroutines spend their time on?
    pub(crate) time_accounting: Option<bool>,
    /// Is HTTP/2 not spoken?
    pub(crate) no_http2: bool,
    /// Is TLS spoken?
    pub(crate) tls: Option<highper_tls::Settings>,
    /// Certificates that the server gets by itself.
    pub(crate) auto: Option<Auto>,
    /// Jobs that may wait for a task worker.
    pub(crate) task_queue: Option<u64>,
    /// Are files watched? In development unless it is set.
    pub(crate) watch: Option<bool>,
    /// What is watched, and how.
    pub(crate) watched: Wanted,
    /// Was the number of workers set?
    pub(crate) workers: Option<u32>,
    /// Are values answered as MessagePack where the client likes that better than JSON?
    pub(crate) message_pack: bool,
    /// Whose superglobals, sessions and output are; php.ini says it where this does not.
    pub(crate) superglobals: Option<Scope>,
}

const NAMES: [&str; 45] = [
    "access_log",
    "blocking_threshold",
    "body_timeout",
    "cancel_on_disconnect",
    "group",
    "header_timeout",
    "http2",
    "idle_timeout",
    "listen",
    "log_file",
    "log_level",
    "max_age",
    "max_body_size",
    "max_connections",
    "max_coroutines",
    "max_header_size",
    "max_headers",
    "max_keep_alive_requests",
    "max_requests",
    "max_uri_length",
    "max_wait_time",
    "memory_limit",
    "message_pack",
    "body_memory",
    "mysqli_pool",
    "pause_delay",
    "pdo_pool",
    "pid_file",
    "proxy_protocol",
    "redis_pool",
    "request_timeout",
    "reuse_port",
    "server_header",
    "stack_size",
    "superglobals",
    "task_queue",
    "tasks",
    "temp_dir",
    "time_accounting",
    "tls",
    "user",
    "watch",
    "watch_polling",
    "workers",
    "write_timeout",
];

impl Settings {
    /// Takes an array of settings.
    ///
    /// # Errors
    /// The first name that is unknown, or value that is of the wrong type: one sentence.
    pub(crate) fn take(&mut self, given: &Array) -> Result<(), String> {
        for (key, value) in given {
            let name = String::from_utf8_lossy(&key.to_bytes()).into_owned();
            self.one(&name, value)?;
        }
        Ok(())
    }

    fn one(&mut self, name: &str, value: &Value) -> Result<(), String> {
        let http = &mut self.http;
        let process = &mut self.process;
        let v = One { name, value };
        match name {
            "access_log" => self.access_log = Some(v.bool()?),
            "blocking_threshold" => {
                self.blocking_threshold = if value.is_null() {
                    None
                } else {
                    Some(v.time()?)
                }
            }
            "body_memory" => http.body_memory = v.bytes()? as usize,
            "body_timeout" => http.body_timeout = v.time()?,
            "cancel_on_disconnect" => http.probe_half_closed = v.bool()?,
            "group" => process.group = Some(v.text()?),
            "header_timeout" => http.header_timeout = v.time()?,
            "http2" => self.no_http2 = !v.bool()?,
            "idle_timeout" => http.idle_timeout = v.time()?,
            "listen" => {
                self.listen = match value.as_array() {
                    Some(list) => list
                        .values()
                        .map(|value| One { name, value }.text())
                        .collect::<Result<_, _>>()?,
                    None => vec![v.text()?],
                }
            }
            "proxy_protocol" => http.proxies = proxies(&v)?,
            "log_file" => process.log_file = Some(v.text()?.into()),
            "log_level" => {
                let text = v.text()?;
                self.log_level = Some(
                    Level::parse(&text)
                        .ok_or_else(|| v.wrong("a level such as debug, info or error"))?,
                );
            }
            "max_age" => process.max_age = Some(v.time()?),
            "max_body_size" => http.limits.body_bytes = v.bytes()?,
            "max_connections" => http.max_connections = v.count(1)? as usize,
            "max_coroutines" => self.max_coroutines = Some(v.count(1)? as usize),
            "max_header_size" => http.limits.head_bytes = v.bytes()? as usize,
            "max_headers" => http.limits.fields = v.count(1)? as usize,
            "max_keep_alive_requests" => http.max_keep_alive_requests = v.count(0)?,
            "max_requests" => process.max_request = v.count(0)?,
            "max_uri_length" => http.limits.target_bytes = v.bytes()? as usize,
            "max_wait_time" => process.max_wait_time = v.time()?,
            "message_pack" => self.message_pack = v.bool()?,
            "memory_limit" => process.memory_limit = Some(MemoryLimit::Bytes(v.bytes()?)),
            // Objects of PDO and mysqli may be made before the server starts.
            "mysqli_pool" => match v.count(0)? as usize {
                0 => mysqli::disable(),
                max => drop(mysqli::enable(max)),
            },
            "pdo_pool" => match v.count(0)? as usize {
                0 => pdo::disable(),
                max => drop(pdo::enable(max)),
            },
            "pause_delay" => process.pause_delay = v.time()?,
            "pid_file" => process.pid_file = Some(v.text()?.into()),
            "redis_pool" => match v.count(0)? as usize {
                0 => redis::disable(),
                max => drop(redis::enable(max)),
            },
            "request_timeout" => {
                http.request_timeout = if value.is_null() {
                    None
                } else {
                    Some(v.time()?)
                }
            }
            "reuse_port" => self.reuse_port = v.bool()?,
            "server_header" => {
                http.server = if value.is_null() {
                    None
                } else {
                    Some(v.text()?)
                }
            }
            "stack_size" => self.stack_size = Some(v.bytes()? as usize),
            "superglobals" => {
                let scope = Scope::parse(value.as_str().unwrap_or_default());
                self.superglobals = Some(scope.ok_or_else(|| v.wrong("'shared' or 'request'"))?);
            }
            "task_queue" => self.task_queue = Some(v.count(1)?),
            "tasks" => {
                let n = usize::try_from(v.count(0)?).unwrap_or(usize::MAX);
                if n > highper_process::MAX_WORKERS {
                    return Err(v.wrong("an integer from 0 to 1000"));
                }
                process.task_worker_num = n;
            }
            "temp_dir" => http.temp_dir = PathBuf::from(v.text()?),
            "time_accounting" => self.time_accounting = Some(v.bool()?),
            "tls" => (self.tls, self.auto) = tls::read(value)?,
            "user" => process.user = Some(v.text()?),
            "watch" => match value.as_array() {
                Some(list) => {
                    self.watch = Some(true);
                    self.watched.more = list
                        .values()
                        .map(|value| One { name, value }.text())
                        .collect::<Result<_, _>>()?;
                }
                None => {
                    let on = value.as_bool();
                    self.watch = Some(on.ok_or_else(|| v.wrong("true, false or a list of paths"))?);
                }
            },
            "watch_polling" => self.watched.polling = v.bool()?,
            "workers" => {
                let n = v.count(1)?;
                match u32::try_from(n) {
                    Ok(n) if n <= highper_app::listen::MAX_WORKERS => self.workers = Some(n),
                    _ => return Err(v.wrong("an integer from 1 to 1024")),
                }
            }
            "write_timeout" => http.write_timeout = v.time()?,
            _ => return Err(unknown(name)),
        }
        Ok(())
    }
}

/// The known name that shares most with the unknown one.
fn unknown(name: &str) -> String {
    let near = NAMES.iter().max_by_key(|known| {
        let pairs = |text: &str| {
            text.as_bytes()
                .windows(2)
                .map(<[u8]>::to_vec)
                .collect::<Vec<_>>()
        };
        let mine = pairs(&name.to_ascii_lowercase());
        let same = pairs(known)
            .iter()
            .filter(|pair| mine.contains(pair))
            .count();
        same * 100 / known.len().max(1)
    });
    format!(
        "there is no setting '{name}'; did you mean '{}'?",
        near.unwrap_or(&"workers")
    )
}

/// Whose connections begin with a header of the PROXY protocol.
fn proxies(v: &One<'_>) -> Result<Option<Proxies>, String> {
    let value = v.value.deref();
    if value.is_null() || value.as_bool() == Some(false) {
        return Ok(None);
    }
    let Some(list) = value.as_array() else {
        return Err(v.wrong("a list of addresses and networks, as ['10.0.0.0/8']"));
    };
    let mut networks = Vec::with_capacity(list.len());
    for one in list.values() {
        let text = One {
            name: v.name,
            value: one,
        }
        .text()?;
        let network =
            Network::parse(&text).map_err(|why| format!("setting '{}': {why}", v.name))?;
        networks.push(network);
    }
    Ok(Some(Proxies::new(move |ip| {
        networks.iter().any(|network| network.has(ip))
    })))
}

/// One setting's value.
struct One<'v> {
    name: &'v str,
    value: &'v Value,
}

impl One<'_> {
    fn wrong(&self, wanted: &str) -> String {
        let given = match (self.value.as_long(), self.value.as_str()) {
            (Some(n), _) => n.to_string(),
            (_, Some(text)) => format!("'{}'", highper_app::secret::masked(self.name, text)),
            _ => self.value.type_name().to_owned(),
        };
        format!("setting '{}' must be {wanted}, {given} given", self.name)
    }

    fn bool(&self) -> Result<bool, String> {
        self.value
            .as_bool()
            .ok_or_else(|| self.wrong("true or false"))
    }

    fn text(&self) -> Result<String, String> {
        match self.value.as_str() {
            Some(text) if !text.is_empty() => Ok(text.to_owned()),
            _ => Err(self.wrong("a text")),
        }
    }

    fn count(&self, least: u64) -> Result<u64, String> {
        let number = self.value.as_long().and_then(|n| u64::try_from(n).ok());
        number
            .filter(|n| *n >= least)
            .ok_or_else(|| self.wrong(&format!("an integer of at least {least}")))
    }

    fn bytes(&self) -> Result<u64, String> {
        let wanted = "bytes, as 4096 or '8M'";
        match (self.value.as_long(), self.value.as_str()) {
            (Some(n), _) => u64::try_from(n).map_err(|_| self.wrong(wanted)),
            (_, Some(text)) => size(text).ok_or_else(|| self.wrong(wanted)),
            _ => Err(self.wrong(wanted)),
        }
    }

    fn time(&self) -> Result<Duration, String> {
        let wanted = "seconds, as 30, 0.5 or '250ms'";
        let seconds = match (
            self.value.as_long(),
            self.value.as_double(),
            self.value.as_str(),
        ) {
            (Some(n), ..) => u64::try_from(n).ok().map(Duration::from_secs),
            (_, Some(n), _) => Duration::try_from_secs_f64(n).ok(),
            (.., Some(text)) => duration(text),
            _ => None,
        };
        seconds.ok_or_else(|| self.wrong(wanted))
    }
}
