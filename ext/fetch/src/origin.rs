//! Connections to one server: scheme, host and port.

use crate::error::Kind;
use crate::link::Link;
use crate::two::Session;
use crate::{Error, Settings, Url, dial};
use highper_engine::sync::Semaphore;
use highper_engine::{Wake, clock};
use highper_pool::{Counts, Pool, Refused, Taken, Ticket};
use highper_tls::Context;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

/// How often idle connections are looked through.
const REAP: u64 = 5_000_000_000;

/// A server.
pub(crate) struct Origin {
    url: Url,
    pool: Rc<Pool<Link>>,
    /// Made for the first connection by TLS.
    context: RefCell<Option<Context>>,
    /// Does it speak HTTP/2? Nobody knows before the first connection.
    speaks_two: Cell<Option<bool>>,
    session: RefCell<Option<Rc<Session>>>,
    /// One at a time finds out whether it speaks HTTP/2.
    dialing: Semaphore,
    reaped: Cell<u64>,
}

/// A connection that was used so short a time ago is not one that a server closes for its silence.
const JUST_NOW: Duration = Duration::from_secs(1);

/// Which connections that are kept may serve a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kept {
    /// None.
    None,
    /// Those that are found to be open and silent.
    Checked,
    /// Those of which nothing else is known, too, where they were used just now: the request may be repeated if the server
    /// has gone meanwhile.
    Trusted,
}

/// A way to make a request.
pub(crate) enum Way {
    /// By HTTP/1.1. Was the connection used before?
    One(Ticket, Link, bool),
    /// By HTTP/2. The same.
    Two(Rc<Session>, bool),
}

/// What is to be known of a server's connections.
#[derive(Clone, Debug)]
pub struct Account {
    /// `https://host`
    pub origin: String,
    /// Connections of HTTP/1.1 at most.
    pub max: usize,
    /// The numbers of these.
    pub counts: Counts,
    /// Is there a connection by HTTP/2?
    pub is_two: bool,
    /// Requests on it now.
    pub streams: usize,
}

fn of_wake(wake: Wake) -> Error {
    match wake {
        Wake::Timeout => Error::timeout(),
        _ => Error::of_net(highper_net::Error::Cancelled),
    }
}

impl Origin {
    pub(crate) fn new(url: &Url, settings: &Settings) -> Rc<Self> {
        Rc::new(Self {
            url: url.clone(),
            pool: Rc::new(Pool::new(settings.pool)),
            context: RefCell::default(),
            speaks_two: Cell::new(None),
            session: RefCell::default(),
            dialing: Semaphore::new(1),
            reaped: Cell::new(clock::now()),
        })
    }

    pub(crate) fn pool(&self) -> &Rc<Pool<Link>> {
        &self.pool
    }

    fn context(&self, settings: &Settings) -> Result<Option<Context>, Error> {
        if !self.url.is_secure() {
            return Ok(None);
        }
        if let Some(context) = &*self.context.borrow() {
            return Ok(Some(context.clone()));
        }
        let context = dial::context(&self.url, settings, settings.http2)?;
        self.context.replace(Some(context.clone()));
        Ok(Some(context))
    }

    /// The connection by HTTP/2, if it is good.
    fn session(&self, settings: &Settings) -> Option<Rc<Session>> {
        let session = self.session.borrow().clone()?;
        let now = clock::now();
        let is_past = |limit: Option<std::time::Duration>, since: u64| {
            limit.is_some_and(|limit| u128::from(now.saturating_sub(since)) >= limit.as_nanos())
        };
        let is_old = session.active() == 0 && is_past(settings.pool.idle, session.used.get())
            || is_past(settings.pool.lifetime, session.made);
        if !is_old && session.is_open() {
            return Some(session);
        }
        let mut current = self.session.borrow_mut();
        if current
            .as_ref()
            .is_some_and(|own| Rc::ptr_eq(own, &session))
        {
            *current = None;
        }
        None
    }

    /// Is it known that requests go by connections of the pool?
    pub(crate) fn is_pooled(&self, settings: &Settings) -> bool {
        !self.url.is_secure() || !settings.http2 || self.speaks_two.get() == Some(false)
    }

    /// A connection for a request.
    pub(crate) fn way(
        &self,
        settings: &Settings,
        kept: Kept,
        deadline: Option<u64>,
    ) -> Result<Way, Error> {
        if self.is_pooled(settings) {
            return self.pooled(settings, kept, deadline);
        }
        if let Some(session) = self.session(settings) {
            return Ok(Way::Two(session, true));
        }
        self.dialing.acquire_here(deadline)?;
        let way = match self.session(settings) {
            Some(session) => Ok(Way::Two(session, true)),
            // The others need not wait for one another.
            None if self.speaks_two.get() == Some(false) => {
                self.dialing.release_later();
                return self.pooled(settings, kept, deadline);
            }
            None => self.pooled(settings, kept, deadline),
        };
        self.dialing.release_later();
        way
    }

    fn pooled(&self, settings: &Settings, kept: Kept, deadline: Option<u64>) -> Result<Way, Error> {
        match self.pool.take(String::new, deadline) {
            Ok(Taken::Idle(ticket, link)) => {
                let is_good = match kept {
                    Kept::None => false,
                    Kept::Trusted if ticket.idle() < JUST_NOW && link.was_quiet() => true,
                    _ => link.is_quiet(),
                };
                if is_good {
                    return Ok(Way::One(ticket, link, true));
                }
                drop(link);
                self.dial(settings, ticket, deadline)
            }
            Ok(Taken::New(ticket)) => self.dial(settings, ticket, deadline),
            Err(refused) => Err(self.refused(&refused, deadline)),
        }
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn refused(&self, why: &Refused, deadline: Option<u64>) -> Error {
        match why {
            Refused::Cancelled => of_wake(Wake::Cancelled),
            Refused::TimedOut(..) if deadline.is_some_and(|at| at <= clock::now()) => {
                Error::timeout().unsent()
            }
            refused => Error::new(
                Kind::Exhausted,
                format!(
                    "no connection to {}: {refused}; pool.max is how many there are, pool.wait how long one waits",
                    self.url.origin()
                ),
            )
            .unsent(),
        }
    }

    fn dial(
        &self,
        settings: &Settings,
        ticket: Ticket,
        deadline: Option<u64>,
    ) -> Result<Way, Error> {
        let own = clock::after(settings.connect_timeout);
        let until = deadline.map_or(own, |deadline| deadline.min(own));
        let made = self
            .context(settings)
            .and_then(|context| Link::connect(settings, &self.url, context.as_ref(), Some(until)));
        let link = match made {
            Ok(link) => link,
            Err(error) => {
                self.pool.give_up(ticket);
                return Err(match error.kind {
                    Kind::Timeout if until == own => Error::new(
                        Kind::Connect,
                        format!(
                            "cannot connect to {}: it took longer than {} s (connect_timeout)",
                            self.url.origin(),
                            settings.connect_timeout.as_secs_f64()
                        ),
                    )
                    .unsent(),
                    _ => error.unsent(),
                });
            }
        };
        if !self.url.is_secure() || !settings.http2 {
            return Ok(Way::One(ticket, link, false));
        }
        let is_two = link.socket.alpn().as_deref() == Some(b"h2");
        self.speaks_two.set(Some(is_two));
        if !is_two {
            return Ok(Way::One(ticket, link, false));
        }
        // One connection serves all.
        self.pool.give_up(ticket);
        let session = Session::new(link);
        self.session.replace(Some(Rc::clone(&session)));
        Ok(Way::Two(session, false))
    }

    /// Takes a connection back that did what it was asked.
    pub(crate) fn give_back(&self, ticket: Ticket, link: Link) {
        self.pool.give_back(ticket, link);
        let now = clock::now();
        if now.saturating_sub(self.reaped.get()) > REAP {
            self.reaped.set(now);
            self.reap();
        }
    }

    /// Lets go of connections that are past their limits.
    pub(crate) fn reap(&self) {
        while let Some(old) = self.pool.take_old() {
            drop(old);
        }
    }

    /// Lets go of the connections that nobody uses. Are there others?
    pub(crate) fn disconnect(&self) -> bool {
        let idle = self.pool.take_idle();
        drop(idle);
        let is_used = |session: &Rc<Session>| session.active() > 0 || session.waiting() > 0;
        let keeps = self.session.borrow().as_ref().is_some_and(is_used);
        if !keeps {
            let old = self.session.take();
            drop(old);
        }
        keeps || self.pool.counts().taken > 0
    }

    /// Does it hold nothing at all?
    pub(crate) fn is_bare(&self) -> bool {
        let counts = self.pool.counts();
        counts.idle + counts.taken + counts.waiting == 0 && self.session.borrow().is_none()
    }

    pub(crate) fn account(&self) -> Account {
        let session = self.session.borrow();
        let mut counts = self.pool.counts();
        counts.waiting += session.as_ref().map_or(0, |session| session.waiting());
        Account {
            origin: self.url.origin().to_owned(),
            max: self.pool.limits().max,
            counts,
            is_two: session.is_some(),
            streams: session.as_ref().map_or(0, |session| session.active()),
        }
    }
}

/// Waits where one can; where nothing else runs, nobody holds it.
trait Here {
    fn acquire_here(&self, deadline: Option<u64>) -> Result<(), Error>;
}

impl Here for Semaphore {
    fn acquire_here(&self, deadline: Option<u64>) -> Result<(), Error> {
        if self.try_acquire() {
            return Ok(());
        }
        if !highper_engine::can_suspend() {
            return Err(Error::of_net(highper_net::Error::CannotWait));
        }
        self.acquire(deadline)
            .map_err(|wake| of_wake(wake).unsent())
    }
}
