use super::*;
use crate::Part;

/// All parts of all replies, as text.
fn read(input: &[u8], step: usize) -> Result<Vec<String>, String> {
    let mut parser = Parser::default();
    let (mut buffer, mut all) = (Vec::new(), Vec::new());
    for bytes in input.chunks(step.max(1)) {
        buffer.extend_from_slice(bytes);
        loop {
            let (used, reply) = parser.feed(&buffer)?;
            buffer.drain(..used);
            let Some(reply) = reply else { break };
            let parts: Vec<String> = reply
                .walk()
                .map(|part| match part {
                    Part::Text(text) => format!("'{}'", String::from_utf8_lossy(text)),
                    Part::Status(text) => format!("+{}", String::from_utf8_lossy(text)),
                    Part::Error(text) => format!("-{}", String::from_utf8_lossy(text)),
                    other => format!("{other:?}"),
                })
                .collect();
            all.push(format!(
                "{}{}",
                if reply.is_push() { "push " } else { "" },
                parts.join(" ")
            ));
        }
    }
    match parser.is_empty() && buffer.is_empty() {
        true => Ok(all),
        false => Err("something is left".into()),
    }
}

#[test]
fn all_kinds_however_they_are_cut() {
    let input = b"+OK\r\n-ERR no\r\n:-12\r\n$5\r\na\r\nbc\r\n$0\r\n\r\n$-1\r\n*-1\r\n*0\r\n_\r\n#t\r\n#f\r\n,1.5\r\n,inf\r\n,-inf\r\n\
        (123456789012345678901234567890\r\n=7\r\ntxt:abc\r\n!3\r\nERR\r\n*2\r\n:1\r\n*1\r\n$1\r\nx\r\n%1\r\n+k\r\n~1\r\n:2\r\n\
        >2\r\n+message\r\n:1\r\n|1\r\n+ttl\r\n:5\r\n*2\r\n:1\r\n|1\r\n+a\r\n*1\r\n:9\r\n:2\r\n";
    let wanted = [
        "+OK",
        "-ERR no",
        "Int(-12)",
        "'a\r\nbc'",
        "''",
        "Null",
        "Null",
        "List(0)",
        "Null",
        "Bool(true)",
        "Bool(false)",
        "Double(1.5)",
        "Double(inf)",
        "Double(-inf)",
        "'123456789012345678901234567890'",
        "'abc'",
        "-ERR",
        "List(2) Int(1) List(1) 'x'",
        "Map(1) +k List(1) Int(2)",
        "push List(2) +message Int(1)",
        "List(2) Int(1) Int(2)",
    ];
    for step in [1, 2, 3, 7, input.len()] {
        assert_eq!(read(input, step).unwrap(), wanted, "step {step}");
    }
}

#[test]
fn what_is_no_redis() {
    for input in [
        &b"HTTP/1.1 400 Bad Request\r\n"[..],
        b"$x\r\n",
        b"$-2\r\n",
        b"$99999999999999\r\n",
        b"$1\r\nabc\r\n",
        b"*-5\r\n",
        b":1x\r\n",
        b"#x\r\n",
        b"\r\n",
        b"+OK\n",
    ] {
        let error = read(input, input.len());
        assert!(error.is_err(), "{}", String::from_utf8_lossy(input));
    }
    assert!(read(&b"*1\r\n".repeat(100), 400).is_err());
    assert!(read(&vec![b'+'; 70_000], 70_000).is_err());
}

#[test]
fn parts_are_passed_over() {
    let (_, reply) = Parser::default()
        .feed(b"*3\r\n*2\r\n:1\r\n%1\r\n+a\r\n:2\r\n:3\r\n:4\r\n")
        .unwrap();
    let reply = reply.unwrap();
    let mut walk = reply.walk();
    assert_eq!(walk.next(), Some(Part::List(3)));
    walk.skip_part();
    assert_eq!(walk.next(), Some(Part::Int(3)));
}

/// Bytes at random, and whole replies with bytes changed, never make it panic.
#[test]
fn whatever_comes() {
    let whole = b"*3\r\n$3\r\nabc\r\n%2\r\n+a\r\n:1\r\n+b\r\n,2.5\r\n|1\r\n+x\r\n_\r\n>1\r\n=7\r\ntxt:abc\r\n";
    let mut seed = 1_u64;
    let mut next = move || {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize
    };
    for _ in 0..20_000 {
        let mut bytes = whole.to_vec();
        for _ in 0..=next() % 4 {
            let at = next() % bytes.len();
            match next() % 3 {
                0 => bytes[at] = next() as u8,
                1 => bytes[at] = b"$*%|~>:0123456789-\r\n"[next() % 20],
                _ => {
                    bytes.remove(at);
                }
            }
        }
        let mut parser = Parser::default();
        let mut rest = &*bytes;
        while let Ok((used, Some(_))) = parser.feed(rest) {
            rest = &rest[used..];
        }
    }
}
