//! Responses that are always the same but for their date.

use crate::conn::{After, Conn};
use crate::{EncodeError, Stamp};
use std::cell::RefCell;

/// A whole response that is written once a second and copied each time: see [`Conn::respond_ready`].
#[derive(Debug)]
pub struct Ready {
    status: u16,
    lines: Box<[u8]>,
    body: Box<[u8]>,
    made: RefCell<Made>,
}

/// As it goes on the wire.
#[derive(Debug, Default)]
struct Made {
    /// The state of the stamp that it was made with; 0 for none.
    stamp: u64,
    text: Vec<u8>,
}

impl Ready {
    /// Of fields that are lines (see [`crate::Response::lines`] for what the caller has checked) and a body.
    #[must_use]
    pub fn new(status: u16, lines: &[u8], body: &[u8]) -> Self {
        Self {
            status,
            lines: lines.into(),
            body: body.into(),
            made: RefCell::default(),
        }
    }

    /// Its status.
    #[inline]
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Its body.
    #[inline]
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

impl Conn {
    /// A whole response that stands ready: the same as [`Conn::respond_lines`], in one copy.
    ///
    /// # Errors
    /// As there.
    #[inline]
    pub fn respond_ready(
        &mut self,
        out: &mut Vec<u8>,
        stamp: &Stamp,
        ready: &Ready,
    ) -> Result<After, EncodeError> {
        if !self.is_ordinary() || stamp.says_keep_alive() {
            return self.respond_lines(out, stamp, ready.status, &ready.lines, &ready.body);
        }
        {
            let made = ready.made.borrow();
            if made.stamp == stamp.state() {
                out.extend_from_slice(&made.text);
                return Ok(self.end());
            }
        }
        self.make_ready(out, stamp, ready)
    }

    #[cold]
    fn make_ready(
        &mut self,
        out: &mut Vec<u8>,
        stamp: &Stamp,
        ready: &Ready,
    ) -> Result<After, EncodeError> {
        let start = out.len();
        let after = self.respond_lines(out, stamp, ready.status, &ready.lines, &ready.body)?;
        let mut made = ready.made.borrow_mut();
        made.stamp = stamp.state();
        made.text.clear();
        made.text.extend_from_slice(&out[start..]);
        Ok(after)
    }
}
