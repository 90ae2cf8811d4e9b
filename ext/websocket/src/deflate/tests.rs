use super::*;

fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..length).map(next).collect()
}

#[test]
fn messages_come_back() {
    for takeover in [false, true] {
        for bits in [9, 12, 15] {
            let mut deflater = Deflater::new(6, bits, takeover);
            let mut inflater = Inflater::new(takeover);
            for message in [
                b"".to_vec(),
                b"Hello".to_vec(),
                b"Hello".to_vec(),
                b"a".repeat(1_000_000),
                noise(300_000),
                b"Hello".to_vec(),
            ] {
                let (mut packed, mut back) = (b"kept".to_vec(), b"too".to_vec());
                deflater.pack(&message, &mut packed).unwrap();
                inflater
                    .unpack(&packed[4..], &mut back, message.len())
                    .unwrap();
                assert_eq!(packed[..4], b"kept"[..]);
                assert!(back[3..] == message, "{} bytes", message.len());
            }
        }
    }
}

/// RFC 7692, section 7.2.3.
#[test]
fn the_examples_of_the_standard() {
    let unpack = |packed: &[u8]| {
        let mut out = Vec::new();
        Inflater::new(false)
            .unpack(packed, &mut out, 100)
            .map(|()| out)
    };
    let hello = Ok(b"Hello".to_vec());
    assert_eq!(unpack(&[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]), hello);
    // Not compressed.
    assert_eq!(
        unpack(&[
            0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00
        ]),
        hello
    );
    // With the bit of the last block.
    assert_eq!(
        unpack(&[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00]),
        hello
    );
    // Two blocks.
    assert_eq!(
        unpack(&[
            0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00
        ]),
        hello
    );
    assert_eq!(unpack(&[0x00]), Ok(Vec::new()));
    // The second message refers to the first.
    let mut inflater = Inflater::new(true);
    let mut out = Vec::new();
    inflater
        .unpack(&[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00], &mut out, 100)
        .unwrap();
    inflater
        .unpack(&[0xf2, 0x00, 0x11, 0x00, 0x00], &mut out, 100)
        .unwrap();
    assert_eq!(out, b"HelloHello");
}

#[test]
fn a_bomb_is_not_unpacked() {
    let mut packed = Vec::new();
    Deflater::new(9, 15, false)
        .pack(&vec![0; 50_000_000], &mut packed)
        .unwrap();
    assert!(packed.len() < 100_000);
    let mut out = Vec::new();
    let outcome = Inflater::new(false).unpack(&packed, &mut out, 1_000_000);
    assert_eq!(outcome, Err(Error::TooBig(1_000_000)));
    assert!(
        out.is_empty() && out.capacity() < 3_000_000,
        "{}",
        out.capacity()
    );
    // Exactly at the limit.
    assert_eq!(
        Inflater::new(false).unpack(&packed, &mut out, 50_000_000),
        Ok(())
    );
}

#[test]
fn what_is_not_deflate_is_refused_and_the_next_message_taken() {
    let mut inflater = Inflater::new(false);
    let mut out = Vec::new();
    assert_eq!(
        inflater.unpack(b"\xff\xff\xff\xff", &mut out, 100),
        Err(Error::Deflate)
    );
    assert!(out.is_empty());
    assert_eq!(
        inflater.unpack(&[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00], &mut out, 100),
        Ok(())
    );
}
