//! An answer.

use crate::content::Content;
use crate::one::One;
use crate::two::{Fields, Two};
use crate::{Error, Url};
use highper_client::Head;
use highper_engine::{clock, scheduler};
use std::time::Duration;

/// Fields of an answer, in the order that they came in.
#[derive(Debug)]
pub enum Headers {
    /// Of HTTP/1.1.
    One(Head),
    /// Of HTTP/2; their names are in lower case.
    Two(Fields),
}

impl Headers {
    /// Names and values.
    pub fn iter(&self) -> Box<dyn Iterator<Item = (&[u8], &[u8])> + '_> {
        match self {
            Self::One(head) => Box::new(head.fields()),
            Self::Two(fields) => Box::new(fields.iter().map(|(name, value)| (&**name, &**value))),
        }
    }

    /// The first value of a field, its name in any case.
    #[must_use]
    pub fn get(&self, name: &[u8]) -> Option<&[u8]> {
        match self {
            Self::One(head) => head
                .fields()
                .find(|(have, _)| have.eq_ignore_ascii_case(name))
                .map(|(_, value)| value),
            Self::Two(fields) => fields
                .iter()
                .find(|(have, _)| have.eq_ignore_ascii_case(name))
                .map(|(_, value)| &**value),
        }
    }
}

/// Where the rest of an answer comes from.
pub(crate) enum Incoming {
    Over,
    One(Box<One>),
    Two(Box<Two>),
}

impl Incoming {
    fn step(&mut self, content: &mut Content, deadline: Option<u64>) -> Result<(), Error> {
        match self {
            Self::Over => Ok(()),
            Self::One(one) => one.step(content, deadline),
            Self::Two(two) => two.step(content, deadline),
        }
    }

    fn is_over(&self) -> bool {
        match self {
            Self::Over => true,
            Self::One(one) => one.is_over(),
            Self::Two(two) => two.is_over(),
        }
    }

    fn has_head(&self) -> bool {
        match self {
            Self::Over => true,
            Self::One(one) => one.has_head(),
            Self::Two(two) => two.has_head(),
        }
    }
}

/// An answer whose body may still be on its way.
pub struct Response {
    /// The status.
    pub status: u16,
    /// Its fields.
    pub headers: Headers,
    /// `1.0`, `1.1` or `2`.
    pub version: &'static str,
    /// What it is an answer for, behind all redirects.
    pub url: Url,
    /// How many redirects were followed.
    pub redirects: u32,
    incoming: Incoming,
    content: Content,
    /// How long one may wait for each piece.
    patience: Option<Duration>,
}

impl Response {
    /// Waits for the head.
    pub(crate) fn receive(
        mut incoming: Incoming,
        mut content: Content,
        url: Url,
        patience: Option<Duration>,
        deadline: Option<u64>,
    ) -> Result<Self, Error> {
        while !incoming.has_head() {
            incoming.step(&mut content, deadline)?;
        }
        let (status, headers, version) = match &mut incoming {
            Incoming::One(one) => {
                let head = one.take_head();
                let version = if head.is_old { "1.0" } else { "1.1" };
                (head.status, Headers::One(head), version)
            }
            Incoming::Two(two) => {
                let (status, fields) = two.take_head();
                (status, Headers::Two(fields), "2")
            }
            Incoming::Over => (0, Headers::Two(Vec::new()), "1.1"),
        };
        if incoming.is_over() {
            incoming = Incoming::Over;
        }
        Ok(Self {
            status,
            headers,
            version,
            url,
            redirects: 0,
            incoming,
            content,
            patience,
        })
    }

    /// Waits for the rest of the body.
    pub(crate) fn fill(&mut self, deadline: Option<u64>) -> Result<(), Error> {
        while !self.incoming.is_over() {
            self.incoming.step(&mut self.content, deadline)?;
        }
        self.incoming = Incoming::Over;
        Ok(())
    }

    /// Reads and forgets a body that nobody wants, if it is short and there already or soon: the connection serves the next.
    pub(crate) fn drain(&mut self, deadline: Option<u64>) {
        const SHORT: usize = 64 * 1024;
        let mut total = 0;
        while !self.incoming.is_over() && total < SHORT {
            if self.incoming.step(&mut self.content, deadline).is_err() {
                break;
            }
            total += self.content.take().len();
        }
        self.incoming = Incoming::Over;
    }

    /// What has come of the body and was not taken yet.
    pub fn take(&mut self) -> Vec<u8> {
        self.content.take()
    }

    /// Waits for the next piece of the body; `None` at its end.
    ///
    /// # Errors
    /// What went wrong; the connection is closed then.
    pub fn next_piece(&mut self) -> Result<Option<Vec<u8>>, Error> {
        loop {
            self.content.refill()?;
            if !self.content.is_empty() {
                return Ok(Some(self.content.take()));
            }
            if self.incoming.is_over() {
                self.incoming = Incoming::Over;
                return Ok(None);
            }
            let own = self.patience.map(clock::after);
            let deadline = match (own, scheduler::deadline()) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
            let done = match deadline {
                Some(at) if at <= clock::now() => Err(Error::timeout()),
                _ => self.incoming.step(&mut self.content, deadline),
            };
            if let Err(error) = done {
                self.incoming = Incoming::Over;
                return Err(error.begun());
            }
        }
    }

    /// Waits for the rest of the body, and gives all that was not taken.
    ///
    /// # Errors
    /// As [`Response::next_piece`].
    pub fn read(&mut self) -> Result<Vec<u8>, Error> {
        let mut all = Vec::new();
        while let Some(mut piece) = self.next_piece()? {
            match all.is_empty() {
                true => all = piece,
                false => all.append(&mut piece),
            }
        }
        Ok(all)
    }

    /// Has all of the body come, decoded?
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self.incoming, Incoming::Over) && !self.content.holds_back()
    }
}
