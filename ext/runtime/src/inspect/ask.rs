//! Who asks: several workers at the same time, none of which may keep him waiting.

use super::PATIENCE;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// And to end it.
const LIMIT: Duration = Duration::from_secs(3);

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// A few numbers.
    Figures,
    /// These, and all coroutines.
    Coroutines,
}

impl Question {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Figures => "figures\n",
            Self::Coroutines => "coroutines\n",
        }
    }
}

/// What came of a question.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// The answer, and how long the loop took to begin it.
    Answer(serde_json::Value, Duration),
    /// Its loop does not turn: where PHP code runs, as far as the system shows it.
    Busy(Option<String>),
    /// There is nobody: the process has ended, or is not so far yet.
    Nobody,
}

/// A connection that is there at once, or not: a worker whose loop does not turn accepts nobody, and who has come too often would wait for ever.
///
/// # Errors
/// The system's; `WouldBlock` where too many wait already.
pub(super) fn stream(name: &str) -> io::Result<UnixStream> {
    let address = SocketAddrUnix::new_abstract_name(name.as_bytes())?;
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    connect(&socket, &address)?;
    Ok(UnixStream::from(socket))
}

/// One that is asked.
struct Asked {
    stream: Option<UnixStream>,
    text: Vec<u8>,
    began: Option<Duration>,
    told: Option<Told>,
}

/// Asks workers, by their process ids.
#[must_use]
pub fn tell(processes: &[i32], question: Question) -> Vec<Told> {
    ask(processes, question, |process| {
        super::seen(process).ok().flatten()
    })
}

fn ask(processes: &[i32], question: Question, seen: impl Fn(u32) -> Option<String>) -> Vec<Told> {
    let begun = Instant::now();
    let mut all: Vec<Asked> = processes
        .iter()
        .map(|process| begin(*process, question))
        .collect();
    loop {
        let now = begun.elapsed();
        let mut open = Vec::new();
        let mut fds = Vec::new();
        for (at, asked) in all.iter().enumerate() {
            let bound = if asked.began.is_some() {
                LIMIT
            } else {
                PATIENCE
            };
            if let Some(stream) = asked
                .stream
                .as_ref()
                .filter(|_| asked.told.is_none() && now < bound)
            {
                open.push((at, bound));
                fds.push(PollFd::new(stream, PollFlags::IN));
            }
        }
        let Some(bound) = open.iter().map(|(_, bound)| *bound).min() else {
            break;
        };
        let left = bound.saturating_sub(now) + Duration::from_millis(1);
        let left = Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(0),
            tv_nsec: left.subsec_nanos().into(),
        };
        if poll(&mut fds, Some(&left)).is_err_and(|error| error != rustix::io::Errno::INTR) {
            break;
        }
        let ready: Vec<usize> = open
            .iter()
            .zip(&fds)
            .filter(|(_, fd)| !fd.revents().is_empty())
            .map(|((at, _), _)| *at)
            .collect();
        drop(fds);
        for at in ready {
            all[at].take(begun.elapsed());
        }
    }
    processes
        .iter()
        .zip(all)
        .map(|(process, asked)| asked.told.unwrap_or_else(|| busy(*process, &seen)))
        .collect()
}

fn begin(process: i32, question: Question) -> Asked {
    let mut asked = Asked {
        stream: None,
        text: Vec::new(),
        began: None,
        told: None,
    };
    let name = super::name(u32::try_from(process).unwrap_or(0), super::PROGRAMS);
    match stream(&name).and_then(|mut stream| {
        stream.write_all(question.word().as_bytes())?;
        Ok(stream)
    }) {
        Ok(stream) => asked.stream = Some(stream),
        Err(error) if error.kind() == ErrorKind::WouldBlock => {}
        Err(_) => asked.told = Some(Told::Nobody),
    }
    asked
}

impl Asked {
    fn take(&mut self, now: Duration) {
        let Some(stream) = &mut self.stream else {
            return;
        };
        let mut part = [0; 16 * 1024];
        loop {
            match stream.read(&mut part) {
                Ok(0) => {
                    let lag = self.began.unwrap_or(now);
                    // One that ended in the middle of it is gone too.
                    let told = serde_json::from_slice(&self.text).ok();
                    self.told = Some(told.map_or(Told::Nobody, |answer| Told::Answer(answer, lag)));
                    return;
                }
                Ok(count) => {
                    self.began.get_or_insert(now);
                    self.text.extend_from_slice(&part[..count]);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => {
                    self.told = Some(Told::Nobody);
                    return;
                }
            }
        }
    }
}

/// It has not answered: is it there at all?
fn busy(process: i32, seen: impl Fn(u32) -> Option<String>) -> Told {
    let number = u32::try_from(process).unwrap_or(0);
    let is_there = std::path::Path::new(&format!("/proc/{number}")).exists();
    match is_there {
        true => Told::Busy(seen(number)),
        false => Told::Nobody,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixListener};

    #[test]
    fn nobody_waits_for_one_that_accepts_nobody() {
        let process = std::process::id();
        let name = super::super::name(process, super::super::PROGRAMS);
        let seen = |_| Some("a.php:1".to_owned());
        let told = ask(&[process as i32], Question::Figures, seen);
        assert_eq!(told, [Told::Nobody]);
        let listener =
            UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        let mut waiting = Vec::new();
        while let Ok(one) = stream(&name) {
            waiting.push(one);
            assert!(waiting.len() < 100_000);
        }
        let begun = Instant::now();
        let told = ask(&[process as i32, -1], Question::Figures, seen);
        assert_eq!(told, [Told::Busy(seen(0)), Told::Nobody]);
        assert!(begun.elapsed() < PATIENCE);
        drop(listener);
    }
}
