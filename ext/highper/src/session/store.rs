//! Where sessions are kept, and `Highper\Session\Store` for stores of one's own.

use crate::app::App;
use highper_session::folder::Folder;
use highper_session::seal::Sealer;
use highper_shm::cache::{Cache, Kind, Refused};
use highper_zend::{Class, ClassRef, Object, Registry, Str, Throw, Value};
use std::time::Duration;

static STORE: ClassRef = ClassRef::new("Highper\\Session\\Store");

/// A store.
pub(crate) enum Store {
    /// The client keeps it.
    Cookie(Sealer),
    Folder(Folder),
    Memory(Cache),
    /// A class that implements the interface.
    Class(String),
}

/// Why a store did not do what it was asked.
pub(super) enum Failure {
    /// A sentence for the log.
    Down(String),
    /// PHP code has thrown something.
    Throw(Throw),
}

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::interface("Highper\\Session\\Store")
            .doc(
                "Keeps sessions. Names have 64 digits and letters, data any bytes. What it throws is answered with 503 and logged.\n\n\
                 One object serves all requests of a worker at the same time.",
            )
            .handle(&STORE)
            .abstract_method(
                "public function read(string $name): ?string",
                "The data; null where there is none, or its time is over.",
            )
            .abstract_method(
                "public function write(string $name, string $data, int $seconds): void",
                "Keeps data for so many seconds, in place of what was there.",
            )
            .abstract_method(
                "public function delete(string $name): void",
                "Forgets it; nothing happens where there is none.",
            ),
    );
}

fn down(error: impl std::fmt::Display) -> Failure {
    Failure::Down(error.to_string())
}

impl Store {
    /// The object of a class of one's own.
    ///
    /// # Errors
    /// It can't be made, or is no store.
    pub(crate) fn object(app: &App, class: &str) -> Result<Object, Throw> {
        let object = app.shared(class)?.into_object();
        let object = object.map_err(|_| Throw::error(format!("{class} is no object")))?;
        match object.is_instance_of(STORE.get()) {
            true => Ok(object),
            false => Err(Throw::error(format!(
                "sessions(): {class} is no store: it does not implement Highper\\Session\\Store"
            ))),
        }
    }

    fn call(app: &App, class: &str, method: &str, args: &[Value]) -> Result<Value, Failure> {
        Self::object(app, class)
            .and_then(|object| object.call(method, args).into_result())
            .map_err(Failure::Throw)
    }

    pub(super) fn read(&self, app: &App, name: &str) -> Result<Option<Str>, Failure> {
        match self {
            Self::Cookie(_) => Ok(None),
            Self::Folder(folder) => match folder.read(name) {
                Ok(found) => Ok(found.map(Str::new)),
                Err(error) => Err(down(error)),
            },
            Self::Memory(cache) => Ok(cache.get(name.as_bytes(), |found| match found.len() {
                0 => Str::new(""),
                length => Str::build(length, |bytes| found.copy(bytes)),
            })),
            Self::Class(class) => {
                let found = Self::call(app, class, "read", &[Value::from(name)])?;
                Ok(found.as_string())
            }
        }
    }

    pub(super) fn write(
        &self,
        app: &App,
        name: &str,
        data: &Str,
        seconds: u64,
    ) -> Result<(), Failure> {
        match self {
            Self::Cookie(_) => Ok(()),
            Self::Folder(folder) => folder
                .write(name, data, Duration::from_secs(seconds))
                .map_err(down),
            Self::Memory(cache) => {
                let ttl = Some(Duration::from_secs(seconds));
                match cache.set(name.as_bytes(), Kind(0), data, ttl) {
                    Ok(()) => Ok(()),
                    Err(Refused::TooLarge) => Err(Failure::Down(format!(
                        "it has {} bytes, and the memory takes {} of one",
                        data.len(),
                        cache.largest()
                    ))),
                    Err(other) => Err(Failure::Down(format!("{other:?}"))),
                }
            }
            Self::Class(class) => {
                let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
                let args = [Value::from(name), Value::from(data), Value::long(seconds)];
                Self::call(app, class, "write", &args).map(drop)
            }
        }
    }

    pub(super) fn delete(&self, app: &App, name: &str) -> Result<(), Failure> {
        match self {
            Self::Cookie(_) => Ok(()),
            Self::Folder(folder) => folder.delete(name).map_err(down),
            Self::Memory(cache) => {
                cache.remove(name.as_bytes());
                Ok(())
            }
            Self::Class(class) => Self::call(app, class, "delete", &[Value::from(name)]).map(drop),
        }
    }
}
