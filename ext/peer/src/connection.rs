//! A connection.

use crate::error::Kind;
use crate::handshake::{Greeting, left};
use crate::inbox::{Heard, Inbox};
use crate::{Error, Settings, address, attention};
use highper_engine::sync::Semaphore;
use highper_engine::{self as engine, clock, scheduler};
use highper_fetch::Url;
use highper_net::Socket;
use highper_websocket::encode::{self, COMPRESSED, FIN};
use highper_websocket::{Config, Deflater, Opcode, close, mask};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

pub use crate::inbox::Message;

/// What is asked for at a time.
const CHUNK: usize = 64 * 1024;
/// Shorter messages are not compressed: it would not make them shorter.
const WORTHWHILE: usize = 64;
/// Frames that are taken at a time while nobody receives.
const STEPS: usize = 1000;
/// zlib makes no smaller window; where a server wants one of 8 bits, messages go as they are.
const LEAST: u8 = 9;
/// How long the other side may take to say good-bye, where nothing else is said.
const GOODBYE: Duration = Duration::from_secs(5);

thread_local! {
    static KEYS: RefCell<mask::Keys> = const { RefCell::new(mask::Keys::new()) };
    /// Each message is compressed by itself, so one for each size of the window, in bits from [`LEAST`] on, serves all connections.
    static DEFLATERS: RefCell<[Option<Deflater>; 7]> = const { RefCell::new([const { None }; 7]) };
}

/// How a connection ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct End {
    /// The code of the first close frame; 1005 where it had none, 1006 where there was no such frame.
    pub code: u16,
    /// Its reason.
    pub reason: String,
    /// Both sides have said good-bye.
    pub is_clean: bool,
}

/// One end of a WebSocket. Letting go of it closes it.
pub struct Connection {
    pub(crate) socket: Box<Socket>,
    place: String,
    timeout: Option<Duration>,
    pub(crate) ping: Option<Duration>,
    pub(crate) room: usize,
    is_client: bool,
    compresses: bool,
    /// How far back what we compress may refer, in bits.
    window: u8,
    protocol: Option<String>,
    headers: Vec<(Vec<u8>, Vec<u8>)>,
    inbox: RefCell<Inbox>,
    queue: RefCell<VecDeque<Message>>,
    /// Bytes in the queue.
    pub(crate) queued: Cell<usize>,
    /// Who receives has it.
    pub(crate) reading: Semaphore,
    /// Who sends has it.
    writing: Semaphore,
    /// The answer to the last ping, for who sends now to send behind.
    pong: RefCell<Option<Vec<u8>>>,
    is_leaving: Cell<bool>,
    end: RefCell<Option<(End, Error)>>,
    /// When the other side said something last.
    pub(crate) heard: Cell<u64>,
    /// It was asked since whether it is there.
    pub(crate) is_asked: Cell<bool>,
    process: u32,
}

fn sooner(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// Connects, and makes the connection a WebSocket.
///
/// # Errors
/// Why there is none.
pub fn connect(url: &Url, settings: &Settings) -> Result<Rc<Connection>, Error> {
    settings
        .web
        .check()
        .map_err(|why| Error::new(Kind::Usage, why))?;
    let place = address::shown(url);
    let own = clock::after(settings.web.connect_timeout);
    let whole = scheduler::deadline();
    let until = whole.map_or(own, |at| at.min(own));
    let named = |error: Error| match error.kind {
        Kind::Timeout if Some(until) == whole => error,
        Kind::Timeout => Error::new(
            Kind::Timeout,
            format!(
                "{place}: no WebSocket within {} s (connect_timeout)",
                settings.web.connect_timeout.as_secs_f64()
            ),
        ),
        Kind::Cancelled => error,
        // They name the server already.
        kind if kind == Kind::Usage || error.message.starts_with("cannot connect") => {
            let own = format!("ws{}", url.origin().trim_start_matches("http"));
            Error::new(error.kind, error.message.replace(url.origin(), &own))
        }
        _ => Error::new(error.kind, format!("{place}: {}", error.message)),
    };
    let greeting = Greeting::new(url, settings).map_err(named)?;
    let dialed = highper_fetch::dial(&settings.web, url, Some(until));
    let socket = dialed.map_err(Error::of_fetch).map_err(named)?;
    let agreed = greeting
        .exchange(&socket, settings, Some(until))
        .map_err(|error| {
            named(match error.kind {
                Kind::Lost => Error::new(Kind::Connect, error.message),
                _ => error,
            })
        })?;
    let config = Config {
        max_message: settings.max_message,
        deflate: agreed.deflate.is_some(),
        takeover: agreed
            .deflate
            .is_some_and(|deflate| !deflate.server_no_context_takeover),
        ..Config::client()
    };
    let headers = agreed.head.fields();
    let headers = headers.map(|(a, b)| (a.to_vec(), b.to_vec())).collect();
    let mut made = Connection::new(socket, place, settings, config, agreed.rest);
    made.compresses = agreed.deflate.is_some();
    made.window = agreed
        .deflate
        .and_then(|deflate| deflate.client_max_window_bits)
        .unwrap_or(15);
    made.protocol = agreed.protocol;
    made.headers = headers;
    let connection = Rc::new(made);
    attention::begin(&connection);
    Ok(connection)
}

/// Two ends that speak with each other, without a server: the client's and the other one. For tests.
///
/// # Errors
/// The system has no sockets.
pub fn pair(url: &Url, settings: &Settings) -> Result<(Rc<Connection>, Rc<Connection>), Error> {
    let (a, b) = highper_net::pair(1, 1, 0).map_err(Error::of_net)?;
    let config = Config {
        max_message: settings.max_message,
        ..Config::client()
    };
    let other = Config {
        masks: highper_websocket::Masks::Required,
        ..config
    };
    let place = address::shown(url);
    let end = |socket, config, is_client| {
        let socket = Box::new(socket);
        let mut made = Connection::new(socket, place.clone(), settings, config, Vec::new());
        made.is_client = is_client;
        made.protocol = settings.protocols.first().cloned();
        Rc::new(made)
    };
    let (client, server) = (end(a, config, true), end(b, other, false));
    attention::begin(&client);
    attention::begin(&server);
    Ok((client, server))
}

impl Connection {
    fn new(
        socket: Box<Socket>,
        place: String,
        settings: &Settings,
        config: Config,
        rest: Vec<u8>,
    ) -> Self {
        socket.allow_blocking();
        Self {
            socket,
            place,
            timeout: settings.web.timeout,
            ping: settings.ping,
            room: settings.max_message,
            is_client: true,
            compresses: false,
            window: 15,
            protocol: None,
            headers: Vec::new(),
            inbox: RefCell::new(Inbox::new(config, rest)),
            queue: RefCell::default(),
            queued: Cell::new(0),
            reading: Semaphore::new(1),
            writing: Semaphore::new(1),
            pong: RefCell::default(),
            is_leaving: Cell::new(false),
            end: RefCell::default(),
            heard: Cell::new(clock::now()),
            is_asked: Cell::new(false),
            process: std::process::id(),
        }
    }

    /// The subprotocol that the server has chosen.
    #[must_use]
    pub fn protocol(&self) -> Option<&str> {
        self.protocol.as_deref()
    }

    /// The fields of the server's handshake.
    #[must_use]
    pub fn headers(&self) -> &[(Vec<u8>, Vec<u8>)] {
        &self.headers
    }

    /// May messages be compressed?
    #[must_use]
    pub fn is_compressed(&self) -> bool {
        self.compresses
    }

    /// How it ended, if it has.
    #[must_use]
    pub fn end(&self) -> Option<End> {
        self.end.borrow().as_ref().map(|(end, _)| end.clone())
    }

    /// May something be sent?
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.is_leaving.get() && self.end.borrow().is_none()
    }

    fn named(&self, error: Error) -> Error {
        match error.kind {
            Kind::Usage | Kind::Cancelled => error,
            _ => Error::new(error.kind, format!("{}: {}", self.place, error.message)),
        }
    }

    fn lock(&self, turn: &Semaphore, deadline: Option<u64>) -> Result<(), Error> {
        if turn.try_acquire() {
            return Ok(());
        }
        if !engine::can_suspend() {
            return Err(Error::new(
                Kind::Usage,
                "another coroutine uses the connection, and there is no waiting outside of coroutines",
            ));
        }
        scheduler::clear_cancelled();
        turn.acquire(deadline).map_err(Error::of_wake)
    }

    /// It is over. The first reason stays.
    pub(crate) fn finish(&self, end: End, why: Error) {
        {
            let mut known = self.end.borrow_mut();
            if known.is_some() {
                return;
            }
            *known = Some((end, why));
        }
        // Who waits for it is told.
        let _told = self.socket.close();
    }

    pub(crate) fn lose(&self, why: Error) {
        let end = End {
            code: close::ABNORMAL,
            reason: String::new(),
            is_clean: false,
        };
        self.finish(end, why);
    }

    /// What whoever uses it is told after its end.
    fn ended(&self) -> Option<Error> {
        self.end.borrow().as_ref().map(|(_, why)| why.clone())
    }

    fn frame(&self, opcode: Opcode, flags: u8, payload: &[u8]) -> Result<Vec<u8>, Error> {
        let key = match self.is_client {
            false => None,
            true => Some(
                KEYS.with_borrow_mut(mask::Keys::draw)
                    .map_err(|_| Error::lost("the system has no random numbers"))?,
            ),
        };
        let mut out = Vec::new();
        encode::frame(&mut out, opcode, FIN | flags, key, payload);
        Ok(out)
    }

    /// Sends bytes; the caller has the lock.
    fn put(&self, bytes: &[u8], deadline: Option<u64>) -> Result<(), Error> {
        let (done, error) = match self.socket.send_all(bytes, left(deadline)) {
            Ok(part) => (part.done, part.error),
            Err(error) => (0, Some(error)),
        };
        let Some(error) = error else {
            return Ok(());
        };
        if let Some(why) = self.ended() {
            return Err(why);
        }
        let error = Error::of_net(error);
        let is_harmless = matches!(error.kind, Kind::Timeout | Kind::Cancelled | Kind::Usage);
        if !(is_harmless && done == 0 && !self.socket.is_secure()) {
            // A part of a frame is out: nothing can follow it.
            self.lose(match error.kind {
                Kind::Lost => error.clone(),
                _ => Error::lost("the connection was given up within a message"),
            });
        }
        Err(error)
    }

    /// Sends a frame, and what came to be sent meanwhile.
    fn write(&self, bytes: &[u8], deadline: Option<u64>) -> Result<(), Error> {
        self.lock(&self.writing, deadline)?;
        let mut sent = match self.ended() {
            Some(why) => Err(why),
            None => self.put(bytes, deadline),
        };
        while sent.is_ok() {
            let Some(pong) = self.pong.take() else { break };
            sent = self.put(&pong, deadline);
        }
        self.writing.release_later();
        sent
    }

    /// Sends a message.
    ///
    /// # Errors
    /// The connection is over, or the server did not take it in time.
    pub fn send(&self, is_binary: bool, payload: &[u8]) -> Result<(), Error> {
        if let Some(why) = self.ended() {
            return Err(self.named(why));
        }
        if self.is_leaving.get() {
            return Err(self.named(Error::lost("the connection was closed")));
        }
        let opcode = if is_binary {
            Opcode::Binary
        } else {
            Opcode::Text
        };
        let packed = match self.compresses && payload.len() >= WORTHWHILE {
            true => DEFLATERS.with_borrow_mut(|all| {
                let deflater = all.get_mut(usize::from(self.window.checked_sub(LEAST)?))?;
                let deflater = deflater.get_or_insert_with(|| Deflater::new(6, self.window, false));
                let mut out = Vec::new();
                deflater.pack(payload, &mut out).ok().map(|()| out)
            }),
            false => None,
        };
        let bytes = match packed.filter(|packed| packed.len() < payload.len()) {
            Some(packed) => self.frame(opcode, COMPRESSED, &packed),
            None => self.frame(opcode, 0, payload),
        }?;
        let deadline = sooner(self.timeout.map(clock::after), scheduler::deadline());
        self.write(&bytes, deadline)
            .map_err(|error| self.named(error))
    }

    /// Asks the server whether it is there; nobody waits for its answer.
    ///
    /// # Errors
    /// As [`Connection::send`].
    pub fn ask(&self) -> Result<(), Error> {
        let bytes = self.frame(Opcode::Ping, 0, b"")?;
        let deadline = sooner(self.timeout.map(clock::after), scheduler::deadline());
        self.write(&bytes, deadline)
            .map_err(|error| self.named(error))
    }

    /// Waits for the next message; `None` at the end, after both sides have said good-bye. One coroutine receives at a time, others
    /// wait for their turn.
    ///
    /// # Errors
    /// The deadline passed, or the connection was lost, or broke a rule.
    pub fn receive(&self, deadline: Option<u64>) -> Result<Option<Message>, Error> {
        self.lock(&self.reading, deadline)?;
        let received = self.next(deadline);
        self.reading.release_later();
        received
    }

    fn next(&self, deadline: Option<u64>) -> Result<Option<Message>, Error> {
        loop {
            let first = self.queue.borrow_mut().pop_front();
            if let Some(message) = first {
                self.queued.set(self.queued.get() - message.payload.len());
                return Ok(Some(message));
            }
            if let Some((end, why)) = &*self.end.borrow() {
                return match end.is_clean || self.is_leaving.get() {
                    true => Ok(None),
                    false => Err(self.named(why.clone())),
                };
            }
            if let Some(message) = self.step(deadline)? {
                return Ok(Some(message));
            }
        }
    }

    /// As far as the next message, or some bytes further. The caller has the lock for reading.
    fn step(&self, deadline: Option<u64>) -> Result<Option<Message>, Error> {
        let heard = self.inbox.borrow_mut().next();
        match heard {
            Heard::Message(message) => return Ok(Some(message)),
            Heard::Pong => {}
            Heard::Ping(payload) => {
                let pong = self.frame(Opcode::Pong, 0, &payload)?;
                // Only the last one need be answered: RFC 6455, section 5.5.3.
                self.pong.replace(Some(pong));
                if self.writing.try_acquire() {
                    let limit = self.timeout.unwrap_or(GOODBYE);
                    let until = sooner(Some(clock::after(limit)), deadline);
                    let mut sent = Ok(());
                    while sent.is_ok()
                        && let Some(pong) = self.pong.take()
                    {
                        sent = self.put(&pong, until);
                    }
                    self.writing.release_later();
                    // Where the connection is over the caller sees that.
                    if let Err(error) = sent
                        && error.kind == Kind::Cancelled
                    {
                        return Err(error);
                    }
                }
            }
            Heard::Close(code, reason) => self.answer_close(code, reason),
            Heard::Broken(error) => {
                self.goodbye(error.close_code(), b"");
                let why = match error {
                    highper_websocket::Error::TooBig(limit) => {
                        format!("a message has more than {limit} bytes (max_message)")
                    }
                    error => error.to_string(),
                };
                let end = End {
                    code: error.close_code(),
                    reason: String::new(),
                    is_clean: false,
                };
                self.finish(end, Error::new(Kind::Protocol, why));
            }
            Heard::Nothing => self.fill(deadline)?,
        }
        Ok(None)
    }

    fn fill(&self, deadline: Option<u64>) -> Result<(), Error> {
        let came = self.socket.receive(CHUNK, left(deadline), |bytes| {
            self.inbox.borrow_mut().add(bytes);
            bytes.len()
        });
        match came {
            Ok(0) => self.lose(Error::lost(
                "the server closed the connection without a good-bye",
            )),
            Ok(_) => {
                self.heard.set(clock::now());
                self.is_asked.set(false);
            }
            // It was closed here.
            Err(_) if self.end.borrow().is_some() => {}
            Err(error) => {
                let error = Error::of_net(error);
                if !matches!(error.kind, Kind::Lost) {
                    return Err(error);
                }
                self.lose(error);
            }
        }
        Ok(())
    }

    /// Has something come that nobody has looked at: behind the handshake, or behind the last message?
    pub(crate) fn has_pending(&self) -> bool {
        self.inbox.borrow().has_some()
    }

    /// Takes what is there now, as far as there is room for it. The caller has the lock for reading.
    pub(crate) fn drain(&self) {
        for _ in 0..STEPS {
            if self.queued.get() >= self.room || self.end.borrow().is_some() {
                break;
            }
            match self.step(Some(clock::now() + 1_000_000)) {
                Ok(None) => {}
                Ok(Some(message)) => {
                    self.queued
                        .set(self.queued.get() + message.payload.len().max(1));
                    self.queue.borrow_mut().push_back(message);
                }
                Err(_) => break,
            }
        }
    }

    /// Sends a close frame if nobody is within a message, and does not wait for long.
    fn goodbye(&self, code: u16, reason: &[u8]) {
        if !self.writing.try_acquire() {
            return;
        }
        let mut out = Vec::new();
        let key = KEYS.with_borrow_mut(mask::Keys::draw).ok();
        let key = key.filter(|_| self.is_client);
        match code {
            close::NO_STATUS => encode::frame(&mut out, Opcode::Close, FIN, key, b""),
            code => encode::close(&mut out, key, code, reason),
        }
        // The other side need not be there any more.
        let _told = self.socket.send_all(&out, 1.0);
        self.writing.release_later();
    }

    /// The other side says good-bye.
    fn answer_close(&self, code: u16, reason: String) {
        if !self.is_leaving.replace(true) {
            self.goodbye(code, b"");
        }
        let words = match reason.is_empty() {
            true => format!("the server closed the connection ({code})"),
            false => format!(
                "the server closed the connection ({code}: {})",
                reason.escape_debug()
            ),
        };
        let end = End {
            code,
            reason,
            is_clean: true,
        };
        self.finish(end, Error::lost(words));
    }

    /// Says good-bye, waits for the other side's, and closes. What comes meanwhile is dropped.
    ///
    /// # Errors
    /// The wait was cancelled; the connection is closed nevertheless.
    pub fn close(&self, code: u16, reason: &[u8]) -> Result<(), Error> {
        let limit = self.timeout.unwrap_or(GOODBYE);
        let deadline = sooner(Some(clock::after(limit)), scheduler::deadline());
        if self.end.borrow().is_some() || self.is_leaving.replace(true) {
            return Ok(());
        }
        let mut out = Vec::new();
        let key = KEYS.with_borrow_mut(mask::Keys::draw).ok();
        encode::close(&mut out, key.filter(|_| self.is_client), code, reason);
        let left = self
            .write(&out, deadline)
            .and_then(|()| self.part(deadline));
        let end = End {
            code,
            reason: String::from_utf8_lossy(reason).into_owned(),
            is_clean: left.is_ok(),
        };
        self.finish(end, Error::lost("the connection was closed"));
        match left {
            Err(error) if error.kind == Kind::Cancelled => Err(error),
            _ => Ok(()),
        }
    }

    /// Waits for the other side's good-bye.
    fn part(&self, deadline: Option<u64>) -> Result<(), Error> {
        self.lock(&self.reading, deadline)?;
        let mut done = Ok(());
        while done.is_ok() && self.end.borrow().is_none() {
            done = self.step(deadline).map(drop);
        }
        self.reading.release_later();
        done
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.process != std::process::id() {
            // Forked: it is the parent's. Closing it in order would end it for that.
            drop(self.socket.take_fd());
            return;
        }
        if self.end.borrow().is_some() {
            return;
        }
        let mut out = Vec::new();
        let key = KEYS.with_borrow_mut(mask::Keys::draw).ok();
        encode::close(
            &mut out,
            key.filter(|_| self.is_client),
            close::GOING_AWAY,
            b"",
        );
        let _told = self.socket.send_now(&out);
        let _closed = self.socket.close();
    }
}
