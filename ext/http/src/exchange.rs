//! One request and its response.

use crate::connection::Connection;
use crate::output::Shared;
use crate::request::{Body, Bytes, Request};
use crate::server::Core;
use highper_http1::{After, EncodeError, Ready, Response};
use std::cell::Cell;
use std::fs::File;
use std::rc::Rc;

/// A body of at least so many bytes is sent from where it is instead of being copied.
const SHARE_FROM: usize = 16 * 1024;

/// Where a response stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// Nothing was sent.
    Waiting,
    /// The head was sent, the body is under way.
    Streaming,
    /// All was handed over.
    Complete,
}

/// Why a response could not be sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SendError {
    /// The response was complete already.
    Complete,
    /// The head was sent already.
    Started,
    /// The client is gone.
    Gone,
    /// A field or the status can't be sent as given.
    Encode(EncodeError),
}

impl std::fmt::Display for SendError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Complete => f.write_str("the response is complete already"),
            Self::Started => f.write_str("the response's head was sent already"),
            Self::Gone => f.write_str("the client has closed the connection"),
            Self::Encode(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SendError {}

impl From<EncodeError> for SendError {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error)
    }
}

/// A request under way. The service keeps it as long as it may still answer.
pub struct Exchange {
    pub(crate) core: Rc<Core>,
    pub(crate) connection: Rc<Connection>,
    pub(crate) request: Request,
    pub(crate) progress: Cell<Progress>,
    pub(crate) status: Cell<u16>,
    pub(crate) body_bytes: Cell<u64>,
    pub(crate) owner: Cell<u64>,
    pub(crate) tag: Cell<Option<u16>>,
}

impl Exchange {
    /// As good as new, for another request.
    pub(crate) fn renew(&mut self) {
        *self.request.bytes.get_mut() = Bytes::Own(Vec::new());
        if !matches!(self.request.body, Body::Empty) {
            self.request.body = Body::Empty;
        }
        self.progress.set(Progress::Waiting);
        self.status.set(0);
        self.body_bytes.set(0);
        self.owner.set(0);
        self.tag.set(None);
    }

    /// The request.
    #[must_use]
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// The time of day when the request was there, nanoseconds since 1970.
    #[must_use]
    pub fn started_wall(&self) -> u64 {
        self.core.wall(self.request.started)
    }

    /// The connection that it came on.
    #[must_use]
    pub fn connection(&self) -> &Rc<Connection> {
        &self.connection
    }

    /// The coroutine that answers; 0 until somebody says so.
    #[must_use]
    pub fn owner(&self) -> u64 {
        self.owner.get()
    }

    /// Says which coroutine answers, so that its fatal end can be answered for it; the service is told that the request
    /// has been given to one.
    #[inline]
    pub fn set_owner(&self, coroutine: u64) {
        self.owner.set(coroutine);
        self.core.service.entered(self);
    }

    /// A number of the service's own, kept with the exchange until it is taken.
    pub fn set_tag(&self, tag: u16) {
        self.tag.set(Some(tag));
    }

    /// That number.
    #[inline]
    #[must_use]
    pub fn tag(&self) -> Option<u16> {
        self.tag.get()
    }

    /// Takes that number.
    #[must_use]
    pub fn take_tag(&self) -> Option<u16> {
        self.tag.take()
    }

    /// The status that was sent; 0 before.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status.get()
    }

    /// Bytes of the body that were handed over.
    #[must_use]
    pub fn body_bytes(&self) -> u64 {
        self.body_bytes.get()
    }

    /// Where the response stands.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress.get()
    }

    /// Can the response still be sent?
    #[must_use]
    pub fn is_writable(&self) -> bool {
        self.progress.get() != Progress::Complete && self.connection.is_open()
    }

    /// Is the client still there? One that has ended its side may still read, or have gone: TCP
    /// does not tell before something is sent, so that it is asked here, once, by an interim
    /// response; the answer comes with a later call.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        if self.connection.peer_closed.get() {
            self.probe();
        }
        self.connection.is_open()
    }

    /// Sends `102 Processing`, which a client that has gone answers with a reset. Clients of
    /// HTTP/1.0 know no interim response and are not asked.
    #[cold]
    pub(crate) fn probe(&self) {
        if self.progress.get() != Progress::Waiting || self.connection.probed.replace(true) {
            return;
        }
        // A response that can't be sent here is no news of the client.
        let _unsent = self.core.gather(&self.connection, |out, _| {
            self.connection.codec.borrow_mut().interim(out, 102, &[])
        });
        if self.connection.in_burst.get() {
            self.core.flush_gathered(&self.connection);
        }
    }

    /// Sends an informational response such as `103 Early Hints` ahead of the response. Clients of HTTP/1.0, who
    /// know none, get nothing.
    ///
    /// # Errors
    /// [`SendError::Started`] once the response has begun, [`SendError::Encode`] for a status or a field that can't
    /// be sent.
    pub fn interim(&self, status: u16, fields: &[(&[u8], &[u8])]) -> Result<(), SendError> {
        self.waiting()?;
        self.core.gather(&self.connection, |out, _| {
            let mut codec = self.connection.codec.borrow_mut();
            codec.interim(out, status, fields)
        })?;
        if self.connection.in_burst.get() {
            self.core.flush_gathered(&self.connection);
        }
        Ok(())
    }

    /// Says whether a client that ends its side is taken for gone while this response is under way: so it is with
    /// those that read a stream without an end and have nothing more to ask. Default no. To be taken back before
    /// the response is complete.
    pub fn end_with_peer(&self, ends: bool) {
        self.connection.ends_with_peer.set(ends);
    }

    /// Sends the whole response. `fields` adds the header fields.
    ///
    /// # Errors
    /// [`SendError`]; nothing was sent then, except for [`SendError::Gone`].
    pub fn respond<F>(
        &self,
        status: u16,
        reason: Option<&[u8]>,
        fields: F,
        body: &[u8],
    ) -> Result<(), SendError>
    where
        F: FnOnce(&mut Response<'_>) -> Result<(), EncodeError>,
    {
        self.waiting()?;
        let after = self.core.gather(&self.connection, |out, stamp| {
            let mut codec = self.connection.codec.borrow_mut();
            let mut response = match reason {
                None => codec.respond(out, stamp, status)?,
                Some(reason) => codec.respond_with(out, stamp, status, reason)?,
            };
            fields(&mut response)?;
            response.full(body)
        })?;
        self.status.set(status);
        self.body_bytes.set(body.len() as u64);
        self.complete(after);
        Ok(())
    }

    /// Sends a whole 200 whose only field is its content type: the same as [`Exchange::respond`], in fewer steps.
    ///
    /// # Errors
    /// As there.
    #[inline]
    pub fn respond_plain(&self, content_type: &[u8], body: &[u8]) -> Result<(), SendError> {
        self.waiting()?;
        let after = self.core.gather(&self.connection, |out, stamp| {
            self.connection
                .codec
                .borrow_mut()
                .respond_plain(out, stamp, content_type, body)
        })?;
        self.status.set(200);
        self.body_bytes.set(body.len() as u64);
        self.complete(after);
        Ok(())
    }

    /// Sends a whole response whose fields are lines that stand ready: see
    /// [`highper_http1::Response::lines`] for what the caller has checked.
    ///
    /// # Errors
    /// As [`Exchange::respond`].
    #[inline]
    pub fn respond_lines(&self, status: u16, lines: &[u8], body: &[u8]) -> Result<(), SendError> {
        self.waiting()?;
        let after = self.core.gather(&self.connection, |out, stamp| {
            let mut codec = self.connection.codec.borrow_mut();
            codec.respond_lines(out, stamp, status, lines, body)
        })?;
        self.status.set(status);
        self.body_bytes.set(body.len() as u64);
        self.complete(after);
        Ok(())
    }

    /// Sends a whole response that stands ready: the same as [`Exchange::respond_lines`], in one copy.
    ///
    /// # Errors
    /// As there.
    #[inline]
    pub fn respond_ready(&self, ready: &Ready) -> Result<(), SendError> {
        self.waiting()?;
        let after = self.core.gather(&self.connection, |out, stamp| {
            let mut codec = self.connection.codec.borrow_mut();
            codec.respond_ready(out, stamp, ready)
        })?;
        self.status.set(ready.status());
        self.body_bytes.set(ready.body().len() as u64);
        self.complete(after);
        Ok(())
    }

    /// As [`Exchange::respond`], for a body that is shared: a big one is not copied.
    ///
    /// # Errors
    /// As there.
    pub fn respond_shared<F, B>(
        &self,
        status: u16,
        reason: Option<&[u8]>,
        fields: F,
        body: B,
    ) -> Result<(), SendError>
    where
        F: FnOnce(&mut Response<'_>) -> Result<(), EncodeError>,
        B: AsRef<[u8]> + 'static,
    {
        let length = body.as_ref().len();
        if length < SHARE_FROM {
            return self.respond(status, reason, fields, body.as_ref());
        }
        self.start(status, reason, Some(length as u64), fields)?;
        self.write_shared(Box::new(body))?;
        self.finish()
    }

    /// Sends the head; the body follows by [`Exchange::write`], then [`Exchange::finish`].
    ///
    /// # Errors
    /// [`SendError`].
    pub fn start<F>(
        &self,
        status: u16,
        reason: Option<&[u8]>,
        length: Option<u64>,
        fields: F,
    ) -> Result<(), SendError>
    where
        F: FnOnce(&mut Response<'_>) -> Result<(), EncodeError>,
    {
        self.waiting()?;
        self.core.gather(&self.connection, |out, stamp| {
            let mut codec = self.connection.codec.borrow_mut();
            let mut response = match reason {
                None => codec.respond(out, stamp, status)?,
                Some(reason) => codec.respond_with(out, stamp, status, reason)?,
            };
            fields(&mut response)?;
            match length {
                Some(n) => response.length(n),
                None => response.stream(),
            }
        })?;
        self.status.set(status);
        self.progress.set(Progress::Streaming);
        Ok(())
    }

    /// Sends a piece of the body. What the socket does not take waits in memory:
    /// ask [`Connection::queued`] and [`Connection::wait_drained`] to hold back.
    ///
    /// # Errors
    /// [`SendError::Complete`] before the head or after the end, [`SendError::Gone`].
    pub fn write(&self, data: &[u8]) -> Result<(), SendError> {
        self.streaming()?;
        self.core.gather(&self.connection, |out, _| {
            self.connection.codec.borrow_mut().write(out, data)
        })?;
        self.body_bytes
            .set(self.body_bytes.get() + data.len() as u64);
        if self.connection.in_burst.get() {
            // Otherwise what is gathered belongs to another connection, whose burst led here.
            self.core.flush_gathered(&self.connection);
        }
        if self.connection.is_open() {
            Ok(())
        } else {
            Err(SendError::Gone)
        }
    }

    fn write_shared(&self, body: Shared) -> Result<(), SendError> {
        let length = (*body).as_ref().len() as u64;
        let sends = {
            let mut codec = self.connection.codec.borrow_mut();
            let sends = codec.sends_body();
            if sends {
                codec.sent(length)?;
            }
            sends
        };
        self.body_bytes.set(self.body_bytes.get() + length);
        if !sends {
            return Ok(());
        }
        let head = self.core.take_gathered(&self.connection);
        let sent = self.connection.send_shared(&head, body);
        self.core.settle(&self.connection, sent);
        Ok(())
    }

    /// Sends a file, or a part of it, as the whole body, without reading it here.
    ///
    /// # Errors
    /// [`SendError`].
    pub fn send_file<F>(
        &self,
        status: u16,
        fields: F,
        file: File,
        offset: u64,
        length: u64,
    ) -> Result<(), SendError>
    where
        F: FnOnce(&mut Response<'_>) -> Result<(), EncodeError>,
    {
        self.start(status, None, Some(length), fields)?;
        self.write_file(file, offset, length)?;
        self.finish()
    }

    /// Sends a part of a file as a piece of a body of declared length, without reading it here.
    ///
    /// # Errors
    /// [`SendError`].
    pub fn write_file(&self, file: File, offset: u64, length: u64) -> Result<(), SendError> {
        self.streaming()?;
        let sends = {
            let mut codec = self.connection.codec.borrow_mut();
            let sends = codec.sends_body();
            if sends {
                codec.sent(length)?;
            }
            sends
        };
        if sends {
            let head = self.core.take_gathered(&self.connection);
            let sent = self.connection.send_file(&head, file, offset, length);
            self.core.settle(&self.connection, sent);
        }
        self.body_bytes.set(self.body_bytes.get() + length);
        Ok(())
    }

    /// Ends a streamed response.
    ///
    /// # Errors
    /// [`SendError::Complete`] when there is none under way.
    pub fn finish(&self) -> Result<(), SendError> {
        self.finish_with(&[])
    }

    /// Ends a streamed response with trailer fields.
    ///
    /// # Errors
    /// [`SendError::Complete`] when there is none under way.
    pub fn finish_with(&self, trailers: &[(&[u8], &[u8])]) -> Result<(), SendError> {
        self.streaming()?;
        let after = self.core.gather(&self.connection, |out, _| {
            self.connection.codec.borrow_mut().finish(out, trailers)
        })?;
        self.complete(after);
        Ok(())
    }

    /// Gives the response up: the connection closes without its end.
    pub fn abort(&self) {
        if self.progress.get() == Progress::Complete {
            return;
        }
        let after = self.connection.codec.borrow_mut().abort();
        self.complete(after);
    }

    /// Closes the connection after the response.
    pub fn close_after(&self) {
        self.connection.codec.borrow_mut().close_after();
    }

    /// Forgets about the read buffer: the handler has suspended.
    pub fn detach_input(&self) {
        self.request.detach();
    }

    /// Lets the worker have the buffer back that the head of the request is in; for one that is kept.
    pub fn detach_request(&self) {
        self.request.detach();
    }

    pub(crate) fn complete(&self, after: After) {
        self.progress.set(Progress::Complete);
        self.core.completed(&self.connection, self, after);
    }

    pub(crate) fn waiting(&self) -> Result<(), SendError> {
        match self.progress.get() {
            Progress::Complete => Err(SendError::Complete),
            Progress::Streaming => Err(SendError::Started),
            Progress::Waiting if !self.connection.is_open() => Err(SendError::Gone),
            Progress::Waiting => Ok(()),
        }
    }

    fn streaming(&self) -> Result<(), SendError> {
        match self.progress.get() {
            Progress::Streaming if self.connection.is_open() => Ok(()),
            Progress::Streaming => Err(SendError::Gone),
            _ => Err(SendError::Complete),
        }
    }
}
