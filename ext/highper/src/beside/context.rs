//! `Highper\Process\Context`

use crate::exception::cancelled::cancelled;
use crate::scope;
use highper_engine::channel::{Channel, ChannelError};
use highper_engine::scheduler;
use highper_zend::{Class, ClassRef, Flags, Object, Registry, Throw};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

static CONTEXT: ClassRef = ClassRef::new("Highper\\Process\\Context");

/// The process that this is.
struct Here {
    name: String,
    number: usize,
    /// Closed when the process is told to end.
    open: Channel<()>,
    /// Does anybody look at it? Then nobody else tells its code to end.
    asked: Cell<bool>,
}

thread_local! {
    static HERE: RefCell<Option<Rc<Here>>> = const { RefCell::new(None) };
}

fn here() -> Option<Rc<Here>> {
    HERE.with_borrow(Clone::clone)
}

/// This is a process of the application.
pub(super) fn enter(name: &str, number: usize) {
    HERE.set(Some(Rc::new(Here {
        name: name.to_owned(),
        number,
        open: Channel::new(1),
        asked: Cell::new(false),
    })));
}

/// It is told to end.
pub(super) fn stop() {
    if let Some(here) = here() {
        here.open.close();
    }
}

/// Its code ends by itself.
pub(super) fn is_waited_for() -> bool {
    here().is_some_and(|here| here.asked.get())
}

/// Its code is through.
pub(super) fn done() {
    if let Some(here) = here() {
        here.asked.set(false);
    }
}

/// Why there is none here.
pub(crate) fn refused() -> Option<String> {
    let none = here().is_none() && highper_runtime::serve::worker().is_some();
    none.then(|| "only a class with #[Process] has one, and this is another process".to_owned())
}

/// The object for who asks.
pub(crate) fn object() -> Result<Object, Throw> {
    match here() {
        Some(here) => here.asked.set(true),
        None => {
            return Err(Throw::error(
                "Highper\\Process\\Context: only a class with #[Process] has one",
            ));
        }
    }
    CONTEXT.instantiate()
}

fn known() -> Result<Rc<Here>, Throw> {
    here().ok_or_else(|| Throw::error("this is no process of the application"))
}

pub(super) fn declare(registry: &mut Registry) {
    registry.on_request_shutdown(|| drop(HERE.take()));
    registry.class(
        Class::new("Highper\\Process\\Context")
            .doc(
                "What a class with #[Process] knows of its process. Who takes it ends by itself when isStopping(), within max_wait_time; all others are \
                 cancelled where they wait.",
            )
            .handle(&CONTEXT)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .deny_create()
            .deny_clone()
            .method("public function name(): string", "The name of the process.", |call| {
                call.ret_str(&known()?.name)
            })
            .method("public function number(): int", "Its number among those of the name, from 0.", |call| {
                call.ret(known()?.number)
            })
            .method("public function isStopping(): bool", "Was the process told to end?", |call| {
                call.ret_bool(known()?.open.is_closed())
            })
            .method(
                "public function sleep(float $seconds): bool",
                "Waits so long, or until the process is told to end.\n\n\
                 @param float $seconds More than 0.\n\
                 @return bool True when the time is over, false when the process is to end.",
                |call| {
                    let until = scope::moment(call, 0)?;
                    scope::can_wait("Highper\\Process\\Context::sleep")?;
                    let here = known()?;
                    let until = match (until, scheduler::deadline()) {
                        (Some(a), Some(b)) => Some(a.min(b)),
                        (a, b) => a.or(b),
                    };
                    match here.open.pop(until) {
                        Err(ChannelError::Cancelled) => Err(cancelled()),
                        Err(ChannelError::Closed) => call.ret_bool(false),
                        Ok(()) | Err(ChannelError::Timeout) => call.ret_bool(true),
                    }
                },
            ),
    );
}
