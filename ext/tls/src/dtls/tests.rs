//! Both sides against each other, over a path that loses, doubles and swaps; and what nobody has made.

use super::*;
use crate::{Context, Settings};
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Certificates of OpenSSL's, in a folder that goes away.
struct Folder(PathBuf);

impl Folder {
    fn new(kind: &[&str]) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("highper-dtls-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let made = Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=one.example",
            ])
            .args(["-keyout", "key.pem", "-out", "cert.pem"])
            .args(kind)
            .current_dir(&folder)
            .stderr(std::process::Stdio::null())
            .status();
        assert!(made.unwrap().success());
        Self(folder)
    }

    fn rsa() -> Self {
        Self::new(&["-newkey", "rsa:2048"])
    }

    fn ecdsa() -> Self {
        Self::new(&["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"])
    }

    fn settings(&self) -> Settings {
        Settings {
            certificate: Some(self.0.join("cert.pem")),
            key: Some(self.0.join("key.pem")),
            ca_file: Some(self.0.join("cert.pem")),
            datagrams: true,
            ..Settings::default()
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.0);
    }
}

fn config(context: &Context) -> Arc<Config> {
    context.datagrams().unwrap()
}

fn taken(from: &mut Packets) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    while let Some(datagram) = from.output() {
        all.push(datagram.to_vec());
        from.sent();
    }
    all
}

/// A reproducible choice of numbers.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

const PEER: &[u8] = b"192.0.2.1:5";

/// Knocks until the server knows the client.
fn known(client: &mut Packets, server: &Context, now: Instant) -> Packets {
    loop {
        for datagram in taken(client) {
            match server.knock(PEER, &datagram) {
                Knock::Nothing => {}
                Knock::Answer(answer) => {
                    assert!(answer.len() <= datagram.len());
                    client.take(&answer, now).unwrap();
                }
                Knock::Proven => {
                    let mut session = Packets::server(config(server), PEER, &datagram).unwrap();
                    session.take(&datagram, now).unwrap();
                    return session;
                }
            }
        }
    }
}

/// Both to the end of their handshake, by a path that does with datagrams what `path` says: how often each arrives.
fn shaken(
    client: &Context,
    server: &Context,
    mut path: impl FnMut() -> usize,
    swap: bool,
) -> (Packets, Packets) {
    let mut now = Instant::now();
    let name = Some("one.example".to_owned());
    let mut client = Packets::client(config(client), name, now).unwrap();
    let mut server = known(&mut client, server, now);
    for _turn in 0..1000 {
        let (mut up, mut down) = (taken(&mut client), taken(&mut server));
        if up.is_empty() && down.is_empty() {
            if !client.is_handshaking() && !server.is_handshaking() {
                return (client, server);
            }
            let due = [client.due(), server.due()].into_iter().flatten().min();
            now = due.expect("somebody waits without end");
            client.elapse(now);
            server.elapse(now);
            continue;
        }
        if swap {
            up.reverse();
            down.reverse();
        }
        for datagram in up {
            (0..path()).for_each(|_| server.take(&datagram, now).unwrap());
        }
        for datagram in down {
            (0..path()).for_each(|_| client.take(&datagram, now).unwrap());
        }
        now += Duration::from_millis(200);
    }
    panic!("no end");
}

fn talk(client: &mut Packets, server: &mut Packets) {
    let now = Instant::now();
    for (from, to, text) in [(0, 1, b"ping"), (1, 0, b"pong")] {
        let both = [&mut *client, &mut *server];
        assert_eq!(both[from].write(text), Some(4));
        let sent = taken(both[from]);
        for datagram in &sent {
            both[to].take(datagram, now).unwrap();
            // A second time it is nobody's.
            both[to].take(datagram, now).unwrap();
        }
        let mut buffer = [0; 100];
        assert_eq!(both[to].read(&mut buffer), Some(4));
        assert_eq!(&buffer[..4], text);
        assert_eq!(both[to].read(&mut buffer), None);
    }
}

#[test]
fn both_sides_understand_each_other() {
    for folder in [Folder::rsa(), Folder::ecdsa()] {
        for ciphers in ["ALL", "AES128", "AES256", "CHACHA20"] {
            let mut settings = folder.settings();
            settings.ciphers = Some(ciphers.to_owned());
            settings.verify_peer = true;
            let (client, server) = (settings.clone(), settings);
            let server = Context::server(server).unwrap();
            let client = Context::client(client).unwrap();
            let (mut client, mut server) = shaken(&client, &server, || 1, false);
            talk(&mut client, &mut server);
            assert!(client.certificates().is_some() && server.certificates().is_some());
            client.close();
            for datagram in taken(&mut client) {
                server.take(&datagram, Instant::now()).unwrap();
            }
            assert!(server.has_ended() && !client.has_ended());
        }
    }
}

#[test]
fn handshakes_end_well_on_a_bad_path() {
    let folder = Folder::rsa();
    let server = Context::server(folder.settings()).unwrap();
    let client = Context::client(folder.settings()).unwrap();
    for seed in 1..60 {
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(seed));
        // A third is lost, a third doubled.
        let path = move || dice.roll(3) as usize;
        let (mut client, mut server) = shaken(&client, &server, path, seed % 2 == 0);
        talk(&mut client, &mut server);
    }
}

#[test]
fn nothing_is_kept_of_who_does_not_get_the_answers() {
    let folder = Folder::ecdsa();
    let context = Context::server(folder.settings()).unwrap();
    let client = Context::client(folder.settings()).unwrap();
    let now = Instant::now();
    let mut client = Packets::client(config(&client), None, now).unwrap();
    let first = taken(&mut client).remove(0);
    let Knock::Answer(answer) = context.knock(PEER, &first) else {
        panic!("no answer");
    };
    assert!(answer.len() < first.len());
    client.take(&answer, now).unwrap();
    let second = taken(&mut client).remove(0);
    assert_eq!(context.knock(PEER, &second), Knock::Proven);
    // A cookie is its owner's, and of the processes that share it.
    assert!(matches!(
        context.knock(b"192.0.2.2:5", &second),
        Knock::Answer(_)
    ));
    assert_eq!(
        context.renewed().unwrap().knock(PEER, &second),
        Knock::Proven
    );
    let other = Context::server(folder.settings()).unwrap();
    assert!(matches!(other.knock(PEER, &second), Knock::Answer(_)));
    // It is good for two periods.
    let cookies = &config(&context).cookies;
    let period = cookie::period(SystemTime::now());
    for (period, is_good) in [(period + 1, true), (period + 3, false)] {
        assert_eq!(
            cookies.knock(PEER, &second, period) == Knock::Proven,
            is_good
        );
    }
    for length in 0..first.len() {
        assert_eq!(
            context.knock(PEER, &first[..length]),
            Knock::Nothing,
            "{length}"
        );
    }
}

#[test]
fn garbage_ends_nothing() {
    let folder = Folder::rsa();
    let server = Context::server(folder.settings()).unwrap();
    let client = Context::client(folder.settings()).unwrap();
    let (mut client, mut server) = shaken(&client, &server, || 1, false);
    let mut dice = Dice(0x1234_5678_9abc_def1);
    client.write(b"what is real").unwrap();
    let real = taken(&mut client).remove(0);
    for _turn in 0..20_000 {
        let mut datagram = real.clone();
        for _change in 0..=dice.roll(3) {
            let at = dice.roll(datagram.len() as u64) as usize;
            datagram[at] ^= 1 + dice.roll(255) as u8;
        }
        datagram.truncate(1 + dice.roll(real.len() as u64) as usize);
        if datagram != real {
            server.take(&datagram, Instant::now()).unwrap();
        }
    }
    let mut buffer = [0; 100];
    assert_eq!(server.read(&mut buffer), None);
    server.take(&real, Instant::now()).unwrap();
    assert_eq!(server.read(&mut buffer), Some(12));
    assert!(!server.has_ended());
}

#[test]
fn a_changed_handshake_ends_or_goes_on() {
    let folder = Folder::ecdsa();
    let context = Context::server(folder.settings()).unwrap();
    let offers = Context::client(folder.settings()).unwrap();
    let mut dice = Dice(77);
    for _turn in 0..400 {
        let now = Instant::now();
        let mut client = Packets::client(config(&offers), None, now).unwrap();
        let mut server = known(&mut client, &context, now);
        for _flight in 0..4 {
            for (from, to) in [(0, 1), (1, 0)] {
                let both = [&mut client, &mut server];
                for mut datagram in taken(both[from]) {
                    if dice.roll(2) == 0 {
                        let at = dice.roll(datagram.len() as u64) as usize;
                        datagram[at] ^= 1 << dice.roll(8);
                    }
                    // Whatever it is, it is an end or nothing; never keys that differ.
                    let _ends = both[to].take(&datagram, now);
                }
            }
        }
        if !client.is_handshaking()
            && !server.is_handshaking()
            && !client.has_ended()
            && !server.has_ended()
        {
            talk(&mut client, &mut server);
        }
    }
}

#[test]
fn a_client_that_has_forgotten_its_session_begins_another() {
    let folder = Folder::ecdsa();
    let context = Context::server(folder.settings()).unwrap();
    let offers = Context::client(folder.settings()).unwrap();
    let (_, mut server) = shaken(&offers, &context, || 1, false);
    let now = Instant::now();
    let mut again = Packets::client(config(&offers), None, now).unwrap();
    server.take(&taken(&mut again).remove(0), now).unwrap();
    assert!(!server.has_ended());
    again.take(&taken(&mut server).remove(0), now).unwrap();
    let hello = taken(&mut again).remove(0);
    server.take(&hello, now).unwrap();
    assert!(server.has_ended());
    assert_eq!(server.successor(), Some(hello));
}

#[test]
fn a_big_record_goes_as_one_and_more_goes_as_several() {
    let folder = Folder::ecdsa();
    let server = Context::server(folder.settings()).unwrap();
    let client = Context::client(folder.settings()).unwrap();
    let (mut client, mut server) = shaken(&client, &server, || 1, false);
    let data = vec![7; 20_000];
    assert_eq!(client.write(&data), Some(16 * 1024));
    // What waits goes first.
    assert_eq!(client.write(&data), Some(0));
    for datagram in taken(&mut client) {
        server.take(&datagram, Instant::now()).unwrap();
    }
    let mut buffer = vec![0; 10_000];
    assert_eq!(server.read(&mut buffer), Some(10_000));
    assert_eq!(server.read(&mut buffer), Some(6_384));
}
