//! What a query asks for, and what it gives.

use super::super::cursor;
use super::super::exception::{misused, thrown};
use super::super::params::params;
use super::super::rows::{self, Make};
use super::super::statements::place;
use super::{Inner, inner, of_object};
use highper_db::query::{Condition, Lock, Name, Operand, Query, Test};
use highper_db::{Column, Cursor, Dialect, Outcome, Statement};
use highper_zend::{Array, Call, Class, Done, Throw, Value};
use std::rc::Rc;

fn change(call: &Call, change: impl FnOnce(&mut Query<Value>)) -> Done {
    change(&mut inner(call)?.query.borrow_mut());
    call.ret_this()
}

fn names(call: &Call, own: &Inner) -> Result<Vec<Name<Value>>, Throw> {
    let mut all = Vec::new();
    for value in call.rest(0) {
        match value.deref().as_array() {
            Some(list) => {
                for value in list.values() {
                    all.push(own.name(value)?);
                }
            }
            None => all.push(own.name(value)?),
        }
    }
    Ok(all)
}

fn raw_name(call: &Call) -> Result<Name<Value>, Throw> {
    let own = inner(call)?;
    let object = super::super::raw::object(call.text(0)?, call.opt_array(1)?)?;
    own.name(&object.into())
}

fn order(call: &Call, is_down: bool) -> Done {
    let name = inner(call)?.name(call.value(0)?)?;
    change(call, |query| query.orders.push((name, is_down)))
}

fn order_by(call: &mut Call) -> Done {
    let is_down = match call.opt_text(1, "asc")?.to_ascii_lowercase().as_str() {
        "asc" => false,
        "desc" => true,
        other => {
            return Err(Throw::argument_value(
                1,
                format!("must be asc or desc, '{other}' given"),
            ));
        }
    };
    order(call, is_down)
}

fn count_of(call: &Call, arg: usize) -> Result<u64, Throw> {
    u64::try_from(call.long(arg)?).map_err(|_| Throw::argument_value(arg, "must be 0 or more"))
}

fn union(call: &Call, is_all: bool) -> Done {
    match of_object(call.value(0)?) {
        Some(other) => change(call, |query| query.unions.push((other, is_all))),
        None => Err(Throw::argument_type(0, "must be a query")),
    }
}

fn when(call: &mut Call) -> Done {
    let condition = call.value(0)?.clone();
    let body = match condition.to_bool() {
        true => Some(call.callable(1)?),
        false => call.opt_callable(2)?,
    };
    if let Some(body) = body {
        body.call(&[call.this_value()?.into(), condition])
            .into_result()?;
    }
    call.ret_this()
}

fn make(
    own: &Inner,
    statement: &Rc<Statement>,
    outcome: &Outcome,
    class: Option<&[u8]>,
) -> Result<Make, Throw> {
    let memory = &own.target.handle.memory;
    let names = memory.names(statement, &outcome.rows);
    Make::new(memory, names, &outcome.rows, class)
}

fn selected(own: &Inner) -> Result<(Rc<Statement>, Outcome), Throw> {
    own.run(|text, query| text.select(query))
}

fn get(call: &mut Call) -> Done {
    let own = inner(call)?;
    let (statement, outcome) = selected(own)?;
    let made = make(own, &statement, &outcome, call.opt_bytes_or_null(0)?)?;
    call.ret(made.all(&outcome.rows)?)
}

/// A changed copy, so that the query stays what it was.
fn copy(own: &Inner, change: impl FnOnce(&mut Query<Value>)) -> Inner {
    let copy = own.clone();
    change(&mut copy.query.borrow_mut());
    copy
}

fn one(call: &Call, own: &Inner, class: Option<&[u8]>) -> Done {
    let one = copy(own, |query| query.limit = Some(1));
    let (statement, outcome) = selected(&one)?;
    if outcome.rows.is_empty() {
        return call.ret_null();
    }
    let made = make(&one, &statement, &outcome, class)?;
    call.ret(made.row(&outcome.rows, 0)?)
}

/// The condition that a row has this number.
pub(super) fn is_row(own: &Inner, id: &Value, key: &str) -> Result<Condition<Value>, Throw> {
    let value = own.value(id, key)?;
    if value.is_null() {
        let test = Test::Null(Name::Plain(key.into()), false);
        return Ok(Condition { is_or: false, test });
    }
    let test = Test::Compare(Name::Plain(key.into()), "=", Operand::Value(value));
    Ok(Condition { is_or: false, test })
}

fn find(call: &mut Call) -> Done {
    let own = inner(call)?;
    let condition = is_row(own, call.value(0)?, "id")?;
    let found = copy(own, |query| {
        let before = std::mem::take(&mut query.conditions);
        if !before.is_empty() {
            // What was before has to be true as a whole.
            let test = Test::Group(before, false);
            query.conditions.push(Condition { is_or: false, test });
        }
        query.conditions.push(condition);
    });
    one(call, &found, call.opt_bytes_or_null(1)?)
}

/// Asks for these columns where none were asked for before.
fn with_columns(own: &Inner, names: Vec<Name<Value>>, limit: Option<u64>) -> Inner {
    copy(own, |query| {
        if query.columns.is_empty() {
            query.columns = names;
        }
        query.limit = limit.or(query.limit);
    })
}

/// Which of the columns that came a name means: its last part, or its other name.
fn place_of(columns: &[Column], name: &Name<Value>, turn: usize) -> Result<usize, Throw> {
    let Name::Plain(name) = name else {
        return Ok(turn);
    };
    let lower = name.to_ascii_lowercase();
    let from = lower.rfind(" as ").map_or(0, |at| at + 4);
    let last = name[from..].trim().rsplit('.').next().unwrap_or_default();
    let found = columns.iter().position(|column| *column.name == *last);
    found.ok_or_else(|| {
        let all: Vec<&str> = columns.iter().map(|column| &*column.name).collect();
        misused(format!(
            "the rows have no column {last}; they have {}",
            all.join(", ")
        ))
    })
}

fn value(call: &mut Call) -> Done {
    let own = inner(call)?;
    let name = own.name(call.value(0)?)?;
    let wanted = with_columns(own, vec![name.clone()], Some(1));
    let (_, outcome) = selected(&wanted)?;
    if outcome.rows.is_empty() {
        return call.ret_null();
    }
    let at = place_of(outcome.rows.columns(), &name, 0)?;
    call.ret(outcome.rows.cell(0, at).map(rows::value))
}

fn pluck(call: &mut Call) -> Done {
    let own = inner(call)?;
    let name = own.name(call.value(0)?)?;
    let key = match call.opt_value(1).filter(|value| !value.is_null()) {
        Some(key) => Some(own.name(key)?),
        None => None,
    };
    let names = [Some(name.clone()), key.clone()];
    let wanted = with_columns(own, names.into_iter().flatten().collect(), None);
    let (_, outcome) = selected(&wanted)?;
    let rows = &outcome.rows;
    let at = place_of(rows.columns(), &name, 0)?;
    let key = match &key {
        Some(key) => Some(place_of(rows.columns(), key, 1)?),
        None => None,
    };
    let mut array = Array::with_capacity(rows.len());
    for row in 0..rows.len() {
        let cell = |column| rows.cell(row, column).map(rows::value).unwrap_or_default();
        match key {
            Some(key) => {
                array.set_symbol(&*cell(key).to_str()?, cell(at));
            }
            None => {
                array.push(cell(at));
            }
        }
    }
    call.ret(array)
}

fn aggregate(own: &Inner, function: &str, column: &Name<Value>) -> Result<Value, Throw> {
    let (_, outcome) = own.run(|text, query| text.aggregate(query, function, column))?;
    Ok(rows::first(&outcome.rows))
}

fn of_column(call: &Call, function: &str) -> Done {
    let own = inner(call)?;
    let column = own.name(call.value(0)?)?;
    let found = aggregate(own, function, &column)?;
    call.ret(found)
}

fn count(call: &mut Call) -> Done {
    let own = inner(call)?;
    let column = match call.opt_value(0) {
        Some(column) => own.name(column)?,
        None => Name::Plain("*".into()),
    };
    let found = aggregate(own, "count", &column)?;
    call.ret(found.to_long())
}

fn exists(call: &Call, is_not: bool) -> Done {
    let (_, outcome) = inner(call)?.run(|text, query| text.exists(query))?;
    let found = rows::first(&outcome.rows).to_bool();
    call.ret_bool(found != is_not)
}

fn chunk(call: &mut Call) -> Done {
    let own = inner(call)?;
    let size = count_of(call, 0)?;
    let body = call.callable(1)?;
    let class = call.opt_bytes_or_null(2)?;
    let (has_order, bound) = {
        let query = own.query.borrow();
        (
            !query.orders.is_empty(),
            query.limit.is_some() || query.offset.is_some(),
        )
    };
    if size == 0 {
        return Err(Throw::argument_value(0, "must be 1 or more"));
    }
    if !has_order || bound {
        return Err(misused(
            "chunk() needs an order, so that no row comes twice or never, and no limit of its own; chunkById() needs none".into(),
        ));
    }
    let mut offset = 0;
    loop {
        let part = copy(own, |query| {
            (query.limit, query.offset) = (Some(size), Some(offset));
        });
        let (statement, outcome) = selected(&part)?;
        let count = outcome.rows.len() as u64;
        if count > 0 {
            let made = make(&part, &statement, &outcome, class)?;
            let rows = made.all(&outcome.rows)?;
            let said = body.call(&[rows.into()]).into_result()?;
            if said.as_bool() == Some(false) {
                return call.ret_bool(false);
            }
        }
        if count < size {
            return call.ret_bool(true);
        }
        offset += size;
    }
}

fn chunk_by_id(call: &mut Call) -> Done {
    let own = inner(call)?;
    let size = count_of(call, 0)?;
    let body = call.callable(1)?;
    let class = call.opt_bytes_or_null(2)?;
    let key = call.opt_text(3, "id")?;
    if size == 0 {
        return Err(Throw::argument_value(0, "must be 1 or more"));
    }
    let mut last: Option<Value> = None;
    loop {
        let part = copy(own, |query| {
            if let Some(last) = &last {
                let before = std::mem::take(&mut query.conditions);
                if !before.is_empty() {
                    let test = Test::Group(before, false);
                    query.conditions.push(Condition { is_or: false, test });
                }
                let operand = Operand::Value(last.clone());
                query.condition(false, Test::Compare(Name::Plain(key.into()), ">", operand));
            }
            query.orders = vec![(Name::Plain(key.into()), false)];
            (query.limit, query.offset) = (Some(size), None);
        });
        let (statement, outcome) = selected(&part)?;
        let count = outcome.rows.len();
        if count > 0 {
            let name = key.rsplit('.').next().unwrap_or(key);
            let columns = outcome.rows.columns();
            let Some(at) = columns.iter().position(|column| &*column.name == name) else {
                return Err(misused(format!(
                    "chunkById() goes on by the column {name}, and the rows have none of this name"
                )));
            };
            last = outcome.rows.cell(count - 1, at).map(rows::value);
            let made = make(&part, &statement, &outcome, class)?;
            let rows = made.all(&outcome.rows)?;
            let said = body.call(&[rows.into()]).into_result()?;
            if said.as_bool() == Some(false) {
                return call.ret_bool(false);
            }
        }
        if (count as u64) < size {
            return call.ret_bool(true);
        }
    }
}

fn iterate(call: &mut Call) -> Done {
    let own = inner(call)?;
    let handle = &own.target.handle;
    let (statement, values) = own.written(|text, query| text.select(query))?;
    if let Some((held, depth)) = &own.target.held {
        held.check_depth(*depth)
            .map_err(|error| thrown(&error, Some(&statement)))?;
    }
    let class = call.opt_bytes_or_null(0)?.map(<[u8]>::to_vec);
    if let Some(class) = &class {
        handle.memory.plan(class)?;
    }
    let rows = Cursor::begin(&handle.source, &statement, &params(&values), place)
        .map_err(|error| thrown(&error, Some(&statement)))?;
    call.ret(cursor::object(handle, statement, rows, class)?)
}

fn paginate(call: &mut Call) -> Done {
    let own = inner(call)?;
    let (size, page) = (call.opt_long(0, 15)?, call.opt_long(1, 1)?);
    if size < 1 {
        return Err(Throw::argument_value(0, "must be 1 or more"));
    }
    let page = page.max(1);
    let total = aggregate(own, "count", &Name::Plain("*".into()))?.to_long();
    let part = copy(own, |query| {
        query.limit = u64::try_from(size).ok();
        query.offset = u64::try_from((page - 1).saturating_mul(size)).ok();
    });
    let (statement, outcome) = selected(&part)?;
    let made = make(&part, &statement, &outcome, call.opt_bytes_or_null(2)?)?;
    let mut array = Array::with_capacity(5);
    array
        .set("data", made.all(&outcome.rows)?)
        .set("total", total)
        .set("page", page)
        .set("size", size)
        .set("pages", (total + size - 1) / size);
    call.ret(array)
}

pub(super) fn declare(class: Class) -> Class {
    class
        .method("public function select(string|array|\\Highper\\Db\\Raw|\\Highper\\Db\\Query ...$columns): static", "Asks for these columns: 'title', 'n.*', 'owners.name as owner', Db::raw('count(*)').",
            |call| { let names = names(call, inner(call)?)?; change(call, |query| query.columns = names) })
        .method("public function addSelect(string|array|\\Highper\\Db\\Raw|\\Highper\\Db\\Query ...$columns): static", "Asks for these, too.",
            |call| { let names = names(call, inner(call)?)?; change(call, |query| query.columns.extend(names)) })
        .method("public function selectRaw(string $sql, array $values = []): static", "Asks for text as the database writes it, with ? for values.",
            |call| { let name = raw_name(call)?; change(call, |query| query.columns.push(name)) })
        .method("public function distinct(): static", "Without rows that are the same.", |call| change(call, |query| query.is_distinct = true))
        .method("public function groupBy(string|array|\\Highper\\Db\\Raw ...$columns): static", "Puts rows together that have the same of these.",
            |call| { let names = names(call, inner(call)?)?; change(call, |query| query.groups.extend(names)) })
        .method("public function orderBy(string|\\Highper\\Db\\Raw|\\Highper\\Db\\Query $column, string $direction = \"asc\"): static", "Orders by this, after what was said before.", order_by)
        .method("public function orderByDesc(string|\\Highper\\Db\\Raw|\\Highper\\Db\\Query $column): static", "The other way round.", |call| order(call, true))
        .method("public function orderByRaw(string $sql, array $values = []): static", "Orders as the database writes it.",
            |call| { let name = raw_name(call)?; change(call, |query| query.orders.push((name, false))) })
        .method("public function latest(string $column = \"created_at\"): static", "The newest first.",
            |call| { let name = Name::Plain(call.opt_text(0, "created_at")?.to_owned()); change(call, |query| query.orders.push((name, true))) })
        .method("public function oldest(string $column = \"created_at\"): static", "The oldest first.",
            |call| { let name = Name::Plain(call.opt_text(0, "created_at")?.to_owned()); change(call, |query| query.orders.push((name, false))) })
        .method("public function inRandomOrder(): static", "In any order.", |call| {
            let word = match inner(call)?.dialect() { Dialect::MySql => "RAND()", _ => "RANDOM()" };
            change(call, |query| query.orders.push((Name::Raw(word.into(), Vec::new()), false)))
        })
        .method("public function reorder(): static", "In no order.", |call| change(call, |query| query.orders.clear()))
        .method("public function limit(int $count): static", "So many rows at most.",
            |call| { let count = count_of(call, 0)?; change(call, |query| query.limit = Some(count)) })
        .method("public function offset(int $count): static", "Passes over so many.",
            |call| { let count = count_of(call, 0)?; change(call, |query| query.offset = Some(count)) })
        .method("public function take(int $count): static", "The same as limit().",
            |call| { let count = count_of(call, 0)?; change(call, |query| query.limit = Some(count)) })
        .method("public function skip(int $count): static", "The same as offset().",
            |call| { let count = count_of(call, 0)?; change(call, |query| query.offset = Some(count)) })
        .method("public function forPage(int $page, int $size = 15): static", "The rows of a page; pages count from 1.", |call| {
            let (page, size) = (call.long(0)?.max(1), call.opt_long(1, 15)?.max(1));
            change(call, |query| { query.limit = u64::try_from(size).ok(); query.offset = u64::try_from((page - 1).saturating_mul(size)).ok(); })
        })
        .method("public function union(\\Highper\\Db\\Query $query): static", "The rows of another query, too, each once.", |call| union(call, false))
        .method("public function unionAll(\\Highper\\Db\\Query $query): static", "All rows of another query, too.", |call| union(call, true))
        .method("public function lockForUpdate(): static", "Locks the rows until the end of the transaction (FOR UPDATE).", |call| change(call, |query| query.lock = Some(Lock::Update)))
        .method("public function sharedLock(): static", "Nobody can change the rows until the end of the transaction.", |call| change(call, |query| query.lock = Some(Lock::Shared)))
        .method("public function when(mixed $condition, callable $then, ?callable $else = null): static",
            "Calls $then with the query and $condition if that is true, $else otherwise.\n\n@param callable(static, mixed): mixed $then\n@param callable(static, mixed): mixed|null $else", when)
        .method("public function get(?string $as = null): array",
            "All rows.\n\n@template T of object\n@param class-string<T>|null $as A class whose constructor gets the columns by their names; null for arrays.\n\
             @return ($as is null ? list<array<string, mixed>> : list<T>)\n@throws \\Highper\\Db\\DbException", get)
        .method("public function first(?string $as = null): array|object|null",
            "The first row; null when there is none.\n\n@template T of object\n@param class-string<T>|null $as\n@return ($as is null ? array<string, mixed>|null : T|null)\n@throws \\Highper\\Db\\DbException",
            |call| one(call, inner(call)?, call.opt_bytes_or_null(0)?))
        .method("public function find(mixed $id, ?string $as = null): array|object|null",
            "The row whose column id is this; null when there is none.\n\n@template T of object\n@param class-string<T>|null $as\n@return ($as is null ? array<string, mixed>|null : T|null)\n@throws \\Highper\\Db\\DbException", find)
        .method("public function value(string|\\Highper\\Db\\Raw $column): mixed", "A column of the first row; null when there is none.\n\n@throws \\Highper\\Db\\DbException", value)
        .method("public function pluck(string|\\Highper\\Db\\Raw $column, string|\\Highper\\Db\\Raw|null $key = null): array", "A column of all rows, by another one.\n\n@return array<array-key, mixed>\n@throws \\Highper\\Db\\DbException", pluck)
        .method("public function count(string|\\Highper\\Db\\Raw $column = \"*\"): int", "How many rows.\n\n@throws \\Highper\\Db\\DbException", count)
        .method("public function min(string|\\Highper\\Db\\Raw $column): mixed", "The least.\n\n@throws \\Highper\\Db\\DbException", |call| of_column(call, "min"))
        .method("public function max(string|\\Highper\\Db\\Raw $column): mixed", "The greatest.\n\n@throws \\Highper\\Db\\DbException", |call| of_column(call, "max"))
        .method("public function sum(string|\\Highper\\Db\\Raw $column): mixed", "The sum; null of no rows. Decimals are exact: a string.\n\n@throws \\Highper\\Db\\DbException", |call| of_column(call, "sum"))
        .method("public function avg(string|\\Highper\\Db\\Raw $column): mixed", "The mean; null of no rows.\n\n@throws \\Highper\\Db\\DbException", |call| of_column(call, "avg"))
        .method("public function exists(): bool", "Is there a row?\n\n@throws \\Highper\\Db\\DbException", |call| exists(call, false))
        .method("public function doesntExist(): bool", "Is there none?\n\n@throws \\Highper\\Db\\DbException", |call| exists(call, true))
        .method("public function chunk(int $size, callable $body, ?string $as = null): bool",
            "Calls $body with so many rows at a time, in the order that was asked for; false ends it.\n\n@param callable(list<mixed>): mixed $body\n@param class-string|null $as\n@return bool Whether it came to the end.\n@throws \\Highper\\Db\\DbException", chunk)
        .method("public function chunkById(int $size, callable $body, ?string $as = null, string $column = \"id\"): bool",
            "The same in the order of a unique column, so that $body may change the rows.\n\n@param callable(list<mixed>): mixed $body\n@param class-string|null $as\n@throws \\Highper\\Db\\DbException", chunk_by_id)
        .method("public function iterate(?string $as = null): \\Highper\\Db\\Cursor", "The rows as they come, for results that are larger than memory.\n\n@param class-string|null $as\n@throws \\Highper\\Db\\DbException", iterate)
        .method("public function paginate(int $size = 15, int $page = 1, ?string $as = null): array",
            "A page of the rows, and how many there are.\n\n@param class-string|null $as\n@return array{data: list<mixed>, total: int, page: int, size: int, pages: int}\n@throws \\Highper\\Db\\DbException", paginate)
        .method("public function toSql(): string", "The statement, with ? for its values.", |call| {
            let (statement, _) = inner(call)?.written(|text, query| text.select(query))?;
            call.ret_str(statement.source())
        })
        .method("public function bindings(): array", "Its values.\n\n@return list<mixed>", |call| {
            let (_, values) = inner(call)?.written(|text, query| text.select(query))?;
            let mut array = Array::with_capacity(values.len());
            values.into_iter().for_each(|value| { array.push(value); });
            call.ret(array)
        })
}
