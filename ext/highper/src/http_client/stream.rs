//! `Highper\Http\ClientStream`

use super::answer::Asked;
use super::exception::{misused, thrown};
use highper_fetch::Response;
use highper_zend::{Call, Class, ClassRef, Flags, Object, Registry, Throw, Trace, Value};
use std::cell::{Cell, OnceCell, RefCell};

static STREAM: ClassRef = ClassRef::new("Highper\\Http\\ClientStream");

#[derive(Default)]
struct State {
    /// Gone at the end, and while somebody waits for more.
    rest: RefCell<Option<Box<Response>>>,
    asked: OnceCell<Asked>,
    current: RefCell<Option<Value>>,
    key: Cell<usize>,
    begun: Cell<bool>,
}

impl Trace for State {}

/// The pieces of a body: what is to come, or all of it.
pub(super) fn object(
    rest: Option<Box<Response>>,
    body: Option<Value>,
    asked: Asked,
) -> Result<Object, Throw> {
    let object = STREAM.instantiate()?;
    if let Some(state) = object.state::<State>() {
        let is_empty = |value: &Value| value.as_bytes().is_none_or(<[u8]>::is_empty);
        state.current.replace(body.filter(|body| !is_empty(body)));
        state.rest.replace(rest);
        let _first = state.asked.set(asked);
    }
    Ok(object)
}

fn advance(call: &Call) -> Result<(), Throw> {
    let state = call.this::<State>()?;
    let old = state.current.take();
    drop(old);
    let Some(mut rest) = state.rest.take() else {
        return Ok(());
    };
    match rest.next_piece() {
        Ok(Some(piece)) => {
            let value = Value::string(&piece);
            state.rest.replace(Some(rest));
            state.current.replace(Some(value));
            Ok(())
        }
        Ok(None) => Ok(()),
        Err(error) => {
            drop(rest);
            let (method, url) = match state.asked.get() {
                Some(asked) => (&*asked.method, &*asked.url),
                None => (&b""[..], ""),
            };
            Err(thrown(&error, method, url))
        }
    }
}

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Http\\ClientStream")
            .doc("A body's pieces as they come, to be gone through once. Letting go of it closes the connection if there is more.")
            .handle(&STREAM)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .implements("Iterator")
            .state::<State>()
            .deny_create()
            .deny_clone()
            .method("public function current(): mixed", "The piece.", |call| {
                let current = call.this::<State>()?.current.borrow().clone();
                call.ret(current)
            })
            .method("public function key(): int", "Its number, from 0.", |call| {
                call.ret(call.this::<State>()?.key.get())
            })
            .method("public function next(): void", "Goes to the next piece; waits for it.", |call| {
                let key = &call.this::<State>()?.key;
                key.set(key.get() + 1);
                advance(call)
            })
            .method("public function rewind(): void", "Goes to the first piece, once.", |call| {
                let state = call.this::<State>()?;
                if state.begun.replace(true) {
                    return match state.key.get() {
                        0 => Ok(()),
                        _ => Err(misused("the pieces of a body come once; use body() for all of it")),
                    };
                }
                let has_more = state.rest.borrow().is_some();
                if has_more { advance(call) } else { Ok(()) }
            })
            .method("public function valid(): bool", "Is there a piece?", |call| {
                call.ret_bool(call.this::<State>()?.current.borrow().is_some())
            }),
    );
}
