//! Which database, and how.

use crate::Dialect;
use highper_pool::Limits;
use std::path::PathBuf;
use std::time::Duration;

/// When TLS is used with a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    /// Never.
    #[default]
    Disabled,
    /// Where the server offers it; its certificate is not judged.
    Preferred,
    /// Always; its certificate is not judged.
    Required,
    /// Always, with a certificate that is trusted and has the server's name.
    Verified,
}

/// Which database, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Whose.
    pub dialect: Dialect,
    /// The server's name or address.
    pub host: String,
    /// The server's port.
    pub port: u16,
    /// A socket in the file system, instead of host and port.
    pub socket: Option<String>,
    /// Who we are.
    pub user: String,
    /// Not shown anywhere.
    pub password: Secret,
    /// The name of the database; SQLite's file, or `:memory:`.
    pub database: String,
    /// When TLS is used.
    pub tls: Tls,
    /// Certificates that are trusted, PEM; the system's where it is not set.
    pub ca: Option<PathBuf>,
    /// The session's time zone, as the server writes it.
    pub timezone: Option<String>,
    /// PostgreSQL's search path.
    pub schema: Option<String>,
    /// What PostgreSQL's server calls us in its lists.
    pub name: Option<String>,
    /// MySQL's collation of the connection.
    pub collation: Option<String>,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long a statement may take; `None` for as long as it wants.
    pub timeout: Option<Duration>,
    /// A connection that was idle for longer is asked whether it lives before it is used.
    pub check: Duration,
    /// Prepared statements that a connection keeps.
    pub statements: usize,
    /// SQLite: how long to wait for another writer.
    pub busy_timeout: Duration,
    /// SQLite: opened for reading only.
    pub read_only: bool,
    /// SQLite: what is set for each connection.
    pub pragmas: Vec<(String, String)>,
    /// Of the pool.
    pub limits: Limits,
    /// Servers that answer what only reads, with their weights.
    pub replicas: Vec<(Config, u32)>,
    /// Other addresses of the primary: whichever can be written to.
    pub primaries: Vec<Config>,
    /// How long what a coroutine reads comes from the primary after it has written.
    pub sticky: Duration,
    /// How far a replica may be behind; `None` for no matter how far.
    pub lag: Option<Duration>,
}

/// Something that `Debug` does not show.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

const KEYS: &str = "url, driver, host, port, socket, user, password, database, ssl, ca, timezone, schema, name, charset, collation, \
                    connect_timeout, timeout, statements, read, write, sticky, lag, busy_timeout, read_only, journal_mode, foreign_keys, synchronous, and pool with \
                    max, min, wait, queue, idle, lifetime, check";

impl Config {
    /// What is good for most of a kind.
    #[must_use]
    pub fn new(dialect: Dialect) -> Self {
        let (user, port) = match dialect {
            Dialect::Sqlite => ("", 0),
            Dialect::MySql => ("root", 3306),
            Dialect::Postgres => ("postgres", 5432),
        };
        Self {
            dialect,
            host: "127.0.0.1".into(),
            port,
            socket: None,
            user: user.into(),
            password: Secret::default(),
            database: String::new(),
            tls: Tls::default(),
            ca: None,
            timezone: None,
            schema: None,
            name: None,
            collation: None,
            connect_timeout: Duration::from_secs(5),
            timeout: None,
            check: Duration::from_secs(5),
            statements: 256,
            busy_timeout: Duration::from_secs(5),
            read_only: false,
            pragmas: Vec::new(),
            limits: Limits {
                max: if dialect == Dialect::Sqlite { 4 } else { 16 },
                ..Limits::default()
            },
            replicas: Vec::new(),
            primaries: Vec::new(),
            sticky: Duration::from_secs(10),
            lag: Some(Duration::from_secs(5)),
        }
    }

    /// Reads `mysql://user:password@host:port/database?option=value`, `postgres://…`, `sqlite:path`.
    ///
    /// # Errors
    /// What is wrong with it, without its password.
    pub fn parse(url: &str) -> Result<Self, String> {
        let (scheme, rest) = url.split_once(':').ok_or_else(|| {
            "a database is written as mysql://…, postgres://… or sqlite:path, and this has no scheme"
                .to_owned()
        })?;
        let mut config = Self::new(dialect(scheme)?);
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        if config.dialect == Dialect::Sqlite {
            let path = rest.strip_prefix("//").unwrap_or(rest);
            config.database = decode(path)?;
        } else {
            let rest = rest
                .strip_prefix("//")
                .ok_or_else(|| format!("{scheme}: must go on with //"))?;
            let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
            let (user, host) = match authority.rsplit_once('@') {
                Some((user, host)) => (Some(user), host),
                None => (None, authority),
            };
            if let Some(user) = user {
                let (user, password) = user.split_once(':').unwrap_or((user, ""));
                config.user = decode(user)?;
                config.password = Secret(decode(password)?);
            }
            let (host, port) = match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
                Some((host, port)) => (host, port.strip_prefix(':')),
                None => match host.rsplit_once(':') {
                    Some((host, port)) => (host, Some(port)),
                    None => (host, None),
                },
            };
            if !host.is_empty() {
                config.set("host", &decode(host)?)?;
            }
            if let Some(port) = port {
                config.set("port", port)?;
            }
            config.database = decode(database)?;
        }
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, "1"));
            config.set(&decode(key)?, &decode(value)?)?;
        }
        Ok(config)
    }

    /// Sets one thing by its name in configurations.
    ///
    /// # Errors
    /// What is wrong with the name or the value.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        match key {
            "host" | "hostname" if value.starts_with('/') => self.socket = Some(value.into()),
            "host" | "hostname" => self.host = value.into(),
            "port" => {
                self.port = value
                    .parse()
                    .map_err(|_| format!("port must be from 1 to 65535, '{value}' given"))?;
            }
            "socket" | "unix_socket" => {
                self.socket = Some(value.to_owned()).filter(|path| !path.is_empty());
            }
            "user" | "username" => self.user = value.into(),
            "password" => self.password = Secret(value.into()),
            "database" | "dbname" | "path" => self.database = value.into(),
            "ssl" | "sslmode" | "ssl-mode" | "tls" => {
                self.tls = match value.to_ascii_lowercase().as_str() {
                    "disable" | "disabled" | "off" | "0" | "false" | "" => Tls::Disabled,
                    "prefer" | "preferred" | "allow" => Tls::Preferred,
                    "require" | "required" | "on" | "1" | "true" => Tls::Required,
                    "verify" | "verify-ca" | "verify-full" | "verify_identity" => Tls::Verified,
                    _ => {
                        return Err(format!(
                            "ssl must be disable, prefer, require or verify, '{value}' given"
                        ));
                    }
                };
            }
            "ca" | "sslrootcert" => self.ca = Some(value.into()),
            "timezone" => self.timezone = Some(value.into()),
            "schema" | "search_path" => self.schema = Some(value.into()),
            "name" | "application_name" => self.name = Some(value.into()),
            "charset" => match value.to_ascii_lowercase().as_str() {
                "utf8" | "utf8mb4" | "utf-8" => {}
                _ => {
                    return Err(format!(
                        "charset must be utf8mb4 (or utf8), '{value}' given: texts are UTF-8 here"
                    ));
                }
            },
            "collation" => self.collation = Some(word(key, value)?),
            "connect_timeout" => self.connect_timeout = seconds(key, value)?.unwrap_or_default(),
            "timeout" => self.timeout = seconds(key, value)?,
            "statements" => self.statements = number(key, value)?,
            "sticky" => {
                self.sticky = match value {
                    "on" => Duration::from_secs(10),
                    "off" => Duration::ZERO,
                    value => seconds(key, value)?.unwrap_or_default(),
                };
            }
            "lag" => self.lag = seconds(key, value)?,
            "busy_timeout" => self.busy_timeout = seconds(key, value)?.unwrap_or_default(),
            "read_only" => self.read_only = matches!(value, "1" | "true" | "on"),
            "journal_mode" | "foreign_keys" | "synchronous" | "cache_size" => {
                self.pragmas.push((key.into(), word(key, value)?));
            }
            "pool.max" | "pool.max_connections" => self.limits.max = number(key, value)?.max(1),
            "pool.min" | "pool.min_connections" => self.limits.min_idle = number(key, value)?,
            "pool.queue" => self.limits.queue = number(key, value)?,
            "pool.wait" | "pool.wait_timeout" => self.limits.wait = seconds(key, value)?,
            "pool.idle" | "pool.max_idle_time" => self.limits.idle = seconds(key, value)?,
            "pool.lifetime" => self.limits.lifetime = seconds(key, value)?,
            "pool.check" => self.check = seconds(key, value)?.unwrap_or_default(),
            "driver" | "url" => {}
            _ => return Err(format!("there is no setting '{key}'; there are {KEYS}")),
        }
        Ok(())
    }

    /// Where it is, without its password.
    #[must_use]
    pub fn place(&self) -> String {
        match (self.dialect, &self.socket) {
            (Dialect::Sqlite, _) => format!("sqlite:{}", self.database),
            (dialect, socket) => {
                let scheme = match dialect {
                    Dialect::MySql => "mysql",
                    _ => "postgres",
                };
                let host = match socket {
                    Some(path) => path.clone(),
                    None => format!("{}:{}", self.host, self.port),
                };
                format!("{scheme}://{}@{host}/{}", self.user, self.database)
            }
        }
    }

    /// Is it a database that lives as long as its connection?
    #[must_use]
    pub fn is_memory(&self) -> bool {
        self.dialect == Dialect::Sqlite && matches!(&*self.database, "" | ":memory:")
    }
}

/// Whose SQL a driver's name stands for.
///
/// # Errors
/// Which names there are.
pub fn dialect(name: &str) -> Result<Dialect, String> {
    match name.to_ascii_lowercase().trim_start_matches("pdo_") {
        "sqlite" | "sqlite3" => Ok(Dialect::Sqlite),
        "mysql" | "mariadb" | "mysql2" => Ok(Dialect::MySql),
        "postgres" | "postgresql" | "pgsql" => Ok(Dialect::Postgres),
        _ => Err(format!(
            "there is no driver '{name}'; there are mysql, postgres and sqlite"
        )),
    }
}

fn number(key: &str, value: &str) -> Result<usize, String> {
    value
        .parse()
        .map_err(|_| format!("{key} must be a number, '{value}' given"))
}

fn word(key: &str, value: &str) -> Result<String, String> {
    let is_word = value
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    match is_word && !value.is_empty() {
        true => Ok(value.into()),
        false => Err(format!("{key} must be a word, '{value}' given")),
    }
}

/// Seconds; 0 for none.
fn seconds(key: &str, value: &str) -> Result<Option<Duration>, String> {
    let seconds: f64 = value
        .parse()
        .ok()
        .filter(|seconds| (0.0..1e9).contains(seconds))
        .ok_or_else(|| format!("{key} must be seconds, 0 for no limit, '{value}' given"))?;
    Ok((seconds > 0.0).then(|| Duration::from_secs_f64(seconds)))
}

fn decode(text: &str) -> Result<String, String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .and_then(|code| u8::from_str_radix(code, 16).ok());
        out.push(code.unwrap_or(bytes[at]));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8(out).map_err(|_| "the database's URL is not UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        let config = Config::parse(
            "mysql://ann:p%40ss:w@db.internal:3307/shop?ssl=verify&pool.max=7&timeout=2.5",
        )
        .unwrap();
        assert_eq!(
            (config.dialect, config.port, config.tls),
            (Dialect::MySql, 3307, Tls::Verified)
        );
        assert_eq!(
            (&*config.user, &*config.password.0, &*config.host),
            ("ann", "p@ss:w", "db.internal")
        );
        assert_eq!(
            (config.limits.max, config.timeout),
            (7, Some(Duration::from_millis(2500)))
        );
        assert_eq!(config.place(), "mysql://ann@db.internal:3307/shop");
        assert!(!format!("{config:?}").contains("p@ss"));
        let config = Config::parse("postgres://[::1]/x").unwrap();
        assert_eq!(
            (&*config.host, config.port, &*config.user),
            ("::1", 5432, "postgres")
        );
        assert_eq!(
            Config::parse("postgres:///x?host=/run/pg")
                .unwrap()
                .socket
                .as_deref(),
            Some("/run/pg")
        );
        assert_eq!(
            Config::parse("sqlite:/tmp/a b.db").unwrap().database,
            "/tmp/a b.db"
        );
        assert_eq!(
            Config::parse("sqlite:///tmp/a.db").unwrap().database,
            "/tmp/a.db"
        );
        assert!(Config::parse("sqlite::memory:").unwrap().is_memory());
    }

    #[test]
    fn mistakes_are_named() {
        assert!(
            Config::parse("oracle://x")
                .unwrap_err()
                .contains("no driver 'oracle'")
        );
        assert!(
            Config::parse("mysql://h/d?max=3")
                .unwrap_err()
                .contains("no setting 'max'")
        );
        assert!(
            Config::parse("mysql://h:x/d")
                .unwrap_err()
                .contains("port must be")
        );
        assert!(Config::parse("nothing").unwrap_err().contains("scheme"));
        assert!(
            Config::parse("sqlite:x?journal_mode=a;b")
                .unwrap_err()
                .contains("must be a word")
        );
    }
}
