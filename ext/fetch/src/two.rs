//! Exchanges by HTTP/2 (RFC 9113): many on one connection.
//!
//! No task reads for all. Of those who wait for something, one reads the connection and wakes the others when something of
//! theirs has come; when it leaves, another one takes its place.

use crate::content::Content;
use crate::error::Kind;
use crate::link::{CHUNK, Link};
use crate::one::CODINGS;
use crate::{Body, Error, Request, Settings};
use highper_client::{Coding, Part};
use highper_engine::sync::Semaphore;
use highper_engine::{self as engine, Ending, Wake, clock};
use highper_http2::{Client as Codec, Code, Event, Refused, Settings as CodecSettings};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::rc::Rc;

/// Bytes of a request's body that wait for room before more is asked for.
const AHEAD: usize = 64 * 1024;
/// What a server may send before it hears more, for each answer: what was not read holds the server back.
const WINDOW: u32 = 1024 * 1024;
/// Streams of ours at once, whatever the server allows.
const STREAMS: usize = 1000;
/// What belongs to a connection of HTTP/1.1: RFC 9113, section 8.2.2.
const OLD: [&[u8]; 8] = [
    b"connection",
    b"proxy-connection",
    b"keep-alive",
    b"transfer-encoding",
    b"upgrade",
    b"host",
    b"content-length",
    b"te",
];

pub(crate) type Fields = Vec<(Vec<u8>, Vec<u8>)>;

/// What has come for one exchange.
#[derive(Default)]
struct Mail {
    events: RefCell<VecDeque<Event>>,
    /// Its coroutine waits for the signal.
    waits: Cell<bool>,
    /// It waits for room for what it sends.
    wants_room: Cell<bool>,
    signal: Signal,
}

/// Wakes one who waits.
struct Signal(Semaphore);

impl Default for Signal {
    fn default() -> Self {
        Self(Semaphore::new(0))
    }
}

impl Signal {
    fn wait(&self, deadline: Option<u64>) -> Result<(), Error> {
        // What was said before the last look is old.
        while self.0.try_acquire() {}
        match self.0.acquire(deadline) {
            Ok(()) => Ok(()),
            Err(Wake::Timeout) => Err(Error::timeout()),
            Err(_) => Err(Error::of_net(highper_net::Error::Cancelled)),
        }
    }
}

impl Mail {
    fn wake(&self) {
        if self.waits.replace(false) {
            self.signal.0.release_later();
        }
    }
}

/// A connection.
pub(crate) struct Session {
    link: Link,
    codec: RefCell<Codec>,
    mail: RefCell<BTreeMap<u32, Rc<Mail>>>,
    /// Somebody reads, somebody writes.
    is_read: Cell<bool>,
    is_written: Cell<bool>,
    /// What a writer that was cancelled has left.
    unsent: RefCell<Vec<u8>>,
    dead: RefCell<Option<Error>>,
    /// Those who wait for leave to begin.
    line: RefCell<VecDeque<Rc<Mail>>>,
    pub(crate) made: u64,
    pub(crate) used: Cell<u64>,
}

impl Session {
    pub(crate) fn new(link: Link) -> Rc<Self> {
        let mut codec = Codec::new(CodecSettings {
            init_window_size: WINDOW,
            ..CodecSettings::default()
        });
        codec.hold_windows();
        Rc::new(Self {
            link,
            codec: RefCell::new(codec),
            mail: RefCell::default(),
            is_read: Cell::new(false),
            is_written: Cell::new(false),
            unsent: RefCell::default(),
            dead: RefCell::default(),
            line: RefCell::default(),
            made: clock::now(),
            used: Cell::new(clock::now()),
        })
    }

    /// Can exchanges begin on it? What the server has said meanwhile is heard first.
    pub(crate) fn is_open(&self) -> bool {
        // Not as long as a server goes on without pause.
        for _ in 0..16 {
            if self.is_read.get() || self.dead.borrow().is_some() {
                break;
            }
            match self.link.socket.peek(1, <[u8]>::len) {
                Ok(1..) => {
                    if self.read(Some(clock::now())).is_err() {
                        break;
                    }
                }
                Err(highper_net::Error::System(number))
                    if std::io::Error::from_raw_os_error(number).kind()
                        == std::io::ErrorKind::WouldBlock =>
                {
                    break;
                }
                Ok(0) => self.die(Error::closed()),
                Err(error) => self.die(Error::of_net(error)),
            }
        }
        self.dead.borrow().is_none() && !self.codec.borrow().is_going_away()
    }

    /// Exchanges on it.
    pub(crate) fn active(&self) -> usize {
        self.mail.borrow().len()
    }

    /// Coroutines that wait for leave to begin one.
    pub(crate) fn waiting(&self) -> usize {
        self.line.borrow().len()
    }

    /// It is of no use any more, for anybody.
    fn die(&self, error: Error) {
        if self.dead.borrow().is_none() {
            self.dead.replace(Some(error));
        }
        // Those who wait for the socket are told by the error above.
        let _closed = self.link.socket.close();
        let (mail, line) = (self.mail.borrow(), self.line.borrow());
        mail.values()
            .chain(line.iter())
            .for_each(|mail| mail.wake());
    }

    fn is_dead(&self) -> Result<(), Error> {
        match &*self.dead.borrow() {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }

    /// Sends what there is to be sent, unless somebody else is at it.
    fn flush(&self, deadline: Option<u64>) -> Result<(), Error> {
        if self.is_written.replace(true) {
            return Ok(());
        }
        let done = self.write(deadline);
        self.is_written.set(false);
        done
    }

    fn write(&self, deadline: Option<u64>) -> Result<(), Error> {
        loop {
            let mut output = self.unsent.take();
            output.append(&mut self.codec.borrow_mut().take_output());
            if output.is_empty() {
                return Ok(());
            }
            let sent = self.link.socket.send_all_by(&output, deadline);
            self.is_dead()?;
            let (done, error) = match sent {
                Ok(part) => (part.done, part.error),
                Err(error) => (0, Some(error)),
            };
            let Some(error) = error.map(Error::of_net) else {
                continue;
            };
            if matches!(error.kind, Kind::Timeout | Kind::Cancelled) {
                // Half a frame was sent, perhaps: the next one goes on behind it.
                output.drain(..done);
                let since = self.unsent.replace(output);
                self.unsent.borrow_mut().extend(since);
            } else {
                self.die(error.clone());
            }
            return Err(error);
        }
    }

    /// Reads once, for all.
    fn read(&self, deadline: Option<u64>) -> Result<(), Error> {
        self.is_read.set(true);
        let fed = self.link.socket.receive_by(CHUNK, deadline, |bytes| {
            (bytes.is_empty(), self.codec.borrow_mut().feed(bytes))
        });
        self.is_read.set(false);
        self.is_dead()?;
        let error = match fed {
            Ok((false, Ok(()))) => {
                self.deliver();
                // Acknowledgements; that they can't be sent is told to who sends or reads next.
                let _later = self.flush(deadline);
                return Ok(());
            }
            Ok((true, _)) => Error::closed(),
            Ok((_, Err(error))) => {
                self.deliver();
                let _told = self.flush(Some(clock::now()));
                Error::new(
                    Kind::Protocol,
                    format!("the server breaks the rules of HTTP/2: {error}"),
                )
            }
            Err(error) => Error::of_net(error),
        };
        if !matches!(error.kind, Kind::Timeout | Kind::Cancelled | Kind::Usage) {
            self.die(error.clone());
        }
        Err(error)
    }

    /// Gives what has come to those it is for.
    fn deliver(&self) {
        loop {
            let event = self.codec.borrow_mut().next_event();
            let Some(event) = event else {
                break;
            };
            let (stream, is_last) = match &event {
                Event::Fields { stream, end, .. } | Event::Data { stream, end, .. } => {
                    (*stream, *end)
                }
                Event::Reset { stream, .. } => (*stream, true),
                Event::GoAway { .. } => continue,
            };
            let mail = match is_last {
                true => self.mail.borrow_mut().remove(&stream),
                false => self.mail.borrow().get(&stream).cloned(),
            };
            if let Some(mail) = mail {
                mail.events.borrow_mut().push_back(event);
                mail.wake();
            }
            if is_last {
                self.let_next();
            }
        }
        // Windows may have grown.
        let codec = self.codec.borrow();
        for (stream, mail) in self.mail.borrow().iter() {
            if mail.wants_room.get() && codec.pending(*stream) < AHEAD {
                mail.wake();
            }
        }
    }

    /// A place is free: the first in line may begin.
    fn let_next(&self) {
        if let Some(first) = self.line.borrow_mut().pop_front() {
            first.wake();
        }
    }

    /// Waits until something may have changed for one of those who wait.
    fn wait(&self, mail: &Mail, deadline: Option<u64>) -> Result<(), Error> {
        self.is_dead()?;
        if !self.is_read.get() {
            return self.read(deadline);
        }
        mail.waits.set(true);
        let done = mail.signal.wait(deadline);
        mail.waits.set(false);
        done
    }

    /// Who has read goes: another one has to.
    fn hand_over(&self) {
        if self.is_read.get() {
            return;
        }
        let mail = self.mail.borrow();
        let line = self.line.borrow();
        if let Some(next) = mail
            .values()
            .chain(line.iter())
            .find(|mail| mail.waits.get())
        {
            next.wake();
        }
    }

    /// Begins an exchange.
    fn open(
        &self,
        fields: &[(&[u8], &[u8])],
        end: bool,
        limit: usize,
        until: Option<u64>,
    ) -> Result<(u32, Rc<Mail>), Error> {
        let going = || {
            Error::new(
                Kind::Lost,
                "the server takes no more requests on this connection",
            )
            .unsent()
        };
        loop {
            self.is_dead().map_err(Error::unsent)?;
            let begun = match self.active() >= STREAMS {
                true => Err(Refused::TooManyStreams),
                false => self.codec.borrow_mut().request(fields, end),
            };
            match begun {
                Ok(stream) => {
                    let mail = Rc::new(Mail::default());
                    self.mail.borrow_mut().insert(stream, Rc::clone(&mail));
                    self.used.set(clock::now());
                    return Ok((stream, mail));
                }
                Err(Refused::TooManyStreams) => {
                    if self.waiting() >= limit {
                        return Err(Error::new(
                            Kind::Exhausted,
                            format!("{} wait already for the server to take another request (pool.queue)", self.waiting()),
                        )
                        .unsent());
                    }
                    let mail = Rc::new(Mail::default());
                    self.line.borrow_mut().push_back(Rc::clone(&mail));
                    let done = self.wait(&mail, until);
                    self.line
                        .borrow_mut()
                        .retain(|other| !Rc::ptr_eq(other, &mail));
                    if let Err(error) = done {
                        self.hand_over();
                        return Err(error.unsent());
                    }
                }
                Err(Refused::Field) => {
                    return Err(Error::usage(
                        "a header's name or value has characters that HTTP/2 has no place for: line ends, NUL, or blanks in a name",
                    )
                    .unsent());
                }
                Err(_) => return Err(going()),
            }
        }
    }
}

/// An exchange.
pub(crate) struct Two {
    session: Rc<Session>,
    stream: u32,
    mail: Rc<Mail>,
    decompress: bool,
    is_head: bool,
    is_over: bool,
    head: Option<(u16, Fields)>,
    has_head: bool,
}

impl Drop for Two {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let session = &self.session;
        session.mail.borrow_mut().remove(&self.stream);
        session.codec.borrow_mut().reset(self.stream, Code::CANCEL);
        session.let_next();
        session.hand_over();
        if session.dead.borrow().is_none() && engine::is_running() {
            let session = Rc::clone(session);
            // The server may go on for a while if that can't be told.
            let _told = engine::spawn(move || {
                let _sent = session.flush(Some(clock::after(std::time::Duration::from_secs(1))));
                Ending::Returned
            });
        }
    }
}

impl Two {
    pub(crate) fn begin(
        session: &Rc<Session>,
        request: &mut Request,
        settings: &Settings,
        deadline: Option<u64>,
    ) -> Result<Self, Error> {
        let mut own: Fields =
            Vec::with_capacity(settings.headers.len() + request.headers.len() + 2);
        let mut add = |name: &[u8], value: &[u8]| {
            let name = name.to_ascii_lowercase();
            if !OLD.contains(&&*name) {
                own.push((name, value.to_vec()));
            }
        };
        for (name, value) in settings
            .headers
            .iter()
            .filter(|(name, _)| request.takes(name))
        {
            add(name, value);
        }
        request
            .headers
            .iter()
            .for_each(|(name, value)| add(name, value));
        if settings.decompress && !request.has(b"accept-encoding") {
            add(b"accept-encoding", CODINGS);
        }
        let length = match &request.body {
            Body::Bytes(bytes) => Some(bytes.len() as u64),
            Body::Parts(_, size) => Some(*size),
            _ => None,
        };
        if let Some(length) = length {
            own.push((b"content-length".to_vec(), length.to_string().into_bytes()));
        }
        let host = request
            .headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(b"host"));
        let authority = host.map_or(request.url.authority().as_bytes(), |(_, value)| value);
        let mut fields: Vec<(&[u8], &[u8])> = vec![
            (b":method", &request.method),
            (
                b":scheme",
                if request.url.is_secure() {
                    b"https"
                } else {
                    b"http"
                },
            ),
            (b":authority", authority),
            (b":path", request.url.target().as_bytes()),
        ];
        fields.extend(own.iter().map(|(name, value)| (&**name, &**value)));
        let is_empty = matches!(request.body, Body::None);
        let wait = settings.pool.wait.map(clock::after);
        let until = match (deadline, wait) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        let (stream, mail) = session.open(&fields, is_empty, settings.pool.queue, until)?;
        let mut this = Self {
            session: Rc::clone(session),
            stream,
            mail,
            decompress: settings.decompress,
            is_head: &*request.method == b"HEAD",
            is_over: false,
            head: None,
            has_head: false,
        };
        session.flush(deadline)?;
        if !is_empty {
            this.send(&mut request.body, deadline)?;
        }
        Ok(this)
    }

    fn send(&mut self, body: &mut Body, deadline: Option<u64>) -> Result<(), Error> {
        match body {
            Body::None => {}
            Body::Bytes(bytes) => self.give(bytes, true, deadline)?,
            Body::Parts(parts, _) => {
                for part in *parts {
                    match part {
                        Part::Bytes(bytes) => self.give(bytes, false, deadline)?,
                        Part::File { path, offset, size } => {
                            let failed = |error: std::io::Error| {
                                Error::new(
                                    Kind::Source,
                                    format!("the file {} can't be sent: {error}", path.display()),
                                )
                            };
                            let file = File::open(path).map_err(failed)?;
                            let (mut at, end) = (*offset, offset.saturating_add(*size));
                            let mut piece = vec![0; CHUNK];
                            while at < end {
                                let room = usize::try_from(end - at).unwrap_or(CHUNK).min(CHUNK);
                                let count = file.read_at(&mut piece[..room], at).map_err(failed)?;
                                if count == 0 {
                                    return Err(failed(std::io::ErrorKind::UnexpectedEof.into()));
                                }
                                self.give(&piece[..count], false, deadline)?;
                                at += count as u64;
                            }
                        }
                    }
                }
                self.give(&[], true, deadline)?;
            }
            Body::Source(source) => loop {
                let piece = source
                    .next()
                    .map_err(|()| Error::new(Kind::Source, "what gives the body has failed"))?;
                match piece {
                    Some(piece) => self.give(&piece, false, deadline)?,
                    None => {
                        self.give(&[], true, deadline)?;
                        break;
                    }
                }
            },
        }
        Ok(())
    }

    /// Gives a piece of the body, and waits while too much of it waits for room. An answer that comes meanwhile ends that.
    fn give(&mut self, piece: &[u8], end: bool, deadline: Option<u64>) -> Result<(), Error> {
        let session = Rc::clone(&self.session);
        for piece in piece.chunks(AHEAD).chain(piece.is_empty().then_some(piece)) {
            let taken = session.codec.borrow_mut().data(self.stream, piece, false);
            if taken.is_err() {
                // The server wants no more of it; what it says is read by who waits for the answer.
                return Ok(());
            }
            session.flush(deadline)?;
            while session.codec.borrow().pending(self.stream) >= AHEAD
                && self.mail.events.borrow().is_empty()
            {
                self.mail.wants_room.set(true);
                let done = session.wait(&self.mail, deadline);
                self.mail.wants_room.set(false);
                session.hand_over();
                done?;
            }
        }
        if end {
            let _over = session.codec.borrow_mut().data(self.stream, &[], true);
            session.flush(deadline)?;
        }
        Ok(())
    }

    /// Waits for more of the answer, and puts its body into `content`.
    pub(crate) fn step(
        &mut self,
        content: &mut Content,
        deadline: Option<u64>,
    ) -> Result<(), Error> {
        let session = Rc::clone(&self.session);
        let event = loop {
            let event = self.mail.events.borrow_mut().pop_front();
            let done = match event {
                Some(event) => Ok(event),
                None => match session.wait(&self.mail, deadline) {
                    Ok(()) => continue,
                    Err(error) => Err(error),
                },
            };
            session.hand_over();
            break done;
        };
        let event = event.map_err(|error| if self.has_head { error.begun() } else { error })?;
        match event {
            Event::Fields { fields, end, .. } => {
                self.is_over = end;
                if !self.has_head {
                    self.enter(fields, content)?;
                }
            }
            Event::Data { data, end, .. } => {
                self.is_over = end;
                content.push(&data)?;
                if !end {
                    session.codec.borrow_mut().taken(self.stream, data.len());
                    // That it can't be sent is told to who sends or reads next.
                    let _later = session.flush(deadline);
                }
            }
            Event::Reset { code, .. } => {
                self.is_over = true;
                let error = Error::new(
                    Kind::Lost,
                    format!(
                        "the server gave the request up (RST_STREAM, code {})",
                        code.0
                    ),
                );
                return Err(match code {
                    Code::REFUSED_STREAM => error.unsent(),
                    _ if self.has_head => error.begun(),
                    Code::PROTOCOL_ERROR | Code::FLOW_CONTROL_ERROR => {
                        Error::new(Kind::Protocol, "the answer breaks the rules of HTTP/2").begun()
                    }
                    _ => error,
                });
            }
            Event::GoAway { .. } => {}
        }
        if self.is_over {
            session.used.set(clock::now());
            content.end()?;
        }
        Ok(())
    }

    fn enter(&mut self, fields: Fields, content: &mut Content) -> Result<(), Error> {
        let value = |name: &[u8]| {
            let mut found = fields.iter().filter(|(have, _)| have == name);
            match (found.next(), found.next()) {
                (Some((_, one)), None) => Some(one.as_slice()),
                _ => None,
            }
        };
        let number = |name| std::str::from_utf8(value(name)?).ok()?.parse().ok();
        let status = number(b":status").and_then(|status: u64| u16::try_from(status).ok());
        let status =
            status.ok_or_else(|| Error::new(Kind::Protocol, "the answer has no status").begun())?;
        if !self.is_head && !matches!(status, 204 | 304) {
            let coding = value(b"content-encoding")
                .filter(|_| self.decompress)
                .and_then(Coding::of);
            content.begin(number(b"content-length"), coding)?;
        }
        self.has_head = true;
        let fields = fields
            .into_iter()
            .filter(|(name, _)| !name.starts_with(b":"))
            .collect();
        self.head = Some((status, fields));
        Ok(())
    }

    pub(crate) fn has_head(&self) -> bool {
        self.has_head
    }

    pub(crate) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Status and fields, once.
    pub(crate) fn take_head(&mut self) -> (u16, Fields) {
        self.head.take().unwrap_or_default()
    }
}
