//! Which of several servers a key belongs to, so that few keys move when a server comes or goes.

/// Points of a server of weight 1.
const POINTS: u32 = 160;

/// A ring of points that belong to servers; a key belongs to the next point.
#[derive(Clone, Debug, Default)]
pub struct Ring {
    points: Vec<(u64, usize)>,
}

/// FNV-1a, and a mixing of its bits: keys that differ in their last byte lie far from each other.
fn hash(bytes: &[u8]) -> u64 {
    let mut hash = 0xCBF2_9CE4_8422_2325_u64;
    for byte in bytes {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3);
    }
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xC4CE_B9FE_1A85_EC53);
    hash ^ (hash >> 33)
}

impl Ring {
    /// Of servers by their names and weights.
    pub fn new<'a>(servers: impl IntoIterator<Item = (&'a str, u32)>) -> Self {
        let mut points = Vec::new();
        for (index, (name, weight)) in servers.into_iter().enumerate() {
            for point in 0..POINTS * weight {
                points.push((hash(format!("{name}-{point}").as_bytes()), index));
            }
        }
        points.sort_unstable();
        Self { points }
    }

    /// The number of the server that a key belongs to; 0 where there is none.
    #[must_use]
    pub fn find(&self, key: &[u8]) -> usize {
        let hash = hash(key);
        let at = self.points.partition_point(|(point, _)| *point < hash);
        let point = self.points.get(at).or_else(|| self.points.first());
        point.map_or(0, |(_, index)| *index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(ring: &Ring, servers: usize) -> Vec<usize> {
        let mut counts = vec![0; servers];
        for number in 0..30_000 {
            counts[ring.find(format!("key:{number}").as_bytes())] += 1;
        }
        counts
    }

    #[test]
    fn keys_are_spread_by_weight() {
        let counts = shares(&Ring::new([("a", 1), ("b", 1), ("c", 1)]), 3);
        assert!(
            counts.iter().all(|count| (8_000..12_000).contains(count)),
            "{counts:?}"
        );
        let counts = shares(&Ring::new([("a", 1), ("b", 3)]), 2);
        assert!((6_000..9_000).contains(&counts[0]), "{counts:?}");
    }

    #[test]
    fn few_keys_move() {
        let (before, after) = (
            Ring::new([("a", 1), ("b", 1), ("c", 1)]),
            Ring::new([("a", 1), ("b", 1), ("c", 1), ("d", 1)]),
        );
        let moved = (0..30_000)
            .map(|number| format!("key:{number}"))
            .filter(|key| before.find(key.as_bytes()) != after.find(key.as_bytes()))
            .count();
        assert!((5_000..10_000).contains(&moved), "{moved} of 30000");
    }

    /// Applications of different versions must agree.
    #[test]
    fn it_stays_as_it_is() {
        let ring = Ring::new([("one", 1), ("two", 1), ("three", 1)]);
        let found: Vec<usize> = ["a", "b", "c", "user:1", "user:2", "user:3"]
            .iter()
            .map(|key| ring.find(key.as_bytes()))
            .collect();
        assert_eq!(found, FOUND);
    }

    const FOUND: [usize; 6] = [1, 1, 0, 1, 1, 0];
}
