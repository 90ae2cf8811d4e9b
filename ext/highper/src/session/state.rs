//! The session of one request: read when it is first asked for, written before the response is sent.

use super::cookie::{self, now};
use super::settings::Sessions;
use super::store::{Failure, Store};
use crate::app::App;
use crate::exception::cancelled::{cancelled, is_cancelled, late};
use crate::exception::http_exception::exception;
use crate::incoming::Incoming;
use highper_engine::Wake;
use highper_engine::sync::Mutex;
use highper_log::Level;
use highper_session::id::Id;
use highper_session::lock::{Guard, LockError};
use highper_session::token::{self, Token};
use highper_zend::{Array, Object, Str, Throw, Value, call_function};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A longer cookie is cut or thrown away by browsers.
const COOKIE_MAX: usize = 4096;
/// What is written has this form.
const FORM: i64 = 1;

/// What a request has of its session.
pub(crate) struct State {
    app: Rc<App>,
    sessions: Rc<Sessions>,
    /// What came in the cookie.
    sent: Vec<u8>,
    is_secure: bool,
    /// The coroutines of one request read it one after the other.
    gate: Mutex,
    is_loaded: Cell<bool>,
    is_over: Cell<bool>,
    is_changed: Cell<bool>,
    /// Was it emptied, so that the client is to forget it?
    is_gone: Cell<bool>,
    id: RefCell<Option<Id>>,
    /// Ids that are no longer good.
    old: RefCell<Vec<Id>>,
    data: RefCell<Array>,
    /// Flashed for this request, and by it.
    aged: RefCell<Vec<Str>>,
    fresh: RefCell<Vec<Str>>,
    token: Cell<Option<Token>>,
    created: Cell<u64>,
    used: Cell<u64>,
    guard: RefCell<Option<Guard>>,
    /// The line that sets the cookie.
    cookie: RefCell<Option<Vec<u8>>>,
}

impl State {
    pub(super) fn new(incoming: &Incoming, sessions: &Rc<Sessions>) -> Self {
        let sent = incoming
            .cookies()
            .get_symbol(sessions.cookie.as_bytes())
            .and_then(|value| value.as_bytes().map(<[u8]>::to_vec));
        let by_proxy = incoming.header(b"x-forwarded-proto");
        let by_trusted = incoming
            .notes
            .borrow()
            .as_deref()
            .and_then(|notes| notes.secure);
        Self {
            app: Rc::clone(&incoming.app),
            sessions: Rc::clone(sessions),
            sent: sent.unwrap_or_default(),
            // Who lies about this only keeps its own cookie from coming back.
            is_secure: by_trusted == Some(true)
                || incoming.exchange().connection().is_secure()
                || by_proxy.is_some_and(|name| name.eq_ignore_ascii_case(b"https")),
            gate: Mutex::default(),
            is_loaded: Cell::new(false),
            is_over: Cell::new(false),
            is_changed: Cell::new(false),
            is_gone: Cell::new(false),
            id: RefCell::default(),
            old: RefCell::default(),
            data: RefCell::default(),
            aged: RefCell::default(),
            fresh: RefCell::default(),
            token: Cell::new(None),
            created: Cell::new(0),
            used: Cell::new(0),
            guard: RefCell::default(),
            cookie: RefCell::default(),
        }
    }

    /// Something went wrong with the store: the log says what, and the client that it may come back.
    fn unavailable(&self, what: &str, failure: Failure) -> Throw {
        let why = match failure {
            Failure::Down(why) => why,
            Failure::Throw(throw) => {
                match &throw {
                    Throw::Exit | Throw::Bailout => return throw,
                    Throw::Object(thrown) if thrown.as_object().is_some_and(is_cancelled) => {
                        return throw;
                    }
                    _ => {}
                }
                crate::endpoint::throw_text(throw)
            }
        };
        let text = format!("a session can't be {what}: {why}");
        self.app.log(Level::Error, &text, &[], None);
        exception(503, "The session is not available at the moment.")
    }

    /// Reads the session, where that was not done.
    ///
    /// # Errors
    /// The store is down, or others hold the session for too long.
    pub(super) fn load(&self) -> Result<(), Throw> {
        if self.is_loaded.get() {
            return Ok(());
        }
        let is_held = highper_engine::can_suspend();
        if is_held {
            self.gate.lock(None).map_err(ended)?;
        }
        let read = match self.is_loaded.get() {
            true => Ok(()),
            false => self.read(),
        };
        if is_held {
            self.gate.unlock();
        }
        read
    }

    fn read(&self) -> Result<(), Throw> {
        self.created.set(now());
        let found = match &self.sessions.store {
            Store::Cookie(sealer) => sealer.open(&self.sessions.cookie, &self.sent).map(Str::new),
            store => match Id::parse(&self.sent) {
                None => None,
                Some(id) => {
                    let timeout = self.sessions.lock_timeout;
                    let guard = self.sessions.locks.lock(&id, timeout);
                    let guard = guard.map_err(|error| match error {
                        LockError::Ended(wake) => ended(wake),
                        LockError::Timeout => self.unavailable(
                            "read",
                            Failure::Down(format!(
                                "another request holds it for {} s; a long one lets go by Session::save()",
                                timeout.as_secs_f64()
                            )),
                        ),
                        LockError::System(error) => {
                            self.unavailable("locked", Failure::Down(error.to_string()))
                        }
                    })?;
                    let found = store.read(&self.app, &id.name());
                    let found = found.map_err(|failure| self.unavailable("read", failure))?;
                    if found.is_some() {
                        self.id.replace(Some(id));
                        self.guard.replace(Some(guard));
                    }
                    found
                }
            },
        };
        if let Some(found) = found
            && !self.take(found)?
        {
            // Its time is over, or it is none.
            let id = self.id.take();
            self.old.borrow_mut().extend(id);
            self.created.set(now());
            self.is_gone.set(true);
        }
        self.is_loaded.set(true);
        Ok(())
    }

    /// Takes what was kept; false where it is not to be used.
    fn take(&self, kept: Str) -> Result<bool, Throw> {
        let kept = call_function("unserialize", &[kept.into()]).into_result()?;
        let Some(kept) = kept.as_array() else {
            return Ok(false);
        };
        let number = |name: &str| kept.get(name).and_then(Value::as_long);
        let seconds = |name: &str| number(name).and_then(|n| u64::try_from(n).ok());
        let (Some(FORM), Some(created), Some(used)) = (number("v"), seconds("c"), seconds("u"))
        else {
            return Ok(false);
        };
        let age = |since: u64| now().saturating_sub(since);
        if age(used) >= self.sessions.idle || age(created) >= self.sessions.lifetime {
            return Ok(false);
        }
        self.created.set(created);
        self.used.set(used);
        let token = kept.get("t").and_then(Value::as_bytes);
        self.token.set(token.and_then(|t| Token::try_from(t).ok()));
        if let Some(names) = kept.get_array("f") {
            let names = names.values().filter_map(Value::as_string).collect();
            self.aged.replace(names);
        }
        if let Some(data) = kept.get_array("d") {
            self.data.replace(data.clone());
        }
        Ok(true)
    }

    /// The values; to be read only.
    pub(crate) fn data(&self) -> Result<Array, Throw> {
        self.load()?;
        Ok(self.data.borrow().clone())
    }

    /// The values, where they were read.
    pub(crate) fn loaded(&self) -> Option<Array> {
        self.is_loaded.get().then(|| self.data.borrow().clone())
    }

    /// Changes the values.
    ///
    /// # Errors
    /// The session can't be read, or was written already.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Array) -> T) -> Result<T, Throw> {
        self.open()?;
        self.is_changed.set(true);
        let mut data = self.data.take();
        let result = change(&mut data);
        let old = self.data.replace(data);
        drop(old);
        Ok(result)
    }

    /// Reads it, to be changed.
    fn open(&self) -> Result<(), Throw> {
        if self.is_over.get() {
            return Err(Throw::error(
                "the session was written already, with the response or by save(): change it before",
            ));
        }
        self.load()
    }

    /// Values of these names stay for the next request that asks for the session.
    pub(super) fn flash(&self, names: Vec<Str>) -> Result<(), Throw> {
        self.open()?;
        self.is_changed.set(true);
        let mut fresh = self.fresh.borrow_mut();
        for name in names {
            if !fresh.contains(&name) {
                fresh.push(name);
            }
        }
        Ok(())
    }

    /// What was flashed for this request.
    pub(super) fn flashed(&self) -> Result<Vec<Str>, Throw> {
        self.load()?;
        Ok(self.aged.borrow().clone())
    }

    /// A name is set for good, or gone: it is not flashed any longer.
    pub(super) fn unflash(&self, name: &Str) {
        let is_other = |known: &Str| known != name;
        self.aged.borrow_mut().retain(is_other);
        self.fresh.borrow_mut().retain(is_other);
    }

    /// Goes on under another id.
    pub(super) fn regenerate(&self) -> Result<(), Throw> {
        self.open()?;
        self.is_changed.set(true);
        let id = self.id.take();
        self.old.borrow_mut().extend(id);
        // Who knew the session before may know its token.
        self.token.set(None);
        Ok(())
    }

    /// Empties it, and goes on under another id.
    pub(super) fn invalidate(&self) -> Result<(), Throw> {
        self.regenerate()?;
        let data = self.data.take();
        let flashed = (self.aged.take(), self.fresh.take());
        drop((data, flashed));
        self.created.set(now());
        self.used.set(0);
        self.is_gone.set(true);
        Ok(())
    }

    /// The token, made where there is none.
    pub(crate) fn token(&self) -> Result<Token, Throw> {
        self.load()?;
        if let Some(token) = self.token.get() {
            return Ok(token);
        }
        self.open()?;
        let token = token::new().map_err(|error| Throw::error(error.to_string()))?;
        self.token.set(Some(token));
        self.is_changed.set(true);
        Ok(token)
    }

    /// The token, where there is one.
    pub(crate) fn known_token(&self) -> Result<Option<Token>, Throw> {
        self.load()?;
        Ok(self.token.get())
    }

    /// Writes it and lets others go on; the line that sets the cookie is kept for the response.
    ///
    /// # Errors
    /// The store is down.
    pub(crate) fn save(&self) -> Result<(), Throw> {
        if self.is_over.replace(true) || !self.is_loaded.get() {
            return Ok(());
        }
        let done = self.write();
        // Others may have it now.
        let guard = self.guard.take();
        drop(guard);
        done
    }

    fn write(&self) -> Result<(), Throw> {
        let (sessions, app) = (&self.sessions, &*self.app);
        let fresh = self.fresh.take();
        {
            let mut data = self.data.borrow_mut();
            for name in self.aged.take() {
                if !fresh.contains(&name) {
                    *data = super::without(&data, &name);
                    self.is_changed.set(true);
                }
            }
        }
        for id in self.old.take() {
            let gone = sessions.store.delete(app, &id.name());
            gone.map_err(|failure| self.unavailable("deleted", failure))?;
        }
        let is_empty =
            self.data.borrow().is_empty() && fresh.is_empty() && self.token.get().is_none();
        let now = now();
        let is_due = now.saturating_sub(self.used.get()) >= sessions.idle / 20;
        let is_kept = matches!(sessions.store, Store::Cookie(_)) && self.used.get() > 0
            || self.id.borrow().is_some();
        if is_empty && !is_kept {
            if self.is_gone.get() && !self.sent.is_empty() {
                self.set_cookie("", 0)?;
            }
            return Ok(());
        }
        if !self.is_changed.get() && !is_due {
            return Ok(());
        }
        let mut kept = Array::new();
        kept.set("v", FORM)
            .set("c", self.created.get())
            .set("u", now)
            .set("f", fresh.into_iter().collect::<Array>())
            .set("d", &*self.data.borrow());
        if let Some(token) = self.token.get() {
            kept.set("t", Value::string(token));
        }
        let kept = call_function("serialize", &[kept.into()])
            .into_result()?
            .to_str()?;
        let end = self.created.get() + sessions.lifetime;
        let ttl = sessions.idle.min(end.saturating_sub(now)).max(1);
        let until = if sessions.persistent { now + ttl } else { 0 };
        if let Store::Cookie(sealer) = &sessions.store {
            let sealed = sealer.seal(&sessions.cookie, &kept);
            let sealed =
                sealed.map_err(|e| self.unavailable("sealed", Failure::Down(e.to_string())))?;
            if sealed.len() + sessions.cookie.len() > COOKIE_MAX {
                let why = format!(
                    "it has {} bytes sealed, and a cookie holds {COOKIE_MAX}: keep less in it, or choose the store 'file'",
                    sealed.len()
                );
                return Err(self.unavailable("kept in a cookie", Failure::Down(why)));
            }
            return self.set_cookie(&sealed, until);
        }
        let known = self.id.borrow().clone();
        let (id, is_new) = match known {
            Some(id) => (id, false),
            None => (
                Id::new().map_err(|error| Throw::error(error.to_string()))?,
                true,
            ),
        };
        let written = sessions.store.write(app, &id.name(), &kept, ttl);
        written.map_err(|failure| self.unavailable("written", failure))?;
        if is_new || sessions.persistent {
            self.set_cookie(&id.text(), until)?;
        }
        self.id.replace(Some(id));
        Ok(())
    }

    fn set_cookie(&self, value: &str, ends: u64) -> Result<(), Throw> {
        let line = cookie::line(&self.sessions, value, ends, self.is_secure);
        self.cookie.replace(Some(line.map_err(Throw::error)?));
        Ok(())
    }

    /// The line for the response, once.
    pub(crate) fn cookie(&self) -> Option<Vec<u8>> {
        self.cookie.take()
    }

    /// Lets others have it, whatever became of it.
    pub(crate) fn forget(&self) {
        self.is_over.set(true);
        let kept = (self.guard.take(), self.data.take());
        drop(kept);
    }
}

fn ended(wake: Wake) -> Throw {
    match wake {
        Wake::Timeout => late(),
        _ => cancelled(),
    }
}

/// Is it a store of the application's own, does it fit?
///
/// # Errors
/// A class that is no store.
pub(crate) fn check(app: &App, sessions: &Sessions) -> Result<Option<Object>, Throw> {
    match &sessions.store {
        Store::Class(class) => Store::object(app, class).map(Some),
        _ => Ok(None),
    }
}
