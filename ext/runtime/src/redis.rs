//! One Redis object of phpredis for many coroutines.
//!
//! A call runs on the object's own connection where nobody else is using that, else on another one, made like it, which
//! takes the place of `$this` for the call. A coroutine keeps its connection from call to call only while there is
//! something on it: `MULTI`, a pipeline, `WATCH`, an error that can be asked for; and to its end once it has selected
//! another database or set an option.

mod config;

use crate::cancel;
use crate::pdo::Account;
use config::Config;
use highper_engine::{self as engine, scheduler};
use highper_pool::{Limits, Pool, Taken, Ticket};
use highper_zend::interpose::{self, Next};
use highper_zend::watch::{self, Identity};
use highper_zend::{Call, Done, Object, Outcome, Throw, Value, error, find_class, throw};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

thread_local! {
    static LIMITS: Cell<Option<Limits>> = const { Cell::new(None) };
    /// By the object that PHP code has.
    static SHARED: RefCell<HashMap<Identity, Rc<Shared>>> = RefCell::default();
    /// By a connection that is in the place of such an object.
    static SPARES: RefCell<HashMap<Identity, Rc<Shared>>> = RefCell::default();
    /// Our own calls go straight through.
    static STRAIGHT: Cell<bool> = const { Cell::new(false) };
}

/// What a method means for the connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It sends a command and reads its answer.
    Plain,
    /// `multi()`, `pipeline()`, `watch()`: the next commands belong to it.
    Begin,
    /// `exec()`, `discard()`, `unwatch()`
    End,
    /// `select()`, `setOption()`, `auth()`: what comes later is different.
    Change,
    /// `connect()` and `close()`: about the object's own connection.
    Connect,
    /// It asks the object what it is connected to.
    Look,
    /// It asks for what the coroutine's connection is in the middle of: `getMode()`
    Mode,
    /// `getLastError()`
    Error,
    /// `clearLastError()`
    Clear,
}

/// What the connections beside the objects' own do.
#[must_use]
pub fn accounts() -> Vec<Account> {
    let all: Vec<_> = SHARED.with_borrow(|all| all.values().cloned().collect());
    let account = |shared: &Rc<Shared>| {
        let config = shared.config.borrow();
        Some(Account {
            name: format!("redis:{}", config.as_ref()?.host()),
            max: shared.pool.limits().max,
            counts: shared.pool.counts(),
            held: shared.pool.held(),
        })
    };
    all.iter().filter_map(account).collect()
}

/// A connection beside the object's own.
struct Spare(Object);

impl Drop for Spare {
    fn drop(&mut self) {
        let identity = watch::identity(&self.0);
        // The last one may take the pool with it.
        let shared = SPARES.with_borrow_mut(|spares| spares.remove(&identity));
        drop(shared);
    }
}

/// A coroutine that uses a connection.
struct User {
    /// The object that it calls.
    object: Object,
    /// `None` for the object's own connection.
    spare: RefCell<Option<Spare>>,
    ticket: Cell<Option<Ticket>>,
    depth: Cell<u32>,
    /// There is something on the connection.
    stays: Cell<bool>,
    /// It is another one than it was.
    changed: Cell<bool>,
    broken: Cell<bool>,
    /// An error can be asked for, until the next command.
    lingers: Cell<bool>,
    /// Is it known to the coroutine's end?
    noted: Cell<bool>,
}

/// The connections behind one object.
struct Shared {
    pool: Pool<Spare>,
    config: RefCell<Option<Rc<Config>>>,
    /// The coroutine that uses the object's own connection; 0 for none.
    own: Cell<u64>,
    users: RefCell<HashMap<u64, Rc<User>>>,
    /// A call on the object's own connection failed: phpredis may make another one, which knows of no database.
    is_bare: Cell<bool>,
}

/// What a coroutine gives back at its end.
struct Kept {
    coroutine: u64,
    shared: RefCell<Vec<Rc<Shared>>>,
}

impl Drop for Kept {
    fn drop(&mut self) {
        for shared in self.shared.take() {
            shared.finish(self.coroutine);
        }
    }
}

/// Redis objects use up to `max` connections from now on. False where there is no phpredis.
pub fn enable(max: usize) -> bool {
    let class = Some("redis");
    let is_there = interpose::install(class, "*", Some(before::<PLAIN>), Some(after::<PLAIN>));
    let kinds: [(&[&str], interpose::Before, interpose::After); 8] = [
        (
            &["multi", "pipeline", "watch"],
            before::<BEGIN>,
            after::<BEGIN>,
        ),
        (&["exec", "discard", "unwatch"], before::<END>, after::<END>),
        (
            &["select", "setoption", "auth"],
            before::<CHANGE>,
            after::<CHANGE>,
        ),
        (
            &["connect", "open", "pconnect", "popen", "close"],
            before::<CONNECT>,
            after::<CONNECT>,
        ),
        (
            &[
                "isconnected",
                "gethost",
                "getport",
                "gettimeout",
                "getreadtimeout",
                "getpersistentid",
                "getauth",
            ],
            before::<LOOK>,
            after::<LOOK>,
        ),
        (&["getmode"], before::<MODE>, after::<MODE>),
        (&["getlasterror"], before::<ERROR>, after::<ERROR>),
        (&["clearlasterror"], before::<CLEAR>, after::<CLEAR>),
    ];
    for (names, with, then) in kinds {
        for name in names {
            // Versions of phpredis have more or fewer of them.
            let _ = interpose::install(class, name, Some(with), Some(then));
        }
    }
    if is_there {
        LIMITS.set(Some(crate::pdo::limits(max)));
    }
    is_there
}

/// New Redis objects have their own connection only.
pub fn disable() {
    LIMITS.set(None);
}

/// `Redis::ATOMIC`: not in a transaction.
const ATOMIC: i64 = 0;

const PLAIN: u8 = 0;
const BEGIN: u8 = 1;
const END: u8 = 2;
const CHANGE: u8 = 3;
const CONNECT: u8 = 4;
const LOOK: u8 = 5;
const MODE: u8 = 6;
const ERROR: u8 = 7;
const CLEAR: u8 = 8;

const fn kind(number: u8) -> Kind {
    match number {
        BEGIN => Kind::Begin,
        END => Kind::End,
        CHANGE => Kind::Change,
        CONNECT => Kind::Connect,
        LOOK => Kind::Look,
        MODE => Kind::Mode,
        ERROR => Kind::Error,
        CLEAR => Kind::Clear,
        _ => Kind::Plain,
    }
}

/// Runs calls of ours that don't wait.
fn straight<T>(call: impl FnOnce() -> T) -> T {
    let before = STRAIGHT.replace(true);
    let result = call();
    STRAIGHT.set(before);
    result
}

fn before<const KIND: u8>(call: &mut Call) -> Result<Next, Throw> {
    let Some(id) = engine::current() else {
        return Ok(Next::Call);
    };
    if STRAIGHT.get() {
        return Ok(Next::Call);
    }
    let object = call.this_object()?;
    let identity = watch::identity(object);
    if SPARES.with_borrow(|spares| spares.contains_key(&identity)) {
        return Ok(Next::Call);
    }
    let known = SHARED.with_borrow(|all| all.get(&identity).cloned());
    let shared = match (known, LIMITS.get()) {
        (Some(shared), _) => shared,
        (None, Some(limits)) => Shared::new(object, limits),
        (None, None) => return Ok(Next::Call),
    };
    let user = match (shared.user(id), kind(KIND)) {
        (Some(user), _) => user,
        // It has no connection, so there is nothing on it.
        (None, Kind::Mode) => return call.ret(ATOMIC).map(|()| Next::Done),
        (None, Kind::Error) => return call.ret(Value::null()).map(|()| Next::Done),
        (None, Kind::Clear) => return call.ret(true).map(|()| Next::Done),
        (None, _) => match shared.admit(id, object, kind(KIND))? {
            Some(user) => user,
            None => return Ok(Next::Call),
        },
    };
    user.depth.set(user.depth.get() + 1);
    match kind(KIND) {
        Kind::Begin => shared.keep(id, &user, &user.stays),
        Kind::Change if shared.config.borrow().is_some() => shared.keep(id, &user, &user.changed),
        _ => {}
    }
    if let Some(spare) = &*user.spare.borrow() {
        call.exchange_this(&spare.0);
    }
    Ok(Next::Call)
}

fn after<const KIND: u8>(call: &mut Call) -> Done {
    let Some(id) = engine::current() else {
        return Ok(());
    };
    if STRAIGHT.get() {
        return Ok(());
    }
    let identity = watch::identity(call.this_object()?);
    let spare = SPARES.with_borrow(|spares| spares.get(&identity).cloned());
    let Some(shared) = spare.or_else(|| SHARED.with_borrow(|all| all.get(&identity).cloned()))
    else {
        return Ok(());
    };
    let Some(user) = shared.user(id) else {
        return Ok(());
    };
    if !user.is_at(identity) || user.depth.get() == 0 {
        return Ok(());
    }
    user.depth.set(user.depth.get() - 1);
    let failed = throw::is_pending();
    user.broken.set(user.broken.get() || failed);
    if failed {
        user.stays
            .set(user.stays.get() && user.spare.borrow().is_some());
    } else {
        if call.has_returned(identity) {
            // The object itself, for the next call in the chain.
            call.ret(Value::from(&user.object))?;
        }
        if kind(KIND) == Kind::End {
            user.stays.set(false);
        }
        if kind(KIND) == Kind::Plain {
            let is_told = call.has_returned_false() && user.has_error();
            user.lingers.set(is_told);
            if is_told {
                shared.note(id, &user);
            }
        }
    }
    if user.depth.get() == 0 && !user.is_kept() {
        shared.leave(id);
    }
    Ok(())
}

impl User {
    fn is_at(&self, identity: Identity) -> bool {
        match &*self.spare.borrow() {
            Some(spare) => watch::identity(&spare.0) == identity,
            None => watch::identity(&self.object) == identity,
        }
    }

    fn is_kept(&self) -> bool {
        self.stays.get() || self.changed.get() || self.lingers.get()
    }

    /// The object whose connection it is.
    fn connection(&self) -> Object {
        let spare = self.spare.borrow();
        spare
            .as_ref()
            .map_or_else(|| self.object.clone(), |spare| spare.0.clone())
    }

    fn has_error(&self) -> bool {
        let connection = self.connection();
        let said = straight(|| connection.call("getLastError", &[]));
        matches!(said, Outcome::Value(value) if !value.is_null())
    }
}

impl Shared {
    fn new(object: &Object, limits: Limits) -> Rc<Self> {
        // One of them is the object's own.
        let max = limits.max.saturating_sub(1).max(1);
        let shared = Rc::new(Self {
            pool: Pool::new(Limits { max, ..limits }),
            config: RefCell::new(None),
            own: Cell::new(0),
            users: RefCell::default(),
            is_bare: Cell::new(false),
        });
        let identity = watch::identity(object);
        SHARED.with_borrow_mut(|all| all.insert(identity, Rc::clone(&shared)));
        watch::watch(object, gone);
        shared
    }

    fn user(&self, id: u64) -> Option<Rc<User>> {
        self.users.borrow().get(&id).cloned()
    }

    fn add(&self, id: u64, object: &Object, spare: Option<(Ticket, Spare)>) -> Rc<User> {
        let (ticket, spare) = spare.unzip();
        let user = Rc::new(User {
            object: object.clone(),
            spare: RefCell::new(spare),
            ticket: Cell::new(ticket),
            depth: Cell::new(0),
            stays: Cell::new(false),
            changed: Cell::new(false),
            broken: Cell::new(false),
            lingers: Cell::new(false),
            noted: Cell::new(false),
        });
        self.users.borrow_mut().insert(id, Rc::clone(&user));
        user
    }

    /// Gives the coroutine a connection; `None` where the call is the object's own matter.
    fn admit(
        self: &Rc<Self>,
        id: u64,
        object: &Object,
        kind: Kind,
    ) -> Result<Option<Rc<User>>, Throw> {
        match kind {
            Kind::Look => return Ok(None),
            Kind::Connect => {
                // Others are made like it again.
                self.config.replace(None);
                let old = self.pool.take_idle();
                drop(old);
                if self.own.get() != 0 {
                    return Ok(None);
                }
            }
            _ => {}
        }
        if self.own.get() == 0 {
            self.own.set(id);
            let is_work = matches!(kind, Kind::Plain | Kind::Begin | Kind::End);
            if is_work && self.config.borrow().is_none() {
                let config = straight(|| Config::of(object));
                self.config.replace(config.map(Rc::new));
            }
            let user = self.add(id, object, None);
            let config = self.config.borrow().clone();
            if let Some(config) = config
                && self.is_bare.replace(false)
            {
                // It stays its user meanwhile.
                user.changed.set(true);
                config.apply(object, true);
                user.changed.set(false);
            }
            return Ok(Some(user));
        }
        let config = self.config.borrow().clone();
        let Some(config) = config else {
            return Ok(None);
        };
        let taken = self.pool.take(place, scheduler::deadline());
        let (ticket, spare) = match taken {
            Ok(Taken::Idle(ticket, spare)) => (ticket, spare),
            Ok(Taken::New(ticket)) => match self.make(&config) {
                Ok(spare) => (ticket, spare),
                Err(throw) => {
                    self.pool.give_up(ticket);
                    return Err(throw);
                }
            },
            Err(refused) => {
                cancel::resumed()?;
                return Err(exception(&format!(
                    "no connection of the pool (highper.redis_pool) of this object: {refused}"
                )));
            }
        };
        Ok(Some(self.add(id, object, Some((ticket, spare)))))
    }

    fn make(self: &Rc<Self>, config: &Config) -> Result<Spare, Throw> {
        let object = Config::object()?;
        let identity = watch::identity(&object);
        SPARES.with_borrow_mut(|spares| spares.insert(identity, Rc::clone(self)));
        let spare = Spare(object);
        config.connect(&spare.0)?;
        Ok(spare)
    }

    /// The coroutine keeps its connection.
    fn keep(self: &Rc<Self>, id: u64, user: &User, why: &Cell<bool>) {
        why.set(true);
        self.note(id, user);
    }

    fn note(self: &Rc<Self>, id: u64, user: &User) {
        if user.noted.replace(true) {
            return;
        }
        scheduler::set_local_of(id, || Kept {
            coroutine: id,
            shared: RefCell::default(),
        });
        scheduler::local::<Kept, _>(id, |kept| kept.shared.borrow_mut().push(Rc::clone(self)));
    }

    /// The coroutine has done with its connection, for now.
    fn leave(&self, id: u64) {
        let user = self.users.borrow_mut().remove(&id);
        let Some(user) = user else { return };
        let spare = user.spare.take();
        match (spare, user.ticket.take()) {
            (Some(spare), Some(ticket)) if !user.broken.get() => {
                self.pool.give_back(ticket, spare);
            }
            (Some(spare), Some(ticket)) => {
                drop(spare);
                self.pool.give_up(ticket);
            }
            _ => {
                self.is_bare.set(self.is_bare.get() || user.broken.get());
                self.own.set(0);
            }
        }
    }

    /// The coroutine is over. Runs on its stack, and may wait.
    fn finish(&self, id: u64) {
        let Some(user) = self.user(id) else { return };
        if user.spare.borrow().is_some() {
            let is_clean = !user.stays.get() && !user.changed.get() && user.depth.get() == 0;
            user.broken.set(user.broken.get() || !is_clean);
            let connection = user.connection();
            if is_clean {
                // Its answer tells nothing.
                let _ = straight(|| connection.call("clearLastError", &[]));
            }
            drop(connection);
            return self.leave(id);
        }
        let object = user.object.clone();
        let config = self.config.borrow().clone();
        // The coroutine stays its user meanwhile, so these calls run on the object's own connection.
        let has_changed = user.changed.replace(true);
        let is_fine = !user.broken.get() && (!user.stays.get() || Config::end(&object).is_some());
        if !is_fine {
            // phpredis makes another one with the next command, which knows of no database.
            let _ = object.call("close", &[]);
        }
        if let Some(config) = config
            && (has_changed || !is_fine)
        {
            config.apply(&object, !is_fine);
        }
        // Its answer tells nothing.
        let _ = straight(|| object.call("clearLastError", &[]));
        self.leave(id);
    }
}

/// The object has gone.
fn gone(identity: Identity) {
    let shared = SHARED.with_borrow_mut(|all| all.remove(&identity));
    if let Some(shared) = shared {
        let idle = shared.pool.close();
        drop(idle);
    }
}

fn place() -> String {
    match error::location() {
        Some((file, line)) => format!("{file}:{line}"),
        None => "unknown".to_owned(),
    }
}

fn exception(text: &str) -> Throw {
    match find_class("RedisException") {
        Ok(Some(class)) => Throw::of(class, text, 0),
        _ => Throw::exception(text),
    }
}

/// At RSHUTDOWN.
pub(crate) fn forget() {
    watch::forget();
    let all = SHARED.take();
    for shared in all.values() {
        let idle = shared.pool.close();
        drop(idle);
    }
    drop(all);
    let spares = SPARES.take();
    drop(spares);
    LIMITS.set(None);
}
