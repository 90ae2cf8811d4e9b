//! `Highper\Container`

use super::check::Check;
use super::{Concrete, Factory, Lifetime};
use crate::app::App;
use crate::incoming;
use highper_zend::{
    Call, Callable, Class, ClassRef, Done, Flags, Object, Registry, Throw, Trace, Value, find_class,
};
use std::cell::OnceCell;
use std::rc::Rc;

static CONTAINER: ClassRef = ClassRef::new("Highper\\Container");

#[derive(Default)]
struct State(OnceCell<Rc<App>>);

impl Trace for State {}

/// The object of an application's container.
pub(crate) fn object(app: &Rc<App>) -> Result<Object, Throw> {
    let object = CONTAINER.instantiate()?;
    if let Some(state) = object.state::<State>() {
        let _first = state.0.set(Rc::clone(app));
    }
    Ok(object)
}

pub(crate) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Container")
            .doc("Objects by their type, in the shape of PSR-11; $app->container(), or a parameter of this type.")
            .handle(&CONTAINER)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .state::<State>()
            .deny_create()
            .deny_clone()
            .method(
                "public function get(string $id): object",
                "The object of a class or of a name that is bound.\n\n@throws \\Highper\\ContainerException It can't be made; the message names the chain of classes that need it.",
                get,
            )
            .method("public function has(string $id): bool", "Is it bound, or a class that can be made?", |call| {
                let app = Rc::clone(of(call)?);
                has(call, &app)
            })
            .method(
                "public function make(string $class, array $parameters = []): object",
                "The same as get(); with parameters by their names a new object that nobody keeps.",
                |call| {
                    let app = Rc::clone(of(call)?);
                    make(call, &app)
                },
            )
            .method(
                "public function call(callable $callable, array $parameters = []): mixed",
                "Calls something with its parameters injected; some may be given by their names.",
                |call| {
                    let app = Rc::clone(of(call)?);
                    let callable = call.callable(0)?;
                    let given = call.opt_array(1)?.filter(|given| !given.is_empty()).cloned();
                    let running = incoming::current();
                    let value = app.container.call(&app, &callable, given.as_ref(), running.as_ref(), "call()")?;
                    call.ret(value)
                },
            )
            .method("public function bind(string $id, string|\\Closure|null $concrete = null): static", "An object made anew for each that asks.", |call| bound(call, Lifetime::Each))
            .method("public function singleton(string $id, string|\\Closure|null $concrete = null): static", "One object for a worker, made when it is first asked for.", |call| bound(call, Lifetime::Worker))
            .method("public function scoped(string $id, string|\\Closure|null $concrete = null): static", "One object for a request.", |call| bound(call, Lifetime::Request))
            .method("public function instance(string $id, object $object): static", "This object.", |call| {
                let app = Rc::clone(of(call)?);
                instance(call, &app)
            })
            .method("public function tag(string $tag, string ...$ids): static", "Puts classes under a tag, in this order.", |call| {
                let app = Rc::clone(of(call)?);
                tag(call, &app)
            })
            .method("public function tagged(string $tag): array", "The objects of all that has this tag.", |call| {
                let app = Rc::clone(of(call)?);
                let running = incoming::current();
                let list = app.container.tagged(&app, call.text(0)?, running.as_ref())?;
                call.ret(list)
            }),
    );
}

fn of(call: &Call) -> Result<&Rc<App>, Throw> {
    let state = call.this::<State>()?;
    state
        .0
        .get()
        .ok_or_else(|| Throw::error("this container belongs to no application"))
}

fn get(call: &mut Call) -> Done {
    let app = of(call)?;
    let name = match call.opt_value(0).and_then(Value::as_string) {
        Some(name) => name,
        // What is no text, in PHP's own words.
        None => call.str(0)?,
    };
    let found = app.container.by_name(app, &name, incoming::current)?;
    call.ret(found)
}

/// `has($id)`
pub(crate) fn has(call: &mut Call, app: &App) -> Done {
    let name = call.text(0)?;
    let found = app.container.is_bound(name) || Check::new(app).name(name).is_ok();
    if !found {
        app.container.tidy(app.container.entry(name));
    }
    call.ret_bool(found)
}

/// `make($class, $parameters)`
pub(crate) fn make(call: &mut Call, app: &App) -> Done {
    match call.opt_array(1)?.filter(|given| !given.is_empty()) {
        None => {
            let name = call.str(0)?;
            let found = app.container.by_name(app, &name, incoming::current)?;
            call.ret(found)
        }
        Some(given) => {
            let running = incoming::current();
            let name = call.text(0)?;
            match app.container.anew(app, name, given, running.as_ref()) {
                Ok(made) => call.ret(made),
                Err(throw) => {
                    app.container.tidy(app.container.entry(name));
                    Err(throw)
                }
            }
        }
    }
}

/// `bind`, `singleton` and `scoped` of the container and of the application.
pub(crate) fn bind(call: &mut Call, app: &App, lifetime: Lifetime) -> Done {
    let class = call.text(0)?;
    let concrete = match call.opt_value(1).filter(|v| !v.is_null()) {
        None => Concrete::Class(class.to_owned()),
        Some(value) => match value.as_str() {
            Some(class) => Concrete::Class(class.to_owned()),
            None => {
                let factory = Callable::new(value).map_err(|why| Throw::argument_value(1, why))?;
                Concrete::Factory(Factory::new(factory))
            }
        },
    };
    app.container.bind(class, lifetime, concrete);
    call.ret_this()
}

fn bound(call: &mut Call, lifetime: Lifetime) -> Done {
    let app = Rc::clone(of(call)?);
    bind(call, &app, lifetime)
}

/// `instance($id, $object)`
pub(crate) fn instance(call: &mut Call, app: &App) -> Done {
    let object = call.object(1)?.clone();
    let class = call.text(0)?;
    if let Some(wanted) = find_class(class)?
        && !object.is_instance_of(wanted)
    {
        return Err(Throw::argument_type(
            1,
            format!("must be of type {class}, {} given", object.class_name()),
        ));
    }
    app.container.instance(class, object);
    call.ret_this()
}

/// `tag($tag, ...$ids)`
pub(crate) fn tag(call: &mut Call, app: &App) -> Done {
    let mut names = Vec::new();
    for at in 1..call.num_args() {
        names.push(call.text(at)?.to_owned());
    }
    app.container.tag(call.text(0)?, names.into_iter());
    call.ret_this()
}
