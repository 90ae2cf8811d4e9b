//! `Highper\Attribute\Transactional`

use crate::aspect::invocation::Point;
use crate::incoming;
use highper_zend::{
    Array, Call, Class, Done, Object, Registry, Target, Throw, Value, call_function,
};

/// What is looked for where nothing is said.
const PDO: &str = "PDO";

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\Transactional")
            .doc("Runs the method in a transaction: what it throws rolls back. Inside a transaction of the same connection it joins that one.")
            .attribute(Target::METHOD)
            .implements("Highper\\Aspect")
            .property("public readonly string $connection", "The connection by its name in the container: a PDO, or any object with a method transaction(Closure), or with beginTransaction(), commit() and rollBack().")
            .method(
                "public function __construct(string $connection = 'PDO')",
                "",
                |call| call.this_object()?.set("connection", call.opt_bytes(0, PDO.as_bytes())?),
            )
            .method("public function around(\\Highper\\Invocation $call): mixed", "Runs the method in a transaction.", around),
    );
}

fn around(call: &mut Call) -> Done {
    let point = Point::of(call)?;
    let name = call.this_object()?.get("connection")?.to_str()?;
    let Some(app) = incoming::app() else {
        return Err(Throw::error(format!(
            "{}() wants a transaction of {}, and there is no application with a container",
            point.name()?,
            name.to_string_lossy()
        )));
    };
    let connection = app.container.by_name(&app, &name, incoming::current)?;
    let connection = connection
        .into_object()
        .map_err(|_| Throw::error("a connection must be an object"))?;
    if connection.has_method("transaction") {
        let mut proceed = Array::with_capacity(2);
        proceed.push(point.object()).push("proceed");
        let body = call_function("Closure::fromCallable", &[proceed.into()]).into_result()?;
        let value = connection.call("transaction", &[body]).into_result()?;
        return call.ret(value);
    }
    if !connection.has_method("beginTransaction") {
        return Err(Throw::error(format!(
            "{}() wants a transaction of {}, and {} has neither transaction() nor beginTransaction()",
            point.name()?,
            name.to_string_lossy(),
            connection.class_name()
        )));
    }
    if connection.has_method("inTransaction") && does(&connection, "inTransaction")?.to_bool() {
        let value = point.proceed()?;
        return call.ret(value);
    }
    does(&connection, "beginTransaction")?;
    match point.proceed() {
        Ok(value) => {
            does(&connection, "commit")?;
            call.ret(value)
        }
        Err(Throw::Bailout) => Err(Throw::Bailout),
        Err(throw) => {
            // A connection that is lost has rolled back by itself: what was thrown first says more.
            match does(&connection, "rollBack") {
                Err(Throw::Bailout) => Err(Throw::Bailout),
                _ => Err(throw),
            }
        }
    }
}

fn does(connection: &Object, method: &str) -> Result<Value, Throw> {
    connection.call(method, &[]).into_result()
}
