//! The logger: a bounded buffer, and a thread that empties it.

use crate::clock::Clock;
use crate::target::{Sink, Target};
use crate::{Access, Format, Level, Record, Value};
use parking_lot::{Condvar, Mutex};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long a caller waits for a target that takes nothing.
const CALLER: Duration = Duration::from_millis(200);
/// How long the writer thread does; meanwhile the buffer fills.
const WRITER: Duration = Duration::from_secs(5);
/// Records of this time are written together.
const GATHER: Duration = Duration::from_millis(10);

/// How a logger works.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Records below are not logged. Default: info.
    pub level: Level,
    /// Default: text on a terminal, else JSON.
    pub format: Option<Format>,
    /// Bytes of lines that wait for the writer thread; as much again may be on its way out.
    /// When half of it is taken, debug records are dropped, then info (with the access log),
    /// then notice and warning. Default: 256 KiB; at least 4 KiB.
    pub buffer: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            level: Level::Info,
            format: None,
            buffer: 256 * 1024,
        }
    }
}

/// A logger; clones are the same logger.
#[derive(Clone, Debug)]
pub struct Logger(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    level: AtomicU8,
    format: Format,
    buffer: usize,
    front: Mutex<Front>,
    wake: Condvar,
    /// Locked before `front`, and for as long as a batch is written: so lines keep their order.
    back: Mutex<Back>,
    thread: Mutex<Option<JoinHandle<()>>>,
    hurry: AtomicBool,
}

/// What is waiting.
#[derive(Debug, Default)]
struct Front {
    lines: Vec<u8>,
    clock: Clock,
    dropped: [u64; 8],
    dropped_ever: u64,
    has_thread: bool,
    /// The thread sleeps until it is woken.
    idle: bool,
    stopping: bool,
}

/// What is on its way out.
#[derive(Debug)]
struct Back {
    lines: Vec<u8>,
    clock: Clock,
    sink: Sink,
}

impl Logger {
    /// A logger that writes at once, in the caller.
    #[must_use]
    pub fn new(target: Target, settings: Settings) -> Self {
        Self(Arc::new(Inner {
            level: AtomicU8::new(settings.level as u8),
            format: settings.format.unwrap_or_else(|| target.format()),
            buffer: settings.buffer.max(4096),
            front: Mutex::default(),
            wake: Condvar::new(),
            back: Mutex::new(Back {
                lines: vec![],
                clock: Clock::default(),
                sink: Sink::new(target),
            }),
            thread: Mutex::new(None),
            hurry: AtomicBool::new(false),
        }))
    }

    /// Whether records of this level are logged.
    #[must_use]
    pub fn enabled(&self, level: Level) -> bool {
        level as u8 >= self.0.level.load(Ordering::Relaxed)
    }

    /// Logs from this level on.
    pub fn set_level(&self, level: Level) {
        self.0.level.store(level as u8, Ordering::Relaxed);
    }

    /// The form of the lines.
    #[must_use]
    pub fn format(&self) -> Format {
        self.0.format
    }

    /// Logs a record. From error on it has been handed to the kernel on return, unless the
    /// target takes nothing for 200 ms.
    pub fn log(&self, record: &Record<'_>) {
        if self.enabled(record.level) {
            let format = self.0.format;
            self.push(record.level, |out, clock| format.record(out, clock, record));
        }
    }

    /// Logs a request, on level info and with no allocation once the buffer has its size.
    pub fn access(&self, access: &Access<'_>) {
        if self.enabled(Level::Info) {
            let format = self.0.format;
            self.push(Level::Info, |out, clock| access.line(out, clock, format));
        }
    }

    fn push(&self, level: Level, write: impl FnOnce(&mut Vec<u8>, &mut Clock)) {
        let inner = &*self.0;
        let direct = {
            let mut front = inner.front.lock();
            let front = &mut *front;
            let before = front.lines.len();
            if before >= inner.limit(level) {
                front.dropped[level as usize] += 1;
                front.dropped_ever += 1;
            } else {
                write(&mut front.lines, &mut front.clock);
            }
            let half = inner.buffer / 2;
            if front.idle || (before < half && front.lines.len() >= half) {
                front.idle = false;
                inner.wake.notify_one();
            }
            !front.has_thread
        };
        if direct || level >= Level::Error {
            inner.drain(CALLER);
        }
    }

    /// Writes what is waiting, now and here. False if another thread was writing for so long
    /// (200 ms) that it was left to it.
    pub fn flush(&self) -> bool {
        self.0.drain(CALLER)
    }

    /// Opens a file target anew under its name, as after a rotation by logrotate. What is
    /// waiting goes to the old file. Not to be called in a signal handler.
    ///
    /// # Errors
    /// The file cannot be opened; the old one stays in use.
    pub fn reopen(&self) -> io::Result<()> {
        self.flush();
        self.0.back.lock().sink.target.reopen()
    }

    /// Records dropped because the buffer was full, and records that the target did not take.
    #[must_use]
    pub fn missing(&self) -> (u64, u64) {
        let lost = self.0.back.lock().sink.lost_ever;
        (self.0.front.lock().dropped_ever, lost)
    }

    /// From now on a thread writes what is below error. To be called in a worker after its fork,
    /// and never in a process that forks again without [`Logger::stop`]. The thread inherits the
    /// caller's signal mask: block all signals around this call where handlers touch PHP.
    /// A second call does nothing.
    ///
    /// # Errors
    /// No thread can be made; the logger goes on without.
    pub fn start_writer_thread(&self) -> io::Result<()> {
        let mut thread = self.0.thread.lock();
        if thread.is_none() {
            let inner = Arc::clone(&self.0);
            let run = move || inner.run();
            *thread = Some(
                std::thread::Builder::new()
                    .name("highper-log".into())
                    .stack_size(128 * 1024)
                    .spawn(run)?,
            );
            self.0.front.lock().has_thread = true;
        }
        Ok(())
    }

    /// Ends the thread, having written what is waiting; before the process exits or forks. The
    /// logger then writes at once again, and the thread can be started anew. Ends in well under a
    /// second even if the target takes nothing.
    pub fn stop(&self) {
        let mut thread = self.0.thread.lock();
        if let Some(handle) = thread.take() {
            self.0.hurry.store(true, Ordering::Relaxed);
            {
                let mut front = self.0.front.lock();
                front.stopping = true;
                front.has_thread = false;
                self.0.wake.notify_one();
            }
            // A panic in the thread has been printed; there is nothing to add.
            let _ = handle.join();
            let mut front = self.0.front.lock();
            front.stopping = false;
            front.idle = false;
            drop(front);
            self.0.drain(CALLER);
            self.0.hurry.store(false, Ordering::Relaxed);
        } else {
            self.flush();
        }
    }
}

impl Inner {
    /// How full the buffer may be for a record of this level to get in.
    fn limit(&self, level: Level) -> usize {
        match level {
            Level::Debug => self.buffer / 2,
            Level::Info => self.buffer / 4 * 3,
            Level::Notice | Level::Warning => self.buffer / 8 * 7,
            _ => self.buffer,
        }
    }

    fn drain(&self, patience: Duration) -> bool {
        let Some(mut back) = self.back.try_lock_for(CALLER) else {
            return false;
        };
        let back = &mut *back;
        let dropped = {
            let mut front = self.front.lock();
            if front.lines.is_empty() {
                return true;
            }
            std::mem::swap(&mut front.lines, &mut back.lines);
            std::mem::take(&mut front.dropped)
        };
        if dropped.iter().any(|n| *n > 0) {
            self.dropped(back, &dropped);
        }
        let worked = back.sink.write(&back.lines, patience, &self.hurry);
        if let Some(text) = back.sink.rotation_report() {
            self.report(back, &text);
            back.sink.write(&back.lines, Duration::ZERO, &self.hurry);
        }
        if worked && let Some(text) = back.sink.recovery_report() {
            self.report(back, &text);
            back.sink.write_recovery(&back.lines, &self.hurry);
        }
        back.lines.clear();
        // A few huge records must not keep their memory for ever.
        if back.lines.capacity() > self.buffer * 2 {
            back.lines = vec![];
        }
        true
    }

    /// Makes the back buffer a line of the logger's own.
    fn report(&self, back: &mut Back, text: &str) {
        back.lines.clear();
        let record = Record {
            message: text.as_bytes(),
            ..Record::new(Level::Warning, "log")
        };
        self.format
            .record(&mut back.lines, &mut back.clock, &record);
    }

    fn dropped(&self, back: &mut Back, dropped: &[u64; 8]) {
        let total: u64 = dropped.iter().sum();
        let message = format!(
            "{total} log records were dropped, the buffer of {} bytes was full",
            self.buffer
        );
        let context: Vec<(&[u8], Value<'_>)> = Level::ALL
            .iter()
            .zip(dropped)
            .filter(|(_, n)| **n > 0)
            .map(|(level, n)| (level.name().as_bytes(), Value::Uint(*n)))
            .collect();
        let record = Record {
            message: message.as_bytes(),
            context: &context,
            ..Record::new(Level::Warning, "log")
        };
        self.format
            .record(&mut back.lines, &mut back.clock, &record);
    }

    /// The thread.
    fn run(&self) {
        loop {
            let mut front = self.front.lock();
            while front.lines.is_empty() && !front.stopping {
                front.idle = true;
                self.wake.wait(&mut front);
            }
            front.idle = false;
            if !front.stopping && front.lines.len() < self.buffer / 2 {
                self.wake.wait_for(&mut front, GATHER);
            }
            let stopping = front.stopping;
            drop(front);
            self.drain(WRITER);
            if stopping {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests;
