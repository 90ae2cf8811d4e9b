//! The border to the Zend engine.
//!
//! The faces declare PHP classes and functions here, with safe handlers. One
//! class, whole:
//!
//! ```ignore
//! use std::cell::{Cell, RefCell};
//! use std::collections::VecDeque;
//! use highper_zend::*;
//!
//! /// Filled at MINIT; `CHANNEL.instantiate()?` makes an object from Rust.
//! static CHANNEL: ClassRef = ClassRef::new("Swoole\\Coroutine\\Channel");
//!
//! /// The state that each object carries. Methods see `&Channel`: use cells.
//! #[derive(Default)]
//! struct Channel {
//!     capacity: Cell<i64>,
//!     queue: RefCell<VecDeque<Value>>,
//! }
//!
//! /// Shows the cycle collector what the state holds.
//! impl Trace for Channel {
//!     fn trace(&self, tracer: &mut Tracer) {
//!         self.queue.trace(tracer);
//!     }
//! }
//!
//! pub fn declare(registry: &mut Registry) {
//!     registry.class(
//!         Class::new("Swoole\\Coroutine\\Channel")
//!             .doc("A queue between coroutines.")
//!             .handle(&CHANNEL)
//!             .alias("Co\\Channel")
//!             .flags(Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
//!             .implements("Countable")
//!             .state::<Channel>()
//!             .deny_unset()
//!             .constant("MAX", 65536, "The largest capacity.")
//!             .property("public int $capacity = 0", "Room for so many values.")
//!             .method("public function __construct(int $size = 1)", "", construct)
//!             .method("public function push(mixed $data, float $timeout = -1): bool", "Adds a value.", push)
//!             .method("public function pop(float $timeout = -1): mixed", "Takes the oldest value.", pop)
//!             .method("public function count(): int", "", |call| {
//!                 let count = call.this::<Channel>()?.queue.borrow().len();
//!                 call.ret(count)
//!             })
//!             .method("public function each(callable $do): void", "", each),
//!     );
//!     registry.function(Function::new("function demo(int &$out, string ...$names): ?string", "", demo));
//!     registry.constant("DEMO", 1, "A constant.");
//! }
//!
//! fn construct(call: &mut Call) -> Done {
//!     let size = call.opt_long(0, 1)?; // argument 0; converts and complains as PHP does
//!     if size < 1 {
//!         return Err(Throw::argument_value(0, "must be greater than 0")); // ValueError
//!     }
//!     let this = call.this::<Channel>()?;
//!     this.capacity.set(size);
//!     call.this_object()?.set_slot(0, size); // the property `capacity`
//!     Ok(()) // returns null
//! }
//!
//! fn push(call: &mut Call) -> Done {
//!     let data = call.value(0)?.clone(); // an owned Value may be kept
//!     let _timeout = call.opt_double(1, -1.0)?;
//!     // Take what is needed out of a RefCell before PHP code can run again.
//!     call.this::<Channel>()?.queue.borrow_mut().push_back(data);
//!     call.ret_bool(true)
//! }
//!
//! fn pop(call: &mut Call) -> Done {
//!     let value = call.this::<Channel>()?.queue.borrow_mut().pop_front();
//!     call.ret(value) // Option<Value>: None is null
//! }
//!
//! fn each(call: &mut Call) -> Done {
//!     let callable = call.callable(0)?; // resolved once; Clone, and may be kept
//!     let items: Vec<Value> = call.this::<Channel>()?.queue.borrow().iter().cloned().collect();
//!     for item in items {
//!         callable.call(&[item]).into_result()?; // exception, exit and fatal error go on
//!     }
//!     Ok(())
//! }
//!
//! fn demo(call: &mut Call) -> Done {
//!     call.set_ref(0, 42)?;
//!     let mut list = Array::new();
//!     for name in call.rest(1) {
//!         list.push(name);
//!     }
//!     list.set("count", list.len());
//!     error::warning("just so")?; // an error handler may throw
//!     call.ret_str("done")
//! }
//! ```
//!
//! Rules for handlers:
//! - A `Value`, `Str`, `Array`, `Object` or `Callable` may be kept in a state or
//!   in the engine's records until the end of the request, not in a `static`.
//! - Hold no `RefCell` borrow across anything that returns [`Throw`] or
//!   [`Outcome`], nor across the drop of a value: both may run PHP code that
//!   calls the same object again.
//! - A memory-limit error while a value is made leaves by longjmp: what the
//!   handler owns then is leaked, not freed.
//! - Panics become a PHP `Error`.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod array;
pub mod autoload;
pub mod call;
pub mod callable;
pub mod class;
pub mod close;
pub mod collect;
pub mod compile;
pub mod documentation;
pub mod error;
pub mod function;
pub mod ini;
pub mod interpose;
pub mod interrupt;
pub mod json;
pub mod lease;
pub mod library;
pub mod look;
pub mod module;
pub mod modules;
pub mod mysqli;
pub mod object;
pub mod objects;
pub mod pdo;
pub mod pool;
pub mod process;
mod raw;
pub mod reflect;
pub mod registry;
pub mod release;
mod reuse;
pub mod script;
pub mod select;
#[cfg(feature = "selftest")]
mod selftest;
mod signature;
pub mod sockets;
pub mod statics;
pub mod stream;
pub mod string;
pub mod stub;
pub mod superglobals;
pub mod table;
pub mod throw;
pub mod transports;
pub mod uploads;
pub mod value;
pub mod vm;
pub mod watch;
pub mod weave;

pub use array::{Array, Key};
pub use call::{Call, Done};
pub use callable::{Callable, Iteration, Outcome, call_function, constant, find_class};
pub use class::{Class, ClassHandle, ClassRef, Flags, LazyProperties, Target};
pub use function::Function;
pub use ini::{Access, Ini};
pub use object::{Object, Trace, Tracer};
pub use pool::{Pool, Pooled, Renew};
pub use registry::Registry;
pub use signature::Literal;
pub use string::{Known, Str};
pub use table::{Table, Template};
pub use throw::Throw;
pub use value::{Kind, Value};
