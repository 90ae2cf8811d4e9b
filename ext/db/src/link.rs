//! A stream to a server, with what has come and what is to go.

use crate::config::Tls;
use crate::driver::Look;
use crate::error::Kind;
use crate::{Config, Error};
use highper_engine::clock;
use highper_net::{Kind as SocketKind, Socket};
use highper_tls::Settings;
use std::io;

/// What is asked for at a time.
const CHUNK: usize = 64 * 1024;
/// A buffer that has become larger is let go when it is empty.
const KEPT: usize = 1024 * 1024;

/// A stream to a server.
pub(crate) struct Link {
    socket: Socket,
    input: Vec<u8>,
    /// How much of the input was taken.
    at: usize,
    pub(crate) output: Vec<u8>,
}

/// Seconds until a moment, as sockets take them: negative for no limit.
fn left(deadline: Option<u64>) -> f64 {
    match deadline {
        None => -1.0,
        Some(at) => (at.saturating_sub(clock::now()) as f64 / 1e9).max(1e-6),
    }
}

fn of_net(error: highper_net::Error) -> Error {
    use highper_net::Error as Net;
    match error {
        Net::TimedOut | Net::ResolveTimedOut => Error::of_wake(highper_engine::Wake::Timeout),
        Net::Cancelled => Error::of_wake(highper_engine::Wake::Cancelled),
        Net::ResolveFailed | Net::BadHost => {
            Error::new(Kind::Connection, "08001", "its host's name has no address")
        }
        Net::TlsSettings(text) | Net::Handshake(text) | Net::NotTrusted(text) => {
            Error::new(Kind::Connection, "08001", format!("TLS: {text}"))
        }
        other => Error::connection(other.to_string()),
    }
}

impl Link {
    /// Connects.
    pub(crate) fn connect(
        config: &Config,
        unix: Option<&str>,
        deadline: Option<u64>,
    ) -> Result<Self, Error> {
        let kind = match unix {
            Some(_) => SocketKind::UnixStream,
            None if config.host.contains(':') => SocketKind::Tcp6,
            None => SocketKind::Tcp,
        };
        let socket = Socket::of_kind(kind).map_err(of_net)?;
        socket.allow_blocking();
        let mut timeouts = socket.timeouts();
        let seconds = left(deadline);
        (timeouts.resolve, timeouts.connect) = (seconds, seconds);
        (timeouts.read, timeouts.write) = (seconds, seconds);
        socket.set_timeouts(timeouts);
        let (host, port) = match unix {
            Some(path) => (path, 0),
            None => (&*config.host, i64::from(config.port)),
        };
        socket
            .connect(host.as_bytes(), port, seconds)
            .map_err(of_net)?;
        Ok(Self {
            socket,
            input: Vec::new(),
            at: 0,
            output: Vec::new(),
        })
    }

    /// Goes on with TLS.
    pub(crate) fn secure(&mut self, config: &Config) -> Result<(), Error> {
        if self.at < self.input.len() {
            // It would be taken for something that came by TLS.
            return Err(Error::protocol("the server sent something before TLS"));
        }
        self.socket.set_tls(Settings {
            verify_peer: config.tls == Tls::Verified,
            ca_file: config.ca.clone(),
            host_name: Some(config.host.clone()),
            ..Settings::default()
        });
        self.socket.handshake().map_err(of_net)
    }

    pub(crate) fn is_secure(&self) -> bool {
        self.socket.is_secure()
    }

    /// Sends the output. An error is [`Error::is_unsent`] where nothing of it was sent.
    pub(crate) fn flush(&mut self, deadline: Option<u64>) -> Result<(), Error> {
        let sent = self.socket.send_all_by(&self.output, deadline);
        self.output.clear();
        if self.output.capacity() > KEPT {
            self.output = Vec::new();
        }
        let part = sent.map_err(of_net)?;
        match part.error {
            None => Ok(()),
            Some(error) => {
                let mut error = of_net(error);
                error.is_unsent = part.done == 0;
                Err(error)
            }
        }
    }

    /// Waits until at least `size` bytes are there that were not taken.
    pub(crate) fn need(&mut self, size: usize, deadline: Option<u64>) -> Result<(), Error> {
        while self.input.len() - self.at < size {
            if self.at == self.input.len() {
                self.at = 0;
                self.input.clear();
                if self.input.capacity() > KEPT && size < KEPT {
                    self.input = Vec::new();
                }
            } else if self.at > CHUNK && self.at > self.input.len() / 2 {
                self.input.drain(..self.at);
                self.at = 0;
            }
            let input = &mut self.input;
            let count = self
                .socket
                .receive_answer(CHUNK, deadline, |bytes| {
                    input.extend_from_slice(bytes);
                    bytes.len()
                })
                .map_err(of_net)?;
            if count == 0 {
                return Err(Error::connection("the server has closed the connection"));
            }
        }
        Ok(())
    }

    /// What is there and was not taken.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.input[self.at..]
    }

    /// Cuts out bytes of what is there: `at` counts from the first that was not taken.
    pub(crate) fn cut(&mut self, at: usize, count: usize) {
        let from = self.at + at;
        self.input.drain(from..from + count);
    }

    /// What was taken last.
    pub(crate) fn taken(&self, count: usize) -> &[u8] {
        &self.input[self.at - count..self.at]
    }

    /// Sends the output if that can be done at once: nobody waits for an answer.
    pub(crate) fn say(&mut self) {
        let _as_well_without = self.socket.send_now(&self.output);
        self.output.clear();
    }

    pub(crate) fn take(&mut self, count: usize) {
        self.at += count;
    }

    /// What the system knows of the connection, which nobody uses.
    pub(crate) fn look(&self) -> Look {
        if self.at < self.input.len() {
            return Look::News;
        }
        match self.socket.peek(1, |bytes| bytes.len()) {
            Ok(0) => Look::Dead,
            Ok(_) => Look::News,
            Err(highper_net::Error::System(number))
                if io::Error::from_raw_os_error(number).kind() == io::ErrorKind::WouldBlock =>
            {
                Look::Quiet
            }
            Err(_) => Look::Dead,
        }
    }
}
