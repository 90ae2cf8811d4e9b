//! Reading a request's body piece by piece, whether it has arrived or is on its way.

use crate::exception::cancelled;
use crate::exception::http_exception::exception;
use crate::incoming::Incoming;
use highper_http::{Body, StreamError};
use highper_zend::{Str, Throw};
use std::os::unix::fs::FileExt;

/// What `read()` gives unless told otherwise.
pub(crate) const PIECE: i64 = 64 * 1024;

/// The next bytes of the body, at most `max`; empty at its end.
pub(crate) fn read(incoming: &Incoming, max: usize) -> Result<Str, Throw> {
    let request = incoming.exchange().request();
    let at = incoming.body_at.get();
    let piece = match request.body() {
        Body::Stream(stream) => return stream.read(max, |bytes| Str::new(bytes)).map_err(ended),
        Body::Empty | Body::Form(_) => return Ok(Str::new(b"")),
        Body::Memory(bytes) => {
            let start = usize::try_from(at).map_or(bytes.len(), |at| at.min(bytes.len()));
            Str::new(&bytes[start..bytes.len().min(start.saturating_add(max))])
        }
        Body::File(file, length) => {
            let left = usize::try_from(length.saturating_sub(at)).unwrap_or(max);
            let mut bytes = vec![0; left.min(max)];
            file.borrow()
                .read_exact_at(&mut bytes, at)
                .map_err(crate::request::unreadable)?;
            Str::new(&bytes)
        }
    };
    incoming.body_at.set(at + piece.as_bytes().len() as u64);
    Ok(piece)
}

/// What is left of a body that is on its way; `None` for one that has arrived.
pub(crate) fn rest(incoming: &Incoming) -> Result<Option<Str>, Throw> {
    let Body::Stream(stream) = incoming.exchange().request().body() else {
        return Ok(None);
    };
    let mut all = Vec::new();
    loop {
        let before = all.len();
        stream
            .read(usize::MAX, |bytes| all.extend_from_slice(bytes))
            .map_err(ended)?;
        if all.len() == before {
            return Ok(Some(Str::new(&all)));
        }
    }
}

/// For what needs the whole form.
pub(crate) fn collected(incoming: &Incoming) -> Result<(), Throw> {
    match incoming.exchange().request().body() {
        Body::Stream(_) => Err(Throw::error(
            "the body of this route is streamed (#[StreamBody]) and not read as a form: take it by read() or body(), or leave the attribute away",
        )),
        _ => Ok(()),
    }
}

fn ended(error: StreamError) -> Throw {
    match error {
        StreamError::Gone => cancelled::disconnected(),
        StreamError::Refused(status, text) => exception(status, &text),
        StreamError::Cancelled => cancelled::cancelled(),
        StreamError::Deadline => cancelled::late(),
        StreamError::Answered | StreamError::CannotWait => Throw::error(error.to_string()),
    }
}
