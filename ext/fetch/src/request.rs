//! A request.

use crate::Url;
use highper_client::Part;
use std::time::Duration;

/// Gives a body piece by piece; a failure is kept by who made it.
pub trait Source {
    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// Nothing but that there is one.
    #[allow(clippy::result_unit_err)]
    fn next(&mut self) -> Result<Option<Vec<u8>>, ()>;
}

/// What a request carries.
pub enum Body<'a> {
    /// Nothing.
    None,
    /// These bytes.
    Bytes(&'a [u8]),
    /// Bytes and files, so many bytes together.
    Parts(&'a [Part], u64),
    /// What comes, once.
    Source(&'a mut dyn Source),
}

impl Body<'_> {
    /// Can it be sent a second time?
    #[must_use]
    pub fn is_repeatable(&self) -> bool {
        !matches!(self, Self::Source(_))
    }
}

/// What becomes of the answer's body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// It is read whole, into memory.
    Whole,
    /// It is read by who has asked, piece by piece.
    Pieces,
}

/// A request.
pub struct Request<'a> {
    /// The method.
    pub method: Vec<u8>,
    /// What it is for.
    pub url: Url,
    /// Its own fields.
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
    /// What it carries.
    pub body: Body<'a>,
    /// What becomes of the answer's body.
    pub mode: Mode,
    /// How long it may take; `None` for as long as it takes.
    pub timeout: Option<Duration>,
    /// How often it may be repeated.
    pub retries: u32,
    /// How many redirects are followed.
    pub redirects: u32,
    /// Bytes of the answer's body at most.
    pub max_body: u64,
    /// It was redirected to another server: what the settings have for the first one's eyes stays away.
    pub is_elsewhere: bool,
}

/// Fields that are for one server alone.
const PRIVATE: [&[u8]; 3] = [b"authorization", b"cookie", b"proxy-authorization"];

/// May a request be repeated without harm? RFC 9110, section 9.2.2.
#[must_use]
pub fn is_idempotent(method: &[u8]) -> bool {
    matches!(
        method,
        b"GET" | b"HEAD" | b"PUT" | b"DELETE" | b"OPTIONS" | b"TRACE"
    )
}

impl Request<'_> {
    pub(crate) fn has(&self, name: &[u8]) -> bool {
        self.headers
            .iter()
            .any(|(have, _)| have.eq_ignore_ascii_case(name))
    }

    /// Is a field of the settings to be sent with it?
    pub(crate) fn takes(&self, name: &[u8]) -> bool {
        let is_private = || PRIVATE.iter().any(|own| name.eq_ignore_ascii_case(own));
        !(self.has(name) || self.is_elsewhere && is_private())
    }

    pub(crate) fn drop_headers(&mut self, names: &[&[u8]]) {
        self.headers
            .retain(|(have, _)| !names.iter().any(|name| have.eq_ignore_ascii_case(name)));
    }
}
