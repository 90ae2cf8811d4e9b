//! The present protection of memory, from `/proc/self/maps`.

/// One reading of the process's mappings.
pub(crate) struct Maps(Vec<Mapping>);

struct Mapping {
    start: usize,
    end: usize,
    protection: i32,
}

impl Maps {
    /// Reads the mappings; empty where `/proc` is not mounted.
    pub(crate) fn read() -> Self {
        let text = std::fs::read("/proc/self/maps").unwrap_or_default();
        Self(
            text.split(|&byte| byte == b'\n')
                .filter_map(Mapping::parse)
                .collect(),
        )
    }

    /// Whether there was anything to read.
    pub(crate) fn is_known(&self) -> bool {
        !self.0.is_empty()
    }

    /// The protection (`PROT_*`) of the page at `address`, if it was mapped.
    pub(crate) fn protection(&self, address: usize) -> Option<i32> {
        let after = self.0.partition_point(|mapping| mapping.start <= address);
        let mapping = self.0.get(after.checked_sub(1)?)?;
        (address < mapping.end).then_some(mapping.protection)
    }
}

impl Mapping {
    /// A line such as `7f12-7f34 r-xp 0000 08:01 123 /lib/x.so`.
    fn parse(line: &[u8]) -> Option<Self> {
        let line = line.get(..line.len().min(64))?;
        let text = std::str::from_utf8(line).ok().or_else(|| {
            // A path may be cut in the middle of a character; the fields before are ASCII.
            std::str::from_utf8(line.get(..48)?).ok()
        })?;
        let mut fields = text.split(' ');
        let (start, end) = fields.next()?.split_once('-')?;
        let flags = fields.next()?.as_bytes();
        let mut protection = libc::PROT_NONE;
        for (flag, bit) in [
            (b'r', libc::PROT_READ),
            (b'w', libc::PROT_WRITE),
            (b'x', libc::PROT_EXEC),
        ] {
            if flags.contains(&flag) {
                protection |= bit;
            }
        }
        Some(Self {
            start: usize::from_str_radix(start, 16).ok()?,
            end: usize::from_str_radix(end, 16).ok()?,
            protection,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_code_data_and_nothing() {
        static DATA: std::sync::atomic::AtomicU8 = std::sync::atomic::AtomicU8::new(1);
        let maps = Maps::read();
        assert!(maps.is_known());
        let code = maps.protection(Maps::read as *const () as usize).unwrap();
        assert_eq!(code, libc::PROT_READ | libc::PROT_EXEC);
        let data = maps.protection(DATA.as_ptr() as usize).unwrap();
        assert_eq!(data, libc::PROT_READ | libc::PROT_WRITE);
        assert_eq!(maps.protection(0x10), None);
    }

    #[test]
    fn refuses_what_is_no_mapping() {
        assert!(Mapping::parse(b"").is_none());
        assert!(Mapping::parse(b"zz-yy r--p").is_none());
        assert!(Mapping::parse(b"12").is_none());
    }
}
