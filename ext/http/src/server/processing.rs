//! From bytes to requests: what the codec finds in the input, and what is done with it.

use super::Core;
use crate::connection::{Connection, Partial};
use crate::exchange::Exchange;
use crate::request::{Body, Bytes};
use crate::stream::Stream;
use highper_engine::reactor;
use highper_http1::{Conn as Codec, Event, Phase};
use std::rc::Rc;

/// How reading goes on behind what was found.
enum Goes {
    /// With what follows.
    On,
    /// Not at all: what follows waits.
    NoFurther,
    /// In another protocol, which has all of it.
    Elsewhere,
}

impl Core {
    /// Goes through the first `length` bytes of an input: hands requests over, and keeps what can't be used yet.
    pub(super) fn process(&self, connection: &Rc<Connection>, input: &Rc<[u8]>, length: usize) {
        let mut at = 0;
        let Some(mut next) = self.blank(connection) else {
            return;
        };
        while connection.is_open()
            && !connection.closing.get()
            && connection.exchange.borrow().is_none()
        {
            let blank = Rc::get_mut(&mut next).expect("nobody else holds a blank record");
            let head = &mut blank.request.head;
            let step = connection.codec.borrow_mut().feed_within(
                &input[at..],
                length - at,
                head,
                &self.settings.limits,
            );
            let start = at;
            at += step.used;
            match step.event {
                Event::Head if !head.has_body() => {
                    let now = reactor::coarse_now();
                    connection.since.set(now);
                    *blank.request.bytes.get_mut() = Bytes::Lent {
                        buffer: Rc::clone(input),
                        start,
                        end: start + head.len(),
                    };
                    blank.request.started = now;
                    next = self.dispatch(connection, next);
                    if at == length {
                        break;
                    }
                }
                Event::NeedMore | Event::Pause => break,
                event => {
                    let goes_on;
                    (next, goes_on) =
                        self.process_other(connection, event, next, &input[start..length]);
                    match goes_on {
                        Goes::On => {}
                        Goes::NoFurther => break,
                        Goes::Elsewhere => {
                            at = length;
                            break;
                        }
                    }
                }
            }
        }
        if at < length {
            at += self.feed_streaming(connection, &mut next, &input[at..length]);
        }
        self.keep(next);
        if at < length {
            self.carry_over(
                connection,
                &input[at..length],
                at == 0 && length == input.len(),
            );
        }
    }

    /// What is no request without a body. `bytes` begin where it was found.
    #[inline(never)]
    fn process_other(
        &self,
        connection: &Rc<Connection>,
        event: Event<'_>,
        mut next: Rc<Exchange>,
        bytes: &[u8],
    ) -> (Rc<Exchange>, Goes) {
        let blank = Rc::get_mut(&mut next).expect("nobody else holds a blank record");
        match event {
            Event::Head => {
                let now = reactor::coarse_now();
                connection.since.set(now);
                let whole = std::mem::take(&mut blank.request.head);
                let bytes = bytes[..whole.len()].to_vec();
                if self.service.streams(&whole, &bytes) {
                    let stream = Stream::new(self.me.clone(), connection);
                    *blank.request.bytes.get_mut() = Bytes::Own(bytes);
                    blank.request.head = whole;
                    blank.request.body = Body::Stream(Rc::new(stream));
                    blank.request.started = now;
                    next = self.dispatch(connection, next);
                } else {
                    self.begin_body(connection, whole, bytes, now);
                }
            }
            Event::Body(data) => {
                connection.since.set(reactor::coarse_now());
                let pushed = match connection.partial.borrow_mut().as_mut() {
                    Some(partial) => partial.collector.push(data),
                    None => Ok(()),
                };
                if let Err(refusal) = pushed {
                    self.refuse(connection, refusal.status, &refusal.text);
                }
            }
            Event::End => {
                let partial = connection.partial.borrow_mut().take();
                if let Some(partial) = partial {
                    let Partial {
                        head,
                        bytes,
                        collector,
                        started,
                    } = *partial;
                    match collector.finish() {
                        Ok(body) => {
                            *blank.request.bytes.get_mut() = Bytes::Own(bytes);
                            blank.request.head = head;
                            blank.request.body = body;
                            blank.request.started = started;
                            next = self.dispatch(connection, next);
                        }
                        Err(refusal) => self.refuse(connection, refusal.status, &refusal.text),
                    }
                }
            }
            Event::Error(error) => {
                if self.takes_for_http2(connection, bytes) {
                    return (next, Goes::Elsewhere);
                }
                self.refuse(connection, error.status(), error.message());
            }
            Event::Upgraded | Event::Closed => return (next, Goes::NoFurther),
            // Trailers of requests are not passed on; skipped bytes belong to nobody.
            _ => {}
        }
        (next, Goes::On)
    }

    /// Gives what is left to a body that is read as it arrives. How many bytes it took.
    #[inline(never)]
    fn feed_streaming(
        &self,
        connection: &Rc<Connection>,
        next: &mut Rc<Exchange>,
        bytes: &[u8],
    ) -> usize {
        if !self.is_streaming(connection) {
            return 0;
        }
        let blank = Rc::get_mut(next).expect("nobody else holds a blank record");
        self.feed_stream(connection, bytes, &mut blank.request.head)
    }

    /// Keeps what could not be used yet. `is_first`: it is all that has come, and was carried over before.
    #[inline(never)]
    fn carry_over(&self, connection: &Rc<Connection>, bytes: &[u8], is_first: bool) {
        if !connection.is_open() || connection.closing.get() {
            return;
        }
        connection.carry.borrow_mut().extend_from_slice(bytes);
        if connection.exchange.borrow().is_none() && connection.partial.borrow().is_none() {
            // Part of a head: its deadline counts from its first byte.
            if connection.codec.borrow().phase() == Phase::Header && is_first {
                return;
            }
            connection.since.set(reactor::coarse_now());
        }
    }

    /// What is no HTTP/1 may be the beginning of HTTP/2.
    #[cold]
    #[inline(never)]
    fn takes_for_http2(&self, connection: &Rc<Connection>, bytes: &[u8]) -> bool {
        let Some(whole) = self.begins_http2(connection, bytes) else {
            return false;
        };
        *connection.carry.borrow_mut() = bytes.to_vec();
        *connection.codec.borrow_mut() = Codec::new();
        if whole {
            self.speak_http2(connection);
        }
        true
    }
}
