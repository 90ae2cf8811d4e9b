//! `Highper\Routes`

use crate::app::App;
use crate::route::{Shared, middleware};
use highper_zend::{Call, Class, ClassRef, Done, Flags, Object, Registry, Throw, Trace, Value};
use std::cell::OnceCell;
use std::rc::Rc;

static ROUTES: ClassRef = ClassRef::new("Highper\\Routes");

/// A group under construction.
#[derive(Default)]
struct Routes(OnceCell<(Rc<App>, Shared)>);

impl Trace for Routes {}

pub(crate) fn declare(registry: &mut Registry) {
    registry.class(crate::websocket::method_of_group(
        Class::new("Highper\\Routes")
            .doc("Routes with a prefix and middleware in common.")
            .handle(&ROUTES)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .state::<Routes>()
            .deny_create()
            .method("public function get(string $path, \\Closure|array $handler, string|object ...$middleware): static", "A route for GET (and HEAD).", |call| add(call, &["GET"]))
            .method("public function post(string $path, \\Closure|array $handler, string|object ...$middleware): static", "A route for POST.", |call| add(call, &["POST"]))
            .method("public function put(string $path, \\Closure|array $handler, string|object ...$middleware): static", "A route for PUT.", |call| add(call, &["PUT"]))
            .method("public function patch(string $path, \\Closure|array $handler, string|object ...$middleware): static", "A route for PATCH.", |call| add(call, &["PATCH"]))
            .method("public function delete(string $path, \\Closure|array $handler, string|object ...$middleware): static", "A route for DELETE.", |call| add(call, &["DELETE"]))
            .method("public function any(string $path, \\Closure|array $handler, string|object ...$middleware): static", "A route for every method.", |call| add(call, &["ANY"]))
            .method("public function map(array $methods, string $path, \\Closure|array $handler, string|object ...$middleware): static", "A route for some methods.", |call| {
                let methods = methods(call)?;
                let names: Vec<&str> = methods.iter().map(|m| &**m).collect();
                let (app, shared) = of(call)?;
                app.add(shared.route(&names, call, 1)?)?;
                call.ret_this()
            })
            .method("public function name(string $name): static", "Names the route that was added last, for addresses that are made.", |call| {
                of(call)?.0.name(call.text(0)?)?;
                call.ret_this()
            })
            .method("public function group(string $prefix, \\Closure $routes, string|object ...$middleware): static", "A group inside this one.", |call| {
                let (app, shared) = of(call)?;
                nested(call, app, shared)?;
                call.ret_this()
            }),
    ));
}

pub(crate) fn of(call: &Call) -> Result<&(Rc<App>, Shared), Throw> {
    let state = call.this::<Routes>()?;
    state
        .0
        .get()
        .ok_or_else(|| Throw::error("this group belongs to no application"))
}

fn add(call: &mut Call, methods: &[&str]) -> Done {
    let (app, shared) = of(call)?;
    app.add(shared.route(methods, call, 0)?)?;
    call.ret_this()
}

/// Argument 0 of `map()`.
pub(crate) fn methods(call: &Call) -> Result<Vec<String>, Throw> {
    let mut methods = Vec::new();
    for value in call.array(0)?.values() {
        match value.as_str() {
            Some(name) => methods.push(name.to_ascii_uppercase()),
            None => return Err(Throw::argument_value(0, "must be a list of HTTP methods")),
        }
    }
    Ok(methods)
}

/// `group(prefix, closure, ...middleware)` inside what is shared already.
pub(crate) fn nested(call: &Call, app: &Rc<App>, shared: &Shared) -> Done {
    let inner = shared.nest(call.text(0)?, middleware(call, 2)?);
    let closure = call.callable(1)?;
    let object: Object = ROUTES.instantiate()?;
    if let Some(state) = object.state::<Routes>() {
        let _first = state.0.set((Rc::clone(app), inner));
    }
    closure.call(&[Value::from(object)]).into_result().map(drop)
}
