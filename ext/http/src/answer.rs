//! The answer to a request that came some other way than by a connection of ours: as bytes, for whoever sends them.

use crate::detached::Detached;
use crate::exchange::{Progress, SendError};
use highper_http1::{After, Conn, EncodeError, Event, Head, Limits, Response, Stamp};
use std::cell::{Cell, RefCell};
use std::time::{SystemTime, UNIX_EPOCH};

/// The fields that every answer has: Server, Date, and whether the connection is kept.
pub struct Signature(RefCell<Stamp>);

impl Signature {
    /// With this field Server. Every answer that keeps its connection says so, as Swoole's do.
    ///
    /// # Errors
    /// [`EncodeError::Value`] when it can't be sent.
    pub fn new(server: &str) -> Result<Self, EncodeError> {
        let stamp = Stamp::new(Some(server))?.always_say_keep_alive(true);
        Ok(Self(RefCell::new(stamp)))
    }

    fn with<R>(&self, f: impl FnOnce(&Stamp) -> R) -> R {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let mut stamp = self.0.borrow_mut();
        stamp.set(now.unwrap_or_default().as_secs());
        f(&stamp)
    }
}

/// One answer. What it has to say is appended to a buffer.
pub struct Answer {
    codec: RefCell<Conn>,
    progress: Cell<Progress>,
    after: Cell<Option<After>>,
}

impl Answer {
    /// To a request that is complete.
    #[must_use]
    pub fn to(request: &Detached) -> Self {
        Self::with(request.codec())
    }

    /// To a request that somebody else has read: as if it were a GET of HTTP/1.1 on a connection that is kept.
    #[must_use]
    pub fn to_any() -> Self {
        let mut codec = Conn::new();
        let step = codec.feed(
            b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
            &mut Head::new(),
            &Limits::default(),
        );
        debug_assert_eq!(step.event, Event::Head);
        Self::with(codec)
    }

    fn with(codec: Conn) -> Self {
        Self {
            codec: RefCell::new(codec),
            progress: Cell::new(Progress::Waiting),
            after: Cell::new(None),
        }
    }

    /// Where it stands.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress.get()
    }

    /// Will the connection serve another request, as far as is known by now?
    #[must_use]
    pub fn keeps_alive(&self) -> bool {
        match self.after.get() {
            None => !self.codec.borrow().closes(),
            Some(after) => after == After::KeepAlive,
        }
    }

    /// Does the connection speak another protocol now?
    #[must_use]
    pub fn is_upgraded(&self) -> bool {
        self.after.get() == Some(After::Upgrade)
    }

    /// Has the connection closed after it.
    pub fn close_after(&self) {
        self.codec.borrow_mut().close_after();
    }

    fn write_to<R>(
        out: &mut Vec<u8>,
        write: impl FnOnce(&mut Vec<u8>) -> Result<R, EncodeError>,
    ) -> Result<R, SendError> {
        let start = out.len();
        write(out).map_err(|error| {
            out.truncate(start);
            error.into()
        })
    }

    fn ended(&self, after: After) {
        self.after.set(Some(after));
        self.progress.set(Progress::Complete);
    }

    fn waiting(&self) -> Result<(), SendError> {
        match self.progress.get() {
            Progress::Waiting => Ok(()),
            Progress::Streaming => Err(SendError::Started),
            Progress::Complete => Err(SendError::Complete),
        }
    }

    fn begin<R>(
        &self,
        out: &mut Vec<u8>,
        signature: &Signature,
        line: (u16, Option<&[u8]>),
        rest: impl FnOnce(Response<'_>) -> Result<R, EncodeError>,
    ) -> Result<R, SendError> {
        self.waiting()?;
        let (status, reason) = line;
        Self::write_to(out, |out| {
            signature.with(|stamp| {
                let mut codec = self.codec.borrow_mut();
                let response = match reason {
                    None => codec.respond(out, stamp, status)?,
                    Some(reason) => codec.respond_with(out, stamp, status, reason)?,
                };
                rest(response)
            })
        })
    }

    /// The whole answer. `line`: status and reason.
    ///
    /// # Errors
    /// [`SendError`]; nothing is appended then.
    pub fn respond<F>(
        &self,
        out: &mut Vec<u8>,
        signature: &Signature,
        line: (u16, Option<&[u8]>),
        fields: F,
        body: &[u8],
    ) -> Result<(), SendError>
    where
        F: FnOnce(&mut Response<'_>) -> Result<(), EncodeError>,
    {
        let after = self.begin(out, signature, line, |mut response| {
            fields(&mut response)?;
            response.full(body)
        })?;
        self.ended(after);
        Ok(())
    }

    /// The head; the body follows by [`Answer::write`] and [`Answer::finish`], or, where its length is given, in
    /// some other way ([`Answer::sends_body`], [`Answer::sent`]).
    ///
    /// # Errors
    /// [`SendError`]; nothing is appended then.
    pub fn start<F>(
        &self,
        out: &mut Vec<u8>,
        signature: &Signature,
        line: (u16, Option<&[u8]>),
        length: Option<u64>,
        fields: F,
    ) -> Result<(), SendError>
    where
        F: FnOnce(&mut Response<'_>) -> Result<(), EncodeError>,
    {
        self.begin(out, signature, line, |mut response| {
            fields(&mut response)?;
            match length {
                Some(length) => response.length(length),
                None => response.stream(),
            }
        })?;
        self.progress.set(Progress::Streaming);
        Ok(())
    }

    /// A 101: all that follows belongs to another protocol. `fields` has Upgrade among them.
    ///
    /// # Errors
    /// [`SendError`]; nothing is appended then. [`EncodeError::Status`] when the request did not ask for it.
    pub fn upgrade<F>(
        &self,
        out: &mut Vec<u8>,
        signature: &Signature,
        fields: F,
    ) -> Result<(), SendError>
    where
        F: FnOnce(&mut Response<'_>) -> Result<(), EncodeError>,
    {
        let after = self.begin(out, signature, (101, None), |mut response| {
            fields(&mut response)?;
            response.switch()
        })?;
        self.ended(after);
        Ok(())
    }

    fn streaming(&self) -> Result<(), SendError> {
        match self.progress.get() {
            Progress::Streaming => Ok(()),
            _ => Err(SendError::Complete),
        }
    }

    /// A piece of the body.
    ///
    /// # Errors
    /// [`SendError::Complete`] before the head or after the end.
    pub fn write(&self, out: &mut Vec<u8>, data: &[u8]) -> Result<(), SendError> {
        self.streaming()?;
        Self::write_to(out, |out| self.codec.borrow_mut().write(out, data))
    }

    /// Does a body go on the wire? Not to HEAD, nor with some statuses.
    #[must_use]
    pub fn sends_body(&self) -> bool {
        self.codec.borrow().sends_body()
    }

    /// So many bytes of a body whose length was given are sent by somebody else.
    ///
    /// # Errors
    /// [`SendError`]: there are not so many to be sent.
    pub fn sent(&self, length: u64) -> Result<(), SendError> {
        self.streaming()?;
        Ok(self.codec.borrow_mut().sent(length)?)
    }

    /// The end of a body.
    ///
    /// # Errors
    /// [`SendError::Complete`] when there is none under way, and a trailer that can't be sent.
    pub fn finish(&self, out: &mut Vec<u8>, trailers: &[(&[u8], &[u8])]) -> Result<(), SendError> {
        self.streaming()?;
        let after = Self::write_to(out, |out| self.codec.borrow_mut().finish(out, trailers))?;
        self.ended(after);
        Ok(())
    }

    /// Gives it up: only the connection's end tells the client.
    pub fn abort(&self) {
        let after = self.codec.borrow_mut().abort();
        self.ended(after);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_follow_their_requests() {
        let signature = Signature::new("test").unwrap();
        let answer_to = |request: &str| {
            let mut detached = Detached::new(Limits::default());
            assert_eq!(detached.feed(request.as_bytes()), request.len());
            Answer::to(&detached)
        };
        let mut out = Vec::new();
        let kept = answer_to("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        kept.respond(&mut out, &signature, (200, None), |_| Ok(()), b"hi")
            .unwrap();
        assert!(kept.keeps_alive() && out.ends_with(b"Content-Length: 2\r\n\r\nhi"));
        assert_eq!(
            kept.respond(&mut out, &signature, (200, None), |_| Ok(()), b"hi"),
            Err(SendError::Complete)
        );
        out.clear();
        let old = answer_to("HEAD / HTTP/1.0\r\n\r\n");
        old.start(&mut out, &signature, (200, None), Some(5), |_| Ok(()))
            .unwrap();
        assert!(!old.sends_body());
        old.finish(&mut out, &[]).unwrap();
        assert!(!old.keeps_alive() && out.ends_with(b"\r\n\r\n"));
        out.clear();
        let upgrade =
            answer_to("GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
        upgrade
            .upgrade(&mut out, &signature, |head| head.header(b"Upgrade", b"x"))
            .unwrap();
        assert!(upgrade.is_upgraded() && !upgrade.keeps_alive());
        let plain = Answer::to_any();
        let refused = plain.upgrade(&mut out, &signature, |_| Ok(()));
        assert_eq!(refused, Err(SendError::Encode(EncodeError::Status(101))));
        assert_eq!(plain.progress(), Progress::Waiting);
    }
}
