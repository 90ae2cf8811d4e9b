//! `Highper\Redis\Scan`

use super::exception::{misused, thrown};
use highper_redis::{Client, Command, Part};
use highper_zend::{Call, Class, ClassRef, Done, Flags, Object, Registry, Throw, Trace};
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

static SCAN: ClassRef = ClassRef::new("Highper\\Redis\\Scan");

/// What is looked for.
struct Wanted {
    client: Rc<Client>,
    pattern: Option<Vec<u8>>,
    count: i64,
    kind: Option<Vec<u8>>,
}

#[derive(Default)]
struct State {
    wanted: OnceCell<Wanted>,
    keys: RefCell<VecDeque<Vec<u8>>>,
    /// The server, and where in it: nothing when it is to be begun.
    part: Cell<usize>,
    cursor: RefCell<Option<Vec<u8>>>,
    is_over: Cell<bool>,
    key: Cell<usize>,
    begun: Cell<bool>,
}

impl Trace for State {}

pub(super) fn object(
    client: Rc<Client>,
    pattern: Option<Vec<u8>>,
    count: i64,
    kind: Option<Vec<u8>>,
) -> Result<Object, Throw> {
    let object = SCAN.instantiate()?;
    if let Some(state) = object.state::<State>() {
        let _first = state.wanted.set(Wanted {
            client,
            pattern,
            count,
            kind,
        });
    }
    Ok(object)
}

/// Asks until there is a key, or no server has more.
fn fill(call: &Call) -> Done {
    let state = call.this::<State>()?;
    let Some(wanted) = state.wanted.get() else {
        return Err(misused("nothing is looked for"));
    };
    while state.keys.borrow().is_empty() && !state.is_over.get() {
        let cursor = state.cursor.borrow().clone();
        let mut command = Command::new("SCAN");
        command.push(cursor.as_deref().unwrap_or(b"0"));
        if let Some(pattern) = &wanted.pattern {
            command.push("MATCH").push(pattern);
        }
        command.push("COUNT").push_int(wanted.count);
        if let Some(kind) = &wanted.kind {
            command.push("TYPE").push(kind);
        }
        let reply = wanted.client.on_part(state.part.get(), &command);
        let Some(reply) = reply.map_err(|error| thrown(&error))? else {
            state.is_over.set(true);
            break;
        };
        let reply = reply.into_result().map_err(|error| thrown(&error))?;
        let mut walk = reply.walk();
        walk.next();
        let next = match walk.next() {
            Some(Part::Text(cursor) | Part::Status(cursor)) => cursor.to_vec(),
            _ => return Err(misused("the server answered to SCAN with something else")),
        };
        walk.next();
        let found = walk.filter_map(|part| match part {
            Part::Text(key) | Part::Status(key) => Some(key.to_vec()),
            _ => None,
        });
        state.keys.borrow_mut().extend(found);
        if next == b"0" {
            state.part.set(state.part.get() + 1);
            state.cursor.replace(None);
        } else {
            state.cursor.replace(Some(next));
        }
    }
    Ok(())
}

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Redis\\Scan")
            .doc(
                "Keys as SCAN finds them, of all servers, to be gone through once: a key may come twice.\n\n\
                 @implements \\Iterator<int, string>",
            )
            .handle(&SCAN)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .implements("Iterator")
            .state::<State>()
            .deny_create()
            .deny_clone()
            .method("public function current(): mixed", "The key.", |call| {
                let keys = call.this::<State>()?.keys.borrow();
                match keys.front() {
                    Some(key) => call.ret_str(key),
                    None => call.ret_null(),
                }
            })
            .method("public function key(): int", "Its number, from 0.", |call| {
                call.ret(call.this::<State>()?.key.get())
            })
            .method("public function next(): void", "Goes to the next key.", |call| {
                let state = call.this::<State>()?;
                state.key.set(state.key.get() + 1);
                let gone = state.keys.borrow_mut().pop_front();
                drop(gone);
                fill(call)
            })
            .method("public function rewind(): void", "Goes to the first key, once.", |call| {
                let state = call.this::<State>()?;
                match (state.begun.replace(true), state.key.get()) {
                    (false, _) => fill(call),
                    (true, 0) => Ok(()),
                    _ => Err(misused("the keys of scan() come once: call it again")),
                }
            })
            .method("public function valid(): bool", "Is there a key?", |call| {
                call.ret_bool(!call.this::<State>()?.keys.borrow().is_empty())
            }),
    );
}
