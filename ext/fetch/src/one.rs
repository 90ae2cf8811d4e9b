//! An exchange by HTTP/1.1 (RFC 9112).

use crate::content::Content;
use crate::error::Kind;
use crate::link::{CHUNK, Link, left};
use crate::origin::Origin;
use crate::{Body, Error, Request, Settings};
use highper_client::{Coding, Event, Head, Limits, Part, Reader, RequestHead, Sent};
use highper_pool::Ticket;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::rc::Rc;

/// Bodies up to this size are copied behind their heads, to leave in one piece.
const JOINED: usize = 16 * 1024;
/// What is asked for where a server can undo it.
pub(crate) const CODINGS: &[u8] = b"gzip, deflate, br, zstd";
/// Fields that are ours to set, because they say where a body ends.
const FRAMING: [&[u8]; 2] = [b"content-length", b"transfer-encoding"];

/// An exchange on a connection of its own.
pub(crate) struct One {
    origin: Rc<Origin>,
    /// Gone when the exchange is over.
    lease: Option<(Ticket, Link)>,
    reader: Reader,
    is_head: bool,
    decompress: bool,
    has_head: bool,
    is_over: bool,
    /// The connection is not to be used again.
    is_spoiled: bool,
}

impl Drop for One {
    fn drop(&mut self) {
        if let Some((ticket, link)) = self.lease.take() {
            // An answer is on its way that nobody wants.
            drop(link);
            self.origin.pool().give_up(ticket);
        }
    }
}

fn head(
    request: &Request,
    settings: &Settings,
    link: &Link,
) -> Result<Vec<u8>, highper_client::Error> {
    let url = &request.url;
    let target = match link.is_proxied {
        true => url.as_str(),
        false => url.target(),
    };
    let mut head = RequestHead::new(&request.method, target.as_bytes())?;
    if !request.has(b"host") {
        head.header(b"Host", url.authority().as_bytes())?;
    }
    let is_ours = |name: &[u8]| FRAMING.iter().any(|own| name.eq_ignore_ascii_case(own));
    for (name, value) in &settings.headers {
        if request.takes(name) && !is_ours(name) {
            head.header(name, value)?;
        }
    }
    for (name, value) in &request.headers {
        if !is_ours(name) {
            head.header(name, value)?;
        }
    }
    if settings.decompress && !request.has(b"accept-encoding") {
        head.header(b"Accept-Encoding", CODINGS)?;
    }
    if link.is_proxied
        && let Some(login) = settings
            .proxy
            .as_ref()
            .and_then(crate::Proxy::authorization)
    {
        head.header(b"Proxy-Authorization", &login)?;
    }
    let length = match &request.body {
        Body::Bytes(bytes) => Some(bytes.len() as u64),
        Body::Parts(_, size) => Some(*size),
        // So that a server does not wait for a body.
        Body::None => matches!(&*request.method, b"POST" | b"PUT" | b"PATCH").then_some(0),
        Body::Source(_) => {
            head.header(b"Transfer-Encoding", b"chunked")?;
            None
        }
    };
    if let Some(length) = length {
        head.header(b"Content-Length", length.to_string().as_bytes())?;
    }
    Ok(head.finish())
}

impl One {
    /// Sends a request.
    pub(crate) fn begin(
        origin: &Rc<Origin>,
        ticket: Ticket,
        link: Link,
        request: &mut Request,
        settings: &Settings,
        deadline: Option<u64>,
    ) -> Result<Self, Error> {
        let head = match head(request, settings, &link) {
            Ok(head) => head,
            Err(error) => {
                origin.pool().give_back(ticket, link);
                return Err(Error::usage(error.to_string()).unsent());
            }
        };
        let closes = request.headers.iter().any(|(name, value)| {
            name.eq_ignore_ascii_case(b"connection") && value.eq_ignore_ascii_case(b"close")
        });
        let this = Self {
            origin: Rc::clone(origin),
            lease: Some((ticket, link)),
            reader: Reader::new(Sent::by(&request.method), Limits::default()),
            is_head: &*request.method == b"HEAD",
            decompress: settings.decompress,
            has_head: false,
            is_over: false,
            is_spoiled: closes,
        };
        this.send(head, &mut request.body, deadline)
    }

    fn send(
        mut self,
        mut head: Vec<u8>,
        body: &mut Body,
        deadline: Option<u64>,
    ) -> Result<Self, Error> {
        let Some((_, link)) = &self.lease else {
            return Err(Error::closed());
        };
        let sent = match body {
            Body::None => link.send(&head, deadline),
            Body::Bytes(bytes) if bytes.len() <= JOINED => {
                head.extend_from_slice(bytes);
                link.send(&head, deadline)
            }
            Body::Bytes(bytes) => link
                .send(&head, deadline)
                .and_then(|()| link.send(bytes, deadline).map_err(Error::sent)),
            Body::Parts(parts, _) => send_parts(link, head, parts, deadline),
            Body::Source(source) => send_chunks(link, head, *source, deadline),
        };
        match sent {
            Ok(()) => Ok(self),
            // The server may have said why it does not take the rest.
            Err(error) if error.kind == Kind::Lost && !error.is_unsent => {
                self.is_spoiled = true;
                match link.is_quiet() {
                    true => Err(error),
                    false => Ok(self),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// Waits for more of the answer, and puts its body into `content`.
    pub(crate) fn step(
        &mut self,
        content: &mut Content,
        deadline: Option<u64>,
    ) -> Result<(), Error> {
        let Some((_, link)) = &self.lease else {
            return Err(Error::closed());
        };
        let (reader, has_head, is_over) = (&mut self.reader, &mut self.has_head, &mut self.is_over);
        let (is_head, decompress) = (self.is_head, self.decompress);
        let fed = link.socket.receive_answer(CHUNK, deadline, |bytes| {
            if bytes.is_empty() {
                let has_begun = reader.has_begun();
                *is_over = true;
                return match reader.end() {
                    Ok(()) => Ok(true),
                    Err(_) if !has_begun => Err(Error::closed()),
                    Err(error) => Err(Error::of_codec(error)),
                };
            }
            let mut at = 0;
            loop {
                let step = reader.feed(&bytes[at..]).map_err(Error::of_codec)?;
                at += step.used;
                match step.event {
                    Event::More => return Ok(false),
                    Event::Body(piece) => content.push(piece)?,
                    Event::Head => {
                        *has_head = true;
                        begin(reader.head(), content, is_head, decompress)?;
                    }
                    Event::End => {
                        *is_over = true;
                        // Line ends behind a body are what a sloppy server leaves.
                        return Ok(bytes[at..]
                            .iter()
                            .any(|byte| !matches!(byte, b'\r' | b'\n')));
                    }
                }
            }
        });
        let is_begun = self.reader.has_begun();
        match fed {
            Ok(Ok(spoiled)) => {
                self.is_spoiled |= spoiled;
                if self.is_over {
                    content.end()?;
                    self.finish();
                }
                Ok(())
            }
            Ok(Err(error)) => Err(error),
            Err(error) => {
                let error = Error::of_net(error);
                Err(if is_begun { error.begun() } else { error })
            }
        }
    }

    fn finish(&mut self) {
        if let Some((ticket, link)) = self.lease.take() {
            match self.reader.is_reusable() && !self.is_spoiled {
                true => self.origin.give_back(ticket, link),
                false => {
                    drop(link);
                    self.origin.pool().give_up(ticket);
                }
            }
        }
    }

    pub(crate) fn has_head(&self) -> bool {
        self.has_head
    }

    pub(crate) fn is_over(&self) -> bool {
        self.is_over
    }

    /// The head, once.
    pub(crate) fn take_head(&mut self) -> Head {
        self.reader.take_head()
    }
}

fn begin(head: &Head, content: &mut Content, is_head: bool, decompress: bool) -> Result<(), Error> {
    if head.status == 101 {
        return Err(Error::new(
            Kind::Protocol,
            "the server switches to a protocol that nobody asked for",
        )
        .begun());
    }
    if is_head || matches!(head.status, 204 | 304) {
        return Ok(());
    }
    let length = head
        .values(b"content-length")
        .next()
        .and_then(|text| std::str::from_utf8(text).ok()?.trim().parse().ok());
    let mut codings = head.values(b"content-encoding");
    let coding = match (codings.next(), codings.next()) {
        (Some(one), None) if decompress => Coding::of(one),
        _ => None,
    };
    content.begin(length, coding)
}

fn send_parts(
    link: &Link,
    head: Vec<u8>,
    parts: &[Part],
    deadline: Option<u64>,
) -> Result<(), Error> {
    let mut joined = head;
    for part in parts {
        match part {
            Part::Bytes(bytes) => {
                joined.extend_from_slice(bytes);
                link.send(&joined, deadline).map_err(Error::sent)?;
            }
            Part::File { path, offset, size } => {
                if !joined.is_empty() {
                    link.send(&joined, deadline).map_err(Error::sent)?;
                }
                send_file(link, path, *offset, *size, deadline)?;
            }
        }
        joined.clear();
    }
    match joined.is_empty() {
        true => Ok(()),
        false => link.send(&joined, deadline),
    }
}

/// Sends a part of a file piece by piece, so that the deadline holds for each.
fn send_file(
    link: &Link,
    path: &Path,
    offset: u64,
    size: u64,
    deadline: Option<u64>,
) -> Result<(), Error> {
    if size == 0 {
        return Ok(());
    }
    let mut timeouts = link.socket.timeouts();
    timeouts.write = left(deadline);
    link.socket.set_timeouts(timeouts);
    link.socket
        .send_file(path, offset, size)
        .map_err(|error| match error {
            highper_net::Error::During(..) | highper_net::Error::EndOfFile => Error::new(
                Kind::Source,
                format!(
                    "the file {} can't be sent: {error}",
                    path.as_os_str().as_bytes().escape_ascii()
                ),
            ),
            error => Error::of_net(error),
        })
}

fn send_chunks(
    link: &Link,
    head: Vec<u8>,
    source: &mut dyn crate::Source,
    deadline: Option<u64>,
) -> Result<(), Error> {
    let mut out = head;
    loop {
        let piece = source
            .next()
            .map_err(|()| Error::new(Kind::Source, "what gives the body has failed"))?;
        match piece {
            // An empty chunk would be the end.
            Some(piece) if piece.is_empty() => continue,
            Some(piece) => {
                out.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
                out.extend_from_slice(&piece);
                out.extend_from_slice(b"\r\n");
            }
            None => {
                out.extend_from_slice(b"0\r\n\r\n");
                return link.send(&out, deadline).map_err(Error::sent);
            }
        }
        link.send(&out, deadline).map_err(Error::sent)?;
        out.clear();
    }
}
