//! Calling PHP: [`Callable`] and what a call ends with.
use std::ffi::{CStr, c_int};

use crate::class::ClassHandle;
use crate::object::{Trace, Tracer};
use crate::raw::{self, Target};
use crate::string::{self, Str};
use crate::throw::Throw;
use crate::value::Value;

/// What a call into PHP ended with. Nothing is left pending in the engine.
#[derive(Debug)]
pub enum Outcome {
    /// It returned.
    Value(Value),
    /// It threw this object.
    Exception(Value),
    /// It called `exit()`; see [`crate::throw::exit_status`].
    Exit,
    /// A fatal error: the engine was repaired as far as it can be. The caller
    /// gives up what it does and lets it go on ([`Throw::Bailout`]), or ends
    /// the coroutine with it.
    Bailout,
}

impl Outcome {
    pub(crate) fn new(code: c_int, value: Value) -> Self {
        match code {
            raw::OK => Self::Value(value),
            raw::EXCEPTION => Self::Exception(value),
            raw::EXIT => Self::Exit,
            _ => Self::Bailout,
        }
    }

    /// For `?` in a handler: everything but a value goes on as it came.
    pub fn into_result(self) -> Result<Value, Throw> {
        match self {
            Self::Value(value) => Ok(value),
            Self::Exception(exception) => Err(Throw::Object(exception)),
            Self::Exit => Err(Throw::Exit),
            Self::Bailout => Err(Throw::Bailout),
        }
    }
}

/// A PHP callable that is resolved once and keeps what it needs alive.
#[derive(Clone)]
pub struct Callable {
    value: Value,
    target: Target,
}

impl Callable {
    /// Resolves a value. The error is PHP's text, such as `function "x" not
    /// found or invalid function name`.
    pub fn new(value: &Value) -> Result<Self, String> {
        let mut target = Target::default();
        let mut error = std::ptr::null_mut();
        let value = value.deref().clone();
        // SAFETY: guarded; the error text is ours to free.
        unsafe {
            let code = raw::hz_resolve(value.as_ptr(), &raw mut target, &raw mut error);
            if code == raw::OK {
                return Ok(Self { value, target });
            }
            if error.is_null() {
                return Err("no valid callback".to_owned());
            }
            let text = CStr::from_ptr(error).to_string_lossy().into_owned();
            raw::hz_efree(error.cast());
            Err(text)
        }
    }

    /// # Safety
    /// `slot` is an argument slot of the running frame.
    pub(crate) unsafe fn from_arg(
        slot: *mut Value,
        num: u32,
        nullable: bool,
    ) -> Result<Option<Self>, Throw> {
        let mut target = Target::default();
        // SAFETY: guarded; the caller's promise.
        unsafe {
            let code = raw::hz_arg_callable(slot, num, nullable.into(), &raw mut target);
            Throw::check(code)?;
            Ok((code == raw::OK).then(|| Self {
                value: (*slot).deref().clone(),
                target,
            }))
        }
    }

    /// Calls it; arguments are borrowed.
    pub fn call(&self, args: &[Value]) -> Outcome {
        let mut out = Value::undef();
        // SAFETY: guarded; arguments are read only; the value keeps the target alive.
        let code = unsafe {
            raw::hz_call(
                self.value.as_ptr(),
                &raw const self.target,
                args.len() as u32,
                args.as_ptr().cast_mut(),
                std::ptr::null_mut(),
                &raw mut out,
            )
        };
        Outcome::new(code, out)
    }

    /// Calls it with arguments that stay the caller's: no reference is counted for them here.
    #[inline]
    pub fn call_with<const N: usize>(&self, args: [&Value; N]) -> Outcome {
        // SAFETY: bitwise copies that are never dropped; the values outlive the call.
        let args = args.map(|value| std::mem::ManuallyDrop::new(unsafe { std::ptr::read(value) }));
        let mut out = Value::undef();
        // SAFETY: guarded; arguments are read only; the value keeps the target alive.
        let code = unsafe {
            raw::hz_call(
                self.value.as_ptr(),
                &raw const self.target,
                N as u32,
                args.as_ptr().cast_mut().cast(),
                std::ptr::null_mut(),
                &raw mut out,
            )
        };
        Outcome::new(code, out)
    }

    /// The callable as PHP has it.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Its name as PHP shows it: "strlen", "A::b", "Closure::__invoke".
    pub fn name(&self) -> Str {
        // SAFETY: the shim returns a string that we own.
        unsafe { Str::take(raw::hz_callable_name(self.value.as_ptr())) }
    }

    /// File and first line, if it is user code.
    pub fn position(&self) -> Option<(String, u32)> {
        let (mut file, mut line) = (std::ptr::null_mut(), 0);
        // SAFETY: the file name is alive as long as the function.
        unsafe {
            (raw::hz_target_position(&raw const self.target, &raw mut file, &raw mut line) != 0)
                .then(|| {
                    (
                        String::from_utf8_lossy(string::bytes(file)).into_owned(),
                        line,
                    )
                })
        }
    }

    /// Declared and required numbers of parameters (0 when it is resolved at
    /// each call, as `__call` is).
    pub fn num_params(&self) -> (u32, u32) {
        let mut required = 0;
        // SAFETY: reads the live function.
        let all = unsafe { raw::hz_target_num_args(&raw const self.target, &raw mut required) };
        (all, required)
    }

    pub(crate) fn target(&self) -> &Target {
        &self.target
    }
}

impl Trace for Callable {
    fn trace(&self, tracer: &mut Tracer) {
        tracer.value(&self.value);
    }
}

/// `$name(...$args)` for a function by its name.
pub fn call_function(name: &str, args: &[Value]) -> Outcome {
    match Callable::new(&Value::string(name)) {
        Ok(callable) => callable.call(args),
        Err(text) => {
            let raised = Throw::error(format!("cannot call {name}(): {text}")).raise();
            if raised {
                return Outcome::Bailout;
            }
            match crate::throw::take_pending() {
                Some(Throw::Object(value)) => Outcome::Exception(value),
                _ => Outcome::Exit,
            }
        }
    }
}

/// A global constant.
pub fn constant(name: &str) -> Option<Value> {
    let mut out = Value::undef();
    // SAFETY: guarded; writes a value when found.
    let code = unsafe { raw::hz_constant(name.as_ptr(), name.len(), &raw mut out) };
    (code == raw::OK && !out.is_undef()).then_some(out)
}

/// Steps through a `Traversable` (generators too) from Rust.
pub struct Iteration {
    iterator: *mut raw::RawIterator,
    first: bool,
    done: bool,
}

impl Iteration {
    /// Starts over the object (`getIterator()`, `rewind()`).
    pub fn new(object: &crate::object::Object) -> Result<Self, Throw> {
        let mut iterator = std::ptr::null_mut();
        // SAFETY: guarded; the iterator keeps the object alive.
        Throw::check(unsafe { raw::hz_iterate_open(object.as_ptr(), &raw mut iterator) })?;
        Ok(Self {
            iterator,
            first: true,
            done: false,
        })
    }

    /// The next key and value; None at the end.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<(Value, Value)>, Throw> {
        if self.done {
            return Ok(None);
        }
        let (mut key, mut value) = (Value::undef(), Value::undef());
        let first = std::mem::take(&mut self.first);
        // SAFETY: guarded; the iterator is open; both outputs are written.
        let code = unsafe {
            raw::hz_iterate_next(self.iterator, first.into(), &raw mut key, &raw mut value)
        };
        self.done = code != raw::OK || value.is_undef();
        Throw::check(code)?;
        Ok((!self.done).then_some((key, value)))
    }
}

impl Drop for Iteration {
    fn drop(&mut self) {
        if !crate::release::is_after_shutdown() {
            // SAFETY: guarded; opened by `new`, closed once.
            unsafe { raw::hz_iterate_close(self.iterator) };
        }
    }
}

/// A class by name, autoloading it. None when there is none.
pub fn find_class(name: &str) -> Result<Option<ClassHandle>, Throw> {
    let mut class = std::ptr::null_mut();
    // SAFETY: guarded; writes a class or NULL.
    unsafe {
        Throw::check(raw::hz_class(name.as_ptr(), name.len(), 1, &raw mut class))?;
        Ok(ClassHandle::from_ptr(class))
    }
}
