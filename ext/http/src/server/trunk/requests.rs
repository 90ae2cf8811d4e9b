//! Requests: from their streams to the service.

use super::{Incoming, State, Task, Trunk, Writing};
use crate::collect::{Collector, Refusal};
use crate::connection::{Connection, Partial};
use crate::request::{Body, Bytes};
use crate::server::Core;
use crate::stream::Stream;
use highper_engine::reactor;
use highper_http1::Framing;
use highper_http2::Server as Codec;
use highper_http2::server::{PREFACE, Verdict};
use std::rc::Rc;

impl Core {
    /// A connection speaks HTTP/2 from now on; what has come of it is in its carry.
    pub(crate) fn speak_http2(&self, connection: &Rc<Connection>) {
        let Some(settings) = self.settings.http2 else {
            return;
        };
        let mut first = Vec::new();
        let codec = Codec::new(settings, &mut first);
        let trunk = Trunk::new(self, connection, codec);
        let _only_once = connection.protocol.set(trunk);
        self.append(connection, |out| out.extend_from_slice(&first));
        self.switch(connection);
    }

    /// Does the input begin as a connection of HTTP/2 does, where that is spoken? `Some(false)` when it may, as far as it
    /// goes.
    #[cold]
    pub(in crate::server) fn begins_http2(
        &self,
        connection: &Connection,
        input: &[u8],
    ) -> Option<bool> {
        if self.settings.http2.is_none() || connection.requests.get() > 0 || connection.is_secure()
        {
            return None;
        }
        let there = input.len().min(PREFACE.len());
        (there > 0 && input[..there] == PREFACE[..there]).then_some(there == PREFACE.len())
    }

    /// Takes a request that asks for HTTP/2 by Upgrade (RFC 7540, section 3.2): it is answered as the first stream. False
    /// when it is to be answered as it came.
    #[cold]
    pub(in crate::server) fn upgrade_to_http2(
        &self,
        connection: &Rc<Connection>,
        request: &crate::request::Request,
    ) -> bool {
        let Some(settings) = self.settings.http2 else {
            return false;
        };
        let bytes = request.bytes();
        let head = request.head();
        let asks = head.upgrade(&bytes).is_some_and(|offer| {
            offer
                .split(|b| *b == b',')
                .any(|name| name.trim_ascii().eq_ignore_ascii_case(b"h2c"))
        });
        let given = head.get(&bytes, b"http2-settings").and_then(base64url);
        let (true, Some(given), Body::Empty) = (asks, given, request.body()) else {
            return false;
        };
        if connection.is_secure() || connection.stream() != 0 {
            return false;
        }
        let mut first = Vec::new();
        let Ok(codec) = Codec::upgraded(settings, &given, &mut first) else {
            return false;
        };
        let switched = self.gather(connection, |out, stamp| {
            let mut codec = connection.codec.borrow_mut();
            let mut response = codec.respond(out, stamp, 101)?;
            response.header(b"Upgrade", b"h2c")?;
            response.switch()
        });
        if switched.is_err() {
            return false;
        }
        let mut text = bytes[..head.len()].to_vec();
        let length = text.len();
        text.extend_from_slice(&[b' '; 32]);
        let trunk = Trunk::new(self, connection, codec);
        let _only_once = connection.protocol.set(Rc::clone(&trunk) as Rc<_>);
        self.append(connection, |out| out.extend_from_slice(&first));
        self.switch(connection);
        trunk.take(self, connection, 1, true, (text, length));
        true
    }
}

/// RFC 4648, section 5, without padding.
fn base64url(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut count) = (0_u32, 0);
    for letter in text.iter().take_while(|letter| **letter != b'=') {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'-' | b'+' => 62,
            b'_' | b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    Some(bytes)
}

impl Trunk {
    /// A head has come.
    pub(super) fn begin(
        &self,
        core: &Core,
        connection: &Rc<Connection>,
        id: u32,
        end: bool,
        verdict: Verdict,
    ) {
        let text = self.state.borrow_mut().codec.take_text();
        if verdict == Verdict::Good {
            return self.take(core, connection, id, end, text);
        }
        let own = self.open(connection, id, false);
        self.refuse(
            core,
            connection,
            &own,
            431,
            "The request has too many fields.",
        );
    }

    /// Makes the connection of a stream.
    fn open(&self, connection: &Rc<Connection>, id: u32, is_head: bool) -> Rc<Connection> {
        let own = self.branch_off(connection, id);
        let task = Task {
            connection: Rc::clone(&own),
            body: Incoming::Nothing,
            writing: Writing::Head,
            trailers: None,
            is_head,
            since: reactor::coarse_now(),
            received: 0,
            held: 0,
        };
        self.state.borrow_mut().codec.keep(id, task);
        own
    }

    /// Takes the text of a head, with blanks behind it.
    fn take(
        &self,
        core: &Core,
        connection: &Rc<Connection>,
        id: u32,
        end: bool,
        (mut text, length): (Vec<u8>, usize),
    ) {
        let own = self.open(connection, id, text.starts_with(b"HEAD "));
        let Some(mut exchange) = core.blank(&own) else {
            return;
        };
        let blank = Rc::get_mut(&mut exchange).expect("nobody else holds a blank record");
        let head = &mut blank.request.head;
        let limits = &core.settings.limits;
        let parsed = own
            .codec
            .borrow_mut()
            .feed_stream(&text, length, head, limits, !end);
        if let Err(error) = parsed {
            core.keep(exchange);
            return self.refuse(core, connection, &own, error.status(), error.message());
        }
        text.truncate(length);
        // What is told of the request is the version that was spoken.
        let line = head.request_line(&text).len();
        text[line - 3..line].copy_from_slice(b"2.0");
        let now = reactor::coarse_now();
        if end {
            *blank.request.bytes.get_mut() = Bytes::Own(text);
            blank.request.started = now;
            let next = core.dispatch(&own, exchange);
            return core.keep(next);
        }
        let head = std::mem::take(head);
        let waits = head.expect_continue();
        if core.service.streams(&head, &text) {
            let stream = Rc::new(Stream::new(core.me.clone(), &own));
            if let Some(task) = self.state.borrow_mut().codec.kept(id) {
                task.body = Incoming::Read(Rc::clone(&stream));
            }
            *blank.request.bytes.get_mut() = Bytes::Own(text);
            blank.request.head = head;
            blank.request.body = Body::Stream(stream);
            blank.request.started = now;
            if waits {
                let _gone = own.send(b"HTTP/1.1 100 Continue\r\n\r\n");
            }
            let next = core.dispatch(&own, exchange);
            return core.keep(next);
        }
        core.keep(exchange);
        let length = match head.framing() {
            Framing::Length(length) => Some(length),
            _ => None,
        };
        if length.is_some_and(|length| length > core.settings.limits.body_bytes) {
            let error = highper_http1::Error::BodyTooLarge;
            return self.refuse(core, connection, &own, error.status(), error.message());
        }
        let most = core.service.body_limit(&head, &text);
        match Collector::new(head.content_type(&text), length, most, &core.settings) {
            Ok(collector) => {
                let partial = Partial {
                    head,
                    bytes: text,
                    collector,
                    started: now,
                };
                if let Some(task) = self.state.borrow_mut().codec.kept(id) {
                    task.body = Incoming::Collected(Box::new(partial));
                }
                if waits {
                    let _gone = own.send(b"HTTP/1.1 100 Continue\r\n\r\n");
                }
            }
            Err(Refusal { status, text }) => self.refuse(core, connection, &own, status, &text),
        }
    }

    /// A piece of a body has come.
    pub(super) fn data(
        &self,
        core: &Core,
        connection: &Rc<Connection>,
        id: u32,
        data: &[u8],
        end: bool,
    ) {
        let mut refusal = None;
        let mut whole = None;
        let mut reader = None;
        let own;
        {
            let mut state = self.state.borrow_mut();
            let State { codec, control, .. } = &mut *state;
            let Some(task) = codec.kept(id) else { return };
            own = Rc::clone(&task.connection);
            task.since = reactor::coarse_now();
            task.received += data.len() as u64;
            if task.received > core.settings.limits.body_bytes {
                let error = highper_http1::Error::BodyTooLarge;
                refusal = Some(Refusal {
                    status: error.status(),
                    text: error.message().to_owned(),
                });
            }
            let mut credit = data.len();
            match &mut task.body {
                Incoming::Nothing => {}
                Incoming::Collected(partial) => {
                    if refusal.is_none() {
                        refusal = partial.collector.push(data).err();
                    }
                    if end && refusal.is_none() {
                        match std::mem::replace(&mut task.body, Incoming::Nothing) {
                            Incoming::Collected(partial) => whole = Some((partial, task.received)),
                            other => task.body = other,
                        }
                    }
                }
                Incoming::Read(stream) => {
                    reader = Some(Rc::clone(stream));
                    if stream.would_hold(data.len()) {
                        task.held += credit;
                        credit = 0;
                    }
                }
            }
            codec.used(id, credit, control);
        }
        self.flush_control(core, connection);
        if let Some(Refusal { status, text }) = refusal {
            return self.refuse(core, connection, &own, status, &text);
        }
        if let Some(stream) = reader {
            if !stream.is_over() {
                if !data.is_empty() {
                    stream.push(data);
                }
                stream.hold();
                if end {
                    stream.complete();
                }
            }
            return;
        }
        let Some((partial, received)) = whole else {
            return;
        };
        let Partial {
            head,
            bytes,
            collector,
            started,
        } = *partial;
        match collector.finish() {
            Ok(body) => {
                let Some(mut exchange) = core.blank(&own) else {
                    return;
                };
                let blank = Rc::get_mut(&mut exchange).expect("nobody else holds a blank record");
                *blank.request.bytes.get_mut() = Bytes::Own(bytes);
                blank.request.head = head;
                blank.request.body = match received {
                    0 => Body::Empty,
                    _ => body,
                };
                blank.request.started = started;
                let next = core.dispatch(&own, exchange);
                core.keep(next);
            }
            Err(Refusal { status, text }) => self.refuse(core, connection, &own, status, &text),
        }
    }

    /// Answers a request that can't be served.
    pub(super) fn refuse(
        &self,
        core: &Core,
        connection: &Rc<Connection>,
        own: &Rc<Connection>,
        status: u16,
        text: &str,
    ) {
        let id = own.stream();
        if let Some(task) = self.state.borrow_mut().codec.kept(id) {
            let body = std::mem::replace(&mut task.body, Incoming::Nothing);
            if let Incoming::Read(stream) = body {
                stream.fail(crate::stream::StreamError::Refused(status, text.to_owned()));
            }
        }
        core.set_stamp();
        let text = match status {
            413 if !core.settings.explain_size => "",
            _ => text,
        };
        let mut out = Vec::new();
        let _ends = own
            .codec
            .borrow_mut()
            .refuse(&mut out, &core.stamp.borrow(), status, text);
        core.service.refused(connection, status, text);
        let _gone = own.send(&out);
        let exchange = own.exchange.borrow_mut().take();
        if let Some(exchange) = exchange {
            exchange.progress.set(crate::exchange::Progress::Complete);
            core.answered.set(core.answered.get() + 1);
            core.service.answered(&exchange);
        }
        // Where the response had begun, only the stream's end tells the client.
        if let Some(branch) = own.branch() {
            branch.over();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_in_a_field_are_decoded() {
        assert_eq!(
            base64url(b"AAMAAABkAAQAAP__").unwrap(),
            [0, 3, 0, 0, 0, 100, 0, 4, 0, 0, 255, 255]
        );
        assert_eq!(base64url(b"").unwrap(), b"");
        assert_eq!(base64url(b"A*"), None);
    }
}
