//! Random histories of many coroutines, replayable by their seed.
//!
//! `HISTORY_SEED=n cargo test -p highper-engine --test history` replays one;
//! `HISTORY_ROUNDS=n` runs more of them.

#![allow(clippy::unwrap_used, reason = "tests")]

use highper_engine::channel::Channel;
use highper_engine::sync::Mutex;
use highper_engine::{self as engine, Ending, State, clock};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

struct World {
    random: Cell<u64>,
    channels: Vec<Channel<u64>>,
    mutexes: Vec<Mutex>,
    born: Cell<u64>,
    ended: Cell<u64>,
    pushed: Cell<u64>,
    popped: Cell<u64>,
    budget: Cell<u64>,
    drops: Cell<u64>,
    ids: RefCell<Vec<u64>>,
}

/// Counts that what a coroutine owns is dropped exactly once.
struct Owned(Rc<World>);

impl Drop for Owned {
    fn drop(&mut self) {
        self.0.drops.set(self.0.drops.get() + 1);
    }
}

impl World {
    fn random(&self, below: u64) -> u64 {
        let mut x = self.random.get();
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.random.set(x);
        (x >> 20) % below
    }
}

fn spawn(world: &Rc<World>, depth: u32) {
    if world.budget.get() == 0 {
        return;
    }
    world.budget.set(world.budget.get() - 1);
    world.born.set(world.born.get() + 1);
    let w = Rc::clone(world);
    let owned = Owned(Rc::clone(world));
    let id = engine::spawn(move || {
        live(&w, depth);
        drop(owned);
        w.ended.set(w.ended.get() + 1);
        Ending::Returned
    })
    .expect("a stack");
    world.ids.borrow_mut().push(id);
}

fn live(w: &Rc<World>, depth: u32) {
    for _ in 0..w.random(6) {
        let soon = Some(clock::now() + w.random(300_000));
        match w.random(14) {
            0..=2 if depth < 30 => spawn(w, depth + 1),
            3 => {
                let _ignored = engine::sleep(w.random(200_000));
            }
            4 => engine::yield_now(),
            5 => {
                let channel = &w.channels[w.random(4) as usize];
                if channel.push(1, soon).is_ok() {
                    w.pushed.set(w.pushed.get() + 1);
                }
            }
            6 => {
                let channel = &w.channels[w.random(4) as usize];
                if channel.pop(soon).is_ok() {
                    w.popped.set(w.popped.get() + 1);
                }
            }
            7 => {
                let mutex = &w.mutexes[w.random(3) as usize];
                if mutex.lock(soon).is_ok() {
                    engine::sleep(w.random(50_000));
                    assert_eq!(mutex.owner(), engine::current());
                    mutex.unlock();
                }
            }
            8 | 9 => {
                let id = pick(w);
                if engine::current() != Some(id) {
                    {
                        let _ignored = engine::cancel(id);
                    };
                }
            }
            10 => {
                engine::resume(pick(w));
            }
            11 => {
                let _ignored = engine::suspend();
            }
            12 => {
                let ids = [pick(w), pick(w)];
                if !ids.contains(&engine::current().unwrap()) {
                    let _late = engine::join(&ids, soon);
                }
            }
            _ => {
                let late = Some(clock::now() + w.random(100_000));
                let (tx, rx) = tokio::sync::oneshot::channel::<()>();
                if w.random(2) == 0 {
                    drop(tx);
                    drop(engine::await_future(rx, late));
                } else {
                    drop(engine::await_future(rx, late));
                    drop(tx);
                }
            }
        }
        let own = engine::info(engine::current().unwrap()).unwrap();
        assert_eq!(own.state, State::Running);
    }
}

fn pick(w: &World) -> u64 {
    let ids = w.ids.borrow();
    if ids.is_empty() {
        1
    } else {
        ids[w.random(ids.len() as u64) as usize]
    }
}

fn history(seed: u64, coroutines: u64) {
    let world = Rc::new(World {
        random: Cell::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1),
        channels: (0..4).map(|i| Channel::new(i + 1)).collect(),
        mutexes: (0..3).map(|_| Mutex::default()).collect(),
        born: Cell::new(0),
        ended: Cell::new(0),
        pushed: Cell::new(0),
        popped: Cell::new(0),
        budget: Cell::new(coroutines),
        drops: Cell::new(0),
        ids: RefCell::default(),
    });
    let w = Rc::clone(&world);
    let start = move || {
        while w.budget.get() > 0 {
            spawn(&w, 0);
        }
    };
    let mut end = engine::run(start, || false).expect("a loop");
    // Those that suspended themselves with nobody left to resume them: end them.
    while let engine::End::Deadlock(ids) = end {
        end = engine::run(
            move || {
                for id in ids {
                    {
                        let _ignored = engine::cancel(id);
                    };
                }
            },
            || false,
        )
        .expect("a loop");
    }
    assert_eq!(
        world.born.get(),
        world.ended.get(),
        "seed {seed}: all that began must end"
    );
    assert_eq!(
        world.born.get(),
        world.drops.get(),
        "seed {seed}: what they owned is dropped once"
    );
    let left: usize = world.channels.iter().map(Channel::len).sum();
    assert_eq!(
        world.pushed.get(),
        world.popped.get() + left as u64,
        "seed {seed}: items are neither lost nor doubled"
    );
    assert!(
        world.mutexes.iter().all(|m| m.owner().is_none()),
        "seed {seed}: a lock was lost"
    );
    assert_eq!(engine::stats().live, 0);
}

#[test]
fn random_histories_end_whole() {
    let number = |name: &str| std::env::var(name).ok().and_then(|v| v.parse::<u64>().ok());
    if let Some(seed) = number("HISTORY_SEED") {
        return history(seed, 10_000);
    }
    for seed in 1..=number("HISTORY_ROUNDS").unwrap_or(8) {
        history(seed, 10_000);
    }
}
