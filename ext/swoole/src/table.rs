//! `Swoole\Table`: rows that processes share, found by a key.

mod cells;
mod cursor;
mod rows;

use crate::{error_code, swoole_error};
use cursor::Cursor;
use highper_shm::table::{self, Column, ColumnKind, Key};
use highper_zend::{Array, Call, Class, Done, Flags, Registry, Str, Throw, Trace, Tracer, error};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

const INT: i64 = ColumnKind::Int as i64;
const FLOAT: i64 = ColumnKind::Float as i64;
const STRING: i64 = ColumnKind::Bytes as i64;

const SIZE: usize = 0;
const MEMORY_SIZE: usize = 1;

/// `E_ERROR` when a table is used that has no memory.
const NOT_CREATED: &str = "table is not created or has been destroyed";

/// A table that was created.
struct Made {
    table: table::Table,
    /// The columns' names, as keys of arrays.
    names: Vec<Str>,
}

#[derive(Default)]
struct Table {
    /// Rows and share of spare ones, once the constructor ran.
    plan: Cell<Option<(u32, f32)>>,
    columns: RefCell<Vec<Column>>,
    made: RefCell<Option<Rc<Made>>>,
    cursor: RefCell<Cursor>,
}

impl Trace for Table {
    fn trace(&self, tracer: &mut Tracer) {
        if let Ok(cursor) = self.cursor.try_borrow() {
            cursor.trace(tracer);
        }
    }
}

/// Declares it.
pub fn declare(registry: &mut Registry) {
    let class = Class::new("Swoole\\Table")
        .doc("Rows that a process shares with those it forks, found by a key of at most 63 bytes.")
        .flags(Flags::NOT_SERIALIZABLE)
        .implements("Iterator")
        .implements("Countable")
        .state::<Table>()
        .deny_unset()
        .constant("TYPE_INT", INT, "A column of integers.")
        .constant("TYPE_STRING", STRING, "A column of strings.")
        .constant("TYPE_FLOAT", FLOAT, "A column of floats.")
        .property("public $size", "Rows, without the spare ones, once it is created.")
        .property("public $memorySize", "Bytes of shared memory, once it is created.")
        .method(
            "public function __construct(int $table_size, float $conflict_proportion = 0.2)",
            "$table_size rows, rounded up to a power of two from 64 on, and a share of spare ones (0.2 to 1) for keys that meet in one bucket.",
            construct,
        )
        .method(
            "public function column(string $name, int $type, int $size = 0): bool",
            "Adds a column of a type TYPE_*; $size is the bytes of the longest string.",
            column,
        )
        .method(
            "public function create(): bool",
            "Takes the memory. From now on other processes can be forked.",
            create,
        )
        .method(
            "public function destroy(): bool",
            "Gives the memory back; the table is gone for the other processes too.",
            destroy,
        );
    let class =
        rows::methods(class).method("public function count(): int", "Rows in use.", |call| {
            match made(call) {
                Some(made) => call.ret_long(made.table.len()),
                None => call.ret_long(0),
            }
        });
    let class = rows::changes(class)
        .method(
            "public function getSize(): int",
            "Rows, without the spare ones.",
            |call| {
                let plan = call.this::<Table>()?.plan.get();
                call.ret_long(plan.map_or(0, |(rows, _)| rows.into()))
            },
        )
        .method(
            "public function getMemorySize(): int",
            "Bytes of shared memory; 0 before it is created.",
            |call| call.ret(made(call).map_or(0, |made| made.table.memory())),
        )
        .method(
            "public function stats(): array|false",
            "What has happened so far.",
            stats,
        );
    registry.class(cursor::methods(class));
}

/// The table, if it is created and not destroyed.
fn made(call: &Call) -> Option<Rc<Made>> {
    call.this::<Table>().ok()?.made.borrow().clone()
}

/// The table; PHP's fatal error when it has no memory.
#[inline]
fn ready(call: &Call) -> Result<Rc<Made>, Throw> {
    let state = call.this::<Table>()?;
    let made = state.made.borrow().clone();
    match made {
        Some(made) if !made.table.is_destroyed() => Ok(made),
        Some(_) => Err(error::fatal(NOT_CREATED)),
        None => {
            planned(state)?;
            Err(error::fatal(NOT_CREATED))
        }
    }
}

fn planned(state: &Table) -> Result<(u32, f32), Throw> {
    state.plan.get().ok_or_else(|| {
        swoole_error::fatal("must call constructor first", error_code::WRONG_OPERATION)
    })
}

fn key(bytes: &[u8]) -> Key {
    Key::new(bytes)
}

/// Says in the log that a process had died with a row in its hands.
fn recovered(made: &Made) {
    if let Some(pid) = made.table.take_found_dead() {
        crate::function::logging::warning(&format!(
            "TableRow::lock(): lock process[{pid}] not exists, force unlock"
        ));
    }
}

fn refuse(call: &Call, message: impl AsRef<str>) -> Done {
    error::warning(message)?;
    call.ret_bool(false)
}

fn construct(call: &mut Call) -> Done {
    let state = call.this::<Table>()?;
    if state.plan.get().is_some() {
        return Err(Throw::error(format!(
            "Constructor of {} can only be called once",
            call.this_object()?.class_name()
        )));
    }
    // As the C type: 32 bits without a sign.
    let rows = table::rows_for(call.long(0)? as u32);
    let proportion = call.opt_double(1, 0.2)? as f32;
    state.plan.set(Some((rows, proportion)));
    Ok(())
}

fn column(call: &mut Call) -> Done {
    let state = call.this::<Table>()?;
    planned(state)?;
    let (name, kind, size) = (call.bytes(0)?, call.long(1)?, call.opt_long(2, 0)?);
    if kind == STRING && size < 1 {
        return refuse(
            call,
            "the length of string type values has to be more than zero",
        );
    }
    if state.made.borrow().is_some() {
        return refuse(call, "unable to add column after table has been created");
    }
    let kind = match kind {
        INT => ColumnKind::Int,
        FLOAT => ColumnKind::Float,
        STRING => ColumnKind::Bytes,
        _ => {
            crate::function::logging::warning("Table::add_column(): unknown column type");
            return call.ret_bool(false);
        }
    };
    let size = usize::try_from(size).unwrap_or_default();
    let column = Column::new(name, kind, size);
    let mut columns = state.columns.borrow_mut();
    match columns.iter_mut().find(|column| column.name == name) {
        Some(old) => *old = column,
        None => columns.push(column),
    }
    call.ret_bool(true)
}

fn create(call: &mut Call) -> Done {
    let state = call.this::<Table>()?;
    let (rows, proportion) = planned(state)?;
    if state.made.borrow().is_some() {
        return Err(error::fatal("unable to allocate memory"));
    }
    let columns = state.columns.borrow().clone();
    let names = columns
        .iter()
        .map(|column| Str::new(&column.name))
        .collect();
    let Ok(table) = table::Table::new(rows, proportion, columns) else {
        return Err(error::fatal("unable to allocate memory"));
    };
    let this = call.this_object()?;
    this.set_slot(SIZE, table.size() as i64);
    this.set_slot(MEMORY_SIZE, table.memory() as i64);
    state.made.replace(Some(Rc::new(Made { table, names })));
    call.ret_bool(true)
}

fn destroy(call: &mut Call) -> Done {
    let made = ready(call)?;
    let state = call.this::<Table>()?;
    made.table.destroy();
    state.plan.set(None);
    state.made.take();
    drop(state.cursor.take());
    call.ret_bool(true)
}

fn stats(call: &mut Call) -> Done {
    if call.this::<Table>()?.plan.get().is_none() {
        return call.ret_bool(false);
    }
    let stats = made(call)
        .map(|made| made.table.stats())
        .unwrap_or_default();
    let mut out = Array::with_capacity(8);
    out.set("num", stats.rows)
        .set("conflict_count", stats.conflicts)
        .set("conflict_max_level", stats.longest)
        .set("insert_count", stats.inserted)
        .set("update_count", stats.updated)
        .set("delete_count", stats.deleted)
        .set("available_slice_num", stats.spare)
        .set("total_slice_num", stats.spare_total);
    call.ret(out)
}
