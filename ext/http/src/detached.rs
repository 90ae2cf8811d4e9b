//! A request that is parsed from bytes that came some other way than by a connection of ours.

use crate::form::Kind;
use crate::multipart::{self, Parser};
use crate::upload::{Config, Form, Uploads};
use highper_http1::{Conn, Error, Event, Head, Limits};
use std::path::PathBuf;

/// A request under construction.
pub struct Detached {
    codec: Conn,
    limits: Limits,
    head: Head,
    /// All that was taken.
    raw: Vec<u8>,
    /// Where the codec stands in it.
    at: usize,
    /// The length of the head, once it is there.
    head_length: Option<usize>,
    body: Vec<u8>,
    form: Option<Form>,
    is_complete: bool,
    failure: Option<Error>,
}

impl Detached {
    /// Nothing yet.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            codec: Conn::new(),
            limits,
            head: Head::new(),
            raw: Vec::new(),
            at: 0,
            head_length: None,
            body: Vec::new(),
            form: None,
            is_complete: false,
            failure: None,
        }
    }

    /// Takes bytes. Returns how many belong to the request: fewer than given when it is complete
    /// before their end, none when it is malformed.
    pub fn feed(&mut self, bytes: &[u8]) -> usize {
        if self.is_complete || self.failure.is_some() {
            return 0;
        }
        let before = self.raw.len();
        self.raw.extend_from_slice(bytes);
        loop {
            let step = self
                .codec
                .feed(&self.raw[self.at..], &mut self.head, &self.limits);
            let start = self.at;
            self.at += step.used;
            match step.event {
                Event::NeedMore | Event::Upgraded | Event::Closed | Event::Pause => {
                    return bytes.len();
                }
                Event::Head => {
                    // Empty lines before the request are no part of it.
                    let length = self.head.len();
                    let skipped = self.at - start - length;
                    self.raw.drain(..start + skipped);
                    self.at = length;
                    self.head_length = Some(length);
                    if !self.head.has_body() {
                        return self.complete(before);
                    }
                }
                Event::Body(data) => self.body.extend_from_slice(data),
                Event::End => return self.complete(before),
                Event::Error(error) => {
                    self.failure = Some(error);
                    self.raw.truncate(before);
                    return 0;
                }
                _ => {}
            }
        }
    }

    fn complete(&mut self, before: usize) -> usize {
        self.is_complete = true;
        self.raw.truncate(self.at);
        self.at.saturating_sub(before.min(self.at))
    }

    /// Reads a multipart body's fields and files, the latter to this folder.
    pub fn read_form(&mut self, dir: PathBuf) {
        let kind = self.head.content_type(&self.raw).map(Kind::of);
        let Some(Ok(Kind::Multipart(boundary))) = kind else {
            return;
        };
        let mut parser = Parser::new(&boundary, multipart::Limits::default());
        let mut uploads = Uploads::new(Config {
            dir,
            file_bytes: u64::MAX,
            ..Config::default()
        });
        // What is malformed is left out, as far as it came.
        if parser.feed(&self.body, &mut uploads).is_ok() {
            self.form = Some(uploads.finish());
        }
    }

    /// The head and the bytes that its methods take, once it is there.
    #[must_use]
    pub fn head(&self) -> Option<(&Head, &[u8])> {
        self.head_length.map(|_| (&self.head, &*self.raw))
    }

    /// The codec, as it stands.
    pub(crate) fn codec(&self) -> Conn {
        self.codec.clone()
    }

    /// The status to refuse it with, and why; `None` while nothing is wrong with it.
    #[must_use]
    pub fn failure(&self) -> Option<(u16, &'static str)> {
        self.failure
            .as_ref()
            .map(|error| (error.status(), error.message()))
    }

    /// Appends `100 Continue` where the client waits for it before it sends the body.
    pub fn want_body(&mut self, out: &mut Vec<u8>) {
        self.codec.want_body(out);
    }

    /// Is the whole request there?
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// All bytes that were taken.
    #[must_use]
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// The body, as far as it came.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The form, where there is one and it was read.
    #[must_use]
    pub fn form(&self) -> Option<&Form> {
        self.form.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_in_two_pieces() {
        let mut request = Detached::new(Limits::default());
        let head = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n";
        assert_eq!(request.feed(head), head.len());
        assert!(!request.is_complete());
        assert_eq!(request.feed(b"abcGET"), 3);
        assert!(request.is_complete());
        assert_eq!(request.body(), b"abc");
        assert_eq!(request.raw(), [&head[..], b"abc"].concat());
    }

    #[test]
    fn every_byte_on_its_own() {
        let text = b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n";
        let mut request = Detached::new(Limits::default());
        for byte in text {
            assert_eq!(request.feed(&[*byte]), 1);
        }
        assert!(request.is_complete());
        assert_eq!((request.body(), request.raw()), (&b"ab"[..], &text[..]));
    }

    #[test]
    fn nonsense_is_not_taken() {
        let mut request = Detached::new(Limits::default());
        assert_eq!(request.feed(b"broken\r\n\r\n"), 0);
        assert!(request.raw().is_empty() && request.head().is_none());
    }
}
