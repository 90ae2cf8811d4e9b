//! Reading and writing rows.

use super::cells;
use super::{Made, key, ready, recovered, refuse};
use highper_shm::table::{Cell, ColumnKind, Full, KEY_MAX, RowView};
use highper_zend::{Array, Call, Class, Done, Str, Value, error};

/// Adds the methods for whole rows.
pub(super) fn methods(class: Class) -> Class {
    const DEL: &str = "Removes a row; false when there is none.";
    const EXISTS: &str = "Is there a row of this key?";
    class
        .method(
            "public function set(string $key, array $value): bool",
            "Writes columns of a row, made if there is none. False, with a warning, when the table is full.",
            set,
        )
        .method(
            "public function get(string $key, ?string $field = null): array|string|int|float|false",
            "A row, or one of its columns; false when there is none.",
            get,
        )
        .method("public function del(string $key): bool", DEL, del)
        .method("public function delete(string $key): bool", DEL, del)
        .method("public function exists(string $key): bool", EXISTS, exists)
        .method("public function exist(string $key): bool", EXISTS, exists)
}

/// Adds those that count.
pub(super) fn changes(class: Class) -> Class {
    class
        .method(
            "public function incr(string $key, string $column, int|float $incrby = 1): int|float",
            "Adds to a column of numbers in one step; a row that is not there begins with zeros. The new value.",
            |call| change(call, "incr", 1),
        )
        .method(
            "public function decr(string $key, string $column, int|float $incrby = 1): int|float",
            "Subtracts from a column of numbers in one step. The new value.",
            |call| change(call, "decr", -1),
        )
}

/// A row as PHP has it.
pub(super) fn array(made: &Made, row: &RowView<'_>) -> Array {
    let mut out = Array::with_capacity(made.names.len());
    for (number, name) in made.names.iter().enumerate() {
        out.set_str(name, field(made, row, number));
    }
    out
}

#[inline]
fn field(made: &Made, row: &RowView<'_>, number: usize) -> Value {
    match made.table.columns()[number].kind {
        ColumnKind::Int => Value::long(row.int(number)),
        ColumnKind::Float => Value::double(row.float(number)),
        ColumnKind::Bytes => match row.len(number) {
            0 => Value::string(""),
            len => Str::build(len, |bytes| row.copy(number, bytes)).into(),
        },
    }
}

fn set(call: &mut Call) -> Done {
    let made = ready(call)?;
    let name = call.bytes(0)?;
    let columns = made.table.columns();
    if name.len() > KEY_MAX {
        error::warning(format!(
            "key[{}] is too long",
            String::from_utf8_lossy(name)
        ))?;
    }
    let values = cells::convert(call.array(1)?, columns, &made.names)?;
    let done = made.table.set(&key(name), |number| values[number].cell());
    for (value, column) in values.iter().zip(columns) {
        if let Cell::Bytes(bytes) = value.cell()
            && bytes.len() > column.size
        {
            crate::function::logging::warning(&format!(
                "TableRow::set_value(): [key={},field={}]string value is too long",
                String::from_utf8_lossy(&name[..name.len().min(KEY_MAX)]),
                String::from_utf8_lossy(&column.name)
            ));
        }
    }
    recovered(&made);
    match done {
        Ok(()) => call.ret_bool(true),
        Err(Full) => refuse(
            call,
            format!(
                "failed to set('{}'), unable to allocate memory",
                String::from_utf8_lossy(name)
            ),
        ),
    }
}

fn get(call: &mut Call) -> Done {
    let made = ready(call)?;
    let name = call.bytes(0)?;
    let found = match call.opt_bytes_or_null(1)? {
        None => made.table.get(&key(name), |row| array(&made, row).into()),
        Some(wanted) => match made.table.column(wanted) {
            Some(number) => made.table.get(&key(name), |row| field(&made, row, number)),
            None => None,
        },
    };
    recovered(&made);
    call.ret(found.unwrap_or(const { Value::bool(false) }))
}

fn exists(call: &mut Call) -> Done {
    let made = ready(call)?;
    let there = made.table.contains(&key(call.bytes(0)?));
    call.ret_bool(there)
}

fn del(call: &mut Call) -> Done {
    let made = ready(call)?;
    let done = made.table.remove(&key(call.bytes(0)?));
    recovered(&made);
    call.ret_bool(done)
}

fn change(call: &mut Call, what: &str, sign: i64) -> Done {
    let made = ready(call)?;
    let (name, wanted) = (call.bytes(0)?, call.bytes(1)?);
    let Some(number) = made.table.column(wanted) else {
        let wanted = String::from_utf8_lossy(wanted);
        return refuse(call, format!("column[{wanted}] does not exist"));
    };
    let one = Value::long(1);
    let amount = match call.num_args() {
        0..=2 => &one,
        _ => call.value(2)?,
    };
    let changed = match made.table.columns()[number].kind {
        ColumnKind::Bytes => {
            return refuse(
                call,
                format!("can't execute '{what}' on a string type column"),
            );
        }
        ColumnKind::Int => {
            let amount = amount.to_long().wrapping_mul(sign);
            made.table.add(&key(name), number, amount).map(Value::long)
        }
        ColumnKind::Float => {
            let amount = amount.to_double() * sign as f64;
            made.table
                .add_float(&key(name), number, amount)
                .map(Value::double)
        }
    };
    recovered(&made);
    match changed {
        Ok(value) => call.ret(value),
        Err(Full) => refuse(call, "unable to allocate memory"),
    }
}
