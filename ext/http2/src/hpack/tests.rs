use super::*;

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter_map(|c| c.to_digit(16))
        .map(|digit| digit as u8)
        .collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

fn fields(pairs: &[(&str, &str)]) -> Vec<Field> {
    pairs
        .iter()
        .map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()))
        .collect()
}

/// RFC 7541, appendices C.3, C.4 and C.6.
#[test]
fn examples_of_the_rfc() {
    let requests = [
        vec![
            (":method", "GET"),
            (":scheme", "http"),
            (":path", "/"),
            (":authority", "www.example.com"),
        ],
        vec![
            (":method", "GET"),
            (":scheme", "http"),
            (":path", "/"),
            (":authority", "www.example.com"),
            ("cache-control", "no-cache"),
        ],
        vec![
            (":method", "GET"),
            (":scheme", "https"),
            (":path", "/index.html"),
            (":authority", "www.example.com"),
            ("custom-key", "custom-value"),
        ],
    ];
    for blocks in [
        [
            "828684410f7777772e6578616d706c652e636f6d",
            "828684be58086e6f2d6361636865",
            "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
        ],
        [
            "828684418cf1e3c2e5f23a6ba0ab90f4ff",
            "828684be5886a8eb10649cbf",
            "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
        ],
    ] {
        let mut decoder = Decoder::new(4096);
        for (block, wanted) in blocks.iter().zip(&requests) {
            assert_eq!(decoder.decode(&hex(block), 9999), Ok(fields(wanted)));
        }
    }
    let mut decoder = Decoder::new(256);
    let (date, later) = (
        "Mon, 21 Oct 2013 20:13:21 GMT",
        "Mon, 21 Oct 2013 20:13:22 GMT",
    );
    let location = ("location", "https://www.example.com");
    let cookie = "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1";
    for (block, wanted) in [
        (
            "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3",
            vec![
                (":status", "302"),
                ("cache-control", "private"),
                ("date", date),
                location,
            ],
        ),
        (
            "4883640effc1c0bf",
            vec![
                (":status", "307"),
                ("cache-control", "private"),
                ("date", date),
                location,
            ],
        ),
        (
            "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
            vec![
                (":status", "200"),
                ("cache-control", "private"),
                ("date", later),
                location,
                ("content-encoding", "gzip"),
                ("set-cookie", cookie),
            ],
        ),
    ] {
        assert_eq!(decoder.decode(&hex(block), 9999), Ok(fields(&wanted)));
    }
}

#[test]
fn what_is_written_is_read() {
    let mut encoder = Encoder::default();
    let mut decoder = Decoder::new(4096);
    let all: Vec<u8> = (0..=255).collect();
    let mut sizes = Vec::new();
    for round in 0..40 {
        if round == 20 {
            encoder.allow(100);
        }
        let wanted = vec![
            (b":method".to_vec(), b"POST".to_vec()),
            (b":path".to_vec(), format!("/{round}").into_bytes()),
            (b"x-all".to_vec(), all.clone()),
            (b"cookie".to_vec(), b"secret=1".to_vec()),
            (b"x-empty".to_vec(), Vec::new()),
            (format!("x-{round}").into_bytes(), vec![b'a'; round * 20]),
        ];
        let mut block = Vec::new();
        encoder.encode(wanted.iter().map(|(n, v)| (&n[..], &v[..])), &mut block);
        sizes.push(block.len());
        assert_eq!(decoder.decode(&block, 99_999), Ok(wanted), "round {round}");
    }
    assert!(sizes[1] < sizes[0] / 4, "the table is not used: {sizes:?}");
}

#[test]
fn what_is_malformed() {
    for (block, wanted) in [
        ("80", Malformed::Index),
        ("be", Malformed::Index),
        ("7f80", Malformed::Truncated),
        ("ffffffffffff0f", Malformed::Integer),
        ("400a6375", Malformed::Truncated),
        ("40", Malformed::Truncated),
        // A text with more than seven bits of filling, one with zeros, and the end's own code.
        ("4082ffff00", Malformed::Huffman),
        ("40811800", Malformed::Huffman),
        ("4084fffffffc00", Malformed::Huffman),
        // Table sizes: beyond what was allowed, and behind a field.
        ("3fe21f", Malformed::TableSize),
        ("8220", Malformed::TableSize),
    ] {
        assert_eq!(
            Decoder::new(4096).decode(&hex(block), 9999),
            Err(wanted),
            "{block}"
        );
    }
}

#[test]
fn a_bomb_is_held_to_the_limit() {
    let mut decoder = Decoder::new(4096);
    let mut block = vec![0x40, 1, b'a', 0x7f, 0x80 | 0x21, 0x1e];
    block.extend(vec![b'x'; 4000]);
    // One field of 4 KB, then its number again and again.
    let first = decoder.decode(&block, 100_000).unwrap();
    assert_eq!(first[0].1.len(), 4000);
    assert_eq!(
        decoder.decode(&[0xbe; 10_000], 100_000),
        Err(Malformed::TooLarge)
    );
}
