//! `Highper\Db\Result`

use super::rows::{self, Make};
use super::statements::Handle;
use highper_db::{Outcome, Rows, Statement};
use highper_zend::{
    Array, Call, Class, ClassRef, Flags, Object, Registry, Str, Throw, Trace, Value,
};
use std::cell::{Cell, OnceCell};
use std::rc::Rc;

static RESULT: ClassRef = ClassRef::new("Highper\\Db\\Result");

struct Made {
    handle: Rc<Handle>,
    names: Rc<[Str]>,
    rows: Rows,
}

#[derive(Default)]
struct State {
    made: OnceCell<Made>,
    at: Cell<usize>,
}

impl Trace for State {}

/// The result of a statement.
pub(super) fn object(
    handle: &Rc<Handle>,
    statement: &Rc<Statement>,
    outcome: Outcome,
) -> Result<Object, Throw> {
    let object = RESULT.instantiate()?;
    object.set_slot(0, outcome.affected);
    object.set_slot(1, outcome.last_id.filter(|id| *id != 0));
    if let Some(state) = object.state::<State>() {
        let names = handle.memory.names(statement, &outcome.rows);
        let _first = state.made.set(Made {
            handle: Rc::clone(handle),
            names,
            rows: outcome.rows,
        });
    }
    Ok(object)
}

impl Made {
    fn make(&self, call: &Call) -> Result<Make, Throw> {
        Make::new(
            &self.handle.memory,
            Rc::clone(&self.names),
            &self.rows,
            call.opt_bytes_or_null(0)?,
        )
    }
}

fn made(call: &Call) -> Result<&Made, Throw> {
    let made = call.this::<State>()?.made.get();
    made.ok_or_else(|| Throw::error("this result belongs to no statement"))
}

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Db\\Result")
            .doc("What a statement did, and the rows that it gave: to be counted, gone through as arrays, or fetched.")
            .handle(&RESULT)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .implements("Iterator")
            .implements("Countable")
            .state::<State>()
            .deny_create()
            .deny_clone()
            .property("public readonly int $affectedRows", "How many rows were changed.")
            .property("public readonly ?int $lastInsertId", "The number that the database gave the last row that was inserted; null where there is none.")
            .method(
                "public function fetchOne(?string $as = null): array|object|null",
                "The first row; null when there is none.\n\n@param class-string|null $as",
                |call| {
                    let made = made(call)?;
                    if made.rows.is_empty() {
                        return call.ret_null();
                    }
                    call.ret(made.make(call)?.row(&made.rows, 0)?)
                },
            )
            .method(
                "public function fetchAll(?string $as = null): array",
                "All rows.\n\n@param class-string|null $as",
                |call| {
                    let made = made(call)?;
                    call.ret(made.make(call)?.all(&made.rows)?)
                },
            )
            .method("public function fetchColumn(): array", "The first column of all rows.", |call| {
                call.ret(rows::column(&made(call)?.rows))
            })
            .method(
                "public function fetchValue(): mixed",
                "The first column of the first row; null when there is none.",
                |call| call.ret(rows::first(&made(call)?.rows)),
            )
            .method("public function columns(): array", "The names of the columns.\n\n@return list<string>", |call| {
                let mut names = Array::new();
                for name in &*made(call)?.names {
                    names.push(name);
                }
                call.ret(names)
            })
            .method("public function count(): int", "How many rows.", |call| {
                call.ret(made(call)?.rows.len())
            })
            .method("public function current(): mixed", "The row, as an array.", |call| {
                let (made, at) = (made(call)?, call.this::<State>()?.at.get());
                match at < made.rows.len() {
                    true => call.ret(rows::array(&made.rows, at, &made.names)),
                    false => call.ret(Value::null()),
                }
            })
            .method("public function key(): int", "Its number, from 0.", |call| {
                call.ret(call.this::<State>()?.at.get())
            })
            .method("public function next(): void", "Goes to the next row.", |call| {
                let at = &call.this::<State>()?.at;
                at.set(at.get() + 1);
                Ok(())
            })
            .method("public function rewind(): void", "Goes to the first row.", |call| {
                call.this::<State>()?.at.set(0);
                Ok(())
            })
            .method("public function valid(): bool", "Is there such a row?", |call| {
                call.ret_bool(call.this::<State>()?.at.get() < made(call)?.rows.len())
            }),
    );
}
