//! Whose locale is which: that of a coroutine, of those that made it, of its request's client.

use crate::app::App;
use crate::incoming;
use highper_app::language;
use highper_engine::{self as engine, scheduler};
use highper_zend::Throw;
use std::cell::RefCell;
use std::rc::Rc;

/// As many generations are asked.
const MOST: usize = 64;

/// What a coroutine has chosen.
#[derive(Default)]
struct Chosen(RefCell<Option<Rc<str>>>);

/// What a coroutine's client wants, once somebody has asked.
struct Wanted(Rc<str>);

thread_local! {
    /// The choice of code outside of coroutines.
    static OUTSIDE: RefCell<Option<Rc<str>>> = const { RefCell::new(None) };
}

/// The locale of the running code.
pub(crate) fn current(app: &App) -> Result<Rc<str>, Throw> {
    let Some(own) = engine::current() else {
        return match OUTSIDE.with_borrow(Clone::clone) {
            Some(chosen) => Ok(chosen),
            None => Ok(app.translations.default_locale(app)?.into()),
        };
    };
    let mut id = own;
    for _ in 0..MOST {
        let chosen = scheduler::local::<Chosen, _>(id, |chosen| chosen.0.borrow().clone());
        if let Some(chosen) = chosen.flatten() {
            return Ok(chosen);
        }
        match engine::info(id) {
            Some(info) => id = info.parent,
            None => break,
        }
    }
    if let Some(known) = scheduler::local::<Wanted, _>(own, |wanted| Rc::clone(&wanted.0)) {
        return Ok(known);
    }
    let known: Vec<&str> = app
        .translations
        .locales(app)?
        .iter()
        .map(|l| &**l)
        .collect();
    let header = incoming::current().and_then(|incoming| incoming.header(b"accept-language"));
    let wanted = header.and_then(|header| {
        let header = String::from_utf8_lossy(&header);
        language::negotiate(&header, &known)
    });
    let locale: Rc<str> = match wanted {
        Some(locale) => locale.into(),
        None => OUTSIDE
            .with_borrow(Clone::clone)
            .map_or_else(|| Ok(app.translations.default_locale(app)?.into()), Ok)?,
    };
    scheduler::set_local_of(own, || Wanted(Rc::clone(&locale)));
    Ok(locale)
}

/// Chooses for the running coroutine and those that it makes; says what was chosen before.
pub(crate) fn choose(locale: Option<Rc<str>>) -> Option<Rc<str>> {
    match engine::current() {
        None => OUTSIDE.replace(locale),
        Some(id) => {
            scheduler::set_local_of(id, Chosen::default);
            scheduler::local::<Chosen, _>(id, |chosen| chosen.0.replace(locale)).flatten()
        }
    }
}

/// Call at RSHUTDOWN.
pub(crate) fn forget() {
    OUTSIDE.set(None);
}
