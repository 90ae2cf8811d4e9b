//! The terminal, or what stands in its place: standard input, output and error.

use crate::exception::cancelled::cancelled;
use highper_app::console::table::cut;
use highper_engine::reactor::{self, Interest};
use highper_engine::{self as engine, Wake, scheduler};
use highper_zend::Throw;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use std::io::{IsTerminal, Write};
use std::os::fd::AsRawFd;

/// Columns where nobody says how many.
const COLUMNS: usize = 80;
/// An answer longer than this is none.
const LONGEST: usize = 64 * 1024;

/// Columns of standard error's terminal, or of standard output's.
pub(crate) fn columns() -> Option<usize> {
    let own = tcgetwinsize(std::io::stderr()).or_else(|_| tcgetwinsize(std::io::stdout()));
    let columns = own.ok().map(|size| usize::from(size.ws_col));
    columns.filter(|columns| *columns > 0)
}

/// The same, or as many as are usual.
pub(crate) fn columns_or_usual() -> usize {
    columns().unwrap_or(COLUMNS)
}

/// Writes to standard error, at once.
pub(crate) fn complain(text: &str) {
    // Who has closed it wants to know nothing.
    let _closed = std::io::stderr().write_all(text.as_bytes());
}

/// Is anybody there to answer?
pub(crate) fn is_interactive() -> bool {
    std::io::stdin().is_terminal()
}

/// What is typed does not show as long as this lives.
pub(crate) struct Hidden(Option<Termios>);

impl Hidden {
    pub(crate) fn new() -> Self {
        let before = tcgetattr(std::io::stdin()).ok();
        if let Some(before) = &before {
            let mut hidden = before.clone();
            hidden.local_modes.remove(LocalModes::ECHO);
            hidden.local_modes.insert(LocalModes::ECHONL);
            // Where it can't be hidden it shows: nothing is lost by that.
            let _shows = tcsetattr(std::io::stdin(), OptionalActions::Now, &hidden);
        }
        Self(before)
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            // The terminal may have gone.
            let _gone = tcsetattr(std::io::stdin(), OptionalActions::Now, before);
        }
    }
}

/// The whole terminal for pictures that follow one another; as before when it is dropped.
pub(crate) struct Screen(Option<Termios>);

impl Screen {
    pub(crate) fn new() -> Self {
        let before = tcgetattr(std::io::stdin()).ok();
        if let Some(before) = &before {
            let mut keys = before.clone();
            let line = LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
            keys.local_modes.remove(line);
            // Where keys can't be had one by one, they come by lines.
            let _by_lines = tcsetattr(std::io::stdin(), OptionalActions::Now, &keys);
        }
        put("\x1b[?1049h\x1b[?25l");
        Self(before)
    }

    /// The next picture.
    pub(crate) fn show(&self, lines: &[String]) {
        let (rows, columns) = match tcgetwinsize(std::io::stdout()) {
            Ok(size) if size.ws_row > 0 => (usize::from(size.ws_row), usize::from(size.ws_col)),
            _ => (24, COLUMNS),
        };
        let mut text = String::from("\x1b[H");
        for (at, line) in lines.iter().take(rows).enumerate() {
            if at > 0 {
                text.push_str("\r\n");
            }
            text.push_str(&cut(line, columns));
            text.push_str("\x1b[K");
        }
        text.push_str("\x1b[J");
        put(&text);
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        put("\x1b[?25h\x1b[?1049l");
        if let Some(before) = &self.0 {
            // The terminal may have gone.
            let _gone = tcsetattr(std::io::stdin(), OptionalActions::Now, before);
        }
    }
}

/// To standard output itself, at once.
fn put(text: &str) {
    let mut output = std::io::stdout().lock();
    // Who has closed it sees nothing.
    let _closed = output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush());
}

/// A key that is pressed until then; `None` for none. Where input is over, it waits all the same.
///
/// # Errors
/// The wait was cancelled.
pub(crate) fn key(until: u64) -> Result<Option<u8>, Throw> {
    let input = std::io::stdin();
    let mut fds = [PollFd::new(&input, PollFlags::IN)];
    let nothing = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    if poll(&mut fds, Some(&nothing)) == Ok(0) {
        match reactor::wait_fd(input.as_raw_fd(), Interest::Read, Some(until)) {
            Ok(Wake::Ready) => {}
            Ok(Wake::Timeout) => return Ok(None),
            Ok(_) => return Err(cancelled()),
            Err(error) => return Err(failed(&error.to_string())),
        }
    }
    let mut byte = [0];
    match rustix::io::read(&input, &mut byte) {
        Ok(1) => Ok(Some(byte[0])),
        Ok(_) | Err(_) => pause(until).map(|()| None),
    }
}

/// Waits until then.
///
/// # Errors
/// The wait was cancelled.
pub(crate) fn pause(until: u64) -> Result<(), Throw> {
    match engine::sleep(until.saturating_sub(engine::clock::now())) {
        Wake::Ready | Wake::Timeout => Ok(()),
        _ => Err(cancelled()),
    }
}

/// A line that somebody types, without its end; `None` where input is over. In a coroutine others run meanwhile.
///
/// # Errors
/// The wait was cancelled, or the input can't be read.
pub(crate) fn read_line() -> Result<Option<String>, Throw> {
    let input = std::io::stdin();
    let fd = input.as_raw_fd();
    let mut line = Vec::new();
    let mut byte = [0];
    loop {
        if engine::can_suspend() {
            wait_readable(fd)?;
        }
        match rustix::io::read(&input, &mut byte) {
            Ok(0) if line.is_empty() => return Ok(None),
            Ok(0) => break,
            Ok(_) if byte[0] == b'\n' => break,
            Ok(_) if line.len() >= LONGEST => return Err(failed("the line is too long")),
            Ok(_) => line.push(byte[0]),
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
            Err(error) => return Err(failed(&error.to_string())),
        }
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(Some(String::from_utf8_lossy(&line).into_owned()))
}

fn failed(why: &str) -> Throw {
    Throw::exception(format!("standard input can't be read: {why}"))
}

/// Looks first, because a terminal's descriptor is shared and stays a blocking one.
fn wait_readable(fd: i32) -> Result<(), Throw> {
    let input = std::io::stdin();
    loop {
        let mut fds = [PollFd::new(&input, PollFlags::IN)];
        match poll(
            &mut fds,
            Some(&Timespec {
                tv_sec: 0,
                tv_nsec: 0,
            }),
        ) {
            Ok(0) | Err(rustix::io::Errno::INTR) => {}
            Ok(_) => return Ok(()),
            Err(error) => return Err(failed(&error.to_string())),
        }
        match reactor::wait_fd(fd, Interest::Read, scheduler::deadline()) {
            Ok(Wake::Ready) => {}
            Ok(_) => return Err(cancelled()),
            Err(error) => return Err(failed(&error.to_string())),
        }
    }
}
