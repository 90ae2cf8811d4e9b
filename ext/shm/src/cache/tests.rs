use super::*;

const TEXT: Kind = Kind(0);

fn get(cache: &Cache, key: &str) -> Option<Vec<u8>> {
    cache.get(key.as_bytes(), |found| {
        let mut bytes = vec![0; found.len()];
        found.copy(&mut bytes);
        bytes
    })
}

fn set(cache: &Cache, key: &str, value: &[u8]) {
    cache.set(key.as_bytes(), TEXT, value, None).unwrap();
}

/// What a key shall have: its length and each byte follow from a number.
fn pattern(number: usize, length: usize) -> Vec<u8> {
    (0..length).map(|i| (number * 31 + i) as u8).collect()
}

#[test]
fn values_of_all_sizes_come_back_and_are_replaced_and_removed() {
    let cache = Cache::new(1 << 20).unwrap();
    for round in 0..3 {
        for length in [0, 1, 7, 8, 80, 81, 88, 89, 200, 5000, 100_000] {
            let key = format!("key-{length}");
            let value = pattern(round + length, length);
            set(&cache, &key, &value);
            assert_eq!(get(&cache, &key), Some(value));
        }
    }
    assert_eq!(cache.stats().items, 11);
    for key in ["", "k", "exactly8", &"long".repeat(250)] {
        set(&cache, key, key.as_bytes());
        assert_eq!(get(&cache, key), Some(key.as_bytes().to_vec()));
        assert!(cache.remove(key.as_bytes()));
        assert!(!cache.remove(key.as_bytes()));
        assert_eq!(get(&cache, key), None);
    }
    cache.clear();
    assert_eq!((cache.stats().items, cache.stats().used), (0, 0));
    assert_eq!(get(&cache, "key-80"), None);
}

#[test]
fn what_is_too_large_is_refused_and_the_old_value_stays() {
    let cache = Cache::new(LEAST).unwrap();
    set(&cache, "k", b"old");
    let huge = vec![1; cache.largest()];
    let refused = cache.set(b"k", TEXT, &huge, None);
    assert_eq!(refused, Err(Refused::TooLarge));
    let refused = cache.set(&[b'k'; KEY_MAX + 1], TEXT, b"", None);
    assert_eq!(refused, Err(Refused::TooLarge));
    assert_eq!(get(&cache, "k"), Some(b"old".to_vec()));
    let large = pattern(3, cache.largest() - 1);
    set(&cache, "k", &large);
    set(&cache, "l", &large);
    assert_eq!(get(&cache, "l"), Some(large));
}

#[test]
fn the_one_that_was_not_used_for_the_longest_gives_way() {
    let cache = Cache::new(LEAST).unwrap();
    set(&cache, "kept", b"kept");
    for i in 0..5000 {
        set(&cache, &format!("key-{i}"), &pattern(i, 100));
        assert!(get(&cache, "kept").is_some(), "after {i}");
    }
    let stats = cache.stats();
    assert!(stats.evicted > 4000);
    assert!(stats.used <= stats.limit && stats.bytes <= stats.limit);
    assert!(get(&cache, "key-0").is_none());
    assert_eq!(get(&cache, "key-4999"), Some(pattern(4999, 100)));
}

#[test]
fn values_end_and_are_counted_in() {
    let cache = Cache::new(LEAST).unwrap();
    let short = Some(Duration::from_millis(30));
    cache.set(b"k", TEXT, b"v", short).unwrap();
    assert_eq!(cache.add(b"k", TEXT, b"w", None), Ok(false));
    assert!(get(&cache, "k").is_some());
    // SAFETY: touches no memory.
    unsafe { libc::usleep(50_000) };
    assert!(get(&cache, "k").is_none());
    assert_eq!(cache.stats().items, 0);
    assert_eq!(cache.stats().expired, 1);
    assert_eq!(cache.add(b"k", TEXT, b"w", None), Ok(true));
    assert_eq!(cache.increment(b"k", 1, None), Err(Refused::NoInteger));
    assert_eq!(cache.increment(b"n", 5, None), Ok(5));
    assert_eq!(cache.increment(b"n", -7, None), Ok(-2));
}

fn fork(body: impl FnOnce()) -> i32 {
    // SAFETY: the child works in shared memory and leaves by _exit.
    let pid = unsafe { libc::fork() };
    assert!(pid >= 0);
    if pid == 0 {
        body();
        // SAFETY: ends this process.
        unsafe { libc::_exit(0) };
    }
    pid
}

fn collect(pid: i32) -> i32 {
    let mut status = 0;
    // SAFETY: waits for a child made above.
    unsafe { libc::waitpid(pid, &raw mut status, 0) };
    status
}

#[test]
fn processes_see_whole_values_while_others_write() {
    let cache = Cache::new(LEAST).unwrap();
    let work = |salt: usize| {
        for i in 0..60_000_usize {
            let number = (i * 7 + salt) % 300;
            let key = format!("key-{number}");
            match i % 5 {
                0 | 1 => set(&cache, &key, &pattern(number, number * 3)),
                2 if i % 3 == 0 => drop(cache.remove(key.as_bytes())),
                _ => {
                    if let Some(value) = get(&cache, &key) {
                        assert_eq!(value, pattern(number, number * 3));
                    }
                }
            }
        }
    };
    let children = [fork(|| work(1)), fork(|| work(2))];
    work(3);
    for child in children {
        assert_eq!(collect(child), 0);
    }
    assert_eq!(cache.stats().emptied, 0);
}

#[test]
fn increments_of_processes_all_count() {
    let cache = Cache::new(LEAST).unwrap();
    let work = || {
        for _ in 0..20_000 {
            cache.increment(b"n", 1, None).unwrap();
        }
    };
    let child = fork(work);
    work();
    assert_eq!(collect(child), 0);
    assert_eq!(cache.increment(b"n", 0, None), Ok(40_000));
}

#[test]
fn a_writer_killed_at_any_moment_leaves_a_cache_that_works() {
    let cache = Cache::new(LEAST).unwrap();
    for round in 0..60_u32 {
        let writer = fork(|| {
            for i in 0.. {
                let number = i % 200;
                set(
                    &cache,
                    &format!("key-{number}"),
                    &pattern(number, number * 5),
                );
            }
        });
        // SAFETY: touches no memory.
        unsafe { libc::usleep(500 + round * 37) };
        // SAFETY: kills the child made above.
        unsafe { libc::kill(writer, libc::SIGKILL) };
        for number in 0..200 {
            if let Some(value) = get(&cache, &format!("key-{number}")) {
                assert_eq!(value, pattern(number, number * 5));
            }
        }
        set(&cache, "own", b"whole");
        assert_eq!(get(&cache, "own"), Some(b"whole".to_vec()));
        collect(writer);
    }
    for i in 0..2000 {
        set(&cache, &format!("more-{i}"), &pattern(i, 300));
    }
    assert_eq!(get(&cache, "more-1999"), Some(pattern(1999, 300)));
}
