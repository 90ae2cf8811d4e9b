//! A connection that coroutines share.
//!
//! What several want to say leaves in one write, and the answers come in the same order. Whoever finds nobody sending
//! sends for all; whoever finds nobody reading reads for all, and hands that on when its own answer is there. So there
//! is no coroutine and no task that belongs to the connection alone, and a command that is alone costs one write and
//! one read.

use crate::config::Tls;
use crate::parser::Parser;
use crate::{Address, Command, Config, Error, Reply};
use highper_engine::{self as engine, Ending, Token, Wake, clock, wait};
use highper_net::{Error as Net, Kind as SocketKind, Socket};
use highper_tls::Settings;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::rc::Rc;
use std::time::Duration;

/// What is asked for at a time.
const CHUNK: usize = 64 * 1024;
/// How long the rest of what somebody has begun to send may take.
const REST: Duration = Duration::from_secs(5);
/// A buffer that has become larger is let go when it is empty.
const KEPT: usize = 1024 * 1024;

/// Somebody who wants answers.
pub(crate) struct Wanted {
    /// Answers that are missing.
    left: Cell<usize>,
    replies: RefCell<Vec<Reply>>,
    token: Cell<Option<Token>>,
    /// Where in the stream its commands begin.
    from: u64,
    since: u64,
    /// Nobody wants them any more.
    is_abandoned: Cell<bool>,
}

/// A connection that coroutines share.
pub(crate) struct Line {
    socket: Socket,
    output: RefCell<Vec<u8>>,
    input: RefCell<Input>,
    waiting: RefCell<VecDeque<Rc<Wanted>>>,
    is_sending: Cell<bool>,
    is_reading: Cell<bool>,
    /// Bytes that were given to be sent, and that were.
    given: Cell<u64>,
    sent: Cell<u64>,
    /// When something came last.
    heard: Cell<u64>,
    used: Cell<u64>,
    /// How many had their answers by the last read: if several, several will ask again.
    crowd: Cell<usize>,
    /// Why it is of no use any more.
    broken: RefCell<Option<Error>>,
    /// It answers nobody new.
    is_retired: Cell<bool>,
}

#[derive(Default)]
struct Input {
    parser: Parser,
    bytes: Vec<u8>,
    at: usize,
}

/// Seconds until a moment, as sockets take them: negative for no limit.
pub(crate) fn left(deadline: Option<u64>) -> f64 {
    match deadline {
        None => -1.0,
        Some(at) => (at.saturating_sub(clock::now()) as f64 / 1e9).max(1e-6),
    }
}

impl Line {
    /// Connects, with TLS where that is wanted; says nothing yet.
    pub(crate) fn connect(
        config: &Config,
        address: &Address,
        deadline: Option<u64>,
    ) -> Result<Self, Error> {
        let kind = match address {
            Address::Unix(_) => SocketKind::UnixStream,
            Address::Tcp(host, _) if host.contains(':') => SocketKind::Tcp6,
            Address::Tcp(..) => SocketKind::Tcp,
        };
        let socket = Socket::of_kind(kind).map_err(Error::of_net)?;
        socket.allow_blocking();
        let mut timeouts = socket.timeouts();
        let seconds = left(deadline);
        (timeouts.resolve, timeouts.connect) = (seconds, seconds);
        (timeouts.read, timeouts.write) = (seconds, seconds);
        socket.set_timeouts(timeouts);
        let (host, port) = match address {
            Address::Unix(path) => (path, 0),
            Address::Tcp(host, port) => (host, i64::from(*port)),
        };
        socket
            .connect(host.as_bytes(), port, seconds)
            .map_err(Error::of_net)?;
        if config.tls != Tls::Disabled {
            socket.set_tls(Settings {
                verify_peer: config.tls == Tls::Verified,
                ca_file: config.ca.clone(),
                host_name: Some(host.clone()),
                ..Settings::default()
            });
            socket.handshake().map_err(Error::of_net)?;
        }
        let now = clock::now();
        Ok(Self {
            socket,
            output: RefCell::default(),
            input: RefCell::default(),
            waiting: RefCell::default(),
            is_sending: Cell::new(false),
            is_reading: Cell::new(false),
            given: Cell::new(0),
            sent: Cell::new(0),
            heard: Cell::new(now),
            used: Cell::new(now),
            crowd: Cell::new(0),
            broken: RefCell::default(),
            is_retired: Cell::new(false),
        })
    }

    /// May it be given something new, as far as is known without asking?
    pub(crate) fn is_good(&self) -> bool {
        !self.is_retired.get() && self.broken.borrow().is_none()
    }

    /// Is nothing under way?
    pub(crate) fn is_at_rest(&self) -> bool {
        self.waiting.borrow().is_empty() && self.output.borrow().is_empty()
    }

    /// When it was last given something.
    pub(crate) fn used(&self) -> u64 {
        self.used.get()
    }

    /// Has neither anything come nor the connection ended since its last answer, by what the loop was told? False where that is not known.
    pub(crate) fn is_quiet(&self) -> bool {
        self.socket.is_drained()
    }

    /// Is it open, as far as the system knows? What a server says at rest is why it ends the connection.
    pub(crate) fn is_open(&self) -> bool {
        let input = self.input.borrow();
        if input.at < input.bytes.len() {
            return false;
        }
        match self.socket.peek(1, |bytes| bytes.len()) {
            Err(Net::System(number)) => {
                io::Error::from_raw_os_error(number).kind() == io::ErrorKind::WouldBlock
            }
            Ok(_) | Err(_) => false,
        }
    }

    /// Answers nobody new.
    pub(crate) fn retire(&self) {
        self.is_retired.set(true);
    }

    /// Sends commands and gives their answers, as many as there are commands.
    pub(crate) fn run(
        self: &Rc<Self>,
        commands: &[&Command],
        deadline: Option<u64>,
    ) -> Result<Vec<Reply>, Error> {
        let wanted = self.start(commands, deadline)?;
        self.finish(&wanted, deadline)
    }

    /// Sends commands.
    pub(crate) fn start(
        self: &Rc<Self>,
        commands: &[&Command],
        deadline: Option<u64>,
    ) -> Result<Rc<Wanted>, Error> {
        if let Some(error) = &*self.broken.borrow() {
            return Err(error.clone().unsent());
        }
        let mut output = self.output.borrow_mut();
        let before = output.len();
        for command in commands {
            command.write(&mut output);
        }
        let from = self.given.get();
        self.given.set(from + (output.len() - before) as u64);
        drop(output);
        let now = clock::now();
        self.used.set(now);
        let wanted = Rc::new(Wanted {
            left: Cell::new(commands.len()),
            replies: RefCell::new(Vec::with_capacity(commands.len())),
            token: Cell::new(None),
            from,
            since: now,
            is_abandoned: Cell::new(false),
        });
        self.waiting.borrow_mut().push_back(Rc::clone(&wanted));
        if let Err(error) = self.flush(deadline) {
            let error = self.last_words().unwrap_or(error);
            return Err(self.give_up(&wanted, error));
        }
        Ok(wanted)
    }

    /// Why the server takes nothing more, where it has said so and nobody reads.
    fn last_words(&self) -> Option<Error> {
        if self.is_reading.replace(true) {
            return None;
        }
        let heard = self.receive(Some(clock::after(Duration::from_millis(10))));
        self.is_reading.set(false);
        let said = heard.and_then(|()| self.parse()).ok().flatten()?;
        let text = said.error()?;
        Some(Error::connection(Error::of_server(text).message))
    }

    /// Waits for the answers.
    pub(crate) fn finish(
        self: &Rc<Self>,
        wanted: &Rc<Wanted>,
        deadline: Option<u64>,
    ) -> Result<Vec<Reply>, Error> {
        loop {
            if wanted.left.get() == 0 {
                self.pass_on();
                return Ok(wanted.replies.take());
            }
            if let Some(error) = self.why_broken(wanted) {
                return Err(error);
            }
            let done = if self.is_reading.replace(true) {
                self.wait(wanted, deadline)
            } else {
                let done = self.read(deadline);
                self.is_reading.set(false);
                done
            };
            if let Err(error) = done {
                // A socket that was closed says to its reader that the wait was cancelled.
                let why = self.why_broken(wanted);
                return Err(why.unwrap_or_else(|| self.give_up(wanted, error)));
            }
        }
    }

    /// Sends commands whose answers [`Line::next`] gives: for a connection that is not shared.
    pub(crate) fn say(&self, commands: &[&Command], deadline: Option<u64>) -> Result<(), Error> {
        let mut output = self.output.borrow_mut();
        commands
            .iter()
            .for_each(|command| command.write(&mut output));
        drop(output);
        self.flush(deadline)
    }

    /// The next answer, or what the server says by itself: for a connection that is not shared.
    pub(crate) fn next(&self, deadline: Option<u64>) -> Result<Reply, Error> {
        loop {
            if let Some(reply) = self.parse()? {
                return Ok(reply);
            }
            self.receive(deadline)?;
        }
    }

    fn why_broken(&self, wanted: &Wanted) -> Option<Error> {
        let error = self.broken.borrow().clone()?;
        Some(Error {
            is_unsent: wanted.from >= self.sent.get() && error.is_unsent,
            ..error
        })
    }

    /// Somebody else reads: waits to be told.
    fn wait(&self, wanted: &Wanted, deadline: Option<u64>) -> Result<(), Error> {
        if !engine::can_suspend() {
            return Err(Error::usage(
                "this connection is in use by a coroutine, and this code can't wait for it",
            ));
        }
        let token = wait::begin(wait::Kind::Descriptor);
        wanted.token.set(Some(token));
        let wake = wait::park(deadline);
        wanted.token.set(None);
        match wake {
            Wake::Ready => Ok(()),
            other => Err(Error::of_wake(other)),
        }
    }

    /// Whoever comes first sends for all.
    pub(crate) fn flush(&self, deadline: Option<u64>) -> Result<(), Error> {
        if self.is_sending.replace(true) {
            return Ok(());
        }
        if (self.crowd.get() > 1 || self.waiting.borrow().len() > 1) && engine::can_suspend() {
            // Others that are ready have something to say, too.
            engine::yield_now();
        }
        let done = loop {
            let mut output = self.output.take();
            if output.is_empty() {
                if output.capacity() <= KEPT {
                    self.output.replace(output);
                }
                break Ok(());
            }
            let sent = self.socket.send_all_by(&output, deadline);
            match sent.map_err(Error::of_net) {
                Ok(part) => {
                    self.sent.set(self.sent.get() + part.done as u64);
                    match part.error.map(Error::of_net) {
                        None => {
                            output.clear();
                            // What was given meanwhile lies in the other buffer.
                            if self.output.borrow().is_empty() && output.capacity() <= KEPT {
                                self.output.replace(output);
                                break Ok(());
                            }
                        }
                        Some(error) => {
                            output.drain(..part.done);
                            output.append(&mut self.output.borrow_mut());
                            self.output.replace(output);
                            break Err(error);
                        }
                    }
                }
                Err(error) => {
                    output.append(&mut self.output.borrow_mut());
                    self.output.replace(output);
                    break Err(error);
                }
            }
        };
        self.is_sending.set(false);
        done
    }

    fn receive(&self, deadline: Option<u64>) -> Result<(), Error> {
        let received = self.socket.receive_answer(CHUNK, deadline, |bytes| {
            let mut input = self.input.borrow_mut();
            input.bytes.extend_from_slice(bytes);
            bytes.len()
        });
        match received.map_err(Error::of_net)? {
            0 => Err(Error::connection("the server has closed the connection")),
            _ => {
                self.heard.set(clock::now());
                Ok(())
            }
        }
    }

    /// A reply of what has come.
    fn parse(&self) -> Result<Option<Reply>, Error> {
        let mut input = self.input.borrow_mut();
        let Input { parser, bytes, at } = &mut *input;
        let (used, reply) = parser.feed(&bytes[*at..]).map_err(Error::connection)?;
        *at += used;
        if *at == bytes.len() {
            *at = 0;
            bytes.clear();
            if bytes.capacity() > KEPT {
                *bytes = Vec::new();
            }
        } else if *at > CHUNK && *at > bytes.len() / 2 {
            bytes.drain(..*at);
            *at = 0;
        }
        Ok(reply)
    }

    /// Reads once and gives answers to those who wait for them.
    fn read(&self, deadline: Option<u64>) -> Result<(), Error> {
        self.receive(deadline)?;
        let mut done = 0;
        while let Some(reply) = self.parse()? {
            // What is pushed nobody has asked for.
            if !reply.is_push() {
                done += usize::from(self.give(reply)?);
            }
        }
        self.crowd.set(done);
        Ok(())
    }

    /// Gives an answer to the first in line. True when that one has all now.
    fn give(&self, reply: Reply) -> Result<bool, Error> {
        let first = self.waiting.borrow().front().cloned();
        let Some(first) = first else {
            let said = reply.error().map(|text| Error::of_server(text).message);
            return Err(Error::connection(said.unwrap_or_else(|| {
                "the server answered to something that it was not asked".into()
            })));
        };
        first.left.set(first.left.get().saturating_sub(1));
        if !first.is_abandoned.get() {
            first.replies.borrow_mut().push(reply);
        }
        if first.left.get() > 0 {
            return Ok(false);
        }
        self.waiting.borrow_mut().pop_front();
        if let Some(token) = first.token.take() {
            token.wake(Wake::Ready);
        }
        Ok(true)
    }

    /// Who reads now? The first that still waits, if nobody does.
    fn pass_on(&self) {
        if self.is_reading.get() {
            return;
        }
        let waiting = self.waiting.borrow();
        let next = waiting.iter().find_map(|wanted| wanted.token.get());
        drop(waiting);
        if let Some(token) = next {
            token.wake(Wake::Ready);
        }
    }

    /// The answers are not waited for any more. What to say about it.
    fn give_up(self: &Rc<Self>, wanted: &Rc<Wanted>, error: Error) -> Error {
        use crate::error::Kind;
        wanted.is_abandoned.set(true);
        wanted.replies.take();
        match error.kind {
            Kind::Timeout | Kind::Cancelled | Kind::Usage => {
                let now = clock::now();
                let waited = now.saturating_sub(wanted.since);
                let silent = now.saturating_sub(self.heard.get().max(wanted.since));
                if error.kind == Kind::Timeout && silent >= waited / 2 {
                    // Nothing, or nothing more, came for long: perhaps nothing ever will.
                    self.retire();
                }
                if !self.output.borrow().is_empty() && !self.is_sending.get() {
                    self.send_rest();
                }
                self.pass_on();
                error
            }
            _ => {
                self.end(error);
                self.why_broken(wanted)
                    .unwrap_or_else(|| Error::connection("the connection is gone"))
            }
        }
    }

    /// The one who sent for several had to end, perhaps in the middle of a command: the rest of it has to follow.
    fn send_rest(self: &Rc<Self>) {
        let lost = || {
            Error::connection(
                "the coroutine that sent for several had to end while the server took nothing",
            )
        };
        if !engine::can_suspend() || self.socket.is_secure() {
            self.end(lost());
            return;
        }
        let own = Rc::clone(self);
        let spawned = engine::spawn(move || {
            if own.flush(Some(clock::after(REST))).is_err() {
                own.end(lost());
            }
            Ending::Returned
        });
        if spawned.is_err() {
            self.end(lost());
        }
    }

    /// It is of no use any more: tells all that wait.
    pub(crate) fn end(&self, error: Error) {
        if self.broken.borrow().is_none() {
            // Of those of which nothing was sent, one may try again.
            self.broken.replace(Some(error.unsent()));
        }
        self.output.take();
        let waiting = self.waiting.take();
        for wanted in waiting {
            if let Some(token) = wanted.token.take() {
                token.wake(Wake::Ready);
            }
        }
        // Whoever reads or writes runs at once, and finds out why.
        let _closed_before = self.socket.close();
    }
}
