//! What a server may be told.

use highper_http1::Limits;
use highper_net::proxied::Proxies;
use std::path::PathBuf;
use std::time::Duration;

/// Settings of one HTTP server; each has a default that suits a public service.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Limits of heads and bodies.
    pub limits: Limits,
    /// The Server field; `None` leaves it out.
    pub server: Option<String>,
    /// Does every kept connection say `Connection: keep-alive`, as Swoole does?
    pub say_keep_alive: bool,
    /// From a head's first byte to its end. Past it: 408. Default 60 s.
    pub header_timeout: Duration,
    /// Without a byte of the body. Past it: 408. Default 60 s.
    pub body_timeout: Duration,
    /// Between requests. Past it the connection closes. Default 75 s.
    pub idle_timeout: Duration,
    /// Without a byte from a client whose connection speaks another protocol, such as WebSocket. Past it the connection closes.
    /// Default none.
    pub upgraded_timeout: Option<Duration>,
    /// Without the client taking a byte. Past it the connection closes. Default 60 s.
    pub write_timeout: Duration,
    /// From the complete request to the response's first byte. Past it: 504. Default none.
    pub request_timeout: Option<Duration>,
    /// Connections at a time in one worker; further ones wait in the backlog. Default 100,000.
    pub max_connections: usize,
    /// Requests per connection; 0 for no limit. Default 0.
    pub max_keep_alive_requests: u64,
    /// Is Nagle's algorithm off? Default yes.
    pub nodelay: bool,
    /// Bytes of a body held in memory; more goes to an unlinked file. Default 1 MiB.
    pub body_memory: usize,
    /// Where bodies and uploads that are too big for memory go. Default the system's.
    pub temp_dir: PathBuf,
    /// Is a client that has ended its side of the connection during a request asked, by a
    /// `102 Processing`, whether it has gone for good? TCP shows no difference until something is
    /// sent. Default no.
    pub probe_half_closed: bool,
    /// Are form bodies parsed while they arrive, files to disk? Default yes.
    pub parse_forms: bool,
    /// Bytes of a body that is no multipart form, where that is less than the limit of bodies.
    /// Default none: the limit is one for all.
    pub plain_bytes: Option<u64>,
    /// Has a 413 a body that says why? Swoole's has none. Default yes.
    pub explain_size: bool,
    /// Forms up to this size are kept as they came, too. Default 0: none.
    pub keep_forms: u64,
    /// Bytes of output held for one connection before writing waits. Default 2 MiB.
    pub output_high_water: usize,
    /// TLS, where it is spoken; ALPN is offered as the context has it. Default none.
    pub tls: Option<highper_tls::Context>,
    /// Whose connections begin with a header of the PROXY protocol, which says whose they are. Default nobody's.
    pub proxies: Option<Proxies>,
    /// HTTP/2 besides HTTP/1.1, by ALPN, by prior knowledge and by Upgrade: what clients are told. Default none.
    pub http2: Option<highper_http2::Settings>,
    /// The folder whose files are sent without asking the service, and the prefixes it serves.
    pub static_files: Option<StaticFiles>,
}

/// Static files that never enter the service.
#[derive(Clone, Debug)]
pub struct StaticFiles {
    /// The folder.
    pub root: PathBuf,
    /// Path prefixes that it serves; empty for all.
    pub prefixes: Vec<String>,
    /// File names tried for a folder.
    pub index: Vec<String>,
    /// Is a path with no file answered with 404 (true), or left to the service?
    pub exclusive: bool,
    /// Does a folder without an index file answer with a list of what is in it?
    pub listing: bool,
    /// Changes of paths before a file is looked for: the first that fits.
    pub rewrites: Vec<Rewrite>,
    /// May symbolic links lead out of the folder?
    pub follow_links: bool,
    /// Who knows media types: see [`crate::static_file::Options::types`].
    pub types: Option<crate::static_file::Types>,
}

/// What a path becomes.
#[derive(Clone, Debug)]
pub enum Rewrite {
    /// The beginning of a path, and what stands in its place.
    Beginning(String, String),
    /// A regular expression of a part of a path, and what stands in that part's place; `$1` is its first group.
    Pattern(regex_lite::Regex, String),
}

impl Rewrite {
    /// The path that is looked for instead of `path`, if this rule is about it.
    #[must_use]
    pub fn apply(&self, path: &str) -> Option<String> {
        match self {
            Self::Beginning(from, to) => {
                let rest = path.strip_prefix(from.as_str())?;
                Some(format!("{to}{rest}"))
            }
            Self::Pattern(pattern, to) => {
                let changed = pattern.replace_all(path, to.as_str());
                (changed != path).then(|| changed.into_owned())
            }
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            server: None,
            say_keep_alive: false,
            header_timeout: Duration::from_secs(60),
            body_timeout: Duration::from_secs(60),
            idle_timeout: Duration::from_secs(75),
            upgraded_timeout: None,
            write_timeout: Duration::from_secs(60),
            request_timeout: None,
            max_connections: 100_000,
            max_keep_alive_requests: 0,
            nodelay: true,
            body_memory: 1 << 20,
            temp_dir: std::env::temp_dir(),
            probe_half_closed: false,
            parse_forms: true,
            plain_bytes: None,
            explain_size: true,
            keep_forms: 0,
            output_high_water: 2 << 20,
            tls: None,
            proxies: None,
            http2: None,
            static_files: None,
        }
    }
}
