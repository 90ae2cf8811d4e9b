//! A pool of connections to one data source, and what each coroutine has of it.

use super::api::Api;
use super::renew::{self, Renewed, Step, Use};
use super::sql::{self, Dialect};
use super::{Account, Numbers, PINNED, owners};
use crate::cancel;
use highper_engine::{self as engine, clock, scheduler};
use highper_pool::{Limits, Pool, Refused, Taken, Ticket};
use highper_zend::pdo::{self, Identity, Method};
use highper_zend::{Object, Outcome, Throw, Value, error};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// One that was idle for longer is asked whether it still lives before it is used.
const FRESH: Duration = Duration::from_secs(5);

/// What a connection is made of.
pub(crate) struct Making {
    pub(crate) api: Api,
    pub(crate) dialect: Dialect,
    pub(crate) args: Vec<Value>,
    /// The library's object that asked for it, and its method.
    pub(crate) owner: Option<(Identity, String)>,
    pub(crate) limits: Limits,
}

/// A connection.
struct Connection {
    object: Object,
    /// The steps up to this number have been done with it.
    done: Cell<u32>,
    /// The process that made it: no other one may use it.
    process: u32,
}

/// A connection in the hands of a coroutine.
pub(crate) struct Pin {
    connection: Connection,
    ticket: Cell<Option<Ticket>>,
    changed: Cell<bool>,
    took_numbers: Cell<bool>,
    is_suspect: Cell<bool>,
    /// It can't be used by anybody else any more.
    is_lost: Cell<bool>,
    /// Attributes that the coroutine has changed, as they were before.
    restore: RefCell<Vec<(i64, Value)>>,
    /// MySQL's `lastInsertId()` before the connection was set up once more, which forgets it; 0 for none.
    last_id: Cell<i64>,
}

impl Pin {
    /// To be called before a statement that the coroutine's own code has not asked for.
    fn keep_last_id(&self, making: &Making) {
        if making.dialect != Dialect::MySql || !making.api.is_pdo() {
            return;
        }
        let asked = pdo::silently(|| self.connection.object.call("lastInsertId", &[]));
        if let Outcome::Value(value) = asked
            && let Some(number) = value.as_str().and_then(|text| text.parse().ok())
            && number != 0
        {
            self.last_id.set(number);
        }
    }

    pub(crate) fn object(&self) -> Object {
        self.connection.object.clone()
    }
}

/// The pool behind one or more PDO objects.
pub(crate) struct Source {
    making: Making,
    pool: RefCell<Rc<Pool<Connection>>>,
    /// By coroutine; 0 outside of them.
    pins: RefCell<Numbers<u64, Rc<Pin>>>,
    /// What is done with each connection, numbered from 1.
    steps: RefCell<Vec<(u32, Step)>>,
    version: Cell<u32>,
    /// PDO objects that stand for it.
    objects: Cell<usize>,
    process: Cell<u32>,
    /// When a connection was last found dead: those idle since before are suspects.
    broken: Cell<u64>,
    /// When idle ones are looked through.
    reaping: Cell<u64>,
}

/// What a coroutine gives back at its end.
struct Pins {
    coroutine: u64,
    sources: RefCell<Vec<Rc<Source>>>,
}

impl Drop for Pins {
    fn drop(&mut self) {
        for source in self.sources.take() {
            source.release(self.coroutine);
        }
    }
}

impl Source {
    pub(crate) fn new(making: Making) -> Self {
        Self {
            pool: RefCell::new(Rc::new(Pool::new(making.limits))),
            making,
            pins: RefCell::default(),
            steps: RefCell::default(),
            version: Cell::new(0),
            objects: Cell::new(0),
            process: Cell::new(highper_engine::process::id()),
            broken: Cell::new(0),
            reaping: Cell::new(0),
        }
    }

    /// Has it the same owner and the same arguments?
    pub(crate) fn is_made_as(&self, other: &Making) -> bool {
        let own = &self.making;
        own.owner == other.owner
            && own.api.is_like(&other.api)
            && own.args.len() == other.args.len()
            && own
                .args
                .iter()
                .zip(&other.args)
                .all(|(a, b)| a.is_identical(b))
    }

    fn name(&self) -> String {
        self.making.api.name(&self.making.args)
    }

    pub(crate) fn account(&self) -> Account {
        let pool = self.pool.borrow();
        Account {
            name: self.name(),
            max: pool.limits().max,
            counts: pool.counts(),
            held: pool.held(),
        }
    }

    pub(crate) fn add_object(&self) {
        self.objects.set(self.objects.get() + 1);
    }

    /// The last object has gone: so do the connections that nobody uses, and the running coroutine's own.
    pub(crate) fn remove_object(&self) {
        self.objects.set(self.objects.get().saturating_sub(1));
        if self.objects.get() > 0 {
            return;
        }
        let id = engine::current().unwrap_or(0);
        // Another coroutine may have told the library to connect again, and this one comes back for its transaction.
        let comes_back = self.making.owner.is_some()
            && self
                .known(id)
                .is_some_and(|pin| pin.changed.get() || self.is_in_transaction(&pin));
        if !comes_back {
            self.discard(id);
        }
        if id != 0 {
            self.discard(0);
        }
        let idle = self.pool.borrow().take_idle();
        drop(idle);
    }

    /// PHP ends.
    pub(crate) fn end(&self) {
        let pins = self.pins.take();
        let idle = self.pool.borrow().close();
        drop(pins);
        drop(idle);
    }

    fn is_in_transaction(&self, pin: &Pin) -> bool {
        self.making.api.is_in_transaction(&pin.connection.object)
    }

    fn known(&self, id: u64) -> Option<Rc<Pin>> {
        self.pins.borrow().get(&id).cloned()
    }

    /// The running coroutine's connection, taken or made at first. `anew`: the server has to have answered lately.
    pub(crate) fn pin(self: &Rc<Self>, anew: bool) -> Result<Rc<Pin>, Throw> {
        let id = engine::current().unwrap_or(0);
        if id == 0 {
            self.leave_parents();
        }
        if let Some(pin) = self.known(id) {
            if pin.connection.done.get() < self.version.get() {
                pin.keep_last_id(&self.making);
                self.set_up(&pin.connection)?;
            }
            return Ok(pin);
        }
        if !anew {
            owners::caller();
        }
        self.leave_parents();
        // Code outside of coroutines can't wait, and must not keep them waiting: its one is beyond the limit.
        let (ticket, connection) = match id {
            0 => (None, self.make()?),
            _ => {
                let (ticket, connection) = self.take(anew)?;
                (Some(ticket), connection)
            }
        };
        let pin = Rc::new(Pin {
            connection,
            ticket: Cell::new(ticket),
            changed: Cell::new(false),
            took_numbers: Cell::new(false),
            is_suspect: Cell::new(false),
            is_lost: Cell::new(false),
            restore: RefCell::default(),
            last_id: Cell::new(0),
        });
        self.pins.borrow_mut().insert(id, Rc::clone(&pin));
        if id != 0 {
            PINNED.fetch_add(1, Relaxed);
            scheduler::set_local_of(id, || Pins {
                coroutine: id,
                sources: RefCell::default(),
            });
            scheduler::local::<Pins, _>(id, |pins| {
                pins.sources.borrow_mut().push(Rc::clone(self));
            });
        }
        Ok(pin)
    }

    /// In the child of a fork: the parent's connections are not touched, not even to close them.
    fn leave_parents(&self) {
        let own = highper_engine::process::id();
        if self.process.replace(own) == own {
            return;
        }
        let pool = Rc::new(Pool::new(self.making.limits));
        std::mem::forget(self.pool.replace(pool));
        self.pins.take().into_values().for_each(std::mem::forget);
    }

    fn take(&self, anew: bool) -> Result<(Ticket, Connection), Throw> {
        let pool = Rc::clone(&self.pool.borrow());
        loop {
            match pool.take(place, scheduler::deadline()) {
                Err(refused) => return Err(self.refuse(&refused)),
                Ok(Taken::New(ticket)) => {
                    let made = self.make();
                    return match made {
                        Ok(connection) => Ok((ticket, connection)),
                        Err(throw) => {
                            pool.give_up(ticket);
                            Err(throw)
                        }
                    };
                }
                Ok(Taken::Idle(ticket, connection)) => {
                    let since = clock::now().saturating_sub(ticket.idle().as_nanos() as u64);
                    let is_suspect = anew || ticket.idle() > FRESH || since <= self.broken.get();
                    if connection.process != self.process.get() {
                        std::mem::forget(connection);
                    } else if !is_suspect || renew::answers(&connection.object, &self.making) {
                        return match self.set_up(&connection) {
                            Ok(()) => Ok((ticket, connection)),
                            Err(throw) => {
                                drop(connection);
                                pool.give_up(ticket);
                                Err(throw)
                            }
                        };
                    } else {
                        self.broken.set(clock::now());
                        drop(connection);
                    }
                    pool.give_up(ticket);
                }
            }
        }
    }

    fn make(&self) -> Result<Connection, Throw> {
        let connection = Connection {
            object: self.making.api.connect(&self.making.args)?,
            done: Cell::new(0),
            process: self.process.get(),
        };
        self.set_up(&connection)?;
        Ok(connection)
    }

    /// Does the steps that have not been done with a connection yet.
    fn set_up(&self, connection: &Connection) -> Result<(), Throw> {
        while connection.done.get() < self.version.get() {
            let next = self
                .steps
                .borrow()
                .iter()
                .find(|(number, _)| *number > connection.done.get())
                .cloned();
            let Some((number, step)) = next else {
                connection.done.set(self.version.get());
                break;
            };
            renew::step(&connection.object, &self.making.api, &step)?;
            connection.done.set(number);
        }
        Ok(())
    }

    /// Something of the session is changed by a call that has no text of SQL: a step of setting the connections up, or
    /// the coroutine's own affair.
    pub(crate) fn set(
        &self,
        pin: &Pin,
        maker: &Cell<Option<u64>>,
        method: &'static str,
        args: &[Value],
    ) {
        let args: Vec<Value> = args.iter().map(|arg| arg.deref().clone()).collect();
        let is_known = self
            .steps
            .borrow()
            .iter()
            .any(|(_, step)| step.is_call(method, &args));
        if is_known {
            return;
        }
        if maker.get() == Some(engine::current().unwrap_or(0)) {
            self.add_step(&pin.connection, Step::Call(method, args));
        } else {
            pin.changed.set(true);
        }
    }

    /// What is in the session is not known.
    pub(crate) fn change(&self, pin: &Pin, maker: &Cell<Option<u64>>) {
        maker.set(None);
        pin.changed.set(true);
    }

    /// A text that is sent by something that belongs to the running coroutine's connection, if it has one.
    pub(crate) fn look(&self, id: u64, text: &[u8]) {
        if let Some(pin) = self.known(id) {
            let seen = sql::look(text, self.making.dialect);
            pin.changed.set(pin.changed.get() || seen.changes_session);
        }
    }

    fn add_step(&self, connection: &Connection, step: Step) {
        let is_up_to_date = connection.done.get() == self.version.get();
        let version = self.version.get() + 1;
        self.version.set(version);
        let mut steps = self.steps.borrow_mut();
        if let Step::Attribute(attribute, _) = &step {
            steps.retain(
                |(_, other)| !matches!(other, Step::Attribute(known, _) if known == attribute),
            );
        }
        steps.push((version, step));
        if is_up_to_date {
            connection.done.set(version);
        }
    }

    /// Is this a step that every connection has done, or will have?
    fn is_step(&self, connection: &Connection, text: &[u8]) -> bool {
        let steps = self.steps.borrow();
        let known = steps
            .iter()
            .find(|(_, step)| matches!(step, Step::Statement(known) if known.as_bytes() == text));
        if let Some((number, _)) = known
            && connection.done.get() + 1 == *number
        {
            connection.done.set(*number);
        }
        known.is_some()
    }

    /// Notes what a call is going to do to the connection. `maker`: who made the object that was called, until now.
    pub(crate) fn before(
        &self,
        pin: &Pin,
        maker: &Cell<Option<u64>>,
        method: Method,
        args: &[Value],
    ) {
        let id = engine::current().unwrap_or(0);
        let is_being_set_up = maker.get() == Some(id);
        let text = args.first().and_then(|text| text.deref().as_bytes());
        match (method, text) {
            (Method::Exec | Method::Query | Method::Prepare, Some(text)) => {
                let seen = sql::look(text, self.making.dialect);
                if seen.is_setup && self.is_step(&pin.connection, text) {
                    // A library that connects again says it again.
                    pin.keep_last_id(&self.making);
                    return;
                }
                pin.last_id.set(0);
                if seen.is_setup
                    && is_being_set_up
                    && let Ok(text) = std::str::from_utf8(text)
                {
                    self.add_step(&pin.connection, Step::Statement(text.to_owned()));
                    return;
                }
                maker.set(None);
                pin.changed.set(pin.changed.get() || seen.changes_session);
                pin.took_numbers
                    .set(pin.took_numbers.get() || seen.takes_numbers);
            }
            (Method::Transaction, _) => {
                pin.last_id.set(0);
                maker.set(None);
            }
            (Method::SetAttribute, _) if id != 0 && !is_being_set_up => {
                self.note_attribute(pin, args);
            }
            _ => {}
        }
    }

    /// The coroutine changes an attribute for itself: the next one finds it as it was.
    fn note_attribute(&self, pin: &Pin, args: &[Value]) {
        let Some(attribute) = args.first().and_then(|value| value.deref().as_long()) else {
            return;
        };
        let before = pdo::silently(|| {
            let asked = pin
                .connection
                .object
                .call("getAttribute", &[Value::long(attribute)]);
            asked.into_result()
        });
        match before {
            Ok(value) if !value.is_null() => {
                pin.restore.borrow_mut().push((attribute, value));
            }
            _ => pin.is_lost.set(true),
        }
    }

    /// Notes what has become of a call.
    pub(crate) fn after(
        &self,
        maker: &Cell<Option<u64>>,
        method: Method,
        failed: bool,
        args: &[Value],
    ) {
        let id = engine::current().unwrap_or(0);
        let Some(pin) = self.known(id) else { return };
        if failed {
            pin.is_suspect.set(true);
            return;
        }
        if method != Method::SetAttribute || !(id == 0 || maker.get() == Some(id)) {
            return;
        }
        if let [attribute, value, ..] = args
            && let Some(attribute) = attribute.deref().as_long()
        {
            let step = Step::Attribute(attribute, value.deref().clone());
            self.add_step(&pin.connection, step);
        }
    }

    /// What the running coroutine's `lastInsertId()` was before its connection was set up once more.
    pub(crate) fn last_id(&self) -> Option<i64> {
        let pin = self.known(engine::current().unwrap_or(0))?;
        Some(pin.last_id.get()).filter(|number| *number != 0)
    }

    /// A call of the coroutine's failed; `lost` when an answer is still to come.
    pub(crate) fn mark(&self, id: u64, lost: bool) {
        if let Some(pin) = self.known(id) {
            pin.is_suspect.set(true);
            pin.is_lost.set(pin.is_lost.get() || lost);
        }
    }

    /// The coroutine connects again. It goes on with the connection that it has where the library believes to be in a
    /// transaction (`is_busy`), and is; else not with one that failed, or has a transaction.
    pub(crate) fn drop_unusable(&self, is_busy: bool) {
        let id = engine::current().unwrap_or(0);
        let Some(pin) = self.known(id) else { return };
        let in_transaction = self.is_in_transaction(&pin);
        if !pin.is_lost.get() && is_busy == in_transaction && (is_busy || !pin.is_suspect.get()) {
            return;
        }
        if pin.is_suspect.get() || pin.is_lost.get() {
            self.broken.set(clock::now());
        }
        drop(pin);
        self.discard(id);
    }

    fn remove(&self, id: u64) -> Option<Rc<Pin>> {
        let pin = self.pins.borrow_mut().remove(&id)?;
        if id != 0 {
            PINNED.fetch_sub(1, Relaxed);
        }
        Some(pin)
    }

    /// The running coroutine has done with its connection.
    pub(crate) fn close(self: &Rc<Self>) {
        match engine::current() {
            Some(id) => self.release(id),
            None => self.discard(0),
        }
    }

    /// Closes a coroutine's connection.
    fn discard(&self, id: u64) {
        if let Some(pin) = self.remove(id) {
            let ticket = pin.ticket.take();
            drop(pin);
            self.give_up(ticket);
        }
    }

    fn give_up(&self, ticket: Option<Ticket>) {
        if let Some(ticket) = ticket {
            let pool = Rc::clone(&self.pool.borrow());
            pool.give_up(ticket);
        }
    }

    /// The coroutine is over: its connection is made as new and given back, or closed. Runs on its stack, and may wait.
    fn release(self: &Rc<Self>, id: u64) {
        let Some(pin) = self.remove(id) else { return };
        let ticket = pin.ticket.take();
        let Some(pin) = Rc::into_inner(pin) else {
            // Inside a call that will never return.
            return self.give_up(ticket);
        };
        let is_wanted = self.objects.get() > 0 && !pin.is_lost.get();
        let done = Use {
            changed: pin.changed.get(),
            took_numbers: pin.took_numbers.get(),
            is_suspect: pin.is_suspect.get(),
        };
        let connection = pin.connection;
        let renewed = match is_wanted {
            true => {
                let restore = pin.restore.take();
                renew::renew(&connection.object, &self.making, done, &restore)
            }
            false => Renewed::No,
        };
        match (renewed, ticket) {
            (Renewed::Yes | Renewed::Bare, Some(ticket)) if self.objects.get() > 0 => {
                if renewed == Renewed::Bare {
                    connection.done.set(0);
                }
                let pool = Rc::clone(&self.pool.borrow());
                pool.give_back(ticket, connection);
                self.reap_later();
            }
            (_, ticket) => {
                if done.is_suspect {
                    self.broken.set(clock::now());
                }
                drop(connection);
                self.give_up(ticket);
            }
        }
    }

    fn reap_later(self: &Rc<Self>) {
        let limits = self.making.limits;
        let Some(time) = limits.idle.into_iter().chain(limits.lifetime).min() else {
            return;
        };
        let now = clock::now();
        // A loop that has ended takes its timers along.
        if now < self.reaping.get().saturating_add(1_000_000_000) {
            return;
        }
        let when = clock::after(time.max(Duration::from_millis(10)));
        self.reaping.set(when);
        let source = Rc::downgrade(self);
        scheduler::at(when, false, move || {
            if let Some(source) = source.upgrade() {
                source.reap();
            }
        });
    }

    fn reap(self: &Rc<Self>) {
        self.reaping.set(0);
        let pool = Rc::clone(&self.pool.borrow());
        // On the driver's stack: a coroutine says goodbye to the server.
        while let Some(old) = pool.take_old() {
            drop(old);
        }
        if pool.counts().idle > 0 {
            self.reap_later();
        }
    }

    fn refuse(&self, refused: &Refused) -> Throw {
        let interrupted = match refused {
            Refused::Cancelled => cancel::resumed().err(),
            Refused::TimedOut(..)
                if scheduler::deadline().is_some_and(|end| clock::now() >= end) =>
            {
                cancel::late().err()
            }
            _ => None,
        };
        interrupted.unwrap_or_else(|| self.making.api.refuse(&self.name(), refused))
    }
}

fn place() -> String {
    match error::location() {
        Some((file, line)) => format!("{file}:{line}"),
        None => "unknown".to_owned(),
    }
}
