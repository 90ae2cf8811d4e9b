//! Conditions of a query: `where`, `having`, `join … on`.

use super::super::exception::{misused, thrown};
use super::super::raw::converted;
use super::{Inner, inner, of_object};
use highper_db::query::{Condition, Join, Name, Operand, Query, Test, operator};
use highper_zend::{Array, Call, Callable, Class, Done, Key, Throw, Value, find_class};

/// Where a condition belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Where,
    Having,
}

fn add(call: &Call, side: Side, is_or: bool, test: Test<Value>) -> Done {
    let mut query = inner(call)?.query.borrow_mut();
    let condition = Condition { is_or, test };
    match side {
        Side::Where => query.conditions.push(condition),
        Side::Having => query.havings.push(condition),
    }
    drop(query);
    call.ret_this()
}

fn is_closure(value: &Value) -> Result<bool, Throw> {
    let closure = find_class("Closure")?;
    Ok(match (value.deref().as_object(), closure) {
        (Some(object), Some(closure)) => object.is_instance_of(closure),
        _ => false,
    })
}

/// The conditions that a closure makes.
fn nested(own: &Inner, body: &Value) -> Result<Query<Value>, Throw> {
    let table = own.query.borrow().table.clone();
    let object = own.object(Query::new(table))?;
    let body = Callable::new(body).map_err(misused)?;
    body.call(&[Value::from(&object)]).into_result()?;
    Ok(of_object(&Value::from(&object)).unwrap_or_else(|| Query::new(Name::Plain(String::new()))))
}

/// `name operator value`, as it is meant: null is no value to compare with.
fn compared(
    own: &Inner,
    name: Name<Value>,
    comparison: &str,
    value: &Value,
) -> Result<Test<Value>, Throw> {
    let comparison = operator(comparison).map_err(|error| thrown(&error, None))?;
    if value.is_null() {
        return match comparison {
            "=" | "IS" | "<=>" => Ok(Test::Null(name, false)),
            "!=" | "<>" | "IS NOT" => Ok(Test::Null(name, true)),
            other => Err(misused(format!(
                "nothing is {other} null: use whereNull() or whereNotNull()"
            ))),
        };
    }
    let words = match &name {
        Name::Plain(name) => name.clone(),
        Name::Raw(..) => "the text".into(),
    };
    let operand = own.operand(value, &words)?;
    Ok(Test::Compare(name, comparison, operand))
}

fn many(own: &Inner, given: &Array) -> Result<Vec<Condition<Value>>, Throw> {
    let mut all = Vec::with_capacity(given.len());
    for (key, value) in given {
        let test = match key {
            Key::Name(name) => {
                let name = std::str::from_utf8(name)
                    .map_err(|_| misused("a column's name must be UTF-8".into()))?;
                let column = Name::Plain(name.to_owned());
                match value.as_array() {
                    Some(list) => Test::In(column, converted(list.values(), own.dialect())?, false),
                    None => compared(own, column, "=", value)?,
                }
            }
            Key::Index(_) => {
                let parts: Vec<&Value> = value
                    .as_array()
                    .map(|list| list.values().collect())
                    .unwrap_or_default();
                match &*parts {
                    [column, value] => compared(own, own.name(column)?, "=", value)?,
                    [column, comparison, value] => {
                        let comparison = comparison.as_str().unwrap_or_default();
                        compared(own, own.name(column)?, comparison, value)?
                    }
                    _ => {
                        return Err(misused(
                            "conditions are columns with values, or lists of column, comparison, value".into(),
                        ));
                    }
                }
            }
        };
        all.push(Condition { is_or: false, test });
    }
    Ok(all)
}

fn compare(call: &Call, side: Side, is_or: bool, is_not: bool) -> Done {
    let own = inner(call)?;
    let first = call.value(0)?;
    let test = if let Some(given) = first.as_array() {
        Test::Group(many(own, given)?, false)
    } else if is_closure(first)? {
        let query = nested(own, first)?;
        Test::Group(
            match side {
                Side::Where => query.conditions,
                Side::Having => query.havings,
            },
            false,
        )
    } else {
        let name = own.name(first)?;
        match (call.opt_value(1), call.opt_value(2), &name) {
            (None, _, Name::Raw(text, values)) => Test::Raw(text.clone(), values.clone()),
            (None, ..) => {
                return Err(misused(format!(
                    "a condition needs a value: where('{}', …)",
                    first.as_str().unwrap_or_default()
                )));
            }
            (Some(value), None, _) => compared(own, name, "=", value)?,
            (Some(comparison), Some(value), _) => {
                let Some(comparison) = comparison.as_str() else {
                    return Err(Throw::argument_type(1, "must be a comparison such as '='"));
                };
                compared(own, name, comparison, value)?
            }
        }
    };
    let test = match is_not {
        true => Test::Group(vec![Condition { is_or: false, test }], true),
        false => test,
    };
    add(call, side, is_or, test)
}

fn among(call: &Call, is_or: bool, is_not: bool) -> Done {
    let own = inner(call)?;
    let name = own.name(call.value(0)?)?;
    let given = call.value(1)?;
    let test = match (given.as_array(), of_object(given)) {
        (Some(list), _) => Test::In(name, converted(list.values(), own.dialect())?, is_not),
        (None, Some(query)) => Test::InQuery(name, Box::new(query), is_not),
        (None, None) => {
            return Err(Throw::argument_type(
                1,
                "must be a list of values or a query",
            ));
        }
    };
    add(call, Side::Where, is_or, test)
}

fn null(call: &Call, is_or: bool, is_not: bool) -> Done {
    let name = inner(call)?.name(call.value(0)?)?;
    add(call, Side::Where, is_or, Test::Null(name, is_not))
}

fn between(call: &Call, is_or: bool, is_not: bool) -> Done {
    let own = inner(call)?;
    let name = own.name(call.value(0)?)?;
    let values = converted(call.array(1)?.values(), own.dialect())?;
    let [from, to] = &*values else {
        return Err(Throw::argument_value(1, "must have two values"));
    };
    add(
        call,
        Side::Where,
        is_or,
        Test::Between(name, from.clone(), to.clone(), is_not),
    )
}

fn columns(call: &Call, is_or: bool) -> Done {
    let own = inner(call)?;
    let first = own.name(call.value(0)?)?;
    let (comparison, second) = match call.opt_value(2).filter(|value| !value.is_null()) {
        Some(second) => (call.text(1)?, second),
        None => ("=", call.value(1)?),
    };
    let comparison = operator(comparison).map_err(|error| thrown(&error, None))?;
    let second = Operand::Name(own.name(second)?);
    add(
        call,
        Side::Where,
        is_or,
        Test::Compare(first, comparison, second),
    )
}

fn text(call: &Call, side: Side, is_or: bool) -> Done {
    let own = inner(call)?;
    let object = super::super::raw::object(call.text(0)?, call.opt_array(1)?)?;
    match own.name(&object.into())? {
        Name::Raw(text, values) => add(call, side, is_or, Test::Raw(text, values)),
        Name::Plain(_) => Err(misused("this is no text".into())),
    }
}

fn exists(call: &Call, is_or: bool, is_not: bool) -> Done {
    match of_object(call.value(0)?) {
        Some(query) => add(
            call,
            Side::Where,
            is_or,
            Test::Exists(Box::new(query), is_not),
        ),
        None => Err(Throw::argument_type(0, "must be a query")),
    }
}

fn join(call: &Call, kind: &'static str) -> Done {
    let own = inner(call)?;
    let table = own.name(call.value(0)?)?;
    let on = match call.opt_value(1) {
        None => Vec::new(),
        Some(body) if is_closure(body)? => nested(own, body)?.conditions,
        Some(first) => {
            let first = own.name(first)?;
            let (comparison, second) = match call.opt_value(3).filter(|value| !value.is_null()) {
                Some(second) => (call.text(2)?, second),
                None => ("=", call.value(2)?),
            };
            let comparison = operator(comparison).map_err(|error| thrown(&error, None))?;
            let second = Operand::Name(own.name(second)?);
            let test = Test::Compare(first, comparison, second);
            vec![Condition { is_or: false, test }]
        }
    };
    if on.is_empty() && kind != "CROSS" {
        return Err(misused(
            "a join needs to know which rows belong together: join('owners', 'owners.id', '=', 'notes.owner')".into(),
        ));
    }
    own.query.borrow_mut().joins.push(Join { kind, table, on });
    call.ret_this()
}

pub(super) fn declare(class: Class) -> Class {
    let compares = "A condition: where('age', '>', 30); where('name', 'Ann') for =; where(['a' => 1, 'b' => [2, 3]]) for several; \
                    where(fn ($query) => …) for those in brackets. Null is compared by IS NULL.";
    class
        .method("public function where(string|array|\\Closure|\\Highper\\Db\\Raw $column, mixed $operator = null, mixed $value = null): static", compares,
            |call| compare(call, Side::Where, false, false))
        .method("public function orWhere(string|array|\\Closure|\\Highper\\Db\\Raw $column, mixed $operator = null, mixed $value = null): static", "The same, or what was before.",
            |call| compare(call, Side::Where, true, false))
        .method("public function whereNot(string|array|\\Closure|\\Highper\\Db\\Raw $column, mixed $operator = null, mixed $value = null): static", "A condition that must not be true.",
            |call| compare(call, Side::Where, false, true))
        .method("public function orWhereNot(string|array|\\Closure|\\Highper\\Db\\Raw $column, mixed $operator = null, mixed $value = null): static", "The same, or what was before.",
            |call| compare(call, Side::Where, true, true))
        .method("public function whereIn(string|\\Highper\\Db\\Raw $column, array|\\Highper\\Db\\Query $values): static", "One of these, or of what a query gives. Nothing is one of none.",
            |call| among(call, false, false))
        .method("public function orWhereIn(string|\\Highper\\Db\\Raw $column, array|\\Highper\\Db\\Query $values): static", "The same, or what was before.",
            |call| among(call, true, false))
        .method("public function whereNotIn(string|\\Highper\\Db\\Raw $column, array|\\Highper\\Db\\Query $values): static", "None of these.",
            |call| among(call, false, true))
        .method("public function orWhereNotIn(string|\\Highper\\Db\\Raw $column, array|\\Highper\\Db\\Query $values): static", "The same, or what was before.",
            |call| among(call, true, true))
        .method("public function whereNull(string|\\Highper\\Db\\Raw $column): static", "NULL.", |call| null(call, false, false))
        .method("public function orWhereNull(string|\\Highper\\Db\\Raw $column): static", "The same, or what was before.", |call| null(call, true, false))
        .method("public function whereNotNull(string|\\Highper\\Db\\Raw $column): static", "Not NULL.", |call| null(call, false, true))
        .method("public function orWhereNotNull(string|\\Highper\\Db\\Raw $column): static", "The same, or what was before.", |call| null(call, true, true))
        .method("public function whereBetween(string|\\Highper\\Db\\Raw $column, array $values): static", "From the first of two values to the second, both included.",
            |call| between(call, false, false))
        .method("public function orWhereBetween(string|\\Highper\\Db\\Raw $column, array $values): static", "The same, or what was before.",
            |call| between(call, true, false))
        .method("public function whereNotBetween(string|\\Highper\\Db\\Raw $column, array $values): static", "Outside of two values.",
            |call| between(call, false, true))
        .method("public function whereColumn(string|\\Highper\\Db\\Raw $first, string|\\Highper\\Db\\Raw $operator, string|\\Highper\\Db\\Raw|null $second = null): static",
            "Two columns: whereColumn('updated', '>', 'created').", |call| columns(call, false))
        .method("public function orWhereColumn(string|\\Highper\\Db\\Raw $first, string|\\Highper\\Db\\Raw $operator, string|\\Highper\\Db\\Raw|null $second = null): static",
            "The same, or what was before.", |call| columns(call, true))
        .method("public function on(string|\\Highper\\Db\\Raw $first, string|\\Highper\\Db\\Raw $operator, string|\\Highper\\Db\\Raw|null $second = null): static",
            "The same as whereColumn(), for the closure of a join.", |call| columns(call, false))
        .method("public function orOn(string|\\Highper\\Db\\Raw $first, string|\\Highper\\Db\\Raw $operator, string|\\Highper\\Db\\Raw|null $second = null): static",
            "The same, or what was before.", |call| columns(call, true))
        .method("public function whereRaw(string $sql, array $values = []): static", "A condition as the database writes it, with ? for values.",
            |call| text(call, Side::Where, false))
        .method("public function orWhereRaw(string $sql, array $values = []): static", "The same, or what was before.",
            |call| text(call, Side::Where, true))
        .method("public function whereExists(\\Highper\\Db\\Query $query): static", "The query gives rows.", |call| exists(call, false, false))
        .method("public function orWhereExists(\\Highper\\Db\\Query $query): static", "The same, or what was before.", |call| exists(call, true, false))
        .method("public function whereNotExists(\\Highper\\Db\\Query $query): static", "The query gives none.", |call| exists(call, false, true))
        .method("public function join(string|\\Highper\\Db\\Raw $table, string|\\Closure $first, ?string $operator = null, ?string $second = null): static",
            "Rows of another table that belong to these: join('owners', 'owners.id', '=', 'notes.owner'), or a closure whose argument has on() and where().\n\n\
             @throws \\Highper\\Db\\DbException", |call| join(call, "INNER"))
        .method("public function leftJoin(string|\\Highper\\Db\\Raw $table, string|\\Closure $first, ?string $operator = null, ?string $second = null): static",
            "The same, and rows to which none belongs.", |call| join(call, "LEFT"))
        .method("public function rightJoin(string|\\Highper\\Db\\Raw $table, string|\\Closure $first, ?string $operator = null, ?string $second = null): static",
            "The same, and rows of the other table to which none belongs.", |call| join(call, "RIGHT"))
        .method("public function crossJoin(string|\\Highper\\Db\\Raw $table): static", "Each row of another table with each of these.", |call| join(call, "CROSS"))
        .method("public function having(string|array|\\Closure|\\Highper\\Db\\Raw $column, mixed $operator = null, mixed $value = null): static", "A condition for groups, as where() has them for rows.",
            |call| compare(call, Side::Having, false, false))
        .method("public function orHaving(string|array|\\Closure|\\Highper\\Db\\Raw $column, mixed $operator = null, mixed $value = null): static", "The same, or what was before.",
            |call| compare(call, Side::Having, true, false))
        .method("public function havingRaw(string $sql, array $values = []): static", "A condition for groups as the database writes it.",
            |call| text(call, Side::Having, false))
}
