//! Messages of any size over packets of a bounded one: cut into chunks and put together again.

use crate::sys;
use std::collections::BTreeMap;
use std::io;

/// Bytes of a packet: the kernel takes so much whatever its limits are set to.
const PACKET: usize = 64 * 1024;
/// Before the bytes of a chunk: the sender, the message's number, its length, the chunk's place.
const HEADER: usize = 24;
/// Unfinished messages after which those of dead senders are looked for.
const MANY: usize = 16;

/// Cuts messages.
#[derive(Debug, Default)]
pub struct Cutter {
    number: u32,
}

impl Cutter {
    /// The packets of a message, to be sent in this order to one receiver.
    pub fn cut<'m>(&mut self, message: &'m [u8]) -> impl Iterator<Item = Vec<u8>> + use<'m> {
        self.number = self.number.wrapping_add(1);
        let mut head = Vec::with_capacity(HEADER);
        head.extend(sys::getpid().to_ne_bytes());
        head.extend(self.number.to_ne_bytes());
        head.extend((message.len() as u64).to_ne_bytes());
        let mut at = 0;
        let mut first = true;
        std::iter::from_fn(move || {
            if at == message.len() && !std::mem::take(&mut first) {
                return None;
            }
            first = false;
            let end = message.len().min(at + PACKET - HEADER);
            let mut packet = Vec::with_capacity(HEADER + end - at);
            packet.extend_from_slice(&head);
            packet.extend((at as u64).to_ne_bytes());
            packet.extend_from_slice(&message[at..end]);
            at = end;
            Some(packet)
        })
    }
}

/// Puts messages together, of several senders at a time.
#[derive(Debug, Default)]
pub struct Joiner {
    unfinished: BTreeMap<(i32, u32), (u64, Vec<u8>)>,
}

impl Joiner {
    /// Takes a packet; the message when it is whole now.
    ///
    /// # Errors
    /// `InvalidData` for what is no packet of a message, or not the next one.
    pub fn join(&mut self, packet: &[u8], largest: usize) -> io::Result<Option<Vec<u8>>> {
        let wrong = || io::Error::from(io::ErrorKind::InvalidData);
        let (head, bytes) = packet.split_first_chunk::<HEADER>().ok_or_else(wrong)?;
        let (words, _) = head.as_chunks::<8>();
        let [sender, length, at] = [words[0], words[1], words[2]].map(u64::from_ne_bytes);
        // The first word is two numbers of 32 bits, in the order of the bytes.
        let [first, second] = [[0, 1, 2, 3], [4, 5, 6, 7]]
            .map(|places: [usize; 4]| places.map(|place| sender.to_ne_bytes()[place]));
        let key = (i32::from_ne_bytes(first), u32::from_ne_bytes(second));
        if length > largest as u64 {
            self.unfinished.remove(&key);
            return Err(io::Error::from_raw_os_error(libc::EMSGSIZE));
        }
        if at == 0 {
            if bytes.len() as u64 == length {
                return Ok(Some(bytes.to_vec()));
            }
            self.forget_dead();
            self.unfinished.insert(key, (length, Vec::new()));
        }
        let (length, message) = self.unfinished.get_mut(&key).ok_or_else(wrong)?;
        if message.len() as u64 != at || at + bytes.len() as u64 > *length {
            self.unfinished.remove(&key);
            return Err(wrong());
        }
        message.extend_from_slice(bytes);
        if message.len() as u64 == *length {
            return Ok(self.unfinished.remove(&key).map(|(_, message)| message));
        }
        Ok(None)
    }

    /// A sender that was killed never sends the rest.
    fn forget_dead(&mut self) {
        if self.unfinished.len() >= MANY {
            self.unfinished
                .retain(|(pid, _), _| sys::kill(*pid, 0).is_ok());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_any_size_come_whole_from_senders_that_mix() {
        let mut cutter = Cutter::default();
        let mut joiner = Joiner::default();
        for size in [0, 1, PACKET - HEADER, PACKET - HEADER + 1, 1_000_000] {
            let one: Vec<u8> = (0..size).map(|i| i as u8).collect();
            let two: Vec<u8> = (0..size).map(|i| (i * 7) as u8).collect();
            let (mut first, mut second) = (cutter.cut(&one), cutter.cut(&two));
            let mut whole = Vec::new();
            loop {
                let packets = [first.next(), second.next()];
                if packets.iter().all(Option::is_none) {
                    break;
                }
                for packet in packets.into_iter().flatten() {
                    assert!(packet.len() <= PACKET);
                    whole.extend(joiner.join(&packet, 1 << 20).unwrap());
                }
            }
            assert_eq!(whole, [one.clone(), two.clone()]);
        }
        assert!(joiner.unfinished.is_empty());
    }

    #[test]
    fn what_is_no_packet_is_refused() {
        let mut cutter = Cutter::default();
        let mut joiner = Joiner::default();
        assert!(joiner.join(b"short", 100).is_err());
        let packets: Vec<_> = cutter.cut(&[1; 200_000]).collect();
        assert!(joiner.join(&packets[1], 1 << 20).is_err());
        assert!(joiner.join(&packets[0], 1000).is_err());
        assert_eq!(joiner.join(&packets[0], 1 << 20).unwrap(), None);
        assert!(joiner.join(&packets[2], 1 << 20).is_err());
        assert!(joiner.unfinished.is_empty());
    }
}
