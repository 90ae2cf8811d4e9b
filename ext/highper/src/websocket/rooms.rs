//! `Highper\WebSocket\Rooms`

use super::audience;
use super::connection::names;
use crate::app::App;
use highper_zend::{Call, Class, ClassRef, Flags, Object, Registry, Throw, Trace};
use std::cell::OnceCell;
use std::rc::Rc;

static ROOMS: ClassRef = ClassRef::new("Highper\\WebSocket\\Rooms");

#[derive(Default)]
struct State(OnceCell<Rc<App>>);

impl Trace for State {}

/// The object of an application.
pub(crate) fn object(app: &Rc<App>) -> Result<Object, Throw> {
    let object = ROOMS.instantiate()?;
    if let Some(state) = object.state::<State>() {
        let _first = state.0.set(Rc::clone(app));
    }
    Ok(object)
}

fn of(call: &Call) -> Result<&Rc<App>, Throw> {
    let app = call.this::<State>()?.0.get();
    app.ok_or_else(|| Throw::error("these rooms belong to no application"))
}

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\WebSocket\\Rooms")
            .doc(
                "The rooms that connections are in. Controllers, jobs by the clock, task workers and processes of one's own ask for it and send:\n\
                 $rooms->to('news')->send('…').",
            )
            .handle(&ROOMS)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .state::<State>()
            .deny_create()
            .deny_clone()
            .method("public function to(string ...$rooms): \\Highper\\WebSocket\\Audience", "The members of these rooms, in all workers.", |call| {
                let audience = audience::object(of(call)?, names(call)?, false)?;
                call.ret(audience)
            })
            .method("public function everyone(): \\Highper\\WebSocket\\Audience", "All connections, in all workers.", |call| {
                let audience = audience::object(of(call)?, Vec::new(), true)?;
                call.ret(audience)
            })
            .method("public function count(string $room): int", "How many members a room has, in all workers.", |call| {
                let count = of(call)?.sockets.count(call.bytes(0)?);
                call.ret_long(i64::try_from(count).unwrap_or(i64::MAX))
            }),
    );
}
