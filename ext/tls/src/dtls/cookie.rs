//! Who knocks has to show that it gets our answers, before anything is kept of it (RFC 6347, section 4.2.1).

use super::codec::{Reader, put_u16, put_vector};
use super::hello::ClientHello;
use super::message::{self, CLIENT_HELLO, HELLO_VERIFY};
use super::record::{self, HANDSHAKE, OLD_VERSION};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac::{Context, HMAC_SHA256, Key};
use aws_lc_rs::rand::SystemRandom;
use std::time::{SystemTime, UNIX_EPOCH};

/// Bytes of a cookie: as many as version 1.0 has room for at least.
const LENGTH: usize = 32;
/// Seconds of one period: a cookie is good in its own and the next.
const PERIOD: u64 = 30;

/// Makes cookies. Processes that share a port share it, too.
pub(super) struct Cookies(Key);

/// What a datagram of somebody unknown is.
#[derive(PartialEq, Eq, Debug)]
pub enum Knock {
    /// Nothing that is answered.
    Nothing,
    /// A first hello: this is to be sent back. It is shorter than the hello.
    Answer(Vec<u8>),
    /// A hello with a cookie of ours: who sent it gets our answers.
    Proven,
}

/// A whole first hello in a datagram: its record's number, and the piece.
pub(super) fn hello_of(mut datagram: &[u8]) -> Option<(u64, message::Piece<'_>)> {
    let record = record::next(&mut datagram)?;
    if record.kind != HANDSHAKE || record.epoch != 0 {
        return None;
    }
    let piece = message::piece(&mut Reader(record.body))?;
    let is_whole = piece.offset == 0 && piece.bytes.len() == piece.length;
    (piece.kind == CLIENT_HELLO && is_whole).then_some((record.number, piece))
}

/// The period that a time lies in.
pub(super) fn period(now: SystemTime) -> u64 {
    now.duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs() / PERIOD)
}

impl Cookies {
    pub(super) fn new() -> Option<Self> {
        Key::generate(HMAC_SHA256, &SystemRandom::new())
            .ok()
            .map(Self)
    }

    /// Of a peer and what it offers.
    fn cookie(&self, peer: &[u8], hello: &ClientHello<'_>, period: u64) -> [u8; LENGTH] {
        let mut context = Context::with_key(&self.0);
        context.update(&period.to_be_bytes());
        context.update(&(peer.len() as u64).to_be_bytes());
        context.update(peer);
        context.update(&hello.version.to_be_bytes());
        context.update(&hello.random);
        context.update(&[hello.session.len() as u8]);
        context.update(hello.session);
        for suite in &hello.suites {
            context.update(&suite.to_be_bytes());
        }
        let mut cookie = [0; LENGTH];
        cookie.copy_from_slice(&context.sign().as_ref()[..LENGTH]);
        cookie
    }

    pub(super) fn knock(&self, peer: &[u8], datagram: &[u8], period: u64) -> Knock {
        let Some((number, piece)) = hello_of(datagram) else {
            return Knock::Nothing;
        };
        let Some(hello) = ClientHello::parse(piece.bytes) else {
            return Knock::Nothing;
        };
        let periods = [period, period.wrapping_sub(1)];
        let is_ours = periods.into_iter().any(|period| {
            let own = self.cookie(peer, &hello, period);
            verify_slices_are_equal(&own, hello.cookie).is_ok()
        });
        if is_ours {
            return Knock::Proven;
        }
        let mut body = Vec::with_capacity(3 + LENGTH);
        put_u16(&mut body, OLD_VERSION);
        let cookie = self.cookie(peer, &hello, period);
        put_vector(&mut body, 1, |out| out.extend_from_slice(&cookie));
        let length = message::HEAD + body.len();
        let mut answer = Vec::with_capacity(record::HEAD + length);
        // The number of the hello's own record, so that none has to be remembered.
        record::put_head(&mut answer, HANDSHAKE, OLD_VERSION, number, length);
        let whole = (0, body.len());
        message::put_head(&mut answer, HELLO_VERIFY, body.len(), piece.place, whole);
        answer.extend_from_slice(&body);
        match answer.len() <= datagram.len() {
            true => Knock::Answer(answer),
            false => Knock::Nothing,
        }
    }
}
