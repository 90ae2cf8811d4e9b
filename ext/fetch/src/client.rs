//! The client.

use crate::budget::Budget;
use crate::content::Content;
use crate::error::Kind;
use crate::one::One;
use crate::origin::{Account, Kept, Origin, Way};
use crate::request::is_idempotent;
use crate::response::{Incoming, Response};
use crate::two::Two;
use crate::{Body, Error, Mode, Request, Settings, Url};
use highper_engine::{self as engine, Wake, clock, scheduler};
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
        let deadline = sooner(request.timeout.map(clock::after), scheduler::deadline());
        let done = self.follow(request, deadline);
        if done.is_err() {
            self.count(|counts| counts.failed += 1);
        }
        done.map_err(|error| match error.kind {
            Kind::Timeout => Error {
                message: format!(
                    "{} {}: no answer within {} s (timeout)",
                    String::from_utf8_lossy(&request.method),
                    request.url.shown(),
                    request.timeout.map_or(0.0, |time| time.as_secs_f64())
                ),
                ..error
            },
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
        let incoming = match origin.way(&self.settings, kept, deadline)? {
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
