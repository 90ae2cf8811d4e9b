--TEST--
Aspects: Cached, Evict, Retry, Timeout, Breaker, Limit, Logged, Transactional
--EXTENSIONS--
pdo_sqlite
--FILE--
<?php
require __DIR__ . '/../lib/test.php';

use Highper\{Application, Cache};
use Highper\Attribute\{Breaker, Cached, Evict, Limit, Logged, Retry, Timeout, Transactional};
use function Highper\{async, scope};
use function HighperTest\check;

enum Kind: string { case A = 'a'; }
final class Owner { public function __construct(public int $id) {} }
final class Broken extends RuntimeException {}

class Notes
{
    public int $calls = 0;
    public int $now = 0;
    public int $most = 0;

    #[Cached(ttl: 60, key: 'note.{id}')]
    public function find(int $id): ?string { $this->calls++; return $id ? "note {$id}" : null; }

    #[Evict('note.{id}')]
    public function change(int $id): int { return ++$this->calls; }

    #[Cached]
    public function all(string $order = 'id', int ...$only): string { return $order . ' ' . ++$this->calls; }

    #[Cached(key: 'of.{owner.id}.{kind}.{options.page}')]
    public function of(Owner $owner, Kind $kind, array $options): int { return ++$this->calls; }

    #[Cached(key: 'slow')]
    public static function slow(): int { static $n = 0; usleep(5000); return ++$n; }

    #[Cached(key: 'fails')]
    public function fails(): int { $this->calls++; throw new Broken('no'); }

    #[Cached(key: 'x.{nothing}')]
    public function lost(): void {}

    #[Cached]
    public function unkeyed(Closure $c): void {}

    #[Retry(times: 3, delay: 0.001, on: [Broken::class])]
    public function retried(int $good, string $class = Broken::class): int
    {
        if (++$this->calls < $good) {
            throw new $class('not yet');
        }
        return $this->calls;
    }

    #[Timeout(0.02)]
    public function late(float $seconds): string { try { usleep((int) ($seconds * 1e6)); return 'done'; } finally { $this->calls++; } }

    #[Breaker(failures: 2, reset: 0.05)]
    public function breaks(bool $works): string { $this->calls++; return $works ? 'works' : throw new Broken('down'); }

    #[Limit(2)]
    public function some(): void { $this->most = max($this->most, ++$this->now); usleep(2000); $this->now--; }

    #[Limit(1, wait: 0)]
    public function one(): string { usleep(5000); return 'done'; }

    #[Limit(1, wait: 0.005)]
    public function soon(): string { usleep(50000); return 'done'; }

    #[Logged('notice', arguments: true)]
    public function logged(int $id, string $name = 'x'): string { return $id ? $name : throw new Broken('bad id'); }

    #[Transactional]
    public function store(PDO $db, string ...$names): int
    {
        foreach ($names as $name) {
            $db->exec("INSERT INTO notes VALUES ('{$name}')");
            if ($name === 'bad') {
                throw new Broken('bad');
            }
        }
        return count($names);
    }

    #[Transactional]
    public function both(PDO $db): int { return $this->store($db, 'c') + $this->store($db, 'd'); }

    #[Transactional('my.connection')]
    public function own(int $n): int { return $n; }

    #[Transactional('nothing.of.it')]
    public function wrong(): void {}
}
final class Connection { public array $log = []; public function transaction(Closure $body): mixed { $this->log[] = 'begin'; try { return $body($this); } finally { $this->log[] = 'end'; } } }

$db = new PDO('sqlite::memory:');
$db->exec('CREATE TABLE notes (name TEXT)');
$cache = new Cache('1M');
$own = new Connection;
$app = Application::create(__DIR__)->instance(PDO::class, $db)->instance(Cache::class, $cache)->instance('my.connection', $own)->instance('nothing.of.it', new Owner(1));
$notes = new Notes;
$thrown = function (callable $run): string {
    try {
        return var_export($run(), true);
    } catch (Throwable $e) {
        return $e::class . ': ' . $e->getMessage() . ($e->getPrevious() ? " ({$e->getPrevious()->getMessage()})" : '');
    }
};

check('kept', [$notes->find(1), $notes->find(1), $notes->find(2), $notes->calls], ['note 1', 'note 1', 'note 2', 2]);
check('null is kept', [$notes->find(0), $notes->find(0), $notes->calls], [null, null, 3]);
check('in the application\'s cache', $cache->get('note.1'), ['note 1']);
$notes->change(1);
check('evicted', [$cache->has('note.1'), $cache->has('note.2'), $notes->find(1), $notes->calls], [false, true, 'note 1', 5]);
$notes->calls = 0;
check('a key of all arguments', [$notes->all(), $notes->all('id'), $notes->all('name'), $notes->all('id', 1), $notes->all('id', 1), $notes->all('id', x: 1)], ['id 1', 'id 1', 'name 2', 'id 3', 'id 3', 'id 4']);
check('a key of properties', [$notes->of(new Owner(4), Kind::A, ['page' => 2, 'x' => 1]), $notes->of(new Owner(4), Kind::A, ['page' => 2]), $cache->has('of.4.a.2')], [5, 5, true]);
check('made once for many', scope(fn () => array_map(fn () => async(Notes::slow(...)), range(1, 5))), [1, 1, 1, 1, 1]);
$notes->calls = 0;
check('what it throws is not kept', [$thrown($notes->fails(...)), $thrown($notes->fails(...)), $notes->calls], ['Broken: no', 'Broken: no', 2]);
echo $thrown($notes->lost(...)), "\n", $thrown(fn () => $notes->unkeyed(fn () => 1)), "\n";
echo $thrown(fn () => $notes->of(new Owner(4), Kind::A, [])), "\n", $thrown(fn () => $notes->of(new Owner(4), Kind::A, ['page' => []])), "\n";

$notes->calls = 0;
check('tried again', $notes->retried(3), 3);
$notes->calls = 0;
check('not for ever', [$thrown(fn () => $notes->retried(9)), $notes->calls], ['Broken: not yet', 3]);
$notes->calls = 0;
check('not for others', [$thrown(fn () => $notes->retried(9, LogicException::class)), $notes->calls], ['LogicException: not yet', 1]);
$notes->calls = 0;
check('not when cancelled', [$thrown(fn () => scope(fn () => $notes->retried(9, Highper\CancelledException::class))), $notes->calls], ['Highper\CancelledException: not yet', 1]);

$notes->calls = 0;
check('in time', scope(fn () => $notes->late(0.001)), 'done');
check('late', [$thrown(fn () => scope(fn () => $notes->late(5))), $notes->calls], ['Highper\DeadlineException: the time for this is over', 2]);
echo $thrown(fn () => $notes->late(0.001)), "\n";

$notes->calls = 0;
check('open after failures', [$thrown(fn () => $notes->breaks(false)), $notes->breaks(true), $thrown(fn () => $notes->breaks(false)), $thrown(fn () => $notes->breaks(false)), $thrown(fn () => $notes->breaks(true)), $notes->calls],
    ['Broken: down', "works", 'Broken: down', 'Broken: down', 'Highper\Http\ServiceUnavailable: Service unavailable (Notes::breaks() has failed too often and is left alone for a while)', 4]);
usleep(60000);
check('tries again', [$notes->breaks(true), $notes->breaks(true)], ['works', 'works']);

scope(fn () => array_map(fn () => async($notes->some(...)), range(1, 6)));
check('two at a time', [$notes->most, $notes->now], [2, 0]);
check('no waiting', scope(fn () => [async(fn () => $thrown($notes->one(...))), async(fn () => $thrown($notes->one(...)))]), ["'done'", 'Highper\Http\ServiceUnavailable: Service unavailable (Notes::one() runs as often at a time as it may)']);
check('waiting for a while', scope(fn () => [async(fn () => $thrown($notes->soon(...))), async(fn () => $thrown($notes->soon(...)))]), ["'done'", 'Highper\Http\ServiceUnavailable: Service unavailable (Notes::soon() did not get its turn in time)']);
check('the turn is given back', $notes->one(), 'done');

check('logged', [$notes->logged(1), $thrown(fn () => $notes->logged(0))], ['x', 'Broken: bad id']);

$names = fn () => $db->query('SELECT name FROM notes')->fetchAll(PDO::FETCH_COLUMN);
check('committed', [$notes->store($db, 'a', 'b'), $names(), $db->inTransaction()], [2, ['a', 'b'], false]);
check('rolled back', [$thrown(fn () => $notes->store($db, 'x', 'bad')), $names(), $db->inTransaction()], ['Broken: bad', ['a', 'b'], false]);
check('one inside another', [$notes->both($db), $names()], [2, ['a', 'b', 'c', 'd']]);
check('transaction()', [$notes->own(5), $own->log], [5, ['begin', 'end']]);
echo $thrown($notes->wrong(...)), "\n";
?>
--EXPECTF--
ok: kept
ok: null is kept
ok: in the application's cache
ok: evicted
ok: a key of all arguments
ok: a key of properties
ok: made once for many
ok: what it throws is not kept
Error: the key of Notes::lost() has the place {nothing}, and the method no argument of that name
Error: the arguments of Notes::unkeyed() make no key: Serialization of 'Closure' is not allowed; give the attribute a key: of those that matter
Error: the key of a call has the place {options.page}, and there is nothing of that name in its argument
Error: the place {options.page} of the key of Notes::of() is no text: %s; name one of its properties, as in {user.id}
ok: tried again
ok: not for ever
ok: not for others
ok: not when cancelled
ok: in time
ok: late
Error: Notes::late() has a time limit, which only coroutines can keep: call it inside Highper\scope()
ok: open after failures
ok: tries again
ok: two at a time
ok: no waiting
ok: waiting for a while
ok: the turn is given back
%anotice%aNotes::logged() has returned%a"id\":1%amilliseconds%a
%aerror%aNotes::logged() has thrown%aBroken: bad id%a
ok: logged
ok: committed
ok: rolled back
ok: one inside another
ok: transaction()
Error: Notes::wrong() wants a transaction of nothing.of.it, and Owner has neither transaction() nor beginTransaction()
