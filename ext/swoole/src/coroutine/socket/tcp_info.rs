//! What the kernel knows of a TCP connection (`struct tcp_info` of linux/tcp.h), by names.

use highper_zend::Array;

/// Bytes that are read of it.
pub const SIZE: usize = 104;

const BYTES: [&str; 6] = [
    "state",
    "ca_state",
    "retransmits",
    "probes",
    "backoff",
    "options",
];
const WORDS: [&str; 24] = [
    "rto",
    "ato",
    "snd_mss",
    "rcv_mss",
    "unacked",
    "sacked",
    "lost",
    "retrans",
    "fackets",
    "last_data_sent",
    "last_ack_sent",
    "last_data_recv",
    "last_ack_recv",
    "pmtu",
    "rcv_ssthresh",
    "rtt",
    "rttvar",
    "snd_ssthresh",
    "snd_cwnd",
    "advmss",
    "reordering",
    "rcv_rtt",
    "rcv_space",
    "total_retrans",
];

/// The fields that these bytes have.
pub fn parse(bytes: &[u8]) -> Array {
    let mut info = Array::with_capacity(BYTES.len() + WORDS.len() + 2);
    for (name, byte) in BYTES.iter().zip(bytes) {
        info.set(name, i64::from(*byte));
    }
    if let Some(scales) = bytes.get(6) {
        info.set("snd_wscale", i64::from(scales & 15))
            .set("rcv_wscale", i64::from(scales >> 4));
    }
    let words = bytes.get(8..).unwrap_or_default();
    for (name, word) in WORDS.iter().zip(words.chunks_exact(4)) {
        let mut number = [0; 4];
        number.copy_from_slice(word);
        info.set(name, u32::from_ne_bytes(number));
    }
    info
}
