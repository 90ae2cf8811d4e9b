//! Objects: properties, methods, and the Rust state that ours carry.
use std::any::TypeId;
use std::ffi::c_void;
use std::fmt;

use crate::callable::Outcome;
use crate::class::{ClassHandle, State};
use crate::raw::{self, zend_object};
use crate::string::{self, Str};
use crate::throw::Throw;
use crate::value::{OBJECT, Value};

/// An owned reference to a PHP object.
#[repr(transparent)]
#[derive(Clone)]
pub struct Object(Value);

impl Object {
    pub(crate) fn from_value(value: Value) -> Result<Self, Value> {
        let value = if value.kind_number() == OBJECT {
            value
        } else {
            value.deref().clone()
        };
        if value.kind_number() == OBJECT {
            Ok(Self(value))
        } else {
            Err(value)
        }
    }

    pub(crate) fn as_ptr(&self) -> *mut zend_object {
        // SAFETY: the invariant of this type is that the payload is an object.
        unsafe { self.0.payload.object }
    }

    /// The object as a value, borrowed.
    pub fn as_value(&self) -> &Value {
        &self.0
    }

    /// `spl_object_id()`
    pub fn id(&self) -> u32 {
        // SAFETY: the object is alive.
        unsafe { raw::hz_object_id(self.as_ptr()) }
    }

    /// Its class.
    pub fn class(&self) -> ClassHandle {
        // SAFETY: an object's class entry outlives it.
        unsafe {
            ClassHandle::from_ptr((*self.as_ptr()).ce)
                .unwrap_or_else(|| unreachable!("objects have a class"))
        }
    }

    /// Its class's name.
    pub fn class_name(&self) -> &str {
        self.class().name()
    }

    /// `$this instanceof $class`
    pub fn is_instance_of(&self, class: impl Into<ClassHandle>) -> bool {
        // SAFETY: both are alive.
        unsafe { raw::hz_instance_of(self.as_ptr(), class.into().as_ptr()) != 0 }
    }

    /// The Rust state, if the object is of a class of ours (or of a user class
    /// that extends it) whose state is a `T`.
    #[inline]
    pub fn state<T: 'static>(&self) -> Option<&T> {
        let mut kind = std::ptr::null::<c_void>();
        // SAFETY: the shim checks that the object is of ours; the state's type
        // is compared before the cast; the state lives as long as the object.
        unsafe {
            let state = raw::hz_object_state(self.as_ptr(), &raw mut kind);
            if state.is_null() || kind.is_null() || (*kind.cast::<State>()).id != TypeId::of::<T>()
            {
                return None;
            }
            Some(&*state.cast::<T>())
        }
    }

    /// The number-th property that the class of ours declares (0 is the first;
    /// static ones don't count). None when there is no such slot.
    pub fn slot(&self, number: usize) -> Option<&Value> {
        // SAFETY: the shim checks the range.
        unsafe { raw::hz_object_slot(self.as_ptr(), u32::try_from(number).ok()?).as_ref() }
            .map(Value::deref)
    }

    /// Initialises a declared property by its number, past readonly, type
    /// checks and `__set`. False when there is no such slot.
    pub fn set_slot(&self, number: usize, value: impl Into<Value>) -> bool {
        let Ok(number) = u32::try_from(number) else {
            return false;
        };
        // SAFETY: the shim checks the range and takes over the value.
        unsafe {
            let slot = raw::hz_object_slot(self.as_ptr(), number);
            if slot.is_null() {
                return false;
            }
            let mut value = std::mem::ManuallyDrop::new(value.into());
            raw::hz_slot_set(slot, &raw mut *value);
        }
        true
    }

    /// As [`Self::set_slot`] with an int: cheaper where there is one already.
    #[inline]
    pub fn set_slot_long(&self, number: usize, value: i64) -> bool {
        // SAFETY: the shim checks the range; the tag says that nothing has to be released.
        unsafe {
            let slot = match u32::try_from(number) {
                Ok(number) => raw::hz_object_slot(self.as_ptr(), number),
                Err(_) => return false,
            };
            if !slot.is_null() && (*slot).kind_number() == crate::value::LONG {
                (*slot).payload.long = value;
                return true;
            }
        }
        self.set_slot(number, value)
    }

    /// `$object->name`, as code inside the class reads it.
    pub fn get(&self, name: &str) -> Result<Value, Throw> {
        let mut out = Value::undef();
        // SAFETY: guarded; writes a value on success.
        Throw::check(unsafe {
            raw::hz_property_get(self.as_ptr(), name.as_ptr(), name.len(), &raw mut out)
        })?;
        Ok(out)
    }

    /// `$object->name = value`, as code inside the class writes it.
    pub fn set(&self, name: &str, value: impl Into<Value>) -> Result<(), Throw> {
        let mut value = value.into();
        // SAFETY: guarded; the value is borrowed.
        Throw::check(unsafe {
            raw::hz_property_set(self.as_ptr(), name.as_ptr(), name.len(), &raw mut value)
        })
    }

    /// `$object->name = value`, as code inside a class of its line writes it: private properties
    /// of a parent and readonly ones are reached from the class that declares them.
    ///
    /// # Errors
    /// The type does not fit, or what a `__set` throws.
    pub fn set_in(
        &self,
        scope: ClassHandle,
        name: &str,
        value: impl Into<Value>,
    ) -> Result<(), Throw> {
        let mut value = value.into();
        // SAFETY: guarded; the value is borrowed, the class is alive.
        Throw::check(unsafe {
            raw::hz_property_set_in(
                scope.as_ptr(),
                self.as_ptr(),
                name.as_ptr(),
                name.len(),
                &raw mut value,
            )
        })
    }

    /// `$object->name(...$args)`
    pub fn call(&self, name: &str, args: &[Value]) -> Outcome {
        let mut out = Value::undef();
        // SAFETY: guarded; arguments are borrowed for the call.
        let code = unsafe {
            raw::hz_call_method(
                self.as_ptr(),
                name.as_ptr(),
                name.len(),
                args.len() as u32,
                args.as_ptr().cast_mut(),
                &raw mut out,
            )
        };
        Outcome::new(code, out)
    }

    /// Has the class this method?
    pub fn has_method(&self, name: &str) -> bool {
        self.class().has_method(name)
    }

    fn exception_part(&self, name: &str) -> Value {
        let mut out = Value::undef();
        // SAFETY: guarded; reads a declared property silently.
        let code = unsafe {
            raw::hz_exception_get(self.as_ptr(), name.as_ptr(), name.len(), &raw mut out)
        };
        if code == raw::OK { out } else { Value::null() }
    }

    /// The message of an exception, without calling its methods.
    pub fn exception_message(&self) -> Str {
        self.exception_part("message")
            .as_string()
            .unwrap_or_else(|| Str::new(""))
    }

    /// The code of an exception.
    pub fn exception_code(&self) -> Value {
        self.exception_part("code")
    }

    /// File and line of an exception.
    pub fn exception_location(&self) -> (String, i64) {
        let file = self
            .exception_part("file")
            .as_string()
            .map(|file| file.to_string_lossy().into_owned());
        (
            file.unwrap_or_default(),
            self.exception_part("line").to_long(),
        )
    }

    /// The trace of an exception, as `getTraceAsString()` has it.
    pub fn exception_trace(&self) -> String {
        match self.call("getTraceAsString", &[]) {
            Outcome::Value(value) => value
                .as_string()
                .map(|s| s.to_string_lossy().into_owned())
                .unwrap_or_default(),
            _ => String::new(),
        }
    }

    /// The exception before this one.
    pub fn exception_previous(&self) -> Option<Self> {
        self.exception_part("previous").into_object().ok()
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        object.0
    }
}

impl From<&Object> for Value {
    fn from(object: &Object) -> Self {
        object.0.clone()
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.class_name(), self.id())
    }
}

/// Shows the cycle collector which values a Rust struct holds. What is not
/// shown is taken as held from outside: never wrong, but cycles through it leak.
pub trait Trace {
    /// Calls `tracer.value` for each value held.
    fn trace(&self, tracer: &mut Tracer) {
        let _ = tracer;
    }
}

/// Collects what [`Trace`] shows.
pub struct Tracer {
    buffer: *mut c_void,
}

impl Tracer {
    /// # Safety
    /// `buffer` is the collector's buffer of this get_gc call.
    pub(crate) unsafe fn new(buffer: *mut c_void) -> Self {
        Self { buffer }
    }

    pub(crate) fn buffer(&self) -> *mut c_void {
        self.buffer
    }

    /// Shows one value.
    pub fn value(&mut self, value: &Value) {
        // SAFETY: the buffer is live; the collector reads the value at once.
        unsafe { raw::hz_trace_value(self.buffer, value.as_ptr()) };
    }
}

impl Trace for Value {
    fn trace(&self, tracer: &mut Tracer) {
        tracer.value(self);
    }
}

impl Trace for Object {
    fn trace(&self, tracer: &mut Tracer) {
        tracer.value(&self.0);
    }
}

impl Trace for crate::array::Array {
    fn trace(&self, tracer: &mut Tracer) {
        tracer.value(self.as_value());
    }
}

impl<T: Trace> Trace for Option<T> {
    fn trace(&self, tracer: &mut Tracer) {
        if let Some(inner) = self {
            inner.trace(tracer);
        }
    }
}

impl<T: Trace> Trace for Vec<T> {
    fn trace(&self, tracer: &mut Tracer) {
        self.iter().for_each(|item| item.trace(tracer));
    }
}

impl<T: Trace> Trace for std::collections::VecDeque<T> {
    fn trace(&self, tracer: &mut Tracer) {
        self.iter().for_each(|item| item.trace(tracer));
    }
}

impl<K, T: Trace, S> Trace for std::collections::HashMap<K, T, S> {
    fn trace(&self, tracer: &mut Tracer) {
        self.values().for_each(|item| item.trace(tracer));
    }
}

/// While it is borrowed for writing its values count as held from outside.
impl<T: Trace> Trace for std::cell::RefCell<T> {
    fn trace(&self, tracer: &mut Tracer) {
        if let Ok(inner) = self.try_borrow() {
            inner.trace(tracer);
        }
    }
}

/// Class name of a live object's class; used where only a pointer is at hand.
pub(crate) fn name_of<'a>(class: *const raw::zend_class_entry) -> &'a str {
    // SAFETY: class names live as long as their class.
    unsafe { std::str::from_utf8(string::bytes(raw::hz_class_name(class))).unwrap_or("class") }
}
