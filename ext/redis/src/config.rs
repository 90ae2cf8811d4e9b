//! Which servers, and how.

use highper_pool::Limits;
use highper_pool::setting::{number, seconds};
use std::path::PathBuf;
use std::time::Duration;

/// Something that `Debug` does not show.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// When TLS is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    /// Never.
    #[default]
    Disabled,
    /// Always; the certificate is not judged.
    Required,
    /// Always, with a certificate that is trusted and has the server's name.
    Verified,
}

/// How servers belong together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// One server.
    #[default]
    Single,
    /// A cluster; the nodes are those that are asked for all others.
    Cluster,
    /// Sentinels know which server is the primary.
    Sentinel,
    /// The servers themselves say which of them is the primary.
    Replicas,
    /// Independent servers; each key belongs to one of them.
    Shards,
}

/// Where a server is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Address {
    /// A host by name or address, and a port.
    Tcp(String, u16),
    /// A socket in the file system.
    Unix(String),
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tcp(host, port) if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp(host, port) => write!(f, "{host}:{port}"),
            Self::Unix(path) => f.write_str(path),
        }
    }
}

impl Address {
    /// Reads `host`, `host:port`, `[address]:port`, or `/path`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str, port: u16) -> Result<Self, String> {
        if text.starts_with('/') {
            return Ok(Self::Unix(text.into()));
        }
        let (host, given) = match text.strip_prefix('[').and_then(|text| text.split_once(']')) {
            Some((host, rest)) => (host, rest.strip_prefix(':')),
            None => match text.rsplit_once(':') {
                Some((host, port)) if !host.contains(':') => (host, Some(port)),
                _ => (text, None),
            },
        };
        let port = match given {
            Some(given) => given
                .parse()
                .ok()
                .filter(|port| *port != 0)
                .ok_or_else(|| format!("a port must be from 1 to 65535, '{given}' given"))?,
            None => port,
        };
        let host = if host.is_empty() { "127.0.0.1" } else { host };
        Ok(Self::Tcp(host.into(), port))
    }
}

/// A server among others that share the keys.
#[derive(Clone, Debug, PartialEq)]
pub struct Shard {
    /// What the keys are spread by: a server that has moved keeps its keys with its name.
    pub name: String,
    /// How many keys it gets, in relation to others.
    pub weight: u32,
    /// Where it is.
    pub config: Config,
}

/// Which servers, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// How they belong together.
    pub mode: Mode,
    /// Where they are.
    pub nodes: Vec<Address>,
    /// Of [`Mode::Shards`].
    pub shards: Vec<Shard>,
    /// What sentinels call the primary.
    pub master: String,
    /// Who we are; nobody for the default one.
    pub user: String,
    /// Not shown anywhere.
    pub password: Secret,
    /// Who we are to sentinels.
    pub sentinel_user: String,
    /// Not shown anywhere.
    pub sentinel_password: Secret,
    /// The number of the database.
    pub database: u32,
    /// What servers call us in their lists.
    pub name: Option<String>,
    /// When TLS is used.
    pub tls: Tls,
    /// Certificates that are trusted, PEM; the system's where it is not set.
    pub ca: Option<PathBuf>,
    /// Do replicas answer what only reads?
    pub reads_replicas: bool,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long a command may take; `None` for as long as it wants.
    pub timeout: Option<Duration>,
    /// For how long a new primary is looked for.
    pub failover: Duration,
    /// A connection that was idle for longer is asked whether it lives before it is used.
    pub check: Duration,
    /// Of connections that only one coroutine uses.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            mode: Mode::Single,
            nodes: Vec::new(),
            shards: Vec::new(),
            master: String::new(),
            user: String::new(),
            password: Secret::default(),
            sentinel_user: String::new(),
            sentinel_password: Secret::default(),
            database: 0,
            name: None,
            tls: Tls::Disabled,
            ca: None,
            reads_replicas: false,
            connect_timeout: Duration::from_secs(5),
            timeout: None,
            failover: Duration::from_secs(5),
            check: Duration::from_secs(5),
            limits: Limits {
                max: 16,
                ..Limits::default()
            },
        }
    }
}

const PORT: u16 = 6379;
const SENTINEL_PORT: u16 = 26379;

const KEYS: &str = "url, host, port, socket, nodes, mode, master, shards, user, password, sentinel_user, sentinel_password, database, name, \
                    ssl, ca, reads, connect_timeout, timeout, failover, and pool with max, min, wait, queue, idle, lifetime, check";

impl Config {
    /// Reads `redis://user:password@host:port/database?option=value`; `rediss` for TLS, `unix:///path`,
    /// `redis+cluster://`, `redis+replicas://` and `redis+sentinel://host,host/name` for several servers.
    ///
    /// # Errors
    /// What is wrong with it, without its password.
    pub fn parse(url: &str) -> Result<Self, String> {
        let Some((scheme, rest)) = url.split_once("://") else {
            return Err(
                "a Redis server is written as redis://host:port/database, rediss:// for TLS or unix:///path, and this has no scheme"
                    .into(),
            );
        };
        let mut config = Self::default();
        let (base, mode) = scheme.split_once('+').unwrap_or((scheme, "single"));
        match base {
            "redis" | "valkey" | "tcp" => {}
            "rediss" | "valkeys" | "tls" => config.tls = Tls::Verified,
            "unix" => {
                let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
                config.nodes.push(Address::Unix(decode(path)?));
                config.options(query)?;
                return Ok(config);
            }
            _ => {
                return Err(format!(
                    "there is no scheme '{scheme}'; there are redis, rediss and unix, and redis+cluster, redis+sentinel, redis+replicas"
                ));
            }
        }
        config.set("mode", mode)?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, hosts) = match authority.rsplit_once('@') {
            Some((user, hosts)) => (Some(user), hosts),
            None => (None, authority),
        };
        if let Some(user) = user {
            // As redis-cli reads it: `:password@`, and `password@` is no user without one.
            let (user, password) = user.split_once(':').unwrap_or(("", user));
            config.user = decode(user)?;
            config.password = Secret(decode(password)?);
        }
        for host in hosts.split(',').filter(|host| !host.is_empty()) {
            config.add_node(&decode(host)?)?;
        }
        let mut path = path.split('/').filter(|part| !part.is_empty());
        if config.mode == Mode::Sentinel {
            config.master = decode(path.next().unwrap_or_default())?;
        }
        if let Some(database) = path.next() {
            config.set("database", database)?;
        }
        config.options(query)?;
        Ok(config)
    }

    fn options(&mut self, query: &str) -> Result<(), String> {
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, "1"));
            self.set(&decode(key)?, &decode(value)?)?;
        }
        Ok(())
    }

    /// Adds a server by its address.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn add_node(&mut self, address: &str) -> Result<(), String> {
        let port = match self.mode {
            Mode::Sentinel => SENTINEL_PORT,
            _ => PORT,
        };
        let address = match address.split_once("://") {
            Some(("tcp" | "redis", rest)) => rest,
            Some(("unix", rest)) => rest,
            _ => address,
        };
        self.nodes.push(Address::parse(address, port)?);
        Ok(())
    }

    fn only(&mut self) -> &mut Address {
        if self.nodes.is_empty() {
            self.nodes.push(Address::Tcp("127.0.0.1".into(), PORT));
        }
        &mut self.nodes[0]
    }

    /// Sets one thing by its name in configurations.
    ///
    /// # Errors
    /// What is wrong with the name or the value.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        match key {
            "host" | "hostname" if value.starts_with('/') => {
                *self.only() = Address::Unix(value.into());
            }
            "host" | "hostname" => match self.only() {
                Address::Tcp(host, _) => *host = value.into(),
                other => *other = Address::Tcp(value.into(), PORT),
            },
            "port" => {
                let port = value
                    .parse()
                    .ok()
                    .filter(|port| *port != 0)
                    .ok_or_else(|| format!("port must be from 1 to 65535, '{value}' given"))?;
                if let Address::Tcp(_, own) = self.only() {
                    *own = port;
                }
            }
            "socket" | "path" => *self.only() = Address::Unix(value.into()),
            "mode" => {
                self.mode = match value {
                    "single" => Mode::Single,
                    "cluster" => Mode::Cluster,
                    "sentinel" => Mode::Sentinel,
                    "replicas" | "replication" => Mode::Replicas,
                    "shards" => Mode::Shards,
                    _ => {
                        return Err(format!(
                            "mode must be single, cluster, sentinel, replicas or shards, '{value}' given"
                        ));
                    }
                };
            }
            "master" | "service" | "master_name" => self.master = value.into(),
            "user" | "username" => self.user = value.into(),
            "password" | "auth" => self.password = Secret(value.into()),
            "sentinel_user" => self.sentinel_user = value.into(),
            "sentinel_password" => self.sentinel_password = Secret(value.into()),
            "database" | "db" => {
                self.database = value
                    .parse()
                    .map_err(|_| format!("database must be a number from 0 on, '{value}' given"))?;
            }
            "name" | "client_name" => {
                if value.bytes().any(|byte| !(b'!'..=b'~').contains(&byte)) {
                    return Err(format!("name must have no spaces, '{value}' given"));
                }
                self.name = Some(value.to_owned()).filter(|name| !name.is_empty());
            }
            "ssl" | "tls" => {
                self.tls = match value.to_ascii_lowercase().as_str() {
                    "disable" | "off" | "0" | "false" | "" => Tls::Disabled,
                    "require" | "required" => Tls::Required,
                    "verify" | "on" | "1" | "true" => Tls::Verified,
                    _ => {
                        return Err(format!(
                            "ssl must be disable, require or verify, '{value}' given"
                        ));
                    }
                };
            }
            "ca" => self.ca = Some(value.into()),
            "reads" => {
                self.reads_replicas = match value {
                    "primary" => false,
                    "replica" | "replicas" => true,
                    _ => return Err(format!("reads must be primary or replica, '{value}' given")),
                };
            }
            "connect_timeout" => self.connect_timeout = seconds(key, value)?.unwrap_or_default(),
            "timeout" | "read_timeout" => self.timeout = seconds(key, value)?,
            "failover" => self.failover = seconds(key, value)?.unwrap_or_default(),
            "pool.max" | "pool.max_connections" => self.limits.max = number(key, value)?.max(1),
            "pool.min" | "pool.min_connections" => self.limits.min_idle = number(key, value)?,
            "pool.queue" => self.limits.queue = number(key, value)?,
            "pool.wait" | "pool.wait_timeout" => self.limits.wait = seconds(key, value)?,
            "pool.idle" | "pool.max_idle_time" => self.limits.idle = seconds(key, value)?,
            "pool.lifetime" => self.limits.lifetime = seconds(key, value)?,
            "pool.check" => self.check = seconds(key, value)?.unwrap_or_default(),
            "url" => {}
            _ => return Err(format!("there is no setting '{key}'; there are {KEYS}")),
        }
        Ok(())
    }

    /// Completes it and says what does not fit together.
    ///
    /// # Errors
    /// What is missing, or what can't be had.
    pub fn check(mut self) -> Result<Self, String> {
        match self.mode {
            Mode::Shards if self.shards.is_empty() => {
                return Err("mode shards needs 'shards' => ['name' => 'redis://host', …]".into());
            }
            Mode::Shards => return Ok(self),
            _ if !self.shards.is_empty() => {
                return Err("shards are of mode shards, and another mode was given".into());
            }
            Mode::Sentinel if self.master.is_empty() => {
                return Err(
                    "mode sentinel needs the name of the primary: 'master' => 'mymaster', or redis+sentinel://host/mymaster"
                        .into(),
                );
            }
            Mode::Cluster if self.database != 0 => {
                return Err(format!(
                    "a cluster has database 0 only, {} given",
                    self.database
                ));
            }
            Mode::Single if self.nodes.len() > 1 => {
                return Err(format!(
                    "{} servers were given: say how they belong together by mode: cluster, sentinel, replicas, or shards",
                    self.nodes.len()
                ));
            }
            _ => {}
        }
        if self.nodes.is_empty() {
            let (host, port) = ("127.0.0.1".into(), PORT);
            self.nodes.push(match self.mode {
                Mode::Sentinel => Address::Tcp(host, SENTINEL_PORT),
                _ => Address::Tcp(host, port),
            });
        }
        Ok(self)
    }

    /// Where it is, without its password.
    #[must_use]
    pub fn place(&self) -> String {
        let nodes: Vec<String> = self.nodes.iter().map(Address::to_string).collect();
        let nodes = nodes.join(",");
        let scheme = match self.tls {
            Tls::Disabled => "redis",
            _ => "rediss",
        };
        match self.mode {
            Mode::Single => format!("{scheme}://{nodes}/{}", self.database),
            Mode::Cluster => format!("{scheme}+cluster://{nodes}"),
            Mode::Sentinel => format!("{scheme}+sentinel://{nodes}/{}", self.master),
            Mode::Replicas => format!("{scheme}+replicas://{nodes}/{}", self.database),
            Mode::Shards => {
                let names: Vec<&str> = self.shards.iter().map(|shard| &*shard.name).collect();
                format!("shards {}", names.join(", "))
            }
        }
    }
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
    String::from_utf8(out).map_err(|_| "the URL of a Redis server is not UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(host: &str, port: u16) -> Address {
        Address::Tcp(host.into(), port)
    }

    #[test]
    fn urls() {
        let config =
            Config::parse("rediss://ann:p%40ss@cache.internal:6380/3?timeout=2.5&pool.max=7")
                .unwrap();
        assert_eq!(config.nodes, [tcp("cache.internal", 6380)]);
        assert_eq!(
            (
                &*config.user,
                &*config.password.0,
                config.database,
                config.tls
            ),
            ("ann", "p@ss", 3, Tls::Verified)
        );
        assert_eq!(config.timeout, Some(Duration::from_millis(2500)));
        assert_eq!(config.limits.max, 7);
        assert_eq!(config.place(), "rediss://cache.internal:6380/3");

        let config = Config::parse("redis://secret@[::1]")
            .unwrap()
            .check()
            .unwrap();
        assert_eq!(config.nodes, [tcp("::1", 6379)]);
        assert_eq!((&*config.user, &*config.password.0), ("", "secret"));
        assert_eq!(config.place(), "redis://[::1]:6379/0");

        let config = Config::parse("unix:///run/redis.sock?db=2").unwrap();
        assert_eq!(config.nodes, [Address::Unix("/run/redis.sock".into())]);
        assert_eq!(config.database, 2);

        let config = Config::parse("redis+sentinel://a,b:26380/mymaster/1").unwrap();
        assert_eq!(config.nodes, [tcp("a", 26379), tcp("b", 26380)]);
        assert_eq!((&*config.master, config.database), ("mymaster", 1));

        let config = Config::parse("redis+cluster://a:7000,b:7001").unwrap();
        assert_eq!(config.mode, Mode::Cluster);
    }

    #[test]
    fn what_is_wrong() {
        for (url, words) in [
            ("localhost", "has no scheme"),
            ("http://localhost", "no scheme 'http'"),
            ("redis://localhost:0", "from 1 to 65535"),
            ("redis://localhost/x", "database must be a number"),
            ("redis://localhost?x=1", "there is no setting 'x'"),
            ("redis+ring://localhost", "mode must be"),
            ("redis://a,b", "2 servers were given"),
            ("redis+sentinel://a", "needs the name of the primary"),
            ("redis+cluster://a/1", "database 0 only"),
            ("redis://a?timeout=-1", "timeout must be seconds"),
        ] {
            let error = Config::parse(url).and_then(Config::check).unwrap_err();
            assert!(error.contains(words), "{url}: {error}");
        }
    }
}
