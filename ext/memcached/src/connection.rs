//! A connection to a server.

use crate::reply::{Parser, Reply};
use crate::{Config, Error, Server};
use highper_engine::clock;
use highper_net::{Error as Net, Kind as SocketKind, Socket};
use std::io;

/// What is asked for at a time.
const CHUNK: usize = 64 * 1024;
/// A buffer that has become larger is let go when it is empty.
const KEPT: usize = 1024 * 1024;

/// A connection to a server.
pub(crate) struct Connection {
    socket: Socket,
    parser: Parser,
    input: Vec<u8>,
    /// Something was sent whose answer has not come.
    is_busy: bool,
}

fn left(deadline: Option<u64>) -> f64 {
    match deadline {
        None => -1.0,
        Some(at) => (at.saturating_sub(clock::now()) as f64 / 1e9).max(1e-6),
    }
}

impl Connection {
    /// Not inlined: a connection is large, and who waits for one would have room for it on the stack.
    #[inline(never)]
    pub(crate) fn open(
        server: &Server,
        config: &Config,
        deadline: Option<u64>,
    ) -> Result<Box<Self>, Error> {
        let own = clock::after(config.connect_timeout);
        let until = Some(deadline.map_or(own, |deadline| deadline.min(own)));
        let kind = match (server.port, server.host.contains(':')) {
            (0, _) => SocketKind::UnixStream,
            (_, true) => SocketKind::Tcp6,
            (_, false) => SocketKind::Tcp,
        };
        let socket = Socket::of_kind(kind).map_err(Error::of_net)?;
        socket.allow_blocking();
        let mut timeouts = socket.timeouts();
        (timeouts.resolve, timeouts.connect) = (left(until), left(until));
        socket.set_timeouts(timeouts);
        socket
            .connect(server.host.as_bytes(), i64::from(server.port), left(until))
            .map_err(Error::of_net)?;
        Ok(Box::new(Self {
            socket,
            parser: Parser::default(),
            input: Vec::new(),
            is_busy: false,
        }))
    }

    /// Is nothing under way, and the connection open, as far as the system knows?
    pub(crate) fn is_good(&self) -> bool {
        !self.is_busy
            && self.input.is_empty()
            && match self.socket.peek(1, |bytes| bytes.len()) {
                Err(Net::System(number)) => {
                    io::Error::from_raw_os_error(number).kind() == io::ErrorKind::WouldBlock
                }
                Ok(_) | Err(_) => false,
            }
    }

    /// May it be used again?
    pub(crate) fn is_at_rest(&self) -> bool {
        !self.is_busy && self.input.is_empty()
    }

    /// Sends something and gives the answer.
    pub(crate) fn ask(&mut self, output: &[u8], deadline: Option<u64>) -> Result<Reply, Error> {
        self.is_busy = true;
        let sent = self.socket.send_all_by(output, deadline);
        let part = sent.map_err(Error::of_net)?;
        if let Some(error) = part.error {
            return Err(Error {
                is_unsent: part.done == 0,
                ..Error::of_net(error)
            });
        }
        loop {
            let (used, reply) = self.parser.feed(&self.input).map_err(Error::connection)?;
            self.input.drain(..used);
            if let Some(reply) = reply {
                self.is_busy = matches!(reply, Reply::Refused(_, true));
                if self.input.is_empty() && self.input.capacity() > KEPT {
                    self.input = Vec::new();
                }
                return Ok(reply);
            }
            let input = &mut self.input;
            let count = self.socket.receive_answer(CHUNK, deadline, |bytes| {
                input.extend_from_slice(bytes);
                bytes.len()
            });
            if count.map_err(Error::of_net)? == 0 {
                return Err(Error::connection("the server has closed the connection"));
            }
        }
    }
}
