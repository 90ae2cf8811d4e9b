//! `Highper\Event\Dispatcher`

use super::Listener;
use super::read::events_of;
use crate::app::App;
use crate::route::{self, Handler};
use highper_zend::reflect::Function;
use highper_zend::{
    Call, Callable, Class, ClassRef, Done, Flags, Object, Registry, Throw, Trace, Value, find_class,
};
use std::cell::OnceCell;
use std::rc::Rc;

static DISPATCHER: ClassRef = ClassRef::new("Highper\\Event\\Dispatcher");

#[derive(Default)]
struct State(OnceCell<Rc<App>>);

impl Trace for State {}

/// The object of an application's dispatcher.
pub(crate) fn object(app: &Rc<App>) -> Result<Object, Throw> {
    let object = DISPATCHER.instantiate()?;
    if let Some(state) = object.state::<State>() {
        let _first = state.0.set(Rc::clone(app));
    }
    Ok(object)
}

pub(super) fn declare(registry: &mut Registry) {
    registry
        .class(
            Class::interface("Highper\\Event\\Stoppable")
                .doc("An event that a listener can keep from those after it. PSR-14's interface does as well.")
                .abstract_method(
                    "public function isPropagationStopped(): bool",
                    "Is nobody else to get it?",
                ),
        )
        .class(
            Class::new("Highper\\Event\\Dispatcher")
                .doc("Hands events to those who listen, in the shape of PSR-14; a parameter of this type.")
                .handle(&DISPATCHER)
                .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
                .state::<State>()
                .deny_create()
                .method(
                    "public function dispatch(object $event): object",
                    "Calls the listeners of the event's class, its parents and its interfaces, one after the other, and returns the event.\n\n\
                     What a listener throws comes out here, and ends it. Listeners with async: true run in coroutines of their own; what they throw is logged.",
                    |call| {
                        let app = of(call)?;
                        app.events.dispatch(app, call.object(0)?)?;
                        let event = call.value(0)?.clone();
                        call.ret(event)
                    },
                )
                .method(
                    "public function listen(string|\\Closure $event, \\Closure|array|null $listener = null, int $priority = 0, bool $async = false): static",
                    "Adds a listener. Where the first argument is a closure, the type of its parameter says for what.\n\n\
                     @param string|\\Closure $event A class or an interface.\n\
                     @param \\Closure|array|null $listener A closure, or [class, method] of an object of the container.\n\
                     @param int $priority Higher ones are called first.\n\
                     @param bool $async In a coroutine of its own.",
                    |call| {
                        let app = Rc::clone(of(call)?);
                        listen(call, &app)
                    },
                )
                .method(
                    "public function has(string|object $event): bool",
                    "Does anybody listen for events of this class?",
                    |call| {
                        let app = of(call)?;
                        let class = match call.value(0)?.as_object() {
                            Some(object) => object.class(),
                            None => match find_class(call.text(0)?)? {
                                Some(class) => class,
                                None => return call.ret_bool(false),
                            },
                        };
                        let has = app.events.has(class)?;
                        call.ret_bool(has)
                    },
                ),
        );
}

fn of(call: &Call) -> Result<&Rc<App>, Throw> {
    let state = call.this::<State>()?;
    state
        .0
        .get()
        .ok_or_else(|| Throw::error("this dispatcher belongs to no application"))
}

/// `listen($event, $listener, $priority, $async)`, of the dispatcher and of the application.
pub(crate) fn listen(call: &mut Call, app: &App) -> Done {
    let given = call.value(0)?;
    let is_alone = call.is_absent(1);
    let (events, handler) = match given.as_str() {
        Some(_) if is_alone => {
            return Err(Throw::argument_value(1, "must be the listener"));
        }
        Some(event) => (vec![event.to_owned()], route::handler(call, 1)?),
        None if !is_alone => {
            return Err(Throw::argument_value(
                0,
                "must be the class of the events where a listener is given beside it",
            ));
        }
        None => {
            let callable = Callable::new(given).map_err(|why| Throw::argument_value(0, why))?;
            let events = Function::of(&callable).map(|function| events_of(&function));
            let events = events.unwrap_or_default();
            if events.is_empty() {
                return Err(Throw::argument_value(
                    0,
                    "must be a closure whose first parameter has the class of the events as its type",
                ));
            }
            (events, Handler::Closure(callable))
        }
    };
    let priority = call.opt_long(2, 0)?;
    let is_async = call.opt_bool(3, false)?;
    for event in events {
        let mut listener = Listener::new(&event, handler.clone(), route::place());
        listener.priority = priority;
        listener.is_async = is_async;
        app.events.add(listener);
    }
    let this = Value::from(call.this_object()?);
    call.ret(this)
}
