//! `Highper\Next`: what a middleware calls for the rest of the request.
//!
//! One closure serves all requests of a route: which request it is comes with its argument.

use crate::request::{self, REQUEST};
use crate::response;
use highper_zend::{
    Call, Class, ClassRef, Done, Flags, Registry, Throw, Trace, Value, call_function,
};
use std::cell::Cell;

static NEXT: ClassRef = ClassRef::new("Highper\\Next");

/// Which layer of which route comes next.
#[derive(Default)]
struct Next(Cell<Option<(usize, usize)>>);

impl Trace for Next {}

pub(crate) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Next")
            .doc("The rest of a request's way, as middleware gets it.")
            .handle(&NEXT)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .state::<Next>()
            .deny_create()
            .method(
                "public function __invoke(\\Highper\\Http\\Request $request): \\Highper\\Http\\Response",
                "Runs the rest.",
                invoke,
            ),
    );
}

fn invoke(call: &mut Call) -> Done {
    let object = call.opt_value(0).and_then(Value::as_object);
    let (object, incoming) = match object.map(|object| (object, request::incoming(object))) {
        Some((object, Some(incoming))) => (object, incoming),
        // PHP's own words for what is no request.
        _ => {
            call.object_of(0, &REQUEST)?;
            return Err(Throw::error("this request object belongs to no request"));
        }
    };
    let Some((endpoint, layer)) = call.this::<Next>()?.0.get() else {
        return Err(Throw::error("this leads nowhere"));
    };
    let endpoint = incoming.app.endpoint(endpoint)?;
    let data = endpoint.layer(&incoming, layer, object)?;
    call.ret(response::shared(&incoming.app, data)?)
}

/// The closure of a layer.
pub(crate) fn closure(endpoint: usize, layer: usize) -> Result<Value, Throw> {
    let object = NEXT.instantiate()?;
    if let Some(state) = object.state::<Next>() {
        state.0.set(Some((endpoint, layer)));
    }
    call_function("Closure::fromCallable", &[object.into()]).into_result()
}
