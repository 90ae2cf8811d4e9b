--TEST--
Db: models: rows as objects that are saved, found and removed; the cache of rows in shared memory and in Redis, and transactions beside it
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Daemon::missing('redis-server'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function Highper\{async, await, scope};
use function HighperTest\check;
use Highper\{Cache, Db};
use Highper\Db\{Model, Models};
use Highper\Redis\Client;

enum State: string { case Open = 'open'; case Closed = 'closed'; }
/** @property int $id @property string $title */
final class Note extends Model {
    protected static array $casts = ['state' => State::class, 'tags' => 'json', 'created_at' => 'datetime', 'is_done' => 'bool'];
    protected static int $cache = 60;
    public function owner(): ?Owner { return $this->belongsTo(Owner::class); }
}
final class Owner extends Model {
    protected static bool $timestamps = false;
    public function notes(): Models { return $this->hasMany(Note::class); }
}
final class BlogCategory extends Model {}
$error = function (callable $do): string { try { $do(); return 'nothing'; } catch (Throwable $e) { return $e::class . ' ' . $e->getMessage(); } };

$server = HighperTest\Daemon::redis();
$stores = ['nothing' => null, 'memory' => new Cache('1M'), 'Redis' => new Client("unix://{$server->socket}")];
foreach ($stores as $where => $store) {
    scope(function () use ($where, $store, $error) {
        Model::connect($db = new Db('sqlite::memory:'));
        Model::cacheIn($store);
        $is = fn (string $sentence, mixed $got, mixed $wanted = true) => check("{$where}: {$sentence}", $got, $wanted);
        $db->execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT, owner_id INT, state TEXT DEFAULT 'open', tags TEXT, is_done INT DEFAULT 0, created_at TEXT, updated_at TEXT)");
        $db->execute('CREATE TABLE owners (id INTEGER PRIMARY KEY, name TEXT)');
        $owner = Owner::create(['name' => 'ann']);
        $note = Note::create(['title' => 'one', 'owner_id' => $owner->id(), 'state' => State::Closed, 'tags' => ['a', 'ä']]);
        $is('made', [$note->id(), $note->exists(), $note->isDirty(), $note->state, $note->tags, $note->created_at instanceof DateTimeImmutable], [1, true, false, State::Closed, ['a', 'ä'], true]);
        $found = Note::find(1);
        $is('found', [$found->title, $found->state, $found->tags, $found->is_done, $found->owner()->name, Note::find(99)], ['one', State::Closed, ['a', 'ä'], false, 'ann', null]);
        $statements = $db->stats()['statements'];
        Note::find(1);
        $is('again', $db->stats()['statements'] - $statements, $store === null ? 1 : 0);
        $found->title = 'uno';
        $is('changed', [$found->isDirty('title'), $found->isDirty('tags'), $found->save(), $found->save(), Note::find(1)->title, isset($found->title, $found->created_at), isset($found->none)], [true, false, true, false, 'uno', true, false]);
        Note::create(['title' => 'two', 'owner_id' => $owner->id()]);
        $is('asked for', [array_map(fn (Note $n) => $n->title, Note::where('owner_id', 1)->orderByDesc('id')->get()), $owner->notes()->count(), Note::where('title', 'two')->first()->id(), Note::query()->find(2)->title, $owner->notes()->where('id', 2)->update(['state' => State::Closed])], [['two', 'uno'], 2, 2, 'two', 1]);
        $is('several', array_map(fn (Note $n) => $n->id(), Note::findMany([2, 1, 7])), $store === null ? [1 => 1, 2 => 2] : [1 => 1, 2 => 2]);
        $is('pages', [($page = Note::query()->orderBy('id')->paginate(1, 2))['total'], $page['data'][0]->title], [2, 'two']);
        // What a transaction has changed nobody sees before its end, nor gets from the cache after it.
        try {
            $db->transaction(function () use ($is) { Note::find(1)->update(['title' => 'never']); $is('inside', Note::find(1)->title, 'never'); throw new DomainException; });
        } catch (DomainException) {}
        $is('rolled back', Note::find(1)->title, 'uno');
        $called = [];
        $db->transaction(function () use ($db, &$called) {
            Note::find(1)->update(['title' => 'once']);
            $db->afterCommit(function () use (&$called) { $called[] = 'outer'; });
            try { $db->transaction(function () use ($db, &$called) { $db->afterCommit(function () use (&$called) { $called[] = 'never'; }); throw new DomainException; }); } catch (DomainException) {}
            $db->transaction(function () use ($db, &$called) { $db->afterCommit(function () use (&$called) { $called[] = 'inner'; }); });
            $called[] = $db->transactionLevel();
        });
        $db->afterCommit(function () use (&$called, $db) { $called[] = $db->transactionLevel(); });
        $is('committed', [Note::find(1)->title, $called], ['once', [1, 'outer', 'inner', 0]]);
        $is('removed', [Note::find(2)->delete(), Note::find(2), $note->refresh()->title, $error(fn () => Note::findOrFail(2))], [true, null, 'once', 'Highper\Http\NotFound there is no Note 2']);
        $is('as JSON', array_keys(json_decode(json_encode(Note::find(1)), true)), ['id', 'title', 'owner_id', 'state', 'tags', 'is_done', 'created_at', 'updated_at']);
    });
}
check('tables', [BlogCategory::table(), Note::table()], ['blog_categories', 'notes']);
scope(function () use ($error) {
    echo $error(fn () => Note::find(1)->colour), "\n";
    Model::connect(null);
    echo $error(fn () => Note::all()), "\n";
});
?>
--EXPECT--
ok: nothing: made
ok: nothing: found
ok: nothing: again
ok: nothing: changed
ok: nothing: asked for
ok: nothing: several
ok: nothing: pages
ok: nothing: inside
ok: nothing: rolled back
ok: nothing: committed
ok: nothing: removed
ok: nothing: as JSON
ok: memory: made
ok: memory: found
ok: memory: again
ok: memory: changed
ok: memory: asked for
ok: memory: several
ok: memory: pages
ok: memory: inside
ok: memory: rolled back
ok: memory: committed
ok: memory: removed
ok: memory: as JSON
ok: Redis: made
ok: Redis: found
ok: Redis: again
ok: Redis: changed
ok: Redis: asked for
ok: Redis: several
ok: Redis: pages
ok: Redis: inside
ok: Redis: rolled back
ok: Redis: committed
ok: Redis: removed
ok: Redis: as JSON
ok: tables
OutOfBoundsException a row of notes has no column 'colour'; it has id, title, owner_id, state, tags, is_done, created_at, updated_at
Highper\Db\DbException [HY000] no application runs whose database 'default' could be meant: make one by new Highper\Db(…)
