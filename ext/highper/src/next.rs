//! `Highper\Next`: what a middleware calls for the rest of the request.
//!
//! One closure serves all requests of a route: which request it is comes with its argument.

use crate::app::App;
use crate::request::{self, REQUEST};
use crate::response;
use highper_zend::{Class, ClassRef, Flags, Registry, Throw, Trace, Value, call_function};
use std::cell::OnceCell;
use std::rc::{Rc, Weak};

static NEXT: ClassRef = ClassRef::new("Highper\\Next");

/// Which layer of which route comes next.
#[derive(Default)]
struct Next(OnceCell<(Weak<App>, usize, usize)>);

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
                |call| {
                    let object = call.object_of(0, &REQUEST)?.clone();
                    let state = call.this::<Next>()?;
                    let Some((app, endpoint, layer)) = state.0.get() else {
                        return Err(Throw::error("this leads nowhere"));
                    };
                    let (Some(app), Some(incoming)) = (app.upgrade(), request::incoming(&object)) else {
                        return Err(Throw::error("this request object belongs to no request"));
                    };
                    let incoming = Rc::clone(incoming);
                    let endpoint = app.endpoint(*endpoint)?;
                    let data = endpoint.layer(&app, &incoming, *layer, &object)?;
                    call.ret(response::shared(data)?)
                },
            ),
    );
}

/// The closure of a layer.
pub(crate) fn closure(app: &Rc<App>, endpoint: usize, layer: usize) -> Result<Value, Throw> {
    let object = NEXT.instantiate()?;
    if let Some(state) = object.state::<Next>() {
        let _first = state.0.set((Rc::downgrade(app), endpoint, layer));
    }
    call_function("Closure::fromCallable", &[object.into()]).into_result()
}
