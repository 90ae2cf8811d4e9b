use super::*;

#[test]
fn layout_is_as_meant() {
    assert_eq!(size_of::<Record>(), 256);
    assert_eq!(align_of::<Slot>(), 64);
    assert_eq!(std::mem::offset_of!(Slot, hot) % 64, 0);
}

#[test]
fn slots_are_claimed_and_released() {
    let board = ScoreBoard::new(2, 4).unwrap();
    let a = board.claim(0, 0, 1).unwrap();
    let b = board.claim(1, 1, 1).unwrap();
    assert!(board.claim(2, 0, 1).is_none());
    assert_eq!(board.slots()[b].kind(), 1);
    assert!(board.slots()[a].make_ready());
    assert!(!board.slots()[a].make_ready());
    board.release(a);
    assert_eq!(board.claim(7, 0, 2), Some(a));
    assert_eq!(board.slots()[a].id(), 7);
    assert_eq!(board.slots()[a].state(), State::Starting);
    assert!(board.slots()[a].want_recycle(Reason::Age));
    assert!(!board.slots()[a].want_recycle(Reason::Fatal));
    assert_eq!(board.slots()[a].reason(), Some(Reason::Age));
}

#[test]
fn running_requests_are_seen_and_ended() {
    let board = ScoreBoard::new(1, 2).unwrap();
    let slot = board.claim(0, 0, 1).unwrap();
    let mut tickets = board.tickets();
    for _ in 0..3 {
        assert_eq!(board.come(slot), Ticket::UNRECORDED);
    }
    let first = board.begin(slot, &mut tickets, b"GET /a HTTP/1.1", 5);
    let second = board.begin(slot, &mut tickets, &[b'x'; 500], 4);
    let third = board.begin(slot, &mut tickets, b"GET /c", 6);
    assert_eq!(board.slots()[slot].in_flight(), 3);
    let lines = board.running(slot);
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0].line, "x".repeat(LINE_MAX));
    assert_eq!(lines[1].line, "GET /a HTTP/1.1");
    assert_eq!(board.end(slot, &mut tickets, first, (3, 4)), 1);
    assert_eq!(board.end(slot, &mut tickets, second, (3, 4)), 2);
    assert_eq!(board.end(slot, &mut tickets, third, (3, 4)), 3);
    assert!(board.running(slot).is_empty());
    assert_eq!(board.slots()[slot].in_flight(), 0);
    assert_eq!(board.last_request(slot).unwrap().line, "x".repeat(LINE_MAX));
    let unseen = board.come(slot);
    assert!(board.running(slot).is_empty() && board.slots()[slot].in_flight() == 1);
    assert_eq!(board.end(slot, &mut tickets, unseen, (3, 4)), 4);
    let again = board.begin(slot, &mut tickets, b"POST /\r\n\x1b[0m", 9);
    assert_eq!(board.running(slot)[0].line, "POST /???[0m");
    assert_eq!(board.last_request(slot).unwrap().line, "POST /???[0m");
    let _ = board.end(slot, &mut tickets, again, (3, 4));
    board.release(slot);
    assert_eq!(board.total_requests(), 5);
}

#[test]
fn a_killed_process_leaves_its_lines() {
    let board = ScoreBoard::new(1, 8).unwrap();
    let slot = board.claim(0, 0, 1).unwrap();
    // SAFETY: the child writes to shared memory and is killed.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        let mut tickets = Tickets {
            free: (0..8).rev().collect(),
        };
        let _kept = board.begin(slot, &mut tickets, b"GET /slow?q=1 HTTP/1.1", 1);
        board.slots()[slot].make_ready();
        loop {
            // Writing all the time: the kill hits in the middle.
            let t = board.begin(slot, &mut tickets, &[b'y'; 200], 2);
            let _ = board.end(slot, &mut tickets, t, (3, 4));
        }
    }
    while board.slots()[slot].state() != State::Ready {
        std::thread::yield_now();
    }
    for _ in 0..1000 {
        for request in board.running(slot) {
            assert!(request.line.starts_with("GET /slow") || request.line.starts_with('y'));
        }
    }
    // SAFETY: kills and collects the child made above.
    unsafe {
        libc::kill(pid, libc::SIGKILL);
        libc::waitpid(pid, std::ptr::null_mut(), 0);
    }
    assert_eq!(board.running(slot)[0].line, "GET /slow?q=1 HTTP/1.1");
    assert!(board.slots()[slot].requests() > 0);
}

#[test]
fn commands_are_taken_once() {
    let board = ScoreBoard::new(1, 0).unwrap();
    board.ask(Command::Reload);
    board.ask(Command::Shutdown);
    board.ask(Command::Reload);
    let taken: Vec<_> = board.take_commands().collect();
    assert_eq!(taken, [Command::Shutdown, Command::Reload]);
    assert_eq!(board.take_commands().count(), 0);
    let mut tickets = board.tickets();
    let slot = board.claim(0, 0, 1).unwrap();
    let t = board.begin(slot, &mut tickets, b"GET /", 0);
    assert_eq!(board.end(slot, &mut tickets, t, (3, 4)), 1);
    board.set_script(b"/srv/app/server.php");
    assert_eq!(board.script(), "/srv/app/server.php");
}

#[test]
fn a_line_of_any_length_is_kept_to_its_end() {
    let board = ScoreBoard::new(1, 1).unwrap();
    let slot = board.claim(0, 0, 1).unwrap();
    let mut tickets = board.tickets();
    let text: Vec<u8> = (0..LINE_MAX).map(|i| b'a' + (i % 26) as u8).collect();
    for length in (0..=LINE_MAX).rev() {
        let ticket = board.begin(slot, &mut tickets, &text[..length], 1);
        assert_eq!(board.running(slot)[0].line.as_bytes(), &text[..length]);
        let last = board.last_request(slot).unwrap().line;
        assert_eq!(&last.as_bytes()[..length], &text[..length]);
        if length < LINE_MAX {
            assert_eq!(last.len() / 8, length / 8, "zeros end it");
        }
        let _ = board.end(slot, &mut tickets, ticket, (0, 0));
    }
}
