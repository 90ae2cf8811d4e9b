//! What a handler throws.
use std::ffi::c_int;
use std::fmt;

use crate::class::{ClassHandle, ClassRef};
use crate::raw;
use crate::value::Value;

/// Why a handler ends early. The trampoline turns it into what PHP does.
pub enum Throw {
    /// An exception is pending in the engine already.
    Pending,
    /// An exception to be made.
    New(Box<New>),
    /// An exception object, thrown (again).
    Object(Value),
    /// `exit()`: unwinds PHP's stack to the coroutine's base.
    Exit,
    /// A fatal error was caught on the way and goes on.
    Bailout,
}

/// An exception to be made.
pub struct New {
    class: Kind,
    argument: u32,
    message: String,
    code: i64,
}

#[derive(Clone, Copy)]
enum Kind {
    Builtin(c_int),
    Class(ClassHandle),
}

impl Throw {
    /// `new $class($message, $code)`. For classes of ours pass the `ClassRef`.
    pub fn new(class: &ClassRef, message: impl Into<String>, code: i64) -> Self {
        let class = class.try_get().map_or(Kind::Builtin(0), Kind::Class);
        Self::New(Box::new(New {
            class,
            argument: 0,
            message: message.into(),
            code,
        }))
    }

    /// The same with a class that was looked up.
    pub fn of(class: ClassHandle, message: impl Into<String>, code: i64) -> Self {
        Self::New(Box::new(New {
            class: Kind::Class(class),
            argument: 0,
            message: message.into(),
            code,
        }))
    }

    fn builtin(which: c_int, argument: u32, message: impl Into<String>) -> Self {
        Self::New(Box::new(New {
            class: Kind::Builtin(which),
            argument,
            message: message.into(),
            code: 0,
        }))
    }

    /// `Error`
    pub fn error(message: impl Into<String>) -> Self {
        Self::builtin(0, 0, message)
    }

    /// `TypeError`
    pub fn type_error(message: impl Into<String>) -> Self {
        Self::builtin(1, 0, message)
    }

    /// `ValueError`
    pub fn value_error(message: impl Into<String>) -> Self {
        Self::builtin(2, 0, message)
    }

    /// `Exception`
    pub fn exception(message: impl Into<String>) -> Self {
        Self::builtin(3, 0, message)
    }

    /// `ValueError`: "f(): Argument #n ($name) must be …". `arg` counts from 0.
    pub fn argument_value(arg: usize, must: impl Into<String>) -> Self {
        Self::builtin(2, arg as u32 + 1, must)
    }

    /// `TypeError`: "f(): Argument #n ($name) must be …". `arg` counts from 0.
    pub fn argument_type(arg: usize, must: impl Into<String>) -> Self {
        Self::builtin(1, arg as u32 + 1, must)
    }

    /// Turns a code of the shim into a result.
    pub(crate) fn check(code: c_int) -> Result<(), Self> {
        match code {
            raw::OK | raw::NULL => Ok(()),
            raw::EXCEPTION => Err(Self::Pending),
            raw::EXIT => Err(Self::Exit),
            _ => Err(Self::Bailout),
        }
    }

    /// The message, where it is known without asking PHP.
    pub fn message(&self) -> String {
        match self {
            Self::Pending => "an exception is pending".to_owned(),
            Self::New(new) => new.message.clone(),
            Self::Object(value) => value.as_object().map_or_else(String::new, |object| {
                object.exception_message().to_string_lossy().into_owned()
            }),
            Self::Exit => "exit".to_owned(),
            Self::Bailout => "fatal error".to_owned(),
        }
    }

    /// The exception as an object, made or taken out of the engine; `None` for an exit
    /// and for a fatal error.
    pub fn into_object(self) -> Option<Value> {
        match self {
            Self::Object(value) => Some(value),
            Self::Exit | Self::Bailout => None,
            other => {
                let fatal = other.raise();
                match take_pending() {
                    Some(Self::Object(value)) if !fatal => Some(value),
                    _ => None,
                }
            }
        }
    }

    /// Makes the exception pending in the engine, for code under an internal function that is
    /// about to fail: it is thrown when that function returns. Hold nothing that has to be
    /// dropped: a fatal error on the way leaves this frame for good.
    pub fn make_pending(self) {
        if self.raise() {
            // SAFETY: the caller owns nothing, as it promises, and PHP runs below it.
            unsafe { raw::hz_bailout() };
        }
    }

    /// Makes the exception pending in the engine. True when the caller has to
    /// raise a bailout, after it dropped all that it owns.
    #[cold]
    pub(crate) fn raise(self) -> bool {
        let code = match self {
            Self::Pending => raw::OK,
            Self::New(new) => {
                // SAFETY: guarded; the class is registered, the message is copied.
                unsafe {
                    let class = match new.class {
                        Kind::Builtin(which) => raw::hz_known_class(which),
                        Kind::Class(class) => class.as_ptr(),
                    };
                    if new.argument == 0 {
                        raw::hz_throw(class, new.message.as_ptr(), new.message.len(), new.code)
                    } else {
                        raw::hz_throw_argument(
                            class,
                            new.argument,
                            new.message.as_ptr(),
                            new.message.len(),
                        )
                    }
                }
            }
            Self::Object(value) => {
                let mut value = std::mem::ManuallyDrop::new(value);
                // SAFETY: guarded; the shim takes over the reference.
                unsafe { raw::hz_throw_object(&raw mut *value) }
            }
            Self::Exit => {
                // SAFETY: makes the engine's own unwind exception pending.
                unsafe { raw::hz_throw_exit() };
                raw::OK
            }
            Self::Bailout => raw::BAILOUT,
        };
        code == raw::BAILOUT
    }
}

impl fmt::Debug for Throw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Throw({})", self.message())
    }
}

/// True while an exception is pending in the engine.
pub fn is_pending() -> bool {
    // SAFETY: reads a global of this thread.
    unsafe { raw::hz_pending() != 0 }
}

/// Takes the pending exception out of the engine.
pub fn take_pending() -> Option<Throw> {
    let mut value = Value::undef();
    // SAFETY: writes an object when it says so.
    match unsafe { raw::hz_take_exception(&raw mut value) } {
        raw::EXCEPTION => Some(Throw::Object(value)),
        raw::EXIT => Some(Throw::Exit),
        _ => None,
    }
}

/// The status of the last `exit()`.
pub fn exit_status() -> i32 {
    // SAFETY: reads a global of this thread.
    unsafe { raw::hz_exit_status() }
}

/// Sets the process's exit status.
pub fn set_exit_status(status: i32) {
    // SAFETY: writes a global of this thread.
    unsafe { raw::hz_set_exit_status(status) }
}
