use super::*;
use crate::Dialect;

type Q = Query<i64>;

fn name(text: &str) -> Name<i64> {
    Name::Plain(text.into())
}

fn compare(column: &str, operator: &'static str, value: i64) -> Test<i64> {
    Test::Compare(name(column), operator, Operand::Value(value))
}

fn select(query: &Q, dialect: Dialect) -> (String, Vec<i64>) {
    let mut text = Text::new(dialect);
    text.select(query).unwrap();
    (text.sql, text.values)
}

fn notes() -> Q {
    Query::new(name("notes"))
}

#[test]
fn everything_in_its_place() {
    let mut inner = Query::new(name("owners"));
    inner.columns.push(name("id"));
    inner.condition(false, compare("age", ">", 7));
    let mut query = Query::new(name("blog.notes as n"));
    query.columns = vec![
        name("n.*"),
        Name::Raw("count(*) + ?".into(), vec![1]),
        name("o.name AS who"),
    ];
    query.is_distinct = true;
    query.joins.push(Join {
        kind: "LEFT",
        table: name("owners as o"),
        on: vec![Condition {
            is_or: false,
            test: Test::Compare(name("o.id"), "=", Operand::Name(name("n.owner"))),
        }],
    });
    query.condition(false, compare("a", "=", 2));
    query.condition(true, Test::In(name("b"), vec![3, 4], true));
    query.condition(
        false,
        Test::Group(
            vec![
                Condition {
                    is_or: false,
                    test: Test::Between(name("c"), 5, 6, false),
                },
                Condition {
                    is_or: true,
                    test: Test::InQuery(name("owner"), Box::new(inner), false),
                },
            ],
            true,
        ),
    );
    query.condition(false, Test::Null(name("d"), true));
    query.condition(true, Test::Raw("x = ? OR y".into(), vec![8]));
    query.groups.push(name("n.id"));
    query.havings.push(Condition {
        is_or: false,
        test: compare("total", ">=", 9),
    });
    query.orders = vec![(name("n.id"), true), (name("who"), false)];
    (query.limit, query.offset) = (Some(10), Some(20));
    query.lock = Some(Lock::Shared);
    let (sql, values) = select(&query, Dialect::Postgres);
    assert_eq!(
        sql,
        "SELECT DISTINCT \"n\".*, count(*) + ?, \"o\".\"name\" AS \"who\" FROM \"blog\".\"notes\" AS \"n\" \
         LEFT JOIN \"owners\" AS \"o\" ON \"o\".\"id\" = \"n\".\"owner\" \
         WHERE \"a\" = ? OR \"b\" NOT IN (?, ?) AND NOT (\"c\" BETWEEN ? AND ? OR \"owner\" IN (SELECT \"id\" FROM \"owners\" WHERE \"age\" > ?)) \
         AND \"d\" IS NOT NULL OR (x = ? OR y) GROUP BY \"n\".\"id\" HAVING \"total\" >= ? ORDER BY \"n\".\"id\" DESC, \"who\" \
         LIMIT 10 OFFSET 20 FOR SHARE"
    );
    assert_eq!(values, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
}

#[test]
fn words_of_each_database() {
    let mut query = notes();
    query.offset = Some(5);
    query.lock = Some(Lock::Shared);
    assert_eq!(
        select(&query, Dialect::MySql).0,
        "SELECT * FROM `notes` LIMIT 18446744073709551615 OFFSET 5 LOCK IN SHARE MODE"
    );
    assert_eq!(
        select(&query, Dialect::Sqlite).0,
        "SELECT * FROM \"notes\" LIMIT -1 OFFSET 5"
    );
    assert_eq!(
        select(&query, Dialect::Postgres).0,
        "SELECT * FROM \"notes\" OFFSET 5 FOR SHARE"
    );
    for (dialect, wanted) in [
        (
            Dialect::MySql,
            "INSERT INTO `notes` (`id`, `n`) VALUES (?, ?), (?, ?) ON DUPLICATE KEY UPDATE `n` = VALUES(`n`)",
        ),
        (
            Dialect::Sqlite,
            "INSERT INTO \"notes\" (\"id\", \"n\") VALUES (?, ?), (?, ?) ON CONFLICT (\"id\") DO UPDATE SET \"n\" = excluded.\"n\"",
        ),
    ] {
        let mut text = Text::new(dialect);
        let (id, n) = ("id".to_owned(), "n".to_owned());
        text.insert(
            &name("notes"),
            &[id.clone(), n.clone()],
            &[vec![1, 2], vec![3, 4]],
            false,
        )
        .unwrap();
        text.on_conflict(&[id], &[n]).unwrap();
        assert_eq!((&*text.sql, &*text.values), (wanted, &[1, 2, 3, 4][..]));
    }
}

#[test]
fn names_can_do_no_harm() {
    for (given, quoted) in [
        ("a\" OR 1=1 --", "\"a\"\" OR 1=1 --\""),
        ("a; DROP TABLE x", "\"a; DROP TABLE x\""),
        ("a as b\"c", "\"a\" AS \"b\"\"c\""),
        ("a.*", "\"a\".*"),
    ] {
        let query = Query::<i64>::new(name(given));
        assert_eq!(
            select(&query, Dialect::Sqlite).0,
            format!("SELECT * FROM {quoted}")
        );
    }
    for given in ["", " ", "a..b", "a\0", ".a"] {
        let mut text = Text::new(Dialect::Sqlite);
        assert!(text.select(&Query::<i64>::new(name(given))).is_err());
    }
    assert!(operator("= 1 OR 1 =").is_err());
    assert_eq!(operator(" not like ").unwrap(), "NOT LIKE");
}

#[test]
fn what_changes_rows_needs_conditions() {
    let set = [("n".to_owned(), Operand::Value(1))];
    for dialect in [Dialect::Sqlite, Dialect::MySql, Dialect::Postgres] {
        assert!(Text::new(dialect).update(&notes(), &set).is_err());
        assert!(Text::<i64>::new(dialect).delete(&notes()).is_err());
    }
    let mut query = notes();
    query.condition(false, compare("id", "=", 2));
    let mut text = Text::new(Dialect::Sqlite);
    let more = Text::sum(Dialect::Sqlite, "n", 5, true).unwrap();
    text.update(&query, &[("n".into(), Operand::Name(more))])
        .unwrap();
    assert_eq!(
        (&*text.sql, &*text.values),
        (
            "UPDATE \"notes\" SET \"n\" = \"n\" - ? WHERE \"id\" = ?",
            &[5, 2][..]
        )
    );
    query.limit = Some(1);
    assert!(Text::new(Dialect::Sqlite).delete(&query).is_err());
    let mut text = Text::new(Dialect::MySql);
    text.delete(&query).unwrap();
    assert_eq!(text.sql, "DELETE FROM `notes` WHERE `id` = ? LIMIT 1");
}

#[test]
fn aggregates() {
    let mut query = notes();
    query.orders.push((name("id"), false));
    let text = |query: &Q| {
        let mut text = Text::new(Dialect::Sqlite);
        text.aggregate(query, "count", &name("*")).unwrap();
        text.sql
    };
    assert_eq!(
        text(&query),
        "SELECT count(*) AS \"aggregate\" FROM \"notes\""
    );
    query.groups.push(name("owner"));
    query.columns.push(name("owner"));
    assert_eq!(
        text(&query),
        "SELECT count(*) AS \"aggregate\" FROM (SELECT \"owner\" FROM \"notes\" GROUP BY \"owner\") AS \"rows\""
    );
}
