//! What is to be known of commands before they are sent: where their key is, whether they only read, whether they wait.

use crate::Command;

/// Where a command may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    /// Where this key lives.
    Key(&'a [u8]),
    /// Anywhere.
    Any,
}

fn int(text: &[u8]) -> Option<usize> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// The first key of a command.
#[must_use]
pub fn place(command: &Command) -> Place<'_> {
    let at = |index| command.get(index).map_or(Place::Any, Place::Key);
    // A number says how many keys follow.
    let counted = |index| match command.get(index).and_then(int) {
        Some(count) if count > 0 => at(index + 1),
        _ => Place::Any,
    };
    match command.name() {
        b"EVAL" | b"EVALSHA" | b"EVAL_RO" | b"EVALSHA_RO" | b"FCALL" | b"FCALL_RO" | b"BLMPOP"
        | b"BZMPOP" => counted(2),
        b"LMPOP" | b"ZMPOP" | b"SINTERCARD" | b"ZINTERCARD" | b"ZUNION" | b"ZINTER" | b"ZDIFF" => {
            counted(1)
        }
        b"BITOP" | b"OBJECT" | b"XGROUP" | b"XINFO" => at(2),
        b"MEMORY" => match command.get(1) {
            Some(word) if word.eq_ignore_ascii_case(b"USAGE") => at(2),
            _ => Place::Any,
        },
        b"XREAD" | b"XREADGROUP" => command
            .args()
            .position(|arg| arg.eq_ignore_ascii_case(b"STREAMS"))
            .map_or(Place::Any, |index| at(index + 1)),
        b"MIGRATE" => match command.get(3) {
            Some(b"") => command
                .args()
                .position(|arg| arg.eq_ignore_ascii_case(b"KEYS"))
                .map_or(Place::Any, |index| at(index + 1)),
            _ => at(3),
        },
        b"ACL" | b"AUTH" | b"BGREWRITEAOF" | b"BGSAVE" | b"CLIENT" | b"CLUSTER" | b"COMMAND"
        | b"CONFIG" | b"DBSIZE" | b"DEBUG" | b"DISCARD" | b"ECHO" | b"EXEC" | b"FAILOVER"
        | b"FLUSHALL" | b"FLUSHDB" | b"FUNCTION" | b"HELLO" | b"INFO" | b"KEYS" | b"LASTSAVE"
        | b"LATENCY" | b"LOLWUT" | b"MODULE" | b"MONITOR" | b"MULTI" | b"PING" | b"PSUBSCRIBE"
        | b"PUBLISH" | b"PUBSUB" | b"PUNSUBSCRIBE" | b"QUIT" | b"RANDOMKEY" | b"READONLY"
        | b"READWRITE" | b"REPLICAOF" | b"RESET" | b"ROLE" | b"SAVE" | b"SCAN" | b"SCRIPT"
        | b"SELECT" | b"SENTINEL" | b"SHUTDOWN" | b"SLAVEOF" | b"SLOWLOG" | b"SUBSCRIBE"
        | b"SWAPDB" | b"TIME" | b"UNSUBSCRIBE" | b"UNWATCH" | b"WAIT" | b"WAITAOF" => Place::Any,
        _ => at(1),
    }
}

/// All keys of a command.
#[must_use]
pub fn all(command: &Command) -> Vec<&[u8]> {
    let args: Vec<&[u8]> = command.args().collect();
    let range = |from: usize, to: usize, step: usize| -> Vec<&[u8]> {
        let to = to.min(args.len());
        let from = from.min(to);
        args[from..to].iter().step_by(step).copied().collect()
    };
    let counted = |at: usize| {
        let count = args.get(at).copied().and_then(int).unwrap_or(0);
        range(at + 1, (at + 1).saturating_add(count), 1)
    };
    let end = args.len();
    match command.name() {
        b"MGET" | b"DEL" | b"UNLINK" | b"EXISTS" | b"TOUCH" | b"SINTER" | b"SUNION" | b"SDIFF"
        | b"SINTERSTORE" | b"SUNIONSTORE" | b"SDIFFSTORE" | b"PFCOUNT" | b"PFMERGE" | b"WATCH" => {
            range(1, end, 1)
        }
        b"MSET" | b"MSETNX" => range(1, end, 2),
        b"EVAL" | b"EVALSHA" | b"EVAL_RO" | b"EVALSHA_RO" | b"FCALL" | b"FCALL_RO" | b"BLMPOP"
        | b"BZMPOP" => counted(2),
        b"LMPOP" | b"ZMPOP" | b"SINTERCARD" | b"ZINTERCARD" | b"ZUNION" | b"ZINTER" | b"ZDIFF" => {
            counted(1)
        }
        b"ZUNIONSTORE" | b"ZINTERSTORE" | b"ZDIFFSTORE" => {
            let mut all = range(1, 2, 1);
            all.extend(counted(2));
            all
        }
        b"RENAME" | b"RENAMENX" | b"COPY" | b"SMOVE" | b"LMOVE" | b"BLMOVE" | b"RPOPLPUSH"
        | b"BRPOPLPUSH" | b"LCS" | b"ZRANGESTORE" | b"GEOSEARCHSTORE" => range(1, 3, 1),
        b"BLPOP" | b"BRPOP" | b"BZPOPMIN" | b"BZPOPMAX" => range(1, end.saturating_sub(1), 1),
        b"BITOP" => range(2, end, 1),
        // A channel belongs to the server that its name as a key would belong to.
        b"PUBLISH" => range(1, 2, 1),
        b"XREAD" | b"XREADGROUP" => {
            let from = args
                .iter()
                .position(|arg| arg.eq_ignore_ascii_case(b"STREAMS"))
                .map_or(end, |at| at + 1);
            range(from, from + end.saturating_sub(from) / 2, 1)
        }
        _ => match place(command) {
            Place::Key(key) => vec![key],
            Place::Any => Vec::new(),
        },
    }
}

/// Does it only read, so that a replica may answer?
#[must_use]
pub fn is_read(name: &[u8]) -> bool {
    matches!(
        name,
        b"BITCOUNT"
            | b"BITFIELD_RO"
            | b"BITPOS"
            | b"DUMP"
            | b"EVALSHA_RO"
            | b"EVAL_RO"
            | b"EXISTS"
            | b"EXPIRETIME"
            | b"FCALL_RO"
            | b"GEODIST"
            | b"GEOHASH"
            | b"GEOPOS"
            | b"GEORADIUSBYMEMBER_RO"
            | b"GEORADIUS_RO"
            | b"GEOSEARCH"
            | b"GET"
            | b"GETBIT"
            | b"GETRANGE"
            | b"HEXISTS"
            | b"HGET"
            | b"HGETALL"
            | b"HKEYS"
            | b"HLEN"
            | b"HMGET"
            | b"HRANDFIELD"
            | b"HSCAN"
            | b"HSTRLEN"
            | b"HVALS"
            | b"LCS"
            | b"LINDEX"
            | b"LLEN"
            | b"LPOS"
            | b"LRANGE"
            | b"MGET"
            | b"PEXPIRETIME"
            | b"PFCOUNT"
            | b"PTTL"
            | b"SCARD"
            | b"SDIFF"
            | b"SINTER"
            | b"SINTERCARD"
            | b"SISMEMBER"
            | b"SMEMBERS"
            | b"SMISMEMBER"
            | b"SORT_RO"
            | b"SRANDMEMBER"
            | b"SSCAN"
            | b"STRLEN"
            | b"SUBSTR"
            | b"SUNION"
            | b"TTL"
            | b"TYPE"
            | b"XLEN"
            | b"XRANGE"
            | b"XREAD"
            | b"XREVRANGE"
            | b"ZCARD"
            | b"ZCOUNT"
            | b"ZDIFF"
            | b"ZINTER"
            | b"ZINTERCARD"
            | b"ZLEXCOUNT"
            | b"ZMSCORE"
            | b"ZRANDMEMBER"
            | b"ZRANGE"
            | b"ZRANGEBYLEX"
            | b"ZRANGEBYSCORE"
            | b"ZRANK"
            | b"ZREVRANGE"
            | b"ZREVRANGEBYLEX"
            | b"ZREVRANGEBYSCORE"
            | b"ZREVRANK"
            | b"ZSCAN"
            | b"ZSCORE"
            | b"ZUNION"
    )
}

/// May the server let it wait, and with it all that follow on the same connection?
#[must_use]
pub fn is_blocking(command: &Command) -> bool {
    match command.name() {
        b"BLPOP" | b"BRPOP" | b"BLMOVE" | b"BRPOPLPUSH" | b"BLMPOP" | b"BZPOPMIN" | b"BZPOPMAX"
        | b"BZMPOP" | b"WAIT" | b"WAITAOF" => true,
        b"XREAD" | b"XREADGROUP" => command
            .args()
            .skip(1)
            .take_while(|arg| !arg.eq_ignore_ascii_case(b"STREAMS"))
            .any(|arg| arg.eq_ignore_ascii_case(b"BLOCK")),
        _ => false,
    }
}

/// Why it can't be sent on a connection that others use, and what to do instead.
#[must_use]
pub fn refusal(command: &Command) -> Option<&'static str> {
    Some(match command.name() {
        b"" => "a command needs a name",
        b"SUBSCRIBE" | b"PSUBSCRIBE" | b"SSUBSCRIBE" => {
            "use subscribe(), which has a connection of its own"
        }
        b"UNSUBSCRIBE" | b"PUNSUBSCRIBE" | b"SUNSUBSCRIBE" => {
            "use the methods of what subscribe() has returned"
        }
        b"MONITOR" | b"SYNC" | b"PSYNC" => {
            "it turns the connection into a stream of something else"
        }
        b"MULTI" | b"EXEC" | b"DISCARD" | b"WATCH" | b"UNWATCH" => {
            "coroutines share connections: use transaction(), with watch: for keys that must not change"
        }
        b"SELECT" => {
            "coroutines share connections: the database belongs into the configuration, as in redis://host/2"
        }
        b"AUTH" | b"HELLO" | b"RESET" | b"QUIT" | b"READONLY" | b"READWRITE" | b"ASKING" => {
            "coroutines share connections: user, password and what is read from replicas belong into the configuration"
        }
        b"CLIENT" => match command.get(1) {
            Some(word) if word.eq_ignore_ascii_case(b"REPLY") => {
                "coroutines share connections, and each command needs its answer"
            }
            Some(word) if word.eq_ignore_ascii_case(b"TRACKING") => {
                "coroutines share connections, and nobody would hear what it says"
            }
            _ => return None,
        },
        _ => return None,
    })
}

/// The part of a key that says where it lives: what is in the first braces, if that is something.
#[must_use]
pub fn tag(key: &[u8]) -> &[u8] {
    let Some(from) = memchr::memchr(b'{', key) else {
        return key;
    };
    let rest = &key[from + 1..];
    match memchr::memchr(b'}', rest) {
        Some(end) if end > 0 => &rest[..end],
        _ => key,
    }
}

/// The slot of a key, from 0 to 16383: CRC-16/XMODEM of its tag.
#[must_use]
pub fn slot(key: &[u8]) -> u16 {
    let mut crc = 0_u16;
    for byte in tag(key) {
        crc ^= u16::from(*byte) << 8;
        for _ in 0..8 {
            crc = match crc & 0x8000 {
                0 => crc << 1,
                _ => (crc << 1) ^ 0x1021,
            };
        }
    }
    crc & 0x3FFF
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(text: &str) -> Command {
        let mut words = text.split(' ');
        let mut command = Command::new(words.next().unwrap());
        words.for_each(|word| {
            command.push(if word == "-" { "" } else { word });
        });
        command
    }

    #[test]
    fn where_keys_are() {
        for (text, key) in [
            ("get k", Some("k")),
            ("eval s 2 a b", Some("a")),
            ("eval s 0 a", None),
            ("zunion 2 a b", Some("a")),
            ("bitop and d a b", Some("d")),
            ("memory usage k", Some("k")),
            ("memory stats", None),
            ("xread count 2 streams s 0", Some("s")),
            ("xreadgroup group g c block 5 STREAMS s >", Some("s")),
            ("migrate h 1 - 0 5 keys a b", Some("a")),
            ("migrate h 1 k 0 5", Some("k")),
            ("ping", None),
            ("unknown.command k", Some("k")),
            ("flushall", None),
        ] {
            let command = command(text);
            let wanted = key.map_or(Place::Any, |key| Place::Key(key.as_bytes()));
            assert_eq!(place(&command), wanted, "{text}");
        }
    }

    #[test]
    fn all_keys() {
        for (text, keys) in [
            ("mget a b", &["a", "b"][..]),
            ("mset a 1 b 2", &["a", "b"]),
            ("eval s 2 a b c", &["a", "b"]),
            ("eval s 99 a b", &["a", "b"]),
            ("zunionstore d 2 a b weights 1 2", &["d", "a", "b"]),
            ("blpop a b 0", &["a", "b"]),
            ("xread streams a b 0 0", &["a", "b"]),
            ("rename a b", &["a", "b"]),
            ("publish c text", &["c"]),
            ("get a", &["a"]),
            ("mget", &[]),
            ("blpop", &[]),
            ("ping", &[]),
        ] {
            let keys: Vec<&[u8]> = keys.iter().map(|key| key.as_bytes()).collect();
            assert_eq!(all(&command(text)), keys, "{text}");
        }
    }

    #[test]
    fn slots() {
        // The specification's example, and what CLUSTER KEYSLOT says.
        assert_eq!(slot(b"123456789"), 0x31C3);
        assert_eq!(slot(b"foo"), 12182);
        assert_eq!(slot(b"{user1000}.following"), slot(b"user1000"));
        assert_eq!(tag(b"foo{}{bar}"), b"foo{}{bar}");
        assert_eq!(tag(b"foo{{bar}}zap"), b"{bar");
        assert_eq!(slot(b""), 0);
    }

    #[test]
    fn what_waits_and_what_is_refused() {
        assert!(is_blocking(&command("blpop k 0")));
        assert!(is_blocking(&command("xread block 0 streams s 0")));
        assert!(!is_blocking(&command("xread streams block 0")));
        assert!(refusal(&command("multi")).is_some());
        assert!(refusal(&command("client list")).is_none());
        assert!(refusal(&command("client reply off")).is_some());
        assert!(is_read(b"GET") && !is_read(b"SET"));
    }
}
