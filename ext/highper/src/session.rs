//! `Highper\Session`

mod cookie;
mod settings;
mod state;
mod store;

use crate::app::App;
use crate::incoming::Incoming;
use highper_session::token;
use highper_zend::{
    Array, Call, Class, ClassRef, Done, Flags, Object, Registry, Str, Throw, Trace, Value,
};
pub(crate) use settings::Sessions;
pub(crate) use state::{State, check};
use std::cell::OnceCell;
use std::rc::Rc;

/// Its name in the container.
pub(crate) const KEY: &str = "highper\\session";
static SESSION: ClassRef = ClassRef::new("Highper\\Session");

/// What an object carries.
#[derive(Default)]
struct Session(OnceCell<Rc<State>>);

impl Trace for Session {}

/// The session of a request.
///
/// # Errors
/// The application has none.
pub(crate) fn of(incoming: &Incoming) -> Result<&Rc<State>, Throw> {
    if let Some(state) = incoming.session.get() {
        return Ok(state);
    }
    let sessions = incoming.app.sessions.borrow().clone();
    let Some(sessions) = sessions else {
        return Err(Throw::error(
            "the application has no sessions: add ->sessions() to it",
        ));
    };
    let made = Rc::new(State::new(incoming, &sessions));
    Ok(incoming.session.get_or_init(|| made))
}

/// The object of a request's session.
///
/// # Errors
/// The application has none.
pub(crate) fn object(incoming: &Incoming) -> Result<Object, Throw> {
    let state = of(incoming)?;
    let find = |list: &[(Rc<str>, Object)]| {
        let found = list.iter().find(|(key, _)| **key == *KEY);
        found.map(|(_, object)| object.clone())
    };
    if let Some(known) = find(&incoming.scoped.borrow()) {
        return Ok(known);
    }
    let object = SESSION.instantiate()?;
    if let Some(session) = object.state::<Session>() {
        let _first = session.0.set(Rc::clone(state));
    }
    let kept = (KEY.into(), object.clone());
    incoming.scoped.borrow_mut().push(kept);
    Ok(object)
}

pub(crate) fn declare(registry: &mut Registry) {
    store::declare(registry);
    registry.class(
        Class::new("Highper\\Session")
            .doc(
                "The session of a request: read when it is first asked for, and kept for this request alone until its response is \
                 sent. A client that has none gets its cookie once something is in it.",
            )
            .handle(&SESSION)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .state::<Session>()
            .deny_create()
            .deny_clone()
            .method("public function get(string $name, mixed $default = null): mixed", "A value, or the default.", |call| {
                let data = state(call)?.data()?;
                match data.get_symbol(call.bytes(0)?).cloned() {
                    Some(value) => call.ret(value),
                    None => call.ret(call.opt_value(1).cloned()),
                }
            })
            .method("public function all(): array", "All values.", |call| {
                let data = state(call)?.data()?;
                call.ret(data)
            })
            .method("public function has(string $name): bool", "Is there such a value, other than null?", |call| {
                let data = state(call)?.data()?;
                call.ret_bool(data.get_symbol(call.bytes(0)?).is_some_and(|value| !value.is_null()))
            })
            .method("public function set(string $name, mixed $value): void", "Sets a value: whatever serialize() takes.", |call| {
                let (name, value) = (call.str(0)?, call.value(1)?.clone());
                state(call)?.unflash(&name);
                put(state(call)?, &name, value)
            })
            .method("public function pull(string $name, mixed $default = null): mixed", "A value that is gone then, or the default.", |call| {
                let name = call.str(0)?;
                let found = state(call)?.data()?.get_symbol(&name).cloned();
                if found.is_some() {
                    forget(call, &name)?;
                }
                match found {
                    Some(value) => call.ret(value),
                    None => call.ret(call.opt_value(1).cloned()),
                }
            })
            .method("public function forget(string ...$names): void", "Removes values.", |call| {
                for at in 0..call.num_args() {
                    forget(call, &call.str(at)?)?;
                }
                Ok(())
            })
            .method("public function clear(): void", "Removes all values; the client keeps its session.", |call| {
                state(call)?.change(|data| *data = Array::new())
            })
            .method("public function flash(string $name, mixed $value = true): void", "Sets a value for this request and the next one that asks for the session.", |call| {
                let (name, value) = (call.str(0)?, call.value(1)?.clone());
                let state = state(call)?;
                put(state, &name, value)?;
                state.unflash(&name);
                state.flash(vec![name])
            })
            .method("public function keep(string ...$names): void", "What was flashed for this request stays for the next one too: these, or all.", |call| {
                let state = state(call)?;
                let flashed = state.flashed()?;
                let mut wanted = Vec::new();
                for at in 0..call.num_args() {
                    wanted.push(call.str(at)?);
                }
                let kept = flashed
                    .into_iter()
                    .filter(|name| wanted.is_empty() || wanted.contains(name));
                state.flash(kept.collect())
            })
            .method("public function regenerate(): void", "Goes on under another id, and the old one is good for nothing: to be called whenever somebody logs in.", |call| {
                state(call)?.regenerate()
            })
            .method("public function invalidate(): void", "Removes everything, and the old id is good for nothing: to be called whenever somebody logs out.", |call| {
                state(call)?.invalidate()
            })
            .method("public function token(): string", "The token against forged requests, for a form's field `_token` or the header X-CSRF-Token. Another text each time.", |call| {
                let token = state(call)?.token()?;
                let text = token::masked(&token).map_err(|e| Throw::error(e.to_string()))?;
                call.ret_str(text)
            })
            .method("public function isToken(string $text): bool", "Is it a text of this session's token()?", |call| {
                let known = state(call)?.known_token()?;
                let is_it = known.is_some_and(|known| call.bytes(0).is_ok_and(|text| token::is_carried(&known, text)));
                call.ret_bool(is_it)
            })
            .method("public function save(): void", "Writes it now, and lets other requests of the client go on; it can be read from then on, but not changed.", |call| {
                state(call)?.save()
            }),
    );
}

fn state(call: &Call) -> Result<&Rc<State>, Throw> {
    call.this::<Session>()?
        .0
        .get()
        .ok_or_else(|| Throw::error("this session belongs to no request"))
}

fn put(state: &State, name: &Str, value: Value) -> Done {
    state.change(|data| {
        data.set_symbol(name, value);
    })
}

fn forget(call: &Call, name: &Str) -> Done {
    let state = state(call)?;
    let old = state.change(|data| {
        let rest = without(data, name);
        std::mem::replace(data, rest)
    })?;
    state.unflash(name);
    drop(old);
    Ok(())
}

/// The values without one. PHP's arrays have numbers for names that look like some.
fn without(data: &Array, name: &Str) -> Array {
    let mut rest = Array::with_capacity(data.len());
    for (key, value) in data {
        if *key.to_bytes() != **name {
            rest.set_key(key, value);
        }
    }
    rest
}

/// The session before a response: written, and the line that sets its cookie.
///
/// # Errors
/// The store is down.
#[cold]
pub(crate) fn commit(state: &State) -> Result<Option<Vec<u8>>, Throw> {
    state.save()?;
    Ok(state.cookie())
}

/// `Application::sessions()`
pub(crate) fn configure(app: &App, given: Option<&Array>) {
    let none = Array::new();
    match Sessions::new(app, given.unwrap_or(&none)) {
        Ok(sessions) => {
            let old = app.sessions.replace(Some(Rc::new(sessions)));
            if old.is_some() {
                app.mistake("sessions() was called twice".into());
            }
        }
        Err(why) => app.mistake(why),
    }
}
