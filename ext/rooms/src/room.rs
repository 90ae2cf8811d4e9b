//! One room in this worker.

use crate::member::Member;
use std::cell::RefCell;
use std::rc::Rc;

/// A room that has members here.
pub(crate) struct Room {
    pub(crate) name: Box<[u8]>,
    /// Tells its messages from those of others.
    pub(crate) number: u64,
    pub(crate) members: RefCell<Vec<Member>>,
}

/// A socket's place in a room.
pub(crate) struct Seat {
    pub(crate) room: Rc<Room>,
    pub(crate) at: usize,
}

impl Room {
    pub(crate) fn new(name: &[u8], number: u64) -> Self {
        Self {
            name: name.into(),
            number,
            members: RefCell::default(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.members.borrow().len()
    }

    /// Takes a member in.
    pub(crate) fn seat(self: &Rc<Self>, member: Member) -> Seat {
        let mut members = self.members.borrow_mut();
        members.push(member);
        Seat {
            room: Rc::clone(self),
            at: members.len() - 1,
        }
    }

    /// The member in a place leaves; the last one takes that place.
    pub(crate) fn leave(self: &Rc<Self>, at: usize) {
        let (gone, moved) = {
            let mut members = self.members.borrow_mut();
            if at >= members.len() {
                return;
            }
            let gone = members.swap_remove(at);
            if members.len() < members.capacity() / 4 {
                members.shrink_to_fit();
            }
            (gone, members.get(at).cloned())
        };
        if let Some(moved) = moved {
            moved.moved(self, at);
        }
        drop(gone);
    }
}
