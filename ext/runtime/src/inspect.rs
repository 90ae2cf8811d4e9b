//! What the coroutines of a live worker do: asked for over a socket that each worker has.
//!
//! The loop answers between two turns: of every coroutine, where its PHP code stands, what it waits for and since when, which
//! request it answers. Where the loop does not turn, who asks looks at the worker from outside, as far as the
//! system allows. So there is an answer within [`PATIENCE`], and nobody is disturbed who is not asked.

mod ask;
mod figures;
mod report;

pub use ask::{Question, Told, tell};

use crate::serve::Worker;
use highper_engine::reactor::{self, Handler, Readiness};
use highper_zend::look::Onlooker;
use rustix::net::sockopt::socket_peercred;
use rustix::net::{SendFlags, send};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt::Write;
use std::io::{self, ErrorKind, Read};
use std::os::fd::{AsRawFd, RawFd};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// How long a worker has to begin its answer.
pub const PATIENCE: Duration = Duration::from_millis(500);
/// And to end it.
const LIMIT: Duration = Duration::from_secs(3);

/// The ending of the socket's name that is for people.
const PEOPLE: &str = "";
/// And of that for programs, who say what they ask for.
const PROGRAMS: &str = "-ask";
/// Programs that have come and said nothing yet; more are sent away.
const SILENT: usize = 64;
/// A question is not longer.
const LONGEST: usize = 64;

/// The socket of a process: in Linux's abstract namespace, so that nothing is left behind. Containers may
/// share that and have processes of the same number, so the name tells whose numbers these are.
fn name(process: u32, ending: &str) -> String {
    let numbers = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    format!("highper-worker-{}-{process}{ending}", numbers.display())
}

fn listen(ending: &str) -> io::Result<UnixListener> {
    let address = SocketAddr::from_abstract_name(name(std::process::id(), ending))?;
    let listener = UnixListener::bind_addr(&address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// A question on its way in, then its answer on its way out.
struct Answer {
    stream: UnixStream,
    question: Option<Vec<u8>>,
    text: Vec<u8>,
    sent: usize,
}

impl Answer {
    /// True when there is nothing more to do.
    fn go_on(&mut self, worker: &Worker) -> bool {
        let Some(question) = &mut self.question else {
            return self.send();
        };
        let mut part = [0; LONGEST];
        loop {
            match self.stream.read(&mut part) {
                Ok(count @ 1..) if question.len() + count <= LONGEST => {
                    question.extend_from_slice(&part[..count]);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                // It has gone, or it asks for nothing that there is.
                _ => return true,
            }
        }
        let told = match &**question {
            b"figures\n" => figures::figures(worker),
            b"coroutines\n" => figures::coroutines(worker),
            [.., b'\n'] => return true,
            _ => return false,
        };
        self.question = None;
        self.text = told.to_string().into_bytes();
        self.send()
    }

    fn send(&mut self) -> bool {
        while self.sent < self.text.len() {
            match send(&self.stream, &self.text[self.sent..], SendFlags::NOSIGNAL) {
                Ok(count) => self.sent += count,
                Err(rustix::io::Errno::INTR) => {}
                Err(rustix::io::Errno::AGAIN) => return false,
                // The client has gone, and needs no answer.
                Err(_) => return true,
            }
        }
        true
    }
}

/// The worker's side.
struct Answers {
    worker: Rc<Worker>,
    people: UnixListener,
    programs: UnixListener,
    own: Cell<u32>,
    open: RefCell<HashMap<RawFd, Answer>>,
}

/// The keys of the listeners; those who ask have their descriptor's number.
const LISTENER: u64 = u64::MAX;
const ASKED: u64 = u64::MAX - 1;

impl Answers {
    fn accept(&self, listener: &UnixListener, asks: bool) {
        while let Ok((stream, _)) = listener.accept() {
            let may = may_ask(&stream);
            let question = (asks && may).then(Vec::new);
            let text = match (may, asks) {
                (true, true) => String::new(),
                (true, false) => report::of(&self.worker),
                (false, _) => "only root and the worker's own user may ask\n".to_owned(),
            };
            let mut answer = Answer {
                stream,
                question,
                text: text.into_bytes(),
                sent: 0,
            };
            let fd = answer.stream.as_raw_fd();
            if answer.stream.set_nonblocking(true).is_err() || answer.go_on(&self.worker) {
                continue;
            }
            if asks && self.open.borrow().len() >= SILENT {
                continue;
            }
            if reactor::register(fd, self.own.get(), fd as u64).is_ok() {
                self.open.borrow_mut().insert(fd, answer);
            }
        }
    }
}

impl Handler for Answers {
    fn ready(&self, key: u64, _readiness: Readiness) {
        match key {
            LISTENER => return self.accept(&self.people, false),
            ASKED => return self.accept(&self.programs, true),
            _ => {}
        }
        let fd = key as RawFd;
        let mut open = self.open.borrow_mut();
        if open
            .get_mut(&fd)
            .is_some_and(|answer| answer.go_on(&self.worker))
        {
            reactor::closing(fd);
            open.remove(&fd);
        }
    }

    fn timer(&self, _key: u64) {}
}

/// Makes a worker tell of its coroutines, from now until its process ends. Call it where its loop runs.
///
/// # Errors
/// The system's.
pub(crate) fn open(worker: Rc<Worker>) -> io::Result<()> {
    let (people, programs) = (listen(PEOPLE)?, listen(PROGRAMS)?);
    let (first, second) = (people.as_raw_fd(), programs.as_raw_fd());
    let answers = Rc::new(Answers {
        worker,
        people,
        programs,
        own: Cell::new(0),
        open: RefCell::default(),
    });
    let handler = reactor::add_handler(Rc::clone(&answers) as _);
    answers.own.set(handler);
    reactor::register(first, handler, LISTENER)?;
    reactor::register(second, handler, ASKED)
}

/// The worker's own user, and root.
fn may_ask(stream: &UnixStream) -> bool {
    socket_peercred(stream)
        .is_ok_and(|peer| peer.uid.is_root() || peer.uid == rustix::process::geteuid())
}

/// Asks workers, by their process ids, at the same time.
#[must_use]
pub fn ask_all(processes: &[i32]) -> Vec<io::Result<String>> {
    let begun = Instant::now();
    let connect = |process: &i32| {
        let process = u32::try_from(*process).map_err(|_| ErrorKind::InvalidInput)?;
        let stream = ask::stream(&name(process, PEOPLE)).and_then(|stream| {
            stream.set_nonblocking(false)?;
            Ok(stream)
        });
        Ok((process, stream))
    };
    let streams: Vec<io::Result<_>> = processes.iter().map(connect).collect();
    let ask = |(process, stream): (u32, io::Result<UnixStream>)| match stream
        .and_then(|stream| read(stream, begun))
    {
        Err(error) if is_over(&error) => Ok(busy(process)),
        answer => answer,
    };
    streams
        .into_iter()
        .map(|stream| stream.and_then(ask))
        .collect()
}

fn is_over(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

fn read(mut stream: UnixStream, begun: Instant) -> io::Result<String> {
    let mut all = Vec::new();
    let mut part = [0; 16 * 1024];
    loop {
        let bound = if all.is_empty() { PATIENCE } else { LIMIT };
        let left = bound.saturating_sub(begun.elapsed());
        stream.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
        match stream.read(&mut part)? {
            0 => return Ok(String::from_utf8_lossy(&all).into_owned()),
            n => all.extend_from_slice(&part[..n]),
        }
    }
}

/// The loop does not turn: what runs, seen from outside.
fn busy(process: u32) -> String {
    let mut text = format!(
        "busy, its loop has not turned for {} s or more: it computes, or sits in a call that blocks\n",
        PATIENCE.as_secs_f64()
    );
    // Writing to a String cannot fail.
    let _ = match seen(process) {
        Ok(Some(frames)) => {
            let (place, trace) = frames.split_once('\n').unwrap_or((&frames, ""));
            let written = writeln!(text, "  what runs, at {place}");
            report::indent(&mut text, trace);
            written
        }
        Ok(None) => writeln!(text, "  no PHP code runs"),
        Err(error) => writeln!(text, "  what runs can't be seen: {error}"),
    };
    text
}

/// Where PHP code of a process runs, and from the second line on a backtrace; `None` where none does.
fn seen(process: u32) -> io::Result<Option<String>> {
    Onlooker::of(process).map(|onlooker| onlooker.backtrace())
}
