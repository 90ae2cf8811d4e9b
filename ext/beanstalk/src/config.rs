//! Which server, and how.

use highper_pool::{Limits, setting::seconds};
use std::time::Duration;

/// Which server, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// A host, or the path of a socket.
    pub host: String,
    /// The port; 0 for a socket.
    pub port: u16,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long a command may take, without what `reserve` waits for a job; `None` for as long as it wants.
    pub timeout: Option<Duration>,
    /// Of the pool.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            host: "127.0.0.1".into(),
            port: 11300,
            connect_timeout: Duration::from_secs(1),
            timeout: Some(Duration::from_secs(2)),
            limits: Limits {
                max: 16,
                ..Limits::default()
            },
        }
    }
}

const KEYS: &str = "url, host, port, socket, connect_timeout, timeout, and pool with max, min, wait, queue, idle, lifetime";

fn port(text: &str) -> Result<u16, String> {
    let port = text.parse().ok().filter(|port| *port != 0);
    port.ok_or_else(|| format!("a port must be from 1 to 65535, '{text}' given"))
}

impl Config {
    /// Reads `beanstalk://host:port?timeout=1`, `unix:///path`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(url: &str) -> Result<Self, String> {
        let Some((scheme, rest)) = url.split_once("://") else {
            return Err("beanstalkd is written as beanstalk://host:port or unix:///path, and this has no scheme".into());
        };
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut config = Self::default();
        match scheme {
            "beanstalk" | "beanstalkd" => {
                let place = place.trim_end_matches('/');
                let (host, given) = match place.strip_prefix('[') {
                    Some(six) => match six.split_once(']') {
                        Some((host, rest)) => (host, rest.strip_prefix(':')),
                        None => return Err("an address of IPv6 ends with ]".into()),
                    },
                    None => match place.rsplit_once(':') {
                        Some((host, port)) => (host, Some(port)),
                        None => (place, None),
                    },
                };
                config.set("host", host)?;
                if let Some(given) = given {
                    config.port = port(given)?;
                }
            }
            "unix" => config.set("socket", place)?,
            other => {
                return Err(format!(
                    "there is no scheme '{other}'; there are beanstalk and unix"
                ));
            }
        }
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, "1"));
            config.set(key, value)?;
        }
        Ok(config)
    }

    /// Sets one thing by its name in configurations.
    ///
    /// # Errors
    /// What is wrong with the name or the value.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        match key {
            "host" if value.is_empty() => {}
            "host" => self.host = value.to_owned(),
            "port" => self.port = port(value)?,
            "socket" => {
                value.clone_into(&mut self.host);
                self.port = 0;
            }
            "connect_timeout" => self.connect_timeout = seconds(key, value)?.unwrap_or_default(),
            "timeout" => self.timeout = seconds(key, value)?,
            "url" => {}
            _ if self.limits.set(key, value)? => {}
            _ => return Err(format!("there is no setting '{key}'; there are {KEYS}")),
        }
        Ok(())
    }

    /// Where it is.
    #[must_use]
    pub fn place(&self) -> String {
        match (self.port, self.host.contains(':')) {
            (0, _) => self.host.clone(),
            (port, true) => format!("[{}]:{port}", self.host),
            (port, false) => format!("{}:{port}", self.host),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        let place = |url: &str| Config::parse(url).map(|config| config.place());
        assert_eq!(place("beanstalk://").unwrap(), "127.0.0.1:11300");
        assert_eq!(place("beanstalk://q").unwrap(), "q:11300");
        assert_eq!(place("beanstalkd://[::1]:5/").unwrap(), "[::1]:5");
        assert_eq!(place("unix:///run/b.sock").unwrap(), "/run/b.sock");
        let config = Config::parse("beanstalk://q?timeout=0&pool.max=3").unwrap();
        assert_eq!((config.timeout, config.limits.max), (None, 3));
        for (url, words) in [
            ("q", "no scheme"),
            ("redis://a", "no scheme 'redis'"),
            ("beanstalk://a:0", "from 1 to 65535"),
            ("beanstalk://[::1", "ends with ]"),
            ("beanstalk://a?x=1", "no setting 'x'"),
            ("beanstalk://a?timeout=-1", "must be seconds"),
        ] {
            let said = place(url).unwrap_err();
            assert!(said.contains(words), "{url}: {said}");
        }
    }
}
