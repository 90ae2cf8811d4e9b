//! What a request goes through before PHP, and its answer after it.
//!
//! A [`Filter`] reads a request ([`Seen`]) and either lets it pass, leaving what it has found out in
//! the request's [`Notes`], or answers it ([`Answer`]). No PHP is known here: the framework's face
//! makes filters of attributes, runs those that stand first before it enters PHP, and sends the
//! answers and the fields that were noted.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod address;
pub mod auth;
pub mod cache;
pub mod cors;
pub mod csp;
mod der;
pub mod etag;
#[cfg(test)]
mod hostile;
pub mod identity;
pub mod jwt;
mod limits;
pub mod notes;
pub mod proxies;
pub mod rate;
pub mod security;
mod token;

pub use address::Network;
pub use auth::{BasicAuth, BearerAuth};
pub use cache::{Kept, ResponseCache};
pub use cors::Cors;
pub use csp::ContentSecurityPolicy;
pub use identity::{RequestId, Trace, TraceContext};
pub use limits::{Limits, Taken};
pub use notes::Notes;
pub use proxies::TrustedProxies;
pub use rate::RateLimit;
pub use security::SecurityHeaders;

use cache::{Store, Tags};
use highper_http1::{Framing, Head, Method};
use std::io;
use std::net::IpAddr;
use std::rc::Rc;

/// Where a request came from.
pub trait Origin {
    /// The peer's address; `None` on a Unix socket.
    fn ip(&self) -> Option<IpAddr>;
    /// Did it come over TLS?
    fn is_secure(&self) -> bool;
}

/// What filters share: with those of other requests, and in part of other workers.
#[derive(Debug)]
pub struct World {
    /// Of all workers: how many requests somebody may still make.
    pub limits: Limits,
    /// Of all workers: how often tags of kept answers were ended.
    pub tags: Tags,
    /// Of this worker: kept answers.
    pub store: Store,
}

impl World {
    /// With so many buckets of limits, and so many bytes of kept answers. To be made before workers are forked.
    ///
    /// # Errors
    /// The system has not so much address space.
    pub fn new(buckets: usize, kept: usize) -> io::Result<Self> {
        Ok(Self {
            limits: Limits::new(buckets)?,
            tags: Tags::new()?,
            store: Store::new(kept),
        })
    }
}

/// A handler's answer, as filters see and change it.
pub trait Reply {
    /// The status.
    fn status(&self) -> u16;
    /// The first field of this name, in any letter case.
    fn field(&self, name: &[u8]) -> Option<&[u8]>;
    /// All fields as they go on the wire; `None` where the server has a say in one of them.
    fn lines(&self) -> Option<&[u8]>;
    /// The body, where it is in memory.
    fn body(&self) -> Option<&[u8]>;
    /// One more field. Name and value were checked.
    fn add(&mut self, name: &str, value: &[u8]);
    /// Makes it a 304 without a body.
    fn not_modified(&mut self);
}

/// What filters read of a request.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    /// The head, whose methods take [`Seen::bytes`].
    pub head: &'a Head,
    /// The head's bytes.
    pub bytes: &'a [u8],
    /// The other end of its connection.
    pub origin: &'a dyn Origin,
    /// The pattern of its route; empty where there is none.
    pub route: &'a str,
    /// What lasts longer than a request.
    pub world: &'a World,
    /// Nanoseconds of the monotonic clock.
    pub now: u64,
}

impl<'a> Seen<'a> {
    /// The first field of this name, in any letter case.
    #[must_use]
    pub fn field(&self, name: &[u8]) -> Option<&'a [u8]> {
        self.head.get(self.bytes, name)
    }

    /// The client's address: what a trusted proxy said, else the peer's.
    #[must_use]
    pub fn client(&self, notes: &Notes) -> Option<IpAddr> {
        notes.client.or_else(|| self.origin.ip())
    }

    /// Does the client speak TLS, to this server or to a trusted proxy?
    #[must_use]
    pub fn is_secure(&self, notes: &Notes) -> bool {
        notes.secure.unwrap_or_else(|| self.origin.is_secure())
    }
}

/// An answer without PHP. The fields that were noted go with it.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Nothing but a status.
    Bare(u16),
    /// An error, in the form that the client likes best; with a sentence where there is something to say.
    Problem(u16, Option<String>),
    /// One that was kept.
    Kept(Rc<Kept>),
}

/// One filter.
#[derive(Debug)]
pub enum Filter {
    /// Other origins' scripts.
    Cors(Cors),
    /// What browsers are told not to do.
    Security(SecurityHeaders),
    /// Where a page may load things from.
    Csp(ContentSecurityPolicy),
    /// How many requests.
    Rate(RateLimit),
    /// Which request it is.
    Id(RequestId),
    /// Which trace it belongs to.
    Trace(TraceContext),
    /// Who the client is behind proxies.
    Proxies(TrustedProxies),
    /// Who has signed in, by name and password.
    Basic(BasicAuth),
    /// Who has signed in, by a token.
    Bearer(BearerAuth),
    /// How many bytes a body may have.
    Body(u64),
    /// Who has an answer already is told so; are the tags weak?
    Tag(bool),
    /// Answers are kept.
    Cache(ResponseCache),
}

impl Filter {
    /// Reads a request: an answer, or it goes on.
    pub fn enter(&self, seen: &Seen<'_>, notes: &mut Notes) -> Option<Answer> {
        match self {
            Self::Cors(cors) => return cors.enter(seen, notes),
            Self::Rate(rate) => return rate.enter(seen, notes),
            Self::Basic(basic) => return basic.enter(seen, notes),
            Self::Bearer(bearer) => return bearer.enter(seen, notes),
            Self::Cache(cache) => return cache.enter(seen, notes),
            Self::Body(limit) => {
                let too_large = matches!(seen.head.framing(), Framing::Length(n) if n > *limit);
                return too_large.then_some(Answer::Problem(413, None));
            }
            Self::Tag(weak) => notes.tag = Some(*weak),
            Self::Security(security) => security.enter(seen, notes),
            Self::Csp(csp) => csp.enter(notes),
            Self::Id(id) => id.enter(seen, notes),
            Self::Trace(trace) => trace.enter(seen, notes),
            Self::Proxies(proxies) => proxies.enter(seen, notes),
        }
        None
    }

    /// Has it something to do with a handler's answer?
    #[must_use]
    pub fn leaves(&self) -> bool {
        matches!(self, Self::Tag(_) | Self::Cache(_))
    }

    /// Looks at the answer of what is inside of it.
    pub fn leave(&self, seen: &Seen<'_>, notes: &mut Notes, reply: &mut dyn Reply) {
        match self {
            Self::Cache(cache) => cache.leave(seen, notes, reply),
            Self::Tag(weak) => tag(*weak, seen, reply),
            _ => {}
        }
    }

    /// Does one further inside take its place, instead of both holding?
    #[must_use]
    pub fn gives_way_to(&self, inner: &Self) -> bool {
        !matches!(self, Self::Rate(_))
            && std::mem::discriminant(self) == std::mem::discriminant(inner)
    }
}

/// Gives an answer its entity tag, unless it has one, and makes it a 304 where the client has it.
fn tag(weak: bool, seen: &Seen<'_>, reply: &mut dyn Reply) {
    if reply.status() != 200 || !matches!(seen.head.method(), Method::Get | Method::Head) {
        return;
    }
    let (tag, is_own) = match (reply.field(b"etag"), reply.body()) {
        (Some(tag), _) => (tag.to_vec(), true),
        (None, Some(body)) => (etag::of(body, weak).into_bytes(), false),
        (None, None) => return,
    };
    let has_it = seen
        .field(b"if-none-match")
        .is_some_and(|list| etag::matches(list, &tag));
    if !is_own {
        reply.add("ETag", &tag);
    }
    if has_it {
        reply.not_modified();
    }
}

/// What a kept answer is sent as: is it a 304? The fields that go with it are noted.
pub fn revive(kept: &Kept, seen: &Seen<'_>, notes: &mut Notes) -> bool {
    notes.add_number("Age", kept.age(seen.now));
    let Some(tag) = kept.tag(notes.tag) else {
        return false;
    };
    if !kept.has_own_tag() {
        notes.add("ETag", tag);
    }
    seen.field(b"if-none-match")
        .is_some_and(|list| etag::matches(list, tag))
}

/// For tests of filters: a request as bytes.
#[cfg(test)]
mod fake {
    use super::*;
    use highper_http1::{Conn, Event, Limits as Sizes};

    pub struct Peer(pub Option<IpAddr>, pub bool);

    impl Origin for Peer {
        fn ip(&self) -> Option<IpAddr> {
            self.0
        }
        fn is_secure(&self) -> bool {
            self.1
        }
    }

    pub fn with<T>(text: &str, peer: &Peer, f: impl FnOnce(&Seen<'_>) -> T) -> T {
        let text = text.replace('\n', "\r\n") + "\r\n\r\n";
        let mut head = Head::new();
        let step = Conn::new().feed(text.as_bytes(), &mut head, &Sizes::default());
        assert_eq!(step.event, Event::Head, "{text}");
        let world = World::new(64, 1 << 20).unwrap();
        f(&Seen {
            head: &head,
            bytes: text.as_bytes(),
            origin: peer,
            route: "/x/{id}",
            world: &world,
            now: 1_000_000_000_000,
        })
    }

    pub fn local() -> Peer {
        Peer(Some([127, 0, 0, 1].into()), false)
    }

    pub fn status(answer: &Answer) -> u16 {
        match answer {
            Answer::Bare(status) | Answer::Problem(status, _) => *status,
            Answer::Kept(kept) => kept.status,
        }
    }

    /// The lines that a filter notes, and its answer.
    pub fn run(filter: &Filter, text: &str) -> (String, Option<u16>) {
        with(text, &local(), |seen| {
            let mut notes = Notes::default();
            let answer = filter.enter(seen, &mut notes);
            (
                String::from_utf8_lossy(notes.lines()).into_owned(),
                answer.as_ref().map(status),
            )
        })
    }
}
