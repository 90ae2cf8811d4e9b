//! Connections that clients have left for the next one (`SWOOLE_KEEP`).

use highper_net::Socket as NetSocket;
use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

/// A connection, and how often it was used again.
type Kept = (Rc<NetSocket>, i64);

thread_local! {
    static KEPT: RefCell<HashMap<String, VecDeque<Kept>>> = RefCell::new(HashMap::new());
}

/// One that is still alive.
pub fn take(key: &str) -> Option<Kept> {
    loop {
        let found = KEPT.with_borrow_mut(|kept| kept.get_mut(key)?.pop_front())?;
        if found.0.check().is_ok() {
            return Some(found);
        }
    }
}

/// Leaves one for the next.
pub fn put(key: String, socket: Rc<NetSocket>, reused: i64) {
    KEPT.with_borrow_mut(|kept| kept.entry(key).or_default().push_back((socket, reused)));
}

/// Closes them all, at the end of a request.
pub fn forget() {
    drop(KEPT.take());
}
