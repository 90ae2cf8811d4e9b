use super::*;

fn columns() -> Vec<Column> {
    vec![
        Column::new("id", ColumnKind::Int, 0),
        Column::new("name", ColumnKind::Bytes, 10),
        Column::new("part", ColumnKind::Float, 0),
    ]
}

fn table(rows: u32) -> Table {
    Table::new(rows, 0.2, columns()).unwrap()
}

fn text(row: &RowView<'_>) -> Vec<u8> {
    let mut bytes = vec![0; row.len(1)];
    row.copy(1, &mut bytes);
    bytes
}

fn set(table: &Table, key: &str, id: i64, name: &[u8]) -> Result<(), Full> {
    let cells = [Cell::Int(id), Cell::Bytes(name), Cell::Keep];
    table.set(&Key::new(key.as_bytes()), |number| cells[number])
}

fn read(table: &Table, key: &str) -> Option<(i64, Vec<u8>, f64)> {
    table.get(&Key::new(key.as_bytes()), |row| {
        (row.int(0), text(row), row.float(2))
    })
}

#[test]
fn rows_are_written_read_changed_and_removed() {
    let table = table(1000);
    assert_eq!(table.size(), 1024);
    set(&table, "a", 7, b"seven").unwrap();
    assert_eq!(read(&table, "a"), Some((7, b"seven".to_vec(), 0.0)));
    let a = Key::new(b"a");
    assert_eq!(table.add(&a, 0, -9), Ok(-2));
    assert_eq!(table.add_float(&a, 2, 0.5), Ok(0.5));
    set(&table, "a", 8, b"a longer text than fits in 16").unwrap();
    assert_eq!(
        read(&table, "a"),
        Some((8, b"a longer text th".to_vec(), 0.5))
    );
    assert_eq!(table.add(&Key::new(b"b"), 0, 5), Ok(5));
    assert_eq!(table.len(), 2);
    assert!(table.remove(&a));
    assert!(!table.remove(&a));
    assert_eq!(read(&table, "a"), None);
    set(&table, "a", 1, b"").unwrap();
    assert_eq!(read(&table, "a"), Some((1, Vec::new(), 0.0)));
    let stats = table.stats();
    assert_eq!((stats.inserted, stats.updated, stats.deleted), (3, 3, 1));
}

#[test]
fn a_table_filled_to_the_brim_refuses_and_has_room_again() {
    let table = table(64);
    let mut kept = Vec::new();
    let mut refused = 0;
    for i in 0..500 {
        let key = format!("key{i}");
        match set(&table, &key, i, key.as_bytes()) {
            Ok(()) => kept.push((key, i)),
            Err(Full) => refused += 1,
        }
    }
    assert!(refused > 0);
    assert_eq!(table.stats().spare, 0);
    assert_eq!(table.len(), kept.len() as i64);
    for (key, i) in &kept {
        assert_eq!(read(&table, key).unwrap().0, *i);
    }
    let mut seen = 0;
    let mut from = 0;
    while let Some((number, rows)) = table.next_bucket(from, |row| row.key()) {
        seen += rows.len();
        from = number + 1;
    }
    assert_eq!(seen, kept.len());
    for (key, _) in &kept {
        assert!(table.remove(&Key::new(key.as_bytes())));
    }
    let stats = table.stats();
    assert_eq!((stats.rows, stats.spare), (0, stats.spare_total));
    assert!(table.next_bucket(0, |_| ()).is_none());
    for i in 0..20 {
        set(&table, &format!("again{i}"), i, b"").unwrap();
    }
}

#[test]
fn long_keys_count_by_their_first_bytes() {
    let table = table(64);
    let long = "k".repeat(100);
    set(&table, &long, 1, b"").unwrap();
    assert_eq!(read(&table, &long).unwrap().0, 1);
    let (_, keys) = table.next_bucket(0, |row| row.key()).unwrap();
    assert_eq!(keys, [b"k".repeat(KEY_MAX)]);
    set(&table, "", 2, b"").unwrap();
    set(&table, "\0", 3, b"").unwrap();
    assert_eq!(read(&table, "").unwrap().0, 2);
    assert_eq!(read(&table, "\0").unwrap().0, 3);
}

/// Runs `body` in a forked process. Its number.
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
fn readers_never_see_half_of_what_a_writer_writes() {
    let table = table(64);
    set(&table, "row", 0, b"0000000000").unwrap();
    let writer = fork(|| {
        for i in 0..200_000_i64 {
            let digit = b'0' + (i % 10) as u8;
            set(&table, "row", i % 10, &[digit; 10]).unwrap();
            let other = format!("key{}", i % 90);
            let _full = set(&table, &other, i, b"x");
            table.remove(&Key::new(other.as_bytes()));
        }
    });
    for _ in 0..200_000 {
        let (id, name, _) = read(&table, "row").unwrap();
        assert_eq!(name, [b'0' + id as u8; 10]);
    }
    assert_eq!(collect(writer), 0);
    assert_eq!(table.len(), 1);
}

#[test]
fn a_writer_killed_at_any_moment_leaves_a_table_that_works() {
    let table = table(64);
    for round in 0..60_u64 {
        let writer = fork(|| {
            for i in 0.. {
                let key = format!("key{}", i % 70);
                let _full = set(&table, &key, i, b"0123456789abcdef");
                if i % 3 == 0 {
                    table.remove(&Key::new(key.as_bytes()));
                }
            }
        });
        // SAFETY: touches no memory.
        unsafe { libc::usleep(500 + round as u32 * 37) };
        // SAFETY: kills the child made above.
        unsafe { libc::kill(writer, libc::SIGKILL) };
        // Not collected yet: a zombie holds nothing either.
        for i in 0..70 {
            let key = format!("key{i}");
            if set(&table, &key, 1, b"whole").is_ok() {
                assert_eq!(read(&table, &key).unwrap().1, b"whole");
            }
        }
        collect(writer);
    }
    for i in 0..70 {
        table.remove(&Key::new(format!("key{i}").as_bytes()));
    }
    assert!(table.next_bucket(0, |_| ()).is_none());
    set(&table, "last", 3, b"").unwrap();
    assert_eq!(read(&table, "last").unwrap().0, 3);
}

#[test]
fn impossible_sizes_are_refused() {
    let huge = vec![Column::new("x", ColumnKind::Bytes, usize::MAX / 2)];
    assert!(Table::new(1024, 1.0, huge).is_err());
    assert_eq!(rows_for(0), 64);
    assert_eq!(rows_for(u32::MAX), 0x8000_0000);
}
