//! Static files under a document root: from a request to a plan that a driver sends.
//!
//! What is served: regular files below the root, and index files of folders. What is not: paths
//! with `..`, names that begin with a dot (but `/.well-known/`), PHP sources, and whatever a
//! symbolic link reaches outside the root. Conditions and ranges follow RFC 9110, sections 13 and
//! 14. Opening and looking at files blocks, on a local disk for microseconds.

mod condition;
mod listing;
mod open;
mod range;

use std::borrow::Cow;
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::Path;

use crate::compression::{Accepted, Encoding, SMALLEST};
use crate::{date, mime};

use condition::Validators;
use open::{Entry, Location, Root};
use range::Selection;

/// The media type of a file of this name.
pub type Types = fn(&[u8]) -> Cow<'static, str>;

/// What is served and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// The part of the URL's path before the root, without a slash at its end; default empty.
    pub base: String,
    /// Names that stand for a folder, best first; default `index.html`, `index.htm`.
    pub index: Vec<String>,
    /// Whether names that begin with a dot are served; default no, except below `/.well-known/`.
    pub dotfiles: bool,
    /// Whether symbolic links may leave the root; default no. Links inside are followed anyway,
    /// if they are relative.
    pub follow_links: bool,
    /// Extensions of sources that are never sent, lower case; default PHP's. `x.php.bak` and
    /// `x.php~` count as PHP.
    pub denied: Vec<String>,
    /// Whether `x.js.br`, `x.js.zst` and `x.js.gz` are sent in place of `x.js` to clients that
    /// take them; default yes. One that is older than its original is not sent.
    pub precompressed: bool,
    /// Whether `ETag` is weak; default no: it is made of the size and the nanoseconds of the
    /// last change.
    pub weak_etag: bool,
    /// The most ranges of one request; more get the whole file. Default 16.
    pub max_ranges: usize,
    /// `Cache-Control` of files; default none.
    pub cache_control: Option<String>,
    /// Who knows the media type of a name, where that is not [`mime::of_name`].
    pub types: Option<Types>,
}

impl Default for Options {
    fn default() -> Self {
        let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        Self {
            base: String::new(),
            index: owned(&["index.html", "index.htm"]),
            dotfiles: false,
            follow_links: false,
            denied: owned(&[
                "php", "php3", "php4", "php5", "php7", "php8", "phps", "phtml", "pht", "phar",
                "inc",
            ]),
            precompressed: true,
            weak_etag: false,
            max_ranges: 16,
            cache_control: None,
            types: None,
        }
    }
}

/// The parts of a request that matter here.
#[derive(Clone, Copy, Debug, Default)]
pub struct Request<'a> {
    /// The method.
    pub method: &'a [u8],
    /// The path as sent: percent-encoded, without the query.
    pub path: &'a [u8],
    /// The query as sent, without its `?`; a redirect keeps it.
    pub query: Option<&'a [u8]>,
    /// `Accept-Encoding`.
    pub accept_encoding: Option<&'a [u8]>,
    /// `If-Match`: 412 unless a tag fits strongly.
    pub if_match: Option<&'a [u8]>,
    /// `If-None-Match`: 304 if a tag fits.
    pub if_none_match: Option<&'a [u8]>,
    /// `If-Modified-Since`: 304 if not modified; only without `If-None-Match`.
    pub if_modified_since: Option<&'a [u8]>,
    /// `If-Unmodified-Since`: 412 if modified; only without `If-Match`.
    pub if_unmodified_since: Option<&'a [u8]>,
    /// `If-Range`: the range counts only if this fits.
    pub if_range: Option<&'a [u8]>,
    /// `Range`, for GET.
    pub range: Option<&'a [u8]>,
}

/// Why there is no file to send. All of them can go on to the application, and are a 404 without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Miss {
    /// Nothing of that name.
    NotFound,
    /// A folder without an index file, a device, a pipe, a socket.
    NotAFile,
    /// A dotfile, a source, `..`, or a link that leaves the root.
    Hidden,
    /// No path: it does not begin with a slash, has a broken escape, a NUL or an escaped slash.
    Malformed,
    /// The process may not read it.
    Denied,
}

/// What to send.
#[derive(Debug)]
pub struct Plan {
    /// 200, 206, 301, 304, 405, 412 or 416.
    pub status: u16,
    /// The headers, without `Content-Length`, `Date`, `Server` and `Connection`.
    pub headers: Vec<(&'static str, Cow<'static, str>)>,
    /// `Content-Length`, for HEAD too; nothing for 304.
    pub length: Option<u64>,
    /// The body.
    pub body: Body,
}

impl Plan {
    /// The value of a header, for which case matters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(have, _)| *have == name)
            .map(|(_, value)| value.as_ref())
    }
}

/// The body of a [`Plan`].
#[derive(Debug)]
pub enum Body {
    /// None.
    Empty,
    /// A piece of a file, for sendfile. The file may have become shorter: a driver that gets less
    /// than `length` bytes must close the connection.
    File {
        /// The open file.
        file: File,
        /// Where the piece begins.
        offset: u64,
        /// Its bytes, never 0.
        length: u64,
    },
    /// Several pieces with bytes before each of them and at the end (`multipart/byteranges`).
    Ranges {
        /// The open file.
        file: File,
        /// The pieces in order.
        pieces: Vec<Piece>,
        /// What follows the last.
        tail: Vec<u8>,
    },
}

/// One range of [`Body::Ranges`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What comes before the piece.
    pub head: Vec<u8>,
    /// Where it begins.
    pub offset: u64,
    /// Its bytes.
    pub length: u64,
}

/// The answer to a request.
#[derive(Debug)]
pub enum Answer {
    /// There is a plan.
    Plan(Plan),
    /// There is no such file.
    Miss(Miss),
}

/// A document root.
///
/// ```no_run
/// use highper_http::static_file::{Answer, Options, Request, StaticFiles};
/// let files = StaticFiles::new("public".as_ref(), Options::default())?;
/// let request = Request { method: b"GET", path: b"/app.css", ..Request::default() };
/// if let Answer::Plan(plan) = files.serve(&request)? {
///     assert_eq!(plan.status, 200);
/// }
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct StaticFiles {
    root: Root,
    options: Options,
}

impl StaticFiles {
    /// Opens a document root.
    ///
    /// # Errors
    /// The folder cannot be opened; the message names it.
    pub fn new(root: &Path, options: Options) -> io::Result<Self> {
        let root = Root::open(root, options.follow_links).map_err(|error| {
            io::Error::new(
                error.kind(),
                format!("cannot open the document root {}: {error}", root.display()),
            )
        })?;
        Ok(Self { root, options })
    }

    /// Finds the answer to a request. Other methods than GET and HEAD get 405 where a file is, so
    /// a driver whose application has routes beside the files asks for these two only.
    ///
    /// # Errors
    /// The system could not open a file that may be there: out of descriptors, out of memory, an
    /// error of the disk. The answer is 500 or 503.
    pub fn serve(&self, request: &Request<'_>) -> io::Result<Answer> {
        match self.find(request) {
            Ok(plan) => Ok(Answer::Plan(plan)),
            Err(Failure::Miss(miss)) => Ok(Answer::Miss(miss)),
            Err(Failure::System(error)) => Err(error),
        }
    }

    fn find(&self, request: &Request<'_>) -> Result<Plan, Failure> {
        let mut location = Location::parse(request.path, &self.options)?;
        let mut entry = self.root.entry(&location.path)?;
        if entry.is_dir {
            entry = self.index(&mut location)?;
            if !location.slash {
                return Ok(redirect(&location, &self.options.base, request.query));
            }
        } else if location.slash {
            return Err(Miss::NotFound.into());
        }
        if !matches!(request.method, b"GET" | b"HEAD") {
            return Ok(Plan {
                status: 405,
                headers: vec![("Allow", "GET, HEAD".into())],
                length: Some(0),
                body: Body::Empty,
            });
        }
        self.answer(request, &location.path, entry)
    }

    /// The index file of a folder; its name is added to the path.
    fn index(&self, location: &mut Location) -> Result<Entry, Failure> {
        let length = location.path.len();
        for name in &self.options.index {
            if open::is_denied(name.as_bytes(), &self.options) {
                continue;
            }
            if length > 0 {
                location.path.push(b'/');
            }
            location.path.extend_from_slice(name.as_bytes());
            match self.root.entry(&location.path) {
                Ok(entry) if !entry.is_dir => {
                    if !location.slash {
                        location.path.truncate(length);
                    }
                    return Ok(entry);
                }
                Err(Failure::System(error)) => return Err(error.into()),
                _ => location.path.truncate(length),
            }
        }
        Err(Miss::NotAFile.into())
    }

    fn answer(&self, request: &Request<'_>, path: &[u8], entry: Entry) -> Result<Plan, Failure> {
        let content_type = match self.options.types {
            Some(types) => types(path),
            None => mime::of_name(path).into(),
        };
        let mut entry = entry;
        let mut encoding = Encoding::Identity;
        let varies = self.options.precompressed && mime::is_compressible(content_type.as_bytes());
        if varies && request.accept_encoding.is_some() {
            (entry, encoding) = self.precompressed(request, path, entry)?;
        }
        Ok(plan(
            request,
            entry,
            content_type,
            encoding,
            varies,
            &self.options,
        ))
    }

    fn precompressed(
        &self,
        request: &Request<'_>,
        path: &[u8],
        plain: Entry,
    ) -> Result<(Entry, Encoding), Failure> {
        let accepted = Accepted::parse(request.accept_encoding);
        let mut offered = SMALLEST.to_vec();
        while let Some(encoding) = accepted
            .choose(&offered)
            .filter(|choice| *choice != Encoding::Identity)
        {
            let name = [path, encoding.extension().as_bytes()].concat();
            match self.root.entry(&name) {
                Ok(entry) if !entry.is_dir && entry.seconds >= plain.seconds => {
                    return Ok((entry, encoding));
                }
                Err(Failure::System(error)) => return Err(error.into()),
                _ => offered.retain(|have| *have != encoding),
            }
        }
        Ok((plain, Encoding::Identity))
    }
}

/// A plan for one open file that need not lie below a document root: conditions, ranges and validators as for
/// those that do.
///
/// # Errors
/// The file can't be looked at, or is none but a folder, a pipe, a device.
pub fn of_file(file: File, content_type: &'static str, request: &Request<'_>) -> io::Result<Plan> {
    let entry = Entry::of(file)?.filter(|entry| !entry.is_dir);
    let entry = entry.ok_or_else(|| io::Error::other("it is not a file"))?;
    let options = Options::default();
    Ok(plan(
        request,
        entry,
        content_type.into(),
        Encoding::Identity,
        false,
        &options,
    ))
}

fn plan(
    request: &Request<'_>,
    entry: Entry,
    content_type: Cow<'static, str>,
    encoding: Encoding,
    varies: bool,
    options: &Options,
) -> Plan {
    let validators = Validators {
        etag: etag(&entry, encoding, options.weak_etag),
        modified: entry.seconds,
    };
    let mut headers: Vec<(&'static str, Cow<'static, str>)> = Vec::with_capacity(8);
    headers.push(("Last-Modified", date::to_string(validators.modified).into()));
    headers.push(("ETag", validators.etag.clone().into()));
    if varies {
        headers.push(("Vary", "Accept-Encoding".into()));
    }
    if let Some(value) = &options.cache_control {
        headers.push(("Cache-Control", value.clone().into()));
    }
    if let Some(status) = condition::check(request, &validators) {
        return Plan {
            status,
            headers: if status == 304 { headers } else { Vec::new() },
            length: (status != 304).then_some(0),
            body: Body::Empty,
        };
    }
    headers.push(("Accept-Ranges", "bytes".into()));
    if encoding != Encoding::Identity {
        headers.push(("Content-Encoding", encoding.token().into()));
    }
    let selection = match request.range {
        Some(range)
            if request.method == b"GET" && condition::range_applies(request, &validators) =>
        {
            range::select(range, entry.size, options.max_ranges)
        }
        _ => Selection::Whole,
    };
    let size = entry.size;
    let (status, length, body) = match selection {
        Selection::Whole => {
            headers.push(("Content-Type", content_type));
            (200, size, piece(entry.file, 0, size))
        }
        Selection::One(first, last) => {
            headers.push(("Content-Type", content_type));
            headers.push((
                "Content-Range",
                format!("bytes {first}-{last}/{size}").into(),
            ));
            let length = last - first + 1;
            (206, length, piece(entry.file, first, length))
        }
        Selection::Several(ranges) => {
            let boundary = format!("{:016x}", RandomState::new().hash_one(size));
            let kind = format!("multipart/byteranges; boundary={boundary}");
            headers.push(("Content-Type", kind.into()));
            let (pieces, tail) = pieces(&ranges, &boundary, &content_type, size);
            let length = pieces
                .iter()
                .map(|piece| piece.head.len() as u64 + piece.length)
                .sum::<u64>();
            let length = length + tail.len() as u64;
            (
                206,
                length,
                Body::Ranges {
                    file: entry.file,
                    pieces,
                    tail,
                },
            )
        }
        Selection::None => {
            headers.retain(|(name, _)| *name != "Content-Encoding");
            headers.push(("Content-Range", format!("bytes */{size}").into()));
            (416, 0, Body::Empty)
        }
    };
    let body = if request.method == b"HEAD" {
        Body::Empty
    } else {
        body
    };
    Plan {
        status,
        headers,
        length: Some(length),
        body,
    }
}

#[derive(Debug)]
enum Failure {
    Miss(Miss),
    System(io::Error),
}

impl From<Miss> for Failure {
    fn from(miss: Miss) -> Self {
        Failure::Miss(miss)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::System(error)
    }
}

fn piece(file: File, offset: u64, length: u64) -> Body {
    if length == 0 {
        Body::Empty
    } else {
        Body::File {
            file,
            offset,
            length,
        }
    }
}

fn pieces(
    ranges: &[(u64, u64)],
    boundary: &str,
    content_type: &str,
    size: u64,
) -> (Vec<Piece>, Vec<u8>) {
    let mut before = "";
    let pieces = ranges
        .iter()
        .map(|(first, last)| {
            let head = format!(
                "{before}--{boundary}\r\nContent-Type: {content_type}\r\nContent-Range: bytes {first}-{last}/{size}\r\n\r\n"
            );
            before = "\r\n";
            Piece { head: head.into_bytes(), offset: *first, length: last - first + 1 }
        })
        .collect();
    (pieces, format!("\r\n--{boundary}--\r\n").into_bytes())
}

fn etag(entry: &Entry, encoding: Encoding, weak: bool) -> String {
    let prefix = if weak { "W/" } else { "" };
    let suffix = encoding.extension().replace('.', "-");
    format!(
        "{prefix}\"{:x}{:08x}-{:x}{suffix}\"",
        entry.seconds, entry.nanoseconds, entry.size
    )
}

/// To the same folder with a slash. Built of the decoded segments, so that neither `//host` nor a
/// line end can get into it.
fn redirect(location: &Location, base: &str, query: Option<&[u8]>) -> Plan {
    let mut target = String::from(base);
    target.push('/');
    push_escaped(&mut target, &location.path);
    target.push('/');
    if let Some(query) = query.filter(|query| query.iter().all(u8::is_ascii_graphic)) {
        target.push('?');
        target.extend(query.iter().map(|byte| *byte as char));
    }
    Plan {
        status: 301,
        headers: vec![("Location", target.into())],
        length: Some(0),
        body: Body::Empty,
    }
}

/// Adds the bytes of a path as a URL has them.
fn push_escaped(target: &mut String, path: &[u8]) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for &byte in path {
        if byte.is_ascii_alphanumeric() || b"/-_.~!$&'()*+,;=:@".contains(&byte) {
            target.push(byte as char);
        } else {
            target.push('%');
            target.push(HEX[usize::from(byte >> 4)] as char);
            target.push(HEX[usize::from(byte & 15)] as char);
        }
    }
}

#[cfg(test)]
mod tests;
