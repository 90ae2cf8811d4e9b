//! The methods that `Highper\Db` and `Highper\Transaction` share.

use super::after::{self, After};
use super::exception::{misused, thrown};
use super::params::{collect, params};
use super::rows::{self, Make, Memory};
use super::{cursor, query, result, transaction};
use highper_db::{Cursor, Dialect, Held, Outcome, Source, Statement};
use highper_zend::{Array, Call, Class, Done, Object, Throw, Trace, Value, error};
use std::cell::OnceCell;
use std::rc::Rc;

/// A database, and what is kept of its results.
pub(super) struct Handle {
    pub(super) source: Rc<Source>,
    pub(super) memory: Memory,
    /// What runs when transactions are committed.
    pub(super) after: After,
}

/// What an object's statements run on.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) handle: Rc<Handle>,
    /// The transaction and its depth; none for the database itself.
    pub(super) held: Option<(Rc<Held>, usize)>,
}

/// The state of both classes.
#[derive(Default)]
pub(super) struct Access(pub(super) OnceCell<Target>);

impl Trace for Access {}

impl Drop for Access {
    fn drop(&mut self) {
        if let Some((held, depth)) = self.0.get().and_then(|target| target.held.as_ref()) {
            held.let_go(*depth);
        }
    }
}

pub(super) fn target(call: &Call) -> Result<&Target, Throw> {
    call.this::<Access>()?.0.get().ok_or_else(|| {
        misused("this database was never opened: its constructor was not called".into())
    })
}

/// File and line of the code that runs.
pub(super) fn place() -> String {
    match error::location() {
        Some((file, line)) => format!("{file}:{line}"),
        None => String::new(),
    }
}

/// Adds the methods.
pub(super) fn declare(class: Class) -> Class {
    class
        .method(
            "public function query(string $sql, array $params = []): \\Highper\\Db\\Result",
            "Runs a statement and fetches all that it gives.\n\n\
             @param string $sql With ? or :name where values belong; ?? is a question mark of the database's own.\n\
             @param array $params The values: scalars, null, dates, backed enums, objects with __toString().\n\
             @throws \\Highper\\Db\\DbException",
            |call| in_turn(call, query_all),
        )
        .method(
            "public function execute(string $sql, array $params = []): int",
            "Runs a statement. How many rows it changed.\n\n@throws \\Highper\\Db\\DbException",
            |call| in_turn(call, execute),
        )
        .method(
            "public function fetchOne(string $sql, array $params = [], ?string $as = null): array|object|null",
            "The first row; null when there is none.\n\n\
             @template T of object\n\
             @param class-string<T>|null $as A class whose constructor gets the columns by their names; null for an array.\n\
             @return ($as is null ? array<string, mixed>|null : T|null)\n\
             @throws \\Highper\\Db\\DbException",
            |call| in_turn(call, fetch_one),
        )
        .method(
            "public function fetchAll(string $sql, array $params = [], ?string $as = null): array",
            "All rows.\n\n\
             @template T of object\n\
             @param class-string<T>|null $as A class whose constructor gets the columns by their names; null for arrays.\n\
             @return ($as is null ? list<array<string, mixed>> : list<T>)\n\
             @throws \\Highper\\Db\\DbException",
            |call| in_turn(call, fetch_all),
        )
        .method(
            "public function fetchColumn(string $sql, array $params = []): array",
            "The first column of all rows.\n\n@return list<mixed>\n@throws \\Highper\\Db\\DbException",
            |call| in_turn(call, fetch_column),
        )
        .method(
            "public function fetchValue(string $sql, array $params = []): mixed",
            "The first column of the first row; null when there is none.\n\n@throws \\Highper\\Db\\DbException",
            |call| in_turn(call, fetch_value),
        )
        .method(
            "public function iterate(string $sql, array $params = [], ?string $as = null): \\Highper\\Db\\Cursor",
            "The rows as they come, for results that are larger than memory. A connection is taken until the last one was read \
             or the cursor is let go; inside a transaction all rows are fetched at once.\n\n\
             @param class-string|null $as A class whose constructor gets the columns by their names; null for arrays.\n\
             @throws \\Highper\\Db\\DbException",
            |call| in_turn(call, iterate),
        )
        .method(
            "public function insert(string $table, array $values): \\Highper\\Db\\Result",
            "Inserts a row, or several of the same columns; $lastInsertId of the result is the number of the (last) row.\n\n\
             @param array<string, mixed>|list<array<string, mixed>> $values\n\
             @throws \\Highper\\Db\\DbException",
            |call| in_turn(call, insert),
        )
        .method(
            "public function update(string $table, array $values, array $where): int",
            "Changes rows. How many.\n\n\
             @param array<string, mixed> $values\n\
             @param array<string, mixed> $where Columns and what they must be: null, a value, or a list of values. Not empty.\n\
             @throws \\Highper\\Db\\DbException",
            |call| in_turn(call, update),
        )
        .method(
            "public function delete(string $table, array $where): int",
            "Removes rows. How many.\n\n\
             @param array<string, mixed> $where Columns and what they must be: null, a value, or a list of values. Not empty.\n\
             @throws \\Highper\\Db\\DbException",
            |call| in_turn(call, delete),
        )
        .method(
            "public function table(string|\\Highper\\Db\\Raw|\\Highper\\Db\\Query $table, ?string $as = null): \\Highper\\Db\\Query",
            "Begins a statement that is put together: $db->table('notes')->where('id', 1)->first(). A table, or a query whose rows are \
             taken for one.",
            query::table,
        )
        .method(
            "public function transaction(callable $body, int $attempts = 1): mixed",
            "Runs $body in a transaction: what it throws rolls back, and is thrown on. Inside of a transaction of the same coroutine \
             it is one in it, by a savepoint. Whatever the coroutine does with this database meanwhile is part of it.\n\n\
             @param callable(\\Highper\\Transaction): mixed $body\n\
             @param int $attempts How often to run it at most when the database ends it because of others (deadlock, serialization).\n\
             @return mixed What $body returned.\n\
             @throws \\Highper\\Db\\DbException",
            |call| in_turn(call, transaction::closure),
        )
        .method(
            "public function afterCommit(callable $body): void",
            "Calls $body when the outermost transaction of the coroutine is committed, not when it is rolled back; at once where there \
             is none.\n\n@param callable(): mixed $body",
            after::register,
        )
        .method(
            "public function transactionLevel(): int",
            "How many transactions in one another the coroutine has open; 0 for none.",
            |call| {
                let held = target(call)?.handle.source.held();
                let held = held.map_err(|error| thrown(&error, None))?;
                call.ret(held.map_or(0, |held| held.depth()))
            },
        )
        .method(
            "public function begin(): \\Highper\\Transaction",
            "Begins a transaction that commit() or rollback() of what is returned ends. Letting go of that rolls back.\n\n\
             @throws \\Highper\\Db\\DbException",
            |call| {
                in_turn(call, |call| {
                    let tx = transaction::begin(&target(call)?.handle)?;
                    call.ret(tx)
                })
            },
        )
}

/// Runs a statement with values.
pub(super) fn run_with(
    target: &Target,
    statement: &Rc<Statement>,
    given: Option<&Array>,
) -> Result<Outcome, Throw> {
    let source = &target.handle.source;
    let values = collect(statement, source.dialect(), given)?;
    run_values(target, statement, &values)
}

pub(super) fn run_values(
    target: &Target,
    statement: &Rc<Statement>,
    values: &[Value],
) -> Result<Outcome, Throw> {
    let source = &target.handle.source;
    let params = params(values);
    let done = match &target.held {
        Some((held, depth)) => held
            .check_depth(*depth)
            .and_then(|()| held.run_now(statement, &params)),
        None => source.run(statement, &params),
    };
    done.map_err(|error| thrown(&error, Some(statement)))
}

fn parsed(call: &Call) -> Result<(&Target, Rc<Statement>), Throw> {
    let target = target(call)?;
    let sql = call.bytes(0)?;
    let sql = std::str::from_utf8(sql)
        .map_err(|_| misused("a statement must be UTF-8; bytes belong into its values".into()))?;
    let statement = target.handle.source.statement(sql);
    Ok((target, statement.map_err(|error| thrown(&error, None))?))
}

/// Waits for a connection here, where the stack is not deep, and goes on: who waits takes as much memory as its stack is deep.
#[inline]
pub(super) fn in_turn(call: &mut Call, then: fn(&mut Call) -> Done) -> Done {
    let target = target(call)?;
    let turn = match &target.held {
        None => target.handle.source.await_turn(),
        Some(_) => Ok(None),
    };
    let _turn = match turn {
        Ok(turn) => turn,
        Err(error) => return Err(not_in_turn(call, target, &error)),
    };
    then(call)
}

#[cold]
#[inline(never)]
fn not_in_turn(call: &Call, target: &Target, error: &highper_db::Error) -> Throw {
    let sql = call.opt_value(0).and_then(Value::as_str);
    let statement = sql.and_then(|sql| target.handle.source.statement(sql).ok());
    thrown(error, statement.as_deref())
}

fn query_all(call: &mut Call) -> Done {
    let (target, statement, outcome) = run(call)?;
    let made = result::object(&target.handle, &statement, outcome)?;
    call.ret(made)
}

fn execute(call: &mut Call) -> Done {
    let (.., outcome) = run(call)?;
    call.ret(outcome.affected)
}

fn fetch_one(call: &mut Call) -> Done {
    let (target, statement, outcome) = fetch(call)?;
    if outcome.rows.is_empty() {
        return call.ret_null();
    }
    let made = make(call, target, &statement, &outcome, 2)?;
    call.ret(made.row(&outcome.rows, 0)?)
}

fn fetch_all(call: &mut Call) -> Done {
    let (target, statement, outcome) = fetch(call)?;
    let made = make(call, target, &statement, &outcome, 2)?;
    call.ret(made.all(&outcome.rows)?)
}

fn fetch_column(call: &mut Call) -> Done {
    let (.., outcome) = fetch(call)?;
    call.ret(rows::column(&outcome.rows))
}

fn fetch_value(call: &mut Call) -> Done {
    let (.., outcome) = fetch(call)?;
    call.ret(rows::first(&outcome.rows))
}

fn run(call: &Call) -> Result<(&Target, Rc<Statement>, Outcome), Throw> {
    let (target, statement) = parsed(call)?;
    let outcome = run_with(target, &statement, call.opt_array(1)?)?;
    Ok((target, statement, outcome))
}

fn fetch(call: &Call) -> Result<(&Target, Rc<Statement>, Outcome), Throw> {
    let (target, statement, outcome) = run(call)?;
    rows::has_columns(&outcome.rows, &statement)?;
    Ok((target, statement, outcome))
}

fn make(
    call: &Call,
    target: &Target,
    statement: &Rc<Statement>,
    outcome: &Outcome,
    arg: usize,
) -> Result<Make, Throw> {
    let memory = &target.handle.memory;
    let names = memory.names(statement, &outcome.rows);
    Make::new(memory, names, &outcome.rows, call.opt_bytes_or_null(arg)?)
}

fn iterate(call: &mut Call) -> Done {
    let (target, statement) = parsed(call)?;
    let source = &target.handle.source;
    let values = collect(&statement, source.dialect(), call.opt_array(1)?)?;
    if let Some((held, depth)) = &target.held {
        held.check_depth(*depth)
            .map_err(|error| thrown(&error, Some(&statement)))?;
    }
    let class = call.opt_bytes_or_null(2)?.map(<[u8]>::to_vec);
    if let Some(class) = &class {
        target.handle.memory.plan(class)?;
    }
    let rows = Cursor::begin(source, &statement, &params(&values), place)
        .map_err(|error| thrown(&error, Some(&statement)))?;
    let made = cursor::object(&target.handle, statement, rows, class)?;
    call.ret(made)
}

/// A name as the database quotes it; dots part schema and table.
fn quoted(dialect: Dialect, name: &str) -> Result<String, Throw> {
    if name.is_empty() || name.contains('\0') {
        return Err(misused("a table or column needs a name".into()));
    }
    let quote = match dialect {
        Dialect::MySql => '`',
        _ => '"',
    };
    let parts = name.split('.').map(|part| {
        let doubled = part.replace(quote, &format!("{quote}{quote}"));
        format!("{quote}{doubled}{quote}")
    });
    Ok(parts.collect::<Vec<_>>().join("."))
}

fn column(dialect: Dialect, key: &[u8]) -> Result<String, Throw> {
    let name =
        std::str::from_utf8(key).map_err(|_| misused("a column's name must be UTF-8".into()))?;
    if name.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(misused(format!(
            "values need the names of columns as keys, {name} given"
        )));
    }
    quoted(dialect, name)
}

/// Text and values of a statement under construction.
struct Building {
    dialect: Dialect,
    sql: String,
    values: Vec<Value>,
}

impl Building {
    fn value(&mut self, value: &Value, name: &str) -> Result<(), Throw> {
        let value = super::params::convert(value, self.dialect, || name.to_owned())?;
        self.values.push(value);
        self.sql.push('?');
        Ok(())
    }

    fn list(&mut self, columns: &[(String, &Value)]) -> Result<(), Throw> {
        for (at, (name, value)) in columns.iter().enumerate() {
            self.sql.push_str(if at == 0 { "(" } else { ", " });
            self.value(value, name)?;
        }
        self.sql.push(')');
        Ok(())
    }

    fn conditions(&mut self, method: &str, given: &Array) -> Result<(), Throw> {
        if given.is_empty() {
            return Err(misused(format!(
                "{method}() needs conditions; for all rows of a table use execute()"
            )));
        }
        for (at, (key, value)) in given.iter().enumerate() {
            let name = column(self.dialect, &key.to_bytes())?;
            self.sql.push_str(if at == 0 { " WHERE " } else { " AND " });
            self.sql.push_str(&name);
            if value.is_null() {
                self.sql.push_str(" IS NULL");
            } else if let Some(list) = value.as_array() {
                if list.is_empty() {
                    // Nothing is one of none.
                    self.sql.push_str(" IS NULL AND 1 = 0");
                    continue;
                }
                self.sql.push_str(" IN (");
                for (at, value) in list.values().enumerate() {
                    if at > 0 {
                        self.sql.push_str(", ");
                    }
                    self.value(value, &name)?;
                }
                self.sql.push(')');
            } else {
                self.sql.push_str(" = ");
                self.value(value, &name)?;
            }
        }
        Ok(())
    }

    fn run(self, target: &Target) -> Result<(Rc<Statement>, Outcome), Throw> {
        let statement = target.handle.source.statement(&self.sql);
        let statement = statement.map_err(|error| thrown(&error, None))?;
        let outcome = run_values(target, &statement, &self.values)?;
        Ok((statement, outcome))
    }
}

fn building(call: &Call, begin: &str) -> Result<Building, Throw> {
    let dialect = target(call)?.handle.source.dialect();
    let table = quoted(dialect, call.text(0)?)?;
    Ok(Building {
        dialect,
        sql: format!("{begin} {table}"),
        values: Vec::new(),
    })
}

fn insert(call: &mut Call) -> Done {
    let mut building = building(call, "INSERT INTO")?;
    let dialect = building.dialect;
    let given = call.array(1)?;
    let several = !given.is_empty() && given.is_list();
    let rows: Vec<&Array> = match several {
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
    let first = rows.first().copied().unwrap_or(given);
    let keys: Vec<Vec<u8>> = first
        .iter()
        .map(|(key, _)| key.to_bytes().into_owned())
        .collect();
    let names = keys
        .iter()
        .map(|key| column(dialect, key))
        .collect::<Result<Vec<_>, _>>()?;
    if names.is_empty() {
        building.sql.push_str(match dialect {
            Dialect::MySql => " () VALUES ()",
            _ => " DEFAULT VALUES",
        });
    } else {
        building
            .sql
            .push_str(&format!(" ({}) VALUES ", names.join(", ")));
        for (number, row) in rows.iter().enumerate() {
            if number > 0 {
                building.sql.push_str(", ");
            }
            let mut columns = Vec::with_capacity(keys.len());
            for (key, name) in keys.iter().zip(&names) {
                let value = row.get_symbol(key).ok_or_else(|| {
                    misused(format!("row {} has no value for {name}", number + 1))
                })?;
                columns.push((name.clone(), value));
            }
            if row.len() != keys.len() {
                return Err(misused(format!(
                    "row {} has other columns than the first",
                    number + 1
                )));
            }
            building.list(&columns)?;
        }
    }
    if dialect == Dialect::Postgres {
        building.sql.push_str(" RETURNING *");
    }
    let target = target(call)?;
    let (statement, mut outcome) = building.run(target)?;
    if dialect == Dialect::Postgres {
        outcome.last_id = outcome.rows.last_id();
    }
    let made = result::object(&target.handle, &statement, outcome)?;
    call.ret(made)
}

fn update(call: &mut Call) -> Done {
    let mut building = building(call, "UPDATE")?;
    let values = call.array(1)?;
    if values.is_empty() {
        return Err(misused("update() needs values to set".into()));
    }
    for (at, (key, value)) in values.iter().enumerate() {
        let name = column(building.dialect, &key.to_bytes())?;
        building.sql.push_str(if at == 0 { " SET " } else { ", " });
        building.sql.push_str(&name);
        building.sql.push_str(" = ");
        building.value(value, &name)?;
    }
    building.conditions("update", call.array(2)?)?;
    let (_, outcome) = building.run(target(call)?)?;
    call.ret(outcome.affected)
}

fn delete(call: &mut Call) -> Done {
    let mut building = building(call, "DELETE FROM")?;
    building.conditions("delete", call.array(1)?)?;
    let (_, outcome) = building.run(target(call)?)?;
    call.ret(outcome.affected)
}

/// An object of one of the two classes.
pub(super) fn filled(object: Object, target: Target) -> Object {
    if let Some(state) = object.state::<Access>() {
        let _first = state.0.set(target);
    }
    object
}
