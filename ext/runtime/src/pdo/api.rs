//! The classes that connections are objects of: PDO's and mysqli.

use highper_pool::Refused;
use highper_zend::pdo::silently;
use highper_zend::{Array, ClassHandle, Object, Outcome, Throw, Value, find_class, mysqli, pdo};
use std::cell::Cell;

/// Which one.
pub(crate) enum Api {
    /// PDO, or a class that extends it.
    Pdo(ClassHandle),
    /// mysqli, with the calls that come before `real_connect()`.
    Mysqli(Vec<(&'static str, Vec<Value>)>),
}

thread_local! {
    /// mysqli has said in a warning why it did not connect.
    static SAID: Cell<bool> = const { Cell::new(false) };
}

/// Has the attempt that failed just now been told of in a warning, as `mysqli_report()` has it? Asked once.
pub(crate) fn has_said() -> bool {
    SAID.take()
}

/// Are these the same values?
fn are_identical(a: &[Value], b: &[Value]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_identical(b))
}

impl Api {
    pub(super) fn is_pdo(&self) -> bool {
        matches!(self, Self::Pdo(_))
    }

    pub(super) fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Pdo(_), Self::Pdo(_)) => true,
            (Self::Mysqli(own), Self::Mysqli(other)) => {
                own.len() == other.len()
                    && own
                        .iter()
                        .zip(other)
                        .all(|(a, b)| a.0 == b.0 && are_identical(&a.1, &b.1))
            }
            _ => false,
        }
    }

    /// What the connections are called in reports: no password.
    pub(super) fn name(&self, args: &[Value]) -> String {
        let text = |number: usize| args.get(number).and_then(|arg| arg.as_str());
        match self {
            Self::Pdo(_) => text(0).unwrap_or_default().to_owned(),
            Self::Mysqli(_) => {
                let mut name = match text(5) {
                    Some(socket) => format!("mysqli:unix_socket={socket}"),
                    None => format!("mysqli:host={}", text(0).unwrap_or("localhost")),
                };
                if let Some(database) = text(3) {
                    name.push_str(";dbname=");
                    name.push_str(database);
                }
                name
            }
        }
    }

    /// Makes a connection.
    ///
    /// # Errors
    /// What it throws; for mysqli that throws nothing an exception of ours, see [`has_said`].
    pub(super) fn connect(&self, args: &[Value]) -> Result<Object, Throw> {
        let options = match self {
            Self::Pdo(class) => return pdo::connect(*class, args),
            Self::Mysqli(options) => options,
        };
        let object = mysqli::make()?;
        for (method, args) in options {
            object.call(method, args).into_result()?;
        }
        let connected = object.call("real_connect", args).into_result()?;
        if connected.as_bool() == Some(false) {
            let text = object.get("connect_error").ok();
            let text = text.as_ref().and_then(Value::as_str).unwrap_or_default();
            SAID.set(true);
            return Err(of_mysqli(&format!("mysqli could not connect: {text}")));
        }
        Ok(object)
    }

    pub(super) fn is_in_transaction(&self, object: &Object) -> bool {
        match self {
            Self::Pdo(_) => {
                let asked = silently(|| object.call("inTransaction", &[]));
                !matches!(asked, Outcome::Value(value) if !value.to_bool())
            }
            Self::Mysqli(_) => mysqli::state(object).in_transaction,
        }
    }

    /// Runs a statement without rows.
    pub(super) fn run(&self, object: &Object, text: &str) -> Outcome {
        let method = match self {
            Self::Pdo(_) => "exec",
            Self::Mysqli(_) => "query",
        };
        object.call(method, &[Value::string(text)])
    }

    /// No connection becomes free.
    pub(super) fn refuse(&self, name: &str, refused: &Refused) -> Throw {
        match self {
            Self::Pdo(_) => of_pdo(&format!(
                "SQLSTATE[08004]: no connection of the pool (highper.pdo_pool) for {name}: {refused}"
            )),
            Self::Mysqli(_) => of_mysqli(&format!(
                "no connection of the pool (highper.mysqli_pool) for {name}: {refused}"
            )),
        }
    }
}

/// MySQL's number for it: ER_CON_COUNT_ERROR.
const TOO_MANY_CONNECTIONS: i64 = 1040;

/// A mysqli_sql_exception.
fn of_mysqli(text: &str) -> Throw {
    match find_class("mysqli_sql_exception") {
        Ok(Some(class)) => Throw::of(class, text, TOO_MANY_CONNECTIONS),
        _ => Throw::exception(text),
    }
}

/// A PDOException, as PDO makes its own.
fn of_pdo(text: &str) -> Throw {
    match find_class("PDOException") {
        Ok(Some(class)) => match Throw::of(class, text, 0).into_object() {
            Some(exception) => {
                if let Some(object) = exception.as_object() {
                    let mut info = Array::new();
                    info.push("08004").push(Value::null()).push(text);
                    // It is thrown all the same.
                    let _ = object.set("errorInfo", info);
                }
                Throw::Object(exception)
            }
            None => Throw::Bailout,
        },
        _ => Throw::exception(text),
    }
}
