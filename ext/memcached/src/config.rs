//! Which servers, and how.

use highper_pool::{Limits, setting::seconds};
use std::time::Duration;

/// A server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// A host, or the path of a socket.
    pub host: String,
    /// The port; 0 for a socket.
    pub port: u16,
    /// How many keys it gets, in relation to others.
    pub weight: u32,
}

/// Which servers, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Where they are.
    pub servers: Vec<Server>,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long a command may take; `None` for as long as it wants.
    pub timeout: Option<Duration>,
    /// Of the pool of each server.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            connect_timeout: Duration::from_secs(1),
            timeout: Some(Duration::from_secs(2)),
            limits: Limits {
                max: 16,
                ..Limits::default()
            },
        }
    }
}

const KEYS: &str =
    "url, servers, connect_timeout, timeout, and pool with max, min, wait, queue, idle, lifetime";

impl Server {
    /// Reads `host`, `host:port` or `/path`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str, weight: u32) -> Result<Self, String> {
        if text.starts_with('/') {
            return Ok(Self {
                host: text.into(),
                port: 0,
                weight,
            });
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') => (
                host,
                port.parse()
                    .ok()
                    .filter(|port| *port != 0)
                    .ok_or_else(|| format!("a port must be from 1 to 65535, '{port}' given"))?,
            ),
            _ => (text, 11211),
        };
        Ok(Self {
            host: if host.is_empty() { "127.0.0.1" } else { host }.into(),
            port,
            weight,
        })
    }

    /// Its name: what keys are spread by.
    #[must_use]
    pub fn name(&self) -> String {
        match self.port {
            0 => self.host.clone(),
            port => format!("{}:{port}", self.host),
        }
    }
}

impl Config {
    /// Reads `memcached://host:port,host?timeout=1`, `unix:///path`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(url: &str) -> Result<Self, String> {
        let Some((scheme, rest)) = url.split_once("://") else {
            return Err("memcached is written as memcached://host:port,host:port or unix:///path, and this has no scheme".into());
        };
        let (hosts, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut config = Self::default();
        match scheme {
            "memcached" => {
                for host in hosts.trim_end_matches('/').split(',') {
                    config.servers.push(Server::parse(host, 1)?);
                }
            }
            "unix" => config.servers.push(Server::parse(hosts, 1)?),
            other => {
                return Err(format!(
                    "there is no scheme '{other}'; there are memcached and unix"
                ));
            }
        }
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, "1"));
            config.set(key, value)?;
        }
        Ok(config)
    }

    /// Can there be a client of it?
    ///
    /// # Errors
    /// Why there can't.
    pub fn check(&self) -> Result<(), String> {
        match self.servers.is_empty() {
            true => Err("memcached needs 'servers' => ['host:port', …]".into()),
            false => Ok(()),
        }
    }

    /// Sets one thing by its name in configurations.
    ///
    /// # Errors
    /// What is wrong with the name or the value.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        match key {
            "connect_timeout" => self.connect_timeout = seconds(key, value)?.unwrap_or_default(),
            "timeout" => self.timeout = seconds(key, value)?,
            "url" => {}
            _ if self.limits.set(key, value)? => {}
            _ => return Err(format!("there is no setting '{key}'; there are {KEYS}")),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        let config = Config::parse("memcached://a,b:11212?timeout=0.5&pool.max=3").unwrap();
        let names: Vec<String> = config.servers.iter().map(Server::name).collect();
        assert_eq!(names, ["a:11211", "b:11212"]);
        assert_eq!(config.limits.max, 3);
        let config = Config::parse("unix:///run/m.sock").unwrap();
        assert_eq!(config.servers[0].name(), "/run/m.sock");
        for (url, words) in [
            ("a", "no scheme"),
            ("redis://a", "no scheme 'redis'"),
            ("memcached://a:0", "from 1 to 65535"),
            ("memcached://a?x=1", "no setting 'x'"),
        ] {
            assert!(Config::parse(url).unwrap_err().contains(words));
        }
    }
}
