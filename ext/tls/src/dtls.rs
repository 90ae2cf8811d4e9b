//! DTLS 1.2 (RFC 6347): TLS for datagrams, with rustls' keys, certificates and ciphers, without sockets and without a clock.
//!
//! rustls speaks no DTLS. What it has of TLS 1.2 (the exchange of keys, the derivation of secrets, signatures) is taken from it;
//! here are records that may be lost, doubled and out of order, messages in pieces, repetitions, and the cookie before which
//! a server keeps nothing of a peer. Sessions are not resumed, and nothing is renegotiated.

mod client;
mod codec;
mod config;
mod cookie;
mod handshake;
mod hello;
mod message;
mod outbox;
mod record;
mod secrets;
mod server;
#[cfg(test)]
mod tests;

pub(crate) use config::{Config, Role, Shown};
pub use cookie::Knock;

use client::Client;
use codec::Reader;
use handshake::{Failure, Shared, Step, tell};
use hello::ClientHello;
use message::{Assembly, Taken};
use outbox::Outbox;
use record::{ALERT, DATA, Guard, HANDSHAKE, Record, Window};
use rustls::pki_types::CertificateDer;
use rustls::{AlertDescription, Error};
use server::Server;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

const FATAL: u8 = 2;
const WARNING: u8 = 1;

enum Side {
    Client(Client),
    Server(Server),
}

/// A handshake under way.
struct Handshake {
    side: Side,
    shared: Shared,
    assembly: Assembly,
}

/// What tells a client that begins anew from one whose hello comes twice.
struct Peer {
    address: Box<[u8]>,
    random: [u8; 32],
}

/// A session over datagrams.
pub(crate) struct Packets {
    config: Arc<Config>,
    handshake: Option<Box<Handshake>>,
    outbox: Outbox,
    /// What opens the peer's records.
    opener: Option<Guard>,
    window: Window,
    received: VecDeque<Vec<u8>>,
    /// Bytes of the first of these that were read.
    read: usize,
    certificates: Option<Vec<CertificateDer<'static>>>,
    /// The peer as a server knows it.
    peer: Option<Box<Peer>>,
    /// A hello of a peer that has begun anew.
    successor: Option<Vec<u8>>,
    has_ended: bool,
    has_closed: bool,
    is_broken: bool,
}

impl Config {
    /// What somebody unknown wants. See [`Knock`].
    pub(crate) fn knock(&self, peer: &[u8], datagram: &[u8]) -> Knock {
        let period = cookie::period(SystemTime::now());
        self.cookies.knock(peer, datagram, period)
    }
}

impl Packets {
    fn new(config: Arc<Config>, side: Side, first: u64, place: u16) -> Self {
        Self {
            handshake: Some(Box::new(Handshake {
                side,
                shared: Shared::new(place),
                assembly: Assembly::new(place),
            })),
            config,
            outbox: Outbox::new(first),
            opener: None,
            window: Window::default(),
            received: VecDeque::new(),
            read: 0,
            certificates: None,
            peer: None,
            successor: None,
            has_ended: false,
            has_closed: false,
            is_broken: false,
        }
    }

    /// Begins a session with a server.
    ///
    /// # Errors
    /// Without random bytes.
    pub(crate) fn client(
        config: Arc<Config>,
        name: Option<String>,
        now: Instant,
    ) -> Result<Self, Error> {
        let name = match &config.role {
            Role::Client { sends_name, .. } => name.filter(|_| *sends_name),
            Role::Server { .. } => None,
        };
        let random = config.random()?;
        let mut this = Self::new(config, Side::Client(Client::new(name)), 0, 0);
        if let Some(handshake) = &mut this.handshake
            && let Side::Client(client) = &handshake.side
        {
            let shared = &mut handshake.shared;
            shared.randoms.client = random;
            client.hello(&this.config, shared, &mut this.outbox, &[], now);
        }
        Ok(this)
    }

    /// Begins a session with a client whose hello, for which [`Config::knock`] has said [`Knock::Proven`], is to be taken next.
    /// `None`: it is none.
    pub(crate) fn server(config: Arc<Config>, peer: &[u8], hello: &[u8]) -> Option<Self> {
        let (number, piece) = cookie::hello_of(hello)?;
        let random = ClientHello::parse(piece.bytes)?.random;
        // Numbers and places go on where the cookie's answer, of which nothing was kept, has left them.
        let mut this = Self::new(config, Side::Server(Server::new()), number, piece.place);
        this.peer = Some(Box::new(Peer {
            address: peer.into(),
            random,
        }));
        Some(this)
    }

    pub(crate) fn is_handshaking(&self) -> bool {
        self.handshake.is_some()
    }

    pub(crate) fn certificates(&self) -> Option<&[CertificateDer<'static>]> {
        self.certificates.as_deref()
    }

    /// The next datagram to be sent.
    pub(crate) fn output(&self) -> Option<&[u8]> {
        self.outbox.first()
    }

    /// That is sent, or lost.
    pub(crate) fn sent(&mut self) {
        self.outbox.sent_first();
    }

    /// When [`Packets::elapse`] has something to repeat.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.outbox.due().filter(|_| !self.is_broken)
    }

    /// Repeats what may have been lost, if it is time.
    pub(crate) fn elapse(&mut self, now: Instant) {
        self.outbox.elapse(now);
    }

    /// A hello with which the peer has begun anew, after this session's end.
    pub(crate) fn successor(&mut self) -> Option<Vec<u8>> {
        self.successor.take()
    }

    /// Takes a datagram. What the peer can't have made is passed over.
    ///
    /// # Errors
    /// Why the session ended: what has to be told to the peer is to be sent.
    pub(crate) fn take(&mut self, mut datagram: &[u8], now: Instant) -> Result<(), Error> {
        let whole = datagram;
        while let Some(record) = record::next(&mut datagram) {
            if self.has_ended || self.is_broken {
                return Ok(());
            }
            match record.epoch {
                0 if self.handshake.is_some() => self.plain(&record, now)?,
                0 => self.anew(&record, whole),
                1 => self.guarded(&record, now)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// A record of the handshake before there are keys. Anybody may have made it.
    fn plain(&mut self, record: &Record<'_>, now: Instant) -> Result<(), Error> {
        match record.kind {
            HANDSHAKE => self.messages(0, record.body, now),
            ALERT => self.alert(record.body),
            _ => Ok(()),
        }
    }

    /// A plain record where a session stands: of a peer that has forgotten it, perhaps (RFC 6347, section 4.2.8).
    fn anew(&mut self, record: &Record<'_>, datagram: &[u8]) {
        let Some(peer) = self.peer.as_ref().filter(|_| record.kind == HANDSHAKE) else {
            return;
        };
        let random = cookie::hello_of(datagram)
            .and_then(|(_, piece)| ClientHello::parse(piece.bytes))
            .map(|hello| hello.random);
        if random.is_none_or(|random| random == peer.random) {
            return;
        }
        match self.config.knock(&peer.address, datagram) {
            Knock::Nothing => {}
            Knock::Answer(answer) => self.outbox.push(answer),
            Knock::Proven => {
                self.has_ended = true;
                self.successor = Some(datagram.to_vec());
            }
        }
    }

    fn guarded(&mut self, record: &Record<'_>, now: Instant) -> Result<(), Error> {
        let Some(opener) = &self.opener else {
            return Ok(());
        };
        if !self.window.is_new(record.number) {
            return Ok(());
        }
        let Some(plain) = opener.open(record) else {
            return Ok(());
        };
        self.window.note(record.number);
        match record.kind {
            HANDSHAKE => self.messages(1, &plain, now),
            ALERT => self.alert(&plain),
            // Before the handshake is over nobody has said who sent it.
            DATA if self.handshake.is_none() => {
                // Who sends has got our last words.
                self.outbox.forget_flight();
                if !plain.is_empty() {
                    self.received.push_back(plain);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn alert(&mut self, body: &[u8]) -> Result<(), Error> {
        let [level, what] = body else {
            return Ok(());
        };
        match (*level, AlertDescription::from(*what)) {
            (_, AlertDescription::CloseNotify) if self.handshake.is_none() => self.has_ended = true,
            (FATAL, what) => {
                self.is_broken = true;
                return Err(Error::AlertReceived(what));
            }
            _ => {}
        }
        Ok(())
    }

    fn messages(&mut self, epoch: u16, body: &[u8], now: Instant) -> Result<(), Error> {
        let mut reader = Reader(body);
        while !reader.is_empty() {
            let Some(piece) = message::piece(&mut reader) else {
                return Ok(());
            };
            // The last message, and only that, is enciphered.
            let is_last = piece.kind == message::FINISHED;
            if is_last != (epoch == 1) {
                return Ok(());
            }
            let taken = match &mut self.handshake {
                Some(handshake) => handshake.assembly.take(&piece),
                None => Taken::Again,
            };
            if taken == Taken::Again {
                self.outbox.answer_again(now);
            }
            self.go_on(now)?;
        }
        Ok(())
    }

    /// Takes all messages that are whole.
    fn go_on(&mut self, now: Instant) -> Result<(), Error> {
        while let Some(handshake) = &mut self.handshake {
            let Some(message) = handshake.assembly.whole() else {
                return Ok(());
            };
            let (config, shared) = (&self.config, &mut handshake.shared);
            let outbox = &mut self.outbox;
            let step = match &mut handshake.side {
                Side::Client(client) => client.take(config, shared, outbox, &message, now),
                Side::Server(server) => server.take(config, shared, outbox, &message, now),
            };
            match step {
                Ok(Step::More) => {}
                Ok(Step::Keys(guard)) => self.opener = Some(guard),
                Ok(Step::Done) => {
                    self.certificates = shared.peer.take();
                    self.handshake = None;
                }
                Err(failure) => return Err(self.fail(failure)),
            }
        }
        Ok(())
    }

    fn fail(&mut self, failure: Failure) -> Error {
        tell(&mut self.outbox, &failure);
        self.outbox.forget_flight();
        self.is_broken = true;
        Error::General(failure.text)
    }

    /// Has everything been read that was received, and comes no more?
    pub(crate) fn has_ended(&self) -> bool {
        self.received.is_empty() && (self.has_ended || self.is_broken)
    }

    /// What was received, of one record at a time; `None`: nothing is there.
    pub(crate) fn read(&mut self, into: &mut [u8]) -> Option<usize> {
        let first = self.received.front()?;
        let rest = &first[self.read..];
        let count = rest.len().min(into.len());
        into[..count].copy_from_slice(&rest[..count]);
        self.read += count;
        if self.read == first.len() {
            self.read = 0;
            self.received.pop_front();
            if self.received.is_empty() {
                self.received = VecDeque::new();
            }
        }
        Some(count)
    }

    /// Enciphers as much as one record takes, where nothing else waits to be sent. How many bytes; `None`: the session has ended.
    pub(crate) fn write(&mut self, data: &[u8]) -> Option<usize> {
        if self.has_closed || self.is_broken {
            return None;
        }
        if self.handshake.is_some() || self.outbox.first().is_some() || data.is_empty() {
            return Some(0);
        }
        let count = data.len().min(record::MOST);
        self.outbox.send(DATA, &data[..count]).then_some(count)
    }

    /// Says that nothing more will come; once.
    pub(crate) fn close(&mut self) {
        if self.handshake.is_none()
            && !self.is_broken
            && !std::mem::replace(&mut self.has_closed, true)
        {
            let notify = AlertDescription::CloseNotify.into();
            self.outbox.send(ALERT, &[WARNING, notify]);
        }
    }
}

impl std::fmt::Debug for Packets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Packets(…)")
    }
}
