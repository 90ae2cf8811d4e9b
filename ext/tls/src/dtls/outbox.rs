//! What is to be sent: datagrams, and the last flight for as long as it may be lost (RFC 6347, section 4.2.4).

use super::message::{self, put_head};
use super::record::{self, Guard, HANDSHAKE, MOST, OLD_VERSION, OVERHEAD, VERSION, whole};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Bytes of a datagram of the handshake at most: what every path takes, with the heads of IPv6 and UDP.
const PATH: usize = 1232;
/// Bytes of a piece of a message at least, unless it is the last.
const LEAST_PIECE: usize = 64;
/// Until the first repetition (RFC 6347, section 4.2.4.1); each takes twice as long as the one before.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const MOST_WAIT: Duration = Duration::from_secs(60);
/// A peer that repeats itself is answered so often at most.
const ANSWER_PAUSE: Duration = Duration::from_millis(100);
/// And so many times, on one flight.
const MOST_ANSWERS: u32 = 16;

/// A part of a flight.
enum Part {
    /// A message without its head.
    Message {
        kind: u8,
        place: u16,
        body: Vec<u8>,
        epoch: u16,
    },
    /// From here on records are enciphered.
    ChangeCipher,
}

/// Datagrams, and what may have to be said again.
pub(super) struct Outbox {
    ready: VecDeque<Vec<u8>>,
    /// The next record's number in each epoch.
    numbers: [u64; 2],
    guard: Option<Guard>,
    flight: Vec<Part>,
    wait: Duration,
    sent: Option<Instant>,
    due: Option<Instant>,
    answers: u32,
}

impl Outbox {
    /// Records of the first epoch are counted from `first`.
    pub(super) fn new(first: u64) -> Self {
        Self {
            ready: VecDeque::new(),
            numbers: [first, 0],
            guard: None,
            flight: Vec::new(),
            wait: FIRST_WAIT,
            sent: None,
            due: None,
            answers: 0,
        }
    }

    pub(super) fn set_guard(&mut self, guard: Guard) {
        self.guard = Some(guard);
    }

    /// Begins a flight: the one before has arrived.
    pub(super) fn begin(&mut self) {
        self.flight.clear();
        self.due = None;
        self.answers = 0;
    }

    pub(super) fn message(&mut self, epoch: u16, kind: u8, place: u16, body: Vec<u8>) {
        self.flight.push(Part::Message {
            kind,
            place,
            body,
            epoch,
        });
    }

    pub(super) fn change_cipher(&mut self) {
        self.flight.push(Part::ChangeCipher);
    }

    /// Sends the flight. `repeat`: again and again until the next one begins.
    pub(super) fn fly(&mut self, now: Instant, repeat: bool) {
        self.wait = FIRST_WAIT;
        self.due = repeat.then(|| now + self.wait);
        self.send_flight(now);
    }

    /// The flight has arrived, or nobody waits for it any more.
    pub(super) fn forget_flight(&mut self) {
        self.begin();
        self.flight = Vec::new();
    }

    /// When the flight has to be repeated.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Repeats the flight if it is time.
    pub(super) fn elapse(&mut self, now: Instant) {
        if self.due.is_some_and(|due| due <= now) {
            self.wait = (self.wait * 2).min(MOST_WAIT);
            self.due = Some(now + self.wait);
            self.send_flight(now);
        }
    }

    /// The peer has repeated its own flight, so ours was lost.
    pub(super) fn answer_again(&mut self, now: Instant) {
        let is_early = self
            .sent
            .is_some_and(|sent| now.saturating_duration_since(sent) < ANSWER_PAUSE);
        if !self.flight.is_empty() && !is_early && self.answers < MOST_ANSWERS {
            self.answers += 1;
            self.send_flight(now);
        }
    }

    /// Appends a record. False when numbers have run out, or it can't be enciphered.
    fn record(
        &mut self,
        epoch: u16,
        kind: u8,
        version: u16,
        bytes: &[u8],
        out: &mut Vec<u8>,
    ) -> bool {
        let Some(next) = self.numbers.get_mut(usize::from(epoch)) else {
            return false;
        };
        if *next >= 1 << 48 {
            return false;
        }
        let number = whole(epoch, *next);
        *next += 1;
        match (epoch, &self.guard) {
            (0, _) => {
                record::put_head(out, kind, version, number, bytes.len());
                out.extend_from_slice(bytes);
                true
            }
            (_, Some(guard)) => guard.seal(kind, number, bytes, out).is_some(),
            (_, None) => false,
        }
    }

    fn send_flight(&mut self, now: Instant) {
        self.sent = Some(now);
        // Lent to itself: nothing below looks at it.
        let flight = std::mem::take(&mut self.flight);
        let mut datagram = Vec::with_capacity(PATH);
        for part in &flight {
            let Part::Message {
                kind,
                place,
                body,
                epoch,
            } = part
            else {
                self.record(0, record::CHANGE_CIPHER, VERSION, &[1], &mut datagram);
                continue;
            };
            // A first hello is understood by those who speak version 1.0 only, too.
            let version = match *kind {
                message::CLIENT_HELLO => OLD_VERSION,
                _ => VERSION,
            };
            let mut at = 0;
            loop {
                let heads = record::HEAD + message::HEAD + if *epoch > 0 { OVERHEAD } else { 0 };
                let room = PATH.saturating_sub(datagram.len() + heads);
                let left = body.len() - at;
                if room < left.min(LEAST_PIECE) || datagram.len() + heads > PATH {
                    self.ready.push_back(std::mem::take(&mut datagram));
                    continue;
                }
                let count = left.min(room);
                let mut piece = Vec::with_capacity(message::HEAD + count);
                put_head(&mut piece, *kind, body.len(), *place, (at, count));
                piece.extend_from_slice(&body[at..at + count]);
                self.record(*epoch, HANDSHAKE, version, &piece, &mut datagram);
                at += count;
                if at == body.len() {
                    break;
                }
            }
        }
        if !datagram.is_empty() {
            self.ready.push_back(datagram);
        }
        self.flight = flight;
    }

    /// A record of its own datagram. False when the session is used up.
    pub(super) fn send(&mut self, kind: u8, bytes: &[u8]) -> bool {
        let epoch = u16::from(self.guard.is_some());
        let bytes = &bytes[..bytes.len().min(MOST)];
        let mut datagram = Vec::with_capacity(record::HEAD + bytes.len() + OVERHEAD);
        let done = self.record(epoch, kind, VERSION, bytes, &mut datagram);
        if done {
            self.ready.push_back(datagram);
        }
        done
    }

    /// The same, where no key protects it yet.
    pub(super) fn send_plain(&mut self, kind: u8, bytes: &[u8]) {
        let mut datagram = Vec::with_capacity(record::HEAD + bytes.len());
        if self.record(0, kind, VERSION, bytes, &mut datagram) {
            self.ready.push_back(datagram);
        }
    }

    /// A datagram that was made elsewhere.
    pub(super) fn push(&mut self, datagram: Vec<u8>) {
        self.ready.push_back(datagram);
    }

    /// The next datagram.
    pub(super) fn first(&self) -> Option<&[u8]> {
        self.ready.front().map(Vec::as_slice)
    }

    /// It was sent, or never will be.
    pub(super) fn sent_first(&mut self) {
        self.ready.pop_front();
        if self.ready.is_empty() {
            // One at rest holds no memory for it.
            self.ready = VecDeque::new();
        }
    }
}
