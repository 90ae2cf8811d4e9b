//! What a service manager is told of this server: `sd_notify(3)`. Nothing where `NOTIFY_SOCKET` is not set.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::{Duration, Instant};

/// Tells.
#[derive(Debug)]
pub(crate) struct Notifier {
    way: Option<(UnixDatagram, SocketAddr)>,
    /// Half the time within which a sign of life is expected.
    beat: Option<Duration>,
    next: Instant,
}

fn address(path: &str) -> Option<SocketAddr> {
    match path.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name).ok(),
        None => SocketAddr::from_pathname(path).ok(),
    }
}

impl Notifier {
    /// For who started this program, if that wants to know.
    pub fn new() -> Self {
        let variable = |name: &str| std::env::var(name).ok();
        let way = variable("NOTIFY_SOCKET").and_then(|path| {
            let socket = UnixDatagram::unbound().ok()?;
            socket.set_nonblocking(true).ok()?;
            Some((socket, address(&path)?))
        });
        let is_ours = variable("WATCHDOG_PID").is_none_or(|pid| pid.parse() == Ok(std::process::id()))
                // It names the first of a row of programs.
                || crate::upgrade::takes_over();
        let micros = variable("WATCHDOG_USEC").and_then(|text| text.parse::<u64>().ok());
        let beat = micros
            .filter(|micros| is_ours && *micros > 0 && way.is_some())
            .map(|micros| Duration::from_micros(micros / 2).max(Duration::from_millis(1)));
        Self {
            way,
            beat,
            next: Instant::now(),
        }
    }

    /// Who does not listen misses it.
    fn say(&self, text: &str) {
        if let Some((socket, to)) = &self.way {
            let _missed = socket.send_to_addr(text.as_bytes(), to);
        }
    }

    /// All workers accept.
    pub fn ready(&self, workers: usize) {
        let own = std::process::id();
        self.say(&format!(
            "READY=1\nMAINPID={own}\nSTATUS={workers} workers accept\n"
        ));
    }

    /// A reload begins.
    pub fn reloading(&self) {
        let micros = highper_shm::monotonic() / 1000;
        self.say(&format!(
            "RELOADING=1\nMONOTONIC_USEC={micros}\nSTATUS=reloading\n"
        ));
    }

    /// Another process is the server from now on. Only who is it so far may say so.
    pub fn replaced(&self, pid: i32) {
        self.say(&format!("MAINPID={pid}\nREADY=1\nSTATUS=upgraded\n"));
    }

    /// No new connections are taken.
    pub fn paused(&self) {
        self.say("STATUS=paused: new connections are refused\n");
    }

    /// The server ends.
    pub fn stopping(&self) {
        self.say("STOPPING=1\nSTATUS=ending\n");
    }

    /// A sign of life, where it is time for one.
    pub fn beat(&mut self, now: Instant) {
        if let Some(beat) = self.beat
            && now >= self.next
        {
            self.next = now + beat;
            self.say("WATCHDOG=1\n");
        }
    }

    /// When the next sign of life is due.
    pub fn due(&self) -> Option<Instant> {
        self.beat.map(|_| self.next)
    }
}
