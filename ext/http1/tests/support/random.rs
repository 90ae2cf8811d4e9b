//! Seeded mutations of requests.

/// SplitMix64.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `n`, which is not 0.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
}

const PIECES: &[&[u8]] = &[
    b"\r\n",
    b"\n",
    b"\r",
    b" ",
    b"\t",
    b"\0",
    b":",
    b";",
    b",",
    b"0",
    b"5",
    b"\r\n\r\n",
    b"\xff",
    b"Content-Length: 5\r\n",
    b"Content-Length: 0\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Connection: close\r\n",
    b"Connection: keep-alive\r\n",
    b"Host: b\r\n",
    b"Expect: 100-continue\r\n",
    b"0\r\n\r\n",
    b"5\r\nhello\r\n",
    b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n",
    b"HTTP/1.0",
    b"HTTP/1.1",
    b"X: y\r\n",
    b" z\r\n",
    b"chunked",
    b"identity",
    b"http://b",
    b"#",
    b"?",
    b"/",
    b"*",
    b"%41",
    b"-1",
    b"+1",
];

/// One to four small changes of a template.
pub fn mutated(random: &mut Random, templates: &[&[u8]]) -> Vec<u8> {
    let mut input = templates[random.below(templates.len())].to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(input.len() + 1);
        match random.below(6) {
            0 if at < input.len() => {
                input.remove(at);
            }
            1 if at < input.len() => input[at] = random.next() as u8,
            2 if at < input.len() => input[at] ^= 0x20,
            3 => {
                let end = (at + random.below(12)).min(input.len());
                input.drain(at..end);
            }
            4 => {
                let end = (at + random.below(40)).min(input.len());
                let copy = input[at..end].to_vec();
                let to = random.below(input.len() + 1);
                input.splice(to..to, copy);
            }
            _ => {
                let piece = PIECES[random.below(PIECES.len())];
                // Mostly where a line begins: the rest is noise sooner.
                let lines: Vec<usize> = (0..input.len()).filter(|&i| input[i] == b'\n').collect();
                let at = match lines.len() {
                    n if n > 0 && random.below(3) > 0 => lines[random.below(n)] + 1,
                    _ => at,
                };
                input.splice(at..at, piece.iter().copied());
            }
        }
    }
    input
}
