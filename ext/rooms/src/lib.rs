//! WebSocket connections and streams of events of a worker, the rooms that they are in, and what is sent to rooms.
//!
//! A [`Socket`] is one connection: it takes frames apart, keeps what a slow client has not taken within bounds, and
//! tells its [`Events`] when a message is there. The [`Hub`] knows all sockets of the worker and their rooms: what is
//! sent to a room is encoded once, and every socket's queue holds a reference to it. What a turn of the loop has sent
//! to a socket leaves in one write at its end. [`Presence`] counts the members of rooms over all processes, and
//! [`Parcel`] is what one worker hands to the others.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod frame;
mod greeting;
mod hub;
mod listener;
mod member;
mod origin;
mod parcel;
mod presence;
mod queue;
mod room;
mod socket;
mod terms;

pub use frame::Frame;
pub use greeting::{Greeting, Refusal};
pub use hub::{Figures, Hub};
pub use listener::{Listener, Manner};
pub use origin::Origins;
pub use parcel::{Parcel, Target};
pub use presence::Presence;
pub use queue::Slow;
pub use socket::{Events, Message, Socket, Task};
pub use terms::Terms;
