//! What runs when a transaction is committed.

use super::exception::thrown;
use super::statements::target;
use highper_zend::{Call, Callable, Done, Throw};
use std::cell::RefCell;
use std::collections::HashMap;

/// By coroutine: what to call, with the depth of the transaction that it belongs to.
#[derive(Default)]
pub(super) struct After(RefCell<HashMap<u64, Vec<(usize, Callable)>>>);

impl After {
    /// A transaction of this depth begins: nothing of an earlier one is left.
    pub(super) fn begun(&self, coroutine: u64, depth: usize) {
        self.rolled_back(coroutine, depth);
    }

    /// A transaction was rolled back, with those in it.
    pub(super) fn rolled_back(&self, coroutine: u64, depth: usize) {
        let mut all = self.0.borrow_mut();
        let Some(own) = all.get_mut(&coroutine) else {
            return;
        };
        let gone: Vec<_> = own.extract_if(.., |(at, _)| *at >= depth).collect();
        if own.is_empty() {
            all.remove(&coroutine);
        }
        drop(all);
        drop(gone);
    }

    /// A transaction was committed: what is to be called now.
    pub(super) fn committed(&self, coroutine: u64, depth: usize) -> Vec<Callable> {
        let mut all = self.0.borrow_mut();
        if depth > 1 {
            // It belongs to the one around it from now on.
            for (at, _) in all.get_mut(&coroutine).into_iter().flatten() {
                *at = (*at).min(depth - 1);
            }
            return Vec::new();
        }
        let own = all.remove(&coroutine).unwrap_or_default();
        own.into_iter().map(|(_, body)| body).collect()
    }
}

/// Calls all of them; the first exception is thrown when all were called.
pub(super) fn call_all(bodies: Vec<Callable>) -> Done {
    let mut first = Ok(());
    for body in bodies {
        match body.call(&[]).into_result() {
            Ok(_) => {}
            Err(throw @ (Throw::Exit | Throw::Bailout)) => return Err(throw),
            Err(throw) if first.is_ok() => first = Err(throw),
            Err(_) => {}
        }
    }
    first
}

/// `afterCommit(callable $body)`
pub(super) fn register(call: &mut Call) -> Done {
    let body = call.callable(0)?;
    let handle = &target(call)?.handle;
    let held = handle.source.held();
    match held.map_err(|error| thrown(&error, None))? {
        Some(held) if held.depth() > 0 => {
            let mut all = handle.after.0.borrow_mut();
            // Those of coroutines that have ended inside of a transaction.
            let gone: Vec<_> = all
                .extract_if(|id, _| *id != 0 && highper_engine::info(*id).is_none())
                .collect();
            all.entry(held.coroutine())
                .or_default()
                .push((held.depth(), body));
            drop(all);
            drop(gone);
            Ok(())
        }
        _ => body.call(&[]).into_result().map(drop),
    }
}
