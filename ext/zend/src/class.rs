//! Classes: their declaration, and handles to registered ones.
use std::any::TypeId;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicPtr, Ordering};

use crate::callable::Outcome;
use crate::function::{Handler, zif};
use crate::object::{Object, Trace, Tracer};
use crate::raw::{self, Zif, zend_class_entry};
use crate::signature::Literal;
use crate::throw::Throw;
use crate::value::Value;

/// Properties that are made when they are first touched.
pub trait LazyProperties {
    /// The value of a lazy property. `slot` counts the declared, non-static
    /// properties of the class from 0, lazy or not. Must not run PHP code.
    fn fill(&self, slot: usize) -> Value;
}

/// What the border knows of a class's state.
pub(crate) struct State {
    pub id: TypeId,
    pub size: usize,
    pub init: unsafe extern "C" fn(*mut c_void),
    pub drop: unsafe extern "C" fn(*mut c_void),
    pub trace: unsafe extern "C" fn(*const c_void, *mut c_void),
    pub fill: Option<unsafe extern "C" fn(*const c_void, u32, *mut Value)>,
    pub clone: Option<unsafe extern "C" fn(*const c_void, *mut c_void)>,
}

unsafe extern "C" fn init<T: Default>(state: *mut c_void) {
    let made = catch_unwind(T::default).unwrap_or_else(|_| {
        eprintln!("highper: the state of an object could not be made");
        std::process::abort()
    });
    // SAFETY: the shim passes fresh memory of the right size and alignment.
    unsafe { state.cast::<T>().write(made) };
}

unsafe extern "C" fn drop_state<T>(state: *mut c_void) {
    // SAFETY: written by `init` or `clone_state`; the shim drops it once.
    let _ = catch_unwind(AssertUnwindSafe(|| unsafe {
        state.cast::<T>().drop_in_place()
    }));
}

unsafe extern "C" fn trace<T: Trace>(state: *const c_void, buffer: *mut c_void) {
    // SAFETY: the state is alive, the buffer is this call's.
    let _ = catch_unwind(AssertUnwindSafe(|| unsafe {
        (*state.cast::<T>()).trace(&mut Tracer::new(buffer))
    }));
}

unsafe extern "C" fn fill<T: LazyProperties>(state: *const c_void, slot: u32, out: *mut Value) {
    // SAFETY: the state is alive.
    let value = catch_unwind(AssertUnwindSafe(|| unsafe {
        (*state.cast::<T>()).fill(slot as usize)
    }));
    // SAFETY: the shim passes a slot that holds null.
    unsafe { out.write(value.unwrap_or_default()) };
}

unsafe extern "C" fn clone_state<T: Clone + Default>(from: *const c_void, to: *mut c_void) {
    // SAFETY: `from` is alive, `to` is fresh memory.
    unsafe {
        let copy =
            catch_unwind(AssertUnwindSafe(|| (*from.cast::<T>()).clone())).unwrap_or_default();
        to.cast::<T>().write(copy);
    }
}

/// Bytes between a state and its object.
pub(crate) const fn state_bytes<T>() -> usize {
    size_of::<T>().next_multiple_of(16)
}

fn state_of<T: Default + Trace + 'static>() -> State {
    const {
        assert!(align_of::<T>() <= 8, "a state's alignment is 8 at most");
    }
    State {
        id: TypeId::of::<T>(),
        size: state_bytes::<T>(),
        init: init::<T>,
        drop: drop_state::<T>,
        trace: trace::<T>,
        fill: None,
        clone: None,
    }
}

pub(crate) struct Method {
    pub signature: &'static str,
    pub doc: &'static str,
    pub handler: Option<Zif>,
}

pub(crate) struct Property {
    pub signature: &'static str,
    pub doc: &'static str,
    pub lazy: bool,
}

pub(crate) struct Constant {
    pub name: &'static str,
    pub value: Literal<'static>,
    pub doc: &'static str,
}

/// Flags of a class.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Flags(pub(crate) u32);

impl Flags {
    /// final
    pub const FINAL: Self = Self(1);
    /// abstract
    pub const ABSTRACT: Self = Self(2);
    /// `#[NoDynamicProperties]`: an Error on unknown properties.
    pub const NO_DYNAMIC_PROPERTIES: Self = Self(4);
    /// Unknown properties are allowed without a deprecation.
    pub const DYNAMIC_PROPERTIES: Self = Self(8);
    /// serialize() and unserialize() throw.
    pub const NOT_SERIALIZABLE: Self = Self(16);
}

impl std::ops::BitOr for Flags {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Where an attribute may stand, with PHP's `Attribute::TARGET_*` values; the shim knows that of `REPEATABLE`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Target(pub(crate) u32);

impl Target {
    /// On classes.
    pub const CLASS: Self = Self(1);
    /// On functions.
    pub const FUNCTION: Self = Self(2);
    /// On methods.
    pub const METHOD: Self = Self(4);
    /// On properties.
    pub const PROPERTY: Self = Self(8);
    /// On class constants.
    pub const CONSTANT: Self = Self(16);
    /// On parameters.
    pub const PARAMETER: Self = Self(32);
    /// Anywhere.
    pub const ALL: Self = Self(63);
    /// More than once on the same thing.
    pub const REPEATABLE: Self = Self(64);
}

impl std::ops::BitOr for Target {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The declaration of a class. From it come registration, arginfo and stubs.
pub struct Class {
    pub(crate) name: &'static str,
    pub(crate) doc: &'static str,
    pub(crate) interface: bool,
    pub(crate) flags: u32,
    pub(crate) attribute: u32,
    pub(crate) parent: Option<&'static str>,
    pub(crate) interfaces: Vec<&'static str>,
    pub(crate) aliases: Vec<&'static str>,
    pub(crate) constants: Vec<Constant>,
    pub(crate) properties: Vec<Property>,
    pub(crate) methods: Vec<Method>,
    pub(crate) state: Option<State>,
    pub(crate) handle: Option<&'static ClassRef>,
    pub(crate) deny_create: bool,
    pub(crate) deny_clone: bool,
    pub(crate) deny_unset: bool,
}

impl Class {
    /// A class by its full name, without a leading backslash.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            doc: "",
            interface: false,
            flags: 0,
            attribute: 0,
            parent: None,
            interfaces: Vec::new(),
            aliases: Vec::new(),
            constants: Vec::new(),
            properties: Vec::new(),
            methods: Vec::new(),
            state: None,
            handle: None,
            deny_create: false,
            deny_clone: false,
            deny_unset: false,
        }
    }

    /// An interface; give it [`Class::abstract_method`]s.
    pub const fn interface(name: &'static str) -> Self {
        let mut this = Self::new(name);
        this.interface = true;
        this
    }

    /// Sets the documentation, which goes into the stubs.
    pub fn doc(mut self, doc: &'static str) -> Self {
        self.doc = doc;
        self
    }

    /// Fills this static with the class once it is registered.
    pub fn handle(mut self, handle: &'static ClassRef) -> Self {
        self.handle = Some(handle);
        self
    }

    /// A second name, as `class_alias` gives.
    pub fn alias(mut self, name: &'static str) -> Self {
        self.aliases.push(name);
        self
    }

    /// Adds flags.
    pub fn flags(mut self, flags: Flags) -> Self {
        self.flags |= flags.0;
        self
    }

    /// The parent class: one of ours declared before or after, or a builtin one.
    pub fn extends(mut self, parent: &'static str) -> Self {
        self.parent = Some(parent);
        self
    }

    /// An interface that it implements (or, for interfaces, extends).
    pub fn implements(mut self, interface: &'static str) -> Self {
        self.interfaces.push(interface);
        self
    }

    /// Makes it an attribute class.
    pub fn attribute(mut self, targets: Target) -> Self {
        self.attribute |= targets.0;
        self
    }

    /// A public class constant.
    pub fn constant(
        mut self,
        name: &'static str,
        value: impl Into<Literal<'static>>,
        doc: &'static str,
    ) -> Self {
        self.constants.push(Constant {
            name,
            value: value.into(),
            doc,
        });
        self
    }

    /// A property, static or not: `"public int $capacity = 0"`.
    pub fn property(mut self, signature: &'static str, doc: &'static str) -> Self {
        self.properties.push(Property {
            signature,
            doc,
            lazy: false,
        });
        self
    }

    /// A property that stays unset until it is first touched; then the
    /// state's [`LazyProperties::fill`] makes it. Needs [`Class::lazy_state`].
    pub fn lazy_property(mut self, signature: &'static str, doc: &'static str) -> Self {
        self.properties.push(Property {
            signature,
            doc,
            lazy: true,
        });
        self
    }

    /// A method.
    pub fn method<F: Handler>(
        mut self,
        signature: &'static str,
        doc: &'static str,
        handler: F,
    ) -> Self {
        self.methods.push(Method {
            signature,
            doc,
            handler: Some(zif(handler)),
        });
        self
    }

    /// A method without a body.
    pub fn abstract_method(mut self, signature: &'static str, doc: &'static str) -> Self {
        self.methods.push(Method {
            signature,
            doc,
            handler: None,
        });
        self
    }

    /// Objects carry a `T`, made by `T::default()` with the object and dropped
    /// with it. Cloning the object is refused.
    pub fn state<T: Default + Trace + 'static>(mut self) -> Self {
        self.state = Some(state_of::<T>());
        self.deny_clone = true;
        self
    }

    /// The same, and cloning the object clones the `T`.
    pub fn cloned_state<T: Default + Clone + Trace + 'static>(mut self) -> Self {
        let mut state = state_of::<T>();
        state.clone = Some(clone_state::<T>);
        self.state = Some(state);
        self
    }

    /// A state that fills lazy properties. Cloning is refused; see
    /// [`Class::lazy_cloned_state`].
    pub fn lazy_state<T: Default + Trace + LazyProperties + 'static>(mut self) -> Self {
        let mut state = state_of::<T>();
        state.fill = Some(fill::<T>);
        self.state = Some(state);
        self.deny_clone = true;
        self
    }

    /// A state that fills lazy properties and is cloned with the object.
    pub fn lazy_cloned_state<T: Default + Clone + Trace + LazyProperties + 'static>(
        mut self,
    ) -> Self {
        let mut state = state_of::<T>();
        state.fill = Some(fill::<T>);
        state.clone = Some(clone_state::<T>);
        self.state = Some(state);
        self
    }

    /// `new` throws "The object of X can not be created for security reasons";
    /// [`ClassHandle::instantiate`] still makes objects.
    pub fn deny_create(mut self) -> Self {
        self.deny_create = true;
        self
    }

    /// `clone` throws.
    pub fn deny_clone(mut self) -> Self {
        self.deny_clone = true;
        self
    }

    /// `unset($object->declared)` throws "Property x of class X cannot be unset".
    pub fn deny_unset(mut self) -> Self {
        self.deny_unset = true;
        self
    }
}

macro_rules! literal {
    ($($type:ty => $make:expr;)*) => {
        $(impl From<$type> for Literal<'static> {
            fn from(value: $type) -> Self {
                #[allow(clippy::redundant_closure_call)]
                ($make)(value)
            }
        })*
    };
}
literal! {
    i64 => Literal::Long;
    i32 => |v: i32| Literal::Long(v.into());
    f64 => Literal::Double;
    bool => Literal::Bool;
    &'static str => |v: &'static str| Literal::Str(v.into());
    String => |v: String| Literal::Str(v.into());
    () => |()| Literal::Null;
}

/// A registered class: cheap to copy.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ClassHandle(std::ptr::NonNull<zend_class_entry>);

impl ClassHandle {
    pub(crate) fn from_ptr(class: *mut zend_class_entry) -> Option<Self> {
        std::ptr::NonNull::new(class).map(Self)
    }

    pub(crate) fn as_ptr(self) -> *mut zend_class_entry {
        self.0.as_ptr()
    }

    /// Its name. (User classes live as long as the request.)
    pub fn name<'a>(self) -> &'a str {
        crate::object::name_of(self.as_ptr())
    }

    /// Is it this class, or a child of it, or does it implement it?
    pub fn is_a(self, other: impl Into<Self>) -> bool {
        // SAFETY: both classes are alive.
        unsafe { raw::hz_subclass_of(self.as_ptr(), other.into().as_ptr()) != 0 }
    }

    /// Has it this method (any letter case)?
    pub fn has_method(self, name: &str) -> bool {
        // SAFETY: the class is alive; the name is copied.
        unsafe { raw::hz_has_method(self.as_ptr(), name.as_ptr(), name.len()) != 0 }
    }

    /// A new object, its constructor not called.
    pub fn instantiate(self) -> Result<Object, Throw> {
        let mut value = Value::undef();
        // SAFETY: guarded; writes an object on success.
        Throw::check(unsafe { raw::hz_instantiate(self.as_ptr(), &raw mut value) })?;
        value.into_object().map_err(|_| Throw::Pending)
    }

    /// `new Class(...$args)`
    pub fn new_object(self, args: &[Value]) -> Outcome {
        self.construct(args, std::ptr::null_mut())
    }

    /// `new Class(...$args, ...$named)` with named arguments from an array
    /// with string keys.
    pub fn new_object_named(self, args: &[Value], named: &crate::array::Array) -> Outcome {
        if named.is_empty() {
            return self.new_object(args);
        }
        // SAFETY: the payload of an array value is its table.
        self.construct(args, unsafe { named.as_value().payload.counted.cast() })
    }

    fn construct(self, args: &[Value], named: *mut c_void) -> Outcome {
        let mut value = Value::undef();
        // SAFETY: guarded; arguments are borrowed.
        let code = unsafe {
            raw::hz_new(
                self.as_ptr(),
                args.len() as u32,
                args.as_ptr().cast_mut(),
                named,
                &raw mut value,
            )
        };
        Outcome::new(code, value)
    }

    /// `Class::$name`; null when there is none.
    pub fn static_property(self, name: &str) -> Result<Value, Throw> {
        let mut value = Value::undef();
        // SAFETY: guarded; writes a value on success.
        Throw::check(unsafe {
            raw::hz_static_get(self.as_ptr(), name.as_ptr(), name.len(), &raw mut value)
        })?;
        Ok(if value.is_undef() {
            Value::null()
        } else {
            value
        })
    }

    /// `Class::$name = value`
    pub fn set_static_property(self, name: &str, value: impl Into<Value>) -> Result<(), Throw> {
        let mut value = value.into();
        // SAFETY: guarded; the value is borrowed.
        Throw::check(unsafe {
            raw::hz_static_set(self.as_ptr(), name.as_ptr(), name.len(), &raw mut value)
        })
    }

    /// `Class::NAME`; None when there is none.
    pub fn constant(self, name: &str) -> Result<Option<Value>, Throw> {
        let mut value = Value::undef();
        // SAFETY: guarded; writes a value when found.
        Throw::check(unsafe {
            raw::hz_class_constant(self.as_ptr(), name.as_ptr(), name.len(), &raw mut value)
        })?;
        Ok((!value.is_undef()).then_some(value))
    }
}

impl std::fmt::Debug for ClassHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// A class of ours, or a builtin one, in a static: `static CHANNEL: ClassRef =
/// ClassRef::new("Swoole\\Coroutine\\Channel")`. Filled at MINIT through
/// [`Class::handle`]; builtin classes are looked up at the first use.
pub struct ClassRef {
    name: &'static str,
    class: AtomicPtr<zend_class_entry>,
}

impl ClassRef {
    /// A name; nothing is looked up yet.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            class: AtomicPtr::new(std::ptr::null_mut()),
        }
    }

    /// The name that it was made with.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn fill(&self, class: *mut zend_class_entry) {
        self.class.store(class, Ordering::Release);
    }

    /// The class, if it is registered.
    #[inline]
    pub fn try_get(&self) -> Option<ClassHandle> {
        let class = self.class.load(Ordering::Acquire);
        if !class.is_null() {
            return ClassHandle::from_ptr(class);
        }
        self.look_up()
    }

    #[cold]
    fn look_up(&self) -> Option<ClassHandle> {
        let lower = self.name.to_ascii_lowercase();
        // SAFETY: reads the class table.
        let found = unsafe { raw::hz_class_find(lower.as_ptr(), lower.len()) };
        self.fill(found);
        ClassHandle::from_ptr(found)
    }

    /// The class.
    ///
    /// # Panics
    /// When the class was never registered; that is an error of ours, and the
    /// trampoline turns it into a PHP Error.
    pub fn get(&self) -> ClassHandle {
        match self.try_get() {
            Some(class) => class,
            None => panic!("class {} is not registered", self.name),
        }
    }

    /// [`ClassHandle::instantiate`]
    pub fn instantiate(&self) -> Result<Object, Throw> {
        self.get().instantiate()
    }
}

impl From<&ClassRef> for ClassHandle {
    fn from(class: &ClassRef) -> Self {
        class.get()
    }
}
