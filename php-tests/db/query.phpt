--TEST--
Db: statements that are put together: conditions, joins, groups, aggregates, writing, pages and chunks, in the words of each database
--SKIPIF--
<?php
require __DIR__ . '/../lib/test.php';
echo HighperTest\Database::missing('mariadbd', 'mariadb-install-db', 'initdb', 'postgres') ?: (extension_loaded('pdo_mysql') && extension_loaded('pdo_pgsql') ? '' : 'skip pdo_mysql or pdo_pgsql is missing');
?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function Highper\scope;
use function HighperTest\{check, temp_path};
use Highper\{Db, Transaction};
use Highper\Db\{Query, UniqueException};

enum State: string { case Open = 'open'; case Closed = 'closed'; }
final readonly class Note { public function __construct(public int $id, public string $title, public ?int $owner, public State $state) {} }
$error = function (callable $do): string { try { $do(); return 'nothing'; } catch (Throwable $e) { return $e::class . ' ' . $e->getMessage(); } };

function all(Db $db): void
{
    $what = $db->driver();
    $id = ['mysql' => 'BIGINT AUTO_INCREMENT PRIMARY KEY', 'postgres' => 'BIGSERIAL PRIMARY KEY', 'sqlite' => 'INTEGER PRIMARY KEY'][$what];
    $db->execute("CREATE TABLE owners (id {$id}, name VARCHAR(50) UNIQUE, age INT)");
    $db->execute("CREATE TABLE notes (id {$id}, title VARCHAR(50), owner BIGINT, state VARCHAR(10) DEFAULT 'open', views INT DEFAULT 0)");
    $is = fn (string $sentence, mixed $got, mixed $wanted = true) => check("{$what}: {$sentence}", $got, $wanted);
    $titles = fn (Query $query) => $query->orderBy('id')->pluck('title');

    $is('inserted', [$db->table('owners')->insertGetId(['name' => 'ann', 'age' => 30]), $db->table('owners')->insert([['name' => 'bob', 'age' => 40], ['name' => 'eve', 'age' => null]])], [1, 2]);
    $is('ignored', [$db->table('owners')->insertOrIgnore(['name' => 'ann', 'age' => 99]), $db->table('owners')->where('name', 'ann')->value('age')], [0, 30]);
    $db->table('owners')->upsert([['name' => 'ann', 'age' => 31], ['name' => 'joe', 'age' => 50]], 'name');
    $db->table('owners')->upsert(['name' => 'joe', 'age' => 51], ['name'], []);
    $is('upserted', $db->table('owners')->orderBy('name')->pluck('age', 'name'), ['ann' => 31, 'bob' => 40, 'eve' => null, 'joe' => 50]);
    foreach (['one' => 1, 'two' => 1, 'three' => 2, 'four' => null, 'five' => 3] as $title => $owner) {
        $db->table('notes')->insert(['title' => $title, 'owner' => $owner, 'state' => $owner === 2 ? State::Closed : State::Open, 'views' => strlen($title)]);
    }
    $notes = fn () => $db->table('notes');
    $note = $notes()->find(3, as: Note::class);
    $is('objects', [$note->title, $note->state, $notes()->where('id', 99)->first(), $notes()->find(99)], ['three', State::Closed, null, null]);
    $is('comparisons', [$titles($notes()->where('views', '>', 3)), $titles($notes()->where('owner', 1)->orWhere('title', 'like', 'fi%')), $titles($notes()->where('owner', null)), $titles($notes()->where('owner', '!=', null)->whereNot('owner', 1))], [['three', 'four', 'five'], ['one', 'two', 'five'], ['four'], ['three', 'five']]);
    $is('several', [$titles($notes()->where(['owner' => [1, 3], 'state' => State::Open])), $titles($notes()->where([['views', '>=', 4], ['owner', 3]]))], [['one', 'two', 'five'], ['five']]);
    $is('in brackets', $titles($notes()->where('state', 'open')->where(fn (Query $q) => $q->where('owner', 1)->orWhereNull('owner'))), ['one', 'two', 'four']);
    $is('among', [$titles($notes()->whereIn('id', [1, 3])), $titles($notes()->whereNotIn('id', [1, 3])), $titles($notes()->whereIn('id', [])), count($titles($notes()->whereNotIn('id', []))), $titles($notes()->whereIn('owner', $db->table('owners')->select('id')->where('age', '>', 35)))], [['one', 'three'], ['two', 'four', 'five'], [], 5, ['three']]);
    $is('between', [$titles($notes()->whereBetween('views', [4, 4])), $titles($notes()->whereNotBetween('id', [2, 4])), $titles($notes()->whereColumn('id', '<', 'owner')->orWhereColumn('id', 'owner'))], [['four', 'five'], ['one', 'five'], ['one']]);
    $is('text', [$titles($notes()->whereRaw('views * ? > ?', [2, 8])->orWhereRaw('1 = 0')), $titles($notes()->where(Db::raw('views = ? OR views = 3', [5]))->where('id', 3))], [['three'], ['three']]);
    $is('exists', $titles($notes()->whereExists($db->table('owners')->whereColumn('owners.id', 'notes.owner')->where('age', '>', 35))), ['three']);
    $is('joined', $db->table('notes', 'n')->join('owners as o', 'o.id', '=', 'n.owner')->select('n.title', 'o.name as who')->where('o.age', '>', 30)->orderByDesc('n.id')->get(), [['title' => 'three', 'who' => 'bob'], ['title' => 'two', 'who' => 'ann'], ['title' => 'one', 'who' => 'ann']]);
    $is('joined, and those without', $db->table('notes as n')->leftJoin('owners as o', fn (Query $on) => $on->on('o.id', 'n.owner')->where('o.age', '>', 35))->whereNull('o.id')->count(), 4);
    $is('groups', $db->table('notes')->select('owner', Db::raw('count(*) AS many'))->whereNotNull('owner')->groupBy('owner')->havingRaw('count(*) > ?', [0])->orderBy('owner')->pluck('many', 'owner'), [1 => 2, 2 => 1, 3 => 1]);
    $is('aggregates', [$notes()->count(), $notes()->count('owner'), (int) $notes()->sum('views'), $notes()->max('views'), $notes()->min('title'), round((float) $notes()->avg('views'), 1), $notes()->where('id', 99)->sum('views'), $notes()->select('owner')->groupBy('owner')->count(), $notes()->select('owner')->distinct()->count()], [5, 4, 19, 5, 'five', 3.8, null, 4, 4]);
    $is('exist', [$notes()->where('id', 1)->exists(), $notes()->where('id', 1)->doesntExist()], [true, false]);
    $is('parts', [$titles($notes()->limit(2)), $titles($notes()->offset(3)), $titles($notes()->forPage(2, 2)), $titles($notes()->take(1)->skip(1)), $notes()->orderBy('id')->paginate(2, 3)], [['one', 'two'], ['four', 'five'], ['three', 'four'], ['two'], ['data' => [$notes()->find(5)], 'total' => 5, 'page' => 3, 'size' => 2, 'pages' => 3]]);
    $is('together', $notes()->select('title')->where('id', 1)->unionAll($db->table('owners')->select('name')->where('age', 40))->unionAll($notes()->select('title')->orderByDesc('id')->limit(1))->pluck('title'), ['one', 'bob', 'five']);
    $is('changed', [$notes()->where('owner', 1)->update(['state' => State::Closed, 'views' => Db::raw('views + 1')]), $notes()->where('id', 1)->increment('views', 5, ['title' => 'uno']), $notes()->where('id', 2)->decrement('views'), $notes()->find(1)], [2, 1, 1, ['id' => 1, 'title' => 'uno', 'owner' => 1, 'state' => 'closed', 'views' => 9]]);
    $is('changed or inserted', [$notes()->updateOrInsert(['title' => 'two'], ['views' => 7]), $notes()->updateOrInsert(['title' => 'six', 'owner' => null], ['views' => 6]), $notes()->whereIn('title', ['two', 'six'])->orderBy('id')->pluck('views')], [true, true, [7, 6]]);
    $is('removed', [$notes()->where('title', 'six')->delete(), $notes()->delete(5), $notes()->count()], [1, 1, 4]);
    $seen = [];
    $is('in chunks', [$notes()->orderBy('id')->chunk(3, function (array $rows) use (&$seen) { $seen[] = array_column($rows, 'id'); }), $notes()->chunkById(3, function (array $rows) use (&$seen, $notes) { $seen[] = count($rows); $notes()->whereIn('id', array_map(fn (Note $note) => $note->id, $rows))->update(['views' => 0]); }, as: Note::class), $notes()->orderBy('id')->chunk(1, fn () => false), $seen], [true, true, false, [[1, 2, 3], [4], 3, 1]]);
    $is('as they come', array_map(fn (Note $note) => $note->title, iterator_to_array($notes()->orderBy('id')->iterate(as: Note::class))), ['uno', 'two', 'three', 'four']);
    $query = $notes()->where('id', '>', 1);
    $other = (clone $query)->where('id', '<', 3);
    $is('in two ways', [$query->count(), $other->count(), $query->when(true, fn (Query $q) => $q->where('id', 4))->when(0, fn ($q) => $q->where('id', 5), fn ($q) => $q->orderBy('id'))->pluck('id')], [3, 1, [4]]);
    $is('in a transaction', $db->transaction(function (Transaction $tx) use ($db) {
        $tx->table('notes')->where('id', 1)->lockForUpdate()->first();
        $db->table('notes')->where('id', 1)->update(['title' => 'once']);
        try { $tx->transaction(fn ($inner) => [$inner->table('notes')->where('id', 1)->delete(), throw new LogicException]); } catch (LogicException) {}
        return $tx->table('notes')->find(1)['title'];
    }), 'once');
    try { $db->table('owners')->insert(['name' => 'ann', 'age' => 1]); } catch (UniqueException $e) { $is('twice', str_starts_with($e->statement, 'INSERT INTO ')); }
    $notes()->truncate();
    $is('emptied', $notes()->count(), 0);
}

scope(function () use ($error) {
    $db = new Db('sqlite::memory:');
    all($db);
    foreach ([
        fn () => $db->table('notes')->where('id'),
        fn () => $db->table('notes')->where('id', 'is like', 3),
        fn () => $db->table('notes')->where('id', '<', null),
        fn () => $db->table('notes')->where('id', [1]),
        fn () => $db->table('notes')->delete(),
        fn () => $db->table('notes')->update(['title' => 'x']),
        fn () => $db->table('notes')->where('id', 1)->update([]),
        fn () => $db->table('notes')->where('id', 1)->limit(1)->delete(),
        fn () => $db->table('notes')->join('owners', 'owners.id', '=', 'notes.owner')->where('id', 1)->delete(),
        fn () => $db->table('notes')->insert([['title' => 'a'], ['views' => 1]]),
        fn () => $db->table('notes')->insert(['a', 'b']),
        fn () => $db->table('notes')->upsert(['title' => 'a'], []),
        fn () => $db->table('notes')->orderBy('id', 'up'),
        fn () => $db->table('notes')->chunk(2, fn () => null),
        fn () => $db->table('notes')->whereBetween('id', [1]),
        fn () => $db->table('notes')->whereRaw('id = ?', []),
        fn () => $db->table('notes')->limit(-1),
        fn () => $db->table('')->get(),
        fn () => $db->table('notes')->join('owners', fn ($on) => null),
        fn () => Db::raw('? and ?', [1]),
        fn () => $db->table('nowhere')->where('secret', 'x')->get(),
    ] as $do) {
        echo $error($do), "\n";
    }
    $nasty = 'a"b`c; DROP TABLE notes --';
    check('names and values do no harm', [$db->table('notes')->where($nasty, $nasty)->toSql(), $db->table('notes')->where('title', $nasty)->bindings()], ['SELECT * FROM "notes" WHERE "a""b`c; DROP TABLE notes --" = ?', [$nasty]]);
    $mysql = HighperTest\Database::mariaDb();
    all(new Db('mysql://root@localhost/test?socket=' . temp_path('mariadb.sock')));
    $postgres = HighperTest\Database::postgres();
    all(new Db('postgres://test@localhost/postgres?host=' . temp_path('postgres')));
});
?>
--EXPECT--
ok: sqlite: inserted
ok: sqlite: ignored
ok: sqlite: upserted
ok: sqlite: objects
ok: sqlite: comparisons
ok: sqlite: several
ok: sqlite: in brackets
ok: sqlite: among
ok: sqlite: between
ok: sqlite: text
ok: sqlite: exists
ok: sqlite: joined
ok: sqlite: joined, and those without
ok: sqlite: groups
ok: sqlite: aggregates
ok: sqlite: exist
ok: sqlite: parts
ok: sqlite: together
ok: sqlite: changed
ok: sqlite: changed or inserted
ok: sqlite: removed
ok: sqlite: in chunks
ok: sqlite: as they come
ok: sqlite: in two ways
ok: sqlite: in a transaction
ok: sqlite: twice
ok: sqlite: emptied
Highper\Db\DbException [HY000] a condition needs a value: where('id', …)
Highper\Db\DbException [HY000] there is no comparison 'is like'; there are = < > <= >= <> != <=> LIKE NOT LIKE ILIKE NOT ILIKE REGEXP NOT REGEXP RLIKE SIMILAR TO NOT SIMILAR TO IS IS NOT IS DISTINCT FROM IS NOT DISTINCT FROM GLOB MATCH ~ ~* !~ !~* && @> <@; anything else by whereRaw()
Highper\Db\DbException [HY000] nothing is < null: use whereNull() or whereNotNull()
Highper\Db\DbException [HY000] the value for id is an array, and a place takes one value: encode it as JSON, or write a ? for each
Highper\Db\DbException [HY000] delete() needs conditions; for all rows of a table say so: whereRaw('1 = 1'), or truncate()
Highper\Db\DbException [HY000] update() needs conditions; for all rows of a table say so: whereRaw('1 = 1'), or truncate()
Highper\Db\DbException [HY000] update() needs values to set
Highper\Db\DbException [HY000] delete() with limit() or orderBy() is MySQL's alone; choose the rows by whereIn() with another query
Highper\Db\DbException [HY000] delete() knows one table; name others in its conditions by whereIn() or whereExists()
Highper\Db\DbException [HY000] row 2 has no value for title
Highper\Db\DbException [HY000] values are names of columns with values, or a list of such rows
Highper\Db\DbException [HY000] upsert() needs the columns that say which row it is: those of a unique key
ValueError Highper\Db\Query::orderBy(): Argument #2 ($direction) must be asc or desc, 'up' given
Highper\Db\DbException [HY000] chunk() needs an order, so that no row comes twice or never, and no limit of its own; chunkById() needs none
ValueError Highper\Db\Query::whereBetween(): Argument #2 ($values) must have two values
Highper\Db\DbException [HY000] this text has 1 ? and 0 values were given; ?? is a question mark of the database's own: id = ?
ValueError Highper\Db\Query::limit(): Argument #1 ($count) must be 0 or more
Highper\Db\DbException [HY000] a table or column needs a name
Highper\Db\DbException [HY000] a join needs to know which rows belong together: join('owners', 'owners.id', '=', 'notes.owner')
Highper\Db\DbException [HY000] this text has 2 ? and 1 values were given; ?? is a question mark of the database's own: ? and ?
Highper\Db\DbException [42S02] no such table: nowhere, in: SELECT * FROM "nowhere" WHERE "secret" = ?
ok: names and values do no harm
ok: mysql: inserted
ok: mysql: ignored
ok: mysql: upserted
ok: mysql: objects
ok: mysql: comparisons
ok: mysql: several
ok: mysql: in brackets
ok: mysql: among
ok: mysql: between
ok: mysql: text
ok: mysql: exists
ok: mysql: joined
ok: mysql: joined, and those without
ok: mysql: groups
ok: mysql: aggregates
ok: mysql: exist
ok: mysql: parts
ok: mysql: together
ok: mysql: changed
ok: mysql: changed or inserted
ok: mysql: removed
ok: mysql: in chunks
ok: mysql: as they come
ok: mysql: in two ways
ok: mysql: in a transaction
ok: mysql: twice
ok: mysql: emptied
ok: postgres: inserted
ok: postgres: ignored
ok: postgres: upserted
ok: postgres: objects
ok: postgres: comparisons
ok: postgres: several
ok: postgres: in brackets
ok: postgres: among
ok: postgres: between
ok: postgres: text
ok: postgres: exists
ok: postgres: joined
ok: postgres: joined, and those without
ok: postgres: groups
ok: postgres: aggregates
ok: postgres: exist
ok: postgres: parts
ok: postgres: together
ok: postgres: changed
ok: postgres: changed or inserted
ok: postgres: removed
ok: postgres: in chunks
ok: postgres: as they come
ok: postgres: in two ways
ok: postgres: in a transaction
ok: postgres: twice
ok: postgres: emptied
