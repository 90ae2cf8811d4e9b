//! `Highper\Db\Cursor`

use super::exception::{misused, thrown};
use super::rows::Make;
use super::statements::Handle;
use highper_db::{Columns, Cursor, Statement};
use highper_zend::{Call, Class, ClassRef, Flags, Object, Registry, Throw, Trace, Tracer, Value};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

static CURSOR: ClassRef = ClassRef::new("Highper\\Db\\Cursor");

struct Open {
    handle: Rc<Handle>,
    statement: Rc<Statement>,
    cursor: Cursor,
    class: Option<Vec<u8>>,
    make: Option<(Columns, Rc<Make>)>,
}

#[derive(Default)]
struct State {
    /// Gone at the end, and while somebody waits for more.
    open: RefCell<Option<Box<Open>>>,
    current: RefCell<Option<Value>>,
    key: Cell<usize>,
    begun: Cell<bool>,
}

impl Trace for State {
    fn trace(&self, tracer: &mut Tracer) {
        if let Ok(current) = self.current.try_borrow() {
            current.trace(tracer);
        }
    }
}

/// The rows of a statement.
pub(super) fn object(
    handle: &Rc<Handle>,
    statement: Rc<Statement>,
    cursor: Cursor,
    class: Option<Vec<u8>>,
) -> Result<Object, Throw> {
    let open = Box::new(Open {
        handle: Rc::clone(handle),
        statement,
        cursor,
        class,
        make: None,
    });
    let object = CURSOR.instantiate()?;
    if let Some(state) = object.state::<State>() {
        state.open.replace(Some(open));
    }
    Ok(object)
}

impl Open {
    /// The next row, as what was asked for.
    fn advance(&mut self) -> Result<Option<Value>, Throw> {
        let row = self.cursor.advance();
        let row = row.map_err(|error| thrown(&error, Some(&self.statement)))?;
        let Some(row) = row else {
            return Ok(None);
        };
        let rows = self.cursor.rows();
        let Some(columns) = rows.shared_columns() else {
            return Ok(None);
        };
        let known = self.make.as_ref();
        let make = match known.filter(|(known, _)| std::ptr::eq(&**known, &**columns)) {
            Some((_, make)) => Rc::clone(make),
            None => {
                let memory = &self.handle.memory;
                let names = memory.names(&self.statement, rows);
                let make = Rc::new(Make::new(memory, names, rows, self.class.as_deref())?);
                self.make = Some((columns.clone(), Rc::clone(&make)));
                make
            }
        };
        make.row(rows, row).map(Some)
    }
}

fn advance(call: &Call) -> Result<(), Throw> {
    let state = call.this::<State>()?;
    let Some(mut open) = state.open.take() else {
        let old = state.current.take();
        drop(old);
        return Ok(());
    };
    let next = open.advance()?;
    if next.is_some() {
        state.open.replace(Some(open));
    } else {
        drop(open);
    }
    let old = state.current.replace(next);
    drop(old);
    Ok(())
}

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Db\\Cursor")
            .doc("Rows as they come from the database, to be gone through once.")
            .handle(&CURSOR)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .implements("Iterator")
            .state::<State>()
            .deny_create()
            .deny_clone()
            .method("public function current(): mixed", "The row, as an array or an object.", |call| {
                let current = call.this::<State>()?.current.borrow().clone();
                call.ret(current)
            })
            .method("public function key(): int", "Its number, from 0.", |call| {
                call.ret(call.this::<State>()?.key.get())
            })
            .method("public function next(): void", "Goes to the next row; waits for it.", |call| {
                let key = &call.this::<State>()?.key;
                key.set(key.get() + 1);
                advance(call)
            })
            .method("public function rewind(): void", "Goes to the first row, once.", |call| {
                let state = call.this::<State>()?;
                if state.begun.replace(true) {
                    return match state.key.get() {
                        0 => Ok(()),
                        _ => Err(misused(
                            "the rows of iterate() come once; use query() for a result that can be gone through again".into(),
                        )),
                    };
                }
                advance(call)
            })
            .method("public function valid(): bool", "Is there a row?", |call| {
                call.ret_bool(call.this::<State>()?.current.borrow().is_some())
            }),
    );
}
