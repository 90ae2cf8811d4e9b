//! PHP's values in a template: nothing is copied before it is asked for.
//!
//! Templates hold numbers of values, which live in the record of their render: minijinja wants what may go to other threads.

use super::html;
use crate::app::App;
use highper_view::{
    Enumerator, Error, ErrorKind, Object, ObjectRepr, State, Value as Shown, ValueKind,
};
use highper_zend::{
    Array, Callable, Key, Kind, Object as PhpObject, Outcome, Throw, Value, call_function,
    find_class,
};
use std::cell::{Cell, RefCell};
use std::fmt::{self, Write};
use std::rc::Rc;
use std::sync::Arc;

/// A render under way.
pub(super) struct Frame {
    id: u64,
    pub(super) app: Rc<App>,
    shared: Array,
    values: RefCell<Vec<Slot>>,
    /// What PHP code has thrown, which is what the render ends with.
    pub(super) thrown: RefCell<Option<Throw>>,
}

struct Slot {
    value: Value,
    /// An object's public properties, once somebody has asked.
    properties: Option<Array>,
}

thread_local! {
    /// Renders under way: several, where PHP code that a template calls waits.
    static FRAMES: RefCell<Vec<Rc<Frame>>> = const { RefCell::new(Vec::new()) };
    /// That which runs now.
    static CURRENT: RefCell<Option<Rc<Frame>>> = const { RefCell::new(None) };
    static NEXT: Cell<u64> = const { Cell::new(1) };
}

/// Takes a render off the list, however it ends.
pub(super) struct Under(pub(super) Rc<Frame>, Option<Rc<Frame>>);

impl Under {
    /// A render begins.
    pub(super) fn begin(app: &Rc<App>, shared: Array, data: &Array) -> Self {
        let id = NEXT.replace(NEXT.get() + 1);
        let frame = Rc::new(Frame {
            id,
            app: Rc::clone(app),
            shared,
            values: RefCell::new(vec![Slot {
                value: data.into(),
                properties: None,
            }]),
            thrown: RefCell::default(),
        });
        FRAMES.with_borrow_mut(|all| all.push(Rc::clone(&frame)));
        let outer = CURRENT.replace(Some(Rc::clone(&frame)));
        Self(frame, outer)
    }

    /// What templates see as their variables.
    pub(super) fn root(&self) -> Shown {
        Shown::from_object(Held {
            frame: self.0.id,
            at: 0,
            form: Form::Root,
        })
    }
}

impl Drop for Under {
    fn drop(&mut self) {
        CURRENT.set(self.1.take());
        FRAMES.with_borrow_mut(|all| all.retain(|frame| frame.id != self.0.id));
        // Destructors may render.
        let values = self.0.values.take();
        drop(values);
    }
}

/// The render that runs now.
pub(super) fn current() -> Result<Rc<Frame>, Error> {
    CURRENT
        .with_borrow(Clone::clone)
        .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "nothing is rendered"))
}

impl Frame {
    /// Runs PHP code: others may render meanwhile.
    pub(super) fn call(
        self: &Rc<Self>,
        call: impl FnOnce() -> Result<Value, Throw>,
    ) -> Result<Value, Error> {
        let result = call();
        CURRENT.set(Some(Rc::clone(self)));
        result.map_err(|throw| self.stop(throw))
    }

    /// Ends the render with what was thrown.
    pub(super) fn stop(&self, throw: Throw) -> Error {
        let text = match &throw {
            Throw::Object(_) => "PHP code has thrown".to_owned(),
            other => other.message(),
        };
        let mut thrown = self.thrown.borrow_mut();
        if thrown.is_none() {
            *thrown = Some(throw);
        }
        Error::new(ErrorKind::InvalidOperation, text)
    }

    /// A value for the template.
    pub(super) fn give(&self, value: &Value) -> Shown {
        let value = value.deref();
        match value.kind() {
            Kind::Bool => Shown::from(value.to_bool()),
            Kind::Long => Shown::from(value.to_long()),
            Kind::Double => Shown::from(value.to_double()),
            Kind::Str => {
                let bytes = value.as_bytes().unwrap_or_default();
                match std::str::from_utf8(bytes) {
                    Ok(text) => Shown::from(text),
                    Err(_) => Shown::from(String::from_utf8_lossy(bytes).into_owned()),
                }
            }
            Kind::Array => match value.as_array() {
                Some(array) => self.hold(value, form(array)),
                None => Shown::from(()),
            },
            Kind::Object => match value.as_object().map(html::text) {
                Some(Some(text)) => Shown::from_safe_string(text),
                _ => self.hold(value, Form::Object),
            },
            _ => Shown::from(()),
        }
    }

    fn hold(&self, value: &Value, form: Form) -> Shown {
        let mut values = self.values.borrow_mut();
        let at = values.len();
        values.push(Slot {
            value: value.clone(),
            properties: None,
        });
        Shown::from_object(Held {
            frame: self.id,
            at,
            form,
        })
    }

    fn value(&self, at: usize) -> Value {
        let values = self.values.borrow();
        values
            .get(at)
            .map(|slot| slot.value.clone())
            .unwrap_or_default()
    }

    /// The public properties of an object, as code outside of it sees them.
    fn properties(self: &Rc<Self>, at: usize) -> Result<Array, Error> {
        let (value, known) = {
            let values = self.values.borrow();
            match values.get(at) {
                Some(slot) => (slot.value.clone(), slot.properties.clone()),
                None => return Ok(Array::new()),
            }
        };
        if let Some(known) = known {
            return Ok(known);
        }
        let found = self.call(|| call_function("get_object_vars", &[value]).into_result())?;
        let found = found.into_array().unwrap_or_default();
        if let Some(slot) = self.values.borrow_mut().get_mut(at) {
            slot.properties = Some(found.clone());
        }
        Ok(found)
    }
}

/// How a held value looks from a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// The variables.
    Root,
    List,
    /// Whole numbers as keys, with gaps: its values.
    Gaps,
    Map,
    Object,
}

fn form(array: &Array) -> Form {
    if array.is_list() {
        Form::List
    } else if array.iter().all(|(key, _)| matches!(key, Key::Index(_))) {
        Form::Gaps
    } else {
        Form::Map
    }
}

/// A value of PHP's, by its number.
#[derive(Debug)]
struct Held {
    frame: u64,
    at: usize,
    form: Form,
}

impl Held {
    fn frame(&self) -> Option<Rc<Frame>> {
        let now = CURRENT.with_borrow(|now| now.clone().filter(|frame| frame.id == self.frame));
        now.or_else(|| {
            FRAMES.with_borrow(|all| all.iter().find(|frame| frame.id == self.frame).cloned())
        })
    }

    /// `{{ object.name }}`: a public property, what `ArrayAccess` or `__get` gives, or what a method of that name gives, or
    /// getName(), isName(), hasName().
    fn of_object(&self, frame: &Rc<Frame>, name: &str) -> Option<Shown> {
        if let Ok(properties) = frame.properties(self.at)
            && let Some(found) = properties.get(name)
        {
            return Some(frame.give(found));
        }
        let object = frame.value(self.at).into_object().ok()?;
        let read = |method: &str, args: &[Value]| {
            frame.call(|| object.call(method, args).into_result()).ok()
        };
        let has = |check: &str, method: &str| {
            object.has_method(check)
                && object.has_method(method)
                && read(check, &[Value::from(name)]).is_some_and(|has| has.to_bool())
        };
        let array_access = find_class("ArrayAccess").ok().flatten();
        if array_access.is_some_and(|class| object.is_instance_of(class))
            && has("offsetExists", "offsetGet")
        {
            return read("offsetGet", &[Value::from(name)]).map(|value| frame.give(&value));
        }
        if has("__isset", "__get") {
            return read("__get", &[Value::from(name)]).map(|value| frame.give(&value));
        }
        let mut upper = name.to_owned();
        if let Some(first) = upper.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let methods = [
            name.to_owned(),
            format!("get{upper}"),
            format!("is{upper}"),
            format!("has{upper}"),
        ];
        let method = methods.iter().find_map(|name| method(&object, name))?;
        let value = frame.call(|| method.call(&[]).into_result()).ok()?;
        Some(frame.give(&value))
    }
}

/// A public method of an object.
fn method(object: &PhpObject, name: &str) -> Option<Callable> {
    if !object.has_method(name) {
        return None;
    }
    let mut pair = Array::new();
    pair.push(object).push(name);
    Callable::new(&pair.into()).ok()
}

impl Object for Held {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        match self.form {
            Form::Root | Form::Map => ObjectRepr::Map,
            Form::List => ObjectRepr::Seq,
            Form::Gaps => ObjectRepr::Iterable,
            Form::Object => ObjectRepr::Plain,
        }
    }

    fn get_value(self: &Arc<Self>, key: &Shown) -> Option<Shown> {
        if let Some(name) = key.as_str() {
            return self.get_value_by_str(name);
        }
        let frame = self.frame()?;
        let value = frame.value(self.at);
        match self.form {
            Form::Object => self.of_object(&frame, &key.to_string()),
            _ => {
                let found = value.as_array()?.get_index(key.as_i64()?)?;
                Some(frame.give(found))
            }
        }
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Shown> {
        let frame = self.frame()?;
        if self.form == Form::Object {
            return self.of_object(&frame, key);
        }
        let value = frame.value(self.at);
        let found = value.as_array()?.get_symbol(key);
        match found {
            Some(found) => Some(frame.give(found)),
            None if self.form == Form::Root => {
                let shared = frame.shared.get(key)?;
                Some(frame.give(shared))
            }
            None => None,
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let Some(frame) = self.frame() else {
            return Enumerator::Empty;
        };
        let value = frame.value(self.at);
        if self.form == Form::Object {
            let traversable = find_class("Traversable").ok().flatten();
            let object = value.as_object();
            let can = traversable
                .is_some_and(|class| object.is_some_and(|object| object.is_instance_of(class)));
            if !can {
                return Enumerator::NonEnumerable;
            }
            let args = [value.clone(), Value::bool(false)];
            let all = frame.call(|| call_function("iterator_to_array", &args).into_result());
            let all = all.unwrap_or_default();
            let values = all.as_array().into_iter().flat_map(|all| all.values());
            return Enumerator::Values(values.map(|value| frame.give(value)).collect());
        }
        let Some(array) = value.as_array() else {
            return Enumerator::Empty;
        };
        match self.form {
            Form::List => Enumerator::Seq(array.len()),
            Form::Gaps => Enumerator::Values(array.values().map(|v| frame.give(v)).collect()),
            _ => Enumerator::Values(
                array
                    .iter()
                    .map(|(key, _)| frame.give(&key.to_value()))
                    .collect(),
            ),
        }
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        let value = self.frame()?.value(self.at);
        value.as_array().map(Array::len)
    }

    fn is_true(self: &Arc<Self>) -> bool {
        self.form == Form::Object || self.enumerator_len() != Some(0)
    }

    fn call_method(
        self: &Arc<Self>,
        _state: &mut State<'_, '_>,
        name: &str,
        args: &[Shown],
    ) -> Result<Shown, Error> {
        let unknown = || Error::from(ErrorKind::UnknownMethod);
        if self.form != Form::Object {
            return Err(unknown());
        }
        let frame = self.frame().ok_or_else(unknown)?;
        let object = frame.value(self.at).into_object().map_err(|_| unknown())?;
        let method = method(&object, name).ok_or_else(|| {
            let why = format!("{} has no public method {name}()", object.class_name());
            Error::new(ErrorKind::UnknownMethod, why)
        })?;
        let args = taken(&frame, args)?;
        let value = frame.call(|| method.call(&args).into_result())?;
        Ok(frame.give(&value))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(frame) = self.frame() else {
            return Err(fmt::Error);
        };
        let text = match printed(&frame, &frame.value(self.at)) {
            Ok(text) => text,
            Err(throw) => {
                let _told = frame.stop(throw);
                return Err(fmt::Error);
            }
        };
        f.write_str(&text)
    }
}

/// What `{{ value }}` is of an object or an array.
fn printed(frame: &Rc<Frame>, value: &Value) -> Result<String, Throw> {
    let Some(object) = value.as_object() else {
        let json = highper_zend::json::encode(value)?;
        return Ok(String::from_utf8_lossy(&json).into_owned());
    };
    let is_a = |class: &str| {
        let class = find_class(class).ok().flatten();
        class.is_some_and(|class| object.is_instance_of(class))
    };
    let text = if object.has_method("__toString") {
        object.call("__toString", &[]).into_result()
    } else if is_a("BackedEnum") {
        object.get("value")
    } else if is_a("DateTimeInterface") {
        object
            .call("format", &[Value::from("Y-m-d H:i:s")])
            .into_result()
    } else {
        Err(Throw::type_error(format!(
            "an object of class {} can't be printed: it has no __toString()",
            object.class_name()
        )))
    };
    CURRENT.set(Some(Rc::clone(frame)));
    Ok(text?.to_str()?.to_string_lossy().into_owned())
}

/// Values of a template as PHP's.
pub(super) fn taken(frame: &Frame, values: &[Shown]) -> Result<Vec<Value>, Error> {
    values.iter().map(|value| take(frame, value, 0)).collect()
}

fn take(frame: &Frame, value: &Shown, depth: usize) -> Result<Value, Error> {
    if depth > 64 {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            "a value is nested deeper than 64",
        ));
    }
    if let Some(held) = value.downcast_object_ref::<Held>()
        && held.frame == frame.id
    {
        return Ok(frame.value(held.at));
    }
    Ok(match value.kind() {
        ValueKind::Undefined | ValueKind::None => Value::null(),
        ValueKind::Bool => Value::bool(value.is_true()),
        ValueKind::Number => match (value.is_integer(), value.as_i64()) {
            (true, Some(number)) => Value::long(number),
            _ => Value::double(f64::try_from(value.clone())?),
        },
        ValueKind::Bytes => Value::string(value.as_bytes().unwrap_or_default()),
        ValueKind::Map => {
            let mut array = Array::new();
            for key in value.try_iter()? {
                let item = take(frame, &value.get_item(&key)?, depth + 1)?;
                match (key.as_str(), key.as_i64()) {
                    (Some(name), _) => array.set_symbol(name, item),
                    (None, Some(number)) => array.set_index(number, item),
                    (None, None) => array.set_symbol(key.to_string(), item),
                };
            }
            array.into()
        }
        ValueKind::Seq | ValueKind::Iterable => {
            let mut array = Array::new();
            for item in value.try_iter()? {
                array.push(take(frame, &item, depth + 1)?);
            }
            array.into()
        }
        _ => match value.as_str() {
            Some(text) => Value::from(text),
            None => {
                let mut text = String::new();
                let written = write!(text, "{value}");
                written.map_err(|_| Error::from(ErrorKind::InvalidOperation))?;
                Value::from(text)
            }
        },
    })
}

/// Calls PHP code for a template.
pub(super) fn call(frame: &Rc<Frame>, callable: &Callable, args: &[Shown]) -> Result<Shown, Error> {
    let args = taken(frame, args)?;
    let value = frame.call(|| match callable.call(&args) {
        Outcome::Value(value) => Ok(value),
        other => other.into_result(),
    })?;
    Ok(frame.give(&value))
}
