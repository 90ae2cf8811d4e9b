//! `Highper\Log\Logger`

use crate::app::App;
use highper_log::{Level, Logger, Record, Value as Field};
use highper_runtime::detector::Tell;
use highper_zend::json;
use highper_zend::{
    Array, Call, Class, ClassRef, Done, Flags, Kind, Object, Registry, Throw, Trace, Value,
};
use std::cell::OnceCell;
use std::sync::Arc;

static LOGGER: ClassRef = ClassRef::new("Highper\\Log\\Logger");

/// What an object carries.
#[derive(Default)]
struct State(OnceCell<Logger>);

impl Trace for State {}

/// An object for a logger.
pub(crate) fn object(logger: &Logger) -> Result<Object, Throw> {
    let object = LOGGER.instantiate()?;
    if let Some(state) = object.state::<State>() {
        let _first = state.0.set(logger.clone());
    }
    Ok(object)
}

pub(crate) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Log\\Logger")
            .doc("The application's log, in the shape of PSR-3.")
            .handle(&LOGGER)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .state::<State>()
            .deny_create()
            .method("public function emergency(string|\\Stringable $message, array $context = []): void", "The system is unusable.", |call| write(call, Level::Emergency, 0))
            .method("public function alert(string|\\Stringable $message, array $context = []): void", "Somebody has to act now.", |call| write(call, Level::Alert, 0))
            .method("public function critical(string|\\Stringable $message, array $context = []): void", "A part of the application is out of order.", |call| write(call, Level::Critical, 0))
            .method("public function error(string|\\Stringable $message, array $context = []): void", "An operation failed.", |call| write(call, Level::Error, 0))
            .method("public function warning(string|\\Stringable $message, array $context = []): void", "Not an error, but not right.", |call| write(call, Level::Warning, 0))
            .method("public function notice(string|\\Stringable $message, array $context = []): void", "Normal, but worth a look.", |call| write(call, Level::Notice, 0))
            .method("public function info(string|\\Stringable $message, array $context = []): void", "What happens.", |call| write(call, Level::Info, 0))
            .method("public function debug(string|\\Stringable $message, array $context = []): void", "Detail for developers.", |call| write(call, Level::Debug, 0))
            .method("public function log($level, string|\\Stringable $message, array $context = []): void", "With a level by its PSR-3 name.", |call| {
                let name = call.value(0)?.to_str()?;
                match Level::parse(&name.to_string_lossy()) {
                    Some(level) => write(call, level, 1),
                    None => Err(Throw::argument_value(0, format!("must be a level of PSR-3, '{}' given", name.to_string_lossy()))),
                }
            }),
    );
}

/// Logs coroutines that hold the loop, from whichever thread.
pub(crate) fn holds(app: &App) -> Tell {
    let (logger, worker) = (app.logger.clone(), app.worker.get());
    Arc::new(move |held| {
        let what = match held.is_call {
            true => "a call blocks the loop",
            false => "PHP code holds the loop",
        };
        let milliseconds = held.time.as_secs_f64() * 1e3;
        logger.log(&Record {
            message: format!("{what}: {}() at {}", held.function, held.place).as_bytes(),
            context: &[
                (
                    b"milliseconds",
                    Field::Float((milliseconds * 10.0).round() / 10.0),
                ),
                (b"trace", Field::Str(held.trace.trim_end().as_bytes())),
            ],
            worker,
            coroutine: Some(held.coroutine),
            ..Record::new(Level::Warning, "worker")
        });
    })
}

fn write(call: &mut Call, level: Level, from: usize) -> Done {
    let Some(logger) = call.this::<State>()?.0.get().cloned() else {
        return Err(Throw::error("this logger belongs to no application"));
    };
    if !logger.enabled(level) {
        return Ok(());
    }
    let message = call.str(from)?;
    let empty = Array::new();
    let context = call.opt_array(from + 1)?.unwrap_or(&empty);
    // Texts that PHP makes of objects, kept until the record is written.
    let mut owned = Vec::new();
    for (key, value) in context {
        owned.push((key.to_bytes().into_owned(), Owned::of(value)?));
    }
    let incoming = crate::incoming::current();
    if let Some(trace) = incoming.as_ref().and_then(|incoming| incoming.trace()) {
        owned.push((b"trace_id".to_vec(), Owned::Text(trace.as_bytes().to_vec())));
    }
    let fields: Vec<(&[u8], Field<'_>)> = owned.iter().map(|(n, v)| (&**n, v.field())).collect();
    logger.log(&Record {
        message: &message,
        context: &fields,
        request_id: incoming.as_ref().map(|incoming| incoming.id()),
        worker: incoming
            .as_ref()
            .and_then(|incoming| incoming.app.worker.get()),
        coroutine: highper_engine::current(),
        ..Record::new(level, "app")
    });
    Ok(())
}

/// A value that no longer needs PHP; arrays are JSON.
enum Owned {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Vec<u8>),
}

impl Owned {
    fn of(value: &Value) -> Result<Self, Throw> {
        Ok(match value.kind() {
            Kind::Null | Kind::Undef => Self::Null,
            Kind::Bool => Self::Bool(value.to_bool()),
            Kind::Long => Self::Int(value.to_long()),
            Kind::Double => Self::Float(value.to_double()),
            Kind::Str => Self::Text(value.as_bytes().unwrap_or_default().to_vec()),
            // What JSON can't say is no reason to lose the record.
            Kind::Array => Self::Text(json::encode(value).unwrap_or_else(|_| b"array".to_vec())),
            Kind::Object => match value.as_object() {
                Some(object) if object.has_method("getTraceAsString") => {
                    Self::Text(exception(object))
                }
                Some(object) if object.has_method("__toString") => {
                    Self::Text(value.to_str()?.to_vec())
                }
                Some(object) => Self::Text(object.class_name().as_bytes().to_vec()),
                None => Self::Null,
            },
            _ => Self::Text(value.type_name().as_bytes().to_vec()),
        })
    }

    fn field(&self) -> Field<'_> {
        match self {
            Self::Null => Field::Null,
            Self::Bool(b) => Field::Bool(*b),
            Self::Int(n) => Field::Int(*n),
            Self::Float(n) => Field::Float(*n),
            Self::Text(text) => Field::Str(text),
        }
    }
}

fn exception(object: &Object) -> Vec<u8> {
    let (file, line) = object.exception_location();
    format!(
        "{}: {} in {file}:{line}\n{}",
        object.class_name(),
        object.exception_message().to_string_lossy(),
        object.exception_trace()
    )
    .into_bytes()
}
