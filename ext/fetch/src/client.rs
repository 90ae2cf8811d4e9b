//! The client.

use crate::budget::Budget;
use crate::content::Content;
use crate::error::Kind;
use crate::link::Link;
use crate::one::One;
use crate::origin::{Account, Kept, Origin, Way};
use crate::request::is_idempotent;
use crate::response::{Incoming, Response};
use crate::two::Two;
use crate::{Body, Error, Mode, Request, Settings, Url};
use highper_engine::{self as engine, Ending, Wake, clock, scheduler};
use highper_pool::Refused;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

/// Servers that are remembered without a connection.
const ORIGINS: usize = 1024;
/// The longest pause before a repetition.
const LONGEST: Duration = Duration::from_secs(60);
/// The same where nobody says how long.
const OWN_LONGEST: Duration = Duration::from_secs(10);

/// What a client has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests that were asked for.
    pub requests: u64,
    /// Those that failed without an answer.
    pub failed: u64,
    /// Repetitions after failures.
    pub retries: u64,
    /// Redirects that were followed.
    pub redirects: u64,
}

/// A client: settings, and the connections to all servers that it was used for. One thread's.
pub struct Client {
    settings: Settings,
    origins: RefCell<HashMap<Box<str>, Rc<Origin>>>,
    budget: Budget,
    counts: Cell<Counts>,
    /// The process that the connections belong to.
    process: Cell<u32>,
    /// All connections to some server were taken when one looked last.
    is_tight: Cell<bool>,
}

/// Those that wait for a connection to a server.
pub struct Queue {
    origin: Rc<Origin>,
    deadline: Option<u64>,
}

impl Queue {
    /// Waits for one's turn; nothing where that is not needed. Let go of it when the request has been made.
    ///
    /// # Errors
    /// There was none in time: [`Client::refused`] says it in words.
    #[inline]
    pub fn wait(&self) -> Result<Option<Turn>, Refused> {
        let turn = self.origin.pool().await_turn(|| self.deadline);
        turn.map(|own| own.map(|own| Turn { _own: own }))
    }
}

/// The turn of the running coroutine, which its next request to that server uses.
pub struct Turn {
    _own: highper_pool::Turn<Link>,
}

fn sooner(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

impl Client {
    /// A client without connections yet.
    ///
    /// # Errors
    /// Settings that contradict each other.
    pub fn new(settings: Settings) -> Result<Rc<Self>, String> {
        settings.check()?;
        Ok(Rc::new(Self {
            settings,
            origins: RefCell::default(),
            budget: Budget::default(),
            counts: Cell::default(),
            process: Cell::new(engine::process::id()),
            is_tight: Cell::new(false),
        }))
    }

    /// Its settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    fn count(&self, change: impl FnOnce(&mut Counts)) {
        let mut counts = self.counts.get();
        change(&mut counts);
        self.counts.set(counts);
    }

    /// What it has done.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts.get()
    }

    /// Its connections, by server.
    #[must_use]
    pub fn accounts(&self) -> Vec<Account> {
        let mut all: Vec<Account> = self
            .origins
            .borrow()
            .values()
            .map(|origin| origin.account())
            .collect();
        all.sort_by(|a, b| a.origin.cmp(&b.origin));
        all
    }

    /// Closes the connections that nobody uses.
    pub fn disconnect(&self) {
        self.origins
            .borrow_mut()
            .retain(|_, origin| origin.disconnect());
    }

    fn origin(&self, url: &Url) -> Rc<Origin> {
        let process = engine::process::id();
        if self.process.replace(process) != process {
            // Forked: the connections are the parent's. To close them properly would end them for it.
            let old = self.origins.take();
            std::mem::forget(old);
        }
        if let Some(known) = self.origins.borrow().get(url.origin()) {
            return Rc::clone(known);
        }
        let made = Origin::new(url, &self.settings);
        let mut all = self.origins.borrow_mut();
        if all.len() >= ORIGINS {
            all.retain(|_, origin| {
                origin.reap();
                !origin.is_bare()
            });
        }
        all.insert(url.origin().into(), Rc::clone(&made));
        made
    }

    /// Makes a request, follows redirects and repeats what failed as the settings allow, and waits for the answer: for its
    /// head, or for all of it ([`Mode`]).
    ///
    /// # Errors
    /// What went wrong. An answer of any status is none.
    pub fn send(&self, request: &mut Request) -> Result<Response, Error> {
        self.count(|counts| counts.requests += 1);
        self.budget.earn();
        // It may have begun with the wait for its turn.
        let deadline = self
            .turn_ends(&request.url)
            .or_else(|| sooner(request.timeout.map(clock::after), scheduler::deadline()));
        let done = self.follow(request, deadline);
        if done.is_err() {
            self.count(|counts| counts.failed += 1);
        }
        done.map_err(|error| match error.kind {
            Kind::Timeout => {
                let timeout = request.timeout;
                late(error, &request.method, request.url.shown(), timeout)
            }
            // They name it already.
            Kind::Connect | Kind::Exhausted | Kind::Usage => error,
            _ => Error {
                message: format!(
                    "{} {}: {}",
                    String::from_utf8_lossy(&request.method),
                    request.url.shown(),
                    error.message
                ),
                ..error
            },
        })
    }

    /// Are all connections to some server taken, perhaps?
    #[must_use]
    #[inline]
    pub fn is_tight(&self) -> bool {
        self.is_tight.get()
    }

    /// Where one waits for a connection to the server of an address, if all are taken: before the request is prepared, since a coroutine
    /// that waits deep in its stack, with what it is about to send, takes much more memory.
    #[must_use]
    #[cold]
    #[inline(never)]
    pub fn queue(&self, address: &str, timeout: Option<Duration>) -> Option<Queue> {
        let origin = self.full(address)?;
        let timeout = timeout.map(clock::after);
        origin.is_pooled(&self.settings).then(|| Queue {
            deadline: sooner(timeout, scheduler::deadline()),
            origin,
        })
    }

    /// Why one whose wait has ended gets nothing. `shown` is the address.
    #[cold]
    #[inline(never)]
    pub fn refused(
        &self,
        queue: &Queue,
        why: &Refused,
        method: &[u8],
        shown: &str,
        timeout: Option<Duration>,
    ) -> Error {
        self.count(|counts| {
            counts.requests += 1;
            counts.failed += 1;
        });
        let error = queue.origin.refused(why, queue.deadline);
        match error.kind {
            Kind::Timeout => late(error, method, shown, timeout),
            _ => error,
        }
    }

    /// The server of an address, if all connections to it are taken.
    fn full(&self, address: &str) -> Option<Rc<Origin>> {
        if self.process.get() != engine::process::id() {
            return None;
        }
        let start = address.find("://")? + 3;
        let host = address.get(start..)?;
        let end = host.find(['/', '?', '#']).unwrap_or(host.len());
        let origins = self.origins.borrow();
        let found = origins.get(address.get(..start + end)?);
        let found = found.filter(|origin| !origin.pool().has_room()).cloned();
        if found.is_none() {
            let is_full = |origin: &Rc<Origin>| !origin.pool().has_room();
            self.is_tight.set(origins.values().any(is_full));
        }
        found
    }

    #[inline]
    fn turn_ends(&self, url: &Url) -> Option<u64> {
        match self.is_tight.get() {
            false => None,
            true => self.origins.borrow().get(url.origin())?.pool().turn_ends(),
        }
    }

    /// Makes the connections to a server that stay (`min_idle`), before somebody needs one: one where it speaks HTTP/2. `failed` is told where
    /// none can be had.
    pub fn warm(self: &Rc<Self>, url: &Url, failed: impl FnOnce(&Error) + 'static) {
        let limits = self.settings.pool;
        let wanted = limits.min_idle.min(limits.max);
        if wanted == 0 {
            return;
        }
        let (own, origin) = (Rc::clone(self), self.origin(url));
        let _started = engine::spawn(move || {
            let mut all = Vec::with_capacity(wanted);
            let mut failed = Some(failed);
            while all.len() + origin.pool().counts().idle < wanted && origin.pool().has_room() {
                let until = Some(clock::after(own.settings.connect_timeout));
                match origin.way(&own.settings, Kept::Checked, until) {
                    Ok(Way::One(ticket, link, _)) => all.push((ticket, link)),
                    Ok(Way::Two(..)) => break,
                    Err(error) => {
                        if let Some(failed) = failed.take() {
                            failed(&error);
                        }
                        break;
                    }
                }
            }
            for (ticket, link) in all {
                origin.give_back(ticket, link);
            }
            Ending::Returned
        });
    }

    fn follow(&self, request: &mut Request, deadline: Option<u64>) -> Result<Response, Error> {
        let mut followed = 0;
        loop {
            let mut response = self.persist(request, deadline)?;
            response.redirects = followed;
            let is_redirect = matches!(response.status, 301 | 302 | 303 | 307 | 308);
            let location = response.headers.get(b"location").filter(|_| is_redirect);
            let Some(location) = location.filter(|_| request.redirects > 0) else {
                return Ok(response);
            };
            let fail = |why: String| Error::new(Kind::Redirect, why).begun();
            if followed >= request.redirects {
                return Err(fail(format!(
                    "more than {} redirects, the last to {} (redirects)",
                    request.redirects,
                    String::from_utf8_lossy(location)
                        .split('?')
                        .next()
                        .unwrap_or_default()
                        .escape_debug()
                )));
            }
            let location = String::from_utf8_lossy(location).into_owned();
            let url = request
                .url
                .join(&location)
                .map_err(|why| fail(format!("a redirect that leads nowhere: {why}")))?;
            self.redirect(request, url, response.status)?;
            response.drain(deadline);
            drop(response);
            followed += 1;
            self.count(|counts| counts.redirects += 1);
        }
    }

    /// Makes a request the one that a redirect asks for: RFC 9110, section 15.4.
    fn redirect(&self, request: &mut Request, url: Url, status: u16) -> Result<(), Error> {
        let becomes_get = match status {
            301 | 302 => &*request.method == b"POST",
            303 => !matches!(&*request.method, b"GET" | b"HEAD"),
            _ => false,
        };
        if becomes_get {
            request.method = b"GET".to_vec();
            request.body = Body::None;
            request.drop_headers(&[
                b"content-type",
                b"content-encoding",
                b"content-language",
                b"content-length",
                b"transfer-encoding",
            ]);
        } else if !request.body.is_repeatable() {
            return Err(Error::new(
                Kind::Redirect,
                format!("a redirect ({status}) asks for the body once more, and one that comes from a generator can't be sent twice"),
            )
            .begun());
        }
        if url.origin() != request.url.origin() {
            // What is meant for one server is nobody else's.
            request.drop_headers(&[b"authorization", b"cookie", b"host", b"proxy-authorization"]);
            request.is_elsewhere = true;
        }
        request.url = url;
        Ok(())
    }

    /// Repeats what fails, as often as that is allowed.
    fn persist(&self, request: &mut Request, deadline: Option<u64>) -> Result<Response, Error> {
        let mut tries = 0;
        loop {
            let done = self.attempt(request, deadline);
            let may = tries < request.retries && request.body.is_repeatable();
            let is_safe = is_idempotent(&request.method);
            let asked = match &done {
                Ok(response) => match response.status {
                    429 | 502 | 503 | 504 if is_safe => Some(retry_after(response)),
                    _ => None,
                },
                Err(error) => match error.kind {
                    Kind::Connect => Some(None),
                    Kind::Lost if is_safe || error.is_unsent => Some(None),
                    _ => None,
                },
            };
            let Some(asked) = asked.filter(|_| may) else {
                return done;
            };
            let pause = asked.unwrap_or_else(|| self.pause(tries));
            let is_too_long =
                pause > LONGEST || deadline.is_some_and(|at| clock::after(pause) >= at);
            if is_too_long || !self.budget.spend() {
                return done;
            }
            if let Ok(mut response) = done {
                response.drain(deadline);
            }
            wait(pause)?;
            tries += 1;
            self.count(|counts| counts.retries += 1);
        }
    }

    /// Doubles with each try; by chance down to half of it, so that those that failed together don't come back together.
    fn pause(&self, tries: u32) -> Duration {
        let most = self
            .settings
            .retry_delay
            .saturating_mul(1 << tries.min(16))
            .min(OWN_LONGEST);
        let chance = u32::from_le_bytes(highper_client::random::bytes());
        most / 2 + most.mul_f64(f64::from(chance) / f64::from(u32::MAX) / 2.0)
    }

    /// Makes a request once; again where a kept connection turned out to be dead.
    fn attempt(&self, request: &mut Request, deadline: Option<u64>) -> Result<Response, Error> {
        let may_repeat = is_idempotent(&request.method) && request.body.is_repeatable();
        let mut kept = match may_repeat {
            true => Kept::Trusted,
            false => Kept::Checked,
        };
        loop {
            let mut was_used = false;
            let done = self.once(request, kept, deadline, &mut was_used);
            match done {
                Err(error)
                    if (was_used || error.is_unsent)
                        && kept != Kept::None
                        && error.kind == Kind::Lost
                        && !error.is_begun
                        && (error.is_unsent || is_idempotent(&request.method))
                        && request.body.is_repeatable() =>
                {
                    kept = Kept::None;
                }
                done => return done,
            }
        }
    }

    fn once(
        &self,
        request: &mut Request,
        kept: Kept,
        deadline: Option<u64>,
        was_used: &mut bool,
    ) -> Result<Response, Error> {
        if deadline.is_some_and(|at| at <= clock::now()) {
            return Err(Error::timeout().unsent());
        }
        let origin = self.origin(&request.url);
        let is_whole = request.mode == Mode::Whole;
        let content = Content::new(request.max_body, is_whole);
        let way = origin.way(&self.settings, kept, deadline)?;
        if !origin.pool().has_room() {
            self.is_tight.set(true);
        }
        let incoming = match way {
            Way::One(ticket, link, used) => {
                *was_used = used;
                let one = One::begin(&origin, ticket, link, request, &self.settings, deadline)?;
                Incoming::One(Box::new(one))
            }
            Way::Two(session, used) => {
                *was_used = used;
                let two = Two::begin(&session, request, &self.settings, deadline)?;
                Incoming::Two(Box::new(two))
            }
        };
        let url = request.url.clone();
        let mut response = Response::receive(incoming, content, url, request.timeout, deadline)?;
        if is_whole {
            response.fill(deadline)?;
        }
        Ok(response)
    }
}

/// There was no answer in time.
fn late(error: Error, method: &[u8], shown: &str, timeout: Option<Duration>) -> Error {
    Error {
        message: format!(
            "{} {shown}: no answer within {} s (timeout)",
            String::from_utf8_lossy(method),
            timeout.map_or(0.0, |time| time.as_secs_f64())
        ),
        ..error
    }
}

/// How long a server asks to be left alone: RFC 9110, section 10.2.3.
fn retry_after(response: &Response) -> Option<Duration> {
    let text = std::str::from_utf8(response.headers.get(b"retry-after")?)
        .ok()?
        .trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = httpdate::parse_http_date(text).ok()?;
    Some(at.duration_since(SystemTime::now()).unwrap_or_default())
}

fn wait(pause: Duration) -> Result<(), Error> {
    if !engine::can_suspend() {
        #[expect(
            clippy::disallowed_methods,
            reason = "outside of coroutines nothing else waits"
        )]
        std::thread::sleep(pause);
        return Ok(());
    }
    scheduler::clear_cancelled();
    match engine::sleep(u64::try_from(pause.as_nanos()).unwrap_or(u64::MAX)) {
        Wake::Cancelled | Wake::Closed => Err(Error::of_net(highper_net::Error::Cancelled)),
        _ => Ok(()),
    }
}
