//! Responses of requests whose superglobals, session and output are their own (`highper.superglobals=request`): what
//! was printed and what `header()` set goes into them.

use super::{State, sent, warn_of_broken};
use highper_http::{Exchange, Progress, SendError};
use highper_runtime::superglobals;
use highper_zend::{Call, Done, Str};

/// The server frames the body itself.
fn is_framing(name: &[u8]) -> bool {
    [&b"content-length"[..], b"transfer-encoding", b"connection"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}

impl State {
    /// The request has superglobals of its own: its response is never the plain one.
    pub(crate) fn is_own(&self) {
        self.own.set(true);
        self.dressed.set(true);
    }

    /// Takes what `header()` set, where the response does not have it. The head is sent next.
    pub(super) fn take_own_head(&self) {
        let (status, headers) = superglobals::head();
        if self.status.get() == 0 && status != 200 {
            self.status.set(status);
        }
        let lines: Vec<_> = headers
            .into_iter()
            .filter(|(name, _)| !is_framing(name) && !self.has(name))
            .collect();
        for (name, value) in lines {
            if name.eq_ignore_ascii_case(b"set-cookie") {
                self.cookies.borrow_mut().push(value);
            } else {
                self.fields.borrow_mut().add_text(&name, &value);
            }
        }
    }

    /// The same, and gives what was printed.
    fn take_own(&self) -> Vec<u8> {
        self.take_own_head();
        superglobals::answer().body().to_vec()
    }

    /// The handler has ended without `end()`: what it printed is the body.
    ///
    /// # Errors
    /// As [`Exchange::respond`].
    pub(crate) fn send_own(&self, exchange: &Exchange) -> Result<(), SendError> {
        if self.detached.get() {
            return Ok(());
        }
        match exchange.progress() {
            Progress::Complete => Ok(()),
            Progress::Streaming => match superglobals::answer().body() {
                [] => Ok(()),
                printed => exchange.write(printed),
            },
            Progress::Waiting => {
                let body = self.take_own();
                self.send(exchange, self.status(), &body)
            }
        }
    }
}

/// `end()`
pub(super) fn end(call: &Call, exchange: &Exchange) -> Done {
    let content = call.opt_str(0)?;
    let content = content.as_ref().map_or(&b""[..], Str::as_bytes);
    let this = call.this::<State>()?;
    let mut body = match exchange.progress() {
        Progress::Waiting => this.take_own(),
        _ => superglobals::answer().body().to_vec(),
    };
    body.extend_from_slice(content);
    warn_of_broken(call, exchange)?;
    let result = match exchange.progress() {
        Progress::Waiting => this.send(exchange, this.status(), &body),
        _ => {
            let trailers = this.trailers.borrow();
            let trailers: Vec<(&[u8], &[u8])> = trailers
                .iter()
                .map(|(n, v)| (n.as_slice(), v.as_slice()))
                .collect();
            let last = match body.is_empty() {
                true => Ok(()),
                false => exchange.write(&body),
            };
            last.and_then(|()| exchange.finish_with(&trailers))
        }
    };
    if result.is_ok() {
        superglobals::shut();
    }
    sent(call, result)
}

/// What `write()` sends, and `end()`: what was printed before it comes first.
pub(super) fn piece(this: &State, progress: Progress, content: Str) -> Str {
    let mut printed = match progress {
        Progress::Waiting => this.take_own(),
        _ => superglobals::answer().body().to_vec(),
    };
    if printed.is_empty() {
        return content;
    }
    printed.extend_from_slice(content.as_bytes());
    Str::new(printed)
}
