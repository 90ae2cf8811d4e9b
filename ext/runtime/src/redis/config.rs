//! How a connection to Redis is made like another one.

use highper_zend::{Object, Outcome, Throw, Value, find_class, ini};

/// `Redis::OPT_SERIALIZER` and so on: all options that a connection has, known to this version of the extension or not.
const OPTIONS: [i64; 14] = [1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/// `Redis::OPT_READ_TIMEOUT`
const READ_TIMEOUT: i64 = 3;

/// What a connection was made with, as it tells.
pub(super) struct Config {
    connect: Vec<Value>,
    auth: Option<Value>,
    pub(super) database: i64,
    options: Vec<(i64, Value)>,
}

fn ask(object: &Object, method: &str, args: &[Value]) -> Option<Value> {
    match object.call(method, args) {
        Outcome::Value(value) if value.as_bool() != Some(false) && !value.is_null() => Some(value),
        _ => None,
    }
}

impl Config {
    /// Of a connection that is idle; `None` where it is not connected, or by TLS, whose settings it does not tell.
    pub(super) fn of(object: &Object) -> Option<Self> {
        let host = ask(object, "getHost", &[])?;
        let name = host.as_bytes().unwrap_or_default();
        if name.is_empty() || name.starts_with(b"tls:") || name.starts_with(b"ssl:") {
            return None;
        }
        let port = ask(object, "getPort", &[]).unwrap_or_else(|| Value::long(0));
        let timeout = ask(object, "getTimeout", &[]).unwrap_or_else(|| Value::double(0.0));
        let read = ask(object, "getReadTimeout", &[]).unwrap_or_else(|| Value::double(0.0));
        let database = ask(object, "getDBNum", &[]).map_or(0, |value| value.to_long());
        let option = |option: &i64| {
            let value = match object.call("getOption", &[Value::long(*option)]) {
                Outcome::Value(value) => value,
                _ => return None,
            };
            // What was never set, or is unknown.
            (!value.is_null() && value.as_bool() != Some(false)).then_some((*option, value))
        };
        Some(Self {
            connect: vec![host, port, timeout, Value::null(), Value::long(0), read],
            auth: ask(object, "getAuth", &[]),
            database,
            options: OPTIONS.iter().filter_map(option).collect(),
        })
    }

    /// The host, or the path of a local socket.
    pub(super) fn host(&self) -> String {
        let host = self.connect.first().and_then(Value::as_str);
        host.unwrap_or_default().to_owned()
    }

    /// Sets options and database of a connection to these; `anew` where the server knows of no database yet, whatever the
    /// object says.
    pub(super) fn apply(&self, object: &Object, anew: bool) -> Option<()> {
        for (option, value) in &self.options {
            let is_so = match object.call("getOption", &[Value::long(*option)]) {
                Outcome::Value(now) => now.is_identical(value),
                _ => false,
            };
            if is_so {
                continue;
            }
            // Set as an option, no time-out is one that is over at once.
            let value = match *option == READ_TIMEOUT && value.to_double() == 0.0 {
                true => Value::double(ini::double("default_socket_timeout")),
                false => value.clone(),
            };
            // An option that can be read but not set keeps its default.
            let _ = object.call("setOption", &[Value::long(*option), value]);
        }
        let now = ask(object, "getDBNum", &[]).map_or(0, |value| value.to_long());
        if anew || now != self.database {
            ask(object, "select", &[Value::long(self.database)])?;
        }
        Some(())
    }

    /// Ends what a connection is in the middle of; `None` where that fails.
    pub(super) fn end(object: &Object) -> Option<()> {
        let mode = ask(object, "getMode", &[]).map_or(0, |value| value.to_long());
        if mode != 0 {
            ask(object, "discard", &[])?;
        }
        ask(object, "unwatch", &[]).map(drop)
    }

    /// A new object, not connected.
    ///
    /// # Errors
    /// What PHP throws.
    pub(super) fn object() -> Result<Object, Throw> {
        match find_class("Redis")? {
            Some(class) => class.instantiate(),
            None => Err(Throw::error("the extension redis is not loaded")),
        }
    }

    /// Connects it.
    ///
    /// # Errors
    /// What phpredis throws, or the reason why it is not connected.
    pub(super) fn connect(&self, object: &Object) -> Result<(), Throw> {
        object.call("connect", &self.connect).into_result()?;
        let mut is_ready = true;
        if let Some(auth) = &self.auth {
            is_ready = object
                .call("auth", std::slice::from_ref(auth))
                .into_result()?
                .to_bool();
        }
        if is_ready && self.apply(object, false).is_some() {
            return Ok(());
        }
        Err(super::exception(
            "another connection for the pool of this object (highper.redis_pool) could not be made: the server refused its user or database",
        ))
    }
}
