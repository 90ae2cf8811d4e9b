use super::*;
use highper_engine::{self as engine, Ending};
use std::rc::Rc;

fn in_loop(body: impl FnOnce() + 'static) {
    let end = engine::run(
        || {
            engine::spawn(|| {
                body();
                Ending::Returned
            })
            .unwrap();
        },
        || false,
    );
    assert_eq!(end.unwrap(), engine::End::Finished);
}

fn go(body: impl FnOnce() + 'static) -> u64 {
    engine::spawn(|| {
        body();
        Ending::Returned
    })
    .unwrap()
}

fn pool(max: usize) -> Rc<Pool<u32>> {
    Rc::new(Pool::new(Limits {
        max,
        ..Limits::default()
    }))
}

fn take(pool: &Pool<u32>) -> Result<Taken<u32>, Refused> {
    pool.take(|| "x.php:1".to_owned(), None)
}

/// Takes one, making it if need be.
fn get(pool: &Pool<u32>) -> (Ticket, u32) {
    match take(pool).unwrap() {
        Taken::Idle(ticket, value) => (ticket, value),
        Taken::New(ticket) => {
            let number = ticket.number as u32;
            (ticket, number)
        }
    }
}

#[test]
fn what_was_given_back_last_is_taken_first() {
    in_loop(|| {
        let pool = pool(3);
        let (a, b) = (get(&pool), get(&pool));
        pool.give_back(a.0, a.1);
        pool.give_back(b.0, b.1);
        assert_eq!(get(&pool).1, b.1);
        let counts = pool.counts();
        assert_eq!((counts.idle, counts.taken, counts.made), (1, 1, 2));
    });
}

#[test]
fn a_hundred_coroutines_share_two_first_come_first_served() {
    in_loop(|| {
        let pool = pool(2);
        let order = Rc::new(RefCell::new(Vec::new()));
        let ids: Vec<_> = (0..100)
            .map(|n| {
                let (pool, order) = (Rc::clone(&pool), Rc::clone(&order));
                go(move || {
                    let (ticket, value) = get(&pool);
                    order.borrow_mut().push(n);
                    assert!(pool.counts().taken <= 2);
                    engine::sleep(100_000);
                    pool.give_back(ticket, value);
                })
            })
            .collect();
        engine::join(&ids, None).unwrap();
        assert_eq!(*order.borrow(), (0..100).collect::<Vec<_>>());
        let counts = pool.counts();
        assert_eq!(
            (counts.idle, counts.taken, counts.made, counts.waiting),
            (2, 0, 2, 0)
        );
        assert_eq!((counts.takes, counts.waits), (100, 98));
    });
}

#[test]
fn who_waits_too_long_is_told_who_has_it() {
    in_loop(|| {
        let pool: Pool<u32> = Pool::new(Limits {
            max: 1,
            wait: Some(Duration::from_millis(20)),
            ..Limits::default()
        });
        let (ticket, value) = get(&pool);
        let Err(Refused::TimedOut(time, 1, Some(held))) = take(&pool) else {
            panic!("there was none to be had");
        };
        assert!(time >= Duration::from_millis(19), "{time:?}");
        assert_eq!(held.place, "x.php:1");
        assert_eq!(Some(held.coroutine), engine::current());
        pool.give_back(ticket, value);
        assert_eq!(pool.counts().refused, 1);
        assert_eq!(get(&pool).1, value);
    });
}

#[test]
fn an_earlier_deadline_ends_the_wait() {
    in_loop(|| {
        let pool = pool(1);
        let _held = get(&pool);
        let begun = clock::now();
        let soon = clock::after(Duration::from_millis(10));
        assert!(matches!(
            pool.take(String::new, Some(soon)),
            Err(Refused::TimedOut(..))
        ));
        assert!(clock::now() - begun < 1_000_000_000);
    });
}

#[test]
fn the_line_is_bounded() {
    in_loop(|| {
        let pool: Rc<Pool<u32>> = Rc::new(Pool::new(Limits {
            max: 1,
            queue: 1,
            ..Limits::default()
        }));
        let (ticket, value) = get(&pool);
        let other = Rc::clone(&pool);
        let id = go(move || {
            let (ticket, value) = get(&other);
            other.give_back(ticket, value);
        });
        assert!(matches!(take(&pool), Err(Refused::Crowded(1))));
        pool.give_back(ticket, value);
        engine::join(&[id], None).unwrap();
    });
}

#[test]
fn one_that_is_given_up_makes_room_for_a_new_one() {
    in_loop(|| {
        let pool = pool(1);
        let (ticket, _) = get(&pool);
        let other = Rc::clone(&pool);
        let id = go(move || {
            let Taken::New(ticket) = take(&other).unwrap() else {
                panic!("the old one is gone");
            };
            other.give_up(ticket);
        });
        pool.give_up(ticket);
        engine::join(&[id], None).unwrap();
        assert_eq!(pool.counts().taken, 0);
    });
}

#[test]
fn who_is_cancelled_in_line_leaves_it() {
    in_loop(|| {
        let pool = pool(1);
        let (ticket, value) = get(&pool);
        let other = Rc::clone(&pool);
        let id = go(move || assert!(matches!(take(&other), Err(Refused::Cancelled))));
        engine::cancel(id).unwrap();
        engine::join(&[id], None).unwrap();
        pool.give_back(ticket, value);
        assert_eq!((pool.counts().waiting, pool.counts().idle), (0, 1));
    });
}

#[test]
fn those_past_their_limits_go() {
    in_loop(|| {
        let pool: Pool<u32> = Pool::new(Limits {
            max: 3,
            min_idle: 1,
            idle: Some(Duration::from_millis(5)),
            lifetime: Some(Duration::from_millis(60)),
            ..Limits::default()
        });
        let (a, b) = (get(&pool), get(&pool));
        pool.give_back(a.0, a.1);
        pool.give_back(b.0, b.1);
        assert_eq!(pool.take_old(), None);
        engine::sleep(10_000_000);
        assert_eq!(pool.take_old(), Some(a.1));
        assert_eq!(pool.take_old(), None, "one is kept");
        engine::sleep(60_000_000);
        assert_eq!(pool.take_old(), Some(b.1), "but not past its life");
        assert_eq!(pool.counts().ended, 2);
    });
}

#[test]
fn a_closed_pool_keeps_nothing_and_sends_all_away() {
    in_loop(|| {
        let pool = pool(2);
        let (a, b) = (get(&pool), get(&pool));
        let ids: Vec<_> = (0..3)
            .map(|_| {
                let other = Rc::clone(&pool);
                go(move || assert!(matches!(take(&other), Err(Refused::Closed))))
            })
            .collect();
        pool.give_back(a.0, a.1);
        assert!(pool.close().is_empty() || pool.counts().idle == 0);
        pool.give_back(b.0, b.1);
        engine::join(&ids, None).unwrap();
        assert!(matches!(take(&pool), Err(Refused::Closed)));
        assert_eq!((pool.counts().idle, pool.counts().taken), (0, 0));
    });
}

#[test]
fn outside_of_coroutines_there_is_no_waiting() {
    let pool = pool(1);
    let held = get(&pool);
    assert!(matches!(take(&pool), Err(Refused::Unable(1))));
    pool.give_back(held.0, held.1);
    assert_eq!(get(&pool).1, 1);
}
