//! What a query changes.

use super::super::exception::{misused, thrown};
use super::{Inner, inner};
use highper_db::query::{Operand, Text};
use highper_db::{Dialect, Outcome};
use highper_zend::{Array, Call, Class, Done, Throw, Value};

/// A column's name as the key of a value.
fn column(key: &[u8]) -> Result<String, Throw> {
    match std::str::from_utf8(key) {
        Ok(name) if !name.is_empty() && !name.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok(name.to_owned())
        }
        Ok(name) => Err(misused(format!(
            "values need the names of columns as keys, '{name}' given"
        ))),
        Err(_) => Err(misused("a column's name must be UTF-8".into())),
    }
}

/// Names of columns, and rows of values in their order.
type Given = (Vec<String>, Vec<Vec<Value>>);

fn rows(own: &Inner, given: &Array) -> Result<Given, Throw> {
    let several = !given.is_empty() && given.is_list();
    let all: Vec<&Array> = match several {
        true => given
            .values()
            .map(|row| {
                row.as_array().ok_or_else(|| {
                    misused(
                        "values are names of columns with values, or a list of such rows".into(),
                    )
                })
            })
            .collect::<Result<_, _>>()?,
        false => vec![given],
    };
    let first = all.first().copied().unwrap_or(given);
    let columns = first
        .iter()
        .map(|(key, _)| column(&key.to_bytes()))
        .collect::<Result<Vec<_>, _>>()?;
    let mut rows = Vec::with_capacity(all.len());
    for (number, row) in all.iter().enumerate() {
        let mut values = Vec::with_capacity(columns.len());
        for name in &columns {
            let value = row
                .get(name)
                .ok_or_else(|| misused(format!("row {} has no value for {name}", number + 1)))?;
            values.push(own.value(value, name)?);
        }
        if row.len() != columns.len() {
            return Err(misused(format!(
                "row {} has other columns than the first",
                number + 1
            )));
        }
        rows.push(values);
    }
    Ok((columns, rows))
}

fn set(own: &Inner, given: &Array) -> Result<Vec<(String, Operand<Value>)>, Throw> {
    given
        .iter()
        .map(|(key, value)| {
            let name = column(&key.to_bytes())?;
            let operand = own.operand(value, &name)?;
            Ok((name, operand))
        })
        .collect()
}

fn texts(call: &Call, arg: usize) -> Result<Vec<String>, Throw> {
    let value = call.value(arg)?;
    let text = |value: &Value| match value.deref().as_str() {
        Some(name) => Ok(name.to_owned()),
        None => Err(Throw::argument_type(arg, "must be names of columns")),
    };
    match value.as_array() {
        Some(list) => list.values().map(text).collect(),
        None => Ok(vec![text(value)?]),
    }
}

fn insert(call: &Call, is_ignoring: bool) -> Done {
    let own = inner(call)?;
    let (columns, rows) = rows(own, call.array(0)?)?;
    let (_, outcome) =
        own.run(|text, query| text.insert(&query.table, &columns, &rows, is_ignoring))?;
    call.ret(outcome.affected)
}

fn insert_get_id(call: &mut Call) -> Done {
    let own = inner(call)?;
    let (columns, rows) = rows(own, call.array(0)?)?;
    let key = call.opt_text(1, "id")?;
    if rows.len() != 1 {
        return Err(misused("insertGetId() inserts one row".into()));
    }
    let (_, outcome): (_, Outcome) = own.run(|text, query| {
        text.insert(&query.table, &columns, &rows, false)?;
        match own.dialect() {
            Dialect::Postgres => text.returning(key),
            _ => Ok(()),
        }
    })?;
    if own.dialect() == Dialect::Postgres {
        return call.ret(super::super::rows::first(&outcome.rows));
    }
    call.ret(outcome.last_id)
}

fn upsert(call: &mut Call) -> Done {
    let own = inner(call)?;
    let (columns, rows) = rows(own, call.array(0)?)?;
    let unique = texts(call, 1)?;
    let update = match call.opt_value(2).filter(|value| !value.is_null()) {
        Some(_) => texts(call, 2)?,
        None => {
            let rest = columns.iter().filter(|column| !unique.contains(column));
            rest.cloned().collect()
        }
    };
    let (_, outcome) = own.run(|text, query| {
        text.insert(&query.table, &columns, &rows, false)?;
        text.on_conflict(&unique, &update)
    })?;
    call.ret(outcome.affected)
}

fn update(call: &mut Call) -> Done {
    let own = inner(call)?;
    let set = set(own, call.array(0)?)?;
    let (_, outcome) = own.run(|text, query| text.update(query, &set))?;
    call.ret(outcome.affected)
}

fn update_or_insert(call: &mut Call) -> Done {
    let own = inner(call)?;
    let (keys, values) = (call.array(0)?, call.opt_array(1)?);
    let mut whole = Array::with_capacity(keys.len());
    for (key, value) in keys.iter().chain(values.into_iter().flatten()) {
        whole.set_key(key, value.clone());
    }
    let mut found = own.clone();
    {
        let query = found.query.get_mut();
        for (key, value) in keys {
            let name = column(&key.to_bytes())?;
            let value = own.value(value, &name)?;
            query
                .conditions
                .push(super::read::is_row(own, &value, &name)?);
        }
    }
    let (_, outcome) = found.run(|text, query| text.exists(query))?;
    if !super::super::rows::first(&outcome.rows).to_bool() {
        let (columns, rows) = rows(own, &whole)?;
        own.run(|text, query| text.insert(&query.table, &columns, &rows, false))?;
        return call.ret_bool(true);
    }
    if let Some(values) = values.filter(|values| !values.is_empty()) {
        let set = set(own, values)?;
        found.run(|text, query| text.update(query, &set))?;
    }
    call.ret_bool(true)
}

fn count(call: &Call, is_minus: bool) -> Done {
    let own = inner(call)?;
    let name = column(call.bytes(0)?)?;
    let by = match call.opt_value(1) {
        Some(by) if by.as_long().is_some() || by.as_double().is_some() => by.deref().clone(),
        Some(_) => return Err(Throw::argument_type(1, "must be a number")),
        None => Value::long(1),
    };
    let sum = Text::sum(own.dialect(), &name, by, is_minus);
    let sum = sum.map_err(|error| thrown(&error, None))?;
    let mut all = vec![(name, Operand::Name(sum))];
    if let Some(more) = call.opt_array(2)? {
        all.extend(set(own, more)?);
    }
    let (_, outcome) = own.run(|text, query| text.update(query, &all))?;
    call.ret(outcome.affected)
}

fn delete(call: &mut Call) -> Done {
    let mut own = inner(call)?.clone();
    if let Some(id) = call.opt_value(0).filter(|value| !value.is_null()) {
        let condition = super::read::is_row(&own, id, "id")?;
        own.query.get_mut().conditions.push(condition);
    }
    let (_, outcome) = own.run(|text, query| text.delete(query))?;
    call.ret(outcome.affected)
}

pub(super) fn declare(class: Class) -> Class {
    class
        .method("public function insert(array $values): int",
            "Inserts a row, or several of the same columns. How many.\n\n@param array<string, mixed>|list<array<string, mixed>> $values\n@throws \\Highper\\Db\\DbException",
            |call| insert(call, false))
        .method("public function insertOrIgnore(array $values): int",
            "The same, without those that are there already by a unique key. How many were inserted.\n\n@param array<string, mixed>|list<array<string, mixed>> $values\n@throws \\Highper\\Db\\DbException",
            |call| insert(call, true))
        .method("public function insertGetId(array $values, string $key = \"id\"): int|string|null",
            "Inserts a row; its number, as the database gave it.\n\n@param array<string, mixed> $values\n@param string $key The column of the number, for PostgreSQL.\n@throws \\Highper\\Db\\DbException", insert_get_id)
        .method("public function upsert(array $values, array|string $unique, ?array $update = null): int",
            "Inserts rows; where one of the same unique key is there already, it is changed.\n\n@param array<string, mixed>|list<array<string, mixed>> $values\n\
             @param array|string $unique The columns of the unique key.\n@param list<string>|null $update What is changed; null for all others.\n\
             @return int How many rows the database says it touched: MySQL counts a changed one twice.\n@throws \\Highper\\Db\\DbException", upsert)
        .method("public function update(array $values): int",
            "Changes the rows that the conditions find. How many.\n\n@param array<string, mixed> $values Values, or Db::raw().\n@throws \\Highper\\Db\\DbException", update)
        .method("public function updateOrInsert(array $keys, array $values = []): bool",
            "Changes the row that has $keys, or inserts it. Where others do the same at the same time use upsert().\n\n@param array<string, mixed> $keys\n@param array<string, mixed> $values\n@throws \\Highper\\Db\\DbException", update_or_insert)
        .method("public function increment(string $column, int|float $by = 1, array $values = []): int",
            "Adds to a column of the rows that the conditions find, and changes others to $values. How many rows.\n\n@param array<string, mixed> $values\n@throws \\Highper\\Db\\DbException",
            |call| count(call, false))
        .method("public function decrement(string $column, int|float $by = 1, array $values = []): int",
            "Takes from a column of the rows that the conditions find, and changes others to $values. How many rows.\n\n@param array<string, mixed> $values\n@throws \\Highper\\Db\\DbException",
            |call| count(call, true))
        .method("public function delete(mixed $id = null): int",
            "Removes the rows that the conditions find, or the one whose column id is this. How many.\n\n@throws \\Highper\\Db\\DbException", delete)
        .method("public function truncate(): void", "Removes all rows.\n\n@throws \\Highper\\Db\\DbException", |call| {
            inner(call)?.run(|text, query| text.truncate(&query.table))?;
            Ok(())
        })
}
