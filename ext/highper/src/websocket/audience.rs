//! `Highper\WebSocket\Audience`

use super::connection::{CONNECTION, names, socket, text};
use super::post;
use crate::app::App;
use highper_rooms::Target;
use highper_zend::{Call, Class, ClassRef, Flags, Object, Registry, Throw, Trace, json};
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

static AUDIENCE: ClassRef = ClassRef::new("Highper\\WebSocket\\Audience");

#[derive(Default)]
struct State {
    app: OnceCell<Rc<App>>,
    target: RefCell<Target>,
}

impl Trace for State {}

/// Those who are in one of these rooms, or all.
pub(super) fn object(
    app: &Rc<App>,
    rooms: Vec<Box<[u8]>>,
    everyone: bool,
) -> Result<Object, Throw> {
    let object = AUDIENCE.instantiate()?;
    if let Some(state) = object.state::<State>() {
        let _first = state.app.set(Rc::clone(app));
        state.target.replace(Target {
            rooms,
            everyone,
            except: Vec::new(),
        });
    }
    Ok(object)
}

fn send(call: &Call, is_binary: bool, payload: &[u8]) -> Result<(), Throw> {
    let state = call.this::<State>()?;
    let app = state.app.get();
    let app = app.ok_or_else(|| Throw::error("this audience belongs to no application"))?;
    let target = state.target.borrow().clone();
    post::publish(app, target, is_binary, payload)
}

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\WebSocket\\Audience")
            .doc(
                "Connections that a message goes to, in all workers of the server; each gets it once.\n\n\
                 The message is encoded once, and no PHP runs for a client.",
            )
            .handle(&AUDIENCE)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .state::<State>()
            .deny_create()
            .deny_clone()
            .method("public function to(string ...$rooms): static", "And the members of these rooms.", |call| {
                let more = names(call)?;
                call.this::<State>()?.target.borrow_mut().rooms.extend(more);
                call.ret_this()
            })
            .method(
                "public function except(\\Highper\\WebSocket\\Connection|int ...$connections): static",
                "But not these connections, or those with these numbers.",
                |call| {
                    for at in 0..call.num_args() {
                        let id = match call.value(at)?.as_object() {
                            Some(object) if object.is_instance_of(CONNECTION.get()) => {
                                socket(object).map_or(0, |socket| socket.id())
                            }
                            _ => call.long(at)?.cast_unsigned(),
                        };
                        call.this::<State>()?.target.borrow_mut().except.push(id);
                    }
                    call.ret_this()
                },
            )
            .method("public function send(string $text): void", "Sends a text.\n\n@throws \\ValueError It is not UTF-8.", |call| {
                let text = text(call, 0)?;
                send(call, false, &text)
            })
            .method("public function sendBinary(string $data): void", "Sends bytes.", |call| send(call, true, call.bytes(0)?))
            .method("public function json(mixed $value): void", "Sends a value as JSON.", |call| {
                let text = json::encode(call.value(0)?)?;
                send(call, false, &text)
            }),
    );
}
