//! A connection to a server, and what it was told to use and to watch.

use crate::reply::{Reply, read};
use crate::{Config, Error};
use highper_engine::clock;
use highper_net::{Error as Net, Kind as SocketKind, Socket};
use std::io;

/// What is asked for at a time.
const CHUNK: usize = 64 * 1024;
/// A buffer that has become larger is let go when it is empty.
const KEPT: usize = 1024 * 1024;
/// What each connection uses and watches at first.
pub(crate) const DEFAULT: &[u8] = b"default";

/// A connection to a server.
pub(crate) struct Connection {
    socket: Socket,
    input: Vec<u8>,
    /// Something was sent whose answer has not come.
    is_busy: bool,
    used: Vec<u8>,
    watched: Vec<Vec<u8>>,
}

fn left(deadline: Option<u64>) -> f64 {
    match deadline {
        None => -1.0,
        Some(at) => (at.saturating_sub(clock::now()) as f64 / 1e9).max(1e-6),
    }
}

/// A command of a word and a name.
pub(crate) fn line(word: &str, name: &[u8]) -> Vec<u8> {
    let mut output = Vec::with_capacity(word.len() + name.len() + 3);
    output.extend_from_slice(word.as_bytes());
    output.push(b' ');
    output.extend_from_slice(name);
    output.extend_from_slice(b"\r\n");
    output
}

impl Connection {
    /// Not inlined: a connection is large, and who waits for one would have room for it on the stack.
    #[inline(never)]
    pub(crate) fn open(config: &Config, deadline: Option<u64>) -> Result<Box<Self>, Error> {
        let own = clock::after(config.connect_timeout);
        let until = Some(deadline.map_or(own, |deadline| deadline.min(own)));
        let kind = match (config.port, config.host.contains(':')) {
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
            .connect(config.host.as_bytes(), i64::from(config.port), left(until))
            .map_err(Error::of_net)?;
        Ok(Box::new(Self {
            socket,
            input: Vec::new(),
            is_busy: false,
            used: DEFAULT.to_vec(),
            watched: vec![DEFAULT.to_vec()],
        }))
    }

    /// Is nothing under way, and the connection open, as far as the system knows?
    pub(crate) fn is_good(&self) -> bool {
        self.is_at_rest()
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

    /// It is not the process's own: lets go of it without ending it.
    pub(crate) fn leave(&self) {
        drop(self.socket.take_fd());
    }

    /// Sends something and gives the answer.
    pub(crate) fn ask(&mut self, output: &[u8], deadline: Option<u64>) -> Result<Reply, Error> {
        self.is_busy = true;
        let sent = self.socket.send_all(output, left(deadline));
        let part = sent.map_err(Error::of_net)?;
        if let Some(error) = part.error {
            return Err(Error {
                is_unsent: part.done == 0,
                ..Error::of_net(error)
            });
        }
        loop {
            if let Some((used, reply)) = read(&self.input).map_err(Error::connection)? {
                self.input.drain(..used);
                self.is_busy = matches!(reply, Reply::Refused(_, true));
                if self.input.is_empty() && self.input.capacity() > KEPT {
                    self.input = Vec::new();
                }
                return Ok(reply);
            }
            let input = &mut self.input;
            let count = self.socket.receive(CHUNK, left(deadline), |bytes| {
                input.extend_from_slice(bytes);
                bytes.len()
            });
            if count.map_err(Error::of_net)? == 0 {
                return Err(Error::connection("the server has closed the connection"));
            }
        }
    }

    /// Has what is put, peeked at and kicked be that of a tube.
    pub(crate) fn use_tube(&mut self, tube: &[u8], deadline: Option<u64>) -> Result<(), Error> {
        if self.used == tube {
            return Ok(());
        }
        match self.ask(&line("use", tube), deadline)? {
            Reply::Done => {
                self.used = tube.to_vec();
                Ok(())
            }
            other => Err(unexpected(&other)),
        }
    }

    /// Has jobs come of these tubes, and of no others.
    pub(crate) fn watch(&mut self, tubes: &[Vec<u8>], deadline: Option<u64>) -> Result<(), Error> {
        // First what is new: one at least has to be watched.
        for tube in tubes {
            if !self.watched.contains(tube) {
                self.tell("watch", tube, deadline)?;
                self.watched.push(tube.clone());
            }
        }
        let mut at = 0;
        while at < self.watched.len() {
            if tubes.contains(&self.watched[at]) {
                at += 1;
                continue;
            }
            let tube = self.watched[at].clone();
            self.tell("ignore", &tube, deadline)?;
            self.watched.remove(at);
        }
        Ok(())
    }

    fn tell(&mut self, word: &str, tube: &[u8], deadline: Option<u64>) -> Result<(), Error> {
        match self.ask(&line(word, tube), deadline)? {
            Reply::Number(_) => Ok(()),
            other => Err(unexpected(&other)),
        }
    }
}

pub(crate) fn unexpected(reply: &Reply) -> Error {
    match reply {
        Reply::Refused(why, _) => Error::new(crate::Kind::Server, *why),
        other => Error::connection(format!("the server answered to something else: {other:?}")),
    }
}
