//! One request and its response.

use std::collections::VecDeque;

/// A stream whose response is not over.
#[derive(Debug)]
pub(super) struct Stream {
    /// Data that may be sent, and received.
    pub(super) window: i64,
    pub(super) receive_window: i64,
    /// What was taken and not told.
    pub(super) credit: i64,
    /// Of the body, what there was no room for.
    pub(super) pending: VecDeque<u8>,
    /// The program has given all of the body; all of it is sent.
    pub(super) ends: bool,
    pub(super) ended: bool,
    /// The response's head has come.
    pub(super) has_head: bool,
    /// Bytes of the body that its length promises.
    pub(super) promised: Option<u64>,
    pub(super) received: u64,
    pub(super) is_head: bool,
}

impl Stream {
    pub(super) fn new(window: i64, receive_window: i64, ended: bool, is_head: bool) -> Self {
        Self {
            window,
            receive_window,
            credit: 0,
            pending: VecDeque::new(),
            ends: ended,
            ended,
            has_head: false,
            promised: None,
            received: 0,
            is_head,
        }
    }
}
