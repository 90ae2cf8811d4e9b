//! Reading classes, functions and attributes straight from Zend's structures,
//! without Reflection objects.
//!
//! ```ignore
//! for method in reflect::class("App\\NoteController")?.methods() {
//!     for attribute in method.attributes() {
//!         let (positional, named) = attribute.args()?; // evaluated now
//!         for param in method.params() {
//!             param.name(); param.kind(); param.default()?; param.attributes();
//!         }
//!     }
//! }
//! ```
use std::ffi::{c_char, c_int, c_void};

use crate::array::Array;
use crate::callable::{Callable, Outcome, find_class};
use crate::class::ClassHandle;
use crate::raw::{ZendStr, zend_class_entry};
use crate::string::{self, Str};
use crate::throw::Throw;
use crate::value::Value;

#[repr(C)]
struct FunctionInfo {
    name: *const u8,
    name_len: usize,
    scope: *mut zend_class_entry,
    flags: u32,
    num_params: u32,
    required: u32,
    line: u32,
    file: *mut ZendStr,
    doc: *mut ZendStr,
    returns: *const c_void,
}

#[repr(C)]
struct ParamInfo {
    name: *const u8,
    name_len: usize,
    flags: u32,
    kind: *const c_void,
}

#[repr(C)]
struct PropertyInfo {
    name: *mut ZendStr,
    scope: *mut zend_class_entry,
    flags: u32,
    kind: *const c_void,
    attributes: *mut c_void,
}

#[repr(C)]
struct ClassInfo {
    flags: u32,
    user: u32,
    line: u32,
    file: *mut ZendStr,
    doc: *mut ZendStr,
    parent: *mut zend_class_entry,
    interfaces: u32,
}

unsafe extern "C" {
    fn hz_class_attributes(class: *const zend_class_entry) -> *mut c_void;
    fn hz_function_attributes(function: *const c_void) -> *mut c_void;
    fn hz_attribute_step(attributes: *mut c_void, position: *mut u32, offset: u32) -> *mut c_void;
    fn hz_attribute_name(attribute: *const c_void, argc: *mut u32) -> *mut ZendStr;
    fn hz_attribute_arg(
        attribute: *mut c_void,
        number: u32,
        scope: *mut zend_class_entry,
        out: *mut Value,
        name: *mut *mut ZendStr,
    ) -> c_int;
    fn hz_function_info_of(function: *const c_void, out: *mut FunctionInfo);
    fn hz_method_step(class: *mut zend_class_entry, position: *mut u32) -> *mut c_void;
    fn hz_method_find(class: *mut zend_class_entry, lower: *const u8, len: usize) -> *mut c_void;
    fn hz_constructor(class: *mut zend_class_entry) -> *mut c_void;
    fn hz_param_info_of(function: *const c_void, number: u32, out: *mut ParamInfo);
    fn hz_param_default(function: *mut c_void, number: u32, out: *mut Value) -> c_int;
    fn hz_type_mask(kind: *const c_void, complex: *mut c_int) -> u32;
    fn hz_type_class(
        kind: *const c_void,
        number: u32,
        scope: *const zend_class_entry,
    ) -> *mut ZendStr;
    fn hz_type_text(kind: *const c_void) -> *mut ZendStr;
    fn hz_property_step(
        class: *mut zend_class_entry,
        position: *mut u32,
        out: *mut PropertyInfo,
    ) -> c_int;
    fn hz_property_default(
        class: *mut zend_class_entry,
        name: *mut ZendStr,
        out: *mut Value,
    ) -> c_int;
    fn hz_class_info_of(class: *const zend_class_entry, out: *mut ClassInfo);
    fn hz_class_interface(class: *const zend_class_entry, number: u32) -> *mut zend_class_entry;
    fn hz_class_step(position: *mut u32) -> *mut zend_class_entry;
    fn hz_enum_case(
        class: *mut zend_class_entry,
        name: *const u8,
        len: usize,
        out: *mut Value,
    ) -> c_int;
    fn hz_target_function(target: *const crate::raw::Target) -> *mut c_void;
}

fn text(string: *mut ZendStr) -> Option<String> {
    // SAFETY: NULL or a live string, copied at once.
    unsafe {
        (!string.is_null()).then(|| String::from_utf8_lossy(string::bytes(string)).into_owned())
    }
}

fn attributes_of(table: *mut c_void, offset: u32, scope: *mut zend_class_entry) -> Vec<Attribute> {
    let mut position = 0;
    // SAFETY: NULL or a live table of attributes; the shim checks the position.
    std::iter::from_fn(|| unsafe {
        let raw = hz_attribute_step(table, &raw mut position, offset);
        (!raw.is_null()).then_some(Attribute { raw, scope })
    })
    .collect()
}

/// A class by its name, autoloading it. An Error when there is none.
pub fn class(name: &str) -> Result<Class, Throw> {
    match find_class(name)? {
        Some(class) => Ok(Class(class)),
        None => Err(Throw::error(format!("Class \"{name}\" not found"))),
    }
}

/// All classes that are known now, in the order in which they were declared.
pub fn classes() -> impl Iterator<Item = Class> {
    let mut position = 0;
    std::iter::from_fn(move || {
        // SAFETY: the shim checks the position against the class table.
        let class = unsafe { hz_class_step(&raw mut position) };
        ClassHandle::from_ptr(class).map(Class)
    })
}

/// A class to look into.
#[derive(Clone, Copy, Debug)]
pub struct Class(ClassHandle);

impl From<ClassHandle> for Class {
    fn from(class: ClassHandle) -> Self {
        Self(class)
    }
}

impl Class {
    fn info(self) -> ClassInfo {
        let mut info = std::mem::MaybeUninit::uninit();
        // SAFETY: writes the whole struct.
        unsafe {
            hz_class_info_of(self.0.as_ptr(), info.as_mut_ptr());
            info.assume_init()
        }
    }

    /// The handle, to make objects with.
    pub fn handle(self) -> ClassHandle {
        self.0
    }

    /// Its full name.
    pub fn name<'a>(self) -> &'a str {
        self.0.name()
    }

    /// Neither interface, trait, enum nor abstract.
    pub fn is_instantiable(self) -> bool {
        self.info().flags & 15 == 0
    }

    /// An interface?
    pub fn is_interface(self) -> bool {
        self.info().flags & 1 != 0
    }

    /// An enum?
    pub fn is_enum(self) -> bool {
        self.info().flags & 8 != 0
    }

    /// Declared `readonly`?
    pub fn is_readonly(self) -> bool {
        self.info().flags & 32 != 0
    }

    /// Written in PHP, not by an extension?
    pub fn is_user(self) -> bool {
        self.info().user != 0
    }

    /// The file and line where it is declared.
    pub fn location(self) -> Option<(String, u32)> {
        let info = self.info();
        text(info.file).map(|file| (file, info.line))
    }

    /// Its doc comment.
    pub fn doc(self) -> Option<String> {
        text(self.info().doc)
    }

    /// Its parent.
    pub fn parent(self) -> Option<Self> {
        ClassHandle::from_ptr(self.info().parent).map(Self)
    }

    /// All interfaces, inherited ones too.
    pub fn interfaces(self) -> Vec<Self> {
        (0..self.info().interfaces)
            .filter_map(|at| {
                // SAFETY: the number is below the count that the class gives.
                let interface = unsafe { hz_class_interface(self.0.as_ptr(), at) };
                ClassHandle::from_ptr(interface).map(Self)
            })
            .collect()
    }

    /// Its attributes.
    pub fn attributes(self) -> Vec<Attribute> {
        // SAFETY: the class is alive.
        attributes_of(
            unsafe { hz_class_attributes(self.0.as_ptr()) },
            0,
            self.0.as_ptr(),
        )
    }

    /// All methods, inherited ones too, in order of declaration.
    pub fn methods(self) -> Vec<Function> {
        let mut position = 0;
        // SAFETY: the shim checks the position against the method table.
        std::iter::from_fn(|| unsafe {
            Function::from_ptr(hz_method_step(self.0.as_ptr(), &raw mut position), None)
        })
        .collect()
    }

    /// A method by its name, in any letter case.
    pub fn method(self, name: &str) -> Option<Function> {
        let lower = name.to_ascii_lowercase();
        // SAFETY: reads the method table.
        unsafe {
            Function::from_ptr(
                hz_method_find(self.0.as_ptr(), lower.as_ptr(), lower.len()),
                None,
            )
        }
    }

    /// Its constructor.
    pub fn constructor(self) -> Option<Function> {
        // SAFETY: the class is alive.
        unsafe { Function::from_ptr(hz_constructor(self.0.as_ptr()), None) }
    }

    /// Its properties, static ones too.
    pub fn properties(self) -> Vec<Property> {
        let mut position = 0;
        std::iter::from_fn(|| {
            let mut info = std::mem::MaybeUninit::<PropertyInfo>::uninit();
            // SAFETY: the shim checks the position and writes the struct when it returns 1.
            unsafe {
                (hz_property_step(self.0.as_ptr(), &raw mut position, info.as_mut_ptr()) != 0).then(
                    || Property {
                        info: info.assume_init(),
                        class: self.0,
                    },
                )
            }
        })
        .collect()
    }

    /// A case of an enum by its name.
    pub fn enum_case(self, name: &str) -> Result<Option<Value>, Throw> {
        let mut out = Value::undef();
        // SAFETY: guarded; writes a value when found.
        Throw::check(unsafe {
            hz_enum_case(self.0.as_ptr(), name.as_ptr(), name.len(), &raw mut out)
        })?;
        Ok((!out.is_undef()).then_some(out))
    }
}

/// A function or method.
#[derive(Clone)]
pub struct Function {
    raw: *mut c_void,
    /// A closure owns its function.
    _keep: Option<Value>,
}

impl Function {
    pub(crate) fn from_ptr(raw: *mut c_void, keep: Option<Value>) -> Option<Self> {
        (!raw.is_null()).then_some(Self { raw, _keep: keep })
    }

    /// The function behind a callable; None for `__call` and the like.
    pub fn of(callable: &Callable) -> Option<Self> {
        // SAFETY: reads the resolved function, which the callable keeps alive.
        let raw = unsafe { hz_target_function(callable.target()) };
        Self::from_ptr(raw, Some(callable.value().clone()))
    }

    fn info(&self) -> FunctionInfo {
        let mut info = std::mem::MaybeUninit::uninit();
        // SAFETY: writes the whole struct.
        unsafe {
            hz_function_info_of(self.raw, info.as_mut_ptr());
            info.assume_init()
        }
    }

    /// Its name, without the class.
    pub fn name(&self) -> String {
        let info = self.info();
        if info.name.is_null() {
            return String::new();
        }
        // SAFETY: the name is alive with the function; copied at once.
        unsafe {
            String::from_utf8_lossy(std::slice::from_raw_parts(info.name, info.name_len))
                .into_owned()
        }
    }

    /// The class that declares it.
    pub fn scope(&self) -> Option<Class> {
        ClassHandle::from_ptr(self.info().scope).map(Class)
    }

    /// public?
    pub fn is_public(&self) -> bool {
        self.info().flags & 1 != 0
    }

    /// static?
    pub fn is_static(&self) -> bool {
        self.info().flags & 16 != 0
    }

    /// abstract?
    pub fn is_abstract(&self) -> bool {
        self.info().flags & 64 != 0
    }

    /// File and line, if it is PHP code.
    pub fn location(&self) -> Option<(String, u32)> {
        let info = self.info();
        text(info.file).map(|file| (file, info.line))
    }

    /// Its doc comment.
    pub fn doc(&self) -> Option<String> {
        text(self.info().doc)
    }

    /// How many arguments must be passed.
    pub fn required(&self) -> usize {
        self.info().required as usize
    }

    /// Its parameters.
    pub fn params(&self) -> Vec<Param> {
        let info = self.info();
        (0..info.num_params)
            .map(|number| Param {
                function: self.clone(),
                number,
                scope: info.scope,
            })
            .collect()
    }

    /// Its return type.
    pub fn returns(&self) -> Option<Type> {
        let info = self.info();
        (!info.returns.is_null()).then(|| Type::read(info.returns, info.scope))
    }

    /// Its attributes.
    pub fn attributes(&self) -> Vec<Attribute> {
        // SAFETY: the function is alive.
        attributes_of(
            unsafe { hz_function_attributes(self.raw) },
            0,
            self.info().scope,
        )
    }
}

/// A parameter.
pub struct Param {
    function: Function,
    number: u32,
    scope: *mut zend_class_entry,
}

impl Param {
    fn info(&self) -> ParamInfo {
        let mut info = std::mem::MaybeUninit::uninit();
        // SAFETY: the number is below the function's count; writes the struct.
        unsafe {
            hz_param_info_of(self.function.raw, self.number, info.as_mut_ptr());
            info.assume_init()
        }
    }

    /// Its name, without the `$`.
    pub fn name(&self) -> String {
        let info = self.info();
        // SAFETY: the name is alive with the function; copied at once.
        unsafe {
            String::from_utf8_lossy(std::slice::from_raw_parts(info.name, info.name_len))
                .into_owned()
        }
    }

    /// Its position, from 0.
    pub fn number(&self) -> usize {
        self.number as usize
    }

    /// Its type, if it has one.
    pub fn kind(&self) -> Option<Type> {
        let info = self.info();
        (info.flags & 16 != 0).then(|| Type::read(info.kind, self.scope))
    }

    /// Passed by reference?
    pub fn is_by_ref(&self) -> bool {
        self.info().flags & 1 != 0
    }

    /// `...$name`?
    pub fn is_variadic(&self) -> bool {
        self.info().flags & 2 != 0
    }

    /// May it be left out?
    pub fn is_optional(&self) -> bool {
        self.info().flags & 4 != 0
    }

    /// A promoted constructor parameter?
    pub fn is_promoted(&self) -> bool {
        self.info().flags & 8 != 0
    }

    /// Its default, evaluated now; None when it has none.
    pub fn default(&self) -> Result<Option<Value>, Throw> {
        let mut out = Value::undef();
        // SAFETY: guarded; the number is below the function's count.
        Throw::check(unsafe { hz_param_default(self.function.raw, self.number, &raw mut out) })?;
        Ok((!out.is_undef()).then_some(out))
    }

    /// Its attributes.
    pub fn attributes(&self) -> Vec<Attribute> {
        // SAFETY: the function is alive.
        attributes_of(
            unsafe { hz_function_attributes(self.function.raw) },
            self.number + 1,
            self.scope,
        )
    }
}

/// A type: builtin ones as a mask, classes by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Type {
    mask: u32,
    /// Class names of the union, `self` and `parent` resolved.
    pub classes: Vec<String>,
    /// An intersection type, or one with parts that are.
    pub is_intersection: bool,
    /// As PHP writes it.
    pub text: String,
}

/// A builtin type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Builtin {
    /// null
    Null,
    /// false
    False,
    /// true
    True,
    /// int
    Int,
    /// float
    Float,
    /// string
    String,
    /// array
    Array,
    /// object
    Object,
    /// callable
    Callable,
    /// void
    Void,
    /// static
    Static,
    /// never
    Never,
}

impl Type {
    fn read(kind: *const c_void, scope: *mut zend_class_entry) -> Self {
        let mut complex = 0;
        // SAFETY: a live type; its text is ours to free; names are copied.
        unsafe {
            let mask = hz_type_mask(kind, &raw mut complex);
            let classes = (0..)
                .map_while(|number| text(hz_type_class(kind, number, scope)))
                .collect();
            let text = Str::take(hz_type_text(kind)).to_string_lossy().into_owned();
            Self {
                mask,
                classes,
                is_intersection: complex != 0,
                text,
            }
        }
    }

    /// A builtin type of values by its name: `int`, `float`, `string`, `bool`, `array`.
    pub fn builtin(name: &str) -> Option<Self> {
        let bits: &[u32] = match name {
            "int" => &[4],
            "float" => &[5],
            "string" => &[6],
            "bool" => &[2, 3],
            "array" => &[7],
            _ => return None,
        };
        Some(Self {
            mask: bits.iter().map(|bit| 1 << bit).sum(),
            classes: Vec::new(),
            is_intersection: false,
            text: name.to_owned(),
        })
    }

    /// Is this builtin type a part of it?
    pub fn has(&self, builtin: Builtin) -> bool {
        let bit = match builtin {
            Builtin::Null => 1,
            Builtin::False => 2,
            Builtin::True => 3,
            Builtin::Int => 4,
            Builtin::Float => 5,
            Builtin::String => 6,
            Builtin::Array => 7,
            Builtin::Object => 8,
            Builtin::Callable => 12,
            Builtin::Void => 14,
            Builtin::Static => 15,
            Builtin::Never => 17,
        };
        self.mask & (1 << bit) != 0
    }

    /// bool?
    pub fn has_bool(&self) -> bool {
        self.has(Builtin::False) && self.has(Builtin::True)
    }

    /// mixed?
    pub fn is_mixed(&self) -> bool {
        self.mask & 0x3fe == 0x3fe
    }

    /// May it be null?
    pub fn is_nullable(&self) -> bool {
        self.has(Builtin::Null)
    }

    /// The one class that it names, if that is all but null.
    pub fn single_class(&self) -> Option<&str> {
        match &self.classes[..] {
            [one] if self.mask & !2 == 0 && !self.is_intersection => Some(one),
            _ => None,
        }
    }
}

/// A property.
pub struct Property {
    info: PropertyInfo,
    class: ClassHandle,
}

impl Property {
    /// Its name.
    pub fn name(&self) -> String {
        text(self.info.name).unwrap_or_default()
    }

    /// The class that declares it.
    pub fn scope(&self) -> Option<Class> {
        ClassHandle::from_ptr(self.info.scope).map(Class)
    }

    /// public?
    pub fn is_public(&self) -> bool {
        self.info.flags & 1 != 0
    }

    /// static?
    pub fn is_static(&self) -> bool {
        self.info.flags & 16 != 0
    }

    /// readonly?
    pub fn is_readonly(&self) -> bool {
        self.info.flags & 128 != 0
    }

    /// Its type, if it has one.
    pub fn kind(&self) -> Option<Type> {
        let kind = Type::read(self.info.kind, self.info.scope);
        (kind.mask != 0 || !kind.classes.is_empty() || kind.is_intersection).then_some(kind)
    }

    /// Its default; None for static ones and for typed ones without a default.
    pub fn default(&self) -> Result<Option<Value>, Throw> {
        let mut out = Value::undef();
        // SAFETY: guarded; the name is a live string of the class.
        Throw::check(unsafe {
            hz_property_default(self.class.as_ptr(), self.info.name, &raw mut out)
        })?;
        Ok((!out.is_undef()).then_some(out))
    }

    /// Its attributes.
    pub fn attributes(&self) -> Vec<Attribute> {
        attributes_of(self.info.attributes, 0, self.info.scope)
    }
}

/// An attribute as it is written; nothing is evaluated yet.
#[derive(Clone, Copy)]
pub struct Attribute {
    raw: *mut c_void,
    scope: *mut zend_class_entry,
}

impl Attribute {
    /// The full name of its class.
    pub fn name(&self) -> String {
        let mut argc = 0;
        // SAFETY: the attribute is alive with what carries it.
        text(unsafe { hz_attribute_name(self.raw, &raw mut argc) }).unwrap_or_default()
    }

    /// Is it of this class, in any letter case?
    pub fn is(&self, class: &str) -> bool {
        self.name().eq_ignore_ascii_case(class)
    }

    /// Its arguments, evaluated now: positional ones, and named ones by name.
    pub fn args(&self) -> Result<(Vec<Value>, Array), Throw> {
        let mut argc = 0;
        // SAFETY: the attribute is alive with what carries it.
        unsafe { hz_attribute_name(self.raw, &raw mut argc) };
        let (mut positional, mut named) = (Vec::with_capacity(argc as usize), Array::new());
        for number in 0..argc {
            let (mut value, mut name) = (Value::undef(), std::ptr::null_mut());
            // SAFETY: guarded; the number is below the count.
            Throw::check(unsafe {
                hz_attribute_arg(self.raw, number, self.scope, &raw mut value, &raw mut name)
            })?;
            match text(name) {
                None => positional.push(value),
                Some(name) => {
                    named.set(name, value);
                }
            }
        }
        Ok((positional, named))
    }

    /// `new Attribute(...args)`
    pub fn instantiate(&self) -> Result<Outcome, Throw> {
        let (positional, named) = self.args()?;
        Ok(class(&self.name())?
            .handle()
            .new_object_named(&positional, &named))
    }
}

const _: () = assert!(size_of::<*const c_char>() == 8);
