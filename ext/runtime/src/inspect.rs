//! What the coroutines of a live worker do: asked for over a socket that each worker has.
//!
//! The loop answers between two turns: of every coroutine, where its PHP code stands, what it waits for and since when, which
//! request it answers. Where the loop does not turn, who asks looks at the worker from outside, as far as the
//! system allows. So there is an answer within [`PATIENCE`], and nobody is disturbed who is not asked.

mod report;

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

/// The socket of a process: in Linux's abstract namespace, so that nothing is left behind. Containers may
/// share that and have processes of the same number, so the name tells whose numbers these are.
fn address(process: u32) -> io::Result<SocketAddr> {
    let numbers = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    let name = format!("highper-worker-{}-{process}", numbers.display());
    SocketAddr::from_abstract_name(name)
}

/// An answer on its way out.
struct Answer {
    stream: UnixStream,
    text: Vec<u8>,
    sent: usize,
}

impl Answer {
    /// True when there is nothing more to do.
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
    listener: UnixListener,
    own: Cell<u32>,
    open: RefCell<HashMap<RawFd, Answer>>,
}

/// The key of the listener; those who asked have their descriptor's number.
const LISTENER: u64 = u64::MAX;

impl Answers {
    fn accept(&self) {
        while let Ok((stream, _)) = self.listener.accept() {
            let text = match may_ask(&stream) {
                true => report::of(&self.worker),
                false => "only root and the worker's own user may ask\n".to_owned(),
            };
            let mut answer = Answer {
                stream,
                text: text.into_bytes(),
                sent: 0,
            };
            let fd = answer.stream.as_raw_fd();
            if answer.stream.set_nonblocking(true).is_err() || answer.send() {
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
        if key == LISTENER {
            return self.accept();
        }
        let fd = key as RawFd;
        let mut open = self.open.borrow_mut();
        if open.get_mut(&fd).is_some_and(Answer::send) {
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
    let listener = UnixListener::bind_addr(&address(std::process::id())?)?;
    listener.set_nonblocking(true)?;
    let fd = listener.as_raw_fd();
    let answers = Rc::new(Answers {
        worker,
        listener,
        own: Cell::new(0),
        open: RefCell::default(),
    });
    let handler = reactor::add_handler(Rc::clone(&answers) as _);
    answers.own.set(handler);
    reactor::register(fd, handler, LISTENER)
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
        Ok((process, UnixStream::connect_addr(&address(process)?)?))
    };
    let streams: Vec<io::Result<_>> = processes.iter().map(connect).collect();
    let ask = |(process, stream)| match read(stream, begun) {
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
    let seen = Onlooker::of(process).map(|onlooker| onlooker.backtrace());
    // Writing to a String cannot fail.
    let _ = match seen {
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
