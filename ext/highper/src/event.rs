//! Events: objects that are handed to everybody who listens for their class, its parents or its interfaces.

pub(crate) mod dispatcher;
pub(crate) mod read;

use crate::app::App;
use crate::route::Handler;
use highper_log::{Level, Value as Field};
use highper_zend::{
    Array, Callable, ClassHandle, Object, Outcome, Registry, Throw, Value, find_class,
};
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// Who listens for what.
pub(crate) struct Listener {
    /// The class or interface.
    pub(crate) event: String,
    pub(crate) handler: Handler,
    /// Higher ones are called first.
    pub(crate) priority: i64,
    /// In a coroutine of its own?
    pub(crate) is_async: bool,
    /// `file:line`
    pub(crate) at: String,
    callable: OnceCell<Callable>,
}

impl Listener {
    pub(crate) fn new(event: &str, handler: Handler, at: String) -> Self {
        Self {
            event: event.trim_start_matches('\\').to_owned(),
            handler,
            priority: 0,
            is_async: false,
            at,
            callable: OnceCell::new(),
        }
    }

    /// What is called: the closure, or the method of the container's object.
    fn callable(&self, app: &App) -> Result<Callable, Throw> {
        if let Some(known) = self.callable.get() {
            return Ok(known.clone());
        }
        let made = match &self.handler {
            Handler::Closure(callable) => callable.clone(),
            Handler::Method(class, method) => {
                let is_static = find_class(class)?
                    .and_then(|found| highper_zend::reflect::Class::from(found).method(method))
                    .is_some_and(|method| method.is_static());
                let mut pair = Array::with_capacity(2);
                match is_static {
                    true => pair.push(&**class),
                    false => pair.push(app.shared(class)?),
                };
                pair.push(&**method);
                Callable::new(&pair.into())
                    .map_err(|why| Throw::error(format!("{class}::{method}() listens: {why}")))?
            }
        };
        Ok(self.callable.get_or_init(|| made).clone())
    }

    fn name(&self) -> String {
        match &self.handler {
            Handler::Method(class, method) => format!("{class}::{method}()"),
            Handler::Closure(_) => format!("a listener at {}", self.at),
        }
    }
}

type Found = Rc<[Rc<Listener>]>;

/// The listeners of an application.
#[derive(Default)]
pub(crate) struct Events {
    all: RefCell<Vec<Rc<Listener>>>,
    /// Those of a class of events, in order, once such an event was there.
    found: RefCell<HashMap<String, Found>>,
    /// Classes at whose methods nothing has to be looked for again.
    has_scanned: Cell<bool>,
}

impl Events {
    /// One more.
    pub(crate) fn add(&self, listener: Listener) {
        self.all.borrow_mut().push(Rc::new(listener));
        let old = self.found.take();
        drop(old);
    }

    /// Takes what a scan has found, once: a worker that starts again inherits nothing twice.
    pub(crate) fn take(&self, listeners: Vec<Listener>) {
        if !self.has_scanned.replace(true) {
            listeners
                .into_iter()
                .for_each(|listener| self.add(listener));
        }
    }

    /// The places of all, for tools.
    pub(crate) fn is_empty(&self) -> bool {
        self.all.borrow().is_empty()
    }

    /// Those for events of a class.
    fn of(&self, class: ClassHandle) -> Result<Found, Throw> {
        let name = class.name();
        if let Some(known) = self.found.borrow().get(name) {
            return Ok(Rc::clone(known));
        }
        let all = self.all.borrow().clone();
        let mut list = Vec::new();
        for listener in all {
            if find_class(&listener.event)?.is_some_and(|wanted| class.is_a(wanted)) {
                list.push(listener);
            }
        }
        // Among equals who came first is called first.
        list.sort_by_key(|listener| std::cmp::Reverse(listener.priority));
        let list: Found = list.into();
        self.found
            .borrow_mut()
            .insert(name.to_owned(), Rc::clone(&list));
        Ok(list)
    }

    /// Does anybody listen for events of a class?
    pub(crate) fn has(&self, class: ClassHandle) -> Result<bool, Throw> {
        Ok(!self.is_empty() && !self.of(class)?.is_empty())
    }

    /// Hands an event to those who listen.
    ///
    /// # Errors
    /// What a listener throws: those after it are not called. Those with coroutines of their own are logged.
    pub(crate) fn dispatch(&self, app: &Rc<App>, event: &Object) -> Result<(), Throw> {
        if self.is_empty() {
            return Ok(());
        }
        let list = self.of(event.class())?;
        let can_stop = !list.is_empty() && event.has_method("isPropagationStopped");
        for listener in &*list {
            if can_stop
                && event
                    .call("isPropagationStopped", &[])
                    .into_result()?
                    .to_bool()
            {
                break;
            }
            let callable = listener.callable(app)?;
            if !listener.is_async || !highper_engine::is_running() {
                callable.call_with([event.as_value()]).into_result()?;
                continue;
            }
            let (app, event, listener) = (Rc::clone(app), event.clone(), Rc::clone(listener));
            highper_runtime::coroutine::spawn_body(move || {
                match callable.call_with([event.as_value()]) {
                    Outcome::Bailout => Err(Throw::Bailout),
                    Outcome::Exception(thrown) => {
                        tell(&app, &listener, &event, &thrown);
                        Ok(())
                    }
                    Outcome::Value(_) | Outcome::Exit => Ok(()),
                }
            })?;
        }
        Ok(())
    }

    /// Looks whether all listeners can be called, before there is an event.
    ///
    /// # Errors
    /// The first that can't, with its place.
    pub(crate) fn check(
        &self,
        check: &mut crate::container::check::Check<'_>,
    ) -> Result<(), Throw> {
        let all = self.all.borrow().clone();
        for listener in all {
            if find_class(&listener.event)?.is_none() {
                return Err(Throw::error(format!(
                    "{} listens for {}, and there is no such class (at {})",
                    listener.name(),
                    listener.event,
                    listener.at
                )));
            }
            if let Handler::Method(class, method) = &listener.handler {
                let found = find_class(class)?.map(highper_zend::reflect::Class::from);
                let Some(function) = found.and_then(|class| class.method(method)) else {
                    return Err(Throw::error(format!(
                        "{class} has no method {method}(), which is to listen for {} (at {})",
                        listener.event, listener.at
                    )));
                };
                if !function.is_static() {
                    check.kept(class)?;
                }
            }
        }
        Ok(())
    }
}

/// An exception that nobody is there to catch.
fn tell(app: &App, listener: &Listener, event: &Object, thrown: &Value) {
    let Some(object) = thrown.as_object() else {
        return;
    };
    let (file, line) = object.exception_location();
    let place = format!("{file}:{line}");
    let trace = object.exception_trace();
    let text = format!(
        "{} has failed for {}: Uncaught {}: {}",
        listener.name(),
        event.class_name(),
        object.class_name(),
        object.exception_message().to_string_lossy()
    );
    let more = [
        (&b"at"[..], Field::Str(place.as_bytes())),
        (b"trace", Field::Str(trace.as_bytes())),
    ];
    app.log(Level::Error, &text, &more, None);
}

pub(crate) fn declare(registry: &mut Registry) {
    dispatcher::declare(registry);
}
