//! Which worker gets an event: Swoole's `dispatch_mode`.

use highper_net::Address;
use std::cmp::Reverse;
use std::hash::{DefaultHasher, Hasher};

/// The ways to choose, with Swoole's numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Mode {
    /// 1: one after the other, for each event.
    Round,
    /// 2: by the connection.
    #[default]
    Connection,
    /// 3 and 7: one that has nothing to do, else the one with the fewest events under way.
    Idle,
    /// 4: by the client's address.
    Address,
    /// 5: by the number that the connection is bound to, else by the connection.
    User,
    /// 8: for each connection the one with the fewest coroutines.
    LeastForConnection,
    /// 9: for each event the one with the fewest coroutines.
    LeastForEvent,
    /// 10: for each event the one with the fewest events under way, each of which has a coroutine here.
    LeastBusy,
}

impl Mode {
    /// By Swoole's number; what it does not know is [`Mode::Idle`] there, too.
    #[must_use]
    pub fn of_number(number: i64) -> Self {
        match number {
            1 => Self::Round,
            2 => Self::Connection,
            4 => Self::Address,
            5 => Self::User,
            8 => Self::LeastForConnection,
            9 => Self::LeastForEvent,
            10 => Self::LeastBusy,
            _ => Self::Idle,
        }
    }

    /// Goes all of a connection to the same worker, so that events of its beginning and end have a place?
    #[must_use]
    pub fn is_fixed(self) -> bool {
        matches!(
            self,
            Self::Connection | Self::Address | Self::LeastForConnection
        )
    }

    /// May the worker change from one event of a connection to the next?
    #[must_use]
    pub fn wanders(self) -> bool {
        !self.is_fixed() && self != Self::User
    }
}

/// What is known of the sender of an event.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sender<'a> {
    /// The connection's descriptor, or the socket's for a datagram.
    pub descriptor: u64,
    /// The client's address.
    pub address: Option<&'a Address>,
    /// The number that the connection is bound to; 0 for none.
    pub user: u64,
}

/// How much a worker has to do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Load {
    /// Events that are not over.
    pub busy: u64,
    /// Its coroutines, and the events that have not begun.
    pub coroutines: u64,
    /// When it got on last, in nanoseconds: who blocks does not.
    pub moved: u64,
}

/// Chooses workers.
#[derive(Debug, Default)]
pub struct Chooser {
    /// The way.
    pub mode: Mode,
    turn: std::cell::Cell<usize>,
}

impl Chooser {
    /// One for a mode.
    #[must_use]
    pub fn new(mode: Mode) -> Self {
        Self {
            mode,
            turn: std::cell::Cell::new(0),
        }
    }

    /// A worker among so many, by what each has to do.
    pub fn choose(
        &self,
        workers: usize,
        sender: Sender<'_>,
        load: impl Fn(usize) -> Load,
    ) -> usize {
        let workers = workers.max(1);
        let key = match self.mode {
            Mode::Round => self.next() as u64,
            Mode::Connection => sender.descriptor,
            Mode::Address => sender.address.map_or(sender.descriptor, key),
            Mode::User if sender.user != 0 => sender.user,
            Mode::User => sender.descriptor,
            Mode::Idle => return self.idle(workers, load),
            Mode::LeastForConnection | Mode::LeastForEvent => {
                return least(workers, |id| load(id).coroutines);
            }
            Mode::LeastBusy => {
                return least(workers, |id| {
                    let load = load(id);
                    load.busy + load.coroutines
                });
            }
        };
        (key % workers as u64) as usize
    }

    fn next(&self) -> usize {
        let turn = self.turn.get();
        self.turn.set(turn.wrapping_add(1));
        turn
    }

    fn idle(&self, workers: usize, load: impl Fn(usize) -> Load) -> usize {
        let first = self.next() % workers;
        let mut best = ((u64::MAX, Reverse(0)), first);
        for at in first..first + workers {
            let id = at % workers;
            let Load { busy, moved, .. } = load(id);
            // Who has answered may not have said yet that it is done: of those who have as much to do it is not the one that blocks.
            let own = (busy, Reverse(moved));
            if own < best.0 {
                best = (own, id);
            }
            if busy == 0 {
                // The next one looks from behind it on.
                self.turn.set(at.wrapping_add(1));
                break;
            }
        }
        best.1
    }
}

fn least(workers: usize, of: impl Fn(usize) -> u64) -> usize {
    (0..workers).min_by_key(|id| of(*id)).unwrap_or(0)
}

fn key(address: &Address) -> u64 {
    match address {
        Address::V4(v4) => u64::from(v4.ip().to_bits()),
        other => {
            let mut hasher = DefaultHasher::new();
            hasher.write(&other.host());
            hasher.finish()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use highper_net::Kind;

    const NONE: Load = Load {
        busy: 0,
        coroutines: 0,
        moved: 0,
    };

    fn chosen(mode: Mode, sender: Sender<'_>, count: usize) -> Vec<usize> {
        let chooser = Chooser::new(mode);
        (0..count)
            .map(|_| chooser.choose(3, sender, |_| NONE))
            .collect()
    }

    #[test]
    fn some_go_round_and_some_stay() {
        let nobody = Sender::default();
        assert_eq!(chosen(Mode::Round, nobody, 4), [0, 1, 2, 0]);
        assert_eq!(chosen(Mode::Idle, nobody, 4), [0, 1, 2, 0]);
        let fifth = Sender {
            descriptor: 5,
            ..nobody
        };
        assert_eq!(chosen(Mode::Connection, fifth, 2), [2, 2]);
        assert_eq!(chosen(Mode::User, fifth, 2), [2, 2]);
        let bound = Sender { user: 7, ..fifth };
        assert_eq!(chosen(Mode::User, bound, 2), [1, 1]);
        let address = Address::parse(Kind::Tcp, b"0.0.0.4", 9).unwrap();
        let there = Sender {
            address: Some(&address),
            ..fifth
        };
        assert_eq!(chosen(Mode::Address, there, 2), [1, 1]);
        let address = Address::parse(Kind::Tcp6, b"::1", 9).unwrap();
        let there = Sender {
            address: Some(&address),
            ..fifth
        };
        let twice = chosen(Mode::Address, there, 2);
        assert_eq!(twice[0], twice[1]);
    }

    #[test]
    fn who_has_least_to_do_is_found() {
        let loads = [(2, 1), (1, 5), (0, 9)].map(|(busy, coroutines)| Load {
            busy,
            coroutines,
            moved: 0,
        });
        let nobody = Sender::default();
        let one = |mode| Chooser::new(mode).choose(3, nobody, |id| loads[id]);
        assert_eq!(one(Mode::Idle), 2);
        assert_eq!(one(Mode::LeastBusy), 0);
        assert_eq!(one(Mode::LeastForEvent), 0);
        assert_eq!(one(Mode::LeastForConnection), 0);
        let busy = |_| Load {
            busy: 1,
            coroutines: 1,
            moved: 5,
        };
        let chooser = Chooser::new(Mode::Idle);
        let turns: Vec<_> = (0..4).map(|_| chooser.choose(3, nobody, busy)).collect();
        assert_eq!(
            turns,
            [0, 1, 2, 0].map(|first| first),
            "nobody is idle: the next in turn"
        );
        let blocks = |id| Load {
            busy: 1,
            coroutines: 1,
            moved: if id == 0 { 1 } else { 5 },
        };
        let chooser = Chooser::new(Mode::Idle);
        let turns: Vec<_> = (0..4).map(|_| chooser.choose(3, nobody, blocks)).collect();
        assert!(!turns.contains(&0), "who got on last, of them: {turns:?}");
    }

    #[test]
    fn the_numbers_are_those_of_swoole() {
        for (number, mode) in [
            (1, Mode::Round),
            (2, Mode::Connection),
            (3, Mode::Idle),
            (4, Mode::Address),
            (5, Mode::User),
            (7, Mode::Idle),
            (8, Mode::LeastForConnection),
            (9, Mode::LeastForEvent),
            (10, Mode::LeastBusy),
        ] {
            assert_eq!(Mode::of_number(number), mode);
        }
        assert!(Mode::Connection.is_fixed() && !Mode::User.is_fixed() && !Mode::User.wanders());
        assert!(Mode::Round.wanders());
    }
}
